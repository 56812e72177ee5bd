/* What _ext/values offers to the other compiled modules, through the capsule "dicomkit._ext.values.API". */
#ifndef DICOMKIT_VALUES_H
#define DICOMKIT_VALUES_H

#include <Python.h>
#include <stdint.h>

typedef struct {
    /* The value of `length` bytes at `bytes` as a new reference, or NULL with ValueDecodeError set. `shape` is a Shape of
     * vr.pxd; `owner.character_sets` is asked for only if the text is not plain ASCII. Needs the GIL. */
    PyObject *(*decode)(const uint8_t *bytes, Py_ssize_t length, uint16_t vr, int big_endian, uint32_t tag, int shape,
                        PyObject *owner);
} ValuesAPI;

#define VALUES_CAPSULE "dicomkit._ext.values.API"

#endif

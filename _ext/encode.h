/* What _ext/encode offers to the other compiled modules, through the capsule "dicomkit._ext.encode.API". */
#ifndef DICOMKIT_ENCODE_H
#define DICOMKIT_ENCODE_H

#include <Python.h>
#include <stdint.h>

typedef struct {
    /* The bytes of a normalised value (dicomkit.dataset.values), padded to even length, as a new reference; or NULL with
     * EncodeError set. `character_sets.encode(text, vr)` is called only for text that is not plain ASCII. Needs the GIL. */
    PyObject *(*encode)(PyObject *value, uint16_t vr, PyObject *character_sets, int big_endian);
} EncodeAPI;

#define ENCODE_CAPSULE "dicomkit._ext.encode.API"

#endif

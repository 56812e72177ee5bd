"""Decoding, as the other compiled modules see it (values.h)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "values.h":
    const char *VALUES_CAPSULE

    ctypedef struct ValuesAPI:
        object (*decode)(const uint8_t *p, Py_ssize_t n, uint16_t vr, int big, uint32_t tag, int shape, object owner)

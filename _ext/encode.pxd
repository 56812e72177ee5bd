"""Encoding, as the other compiled modules see it (encode.h)."""

from libc.stdint cimport uint16_t


cdef extern from "encode.h":
    const char *ENCODE_CAPSULE

    ctypedef struct EncodeAPI:
        object (*encode)(object value, uint16_t vr, object character_sets, int big_endian)

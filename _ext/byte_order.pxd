"""Turning the byte order of words."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef inline void turn(uint8_t *to, const uint8_t *bytes, uint64_t length, uint32_t unit) noexcept nogil:
    """Copy words of `unit` bytes with their bytes turned around; what is left of a last word is copied as it is."""
    cdef uint64_t i, whole = length - length % unit
    cdef uint32_t k
    if unit == 1:
        whole = 0
    elif unit == 2:  # nearly all: pixels
        for i in range(0, whole, 2):
            to[i] = bytes[i + 1]
            to[i + 1] = bytes[i]
    elif unit == 4:
        for i in range(0, whole, 4):
            for k in range(4):
                to[i + k] = bytes[i + 3 - k]
    else:
        for i in range(0, whole, 8):
            for k in range(8):
                to[i + k] = bytes[i + 7 - k]
    memcpy(to + whole, bytes + whole, length - whole)

"""Decimal and integer strings (number.h)."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "number.h" nogil:
    bint parse_integer(const uint8_t *p, Py_ssize_t n, int64_t *result)
    bint parse_decimal(const uint8_t *p, Py_ssize_t n, double *result)

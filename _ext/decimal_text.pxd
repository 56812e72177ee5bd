"""Numbers as text (decimal_text.h)."""

from libc.stdint cimport int64_t


cdef extern from "decimal_text.h":
    enum:
        LONGEST_DECIMAL
        LONGEST_INTEGER

    int write_integer(char *out, int64_t value)
    int write_decimal(char *out, double value) except -1

"""A bytes object that grows while a kernel fills it."""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_Clear
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t

cdef extern from "Python.h":
    # With references that may be NULL, and that nobody else counts yet.
    PyObject *PyBytes_FromStringAndSize(const char *bytes, Py_ssize_t size)
    int resize "_PyBytes_Resize"(PyObject **bytes, Py_ssize_t size)


cdef inline uint8_t *grow(void *holder, size_t capacity) noexcept nogil:
    """Make room in a bytes object that nobody else knows yet; `holder` points to the reference, which is NULL at first."""
    cdef PyObject **result = <PyObject **>holder
    with gil:
        if result[0] == NULL:
            result[0] = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>capacity)
        else:
            resize(result, <Py_ssize_t>capacity)
        if result[0] == NULL:
            PyErr_Clear()
            return NULL
        return <uint8_t *>PyBytes_AS_STRING(<object>result[0])

"""Assigned values of the types that are most common, as `dicomkit.dataset.values` makes them, without its detours.

It leaves alone (NotImplemented) what needs a second look: other types, subclasses, text that holds several values, numbers out
of range. What it does make is equal to what `normalise` makes, type by type; a test compares the two.
"""

from cpython.bytes cimport PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_AsTuple, PyList_CheckExact
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_CheckExact, PyUnicode_GET_LENGTH
from libc.stdint cimport int64_t, uint16_t

from vr cimport *

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        object (*tp_new)(PyTypeObject *cls, object args, PyObject *kwargs)
    PyTypeObject *Py_TYPE(object value)
    PyTypeObject PyUnicode_Type
    Py_ssize_t PyUnicode_FindChar(object text, Py_UCS4 ch, Py_ssize_t start, Py_ssize_t end, int direction) except -2

cdef extern from *:
    """
    #define LARGEST_SINGLE 0x1.fffffep+127
    #define LARGEST_DOUBLE 0x1.fffffffffffffp+1023
    #define LARGEST_EXACT 9007199254740992LL  /* 2^53: integers up to it are doubles */
    """
    const double LARGEST_SINGLE
    const double LARGEST_DOUBLE
    const int64_t LARGEST_EXACT


cdef struct TextTypes:
    PyTypeObject *uid
    PyTypeObject *person_name
    PyTypeObject *date
    PyTypeObject *time
    PyTypeObject *date_time


cdef inline PyTypeObject *text_type(uint16_t vr, const TextTypes *types) noexcept:
    """The subclass of str that a text VR has; NULL for str itself."""
    if vr == UI:
        return types.uid
    if vr == PN:
        return types.person_name
    if vr == DA:
        return types.date
    if vr == TM:
        return types.time
    if vr == DT:
        return types.date_time
    return NULL


cdef inline object quick_text(object value, uint16_t vr, const TextTypes *types):
    cdef PyTypeObject *cls
    if vr == DS or vr == IS or not is_text(vr):
        return NotImplemented
    cls = text_type(vr, types)
    if not PyUnicode_CheckExact(value) and (cls == NULL or Py_TYPE(value) != cls):
        return NotImplemented
    if not has_one_value(vr) and PyUnicode_FindChar(value, c'\\', 0, PyUnicode_GET_LENGTH(value), 1) >= 0:
        return NotImplemented
    if cls == NULL or Py_TYPE(value) == cls:
        return value
    return PyUnicode_Type.tp_new(cls, (value,), NULL)


cdef inline object quick_float(object value, uint16_t vr):
    cdef double number = PyFloat_AS_DOUBLE(value)
    if vr == DS and -LARGEST_DOUBLE <= number <= LARGEST_DOUBLE or vr == FD:
        return value
    if vr == FL and -LARGEST_SINGLE <= number <= LARGEST_SINGLE:
        return value
    return NotImplemented


cdef inline object quick_integer(object value, uint16_t vr):
    cdef int overflow = 0
    cdef int64_t number = PyLong_AsLongLongAndOverflow(value, &overflow)
    cdef bint fits
    if overflow:
        return NotImplemented
    if vr == DS or vr == FD or vr == FL:
        return <double>number if -LARGEST_EXACT <= number <= LARGEST_EXACT else NotImplemented
    if vr == US:
        fits = 0 <= number <= 0xFFFF
    elif vr == UL:
        fits = 0 <= number <= 0xFFFFFFFFLL
    elif vr == SS:
        fits = -0x8000 <= number <= 0x7FFF
    elif vr == SL:
        fits = -0x80000000LL <= number <= 0x7FFFFFFF
    elif vr == UV:
        fits = number >= 0
    else:
        fits = vr == IS or vr == SV
    return value if fits else NotImplemented


cdef inline object quick_one(object value, uint16_t vr, const TextTypes *types):
    """One value of several, or NotImplemented."""
    if PyFloat_CheckExact(value):
        return quick_float(value, vr)
    if PyLong_CheckExact(value):
        return quick_integer(value, vr)
    if isinstance(value, str):
        return quick_text(value, vr, types)
    if value is None and (vr == DS or vr == IS):
        return None
    return NotImplemented


cdef inline object quick_several(object values, uint16_t vr, int shape, const TextTypes *types):
    """The values of a list or tuple, or NotImplemented."""
    cdef tuple given, made
    cdef Py_ssize_t count, i
    if vr == AT or has_one_value(vr) or not is_text(vr) and not number_size(vr):
        return NotImplemented
    given = PyList_AsTuple(values) if PyList_CheckExact(values) else <tuple>values
    count = PyTuple_GET_SIZE(given)
    made = PyTuple_New(count)
    for i in range(count):
        one = quick_one(<object>PyTuple_GET_ITEM(given, i), vr, types)
        if one is NotImplemented:
            return NotImplemented
        Py_INCREF(one)
        PyTuple_SET_ITEM(made, i, one)
    if count > 1 or shape == TUPLE:
        return made
    return made[0] if count else None


cdef inline object quick_value(object value, uint16_t vr, int shape, const TextTypes *types):
    """The value of an element as it is kept, or NotImplemented if `normalise` must make it."""
    if vr == SQ:
        return NotImplemented
    if PyList_CheckExact(value) or PyTuple_CheckExact(value):
        return quick_several(value, vr, shape, types)
    if not is_text(vr) and not number_size(vr):
        if PyBytes_CheckExact(value) and PyBytes_GET_SIZE(value):
            return value
        return NotImplemented
    if value is None or isinstance(value, str) and not value:
        return () if shape == TUPLE else None
    value = quick_one(value, vr, types)
    if value is NotImplemented:
        return value
    return (value,) if shape == TUPLE else value

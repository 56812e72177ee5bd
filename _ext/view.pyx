"""Views on the element index: data sets, sequences and elements that decode when they are touched.

`dicomkit.dataset` subclasses the three classes and binds the subclasses and the value types here (`bind`), since this
module knows bytes, records and numbers only. A data set is a range of records plus an overlay of what the program
assigned or deleted; nothing else is made until it is asked for.

References point inwards only (data set -> sequence -> item), so there are no cycles and the classes do without the garbage
collector: a walk over 40,000 elements would spend a third of its time in it.
"""

cimport cython

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject, PyObject_GenericGetAttr, PyObject_GenericSetAttr
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from assigned cimport TextTypes, quick_value
from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, GUESSED_VR, IMPLICIT_VR, TRUNCATED, UNDEFINED_LENGTH, Element, IndexView, Segment,
    content_length, element_start, stream_bytes,
)
from standard cimport STANDARD_CAPSULE, Attribute, StandardAPI, UserDictionary
from values cimport VALUES_CAPSULE, ValuesAPI
from vr cimport *

from dicomkit._ext import standard as _standard, values as _values  # make the capsules
from dicomkit.errors import DicomError, ValueDecodeError

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        object (*tp_new)(PyTypeObject *cls, object args, PyObject *kwargs)
    void PyObject_GC_UnTrack(PyObject *made)
    PyTypeObject PyLong_Type

cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    #define is_unique(object) 0  /* another thread may hold a reference that the count does not show */
    #else
    #define is_unique(object) (Py_REFCNT(object) == 1)
    #endif
    """
    bint is_unique(PyObject *object)

cdef enum:
    NO_RECORD = 0xFFFFFFFF
    MAX_DEPTH = 128
    LONGEST_SETS = 1024         # bytes of a Specific Character Set that is believed
    SEARCHED_RECORDS = 4096     # a data set of more records is searched by a table
    PIXEL_DATA = 0x7FE00010
    SPECIFIC_CHARACTER_SET = 0x00080005
    ITEM_TAG = 0xFFFEE000

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, 0)
cdef const ValuesAPI *VALUES = <const ValuesAPI *>PyCapsule_Import(VALUES_CAPSULE, 0)

# What the layer above gives: see bind().
cdef type DATASET, SEQUENCE, ELEMENT, TAG
cdef object CHARACTER_SETS      # (terms) -> character sets of a (0008,0005)
cdef object DEFAULT_SETS        # character sets of a data set without (0008,0005)
cdef TextTypes TEXT_TYPES

cdef dict VR_NAMES = {}


def bind(*, dataset, sequence, element, tag, character_sets, uid, person_name, date, time, date_time) -> None:
    """Give the classes that this module makes. Called once, by dicomkit.dataset, which keeps them."""
    global DATASET, SEQUENCE, ELEMENT, TAG, CHARACTER_SETS, DEFAULT_SETS
    DATASET, SEQUENCE, ELEMENT, TAG = dataset, sequence, element, tag
    CHARACTER_SETS = character_sets
    DEFAULT_SETS = None
    TEXT_TYPES.uid = <PyTypeObject *>uid
    TEXT_TYPES.person_name = <PyTypeObject *>person_name
    TEXT_TYPES.date = <PyTypeObject *>date
    TEXT_TYPES.time = <PyTypeObject *>time
    TEXT_TYPES.date_time = <PyTypeObject *>date_time


cdef str vr_name(uint16_t vr):
    cdef PyObject *known = PyDict_GetItem(VR_NAMES, vr)
    if known != NULL:
        return <str>known
    name = bytes((vr & 0xFF, vr >> 8)).decode("latin-1")
    VR_NAMES[vr] = name
    return name


cdef uint16_t vr_code(str name) except? 0:
    if len(name) != 2 or not name.isascii():
        raise ValueError(f"{name!r} is not a VR")
    return <uint16_t>(<uint32_t>name[0] | <uint32_t>name[1] << 8)


cdef inline object new(type cls):
    """An instance without the detour over Python's __new__ and __init__, and outside the garbage collector (see above)."""
    cdef object made = (<PyTypeObject *>cls).tp_new(<PyTypeObject *>cls, (), NULL)
    PyObject_GC_UnTrack(<PyObject *>made)
    return made


cdef inline object own_element(uint32_t tag, uint16_t vr, object value):
    """An element of its own, not in an index."""
    cdef ElementView element = <ElementView>new(ELEMENT)
    element._tag = tag
    element._vr = vr
    element._value = value
    return element


cdef inline bint is_sequence(const Element *e) noexcept nogil:
    return e.flags & CONTAINER and (e.vr == SQ or e.vr == UN and e.tag != PIXEL_DATA)


cdef Shape shape_of(const UserDictionary *user, uint32_t tag) noexcept nogil:
    cdef Attribute attribute
    if tag & 0x10000 or not STANDARD.attribute(user, tag, &attribute):
        return BY_COUNT
    return SCALAR if attribute.vm_max == 1 and attribute.vm_min == 1 else TUPLE


cdef uint16_t known_vr(const UserDictionary *user, uint32_t tag) noexcept nogil:
    """The VR of a public tag that a value of UN can be decoded by: not one that depends on others, nor SQ; else 0."""
    cdef uint16_t vr = 0 if tag & 0x10000 else STANDARD.vr(user, tag)
    return vr if vr < 0x6100 and vr != SQ else 0


include "view_element.pxi"
include "view_sequence.pxi"
include "view_dataset.pxi"
include "view_walk.pxi"

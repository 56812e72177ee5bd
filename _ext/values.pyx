"""Values: bytes of a VR in, Python objects out (PS3.5 section 6.2).

Binary numbers and text that is plain ASCII, which is nearly all, are decoded here; text of other character sets goes to the
decoder that `dicomkit.dataset` binds, with the classes of UIDs, names and times.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from element cimport load_u16, load_u32, load_u64
from byte_order cimport turn
from number cimport parse_decimal, parse_integer
from values cimport ValuesAPI
from vr cimport *

from dicomkit.errors import ValueDecodeError

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
    void *PyUnicode_DATA(object text)
    ctypedef struct PyTypeObject:
        object (*tp_new)(PyTypeObject *cls, object args, PyObject *kwargs)
    PyTypeObject PyUnicode_Type
    PyTypeObject PyLong_Type

# What the layer above gives: see bind().
cdef type TAG, UID, PERSON_NAME, DATE, TIME, DATE_TIME
cdef object DECODE_TEXT         # (raw, character sets, vr) -> tuple of str


def bind(*, tag, uid, person_name, date, time, date_time, decode_text) -> None:
    """Give the classes of values and the text decoder. Called once, by dicomkit.dataset."""
    global TAG, UID, PERSON_NAME, DATE, TIME, DATE_TIME, DECODE_TEXT
    TAG, UID, PERSON_NAME, DATE, TIME, DATE_TIME = tag, uid, person_name, date, time, date_time
    DECODE_TEXT = decode_text


cdef str vr_name(uint16_t vr):
    return bytes((vr & 0xFF, vr >> 8)).decode("latin-1")


# ---- Numbers -------------------------------------------------------------------------------------------------------------

cdef inline object number(const uint8_t *p, uint16_t vr, bint big):
    """One value of a binary number VR."""
    cdef uint32_t bits32
    cdef uint64_t bits64
    cdef float single
    cdef double value
    if vr == US:
        return load_u16(p, big)
    if vr == FD:
        bits64 = load_u64(p, big)
        memcpy(&value, &bits64, 8)
        return value
    if vr == FL:
        bits32 = load_u32(p, big)
        memcpy(&single, &bits32, 4)
        return <double>single
    if vr == UL:
        return load_u32(p, big)
    if vr == SS:
        return <int16_t>load_u16(p, big)
    if vr == SL:
        return <int32_t>load_u32(p, big)
    if vr == UV:
        return load_u64(p, big)
    if vr == SV:
        return <int64_t>load_u64(p, big)
    # AT: two 16-bit numbers
    return PyLong_Type.tp_new(<PyTypeObject *>TAG, (load_u16(p, big) << 16 | load_u16(p + 2, big),), NULL)


cdef object numbers(const uint8_t *p, Py_ssize_t n, int size, uint16_t vr, bint big, uint32_t tag, int shape):
    cdef Py_ssize_t count = n // size, i
    cdef tuple values
    if n == size and shape != TUPLE:
        return number(p, vr, big)
    if n == 0:
        return () if shape == TUPLE else None
    if n % size:
        raise ValueDecodeError(f"{n} bytes are not a number of values of {size} bytes", tag, vr_name(vr))
    values = PyTuple_New(count)
    for i in range(count):
        value = number(p + i * size, vr, big)
        Py_INCREF(value)
        PyTuple_SET_ITEM(values, i, value)
    return values


# ---- Text ----------------------------------------------------------------------------------------------------------------

cdef inline bint is_padding(uint8_t c) noexcept nogil:
    return c == c' ' or c == 0


cdef inline void trim(const uint8_t **p, Py_ssize_t *n, bint both) noexcept nogil:
    while n[0] > 0 and is_padding(p[0][n[0] - 1]):
        n[0] -= 1
    while both and n[0] > 0 and is_padding(p[0][0]):
        p[0] += 1
        n[0] -= 1


cdef inline bint is_plain_ascii(const uint8_t *p, Py_ssize_t n) noexcept nogil:
    cdef uint64_t word
    while n >= 8:
        memcpy(&word, p, 8)
        # high bit set, or a byte equal to ESC (0x1B)
        if word & 0x8080808080808080ULL or (((word ^ 0x1B1B1B1B1B1B1B1BULL) - 0x0101010101010101ULL) & ~(word ^ 0x1B1B1B1B1B1B1B1BULL) & 0x8080808080808080ULL):
            return False
        p += 8
        n -= 8
    while n > 0:
        if p[0] >= 0x80 or p[0] == 0x1B:
            return False
        p += 1
        n -= 1
    return True


cdef inline object ascii_text(const uint8_t *p, Py_ssize_t n):
    cdef object text = PyUnicode_New(n, 127)
    if n:
        memcpy(PyUnicode_DATA(text), p, n)
    return text


cdef object typed_text(object text, uint16_t vr):
    """The str subclass of a VR."""
    cdef PyTypeObject *cls
    if vr == UI:
        cls = <PyTypeObject *>UID
    elif vr == PN:
        cls = <PyTypeObject *>PERSON_NAME
    elif vr == DA:
        cls = <PyTypeObject *>DATE
    elif vr == TM:
        cls = <PyTypeObject *>TIME
    elif vr == DT:
        cls = <PyTypeObject *>DATE_TIME
    else:
        return text
    return PyUnicode_Type.tp_new(cls, (text,), NULL)


cdef object one_text(const uint8_t *p, Py_ssize_t n, uint16_t vr, uint32_t tag):
    """One trimmed ASCII component as a value: str, a subclass of it, float (DS) or int (IS); None if an empty number."""
    cdef double number
    cdef int64_t integer
    if vr == DS:
        if n == 0:
            return None
        if parse_decimal(p, n, &number):
            return number
        return decimal_of(p, n, tag)
    if vr == IS:
        if n == 0:
            return None
        if parse_integer(p, n, &integer):
            return integer
        return integer_of(p, n, tag)
    return typed_text(ascii_text(p, n), vr)


cdef str shown(bytes text):
    """A value for an error message."""
    return repr(text) if len(text) <= 40 else f"{text[:40]!r}..."


cdef object decimal_of(const uint8_t *p, Py_ssize_t n, uint32_t tag):
    """A decimal string that the quick way does not do exactly."""
    cdef bytes text = PyBytes_FromStringAndSize(<const char *>p, n)
    try:
        if b"_" not in text:
            return float(text)
    except ValueError:
        pass
    raise ValueDecodeError(f"{shown(text)} is not a decimal number", tag, "DS")


cdef object integer_of(const uint8_t *p, Py_ssize_t n, uint32_t tag):
    """An integer string that is long, or written as an integral decimal (`1.0`), as some writers do."""
    cdef bytes text = PyBytes_FromStringAndSize(<const char *>p, n)
    try:
        if b"_" not in text:
            return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
        if number == int(number) and b"_" not in text:
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise ValueDecodeError(f"{shown(text)} is not an integer", tag, "IS")


cdef Py_ssize_t count_backslashes(const uint8_t *p, Py_ssize_t n) noexcept nogil:
    cdef const uint8_t *end = p + n
    cdef Py_ssize_t count = 0
    while p < end:
        p = <const uint8_t *>memchr(p, c'\\', end - p)
        if p == NULL:
            break
        count += 1
        p += 1
    return count


cdef object ascii_values(const uint8_t *p, Py_ssize_t n, uint16_t vr, uint32_t tag, int shape):
    cdef bint both = trims_both_ends(vr)
    cdef Py_ssize_t count, i, length
    cdef const uint8_t *end
    cdef const uint8_t *part
    cdef tuple values
    trim(&p, &n, both)
    if n == 0:
        return () if shape == TUPLE else None
    count = 1 if has_one_value(vr) else 1 + count_backslashes(p, n)
    if count == 1:
        value = one_text(p, n, vr, tag)
        return (value,) if shape == TUPLE else value
    values = PyTuple_New(count)
    end = p + n
    for i in range(count):
        part = <const uint8_t *>memchr(p, c'\\', end - p)
        length = (end if part == NULL else part) - p
        part = p
        p += length + 1
        trim(&part, &length, both)
        value = one_text(part, length, vr, tag)
        Py_INCREF(value)
        PyTuple_SET_ITEM(values, i, value)
    return values


cdef object charset_values(bytes raw, object sets, uint16_t vr, int shape):
    """Text with bytes beyond ASCII or escape sequences: the character sets decide (PS3.5 6.1)."""
    cdef tuple texts = DECODE_TEXT(raw, sets, vr_name(vr))
    cdef tuple values
    if not texts or len(texts) == 1 and not texts[0]:
        return () if shape == TUPLE else None
    values = tuple([typed_text(text, vr) for text in texts])
    return values[0] if shape != TUPLE and len(values) == 1 else values


cdef object numeric_strings(bytes raw, uint16_t vr, uint32_t tag):
    raise ValueDecodeError(f"{shown(raw)} is not a number", tag, vr_name(vr))


cdef object decode(const uint8_t *p, Py_ssize_t n, uint16_t vr, int big, uint32_t tag, int shape, object owner):
    """The value of `n` bytes at `p`."""
    cdef int size = number_size(vr)
    if size:
        return numbers(p, n, size, vr, big, tag, shape)
    if is_text(vr):
        if is_plain_ascii(p, n):
            return ascii_values(p, n, vr, tag, shape)
        raw = PyBytes_FromStringAndSize(<const char *>p, n)
        if vr == DS or vr == IS:
            return numeric_strings(raw, vr, tag)
        return charset_values(raw, owner.character_sets if uses_character_set(vr) else None, vr, shape)
    if n == 0:
        return None
    raw = PyBytes_FromStringAndSize(<const char *>p, n)
    if big and word_size(vr) > 1:
        turn(<uint8_t *>PyBytes_AS_STRING(raw), p, n, word_size(vr))
    return raw


cdef ValuesAPI FUNCTIONS
FUNCTIONS.decode = decode

API = PyCapsule_New(&FUNCTIONS, "dicomkit._ext.values.API", NULL)

"""Values: Python objects of a VR in, bytes out (PS3.5 section 6.2); the counterpart of `values`.

What comes in is what `dicomkit.dataset.values` made of an assigned value. Numbers and plain ASCII text, which is nearly all,
are written here; other text goes to the character sets.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_AsDouble, PyFloat_CheckExact
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_Check
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_New
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_Check, PyUnicode_GET_LENGTH
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from byte_order cimport turn
from decimal_text cimport LONGEST_INTEGER, write_decimal, write_integer
from encode cimport EncodeAPI
from vr cimport *

from dicomkit.errors import EncodeError

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    const char *PyUnicode_DATA(object text)
    int _PyBytes_Resize(PyObject **bytes, Py_ssize_t size) except -1
    unsigned long long PyLong_AsUnsignedLongLong(object number) except? 0xFFFFFFFFFFFFFFFF

# The largest double that rounds to a single.
cdef double LARGEST_SINGLE = 3.4028235677973366e38


cdef str vr_name(uint16_t vr):
    return bytes((vr & 0xFF, vr >> 8)).decode("latin-1")


cdef int wrong_type(object value, uint16_t vr) except -1:
    raise EncodeError(f"{type(value).__name__} is no value of {vr_name(vr)}")


cdef object allocate(Py_ssize_t size, char **data):
    """Bytes to be filled in; the last one is there for padding if `size` is odd."""
    cdef object made = PyBytes_FromStringAndSize(NULL, size + (size & 1))
    data[0] = PyBytes_AS_STRING(made)
    return made


cdef inline char padding(uint16_t vr) noexcept nogil:
    return 0 if vr == UI or not is_text(vr) else c' '


# ---- Numbers -------------------------------------------------------------------------------------------------------------

cdef inline void store(char *out, uint64_t bits, int size, bint big) noexcept nogil:
    cdef int i
    if big:
        for i in range(size):
            out[i] = <char>(bits >> 8 * (size - 1 - i))
    elif size == 2:
        out[0] = <char>bits
        out[1] = <char>(bits >> 8)
    else:
        for i in range(size):
            out[i] = <char>(bits >> 8 * i)


cdef inline bint is_in_range(uint16_t vr, int64_t number) noexcept nogil:
    if vr == US:
        return 0 <= number <= 0xFFFF
    if vr == SS:
        return -0x8000 <= number <= 0x7FFF
    if vr == SL:
        return -0x80000000LL <= number <= 0x7FFFFFFF
    if vr == UL or vr == AT:
        return 0 <= number <= 0xFFFFFFFFLL
    return vr == SV


cdef double as_double(object value, uint16_t vr) except? -1:
    if PyFloat_CheckExact(value):
        return PyFloat_AS_DOUBLE(value)
    if not isinstance(value, (float, int)):
        wrong_type(value, vr)
    try:
        return PyFloat_AsDouble(value)
    except OverflowError:
        raise EncodeError(f"{vr_name(vr)} has no number that large") from None


cdef int write_number(char *out, object value, uint16_t vr, int size, bint big) except -1:
    """One value of a binary number VR."""
    cdef double number
    cdef float single
    cdef uint64_t bits
    cdef uint32_t bits32
    cdef int64_t integer
    cdef int overflow = 0
    if vr == FD or vr == FL:
        number = as_double(value, vr)
        if vr == FD:
            memcpy(&bits, &number, 8)
        else:
            if isfinite(number) and not -LARGEST_SINGLE < number < LARGEST_SINGLE:
                raise EncodeError(f"{number!r} does not fit in 32 bits")
            single = <float>number
            memcpy(&bits32, &single, 4)
            bits = bits32
        store(out, bits, size, big)
        return 0
    if not PyLong_Check(value):
        wrong_type(value, vr)
    integer = PyLong_AsLongLongAndOverflow(value, &overflow)
    bits = <uint64_t>integer
    if vr == UV:
        if overflow > 0 and value.bit_length() <= 64:
            bits = PyLong_AsUnsignedLongLong(value)
        elif overflow or integer < 0:
            raise EncodeError(f"{value} is out of the range of UV")
    elif overflow or not is_in_range(vr, integer):
        raise EncodeError(f"{value} is out of the range of {vr_name(vr)}")
    if vr == AT:  # two 16-bit numbers
        store(out, bits >> 16, 2, big)
        store(out + 2, bits, 2, big)
    else:
        store(out, bits, size, big)
    return 0


cdef object number_bytes(object value, uint16_t vr, int size, bint big):
    cdef char *out
    cdef Py_ssize_t count, i
    cdef object made
    if not isinstance(value, tuple):
        made = allocate(size, &out)
        write_number(out, value, vr, size, big)
        return made
    count = PyTuple_GET_SIZE(value)
    made = allocate(count * size, &out)
    for i in range(count):
        write_number(out + i * size, <object>PyTuple_GET_ITEM(value, i), vr, size, big)
    return made


# ---- Numbers as text -----------------------------------------------------------------------------------------------------

cdef int write_number_text(char *out, object value, uint16_t vr) except -1:
    """One value of DS or IS in at most LONGEST_INTEGER characters; gives their number."""
    cdef double number
    cdef int overflow = 0
    cdef int64_t integer
    if value is None:
        return 0
    if vr == IS:
        if not PyLong_Check(value):
            wrong_type(value, vr)
        integer = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            raise EncodeError("an integer of more than 64 bits is too long for IS")
        return write_integer(out, integer)
    number = as_double(value, vr)
    if not isfinite(number):
        raise EncodeError(f"{number!r} cannot be written as a decimal string")
    return write_decimal(out, number)


cdef object number_text_bytes(object value, uint16_t vr):
    cdef char single[LONGEST_INTEGER + 2]
    cdef char *out
    cdef Py_ssize_t count, i, length = 0
    cdef PyObject *made
    if not isinstance(value, tuple):
        length = write_number_text(single, value, vr)
        single[length] = c' '
        return PyBytes_FromStringAndSize(single, length + (length & 1))
    count = PyTuple_GET_SIZE(value)
    text = PyBytes_FromStringAndSize(NULL, count * (LONGEST_INTEGER + 1) + 1)
    out = PyBytes_AS_STRING(text)
    for i in range(count):
        if i:
            out[length] = c'\\'
            length += 1
        length += write_number_text(out + length, <object>PyTuple_GET_ITEM(value, i), vr)
    out[length] = c' '
    return text[: length + (length & 1)]


# ---- Text ----------------------------------------------------------------------------------------------------------------

cdef inline bint is_plain(object text, bint several):
    """Whether the characters of a text are its bytes: ASCII without ESC, nor the separator of values in a value."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    if not PyUnicode_IS_ASCII(text):
        return False
    if memchr(PyUnicode_DATA(text), 0x1B, length) != NULL:
        return False
    return not several or memchr(PyUnicode_DATA(text), c'\\', length) == NULL


cdef object text_bytes(object value, uint16_t vr, object sets):
    cdef bint several = not has_one_value(vr)
    cdef char *out
    cdef Py_ssize_t length
    if isinstance(value, tuple):
        return joined_text_bytes(<tuple>value, vr, sets)
    if not PyUnicode_Check(value):
        wrong_type(value, vr)
    if not is_plain(value, several):
        return encoded_text_bytes((value,), vr, sets)
    length = PyUnicode_GET_LENGTH(value)
    made = allocate(length, &out)
    memcpy(out, PyUnicode_DATA(value), length)
    if length & 1:
        out[length] = padding(vr)
    return made


cdef object joined_text_bytes(tuple values, uint16_t vr, object sets):
    cdef bint several = not has_one_value(vr), plain = True
    cdef char *out
    cdef Py_ssize_t count = PyTuple_GET_SIZE(values), total = count - 1 if count else 0, length, i
    if count > 1 and not several:
        raise EncodeError(f"{vr_name(vr)} has one value, not {count}")
    for text in values:
        if text is None:
            text = ""
        if not PyUnicode_Check(text):
            wrong_type(text, vr)
        plain = plain and is_plain(text, several)
        total += PyUnicode_GET_LENGTH(text)
    if not plain:
        return encoded_text_bytes(values, vr, sets)
    made = allocate(total, &out)
    for i in range(count):
        text = <object>PyTuple_GET_ITEM(values, i)
        if i:
            out[0] = c'\\'
            out += 1
        if text is not None:
            length = PyUnicode_GET_LENGTH(text)
            memcpy(out, PyUnicode_DATA(text), length)
            out += length
    if total & 1:
        out[0] = padding(vr)
    return made


cdef object encoded_text_bytes(tuple values, uint16_t vr, object sets):
    """Text that is not plain ASCII: the character sets decide, and refuse what cannot be written."""
    if sets is None:
        raise EncodeError("text that is not ASCII needs a character set")
    name = vr_name(vr)
    data = b"\\".join([sets.encode(text or "", name) for text in values])
    if len(data) & 1:
        return data + (b"\0" if padding(vr) == 0 else b" ")
    return data


# ---- Bytes ---------------------------------------------------------------------------------------------------------------

cdef object other_bytes(object value, uint16_t vr, bint big):
    cdef uint32_t unit = word_size(vr)  # the byte order of a UN is little endian always (PS3.5 6.2.2)
    cdef char *out
    cdef Py_ssize_t length
    if not isinstance(value, bytes):
        wrong_type(value, vr)
    if PyBytes_GET_SIZE(value) & 1:
        value = value + b"\0"
    if PyBytes_CheckExact(value) and (not big or unit == 1):
        return value
    length = PyBytes_GET_SIZE(value)
    made = allocate(length, &out)
    turn(<uint8_t *>out, <const uint8_t *>PyBytes_AS_STRING(value), length, unit if big else 1)
    return made


cdef object encode(object value, uint16_t vr, object sets, int big):
    """The bytes of a value."""
    cdef int size
    if value is None:
        return b""
    size = number_size(vr)
    if size:
        return number_bytes(value, vr, size, big)
    if vr == DS or vr == IS:
        return number_text_bytes(value, vr)
    if is_text(vr):
        return text_bytes(value, vr, sets)
    if vr == SQ:
        raise EncodeError("a sequence is written item by item, it has no value")
    return other_bytes(value, vr, big)


def encode_value(str vr, value, character_sets, bint big_endian) -> bytes:
    """The bytes of a normalised value, padded to even length.

    Args:
        vr: two letters.
        value: what dicomkit.dataset.values.normalise gives; the bytes of OW and the like are little endian.
        character_sets: of the data set, for text that is not ASCII.
        big_endian: whether numbers are written with the most significant byte first.

    Raises:
        EncodeError: the value is not of the VR, or the character sets do not have its text.
    """
    if len(vr) != 2 or not vr.isascii():
        raise ValueError(f"{vr!r} is not a VR")
    return encode(value, <uint16_t>(<uint32_t>vr[0] | <uint32_t>vr[1] << 8), character_sets, big_endian)


cdef EncodeAPI FUNCTIONS
FUNCTIONS.encode = encode

API = PyCapsule_New(&FUNCTIONS, "dicomkit._ext.encode.API", NULL)

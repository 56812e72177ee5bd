# Command sets: implicit VR little endian (PS3.7 6.3.1). Included by pdu.pyx.

from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND


cdef extern from "command_elements.h" nogil:
    enum:
        COMMAND_ELEMENT_COUNT

    ctypedef struct CommandElement:
        uint16_t element
        const char *vr

    const CommandElement COMMAND_ELEMENTS[]

    ctypedef struct CommandForm:
        uint8_t size, padding
        bint is_tag, keeps_leading_spaces

    ctypedef struct CommandBytes:
        uint8_t *bytes
        size_t size

    CommandForm command_form(uint32_t tag)
    uint32_t little_endian(const uint8_t *bytes, int size)
    void begin_command(CommandBytes *out)
    void end_command(CommandBytes *out)
    uint8_t *command_room(CommandBytes *out, size_t size)
    void put_number(uint8_t *at, uint32_t value, int size)
    void put_tag(uint8_t *at, uint32_t tag)


COMMAND_VRS = {COMMAND_ELEMENTS[row].element: COMMAND_ELEMENTS[row].vr.decode() for row in range(COMMAND_ELEMENT_COUNT)}


def decode_command(data):
    cdef Py_buffer view
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        return command_elements(<const uint8_t *>view.buf, <size_t>view.len)
    finally:
        PyBuffer_Release(&view)


cdef dict command_elements(const uint8_t *bytes, size_t size):
    cdef dict elements = {}
    cdef size_t at = 0
    cdef uint32_t tag, length
    cdef CommandForm form
    while at < size:
        if size - at < 8:
            raise ParseError("the header of an element runs past the end", at)
        tag = little_endian(bytes + at, 2) << 16 | little_endian(bytes + at + 2, 2)
        length = little_endian(bytes + at + 4, 4)
        if length > size - at - 8:
            raise ParseError("the value runs past the end", at, tag_text(tag))
        form = command_form(tag)
        if form.size > 1 and length % form.size:
            raise ParseError(f"{length} bytes are no numbers of {form.size} bytes", at, tag_text(tag))
        if tag:
            elements[tag] = command_value(form, bytes + at + 8, length)
        at += 8 + length
    return elements


cdef object command_value(CommandForm form, const uint8_t *bytes, uint32_t length):
    cdef uint32_t at
    if form.size == 1:
        return PyBytes_FromStringAndSize(<const char *>bytes, length)
    if form.size == 0:
        return command_text(form, bytes, length)
    if length == form.size:
        return command_number(form, bytes)
    return tuple([command_number(form, bytes + at) for at in range(0, length, form.size)]) if length else None


cdef object command_number(CommandForm form, const uint8_t *bytes):
    if form.is_tag:
        return little_endian(bytes, 2) << 16 | little_endian(bytes + 2, 2)
    return little_endian(bytes, form.size)


cdef object command_text(CommandForm form, const uint8_t *bytes, uint32_t length):
    if length == 0:
        return None
    while length and (bytes[length - 1] == c" " or bytes[length - 1] == 0):
        length -= 1
    while length and bytes[0] == c" " and not form.keeps_leading_spaces:
        bytes += 1
        length -= 1
    return PyUnicode_DecodeLatin1(<const char *>bytes, length, NULL)


cdef str tag_text(uint32_t tag):
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def encode_command(dict elements):
    cdef CommandBytes out
    begin_command(&out)
    try:
        write_elements(&out, elements)
        return PyBytes_FromStringAndSize(<const char *>out.bytes, out.size)
    finally:
        end_command(&out)


cdef int write_elements(CommandBytes *out, dict elements) except -1:
    cdef object tag, value
    cdef uint8_t *at = command_room(out, 12)
    put_tag(at, 0)
    put_number(at + 4, 4, 4)
    for tag in sorted(elements):
        if not 0 <= tag <= 0xFFFF:
            raise EncodeError("not an element of a command set", tag)
        if tag:
            write_element(out, tag, elements[tag])
    if out.size - 12 > 0xFFFFFFFF:
        raise EncodeError("a command set of 4 GiB")
    put_number(out.bytes + 8, <uint32_t>(out.size - 12), 4)
    return 0


cdef int write_element(CommandBytes *out, uint32_t tag, object value) except -1:
    cdef CommandForm form = command_form(tag)
    cdef uint8_t *at
    if isinstance(value, bytes):
        write_text(out, tag, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), 0)
    elif value is None:
        write_text(out, tag, NULL, 0, 0)
    elif form.size == 1:
        raise EncodeError("the VR is not known, so the value has to be bytes", tag)
    elif form.size == 0:
        if not isinstance(value, str):
            raise EncodeError(f"{value!r} is no text", tag)
        if PyUnicode_KIND(value) != 1:
            value = value.encode("iso8859-1", "replace")
            write_text(out, tag, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), form.padding)
        else:
            write_text(out, tag, <const char *>PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value), form.padding)
    elif isinstance(value, int):
        write_number(form, tag, value, value_room(out, tag, form.size))
    elif isinstance(value, (tuple, list)):
        value = tuple(value)
        at = value_room(out, tag, form.size * len(value))
        for number in value:
            write_number(form, tag, number, at)
            at += form.size
    else:
        raise EncodeError(f"{value!r} is no number", tag)
    return 0


cdef uint8_t *value_room(CommandBytes *out, uint32_t tag, size_t length) except NULL:
    """Write the header of an element. Returns where its value goes."""
    cdef uint8_t *at
    if length > 0xFFFFFFFE:
        raise EncodeError(f"{length} bytes are too long for a value", tag)
    at = command_room(out, 8 + length)
    if at == NULL:
        raise MemoryError
    put_tag(at, tag)
    put_number(at + 4, <uint32_t>length, 4)
    return at + 8


cdef int write_text(CommandBytes *out, uint32_t tag, const char *text, Py_ssize_t length, uint8_t padding) except -1:
    cdef uint8_t *at = value_room(out, tag, length + length % 2)
    if length:
        memcpy(at, text, length)
    if length % 2:
        at[length] = padding
    return 0


cdef int write_number(CommandForm form, uint32_t tag, object value, uint8_t *at) except -1:
    cdef int overflow = 0
    cdef long long number = -1
    if isinstance(value, int):
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or not 0 <= number <= (0xFFFF if form.size == 2 else 0xFFFFFFFF):
        raise EncodeError(f"{value!r} is no number of {form.size} bytes", tag)
    if form.is_tag:
        put_tag(at, <uint32_t>number)
    else:
        put_number(at, <uint32_t>number, form.size)
    return 0

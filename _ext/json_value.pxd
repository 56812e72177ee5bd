"""Values as PS3.18 F.2.3 maps them: arrays of strings, numbers and names, base64, or a URI in their stead."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.math cimport isfinite, isnan
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport malloc
from libc.string cimport memchr, memcpy, memcmp, strlen

from element cimport BIG_ENDIAN_VALUE, Element, load_u16, load_u32, load_u64
from json_job cimport *

cdef extern from "Python.h":
    char *PyOS_double_to_string(double value, char format, int precision, int flags, int *kind) except NULL


# ------------------------------------------------------------------------------------------------ text


cdef inline int decode(Job *job, const Frame *frame, uint16_t vr, const uint8_t **text, size_t *length) except -1 nogil:
    """Text in UTF-8, by the character sets of its data set."""
    cdef const Element *c
    cdef char name[2]
    name[0] = <char>(vr & 0xFF)
    name[1] = <char>(vr >> 8)
    with gil:
        value = PyBytes_FromStringAndSize(<const char *>text[0], <Py_ssize_t>length[0])
        charset = None
        if frame.charset != NOT_FOUND:
            c = &job.view.records[frame.charset]
            charset = PyBytes_FromStringAndSize(<const char *>value_bytes(job, frame.charset, 0, c.length), c.length)
        decoded = (<object>job.convert)(value, name[:2].decode("latin-1"), charset)
        Py_XDECREF(job.converted)
        job.converted = hold(decoded)
        text[0] = <const uint8_t *>PyBytes_AS_STRING(<bytes?>decoded)
        length[0] = <size_t>PyBytes_GET_SIZE(decoded)
    return 0


cdef inline int text_of(
    Job *job, const Frame *frame, uint32_t record, uint16_t vr, const JsonForm *form, const uint8_t **text, size_t *length
) except -1 nogil:
    """The whole value field in UTF-8, without padding."""
    length[0] = job.view.records[record].length
    text[0] = value_bytes(job, record, 0, length[0])
    if needs_decoding(text[0], length[0]):
        decode(job, frame, vr, text, length)
    trim(text, length, form.flags & LEADING_SPACE_KEPT == 0)
    return 0


cdef inline bint cut(const uint8_t **rest, size_t *left, uint8_t delimiter, const uint8_t **part, size_t *length) noexcept nogil:
    """Take what is before the next delimiter. Returns whether there was one."""
    cdef const uint8_t *end = <const uint8_t *>memchr(rest[0], delimiter, left[0])
    part[0] = rest[0]
    if end == NULL:
        length[0] = left[0]
        return False
    length[0] = <size_t>(end - rest[0])
    rest[0] += length[0] + 1
    left[0] -= length[0] + 1
    return True


cdef inline const char *group_name(int number) noexcept nogil:
    return b"Alphabetic" if number == 0 else b"Ideographic" if number == 1 else b"Phonetic"


cdef inline void put_name(Job *job, const Frame *frame, const uint8_t *text, size_t length) noexcept nogil:
    """The component groups that are not empty, as an object. The third has all that is left."""
    cdef const uint8_t *part
    cdef size_t size
    cdef bint more = True, written = False
    cdef int number
    for number in range(3):
        if not more:
            break
        more = number < 2 and cut(&text, &length, c"=", &part, &size)
        if not more:
            part = text
            size = length
        if size == 0:
            continue
        out_byte(&job.out, c"," if written else c"{")
        written = True
        new_line(job, frame.level + 3)
        out_byte(&job.out, c'"')
        out_put(&job.out, group_name(number), strlen(group_name(number)))
        out_byte(&job.out, c'"')
        colon(job)
        json_string(&job.out, part, size)
    if not written:
        out_put(&job.out, b"null", 4)
        return
    new_line(job, frame.level + 2)
    out_byte(&job.out, c"}")


cdef inline int put_number_text(Job *job, uint32_t record, const uint8_t *text, size_t length, bint decimal) except -1 nogil:
    """A DS or IS: a number if it is written as one, else a string."""
    if has(job, NUMBERS_AS_STRINGS) or not json_number_text(&job.out, text, length, decimal):
        if has(job, NUMBERS_ONLY):
            fail(job, NO_NUMBER, record)
        json_string(&job.out, text, length)
    return 0


cdef inline int put_texts(
    Job *job, const Frame *frame, uint32_t record, const JsonForm *form, const uint8_t *text, size_t length
) except -1 nogil:
    """The elements of the array of a text value that is not empty."""
    cdef const uint8_t *part
    cdef size_t size
    cdef uint64_t number = 0
    cdef bint more = form.kind != JSON_ONE_TEXT
    while True:
        next_value(job, frame, number)
        number += 1
        more = more and cut(&text, &length, c"\\", &part, &size)
        if not more:
            part = text
            size = length
        trim(&part, &size, form.flags & LEADING_SPACE_KEPT == 0)
        if size == 0:
            out_put(&job.out, b"null", 4)
        elif form.kind == JSON_NAME:
            put_name(job, frame, part, size)
        elif form.kind == JSON_INTEGER_TEXT or form.kind == JSON_DECIMAL_TEXT:
            put_number_text(job, record, part, size, form.kind == JSON_DECIMAL_TEXT)
        else:
            json_string(&job.out, part, size)
        if not more:
            return 0
        flush_if_large(job)


# ------------------------------------------------------------------------------------------------ binary values


cdef inline int put_double(Job *job, uint32_t record, double value) except -1 nogil:
    """The shortest number that is this double."""
    cdef char text[32]
    cdef size_t length
    cdef char *digits
    if not isfinite(value):
        if has(job, NAN_AS_NULL):
            out_put(&job.out, b"null", 4)
        elif not has(job, NAN_EXTENDED):
            fail(job, NOT_FINITE, record)
        elif isnan(value):
            out_put(&job.out, b"NaN", 3)
        elif value < 0:
            out_put(&job.out, b"-Infinity", 9)
        else:
            out_put(&job.out, b"Infinity", 8)
        return 0
    length = json_short_double(value, text)
    if length:
        out_put(&job.out, text, length)
        return 0
    with gil:
        digits = PyOS_double_to_string(value, c"r", 0, 0, NULL)
        out_put(&job.out, digits, strlen(digits))
        PyMem_Free(digits)
    return 0


cdef inline int put_integer(Job *job, uint64_t bits, const JsonForm *form) except -1 nogil:
    """An integer; a string where many readers, which have doubles only, would round it."""
    cdef char text[24]
    cdef int64_t number = <int64_t>bits
    cdef bint large = False
    cdef size_t length
    if form.kind == JSON_UNSIGNED:
        length = format_unsigned(bits, text)
        large = bits > <uint64_t>LARGEST_EXACT
    else:
        if form.size == 2:
            number = <int16_t>bits
        elif form.size == 4:
            number = <int32_t>bits
        length = format_signed(number, text)
        large = number > LARGEST_EXACT or number < -LARGEST_EXACT
    if large:
        out_byte(&job.out, c'"')
    out_put(&job.out, text, length)
    if large:
        out_byte(&job.out, c'"')
    return 0


cdef inline int put_binary_number(Job *job, uint32_t record, const JsonForm *form, const uint8_t *p, bint big) except -1 nogil:
    cdef uint64_t bits = (
        load_u64(p, big) if form.size == 8 else load_u32(p, big) if form.size == 4 else load_u16(p, big)
    )
    cdef uint32_t half
    cdef float single
    cdef double number
    cdef char tag[10]
    if form.kind == JSON_TAG:
        tag[0] = tag[9] = c'"'
        json_tag(load_u16(p, big) << 16 | load_u16(p + 2, big), tag + 1)
        out_put(&job.out, tag, 10)
        return 0
    if form.kind != JSON_FLOAT:
        return put_integer(job, bits, form)
    if form.size == 4:
        half = <uint32_t>bits
        memcpy(&single, &half, 4)
        number = single
    else:
        memcpy(&number, &bits, 8)
    return put_double(job, record, number)


cdef inline int put_numbers(Job *job, const Frame *frame, uint32_t record, const JsonForm *form, bint big) except -1 nogil:
    """The elements of the array of a binary value that is not empty."""
    cdef uint64_t length = job.view.records[record].length, at = 0, block, i
    cdef const uint8_t *p
    if length % form.size:
        fail(job, PARTIAL_VALUE, record)
    while at < length:
        block = min(length - at, <uint64_t>CHUNK)
        p = value_bytes(job, record, at, block)
        i = 0
        while i < block:
            next_value(job, frame, at + i)
            put_binary_number(job, record, form, p + i, big)
            flush_if_large(job)
            i += form.size
        at += block
    return 0


cdef inline int put_bytes(Job *job, uint32_t record, const JsonForm *form, bint big) except -1 nogil:
    """The bytes of a value as base64; words, as all values, in little endian."""
    cdef uint64_t length = job.view.records[record].length
    return put_range(job, record, length, form.size if big else 1)


cdef inline int put_range(Job *job, uint32_t record, uint64_t length, size_t swap) except -1 nogil:
    cdef uint64_t at = 0, block
    cdef const uint8_t *p
    out_byte(&job.out, c'"')
    while at < length:
        block = min(length - at, <uint64_t>CHUNK)
        p = value_bytes(job, record, at, block)
        if swap > 1:
            if job.swapped == NULL:
                job.swapped = <uint8_t *>malloc(CHUNK)
                if job.swapped == NULL:
                    with gil:
                        raise MemoryError
            swap_units(p, job.swapped, block, swap)
            p = job.swapped
        put_base64(&job.out, p, block)
        flush_if_large(job)
        at += block
    out_byte(&job.out, c'"')
    return 0


# ------------------------------------------------------------------------------------------------ elements


cdef inline bint find_uri(Job *job, uint32_t record, const JsonForm *form, uint64_t length) except -1 nogil:
    """Whether the value is to be found at a URI, which is then in `converted`."""
    if job.bulk == NULL or length == 0 or length < job.bulk_threshold or form.flags & MAY_BE_BULK == 0:
        return False
    return ask_for_uri(job, record)


cdef inline bint ask_for_uri(Job *job, uint32_t record) except -1 nogil:
    with gil:
        uri = (<object>job.bulk)(record)
        if uri is None:
            return False
        encoded = (<str?>uri).encode()
        Py_XDECREF(job.converted)
        job.converted = hold(encoded)
    return True


cdef inline void put_uri(Job *job, const Frame *frame) noexcept nogil:
    open_string(job, frame, b"BulkDataURI", 11)
    with gil:
        json_string(
            &job.out, <const uint8_t *>PyBytes_AS_STRING(<object>job.converted), <size_t>PyBytes_GET_SIZE(<object>job.converted)
        )


cdef inline int text_member(Job *job, Frame *frame, uint32_t record, uint16_t vr, const JsonForm *form) except -1 nogil:
    cdef uint32_t tag = job.view.records[record].tag
    cdef const uint8_t *text
    cdef size_t length
    text_of(job, frame, record, vr, form, &text, &length)
    if tag == SPECIFIC_CHARACTER_SET and has(job, UTF8) and not (length == 8 and memcmp(text, b"ISO_IR 6", 8) == 0):
        text = <const uint8_t *>b"ISO_IR 192"
        length = 10
    open_member(job, frame, tag, vr)
    if length:
        open_values(job, frame)
        put_texts(job, frame, record, form, text, length)
        close_values(job, frame)
    close_member(job, frame)
    return 0


cdef inline int value_member(Job *job, Frame *frame, uint32_t record, uint16_t vr) except -1 nogil:
    """The attribute object of an element that is neither a sequence nor encapsulated."""
    cdef const Element *e = &job.view.records[record]
    cdef const JsonForm *form = json_form(vr)
    cdef bint big = e.flags & BIG_ENDIAN_VALUE != 0 and e.vr != VR_UN  # PS3.5 6.2.2: the value of a UN is little endian
    if find_uri(job, record, form, e.length):
        open_member(job, frame, e.tag, vr)
        put_uri(job, frame)
        close_member(job, frame)
        return 0
    if JSON_TEXT <= form.kind <= JSON_DECIMAL_TEXT:
        return text_member(job, frame, record, vr, form)
    open_member(job, frame, e.tag, vr)
    if e.length == 0:
        pass
    elif form.kind == JSON_BASE64:
        open_string(job, frame, b"InlineBinary", 12)
        put_bytes(job, record, form, big)
    else:
        open_values(job, frame)
        put_numbers(job, frame, record, form, big)
        close_values(job, frame)
    close_member(job, frame)
    return 0


cdef inline int encapsulated_member(Job *job, Frame *frame, uint32_t record) except -1 nogil:
    """Pixel data in fragments, which JSON can only refer to."""
    cdef const Element *e = &job.view.records[record]
    cdef uint16_t vr = e.vr
    if find_uri(job, record, json_form(vr), 0xFFFFFFFF):
        open_member(job, frame, e.tag, vr)
        put_uri(job, frame)
        close_member(job, frame)
    elif not has(job, OMIT_FRAGMENTS):
        fail(job, ENCAPSULATED, record)
    return 0

"""The values of a dump as bytes (PS3.5 6.2), and the element headers before them (PS3.5 7.1)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memmove, strlen

from dump_line cimport (
    BYTES, FLOAT, LONG_TEXT, Out, SIGNED, TAGS, TEXT, UID_TEXT, UNSIGNED, VRForm, WORDS, form_of, out_byte, out_put, out_reserve,
)
from dump_text cimport *
from number cimport parse_decimal

from dicomkit._ext import standard as _standard

cdef extern from "Python.h":
    double PyOS_string_to_double(const char *text, char **end, object overflow) except? -1.0

cdef enum:
    LONGEST_SHORT = 0xFFFE  # an even length in 16 bits
    LONGEST = 0xFFFFFFFE
    NUMBER_SIZE = 512       # characters of a number

# An element that was put out. Where an item's elements are not in order, they are sorted by it.
cdef struct Child:
    uint64_t start
    uint32_t tag

# What is encoded: the data set, or the File Meta Information.
cdef struct Stream:
    Out out
    Child *children         # of the open items, those of the innermost last
    size_t count
    size_t capacity
    bint implicit
    bint big
    bint signed             # Pixel Representation was 1
    bint escapes            # "\n" in a long text is a new line


cdef inline void store_u16(uint8_t *p, uint32_t value, bint big) noexcept nogil:
    p[big] = <uint8_t>value
    p[not big] = <uint8_t>(value >> 8)


cdef inline void store_u32(uint8_t *p, uint32_t value, bint big) noexcept nogil:
    store_u16(p if big else p + 2, value >> 16, big)
    store_u16(p + 2 if big else p, value & 0xFFFF, big)


cdef inline void store(uint8_t *p, uint64_t value, int size, bint big) noexcept nogil:
    cdef int i
    for i in range(size):
        p[size - 1 - i if big else i] = <uint8_t>value
        value >>= 8


cdef inline bint put_tag(Stream *stream, uint32_t tag) noexcept nogil:
    cdef uint8_t *p
    if not out_reserve(&stream.out, 4):
        return False
    p = <uint8_t *>stream.out.bytes + stream.out.length
    store_u16(p, tag >> 16, stream.big)
    store_u16(p + 2, tag & 0xFFFF, stream.big)
    stream.out.length += 4
    return True


cdef inline bint put_header(Stream *stream, uint32_t tag, uint16_t vr, uint32_t length) noexcept nogil:
    """The header of an element; of an item if `vr` is 0."""
    cdef uint8_t *p
    if not put_tag(stream, tag) or not out_reserve(&stream.out, 8):
        return False
    p = <uint8_t *>stream.out.bytes + stream.out.length
    if vr == 0 or stream.implicit:
        store_u32(p, length, stream.big)
        stream.out.length += 4
        return True
    p[0] = <uint8_t>vr
    p[1] = <uint8_t>(vr >> 8)
    if vr_class(vr & 0xFF, vr >> 8) == SHORT_LENGTH:
        store_u16(p + 2, length, stream.big)
        stream.out.length += 4
    else:
        p[2] = p[3] = 0
        store_u32(p + 4, length, stream.big)
        stream.out.length += 8
    return True


cdef inline void set_length(Stream *stream, uint64_t content, uint32_t length) noexcept nogil:
    """The length in a header with 32 bits for it, before `content`."""
    store_u32(<uint8_t *>stream.out.bytes + content - 4, length, stream.big)


cdef inline int end_element(Stream *stream, uint64_t start, uint64_t content, uint16_t vr) noexcept nogil:
    """Make the length of a value even and write it. A value too long for its VR becomes UN (PS3.5 6.2.2)."""
    cdef uint64_t length
    cdef uint8_t *header
    if (stream.out.length - content) & 1:
        out_byte(&stream.out, c"\0" if vr == UI or not is_text(vr) else c" ")
    length = stream.out.length - content
    if length > LONGEST:
        return TOO_LONG
    if stream.implicit or content - start == 12 or vr == 0:
        set_length(stream, content, <uint32_t>length)
    elif length <= LONGEST_SHORT:
        store_u16(<uint8_t *>stream.out.bytes + content - 2, <uint32_t>length, stream.big)
    elif out_reserve(&stream.out, 4):
        header = <uint8_t *>stream.out.bytes + start
        memmove(header + 12, header + 8, length)
        stream.out.length += 4
        header[4] = c"U"
        header[5] = c"N"
        header[6] = header[7] = 0
        store_u32(header + 8, <uint32_t>length, stream.big)
    return NONE


# ------------------------------------------------------------------------------------------------ values


cdef inline bint next_value(const uint8_t **p, const uint8_t *end, const uint8_t **value, size_t *length) noexcept nogil:
    """One of several values, without blanks around it. A backslash behind the last one is none."""
    cdef const uint8_t *first = skip_blanks(p[0], end)
    cdef const uint8_t *stop
    if first >= end:
        return False
    stop = <const uint8_t *>memchr(first, c"\\", end - first)
    if stop == NULL:
        stop = end
    p[0] = stop + 1
    while stop > first and is_blank((stop - 1)[0]):
        stop -= 1
    value[0] = first
    length[0] = stop - first
    return True


cdef inline int put_hex(Stream *stream, const uint8_t *p, const uint8_t *end, int size) noexcept nogil:
    """Bytes or 16-bit words."""
    cdef const uint8_t *value
    cdef size_t length
    cdef uint32_t number
    cdef uint8_t *out
    if not out_reserve(&stream.out, end - p + 2):  # each takes two characters at least
        return NONE
    out = <uint8_t *>stream.out.bytes + stream.out.length
    while True:
        if size == 2:
            while end - p >= 5 and p[4] == c"\\" and parse_hex(p, 4, 4, &number):
                store_u16(out, number, stream.big)
                out += 2
                p += 5
        else:
            while end - p >= 3 and p[2] == c"\\" and HEX_DIGIT[p[0]] and HEX_DIGIT[p[1]]:
                out[0] = <uint8_t>((HEX_DIGIT[p[0]] - 1) << 4 | (HEX_DIGIT[p[1]] - 1))
                out += 1
                p += 3
        if not next_value(&p, end, &value, &length):
            break
        if not parse_hex(value, length, 2 * size, &number):
            return WRONG_BYTES
        store(out, number, size, stream.big)
        out += size
    stream.out.length = out - <uint8_t *>stream.out.bytes
    return NONE


cdef inline int put_tags(Stream *stream, const uint8_t *p, const uint8_t *end) noexcept nogil:
    cdef const uint8_t *value
    cdef size_t length
    cdef uint32_t tag
    while next_value(&p, end, &value, &length):
        if read_tag(value, value + length, &tag) != value + length:
            return WRONG_TAG_VALUE
        put_tag(stream, tag)
    return NONE


cdef inline int put_integers(Stream *stream, const uint8_t *p, const uint8_t *end, int size, bint signed, bint either) noexcept nogil:
    """`either`: signed or unsigned, whatever they are."""
    cdef const uint8_t *value
    cdef size_t length
    cdef bint negative
    cdef uint64_t magnitude, largest
    while next_value(&p, end, &value, &length):
        if not parse_whole(value, length, &negative, &magnitude):
            return WRONG_NUMBER
        largest = <uint64_t>-1 >> (64 - 8 * size)
        if negative:
            largest = largest // 2 + 1 if signed or either else 0
        elif signed:
            largest //= 2
        if magnitude > largest:
            return NUMBER_TOO_LARGE
        if not out_reserve(&stream.out, 8):
            break
        store(<uint8_t *>stream.out.bytes + stream.out.length, 0 - magnitude if negative else magnitude, size, stream.big)
        stream.out.length += size
    return NONE


cdef inline bint slow_decimal(const uint8_t *value, size_t length, double *number) noexcept nogil:
    """What `parse_decimal` leaves: long numbers, nan, inf."""
    cdef char text[NUMBER_SIZE]
    if length >= NUMBER_SIZE or memchr(value, 0, length) != NULL:
        return False
    memcpy(text, value, length)
    text[length] = 0
    with gil:
        try:
            number[0] = PyOS_string_to_double(text, NULL, None)
        except ValueError:
            return False
    return True


cdef inline int put_floats(Stream *stream, const uint8_t *p, const uint8_t *end, int size) noexcept nogil:
    cdef const uint8_t *value
    cdef size_t length
    cdef double number
    cdef float single
    cdef uint64_t bits = 0
    cdef uint32_t half
    while next_value(&p, end, &value, &length):
        if not parse_decimal(value, length, &number) and not slow_decimal(value, length, &number):
            return WRONG_NUMBER
        if size == 4:
            single = <float>number
            memcpy(&half, &single, 4)
            bits = half
        else:
            memcpy(&bits, &number, 8)
        if not out_reserve(&stream.out, 8):
            break
        store(<uint8_t *>stream.out.bytes + stream.out.length, bits, size, stream.big)
        stream.out.length += size
    return NONE


cdef inline int put_long_text(Stream *stream, const uint8_t *p, const uint8_t *end) noexcept nogil:
    """Text in which a backslash and an n are a new line."""
    cdef const uint8_t *found
    while p < end:
        found = <const uint8_t *>memchr(p, c"\\", end - p)
        if found == NULL or found + 1 >= end:
            found = end
        out_put(&stream.out, <const char *>p, found - p)
        p = found
        if p < end and p[1] == c"n":
            out_put(&stream.out, b"\r\n", 2)
            p += 2
        elif p < end:
            out_byte(&stream.out, c"\\")
            p += 1
    return NONE


cdef inline int put_uid_of_keyword(Stream *stream, const uint8_t *name, size_t length) except -1 with gil:
    cdef bytes uid
    row = _standard.uid_keyword((<const char *>name)[:length].decode("latin-1"))
    if row is None:
        return UNKNOWN_UID
    uid = row[0].encode()
    out_put(&stream.out, uid, len(uid))
    return NONE


cdef inline int put_uid_of(Stream *stream, const uint8_t *name, size_t length) except -1 nogil:
    """The UID of a name."""
    cdef const char *rest = dump_uid_of(name, length) if length else NULL
    if rest == NULL:
        return put_uid_of_keyword(stream, name, length)
    out_put(&stream.out, b"1.2.840.", 8)
    out_put(&stream.out, rest, strlen(rest))
    return NONE


cdef inline int put_uids(Stream *stream, const uint8_t *p, const uint8_t *end) except -1 nogil:
    cdef const uint8_t *stop
    cdef int fault
    if memchr(p, c"=", end - p) == NULL:
        out_put(&stream.out, <const char *>p, end - p)
        return NONE
    while p < end:
        stop = <const uint8_t *>memchr(p, c"\\", end - p)
        if stop == NULL:
            stop = end
        if p < stop and p[0] == c"=":
            fault = put_uid_of(stream, p + 1, stop - p - 1)
            if fault:
                return fault
        else:
            out_put(&stream.out, <const char *>p, stop - p)
        if stop < end:
            out_byte(&stream.out, c"\\")
        p = stop + 1
    return NONE


cdef inline uint16_t settled(const Stream *stream, const Line *line) noexcept nogil:
    """One of the VRs that a line may mean, by what its value looks like."""
    cdef const void *stop = memchr(line.value, c"\\", line.length)
    cdef size_t digits = line.length if stop == NULL else <const uint8_t *>stop - line.value
    if line.vr == XS or (line.vr == LUT and line.length and digits != 4):
        return SS if stream.signed or memchr(line.value, c"-", line.length) != NULL else US
    if line.vr == LUT or line.vr == OX:
        return OB if digits == 2 else OW
    return line.vr


cdef inline int put_value(Stream *stream, uint16_t vr, const Line *line) except -1 nogil:
    cdef const VRForm *form = form_of(vr)
    cdef const uint8_t *p = line.value
    cdef const uint8_t *end = p + line.length
    if line.form == EMPTY or line.form == REMARK:
        return NONE
    if form.spelling == UID_TEXT:
        return put_uids(stream, p, end)
    if form.spelling == LONG_TEXT and stream.escapes and vr != UR:
        return put_long_text(stream, p, end)
    if form.spelling == TEXT or form.spelling == LONG_TEXT:
        out_put(&stream.out, <const char *>p, line.length)
        return NONE
    if form.spelling == UNSIGNED or form.spelling == SIGNED:
        return put_integers(stream, p, end, form.size, form.spelling == SIGNED, line.vr == XS or line.vr == LUT)
    if form.spelling == FLOAT:
        return put_floats(stream, p, end, form.size)
    if form.spelling == TAGS:
        return put_tags(stream, p, end)
    return put_hex(stream, p, end, form.size)

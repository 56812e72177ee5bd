"""The lines of elements: their values, spelled by VR (PS3.5 6.2)."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, strlen

from dump_line cimport *
from dump_name cimport find_name, printed_vr
from element cimport BIG_ENDIAN_VALUE, UNDEFINED_LENGTH, Element, load_u16, load_u32, load_u64
from standard cimport RegisteredUID

cdef extern from "dump_names.h" nogil:
    const char *dump_uid_name(const char *uid, size_t length)


cdef inline int convert_text(Job *job, const Frame *frame, const Element *e, const uint8_t **text, size_t *length) except -1 nogil:
    """Text in UTF-8, if it has other characters than ASCII."""
    cdef size_t i
    cdef const Element *c
    cdef const uint8_t *terms
    cdef bint plain = True
    for i in range(length[0]):
        if text[0][i] >= 0x80 or text[0][i] == 0x1B:
            plain = False
            break
    if plain:
        return 0
    with gil:
        value = PyBytes_FromStringAndSize(<const char *>text[0], <Py_ssize_t>length[0])
        charset = b""
        if frame.charset != NOT_FOUND:
            c = &job.view.records[frame.charset]
            terms = value_bytes(job, c.offset, c.length) if c.length else NULL
            if terms != NULL:
                charset = PyBytes_FromStringAndSize(<const char *>terms, c.length)
        value = (<object>job.convert)(value, chr(e.vr & 0xFF) + chr(e.vr >> 8), charset)
        if value is None:
            return 0
        job.scratch.length = 0
        out_put(&job.scratch, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    if job.scratch.failed:
        with gil:
            raise MemoryError
    text[0] = <const uint8_t *>job.scratch.bytes
    length[0] = job.scratch.length
    return 1


cdef inline bint is_space(uint8_t c) noexcept nogil:
    return c == c" " or 9 <= c <= 13


cdef inline void clean_uid(Job *job, const uint8_t **text, size_t *length) noexcept nogil:
    """A UID without blanks anywhere and without padding."""
    cdef size_t i, n = length[0]
    for i in range(n):
        if is_space(text[0][i]):
            break
    else:
        i = n
    if i < n:
        job.scratch.length = 0
        for i in range(n):
            if not is_space(text[0][i]):
                out_byte(&job.scratch, <char>text[0][i])
        text[0] = <const uint8_t *>job.scratch.bytes
        n = job.scratch.length
    while n and text[0][n - 1] == 0:
        n -= 1
    length[0] = n


cdef inline size_t put_text(Job *job, const uint8_t *text, size_t length, bint padded) noexcept nogil:
    """Text in brackets, with a NUL behind if `padded`."""
    cdef size_t start, limit = 0 if has(job, PRINT_ALL) else LINE_WIDTH
    cdef int quoting = QUOTE_XML if has(job, XML_QUOTED) else QUOTE_OCTAL if has(job, OCTAL_QUOTED) else QUOTE_NONE
    out_byte(&job.out, c"[")
    start = job.out.length
    if quoting != QUOTE_NONE:
        out_quoted(&job.out, text, length, quoting, limit)
        if padded and (limit == 0 or job.out.length - start < limit):
            out_quoted(&job.out, <const uint8_t *>b"", 1, quoting, 0)
    else:
        if limit and length > limit:
            length = limit
        out_put(&job.out, <const char *>text, length)
        if padded:
            out_byte(&job.out, 0)
    length = job.out.length - start
    if limit and length + 2 > LINE_WIDTH:
        job.out.length = start + LINE_WIDTH - 4
        out_put(&job.out, b"...", 3)
        return LINE_WIDTH
    out_byte(&job.out, c"]")
    return length + 2


cdef inline const char *uid_name(const Job *job, const uint8_t *text, size_t length) noexcept nogil:
    cdef const char *name
    cdef RegisteredUID found
    cdef const void *end = memchr(text, 0, length)
    if end != NULL:
        length = <const uint8_t *>end - text
    name = dump_uid_name(<const char *>text, length)
    if name != NULL:
        return name
    if job.standard.uid(<const char *>text, length, &found) and not is_context_group(text, length):
        return found.keyword if found.keyword[0] else NULL
    return NULL


cdef inline bint is_context_group(const uint8_t *uid, size_t length) noexcept nogil:
    """dcmdump has no names for the UIDs of context groups (PS3.6 table A-3)."""
    cdef const char *root = b"1.2.840.10008.6.1."
    cdef size_t i
    if length < 18:
        return False
    for i in range(18):
        if uid[i] != <uint8_t>root[i]:
            return False
    return True


cdef inline int text_line(
    Job *job, const Frame *frame, const Element *e, int level, uint16_t vr, const VRForm *form
) except -1 nogil:
    cdef uint32_t shown = e.length
    cdef bint padded = e.length & 1 and has(job, CORRECT), loaded = e.length <= job.load_limit
    cdef uint64_t vm = 0
    cdef size_t length = e.length, printed, i
    cdef const char *name = NULL
    cdef const uint8_t *text = <const uint8_t *>b""
    if length:
        text = value_bytes(job, e.offset, length)
        if text == NULL:
            length = 0
            loaded = False
    if has(job, UTF8):
        if e.tag == SPECIFIC_CHARACTER_SET:
            text = <const uint8_t *>b"ISO_IR 192"
            length = shown = 10
            padded = False
        elif form.spelling == LONG_TEXT and vr != 0x5255 or vr in (0x4F4C, 0x4853, 0x4E50, 0x4355):  # not UR; LO SH PN UC
            if convert_text(job, frame, e, &text, &length):
                padded = False
                shown = <uint32_t>(length + (length & 1))
    if padded:
        shown += 1
    if form.spelling == UID_TEXT and has(job, CORRECT):
        clean_uid(job, &text, &length)
        padded = False
    elif has(job, CORRECT) and not padded:
        while length and text[length - 1] == c" ":
            length -= 1
    if length or padded:
        vm = 1
        if form.spelling != LONG_TEXT:
            for i in range(length):
                vm += text[i] == c"\\"
    start_line(job, level, e.tag, vr)
    if not loaded:
        printed = put_remark(job, b"(not loaded)")
    elif vm == 0:
        printed = put_remark(job, b"(no value available)")
    else:
        if form.spelling == UID_TEXT and has(job, UID_NAMES):
            name = uid_name(job, text, length)
        if name != NULL:
            out_byte(&job.out, c"=")
            printed = 1 + put_info(job, name, strlen(name), False)
        else:
            printed = put_text(job, text, length, padded)
    end_line(job, printed, shown, False, vm)
    return 0


# ------------------------------------------------------------------------------------------------ binary values


cdef inline size_t spell(const VRForm *form, const uint8_t *p, bint big, char *text) noexcept nogil:
    """One value as text; `text` has room for 72 bytes."""
    cdef uint64_t bits = (
        load_u64(p, big) if form.size == 8 else load_u32(p, big) if form.size == 4 else load_u16(p, big) if form.size == 2
        else p[0]
    )
    cdef uint32_t half
    cdef float single
    cdef double number
    if form.spelling == UNSIGNED:
        return format_unsigned(bits, text)
    if form.spelling == SIGNED:
        if form.size == 2:
            return format_signed(<int16_t>bits, text)
        return format_signed(<int32_t>bits if form.size == 4 else <int64_t>bits, text)
    if form.spelling == FLOAT:
        if form.size == 4:
            half = <uint32_t>bits
            memcpy(&single, &half, 4)
            return format_float(single, 9, text)
        memcpy(&number, &bits, 8)
        return format_float(number, 17, text)
    if form.spelling == TAGS:
        format_tag(load_u16(p, big) << 16 | load_u16(p + 2, big), text)
        return 11
    format_hex(<uint32_t>bits, 2 * form.size, text)
    return 2 * form.size


cdef inline uint64_t fixed_width(const VRForm *form) noexcept nogil:
    """Columns of a value with its separator, or 0 where they differ."""
    if form.spelling == BYTES or form.spelling == WORDS:
        return 2 * form.size + 1
    return 12 if form.spelling == TAGS else 0


cdef inline size_t put_values(Job *job, const Element *e, const VRForm *form, uint64_t count) except? 0 nogil:
    """Values separated by backslashes, as many as fit; returns the columns that they took (0: cannot be had)."""
    cdef uint64_t i = 0, block, j, width = fixed_width(form), shown = count
    cdef size_t printed = 0, length
    cdef bint big = e.flags & BIG_ENDIAN_VALUE != 0, short_form = not has(job, PRINT_ALL)
    cdef const uint8_t *p
    cdef char text[72]
    if short_form:
        if width and count * width - 1 > LINE_WIDTH:
            shown = (LINE_WIDTH - 2) // width
        elif not width and count > LINE_WIDTH:
            shown = LINE_WIDTH
    while i < shown:
        block = BLOCK // form.size
        if block > shown - i:
            block = shown - i
        p = padded_bytes(job, e, i * form.size, block * form.size)
        if p == NULL:
            return printed
        for j in range(block):
            text[0] = c"\\"
            length = spell(form, p, big, text + 1)
            p += form.size
            if i + j:
                length += 1
            if short_form and not width and (
                printed + length > LINE_WIDTH or (i + j + 1 < count and printed + length + 3 > LINE_WIDTH)
            ):
                if i + j + 1 < count:
                    out_put(&job.out, b"...", 3)
                    printed += 3
                return printed
            out_put(&job.out, &text[0] if i + j else &text[1], length)
            printed += length
        i += block
        if job.out.length > FLUSH_SIZE:
            flush(job)
    if shown < count:
        out_put(&job.out, b"...", 3)
        printed += 3
    return printed


cdef inline int value_line(Job *job, const Element *e, int level, uint16_t vr, const VRForm *form) except -1 nogil:
    cdef uint64_t length = e.length, count, vm
    cdef size_t printed
    cdef bint loaded = e.length <= job.load_limit
    if loaded and length & 1 and has(job, CORRECT) and form.spelling != WORDS:
        length += 1
    count = length // form.size
    vm = 1 if form.one else count
    start_line(job, level, e.tag, vr)
    if not loaded or (length and value_bytes(job, e.offset, 1 if e.length else 0) == NULL):
        printed = put_remark(job, b"(not loaded)")
    elif length == 0 or (count == 0 and form.spelling == TAGS):
        printed = put_remark(job, b"(no value available)")
    elif count == 0:
        printed = put_remark(job, b"(invalid value)")
    else:
        printed = put_values(job, e, form, count)
    end_line(job, printed, <uint32_t>length, e.flags & UNDEFINED_LENGTH != 0, vm)
    return 0


cdef inline int pixel_line(Job *job, const Element *e, int level, uint16_t vr, bint words) except -1 nogil:
    """The line of pixel data that goes to a file: the name of the file, as an equation."""
    cdef size_t printed = 0
    start_line(job, level, e.tag, vr)
    with gil:
        name = (<object>job.write_pixels)(e.offset, e.length, words and e.flags & BIG_ENDIAN_VALUE != 0)
        printed = put_info(job, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), False)
    end_line(job, printed, e.length, False, 1)
    return 0


cdef inline int element_line(Job *job, Frame *frame, uint32_t position, uint32_t record, int level) except -1 nogil:
    cdef const Element *e = &job.view.records[record]
    cdef uint16_t vr
    cdef const VRForm *form
    if e.tag == ITEM_TAG and e.vr == 0:
        set_name(job, b"", b"Item")
        vr = VR_PI
    else:
        find_name(job, frame, position, e)
        vr = printed_vr(job, e)
    form = form_of(vr)
    if job.write_pixels != NULL and (vr == VR_PI or e.tag == PIXEL_DATA):
        return pixel_line(job, e, level, vr, form.spelling == WORDS)
    if form.spelling <= UID_TEXT:
        return text_line(job, frame, e, level, vr, form)
    return value_line(job, e, level, vr, form)

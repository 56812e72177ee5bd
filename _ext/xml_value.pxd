"""Values as character data, in both forms (PS3.5 6.2, PS3.19 A.1)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, strlen

from dump_line cimport *
from dump_value cimport clean_uid, spell
from element cimport BIG_ENDIAN_VALUE, Element, load_u16, load_u32, load_u64
from xml_document cimport *

cdef extern from "Python.h":
    char *PyOS_double_to_string(double value, char format, int precision, int flags, int *kind) except NULL
    double PyOS_string_to_double(const char *text, char **end, object overflow) except? -1
    void PyMem_Free(void *memory)

cdef extern from "xml_markup.h" nogil:
    const char *NAME_GROUPS[3]
    const char *NAME_COMPONENTS[5]

cdef enum:
    VR_AE = 0x4541
    VR_CS = 0x5343
    VR_DS = 0x5344
    VR_FL = 0x4C46
    VR_IS = 0x5349
    VR_LO = 0x4F4C
    VR_OF = 0x464F
    VR_OW = 0x574F
    VR_PN = 0x4E50
    VR_SH = 0x4853

# A field of text: whole, and how it is to be written.
cdef struct Text:
    const uint8_t *bytes
    size_t length
    int beyond
    bint converted
    bint closed             # a NUL stands behind it, so that blanks at its end are no padding
    bint single             # a backslash is a character


cdef inline bint is_binary(const VRForm *form) noexcept nogil:
    """OB, OW and UN, and what else has no other spelling."""
    return form.spelling == BYTES or form.spelling == WORDS


cdef inline bint both_ends(uint16_t vr) noexcept nogil:
    """Blanks at the start of a value are no part of it."""
    return vr == VR_LO or vr == VR_SH or vr == VR_CS or vr == VR_IS or vr == VR_AE


cdef inline uint64_t trim(Text *text) noexcept nogil:
    """Cut the padding at the end of a field; returns the number of its values."""
    cdef uint64_t count = 1
    cdef size_t i
    while not text.closed and text.length and text.bytes[text.length - 1] == c" ":
        text.length -= 1
    if text.length == 0 and not text.closed:
        return 0
    if not text.single:
        for i in range(text.length):
            count += text.bytes[i] == c"\\"
    return count


cdef inline int fetch_text(Document *doc, uint32_t charset, const Element *e, uint16_t vr, const VRForm *form, Text *text) except -1 nogil:
    """The field of an element of a text VR."""
    text.bytes = <const uint8_t *>b""
    text.length = e.length
    text.beyond = ONE_BYTE
    text.converted = False
    text.closed = e.length & 1 and has(&doc.job, AS_DCM2XML)
    text.single = form.spelling == LONG_TEXT
    if e.tag == SPECIFIC_CHARACTER_SET and has(&doc.job, UTF8):
        text.bytes = <const uint8_t *>b"ISO_IR 192"
        text.length = 10
        text.closed = False
        return 0
    if e.length:
        text.bytes = value_bytes(&doc.job, e.offset, e.length)
        if text.bytes == NULL:
            missing()
    if form.spelling == UID_TEXT and has(&doc.job, AS_DCM2XML):
        clean_uid(&doc.job, &text.bytes, &text.length)
        text.closed = False
    text.beyond = decoded(doc, charset, e, vr, &text.bytes, &text.length)
    if text.beyond != ONE_BYTE and text.bytes == <const uint8_t *>doc.job.scratch.bytes:
        text.converted = True
        text.closed = False
        text.length = trimmed(text.bytes, text.length)
    elif not has(&doc.job, AS_DCM2XML):
        text.length = trimmed(text.bytes, text.length)
    return 0


cdef inline size_t next_value(const Text *text, size_t start) noexcept nogil:
    """Where the value that starts at an offset ends."""
    cdef const void *found
    if text.single or start >= text.length:
        return text.length
    found = memchr(text.bytes + start, c"\\", text.length - start)
    return text.length if found == NULL else <const uint8_t *>found - text.bytes


cdef inline void strip(Document *doc, uint16_t vr, const Text *text, size_t *start, size_t *end) noexcept nogil:
    """Cut the padding of one value."""
    cdef bint exact = not has(&doc.job, AS_DCM2XML)
    cdef bint leading = both_ends(vr) or vr == VR_DS or (exact and not text.single and vr != VR_PN and vr != 0x4355)
    while end[0] > start[0] and not (text.closed and end[0] == text.length) and (
        text.bytes[end[0] - 1] == c" " or (exact and text.bytes[end[0] - 1] == 0)
    ):
        end[0] -= 1
    while leading and start[0] < end[0] and (text.bytes[start[0]] == c" " or (exact and text.bytes[start[0]] == 0)):
        start[0] += 1


# ------------------------------------------------------------------------------------------------ the form of DCMTK


cdef inline int put_field(Document *doc, uint16_t vr, const Text *text) except -1 nogil:
    """All values of a field of text, with backslashes between them."""
    cdef size_t start = 0, end = 0, first, last
    if vr == VR_DS:
        put_markup(doc, text.bytes, text.length, text.beyond)
        return 0
    while True:
        end = next_value(text, start)
        first = start
        last = end
        strip(doc, vr, text, &first, &last)
        put_markup(doc, text.bytes + first, last - first, text.beyond)
        if end == text.length:
            return 0
        out_byte(&doc.job.out, c"\\")
        start = end + 1
        if doc.job.out.length > FLUSH_SIZE:
            flush(&doc.job)


# ------------------------------------------------------------------------------------------------ numbers


cdef inline size_t spell_float(double value, bint single, int digits, char *text) except? 0 nogil:
    """A number with so many digits, or, if that is 0, the shortest text that gives the same number again."""
    cdef char *made
    cdef size_t length
    cdef bint exact = digits == 0
    with gil:
        if exact and not single:
            made = PyOS_double_to_string(value, c"r", 0, 0, NULL)
        else:
            if exact:
                digits = 6
            made = PyOS_double_to_string(value, c"g", digits, 0, NULL)
            while exact and value == value and <float>PyOS_string_to_double(made, NULL, None) != <float>value:
                PyMem_Free(made)
                digits += 1
                made = PyOS_double_to_string(value, c"g", digits, 0, NULL)
        length = strlen(made)
        memcpy(text, made, length)
        PyMem_Free(made)
    return length


cdef inline size_t spell_number(Document *doc, const VRForm *form, const uint8_t *p, bint big, char *text) except? 0 nogil:
    """One number; `text` has room for 72 bytes."""
    cdef uint32_t half
    cdef uint64_t bits
    cdef float single
    cdef double number
    cdef bint exact = not has(&doc.job, AS_DCM2XML)
    if form.spelling == TAGS and has(&doc.job, NATIVE):
        format_hex(load_u16(p, big) << 16 | load_u16(p + 2, big), 8, text)
        for half in range(8):
            if text[half] >= c"a":
                text[half] -= 32
        return 8
    if form.spelling != FLOAT or not (exact or form.one):
        return spell(form, p, big, text)
    if form.size == 4:
        half = load_u32(p, big)
        memcpy(&single, &half, 4)
        return spell_float(single, True, 0 if exact else 9, text)
    bits = load_u64(p, big)
    memcpy(&number, &bits, 8)
    return spell_float(number, False, 0 if exact else 17, text)


cdef inline int put_numbers(Document *doc, const Element *e, const VRForm *form, bint big, uint64_t count) except -1 nogil:
    """`count` numbers: separated by backslashes, or each in an element of its own. The last may need a zero behind it."""
    cdef uint64_t i, got = 0, whole = e.length // form.size
    cdef const uint8_t *p = NULL
    cdef char text[72]
    cdef size_t length
    cdef bint native = has(&doc.job, NATIVE)
    for i in range(count):
        if i == whole:
            p = padded_bytes(&doc.job, e, i * form.size, form.size)
            if p == NULL:
                missing()
        elif got < form.size:
            p = piece(doc, e.offset + i * form.size, (whole - i) * form.size, &got)
            if got < form.size:
                got = form.size
                p = value_bytes(&doc.job, e.offset + i * form.size, got)
                if p == NULL:
                    missing()
        length = spell_number(doc, form, p, big, text)
        p += form.size
        got -= form.size
        if native:
            put_attribute(doc, b'<Value number="', i + 1)
            out_byte(&doc.job.out, c">")
            out_put(&doc.job.out, text, length)
            put(doc, b"</Value>\n")
        else:
            if i:
                out_byte(&doc.job.out, c"\\")
            out_put(&doc.job.out, text, length)
        if doc.job.out.length > FLUSH_SIZE:
            flush(&doc.job)
    return 0


# ------------------------------------------------------------------------------------------------ the Native DICOM Model


cdef inline void open_value(Document *doc, const char *element, uint64_t number) noexcept nogil:
    put(doc, b"<")
    put(doc, element)
    put_attribute(doc, b' number="', number)
    put(doc, b">")


cdef inline bint is_void(uint16_t vr, const Text *text) noexcept nogil:
    """dcm2xml writes no values if there is nothing but separators."""
    cdef const char *separators = b" \\^=" if vr == VR_PN else b" " if text.single else b" \\"
    cdef size_t i
    for i in range(text.length):
        if not is_one_of(text.bytes[i], separators):
            return False
    return not text.closed


cdef inline size_t part(const uint8_t *text, size_t length, uint8_t separator) noexcept nogil:
    """Where a part of a name ends."""
    cdef const void *found = memchr(text, separator, length) if length else NULL
    return length if found == NULL else <const uint8_t *>found - text


cdef inline void put_name(Document *doc, const uint8_t *text, size_t length, int beyond, uint64_t number) noexcept nogil:
    """A person name by its component groups and components (PS3.5 6.2.1.1)."""
    cdef size_t group = 0, component, end, stop
    cdef bint exact = not has(&doc.job, AS_DCM2XML)
    open_value(doc, b"PersonName", number)
    put(doc, b"\n")
    while length or group:
        stop = part(text, length, c"=") if group < 2 else length
        put(doc, b"<")
        put(doc, NAME_GROUPS[group])
        put(doc, b">\n")
        component = 0
        end = 0
        while True:
            number = end + part(text + end, stop - end, c"^") if component < 4 else stop
            # an empty component is only written where nothing follows that would tell of it
            if number > end or (exact and component and number == stop):
                put(doc, b"<")
                put(doc, NAME_COMPONENTS[component])
                put(doc, b">")
                put_markup(doc, text + end, number - end, beyond)
                put(doc, b"</")
                put(doc, NAME_COMPONENTS[component])
                put(doc, b">\n")
            if number == stop:
                break
            end = number + 1
            component += 1
        put(doc, b"</")
        put(doc, NAME_GROUPS[group])
        put(doc, b">\n")
        if stop == length:
            break
        text += stop + 1
        length -= stop + 1
        group += 1
    put(doc, b"</PersonName>\n")


cdef inline int put_values(Document *doc, uint16_t vr, const Text *text) except -1 nogil:
    """Each value of a field in an element of its own."""
    cdef size_t start = 0, end, first, last
    cdef uint64_t number = 1
    if has(&doc.job, AS_DCM2XML) and is_void(vr, text):
        return 0
    while True:
        end = next_value(text, start)
        first = start
        last = end
        strip(doc, vr, text, &first, &last)
        if vr == VR_PN:
            put_name(doc, text.bytes + first, last - first, text.beyond, number)
        else:
            open_value(doc, b"Value", number)
            put_markup(doc, text.bytes + first, last - first, text.beyond)
            put(doc, b"</Value>\n")
        if end == text.length:
            return 0
        number += 1
        start = end + 1
        if doc.job.out.length > FLUSH_SIZE:
            flush(&doc.job)


cdef inline int put_binary(Document *doc, uint32_t record, uint16_t vr, uint64_t length, size_t swapped, bint padded) except -1 nogil:
    """A value in base64, or a reference to it."""
    cdef const Element *e = &doc.job.view.records[record]
    if doc.refer != NULL:
        with gil:
            reference = (<object>doc.refer)(record, chr(vr & 0xFF) + chr(vr >> 8), length)
            if reference is not None:
                if type(reference) is not bytes:
                    raise TypeError("refer gives bytes")
                put(doc, b"<BulkData ")
                out_put(&doc.job.out, PyBytes_AS_STRING(reference), PyBytes_GET_SIZE(reference))
                put(doc, b"/>\n")
                return 0
    put(doc, b"<InlineBinary>")
    put_base64(doc, e.offset, length, swapped, padded)
    put(doc, b"</InlineBinary>\n")
    return 0

"""The state of an XML document that is being written, and the text and bytes of values.

The records are walked, and elements named, by the kernels of the dump (`dump_*.pxd`): a Document starts with their Job.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from dump_line cimport *
from element cimport BIG_ENDIAN_VALUE, Element, IndexView, Segment, stream_bytes

cdef extern from "xml_markup.h" nogil:
    enum:
        ONE_BYTE
        UTF_8
        REFERENCES

    bint has_no_markup(const uint8_t *p, size_t length)
    bint is_utf8(const uint8_t *p, size_t length)
    size_t out_markup(Out *out, const uint8_t *p, size_t length, int beyond)
    void out_hex(Out *out, const uint8_t *p, size_t count, bint words, bint big, bint first)
    void out_base64(Out *out, const uint8_t *p, size_t length)
    void swap_numbers(uint8_t *to, const uint8_t *p, size_t length, size_t size)

# Options beside those of the dump (UTF8 means the same here: Specific Character Set is written as ISO_IR 192).
cdef enum Markup:
    NATIVE = 1 << 12            # the Native DICOM Model of PS3.19 A.1; else DCMTK's own form
    NAMES = 1 << 13
    BINARY = 1 << 14            # DCMTK's form: write the values of OB, OW and UN
    BASE64 = 1 << 15            # in base64, else in hexadecimal (DCMTK's form) or by reference (native)
    AS_DCM2XML = 1 << 16        # with all that dcm2xml does to values, also where that loses something
    UNICODE = 1 << 17           # all text is converted; else text in the document's own character set stays as it is
    FORCED_SETS = 1 << 18       # the character sets are given from outside: those of the records do not count

cdef enum:
    GROUP = 24                  # bytes that are whole numbers of any VR, and whole groups of base64
    CHUNK = 3 << 18             # bytes of a deferred value that are fetched at a time; a multiple of GROUP
    SWAP_BLOCK = 3072           # at most BLOCK; a multiple of GROUP

cdef struct Document:
    Job job
    const uint8_t *characters   # for each byte whether it is a character of the document's encoding; NULL: it is UTF-8
    PyObject *inserted          # Specific Character Set for a data set that has none
    PyObject *refer             # gives the reference that is written instead of a binary value
    uint32_t charset            # record of the Specific Character Set of the root, or NOT_FOUND
    uint64_t replaced           # characters that XML does not have


cdef inline void put(Document *doc, const char *text) noexcept nogil:
    out_text(&doc.job.out, text)


cdef inline void put_number(Document *doc, uint64_t number) noexcept nogil:
    out_number(&doc.job.out, number, 0)


cdef inline void put_attribute(Document *doc, const char *name, uint64_t number) noexcept nogil:
    put(doc, name)
    put_number(doc, number)
    out_byte(&doc.job.out, c'"')


cdef inline void put_vr(Document *doc, uint16_t vr) noexcept nogil:
    cdef char text[2]
    text[0] = <char>(vr & 0xFF)
    text[1] = <char>(vr >> 8)
    put(doc, b' vr="')
    out_put(&doc.job.out, text, 2)
    out_byte(&doc.job.out, c'"')


cdef inline int missing() except -1 nogil:
    with gil:
        raise OSError("the bytes of a value are neither in memory nor in the source")


# ------------------------------------------------------------------------------------------------ bytes


cdef inline const uint8_t *piece(Document *doc, uint64_t offset, uint64_t rest, uint64_t *length) except NULL nogil:
    """Bytes of the stream from an offset on: of `rest` as many as are in memory together, or are fetched at a time."""
    cdef const IndexView *view = doc.job.view
    cdef const Segment *segment
    cdef const uint8_t *found
    cdef uint32_t i
    length[0] = rest
    for i in range(view.segment_count):
        segment = &view.segments[i]
        if segment.start <= offset < segment.stop:
            if segment.stop - offset < rest:
                length[0] = segment.stop - offset
            return segment.bytes + (offset - segment.start)
    if rest > CHUNK:
        length[0] = CHUNK
    found = value_bytes(&doc.job, offset, length[0])
    if found == NULL:
        missing()
    return found


cdef inline void put_groups(Document *doc, const uint8_t *p, size_t length, size_t swapped) noexcept nogil:
    """Bytes in base64; `length` is a multiple of GROUP, but for the last ones."""
    cdef size_t block
    if swapped == 1:
        out_base64(&doc.job.out, p, length)
        return
    while length:
        block = length if length < SWAP_BLOCK else SWAP_BLOCK
        swap_numbers(doc.job.block, p, block, swapped)
        out_base64(&doc.job.out, doc.job.block, block)
        p += block
        length -= block


cdef inline int put_base64(Document *doc, uint64_t offset, uint64_t length, size_t swapped, bint padded) except -1 nogil:
    """Bytes of the stream; `swapped` is the size of the numbers whose byte order is turned round, `padded` adds a zero."""
    cdef const uint8_t *p = NULL
    cdef uint64_t got = 0, block
    cdef uint8_t carried[GROUP + 1]
    cdef size_t carry = 0
    while length:
        if got == 0:
            p = piece(doc, offset, length, &got)
        if carry or got < GROUP:
            block = GROUP - carry
            if block > got:
                block = got
            memcpy(carried + carry, p, block)
            carry += block
            if carry == GROUP:
                put_groups(doc, carried, GROUP, swapped)
                carry = 0
        else:
            block = (got if got < CHUNK else CHUNK) // GROUP * GROUP
            put_groups(doc, p, block, swapped)
        p += block
        offset += block
        length -= block
        got -= block
        if doc.job.out.length > FLUSH_SIZE:
            flush(&doc.job)
    if padded:
        carried[carry] = 0
        carry += 1
    put_groups(doc, carried, carry, swapped)
    return 0


cdef inline int put_hex(Document *doc, const Element *e, bint words, bint padded) except -1 nogil:
    """The bytes or 16-bit numbers of a value in hexadecimal; `padded` adds a zero."""
    cdef uint64_t offset = e.offset, length = e.length, got = 0, block
    cdef const uint8_t *p = NULL
    cdef bint first = True, big = e.flags & BIG_ENDIAN_VALUE != 0
    if words:
        length &= ~<uint64_t>1
    while length:
        if got == 0:
            p = piece(doc, offset, length, &got)
        block = got if got < FLUSH_SIZE // 4 else FLUSH_SIZE // 4
        out_hex(&doc.job.out, p, block // 2 if words else block, words, big, first)
        first = False
        p += block
        offset += block
        length -= block
        got -= block
        if doc.job.out.length > FLUSH_SIZE:
            flush(&doc.job)
    if padded:
        out_hex(&doc.job.out, <const uint8_t *>b"\0", 1, False, False, first)
    return 0


# ------------------------------------------------------------------------------------------------ text


cdef inline bint same_charset(Document *doc, uint32_t first, uint32_t second) noexcept nogil:
    """Whether two records of Specific Character Set say the same."""
    cdef const Element *a
    cdef const Element *b
    cdef const uint8_t *text
    cdef const uint8_t *other
    if first == second:
        return True
    if first == NOT_FOUND or second == NOT_FOUND:
        return False
    a = &doc.job.view.records[first]
    b = &doc.job.view.records[second]
    text = stream_bytes(doc.job.view, a.offset, a.length)
    other = stream_bytes(doc.job.view, b.offset, b.length)
    return a.length == b.length and text != NULL and other != NULL and memcmp(text, other, a.length) == 0


cdef inline bint says_utf8(Document *doc, uint32_t charset) noexcept nogil:
    """Whether a record of Specific Character Set is ISO_IR 192."""
    cdef const Element *e
    cdef const uint8_t *text
    if charset == NOT_FOUND:
        return False
    e = &doc.job.view.records[charset]
    text = stream_bytes(doc.job.view, e.offset, e.length)
    return text != NULL and e.length >= 10 and trimmed(text, e.length) == 10 and memcmp(text, b"ISO_IR 192", 10) == 0


cdef inline int stays(Document *doc, uint32_t charset, const uint8_t *text, size_t length) noexcept nogil:
    """Whether text with other characters than ASCII can go into the document as it is; 2 for one byte a character."""
    cdef size_t i
    if has(&doc.job, UNICODE):
        return not has(&doc.job, FORCED_SETS) and says_utf8(doc, charset) and is_utf8(text, length)
    if not same_charset(doc, charset, doc.charset):
        return 0
    if doc.characters == NULL:
        return is_utf8(text, length)
    for i in range(length):
        if (text[i] >= 0x80 or text[i] == 0x1B) and not doc.characters[text[i]]:
            return 0
    return 2


cdef inline int decoded(
    Document *doc, uint32_t charset, const Element *e, uint16_t vr, const uint8_t **text, size_t *length
) except -1 nogil:
    """Bring text into a form that the document can take. Returns how to write what is beyond ASCII."""
    cdef size_t i
    cdef const Element *c
    cdef const uint8_t *terms
    cdef int kept
    for i in range(length[0]):
        if text[0][i] >= 0x80 or text[0][i] == 0x1B:
            break
    else:
        return ONE_BYTE
    kept = stays(doc, charset, text[0], length[0])
    if kept:
        return ONE_BYTE if kept == 2 else UTF_8
    with gil:
        value = PyBytes_FromStringAndSize(<const char *>text[0], <Py_ssize_t>length[0])
        sets = None
        if charset != NOT_FOUND:
            c = &doc.job.view.records[charset]
            terms = value_bytes(&doc.job, c.offset, c.length) if 0 < c.length <= 1024 else NULL
            if terms != NULL:
                sets = PyBytes_FromStringAndSize(<const char *>terms, c.length)
                if not sets.isascii() or b"\x1b" in sets:
                    sets = None
        value = (<object>doc.job.convert)(value, chr(vr & 0xFF) + chr(vr >> 8), sets)
        if type(value) is not bytes:
            raise TypeError("convert gives bytes")
        doc.job.scratch.length = 0
        out_put(&doc.job.scratch, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    if doc.job.scratch.failed:
        with gil:
            raise MemoryError
    text[0] = <const uint8_t *>doc.job.scratch.bytes
    length[0] = doc.job.scratch.length
    return UTF_8 if doc.characters == NULL else REFERENCES


cdef inline void put_markup(Document *doc, const uint8_t *text, size_t length, int beyond) noexcept nogil:
    doc.replaced += out_markup(&doc.job.out, text, length, beyond)


cdef inline bint is_one_of(uint8_t letter, const char *letters) noexcept nogil:
    while letters[0]:
        if <uint8_t>letters[0] == letter:
            return True
        letters += 1
    return False

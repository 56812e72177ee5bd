"""Elements in the Native DICOM Model (PS3.19 table A.1.5-2), and what both forms ask of an element."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from dump_frame cimport is_fragment, is_open
from dump_line cimport *
from dump_name cimport after, find_creator, record_at
from element cimport BIG_ENDIAN_VALUE, CONTAINER, Element, stream_bytes
from standard cimport Attribute
from xml_document cimport *
from xml_value cimport *


cdef inline bint is_inside(const Document *doc, const Element *e) noexcept nogil:
    """Whether items are written. What was found in a UN of defined length stays bytes for dcm2xml."""
    return is_open(e) if has(&doc.job, AS_DCM2XML) else e.flags & CONTAINER != 0


cdef inline bint is_fragments(const Document *doc, uint32_t record) noexcept nogil:
    """Whether a container holds fragments (PS3.5 A.4)."""
    cdef const Element *e = &doc.job.view.records[record]
    if e.vr == VR_SQ or e.tag == ITEM_TAG:
        return False
    return e.tag == PIXEL_DATA or (record + 1 < e.next and is_fragment(&doc.job.view.records[record + 1]))


cdef inline uint16_t fragments_vr(const Document *doc, const Element *e) noexcept nogil:
    """"Pixel data in an Encapsulated Format ... shall have the Value Representation OB" (PS3.5 A.4)."""
    return VR_OB if has(&doc.job, AS_DCM2XML) or e.vr == VR_UN else e.vr


cdef inline uint16_t written_vr(const Document *doc, const Element *e) noexcept nogil:
    """The VR of an element: what a UN is known to be, and UN for what are no whole numbers; except for dcm2xml."""
    cdef uint16_t vr = e.vr, known
    cdef const VRForm *form
    if vr == VR_UN and not has(&doc.job, AS_DCM2XML) and not e.tag & 0x10000:
        known = doc.job.standard.vr(doc.job.user, e.tag)
        if known and known < 0x6100 and known != VR_SQ:
            vr = known
    form = form_of(vr)
    if form.vr == VR_UNKNOWN:
        return VR_UN
    if has(&doc.job, AS_DCM2XML) or e.length % form.size == 0 or is_binary(form) or (form.one and has(&doc.job, NATIVE)):
        return vr
    return VR_UN


cdef inline size_t swapped_size(const Document *doc, const Element *e, const VRForm *form) noexcept nogil:
    """The size of the numbers that must be turned round for base64: PS3.19 wants little endian, DCMTK's form big endian."""
    cdef bint big = e.flags & BIG_ENDIAN_VALUE != 0 and e.vr != VR_UN
    if form.spelling == BYTES or form.size == 1:
        return 1
    if form.spelling == TAGS:
        return 2 if big else 1
    return form.size if big == has(&doc.job, NATIVE) else 1


# ------------------------------------------------------------------------------------------------ attributes


cdef inline bint is_creator_of(Document *doc, Frame *frame, uint32_t creator) noexcept nogil:
    """Whether a Private Creator is the first of its group that says what it says: a reader takes that one."""
    cdef const Element *wanted = &doc.job.view.records[creator]
    cdef const Element *e
    cdef const uint8_t *text = stream_bytes(doc.job.view, wanted.offset, wanted.length)
    cdef const uint8_t *other
    cdef uint32_t at = frame.group_position, record = record_at(&doc.job, frame, at)
    cdef size_t length
    if text == NULL:
        return False
    length = trimmed(text, wanted.length)
    while record != creator:
        e = &doc.job.view.records[record]
        other = stream_bytes(doc.job.view, e.offset, e.length)
        if e.tag & 0xFFFF >= 0x10 and (other == NULL or (trimmed(other, e.length) == length and memcmp(other, text, length) == 0)):
            return False
        at = after(&doc.job, frame, at)
        record = record_at(&doc.job, frame, at)
    return length > 0


cdef inline int put_private_creator(Document *doc, Frame *frame, uint32_t creator) except -1 nogil:
    """The attribute that names the owner of a private element."""
    cdef const Element *e = &doc.job.view.records[creator]
    cdef Text text
    fetch_text(doc, frame.charset, e, VR_LO, form_of(VR_LO), &text)
    text.length = trimmed(text.bytes, text.length)
    put(doc, b' privateCreator="')
    while text.length and text.bytes[0] == c" ":
        text.bytes += 1
        text.length -= 1
    put_markup(doc, text.bytes, text.length, text.beyond)
    put(doc, b'"')
    return 0


cdef inline int start_attribute(Document *doc, Frame *frame, uint32_t position, const Element *e, uint16_t vr) except -1 nogil:
    """The start tag of a DicomAttribute (PS3.19 table A.1.5-2)."""
    cdef Attribute found
    cdef char text[8]
    cdef uint32_t tag = e.tag, creator = NOT_FOUND
    cdef size_t i
    cdef bint private = e.tag & 0x10000 != 0
    if private and tag & 0xFFFF >= 0x1000:
        creator = find_creator(&doc.job, frame, position, tag)
        if creator != NOT_FOUND and is_creator_of(doc, frame, creator):
            tag = tag >> 16 << 16 | tag & 0xFF  # "the two most significant hexadecimal characters of the Element Number shall be 00"
        else:
            creator = NOT_FOUND
    format_hex(tag, 8, text)
    for i in range(8):
        if text[i] >= c"a":
            text[i] -= 32
    put(doc, b'<DicomAttribute tag="')
    out_put(&doc.job.out, text, 8)
    out_byte(&doc.job.out, c'"')
    put_vr(doc, vr)
    if creator != NOT_FOUND:
        put_private_creator(doc, frame, creator)
    elif not private and doc.job.standard.attribute(doc.job.user, e.tag, &found) and found.keyword[0]:
        if not (found.retired and has(&doc.job, AS_DCM2XML)):
            put(doc, b' keyword="')
            put(doc, found.keyword)
            out_byte(&doc.job.out, c'"')
    put(doc, b">\n")
    return 0


cdef inline int put_base64_text(Document *doc, const Element *e) except -1 nogil:
    """Text with characters that XML does not have, as its bytes."""
    put(doc, b"<InlineBinary>")
    put_base64(doc, e.offset, e.length, 1, False)
    put(doc, b"</InlineBinary>\n")
    return 0


cdef inline int attribute(Document *doc, Frame *frame, uint32_t position, uint32_t record) except -1 nogil:
    """An element in the Native DICOM Model."""
    cdef const Element *e = &doc.job.view.records[record]
    cdef uint16_t vr = written_vr(doc, e)
    cdef const VRForm *form = form_of(vr)
    cdef Text text
    cdef bint exact = not has(&doc.job, AS_DCM2XML), padded = e.length & 1 and not exact and form.spelling != WORDS
    start_attribute(doc, frame, position, e, vr)
    if e.length == 0 and not (e.tag == SPECIFIC_CHARACTER_SET and has(&doc.job, UTF8)):
        pass
    elif form.one:
        put_binary(doc, record, vr, <uint64_t>e.length, swapped_size(doc, e, form), padded)
    elif form.spelling > UID_TEXT:
        put_numbers(
            doc, e, form, e.flags & BIG_ENDIAN_VALUE != 0 and e.vr != VR_UN, (<uint64_t>e.length + padded) // form.size
        )
    else:
        fetch_text(doc, frame.charset, e, vr, form, &text)
        if exact and has_no_markup(text.bytes, text.length):
            put_base64_text(doc, e)
        elif trim(&text):
            put_values(doc, vr, &text)
    put(doc, b"</DicomAttribute>\n")
    return 0

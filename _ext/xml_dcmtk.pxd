"""Elements in the form of DCMTK."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t

from dump_frame cimport is_fragment
from dump_line cimport *
from dump_name cimport find_name
from element cimport BIG_ENDIAN_VALUE, Element
from xml_document cimport *
from xml_native cimport swapped_size, written_vr
from xml_value cimport *


cdef inline int start_element(
    Document *doc, Frame *frame, uint32_t position, const Element *e, const char *element, uint16_t vr
) except -1 nogil:
    """The start of a start tag in DCMTK's form, and the name of the element for its end."""
    cdef char text[12]
    find_name(&doc.job, frame, position, e)
    format_tag(e.tag, text)
    put(doc, element)
    put(doc, b' tag="')
    out_put(&doc.job.out, text + 1, 9)
    out_byte(&doc.job.out, c'"')
    put_vr(doc, vr)
    return 0


cdef inline void put_element_name(Document *doc) noexcept nogil:
    if has(&doc.job, NAMES):
        put(doc, b' name="')
        put_markup(doc, <const uint8_t *>doc.job.name, doc.job.name_length, UTF_8)
        out_byte(&doc.job.out, c'"')


cdef inline int binary_element(Document *doc, const Element *e, uint16_t vr, const VRForm *form) except -1 nogil:
    """What is behind the VM of an OB, OW or UN in DCMTK's form."""
    cdef bint loaded = e.length <= doc.job.load_limit, fragment = vr == 0
    cdef bint padded = e.length & 1 and has(&doc.job, AS_DCM2XML) and form.spelling != WORDS and loaded
    put_attribute(doc, b' len="', <uint64_t>e.length + padded)
    if not fragment:
        put_element_name(doc)
    if not loaded:
        put(doc, b' loaded="no"')
    if not has(&doc.job, BINARY):
        put(doc, b' binary="hidden">')
    elif has(&doc.job, BASE64):
        put(doc, b' binary="base64">')
        if loaded:
            put_base64(doc, e.offset, e.length, 1 if fragment else swapped_size(doc, e, form), padded)
    else:
        put(doc, b' binary="yes">')
        if loaded:
            put_hex(doc, e, form.spelling == WORDS, padded)
    return 0


cdef inline int number_element(Document *doc, const Element *e, const VRForm *form, bint big) except -1 nogil:
    cdef bint loaded = e.length <= doc.job.load_limit
    cdef uint64_t length = e.length, count
    if loaded and length & 1 and has(&doc.job, AS_DCM2XML):
        length += 1
    count = length // form.size
    put_attribute(doc, b' vm="', 1 if form.one else count)
    put_attribute(doc, b' len="', length)
    put_element_name(doc)
    if loaded:
        out_byte(&doc.job.out, c">")
        put_numbers(doc, e, form, big, count)
    else:
        put(doc, b' loaded="no">')
    return 0


cdef inline int text_element(Document *doc, Frame *frame, const Element *e, uint16_t vr, const VRForm *form) except -1 nogil:
    cdef Text text
    cdef uint64_t count, length = e.length
    fetch_text(doc, frame.charset, e, vr, form, &text)
    if has(&doc.job, UTF8) and (text.converted and form.spelling != UID_TEXT or e.tag == SPECIFIC_CHARACTER_SET):
        length = text.length
    count = trim(&text)
    put_attribute(doc, b' vm="', count)
    put_attribute(doc, b' len="', length + (length & 1 if has(&doc.job, AS_DCM2XML) else 0))
    put_element_name(doc)
    out_byte(&doc.job.out, c">")
    if count:
        put_field(doc, vr, &text)
    return 0


cdef inline int element(Document *doc, Frame *frame, uint32_t position, uint32_t record) except -1 nogil:
    """An element in DCMTK's form."""
    cdef const Element *e = &doc.job.view.records[record]
    cdef uint16_t vr
    cdef const VRForm *form
    if is_fragment(e):
        put(doc, b"<pixel-item")
        binary_element(doc, e, 0, form_of(VR_OB))
        put(doc, b"</pixel-item>\n")
        return 0
    vr = written_vr(doc, e)
    form = form_of(vr)
    start_element(doc, frame, position, e, b"<element", vr)
    if form.spelling <= UID_TEXT:
        text_element(doc, frame, e, vr, form)
    elif is_binary(form):
        put(doc, b' vm="1"')
        binary_element(doc, e, vr, form)
    else:
        number_element(doc, e, form, e.flags & BIG_ENDIAN_VALUE != 0 and e.vr != VR_UN)
    put(doc, b"</element>\n")
    return 0

"""Data sets as XML: the Native DICOM Model (PS3.19 A.1), and the form of DCMTK's dcm2xml.

One pass over the records of an index, as for the dump, whose kernels find the elements, their names and the bytes of
their values. What comes out is well-formed whatever the data set holds. Root elements and the XML declaration are the
caller's (dicomkit.formats.xml).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from dump_frame cimport is_directory_record, open_frame
from dump_line cimport *
from dump_name cimport after, end_of, record_at
from element cimport (
    CONTAINER, UNDEFINED_LENGTH, Element, IndexView, content_length, element_start, stream_bytes,
)
from standard cimport STANDARD_CAPSULE, StandardAPI, UserDictionary
from xml_dcmtk cimport element, put_element_name, start_element
from xml_document cimport *
from xml_native cimport attribute, fragments_vr, is_fragments, is_inside, start_attribute
from xml_value cimport *

from dicomkit._ext import standard as _standard  # makes the capsule

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, False)

OPTIONS = {
    "native": NATIVE, "names": NAMES, "binary": BINARY, "base64": BASE64, "as-dcm2xml": AS_DCM2XML, "unicode": UNICODE,
    "forced-sets": FORCED_SETS, "utf-8": UTF8,
}


# ------------------------------------------------------------------------------------------------ containers


cdef int fragments(Document *doc, Frame *frame, uint32_t position, uint32_t record) except -1 nogil:
    """Encapsulated Pixel Data in the Native DICOM Model: the value field, that is, the fragments with their headers."""
    cdef const Element *e = &doc.job.view.records[record]
    start_attribute(doc, frame, position, e, fragments_vr(doc, e))
    put_binary(doc, record, e.vr, content_length(doc.job.view, record), 1, False)
    put(doc, b"</DicomAttribute>\n")
    return 0


cdef int open_container(Document *doc, uint32_t position, uint32_t record) except -1 nogil:
    cdef const Element *e = &doc.job.view.records[record]
    cdef Frame *parent = &doc.job.frames[doc.job.depth]
    cdef bint item = e.tag == ITEM_TAG, native = has(&doc.job, NATIVE), undefined = e.flags & UNDEFINED_LENGTH != 0
    cdef bint directory = item and is_directory_record(&doc.job, parent)
    cdef uint16_t vr = VR_SQ
    if native and not item:
        start_attribute(doc, parent, position, e, VR_SQ)
    elif native:
        parent.creator += 1  # of a sequence, which has no private creators: the number of the item
        open_value(doc, b"Item", parent.creator)
        put(doc, b"\n")
    elif not item:
        if is_fragments(doc, record):
            vr = fragments_vr(doc, e)
        start_element(doc, parent, position, e, b"<sequence", vr)
    open_frame(&doc.job, record, record + 1, e.next, item)
    if native:
        return 0
    put_attribute(doc, b'<item card="' if item else b' card="', doc.job.frames[doc.job.depth].count)
    if not undefined:
        put_attribute(doc, b' len="', content_length(doc.job.view, record))
    if directory:
        put_attribute(doc, b' offset="', element_start(e))
    if not item:
        put_element_name(doc)
    put(doc, b">\n")
    return 0


cdef void close_container(Document *doc) noexcept nogil:
    cdef Frame *frame = &doc.job.frames[doc.job.depth]
    cdef bint item = doc.job.view.records[frame.record].tag == ITEM_TAG
    free(frame.order)
    doc.job.depth -= 1
    if has(&doc.job, NATIVE):
        put(doc, b"</Item>\n" if item else b"</DicomAttribute>\n")
    else:
        put(doc, b"</item>\n" if item else b"</sequence>\n")


cdef int charset_element(Document *doc) except -1 nogil:
    """Specific Character Set of a data set that had none."""
    cdef const uint8_t *text
    cdef size_t length
    with gil:
        text = <const uint8_t *>PyBytes_AS_STRING(<object>doc.inserted)
        length = PyBytes_GET_SIZE(<object>doc.inserted)
    if has(&doc.job, NATIVE):
        put(doc, b'<DicomAttribute tag="00080005" vr="CS" keyword="SpecificCharacterSet">\n<Value number="1">')
        put_markup(doc, text, length, UTF_8)
        put(doc, b"</Value>\n</DicomAttribute>\n")
        return 0
    set_name(&doc.job, b"", b"SpecificCharacterSet")
    put_attribute(doc, b'<element tag="0008,0005" vr="CS" vm="1" len="', length + (length & 1))
    put_element_name(doc)
    out_byte(&doc.job.out, c">")
    put_markup(doc, text, length, UTF_8)
    put(doc, b"</element>\n")
    return 0


cdef int run(Document *doc, uint32_t first, uint32_t stop) except -1 nogil:
    cdef Job *job = &doc.job
    cdef Frame *frame
    cdef uint32_t position, record, tag
    cdef bint charset_due, native = has(job, NATIVE)
    open_frame(job, NOT_FOUND, first, stop, True)
    doc.charset = job.frames[0].charset
    charset_due = doc.inserted != NULL and doc.charset == NOT_FOUND
    while True:
        frame = &job.frames[job.depth]
        position = frame.position
        if position >= end_of(frame):
            if job.depth == 0:
                break
            close_container(doc)
            continue
        record = record_at(job, frame, position)
        frame.position = after(job, frame, position)
        tag = job.view.records[record].tag
        if tag >> 16 != frame.group:
            frame.group = tag >> 16
            frame.group_position = position
        if charset_due and job.depth == 0 and tag > SPECIFIC_CHARACTER_SET:
            charset_due = False
            charset_element(doc)
        if native and tag & 0xFFFF == 0 and job.view.records[record].vr:
            continue  # "Group Length attributes shall not be included in a Native DICOM Model instance"
        if is_inside(doc, &job.view.records[record]):
            if native and is_fragments(doc, record):
                fragments(doc, frame, position, record)
            else:
                open_container(doc, position, record)
        elif native:
            attribute(doc, frame, position, record)
        else:
            element(doc, frame, position, record)
        if job.out.length > FLUSH_SIZE:
            flush(job)
    if charset_due and first < stop:
        charset_element(doc)
    return flush(job)


# ------------------------------------------------------------------------------------------------ Python


cdef const IndexView *view_of(index) except NULL:
    return <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")


def render(
    index, write, int first=0, stop=None, *, int options, convert, load_limit=None, fetch=None, refer=None,
    bytes characters=None, bytes inserted=None,
) -> int:
    """Write sibling records of an index as XML elements.

    Args:
        index: the Index.
        write: called with pieces of the document (bytes).
        first, stop: the records; all by default.
        options: bits of OPTIONS.
        convert: called with (value, vr, charset) for text that cannot stay as it is; gives all of it in UTF-8. `charset` is
            the value of the Specific Character Set that holds, None if there is none.
        load_limit: longer numbers, and longer values of OB, OW and UN, are left out in DCMTK's form.
        fetch: called with (offset, length) for bytes of the stream that are not in memory; returns bytes.
        refer: called with (record, vr, length) for binary values in the Native DICOM Model; gives the attribute of BulkData,
            such as b'uri="..."', or None to have the value in the document.
        characters: 256 bytes, not 0 for each byte that is a character in the document's encoding; None: UTF-8.
        inserted: Specific Character Set to be written if there is none.

    Returns:
        How many characters were replaced by question marks because XML does not have them.
    """
    cdef Document *doc
    cdef Job *job
    cdef const IndexView *view = view_of(index)
    cdef uint32_t end = view.count if stop is None else stop
    if not 0 <= first <= <int64_t>end <= view.count:
        raise ValueError("no such records")
    if characters is not None and len(characters) != 256:
        raise ValueError("one flag for each byte is needed")
    doc = <Document *>malloc(sizeof(Document))
    if doc == NULL:
        raise MemoryError
    memset(doc, 0, sizeof(Document))
    job = &doc.job
    try:
        job.view = view
        job.standard = STANDARD
        if index.dictionary is not None:
            job.user = <const UserDictionary *>PyCapsule_GetPointer(index.dictionary.capsule, "dicomkit.UserDictionary")
        job.options = <uint32_t>options | CORRECT
        job.load_limit = 0xFFFFFFFF if load_limit is None else load_limit
        job.scope = NOT_FOUND
        job.depth = -1
        job.capacity = 16
        job.write = <PyObject *>write
        job.convert = <PyObject *>convert
        if fetch is not None:
            job.fetch = <PyObject *>fetch
        if refer is not None:
            doc.refer = <PyObject *>refer
        if characters is not None:
            doc.characters = <const uint8_t *>PyBytes_AS_STRING(characters)
        if inserted is not None:
            doc.inserted = <PyObject *>inserted
        job.frames = <Frame *>malloc(job.capacity * sizeof(Frame))
        if job.frames == NULL:
            raise MemoryError
        with nogil:
            run(doc, first, end)
        return doc.replaced
    finally:
        while job.depth >= 0:
            free(job.frames[job.depth].order)
            job.depth -= 1
        free(job.frames)
        free(job.out.bytes)
        free(job.scratch.bytes)
        Py_XDECREF(job.held)
        free(doc)


def has_extended_text(index, fetch=None, *, bint all_vrs=False) -> bool:
    """Whether text has bytes beyond ASCII: in VRs that Specific Character Set governs, or in all of text."""
    cdef const IndexView *view = view_of(index)
    cdef const Element *e
    cdef const uint8_t *p
    cdef uint32_t i, j
    cdef bytes fetched
    for i in range(view.count):
        e = &view.records[i]
        if e.flags & CONTAINER or e.vr == 0 or form_of(e.vr).spelling > UID_TEXT:
            continue
        if not all_vrs and not e.vr in (0x4E50, 0x4F4C, 0x544C, 0x4853, 0x5453, 0x4355, 0x5455):  # PN LO LT SH ST UC UT
            continue
        p = stream_bytes(view, e.offset, e.length)
        if p == NULL:
            if fetch is None:
                continue
            fetched = fetch(e.offset, e.length)
            if not fetched.isascii():
                return True
            continue
        for j in range(e.length):
            if p[j] >= 0x80:
                return True
    return False

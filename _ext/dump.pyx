"""The text of a data set, line for line as dcmdump writes it (dicomkit.formats.dump is its public face).

One pass over the records of an index: elements of an item in ascending order of their tags, nested items indented, values
spelled by VR. The depth of nesting is a counter, never the C stack. Text leaves through `write` in pieces, and of a value
that is not in memory `fetch` is asked for no more than is printed, so memory stays bounded whatever the data set holds.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from dump_frame cimport is_directory_record, is_fragment, is_open, open_frame
from dump_line cimport *
from dump_name cimport after, end_of, find_name, record_at
from dump_value cimport element_line, put_text
from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, UNDEFINED_LENGTH, Element, IndexView, element_start, load_u32, stream_bytes,
)
from standard cimport STANDARD_CAPSULE, TS_ENCAPSULATED, RegisteredUID, StandardAPI, UserDictionary

from dicomkit._ext import standard as _standard  # makes the capsule

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, False)

cdef extern from "standard.h" nogil:
    enum:
        UID_TRANSFER_SYNTAX

cdef extern from "dump_names.h" nogil:
    const char *dump_transfer_syntax_name(const char *uid, size_t length)
    const char *dump_record_type(const char *text, size_t length)


OPTIONS = {
    "print-all": PRINT_ALL, "tree": TREE, "uid-names": UID_NAMES, "color": COLOR, "correct": CORRECT,
    "xml": XML_QUOTED, "octal": OCTAL_QUOTED, "utf-8": UTF8, "charset-line": CHARSET_LINE,
}


# ------------------------------------------------------------------------------------------------ containers


cdef size_t directory_value(Job *job, const Frame *frame, uint32_t tag, const uint8_t **text) except? 0 nogil:
    cdef uint32_t record = child_with_tag(job.view, frame.first, frame.stop, tag)
    cdef const Element *e
    text[0] = NULL
    if record == NOT_FOUND:
        return 0
    e = &job.view.records[record]
    if e.length == 0 or e.length > 1024 or e.flags & CONTAINER:
        return 0
    text[0] = value_bytes(job, e.offset, e.length)
    if text[0] == NULL:
        return 0
    return trimmed(text[0], e.length) if has(job, CORRECT) else e.length


cdef int directory_record_lines(Job *job, const Frame *frame, int level) except -1 nogil:
    """The two lines at the start of a directory record: its type, and where it is and what it refers to."""
    cdef const Element *e = &job.view.records[frame.record]
    cdef const uint8_t *text
    cdef size_t start, length
    cdef const char *kind
    cdef uint32_t references = 0, record
    start_line(job, level, e.tag, VR_NA)
    color(job, COLOR_INFO)
    start = job.out.length
    out_text(&job.out, b'"Directory Record" ')
    if has(job, TREE):
        out_text(&job.out, b"(offset=$")
        out_number(&job.out, element_start(e), 0)
        out_byte(&job.out, c")")
        end_line(job, 0, 0, False, 1)
        return 0
    length = directory_value(job, frame, DIRECTORY_RECORD_TYPE, &text)
    kind = dump_record_type(<const char *>text, length)
    out_text(&job.out, kind)
    out_text(&job.out, b" #=")
    out_number(&job.out, frame.count, 0)
    end_line(job, job.out.length - start, e.length, e.flags & UNDEFINED_LENGTH != 0, 1)
    color(job, COLOR_INFO)
    put_indent(job, level)
    out_text(&job.out, b"#  offset=$")
    out_number(&job.out, element_start(e), 0)
    if kind[0] == c"M" and kind[1] == c"R":  # MRDR: Multi-Referenced File Directory Record, retired
        record = child_with_tag(job.view, frame.first, frame.stop, NUMBER_OF_REFERENCES)
        if record != NOT_FOUND and job.view.records[record].length == 4:
            text = value_bytes(job, job.view.records[record].offset, 4)
            if text != NULL:
                references = load_u32(text, job.view.records[record].flags & BIG_ENDIAN_VALUE != 0)
        out_text(&job.out, b"  refCount=")
        out_number(&job.out, references, 0)
    length = directory_value(job, frame, REFERENCED_FILE_ID, &text)
    if length:
        out_text(&job.out, b'  refFileID="')
        out_put(&job.out, <const char *>text, length)
        out_byte(&job.out, c'"')
    color(job, RESET)
    out_byte(&job.out, c"\n")
    return 0


cdef size_t put_count(Job *job, const char *what, uint32_t count) noexcept nogil:
    cdef size_t start
    color(job, COLOR_INFO)
    start = job.out.length
    out_text(&job.out, what)
    out_number(&job.out, count, 0)
    out_byte(&job.out, c")")
    return job.out.length - start


cdef int open_container(Job *job, uint32_t position, uint32_t record, int level) except -1 nogil:
    """The first line of a sequence, an item or encapsulated pixel data, and its frame."""
    cdef const Element *e = &job.view.records[record]
    cdef Frame *parent = &job.frames[job.depth]
    cdef Frame *frame
    cdef bint item = e.tag == ITEM_TAG, undefined = e.flags & UNDEFINED_LENGTH != 0
    cdef bint fragments = not item and e.vr != VR_SQ and record + 1 < e.next and is_fragment(&job.view.records[record + 1])
    cdef bint directory = item and is_directory_record(job, parent)
    cdef size_t printed = 0
    cdef uint16_t vr
    if not item:
        find_name(job, parent, position, e)
    open_frame(job, record, record + 1, e.next, item)
    frame = &job.frames[job.depth]
    if item:
        set_name(job, b"", b"Item")
    if directory:
        return directory_record_lines(job, frame, level)
    fragments = fragments or (not item and e.tag == PIXEL_DATA and e.vr != VR_SQ)
    vr = VR_NA if item else VR_OB if fragments else VR_SQ
    start_line(job, level, e.tag, vr)
    if has(job, TREE):
        pass
    elif item:
        printed = put_count(
            job, b"(Item with undefined length #=" if undefined else b"(Item with explicit length #=", frame.count
        )
    elif fragments:
        printed = put_count(job, b"(PixelSequence #=", frame.count)
    else:
        printed = put_count(
            job, b"(Sequence with undefined length #=" if undefined else b"(Sequence with explicit length #=", frame.count
        )
    end_line(job, printed, e.length, undefined, 1)
    return 0


cdef void close_container(Job *job, int level) noexcept nogil:
    cdef Frame *frame = &job.frames[job.depth]
    cdef const Element *e = &job.view.records[frame.record]
    cdef bint undefined = e.flags & UNDEFINED_LENGTH != 0
    free(frame.order)
    job.depth -= 1
    if has(job, TREE):
        return
    if e.tag != ITEM_TAG:
        close_line(
            job, level, SEQUENCE_DELIMITATION, b"SequenceDelimitationItem",
            b"(SequenceDelimitationItem)" if undefined else b"(SequenceDelimitationItem for re-encod.)",
        )
    elif is_directory_record(job, &job.frames[job.depth]):
        close_line(
            job, level, ITEM_DELIMITATION, b"ItemDelimitationItem",
            b'"ItemDelimitationItem"' if undefined else b'"ItemDelimitationItem for re-encoding"',
        )
    else:
        close_line(
            job, level, ITEM_DELIMITATION, b"ItemDelimitationItem",
            b"(ItemDelimitationItem)" if undefined else b"(ItemDelimitationItem for re-encoding)",
        )


cdef void charset_line(Job *job, int level) noexcept nogil:
    """Specific Character Set of a data set that had none and is printed in UTF-8."""
    set_name(job, b"", b"SpecificCharacterSet")
    start_line(job, level, SPECIFIC_CHARACTER_SET, 0x5343)
    end_line(job, put_text(job, <const uint8_t *>b"ISO_IR 192", 10, False), 10, False, 1)


cdef int run(Job *job, uint32_t first, uint32_t stop, int level) except -1 nogil:
    cdef Frame *frame
    cdef uint32_t position, record
    cdef bint charset_due
    open_frame(job, NOT_FOUND, first, stop, job.scope == NOT_FOUND)
    charset_due = has(job, CHARSET_LINE) and job.scope == NOT_FOUND and job.frames[0].charset == NOT_FOUND
    while True:
        frame = &job.frames[job.depth]
        position = frame.position
        if position >= end_of(frame):
            if job.depth == 0:
                break
            close_container(job, level + job.depth - 1)
            continue
        record = record_at(job, frame, position)
        frame.position = after(job, frame, position)
        if job.view.records[record].tag >> 16 != frame.group:
            frame.group = job.view.records[record].tag >> 16
            frame.group_position = position
        if charset_due and job.depth == 0 and job.view.records[record].tag > SPECIFIC_CHARACTER_SET:
            charset_due = False
            charset_line(job, level)
        if is_open(&job.view.records[record]):
            open_container(job, position, record, level + job.depth)
        else:
            element_line(job, frame, position, record, level + job.depth)
        if job.out.length > FLUSH_SIZE:
            flush(job)
    if charset_due and first < stop:
        charset_line(job, level)
    return flush(job)


# ------------------------------------------------------------------------------------------------ Python


cdef const IndexView *view_of(index) except NULL:
    return <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")


def render(
    index, write, int first=0, stop=None, *, int options=UID_NAMES | CORRECT, int level=1, scope=None, load_limit=None,
    fetch=None, convert=None, write_pixels=None,
) -> None:
    """Dump sibling records of an index.

    Args:
        index: the Index.
        write: called with pieces of the text (bytes).
        first, stop: the records; all by default.
        options: bits of OPTIONS.
        level: nesting level of the records, from 1.
        scope: first sibling of a single record that was searched for, so that its private creator is found.
        load_limit: longer values (in bytes) are "(not loaded)".
        fetch: called with (offset, length) for bytes of the stream that are not in memory; returns bytes.
        convert: called with (value, vr, charset) for text with other characters than ASCII if UTF8 is an option; gives UTF-8,
            or None to leave it.
        write_pixels: called with (offset, length, swap) for pixel data; returns the name to print instead of it.
    """
    cdef Job *job
    cdef const IndexView *view = view_of(index)
    cdef uint32_t end = view.count if stop is None else stop
    if not 0 <= first <= <int64_t>end <= view.count:
        raise ValueError("no such records")
    job = <Job *>malloc(sizeof(Job))
    if job == NULL:
        raise MemoryError
    memset(job, 0, sizeof(Job))
    try:
        job.view = view
        job.standard = STANDARD
        if index.dictionary is not None:
            job.user = <const UserDictionary *>PyCapsule_GetPointer(index.dictionary.capsule, "dicomkit.UserDictionary")
        job.options = options if convert is not None else options & ~UTF8
        job.load_limit = 0xFFFFFFFF if load_limit is None else load_limit
        job.scope = NOT_FOUND if scope is None else scope
        job.depth = -1
        job.capacity = 16
        job.has_pixel_representation = job.has_waveform_bits = -1
        job.write = <PyObject *>write
        if fetch is not None:
            job.fetch = <PyObject *>fetch
        if convert is not None:
            job.convert = <PyObject *>convert
        if write_pixels is not None:
            job.write_pixels = <PyObject *>write_pixels
        job.frames = <Frame *>malloc(job.capacity * sizeof(Frame))
        if job.frames == NULL:
            raise MemoryError
        with nogil:
            run(job, first, end, level)
    finally:
        while job.depth >= 0:
            free(job.frames[job.depth].order)
            job.depth -= 1
        free(job.frames)
        free(job.out.bytes)
        free(job.scratch.bytes)
        Py_XDECREF(job.held)
        free(job)


def transfer_syntax_name(uid) -> str:
    """What a dump calls a transfer syntax; "" for a UID that is none."""
    cdef bytes text = str(uid).encode("ascii", "replace")
    cdef const char *name = dump_transfer_syntax_name(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    cdef RegisteredUID found
    if name == NULL and STANDARD.uid(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &found):
        if found.kind == UID_TRANSFER_SYNTAX:
            name = found.name
    return "" if name == NULL else name.decode()


def unfragmented_pixel_data(index, uid) -> int | None:
    """Stream offset of top-level Pixel Data that is not encapsulated although its transfer syntax wants that (PS3.5 A.4)."""
    cdef const IndexView *view = view_of(index)
    cdef bytes text = str(uid).encode("ascii", "replace")
    cdef RegisteredUID found
    cdef uint32_t record
    if not STANDARD.uid(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &found):
        return None
    if not found.transfer_syntax & TS_ENCAPSULATED:
        return None
    record = child_with_tag(view, 0, view.count, PIXEL_DATA)
    if record == NOT_FOUND or view.records[record].flags & CONTAINER:
        return None
    return element_start(&view.records[record])


def bytes_in_memory(index, uint64_t offset, Py_ssize_t length) -> bytes | None:
    """Bytes of the stream, None if they are not in memory."""
    cdef const uint8_t *found = stream_bytes(view_of(index), offset, <uint64_t>length)
    return None if found == NULL else PyBytes_FromStringAndSize(<const char *>found, length)


def search(index, uint32_t tag) -> list:
    """The records of a tag, at any depth, in the order of the stream."""
    cdef const IndexView *view = view_of(index)
    cdef uint32_t i = 0
    cdef const Element *e
    found = []
    while i < view.count:
        e = &view.records[i]
        if e.tag == tag:
            found.append(i)
        i = i + 1 if is_open(e) else e.next
    return found


def children(index, record=None) -> list:
    """The records directly in a container, or at the top, as (record, tag)."""
    cdef const IndexView *view = view_of(index)
    cdef uint32_t i = 0 if record is None else record + 1
    cdef uint32_t stop = view.count if record is None else view.records[<uint32_t>record].next
    found = []
    while i < stop:
        found.append((i, view.records[i].tag))
        i = view.records[i].next
    return found

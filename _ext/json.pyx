"""A data set in the DICOM JSON Model (PS3.18 annex F); dicomkit.formats.json is its public face.

One pass over the records of an index, in ascending order of their tags. The depth of nesting is a counter, never the C stack.
Values that are not in memory are fetched in pieces, and the text leaves in pieces if that is wanted, so memory stays bounded
whatever the data set holds.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_XDECREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memset

from element cimport CONTAINER, UNDEFINED_LENGTH, Element, IndexView, content_length
from json_job cimport *
from json_value cimport encapsulated_member, put_range, value_member
from record_order cimport order_records
from standard cimport STANDARD_CAPSULE, StandardAPI, UserDictionary

from dicomkit._ext import standard as _standard  # makes the capsule

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, False)

OPTIONS = {
    "pretty": PRETTY, "utf-8": UTF8, "retain-un": RETAIN_UN, "numbers-as-strings": NUMBERS_AS_STRINGS,
    "numbers-only": NUMBERS_ONLY, "nan-as-null": NAN_AS_NULL, "nan-extended": NAN_EXTENDED, "omit-fragments": OMIT_FRAGMENTS,
}

make_base64_pairs()


# ------------------------------------------------------------------------------------------------ containers


cdef bint names_character_sets(Job *job, uint32_t record) except -1 nogil:
    """Whether a Specific Character Set says something; else that of the data set around holds."""
    cdef const Element *e = &job.view.records[record]
    cdef const uint8_t *text
    cdef uint32_t i
    cdef bint blank = True
    if e.length == 0 or e.length > LONGEST_SETS or e.flags & CONTAINER:
        return False
    text = value_bytes(job, record, 0, e.length)
    for i in range(e.length):
        if text[i] >= 0x80 or text[i] == 0x1B:
            return False
        blank = blank and is_padding(text[i])
    return not blank


cdef int sort_children(Job *job, Frame *frame) except -1 nogil:
    """Put elements in the order of their tags; of equal ones the first counts."""
    frame.order = <uint64_t *>malloc(frame.count * sizeof(uint64_t))
    if frame.order == NULL:
        with gil:
            raise MemoryError
    frame.count = order_records(job.view, frame.position, frame.stop, frame.order)
    frame.position = 0
    return 0


cdef int open_frame(Job *job, uint32_t record, uint32_t first, uint32_t stop, int level, bint elements) except -1 nogil:
    """Start on the children of a container: elements, or items."""
    cdef Frame *frame
    cdef void *frames
    cdef uint32_t i = first, last = 0
    cdef bint in_order = True, has_sets = False
    if job.depth + 1 >= job.capacity:
        frames = realloc(job.frames, 2 * job.capacity * sizeof(Frame))
        if frames == NULL:
            with gil:
                raise MemoryError
        job.frames = <Frame *>frames
        job.capacity *= 2
    frame = &job.frames[job.depth + 1]
    memset(frame, 0, sizeof(Frame))
    frame.record = record
    frame.position = first
    frame.stop = stop
    frame.level = level
    frame.charset = job.frames[job.depth].charset if job.depth >= 0 else NOT_FOUND
    job.depth += 1
    if not elements:
        return 0
    while i < stop:
        if frame.count and job.view.records[i].tag <= last:
            in_order = False
        last = job.view.records[i].tag
        if last == SPECIFIC_CHARACTER_SET and not has_sets:
            has_sets = True
            if names_character_sets(job, i):
                frame.charset = i
        frame.count += 1
        i = job.view.records[i].next
    return 0 if in_order else sort_children(job, frame)


cdef inline uint32_t next_child(const Job *job, Frame *frame) noexcept nogil:
    """The record of the next child, NOT_FOUND behind the last."""
    cdef uint32_t record = frame.position
    if frame.order != NULL:
        if record == frame.count:
            return NOT_FOUND
        frame.position += 1
        return <uint32_t>frame.order[record]
    if record >= frame.stop:
        return NOT_FOUND
    frame.position = job.view.records[record].next
    return record


cdef int close_frame(Job *job) except -1 nogil:
    """The end of an item or a sequence."""
    cdef Frame *frame = &job.frames[job.depth]
    cdef bint item = job.view.records[frame.record].tag == ITEM_TAG, written = frame.written
    free(frame.order)
    frame.order = NULL
    job.depth -= 1
    frame = &job.frames[job.depth]
    if item:
        if written:
            new_line(job, frame.level + 2)
        out_byte(&job.out, c"}")
        return 0
    close_values(job, frame)
    close_member(job, frame)
    return 0


cdef int open_item(Job *job, uint32_t record) except -1 nogil:
    cdef const Element *e = &job.view.records[record]
    cdef Frame *frame = &job.frames[job.depth]
    if e.tag != ITEM_TAG:
        return 0
    separate(job, frame)
    new_line(job, frame.level + 2)
    out_byte(&job.out, c"{")
    return open_frame(job, record, record + 1, e.next, frame.level + 3, True)


cdef int open_sequence(Job *job, uint32_t record) except -1 nogil:
    cdef const Element *e = &job.view.records[record]
    cdef Frame *frame = &job.frames[job.depth]
    open_member(job, frame, e.tag, VR_SQ)
    if record + 1 == e.next:
        close_member(job, frame)
        return 0
    open_values(job, frame)
    return open_frame(job, record, record + 1, e.next, frame.level, False)


cdef inline uint16_t known_vr(const Job *job, uint32_t tag) noexcept nogil:
    """The VR of a public tag that a value of UN can be decoded by: not one that depends on others, nor SQ; else 0."""
    cdef uint16_t vr = 0 if tag & 0x10000 else job.standard.vr(job.user, tag)
    return vr if vr < 0x6100 and vr != VR_SQ else 0


cdef int put_element(Job *job, uint32_t record) except -1 nogil:
    cdef const Element *e = &job.view.records[record]
    cdef Frame *frame = &job.frames[job.depth]
    cdef uint16_t vr = e.vr
    if e.tag & 0xFFFF == 0 or e.tag >> 16 == 0xFFFE:  # F.2.2: no group lengths; and no stray delimiters
        return 0
    if e.flags & CONTAINER:
        if vr == VR_SQ or (vr == VR_UN and e.tag != PIXEL_DATA):
            if vr == VR_SQ or e.flags & UNDEFINED_LENGTH or not has(job, RETAIN_UN):
                return open_sequence(job, record)
            open_member(job, frame, e.tag, vr)
            open_string(job, frame, b"InlineBinary", 12)
            put_range(job, record, content_length(job.view, record), 1)
            close_member(job, frame)
            return 0
        return encapsulated_member(job, frame, record)
    if vr == VR_UN and not has(job, RETAIN_UN) and known_vr(job, e.tag):
        vr = known_vr(job, e.tag)
    elif vr_class(vr & 0xFF, vr >> 8) == NOT_A_VR:
        vr = VR_UN
    return value_member(job, frame, record, vr)


cdef int run(Job *job, uint32_t first, uint32_t stop, bint written) except -1 nogil:
    """The attribute objects of sibling records. Returns whether the object around has any."""
    cdef Frame *frame
    cdef uint32_t record
    open_frame(job, NOT_FOUND, first, stop, 1, True)
    job.frames[0].written = written
    while True:
        frame = &job.frames[job.depth]
        record = next_child(job, frame)
        if record == NOT_FOUND:
            if job.depth == 0:
                break
            close_frame(job)
        elif frame.record != NOT_FOUND and job.view.records[frame.record].tag != ITEM_TAG:
            open_item(job, record)
        else:
            put_element(job, record)
        flush_if_large(job)
    free(frame.order)
    frame.order = NULL
    job.depth = -1
    return frame.written


# ------------------------------------------------------------------------------------------------ Python


cdef object render_part(Job *job, bint written, index, first, stop, fetch, convert, bulk):
    """Render records of one index into the job's object."""
    cdef const IndexView *view = <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")
    cdef uint32_t start = first, end = view.count if stop is None else stop
    if not start <= end <= view.count:
        raise ValueError("no such records")
    job.view = view
    job.index = <PyObject *>index
    job.user = NULL
    if index.dictionary is not None:
        job.user = <const UserDictionary *>PyCapsule_GetPointer(index.dictionary.capsule, "dicomkit.UserDictionary")
    job.fetch = NULL if fetch is None else <PyObject *>fetch
    job.convert = <PyObject *>convert
    job.bulk = NULL if bulk is None else <PyObject *>bulk
    with nogil:
        written = run(job, start, end, written)
    return written


def render(parts, write=None, *, int options=0, size_t indent=2, uint32_t bulk_threshold=0) -> str | None:
    """Write one JSON object of the records of one or several indexes.

    Args:
        parts: (index, first record, record behind the last or None, fetch, convert, bulk) of each. `fetch` is called with
            offset and length for bytes of the stream that are not in memory, and returns bytes, or is None; `convert` with
            (value, vr, charset or None) for text with other characters than ASCII, and returns it in UTF-8; `bulk` with the
            record of each value that may be bulk data, and returns its URI or None, or is None.
        write: called with pieces of the text (bytes in UTF-8); None returns it as one string.
        options: bits of OPTIONS.
        indent: spaces a level, if the text is pretty.
        bulk_threshold: shorter values (in bytes) are not bulk data.
    """
    cdef Job *job = <Job *>malloc(sizeof(Job))
    cdef bint written = False
    if job == NULL:
        raise MemoryError
    memset(job, 0, sizeof(Job))
    try:
        job.standard = STANDARD
        job.options = options
        job.indent = indent
        job.bulk_threshold = bulk_threshold
        job.depth = -1
        job.capacity = 16
        if write is not None:
            job.write = <PyObject *>write
        job.frames = <Frame *>malloc(job.capacity * sizeof(Frame))
        if job.frames == NULL:
            raise MemoryError
        out_byte(&job.out, c"{")
        for index, first, stop, fetch, convert, bulk in parts:
            written = render_part(job, written, index, first, stop, fetch, convert, bulk)
        if written:
            new_line(job, 0)
        out_byte(&job.out, c"}")
        if options & PRETTY:
            out_byte(&job.out, c"\n")
        flush(job)
        return None if write is not None else PyUnicode_DecodeUTF8(job.out.bytes, <Py_ssize_t>job.out.length, "strict")
    finally:
        while job.depth >= 0:
            free(job.frames[job.depth].order)
            job.depth -= 1
        free(job.frames)
        free(job.out.bytes)
        free(job.swapped)
        Py_XDECREF(job.held)
        Py_XDECREF(job.converted)
        free(job)

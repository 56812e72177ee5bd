"""The text of a data set, as dcmdump writes it, to the bytes of one (dicomkit.formats.dump_reader is its public face).

One pass over the lines encodes straight into the transfer syntax that the dump names. What is open is on a stack of its own,
at most 128 sequences deep; lengths are patched when their content is complete, and the elements of an item are brought into
order when it ends, if they are not. A line that makes no sense is a fault: a code, its number, the tag path.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memcpy, memset

from dump_encode cimport *
from dump_line cimport out_reserve
from dump_text cimport *
from standard cimport STANDARD_CAPSULE, TS_BIG_ENDIAN, TS_IMPLICIT_VR, RegisteredUID, StandardAPI, UserDictionary

from dicomkit._ext import standard as _standard  # makes the capsule

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, False)

# In the order of Fault in dump_text.pxd: the code that programs compare, the sentence that people read.
FAULTS = (
    ("", ""),
    ("no-tag", "no tag at the start of the line"),
    ("no-closing-bracket", "a value without a closing bracket"),
    ("no-value", "the dump does not have the value"),
    ("wrong-number", "not a number, or the value is cut off"),
    ("number-too-large", "a number that does not fit the VR"),
    ("wrong-bytes", "not hexadecimal bytes or words, or the value is cut off"),
    ("wrong-tag-value", "not a tag, or the value is cut off"),
    ("unknown-uid-name", "not the name of a UID"),
    ("no-file", "the value is in a file, and files are not read"),
    ("misplaced", "an item, a delimiter or an element where none belongs"),
    ("no-item", "pixel data in fragments where there can be none"),
    ("too-deep", "sequences are nested too deeply"),
    ("too-long", "a value of 4 GiB"),
    ("not-ended", "the dump ends inside a sequence"),
    ("wrong-vr", "not the VR of the data dictionary"),
    ("duplicate-element", "the tag occurs twice; the first one counts"),
)

cdef enum:
    ITEM = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    TRANSFER_SYNTAX_UID = 0x00020010
    PIXEL_REPRESENTATION = 0x00280103
    UNDEFINED = 0xFFFFFFFF
    DEEPEST = 128           # sequences
    MOST_FAULTS = 1000
    STOP = 255              # beside Fault: a fault that ends it all

cdef enum Kind:
    ELEMENTS                # an item, or the data set
    ITEMS                   # a sequence
    FRAGMENTS               # encapsulated pixel data

cdef struct Frame:
    uint64_t start          # of its header
    uint64_t content
    uint64_t first          # its children in Stream.children
    uint32_t tag
    uint32_t items
    uint32_t last           # tag of the last element
    int kind
    bint ordered

cdef struct Job:
    Text text
    Line line
    Stream meta
    Stream data
    Frame frames[2 * DEEPEST + 1]
    Frame meta_frame
    int depth
    bint with_meta
    bint strict
    bint encoding_known
    uint64_t syntax_start   # of the Transfer Syntax UID in `meta`
    uint64_t syntax_length
    const UserDictionary *user
    PyObject *faults
    PyObject *load


# ------------------------------------------------------------------------------------------------ faults


cdef str path_of(const Job *job, uint32_t tag):
    cdef int i
    parts = []
    for i in range(1, job.depth + 1):
        if job.frames[i].kind == ITEMS:
            item = f"[{job.frames[i].items - 1}]" if job.frames[i].items else ""
            parts.append(f"({job.frames[i].tag >> 16:04X},{job.frames[i].tag & 0xFFFF:04X}){item}")
    if tag:
        parts.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
    return ".".join(parts)


cdef int note(Job *job, int fault, uint32_t tag) except -1 nogil:
    """Keep a fault. Returns STOP if it is one that ends it all."""
    with gil:
        faults = <list>job.faults
        if len(faults) < MOST_FAULTS:
            faults.append((fault, job.line.number, job.line.offset, path_of(job, tag)))
    return STOP if job.strict and fault < WRONG_VR or fault == TOO_DEEP else NONE


# ------------------------------------------------------------------------------------------------ containers


cdef int compare(const void *a, const void *b) noexcept nogil:
    cdef const Child *one = <const Child *>a
    cdef const Child *other = <const Child *>b
    if one.tag != other.tag:
        return -1 if one.tag < other.tag else 1
    return -1 if one.start < other.start else 1


cdef int add_child(Job *job, bint of_meta, uint64_t start) except -1 nogil:
    """Take note of an element that was put out."""
    cdef Stream *stream = &job.meta if of_meta else &job.data
    cdef Frame *frame = &job.meta_frame if of_meta else &job.frames[job.depth]
    cdef void *grown
    if stream.count == stream.capacity:
        grown = realloc(stream.children, (2 * stream.capacity + 64) * sizeof(Child))
        if grown == NULL:
            with gil:
                raise MemoryError
        stream.children = <Child *>grown
        stream.capacity = 2 * stream.capacity + 64
    stream.children[stream.count].start = start
    stream.children[stream.count].tag = job.line.tag
    stream.count += 1
    if stream.count - frame.first > 1 and job.line.tag <= frame.last:
        frame.ordered = False
    frame.last = job.line.tag
    return 0


cdef int put_in_order(Job *job, Stream *stream, uint64_t first, uint64_t content) except -1 nogil:
    """Sort the elements from `content` on by their tags; of those with one tag the first one stays."""
    cdef size_t count = stream.count - first, i
    cdef Child *order = <Child *>malloc(count * sizeof(Child))
    cdef uint64_t *stops = <uint64_t *>malloc(count * sizeof(uint64_t))
    cdef uint64_t size = stream.out.length - content, length, written = 0
    cdef char *sorted = <char *>malloc(size)
    cdef uint32_t last = 0
    cdef int status = NONE
    if order == NULL or stops == NULL or sorted == NULL:
        free(order)
        free(stops)
        free(sorted)
        with gil:
            raise MemoryError
    try:
        for i in range(count):
            order[i].tag = stream.children[first + i].tag
            order[i].start = i  # for now its number
            stops[i] = stream.children[first + i + 1].start if i + 1 < count else stream.out.length
        qsort(order, count, sizeof(Child), compare)
        for i in range(count):
            if i and order[i].tag == last:
                status |= note(job, DUPLICATE, last)
                continue
            last = order[i].tag
            length = stops[order[i].start] - stream.children[first + order[i].start].start
            memcpy(sorted + written, stream.out.bytes + stream.children[first + order[i].start].start, length)
            written += length
        memcpy(stream.out.bytes + content, sorted, written)
        stream.out.length = content + written
    finally:
        free(order)
        free(stops)
        free(sorted)
    return status


cdef int open_container(Job *job, int kind, uint64_t start) except -1 nogil:
    """A frame for what has just got its header."""
    cdef Frame *frame
    job.depth += 1
    frame = &job.frames[job.depth]
    memset(frame, 0, sizeof(Frame))
    frame.kind = kind
    frame.start = start
    frame.content = job.data.out.length
    frame.first = job.data.count
    frame.tag = job.line.tag
    frame.ordered = True
    return NONE


cdef bint is_undefined(const Job *job) noexcept nogil:
    """Whether the line of a delimiter says that it stands in the file: "(ItemDelimitationItem)"."""
    cdef const uint8_t *p = job.line.value
    cdef const uint8_t *end = p + job.line.length
    cdef const uint8_t *stop
    if job.line.length < 2 or (p[0] != c"(" and p[0] != c'"'):
        return False
    stop = <const uint8_t *>memchr(p + 1, c")" if p[0] == c"(" else c'"', end - p - 1)
    if stop == NULL:
        return False
    return begins_with(p + 1, stop, b"ItemDelimitationItem") and stop - p == 21 or (
        begins_with(p + 1, stop, b"SequenceDelimitationItem") and stop - p == 25
    )


cdef int close_container(Job *job, bint undefined) except -1 nogil:
    cdef Frame *frame = &job.frames[job.depth]
    cdef Stream *data = &job.data
    cdef int status = NONE
    if not frame.ordered:
        status = put_in_order(job, data, frame.first, frame.content)
    data.count = frame.first
    if undefined or frame.kind == FRAGMENTS or data.out.length - frame.content > LONGEST:
        set_length(data, frame.content, UNDEFINED)
        put_header(data, ITEM_DELIMITATION if frame.kind == ELEMENTS else SEQUENCE_DELIMITATION, 0, 0)
    else:
        set_length(data, frame.content, <uint32_t>(data.out.length - frame.content))
    job.depth -= 1
    return status


cdef int item_line(Job *job) except -1 nogil:
    """An item, a fragment, or a delimiter."""
    cdef Frame *frame = &job.frames[job.depth]
    cdef Stream *data = &job.data
    cdef uint64_t start = data.out.length
    cdef int fault
    if job.line.tag == ITEM and frame.kind == ITEMS:
        frame.items += 1
        put_header(data, ITEM, 0, 0)
        return open_container(job, ELEMENTS, start)
    if job.line.tag == ITEM and frame.kind == FRAGMENTS:
        frame.items += 1
        put_header(data, ITEM, 0, 0)
        fault = value_bytes(job, data, PI)
        if fault == NONE:
            fault = end_element(data, start, start + 8, 0)
        if fault:
            data.out.length = start
        return fault
    if job.line.tag == ITEM_DELIMITATION and frame.kind == ELEMENTS and job.depth > 0:
        return close_container(job, is_undefined(job))
    if job.line.tag == SEQUENCE_DELIMITATION and frame.kind != ELEMENTS:
        return close_container(job, is_undefined(job))
    return MISPLACED


# ------------------------------------------------------------------------------------------------ elements


cdef int value_bytes(Job *job, Stream *stream, uint16_t vr) except -1 nogil:
    """The value of a line, or of the file that it names."""
    cdef const Line *line = &job.line
    if line.form != PLAIN or line.value[0] != c"=" or (vr != OB and vr != OW and vr != PI):
        return put_value(stream, vr, line)
    with gil:
        if job.load == NULL:
            return NO_FILE
        loaded = (<object>job.load)((<const char *>line.value)[1:line.length], vr == OW, stream.big)
        if loaded is None:
            return NO_FILE
        out_put(&stream.out, PyBytes_AS_STRING(loaded), PyBytes_GET_SIZE(loaded))
    return NONE


cdef inline bint is_wrong(const Line *line, uint16_t expected) noexcept nogil:
    """Whether a line gives another VR than the dictionary's, of those that there may be."""
    cdef uint16_t vr = line.given_vr
    if vr == expected or expected == 0 or vr_class(vr & 0xFF, vr >> 8) == NOT_A_VR:
        return False
    if expected == XS:
        return vr != US and vr != SS
    if expected == LUT:
        return vr != US and vr != SS and vr != OW
    if expected == OX:
        return vr != OB and vr != OW
    return True


cdef void choose_encoding(Job *job) noexcept nogil:
    """The encoding of the data set is that of the Transfer Syntax UID that stood in the File Meta Information."""
    cdef RegisteredUID found
    cdef const char *uid = job.meta.out.bytes + job.syntax_start
    cdef size_t length = job.syntax_length
    job.encoding_known = True
    while length and (uid[length - 1] == 0 or uid[length - 1] == c" "):
        length -= 1
    if length and STANDARD.uid(uid, length, &found):
        job.data.implicit = found.transfer_syntax & TS_IMPLICIT_VR != 0
        job.data.big = found.transfer_syntax & TS_BIG_ENDIAN != 0


cdef int container_line(Job *job, uint16_t vr) except -1 nogil:
    """A sequence, or pixel data in fragments."""
    cdef Stream *data = &job.data
    cdef uint64_t start = data.out.length
    cdef int i, sequences = 0
    if vr == SQ and job.line.form != EMPTY and job.line.form != REMARK:
        return WRONG_BYTES
    if vr != SQ and job.line.tag != PIXEL_DATA:
        return NO_ITEM
    for i in range(1, job.depth + 1):
        sequences += job.frames[i].kind != ELEMENTS
    if sequences == DEEPEST:
        return TOO_DEEP
    put_header(data, job.line.tag, SQ if vr == SQ else OB, 0)
    add_child(job, False, start)
    return open_container(job, ITEMS if vr == SQ else FRAGMENTS, start)


cdef int element_line(Job *job) except -1 nogil:
    cdef const Line *line = &job.line
    cdef bint of_meta = line.tag >> 16 == 2
    cdef Stream *stream = &job.meta if of_meta else &job.data
    cdef uint64_t start, content
    cdef uint16_t vr
    cdef int fault
    if of_meta:
        if not job.with_meta:
            return NONE
    elif not job.encoding_known:
        choose_encoding(job)
    if not of_meta and job.frames[job.depth].kind != ELEMENTS:
        return MISPLACED
    if is_wrong(line, STANDARD.vr(job.user, line.tag)):
        note(job, WRONG_VR, line.tag)
    vr = settled(stream, line)
    if vr == SQ or (line.form == REMARK and begins_with(line.value, line.value + line.length, b"(PixelSequence")):
        return MISPLACED if of_meta else container_line(job, vr)
    start = stream.out.length
    put_header(stream, line.tag, vr, 0)
    content = stream.out.length
    fault = value_bytes(job, stream, vr)
    if fault == NONE:
        fault = end_element(stream, start, content, vr)
    if fault:
        stream.out.length = start
        return fault
    if line.tag == TRANSFER_SYNTAX_UID and job.syntax_length == 0:
        job.syntax_start = content
        job.syntax_length = stream.out.length - content
    elif line.tag == PIXEL_REPRESENTATION and stream.out.length - content == 2:
        stream.signed = stream.out.bytes[content] + stream.out.bytes[content + 1] == 1
    add_child(job, of_meta, start)
    return NONE


# ------------------------------------------------------------------------------------------------ the dump


cdef int run(Job *job) except -1 nogil:
    cdef const uint8_t *start
    cdef const uint8_t *stop
    cdef int fault
    while next_line(&job.text, &start, &stop):
        job.line.offset = start - job.text.start
        fault = read_line(&job.text, start, stop, STANDARD, job.user, &job.line)
        if fault == NONE:
            fault = item_line(job) if job.line.tag >> 16 == 0xFFFE else element_line(job)
        if fault and note(job, fault, job.line.tag) == STOP:
            break
        if job.data.out.failed or job.meta.out.failed:
            with gil:
                raise MemoryError
    job.line.number = job.text.line
    job.line.offset = job.text.position - job.text.start
    if job.depth:
        note(job, NOT_ENDED, 0)
        while job.depth:
            close_container(job, False)
    if not job.frames[0].ordered:
        put_in_order(job, &job.data, 0, 0)
    if not job.meta_frame.ordered:
        put_in_order(job, &job.meta, 0, 0)
    return 0


def parse(text, *, encoding=None, bint meta=True, bint strict=True, bint escapes=False, load=None, dictionary=None) -> tuple:
    """Encode what a dump says.

    Args:
        text: the dump, bytes-like.
        encoding: (implicit VR, big endian) of the data set, whatever the dump says.
        meta: False leaves out the File Meta Information.
        strict: stop at the first fault.
        escapes: a backslash and an n are a new line in LT, ST and UT.
        load: called with (name, whether it holds words, whether they are to be big endian) for a value that is in a file;
            returns its bytes, or None.
        dictionary: a user dictionary.

    Returns:
        The File Meta Information (in explicit VR little endian), the data set, whether its VRs are implicit and whether it is
        big endian; and the faults as (number in FAULTS, number of the line, its offset, tag path).
    """
    cdef Py_buffer buffer
    cdef Job *job
    cdef list faults = []
    PyObject_GetBuffer(text, &buffer, PyBUF_SIMPLE)
    job = <Job *>malloc(sizeof(Job))
    try:
        if job == NULL:
            raise MemoryError
        memset(job, 0, sizeof(Job))
        job.text.start = job.text.position = <const uint8_t *>buffer.buf
        job.text.end = job.text.position + buffer.len
        job.text.line = 1
        job.with_meta = meta
        job.strict = strict
        job.data.escapes = escapes
        job.meta_frame.ordered = job.frames[0].ordered = True
        job.faults = <PyObject *>faults
        if dictionary is not None:
            job.user = <const UserDictionary *>PyCapsule_GetPointer(dictionary.capsule, "dicomkit.UserDictionary")
        if load is not None:
            job.load = <PyObject *>load
        if encoding is not None:
            job.encoding_known = True
            job.data.implicit, job.data.big = encoding
        with nogil:
            run(job)
        return (
            PyBytes_FromStringAndSize(job.meta.out.bytes, <Py_ssize_t>job.meta.out.length),
            PyBytes_FromStringAndSize(job.data.out.bytes, <Py_ssize_t>job.data.out.length),
            job.data.implicit,
            job.data.big,
            faults,
        )
    finally:
        if job != NULL:
            free(job.meta.out.bytes)
            free(job.meta.children)
            free(job.data.out.bytes)
            free(job.data.children)
            free(job)
        PyBuffer_Release(&buffer)

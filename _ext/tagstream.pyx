"""The tag stream (PS3.5 section 7): bytes in, element index out.

One iterative pass over the bytes writes one record per element, item and fragment (element.h). Nothing is decoded and
nothing is copied. The parser works on a window of the stream; where the window ends inside an element it says how many
bytes it needs and goes on from there, and it jumps over large values without seeing them. What is wrong and can be
tolerated becomes a problem (a code, the record, the offset); with `strict` the first one ends the parse.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_SIMPLE, PyObject_GetBuffer, PyBuffer_Release
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import, PyCapsule_New
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from element cimport CONTAINER, TRUNCATED, UNDELIMITED, Element, IndexView, Segment, element_start, load_u32, stream_bytes
from offset_table cimport Table, append_fragments, fits
from parser cimport *
from parser_context cimport resolve_ambiguous
from parser_steps cimport close, parse
from standard cimport STANDARD_CAPSULE, StandardAPI, UserDictionary

from dicomkit._ext import standard as _standard  # makes the capsule
QUIRKS = {
    "assume-even-length": ASSUME_EVEN_LENGTH,
    "ignore-explicit-vr": IGNORE_EXPLICIT_VR,
    "assume-implicit": ASSUME_IMPLICIT,
    "undefined-un-explicit": UNDEFINED_UN_EXPLICIT,
    "convert-un": CONVERT_UN,
    "private-undefined-as-sequence": PRIVATE_UNDEFINED_AS_SEQUENCE,
}
# In the order of ProblemCode: the code that programs compare, the sentence that people read.
PROBLEMS = (
    ("odd-length", "value has an odd length"),
    ("value-truncated", "length runs past the end of the stream"),
    ("length-past-container", "length runs past the end of the enclosing sequence or item"),
    ("missing-delimiter", "undefined length without a delimitation item"),
    ("stray-delimiter", "delimitation item or item tag where none belongs"),
    ("delimiter-length", "delimitation item with a length"),
    ("expected-item", "something else where an item should start"),
    ("trailing-bytes", "bytes behind the last element"),
    ("unknown-vr", "not a VR of the standard"),
    ("implicit-element", "implicit VR where the transfer syntax is explicit"),
    ("explicit-element", "explicit VR where the transfer syntax is implicit"),
    ("undefined-length", "undefined length for a VR that cannot have it"),
    ("sequence-in-other-vr", "sequence under another VR than SQ"),
    ("out-of-order", "tag is not greater than the one before it"),
    ("duplicate-element", "tag occurs twice; the first one counts"),
    ("too-many-problems", "more problems than are recorded"),
)
cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, 0)

include "tagstream_index.pxi"


cdef class TagStream:
    """A resumable parse of one data set.

    Args:
        position: stream offset where the data set starts.
        size: stream offset where it ends, or None while unknown.
        implicit_vr, big_endian: how it is encoded.
        defer_size: values longer than this many bytes need not be in memory.
        stop_before: top-level tag to stop at.
        only: ascending top-level tags to record; stops behind the last.
        strict: end at the first problem.
        quirks: bits of QUIRKS.
        dictionary: a user dictionary (dicomkit._ext.dictionary.Dictionary), or None.
        meta: read elements of group 0002 only.
    """

    cdef Parser *_p
    cdef uint32_t *_only
    cdef list _owners
    cdef list _starts
    cdef list _stops            # of the windows: where the value begins that was jumped over, if one was
    cdef object _dictionary
    cdef int _status
    cdef bint _finished
    cdef bint _believed
    cdef bint _ended_badly      # strict, and a container goes on behind the end

    def __cinit__(
        self, uint64_t position=0, size=None, *, bint implicit_vr=False, bint big_endian=False,
        uint64_t defer_size=UINT64_MAX, stop_before=None, only=None, bint strict=False, uint32_t quirks=0,
        dictionary=None, bint meta=False,
    ):
        cdef Parser *p = <Parser *>malloc(sizeof(Parser))
        cdef Container *root
        if p == NULL:
            raise MemoryError
        self._p = p
        memset(p, 0, sizeof(Parser) - sizeof(p.stack))
        p.pos = p.begin = position
        p.start = p.stop = position
        p.jump = p.deferred = p.deferred_stop = UINT64_MAX
        p.size = UINT64_MAX if size is None else <uint64_t>size
        p.defer_size = defer_size
        p.stop_tag = NO_STOP if stop_before is None else <uint32_t>stop_before
        p.strict = strict
        p.quirks = quirks
        p.meta = meta
        p.dropped = NO_RECORD
        p.standard = STANDARD
        p.capacity = FIRST_META_RECORDS if meta else FIRST_RECORDS
        p.records = <Element *>new_block(p.capacity * sizeof(Element))
        if p.records == NULL:
            raise MemoryError
        self._dictionary = dictionary
        if dictionary is not None:
            p.user = <const UserDictionary *>PyCapsule_GetPointer(dictionary.capsule, "dicomkit.UserDictionary")
        if only is not None:
            self._only = <uint32_t *>malloc((len(only) or 1) * sizeof(uint32_t))
            if self._only == NULL:
                raise MemoryError
            for tag in only:
                self._only[p.only_count] = tag
                p.only_count += 1
            p.only = self._only
        root = &p.stack[0]
        root.limit = p.size
        root.record = NO_RECORD
        root.last_tag = 0
        root.creators = 0
        root.kind = DATA_SET
        root.delimited = False
        root.implicit = implicit_vr
        root.big = big_endian
        root.deferred = False
        self._owners = []
        self._starts = []
        self._stops = []
        self._status = NEED_MORE

    def __dealloc__(self):
        if self._p != NULL:
            give_back(self._p.records)
            free(self._p.problems)
            free(self._p.creators)
            free(self._p)
        free(self._only)

    @property
    def position(self) -> int:
        """Stream offset up to which everything is read."""
        return self._p.pos

    @property
    def needed(self) -> int:
        """How many bytes from `position` on the next window must hold at least (fewer if the stream ends before)."""
        return self._p.need

    def feed(self, window, uint64_t start) -> bool:
        """Parse on with a window that begins at stream offset `start` (at most `position`).

        Returns True when the data set is complete, False when more is needed from `position` on. The window is kept: values
        stay in it. Raises TagStreamError on what cannot be tolerated.
        """
        cdef Parser *p = self._p
        cdef Py_buffer held
        cdef uint64_t length
        if self._finished:
            raise ValueError("the tag stream is finished")
        if self._ended_badly:
            raise TagStreamError(FAULT, p.pos)
        p.bytes = buffer_address(window, &held, &length)
        try:
            p.start = start
            p.stop = start + length
            if start > p.pos:
                raise ValueError("the window starts behind the position")
            with nogil:
                self._status = parse(p)
        finally:
            if held.len >= 0:
                PyBuffer_Release(&held)
        if self._status == NEED_MORE and p.pos <= p.stop and p.need <= p.stop - p.pos:
            raise SystemError(f"the tag stream does not go on at offset {p.pos}")  # better than for ever
        self._keep(window, start)
        return self._is_done()

    cdef bint _is_done(self) except -1:
        if self._status == NO_MEMORY:
            raise MemoryError
        if self._status > NEED_MORE:
            raise TagStreamError(self._status, self._p.pos)
        return self._status == DONE

    cdef int _keep(self, window, uint64_t start) except -1:
        """Keep of the last window what values may be read from: not the fragments that are deferred."""
        cdef Parser *p = self._p
        cdef uint64_t stop = self._end_of_window()
        if p.deferred != UINT64_MAX and p.deferred < stop and not (start <= p.deferred and p.deferred_stop <= p.stop):
            if start <= p.deferred:
                stop = p.deferred
                if stop - start < (p.stop - start) // 2:
                    window = window[: stop - start]
            elif p.deferred_stop >= p.stop:
                return 0
            elif start < p.deferred_stop:
                window = window[p.deferred_stop - start :]
                start = p.deferred_stop
        if start < stop:
            self._owners.append(window)
            self._starts.append(start)
            self._stops.append(stop)
        return 0

    @property
    def in_fragments(self) -> bool:
        """Whether what comes next is the header of a fragment of which only the place is recorded, or their end."""
        cdef const Container *c = &self._p.stack[self._p.top]
        return c.kind == FRAGMENTS and c.deferred and not c.big and self._status == NEED_MORE

    @property
    def fragments(self) -> tuple:
        """Inside of fragments: record of the offset table, number of the fragments that are recorded, length of the last one."""
        cdef const Parser *p = self._p
        cdef uint32_t table = p.stack[p.top].record + 1
        if not self.in_fragments:
            raise ValueError("the tag stream is not inside of fragments")
        return table, p.count - table - 1, p.records[p.count - 1].length

    def skip(self, bytes headers) -> bool:
        """Parse on inside of fragments, with the headers of those that follow, of 8 bytes each. Returns what `feed` does."""
        cdef Parser *p = self._p
        cdef const uint8_t *at = <const uint8_t *>PyBytes_AS_STRING(headers)
        cdef Py_ssize_t i, count = PyBytes_GET_SIZE(headers) // 8
        if not self.in_fragments:
            raise ValueError("the tag stream is not inside of fragments")
        with nogil:
            for i in range(count):
                p.bytes = at + 8 * i
                p.start = p.pos
                p.stop = p.pos + 8
                self._status = parse(p)
                if self._status != NEED_MORE or p.top != 1:
                    break
        return self._is_done()

    def place_of(self, uint32_t tag) -> tuple | None:
        """Offset and length of the value of a top-level element that was read; of the offset table if it is the item tag."""
        cdef const Parser *p = self._p
        cdef uint32_t i = 0 if tag != ITEM_TAG or p.top == 0 else p.stack[p.top].record + 1
        while i < p.count:
            if p.records[i].tag == tag:
                return p.records[i].offset, p.records[i].length
            if p.records[i].tag > tag:
                break
            i = p.records[i].next
        return None

    def held(self, uint64_t offset, uint64_t length) -> bytes | None:
        """Bytes of the windows that are kept, or None."""
        for owner, start, stop in zip(self._owners, self._starts, self._stops):
            if start <= offset and offset + length <= min(stop, start + len(owner)):
                return bytes(owner[offset - start : offset - start + length])
        return None

    def try_table(self, bytes offsets, bint wide, bytes lengths=None, *, bint believe=False):
        """Inside of fragments: look whether an offset table can be true, or believe it.

        Returns what tells whether it is: the offset of the header of the largest fragment, its length, and the offset of the last
        header; None if it cannot be. If it is believed, all fragments up to the last one are recorded, and `position` is at that.
        """
        cdef Parser *p = self._p
        cdef Table table
        cdef uint64_t largest = 0, length = 0, last = 0
        cdef uint32_t width = 8 if wide else 4
        if not self.in_fragments or len(offsets) == 0 or len(offsets) % width or len(offsets) // width >= NO_RECORD:
            return None
        if lengths is not None and (not wide or len(lengths) != len(offsets)):
            return None
        table.offsets = <const uint8_t *>PyBytes_AS_STRING(offsets)
        table.lengths = NULL
        if lengths is not None:
            table.lengths = <const uint8_t *>PyBytes_AS_STRING(lengths)
        table.count = <uint32_t>(len(offsets) // width)
        table.wide = wide
        if not fits(p, &table, &largest, &length, &last):
            return None
        if believe:
            self._believed = True
            self._status = append_fragments(p, &table)
            if self._status == DONE:
                self._status = NEED_MORE
                p.need = 8
            self._is_done()
        return largest, length, last

    cdef uint64_t _end_of_window(self):
        """Where the window ends as a segment: deferred values are in none, not even with their beginning."""
        cdef Parser *p = self._p
        cdef const Element *last
        if p.pos > p.stop and p.count:
            last = &p.records[p.count - 1]
            if p.start <= last.offset <= p.stop and last.offset + last.length == p.pos:
                return last.offset
        return p.stop

    def place(self, uint64_t offset) -> tuple:
        """Where the parse stands, for an error at `offset`: the record of the innermost container or None, and the tag there or None."""
        cdef Parser *p = self._p
        cdef Container *c = &p.stack[p.top]
        cdef const uint8_t *at
        record = None if c.record == <uint32_t>NO_RECORD or p.dropped != NO_RECORD else c.record
        for owner, start in zip(self._owners, self._starts):
            if start <= offset and offset + 4 <= start + len(owner):
                head = bytes(owner[offset - start : offset - start + 4])
                return record, load_tag(<const uint8_t *>PyBytes_AS_STRING(head), c.big)
        return record, None

    def end(self, uint64_t size) -> None:
        """The stream turned out to end at this offset."""
        cdef Parser *p = self._p
        cdef Element *e
        cdef int i
        p.size = size
        if p.pos > size:
            self._cut(size)
        for i in range(p.top + 1):
            if p.stack[i].limit > size:
                if p.stack[i].record != <uint32_t>NO_RECORD and not p.stack[i].delimited:
                    e = &p.records[p.stack[i].record]
                    e.flags |= TRUNCATED
                    if problem(p, VALUE_TRUNCATED, p.stack[i].record, element_start(e)) != DONE:
                        self._ended_badly = True
                p.stack[i].limit = size

    cdef int _cut(self, uint64_t size) except -1:
        """The parse has jumped over a value that the stream does not hold to its end."""
        cdef Parser *p = self._p
        cdef Element *e
        cdef uint64_t start
        cdef uint32_t i
        for i in range(p.count):
            e = &p.records[i]
            if e.offset + e.length > size:
                start = element_start(e)
                e.length = <uint32_t>(size - e.offset) if e.offset < size else 0
                e.offset = min(e.offset, size)
                e.flags |= TRUNCATED
                if e.flags & CONTAINER:
                    continue  # the value in it is the problem
                if problem(p, VALUE_TRUNCATED, i, start) != DONE:
                    self._ended_badly = True
        p.pos = size
        return 0

    cdef int _trim(self) except -1:
        """Give up what the only window holds of a value that was jumped over: mostly, all but the header of an image."""
        cdef uint64_t used
        if len(self._owners) != 1 or self._p.jump == UINT64_MAX or type(self._owners[0]) is not bytes:
            return 0
        used = self._p.jump - <uint64_t>self._starts[0]
        if used < <uint64_t>PyBytes_GET_SIZE(self._owners[0]) // 2:
            self._owners[0] = self._owners[0][:used]
        return 0

    def finish(self) -> Index:
        """The index of what was read: also after an error, of what came before it."""
        cdef Parser *p = self._p
        cdef Index index = Index.__new__(Index)
        if self._finished:
            raise ValueError("the tag stream is finished")
        self._finished = True
        while p.top > 0:  # open containers of an unfinished parse
            p.records[p.stack[p.top].record].flags |= UNDELIMITED
            close(p)
        index._view.records = <Element *>fitting_block(p.records, p.count * sizeof(Element))
        index._view.count = p.count
        p.records = NULL
        p.count = p.capacity = 0
        self._trim()
        index._hold(self._owners, self._starts, self._stops)
        if p.ambiguous:
            with nogil:
                resolve_ambiguous(&index._view)
        index.faults = tuple([
            (p.problems[i].code, None if p.problems[i].record >= index._view.count else p.problems[i].record,
             p.problems[i].offset)
            for i in range(p.problem_count)
        ]) if p.problem_count else ()
        index.unordered = p.unordered
        index.dictionary = self._dictionary
        index.stop = p.pos
        index.retyped = p.quirks & (IGNORE_EXPLICIT_VR | CONVERT_UN) != 0
        index.believed = self._believed
        return index


class TagStreamError(Exception):
    """The parse ended; `args` are (status, offset)."""


STATUS_FAULT = FAULT
STATUS_TOO_DEEP = TOO_DEEP
STATUS_TOO_LARGE = TOO_LARGE


def index_bytes(data, *, bint implicit_vr=False, bint big_endian=False) -> Index:
    """Index a whole data set that is in memory."""
    stream = TagStream(0, len(data), implicit_vr=implicit_vr, big_endian=big_endian)
    stream.feed(data, 0)
    return stream.finish()


def detect_encoding(head, Py_ssize_t at, uint64_t remaining) -> tuple | None:
    """Tell (implicit_vr, big_endian, certain) from the first element, at `at` in `head`; None if none can start there.

    The VR field decides between explicit and implicit, the byte order is the one that gives a tag of the dictionary or a
    small group number. `remaining` bytes of the stream follow from `at` on: a value that would not fit is no value. It is
    certain if there is a VR, or a tag of the dictionary.
    """
    cdef const uint8_t *p
    cdef uint32_t little, big, tag, length
    cdef bint big_endian
    cdef bytes first = bytes(head[at : at + 8])
    if PyBytes_GET_SIZE(first) < 8:
        return None
    p = <const uint8_t *>PyBytes_AS_STRING(first)
    little = load_tag(p, False)
    big = load_tag(p, True)
    big_endian = big >> 16 < little >> 16 and STANDARD.vr(NULL, little) == 0 and STANDARD.vr(NULL, big) != 0 or (
        big >> 16 <= 0xFF < little >> 16 and (STANDARD.vr(NULL, little) == 0 or STANDARD.vr(NULL, big) != 0)
    )
    tag = big if big_endian else little
    if vr_class(p[4], p[5]) != NOT_A_VR:
        return (False, big_endian, True)
    length = load_u32(p + 4, big_endian)
    if length != UNDEFINED and <uint64_t>length + 8 > remaining:
        return None
    if tag == 0:  # zeros, unless it is the group length of a command set
        return (True, big_endian, length == 4)
    return (True, big_endian, STANDARD.vr(NULL, tag) != 0)


cdef enum:
    SOP_CLASS_UID = 0x00080016
    SOP_INSTANCE_UID = 0x00080018


cdef bint is_uid(const uint8_t *value, uint64_t length, str uid) except -1:
    """Whether a value is a UID, with any padding."""
    cdef Py_ssize_t size
    cdef const char *text = PyUnicode_AsUTF8AndSize(uid, &size)
    while length and (value[length - 1] == 0 or value[length - 1] == 0x20):
        length -= 1
    return length == <uint64_t>size and memcmp(value, text, size) == 0


cdef bint is_object(const uint8_t *p, uint64_t size, bint implicit_vr, str sop_class, str instance) except -1:
    """`names_object` of bytes."""
    cdef uint64_t start, length
    cdef uint32_t tag
    cdef uint8_t kind
    cdef bint has_class = False
    while size >= 12:
        start = 8
        length = load_u32(p + 4, False)
        if not implicit_vr:
            kind = vr_class(p[4], p[5])
            if kind == NOT_A_VR:
                return False
            length >>= 16
            if kind != SHORT_LENGTH:
                start = 12
                length = load_u32(p + 8, False)
        if length > size - start:
            return False
        tag = load_tag(p, False)
        if tag == SOP_CLASS_UID:
            if not is_uid(p + start, length, sop_class):
                return False
            has_class = True
        elif tag >= SOP_INSTANCE_UID:
            return tag == SOP_INSTANCE_UID and has_class and is_uid(p + start, length, instance)
        p += start + length
        size -= start + length
    return False


def names_object(head, bint implicit_vr, str sop_class not None, str instance not None) -> bool:
    """Whether a little endian data set is of a SOP class and instance, by going from length to length in its first bytes.

    False where that is not seen: before the two stands a value without a length, or they are not all there.
    """
    cdef Py_buffer view
    PyObject_GetBuffer(head, &view, PyBUF_SIMPLE)
    try:
        return is_object(<const uint8_t *>view.buf, view.len, implicit_vr, sop_class, instance)
    finally:
        PyBuffer_Release(&view)

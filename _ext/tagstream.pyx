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
from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from element cimport CONTAINER, TRUNCATED, UNDELIMITED, Element, IndexView, Segment, element_start, load_u32, stream_bytes
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


# ------------------------------------------------------------------------------------------------ Python objects


cdef const uint8_t *buffer_address(object owner, Py_buffer *held, uint64_t *length) except NULL:
    """Address of a bytes-like object's bytes; `held` keeps it in place (bytes need no holding)."""
    held.len = -1
    if type(owner) is bytes:
        length[0] = PyBytes_GET_SIZE(owner)
        return <const uint8_t *>PyBytes_AS_STRING(owner)
    PyObject_GetBuffer(owner, held, PyBUF_SIMPLE)
    length[0] = held.len
    return <const uint8_t *>held.buf if held.len else <const uint8_t *>b""


cdef enum:
    REMEMBERED_LEVELS = 16


cdef struct Sibling:
    uint32_t first      # the first record of a level
    uint32_t record     # one of its siblings
    uint32_t position   # how many are before it


cdef class Index:
    """The element index of one data set: records, the bytes that are in memory, and what was tolerated.

    Immutable once built. Other compiled modules see it through `view`, a capsule of an IndexView.
    """

    cdef IndexView _view
    cdef Py_buffer *_held
    cdef Sibling _siblings[REMEMBERED_LEVELS]
    cdef readonly list owners
    cdef readonly tuple faults
    cdef readonly object dictionary
    cdef readonly object view
    cdef readonly bint unordered
    cdef readonly uint64_t stop
    cdef readonly bint retyped      # it was asked for that elements get other VRs than their headers name

    def __dealloc__(self):
        cdef uint32_t i
        if self._held != NULL:
            for i in range(self._view.segment_count):
                if self._held[i].len >= 0:
                    PyBuffer_Release(&self._held[i])
            free(self._held)
        free(self._view.segments)
        give_back(self._view.records)

    def __len__(self) -> int:
        return self._view.count

    @property
    def nbytes(self) -> int:
        """Bytes that the records take."""
        return self._view.count * sizeof(Element)

    def record(self, index: int) -> tuple:
        """Record `index` as (tag, vr, flags, depth, length, next, offset); vr is "" for items and fragments."""
        cdef uint32_t i = index
        cdef const Element *e
        if i >= self._view.count:
            raise IndexError(index)
        e = &self._view.records[i]
        vr = "" if e.vr == 0 else chr(e.vr & 0xFF) + chr(e.vr >> 8)
        return (e.tag, vr, e.flags, e.depth, e.length, e.next, e.offset)

    def value(self, uint32_t tag) -> bytes | None:
        """The bytes of a top-level element that is in memory, or None."""
        cdef uint32_t i = 0
        cdef const Element *e
        cdef const uint8_t *p
        while i < self._view.count:
            e = &self._view.records[i]
            if e.tag == tag:
                p = stream_bytes(&self._view, e.offset, e.length)
                return None if p == NULL or e.length == 0 else p[: e.length]
            i = e.next
        return None

    def group_end(self) -> int | None:
        """Where the first group ends by its group length (gggg,0000), or None without one."""
        cdef const Element *e = self._view.records
        cdef const uint8_t *p
        if self._view.count == 0 or e.tag & 0xFFFF or e.length != 4:
            return None
        p = stream_bytes(&self._view, e.offset, 4)
        return None if p == NULL else e.offset + 4 + load_u32(p, False)

    def ancestors(self, index: int) -> list:
        """The containers around a record, and itself, outermost first: (record, position among its siblings)."""
        cdef uint32_t i = index, at = 0, first, position, stop = self._view.count
        cdef Sibling *last
        found = []
        if i >= stop:
            raise IndexError(index)
        with cython.critical_section(self):
            while at < stop:
                position = 0
                first = at
                # paths are asked for in order: go on from the one before
                last = &self._siblings[min(<Py_ssize_t>len(found), REMEMBERED_LEVELS - 1)]
                if last.first == first and first < last.record <= i:
                    at = last.record
                    position = last.position
                while at < stop and self._view.records[at].next <= i:
                    at = self._view.records[at].next
                    position += 1
                last.first = first
                last.record = at
                last.position = position
                found.append((at, position))
                if at >= i:
                    break
                stop = self._view.records[at].next
                at += 1
        return found

    def path(self, index: int) -> str:
        """The tag path of a record, such as `(0040,A730)[0].(0008,0100)`; of an item, such as `(0040,A730)[0]`."""
        cdef str path = ""
        cdef uint32_t tag
        for at, position in self.ancestors(index):
            tag = self._view.records[<uint32_t>at].tag
            if tag == ITEM_TAG:
                path += f"[{position}]"
            else:
                path += f"{'.' if path else ''}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        return path

    def __reduce__(self):
        segments = [
            (bytes(self.owners[i]), self._view.segments[i].start, self._view.segments[i].stop)
            for i in range(self._view.segment_count)
        ]
        records = (<const char *>self._view.records)[: self._view.count * sizeof(Element)]
        return _rebuild, (records, segments, self.faults, self.dictionary, self.unordered, self.stop, self.retyped)

    cdef int _hold(self, list owners, list starts, list stops) except -1:
        """Take the segments: `owners` are bytes-like, `starts` and `stops` the stream offsets that they are used for."""
        cdef uint32_t i, n = <uint32_t>len(owners)
        cdef uint64_t length
        self._view.segments = <Segment *>calloc(n or 1, sizeof(Segment))
        self._held = <Py_buffer *>calloc(n or 1, sizeof(Py_buffer))
        if self._view.segments == NULL or self._held == NULL:
            raise MemoryError
        self.owners = owners
        for i in range(n):
            self._view.segments[i].bytes = buffer_address(owners[i], &self._held[i], &length)
            self._view.segments[i].start = starts[i]
            self._view.segments[i].stop = min(self._view.segments[i].start + length, <uint64_t>stops[i])
            self._view.segment_count = i + 1
        self.view = PyCapsule_New(&self._view, "dicomkit.IndexView", NULL)
        return 0


def _rebuild(bytes records, list segments, tuple faults, dictionary, bint unordered, uint64_t stop, bint retyped) -> Index:
    """Unpickle an Index. The records are checked, since a pickle may come from anywhere."""
    cdef Index index = Index.__new__(Index)
    cdef uint64_t size = PyBytes_GET_SIZE(records)
    cdef uint32_t i, count = <uint32_t>(size // sizeof(Element))
    if size % sizeof(Element) or size // sizeof(Element) >= NO_RECORD:
        raise ValueError("not the records of an index")
    index._view.records = <Element *>new_block(size)
    if index._view.records == NULL:
        raise MemoryError
    memcpy(index._view.records, PyBytes_AS_STRING(records), size)
    for i in range(count):
        if not i < index._view.records[i].next <= count or index._view.records[i].depth > MAX_DEPTH:
            raise ValueError("not the records of an index")
    index._view.count = count
    index._hold(
        [owner for owner, _, _ in segments], [start for _, start, _ in segments], [stop for _, _, stop in segments]
    )
    index.faults = faults
    index.dictionary = dictionary
    index.unordered = unordered
    index.stop = stop
    index.retyped = retyped
    return index


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
        p.jump = UINT64_MAX
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
        self._owners.append(window)
        self._starts.append(start)
        self._stops.append(self._end_of_window())
        if self._status == NO_MEMORY:
            raise MemoryError
        if self._status > NEED_MORE:
            raise TagStreamError(self._status, p.pos)
        return self._status == DONE

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
        """Give up what the last window holds of a value that was jumped over: mostly, all but the header of an image."""
        cdef Py_ssize_t last = len(self._owners) - 1
        cdef uint64_t used
        if last != 0 or self._p.jump == UINT64_MAX or type(self._owners[0]) is not bytes:
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

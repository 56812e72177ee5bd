# The element index as a Python object. Part of tagstream.pyx.

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
    cdef readonly bint believed     # fragments are where an offset table says; not all their headers were looked at

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

    def records_of(self, uint32_t tag) -> list:
        """The numbers of all records with a tag, at any depth."""
        cdef uint32_t i
        found = []
        for i in range(self._view.count):
            if self._view.records[i].tag == tag:
                found.append(i)
        return found

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
        return _rebuild, (records, segments, self.faults, self.dictionary, self.unordered, self.stop, self.retyped, self.believed)

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


def _rebuild(
    bytes records, list segments, tuple faults, dictionary, bint unordered, uint64_t stop, bint retyped, bint believed=False,
) -> Index:
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
    index.believed = believed
    return index

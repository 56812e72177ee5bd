# Where records are taken from. Part of writer.pyx.

cdef uint32_t *record_numbers(list numbers) except? NULL:
    """An array of these numbers, to be freed; NULL if there are none."""
    cdef uint32_t n = 0
    cdef uint32_t *made = NULL
    if numbers:
        made = <uint32_t *>malloc(len(numbers) * sizeof(uint32_t))
        if made == NULL:
            raise MemoryError
    for number in numbers:
        made[n] = number
        n += 1
    return made


cdef class Place:
    """An index that records are taken from, and where its deferred values are."""

    cdef object index
    cdef object source
    cdef Origin origin
    cdef uint32_t *faults
    cdef uint32_t *repeated
    cdef bint encoded_otherwise     # its first element is not in the target's encoding

    def __dealloc__(self):
        free(self.faults)
        free(self.repeated)

    cdef int open(self, object index, object source, uint32_t number, const Target *t) except -1:
        cdef const Element *e
        cdef uint32_t i
        self.index = index
        self.source = source
        self.origin.view = <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")
        self.origin.number = number
        self.origin.has_source = source is not None
        self.origin.retyped = index.retyped
        if index.faults:
            self.note_damage(index.faults)
        if t.mac and index.unordered:
            self.note_repeated()
        if not t.encapsulated and not t.mac:
            for i in range(self.origin.view.count):
                e = &self.origin.view.records[i]
                if e.tag == PIXEL_DATA and e.depth and is_fragments(e):
                    self.origin.hides_fragments = True
        if self.origin.view.count:
            e = &self.origin.view.records[0]
            self.encoded_otherwise = (e.flags & IMPLICIT_VR != 0) != t.implicit or (e.flags & BIG_ENDIAN_VALUE != 0) != t.big
        return 0

    cdef int note_damage(self, tuple faults) except -1:
        numbers = [fault[0] for fault in faults]
        if TOO_MANY in numbers:  # nobody knows which
            damaged = list(range(self.origin.view.count))
        else:
            damaged = sorted({
                record for code, record, _ in faults
                if record is not None and (
                    code not in HARMLESS
                    or code == UNKNOWN and not self.has_vr(record)
                    or code == ODD and self.origin.view.records[<uint32_t>record].length & 1 == 0  # not what its header says
                )
            })
        self.faults = record_numbers(damaged)
        self.origin.damaged = self.faults
        self.origin.damaged_count = <uint32_t>len(damaged)
        return 0

    cdef int note_repeated(self) except -1:
        """Find the elements whose tag occurs more than once at their level, all of them."""
        cdef const IndexView *view = self.origin.view
        cdef uint32_t i, stop
        cdef dict first
        cdef set found = set()
        cdef list levels = [(0, view.count)]
        while levels:
            i, stop = levels.pop()
            first = {}
            while i < stop:
                if view.records[i].flags & CONTAINER:
                    levels.append((i + 1, view.records[i].next))
                if view.records[i].vr:  # items and fragments have one tag, all of them
                    other = first.setdefault(view.records[i].tag, i)
                    if other != i:
                        found.add(other)
                        found.add(i)
                i = view.records[i].next
        self.repeated = record_numbers(sorted(found))
        self.origin.repeated = self.repeated
        self.origin.repeated_count = <uint32_t>len(found)
        return 0

    cdef bint has_vr(self, uint32_t record):
        """Whether an unknown VR is one that may come: two letters, and a length of 32 bits (PS3.5 7.1.2)."""
        cdef const Element *e = &self.origin.view.records[record]
        return e.flags & LONG_HEADER and is_two_letters(e.vr)

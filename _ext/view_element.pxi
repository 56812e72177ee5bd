# Elements: a record of an index, or a tag, VR and value of their own. Part of view.pyx.

@cython.no_gc
cdef class ElementView:
    """One element: a record of an index, or a tag, VR and value of their own. Immutable."""

    cdef readonly uint32_t _tag
    cdef uint32_t _record
    cdef uint16_t _vr
    cdef DatasetView _owner
    cdef object _value
    cdef readonly object _path

    def __cinit__(self, *args, **kwargs):
        self._record = NO_RECORD

    def _set(self, uint32_t tag, str vr, value) -> None:
        """Make this an element of its own, not in an index."""
        self._tag = tag
        self._record = NO_RECORD
        self._vr = vr_code(vr)
        self._value = value

    @property
    def tag(self):
        """The tag, as a Tag."""
        return PyLong_Type.tp_new(<PyTypeObject *>TAG, (self._tag,), NULL)

    @property
    def vr(self) -> str:
        """The value representation, two letters. UN whose VR is known is named by what its value decodes as."""
        return vr_name(self._vr)

    @property
    def encoded_vr(self) -> str:
        """The VR that stands in the data set's encoding; "" in implicit VR and for an element that was assigned."""
        if self._record == NO_RECORD:
            return ""
        cdef const Element *e = &self._owner._view.records[self._record]
        if e.flags & IMPLICIT_VR:
            return ""
        if e.flags & GUESSED_VR:
            return self._owner._read(element_start(e) + 4, 2).decode("latin-1")
        return vr_name(e.vr)

    @property
    def length(self) -> int | None:
        """The value length in bytes as encoded, 0xFFFFFFFF if undefined; None for an element that was assigned."""
        if self._record == NO_RECORD:
            return None
        cdef const Element *e = &self._owner._view.records[self._record]
        return <uint32_t>0xFFFFFFFF if e.flags & UNDEFINED_LENGTH else e.length

    @property
    def offset(self) -> int | None:
        """Offset of the value's first byte in the stream it was read from; None for an element that was assigned."""
        return None if self._record == NO_RECORD else self._owner._view.records[self._record].offset

    @property
    def is_truncated(self) -> bool:
        """Whether the stream or the enclosing item ended inside the value."""
        return self._record != NO_RECORD and self._owner._view.records[self._record].flags & TRUNCATED != 0

    @property
    def big_endian(self) -> bool:
        """The byte order of the encoded value."""
        if self._record == NO_RECORD:
            return False
        cdef const Element *e = &self._owner._view.records[self._record]
        return e.flags & BIG_ENDIAN_VALUE != 0 and e.vr != UN  # PS3.5 6.2.2: the value of a UN is little endian

    @property
    def is_encapsulated(self) -> bool:
        """Whether the value is a run of fragments (PS3.5 A.4)."""
        if self._record == NO_RECORD:
            return False
        cdef const Element *e = &self._owner._view.records[self._record]
        return e.flags & CONTAINER != 0 and not is_sequence(e)

    @property
    def is_in_memory(self) -> bool:
        """False for a deferred value, which is read from its source on each touch."""
        if self._record == NO_RECORD:
            return True
        cdef const IndexView *view = self._owner._view
        cdef uint64_t offset = view.records[self._record].offset
        cdef uint64_t stop = offset + content_length(view, self._record)
        cdef uint32_t i
        for i in range(view.segment_count):  # ascending; a sequence may lie in several
            if view.segments[i].start <= offset <= view.segments[i].stop:
                offset = min(view.segments[i].stop, stop)
                if offset == stop:
                    return True
        return False

    @property
    def value(self):
        """The decoded value (see dicomkit.dataset.DataElement)."""
        return self._get()

    cdef object _get(self):
        if self._record == NO_RECORD:
            return self._value
        return self._owner._value_of(self._record, self._vr)

    def _apart(self):
        """The element for another data set: it does not refer to this one, only to the same index."""
        cdef ElementView copy
        if self._record == NO_RECORD:
            return self
        copy = with_path(self, None)
        copy._owner = <DatasetView>new(DATASET)
        copy._owner._restore(self._owner._state(), None)
        return copy

    @property
    def vm(self) -> int:
        """The number of values: 0 if empty, the number of items of a sequence."""
        cdef const Element *e
        cdef const IndexView *view
        cdef const uint8_t *p
        if self._record != NO_RECORD and not number_size(self._vr):
            view = self._owner._view
            e = &view.records[self._record]
            if is_sequence(e):
                return len(self._owner._sequence(self._record))
            if not is_text(self._vr):
                return 1 if e.length else 0
        elif self._record != NO_RECORD:
            return self._owner._view.records[self._record].length // number_size(self._vr)
        value = self.value
        if value is None:
            return 0
        return len(value) if isinstance(value, (tuple, SequenceView)) else 1

    @property
    def raw(self) -> bytes:
        """The exact bytes of the value as encoded, items and fragments included, without the final delimiter.

        Raises TypeError for an element that was assigned: it has no encoding yet.
        """
        if self._record == NO_RECORD:
            raise TypeError("an assigned value has no encoded bytes")
        cdef const IndexView *view = self._owner._view
        return self._owner._read(view.records[self._record].offset, content_length(view, self._record))

    def _place(self):
        """(data set, record) of an element that is in an index, else None."""
        return None if self._record == NO_RECORD else (self._owner, self._record)

    def view(self) -> memoryview:
        """The exact bytes of the value without a copy, read-only; a deferred value is read from its source."""
        if self._record == NO_RECORD:
            raise TypeError("an assigned value has no encoded bytes")
        cdef const IndexView *view = self._owner._view
        cdef const Element *e = &view.records[self._record]
        cdef uint64_t length = content_length(view, self._record)
        cdef uint32_t i
        for i in range(view.segment_count):
            if view.segments[i].start <= e.offset and length <= view.segments[i].stop - e.offset and e.offset <= view.segments[i].stop:
                start = e.offset - view.segments[i].start
                return memoryview(self._owner._index.owners[i]).cast("B").toreadonly()[start : start + length]
        return memoryview(self._owner._read(e.offset, length))

    def _fragments(self) -> bytes:
        """(offset, length) in the stream of each item of an encapsulated value, as pairs of native 64-bit numbers."""
        if self._record == NO_RECORD:
            raise TypeError("an assigned value has no encoded bytes")
        cdef const IndexView *view = self._owner._view
        cdef uint32_t i = self._record + 1, stop = view.records[self._record].next
        cdef bytes made = PyBytes_FromStringAndSize(NULL, count_items(view, self._record) * 2 * sizeof(uint64_t))
        cdef uint64_t *pair = <uint64_t *>PyBytes_AS_STRING(made)
        while i < stop:
            pair[0] = view.records[i].offset
            pair[1] = content_length(view, i)
            pair += 2
            i = view.records[i].next
        return made

    def _is_believed(self) -> bool:
        """Whether its fragments are recorded where an offset table says."""
        return self._record != NO_RECORD and self._owner._index.believed and self._owner._view.records[self._record].depth == 0

    def _window(self, uint64_t offset, uint64_t length):
        """Bytes of the stream: without a copy if they are in memory, else read from the source."""
        if self._record == NO_RECORD:
            raise TypeError("an assigned value has no encoded bytes")
        cdef const IndexView *view = self._owner._view
        cdef uint32_t i
        for i in range(view.segment_count):
            if view.segments[i].start <= offset <= view.segments[i].stop and length <= view.segments[i].stop - offset:
                start = offset - view.segments[i].start
                return memoryview(self._owner._index.owners[i]).cast("B").toreadonly()[start : start + length]
        return self._owner._read(offset, length)


cdef inline ElementView make_element(DatasetView owner, uint32_t record):
    cdef ElementView element = <ElementView>new(ELEMENT)
    fill_element(element, owner, record)
    return element


cdef inline uint16_t vr_of(const UserDictionary *user, const Element *e) noexcept nogil:
    """The VR of a record; of UN the one that its value decodes as."""
    cdef uint16_t known
    if e.vr != UN:
        return e.vr
    if is_sequence(e):
        return SQ
    known = known_vr(user, e.tag)
    return known if known else UN


cdef inline void fill_element(ElementView element, DatasetView owner, uint32_t record):
    cdef const Element *e = &owner._view.records[record]
    element._tag = e.tag
    element._record = record
    element._vr = vr_of(owner._user, e)
    if element._owner is not owner:
        element._owner = owner


cdef Py_ssize_t count_items(const IndexView *view, uint32_t record) noexcept nogil:
    cdef uint32_t i = record + 1, stop = view.records[record].next
    cdef Py_ssize_t count = 0
    while i < stop:
        count += 1
        i = view.records[i].next
    return count

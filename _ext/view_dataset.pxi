# Data sets: a range of records and an overlay. Part of view.pyx.

@cython.no_gc
cdef class DatasetView:
    """A range of records and an overlay of what was assigned (tag -> element) or deleted (tag -> None)."""

    cdef const IndexView *_view
    cdef const UserDictionary *_user
    cdef uint32_t _first
    cdef uint32_t _stop
    cdef uint32_t _item             # its item record, NO_RECORD for the root
    cdef readonly object _index
    cdef public object _origin      # where deferred values come from; None without a source
    cdef object _around             # character sets of the data set around
    cdef object _sets               # its own, once looked up
    cdef bint _forced               # whether the reader's caller gave the character sets
    cdef public dict _overlay
    cdef dict _sequences            # touched sequences by tag, so that each exists once
    cdef SequenceView _recent       # the one that was touched last
    cdef object _prefix             # path of the item, once asked for
    cdef dict _places               # tag -> record of a data set that is unordered or large, once searched
    cdef public object file_meta    # of the root: the File Meta Information, or None
    cdef public object transfer_syntax
    cdef public tuple _file_problems
    cdef readonly object _whole     # of the root: the source of the whole stream, if nothing of it was left out; or None
    cdef readonly object _read_meta # file_meta as it was read
    cdef public object _pixels      # the view of its pixel data that was made last, or None
    cdef object __weakref__

    def __cinit__(self, *args, **kwargs):
        self._item = NO_RECORD

    def _attach(
        self, index, origin=None, character_sets=None, file_meta=None, transfer_syntax=None, tuple problems=None
    ) -> None:
        """Make this the root view of an index. `character_sets` overrides the data set's own, unless None."""
        self.file_meta = file_meta
        self.transfer_syntax = transfer_syntax
        self._file_problems = problems
        self._index = index
        self._origin = origin
        self._view = <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")
        self._first = 0
        self._stop = self._view.count
        if index.dictionary is not None:
            self._user = <const UserDictionary *>PyCapsule_GetPointer(index.dictionary.capsule, "dicomkit.UserDictionary")
        if character_sets is not None:
            self._sets = character_sets
            self._forced = True

    def _set_whole(self, source) -> None:
        """Say what gives the whole stream again, as it was read."""
        self._whole = source
        self._read_meta = self.file_meta

    # -- finding

    cdef dict _places_of_tags(self):
        """tag -> record, of duplicates the first: so that looking up every element takes no quadratic time."""
        cdef uint32_t i = self._first
        cdef dict places
        with cython.critical_section(self):
            if self._places is None:
                places = {}
                while i < self._stop:
                    places.setdefault(self._view.records[i].tag, i)
                    i = self._view.records[i].next
                self._places = places
            return self._places

    cdef uint32_t _find(self, uint32_t tag) except? 0xFFFFFFFE:
        cdef const Element *records
        cdef uint32_t i
        if self._view == NULL:
            return NO_RECORD
        records = self._view.records
        i = self._first
        if self._index.unordered or self._stop - i > SEARCHED_RECORDS:
            place = self._places_of_tags().get(tag)
            return NO_RECORD if place is None else <uint32_t>place
        while i < self._stop and records[i].tag < tag:
            i = records[i].next
        return i if i < self._stop and records[i].tag == tag else NO_RECORD

    def _element(self, uint32_t tag):
        """The element of a tag, or None."""
        return self._looked_up(tag)

    cdef ElementView _looked_up(self, uint32_t tag):
        cdef PyObject *assigned
        cdef uint32_t record
        if self._overlay is not None:
            assigned = PyDict_GetItem(self._overlay, tag)
            if assigned != NULL:
                return None if <object>assigned is None else in_data_set(<ElementView>assigned, self)
        record = self._find(tag)
        return None if record == NO_RECORD else make_element(self, record)

    def _values(self, tuple tags) -> list:
        """The values of elements; None for one that is not there, or cannot be read."""
        cdef list found = []
        cdef ElementView element
        for tag in tags:
            try:
                element = self._looked_up(tag)
                found.append(None if element is None else element._get())
            except (DicomError, OSError):
                found.append(None)
        return found

    def _has_other_vr(self, dict vrs) -> bool:
        """Whether one of these elements (tag -> VR) is there and stands in the encoding with another VR."""
        cdef ElementView element
        cdef const Element *e
        cdef uint32_t record
        cdef bint is_as_read = not self._overlay
        for tag, vr in vrs.items():
            record = self._find(tag) if is_as_read else NO_RECORD
            e = NULL if record == NO_RECORD else &self._view.records[record]
            if e != NULL and not e.flags & GUESSED_VR:
                if not e.flags & IMPLICIT_VR and e.vr != vr_code(vr):
                    return True
            elif e != NULL or not is_as_read:
                element = self._looked_up(tag)
                if element is not None and element.encoded_vr not in ("", vr):
                    return True
        return False

    def _has(self, uint32_t tag) -> bool:
        if self._overlay is not None and tag in self._overlay:
            return self._overlay[tag] is not None
        return self._find(tag) != NO_RECORD

    def _indexed(self, uint32_t tag) -> bool:
        """Whether the index has this tag, whatever the overlay says."""
        return self._find(tag) != NO_RECORD

    def __getattribute__(self, str name):
        """Keywords start with a capital, the attributes of the class do not: so neither has to wait for the other to fail."""
        cdef Attribute attribute
        cdef Py_ssize_t length
        cdef const char *text = PyUnicode_AsUTF8AndSize(name, &length)
        cdef PyObject *assigned
        cdef uint32_t record
        if c'A' <= text[0] <= c'Z' and STANDARD.keyword(self._user, text, length, &attribute):
            if self._overlay is not None:
                assigned = PyDict_GetItem(self._overlay, attribute.tag)
                if assigned != NULL:
                    if <object>assigned is None:
                        return self._missing(name)
                    return (<ElementView>assigned)._get()
            record = self._find(attribute.tag)
            if record != NO_RECORD:
                return self._value_of(record, 0)
        try:
            return PyObject_GenericGetAttr(self, name)
        except AttributeError:
            pass
        return self._missing(name)  # a __getattr__ would do, but then every attribute of a class made of this one is slow

    def _missing(self, name):
        raise AttributeError(name)

    # -- assigning

    def __setattr__(self, str name, value):
        cdef Attribute attribute
        cdef Py_ssize_t length
        cdef const char *text = PyUnicode_AsUTF8AndSize(name, &length)
        if c'A' <= text[0] <= c'Z':
            if not STANDARD.keyword(self._user, text, length, &attribute) or not self._assign_quickly(attribute.tag, value):
                self._set_attribute(name, value)
        elif text[0] == c'_' or name == "file_meta" or name == "transfer_syntax":
            PyObject_GenericSetAttr(self, name, value)
        else:
            self._set_attribute(name, value)

    def __delattr__(self, str name):
        self._delete_attribute(name)

    def _set_attribute(self, name, value):
        raise AttributeError(name)

    def _delete_attribute(self, name):
        raise AttributeError(name)

    def _assign(self, uint32_t tag, value) -> bool:
        """Assign a value to a public element, if that takes no second look at either."""
        return self._assign_quickly(tag, value)

    cdef bint _assign_quickly(self, uint32_t tag, object value) except -1:
        cdef Attribute attribute
        cdef PyObject *assigned = NULL
        cdef uint32_t record
        cdef uint16_t vr
        cdef object made
        if tag & 0x10000 or not STANDARD.attribute(self._user, tag, &attribute):
            return False
        vr = attribute.vr
        if self._overlay is not None:
            assigned = PyDict_GetItem(self._overlay, tag)
        if assigned == NULL:
            record = self._find(tag)
            if record != NO_RECORD:
                vr = vr_of(self._user, &self._view.records[record])
        elif <object>assigned is not None:
            vr = (<ElementView>assigned)._vr
        if vr >= 0x6100:  # depends on other elements
            return False
        made = quick_value(value, vr, SCALAR if attribute.vm_max == 1 and attribute.vm_min == 1 else TUPLE, &TEXT_TYPES)
        if made is NotImplemented:
            return False
        if self._overlay is None:
            self._overlay = {}
        self._overlay[tag] = own_element(tag, vr, made)
        return True

    # -- values

    def _read(self, uint64_t offset, uint64_t length) -> bytes:
        """Bytes of the stream: from memory, else from the source."""
        cdef const uint8_t *p
        if self._view == NULL:
            raise ValueError("the data set was not read from anywhere")
        p = stream_bytes(self._view, offset, length)
        if p != NULL:
            return PyBytes_FromStringAndSize(<const char *>p, length)
        joined = self._join(offset, length)
        if joined is not None:
            return joined
        if self._origin is None:
            raise ValueError("the bytes of this value are not in memory and there is no source to read them from")
        if getattr(self._origin, "is_scattered", False):
            return self._gather(offset, length)
        return self._origin.read(offset, length)

    cdef bytes _gather(self, uint64_t offset, uint64_t length):
        """Bytes from memory and from the source, whose deferred values are no longer where they were to each other."""
        cdef uint64_t stop = offset + length, end
        cdef uint32_t i
        cdef const Segment *segment
        parts = []
        for i in range(self._view.segment_count):  # ascending
            segment = &self._view.segments[i]
            if offset < segment.start < stop:
                parts.append(self._origin.read(offset, segment.start - offset))
                offset = segment.start
            if segment.start <= offset < segment.stop and offset < stop:
                end = min(segment.stop, stop)
                parts.append(PyBytes_FromStringAndSize(<const char *>segment.bytes + (offset - segment.start), end - offset))
                offset = end
        if offset < stop:
            parts.append(self._origin.read(offset, stop - offset))
        return b"".join(parts)

    cdef bytes _join(self, uint64_t offset, uint64_t length):
        """Bytes that lie in several segments, or None if some are in none."""
        cdef uint64_t stop = offset + length, end
        cdef uint32_t i
        cdef const Segment *segment
        parts = []
        for i in range(self._view.segment_count):  # ascending
            segment = &self._view.segments[i]
            if segment.start <= offset < segment.stop:
                end = min(segment.stop, stop)
                parts.append(PyBytes_FromStringAndSize(<const char *>segment.bytes + (offset - segment.start), end - offset))
                offset = end
        return b"".join(parts) if offset == stop else None

    cdef object _value_of(self, uint32_t record, uint16_t vr):
        """Decode a record; vr 0: its own."""
        cdef const Element *e = &self._view.records[record]
        cdef const uint8_t *p
        cdef bytes read
        cdef uint64_t length = e.length
        cdef bint big = e.flags & BIG_ENDIAN_VALUE
        if e.flags & CONTAINER:
            if is_sequence(e):
                return self._sequence(record)
            return self._read(e.offset, content_length(self._view, record))
        if vr == 0:
            vr = e.vr
            if vr == UN and known_vr(self._user, e.tag):
                vr = known_vr(self._user, e.tag)
        if e.vr == UN and vr != UN:
            big = False  # PS3.5 6.2.2: the value of a UN is little endian
        p = stream_bytes(self._view, e.offset, length)
        if p == NULL:
            read = self._read(e.offset, length)
            p = <const uint8_t *>PyBytes_AS_STRING(read)
        try:
            return VALUES.decode(p, length, vr, big, e.tag, shape_of(self._user, e.tag), self)
        except ValueDecodeError as error:
            raise ValueDecodeError(error.reason, error.tag, error.vr, e.offset) from None

    cdef SequenceView _sequence(self, uint32_t record):
        """The one Sequence of a record."""
        cdef uint32_t tag = self._view.records[record].tag
        cdef object sets = self._sets_of_record()
        cdef PyObject *known
        cdef SequenceView sequence
        with cython.critical_section(self):
            sequence = self._recent
            if sequence is not None and sequence._record == record:
                return sequence
            if self._sequences is None:
                self._sequences = {}
            known = PyDict_GetItem(self._sequences, tag)
            if known == NULL:
                sequence = <SequenceView>new(SEQUENCE)
                sequence._view = self._view
                sequence._index = self._index
                sequence._user = self._user
                sequence._record = record
                sequence._origin = self._origin
                sequence._sets = sets
                sequence._forced = self._forced
                self._sequences[tag] = sequence
                PyObject_GC_UnTrack(<PyObject *>self._sequences)
            else:
                sequence = <SequenceView>known
            self._recent = sequence
        return sequence

    def _touched_sequences(self) -> dict:
        """Sequences of the index that were touched, by tag: the only ones that may have been changed."""
        if self._sequences is None:
            self._sequences = {}
        return self._sequences

    def _state(self) -> tuple:
        """What _restore takes to make the same view on the same index; the overlay is not in it."""
        return (self._index, self._origin, self._first, self._stop, self._item, self._sets, self._around, self._forced)

    def _restore(self, tuple state, dict sequences) -> None:
        """Become the view that gave `state`."""
        cdef uint32_t first, stop, item
        index, origin, first, stop, item, sets, around, self._forced = state
        if index is not None:
            self._attach(index, origin)
            if not first <= stop <= self._stop or item != NO_RECORD and item >= self._stop:
                raise ValueError("the item is not in the index")
            self._first = first
            self._stop = stop
        self._item = item
        self._sets = sets
        self._around = around
        self._sequences = sequences

    cdef object _character_sets(self):
        """The character sets in force: the data set's own, else those around it, else the default repertoire."""
        global DEFAULT_SETS
        sets = self._sets_of_record()
        if sets is None:
            if DEFAULT_SETS is None:
                DEFAULT_SETS = CHARACTER_SETS(())
            return DEFAULT_SETS
        return sets

    cdef object _sets_of_record(self):
        """The character sets that the records give; None for the default repertoire."""
        cdef object sets
        with cython.critical_section(self):
            sets = self._sets
        if sets is None:
            sets = self._looked_up_sets()
            with cython.critical_section(self):
                self._sets = sets
        return None if sets is False else sets

    cdef object _looked_up_sets(self):
        """The same, but False for the default repertoire."""
        cdef uint32_t record = self._find(SPECIFIC_CHARACTER_SET)
        cdef const Element *e
        cdef bytes raw
        if record != NO_RECORD and self._view.records[record].length <= LONGEST_SETS:
            e = &self._view.records[record]
            raw = self._read(e.offset, e.length)
            if raw.isascii() and b"\x1b" not in raw:
                terms = VALUES.decode(<const uint8_t *>PyBytes_AS_STRING(raw), e.length, CS, False, e.tag, TUPLE, None)
                if terms:
                    return CHARACTER_SETS(terms)
        return False if self._around is None else self._around

    @property
    def character_sets(self):
        """The character sets that text is decoded with: the data set's own, else those around it."""
        return self._character_sets()

    def _problem_records(self) -> tuple:
        """The records whose problems belong to this data set: from, to; everything for the root."""
        if self._item == NO_RECORD:
            return (0, None)
        return (self._item, self._stop)

    # -- iterating

    def __len__(self) -> int:
        cdef uint32_t i = self._first
        cdef Py_ssize_t count = 0
        if self._overlay or self._view != NULL and self._index.unordered:
            return len(self._elements())
        while i < self._stop:
            count += 1
            i = self._view.records[i].next
        return count

    def _elements(self) -> list:
        """The elements in the order of their tags; of duplicates the first."""
        cdef uint32_t i = self._first
        cdef dict found = {}
        while i < self._stop:
            tag = self._view.records[i].tag
            if tag not in found:
                found[tag] = make_element(self, i)
            i = self._view.records[i].next
        if self._overlay is not None:
            for tag, element in self._overlay.items():
                found[tag] = None if element is None else in_data_set(<ElementView>element, self)
        return [found[tag] for tag in sorted(found) if found[tag] is not None]

    cdef bint _is_plain(self):
        """Whether the records in their order are the elements."""
        return not self._overlay and (self._view == NULL or not self._index.unordered)

    def __iter__(self):
        cdef RecordIterator iterator
        if not self._is_plain():
            return iter(self._elements())
        iterator = RecordIterator.__new__(RecordIterator)
        iterator._owner = self
        iterator._at = self._first
        return iterator

    def walk(self):
        """All elements, depth first: each sequence, then the elements of its items."""
        cdef Walker walker = Walker.__new__(Walker)
        walker._level = Level.__new__(Level)
        walker._level.enter(self, None)
        return walker

    def _item_path(self) -> str:
        """The path of this item in the data set it was read from, with a final dot; "" for the root."""
        if self._prefix is None:
            if self._item == NO_RECORD:
                self._prefix = ""
            else:
                self._prefix = self._index.path(self._item) + "."
        return self._prefix


def element_path(ElementView element) -> str:
    """The tag path of an element in its data set."""
    own = f"({element._tag >> 16:04X},{element._tag & 0xFFFF:04X})"
    if element._path is not None:
        return element._path + own
    return own if element._owner is None else element._owner._item_path() + own


def element_owner(ElementView element):
    """The data set that an element was read from, or None."""
    return element._owner

# A data set as it is written: records and what was assigned, merged. Part of writer.pyx.

cdef class Encoded:
    """A data set as it is written: some bytes in memory, others by reference to the source of deferred values."""

    cdef Output _out
    cdef Target _t
    cdef Levels *_levels
    cdef list _places           # number of a source -> Place
    cdef dict _known            # (index, source) by identity -> Place
    cdef list _held             # objects whose bytes are referred to
    cdef object _character_sets # terms -> character sets
    cdef bint _turn_pixels
    cdef Signed _signed         # what a MAC is calculated from

    def __cinit__(self, *args, **kwargs):
        self._levels = <Levels *>malloc(sizeof(Levels))
        if self._levels == NULL:
            raise MemoryError
        self._places = []
        self._known = {}
        self._held = []

    def __dealloc__(self):
        release(&self._out)
        free(self._signed.tags)
        free(self._levels)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self._out.copied if self._out.size else <uint8_t *>b"", self._out.size, 1, flags)

    def __len__(self) -> int:
        return position(&self._out)

    def parts(self) -> list:
        """What is to be written, in order.

        Each part is bytes in memory, or a tuple (source, offset, length, unit) of bytes that are read from a source, or
        (None, bytes, length, unit): the words of these, of `unit` bytes, get the other byte order. The bytes are valid as
        long as the list is.
        """
        cdef uint32_t i
        cdef const Piece *piece
        cdef object copied = memoryview(self)
        cdef object memory
        parts = []
        for i in range(self._out.count):
            piece = &self._out.pieces[i]
            if piece.kind == COPIED:
                parts.append(copied[piece.start : piece.start + piece.length])
            elif piece.kind == IN_SOURCE:
                parts.append(((<Place>self._places[piece.source]).source, piece.start, piece.length, piece.unit))
            else:
                memory = PyMemoryView_FromMemory(<char *>piece.start, piece.length, PyBUF_READ)
                parts.append(memory if piece.unit == 1 else (None, memory, piece.length, piece.unit))
        parts.append(copied[:0])  # keeps this object, and with it what is referred to
        return parts

    def in_memory(self) -> bool:
        """Whether nothing is to be read from a source."""
        cdef uint32_t i
        for i in range(self._out.count):
            if self._out.pieces[i].kind == IN_SOURCE:
                return False
        return True

    def joined(self, bytes before=b"") -> bytes:
        """`before`, and all of it behind that; nothing may have to be read from a source."""
        cdef Py_ssize_t length = PyBytes_GET_SIZE(before)
        cdef bytes made = PyBytes_FromStringAndSize(NULL, length + <Py_ssize_t>position(&self._out))
        cdef uint8_t *to = <uint8_t *>PyBytes_AS_STRING(made)
        cdef const uint8_t *at
        cdef const Piece *piece
        cdef uint32_t i
        if not self.in_memory():
            raise ValueError("some of the values are not in memory")
        memcpy(to, PyBytes_AS_STRING(before), length)
        to += length
        with nogil:
            for i in range(self._out.count):
                piece = &self._out.pieces[i]
                at = self._out.copied + piece.start if piece.kind == COPIED else <const uint8_t *>piece.start
                if piece.unit == 1:
                    memcpy(to, at, piece.length)
                else:
                    turn(to, at, piece.length, piece.unit)
                to += piece.length
        return made

    # -- data sets

    cdef int _check(self, int status, uint32_t tag) except -1:
        if status == DONE:
            return 0
        if status == NO_MEMORY:
            raise MemoryError
        if status == NO_SOURCE:
            raise EncodeError("a deferred value is needed and there is no source to read it from", tag)
        if status == NOT_ENCAPSULATED:
            raise EncodeError("encapsulated pixel data cannot be written in a native transfer syntax: decompress it first", tag)
        if status == TOO_LONG:
            raise EncodeError("a value of 4 GiB or more has no length field (PS3.5 7.1)", tag)
        raise EncodeError(f"sequences are nested more than {MAX_DEPTH} deep", tag)

    cdef Place _place(self, object index, object source):
        cdef Place place
        key = (id(index), id(source))
        known = self._known.get(key)
        if known is not None:
            return <Place>known
        place = Place.__new__(Place)
        place.open(index, source, <uint32_t>len(self._places), &self._t)
        place.origin.turn_pixels = self._turn_pixels
        self._places.append(place)
        self._known[key] = place
        return place

    cdef int _dataset(self, object dataset, object around, int depth) except -1:
        """Put out the elements of a data set; `around` are the character sets that hold around it, None for the root."""
        cdef Place place = None
        cdef uint32_t first = 0, stop = 0
        cdef GroupState group
        cdef dict overlay = dataset._overlay
        cdef dict changed = {}
        cdef object sets, read_sets = None
        cdef bint recodes
        index = dataset._index
        if index is not None:
            _, source, first, stop, _, _, _, _ = dataset._state()
            place = self._place(index, source)
            for tag, sequence in dataset._touched_sequences().items():
                if (not overlay or tag not in overlay) and sequence.is_changed():
                    changed[tag] = sequence
            read_sets = dataset.character_sets
        sets = self._sets_of(dataset, overlay, around, read_sets)
        recodes = read_sets is not sets and read_sets != sets
        no_group(&group)
        if self._t.mac and depth == 0:
            if place is None or overlay or changed or index.unordered or recodes:
                return put_merged(self, dataset, place, first, stop, changed, sets, read_sets)
            return put_read(self, dataset, place, first, stop)
        if index is None:
            self._merge(dataset, None, 0, 0, overlay, changed, sets, False, &group, depth)
        elif recodes:
            self._merge(dataset, place, first, stop, overlay, changed, sets, True, &group, depth)
        elif overlay or changed or index.unordered and (place.encoded_otherwise or self._rewrites()):
            self._merge(dataset, place, first, stop, overlay, changed, sets, False, &group, depth)
        else:
            self._records(place, first, stop, &group, depth)
        end_group(&self._out, &self._t, &group)
        return 0

    cdef bint _rewrites(self):
        """Whether containers are encoded anew in any case."""
        cdef const Target *t = &self._t
        return t.mac or t.sequence_length != KEEP or t.group_length != KEEP or t.remove_padding or t.item_padding or t.old_vrs

    cdef object _sets_of(self, object dataset, dict overlay, object around, object read):
        """The character sets that hold for a data set as it is written."""
        if overlay is not None and SPECIFIC_CHARACTER_SET in overlay:
            element = overlay[SPECIFIC_CHARACTER_SET]
            if element is None:
                return self._character_sets(()) if around is None else around
            value = element.value
            if isinstance(value, bytes):  # the VR is UN
                value = tuple(str(value, "latin-1").strip(" \0").split("\\"))
            terms = value if isinstance(value, tuple) else (value,)
            return self._character_sets([term for term in terms if isinstance(term, str)])
        if read is not None and (around is None or dataset._indexed(SPECIFIC_CHARACTER_SET)):
            return read
        return self._character_sets(()) if around is None else around

    cdef int _records(self, Place place, uint32_t first, uint32_t stop, GroupState *group, int depth) except -1:
        """Put out sibling records with all that is in them, `depth` sequences deep."""
        cdef int status
        cdef uint32_t tag
        cdef const Element *records = place.origin.view.records
        if first < stop and depth > records[first].depth:  # items that came from elsewhere
            for i in range(first, stop):
                if records[i].depth - records[first].depth + depth > MAX_DEPTH:
                    self._check(TOO_DEEP, records[first].tag)
        with nogil:
            status = put_records(&self._out, &place.origin, &self._t, self._levels, first, stop, group)
        if status != DONE:
            tag = 0x7FE00010 if status == NOT_ENCAPSULATED else place.origin.view.records[first].tag
            self._check(status, tag)
        return 0

    cdef int _merge(self, object dataset, Place place, uint32_t first, uint32_t stop, dict overlay, dict changed, object sets,
                    bint recode, GroupState *group, int depth) except -1:
        """Put out records and assigned elements in the order of their tags; of equal tags the first record."""
        cdef const Element *records
        cdef uint32_t i = first, run = first, tag
        if place is None or recode or place.index.unordered:
            return self._merge_one_by_one(dataset, place, first, stop, overlay, changed, sets, recode, group, depth)
        records = place.origin.view.records
        for key in sorted([*(overlay or ()), *changed]):
            tag = key
            while i < stop and records[i].tag < tag:
                i = records[i].next
            if i > run:
                self._records(place, run, i, group, depth)
            if i < stop and records[i].tag == tag:
                if tag in changed:
                    self._record(dataset, place, i, changed[tag], sets, False, group, depth)
                else:
                    enter_group(&self._out, &self._t, group, tag)
                    group.read += element_stop(place.origin.view, i) - element_start(&records[i])
                i = records[i].next
            run = i
            if tag in changed or overlay[tag] is None or tag == DATA_SET_TRAILING_PADDING and self._t.remove_padding:
                continue
            enter_group(&self._out, &self._t, group, tag)
            self._assigned(overlay[tag], sets, group, depth)
        return self._records(place, run, stop, group, depth) if run < stop else 0

    cdef int _merge_one_by_one(
        self, object dataset, Place place, uint32_t first, uint32_t stop, dict overlay, dict changed, object sets, bint recode,
        GroupState *group, int depth,
    ) except -1:
        """The same where the records are not in order, or text among them may have to be encoded anew."""
        cdef const Element *e
        cdef uint32_t i = first
        cdef uint64_t last = 0
        cdef uint32_t tag
        cdef bint sorted_ = True
        cdef list entries = []
        while i < stop:
            e = &place.origin.view.records[i]
            if e.tag < last or e.tag == last and i > first:
                sorted_ = False
            last = e.tag
            entries.append((e.tag, i))
            i = e.next
        if overlay:
            for key, element in overlay.items():
                entries.append((key, element))
            sorted_ = False
        if not sorted_:
            entries = in_order(entries)
        for key, content in entries:
            tag = key
            if tag == DATA_SET_TRAILING_PADDING and self._t.remove_padding:
                continue
            if type(content) is int:
                self._record(dataset, place, content, changed.get(tag), sets, recode, group, depth)
                continue
            enter_group(&self._out, &self._t, group, tag)
            if type(content) is tuple:  # a record, and what replaces it
                e = &place.origin.view.records[<uint32_t>content[0]]
                group.read += element_stop(place.origin.view, <uint32_t>content[0]) - element_start(e)
                content = content[1]
            if content is not None:
                self._assigned(content, sets, group, depth)
        return 0

    cdef int _record(self, object dataset, Place place, uint32_t i, object changed, object sets, bint recode, GroupState *group, int depth) except -1:
        """Put out one record of a data set that is merged."""
        cdef const Element *e = &place.origin.view.records[i]
        cdef object element
        if self._t.mac:
            if is_never_signed(e.tag):
                return 0
            if place.index.unordered and is_sequence(e) and changed is None:
                changed = dataset._element(e.tag).value  # its items are put out in order, too
        if changed is None and not recode:
            return self._records(place, i, e.next, group, depth)
        if changed is None:
            if not is_sequence(e):
                element = dataset._element(e.tag)
                if not needs_recoding(element):
                    return self._records(place, i, e.next, group, depth)
                self._begin(e.tag, group, element_stop(place.origin.view, i) - element_start(e))
                return self._value(e.tag, vr_code(element.vr), element.value, sets)
            changed = dataset._element(e.tag).value
        self._begin(e.tag, group, element_stop(place.origin.view, i) - element_start(e))
        return self._sequence(e.tag, changed, e.flags & UNDEFINED_LENGTH != 0, sets, depth)

    cdef int _begin(self, uint32_t tag, GroupState *group, uint64_t read) except -1:
        """Before an element that is no group length."""
        cdef bint new = group.group != tag >> 16
        enter_group(&self._out, &self._t, group, tag)
        group.read += read
        if new and self._t.group_length == CREATE:
            self._check(put_group_length(&self._out, &self._t, group, tag), tag)
        return 0

    cdef int _assigned(self, object element, object sets, GroupState *group, int depth) except -1:
        """Put out an element of the overlay, whose group was entered."""
        cdef uint32_t tag = element._tag
        if self._t.mac and is_never_signed(tag):
            return 0
        place_of = element._place()
        if place_of is not None:
            if self._t.group_length == CREATE and group.patch == 0 and tag & 0xFFFF != 0:
                self._check(put_group_length(&self._out, &self._t, group, tag), tag)
            return self._copied(element, place_of, sets, group, depth)
        if tag & 0xFFFF == 0 and tag >> 16 != 0:  # (0000,0000) counts a command set: who makes one knows its length
            if self._t.group_length != REMOVE and group.patch == 0:
                self._check(put_group_length(&self._out, &self._t, group, tag), tag)
            return 0
        if self._t.group_length == CREATE and group.patch == 0:
            self._check(put_group_length(&self._out, &self._t, group, tag), tag)
        vr = element.vr
        if tag >> 16 == 0xFFFE:
            raise EncodeError("items and delimiters are no elements of a data set (PS3.5 7.5)", tag)
        if vr == "SQ":
            return self._sequence(tag, element.value, False, sets, depth)
        return self._value(tag, vr_code(vr), element.value, sets)

    cdef int _copied(self, object element, tuple place_of, object sets, GroupState *group, int depth) except -1:
        """Put out an element that came from the index of another data set, as it stands there."""
        owner, record = place_of
        cdef Place place = self._place(owner._index, owner._state()[1])
        cdef uint32_t i = record
        cdef const Element *e = &place.origin.view.records[i]
        if owner.character_sets != sets and needs_recoding(element):
            self._begin(e.tag, group, 0)
            return self._value(e.tag, vr_code(element.vr), element.value, sets)
        return self._records(place, i, e.next, group, depth)

    cdef int _value(self, uint32_t tag, uint16_t vr, object value, object sets) except -1:
        """Put out an element with a value of Python."""
        cdef const Target *t = &self._t
        cdef bytes data
        cdef Py_ssize_t length
        cdef uint16_t written
        try:
            data = ENCODE.encode(value, vr, sets, t.big)
            length = PyBytes_GET_SIZE(data)
            written = written_vr(t, vr, False, length)
            if written == UN and vr != UN and t.big:
                data = ENCODE.encode(value, vr, sets, False)
        except EncodeError as error:
            if error.tag is None:
                raise EncodeError(error.reason, tag) from None
            raise
        if length > 0xFFFFFFFE:
            self._check(TOO_LONG, tag)
        if t.mac and written == UN and not t.implicit:  # as long as it is not known whether it will be stored so
            raise SignatureError(REASONS[BECOMES_UNKNOWN], tag_text(tag))
        if tag == PIXEL_DATA and t.encapsulated and is_item_stream(<const uint8_t *>PyBytes_AS_STRING(data), length):
            return self._fragments(data)
        self._check(put_header(&self._out, t, tag, written, False, <uint32_t>length), tag)
        return self._bytes(data)

    cdef int _bytes(self, bytes data) except -1:
        cdef Py_ssize_t length = PyBytes_GET_SIZE(data)
        cdef uint8_t *bytes_ = <uint8_t *>PyBytes_AS_STRING(data)
        if length < REFERENCED:
            return self._check(put(&self._out, bytes_, length), 0)
        self._held.append(data)
        return self._check(refer(&self._out, IN_MEMORY, <uint64_t>bytes_, length, 0, 1), 0)

    cdef int _fragments(self, bytes data) except -1:
        """Encapsulated pixel data that was assigned as it stands in a file: items, and maybe their delimiter."""
        if self._t.mac:
            return put_bare_fragments(self, data)
        cdef const uint8_t *end = <const uint8_t *>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data) - 8
        self._check(put_header(&self._out, &self._t, PIXEL_DATA, OB, False, UNDEFINED), PIXEL_DATA)
        self._bytes(data)
        if memcmp(end, b"\xfe\xff\xdd\xe0\0\0\0\0", 8) != 0:
            self._check(put_header(&self._out, &self._t, SEQUENCE_DELIMITATION_ITEM, 0, False, 0), PIXEL_DATA)
        return 0

    cdef int _sequence(self, uint32_t tag, object sequence, bint undefined, object sets, int depth) except -1:
        cdef Open sequence_, item_
        cdef Target *t = &self._t
        cdef Place place
        cdef bint item_undefined
        self._check(open_container(&self._out, t, tag, SQ, undefined, &sequence_), tag)
        if depth >= MAX_DEPTH:
            self._check(TOO_DEEP, tag)
        for item in sequence._items():
            item_undefined = False
            if item._index is not None:
                state = item._state()
                if state[4] != <uint32_t>NO_RECORD:
                    place = self._place(state[0], state[1])
                    item_undefined = place.origin.view.records[<uint32_t>state[4]].flags & UNDEFINED_LENGTH != 0
            self._check(open_container(&self._out, t, ITEM, 0, item_undefined, &item_), tag)
            self._dataset(item, sets, depth + 1)
            self._check(pad(&self._out, t, item_.start, t.item_padding), tag)
            self._check(close_container(&self._out, t, &item_), tag)
        return self._check(close_container(&self._out, t, &sequence_), tag)

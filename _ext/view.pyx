"""Views on the element index: data sets, sequences and elements that decode when they are touched.

`dicomkit.dataset` subclasses the three classes and binds the subclasses and the value types here (`bind`), since this
module knows bytes, records and numbers only. A data set is a range of records plus an overlay of what the program
assigned or deleted; nothing else is made until it is asked for.

References point inwards only (data set -> sequence -> item), so there are no cycles and the classes do without the garbage
collector: a walk over 40,000 elements would spend a third of its time in it.
"""

cimport cython

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject, PyObject_GenericGetAttr
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, GUESSED_VR, IMPLICIT_VR, TRUNCATED, UNDEFINED_LENGTH, Element, IndexView, Segment,
    content_length, element_start, stream_bytes,
)
from standard cimport STANDARD_CAPSULE, Attribute, StandardAPI, UserDictionary
from values cimport VALUES_CAPSULE, ValuesAPI
from vr cimport *

from dicomkit._ext import standard as _standard, values as _values  # make the capsules
from dicomkit.errors import ValueDecodeError

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        object (*tp_new)(PyTypeObject *cls, object args, PyObject *kwargs)
    void PyObject_GC_UnTrack(PyObject *made)
    PyTypeObject PyLong_Type

cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    #define is_unique(object) 0  /* another thread may hold a reference that the count does not show */
    #else
    #define is_unique(object) (Py_REFCNT(object) == 1)
    #endif
    """
    bint is_unique(PyObject *object)

cdef enum:
    NO_RECORD = 0xFFFFFFFF
    MAX_DEPTH = 128
    LONGEST_SETS = 1024         # bytes of a Specific Character Set that is believed
    SEARCHED_RECORDS = 4096     # a data set of more records is searched by a table
    PIXEL_DATA = 0x7FE00010
    SPECIFIC_CHARACTER_SET = 0x00080005
    ITEM_TAG = 0xFFFEE000

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, 0)
cdef const ValuesAPI *VALUES = <const ValuesAPI *>PyCapsule_Import(VALUES_CAPSULE, 0)

# What the layer above gives: see bind().
cdef type DATASET, SEQUENCE, ELEMENT, TAG
cdef object CHARACTER_SETS      # (terms) -> character sets of a (0008,0005)
cdef object DEFAULT_SETS        # character sets of a data set without (0008,0005)

cdef dict VR_NAMES = {}


def bind(*, dataset, sequence, element, tag, character_sets) -> None:
    """Give the classes that this module makes. Called once, by dicomkit.dataset."""
    global DATASET, SEQUENCE, ELEMENT, TAG, CHARACTER_SETS, DEFAULT_SETS
    DATASET, SEQUENCE, ELEMENT, TAG = dataset, sequence, element, tag
    CHARACTER_SETS = character_sets
    DEFAULT_SETS = None


cdef str vr_name(uint16_t vr):
    cdef PyObject *known = PyDict_GetItem(VR_NAMES, vr)
    if known != NULL:
        return <str>known
    name = bytes((vr & 0xFF, vr >> 8)).decode("latin-1")
    VR_NAMES[vr] = name
    return name


cdef uint16_t vr_code(str name) except? 0:
    if len(name) != 2 or not name.isascii():
        raise ValueError(f"{name!r} is not a VR")
    return <uint16_t>(<uint32_t>name[0] | <uint32_t>name[1] << 8)


cdef inline object new(type cls):
    """An instance without the detour over Python's __new__ and __init__, and outside the garbage collector (see above)."""
    cdef object made = (<PyTypeObject *>cls).tp_new(<PyTypeObject *>cls, (), NULL)
    PyObject_GC_UnTrack(<PyObject *>made)
    return made


cdef inline bint is_sequence(const Element *e) noexcept nogil:
    return e.flags & CONTAINER and (e.vr == SQ or e.vr == UN and e.tag != PIXEL_DATA)


cdef Shape shape_of(const UserDictionary *user, uint32_t tag) noexcept nogil:
    cdef Attribute attribute
    if tag & 0x10000 or not STANDARD.attribute(user, tag, &attribute):
        return BY_COUNT
    return SCALAR if attribute.vm_max == 1 and attribute.vm_min == 1 else TUPLE


cdef uint16_t known_vr(const UserDictionary *user, uint32_t tag) noexcept nogil:
    """The VR of a public tag that a value of UN can be decoded by: not one that depends on others, nor SQ; else 0."""
    cdef uint16_t vr = 0 if tag & 0x10000 else STANDARD.vr(user, tag)
    return vr if vr < 0x6100 and vr != SQ else 0


# ------------------------------------------------------------------------------------------------ elements


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


cdef inline ElementView make_element(DatasetView owner, uint32_t record):
    cdef ElementView element = <ElementView>new(ELEMENT)
    fill_element(element, owner, record)
    return element


cdef inline void fill_element(ElementView element, DatasetView owner, uint32_t record):
    cdef const Element *e = &owner._view.records[record]
    cdef uint16_t vr = e.vr
    if vr == UN:
        if is_sequence(e):
            vr = SQ
        elif known_vr(owner._user, e.tag):
            vr = known_vr(owner._user, e.tag)
    element._tag = e.tag
    element._record = record
    element._vr = vr
    if element._owner is not owner:
        element._owner = owner


cdef Py_ssize_t count_items(const IndexView *view, uint32_t record) noexcept nogil:
    cdef uint32_t i = record + 1, stop = view.records[record].next
    cdef Py_ssize_t count = 0
    while i < stop:
        count += 1
        i = view.records[i].next
    return count


# ------------------------------------------------------------------------------------------------ sequences


@cython.no_gc
cdef class SequenceView:
    """The items of a sequence element. Items are made when the sequence is first touched."""

    cdef object _index
    cdef const IndexView *_view
    cdef const UserDictionary *_user
    cdef uint32_t _record
    cdef object _origin
    cdef object _sets           # character sets of the data set around
    cdef bint _forced           # whether they overrule those of the items
    cdef list _made
    cdef public bint _changed
    cdef object __weakref__

    def _items(self) -> list:
        """The list of items, made now if this is the first touch."""
        return self._list()

    def _made_items(self) -> list:
        """The items if the sequence was touched, else none."""
        return self._made if self._made is not None else []

    def _replace(self, list items) -> None:
        self._made = items

    cdef list _list(self):
        cdef list items
        cdef Py_ssize_t n, count
        cdef uint32_t i
        with cython.critical_section(self):
            if self._made is not None:
                return self._made
        count = count_items(self._view, self._record) if self._view != NULL else 0
        items = PyList_New(count)
        i = self._record + 1
        for n in range(count):
            item = make_item(self, i)
            Py_INCREF(item)
            PyList_SET_ITEM(items, n, item)
            i = self._view.records[i].next
        PyObject_GC_UnTrack(<PyObject *>items)
        with cython.critical_section(self):
            if self._made is None:
                self._made = items
            return self._made

    def __len__(self) -> int:
        cdef list items = self._made
        if items is not None:
            return len(items)
        return count_items(self._view, self._record) if self._view != NULL else 0


cdef DatasetView make_item(SequenceView sequence, uint32_t record):
    cdef DatasetView item = <DatasetView>new(DATASET)
    item._view = sequence._view
    item._index = sequence._index
    item._user = sequence._user
    item._first = record + 1
    item._stop = sequence._view.records[record].next
    item._item = record
    item._origin = sequence._origin
    item._around = sequence._sets
    item._forced = sequence._forced
    if sequence._forced:
        item._sets = sequence._sets
    return item


# ------------------------------------------------------------------------------------------------ data sets


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
        cdef PyObject *assigned
        cdef uint32_t record
        if self._overlay is not None:
            assigned = PyDict_GetItem(self._overlay, tag)
            if assigned != NULL:
                return None if <object>assigned is None else in_data_set(<ElementView>assigned, self)
        record = self._find(tag)
        return None if record == NO_RECORD else make_element(self, record)

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
        return PyObject_GenericGetAttr(self, name)

    def __getattr__(self, str name):
        return self._missing(name)

    def _missing(self, name):
        raise AttributeError(name)

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
        return self._origin.read(offset, length)

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


cdef class RecordIterator:
    cdef DatasetView _owner
    cdef uint32_t _at

    def __iter__(self):
        return self

    def __next__(self):
        cdef ElementView element
        if self._owner is None or self._at >= self._owner._stop:
            raise StopIteration
        element = make_element(self._owner, self._at)
        self._at = self._owner._view.records[self._at].next
        return element


@cython.no_gc
@cython.freelist(16)
cdef class Level:
    """One depth of a walk: the data set that is gone through, and the items of which it is one."""

    cdef DatasetView owner
    cdef list elements          # of the data set if it was edited, else None
    cdef object prefix          # path of the data set if the index cannot tell it, else None
    cdef uint32_t at            # the next record, or index in `elements`
    cdef uint32_t stop
    cdef list items             # None at the root
    cdef object items_path      # path of their sequence if the index cannot tell it, else None
    cdef Py_ssize_t item        # the next of them
    cdef Level outer

    cdef int enter(self, DatasetView dataset, object prefix) except -1:
        self.owner = dataset
        if dataset._is_plain():
            self.elements = None
            self.at = dataset._first
            self.stop = dataset._stop
        else:
            if prefix is None:
                prefix = dataset._item_path()
            self.elements = dataset._elements()
            self.at = 0
            self.stop = <uint32_t>len(self.elements)
        self.prefix = prefix
        return 0

    cdef bint enter_next(self) except -1:
        """Go on with the next item, if there is one."""
        cdef Py_ssize_t item = self.item
        if self.items is None or item >= len(self.items):
            return False
        self.item = item + 1
        self.enter(<DatasetView>self.items[item], None if self.items_path is None else f"{self.items_path}[{item}].")
        return True


cdef class Walker:
    """Depth-first iteration: an element, and if it is a sequence, then the elements of its items."""

    cdef Level _level           # None when all is done
    cdef int _depth
    cdef list _pending          # items of the sequence that was yielded last
    cdef object _pending_path
    cdef ElementView _last      # the two elements that were made last: the caller still holds one when it asks for the next
    cdef ElementView _before

    def __iter__(self):
        return self

    cdef int _descend(self) except -1:
        cdef Level level = Level.__new__(Level)
        if self._depth > MAX_DEPTH:
            raise RecursionError("data set nested too deeply")
        self._depth += 1
        level.items = self._pending
        level.items_path = self._pending_path
        level.item = 0
        level.outer = self._level
        self._level = level
        self._pending = None
        level.enter_next()
        return 0

    def __next__(self):
        cdef ElementView element
        cdef Level level
        if self._pending is not None:
            self._descend()
        level = self._level
        while level is not None:
            if level.at < level.stop:
                if level.elements is None:
                    # as zip does with its tuples: one that only this iterator still knows can be the next one too
                    if self._before is not None and is_unique(<PyObject *>self._before):
                        element = self._before
                        fill_element(element, level.owner, level.at)
                    else:
                        element = make_element(level.owner, level.at)
                    self._before = self._last
                    self._last = element
                    level.at = level.owner._view.records[level.at].next
                else:
                    element = <ElementView>level.elements[level.at]
                    level.at += 1
                if level.prefix is not None:
                    element = with_path(element, level.prefix)
                if element._vr == SQ:
                    self._look_inside(element)
                return element
            if not level.enter_next():
                level = self._level = level.outer
                self._depth -= 1
        raise StopIteration

    cdef int _look_inside(self, ElementView element) except -1:
        cdef SequenceView sequence
        if element._record != NO_RECORD:
            sequence = element._owner._sequence(element._record)
        else:
            sequence = <SequenceView?>element._value
        if len(sequence._list()):
            self._pending = sequence._list()
            self._pending_path = element_path(element) if self._level.prefix is not None or sequence._changed else None
        return 0


cdef ElementView in_data_set(ElementView assigned, DatasetView owner):
    """An assigned element as seen from its data set, whose private creators and dictionary name it.

    The overlay's own does not refer to the data set: that would be a cycle.
    """
    cdef ElementView element
    if assigned._record != NO_RECORD:
        return assigned
    element = with_path(assigned, assigned._path)
    element._owner = owner
    return element


cdef ElementView with_path(ElementView element, object prefix):
    cdef ElementView copy = <ElementView>new(ELEMENT)
    copy._tag = element._tag
    copy._record = element._record
    copy._vr = element._vr
    copy._owner = element._owner
    copy._value = element._value
    copy._path = prefix
    return copy

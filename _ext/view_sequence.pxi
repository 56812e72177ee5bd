# Sequences and their items. Part of view.pyx.

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

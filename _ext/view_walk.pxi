# Iterating and walking. Part of view.pyx.

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

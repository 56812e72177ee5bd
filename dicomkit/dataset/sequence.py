"""The items of a sequence element (PS3.5 section 7.5)."""

from __future__ import annotations

import sys
from _collections_abc import MutableSequence  # loaded at every start of Python; collections.abc takes 3 ms

from dicomkit._ext.view import SequenceView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self, SupportsIndex, overload

    from dicomkit.dataset.dataset import Dataset

__all__ = ["Sequence"]


class Sequence(SequenceView):
    """A list of data sets. Items that were read are made when the sequence is first touched.

    It has all methods of a list but sorting; a slice of it is a plain list. Items that are put in are not copied.

    Args:
        items: data sets.

    Raises:
        TypeError: an item is not a `Dataset`.
    """

    __slots__ = ()

    def __init__(self, items: Iterable[Dataset] = ()) -> None:
        self._replace(_checked(items))
        self._changed = True

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: SupportsIndex) -> Dataset: ...
        @overload
        def __getitem__(self, index: slice) -> list[Dataset]: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Dataset | list[Dataset]:
        return self._items()[index]

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self._items())

    def __reversed__(self) -> Iterator[Dataset]:
        return reversed(self._items())

    if TYPE_CHECKING:

        @overload
        def __setitem__(self, index: SupportsIndex, value: Dataset) -> None: ...
        @overload
        def __setitem__(self, index: slice, value: Iterable[Dataset]) -> None: ...

    def __setitem__(self, index: SupportsIndex | slice, value: Any) -> None:
        if isinstance(index, slice):
            self._items()[index] = _checked(value)
        else:
            self._items()[index] = _item(value)
        self._changed = True

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        del self._items()[index]
        self._changed = True

    def insert(self, index: SupportsIndex, value: Dataset) -> None:
        """Put an item before `index`."""
        self._items().insert(index, _item(value))
        self._changed = True

    def append(self, value: Dataset) -> None:
        """Put an item at the end."""
        self.insert(len(self), value)

    def extend(self, values: Iterable[Dataset]) -> None:
        """Put several items at the end, or none if one of them is no data set."""
        self._items().extend(_checked(values))
        self._changed = True

    def __iadd__(self, values: Iterable[Dataset]) -> Self:
        self.extend(values)
        return self

    def pop(self, index: SupportsIndex = -1) -> Dataset:
        """Take an item out and return it."""
        item = self._items().pop(index)
        self._changed = True
        return item

    def remove(self, value: Dataset) -> None:
        """Take out the first item that is equal to `value`.

        Raises:
            ValueError: there is none.
        """
        self._items().remove(value)
        self._changed = True

    def reverse(self) -> None:
        """Turn the order of the items around."""
        self._items().reverse()
        self._changed = True

    def clear(self) -> None:
        """Take all items out."""
        self._replace([])
        self._changed = True

    def index(self, value: Dataset, start: int = 0, stop: int = sys.maxsize) -> int:
        """The number of the first item that is equal to `value`.

        Raises:
            ValueError: there is none.
        """
        return self._items().index(value, start, stop)

    def count(self, value: Dataset) -> int:
        """How many items are equal to `value`."""
        return self._items().count(value)

    def is_changed(self) -> bool:
        """Whether items were added, removed or edited since the sequence was read."""
        return self._changed or any(item.is_changed() for item in self._made_items())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence):
            return self._items() == other._items()
        if isinstance(other, list):
            return self._items() == other
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} item{'' if len(self) == 1 else 's'}>"

    def __copy__(self) -> Sequence:
        return type(self)(self._items())

    def __deepcopy__(self, memo: dict[int, Any]) -> Sequence:
        items = []
        for item in self._items():  # in few steps of Python's stack: items may be nested 128 deep
            twin = memo.get(id(item))
            if twin is None:
                twin = memo[id(item)] = item.__deepcopy__(memo)
            items.append(twin)
        return type(self)(items)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._items(),)


MutableSequence.register(Sequence)


def _checked(items: Iterable[Any]) -> list[Dataset]:
    from dicomkit.dataset.dataset import Dataset

    if isinstance(items, Dataset):
        raise TypeError("the items of a sequence come in a list: [item]")
    return [_item(item) for item in items]


def _item(item: Any) -> Dataset:
    from dicomkit.dataset.dataset import Dataset

    if not isinstance(item, Dataset):
        raise TypeError(f"an item of a sequence is a Dataset, not {type(item).__name__}")
    return item

"""The items of a sequence element (PS3.5 section 7.5)."""

from __future__ import annotations

from dicomkit._ext.view import SequenceView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, SupportsIndex, overload

    from dicomkit.dataset.dataset import Dataset

__all__ = ["Sequence"]


class Sequence(SequenceView):
    """A list of data sets. Items that were read are made when the sequence is first touched.

    Args:
        items: data sets, which become the items themselves (no copies).

    Raises:
        TypeError: an item is not a `Dataset`.
    """

    __slots__ = ()

    def __init__(self, items: Iterable[Dataset] = ()) -> None:
        self._replace([_item(item) for item in items])
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

    def __setitem__(self, index: SupportsIndex, item: Dataset) -> None:
        self._items()[index] = _item(item)
        self._changed = True

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        del self._items()[index]
        self._changed = True

    def insert(self, index: SupportsIndex, item: Dataset) -> None:
        """Put an item before `index`."""
        self._items().insert(index, _item(item))
        self._changed = True

    def append(self, item: Dataset) -> None:
        """Put an item at the end."""
        self.insert(len(self), item)

    def extend(self, items: Iterable[Dataset]) -> None:
        """Put several items at the end."""
        self._items().extend([_item(item) for item in items])
        self._changed = True

    def pop(self, index: SupportsIndex = -1) -> Dataset:
        """Take an item out and return it."""
        item = self._items().pop(index)
        self._changed = True
        return item

    def clear(self) -> None:
        """Take all items out."""
        self._replace([])
        self._changed = True

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
        import copy

        return type(self)(copy.deepcopy(self._items(), memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._items(),)


def _item(item: Any) -> Dataset:
    from dicomkit.dataset.dataset import Dataset

    if not isinstance(item, Dataset):
        raise TypeError(f"an item of a sequence is a Dataset, not {type(item).__name__}")
    return item

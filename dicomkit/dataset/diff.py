"""What differs between two data sets."""

from __future__ import annotations

from dicomkit.dataset.display import describe_value
from dicomkit.dataset.path import tag_of
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, Literal, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement

    Kind: TypeAlias = Literal["added", "removed", "changed"]

__all__ = ["Difference", "diff"]

_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}

# VR -> bytes of one number or word in it.
_SIZES: Final = {
    "AT": 2, "OW": 2, "SS": 2, "US": 2, "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4,
    "FD": 8, "OD": 8, "OV": 8, "SV": 8, "UV": 8,
}  # fmt: skip


class Difference:
    """One difference. `str()` makes a line of it.

    Attributes:
        path: tag path of the element, `(0008,1140)[0].(0008,1155)`, or of the item, `(0008,1140)[2]`.
        kind: "added", "removed" or "changed".
        before: the element, or the item of a sequence, that was there; None if it was added.
        after: the one that is there now; None if it was removed.
    """

    __slots__ = ("after", "before", "kind", "path")

    def __init__(self, path: str, before: DataElement | Dataset | None, after: DataElement | Dataset | None) -> None:
        self.path = path
        self.kind: Kind = "added" if before is None else "removed" if after is None else "changed"
        self.before = before
        self.after = after

    def __str__(self) -> str:
        one = self.after if self.before is None else self.before
        name = getattr(one, "keyword", "") or getattr(one, "name", "")
        values = [_describe(side) for side in (self.before, self.after) if side is not None]
        if len(values) == 2 and values[0] == values[1]:
            values = [f"{values[0]} that differ"]
        return f"{_SIGNS[self.kind]} {self.path}{' ' if name else ''}{name}: {' -> '.join(values)}"

    def __repr__(self) -> str:
        return f"<Difference {self}>"


def _describe(side: DataElement | Dataset) -> str:
    from dicomkit.dataset.dataset import Dataset

    if isinstance(side, Dataset):
        return f"item of {len(side)} element{'' if len(side) == 1 else 's'}"
    return f"{side.vr} {describe_value(side)}"


def diff(
    before: Dataset, after: Dataset, *, ignore: Iterable[Tag | int | str] = (), exact: bool = False
) -> list[Difference]:
    """What differs between two data sets, in the order of the tags.

    Values are compared, not how they are encoded: data sets in different transfer syntaxes or character sets may be equal.
    A value of unknown VR (UN) is equal to another of the same bytes. Items of a sequence are compared by their position.
    File Meta Information is not looked at.

    Args:
        before: a data set.
        after: the one that it is compared with.
        ignore: tags or keywords of elements that do not matter, wherever they are.
        exact: compare the bytes of values, so that padding and spelling (`1.0` and `1.00`) matter.

    Raises:
        ValueError: something in `ignore` is no tag.
        SourceChanged: a deferred value cannot be read any more.
    """
    ignored = frozenset([tag_of(key) if isinstance(key, str) else int(Tag(key)) for key in ignore])
    found: list[Difference] = []
    pending: list[Difference | tuple[Dataset, Dataset, str]] = [(before, after, "")]
    while pending:  # not recursive: 128 levels of items are legal
        entry = pending.pop()
        if isinstance(entry, Difference):
            found.append(entry)
        else:
            pending.extend(reversed(_compared(*entry, ignored, exact)))
    return found


def _compared(
    before: Dataset, after: Dataset, prefix: str, ignored: frozenset[int], exact: bool
) -> list[Difference | tuple[Dataset, Dataset, str]]:
    """The differences of two data sets, and the pairs of items in them that are to be compared, in order."""
    found: list[Difference | tuple[Dataset, Dataset, str]] = []
    ones = {element._tag: element for element in before if element._tag not in ignored}
    others = {element._tag: element for element in after if element._tag not in ignored}
    alike = before.character_sets == after.character_sets and before._dictionary is after._dictionary
    for tag in sorted(ones.keys() | others.keys()):
        one, other = ones.get(tag), others.get(tag)
        path = prefix + str(Tag(tag))
        if one is None or other is None or (one.vr != other.vr and (exact or not _is_unknown(one, other))):
            found.append(Difference(path, one, other))
        elif one.vr == other.vr == "SQ":
            if not alike or not _is_copy(one, other):
                found += _items(one, other, path)
        elif not _same(one, other, exact):
            found.append(Difference(path, one, other))
    return found


def _is_unknown(one: DataElement, other: DataElement) -> bool:
    """Whether two VRs differ because one of them was lost, as it is in implicit VR for private elements."""
    return "UN" in (one.vr, other.vr) and "SQ" not in (one.vr, other.vr)


def _is_copy(one: DataElement, other: DataElement) -> bool:
    """Whether two sequences are the same bytes as they were read: then their items need not be looked at."""
    if one.offset is None or other.offset is None or one.value.is_changed() or other.value.is_changed():
        return False
    if one.length != other.length or not one.is_in_memory or not other.is_in_memory:
        return False
    return one.view() == other.view()


def _items(one: DataElement, other: DataElement, path: str) -> list[Difference | tuple[Dataset, Dataset, str]]:
    found: list[Difference | tuple[Dataset, Dataset, str]] = []
    for number in range(max(len(one.value), len(other.value))):
        at = f"{path}[{number}]"
        if number >= len(one.value):
            found.append(Difference(at, None, other.value[number]))
        elif number >= len(other.value):
            found.append(Difference(at, one.value[number], None))
        else:
            found.append((one.value[number], other.value[number], f"{at}."))
    return found


def _same(one: DataElement, other: DataElement, exact: bool) -> bool:
    if one.offset is None or other.offset is None:
        return one == other
    size = _SIZES.get(one.vr, 0) or _SIZES.get(other.vr, 0)
    if one.big_endian != other.big_endian and size:
        from dicomkit._ext.writer import turned

        data = one.raw
        return len(data) % size == 0 and turned(data, size) == other.raw
    if exact or one.vr != other.vr:
        return one.raw == other.raw
    return one == other

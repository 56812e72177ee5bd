"""Editing by tag path: several elements at once, creating what is missing on the way.

    from dicomkit.dataset import edit

    edit.insert(ds, "ReferencedImageSequence[0].ReferencedSOPInstanceUID", "1.2.3")
    edit.modify(ds, "ContentSequence[*].ValueType", "TEXT")
    edit.erase_private(ds)

A path is one of `dicomkit.dataset.path`, with `[*]` for all items. A value is anything that can be assigned, or a
`Literal`: text as it is typed on a command line. All functions return how many elements they changed, 0 if there are none.
"""

from __future__ import annotations

from dicomkit.dataset.edit_path import create_items, create_sequence, find_items, parse_steps
from dicomkit.dataset.element import DataElement
from dicomkit.dataset.literal import Literal
from dicomkit.dataset.new_element import vr_of_new
from dicomkit.dataset.path import ALL, NONE
from dicomkit.dataset.relabel import SPECIFIC_CHARACTER_SET, relabel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.edit_path import Steps
    from dicomkit.standard.tag import Tag

__all__ = [
    "EncodedValue",
    "erase",
    "erase_all",
    "erase_invalid_groups",
    "erase_private",
    "insert",
    "modify",
    "modify_all",
]

#: Groups that no data set has: of commands and of the File Meta Information (PS3.7 E, PS3.10 7.1), and the odd ones that
#: may not be used (PS3.5 7.8.1).
_OTHER_GROUPS: Final = (0x0000, 0x0002)
_ILLEGAL_GROUPS: Final = (0x0001, 0x0003, 0x0005, 0x0007, 0xFFFF)


class EncodedValue:
    """A value as bytes, for an element of any VR; numbers are in little endian."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def element(self, tag: int, vr: str, character_sets: Any) -> DataElement:
        """The element with this value."""
        from dicomkit.dataset.literal import encoded_element

        return encoded_element(tag, vr, self.data, character_sets)


def insert(
    dataset: Dataset, path: str | Steps, value: Any = None, *, check_creators: bool = True, skip_un: bool = False
) -> int:
    """Set the elements that a path names; elements, sequences and items that are not there are created.

    Args:
        dataset: where to.
        path: of elements, or of a sequence or an item if there is no value: `Seq[5]` makes sure of six items.
        value: the value.
        check_creators: refuse private elements whose block nobody reserved.
        skip_un: set no value of an element whose VR is UN.

    Raises:
        ValueError: the path or the value is not well formed, names what no data set has, goes through an element that is
            no sequence, or says `[*]` of a sequence without items.
        TypeError: the value is of no type that the VR takes.
    """
    steps = _legal(parse_steps(path, dataset._dictionary))
    *around, (tag, number) = steps
    if number != NONE:
        items = create_items(dataset, steps, check_creators)
        return len(items) if _is_empty(value) else _no_value()
    owners = create_items(dataset, around, check_creators)
    for owner in owners:
        present = owner._element(tag)
        vr = vr_of_new(owner, tag, check_creators) if present is None else present.vr
        if vr == "SQ":
            if not _is_empty(value) and not _is_items(value):
                _no_value()
            if _is_items(value):
                owner[tag] = value
            elif present is None:
                create_sequence(owner, tag, check_creators)
        elif skip_un and (vr == "UN" or (present is not None and present.encoded_vr == "UN")):
            if present is None:
                owner.add(DataElement(tag, vr))
        else:
            _put(owner, tag, vr, value)
    return len(owners)


def modify(dataset: Dataset, path: str | Steps, value: Any, *, skip_un: bool = False) -> int:
    """Set the elements that a path names, as far as they are there. Arguments as for `insert`.

    Raises:
        ValueError: the path or the value is not well formed, the path goes through an element that is no sequence, or
            ends in a sequence or an item.
        TypeError: the value is of no type that the VR takes.
    """
    steps = parse_steps(path, dataset._dictionary)
    *around, (tag, number) = steps
    if number != NONE:
        return _no_value() if find_items(dataset, steps) else 0
    return _modify(find_items(dataset, around), tag, value, skip_un)


def modify_all(dataset: Dataset, path: str | Steps, value: Any, *, skip_un: bool = False) -> int:
    """Set all elements of a tag, in items of all depths too; of a path, those in the items that it leads to.

    Raises: see `modify`.
    """
    return sum(
        _modify([owner], tag, value, skip_un) for owner, tag in _everywhere(dataset, parse_steps(path, dataset._dictionary))
    )


def _modify(owners: list[Dataset], tag: Tag, value: Any, skip_un: bool) -> int:
    count = 0
    for owner in owners:
        present = owner._element(tag)
        if present is None:
            continue
        count += 1
        _legal([(tag, NONE)])
        if present.vr == "SQ" and not _is_items(value):
            _no_value()
        if not (skip_un and "UN" in (present.vr, present.encoded_vr)):
            _put(owner, tag, present.vr, value)
    return count


def erase(dataset: Dataset, path: str | Steps) -> int:
    """Delete the elements, or the items, that a path names.

    Raises:
        ValueError: the path is not well formed, or goes through an element that is no sequence.
    """
    *around, (tag, number) = parse_steps(path, dataset._dictionary)
    owners = find_items(dataset, around)
    if number == NONE:
        return sum(_erase(owner, tag) for owner in owners)
    count = 0
    for owner in owners:
        items = find_items(owner, [(tag, number)])
        count += len(items)
        if items:
            sequence = owner[tag].value
            del sequence[slice(None) if number == ALL else number]
    return count


def erase_all(dataset: Dataset, path: str | Steps) -> int:
    """Delete all elements of a tag, in items of all depths too; of a path, those in the items that it leads to.

    Raises:
        ValueError: the path is not well formed, or names what no data set has.
    """
    steps = parse_steps(path, dataset._dictionary)
    if steps[-1][0].group in _OTHER_GROUPS:
        raise ValueError("a data set has no elements of the groups 0000 and 0002")
    return sum(_erase(owner, tag) for owner, tag in _everywhere(dataset, steps))


def erase_private(dataset: Dataset) -> int:
    """Delete all private elements, in items of all depths too, and those of the other odd groups."""
    return _erase_where(dataset, _is_odd)


def erase_invalid_groups(dataset: Dataset) -> int:
    """Delete all elements of groups that a data set cannot have, in items of all depths too."""
    return _erase_where(dataset, _is_invalid)


def _put(owner: Dataset, tag: Tag, vr: str, value: Any) -> None:
    """Set one element that is no sequence."""
    present = owner._element(tag)
    if present is not None and present.is_encapsulated:
        raise ValueError(f"{tag} is encapsulated; its fragments cannot be replaced by a value")
    if isinstance(value, (Literal, EncodedValue)):
        element = value.element(tag, vr, owner.character_sets)
    else:
        element = DataElement(tag, vr, value)
    if tag == SPECIFIC_CHARACTER_SET:
        terms = element.value or ()
        relabel(owner, terms if isinstance(terms, tuple) else (terms,))
    owner.add(element)


def _erase(owner: Dataset, tag: Tag) -> int:
    if not owner._has(tag):
        return 0
    if tag == SPECIFIC_CHARACTER_SET:
        relabel(owner, ())
    else:
        del owner[tag]
    return 1


def _is_odd(tag: int) -> bool:
    return bool(tag & 0x10000)


def _is_invalid(tag: int) -> bool:
    return tag >> 16 in _OTHER_GROUPS or tag >> 16 in _ILLEGAL_GROUPS


def _erase_where(dataset: Dataset, is_wanted: Callable[[int], bool]) -> int:
    if not any(is_wanted(element._tag) for element in dataset.walk()):
        return 0
    count = 0
    for owner in _with_items(dataset):
        for tag in [element._tag for element in owner if is_wanted(element._tag)]:
            del owner[tag]
            count += 1
    return count


def _everywhere(dataset: Dataset, steps: Steps) -> Iterator[tuple[Dataset, Tag]]:
    """The data sets that have an element, from the outer to the inner ones, and its tag."""
    *around, (tag, number) = steps
    if number != NONE:
        raise ValueError("the path ends in an item, not in an element")
    for start in find_items(dataset, around):
        if any(element._tag == tag for element in start.walk()):  # looking costs less than making all items
            for owner in _with_items(start):
                if owner._has(tag):
                    yield owner, tag


def _with_items(dataset: Dataset) -> Iterator[Dataset]:
    """A data set and the items in it, of all depths; what was deleted when its turn comes is left out."""
    pending = [dataset]
    while pending:
        dataset = pending.pop()
        yield dataset
        for element in reversed(list(dataset)):
            if element.vr == "SQ":
                pending += reversed(element.value)


def _legal(steps: Steps) -> Steps:
    for tag, _ in steps:
        if tag.group in _OTHER_GROUPS:
            raise ValueError("elements of the groups 0000 and 0002 cannot be set in a data set")
        if tag.group in _ILLEGAL_GROUPS:
            raise ValueError("the groups 0001, 0003, 0005, 0007 and FFFF are illegal")
    return steps


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, Literal) and not value.text)


def _is_items(value: Any) -> bool:
    from dicomkit.dataset.sequence import Sequence

    return isinstance(value, (Sequence, list))


def _no_value() -> int:
    raise ValueError("a sequence or an item has no value that could be set")

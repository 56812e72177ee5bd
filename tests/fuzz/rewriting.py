"""What is read from mutated bytes is saved again, in another encoding and after a change, and read back.

Saving ends in bytes or in a documented error. What comes back of a sound data set has the same elements with the same
values; only what an encoding cannot say may be lost, which is the VRs of unknown elements in implicit VR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import dicomkit
from dicomkit import DataElement
from dicomkit.errors import EncodeError, ParseError, UnsupportedTransferSyntax
from dicomkit.standard import dictionary

if TYPE_CHECKING:
    from dicomkit import Dataset

SYNTAXES: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
IMPLICIT: Final = SYNTAXES[1]
LENGTHS: Final = ("keep", "explicit", "undefined", "keep")
GROUPS: Final = ("keep", "recalculate", "create", "remove")
PADDINGS: Final = (None, None, (0, 0), (64, 6))
TRAILING_PADDING: Final = 0xFFFCFFFC
NEW_TAG: Final = 0x00100020
WORDS: Final = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OL", "OF"), 4),
    **dict.fromkeys(("FD", "SV", "UV", "OD", "OV"), 8),
}
LONGEST_SHORT: Final = 0xFFFE


class Lost(Exception):
    """Something did not come back."""


def check_saving(dataset: Dataset, choice: int, data: bytes | None) -> None:
    """Save in all the ways that a choice names. `data` are the bytes that an unchanged data set is to be saved as."""
    if data is not None and dataset.to_bytes() != data:
        raise Lost("unchanged, but saved as other bytes")
    options: dict[str, Any] = {
        "transfer_syntax": SYNTAXES[choice & 3],
        "sequence_length": LENGTHS[choice >> 2 & 3],
        "group_length": GROUPS[choice >> 4 & 3],
        "padding": PADDINGS[choice >> 6 & 3],
        "meta": "new" if choice & 256 else "keep",
        "old_vrs": choice & 0xE00 == 0xE00,
    }
    compare(dataset, saved(dataset, **options), options)
    if choice & 0x1000:
        change(dataset, choice >> 13)
        compare(dataset, saved(dataset), {})
        compare(dataset, saved(dataset, **options), options)


def saved(dataset: Dataset, **options: Any) -> Dataset | None:
    """The data set as it comes back; None if it cannot be written, or is too small to be recognised."""
    try:
        content = dataset.to_bytes(**options)
    except (EncodeError, UnsupportedTransferSyntax) as error:
        if not str(error):
            raise Lost("an error without a sentence") from error
        return None
    if any(element.tag >> 16 == 0x0200 for element in dataset):
        return None  # in big endian, that is 0002 to who reads File Meta Information
    try:
        again: Dataset = dicomkit.read(content)
    except ParseError as error:
        if "too deeply" not in str(error):
            raise
        return None  # bytes of a damaged data set that are sequences too, once they stand elsewhere
    if any(problem.code == "wrong-transfer-syntax" for problem in again.problems):
        return None  # its first tag makes more sense in the other byte order: nobody can tell
    return again


def change(dataset: Dataset, choice: int) -> None:
    """Something small: a value at the root, or in an item."""
    item = dataset
    for _ in range(choice & 3):
        inner = next((element for element in item if element.vr == "SQ" and len(element.value)), None)
        if inner is None:
            break
        item = inner.value[-1]
    item.add(DataElement(NEW_TAG, "LO", "changed"))


def compare(before: Dataset, after: Dataset | None, options: dict[str, Any]) -> None:
    """See that everything came back, of what was sound: where structures were damaged, what stands there is a guess."""
    if after is None or any(problem.offset is not None for problem in before.problems):
        return
    if after.transfer_syntax == IMPLICIT or options.get("old_vrs"):
        if any(element.vr == "SQ" and not is_known_sequence(element) for element in before.walk()):
            return  # nothing says that it is one
        ours, theirs = [[int(element.tag) for element in each if is_compared(element)] for each in (before, after)]
        if ours != theirs:
            raise Lost(f"elements {ours} came back as {theirs}")
        return
    ours_all, theirs_all = elements(before), elements(after)
    hidden = tuple(f"{one.path}[" for one in ours_all if is_hidden_sequence(one))
    if hidden:  # of bytes that are items, one may see so when they stand elsewhere
        theirs_all = [other for other in theirs_all if not other.path.startswith(hidden)]
    if [one.path for one in ours_all] != [one.path for one in theirs_all]:
        paths = {one.path for one in ours_all} ^ {one.path for one in theirs_all}
        raise Lost(f"{len(ours_all)} elements came back as {len(theirs_all)}: {sorted(paths)[:5]}")
    for one, other in zip(ours_all, theirs_all, strict=True):
        compare_element(one, other)


def is_hidden_sequence(element: DataElement) -> bool:
    return (
        element.vr != "SQ" and element.offset is not None and element.raw[:4] in (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
    )


def is_known_sequence(element: DataElement) -> bool:
    entry = dictionary.element(element.tag)
    return entry is not None and entry.vr == ("SQ",)


def elements(dataset: Dataset) -> list[DataElement]:
    return [element for element in dataset.walk() if is_compared(element)]


def is_compared(element: DataElement) -> bool:
    """Group lengths and padding are counted anew."""
    return element.tag != TRAILING_PADDING and bool(element.tag & 0xFFFF) and ",0000)[" not in element.path


def compare_element(one: DataElement, other: DataElement) -> None:
    if one.vr == "SQ" or other.vr == "SQ":
        if is_hidden_sequence(one):
            return
        if one.vr != other.vr or len(one.value) != len(other.value):
            raise Lost(f"{one.path}: {one.vr} came back as {other.vr}, or with other items")
        return
    if one.is_encapsulated or other.is_encapsulated:
        if one.is_encapsulated != other.is_encapsulated:
            raise Lost(f"{one.path}: fragments")
        return
    if one.offset is None:
        if one.value != other.value:
            raise Lost(f"{one.path}: {one.value!r} came back as {other.value!r}")
        return
    expected, found = one.raw, other.raw
    if one.big_endian != other.big_endian and one.vr in WORDS and len(expected) <= LONGEST_SHORT:
        expected = turned(expected, WORDS[one.vr])
    if expected != found and (not len(expected) % 2 or expected != found[:-1]):
        raise Lost(f"{one.path} {one.vr}: {expected[:40]!r} came back as {found[:40]!r}")


def turned(value: bytes, unit: int) -> bytes:
    whole = len(value) // unit * unit
    return b"".join(value[at : at + unit][::-1] for at in range(0, whole, unit)) + value[whole:]

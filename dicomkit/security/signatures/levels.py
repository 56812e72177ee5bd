"""Digital signatures where they stand: MAC Parameters Sequence and Digital Signatures Sequence (PS3.3 C.12.1.1.3).

Both belong to one level: the data set, or an item of a sequence in it. An item of the one names, by its MAC ID Number, the
item of the other that says how its MAC was calculated.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from dicomkit._ext.view import SequenceView
from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.sequence import Sequence
from dicomkit.errors import DicomError, SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, TypeAlias

    from dicomkit._ext.tagstream import Index

    _Place: TypeAlias = tuple[tuple[int, int], ...]  # the record of each sequence and item around, and its position

__all__ = [
    "Level",
    "add_signature",
    "free_mac_id",
    "insert_timestamp",
    "levels",
    "remove_signature",
    "remove_signatures",
    "value_of",
]

MAC_PARAMETERS: Final = 0x4FFE0001
DIGITAL_SIGNATURES: Final = 0xFFFAFFFA
ORIGINAL_ATTRIBUTES: Final = 0x04000561
MAC_ID: Final = 0x04000005
DATA_ELEMENTS_SIGNED: Final = 0x04000020
UID_OF_SIGNATURE: Final = 0x04000100
TIMESTAMP_TYPE: Final = 0x04000305
TIMESTAMP: Final = 0x04000310
MOST_MAC_IDS: Final = 1 << 16
LONGEST_KEPT: Final = 4096  # bytes of a list of tags


class Level:
    """A data set or item that has digital signatures.

    Attributes:
        item: the data set or item.
        path: tag path of the item, such as `(0040,A730)[0]`; "" at the root.
        around: pairs of the items that this one is in, from the root on, and the tag of the sequence that leads on.
        repeated: whether there are several Digital Signatures or MAC Parameters Sequences at this level, of which a reader
            takes one.
        hidden: whether a reader does not come here, since the tag of a sequence around occurs twice: it has no item then.
        as_read: whether all of the data set is known to be as it was read.
    """

    def __init__(self, item: Dataset, path: str = "", around: tuple[tuple[Dataset, int], ...] = ()) -> None:
        self.item = item
        self.path = path
        self.around = around
        self.repeated = False
        self.hidden = False
        self.as_read = False
        self._parameters: dict[int | None, list[Dataset]] | None = None
        self._named: dict[int, tuple[int, ...]] = {}
        self._snapshot: Dataset | None = None

    @property
    def is_original(self) -> bool:
        """Whether it is part of what the data set was before it was changed (PS3.3 C.12.1.1.9): it cannot be verified."""
        return bool(self.around) and any(tag == ORIGINAL_ATTRIBUTES for _, tag in self.around)

    def signatures(self) -> list[Dataset]:
        """The items of the Digital Signatures Sequence; none if it is no sequence."""
        return _items(self.item, DIGITAL_SIGNATURES)

    def mac_parameters(self, mac_id: int) -> list[Dataset]:
        """The items of the MAC Parameters Sequence with a MAC ID Number: one, if all is right."""
        if self._parameters is None:
            self._parameters = {}
            for item in _items(self.item, MAC_PARAMETERS):
                self._parameters.setdefault(_mac_id(item), []).append(item)
        return self._parameters.get(mac_id, [])

    def elements_signed(self, mac_id: int) -> tuple[int, ...]:
        """The tags in Data Elements Signed of the MAC parameters with a MAC ID Number.

        Of a list that is longer than the data set, only those of elements that are there.
        """
        found = self._named.get(mac_id)
        if found is None:
            found = _elements_signed(self.mac_parameters(mac_id)[0])
            if len(found) > len(self.item):
                found = tuple(frozenset(found).intersection(self.item.keys()))
            self._named[mac_id] = found
        return found

    def snapshot(self) -> Dataset:
        """The item as it is now, whatever is assigned to it later; if nothing was, it has nothing to look for changes in."""
        if self._snapshot is None:
            changed = not self.as_read and self.item.is_changed()
            self._snapshot = self.item.__copy__() if changed else self.item._twin({}, {})
        return self._snapshot


def levels(dataset: Dataset) -> Iterator[Level]:
    """All data sets and items that have a Digital Signatures Sequence, from the outside in."""
    index = dataset._index
    if index is None or dataset.is_changed():
        yield from _walked(Level(dataset))
        return
    first, stop = dataset._problem_records()
    own = 0 if stop is None else len(index.ancestors(first))
    parameters = _places(index, MAC_PARAMETERS, first, stop)
    for place, count in _places(index, DIGITAL_SIGNATURES, first, stop).items():
        level = _entered(dataset, index, place[own:])
        level.repeated = count > 1 or parameters.get(place, 0) > 1
        level.as_read = True
        yield level


def _places(index: Index, tag: int, first: int, stop: int | None) -> dict[_Place, int]:
    """Where elements with a tag are, and how many at each place."""
    found: dict[_Place, int] = {}
    for record in index.records_of(tag):
        if record >= first and (stop is None or record < stop):
            place = tuple(index.ancestors(record)[:-1])
            found[place] = found.get(place, 0) + 1
    return found


def _entered(dataset: Dataset, index: Index, place: _Place) -> Level:
    """The level at a place; it is hidden if looking up the tags that lead there ends elsewhere."""
    level = Level(dataset)
    for (record, _), (_, position) in zip(place[::2], place[1::2], strict=False):
        tag = index.record(record)[0]
        element = level.item._element(tag)
        found = None if element is None else element._place()
        items = value_of(level.item, tag) if found is not None and found[1] == record else None
        if not isinstance(items, Sequence) or position >= len(items):
            level = _inner(level, tag, position, Dataset())
            level.hidden = True
            break
        level = _inner(level, tag, position, items[position])
    return level


def _walked(level: Level) -> Iterator[Level]:
    if level.item._has(DIGITAL_SIGNATURES):
        yield level
    for element in level.item:
        if element.vr == "SQ" or element.encoded_vr == "UN":
            value = element.value
            if isinstance(value, Sequence):
                for position, item in enumerate(value):
                    yield from _walked(_inner(level, element._tag, position, item))


def _inner(level: Level, tag: int, position: int, item: Dataset) -> Level:
    step = f"({tag >> 16:04X},{tag & 0xFFFF:04X})[{position}]"
    return Level(item, f"{level.path}.{step}" if level.path else step, (*level.around, (level.item, tag)))


def value_of(item: Dataset, tag: int) -> Any:
    """The value of an element; None if it is not there or cannot be read."""
    return item._values((tag,))[0]


def _elements_signed(parameters: Dataset) -> tuple[int, ...]:
    element = parameters._element(DATA_ELEMENTS_SIGNED)
    if element is not None and element._place() is not None and (element.length or 0) <= LONGEST_KEPT:
        try:
            return _tags(element.raw, element.big_endian)
        except (DicomError, OSError, struct.error):
            return ()
    tags = value_of(parameters, DATA_ELEMENTS_SIGNED)
    return tags if isinstance(tags, tuple) else () if tags is None else (tags,)


@lru_cache(maxsize=64)
def _tags(value: bytes, big_endian: bool) -> tuple[int, ...]:
    """The tags in a value of AT. The last ones are kept: a modality signs the same elements of all that it makes."""
    return tuple([group << 16 | element for group, element in struct.iter_unpack(">HH" if big_endian else "<HH", value)])


def _mac_id(item: Dataset) -> int | None:
    value = value_of(item, MAC_ID)
    return value if isinstance(value, int) else None


def _items(item: Dataset, tag: int) -> list[Dataset]:
    value = value_of(item, tag)
    return list(value._items()) if isinstance(value, SequenceView) else []  # which is quicker than with an abstract class


# -- changing them


def free_mac_id(item: Dataset) -> int:
    """The lowest MAC ID Number that nothing at this level has.

    Raises:
        SignatureError: all are taken.
    """
    taken = {_mac_id(one) for tag in (MAC_PARAMETERS, DIGITAL_SIGNATURES) for one in _items(item, tag)}
    for number in range(MOST_MAC_IDS):
        if number not in taken:
            return number
    raise SignatureError("there are 65,536 MAC parameters: none is free for one more signature")


def add_signature(item: Dataset, parameters: Dataset, signature: Dataset) -> None:
    """Put a signature and its MAC parameters behind those that there are.

    Raises:
        SignatureError: there is something else in the place of these sequences.
    """
    for tag in (MAC_PARAMETERS, DIGITAL_SIGNATURES):
        element = item._element(tag)
        if element is not None and not isinstance(element.value, Sequence):
            raise SignatureError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is there, but it is no sequence")
    for tag, added in ((MAC_PARAMETERS, parameters), (DIGITAL_SIGNATURES, signature)):
        if item._has(tag):
            item[tag].value.append(added)
        else:
            item[tag] = [added]


def remove_signature(dataset: Dataset, uid: str) -> None:
    """Remove a signature, and its MAC parameters if no other signature has them.

    Args:
        dataset: the data set; the signature may be in any item of it.
        uid: Digital Signature UID.

    Raises:
        SignatureError: there is no such signature.
    """
    level, number = _found(dataset, uid)
    signatures = level.item[DIGITAL_SIGNATURES].value
    mac_id = _mac_id(signatures[number])
    del signatures[number]
    if not any(_mac_id(other) == mac_id for other in signatures):
        parameters = _items(level.item, MAC_PARAMETERS)
        left = [item for item in parameters if _mac_id(item) != mac_id]
        if len(left) < len(parameters):
            level.item[MAC_PARAMETERS] = left
    if not signatures:
        del level.item[DIGITAL_SIGNATURES]
    if level.item._has(MAC_PARAMETERS) and not _items(level.item, MAC_PARAMETERS):
        del level.item[MAC_PARAMETERS]


def remove_signatures(dataset: Dataset) -> int:
    """Remove all signatures and their MAC parameters, in items too. Returns how many signatures there were.

    Those among the Original Attributes stay: they are of another data set.
    """
    count = 0
    for level in list(levels(dataset)):
        if level.is_original:
            continue
        count += len(level.signatures())
        for tag in (DIGITAL_SIGNATURES, MAC_PARAMETERS):
            if level.item._has(tag):
                del level.item[tag]
    return count


def insert_timestamp(dataset: Dataset, uid: str, token: bytes) -> None:
    """Put a certified time-stamp into a signature, in the place of the one it has.

    Args:
        dataset: the data set; the signature may be in any item of it.
        uid: Digital Signature UID.
        token: the time-stamp token of RFC 3161 (CMS, DER).

    Raises:
        SignatureError: there is no such signature.

    PS3.3 C.12.1.1.3.1.3, PS3.15 C.
    """
    level, number = _found(dataset, uid)
    item = level.item[DIGITAL_SIGNATURES].value[number]
    item[TIMESTAMP_TYPE] = "CMS_TSP"
    item[TIMESTAMP] = token


def _found(dataset: Dataset, uid: str) -> tuple[Level, int]:
    """The level of a signature, and which of its signatures it is.

    Raises:
        SignatureError: there is no such signature.
    """
    for level in levels(dataset):
        for number, item in enumerate(level.signatures()):
            if value_of(item, UID_OF_SIGNATURE) == uid:
                return level, number
    raise SignatureError(f"there is no signature with the UID {uid}")

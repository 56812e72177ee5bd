"""One data element (PS3.5 section 7.1): tag, VR and value."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.view import ElementView, element_owner, element_path
from dicomkit.dataset.ambiguous_vr import in_order
from dicomkit.dataset.display import describe_value
from dicomkit.dataset.private import creator_of
from dicomkit.dataset.sequence import Sequence
from dicomkit.dataset.values import normalise
from dicomkit.errors import ValueDecodeError
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["DataElement", "element_for", "element_of", "retagged"]

# VR -> numpy type of one value, without the byte order.
_NUMPY_TYPES = {
    "US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "UV": "u8", "SV": "i8", "FL": "f4", "FD": "f8",
    "OB": "u1", "UN": "u1", "OW": "u2", "OL": "u4", "OV": "u8", "OF": "f4", "OD": "f8",
}  # fmt: skip

# VRs whose values are equal where their bytes are.
_BY_BYTES = frozenset(("AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))


class DataElement(ElementView):
    """A data element. Immutable: to change a value, assign it in its data set.

    Elements that were read decode their value at each touch and know where it stands in the stream (`offset`, `length`,
    `raw`). `value` is, by VR: DS and FL, FD `float`; IS and the binary integers `int`; AT `Tag`; UI `UID`; PN
    `PersonName`; DA, TM, DT `Date`, `Time`, `DateTime`; other text `str`; SQ `Sequence`; OB, OW and the other O types,
    UN `bytes`. An attribute whose VM is 1 has that, or None if empty; any other VM a tuple. Private and unknown
    attributes go by the number of values found. Where a file has more values than the VM allows, the value is a tuple
    all the same: nothing is dropped.

    Args:
        tag: anything that `Tag` takes.
        vr: two letters; None takes the dictionary's (of several the first that the value fits), or UN.
        value: a natural Python value, or several in a list or tuple.
        private_creator: where to look a private tag up.
        dictionary: a user dictionary, looked up before the standard's.
        strict: raise for a value that the standard does not allow, though it can be written: too long, with characters
            that the VR does not have, not well formed, or not as many as the VM says.

    Raises:
        TypeError: the value is of no type that the VR takes.
        ValueError: the value is out of the range of the VR; (strict) the standard does not allow it.
    """

    __slots__ = ()

    def __init__(
        self,
        tag: Tag | int | str | tuple[int, int],
        vr: str | None = None,
        value: Any = None,
        *,
        private_creator: str | None = None,
        dictionary: Dictionary | None = None,
        strict: bool = False,
    ) -> None:
        tag = Tag(tag)
        entry = _entry(tag, private_creator, dictionary)
        vrs = _vrs(entry, value, None) if vr is None else (vr,)
        self._set(tag, *_typed(vrs, value, _shape(tag, entry)))
        if strict:
            from dicomkit.dataset.conformance import check

            for _, sentence in check(self.vr, self.value, None if entry is None else entry[2]):
                raise ValueError(f"{tag}: {sentence}")

    @property
    def keyword(self) -> str:
        """The keyword of PS3.6, or "" for private and unknown elements."""
        entry = standard.element(self._tag, _dictionary(self))
        return "" if entry is None else entry[3]

    @property
    def name(self) -> str:
        """The name of PS3.6 or of the private dictionary, in words; "" if unknown."""
        creator = self.private_creator
        if creator is not None:
            entry = standard.private_element(creator, self._tag, _dictionary(self))
        else:
            entry = standard.element(self._tag, _dictionary(self))
        return "" if entry is None else entry[4]

    @property
    def private_creator(self) -> str | None:
        """The private creator that reserved the element's block (PS3.5 7.8.1), or None."""
        owner = element_owner(self)
        return None if owner is None else creator_of(owner, self._tag)

    @property
    def path(self) -> str:
        """Where the element stands, from the root of what was read: `(0040,A730)[0].(0008,0100)`."""
        return element_path(self)

    @property
    def is_private(self) -> bool:
        """Whether the group is odd."""
        return bool(self._tag & 0x10000)

    def array(self) -> NDArray[Any]:
        """The values of a binary VR as a read-only one-dimensional numpy array, without a copy if they are bytes in memory.

        Raises:
            TypeError: the VR is not a binary one.
        """
        import numpy as np

        if self.vr not in _NUMPY_TYPES or self.is_encapsulated:
            raise TypeError(f"{self.tag} {self.vr} is not an array of numbers")
        dtype = np.dtype(_NUMPY_TYPES[self.vr]).newbyteorder(">" if self.big_endian else "<")
        data = self.view() if self.offset is not None else _assigned_bytes(self)
        return np.frombuffer(data, dtype, len(data) // dtype.itemsize)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DataElement):
            return NotImplemented
        if self is other:
            return True
        if self._tag != other._tag or self.vr != other.vr:
            return False
        return _same_bytes(self, other) or _same_value(self, other)

    __hash__ = None  # type: ignore[assignment]  # like a data set: equal by value, and a sequence's value can change

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __str__(self) -> str:
        return f"{self.tag} {self.vr} {self.keyword or self.name or '?'}: {describe_value(self)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return element_of, (int(self._tag), self.vr, self.value)

    def __copy__(self) -> DataElement:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> DataElement:
        if self.vr != "SQ":
            return self
        import copy

        return element_of(self._tag, "SQ", copy.deepcopy(self.value, memo))


def element_for(dataset: Dataset, tag: int, value: Any) -> DataElement:
    """The element that a data set keeps for an assigned value or element; the VR that is there stays.

    Raises:
        TypeError, ValueError: see DataElement; or the element has another tag.
    """
    if isinstance(value, DataElement):
        if value._tag != tag:
            raise ValueError(f"an element with tag {value.tag} cannot be stored under {Tag(tag)}")
        return value._apart() if value.vr != "SQ" else element_of(tag, "SQ", value.value)
    entry = _entry(tag, creator_of(dataset, tag), dataset._dictionary)
    present = dataset._element(tag)
    vrs = _vrs(entry, value, dataset) if present is None else (present.vr,)
    return element_of(tag, *_typed(vrs, value, _shape(tag, entry)))


def retagged(element: DataElement, tag: int) -> DataElement:
    """The same VR and value under another tag."""
    return element if element._tag == tag else element_of(tag, element.vr, element.value)


def _entry(tag: int, creator: str | None, dictionary: Dictionary | None) -> Any:
    """The row of the dictionary, or None."""
    if creator is None:
        return standard.element(tag, dictionary)
    return standard.private_element(creator, tag, dictionary)


def _vrs(entry: Any, value: Any, dataset: Dataset | None) -> tuple[str, ...]:
    """The VRs that an element may have, the likeliest first."""
    if entry is None or not entry[1]:
        return ("SQ",) if isinstance(value, Sequence) else ("UN",)
    vrs: tuple[str, ...] = entry[1]
    return vrs if len(vrs) == 1 else in_order(vrs, dataset)


def _shape(tag: int, entry: Any) -> str | None:
    """The VM that says whether one value is a tuple; private elements go by the number of values."""
    return None if entry is None or tag & 0x10000 else entry[2]


def _assigned_bytes(element: DataElement) -> bytes:
    """The numbers of an assigned element in little endian."""
    value = element.value
    if value is None or isinstance(value, bytes):
        return value or b""
    from dicomkit._ext.encode import encode_value

    return encode_value(element.vr, value, None, False)


def _typed(vrs: tuple[str, ...], value: Any, vm: str | None) -> tuple[str, Any]:
    """The first VR that the value fits, and the value as it becomes."""
    *others, last = vrs
    for vr in others:
        try:
            return vr, normalise(vr, value, vm)
        except (TypeError, ValueError):
            pass
    return last, normalise(last, value, vm)


def _same_bytes(one: DataElement, other: DataElement) -> bool:
    """Whether two elements of one tag and VR are numbers of the same bytes: then they need not be decoded.

    So a NaN, or what cannot be decoded, equals itself. Text is left out: its meaning depends on the character set.
    """
    if one.offset is None or other.offset is None or one.vr not in _BY_BYTES or one.big_endian != other.big_endian:
        return False
    return one.raw == other.raw


def _same_value(one: DataElement, other: DataElement) -> bool:
    try:
        return bool(one.value == other.value)
    except ValueDecodeError:
        return False


def _dictionary(element: DataElement) -> Any:
    owner = element_owner(element)
    return None if owner is None or owner._index is None else owner._index.dictionary


def element_of(tag: int, vr: str, value: Any) -> DataElement:
    """The element of a value that is one of its VR already."""
    element = DataElement.__new__(DataElement)
    element._set(tag, vr, value)
    return element

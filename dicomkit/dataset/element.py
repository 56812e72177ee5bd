"""One data element (PS3.5 section 7.1): tag, VR and value."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.view import ElementView, element_owner, element_path
from dicomkit.dataset.display import describe_value
from dicomkit.dataset.values import normalise
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

__all__ = ["DataElement"]

# VR -> numpy type of one value, without the byte order.
_NUMPY_TYPES = {
    "US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "UV": "u8", "SV": "i8", "FL": "f4", "FD": "f8",
    "OB": "u1", "UN": "u1", "OW": "u2", "OL": "u4", "OV": "u8", "OF": "f4", "OD": "f8",
}  # fmt: skip


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
        vr: two letters; None takes the dictionary's.
        value: a natural Python value, or several in a list or tuple.

    Raises:
        TypeError, ValueError: the value is not one of that VR.
    """

    __slots__ = ()

    def __init__(self, tag: Tag | int | str, vr: str | None = None, value: Any = None) -> None:
        tag = Tag(tag)
        vr = vr or dictionary_vr(tag)
        self._set(tag, vr, normalise(tag, vr, value))

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
        if not self._tag & 0x10000 or self._tag & 0xFFFF < 0x1000:
            return None
        owner = element_owner(self)
        if owner is None:
            return None
        creator = owner._element((self._tag & 0xFFFF0000) | (self._tag >> 8 & 0xFF))
        return None if creator is None else _first_text(creator.value)

    @property
    def path(self) -> str:
        """Where the element stands, from the root of what was read: `(0040,A730)[0].(0008,0100)`."""
        return element_path(self)

    @property
    def is_private(self) -> bool:
        """Whether the group is odd."""
        return bool(self._tag & 0x10000)

    def array(self) -> NDArray[Any]:
        """The values of a binary VR as a read-only one-dimensional numpy array, without a copy if they are in memory.

        Raises:
            TypeError: the VR is not a binary one, or the element was assigned.
        """
        import numpy as np

        if self.vr not in _NUMPY_TYPES or self.is_encapsulated:
            raise TypeError(f"{self.tag} {self.vr} is not an array of numbers")
        dtype = np.dtype(_NUMPY_TYPES[self.vr]).newbyteorder(">" if self.big_endian else "<")
        data = self.view()
        return np.frombuffer(data, dtype, len(data) // dtype.itemsize)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DataElement):
            return NotImplemented
        return self._tag == other._tag and self.vr == other.vr and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]  # like a data set: equal by value, and a sequence's value can change

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __str__(self) -> str:
        return f"{self.tag} {self.vr} {self.keyword or self.name or '?'}: {describe_value(self)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (int(self._tag), self.vr, self.value)

    def __copy__(self) -> DataElement:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> DataElement:
        if self.vr != "SQ":
            return self
        import copy

        return _rebuild(self._tag, "SQ", copy.deepcopy(self.value, memo))


def dictionary_vr(tag: int) -> str:
    """The VR that the public dictionary has for a tag; the first where it has several, UN where it has none."""
    entry = standard.element(tag)
    return entry[1][0] if entry is not None and entry[1] else "UN"


def _dictionary(element: DataElement) -> Any:
    owner = element_owner(element)
    return None if owner is None or owner._index is None else owner._index.dictionary


def _first_text(value: Any) -> str | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    if isinstance(value, bytes):
        value = value.decode("latin-1").strip("\0 ")
    return value if isinstance(value, str) else None


def _rebuild(tag: int, vr: str, value: Any) -> DataElement:
    element = DataElement.__new__(DataElement)
    element._set(tag, vr, value)
    return element

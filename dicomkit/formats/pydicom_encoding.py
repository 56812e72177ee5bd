"""The bytes of pydicom's data sets: of what it has not decoded as they are, of the rest as pydicom encodes it."""

from __future__ import annotations

from struct import pack

from dicomkit._ext import standard
from dicomkit.errors import EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["Encoder"]

ITEM: Final = 0xFFFEE000
ITEM_DELIMITATION: Final = 0xFFFEE00D
SEQUENCE_DELIMITATION: Final = 0xFFFEE0DD
SPECIFIC_CHARACTER_SET: Final = 0x00080005
UNDEFINED: Final = 0xFFFFFFFF
LONGEST_SHORT: Final = 0xFFFF

#: VRs whose values are bytes: what pydicom has of them is what is written.
BYTES: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


class Encoder:
    """Encodes data sets of pydicom.

    Args:
        implicit: whether to encode in implicit VR.
        little: whether to encode in little endian.

    Attributes:
        lost: where implicit VR loses the VR of an element that is decoded: the way to its data set as (tag, number of the
            item), the data set and the tag.
    """

    def __init__(self, implicit: bool, little: bool) -> None:
        self.implicit = implicit
        self.little = little
        self.lost: list[tuple[tuple[tuple[int, int], ...], Any, int]] = []
        self._order = "<" if little else ">"

    def dataset(self, dataset: Any, charset: Any = None, way: tuple[tuple[int, int], ...] = ()) -> bytes:
        """A data set or item.

        Args:
            dataset: of pydicom.
            charset: Specific Character Set of the data set around.
            way: to the item.

        Raises:
            EncodeError: pydicom cannot encode a value.
            OSError: a deferred value cannot be read.
        """
        parts: list[bytes] = []
        recoded = _is_recoded(dataset)
        for tag in sorted(dataset.keys()):
            element = dataset.get_item(tag, keep_deferred=True)
            if element.is_raw and element.value is None and element.length != 0:
                element = _read(dataset, element)
            if element.is_raw and self._fits(element) and not (recoded and element.VR not in BYTES):
                value = element.value or b""
                parts += self._element(tag, element.VR, value, element.length == UNDEFINED)
                continue
            if element.is_raw:
                element = dataset[tag]
            if len(element.VR) != 2 and not self.implicit:
                element = _settled(element, dataset, self.little)
            if charset is None or tag == SPECIFIC_CHARACTER_SET or "SpecificCharacterSet" in dataset:
                charset = dataset.get("SpecificCharacterSet", charset)
            if self.implicit and self._loses(tag, element.VR):
                self.lost.append((way, dataset, tag))
            if element.VR == "SQ":
                parts += self._sequence(element, charset, way)
            else:
                parts.append(self._value(element, charset))
        return b"".join(parts)

    def _fits(self, element: Any) -> bool:
        """Whether the bytes of a raw element can be taken over."""
        if element.is_little_endian != self.little and element.VR not in ("OB", "UN"):
            return False
        if self.implicit:
            return bool(element.is_implicit_VR)
        return element.VR is not None and len(element.VR) == 2 and not element.is_implicit_VR

    def _loses(self, tag: int, vr: str) -> bool:
        """Whether the VR of an element may not be known when it is read in implicit VR."""
        row = standard.element(tag)
        return len(vr) == 2 and (row is None or row[1] != (vr,))

    def _element(self, tag: int, vr: str, value: bytes, undefined: bool) -> list[bytes]:
        """Header, value and, behind an undefined length, the delimiter."""
        from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

        length = UNDEFINED if undefined else len(value)
        group, number = tag >> 16, tag & 0xFFFF
        if self.implicit:
            header = pack(f"{self._order}HHI", group, number, length)
        elif vr in EXPLICIT_VR_LENGTH_32 or undefined:
            header = pack(f"{self._order}HH2s2xI", group, number, vr.encode("latin-1"), length)
        elif length <= LONGEST_SHORT:
            header = pack(f"{self._order}HH2sH", group, number, vr.encode("latin-1"), length)
        else:
            header = pack(f"{self._order}HH2s2xI", group, number, b"UN", length)
        return [header, value, *([self._tag(SEQUENCE_DELIMITATION, 0)] if undefined else [])]

    def _tag(self, tag: int, length: int) -> bytes:
        return pack(f"{self._order}HHI", tag >> 16, tag & 0xFFFF, length)

    def _sequence(self, element: Any, charset: Any, way: tuple[tuple[int, int], ...]) -> list[bytes]:
        items: list[bytes] = []
        for number, item in enumerate(element.value):
            content = self.dataset(item, charset, (*way, (element.tag, number)))
            if getattr(item, "is_undefined_length_sequence_item", False):
                items += [self._tag(ITEM, UNDEFINED), content, self._tag(ITEM_DELIMITATION, 0)]
            else:
                items += [self._tag(ITEM, len(content)), content]
        return self._element(element.tag, "SQ", b"".join(items), element.is_undefined_length)

    def _value(self, element: Any, charset: Any) -> bytes:
        """An element that is decoded."""
        from pydicom.filebase import DicomBytesIO
        from pydicom.filewriter import write_data_element

        file = DicomBytesIO()
        file.is_implicit_VR = self.implicit
        file.is_little_endian = self.little
        try:
            write_data_element(file, element, charset)
        except Exception as error:  # a wrong value ends in whatever the code that meets it raises
            raise EncodeError(f"pydicom cannot encode the value: {error}", int(element.tag)) from error
        return file.getvalue()


def _is_raw(dataset: Any, tag: int) -> bool:
    return tag in dataset and bool(dataset.get_item(tag).is_raw)


def _is_recoded(dataset: Any) -> bool:
    """Whether text that is not decoded is in other character sets than the data set says by now."""
    if not dataset.original_character_set or _is_raw(dataset, SPECIFIC_CHARACTER_SET):
        return False
    return bool(dataset.original_character_set != dataset._character_set)


def _settled(element: Any, dataset: Any, little: bool) -> Any:
    """The same element with one of the VRs that it may have, such as "US or SS"."""
    import copy

    from pydicom.filewriter import correct_ambiguous_vr_element

    settled: Any = correct_ambiguous_vr_element(copy.copy(element), dataset, little)
    if len(settled.VR) != 2:
        settled.VR = "OW" if isinstance(settled.value, bytes) else settled.VR[:2]
    return settled


def _read(dataset: Any, element: Any) -> Any:
    """A deferred element with its value."""
    from pydicom.filereader import read_deferred_data_element

    open_buffer = dataset.buffer is not None and not getattr(dataset.buffer, "closed", False)
    source = dataset.buffer if open_buffer else dataset.filename
    return read_deferred_data_element(dataset.fileobj_type, source, dataset.timestamp, element)

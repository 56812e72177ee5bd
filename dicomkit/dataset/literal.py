"""Values written as text, as people type them: `Literal("1.50")`.

The text is what a dump shows, without its brackets: text values as they are, numbers in decimal digits, bytes and words
in hexadecimal, tags in parentheses, several values with backslashes between them. What a number in text (DS, IS) looks
like is kept: "1.50" stays "1.50".
"""

from __future__ import annotations

from dicomkit._ext.tagstream import index_bytes
from dicomkit.dataset.dataset import from_index
from dicomkit.dataset.element import DataElement
from dicomkit.standard.vr import VRS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.dataset.text import CharacterSets

__all__ = ["Literal", "encoded_element"]

#: VR -> bytes of one unit that is written in hexadecimal.
_HEXADECIMAL: Final = {"OB": 1, "UN": 1, "OW": 2}
#: VR -> format of `struct` of the numbers in a value of bytes.
_PACKED: Final = {"OD": "d", "OF": "f", "OL": "I", "OV": "Q"}


class Literal:
    """A value as text, for an element of any VR.

    Characters that stand for bytes which are no text (PEP 383, as in `sys.argv`) are those bytes in the file.
    """

    __slots__ = ("_made", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._made: dict[tuple[int, str, CharacterSets | None], DataElement] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def element(self, tag: int, vr: str, character_sets: CharacterSets) -> DataElement:
        """The element with this value. Elements are kept: one literal usually goes to many data sets.

        Args:
            tag: its tag.
            vr: its VR.
            character_sets: those of the data set that it is for.

        Raises:
            ValueError: the text is no value of the VR.

        PS3.5 6.2.
        """
        key = (tag, vr, None if self.text.isascii() else character_sets)
        element = self._made.get(key)
        if element is None:
            if len(self._made) >= 256:
                self._made.clear()
            element = self._made[key] = self._element(tag, vr, character_sets)
        return element

    def _element(self, tag: int, vr: str, character_sets: CharacterSets) -> DataElement:
        text = self.text
        if not text:
            return DataElement(tag, vr)
        if vr in ("DS", "IS"):
            return encoded_element(tag, vr, text.rstrip(" ").encode("utf-8", "surrogateescape"), character_sets)
        if VRS[vr].is_string:
            if vr == "UI":
                text = "\\".join([_uid(one) for one in text.split("\\")])
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:
                return encoded_element(tag, vr, text.encode("utf-8", "surrogateescape"), character_sets)
            return DataElement(tag, vr, text)
        read = _READERS.get(vr)
        if read is None:
            raise ValueError(f"a value of {vr} cannot be written as text")
        return DataElement(tag, vr, read(text))


def encoded_element(tag: int, vr: str, value: bytes, character_sets: CharacterSets) -> DataElement:
    """An element whose value has these very bytes, whatever they are; numbers are in little endian.

    Args:
        tag: its tag.
        vr: its VR.
        value: the bytes; of odd length they are padded.
        character_sets: what its text is encoded in.

    Raises:
        ValueError: the value is too long for the VR.
    """
    kind = VRS[vr]
    if len(value) % 2:
        value += kind.padding
    if len(value) > (0xFFFFFFFE if kind.long_header else 0xFFFE):
        raise ValueError(f"{len(value)} bytes are too many for a value of {vr}")
    number = bytes((tag >> 16 & 0xFF, tag >> 24, tag & 0xFF, tag >> 8 & 0xFF))
    length = b"\0\0" + len(value).to_bytes(4, "little") if kind.long_header else len(value).to_bytes(2, "little")
    dataset = from_index(index_bytes(number + vr.encode() + length + value), None, character_sets)
    return dataset[tag]


def _uid(text: str) -> str:
    """A UID; `=CTImageStorage` stands for one of the registry."""
    if text[:1] != "=":
        return text.replace(" ", "")
    from dicomkit.standard.uid import UID

    return UID.from_keyword(text[1:])


def _number(text: str, convert: Callable[[str], Any]) -> Any:
    if "_" in text or not text.isascii():  # which Python allows
        raise ValueError(f"{text!r} is not a number")
    try:
        return convert(text)
    except ValueError:
        raise ValueError(f"{text!r} is not {'an integer' if convert is int else 'a number'}") from None


def _integers(text: str) -> list[int]:
    return [_number(one, int) for one in text.split("\\")]


def _floats(text: str) -> list[float]:
    return [_number(one, float) for one in text.split("\\")]


def _tags(text: str) -> list[int]:
    from dicomkit.dataset.edit_path import tag_of_text

    return [tag_of_text(one) for one in text.split("\\")]


def _hexadecimal(size: int) -> Callable[[str], bytes]:
    def read(text: str) -> bytes:
        parts = []
        for one in text.split("\\"):
            try:
                parts.append(_number(one, _from_hexadecimal).to_bytes(size, "little"))
            except (ValueError, OverflowError):
                raise ValueError(f"{one!r} is not {'a byte' if size == 1 else 'a word'} in hexadecimal") from None
        return b"".join(parts)

    return read


def _from_hexadecimal(digits: str) -> int:
    return int(digits, 16)


def _packed(code: str) -> Callable[[str], bytes]:
    def read(text: str) -> bytes:
        import struct

        numbers = _floats(text) if code in "df" else _integers(text)
        try:
            return struct.pack(f"<{len(numbers)}{code}", *numbers)
        except (struct.error, OverflowError):
            raise ValueError(f"{text!r} has a number out of range") from None

    return read


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "AT": _tags,
    **dict.fromkeys(("SL", "SS", "SV", "UL", "US", "UV"), _integers),
    **dict.fromkeys(("FD", "FL"), _floats),
    **{vr: _hexadecimal(size) for vr, size in _HEXADECIMAL.items()},
    **{vr: _packed(code) for vr, code in _PACKED.items()},
}

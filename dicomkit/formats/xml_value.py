"""Values in XML as values of a data element (PS3.19 A.1.5, PS3.5 6.2)."""

from __future__ import annotations

import binascii
import struct

from dicomkit.dataset.text import TEXT_VRS, CharacterSets, decode_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["BINARY_VRS", "Base64", "Hex", "field_texts", "text_values", "values_of_field"]

#: VRs whose values are bytes.
BINARY_VRS: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
#: Of these, those that DCMTK's form has as numbers in text.
_PACKED: Final = {"OD": "d", "OF": "f", "OL": "I", "OV": "Q"}
_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
_ONE_TEXT: Final = frozenset(("LT", "ST", "UT", "UR"))  # a backslash is a character in these (PS3.5 6.4)
_MAY_HAVE_LINES: Final = frozenset(("LT", "ST", "UT"))  # PS3.5 6.1.3: CR, LF, FF and TAB are for these
_LINE_ENDS: Final = "\r\n\t"


def text_values(vr: str, texts: list[str]) -> list[Any] | bytes:
    """The values of an element, as `DataElement` takes them, from the text of each.

    Raises:
        ValueError: they are not what the VR has.
    """
    if vr in _PACKED:
        return _packed(vr, texts)
    leading = True
    if vr in TEXT_VRS:
        leading = TEXT_VRS[vr][0]
        if vr not in _MAY_HAVE_LINES:
            texts = [text.strip(_LINE_ENDS) for text in texts]
    else:
        texts = [text.strip(_LINE_ENDS) for text in texts]
    texts = [text.rstrip(" \0") for text in texts]
    if leading:
        texts = [text.lstrip(" \0") for text in texts]
    if texts == [""]:
        return []
    if vr == "DS":
        return [_float(text) if text else None for text in texts]
    if vr == "IS":
        return [_integer(text) if text else None for text in texts]
    if vr == "FL":
        return list(struct.unpack(f"<{len(texts)}f", _packed(vr, texts)))  # the nearest that 32 bits have
    if vr in _NUMBERS:
        return [_float(text) if vr == "FD" else _integer(text) for text in texts]
    if vr == "AT":
        return [_tag(text) for text in texts]
    return texts


def _packed(vr: str, texts: list[str]) -> bytes:
    """The bytes of numbers."""
    if len(texts) == 1 and not texts[0].strip():
        return b""
    convert: Any = _float if vr in ("OD", "OF", "FL") else _integer
    try:
        return struct.pack(f"<{len(texts)}{_PACKED.get(vr, 'f')}", *[convert(text.strip()) for text in texts])
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{vr}: {error}") from None


def _float(text: str) -> float:
    if not text.isascii() or "_" in text:
        raise ValueError(f"{text!r} is no number")
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _integer(text: str) -> int:
    try:
        if text.isascii() and "_" not in text and len(text) <= 64:
            try:
                return int(text)
            except ValueError:
                number = float(text)  # "1.0", as some write integer strings
                if number == int(number):
                    return int(number)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{text[:64]!r} is no integer")


def _tag(text: str) -> int:
    """A tag as "00100020" (PS3.19) or as "(0010,0020)" (DCMTK)."""
    digits = text.strip("()").replace(",", "")
    if len(digits) == 8:
        try:
            return int.from_bytes(binascii.unhexlify(digits))
        except ValueError:
            pass
    raise ValueError(f"{text!r} is no tag of eight hexadecimal digits")


def field_texts(vr: str, text: str) -> tuple[str, ...]:
    """The text of each value, of a whole field of text."""
    return (text,) if vr in _ONE_TEXT else tuple(text.split("\\"))


def values_of_field(vr: str, data: bytes, sets: CharacterSets | None) -> Any:
    """The value of a value field in little endian, its text in the character sets of the data set.

    Raises:
        ValueError: it is not what the VR has.
    """
    if vr in BINARY_VRS:
        return data
    if vr in _NUMBERS or vr == "AT":
        form = _NUMBERS.get(vr, "HH")
        size = struct.calcsize("<" + form)
        if len(data) % size:
            raise ValueError(f"{len(data)} bytes are not a number of values of {size} bytes")
        if vr == "AT":
            return [group << 16 | element for group, element in struct.iter_unpack("<HH", data)]
        return list(struct.unpack(f"<{len(data) // size}{form}", data))
    texts = list(decode_values(data, sets, vr))
    return texts if vr not in ("DS", "IS") else text_values(vr, texts)


class Base64:
    """Decodes text that comes in pieces. Blanks and line ends do not count."""

    __slots__ = ("_data", "_rest")

    def __init__(self) -> None:
        self._data = bytearray()
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take a piece.

        Raises:
            ValueError: it is not base64.
        """
        text = self._rest + "".join(text.split())
        whole = len(text) & ~3
        self._rest = text[whole:]
        if whole:
            if self._data and len(self._data) % 3:
                raise ValueError("text after the end of base64")
            self._data += _base64(text[:whole])

    def finish(self) -> bytes:
        """The bytes.

        Raises:
            ValueError: the end is missing.
        """
        if self._rest:
            raise ValueError("the end of base64 is missing")
        return bytes(self._data)


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as error:
        raise ValueError(f"not base64: {error}") from None


class Hex:
    r"""Decodes bytes ("01\a0") or 16-bit words ("01a0\0002") in hexadecimal that come in pieces."""

    __slots__ = ("_data", "_rest", "_words")

    def __init__(self, words: bool) -> None:
        self._data = bytearray()
        self._rest = ""
        self._words = words

    def feed(self, text: str) -> None:
        """Take a piece.

        Raises:
            ValueError: it is something else.
        """
        text = self._rest + "".join(text.split())
        end = text.rfind("\\")
        if end < 0:
            self._rest = text
        else:
            self._rest = text[end + 1 :]
            self._take(text[:end])

    def finish(self) -> bytes:
        """The bytes; words in little endian.

        Raises:
            ValueError: the last of them is something else.
        """
        if self._rest or self._data:
            self._take(self._rest)
        return bytes(self._data)

    def _take(self, text: str) -> None:
        width = 4 if self._words else 2
        try:
            if len(text) % (width + 1) == width and text.count("\\") == len(text) // (width + 1):
                data = bytes.fromhex(text[:width] + text[width:].replace("\\", " " if width == 2 else ""))
            else:
                data = bytes.fromhex("".join([part.zfill(width) if part else "?" for part in text.split("\\")]))
            if len(data) != width // 2 * (text.count("\\") + 1):
                raise ValueError
        except ValueError:
            raise ValueError(f"hexadecimal numbers of up to {width} digits are needed") from None
        if self._words:
            swapped = bytearray(len(data))
            swapped[::2], swapped[1::2] = data[1::2], data[::2]
            data = bytes(swapped)
        self._data += data

"""Values of the DICOM JSON Model as values of a data element (PS3.18 F.2.3 to F.2.7)."""

from __future__ import annotations

import binascii
import struct

from dicomkit.dataset.text import character_sets, decode_values
from dicomkit.errors import ParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = ["field_value", "text_of_field", "values"]

_BYTES: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
_ONE_TEXT: Final = frozenset(("LT", "ST", "UT", "UR"))  # a backslash is a character in these (PS3.5 6.4)
_MAY_BE_TEXT: Final = frozenset(("DS", "IS", "SV", "UV"))  # of the numbers, table F.2.3-1
_SPECIAL: Final = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}  # numbers that JSON does not have
_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")


def values(vr: str, array: Any, path: str) -> list[Any]:
    """The values of a Value array, as `DataElement` takes them; an empty one is "" in text and None in numbers.

    Raises:
        ParseError: they are not of the types that the VR has.
    """
    if not isinstance(array, list):
        raise ParseError("Value is an array", None, path)
    if vr in _BYTES:
        raise ParseError(f"{vr} has InlineBinary, not Value", None, path)
    if vr in _NUMBERS or vr in _MAY_BE_TEXT:
        return [] if array == [None] else [_number(vr, value, path) for value in array]
    if vr == "PN":
        return _unless_empty([_name(value, path) for value in array])
    if vr == "AT":
        return [_tag(value, path) for value in array]
    texts = _unless_empty([_text(value, path) for value in array])
    if vr in _ONE_TEXT or not any("\\" in text for text in texts):
        return texts
    # F.2.4: the values are the same "whether they are encoded as a multi-valued array in JSON or as a delimiter-separated
    # character stream"
    return [part for text in texts for part in text.split("\\")]


def _unless_empty(texts: list[str]) -> list[str]:
    return [] if texts == [""] else texts


def _text(value: Any, path: str) -> str:
    if value is None:
        return ""
    if type(value) is not str:
        raise ParseError(f"{value!r} is no string", None, path)
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ParseError("half of a surrogate pair is no character", None, path)
    return value


def _name(value: Any, path: str) -> str:
    """The text of a person's name, from its component groups."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise ParseError(f"{value!r} is no object with the component groups of a name", None, path)
    for name in value:
        if name not in _GROUPS:
            raise ParseError(f"a name has no component group {name!r}", None, path)
    groups = [_text(value.get(name), path) for name in _GROUPS]
    if any("\\" in group for group in groups) or "=" in groups[0] or "=" in groups[1]:
        raise ParseError("a component group of a name has no backslash and no '='", None, path)
    return "=".join(groups).rstrip("=") if not groups[2] else "=".join(groups)


def _tag(value: Any, path: str) -> int:
    if type(value) is str and len(value) == 8:
        try:
            return int.from_bytes(binascii.unhexlify(value))
        except ValueError:
            pass
    raise ParseError(f"{value!r} is no tag of eight hexadecimal digits", None, path)


def _number(vr: str, value: Any, path: str) -> Any:
    """A number as it is; of text the number that it means."""
    if type(value) is int or type(value) is float:
        return value
    if value is None and vr in ("DS", "IS"):
        return None
    if value is None and vr in ("FL", "FD"):
        return float("nan")  # what a NaN becomes where JSON has none; an empty value cannot be
    if type(value) is str:
        text = value.strip(" ")
        if vr in ("FL", "FD") and text in _SPECIAL:
            return float(_SPECIAL[text])
        if vr in _MAY_BE_TEXT:
            return _number_of_text(vr, text, path)
    raise ParseError(f"{value!r} is no number", None, path)


def _number_of_text(vr: str, text: str, path: str) -> Any:
    if not text:
        return None
    try:
        if "_" not in text and text.isascii():
            if vr == "DS":
                return float(text)
            try:
                return int(text)
            except ValueError:
                number = float(text)  # "1.0", as some write integer strings
                if number == int(number):
                    return int(number)
    except (ValueError, OverflowError):
        pass
    raise ParseError(f"{text!r} is no number", None, path)


def field_value(name: str, value: Any, path: str, bulk_data: Callable[[str], bytes | None] | None) -> bytes | None:
    """The bytes of a value field, from InlineBinary or BulkDataURI."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]  # as in the example of F.4
    if type(value) is not str:
        raise ParseError(f"{name} is a string", None, path)
    if name == "InlineBinary":
        try:
            return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
        except ValueError as error:
            raise ParseError(f"InlineBinary is not base64: {error}", None, path) from None
    if bulk_data is None:
        raise ParseError(f"the value is at {value!r}, and there is no bulk_data to get it", None, path)
    return bulk_data(value)


def text_of_field(vr: str, data: bytes, path: str) -> Any:
    """The value of a value field in little endian, its text in UTF-8."""
    if vr in _BYTES:
        return data
    if vr in _NUMBERS or vr == "AT":
        form = _NUMBERS.get(vr, "HH")
        size = struct.calcsize("<" + form)
        if len(data) % size:
            raise ParseError(f"{len(data)} bytes are not a number of values of {size} bytes", None, path)
        if vr == "AT":
            return [group << 16 | element for group, element in struct.iter_unpack("<HH", data)]
        return list(struct.unpack(f"<{len(data) // size}{form}", data))
    texts = list(decode_values(data, character_sets(_UTF8), vr))
    return [_number_of_text(vr, text, path) for text in texts] if vr in _MAY_BE_TEXT else texts


_UTF8: Final = "ISO_IR 192"

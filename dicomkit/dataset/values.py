"""What may be assigned to an element of each VR, and what it becomes (PS3.5 section 6.2).

Natural Python values go in; the immutable, typed value of the VR comes out, shaped by the VM of the dictionary: one
value or None where it is 1, else a tuple.
"""

from __future__ import annotations

from dicomkit.dataset.person_name import PersonName
from dicomkit.dataset.sequence import Sequence
from dicomkit.dataset.temporal import Date, DateTime, Time
from dicomkit.standard.tag import Tag
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["normalise"]

_ONE_TEXT = frozenset(("LT", "ST", "UT", "UR"))  # a backslash is a character in these (PS3.5 6.4)
_WORDS = {"OF": 4, "OL": 4, "OD": 8, "OV": 8}  # bytes of one number; OB, OW and UN may hold numbers of any size
_LARGEST_SINGLE = float.fromhex("0x1.fffffep+127")
_LARGEST_DOUBLE = float.fromhex("0x1.fffffffffffffp+1023")


def normalise(vr: str, value: Any, vm: str | None) -> Any:
    """The value of an element: typed by `vr`, a tuple unless the VM is 1.

    Args:
        vr: two letters.
        value: one value, several in an iterable, or None. Text with backslashes is several.
        vm: the value multiplicity by the dictionary; None goes by the number of values, as for private elements.

    Raises:
        TypeError: the value is of no type that the VR takes.
        ValueError: the value is out of the VR's range, or cannot be written in it.
    """
    if vr == "SQ":
        return value if isinstance(value, Sequence) else Sequence(() if value is None else value)
    convert = _CONVERSIONS.get(vr)
    if convert is None:
        return None if value is None else _bytes(vr, value) or None
    values = tuple([convert(one) for one in _several(vr, value)])
    if vr not in _ONE_TEXT and not all("\\" not in one for one in values if isinstance(one, str)):
        raise ValueError(f"a backslash separates the values of {vr}, it cannot be part of one")
    if len(values) > 1 or vm not in (None, "1"):
        return values
    return values[0] if values else None


def _several(vr: str, value: Any) -> Any:
    """The single values of what was assigned."""
    if value is None or (isinstance(value, str) and not value):
        return ()
    if isinstance(value, str):
        return (value,) if vr in _ONE_TEXT else value.split("\\")
    if hasattr(value, "dtype") and hasattr(value, "ravel"):
        value = _of_array(value)
    if isinstance(value, bytes) or not hasattr(value, "__iter__"):
        return (value,)
    if vr == "AT" and isinstance(value, tuple) and len(value) == 2 and all(_is_half(half) for half in value):
        return (value,)  # (group, element)
    if vr in _ONE_TEXT:
        value = tuple(value)
        if len(value) > 1:
            raise ValueError(f"{vr} has one value, not {len(value)}")
    return value


def _is_half(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, Tag) and 0 <= number <= 0xFFFF


def _of_array(value: Any) -> Any:
    """The values of a numpy array or scalar as Python's own; an array of several dimensions row by row."""
    if value.dtype.name.endswith(("[ns]", "[ps]", "[fs]", "[as]")):  # finer than Python's datetime
        value = value.astype("datetime64[us]")
    return value.ravel().tolist()


def _bytes(vr: str, value: Any) -> bytes:
    """The bytes of an object that has some; those of numbers in little endian."""
    if type(value) is bytes:
        return value  # immutable: no copy
    word = _WORDS.get(vr)
    try:
        if hasattr(value, "dtype") and hasattr(value, "astype"):
            if value.dtype.kind not in "biufSV":
                raise TypeError
            value = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
        view = memoryview(value)
    except TypeError:
        raise TypeError(f"bytes are needed for {vr}, not {type(value).__name__}") from None
    if word is not None and view.itemsize not in (1, word):
        raise ValueError(f"{vr} has numbers of {word} bytes, not of {view.itemsize}")
    return bytes(view)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is needed, not {type(value).__name__}")
    return str(value)


def _name(value: Any) -> PersonName:
    return PersonName(_text(value))


def _uid(value: Any) -> UID:
    number = getattr(value, "int", None)
    return UID(f"2.25.{number}" if isinstance(number, int) else _text(value))  # a uuid.UUID: PS3.5 B.2


def _temporal(kind: type[str], natural: str) -> Callable[[Any], str]:
    """A conversion for text, or for a datetime object through the constructor `natural`."""

    def convert(value: Any) -> str:
        if isinstance(value, str):
            return kind(value)
        if kind is DateTime and hasattr(value, "year") and not hasattr(value, "hour"):
            return DateTime(Date.from_date(value))  # "the precision is indicated by the number of digits"
        try:
            made: str = getattr(kind, natural)(value)
        except AttributeError:
            raise TypeError(f"{natural.removeprefix('from_')} or text is needed, not {type(value).__name__}") from None
        return made

    return convert


def _is_no_number(value: Any) -> bool:
    """Whether a number is left out, as some of several may be."""
    if isinstance(value, (bytes, bytearray)):  # float() and int() would take them
        raise TypeError(f"a number is needed, not {type(value).__name__}")
    return value is None or (isinstance(value, str) and not value)


def _float(value: Any) -> float | None:
    return None if _is_no_number(value) else float(value)


def _decimal(value: Any) -> float | None:
    number = _float(value)
    if number is not None and not -_LARGEST_DOUBLE <= number <= _LARGEST_DOUBLE:
        raise ValueError(f"{value!r} cannot be written as a decimal string")
    return number


def _single(value: Any) -> float | None:
    number = _float(value)
    if number is not None and _LARGEST_SINGLE < abs(number) <= _LARGEST_DOUBLE:
        raise ValueError(f"{value!r} does not fit in 32 bits")
    return number


def _int(value: Any) -> int | None:
    if _is_no_number(value):
        return None
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(f"{value!r} is not an integer")
    return number


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        number = _int(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"{value!r} is not an integer from {low} to {high}")
        return number

    return convert


# VR -> conversion of one value. The others have bytes.
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("AE", "AS", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"), _text),
    "PN": _name,
    "UI": _uid,
    "DA": _temporal(Date, "from_date"),
    "TM": _temporal(Time, "from_time"),
    "DT": _temporal(DateTime, "from_datetime"),
    "DS": _decimal,
    "FL": _single,
    "FD": _float,
    "IS": _int,
    "AT": Tag,
    "US": _integer(0, 0xFFFF),
    "SS": _integer(-0x8000, 0x7FFF),
    "UL": _integer(0, 0xFFFFFFFF),
    "SL": _integer(-0x80000000, 0x7FFFFFFF),
    "UV": _integer(0, 0xFFFFFFFFFFFFFFFF),
    "SV": _integer(-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
}

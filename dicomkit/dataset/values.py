"""What may be assigned to an element of each VR, and what it becomes (PS3.5 section 6.2).

Natural Python values go in; the immutable, typed value of the VR comes out, shaped by the VM of the dictionary: one value or
None where it is 1, else a tuple.
"""

from __future__ import annotations

from dicomkit._ext import standard
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

_ONE_TEXT = frozenset(("LT", "ST", "UT", "UR"))  # a backslash is a character in these


def normalise(tag: Tag, vr: str, value: Any) -> Any:
    """The value of an element: typed by `vr`, a tuple unless the VM is 1.

    Raises:
        TypeError: the value is of no type that the VR takes.
        ValueError: the value is out of the VR's range or not well formed.
    """
    if vr == "SQ":
        return value if isinstance(value, Sequence) else Sequence(() if value is None else value)
    convert = _CONVERSIONS.get(vr, _bytes)
    if convert is _bytes:
        return None if value is None else _bytes(value)
    if isinstance(value, str) and vr not in _ONE_TEXT and "\\" in value:
        value = value.split("\\")
    several = hasattr(value, "__iter__") and not isinstance(value, (str, bytes))
    values = (
        tuple(convert(one) for one in value) if several else () if value is None or value == "" else (convert(value),)
    )
    return _shaped(tag, values)


def _shaped(tag: Tag, values: tuple[Any, ...]) -> Any:
    entry = None if tag & 0x10000 else standard.element(tag)
    scalar = len(values) <= 1 if entry is None else entry[2] == "1"
    if scalar and len(values) <= 1:
        return values[0] if values else None
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is needed, not {type(value).__name__}")
    return str(value)


def _text_of(kind: type[str], natural: str) -> Callable[[Any], str]:
    """A conversion for a str subclass that also takes a datetime object through its constructor `natural`."""

    def convert(value: Any) -> str:
        return kind(value) if isinstance(value, str) else getattr(kind, natural)(value)

    return convert


def _name(value: Any) -> PersonName:
    return PersonName(_text(value))


def _uid(value: Any) -> UID:
    return UID(_text(value))


def _float(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _int(value: Any) -> int | None:
    if value is None or value == "":
        return None
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(f"{value!r} is not an integer")
    return number


def _integer_of(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        number = _int(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"{value!r} is not an integer from {low} to {high}")
        return number

    return convert


def _bytes(value: Any) -> bytes:
    return bytes(memoryview(value))


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("AE", "AS", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"), _text),
    "PN": _name,
    "UI": _uid,
    "DA": _text_of(Date, "from_date"),
    "TM": _text_of(Time, "from_time"),
    "DT": _text_of(DateTime, "from_datetime"),
    "DS": _float,
    "FL": _float,
    "FD": _float,
    "IS": _int,
    "AT": Tag,
    "US": _integer_of(0, 0xFFFF),
    "SS": _integer_of(-0x8000, 0x7FFF),
    "UL": _integer_of(0, 0xFFFFFFFF),
    "SL": _integer_of(-0x80000000, 0x7FFFFFFF),
    "UV": _integer_of(0, 0xFFFFFFFFFFFFFFFF),
    "SV": _integer_of(-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
}

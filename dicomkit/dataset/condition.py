"""Conditions on a data set, written as text: `Modality=CT`, `!PatientComments`, `Rows>=512`, `ImageType[0]=ORIGINAL`.

A path alone asks whether there is such an element (or item), with an exclamation mark before it whether there is none.
A comparison asks for its value: whole, with backslashes between several values, or, with a number in brackets behind a
path to an element that is no sequence, one of them. Without such an element no comparison holds.

Binary numbers are compared as numbers. All others are compared as text, DS and IS too, but `<`, `<=`, `>` and `>=`
between two numbers compare numbers. A registered UID may be given by its keyword.
"""

from __future__ import annotations

from dicomkit.dataset.edit_path import find_items, parse_steps
from dicomkit.dataset.path import ALL, NONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.edit_path import Steps
    from dicomkit.dataset.element import DataElement
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["Condition"]

#: The longer ones first, to be found first.
_OPERATORS: Final = ("!=", "<=", ">=", "=", "<", ">")

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "!=": lambda one, other: one != other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
}

_BINARY: Final = ("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV")
_BULK: Final = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN")


class Condition:
    """A condition.

    Args:
        text: the condition.
        dictionary: a user dictionary, to look keywords up in.

    Raises:
        ValueError: the text is not well formed.
    """

    __slots__ = ("_absent", "_operator", "_steps", "_value", "text")

    def __init__(self, text: str, dictionary: Dictionary | None = None) -> None:
        self.text = text
        path, self._operator, self._value = _split(text)
        self._absent = path[:1] == "!"
        if self._absent and self._operator:
            raise ValueError(f"{text!r}: '!' says that there is no such element, which has nothing to compare")
        self._steps: Steps = parse_steps(path[1:] if self._absent else path, dictionary)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def holds(self, dataset: Dataset) -> bool:
        """Whether it holds for a data set; with `[*]`, whether it does for one of the items.

        Raises:
            ValueError: the value cannot be compared: bulk data, a sequence, a number with what is none.
        """
        *around, (tag, number) = self._steps
        for owner in find_items(dataset, around):
            element = owner._element(tag)
            if element is None:
                continue
            if element.vr == "SQ" and number != NONE:
                present = bool(find_items(owner, [(tag, number)]))
            elif number not in (NONE, ALL):
                present = number < element.vm
            else:
                present = True
            if present and (not self._operator or self._compare(element, number)):
                return not self._absent
        return self._absent

    def _compare(self, element: DataElement, number: int) -> bool:
        if element.vr in _BULK:
            raise ValueError(f"{self.text!r}: a value of {element.vr} cannot be compared")
        if number == ALL:
            return any(self._compare_one(element, at) for at in range(element.vm))
        return self._compare_one(element, number)

    def _compare_one(self, element: DataElement, number: int) -> bool:
        compare = _COMPARISONS[self._operator]
        if element.vr in _BINARY:
            value = element.value
            values = value if isinstance(value, tuple) else () if value is None else (value,)
            return compare(values if number == NONE else values[number : number + 1], self._numbers(element))
        found = _text_of(element, number)
        wanted = self._value.strip(" ")
        if element.vr == "UI":
            wanted = _uid(wanted)
        if element.vr in ("DS", "IS") and self._operator not in ("=", "!="):
            try:
                return compare(float(found), float(wanted))
            except ValueError:
                pass
        return compare(found, wanted)

    def _numbers(self, element: DataElement) -> tuple[float, ...]:
        try:
            return tuple([_number(one) for one in self._value.split("\\")]) if self._value else ()
        except ValueError:
            raise ValueError(f"{self.text!r}: {element.tag} {element.vr} is compared with numbers only") from None


def _split(text: str) -> tuple[str, str, str]:
    """Path, operator and value; two empty texts if it is no comparison."""
    for at in range(1, len(text)):
        for operator in _OPERATORS:
            if text.startswith(operator, at):
                return text[:at].strip(), operator, text[at + len(operator) :]
    return text.strip(), "", ""


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _text_of(element: DataElement, number: int) -> str:
    """The text of a value, or of one of several: as it stands in the file where it is not free text."""
    if element.vr in ("DS", "IS") and element.offset is not None:
        text = element.raw.decode("latin-1").strip(" \0")
        parts = [part.strip(" ") for part in text.split("\\")]
    else:
        value = element.value
        parts = [str(one) for one in value] if isinstance(value, tuple) else [] if value is None else [str(value)]
    return "\\".join(parts if number == NONE else parts[number : number + 1])


def _uid(text: str) -> str:
    from dicomkit.standard.uid import UID

    try:
        return UID.from_keyword(text.removeprefix("="))
    except ValueError:
        return text

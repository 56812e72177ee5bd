"""Whether values are what the standard allows, beyond what can be written (PS3.5 section 6.2, table 6.2-1).

Wildcards and ranges, which are values in queries only (PS3.4 C.2.2.2), do not conform.
"""

from __future__ import annotations

import re

from dicomkit._ext import standard
from dicomkit.dataset.character_set import written_sets
from dicomkit.dataset.problem import Problem
from dicomkit.dataset.sequence import Sequence
from dicomkit.dataset.temporal import Date, DateTime, Time
from dicomkit.dataset.text import TEXT_VRS
from dicomkit.errors import DicomError, EncodeError
from dicomkit.standard.tag import Tag
from dicomkit.standard.uid import UID
from dicomkit.standard.vr import VRS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.dataset.text import CharacterSets

    Found = Iterator[tuple[str, str]]

__all__ = ["VALUE_PROBLEMS", "check", "check_dataset", "problems_of_values"]

#: Code -> what it means.
VALUE_PROBLEMS: Final = {
    "value-too-long": "a value has more characters than the VR allows",
    "value-repertoire": "a value has characters that the VR does not allow",
    "value-form": "a value is not written as the VR demands",
    "value-range": "a number is out of the range of the VR",
    "value-length": "the bytes are not a whole number of words of the VR",
    "value-count": "there are more or fewer values than the VM allows",
    "value-character-set": "a value has characters that Specific Character Set does not have",
}

MAX_DEPTH: Final = 128

# What the characters of a value are not, by VR. C0 and C1 controls are for text VRs only, and there only some (PS3.5 6.1).
_CONTROLS: Final = "\x00-\x1f\x7f-\x9f"
_TEXT: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # not TAB, LF, FF, CR
_LINE: Final = re.compile(f"[{_CONTROLS}]")
_FOREIGN: Final = {
    "AE": re.compile("[^ -\\[\\]-~]"),
    "AS": re.compile("[^0-9DWMY]"),
    "CS": re.compile("[^A-Z0-9 _]"),
    "DA": re.compile("[^0-9]"),
    "DT": re.compile("[^0-9.+-]"),
    "TM": re.compile("[^0-9.]"),
    "UI": re.compile("[^0-9.]"),
    "UR": re.compile("[^A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]"),  # RFC 3986 section 2
    **dict.fromkeys(("LO", "PN", "SH", "UC"), _LINE),
    **dict.fromkeys(("LT", "ST", "UT"), _TEXT),
}


def _is_date(value: str) -> bool:
    return len(value) == 8 and Date(value).is_valid


def _is_time(value: str) -> bool:
    return re.fullmatch(r"\d\d(\d\d(\d\d(\.\d{1,6})?)?)?", value) is not None and Time(value).is_valid


def _is_date_time(value: str) -> bool:
    form = r"\d{4}(\d\d(\d\d(\d\d(\d\d(\d\d(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?"
    return re.fullmatch(form, value) is not None and DateTime(value).is_valid


def _is_name(value: str) -> bool:
    groups = value.split("=")
    return len(groups) <= 3 and all(group.count("^") <= 4 for group in groups)


# VR -> whether a value is well formed, and what it should be.
_FORMS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "AE": (lambda value: not value or value.strip(" ") != "", "a title, not only spaces"),
    "AS": (lambda value: re.fullmatch(r"\d{3}[DWMY]", value) is not None, "an age as 018M"),
    "DA": (_is_date, "a date as YYYYMMDD"),
    "DT": (_is_date_time, "a date time as YYYYMMDDHHMMSS.FFFFFF&ZZXX"),
    "PN": (_is_name, "a name of at most three groups of five components"),
    "TM": (_is_time, "a time as HHMMSS.FFFFFF"),
    "UI": (lambda value: UID(value).is_valid, "a UID: numbers without leading zeros, with dots between them"),
}
_LARGEST_IS: Final = 0x7FFFFFFF


def check(vr: str, value: Any, vm: str | None = None) -> list[tuple[str, str]]:
    """What the standard does not allow in a value.

    Args:
        vr: two letters.
        value: as an element has it.
        vm: the value multiplicity by the dictionary, None if it is not known.

    Returns:
        Code (of VALUE_PROBLEMS) and sentence of each fault.

    PS3.5 table 6.2-1.
    """
    if value is None or isinstance(value, Sequence):
        return []
    values = value if isinstance(value, tuple) else (value,)
    found: list[tuple[str, str]] = []
    if vm is not None and values and not _allows(vm, len(values)):
        found.append(
            ("value-count", f"there {'is 1 value' if len(values) == 1 else f'are {len(values)} values'}, the VM is {vm}")
        )
    for one in values:
        found += _check_one(vr, one)
    return found


def _check_one(vr: str, value: Any) -> Found:
    if isinstance(value, str):
        yield from _check_text(vr, value)
    elif isinstance(value, bytes):
        word = VRS[vr].item_size if vr in VRS else 1
        if len(value) % word:
            yield "value-length", f"{len(value)} bytes are not a whole number of words of {word} bytes"
    elif vr == "IS" and isinstance(value, int) and not -_LARGEST_IS - 1 <= value <= _LARGEST_IS:
        yield "value-range", f"{value} is not in the range of IS, -2147483648 to 2147483647"


def _check_text(vr: str, value: str) -> Found:
    if not value or vr not in VRS:
        return
    longest = VRS[vr].max_length
    length = max(map(len, value.split("="))) if vr == "PN" else len(value)
    if longest is not None and length > longest:
        yield "value-too-long", f"{length} characters are too many, {vr} has {longest}"
    foreign = _FOREIGN[vr].search(value) if vr in _FOREIGN else None
    if foreign is not None:
        yield "value-repertoire", f"{foreign[0]!r} is no character of {vr}"
    elif vr in _FORMS and not _FORMS[vr][0](value) and (longest is None or length <= longest):
        yield "value-form", f"{_shown(value)} is not {_FORMS[vr][1]}"


def _shown(value: str) -> str:
    return repr(str(value)) if len(value) <= 40 else f"{str(value[:40])!r}..."


def _allows(vm: str, count: int) -> bool:
    """Whether a VM such as "1", "2-4", "1-n" or "2-2n" allows a number of values."""
    low, _, high = vm.partition("-")
    if not low.isdecimal():
        return True
    least = int(low)
    if not high:
        return count == least
    if high.endswith("n"):
        step = int(high[:-1] or 1)
        return count >= least and count % step == 0
    return least <= count <= int(high)


# ---- data sets


def problems_of_values(dataset: Dataset) -> list[Problem]:
    """What the standard does not allow in the values that were assigned in a data set and its items."""
    found = []
    for element, path, sets, dictionary in _assigned(dataset):
        entry = None if element._tag & 0x10000 else standard.element(element._tag, dictionary)
        faults = check(element.vr, element.value, None if entry is None else entry[2])
        found += [Problem(code, sentence, path, None) for code, sentence in (*faults, *_check_sets(element, sets))]
    return found


def check_dataset(dataset: Dataset) -> None:
    """See that all values of a data set and its items are what the standard allows. Bytes that were read are not looked at.

    Raises:
        EncodeError: for the first that is not.
    """
    for problem in problems_of_values(dataset):
        raise EncodeError(f"{problem.text} in {problem.path}")
    for element in dataset.walk():
        if element.offset is None or element.vr not in TEXT_VRS:
            continue
        try:
            faults = [*check(element.vr, element.value, _vm_of(element, dataset)), *_check_written(element)]
        except (DicomError, ValueError) as error:
            raise EncodeError(f"{error} in {element.path}") from error
        for _, sentence in faults:
            raise EncodeError(f"{sentence} in {element.path}")


def _check_written(element: DataElement) -> Found:
    """Whether the text of numbers that were read is short enough: dicomkit's own is."""
    if element.vr in ("DS", "IS"):
        longest = VRS[element.vr].max_length or 0
        for text in element.raw.split(b"\\"):
            if len(text.strip(b" \0")) > longest:
                yield "value-too-long", f"{len(text)} characters are too many, {element.vr} has {longest}"


def _vm_of(element: DataElement, dataset: Dataset) -> str | None:
    entry = None if element.is_private else standard.element(element._tag, dataset._dictionary)
    return None if entry is None else entry[2]


def _assigned(dataset: Dataset) -> Iterator[tuple[DataElement, str, CharacterSets, Any]]:
    """Assigned elements with path, character sets they are written in, and dictionary; data set by data set."""
    levels = [(dataset, dataset._item_path(), dataset.character_sets, 0)]
    while levels:
        one, prefix, around, depth = levels.pop()
        if depth > MAX_DEPTH:
            raise RecursionError("data set nested too deeply")
        sets = written_sets(one, around if depth else None)
        inside = []
        overlay = one._overlay or {}
        touched = {tag: sequence for tag, sequence in one._touched_sequences().items() if tag not in overlay}
        for tag, found in sorted({**overlay, **touched}.items()):
            if found is None:
                continue
            path = f"{prefix}{Tag(tag)}"
            if isinstance(found, Sequence):
                items = found._made_items()
            elif found.vr == "SQ":
                items = found.value._items()
            else:
                yield found, path, sets, one._dictionary
                continue
            inside += [(item, f"{path}[{number}].", sets, depth + 1) for number, item in enumerate(items)]
        levels += reversed(inside)


def _check_sets(element: DataElement, sets: CharacterSets) -> Found:
    """Whether the character sets have the text of an element."""
    if element.vr not in TEXT_VRS or not TEXT_VRS[element.vr][2]:
        return
    value = element.value
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str) and not text.isascii():
            try:
                sets.encode(text, element.vr)
            except EncodeError as error:
                yield "value-character-set", error.reason.partition(";")[0]

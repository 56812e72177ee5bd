"""Another Specific Character Set (0008,0005) for a data set: all its text is encoded anew (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from dicomkit._ext.view import element_owner
from dicomkit.dataset.element import element_of
from dicomkit.dataset.text import TEXT_VRS, character_sets
from dicomkit.errors import EncodeError
from dicomkit.standard.charsets import ESCAPE, TERMS, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final, Literal, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.dataset.text import CharacterSets

    Errors: TypeAlias = Literal["strict", "replace", "transliterate", "drop"]

__all__ = ["set_character_set", "written_sets"]

SPECIFIC_CHARACTER_SET: Final = 0x00080005
SHOWN: Final = 5

# What a character is written as where the character set does not have it, if it is not just its base letter (NFKD).
_LETTERS: Final = {
    "Æ": "AE", "Ð": "D", "Ø": "O", "Þ": "Th", "ß": "ss", "æ": "ae", "ð": "d", "ø": "o", "þ": "th", "Đ": "D", "đ": "d",
    "Ħ": "H", "ħ": "h", "\u0131": "i", "ĸ": "k", "Ł": "L", "ł": "l", "Ŋ": "N", "ŋ": "n", "Œ": "OE", "œ": "oe", "Ŧ": "T",
    "ŧ": "t", "ẞ": "SS", "«": "<<", "»": ">>", "÷": "/", "€": "EUR", "\u00a0": " ", "\u00d7": "x", "\u2010": "-",
    "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201a": ",",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2022": "*", "\u2032": "'", "\u2033": '"', "\u2039": "<",
    "\u203a": ">", "\u2044": "/", "\u2212": "-",
}  # fmt: skip


def set_character_set(dataset: Dataset, terms: str | Iterable[str] | None, errors: Errors = "strict") -> None:
    """See `Dataset.set_character_set`."""
    sets = _defined(terms)
    fitting = _Fitting(sets, errors)
    texts: list[tuple[Any, DataElement, Any]] = []
    items: list[Any] = []
    refused: list[str] = []
    for element in dataset.walk():
        owner = element_owner(element)
        if element._tag == SPECIFIC_CHARACTER_SET and owner is not dataset:
            items.append(owner)
        if _depends_on_set(element):
            fitting.missing.clear()
            texts.append((owner, element, fitting.value(element.value, element.vr)))
            if fitting.missing:
                refused.append(f"{element.path} has {', '.join([_named(char) for char in [*fitting.missing][:SHOWN]])}")
    if refused and errors == "strict":
        raise EncodeError(_refusal(refused, sets))
    for owner, element, value in texts:
        owner._changes()[int(element._tag)] = element_of(element._tag, element.vr, value)
    for item in items:
        del item[SPECIFIC_CHARACTER_SET]
    if any(sets.terms):
        dataset[SPECIFIC_CHARACTER_SET] = sets.terms
    elif SPECIFIC_CHARACTER_SET in dataset:
        del dataset[SPECIFIC_CHARACTER_SET]


def written_sets(dataset: Dataset, around: CharacterSets | None) -> CharacterSets:
    """The character sets that a data set is written in.

    Args:
        dataset: a data set or item.
        around: those of what it is an item of, None for the root.
    """
    overlay = dataset._overlay or {}
    if SPECIFIC_CHARACTER_SET in overlay:
        element = overlay[SPECIFIC_CHARACTER_SET]
        if element is not None:
            return character_sets(element.value)
    elif dataset._index is not None and (around is None or dataset._indexed(SPECIFIC_CHARACTER_SET)):
        return dataset.character_sets
    return around or character_sets()


def _defined(terms: str | Iterable[str] | None) -> CharacterSets:
    """The character sets of terms in the spelling of the standard."""
    given = character_sets(terms)
    for name in (*given.unknown, *[term for term in given.terms if term and term not in TERMS]):
        raise ValueError(f"{name!r} is no defined term of Specific Character Set")
    first = find(given.terms[0])
    if len(given.terms) == 1 and first is not None and 2 in (first.g0.width, first.g1.width if first.g1 else 0):
        return character_sets(("", *given.terms))  # a multi-byte set with code extensions is no first value
    return character_sets(given.terms)


def _depends_on_set(element: DataElement) -> bool:
    """Whether the bytes of an element are others in another character set."""
    if element.vr not in TEXT_VRS or not TEXT_VRS[element.vr][2]:
        return False
    if element.offset is not None:
        raw = element.raw
        return not raw.isascii() or ESCAPE in raw
    value = element.value
    return any(text is not None and not text.isascii() for text in (value if isinstance(value, tuple) else (value,)))


class _Fitting:
    """Makes text fit in a character set.

    Attributes:
        missing: the characters that the set did not have, in the order of their appearance.
    """

    def __init__(self, sets: CharacterSets, errors: Errors) -> None:
        if errors not in ("strict", "replace", "transliterate", "drop"):
            raise ValueError(f"errors is one of strict, replace, transliterate, drop, not {errors!r}")
        self.missing: dict[str, None] = {}
        self._sets = sets
        self._errors = errors
        self._known: dict[str, str] = {}

    def value(self, value: Any, vr: str) -> Any:
        if isinstance(value, tuple):
            return tuple([self._text(text, vr) for text in value])
        return self._text(value, vr) or None

    def _text(self, text: str, vr: str) -> str:
        written = "".join([self._written(char) for char in text])
        if written == text:
            return text
        if vr == "PN" and self._errors == "drop":
            groups = [group if group.strip(" ^") else "" for group in written.split("=")]
            written = "=".join(groups).rstrip("=")
        return type(text)(written)

    def _written(self, char: str) -> str:
        if char.isascii() and char != "\x1b":
            return char
        written = self._known.get(char)
        if written is None:
            written = self._known[char] = char if self._has(char) else self._substitute(char)
        if written != char:
            self.missing[char] = None
        return written

    def _has(self, char: str) -> bool:
        try:
            self._sets.encode(char)
        except EncodeError:
            return False
        return True

    def _substitute(self, char: str) -> str:
        if self._errors == "drop":
            return ""
        return self._nearest(char) if self._errors == "transliterate" else "?"

    def _nearest(self, char: str) -> str:
        """The letters of a character without their marks, "?" if the set does not have these either."""
        from unicodedata import combining, normalize

        parts = []
        for part in normalize("NFKD", _LETTERS.get(char, char)):
            if self._has(part) and part not in "\\^=":  # which would be separators
                parts.append(part)
            elif part in _LETTERS:
                parts.append(_LETTERS[part])
            elif not combining(part):
                return "?"
        return "".join(parts) or "?"


def _named(char: str) -> str:
    return f"{char!r} (U+{ord(char):04X})"


def _refusal(refused: list[str], sets: CharacterSets) -> str:
    shown = "; ".join(refused[:SHOWN])
    more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
    count = "1 element does" if len(refused) == 1 else f"{len(refused)} elements do"
    return f"{count} not fit in {sets}: {shown}{more}. ISO_IR 192 (UTF-8) has all characters"

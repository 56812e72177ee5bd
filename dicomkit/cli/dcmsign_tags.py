"""How command lines and tag files of dcmsign name elements, and items: keywords, `(gggg,eeee)`, `[number]` and periods."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.dataset.sequence import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

    #: A kind, and a tag or a number.
    Token = tuple[str, int]

__all__ = ["TagFileError", "find_item", "read_tag_file", "tag_of_option"]

SPACE: Final = " \t\n\v\f\r"
LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
MOST_DIGITS: Final = 10

#: Kinds of tokens; the text ends, or makes no sense.
TAG: Final = "tag"
NUMBER: Final = "number"
PERIOD: Final = "period"
END: Final = "end"
WRONG: Final = "wrong"


class TagFileError(Exception):
    """A tag file makes no sense; `str()` says why."""


def tag_of_option(text: str, dictionary: Dictionary | None) -> int | None:
    """The tag that `gggg,eeee` or a keyword names; None if it names none."""
    tag = _tag_of_digits(text)
    return _tag_of_keyword(text, dictionary) if tag is None else tag


def read_tag_file(path: str, dictionary: Dictionary | None, log: Log) -> list[int]:
    """The tags in a text file.

    Raises:
        TagFileError: there is something else in it.
        OSError: it cannot be read.
    """
    with open(path, encoding="latin-1", newline="") as file:
        text = file.read()
    tags: list[int] = []
    position = 0
    while True:
        (kind, value), position = _token(text, position, dictionary, log)
        if kind == END:
            return tags
        if kind != TAG:
            raise TagFileError(f"parse error in text file '{path}'")
        tags.append(value)


def find_item(dataset: Dataset, location: str, dictionary: Dictionary | None, log: Log) -> Dataset | None:
    """The item that a location such as `ContentSequence[0].(0040,a730)[2]` leads to; None, logged, if it leads nowhere."""
    at = f"(item location string is '{location}')"
    position = 0
    item = dataset
    items: Sequence | None = None
    tag = 0
    expected = TAG
    while True:
        (kind, value), position = _token(location, position, dictionary, log)
        if kind == END and expected == PERIOD:
            return item
        if kind == END:
            log.error(f"item location string '{location}' incomplete.")
            return None
        if kind != expected:
            log.error(f"parse error in item location string '{location}'")
            return None
        if kind == TAG:
            tag, expected = value, NUMBER
            items = _sequence(item, tag, at, log)
            if items is None:
                return None
        elif kind == NUMBER and items is not None:
            if value >= len(items):
                log.error(f"sequence {_name(tag)} only has {len(items)} items, cannot locate item {value} {at}")
                return None
            item, expected = items[value], PERIOD
        else:
            expected = TAG


def _sequence(item: Dataset, tag: int, at: str, log: Log) -> Sequence | None:
    if not item._has(tag):
        log.error(f"attribute {_name(tag)} not found in dataset {at}")
        return None
    value = item[tag].value
    if not isinstance(value, Sequence):
        log.error(f"attribute {_name(tag)} is not a sequence {at}")
        return None
    return value


def _name(tag: int) -> str:
    return f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _token(text: str, position: int, dictionary: Dictionary | None, log: Log) -> tuple[Token, int]:
    """The token from a position on, and where the next one starts."""
    while position < len(text) and text[position] in SPACE:
        position += 1
    first = text[position : position + 1]
    if first in ("", "\0"):
        return (END, 0), position
    if first == ".":
        return (PERIOD, 0), position + 1
    if first == "[":
        stop = text.find("]", position)
        digits = text[position + 1 : stop]
        if stop < 0 or not (digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS):
            return (WRONG, 0), position
        return (NUMBER, int(digits)), stop + 1
    if first == "(":
        stop = text.find(")", position)
        tag = None if stop < 0 else _tag_of_digits(text[position + 1 : stop])
        return (WRONG, 0) if tag is None else (TAG, tag), stop + 1
    stop = position
    while stop < len(text) and text[stop] in LETTERS:
        stop += 1
    keyword = text[position:stop]
    tag = _tag_of_keyword(keyword, dictionary)
    if tag is None:
        log.error(f"attribute name '{keyword}' unknown.")
        return (WRONG, 0), position
    return (TAG, tag), stop


def _tag_of_digits(text: str) -> int | None:
    first, _, second = text.partition(",")
    group, element = _number(first), _number(second)
    return None if group is None or element is None else group << 16 | element


def _number(text: str) -> int | None:
    """16 bits in hexadecimal digits."""
    digits = text.strip(SPACE)
    if not 1 <= len(digits) <= 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return int(digits, 16)


def _tag_of_keyword(text: str, dictionary: Dictionary | None) -> int | None:
    row = standard.keyword(text.removeprefix("RETIRED_"), dictionary)
    return None if row is None else row[0]

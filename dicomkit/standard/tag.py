"""Data element tags (PS3.5 7.1)."""

from __future__ import annotations

from dicomkit._ext import standard

__all__ = ["Tag"]


class Tag(int):
    """The tag of a data element: an integer, (group << 16) + element.

    Args:
        value: a number, `"0010,0010"`, `"(0010,0010)"`, `"00100010"`, a keyword, or (group, element).

    Raises:
        ValueError: the number does not fit in 32 bits, or the text is neither a tag nor a keyword of PS3.6.
        TypeError: the value is nothing of the above.

    PS3.5 7.1, PS3.6 6.
    """

    __slots__ = ()

    def __new__(cls, value: int | str | tuple[int, int]) -> Tag:
        if isinstance(value, str):
            value = _parse(value)
        elif isinstance(value, tuple):
            group, element = value
            if not isinstance(group, int) or not isinstance(element, int):
                raise TypeError(f"group and element are two ints, not {value!r}")
            if not (0 <= group <= 0xFFFF and 0 <= element <= 0xFFFF):
                raise ValueError(f"group and element are 16-bit numbers, not {group:#x} and {element:#x}")
            value = group << 16 | element
        elif not isinstance(value, int):
            raise TypeError(f"a tag is an int, a str or (group, element), not {type(value).__name__}")
        if not 0 <= value <= 0xFFFFFFFF:
            raise ValueError(f"a tag is a 32-bit number, not {value:#x}")
        return int.__new__(cls, value)

    @property
    def group(self) -> int:
        return self >> 16

    @property
    def element(self) -> int:
        return self & 0xFFFF

    @property
    def is_private(self) -> bool:
        """Whether the group is odd: the element is defined by a vendor, or reserves a block for one (PS3.5 7.8)."""
        return self & 0x10000 != 0

    @property
    def is_private_creator(self) -> bool:
        """Whether the element reserves a block of private elements (PS3.5 7.8.1)."""
        return self.is_private and 0x10 <= self & 0xFFFF <= 0xFF

    @property
    def keyword(self) -> str:
        """The keyword of PS3.6, "" if the tag is not in it."""
        row = standard.element(self)
        return row[3] if row else ""

    @property
    def name(self) -> str:
        """The name of PS3.6, "" if the tag is not in it."""
        row = standard.element(self)
        return row[4] if row else ""

    def __str__(self) -> str:
        return f"({self >> 16:04X},{self & 0xFFFF:04X})"

    def __repr__(self) -> str:
        return f"Tag(0x{int(self):08X})"


def parse_digits(text: str) -> int | None:
    """The tag in hexadecimal digits: "00100010", "0010,0010" or "(0010,0010)"; None if the text is something else."""
    digits = text.strip()
    if digits.startswith("(") and digits.endswith(")"):
        digits = digits[1:-1]
    if digits[4:5] == ",":
        digits = digits[:4] + digits[5:]
    # int() alone would also take signs, underscores and digits of other scripts
    if len(digits) != 8 or not (digits.isascii() and digits.isalnum()):
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return None


def _parse(text: str) -> int:
    number = parse_digits(text)
    if number is not None:
        return number
    row = standard.keyword(text)
    if row is None:
        raise ValueError(_unknown(text))
    return row[0]


def _unknown(text: str) -> str:
    from dicomkit.standard.similar import similar_keywords

    similar = similar_keywords(text)
    hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
    return f"{text!r} is neither a tag nor a keyword of the data dictionary{hint}"

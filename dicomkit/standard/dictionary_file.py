"""Data dictionary files in DCMTK's form (`dicom.dic`, `private.dic`).

A line is an element: tag, VR, keyword and, if wanted, VM and version, with a tab between. A line that begins with # is
a comment. The tag is one of

    (gggg,eeee)             an element
    (gggg-gggg,eeee)        the even numbers of a range, of groups or elements; -o- for the odd ones, -u- for all
    (gggg,"CREATOR",ee)     a private element that its creator relocates
    (gggg,"CREATOR",eeee)   one that it does not

A version with "retired" in it, or a keyword that begins with RETIRED_, marks a retired element.
"""

from __future__ import annotations

from dicomkit.standard.vr import VRS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit._ext.dictionary import DictionaryRow

__all__ = ["parse_row", "read_rows"]

# DCMTK's own codes for VRs that depend on other elements, and for offsets in a DICOMDIR.
_VRS: dict[str, tuple[str, ...]] = {
    **{code: (code,) for code in VRS},
    "xs": ("US", "SS"),
    "lt": ("US", "SS", "OW"),
    "ox": ("OB", "OW"),
    "px": ("OB", "OW"),
    "up": ("UL",),
    "na": (),
}


def read_rows(lines: Iterable[str]) -> Iterator[tuple[int, DictionaryRow | ValueError]]:
    """Line numbers, from 1, with the row or what is wrong with the line."""
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                yield number, parse_row(line)
            except ValueError as error:
                yield number, error


def parse_row(line: str) -> DictionaryRow:
    """The element that a line defines.

    Raises:
        ValueError: the line is not of the form above.
    """
    if "\0" in line:
        raise ValueError("a NUL character in a text file")
    fields = [field.strip() for field in line.rstrip().split("\t") if field.strip()]
    if not 3 <= len(fields) <= 5:
        raise ValueError(f"{len(fields)} fields; expected are tag, VR, keyword, VM and version, with a tab between")
    tag, vr, keyword, vm, version = fields + ["1", ""][len(fields) - 3 :]
    groups, elements, creator = _parse_tag(tag)
    if vr not in _VRS:
        raise ValueError(f"{vr!r} is not a VR")
    retired = "retired" in version.lower() or keyword.startswith("RETIRED_")
    keyword = keyword.removeprefix("RETIRED_")
    return groups, elements, _VRS[vr], _parse_vm(vm), keyword, keyword, retired, creator


def _parse_tag(text: str) -> tuple[tuple[int, int, int], tuple[int, int, int], str | None]:
    if not (text.startswith("(") and text.endswith(")")):
        raise ValueError(f"{text!r} is not a tag in parentheses")
    groups, _, rest = text[1:-1].partition(",")
    creator = None
    if rest.lstrip().startswith('"'):
        # a creator may hold commas and parentheses, but no quotes
        creator, quote, rest = rest.lstrip()[1:].partition('"')
        if not quote or not creator or not rest.lstrip().startswith(","):
            raise ValueError(f"no private creator in quotes, with an element number after it, in {text}")
        rest = rest.lstrip()[1:]
    return _parse_span(groups), _parse_span(rest), creator


def _parse_span(text: str) -> tuple[int, int, int]:
    """First, last and step of "gggg", "gggg-gggg" or "gggg-o-gggg"."""
    first, *parity, last = text.split("-") if "-" in text else (text, text)
    low, high = _parse_number(first), _parse_number(last)
    if low > high:
        raise ValueError(f"the range {text} ends before it begins")
    if low == high:
        return low, high, 1
    match parity:
        case [] | ["e"]:
            return low + low % 2, high, 2
        case ["o"]:
            return low + 1 - low % 2, high, 2
        case ["u"]:
            return low, high, 1
    raise ValueError(f"the range {text} is neither even (-), odd (-o-) nor unrestricted (-u-)")


def _parse_number(text: str) -> int:
    digits = text.strip()
    wrong = ValueError(f"{text!r} is not a number of up to four hexadecimal digits")
    # int() alone would also take signs, underscores and digits of other scripts
    if not (1 <= len(digits) <= 4 and digits.isascii() and digits.isalnum()):
        raise wrong
    try:
        return int(digits, 16)
    except ValueError:
        raise wrong from None


def _parse_vm(text: str) -> str:
    """One of "1", "1-3", "1-n", "2-2n", as PS3.6 writes it; a dictionary may also say "n" or "2n"."""
    vm = text.replace(" ", "").lower()
    low, dash, high = vm.partition("-")
    if not dash and vm.endswith("n"):
        low, high = vm[:-1] or "0", vm
    most = high.removesuffix("n") or "1" if high.endswith("n") else high if dash else low
    if not (low.isdecimal() and most.isdecimal() and low.isascii() and most.isascii()) or int(most) < 1:
        raise ValueError(f"{text!r} is not a VM")
    if not high.endswith("n") and int(most) < int(low):
        raise ValueError(f"the VM {text!r} has its bounds the wrong way round")
    return f"{low}-{high}" if high else low

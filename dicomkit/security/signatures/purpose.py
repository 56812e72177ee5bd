"""Purposes of digital signatures (PS3.16 CID 7007): what somebody signs for."""

from __future__ import annotations

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.sequence import Sequence
from dicomkit.security.signatures.levels import value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["PURPOSES", "SCHEME", "purpose_item", "purpose_number", "purpose_of"]

#: Coding Scheme Designator of ASTM E 2084, of whose UIDs (1.2.840.10065.1.12.1 to .18) the last component is the code.
SCHEME: Final = "ASTM-sigpurpose"

#: Code -> Code Meaning (PS3.16 CID 7007).
PURPOSES: Final = {
    1: "Author's Signature",
    2: "Coauthor's Signature",
    3: "Co-participant's Signature",
    4: "Transcriptionist/Recorder Signature",
    5: "Verification Signature",
    6: "Validation Signature",
    7: "Consent Signature",
    8: "Signature Witness Signature",
    9: "Event Witness Signature",
    10: "Identity Witness Signature",
    11: "Consent Witness Signature",
    12: "Interpreter Signature",
    13: "Review Signature",
    14: "Source Signature",
    15: "Addendum Signature",
    16: "Modification Signature",
    17: "Administrative (Error/Edit) Signature",
    18: "Timestamp Signature",
}

_NUMBERS: Final = {str(number): number for number in PURPOSES}

PURPOSE_CODE_SEQUENCE: Final = 0x04000401
CODE_VALUE: Final = 0x00080100
CODING_SCHEME_DESIGNATOR: Final = 0x00080102
CODE_MEANING: Final = 0x00080104


def purpose_item(number: int) -> Dataset:
    """The item of the Digital Signature Purpose Code Sequence (0400,0401) for a purpose.

    Raises:
        ValueError: it is none of `PURPOSES`.
    """
    meaning = PURPOSES.get(number)
    if meaning is None:
        raise ValueError(f"{number!r} is no purpose of a signature: there are 1 to {len(PURPOSES)}")
    return Dataset(CodeValue=str(number), CodingSchemeDesignator=SCHEME, CodeMeaning=meaning)


def purpose_number(code: str, scheme: str) -> int | None:
    """The number of a purpose from its code; None if it is none of `PURPOSES`."""
    return _NUMBERS.get(code) if scheme == SCHEME else None


def purpose_of(signature: Dataset) -> tuple[int | None, str, str, str] | None:
    """The purpose that a signature states.

    Args:
        signature: an item of the Digital Signatures Sequence.

    Returns:
        Its number in `PURPOSES` or None, Code Value, Coding Scheme Designator, Code Meaning; "" is what is missing or cannot
        be read. None if the signature states no purpose, or several.
    """
    items = value_of(signature, PURPOSE_CODE_SEQUENCE)
    if items is None or not isinstance(items, Sequence) or len(items) != 1:
        return None
    code, scheme, meaning = (_text(items[0], tag) for tag in (CODE_VALUE, CODING_SCHEME_DESIGNATOR, CODE_MEANING))
    return purpose_number(code, scheme), code, scheme, meaning


def _text(item: Dataset, tag: int) -> str:
    value = value_of(item, tag)
    return str(value) if isinstance(value, str) else ""

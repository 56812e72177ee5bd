"""In which character set an XML document of dcm2xml's kind is written.

Such a document is in the character set of the data set, where XML has a name for it, and text goes into it as it is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["ENCODINGS", "TERMS", "characters_of"]

#: Specific Character Set (PS3.3 table C.12-2) -> the name in the XML declaration.
ENCODINGS: Final = {
    "ISO_IR 6": "UTF-8",
    "ISO_IR 192": "UTF-8",
    "ISO_IR 100": "ISO-8859-1",
    "ISO_IR 101": "ISO-8859-2",
    "ISO_IR 109": "ISO-8859-3",
    "ISO_IR 110": "ISO-8859-4",
    "ISO_IR 144": "ISO-8859-5",
    "ISO_IR 127": "ISO-8859-6",
    "ISO_IR 126": "ISO-8859-7",
    "ISO_IR 138": "ISO-8859-8",
    "ISO_IR 148": "ISO-8859-9",
}

#: Names that dcm2xml takes instead of a defined term.
TERMS: Final = {
    "latin-1": "ISO_IR 100",
    "latin-2": "ISO_IR 101",
    "latin-3": "ISO_IR 109",
    "latin-4": "ISO_IR 110",
    "latin-5": "ISO_IR 148",
    "cyrillic": "ISO_IR 144",
    "arabic": "ISO_IR 127",
    "greek": "ISO_IR 126",
    "hebrew": "ISO_IR 138",
}


def characters_of(encoding: str) -> bytes | None:
    """For each byte whether it is a character of an encoding; None for UTF-8."""
    if encoding == "UTF-8":
        return None
    text = bytes(range(256)).decode(encoding, "replace")
    return bytes([letter != "\N{REPLACEMENT CHARACTER}" and letter != "\x1b" for letter in text])

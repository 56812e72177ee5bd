"""Files that two toolkits wrote from the same input, element by element, for the tests of commands against DCMTK."""

from __future__ import annotations

import re
from pathlib import Path

import dicomkit

__all__ = ["accepted", "differences"]

#: Elements of the File Meta Information that name who wrote the file, or count bytes.
OF_THE_WRITER = (0x00020000, 0x00020012, 0x00020013)
#: Where they differ, somebody had to invent a UID, or noticed that the file's is not that of its data set.
INVENTED = (0x00020002, 0x00020003)
DATA_SET_TRAILING_PADDING = 0xFFFCFFFC

BYTES = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
#: Whose leading and trailing spaces are not the same thing.
TEXTS = ("LT", "ST", "UT")


def accepted(reasons: list[tuple[str, str, str, str]], line: str, name: str, difference: str) -> bool:
    """Whether there is a reason (pattern of the difference, part of the name, option, why) for a difference."""
    return any(re.search(pattern, difference) and part in name and option in line for pattern, part, option, _ in reasons)


def differences(theirs: Path, ours: Path) -> list[str]:
    """What differs, as lines of tag path and both values; other than in padding, and the VR names of implicit VR."""
    one, other = dicomkit.read(theirs), dicomkit.read(ours)
    lines = []
    if one.transfer_syntax != other.transfer_syntax:
        lines.append(f"transfer syntax: {one.transfer_syntax}, {other.transfer_syntax}")
    pairs = [(_meta(one), _meta(other)), (_elements(one), _elements(other))]
    for a, b in pairs:
        lines += [f"{key}: {str(a.get(key))[:80]}, {str(b.get(key))[:80]}" for key in {**a, **b} if a.get(key) != b.get(key)]
    return lines


def _meta(dataset: dicomkit.Dataset) -> dict[str, object]:
    meta = dataset.file_meta
    ignored = (*OF_THE_WRITER, *INVENTED)
    return {} if meta is None else {str(element.tag): element.value for element in meta if element.tag not in ignored}


def _elements(dataset: dicomkit.Dataset) -> dict[str, object]:
    found: dict[str, object] = {}
    for element in dataset.walk():
        if element.tag == DATA_SET_TRAILING_PADDING:
            continue
        if element.vr == "SQ":
            found[element.path] = ("SQ", len(element.value))
        elif element.is_encapsulated:
            found[element.path] = ("fragments", element.raw)
        elif element.vr in BYTES:
            found[element.path] = (element.encoded_vr, element.raw)
        else:
            padding = b" " if element.vr in TEXTS else b" \0"
            found[element.path] = (element.encoded_vr, element.raw.rstrip(padding))
    return found

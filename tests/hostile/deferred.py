"""A file with deferred values of all kinds, and what must be true of it after anything."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from dicomkit import Dataset
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, JPEG, Element, Item, PixelFragments, Sequence, file_bytes

WORDS = Random(1).randbytes(150_000)
OTHER = Random(2).randbytes(90_002)

# Ways to write it: copied, with words turned, deflated.
OPTIONS: list[dict[str, Any]] = [{}, {"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": DEFLATED}]

HEAD = (
    Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
    Element(0x00080018, "UI", b"1.2.3.4\0"),
    Sequence(0x00081140, (Item((Element(0x00420011, "OB", OTHER), Element(0x00281201, "OW", WORDS))),)),
    Element(0x00100010, "PN", b"A^B "),
)


def native(pixels: bytes = WORDS) -> bytes:
    """A file with deferred values: of words, of bytes, inside a sequence."""
    return file_bytes((*HEAD, Element(0x7FE00010, "OW", pixels)))


def compressed() -> bytes:
    return file_bytes((*HEAD, PixelFragments((b"", WORDS, b"ab", OTHER))), JPEG)


def assert_values(dataset: Dataset, pixels: bytes | None = WORDS) -> None:
    """All deferred values are what they were."""
    item = dataset.ReferencedImageSequence[0]
    assert item[0x00420011].value == OTHER
    assert item[0x00281201].value == WORDS
    if pixels is not None:
        assert dataset.PixelData == pixels


def assert_alone(path: Path) -> None:
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]

"""Encapsulated pixel data of which nobody says in what transfer syntax they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import UnsupportedTransferSyntax

Make = Callable[..., Any]
SYNTAXES = [
    "RLELossless", "JPEGLossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless",
    "JPEGXLLossless", "JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless", "JPEG2000", "HTJ2K", "JPEGXL",
]  # fmt: skip


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_file_that_says_it_is_native(image: Make, syntax: str, frames: int) -> None:
    dataset, _ = image(rows=30, columns=40, frames=frames, allocated=8)
    dataset.compress(syntax)
    expected = dataset.pixels.array()
    native = dicomkit.UID.from_keyword("ExplicitVRLittleEndian")
    read = dicomkit.read(dataset.to_bytes())
    read.transfer_syntax = read.file_meta.TransferSyntaxUID = native
    assert np.array_equal(read.pixels.array(), expected)


def test_what_is_not_recognised(image: Make) -> None:
    dataset, _ = image(allocated=8)
    dataset.compress("EncapsulatedUncompressedExplicitVRLittleEndian")
    dataset.transfer_syntax = dicomkit.UID.from_keyword("ExplicitVRLittleEndian")
    with pytest.raises(UnsupportedTransferSyntax, match="it has no encapsulated pixel data, but here they are"):
        dataset.pixels.frame(0)
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    dataset.transfer_syntax = dicomkit.UID.from_keyword("RLELossless")
    with pytest.raises(dicomkit.CodecError):
        dataset.pixels.frame(0)

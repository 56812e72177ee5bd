"""Decoded frames against what the data set says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest

from dicomkit.errors import CodecError
from dicomkit.pixels import encapsulate

Make = Callable[..., Any]


def wrapped(image: Make, data: bytes, syntax: str, **kind: Any) -> Any:
    dataset, _ = image(rows=8, columns=9, **kind)
    encapsulate(dataset, [data], syntax)
    return dataset


def j2k(samples: Any, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat="J2K", bitspersample=bits))


VALUES = np.arange(72, dtype=np.int16).reshape(8, 9) - 30


@pytest.mark.parametrize("coded_signed", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("precision", [13, 16])
def test_signs(image: Make, signed: bool, coded_signed: bool, precision: int) -> None:
    """Pixel Representation counts where the codestream says something else, as that of many encoders does."""
    coded = VALUES if coded_signed else VALUES.view(np.uint16) & ((1 << precision) - 1)
    dataset = wrapped(image, j2k(coded, precision), "JPEG2000Lossless", stored=13, signed=signed)
    expected = VALUES if signed else VALUES.view(np.uint16) & 0x1FFF
    assert np.array_equal(dataset.pixels.frame(0), expected)


def test_a_sample_encoded_without_its_cell(image: Make) -> None:
    """High Bit is about native cells: a codestream of 12 bits has the sample alone."""
    samples = (np.arange(72, dtype=np.uint16) * 50).reshape(8, 9)
    for syntax, data in (
        ("JPEG2000Lossless", j2k(samples, 12)),
        ("JPEGLosslessSV1", bytes(imagecodecs.jpeg8_encode(samples, bitspersample=12, lossless=True))),
    ):
        dataset = wrapped(image, data, syntax, stored=12)
        dataset.HighBit = 15
        assert np.array_equal(dataset.pixels.frame(0), samples)
    shifted = samples << 4
    dataset = wrapped(image, j2k(shifted, 16), "JPEG2000Lossless", stored=12)
    dataset.HighBit = 15
    assert np.array_equal(dataset.pixels.frame(0), samples)


def test_fewer_bits_than_allocated(image: Make) -> None:
    samples = np.arange(72, dtype=np.uint8).reshape(8, 9)
    dataset = wrapped(image, bytes(imagecodecs.jpeg8_encode(samples, lossless=True)), "JPEGLossless", allocated=16)
    assert np.array_equal(dataset.pixels.frame(0), samples)
    assert dataset.pixels.frame(0).dtype == np.uint16


@pytest.mark.parametrize(
    ("samples", "kind", "message"),
    [
        (np.zeros((8, 10), np.uint8), {"allocated": 8}, "10 x 8 pixels of 1 samples, the data set 9 x 8 of 1"),
        (np.zeros((8, 9, 3), np.uint8), {"allocated": 8}, "9 x 8 pixels of 3 samples, the data set 9 x 8 of 1"),
        (np.zeros((8, 9), np.uint16), {"allocated": 8}, r"16 bits, BitsAllocated \(0028,0100\) is 8"),
    ],
)
def test_what_does_not_fit(image: Make, samples: Any, kind: dict[str, Any], message: str) -> None:
    dataset = wrapped(image, j2k(samples, samples.itemsize * 8), "JPEG2000Lossless", **kind)
    with pytest.raises(CodecError, match=f"frame 0: the codestream has .*{message}"):
        dataset.pixels.frame(0)


def test_a_codestream_of_another_process(image: Make) -> None:
    samples = np.arange(72, dtype=np.uint8).reshape(8, 9)
    lossless = bytes(imagecodecs.jpeg8_encode(samples, lossless=True))
    lossy = bytes(imagecodecs.jpeg8_encode(samples, level=100))
    near = bytes(imagecodecs.jpegls_encode(samples))
    for data in (lossless, lossy, near):
        for syntax in ("JPEGBaseline8Bit", "JPEGLosslessSV1"):
            found = wrapped(image, data, syntax, allocated=8).pixels.frame(0)
            assert np.abs(found.astype(int) - samples).max() <= (2 if data is lossy else 0)


def test_a_lossy_codestream_may_leave_the_range(image: Make) -> None:
    samples = np.full((8, 9), 4095, np.uint16)
    samples[2:5] = 4200
    data = bytes(imagecodecs.htj2k_encode(samples, reversible=False))
    frame = wrapped(image, data, "HTJ2K", stored=12).pixels.frame(0)
    assert frame.max() == 4095
    assert frame.min() > 4000

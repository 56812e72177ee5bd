"""JPEG 2000 and HTJ2K: what encoders write into headers. What peers make of it is in tests/interop/test_encoders.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import imagecodecs
import numpy as np
import pytest

from dicomkit.pixels.codecs.jpeg2000_stream import read_header, with_precision

Make = Callable[..., Any]
SYNTAXES = ["JPEG2000Lossless", "JPEG2000", "HTJ2KLossless", "HTJ2KLosslessRPCL", "HTJ2K"]
LRCP, RPCL = 0, 2  # T.800 table A.16
COD, TLM, SOT = 0xFF52, 0xFF55, 0xFF90


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker segments of the main header, and the first tile-part's SOT (T.800 annex A)."""
    at = 2
    while True:
        marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        if marker == SOT:
            return
        at += 2 + length


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [2, 6, 8, 9, 12, 15, 16])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_precision_is_bits_stored(image: Make, syntax: str, bits: int, signed: bool) -> None:
    """PS3.5 8.2.4, 8.2.14: attributes are consistent with the codestream."""
    allocated = 8 if bits <= 8 else 16
    dataset, array = image(rows=40, columns=50, allocated=allocated, stored=bits, signed=signed)
    options = {} if syntax != "HTJ2K" else {"step": 1.0}
    dataset.compress(syntax, **options)
    header = read_header(dataset.pixels.encoded(0))
    assert (header.bits, header.signed) == (bits, signed)
    if "Lossless" in syntax:
        assert header.reversible
        assert np.array_equal(dataset.pixels.array(), array)


@pytest.mark.parametrize("bits", [3, 8, 12, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_a_step_is_one_of_samples(image: Make, bits: int, signed: bool) -> None:
    """Of any precision: a smooth image differs by little more than the step."""
    dataset, _ = image(rows=64, columns=64, allocated=8 if bits <= 8 else 16, stored=bits, signed=signed)
    low = -(1 << bits - 1) if signed else 0
    smooth = low + np.add.outer(np.arange(64), np.arange(64)) * ((1 << bits) - 1) // 126
    smooth = smooth.astype(dataset.pixels.dtype)
    dataset.PixelData = smooth.tobytes()
    source = dataset.to_bytes()
    for step in (0.5, 1.0, 2.0):
        import dicomkit

        dataset = dicomkit.read(source)
        dataset.compress("HTJ2K", step=step)
        assert np.abs(dataset.pixels.frame(0).astype(int) - smooth).max() <= 1 + step


def test_a_bit_has_a_step_too(image: Make) -> None:
    dataset, array = image(rows=20, columns=20, allocated=8, stored=1)
    dataset.compress("HTJ2K")
    assert (dataset.pixels.array() != array).mean() < 0.1


@pytest.mark.parametrize(
    ("rows", "columns", "levels"), [(64, 64, 1), (64, 65, 1), (200, 300, 2), (512, 512, 4), (2049, 30, 1), (2100, 2100, 6)]
)
def test_rpcl(image: Make, rows: int, columns: int, levels: int) -> None:
    """PS3.5 10.18: progression, tile-part lengths, and enough levels for a base resolution of at most 64."""
    dataset, array = image(rows=rows, columns=columns)
    dataset.compress("HTJ2KLosslessRPCL")
    data = bytes(dataset.pixels.encoded(0))
    found = dict(segments(data))
    assert found[COD][1] == RPCL
    assert found[COD][5] == levels
    assert min(-(-rows // (1 << levels)), -(-columns // (1 << levels))) <= 64
    # a tile-part of each resolution, whose lengths are told: Stlm says 2 bytes of tile number, 4 of length
    parts = found[TLM][2:]
    assert found[TLM][1] == 0x60
    assert len(parts) == 6 * (levels + 1)
    lengths = [int.from_bytes(parts[at + 2 : at + 6], "big") for at in range(0, len(parts), 6)]
    at = data.index(b"\xff\x90")
    for length in lengths:
        assert data[at : at + 2] == b"\xff\x90"
        at += length
    assert data[at : at + 2] == b"\xff\xd9"
    assert np.array_equal(dataset.pixels.array(), array)


@pytest.mark.parametrize("samples", [1, 3])
def test_precision_can_be_told_apart_from_the_array(samples: int) -> None:
    """What the encoder of HTJ2K relies on: nothing but the header depends on the precision of signed samples."""
    shape = (30, 40, 3) if samples == 3 else (30, 40)
    centred = np.random.default_rng(0).integers(-2048, 2048, shape).astype(np.int16)
    data = bytes(imagecodecs.htj2k_encode(centred, reversible=True, rgb=samples == 3))
    for signed, expected in ((True, centred), (False, centred + 2048)):
        changed = with_precision(data, 12, signed)
        for decode in (imagecodecs.htj2k_decode, imagecodecs.jpeg2k_decode):
            assert np.array_equal(decode(changed), expected)

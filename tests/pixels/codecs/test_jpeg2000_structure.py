"""Tiles and precincts of JPEG 2000: what is missing, and what is too much."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.jpeg2000_stream import read_header

COD, COC, SOT = b"\xff\x52", b"\xff\x53", b"\xff\x90"


def encoded(**options: object) -> bytearray:
    samples = np.random.default_rng(0).integers(0, 255, (200, 300), np.uint8)
    return bytearray(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat="J2K", **options))


def with_precincts(data: bytearray, exponents: int) -> bytes:
    """The same with a precinct size of all resolutions. It cannot be decoded."""
    at = data.index(COD)
    levels = data[at + 9]
    data[at + 4] |= 1
    data[at + 3] += levels + 1
    data[at + 14 : at + 14] = bytes((exponents,)) * (levels + 1)
    return bytes(data)


def test_tiles() -> None:
    samples = np.random.default_rng(0).integers(0, 255, (200, 300), np.uint8)
    data = imagecodecs.htj2k_encode(samples, reversible=True, tile=(64, 64))
    assert read_header(data).columns == 300
    assert np.array_equal(imagecodecs.jpeg2k_decode(data), samples)
    parts = [at for at in range(len(data)) if data[at : at + 4] == SOT + b"\0\x0a"]
    assert len(parts) == 4 * 5
    with pytest.raises(CodecError, match="1 of the 20 tiles of the codestream are not complete"):
        read_header(data[: parts[-1]])
    with pytest.raises(CodecError, match="20 of the 20"):
        read_header(data[: parts[0]])


def test_tile_parts() -> None:
    samples = np.random.default_rng(0).integers(0, 255, (200, 300), np.uint8)
    data = imagecodecs.htj2k_encode(samples, reversible=True, tlm=True, tilepart=1, resolutions=2)
    parts = [at for at in range(len(data)) if data[at : at + 4] == SOT + b"\0\x0a"]
    assert len(parts) == 3  # one for each resolution
    assert read_header(data).rows == 200
    for end in parts:
        with pytest.raises(CodecError, match="not complete"):
            read_header(data[: end + 14])


def test_no_tile_size() -> None:
    for at in (24, 28):
        data = encoded()
        data[at : at + 4] = bytes(4)
        with pytest.raises(CodecError, match="impossible"):
            read_header(data)


def test_too_many_tiles() -> None:
    data = encoded()
    data[24:32] = bytes((0, 0, 0, 2)) * 2
    with pytest.raises(CodecError, match="15000 tiles, too many"):
        read_header(data)


def test_precincts() -> None:
    assert read_header(with_precincts(encoded(), 0x77)).rows == 200
    assert read_header(with_precincts(encoded(), 0x55)).rows == 200  # 32 x 32
    with pytest.raises(CodecError, match="precincts, too many"):
        read_header(with_precincts(encoded(), 0x00))


def test_precincts_of_a_component_and_of_a_tile() -> None:
    data = encoded()
    style = bytes((0, 1, 5, 4, 4, 0, 1)) + bytes(6)  # of component 0: 5 levels, precincts of 1 x 1
    segment = COC + (len(style) + 2).to_bytes(2, "big") + style
    first = data.index(SOT)
    for at in (first, first + 12):
        with pytest.raises(CodecError, match="precincts, too many"):
            read_header(bytes(data[:at]) + segment + bytes(data[at:]))


def test_a_segment_that_is_too_short() -> None:
    data = encoded()
    at = data.index(COD)
    with pytest.raises(CodecError, match="coding style segment"):
        read_header(bytes(data[: at + 2]) + b"\0\4\1\0" + bytes(data[at + 14 :]))

"""Headers of codestreams: of JPEG, JPEG 2000 and JPEG XL, as the libraries write them."""

from __future__ import annotations

import contextlib
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs import jpeg2000_stream, jpeg_stream, jpeg_xl_stream

READERS = [jpeg_stream.read_header, jpeg2000_stream.read_header, jpeg_xl_stream.read_header]
RGB = np.zeros((30, 47, 3), np.uint8)
GRAY = np.zeros((30, 47), np.uint16)


def jpeg(**options: Any) -> jpeg_stream.JPEGHeader:
    return jpeg_stream.read_header(imagecodecs.jpeg8_encode(RGB, **options))


def test_jpeg() -> None:
    header = jpeg(subsampling="420")
    assert (header.process, header.bits, header.rows, header.columns) == (0, 8, 30, 47)
    assert header.is_subsampled
    assert header.color == "YBR_FULL"
    assert jpeg(colorspace="RGB", outcolorspace="RGB").color == "RGB"
    assert jpeg_stream.read_header(imagecodecs.jpeg8_encode(GRAY, bitspersample=12)).bits == 12
    assert jpeg_stream.read_header(imagecodecs.jpeg8_encode(GRAY, bitspersample=16, lossless=True)).process == 3
    assert jpeg_stream.read_header(imagecodecs.jpegls_encode(GRAY)).process == 0x37


@pytest.mark.parametrize(
    ("identifiers", "jfif", "transform", "subsampled", "color"),
    [
        (b"\1\2\3", False, None, False, None),
        (b"\1\2\3", True, None, False, "YBR_FULL"),
        (b"\1\2\3", False, None, True, "YBR_FULL"),
        (b"RGB", False, None, False, "RGB"),
        (b"RGB", True, 1, False, "YBR_FULL"),
        (b"\1\2\3", True, 0, False, "RGB"),
        (b"\1", True, None, False, None),
        (b"\1\2\3\4", True, 2, False, None),
    ],
)
def test_color(identifiers: bytes, jfif: bool, transform: int | None, subsampled: bool, color: str | None) -> None:
    header = jpeg_stream.JPEGHeader(0, 8, 1, 1, identifiers, subsampled, jfif, transform)
    assert header.color == color


@pytest.mark.parametrize("format", ["J2K", "JP2"])
@pytest.mark.parametrize("signed", [False, True])
def test_jpeg_2000(format: str, signed: bool) -> None:
    samples = GRAY.astype(np.int16 if signed else np.uint16)
    data = imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat=format, bitspersample=12)
    assert jpeg2000_stream.read_header(data) == jpeg2000_stream.JPEG2000Header(30, 47, 1, 12, signed, False, True)


def test_transforms_of_jpeg_2000() -> None:
    data = imagecodecs.jpeg2k_encode(RGB, level=50, reversible=False, codecformat="J2K")
    assert jpeg2000_stream.read_header(data) == jpeg2000_stream.JPEG2000Header(30, 47, 3, 8, False, True, False)
    data = imagecodecs.jpeg2k_encode(RGB, level=0, reversible=True, codecformat="J2K", mct=False)
    assert not jpeg2000_stream.read_header(data).transformed
    assert jpeg2000_stream.read_header(imagecodecs.htj2k_encode(RGB, reversible=True)).transformed


def size_of(data: bytes) -> tuple[int, int]:
    header = jpeg_xl_stream.read_header(data)
    return header.rows, header.columns


@given(st.sampled_from([1, 7, 8, 40, 64, 100, 256, 300, 512, 1000]), st.sampled_from([1, 8, 48, 75, 80, 256, 512, 1500]))
def test_jpeg_xl(rows: int, columns: int) -> None:
    data = imagecodecs.jpegxl_encode(np.zeros((rows, columns), np.uint8), lossless=True, effort=1, usecontainer=False)
    assert size_of(data) == (rows, columns)


def test_jpeg_xl_in_a_container() -> None:
    data = imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(RGB), usecontainer=True)
    assert size_of(data) == (30, 47)
    data = imagecodecs.jpegxl_encode(RGB, lossless=True, usecontainer=True)
    assert size_of(data) == (30, 47)


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("bits", [5, 8, 10, 12, 13, 16])
def test_samples_of_jpeg_xl(bits: int, samples: int, lossless: bool) -> None:
    array = np.zeros((9, 8, 3) if samples == 3 else (9, 8), np.uint8 if bits <= 8 else np.uint16)
    data = imagecodecs.jpegxl_encode(array, lossless=lossless, bitspersample=bits, usecontainer=False)
    assert jpeg_xl_stream.read_header(data) == jpeg_xl_stream.JPEGXLHeader(9, 8, samples, bits)


def test_what_else_jpeg_xl_may_have() -> None:
    floating = imagecodecs.jpegxl_encode(np.zeros((9, 8), np.float32), lossless=True)
    assert jpeg_xl_stream.read_header(floating).is_float
    alpha = imagecodecs.jpegxl_encode(np.zeros((9, 8, 4), np.uint8), lossless=True)
    assert jpeg_xl_stream.read_header(alpha).extra == 1
    animated = imagecodecs.jpegxl_encode(np.zeros((3, 9, 8, 1), np.uint8), lossless=True)
    assert jpeg_xl_stream.read_header(animated).is_animated


@pytest.mark.parametrize("own", range(3))
def test_truncated_or_something_else(own: int) -> None:
    sound = [
        imagecodecs.jpeg8_encode(RGB),
        imagecodecs.jpeg2k_encode(RGB, codecformat="JP2"),
        imagecodecs.jpegxl_encode(RGB, lossless=True),
    ]
    accepted = set()
    for number, data in enumerate(sound):
        for length in range(min(len(data), 700) + 1):
            try:
                READERS[own](data[:length])
            except CodecError:
                continue
            accepted.add(number)
    assert accepted == {own}


@given(st.binary(max_size=60), st.sampled_from([b"\xff\xd8", b"\xff\x4f\xff\x51", b"\xff\x0a", b"\0\0\0\x0cjP  ", b""]))
def test_rubbish(data: bytes, start: bytes) -> None:
    for read in READERS:
        with contextlib.suppress(CodecError):
            read(start + data)

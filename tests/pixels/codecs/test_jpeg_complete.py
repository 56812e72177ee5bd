"""Lossy JPEG whose entropy-coded data end early, which libjpeg-turbo decodes without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest

from dicomkit.errors import CodecError
from dicomkit.pixels import encapsulate
from dicomkit.pixels.codecs.jpeg_complete import MOST_SCANS, check_complete, check_plausible
from dicomkit.pixels.codecs.jpeg_stream import read_header

Make = Callable[..., Any]
EOI = b"\xff\xd9"


def slope(samples: int, bits: int) -> np.ndarray[Any, Any]:
    array = np.add.outer(np.arange(43) * 5, np.arange(59) * 3) % (1 << bits)
    array = np.stack([array] * samples, -1) if samples > 1 else array
    return array.astype(np.uint8 if bits <= 8 else np.uint16)


def coded(samples: int, bits: int, **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(slope(samples, bits), level=95, bitspersample=bits, **options))


CASES = [coded(1, 8), coded(3, 8, subsampling="420"), coded(1, 12), coded(3, 8, subsampling="444", smoothing=10)]


def decoded(data: bytes, bits: int, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    out = np.empty_like(like)
    imagecodecs.jpeg8_decode(data, out=out)
    check_complete(data, out, bits, lambda codestream, into: imagecodecs.jpeg8_decode(codestream, out=into))
    return out


@pytest.mark.parametrize("data", CASES)
def test_truncated(data: bytes) -> None:
    header = read_header(data)
    whole = imagecodecs.jpeg8_decode(data)
    start = data.index(b"\xff\xda")
    for end in range(start + 14, len(data) - 12, 7):
        for rest in (b"", EOI):  # with the marker, all looks well
            damaged = data[:end].rstrip(b"\xff") + rest
            out = imagecodecs.jpeg8_decode(damaged)
            if not rest or (out[40:, 56:] == 1 << header.bits - 1).all():
                with pytest.raises(CodecError, match="end early"):
                    decoded(damaged, header.bits, whole)


@pytest.mark.parametrize("data", CASES)
def test_complete(data: bytes) -> None:
    header = read_header(data)
    whole = imagecodecs.jpeg8_decode(data)
    for sound in (data, data[:-2], data + b"\0", data + bytes(100), data[:-2] + b"\xff\xff" + EOI):
        assert np.array_equal(decoded(sound, header.bits, whole), whole)


@pytest.mark.parametrize("bits", [8, 12])
def test_gray_images_are_complete(bits: int) -> None:
    """They look as if they were not."""
    gray = np.full((43, 59), 1 << (bits - 1), np.uint8 if bits == 8 else np.uint16)
    data = bytes(imagecodecs.jpeg8_encode(gray, bitspersample=bits))
    assert np.array_equal(decoded(data, bits, gray), gray)


def test_too_short_for_its_size() -> None:
    data = bytearray(coded(1, 8))
    at = data.index(b"\xff\xc0")
    check_plausible(data, read_header(data))
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(CodecError, match="no codestream of 65535 x 65535 pixels"):
        check_plausible(data, read_header(data))


def test_scans() -> None:
    data = coded(1, 8).replace(b"\xff\xc0", b"\xff\xc2")
    check_plausible(data, read_header(data))
    with pytest.raises(CodecError, match="scans"):
        check_plausible(data + b"\xff\xda" * MOST_SCANS, read_header(data))


def test_more_rows_than_there_are(image: Make) -> None:
    dataset, _ = image(rows=96, columns=59, allocated=8)
    data = bytearray(coded(1, 8))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 7] = (96).to_bytes(2, "big")
    encapsulate(dataset, [bytes(data)], "JPEGBaseline8Bit")
    with pytest.raises(CodecError, match="frame 0: the entropy-coded data end early"):
        dataset.pixels.frame(0)


def test_restart_intervals() -> None:
    """A codestream of libjpeg's encoder with markers; here one is made by hand: each block is as gray as the one before."""
    # Code 0 for "no difference" (and 10 for some), and 0 for "end of block"; two blocks in each interval, four in a row
    table = b"\xff\xc4\0\x15\0\1\1" + bytes(14) + b"\0\3" + b"\xff\xc4\0\x14\x10\1" + bytes(15) + b"\0"
    frame = b"\xff\xdb\0\x43\0" + bytes([1] * 64) + b"\xff\xc0\0\x0b\x08\0\x10\0\x20\1\1\x11\0"
    head = b"\xff\xd8" + frame + table + b"\xff\xdd\0\4\0\2" + b"\xff\xda\0\x08\1\1\0\0\x3f\0"
    sound = head + b"\x0f\xff\xd0\x0f\xff\xd1\x0f\xff\xd2\x0f" + EOI
    gray = np.full((16, 32), 128, np.uint8)
    assert np.array_equal(decoded(sound, 8, gray), gray)
    for damaged in (head + b"\x0f\xff\xd0\x0f" + EOI, head + b"\x0f\xff\xd0\x0f\xff\xd1" + EOI, head + b"\x0f" + EOI):
        with pytest.raises(CodecError, match="end early"):
            decoded(damaged, 8, gray)

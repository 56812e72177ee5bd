"""The target of `codec_loop` for lossless JPEG: what is decoded or encoded, and what must hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from dicomkit._ext import jpegll
from dicomkit.errors import CodecError
from tests.fuzz.codec_loop import main
from tests.reference import jpegll as reference
from tests.reference.jpegll import Options

LARGEST = 1 << 20  # bytes of a frame

VARIANTS = [
    Options(),
    Options(predictor=7, restart_lines=2, fill_bytes=1),
    Options(predictor=4, interleaved=False, separate_tables=True, number_of_lines=True),
    Options(predictor=6, separate_tables=True, application=b"Adobe\0\x64\0\0\0\0\1"),
    Options(predictor=5, flat_code=True, point_transform=1, before=b"\0\0"),
    Options(predictor=2, extra_bits=True),
    Options(predictor=3, overflowing_table=True),
]


def seeds() -> Sequence[bytes]:
    draw = Random(1)
    found = []
    for bits, components in ((2, 1), (8, 1), (8, 3), (12, 1), (16, 1), (16, 2), (10, 4)):
        top = (1 << bits) - 1
        for number, options in enumerate(VARIANTS):
            image = [
                [[(draw.randrange(top + 1) if number & 1 else min(top, x * y)) for x in range(11)] for y in range(6)]
                for _ in range(components)
            ]
            found.append(reference.encode(image, bits, options))
    # long enough for all ways of decoding
    found.append(jpegll.encode(bytes(draw.randrange(4) for _ in range(100 * 100)), 100, 100, 1, 8, predictor=7))
    found.append(jpegll.encode(bytes(draw.randrange(200) for _ in range(9000)), 3000, 1, 3, 8, predictor=4))
    return found


def execute(options: int, data: bytes) -> None:
    if options & 7 == 7:
        encode(options >> 3, data)
    else:
        decode(options >> 3, data)


def decode(options: int, data: bytes) -> None:
    try:
        width, height, components, bits, *_ = jpegll.header(data)
    except CodecError:
        return
    size = width * height * components * (2 if bits > 8 else 1)
    if size > LARGEST:
        return
    out = bytearray(size)
    planar = bool(options & 1)
    cornell = (None, None, True, False)[options >> 1 & 3]
    try:
        jpegll.decode(data, out, planar=planar, signed_prediction=bool(options & 8), cornell=cornell)
        if options & 16:
            again = jpegll.encode(out, width, height, components, bits, planar=planar, predictor=1 + (options >> 5) % 7)
            other = bytearray(size)
            jpegll.decode(again, other, planar=planar)
            assert other == out
    except CodecError as error:
        str(error)


def encode(options: int, data: bytes) -> None:
    """The bytes are samples."""
    bits, components = 2 + (options & 15) % 15, 1 + (options >> 4 & 3)
    width = 1 + (options >> 6 & 63)
    size = 2 if bits > 8 else 1
    height = len(data) // (width * components * size)
    samples = bytearray(data[: width * height * components * size])
    low = (1 << bits) - 1
    for at in range(size - 1 if sys.byteorder == "little" else 0, len(samples), size):
        samples[at] &= low >> 8 * (size - 1)
    try:
        encoded = jpegll.encode(
            samples,
            width,
            height,
            components,
            bits,
            planar=bool(options & 1 << 12),
            predictor=1 + (options >> 13 & 7) % 7,
            restart_interval=width * (options >> 16 & 3),
        )
    except CodecError:
        assert height == 0
        return
    out = bytearray(len(samples))
    jpegll.decode(encoded, out, planar=bool(options & 1 << 12))
    assert out == samples


if __name__ == "__main__":
    sys.exit(main("tests.fuzz.jpegll_target", seeds, execute))

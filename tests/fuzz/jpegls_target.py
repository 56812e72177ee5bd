"""The target of `codec_loop` for JPEG-LS: what is decoded or encoded, and what must hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random
from typing import Final, Literal

from dicomkit._ext import jpegls
from dicomkit.errors import CodecError
from tests.fuzz.codec_loop import main
from tests.reference import jpegls as reference
from tests.reference.jpegls import Options

LARGEST: Final = 1 << 20  # bytes of a frame
INTERLEAVES: Final[tuple[Literal["none", "line", "sample"], ...]] = ("none", "line", "sample")
NEARS: Final = (0, 0, 0, 1, 2, 9, 100, 255)
PRESETS: Final = (None, None, None, (0, 0, 0, 0, 3), (0, 0, 0, 0, 255), (3, 1, 2, 3, 0), (0, 3, 3, 3, 7), (2, 0, 0, 0, 0))

VARIANTS = [
    Options(),
    Options(interleave=reference.SAMPLE, restart_interval=2, fill_bytes=1),
    Options(interleave=reference.LINE, near=1, number_of_lines=2),
    Options(interleave=reference.SAMPLE, near=1, oversize=3),
    Options(presets=(0, 0, 0, 0, 3), restart_interval=3, restart_bytes=4),
    Options(presets=(3, 1, 2, 3, 255), interleave=reference.SAMPLE),
]


def seeds() -> Sequence[bytes]:
    draw = Random(1)
    found = []
    for bits, components in ((2, 1), (8, 1), (8, 3), (12, 1), (16, 1), (16, 2), (10, 4), (16, 3)):
        top = (1 << bits) - 1
        for number, options in enumerate(VARIANTS):
            largest = options.presets[0] if options.presets and options.presets[0] else top
            image = [
                [[min(largest, draw.randrange(top + 1) if number & 1 else x // 4 * y) for x in range(13)] for y in range(6)]
                for _ in range(components)
            ]
            found.append(reference.encode(image, bits, options)[0])
    image = [[[min(255, x * y) for x in range(13)] for y in range(6)] for _ in range(3)]
    found += [reference.encode(image, 8, Options(colour_transform=n, interleave=1 + n % 2))[0] for n in (1, 2, 3)]
    # long enough for all ways of decoding
    found.append(jpegls.encode(bytes(draw.randrange(4) for _ in range(100 * 100)), 100, 100, 1, 8))
    found.append(jpegls.encode(bytes(draw.randrange(200) for _ in range(12000)), 1000, 4, 3, 8))
    found.append(jpegls.encode(bytes(draw.randrange(256) for _ in range(8000)), 2000, 2, 1, 16))
    found.append(jpegls.encode(bytes(12000), 4000, 1, 3, 8, near=3))
    return found


def execute(options: int, data: bytes) -> None:
    if options & 3 == 3:
        encode(options >> 2, data)
    else:
        decode(options >> 2, data)


def decode(options: int, data: bytes) -> None:
    try:
        width, height, components, bits, *_ = jpegls.header(data)
    except CodecError as error:
        str(error)
        return
    size = width * height * components * (2 if bits > 8 else 1)
    if size > LARGEST:
        return
    out = bytearray(size)
    planar = bool(options & 1)
    try:
        jpegls.decode(data, out, planar=planar)
    except CodecError as error:
        str(error)
        return
    if options & 6 == 6:
        interleave = INTERLEAVES[(options >> 3) % 3] if components <= 4 else "none"
        again = jpegls.encode(out, width, height, components, bits, planar=planar, interleave=interleave)
        other = bytearray(size)
        jpegls.decode(again, other, planar=planar)
        assert other == out


def encode(options: int, data: bytes) -> None:
    """The bytes are samples."""
    bits, components = 2 + (options & 15) % 15, 1 + (options >> 4 & 3)
    planar = bool(options & 64)
    width = 1 + (options >> 7 & 255)
    size = 2 if bits > 8 else 1
    height = len(data) // (width * components * size)
    samples = bytearray(data[: width * height * components * size])
    top = (1 << bits) - 1
    for at in range(size - 1 if sys.byteorder == "little" else 0, len(samples), size):
        samples[at] &= top >> 8 * (size - 1)
    near = min(top // 2, NEARS[options >> 15 & 7])
    presets = PRESETS[options >> 18 & 7]
    try:
        encoded = jpegls.encode(
            samples,
            width,
            height,
            components,
            bits,
            planar=planar,
            near=near,
            interleave=INTERLEAVES[(options >> 21 & 3) % 3],
            presets=presets,
            restart_interval=options >> 23 & 3,
        )
    except CodecError:
        assert height == 0 or presets or near
        return
    out = bytearray(len(samples))
    jpegls.decode(encoded, out, planar=planar)
    if near == 0:
        assert out == samples
    elif size == 1:
        assert all(abs(a - b) <= near for a, b in zip(out, samples, strict=True))


if __name__ == "__main__":
    sys.exit(main("tests.fuzz.jpegls_target", seeds, execute))

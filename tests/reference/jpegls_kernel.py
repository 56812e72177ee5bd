"""The JPEG-LS kernel, with images as the references have them."""

from __future__ import annotations

import random
import sys
from typing import Any, Literal

from dicomkit._ext import jpegls
from tests.reference.image import Image, pixels

__all__ = ["INTERLEAVES", "decoded", "encoded", "image_of", "synthetic"]

INTERLEAVES: tuple[Literal["none", "line", "sample"], ...] = ("none", "line", "sample")


def image_of(data: bytes, width: int, height: int, components: int, bits: int) -> Image:
    """The image that the kernel has so, pixel by pixel."""
    size = 1 if bits <= 8 else 2
    samples = [int.from_bytes(data[at : at + size], sys.byteorder) for at in range(0, len(data), size)]
    lines = [samples[at : at + width * components] for at in range(0, len(samples), width * components)]
    return [[line[component::components] for line in lines] for component in range(components)]


def decoded(data: bytes, **options: Any) -> bytes:
    width, height, components, bits = jpegls.header(data)[:4]
    out = bytearray(width * height * components * (2 if bits > 8 else 1))
    jpegls.decode(data, out, **options)
    return bytes(out)


def encoded(image: Image, bits: int, **options: Any) -> bytes:
    samples = pixels(image, bits, planar=options.get("planar", False))
    return jpegls.encode(samples, len(image[0][0]), len(image[0]), len(image), bits, **options)


def synthetic(width: int, height: int, components: int, bits: int, kind: int, seed: int) -> Image:
    """Noise, a slope with some noise, jumps between extremes, or flat areas with some noise."""
    draw = random.Random(seed)
    top = (1 << bits) - 1
    patches = [[draw.randrange(top + 1) for _ in range(width // 8 + 1)] for _ in range(height // 3 + 1)]

    def sample(x: int, y: int) -> int:
        if kind == 0:
            return draw.randrange(top + 1)
        if kind == 1:
            return min(top, (3 * x + 5 * y + draw.randrange(4)) % (top + 1))
        if kind == 2:
            return draw.choice((0, top, top // 2 + 1))
        return min(top, patches[y // 3][x // 8] + (draw.randrange(20) == 0))

    return [[[sample(x, y) for x in range(width)] for y in range(height)] for _ in range(components)]

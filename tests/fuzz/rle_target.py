"""The target of `codec_loop` for RLE: what is decoded or encoded, and what must hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from dicomkit._ext import rle
from dicomkit.errors import CodecError
from tests.fuzz.codec_loop import main

LAYOUTS = [
    {"rows": rows, "columns": columns, "samples": samples, "bytes_per_sample": size}
    for rows, columns in ((1, 1), (5, 7), (20, 33), (3, 1500), (2, 4100))
    for samples, size in ((1, 1), (1, 2), (3, 1), (3, 2), (1, 4), (2, 1), (3, 5))
]


def size_of(layout: dict[str, int]) -> int:
    return layout["rows"] * layout["columns"] * layout["samples"] * layout["bytes_per_sample"]


def seeds() -> Sequence[bytes]:
    draw = Random(1)
    found = []
    for layout in LAYOUTS:
        frame = bytearray()
        while len(frame) < size_of(layout):
            frame += bytes([draw.randrange(256)]) * draw.choice((1, 1, 1, 2, 3, 17, 140))
        found.append(rle.encode(frame[: size_of(layout)], **layout)[: 1 << 14])
    return found


def execute(options: int, data: bytes) -> None:
    layout = LAYOUTS[(options >> 8) % len(LAYOUTS)]
    planar = bool(options & 1)
    if options & 6 == 6:
        layout = {**layout, "rows": len(data) // (size_of(layout) // layout["rows"])}
        samples = data[: size_of(layout)]
        try:
            encoded = rle.encode(samples, **layout, planar=planar)
        except CodecError:
            assert layout["rows"] == 0
            return
        out = bytearray(len(samples))
        rle.decode(encoded, out, **layout, planar=planar)
        assert out == samples
        return
    try:
        if options & 8:  # the layout that there are segments for
            count = len(rle.header(data))
            layout = [one for one in LAYOUTS if one["samples"] * one["bytes_per_sample"] == count][options >> 16 & 3]
        rle.decode(
            data,
            bytearray(size_of(layout)),
            **layout,
            bits_stored=None if options & 32 else (options >> 20) % (8 * layout["bytes_per_sample"]) + 1,
            signed=bool(options & 64),
            planar=planar,
            least_significant_first=bool(options & 16),
        )
    except (CodecError, IndexError) as error:
        str(error)


if __name__ == "__main__":
    sys.exit(main("tests.fuzz.rle_target", seeds, execute))

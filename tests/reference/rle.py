"""DICOM RLE the slow and obvious way (PS3.5 annex G): what `dicomkit._ext.rle` is compared with.

Frames are lists of planes of bytes, in the order of the segments.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence


def packed(planes: Sequence[bytes], *, order: Sequence[int] | None = None, padding: bytes = b"") -> bytes:
    """A frame of segments that are PackBits already; `order` is that in which they stand."""
    offsets = [0] * 15
    body = b""
    for number in order or range(len(planes)):
        offsets[number] = 64 + len(body)
        body += planes[number] + padding
    return struct.pack("<16I", len(planes), *offsets) + body


def shortest(row: bytes) -> int:
    """How many bytes a row takes at least."""
    lengths = [0] * (len(row) + 1)
    for start in reversed(range(len(row))):
        best = min(1 + n + lengths[start + n] for n in range(1, min(128, len(row) - start) + 1))
        for n in range(2, min(128, len(row) - start) + 1):
            if row[start + n - 1] != row[start]:
                break
            best = min(best, 2 + lengths[start + n])
        lengths[start] = best
    return lengths[0]


def runs(segment: bytes) -> list[bytes]:
    """G.3.2: the bytes of each run. Padding behind the last one may look like another, that is cut off."""
    found = []
    at = 0
    while at < len(segment):
        control = segment[at]
        if control < 128:
            found.append(segment[at + 1 : at + 2 + control])
            at += 2 + control
        elif control > 128:
            found.append(segment[at + 1 : at + 2] * (257 - control))
            at += 2
        else:
            at += 1
    return found


def decode(data: bytes) -> list[bytes]:
    """The planes, with whatever is behind their end."""
    count, *offsets = struct.unpack_from("<16I", data)
    ends = [*offsets[1:count], len(data)]
    return [b"".join(runs(data[start:end])) for start, end in zip(offsets, ends, strict=False)]


def planes(frame: bytes, pixels: int, samples: int, size: int, *, planar: bool) -> list[bytes]:
    """The planes of a little endian frame: most significant byte first."""
    step = size * (1 if planar else samples)
    return [
        frame[start + size - 1 - byte :: step][:pixels]
        for start in (range(0, pixels * samples * size, pixels * size) if planar else range(0, samples * size, size))
        for byte in range(size)
    ]

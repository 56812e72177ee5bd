"""Native frames: found by arithmetic, brought into the machine's order (PS3.5 8.1, 8.2; PS3.3 C.7.6.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.cells import put_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.pixels.stored import Stored
    from dicomkit.typing import BytesLike

__all__ = ["count_frames", "put_frame", "read_frame", "settled"]


def settled(layout: Layout, length: int) -> Layout:
    """The layout as the length of the value shows it, where the attributes cannot be true.

    Some call it YBR_FULL_422 although each pixel has its chrominance.
    """
    if layout.is_subsampled and layout.bits_allocated >= 8:
        full = layout.with_samples_for_all()
        frames = layout.frames or 1
        if length >= frames * full.frame_bits // 8:
            return full
    return layout


def count_frames(layout: Layout, length: int) -> int:
    """The number of frames that are in a value of so many bytes."""
    return length * 8 // layout.frame_bits


def read_frame(stored: Stored, layout: Layout, frame: int) -> tuple[BytesLike, int]:
    """The bytes that a frame is in, and the bit of the first one that it begins with.

    Raises:
        CodecError: the value ends before the frame does.
    """
    first = frame * layout.frame_bits
    stop = first + layout.frame_bits
    start, end = first // 8, (stop + 7) // 8
    if end > stored.length:
        there = count_frames(layout, stored.length)
        raise CodecError(f"the value ends at byte {stored.length}, this frame at {end}: {there} frames are complete", frame)
    if stored.big_endian and layout.bits_allocated <= 8 and stored.vr == "OW":
        # PS3.5 8.1.1: bytes are in words, the first one the less significant
        even = start & ~1
        words = np.frombuffer(stored.read(even, min(end + (end & 1), stored.length & ~1) - even), ">u2")
        return words.astype("<u2").tobytes()[start - even : end - even], first % 8
    return stored.read(start, end - start), first % 8


def put_frame(data: BytesLike, first_bit: int, layout: Layout, big_endian: bool, out: NDArray[Any]) -> None:
    """Put the samples of a frame into an array of the layout's shape and type."""
    if layout.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        count = layout.frame_bits
        _by_pixel(bits[first_bit : first_bit + count], layout, out)
        return
    dtype = layout.dtype.newbyteorder(">") if big_endian and layout.dtype.itemsize > 1 else layout.dtype.newbyteorder("<")
    cells = np.frombuffer(data, dtype)
    if layout.is_subsampled:
        _put_subsampled(cells, out)
        cells = out
    elif layout.planar:
        _by_pixel(cells, layout, out)
        cells = out
    else:
        cells = cells.reshape(layout.shape)
    put_samples(cells, layout, out)


def _by_pixel(cells: NDArray[Any], layout: Layout, out: NDArray[Any]) -> None:
    if layout.planar:
        out[...] = cells.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    else:
        out[...] = cells.reshape(layout.shape)


def _put_subsampled(cells: NDArray[Any], out: NDArray[Any]) -> None:
    """Y Y Cb Cr for two pixels: both get the chrominance (it is sited at the first: PS3.3 C.7.6.3.1.2)."""
    pixels = out.reshape(-1, 3)
    pairs = cells[: cells.size // 4 * 4].reshape(-1, 4)
    count = len(pairs) * 2
    pixels[0:count:2, 0] = pairs[:, 0]
    pixels[1:count:2, 0] = pairs[:, 1]
    for sample in (1, 2):
        pixels[0:count:2, sample] = pixels[1:count:2, sample] = pairs[:, sample + 1]
    if count < len(pixels):  # an odd number of pixels
        pixels[count:] = pixels[count - 1 : count]

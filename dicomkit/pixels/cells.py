"""Pixel cells and the samples in them (PS3.5 8.1.1): unused bits, signs, High Bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout

__all__ = ["as_unsigned", "extend_sign", "put_samples"]


def put_samples(cells: NDArray[Any], layout: Layout, out: NDArray[Any]) -> None:
    """Take the samples out of pixel cells: Bits Stored of them, up to High Bit; what is above is the sign, or 0.

    Bits outside of the sample may hold anything, such as an overlay.

    Args:
        cells: of the shape of `out` and as wide; may be `out`.
        layout: of the cells.
        out: receives the samples.
    """
    allocated, stored = layout.bits_allocated, layout.bits_stored
    if layout.kind or stored == allocated or allocated < 8:
        if cells is not out:
            out[...] = cells
    elif layout.signed:
        np.left_shift(cells, allocated - 1 - layout.high_bit, out=out)
        np.right_shift(out, allocated - stored, out=out)
    else:
        shift = layout.high_bit + 1 - stored
        if shift:
            np.right_shift(cells, shift, out=out)
            cells = out
        np.bitwise_and(cells, (1 << stored) - 1, out=out)


def extend_sign(samples: NDArray[Any], bits: int) -> None:
    """Make samples of so many bits numbers of their array's type: signed, or not. In place."""
    shift = samples.dtype.itemsize * 8 - bits
    if shift > 0:
        np.left_shift(samples, shift, out=samples)
        np.right_shift(samples, shift, out=samples)


def as_unsigned(samples: NDArray[Any], bits: int) -> NDArray[Any]:
    """Samples of so many bits as a codec takes them: without their sign bits, in bytes if they fit, C-contiguous.

    May be the array itself.
    """
    unsigned = np.ascontiguousarray(samples).view(f"u{samples.dtype.itemsize}")
    if samples.dtype.kind == "i" and bits < samples.dtype.itemsize * 8:
        unsigned = unsigned & unsigned.dtype.type((1 << bits) - 1)
    return unsigned.astype("u1" if bits <= 8 else "u2", copy=False)

"""Frames on their way into native pixel data (PS3.5 8.1, 8.2; PS3.3 C.7.6.3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit.pixels.attributes import describe_layout
from dicomkit.pixels.encapsulation import replace_pixel_data
from dicomkit.pixels.layout import PIXEL_DATA
from dicomkit.pixels.spool import Spool, native_element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.pixels.layout import Layout

__all__ = ["Native", "put_native", "spool_native"]


@dataclass(frozen=True, slots=True)
class Native:
    """Native pixel data that are not in a data set yet.

    Attributes:
        element: of the frames.
        layout: of a frame.
        frames: how many there are.
        by_plane: whether their samples are plane by plane.
    """

    element: DataElement
    layout: Layout
    frames: int
    by_plane: bool = False


def spool_native(frames: Iterable[NDArray[Any]], layout: Layout, *, by_plane: bool = False) -> Native:
    """Native pixel data of frames.

    Args:
        frames: arrays of the layout's shape and type.
        layout: of a frame, as the data set will say it.
        by_plane: store samples plane by plane.

    Raises:
        EncodeError: they are too long for an element.
    """
    by_plane = by_plane and layout.samples > 1
    spool = Spool()
    bits = _BitPacker(spool) if layout.bits_allocated == 1 else None
    count = 0
    for frame in frames:
        count += 1
        if by_plane:
            frame = frame.transpose(2, 0, 1)
        if bits is not None:
            bits.write(frame)
        else:
            spool.write(np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).data.cast("B"))
    if bits is not None:
        bits.flush()
    vr = "OW" if layout.bits_allocated > 8 else "OB"
    return Native(native_element(spool, vr, PIXEL_DATA), layout, count, by_plane)


def put_native(dataset: Dataset, native: Native) -> None:
    """Make it the pixel data of a data set, which says so."""
    replace_pixel_data(dataset, native.element, None)
    describe_layout(dataset, native.layout, native.frames, by_plane=native.by_plane)


class _BitPacker:
    """Frames of single bits behind one another: they need not begin with a byte (PS3.5 8.1.1)."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._left = np.empty(0, np.uint8)

    def write(self, frame: NDArray[np.uint8]) -> None:
        bits = np.concatenate((self._left, frame.reshape(-1)))
        whole = bits.size // 8 * 8
        self._spool.write(np.packbits(bits[:whole], bitorder="little").tobytes())
        self._left = bits[whole:]

    def flush(self) -> None:
        self._spool.write(np.packbits(self._left, bitorder="little").tobytes())

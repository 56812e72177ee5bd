"""Overlays in the unused bits of pixel cells, which PS3.5 has dropped (PS3.3 C.9.2 of 2004): moved out before cells change.

Encoding keeps the sample of a cell and nothing else, so what stands beside it becomes Overlay Data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.pixels.layout import Layout
    from dicomkit.pixels.pixel_data import PixelData

__all__ = ["EmbeddedOverlays", "embedded_overlays"]

GROUPS: Final = range(0x6000, 0x6020, 2)
FRAMES: Final = 0x0015
ALLOCATED: Final = 0x0100
POSITION: Final = 0x0102
DATA: Final = 0x3000


def embedded_overlays(dataset: Dataset, source: PixelData) -> EmbeddedOverlays:
    """What stands beside the samples in the cells of all frames."""
    overlays = EmbeddedOverlays(dataset, source._layout)
    if overlays.positions and source._has_cells():
        for number in range(len(source)):
            overlays.take(source._cells(number))
    else:
        overlays.positions.clear()
    return overlays


class EmbeddedOverlays:
    """Collects the overlays of a data set that are in its pixel cells, frame by frame.

    Attributes:
        positions: group -> bit of a cell.
    """

    def __init__(self, dataset: Dataset, layout: Layout) -> None:
        self.positions: dict[int, int] = {}
        self._planes: dict[int, list[bytes]] = {}
        self._left: dict[int, NDArray[np.uint8]] = {}
        self._frames = 0
        if layout.kind or layout.samples != 1 or layout.bits_allocated not in (8, 16, 32):
            return
        sample = range(layout.high_bit + 1 - layout.bits_stored, layout.high_bit + 1)
        for group in GROUPS:
            element = dataset._element(group << 16 | POSITION)
            if element is None or dataset._element(group << 16 | DATA) is not None:
                continue
            position = element.value
            if isinstance(position, int) and 0 <= position < layout.bits_allocated and position not in sample:
                self.positions[group] = position
                self._planes[group] = []
                self._left[group] = np.empty(0, np.uint8)

    def take(self, cells: NDArray[Any]) -> None:
        """Take the overlays out of the cells of the next frame."""
        self._frames += 1
        for group, position in self.positions.items():
            plane = (cells.reshape(-1) >> position & 1).astype(np.uint8)
            bits = np.concatenate((self._left[group], plane))
            whole = bits.size // 8 * 8
            self._planes[group].append(np.packbits(bits[:whole], bitorder="little").tobytes())
            self._left[group] = bits[whole:]

    def put(self, dataset: Dataset) -> None:
        """Make them Overlay Data of the data set."""
        for group in self.positions:
            data = b"".join(self._planes[group]) + np.packbits(self._left[group], bitorder="little").tobytes()
            dataset[group << 16 | DATA] = data + bytes(len(data) % 2)
            dataset[group << 16 | ALLOCATED] = 1
            dataset[group << 16 | POSITION] = 0
            if self._frames > 1:
                dataset[group << 16 | FRAMES] = self._frames

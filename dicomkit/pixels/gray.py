"""Pixel data made grey values of fewer bits, for transfer syntaxes that have no more (PS3.3 C.7.6.3, C.11.1, C.11.2).

All mappings are tables of 2^Bits Allocated entries: stored value -> new value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.native_frames import put_native, spool_native
from dicomkit.pixels.overlays import embedded_overlays
from dicomkit.pixels.pixel_data import PixelData
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset

    Table = NDArray[np.float64]

__all__ = ["GrayImage", "remove_color"]

EXPLICIT_LITTLE: Final = UID("1.2.840.10008.1.2.1")
#: Attributes that are of the values before, and of none after.
OF_VALUES: Final = (
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
)
OF_WINDOWS: Final = ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction")
FUNCTIONAL_GROUPS: Final = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
LUT_DATA: Final = 0x00283006
LUMA: Final = np.array([0.299, 0.587, 0.114])  # of red, green, blue: ITU-R BT.601
DIGITS: Final = 10  # of a DS, which has 16 characters


class GrayImage:
    """A data set of grey values, whose values can be mapped to fewer bits.

    Args:
        dataset: the data set; `stretch` and `apply` change it.

    Attributes:
        slope, intercept: from stored to modality values (PS3.3 C.11.1).
        lowest, highest: stored values that there can be.

    Raises:
        CodecError: it has no grey values of 8 or 16 bits, or a Modality LUT, or other values for each frame.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.pixels = pixels = PixelData(dataset)
        layout = pixels._layout
        if layout.samples != 1 or layout.kind or layout.bits_allocated not in (8, 16):
            raise CodecError("only grey values of 8 or 16 bits can be mapped to fewer bits")
        for keyword in ("ModalityLUTSequence", *FUNCTIONAL_GROUPS):
            if dataset.get(keyword):
                raise CodecError(f"values that {keyword} is for cannot be mapped to fewer bits")
        self._dataset = dataset
        self._layout = layout
        self.slope = _number(dataset, "RescaleSlope", 1.0) or 1.0
        self.intercept = _number(dataset, "RescaleIntercept", 0.0)
        self.lowest = -(1 << layout.bits_stored - 1) if layout.signed else 0
        self.highest = self.lowest + (1 << layout.bits_stored) - 1

    @property
    def bits(self) -> int:
        """Bits Stored."""
        return self._layout.bits_stored

    @property
    def signed(self) -> bool:
        """Whether values are signed."""
        return self._layout.signed

    def histogram(self, region: tuple[int, int, int, int] | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """The stored values that there are, in order, and how often each is there.

        Args:
            region: left, top, width and height of a part of all frames; None: all of them.

        Raises:
            CodecError: no pixel is in the region; or a frame cannot be decoded.
        """
        counts = np.zeros(1 << self._layout.bits_allocated, np.int64)
        for frame in self.pixels:
            if region is not None:
                left, top, width, height = region
                frame = frame[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
            unsigned = np.ascontiguousarray(frame).view(f"u{frame.dtype.itemsize}")
            counts += np.bincount(unsigned.reshape(-1), minlength=len(counts))
        there = np.flatnonzero(counts)
        if not len(there):
            raise CodecError("the region of interest is outside of the image")
        values = there.astype(f"u{self._layout.dtype.itemsize}").view(self._layout.dtype).astype(np.int64)
        order = np.argsort(values)
        return values[order], counts[there][order]

    def window(self, low: float, high: float) -> tuple[float, float]:
        """Centre and width of the window whose first and last modality values are those of two stored ones."""
        first, last = sorted((low * self.slope + self.intercept, high * self.slope + self.intercept))
        return (first + last + 1) / 2, last - first + 1

    def stretch(self, bits: int, low: float, high: float, *, rescale: bool, unit: str = "US") -> None:
        """Map the stored values from `low` to `high` to those of so many bits: linearly, and without making them more.

        Args:
            bits: of the new values, which are unsigned: 8, 12 or 16.
            low, high: become the smallest and the largest value.
            rescale: Rescale Slope and Intercept go on giving modality values; else windows are brought to the new values.
            unit: Rescale Type if there is none.
        """
        step = max((high - low) / ((1 << bits) - 1), 1.0)
        self._map(bits, (self._stored() - low) / step)
        dataset = self._dataset
        if rescale:
            dataset.RescaleSlope = _short(self.slope * step)
            dataset.RescaleIntercept = _short(self.slope * low + self.intercept)
            if not dataset.get("RescaleType"):
                dataset.RescaleType = unit
            return
        self._identity()
        if "VOILUTSequence" in dataset:
            del dataset.VOILUTSequence
        start, scale = self.slope * low + self.intercept, abs(self.slope) * step
        for keyword, before in (("WindowCenter", start), ("WindowWidth", 0.0)):
            values = _numbers(dataset, keyword)
            if values:
                setattr(dataset, keyword, tuple([_short((value - before) / scale) for value in values]))

    def apply_window(self, bits: int, center: float, width: float) -> None:
        """Map modality values through a window to all values of so many bits (PS3.3 C.11.2.1.2.1)."""
        values = self._stored() * self.slope + self.intercept
        position = (values - (center - 0.5)) / (width - 1) + 0.5 if width > 1 else (values > center - 0.5).astype(float)
        self._apply(bits, position)

    def apply_lut(self, bits: int, number: int) -> None:
        """Map modality values through an item of the VOI LUT Sequence (PS3.3 C.11.2.1.1).

        Raises:
            CodecError: there is no such item, or it is not as it should be.
        """
        items = self._dataset.get("VOILUTSequence") or ()
        if not 0 < number <= len(items):
            raise CodecError(f"there is no VOI LUT {number}")
        item = items[number - 1]
        descriptor = item.get("LUTDescriptor")
        element = item._element(LUT_DATA)
        if element is None or element.vr not in ("US", "OW"):
            raise CodecError("a VOI LUT has no LUT Data")
        if not isinstance(descriptor, tuple) or len(descriptor) != 3 or not 8 <= descriptor[2] <= 16:
            raise CodecError("the LUT Descriptor of a VOI LUT has not three values, the last from 8 to 16")
        count, first, depth = descriptor
        count = count or 1 << 16
        lut = element.array()
        if len(lut) < count:  # bytes in words
            lut = lut.astype("<u2").view("u1")
        if len(lut) < count:
            raise CodecError(f"a VOI LUT has {len(lut)} of {count} entries")
        values = np.floor(self._stored() * self.slope + self.intercept)
        index = np.clip(values - first, 0, count - 1).astype(int)
        self._apply(bits, lut[index] / ((1 << depth) - 1))

    def _apply(self, bits: int, position: Table) -> None:
        """Map to values between black, 0, and white, 1."""
        self._map(bits, position * ((1 << bits) - 1))
        self._identity()
        for keyword in (*OF_WINDOWS, "VOILUTSequence"):
            if keyword in self._dataset:
                del self._dataset[keyword]

    def _identity(self) -> None:
        if "RescaleSlope" in self._dataset or "RescaleIntercept" in self._dataset:
            self._dataset.RescaleSlope, self._dataset.RescaleIntercept, self._dataset.RescaleType = 1, 0, "US"

    def _stored(self) -> Table:
        """All stored values, in the order of their bits."""
        width = self._layout.dtype.itemsize
        return np.arange(1 << 8 * width).astype(f"u{width}").view(self._layout.dtype).astype(np.float64)

    def _map(self, bits: int, values: Table) -> None:
        """Make new values of all stored values, at those that there are."""
        allocated = 8 if bits <= 8 else 16
        table = np.clip(np.floor(values + 0.5), 0, (1 << bits) - 1).astype(f"u{allocated // 8}")
        layout = replace(
            self._layout,
            bits_allocated=allocated,
            bits_stored=bits,
            high_bit=bits - 1,
            signed=False,
            planar=False,
        )
        overlays = embedded_overlays(self._dataset, self.pixels)
        frames = (table[frame.view(f"u{frame.dtype.itemsize}")] for frame in self.pixels)
        put_native(self._dataset, spool_native(frames, layout))
        overlays.put(self._dataset)
        self._dataset.PixelRepresentation = 0
        self._dataset.transfer_syntax = EXPLICIT_LITTLE
        for keyword in OF_VALUES:
            if keyword in self._dataset:
                del self._dataset[keyword]


def remove_color(dataset: Dataset) -> None:
    """Make a colour image grey: MONOCHROME2 of its luminance.

    Raises:
        CodecError: its frames have no RGB or YBR values.
    """
    pixels = PixelData(dataset)
    layout = pixels._layout
    if layout.samples != 3 or pixels.color_space() != "RGB":
        raise CodecError(f"frames of {pixels.color_space()} cannot be made grey")

    def frames() -> Iterator[NDArray[Any]]:
        for frame in pixels:
            yield np.floor(frame @ LUMA + 0.5).astype(layout.dtype)

    gray = replace(layout.coded("MONOCHROME2"), samples=1)
    put_native(dataset, spool_native(frames(), gray))
    dataset.transfer_syntax = EXPLICIT_LITTLE
    if "PlanarConfiguration" in dataset:
        del dataset.PlanarConfiguration


def _numbers(dataset: Dataset, keyword: str) -> list[float]:
    value = dataset.get(keyword)
    values = value if isinstance(value, tuple) else (value,)
    return [float(one) for one in values if isinstance(one, (int, float))]


def _number(dataset: Dataset, keyword: str, default: float) -> float:
    values = _numbers(dataset, keyword)
    return values[0] if values else default


def _short(value: float) -> float:
    """The number that a DS has room for."""
    return float(f"{value:.{DIGITS}g}")

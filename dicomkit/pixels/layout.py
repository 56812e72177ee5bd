"""The geometry of frames: the Image Pixel attributes of a data set, checked (PS3.3 C.7.6.3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from dicomkit.errors import CodecError, ValueDecodeError

if TYPE_CHECKING:
    import numpy as np

    from dicomkit.dataset.dataset import Dataset

__all__ = ["Layout", "layout_of"]

PIXEL_DATA: Final = 0x7FE00010
FLOAT_PIXEL_DATA: Final = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA: Final = 0x7FE00009

#: Element that pixel data are in -> (kind of number in numpy's letters, Bits Allocated that it must have, or None).
CARRIERS: Final = {PIXEL_DATA: ("", None), FLOAT_PIXEL_DATA: ("f", 32), DOUBLE_FLOAT_PIXEL_DATA: ("f", 64)}

ROWS: Final = (0x00280010, "Rows")
COLUMNS: Final = (0x00280011, "Columns")
SAMPLES: Final = (0x00280002, "SamplesPerPixel")
PHOTOMETRIC: Final = (0x00280004, "PhotometricInterpretation")
PLANAR: Final = (0x00280006, "PlanarConfiguration")
FRAMES: Final = (0x00280008, "NumberOfFrames")
ALLOCATED: Final = (0x00280100, "BitsAllocated")
STORED: Final = (0x00280101, "BitsStored")
HIGH_BIT: Final = (0x00280102, "HighBit")
REPRESENTATION: Final = (0x00280103, "PixelRepresentation")

#: All elements that a layout depends on: a data set in which none of them changed has the same one.
TAGS: Final = (
    *CARRIERS,
    *(tag for tag, _ in (ROWS, COLUMNS, SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, ALLOCATED, STORED, HIGH_BIT, REPRESENTATION)),
    0x7FE00001,  # Extended Offset Table
    0x7FE00002,  # Extended Offset Table Lengths
)

WIDTHS: Final = (1, 8, 16, 32, 64)
MOST_SAMPLES: Final = 4
MOST_FRAMES: Final = 0x7FFFFFFF  # the largest IS


@dataclass(frozen=True)
class Layout:
    """What one frame is made of.

    Attributes:
        rows, columns, samples: pixels of a frame, and numbers of a pixel.
        bits_allocated, bits_stored, high_bit: bits of a pixel cell, and which of them are the sample.
        signed: whether samples are in two's complement.
        planar: whether native frames are stored by plane, not by pixel.
        photometric_interpretation: as the data set has it, "" if it does not.
        frames: Number of Frames; None if the data set does not say it.
        kind: "f" for floating point, "" for integers.
    """

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar: bool
    photometric_interpretation: str
    frames: int | None = None
    kind: str = ""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the array of a frame."""
        return (self.rows, self.columns) if self.samples == 1 else (self.rows, self.columns, self.samples)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Of the array of a frame, in the machine's byte order. One-bit samples are bytes."""
        import numpy as np

        return np.dtype(f"{self.kind or ('i' if self.signed else 'u')}{max(self.bits_allocated // 8, 1)}")

    @cached_property
    def frame_bytes(self) -> int:
        """Bytes of the array of a frame."""
        return self.rows * self.columns * self.samples * max(self.bits_allocated // 8, 1)

    @cached_property
    def is_subsampled(self) -> bool:
        """Whether native frames have a chrominance for every other pixel of a row only (PS3.3 C.7.6.3.1.2)."""
        return self.samples == 3 and self.photometric_interpretation in ("YBR_FULL_422", "YBR_PARTIAL_422")

    @cached_property
    def frame_bits(self) -> int:
        """Bits of a native frame. One-bit frames need not begin with a byte (PS3.5 8.1.1)."""
        samples = 2 if self.is_subsampled else self.samples
        return self.rows * self.columns * samples * self.bits_allocated

    def coded(self, photometric_interpretation: str) -> Layout:
        """The layout that a data set has once its frames are encoded: the sample at the low end of its cell, by pixel."""
        return replace(
            self, high_bit=self.bits_stored - 1, planar=False, photometric_interpretation=photometric_interpretation
        )

    def with_samples_for_all(self) -> Layout:
        """The same layout, not subsampled."""
        full = {"YBR_FULL_422": "YBR_FULL", "YBR_PARTIAL_422": "YBR_PARTIAL_444"}
        return replace(self, photometric_interpretation=full[self.photometric_interpretation])


def layout_of(dataset: Dataset, carrier: int) -> Layout:
    """The layout of a data set whose pixel data are in the element `carrier`.

    Raises:
        CodecError: an attribute that is needed is missing or impossible. The message names it.
    """
    kind, width = CARRIERS[carrier]
    rows = _number(dataset, ROWS, 1, 0xFFFF)
    columns = _number(dataset, COLUMNS, 1, 0xFFFF)
    samples = _number(dataset, SAMPLES, 1, MOST_SAMPLES, 1)
    allocated = _number(dataset, ALLOCATED, 1, 64, width)
    if allocated not in WIDTHS:
        raise CodecError(f"{_named(ALLOCATED)} is {allocated}, not one of {', '.join(map(str, WIDTHS))}")
    if width is not None and allocated != width:
        raise CodecError(f"{_named(ALLOCATED)} is {allocated}, not {width} as floating point pixel data have it")
    stored = high_bit = 0
    if not kind:
        stored = _number(dataset, STORED, 1, allocated, allocated)
        # A High Bit that leaves no room for the sample says nothing; the sample is where it always is.
        high_bit = _number(dataset, HIGH_BIT, 0, 0xFFFF, stored - 1)
        if not stored - 1 <= high_bit < allocated:
            high_bit = stored - 1
    return Layout(
        rows,
        columns,
        samples,
        allocated,
        stored or allocated,
        high_bit if stored else allocated - 1,
        not kind and _number(dataset, REPRESENTATION, 0, 0xFFFF, 0) == 1,
        samples > 1 and _number(dataset, PLANAR, 0, 0xFFFF, 0) == 1,
        _text(dataset, PHOTOMETRIC),
        _frames(dataset),
        kind,
    )


def _named(attribute: tuple[int, str]) -> str:
    tag, keyword = attribute
    return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _number(dataset: Dataset, attribute: tuple[int, str], low: int, high: int, default: int | None = None) -> int:
    element = dataset._element(attribute[0])
    try:
        value = None if element is None else element.value
    except ValueDecodeError as error:
        raise CodecError(f"{_named(attribute)} cannot be read: {error.reason}") from error
    if value is None or value == ():
        if default is None:
            raise CodecError(f"{_named(attribute)} is missing")
        return default
    if type(value) is not int or not low <= value <= high:
        raise CodecError(f"{_named(attribute)} is {_short(value)}, not a number from {low} to {high}")
    return value


def _text(dataset: Dataset, attribute: tuple[int, str]) -> str:
    element = dataset._element(attribute[0])
    value = None if element is None else element.value
    return value.strip().upper() if isinstance(value, str) else ""


def _frames(dataset: Dataset) -> int | None:
    """Number of Frames; None if it is missing, or no number of frames."""
    element = dataset._element(FRAMES[0])
    try:
        value = None if element is None else element.value
    except ValueDecodeError:
        return None
    return value if isinstance(value, int) and 0 < value <= MOST_FRAMES else None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels.layout import DOUBLE_FLOAT_PIXEL_DATA, FLOAT_PIXEL_DATA, PIXEL_DATA, layout_of


def described(**values: Any) -> dicomkit.Dataset:
    sound: dict[str, Any] = {
        "Rows": 3,
        "Columns": 4,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }
    merged = {**sound, **values}
    return dicomkit.Dataset(**{name: value for name, value in merged.items() if value is not None})


def test_sound() -> None:
    layout = layout_of(described(), PIXEL_DATA)
    assert layout.shape == (3, 4)
    assert layout.dtype == np.uint16
    assert layout.frame_bits == 3 * 4 * 16
    assert layout.frame_bytes == 24
    assert layout.frames is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Rows": None}, "Rows (0028,0010) is missing"),
        ({"Rows": 0}, "Rows (0028,0010) is 0"),
        ({"Columns": None}, "Columns (0028,0011) is missing"),
        ({"BitsAllocated": None}, "BitsAllocated (0028,0100) is missing"),
        ({"BitsAllocated": 12}, "BitsAllocated (0028,0100) is 12, not one of 1, 8, 16, 32, 64"),
        ({"BitsStored": 17}, "BitsStored (0028,0101) is 17, not a number from 1 to 16"),
        ({"SamplesPerPixel": 500}, "SamplesPerPixel (0028,0002) is 500"),
    ],
)
def test_faults_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(CodecError) as caught:
        layout_of(described(**values), PIXEL_DATA)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, np.uint8),
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, np.uint8),
        ({"PixelRepresentation": 1}, np.int16),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, np.uint32),
        ({"BitsAllocated": 64, "BitsStored": 64, "HighBit": 63, "PixelRepresentation": 1}, np.int64),
    ],
)
def test_types(values: dict[str, Any], dtype: Any) -> None:
    assert layout_of(described(**values), PIXEL_DATA).dtype == dtype


def test_floating_point() -> None:
    bare = {"BitsStored": None, "HighBit": None, "PixelRepresentation": None}
    assert layout_of(described(BitsAllocated=32, **bare), FLOAT_PIXEL_DATA).dtype == np.float32
    assert layout_of(described(BitsAllocated=64, **bare), DOUBLE_FLOAT_PIXEL_DATA).dtype == np.float64
    with pytest.raises(CodecError, match="not 64"):
        layout_of(described(BitsAllocated=32, **bare), DOUBLE_FLOAT_PIXEL_DATA)


def test_a_high_bit_that_cannot_be_says_nothing() -> None:
    assert layout_of(described(HighBit=3), PIXEL_DATA).high_bit == 11
    assert layout_of(described(HighBit=16), PIXEL_DATA).high_bit == 11
    assert layout_of(described(HighBit=15), PIXEL_DATA).high_bit == 15
    assert layout_of(described(HighBit=None), PIXEL_DATA).high_bit == 11


@pytest.mark.parametrize("frames", [None, 0, -1, (2, 3)])
def test_a_number_of_frames_that_is_none(frames: Any) -> None:
    assert layout_of(described(NumberOfFrames=frames), PIXEL_DATA).frames is None


def test_subsampled() -> None:
    values = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "SamplesPerPixel": 3}
    layout = layout_of(described(PhotometricInterpretation="YBR_FULL_422", **values), PIXEL_DATA)
    assert layout.is_subsampled
    assert layout.frame_bits == 3 * 4 * 2 * 8  # PS3.3 C.7.6.3.1.2
    assert layout.shape == (3, 4, 3)
    assert layout.with_samples_for_all().photometric_interpretation == "YBR_FULL"

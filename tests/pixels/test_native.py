"""Native frames. Expected values are written out, or come from pydicom in tests/interop/test_pixels.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit.errors import CodecError

from .conftest import make_image


@given(
    st.sampled_from([1, 8, 16, 32, 64]),
    st.booleans(),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 9),
)
def test_any_native_image(
    allocated: int, signed: bool, rows: int, columns: int, samples: int, frames: int, seed: int
) -> None:
    dataset, array = make_image(
        rows=rows,
        columns=columns,
        samples=1 if allocated == 1 else samples,
        frames=frames,
        allocated=allocated,
        signed=signed and allocated > 1,
        seed=seed,
        photometric="MONOCHROME2",
    )
    assert np.array_equal(dataset.pixels.array(), array)
    read = dicomkit.read(dataset.to_bytes())
    assert np.array_equal(read.pixels.array(), array)
    assert np.array_equal(read.pixels.frame(frames - 1), array[-1])
    big = dicomkit.read(dataset.to_bytes(transfer_syntax="ExplicitVRBigEndian"))
    if allocated in (1, 8, 16):
        assert np.array_equal(big.pixels.array(), array)


def test_frames_of_bits_need_not_begin_with_a_byte() -> None:
    dataset, array = make_image(rows=3, columns=3, frames=5, allocated=1)
    for number, frame in enumerate(dataset.pixels):
        assert np.array_equal(frame, array[number])
    assert dataset.pixels.dtype == np.uint8


def test_planes(image: Callable[..., Any]) -> None:
    dataset, array = image(samples=3, allocated=8, frames=2)
    dataset.PixelData = array.transpose(0, 3, 1, 2).tobytes()
    dataset.PlanarConfiguration = 1
    assert np.array_equal(dataset.pixels.array(), array)


def test_subsampled() -> None:
    dataset, _ = make_image(rows=1, columns=4, samples=3, allocated=8, photometric="YBR_FULL_422")
    dataset.PixelData = bytes((10, 20, 100, 200, 30, 40, 110, 210))  # Y Y Cb Cr: PS3.3 C.7.6.3.1.2
    expected = [[10, 100, 200], [20, 100, 200], [30, 110, 210], [40, 110, 210]]
    assert dataset.pixels.frame(0, color="raw").tolist() == [expected]
    assert dataset.pixels.color_space(color="raw") == "YBR_FULL"


def test_not_subsampled_although_it_says_so() -> None:
    dataset, array = make_image(rows=2, columns=2, samples=3, allocated=8, frames=2, photometric="YBR_FULL_422")
    assert np.array_equal(dataset.pixels.array(color="raw"), array)


def test_unused_bits_and_high_bit(image: Callable[..., Any]) -> None:
    dataset, array = image(allocated=16, stored=12)
    dataset.HighBit = 15
    dataset.PixelData = (array << 4 | 0b1010).astype("<u2").tobytes()
    assert np.array_equal(dataset.pixels.array(), array)


def test_floating_point() -> None:
    for keyword, dtype in (("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")):
        values = np.array([[1.5, -2.25], [np.inf, 1e30]], dtype)
        dataset, _ = make_image(rows=2, columns=2)
        del dataset.PixelData
        dataset.BitsAllocated = values.itemsize * 8
        setattr(dataset, keyword, values.tobytes())
        for each in (dataset, dicomkit.read(dataset.to_bytes())):
            assert np.array_equal(each.pixels.frame(0), values)


def test_what_is_not_there(image: Callable[..., Any]) -> None:
    dataset, array = image(frames=3)
    dataset.NumberOfFrames = 1000
    assert len(dataset.pixels) == 1000
    assert np.array_equal(dataset.pixels[:3], array)
    with pytest.raises(CodecError, match="frame 3: the value ends at byte 210, this frame at 280: 3 frames are complete"):
        dataset.pixels.frame(3)
    with pytest.raises(CodecError):
        dataset.pixels.array()


def test_frames_are_counted_where_nobody_says_how_many(image: Callable[..., Any]) -> None:
    dataset, array = image(frames=3)
    del dataset.NumberOfFrames
    assert dataset.pixels.shape == (3, 5, 7)
    assert np.array_equal(dataset.pixels.array(), array)

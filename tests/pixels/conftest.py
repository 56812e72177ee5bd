"""Data sets with pixel data of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit

Image = tuple[dicomkit.Dataset, np.ndarray[Any, Any]]


def make_image(
    *,
    rows: int = 5,
    columns: int = 7,
    samples: int = 1,
    frames: int = 1,
    allocated: int = 16,
    stored: int | None = None,
    signed: bool = False,
    photometric: str | None = None,
    seed: int = 0,
) -> Image:
    """A native image of random samples, and these."""
    stored = stored or allocated
    dtype = np.dtype(f"{'i' if signed else 'u'}{max(allocated // 8, 1)}")
    low, high = (-(1 << stored - 1), 1 << stored - 1) if signed else (0, 1 << stored)
    shape = (frames, rows, columns) + ((samples,) if samples > 1 else ())
    array = np.random.default_rng(seed).integers(low, high, shape, dtype, endpoint=False)
    dataset = dicomkit.new("MultiFrameTrueColorSecondaryCaptureImageStorage")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.NumberOfFrames = rows, columns, samples, frames
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, stored, stored - 1
    dataset.PixelRepresentation = int(signed)
    dataset.PhotometricInterpretation = photometric or ("RGB" if samples == 3 else "MONOCHROME2")
    if samples > 1:
        dataset.PlanarConfiguration = 0
    if allocated == 1:
        dataset.PixelData = np.packbits(array.reshape(-1), bitorder="little").tobytes()
    else:
        dataset.PixelData = array.astype(dtype.newbyteorder("<")).tobytes()
    return dataset, array


@pytest.fixture(scope="session")
def image() -> Callable[..., Image]:
    """Makes images: see make_image."""
    return make_image

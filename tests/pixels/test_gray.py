from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels.gray import GrayImage, remove_color

Make = Callable[..., Any]


@pytest.mark.parametrize("signed", [False, True])
def test_stretch_keeps_modality_values(image: Make, signed: bool) -> None:
    dataset, array = image(frames=2, stored=12, signed=signed)
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, -1000
    dataset.SmallestImagePixelValue = 3
    low, high = float(array.min()), float(array.max())
    GrayImage(dataset).stretch(8, low, high, rescale=True, unit="HU")
    new = dataset.pixels.array()
    assert (new.dtype, new.min(), new.max()) == (np.uint8, 0, 255)
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation) == (8, 8, 7, 0)
    assert "SmallestImagePixelValue" not in dataset
    before = array.astype(float) * 2 - 1000
    after = new * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert np.abs(after - before).max() <= (high - low) / 255  # half a step, times the slope
    assert dataset.RescaleType == "HU"
    assert dicomkit.read(dataset.to_bytes()).RescaleSlope == pytest.approx(2 * (high - low) / 255)


def test_stretch_brings_windows_along(image: Make) -> None:
    dataset, array = image(stored=12)
    dataset.WindowCenter, dataset.WindowWidth = (2000.0, 100.0), (1000.0, 50.0)
    GrayImage(dataset).stretch(8, 0, 4095, rescale=False)
    factor = 4095 / 255
    assert dataset.WindowCenter == pytest.approx((2000 / factor, 100 / factor))
    assert dataset.WindowWidth == pytest.approx((1000 / factor, 50 / factor))
    assert "RescaleSlope" not in dataset
    assert np.array_equal(dataset.pixels.array(), np.floor(array / factor + 0.5).astype(np.uint8))


def test_values_do_not_become_more(image: Make) -> None:
    dataset, array = image(stored=8, signed=True)
    GrayImage(dataset).stretch(12, float(array.min()), float(array.max()), rescale=False)
    assert np.array_equal(dataset.pixels.array(), (array.astype(int) - array.min()).astype(np.uint16))


def test_window(image: Make) -> None:
    """PS3.3 C.11.2.1.2.1, its own words."""
    dataset, array = image(stored=12)
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    GrayImage(dataset).apply_window(8, 500.0, 1000.0)
    values = array.astype(float) - 1024
    expected = np.empty(array.shape)
    for place, x in np.ndenumerate(values):
        if x <= 500 - 0.5 - (1000 - 1) / 2:
            expected[place] = 0
        elif x > 500 - 0.5 + (1000 - 1) / 2:
            expected[place] = 255
        else:
            expected[place] = ((x - (500 - 0.5)) / (1000 - 1) + 0.5) * 255
    assert np.abs(dataset.pixels.array() - expected).max() <= 0.5
    assert (dataset.RescaleSlope, dataset.RescaleIntercept) == (1, 0)
    assert "WindowCenter" not in dataset


def test_window_of_width_1(image: Make) -> None:
    dataset, array = image(allocated=8)
    GrayImage(dataset).apply_window(8, 100.0, 1.0)
    assert np.array_equal(dataset.pixels.array(), np.where(array > 99.5, 255, 0))


@pytest.mark.parametrize("depth", [8, 16])
def test_lut(image: Make, depth: int) -> None:
    dataset, array = image(stored=12)
    data = np.linspace(0, (1 << depth) - 1, 1000).astype("<u2")[::-1]
    item = dicomkit.Dataset(LUTDescriptor=(1000, 500, depth))
    item["LUTData"] = dicomkit.DataElement(0x00283006, "OW", data.tobytes())
    dataset.VOILUTSequence = [item]
    image_of = GrayImage(dataset)
    with pytest.raises(CodecError, match="there is no VOI LUT 2"):
        image_of.apply_lut(8, 2)
    image_of.apply_lut(8, 1)
    expected = data[np.clip(array.astype(int) - 500, 0, 999)] / ((1 << depth) - 1) * 255
    assert np.abs(dataset.pixels.array() - expected).max() <= 0.5
    assert "VOILUTSequence" not in dataset


@pytest.mark.parametrize("signed", [False, True])
def test_histogram(image: Make, signed: bool) -> None:
    dataset, array = image(frames=3, rows=40, columns=30, stored=10, signed=signed)
    values, counts = GrayImage(dataset).histogram()
    expected = np.unique(array, return_counts=True)
    assert np.array_equal(values, expected[0])
    assert np.array_equal(counts, expected[1])
    values, counts = GrayImage(dataset).histogram((2, 3, 4, 5))
    assert counts.sum() == 3 * 4 * 5
    assert np.array_equal(values, np.unique(array[:, 3:8, 2:6]))
    with pytest.raises(CodecError, match="region"):
        GrayImage(dataset).histogram((900, 0, 4, 5))


def test_embedded_overlays_are_moved_out(image: Make) -> None:
    dataset, array = image(stored=12)
    dataset.PixelData = (array | 0x8000).astype("<u2").tobytes()
    dataset[0x60000010], dataset[0x60000011] = 5, 7
    dataset[0x60000100], dataset[0x60000102] = 16, 15
    GrayImage(dataset).stretch(8, 0, 4095, rescale=False)
    assert dataset[0x60003000].value == b"\xff\xff\xff\xff\x07\0"


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ({"allocated": 32}, ""),
        ({"allocated": 8, "samples": 3}, ""),
        ({}, "ModalityLUTSequence"),
        ({}, "SharedFunctionalGroupsSequence"),
    ],
)
def test_refusals(image: Make, kind: dict[str, int], attribute: str) -> None:
    dataset, _ = image(**kind)
    if attribute:
        setattr(dataset, attribute, [dicomkit.Dataset()])
    with pytest.raises(CodecError, match=attribute or "8 or 16 bits"):
        GrayImage(dataset)


def test_color_is_removed(image: Make) -> None:
    dataset, array = image(frames=2, samples=3, allocated=8)
    remove_color(dataset)
    assert np.abs(dataset.pixels.array() - array @ [0.299, 0.587, 0.114]).max() <= 0.5
    assert (dataset.SamplesPerPixel, dataset.PhotometricInterpretation) == (1, "MONOCHROME2")
    with pytest.raises(CodecError, match="MONOCHROME2"):
        remove_color(dataset)

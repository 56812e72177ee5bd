from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels.color import convert_to_rgb, is_convertible, space_of


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [  # ITU-T T.871 (JFIF), 7
        ((0, 128, 128), (0, 0, 0)),
        ((255, 128, 128), (255, 255, 255)),
        ((76, 85, 255), (254, 0, 0)),
        ((150, 44, 21), (0, 255, 1)),
        ((29, 255, 107), (0, 0, 254)),
        ((128, 128, 255), (255, 37, 128)),
    ],
)
def test_full_range(ybr: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    frame = np.array([[ybr]], np.uint8)
    convert_to_rgb(frame, "YBR_FULL", 8)
    assert frame[0, 0].tolist() == list(rgb)


def test_partial_range() -> None:
    frame = np.array([[(16, 128, 128), (235, 128, 128)]], np.uint8)  # PS3.3 C.7.6.3.1.2: black 16, white 235
    convert_to_rgb(frame, "YBR_PARTIAL_444", 8)
    assert frame.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_more_bits() -> None:
    frame = np.array([[(4095, 2048, 2048)]], np.uint16)
    convert_to_rgb(frame, "YBR_FULL", 12)
    assert frame.tolist() == [[[4095, 4095, 4095]]]


@pytest.mark.parametrize(
    ("said", "coded", "space"),
    [
        ("YBR_FULL_422", None, "YBR_FULL"),
        ("YBR_ICT", None, "RGB"),
        ("YBR_RCT", "RGB", "RGB"),
        ("RGB", "YBR_FULL", "YBR_FULL"),
        ("YBR_FULL", "RGB", "RGB"),
        ("PALETTE COLOR", None, "PALETTE COLOR"),
    ],
)
def test_the_rule(said: str, coded: str | None, space: str) -> None:
    assert space_of(said, coded) == space
    assert is_convertible(space) == space.startswith("YBR")


def test_frames_are_converted_unless_they_are_to_be_raw(image: Callable[..., Any]) -> None:
    dataset, array = image(samples=3, allocated=8, photometric="YBR_FULL")
    assert np.array_equal(dataset.pixels.frame(0, color="raw"), array[0])
    converted = array[0].copy()
    convert_to_rgb(converted, "YBR_FULL", 8)
    assert np.array_equal(dataset.pixels.frame(0), converted)
    assert dataset.pixels.color_space() == "RGB"
    assert dataset.pixels.color_space(color="raw") == "YBR_FULL"
    with pytest.raises(ValueError, match="color"):
        dataset.pixels.frame(0, color="blue")


def test_what_the_codestream_says_counts(image: Callable[..., Any]) -> None:
    import imagecodecs

    from dicomkit.pixels import encapsulate

    dataset, array = image(rows=16, columns=16, samples=3, allocated=8)
    smooth = np.full_like(array[0], (200, 100, 50))
    for space, said in (("YCBCR", "RGB"), ("RGB", "YBR_FULL_422")):
        data = imagecodecs.jpeg8_encode(smooth, colorspace="RGB", outcolorspace=space, level=100, subsampling="444")
        encapsulate(dataset, [data], "JPEGBaseline8Bit")
        dataset.PhotometricInterpretation = said
        pixels = dicomkit.read(dataset.to_bytes()).pixels
        assert pixels.color_space(color="raw") == {"YCBCR": "YBR_FULL", "RGB": "RGB"}[space]
        assert np.abs(pixels.frame(0).astype(int) - smooth).max() <= 2

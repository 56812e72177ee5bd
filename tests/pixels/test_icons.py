"""Icon Image Sequence: pixel data in items, native or encapsulated, deferred or in memory (PS3.3 C.7.6.1.1.6, PS3.5 A.4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels import PixelData

Make = Callable[..., Any]


def with_icon(image: Make, syntax: str, icon_syntax: str) -> tuple[dicomkit.Dataset, Any, Any]:
    """An image in a transfer syntax, with an icon in the same one or native; and the samples of both."""
    icon, small = image(rows=9, columns=8, allocated=8, seed=1)
    dataset, array = image(rows=60, columns=50, frames=2, seed=2)
    dataset.compress(syntax)
    icon.compress(icon_syntax)
    for keyword in ("SOPClassUID", "SOPInstanceUID", "NumberOfFrames"):
        del icon[keyword]
    dataset.IconImageSequence = [icon]
    return dataset, array, small[0]


CASES = [
    ("ExplicitVRLittleEndian", "ExplicitVRLittleEndian"),
    ("RLELossless", "ExplicitVRLittleEndian"),
    ("RLELossless", "RLELossless"),
    ("JPEGLosslessSV1", "JPEGLosslessSV1"),
    ("JPEG2000Lossless", "JPEG2000Lossless"),
    ("JPEGLSLossless", "JPEGLSLossless"),
]


@pytest.mark.parametrize("defer_size", [1, 1 << 30])
@pytest.mark.parametrize(("syntax", "icon_syntax"), CASES)
def test_icons_are_read(image: Make, syntax: str, icon_syntax: str, defer_size: int, tmp_path: Path) -> None:
    dataset, array, small = with_icon(image, syntax, icon_syntax)
    path = tmp_path / "image.dcm"
    dataset.save(path)
    for read in (dicomkit.read(path, defer_size=defer_size), dicomkit.read(path.read_bytes())):
        assert np.array_equal(read.pixels.array(), array)
        icon = read.IconImageSequence[0]
        for view in (icon.pixels, PixelData(icon), PixelData(icon, transfer_syntax=syntax)):
            assert view.shape == (1, 9, 8)
            assert np.array_equal(view.frame(0), small)


@pytest.mark.parametrize("defer_size", [1, 1 << 30])
@pytest.mark.parametrize(("syntax", "icon_syntax"), CASES)
def test_icons_stay_what_they_are(image: Make, syntax: str, icon_syntax: str, defer_size: int, tmp_path: Path) -> None:
    dataset, array, small = with_icon(image, syntax, icon_syntax)
    path = tmp_path / "image.dcm"
    dataset.save(path)
    for target in ("RLELossless", "JPEGLSLossless", "ExplicitVRLittleEndian", "HTJ2KLossless"):
        read = dicomkit.read(path, defer_size=defer_size)
        read.compress(target)
        again = dicomkit.read(read.to_bytes())
        assert np.array_equal(again.pixels.array(), array)
        assert np.array_equal(again.IconImageSequence[0].pixels.frame(0), small)


def test_pydicom_sees_the_icon(image: Make, tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    dataset, _, small = with_icon(image, "RLELossless", "RLELossless")
    dataset.compress("JPEGLSLossless")
    dataset.save(tmp_path / "image.dcm")
    icon = pydicom.dcmread(tmp_path / "image.dcm").IconImageSequence[0]
    assert icon.PixelData == small.tobytes()

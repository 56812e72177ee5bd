"""Frames that are components of JPEG 2000 codestreams. OpenJPEG encodes and decodes them, but does not transform them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels import PixelData, encapsulate
from tests.interop.test_encoders import make_image

SYNTAX = "JPEG2000MCLossless"
FRAMES = 7


def codestream(frames: np.ndarray[Any, Any], bits: int = 12) -> bytes:
    """One codestream with a component for each frame."""
    by_pixel = np.ascontiguousarray(frames.transpose(1, 2, 0))
    options = {"level": 0, "reversible": True, "codecformat": "J2K", "mct": False, "planar": False}
    return bytes(imagecodecs.jpeg2k_encode(by_pixel, bitspersample=bits, **options))


def volume(signed: bool = False) -> tuple[dicomkit.Dataset, np.ndarray[Any, Any]]:
    """Seven frames: four in one codestream, three in another one."""
    dataset, array = make_image((FRAMES, 30, 40), 12, signed, 1, 1)
    encapsulate(dataset, [codestream(array[:4]), codestream(array[4:])], SYNTAX)
    return dicomkit.read(dataset.to_bytes()), array


@pytest.mark.parametrize("signed", [False, True])
def test_frames(signed: bool) -> None:
    dataset, array = volume(signed)
    assert dataset.pixels.shape == array.shape
    assert np.array_equal(dataset.pixels.array(), array)
    for number in (6, 0, 3, 4):
        assert np.array_equal(dataset.pixels.frame(number), array[number])
    assert dataset.pixels.color_space(5) == "MONOCHROME2"
    assert bytes(dataset.pixels.encoded(0)) == bytes(dataset.pixels.encoded(3)) != bytes(dataset.pixels.encoded(4))


def test_nobody_says_how_many_frames_there_are() -> None:
    dataset, array = volume()
    del dataset.NumberOfFrames
    assert np.array_equal(dataset.pixels.array(), array)


def test_frames_that_are_not_there() -> None:
    dataset, _ = volume()
    dataset.NumberOfFrames = 9
    with pytest.raises(CodecError, match="frame 7: there are only 7 frames in the components of 2 codestreams"):
        dataset.pixels.frame(7)
    with pytest.raises(CodecError, match="frame 8"):
        dataset.pixels.array()


def test_they_become_native_and_anything_else(tmp_path: Any) -> None:
    for syntax in ("ExplicitVRLittleEndian", "JPEGLSLossless"):
        dataset, array = volume()
        dataset.compress(syntax)
        assert np.array_equal(dicomkit.read(dataset.to_bytes()).pixels.array(), array)


def test_the_ceiling_counts_for_all_components() -> None:
    dataset, _ = volume()
    with pytest.raises(CodecError, match="frame 0: its codestream has 9600 bytes, more than max_bytes, 5000"):
        PixelData(dataset, max_bytes=5000).frame(0)


def test_one_frame_a_codestream(image: Callable[..., Any]) -> None:
    for samples in (1, 3):
        dataset, array = image(rows=20, columns=30, samples=samples, frames=3, allocated=8)
        frames = [bytes(imagecodecs.jpeg2k_encode(frame, level=0, reversible=True, codecformat="J2K")) for frame in array]
        encapsulate(dataset, frames, SYNTAX)
        assert np.array_equal(dataset.pixels.array(), array)


def test_transformations_are_refused() -> None:
    """An MCO segment (T.801 A.3.9) says that components are to be transformed."""
    dataset, array = volume()
    data = codestream(array)
    for segment in (b"\xff\x77\0\4\1\1", b"\xff\x75\0\x05\0\0\1"):
        for at in (data.index(b"\xff\x52"), data.index(b"\xff\x90") + 12):
            encapsulate(dataset, [data[:at] + segment + data[at:]], SYNTAX)
            with pytest.raises(CodecError, match="a component transformation of JPEG 2000 part 2, which is not undone"):
                dataset.pixels.frame(0)


def test_they_are_not_written(image: Callable[..., Any]) -> None:
    dataset, _ = image()
    for syntax in (SYNTAX, "JPEG2000MC"):
        with pytest.raises(dicomkit.UnsupportedTransferSyntax, match="can be decoded, but not encoded"):
            dataset.compress(syntax)

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels import PixelData

Make = Callable[..., Any]


def test_as_a_sequence(image: Make) -> None:
    dataset, array = image(frames=5)
    pixels = dataset.pixels
    assert len(pixels) == pixels.number_of_frames == 5
    assert pixels.shape == (5, 5, 7)
    assert pixels.dtype == np.uint16
    assert pixels.photometric_interpretation == "MONOCHROME2"
    assert np.array_equal(list(pixels), array)
    assert np.array_equal(pixels[-1], array[-1])
    assert np.array_equal(pixels[1:4:2], array[1:4:2])
    assert np.array_equal(pixels[::-1], array[::-1])
    assert pixels[3:3].shape == (0, 5, 7)
    assert np.array_equal(np.asarray(pixels), array)
    for number in (5, -6):
        with pytest.raises(IndexError):
            pixels.frame(number)


def test_one_frame_has_a_number_too(image: Make) -> None:
    dataset, array = image(samples=3, allocated=8)
    assert dataset.pixels.shape == (1, 5, 7, 3)
    assert dataset.pixels.frame(0).shape == (5, 7, 3)
    assert np.array_equal(dataset.pixels.array(), array)


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "RLELossless"])
def test_into_a_given_array(image: Make, syntax: str) -> None:
    dataset, array = image(frames=6)
    dataset.compress(syntax)
    out = np.zeros((6, 5, 7), np.uint16)
    assert dataset.pixels.array(out=out, workers=3) is out
    assert np.array_equal(out, array)
    one = np.zeros((5, 7), np.uint16)
    assert dataset.pixels.frame(2, out=one) is one
    assert np.array_equal(one, array[2])
    for wrong in (np.zeros((5, 8), np.uint16), np.zeros((5, 7), np.int16), np.zeros((5, 14), np.uint16)[:, ::2]):
        with pytest.raises(ValueError, match="out is to be"):
            dataset.pixels.frame(2, out=wrong)


def test_arrays_are_the_callers(image: Make) -> None:
    dataset, array = image()
    frame = dataset.pixels.frame(0)
    frame[:] = 0
    assert np.array_equal(dataset.pixels.frame(0), array[0])


def test_the_same_view_until_something_changes(image: Make) -> None:
    dataset, array = image(frames=2)
    read = dicomkit.read(dataset.to_bytes())
    first = read.pixels
    read.PatientName = "Doe"
    assert read.pixels is first or np.array_equal(read.pixels.array(), array)
    second = read.pixels
    assert read.pixels is second
    read.NumberOfFrames = 1
    assert len(read.pixels) == 1
    read.PixelData = bytes(70)
    assert not read.pixels.frame(0).any()
    assert np.array_equal(second.array(), array)


def test_a_view_does_not_keep_its_data_set(image: Make) -> None:
    dataset, _ = image()
    dataset.compress("RLELossless")
    for each in (dataset, dicomkit.read(dataset.to_bytes())):
        each.pixels.array()
    gone = weakref.ref(each)
    gc.disable()
    try:
        del each
        assert gone() is None
    finally:
        gc.enable()


def test_many_threads(image: Make) -> None:
    dataset, array = image(frames=40)
    dataset.compress("RLELossless")
    pixels = dicomkit.read(dataset.to_bytes()).pixels
    wrong: list[int] = []

    def look() -> None:
        wrong.extend(n for n in range(40) if not np.array_equal(pixels.frame(n), array[n]))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Counting:
    """A file object that says what was read."""

    def __init__(self, data: bytes) -> None:
        import io

        self._file = io.BytesIO(data)
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.read_bytes += len(data)
        return data

    def seek(self, *where: int) -> int:
        return self._file.seek(*where)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "EncapsulatedUncompressedExplicitVRLittleEndian"])
def test_only_the_frame_is_read(image: Make, syntax: str) -> None:
    dataset, array = image(rows=256, columns=256, frames=10)
    dataset.compress(syntax)
    file = Counting(dataset.to_bytes())
    pixels = dicomkit.read(file).pixels
    before = file.read_bytes
    assert np.array_equal(pixels.frame(7), array[7])
    assert 0 <= file.read_bytes - before - 256 * 256 * 2 <= 8  # its header may be looked at


def test_deferred(image: Make, tmp_path: Path) -> None:
    dataset, array = image(rows=256, columns=256, frames=4)
    for syntax in ("ExplicitVRLittleEndian", "RLELossless"):
        dataset.compress(syntax)
        dataset.save(tmp_path / "image.dcm")
        read = dicomkit.read(tmp_path / "image.dcm")
        assert not read["PixelData"].is_in_memory
        assert np.array_equal(read.pixels.array(), array)


def test_encoded(image: Make) -> None:
    dataset, array = image(frames=2)
    assert bytes(dataset.pixels.encoded(1)) == array[1].tobytes()
    dataset.compress("RLELossless")
    assert bytes(dataset.pixels.encoded(1))[:8] == bytes((2, 0, 0, 0, 64, 0, 0, 0))  # PS3.5 G.5


def test_there_is_a_ceiling(image: Make) -> None:
    dataset, array = image(frames=4)
    pixels = PixelData(dataset, max_bytes=2 * array[0].nbytes)
    assert np.array_equal(pixels.frame(1), array[1])
    assert np.array_equal(pixels[:2], array[:2])
    for ask in (lambda: pixels[:3], pixels.array):
        with pytest.raises(CodecError, match="max_bytes"):
            ask()
    assert np.array_equal(pixels.array(out=np.empty_like(array)), array)


def test_a_lie_costs_no_memory(image: Make) -> None:
    dataset, _ = image(allocated=8)
    dataset.compress("RLELossless")
    dataset.Rows = dataset.Columns = 65535
    with pytest.raises(CodecError, match="frame 0"):
        PixelData(dataset, max_bytes=1 << 40).frame(0)
    dataset.NumberOfFrames = 1 << 30
    with pytest.raises(CodecError):
        dataset.pixels.array()


def test_no_pixel_data() -> None:
    with pytest.raises(CodecError, match="no pixel data"):
        _ = dicomkit.Dataset(Rows=1).pixels


@pytest.mark.parametrize(
    ("syntax", "reason"),
    [
        ("JPIPReferenced", "at a URL"),
        ("MPEG2MPML", "video is carried"),
        ("1.2.3.4", "no codec is registered"),
    ],
)
def test_what_is_not_decoded(image: Make, syntax: str, reason: str) -> None:
    dataset, _ = image()
    dataset.compress("RLELossless")
    found = dicomkit.standard.TransferSyntax.find(syntax)
    dataset.transfer_syntax = dicomkit.UID(found.uid if found else syntax)
    with pytest.raises(UnsupportedTransferSyntax, match=reason):
        dataset.pixels.frame(0)


def test_errors_name_the_frame(image: Make) -> None:
    dataset, _ = image(frames=3)
    dataset.compress("RLELossless")
    data = bytearray(dataset.to_bytes())
    read = dicomkit.read(bytes(data))
    at = data.index(bytes(read.pixels.encoded(1)))
    data[at : at + 4] = b"\xff\xff\xff\xff"
    pixels = dicomkit.read(bytes(data)).pixels
    for ask in (lambda: pixels.frame(1), pixels.array):
        with pytest.raises(CodecError) as caught:
            ask()
        assert caught.value.frame == 1
        assert caught.value.transfer_syntax == "1.2.840.10008.1.2.5"
    pixels.frame(2)


def test_icons(image: Make) -> None:
    icon, array = image(allocated=8)
    dataset = dicomkit.Dataset(IconImageSequence=[icon])
    assert np.array_equal(dataset.IconImageSequence[0].pixels.array(), array)
    icon.compress("RLELossless")
    dataset = dicomkit.Dataset(IconImageSequence=[icon], PixelData=icon.PixelData)
    dataset.transfer_syntax = icon.transfer_syntax
    read = dicomkit.read(dataset.to_bytes())
    item = read.IconImageSequence[0]
    assert np.array_equal(PixelData(item, transfer_syntax="RLELossless").array(), array)


def test_importing_dicomkit_imports_no_numpy() -> None:
    import subprocess

    code = "import sys, dicomkit; dicomkit.Dataset; assert not {'numpy', 'imagecodecs'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

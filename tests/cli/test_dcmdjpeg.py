"""`dicomkit dcmdjpeg`: colour, planar configuration, workarounds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit._ext import jpegll
from dicomkit.pixels import encapsulate

Tool = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(examples_dir / "ct.dcm", tmp_path / "ct.dcm")


def color(**attributes: object) -> dicomkit.Dataset:
    dataset = dicomkit.read("ct.dcm")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 16, 16, 3, "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PlanarConfiguration = 7, 0
    dataset.PixelData = bytes([200, 100, 50]) * 256
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


RGB, YBR = (200, 100, 50), (124, 86, 182)  # ITU-R BT.601


@pytest.mark.parametrize(
    ("encoded", "line", "interpretation", "pixel"),
    [
        ("lossy", "", "RGB", RGB),
        ("lossy", "+cl", "RGB", RGB),
        ("lossy", "+cg", "RGB", RGB),
        ("lossy", "+cgl", "RGB", RGB),
        ("lossy", "+ca", "RGB", RGB),
        ("lossy", "+cn", "YBR_FULL", YBR),
        ("lossless", "", "RGB", RGB),
        ("lossless", "+cl", "YBR_FULL", YBR),
        ("lossless", "+cg", "RGB", RGB),
        ("lossless", "+cgl", "YBR_FULL", YBR),
        ("lossless", "+cn", "YBR_FULL", YBR),
        ("lossless RGB", "", "RGB", RGB),
        ("lossless RGB", "+cn", "RGB", RGB),
    ],
)
def test_color(tool: Tool, encoded: str, line: str, interpretation: str, pixel: tuple[int, ...]) -> None:
    if encoded == "lossless":
        dataset = color(PixelData=bytes(YBR) * 256, PhotometricInterpretation="YBR_FULL")
    else:
        dataset = color()
    dataset.compress("JPEGBaseline8Bit" if encoded == "lossy" else "JPEGLosslessSV1")
    dataset.save("color.dcm")
    assert tool("dcmdjpeg", *line.split(), "color.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert after.PhotometricInterpretation == interpretation
    assert np.abs(after.pixels.frame(0, color="raw")[8, 8].astype(int) - pixel).max() <= 2


def test_conversion_of_what_says_rgb(tool: Tool) -> None:
    """YCbCr without a mark, in a data set that says RGB: only a person can know it."""
    dataset = color(PixelData=bytes(YBR) * 256)
    dataset.compress("JPEGLosslessSV1")
    dataset.save("wrong.dcm")
    for option, pixel in (("+cp", YBR), ("+ca", RGB), ("+cg", RGB)):
        assert tool("dcmdjpeg", option, "wrong.dcm", "out.dcm").code == 0
        after = dicomkit.read("out.dcm")
        assert after.PhotometricInterpretation == "RGB"
        assert np.abs(after.pixels.frame(0)[0, 0].astype(int) - pixel).max() <= 1, option


@pytest.mark.parametrize(
    ("sop_class", "line", "planar"),
    [
        ("CTImageStorage", "", 0),
        ("CTImageStorage", "+pl", 1),
        ("UltrasoundImageStorage", "+cn", 1),
        ("UltrasoundImageStorage", "+cn +px", 0),
        ("UltrasoundImageStorage", "", 0),
        ("HardcopyColorImageStorage", "", 1),
    ],
)
def test_planar_configuration(tool: Tool, sop_class: str, line: str, planar: int) -> None:
    dataset = color(SOPClassUID=dicomkit.UID.from_keyword(sop_class))
    dataset.compress("JPEGBaseline8Bit")
    dataset.save("color.dcm")
    assert tool("dcmdjpeg", *line.split(), "color.dcm", "out.dcm").code == 0
    assert dicomkit.read("out.dcm").PlanarConfiguration == planar


def with_codestream(data: bytes, name: str) -> None:
    """A file of 16-bit samples with this codestream."""
    dataset = dicomkit.read("ct.dcm")
    dataset.BitsStored, dataset.HighBit, dataset.Rows, dataset.Columns = 16, 15, 256, 256
    encapsulate(dataset, [data], "JPEGLossless")
    dataset.save(name)


def test_predictor_6(tool: Tool, peer: Callable[[str], str]) -> None:
    """DCMTK's decoder with the workaround gives the same, whatever wrote the file."""
    array = np.random.default_rng(5).integers(0, 65536, (256, 256), np.uint16)
    with_codestream(jpegll.encode(array.data, 256, 256, 1, 16, predictor=6), "six.dcm")
    assert tool("dcmdjpeg", "six.dcm", "out.dcm").code == 0
    assert np.array_equal(dicomkit.read("out.dcm").pixels.frame(0), array)
    assert tool("dcmdjpeg", "+w6", "six.dcm", "out.dcm").code == 0
    ours = dicomkit.read("out.dcm").pixels.frame(0)
    assert not np.array_equal(ours, array)
    subprocess.run([peer("dcmdjpeg"), "+w6", "six.dcm", "theirs.dcm"], check=True)
    assert np.array_equal(ours, dicomkit.read("theirs.dcm").pixels.frame(0))


def test_incomplete(tool: Tool) -> None:
    array = np.random.default_rng(5).integers(1, 65536, (256, 256), np.uint16)
    data = jpegll.encode(array.data, 256, 256, 1, 16)
    with_codestream(data[: len(data) // 2], "cut.dcm")
    assert tool("dcmdjpeg", "cut.dcm", "out.dcm").code == 1
    assert tool("dcmdjpeg", "+wi", "cut.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm").pixels.frame(0)
    assert np.array_equal(after[:100], array[:100])
    assert not after[-10:].any()


def test_messages(tool: Tool, examples_dir: Path) -> None:
    result = tool("dcmdjpeg", str(examples_dir / "rle.dcm"), "out.dcm")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "F: input transfer syntax RLE Lossless not supported"
    with_codestream(b"\xff\xd8\xff\xc3" + bytes(30), "bad.dcm")
    result = tool("dcmdjpeg", "bad.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.startswith("F: ")
    assert result.err.endswith(": decompressing file: bad.dcm\n")

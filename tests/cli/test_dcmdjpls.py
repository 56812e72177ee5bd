"""`dicomkit dcmdjpls`: planar configuration, damaged files, wrong offset tables."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels import encapsulate

Tool = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(examples_dir / "ct.dcm", tmp_path / "ct.dcm")
    dataset = dicomkit.read("ct.dcm")
    dataset.compress("JPEGLSLossless")
    dataset.save("jls.dcm")


def color(planar: int) -> dicomkit.Dataset:
    """JPEG-LS of a colour image."""
    dataset = dicomkit.read("ct.dcm")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 4, 6, 3, "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PlanarConfiguration = 7, 0
    dataset.PixelData = np.arange(72, dtype=np.uint8).tobytes()
    dataset.compress("JPEGLSLossless")
    dataset.PlanarConfiguration = planar
    return dataset


@pytest.mark.parametrize(
    ("planar", "line", "result"), [(0, "", 0), (1, "", 1), (1, "+pa", 0), (0, "+pl", 1), (1, "+px", 0), (1, "+pr", 1)]
)
def test_planar_configuration(tool: Tool, planar: int, line: str, result: int) -> None:
    color(planar).save("color.dcm")
    assert tool("dcmdjpls", *line.split(), "color.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert after.PlanarConfiguration == result
    array = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    assert after.PixelData == (array.transpose(2, 0, 1) if result else array).tobytes()
    assert np.array_equal(after.pixels.frame(0), array)


def test_incomplete(tool: Tool) -> None:
    dataset = dicomkit.read("jls.dcm")
    data = bytes(dataset.pixels.encoded(0))
    encapsulate(dataset, [data[: len(data) // 2]], "JPEGLSLossless")
    dataset.save("cut.dcm")
    result = tool("dcmdjpls", "cut.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.endswith(": decompressing file: cut.dcm\n")
    assert tool("dcmdjpls", "+wi", "cut.dcm", "out.dcm").code == 0
    before, after = dicomkit.read("ct.dcm").pixels.frame(0), dicomkit.read("out.dcm").pixels.frame(0)
    complete = int((before == after).all(axis=1).argmin())
    assert complete > 10
    assert not after[-5:].any()


def test_wrong_offset_table(tool: Tool, tmp_path: Path, fragments: Callable[[str], list[bytes]]) -> None:
    """It leads to fragments, but not to those of the frames. It is not believed without the option either."""
    dataset = dicomkit.read("ct.dcm")
    frames = [dataset.pixels.frame(0), dataset.pixels.frame(0)[::-1].copy(), dataset.pixels.frame(0)[:, ::-1].copy()]
    dataset.PixelData = b"".join(frame.tobytes() for frame in frames)
    dataset.NumberOfFrames = 3
    dataset.compress("JPEGLSLossless", fragment_size=1024)
    dataset.save("right.dcm")
    data = (tmp_path / "right.dcm").read_bytes()
    (tmp_path / "wrong.dcm").write_bytes(data.replace(fragments("right.dcm")[0], struct.pack("<3I", 0, 1032, 2064)))
    for line in ([], ["+io"]):
        assert tool("dcmdjpls", *line, "wrong.dcm", "out.dcm").code == 0
        assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), np.stack(frames))


def test_a_loss_stays_noted(tool: Tool) -> None:
    dataset = dicomkit.read("ct.dcm")
    dataset.compress("JPEGLSNearLossless")
    del dataset.LossyImageCompression
    dataset.save("near.dcm")
    assert tool("dcmdjpls", "near.dcm", "out.dcm").code == 0
    assert dicomkit.read("out.dcm").LossyImageCompression == "01"
    assert tool("dcmdjpls", "jls.dcm", "out.dcm").code == 0
    assert "LossyImageCompression" not in dicomkit.read("out.dcm")

"""`dicomkit dcmcjpls`: what its options make of the codestream; messages and exit codes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit._ext import jpegls

Tool = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "rle.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)
    rgb = dicomkit.read("ct.dcm")
    rgb.Rows, rgb.Columns, rgb.SamplesPerPixel, rgb.PhotometricInterpretation = 8, 9, 3, "RGB"
    rgb.BitsAllocated = rgb.BitsStored = 8
    rgb.HighBit, rgb.PlanarConfiguration = 7, 0
    rgb.PixelData = np.random.default_rng(1).integers(0, 256, 8 * 9 * 3, np.uint8).tobytes()
    rgb.save("rgb.dcm")


def codestream(name: str = "out.dcm") -> bytes:
    return bytes(dicomkit.read(name).pixels.encoded(0))


@pytest.mark.parametrize(
    ("line", "interleave"), [("", "line"), ("+il", "line"), ("+is", "sample"), ("+in", "none"), ("+iv", "sample")]
)
def test_interleave(tool: Tool, line: str, interleave: str) -> None:
    assert tool("dcmcjpls", *line.split(), "rgb.dcm", "out.dcm").code == 0
    assert jpegls.header(codestream())[5] == interleave
    assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), dicomkit.read("rgb.dcm").pixels.array())


def test_parameters(tool: Tool) -> None:
    assert tool("dcmcjpls", "+t1", "20", "+t2", "60", "+t3", "300", "+rs", "31", "ct.dcm", "out.dcm").code == 0
    assert jpegls.header(codestream())[6][1:] == (20, 60, 300, 31)
    assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), dicomkit.read("ct.dcm").pixels.array())


def test_padding(tool: Tool) -> None:
    """PS3.5 A.4: a fill byte before the EOI marker, or a zero behind it."""
    ends = set()
    for rows in range(1, 9):  # some of them make an odd number of bytes
        dataset = dicomkit.read("rgb.dcm")
        dataset.Rows = rows
        dataset.save("small.dcm")
        for option in ("+ps", "+pz"):
            assert tool("dcmcjpls", option, "small.dcm", "out.dcm").code == 0
            ends.add((option, codestream()[-3:] if codestream()[-3] == 0xFF else codestream()[-2:]))
    assert ("+ps", b"\xff\xff\xd9") in ends
    assert ("+pz", b"\xff\xd9\0") in ends
    assert not any(option == "+ps" and end[-1] == 0 for option, end in ends)


def test_near_lossless(tool: Tool) -> None:
    assert tool("dcmcjpls", "+en", "ct.dcm", "out.dcm").code == 0
    assert jpegls.header(codestream())[4] == 2
    assert tool("dcmcjpls", "+en", "+md", "5", "+un", "ct.dcm", "out.dcm").code == 0
    assert jpegls.header(codestream())[4] == 5
    before, after = dicomkit.read("ct.dcm"), dicomkit.read("out.dcm")
    assert 0 < np.abs(after.pixels.array().astype(int) - before.pixels.array()).max() <= 5
    assert after.LossyImageCompressionMethod == ("ISO_14495_1",)
    assert after.SOPInstanceUID == before.SOPInstanceUID


def test_refusals(tool: Tool) -> None:
    result = tool("dcmcjpls", "+md", "3", "ct.dcm", "out.dcm")
    assert (result.code, result.err.splitlines()[-1]) == (1, "error: --max-deviation not allowed with --encode-lossless")
    result = tool("dcmcjpls", "rle.dcm", "out.dcm")
    assert result.err == "F: no conversion from compressed original to uncompressed transfer syntax possible\n"
    result = tool("dcmcjpls", "+en", "+md", "9999", "ct.dcm", "out.dcm")
    assert result.err.splitlines() == [
        "E: near is 0 to 255 for samples of 12 bits, not 9999",
        "F: no conversion to transfer syntax JPEG-LS Lossy (Near-Lossless) Image Compression possible!",
    ]

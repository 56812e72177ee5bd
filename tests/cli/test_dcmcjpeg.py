"""`dicomkit dcmcjpeg`: what its options make of the codestream and the data set; which of them go together."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit._ext import jpegll
from dicomkit.pixels.codecs.jpeg_stream import read_header

Tool = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "rle.dcm", "report.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)
    rgb = dicomkit.read("ct.dcm")
    rgb.Rows, rgb.Columns, rgb.SamplesPerPixel, rgb.PhotometricInterpretation = 32, 32, 3, "RGB"
    rgb.BitsAllocated = rgb.BitsStored = 8
    rgb.HighBit, rgb.PlanarConfiguration = 7, 0
    ramp = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8) * 3
    rgb.PixelData = np.stack([ramp, ramp + 20, 255 - ramp], -1).tobytes()
    rgb.save("rgb.dcm")


def codestream(name: str = "out.dcm") -> bytes:
    return bytes(dicomkit.read(name).pixels.encoded(0))


@pytest.mark.parametrize(
    ("line", "syntax", "predictor"),
    [
        ("", "JPEGLosslessSV1", 1),
        ("+e1", "JPEGLosslessSV1", 1),
        ("+el", "JPEGLossless", 6),
        ("+el +sv 3", "JPEGLossless", 3),
        ("+el +e1", "JPEGLosslessSV1", 1),
    ],
)
def test_lossless(tool: Tool, line: str, syntax: str, predictor: int) -> None:
    result = tool("dcmcjpeg", *line.split(), "ct.dcm", "out.dcm")
    assert (result.code, result.err) == (0, "")
    before, after = dicomkit.read("ct.dcm"), dicomkit.read("out.dcm")
    assert after.transfer_syntax.keyword == syntax
    assert jpegll.header(codestream())[4] == predictor
    assert np.array_equal(after.pixels.array(), before.pixels.array())
    assert after.SOPInstanceUID == before.SOPInstanceUID


def test_point_transform(tool: Tool) -> None:
    assert tool("dcmcjpeg", "+pt", "3", "ct.dcm", "out.dcm").code == 0
    before, after = dicomkit.read("ct.dcm"), dicomkit.read("out.dcm")
    assert np.array_equal(after.pixels.array(), before.pixels.array() >> 3 << 3)
    assert after.LossyImageCompression == "01"


@pytest.mark.parametrize(
    ("line", "interpretation", "sampling"),
    [
        ("", "YBR_FULL_422", "211111"),
        ("+s2", "YBR_FULL_422", "211111"),
        ("+s4", "YBR_FULL", "111111"),
        ("+n2", "YBR_FULL", "211111"),
        ("+n1", "YBR_FULL", "221111"),
        ("+np", "YBR_FULL_422", "221111"),
        ("+cr", "RGB", "111111"),
    ],
)
def test_color(tool: Tool, line: str, interpretation: str, sampling: str) -> None:
    assert tool("dcmcjpeg", "+eb", *line.split(), "rgb.dcm", "out.dcm").code == 0
    before, after = dicomkit.read("rgb.dcm"), dicomkit.read("out.dcm")
    assert after.PhotometricInterpretation == interpretation
    data = codestream()
    frame = data[data.index(b"\xff\xc0") + 10 :]
    assert frame[1:9:3].hex() == sampling
    assert np.abs(after.pixels.frame(0).astype(int) - before.pixels.frame(0)).mean() < 6
    assert after.LossyImageCompressionMethod == ("ISO_10918_1",)


def test_monochrome(tool: Tool) -> None:
    assert tool("dcmcjpeg", "+eb", "+cm", "+q", "100", "rgb.dcm", "out.dcm").code == 0
    rgb, after = dicomkit.read("rgb.dcm").pixels.frame(0), dicomkit.read("out.dcm")
    assert (after.SamplesPerPixel, after.PhotometricInterpretation) == (1, "MONOCHROME2")
    assert "PlanarConfiguration" not in after
    assert np.abs(after.pixels.frame(0) - rgb @ [0.299, 0.587, 0.114]).max() < 3


def test_quality_and_tables(tool: Tool) -> None:
    sizes = {}
    for line in ("+q 0", "+q 50", "+q 100", "+q 50 -ho", "+q 50 +sm 80"):
        assert tool("dcmcjpeg", "+eb", "+s4", *line.split(), "rgb.dcm", "out.dcm").code == 0
        sizes[line] = len(codestream())
    assert sizes["+q 0"] < sizes["+q 50"] < sizes["+q 100"]
    assert sizes["+q 50"] < sizes["+q 50 -ho"]


@pytest.mark.parametrize(
    ("line", "bits"),
    [("+eb", 8), ("+ee", 12), ("+ee +be", 8), ("+ee +bt", 12), ("+pl", 12), ("+pl +be", 8), ("+pl +bs", 16)],
)
def test_bits(tool: Tool, line: str, bits: int) -> None:
    assert tool("dcmcjpeg", *line.split(), "ct.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert (after.BitsStored, after.HighBit, after.BitsAllocated) == (bits, bits - 1, 8 if bits == 8 else 16)
    assert read_header(codestream()).bits == bits
    # of CT, the modality values stay what they were
    before = dicomkit.read("ct.dcm")
    old = before.pixels.frame(0) * float(before.RescaleSlope) + float(before.RescaleIntercept)
    new = after.pixels.frame(0) * float(after.RescaleSlope) + float(after.RescaleIntercept)
    assert np.abs(old - new).mean() < 20


def test_windows(tool: Tool) -> None:
    before = dicomkit.read("ct.dcm").pixels.frame(0).astype(float) - 1024
    for line, center, width in (("+Ww 40 400", 40, 400), ("+Wi 2", 600, 2800)):
        assert tool("dcmcjpeg", "+eb", "+q", "100", *line.split(), "ct.dcm", "out.dcm").code == 0
        after = dicomkit.read("out.dcm")
        expected = np.clip(((before - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)  # PS3.3 C.11.2.1.2.1
        assert np.abs(after.pixels.frame(0) - expected).mean() < 3
        assert (after.RescaleSlope, after.RescaleIntercept) == (1, 0)
        assert "WindowCenter" not in after
    result = tool("dcmcjpeg", "+eb", "+Wi", "3", "ct.dcm", "out.dcm")
    assert result.err.splitlines() == [
        "E: there is no VOI window 3",
        "F: no conversion to transfer syntax JPEG Baseline (Process 1) possible!",
    ]
    assert tool("dcmcjpeg", "+eb", "+Wr", "900", "0", "5", "5", "ct.dcm", "out.dcm").code == 1


def test_ratio_is_that_of_the_original(tool: Tool) -> None:
    assert tool("dcmcjpeg", "+eb", "ct.dcm", "out.dcm").code == 0
    ratio = len(dicomkit.read("ct.dcm")["PixelData"].raw) / len(codestream())
    assert dicomkit.read("out.dcm").LossyImageCompressionRatio[-1] == pytest.approx(ratio, rel=0.01)


def test_pseudo_lossless_is_a_loss_if_values_change(tool: Tool) -> None:
    assert tool("dcmcjpeg", "+pl", "+Wm", "ct.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert (after.LossyImageCompression, after.ImageType[0]) == ("01", "DERIVED")
    assert after.SOPInstanceUID != dicomkit.read("ct.dcm").SOPInstanceUID
    assert tool("dcmcjpeg", "+pl", "rgb.dcm", "out.dcm").code == 0
    assert "LossyImageCompression" not in dicomkit.read("out.dcm")


def test_jpeg_again(tool: Tool) -> None:
    assert tool("dcmcjpeg", "+el", "+sv", "5", "ct.dcm", "one.dcm").code == 0
    assert tool("dcmcjpeg", "one.dcm", "two.dcm").code == 0
    assert np.array_equal(dicomkit.read("two.dcm").pixels.array(), dicomkit.read("ct.dcm").pixels.array())
    assert tool("dcmcjpeg", "+eb", "rgb.dcm", "one.dcm").code == 0
    assert tool("dcmcjpeg", "one.dcm", "two.dcm").code == 0
    assert dicomkit.read("two.dcm").PhotometricInterpretation == "YBR_FULL"
    assert tool("dcmcjpeg", "+eb", "one.dcm", "two.dcm").code == 0
    assert len(dicomkit.read("two.dcm").LossyImageCompressionRatio) == 2
    result = tool("dcmcjpeg", "rle.dcm", "out.dcm")
    assert result.err == "F: no conversion from compressed original to uncompressed transfer syntax possible!\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("+sv 3", "--selection-value only allowed with --encode-lossless"),
        ("+el +sv 9", "Invalid value for option --selection-value (overflow: 9)"),
        ("+eb +bt", "--bits-force-12 not allowed with --encode-baseline"),
        ("+ee +bs", "--bits-force-16 not allowed with --encode-extended"),
        ("+bt", "--bits-force-12 not allowed with --true-lossless"),
        ("+cm", "--monochrome not allowed with --true-lossless"),
        ("+cr", "--color-rgb not allowed with --true-lossless"),
        ("+cl", "--conv-lossy not allowed with --true-lossless"),
        ("+Wm", "--min-max-window not allowed with --true-lossless"),
        ("+Ww 1 2", "--set-window not allowed with --true-lossless"),
        ("+s4", "--nonstd-444 not allowed with --true-lossless"),
        ("+pl +s4", "--nonstd-444 not allowed with --pseudo-lossless"),
        ("+sm 3", "--smooth not allowed with --true-lossless"),
        ("+q 3", "--quality only allowed with lossy JPEG"),
        ("+eb +pt 2", "--point-transform only allowed with lossless JPEG"),
        ("+tl +eb", "--true-lossless only allowed with --encode-lossless-sv1 or --encode-lossless"),
        ("+eb +Ww 1 0.5", "Invalid value for option --set-window (underflow: 0.5)"),
        ("+eb +Wr 0 0 0 10", "Invalid value for option --roi-min-max-window (underflow: 0)"),
        ("+eb +Wh 101", "Invalid value for option --histogram-window (overflow: 101)"),
        ("-te", "--read-xfer-little only allowed with --read-dataset"),
        ("+ep", "--encode-progressive not supported: there is no encoder for JPEG with progression"),
        ("+es", "--encode-spectral not supported: there is no encoder for JPEG with spectral selection"),
    ],
)
def test_what_does_not_go_together(tool: Tool, line: str, sentence: str) -> None:
    result = tool("dcmcjpeg", *line.split(), "ct.dcm", "out.dcm")
    assert (result.code, result.err.splitlines()[-1]) == (1, f"error: {sentence}")


@pytest.mark.parametrize(
    "line", ["+ba", "+cy", "+cp", "+cn", "-W", "+sp +sr +ri +rm", "+pl +cr", "+w6 +wi +wc", "+Ma +Mp", "-ho"]
)
def test_what_is_accepted_without_a_loss(tool: Tool, line: str) -> None:
    assert tool("dcmcjpeg", *line.split(), "ct.dcm", "out.dcm").code == 0
    assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), dicomkit.read("ct.dcm").pixels.array())


def test_no_pixel_data(tool: Tool) -> None:
    result = tool("dcmcjpeg", "+eb", "report.dcm", "out.dcm")
    assert (result.code, result.err) == (0, "W: DcmDataset: No pixel data present, nothing to compress\n")
    assert dicomkit.read("out.dcm").transfer_syntax.keyword == "JPEGBaseline8Bit"

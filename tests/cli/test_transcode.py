"""`dicomkit transcode`: any transfer syntax to any other, one file or many."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.cli.transcode_options import CODEC_FIELDS
from dicomkit.pixels.codecs import codec_for
from dicomkit.pixels.codecs.registry import HANDLING
from dicomkit.standard import TransferSyntax

Tool = Callable[..., Any]

LOSSLESS = (
    "RLELossless", "JPEGLossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless",
    "HTJ2KLosslessRPCL", "JPEGXLLossless", "DeflatedImageFrameCompression", "EncapsulatedUncompressedExplicitVRLittleEndian",
    "ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian", "ExplicitVRBigEndian",
)  # fmt: skip


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "rle.dcm", "report.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)


def test_from_each_to_the_next(tool: Tool) -> None:
    expected = dicomkit.read("rle.dcm").pixels.array()
    shutil.copyfile("rle.dcm", "a.dcm")
    for keyword in LOSSLESS:
        result = tool("transcode", "--to", keyword, "a.dcm", "b.dcm")
        assert (result.code, result.err) == (0, ""), keyword
        shutil.copyfile("b.dcm", "a.dcm")
        after = dicomkit.read("a.dcm")
        assert after.transfer_syntax.keyword == keyword
        assert np.array_equal(after.pixels.array(), expected), keyword
        assert "LossyImageCompression" not in after


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("--to JPEG2000 --quality 50", 60),
        ("--to JPEGLSNearLossless --near 5", 5),
        ("--to JPEGXL --distance 2 --effort 3", 600),
        ("--to 1.2.840.10008.1.2.4.51 --quality 95", 60),
    ],
)
def test_losses(tool: Tool, line: str, error: int) -> None:
    assert tool("transcode", *line.split(), "ct.dcm", "out.dcm").code == 0
    before, after = dicomkit.read("ct.dcm"), dicomkit.read("out.dcm")
    assert 0 < np.abs(after.pixels.array().astype(int) - before.pixels.array()).max() <= error
    assert after.LossyImageCompression == "01"
    assert after.SOPInstanceUID != before.SOPInstanceUID


def test_encapsulation(tool: Tool, fragments: Callable[[str], list[bytes]]) -> None:
    assert tool("transcode", "--to", "JPEG2000Lossless", "+fs", "1", "-ot", "+ua", "rle.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    table, *found = fragments("out.dcm")
    assert (table, len(found) > 2) == (b"", True)
    assert after.SOPInstanceUID != dicomkit.read("rle.dcm").SOPInstanceUID
    assert np.array_equal(after.pixels.array(), dicomkit.read("rle.dcm").pixels.array())


def test_a_new_instance_without_compression(tool: Tool) -> None:
    assert tool("transcode", "--to", "ExplicitVRLittleEndian", "+ua", "rle.dcm", "out.dcm").code == 0
    assert dicomkit.read("out.dcm").SOPInstanceUID != dicomkit.read("rle.dcm").SOPInstanceUID


def test_a_directory(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("ct.dcm", "rle.dcm", "report.dcm"):
        shutil.copyfile(name, tmp_path / "in" / name)
    shutil.copyfile("ct.dcm", tmp_path / "in" / "sub" / "ct.dcm")
    (tmp_path / "in" / "text").write_bytes(b"no DICOM file " * 20)
    result = tool("transcode", "-t", "HTJ2KLossless", "-od", "out", "+sd", "+r", "in")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert result.err.endswith(": reading file: in/text\n")
    found = {str(path.relative_to("out")): dicomkit.read(path) for path in Path("out").rglob("*.dcm")}
    assert sorted(found) == ["ct.dcm", "report.dcm", "rle.dcm", "sub/ct.dcm"]
    # what has no pixel data is for everybody to read
    assert found.pop("report.dcm").transfer_syntax.keyword == "ExplicitVRLittleEndian"
    for name, dataset in found.items():
        assert dataset.transfer_syntax.keyword == "HTJ2KLossless"
        assert np.array_equal(dataset.pixels.array(), dicomkit.read(f"in/{name}").pixels.array())


def test_many_files_in_processes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(40):
        shutil.copyfile("ct.dcm", tmp_path / "in" / f"{number:03}.dcm")
    command = [sys.executable, "-m", "dicomkit", "transcode", "-t", "JPEGLSLossless", "-od", "out", "+sd", "in"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert len({path.read_bytes() for path in Path("out").iterdir()}) == 1
    assert len(list(Path("out").iterdir())) == 40


def test_standard_input_and_output(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("ct.dcm").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    result = tool("transcode", "-t", "RLELossless", "-", "-")
    assert np.array_equal(dicomkit.read(result.out).pixels.array(), dicomkit.read("ct.dcm").pixels.array())


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ct.dcm out.dcm", "error: Missing option --to"),
        ("--to nothing ct.dcm out.dcm", "error: Invalid value for option --to (nothing is no transfer syntax)"),
        ("--to JPEG2000 ct.dcm", "error: Missing parameter dcmfile-out"),
        ("--to RLELossless --near 3 ct.dcm o", "error: 'near' is no option of RLE Lossless, which has no options to encode"),
        ("--to ImplicitVRLittleEndian --near 3 ct.dcm o", "its pixel data are not compressed"),
        ("--to JPEGXL --distance far ct.dcm o", "error: Invalid value for option --distance (far)"),
    ],
)
def test_usage(tool: Tool, line: str, sentence: str) -> None:
    result = tool("transcode", *line.split())
    assert result.code == 1
    assert result.err.splitlines()[-1].endswith(sentence)


@pytest.mark.parametrize("keyword", ["MPEG2MPML", "JPIPReferenced", "JPEGBaseline8Bit", "JPEG2000MC"])
def test_refusals(tool: Tool, keyword: str) -> None:
    result = tool("transcode", "--to", keyword, "ct.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.startswith("F: transfer syntax 1.2.840.10008.1.2.4.")
    assert result.err.endswith(": processing file: ct.dcm\n")
    assert not Path("out.dcm").exists()


def test_all_codec_options_that_choose_a_size_are_there() -> None:
    syntaxes = [TransferSyntax.assumed(uid) for uid, (kind, _) in HANDLING.items() if kind == "codec"]
    names = {name for syntax in syntaxes for name in codec_for(syntax).defaults}
    # of single codecs, in the way of DCMTK's tools: dcmcjpeg, dcmcjpls
    special = {"color", "smoothing", "optimize", "point_transform", "interleave", "thresholds", "reset", "pad"}
    assert set(CODEC_FIELDS) == names - special

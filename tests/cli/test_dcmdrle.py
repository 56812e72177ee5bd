"""`dicomkit dcmdrle`: its options, messages and exit codes."""

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
    for name in ("ct.dcm", "rle.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)


@pytest.mark.parametrize(
    ("option", "keyword"),
    [("", "ExplicitVRLittleEndian"), ("+tb", "ExplicitVRBigEndian"), ("+ti", "ImplicitVRLittleEndian")],
)
@pytest.mark.parametrize("name", ["rle.dcm", "ct.dcm"])
def test_transfer_syntaxes(tool: Tool, name: str, option: str, keyword: str) -> None:
    result = tool("dcmdrle", *option.split(), name, "out.dcm")
    assert (result.code, result.err) == (0, "")
    after = dicomkit.read("out.dcm")
    assert after.transfer_syntax.keyword == keyword
    assert np.array_equal(after.pixels.array(), dicomkit.read(name).pixels.array())
    assert after.SOPInstanceUID == dicomkit.read(name).SOPInstanceUID


def test_reversed_segments(tool: Tool) -> None:
    """A faulty encoder wrote the segment of the less significant bytes first."""
    dataset = dicomkit.read("rle.dcm")
    expected = dataset.pixels.array()
    codestreams = []
    for number in range(len(dataset.pixels)):
        count, high, low, *rest = struct.unpack("<16I", bytes(dataset.pixels.encoded(number))[:64])
        assert count == 2
        header = struct.pack("<16I", count, low, high, *rest)
        codestreams.append(header + bytes(dataset.pixels.encoded(number))[64:])
    encapsulate(dataset, codestreams, "RLELossless")
    dataset.save("reversed.dcm")
    assert tool("dcmdrle", "+br", "reversed.dcm", "out.dcm").code == 0
    assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), expected)
    assert tool("dcmdrle", "reversed.dcm", "out.dcm").code == 0
    assert not np.array_equal(dicomkit.read("out.dcm").pixels.array(), expected)


def test_uids_and_format(tool: Tool) -> None:
    assert tool("dcmdrle", "+ua", "-F", "rle.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert after.file_meta is None
    assert after.SOPInstanceUID != dicomkit.read("rle.dcm").SOPInstanceUID


def test_other_transfer_syntaxes(tool: Tool) -> None:
    dataset = dicomkit.read("ct.dcm")
    dataset.compress("JPEGLSLossless")
    dataset.save("jls.dcm")
    result = tool("dcmdrle", "jls.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.splitlines() == [
        "F: Pixel representation cannot be changed: decompressing file: jls.dcm",
        "F: input transfer syntax JPEG-LS Lossless Image Compression not supported",
    ]


def test_damage(tool: Tool) -> None:
    dataset = dicomkit.read("rle.dcm")
    encapsulate(dataset, [b"\1\0\0\0" * 30] * 2, "RLELossless")
    dataset.save("bad.dcm")
    result = tool("dcmdrle", "bad.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.startswith("F: transfer syntax 1.2.840.10008.1.2.5: frame 0: ")
    assert result.err.endswith(": decompressing file: bad.dcm\n")
    assert not Path("out.dcm").exists()

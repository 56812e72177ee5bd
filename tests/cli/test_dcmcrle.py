"""`dicomkit dcmcrle`: its options, messages and exit codes. DCMTK's results are compared in test_codec_tools_interop.py."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit

Tool = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "rle.dcm", "report.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)


def test_rle(tool: Tool) -> None:
    result = tool("dcmcrle", "ct.dcm", "out.dcm")
    assert (result.code, result.out, result.err) == (0, b"", "")
    before, after = dicomkit.read("ct.dcm"), dicomkit.read("out.dcm")
    assert after.transfer_syntax == "1.2.840.10008.1.2.5"
    assert np.array_equal(after.pixels.array(), before.pixels.array())
    assert after.SOPInstanceUID == before.SOPInstanceUID
    assert "LossyImageCompression" not in after


def test_fragments_and_offset_table(tool: Tool, fragments: Callable[[str], list[bytes]]) -> None:
    assert tool("dcmcrle", "ct.dcm", "out.dcm").code == 0
    table, *found = fragments("out.dcm")
    assert (table, len(found)) == (bytes(4), 1)
    result = tool("dcmcrle", "+fs", "1", "ct.dcm", "out.dcm")
    assert result.err == "W: limiting the fragment size may result in non-standard conformant encoding\n"
    table, *found = fragments("out.dcm")
    assert table == bytes(4)
    assert [len(one) for one in found[:-1]] == [1024] * (len(found) - 1)
    assert len(found) > 2
    assert np.array_equal(dicomkit.read("out.dcm").pixels.array(), dicomkit.read("ct.dcm").pixels.array())
    assert tool("dcmcrle", "-ot", "ct.dcm", "out.dcm").code == 0
    assert [len(one) > 0 for one in fragments("out.dcm")] == [False, True]


def test_uids(tool: Tool) -> None:
    before = dicomkit.read("ct.dcm")
    assert tool("dcmcrle", "+ua", "ct.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert tool("dcmcrle", "+cs", "ct.dcm", "out.dcm").code == 0
    after = dicomkit.read("out.dcm")
    assert after.SOPClassUID == after.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert after.SOPInstanceUID != before.SOPInstanceUID


def test_messages(tool: Tool) -> None:
    result = tool("dcmcrle", "rle.dcm", "out.dcm")
    assert result.code == 1
    assert result.err == "F: No conversion from compressed original to uncompressed transfer syntax possible!\n"
    assert not Path("out.dcm").exists()
    result = tool("dcmcrle", "report.dcm", "out.dcm")
    assert (result.code, result.err) == (0, "W: DcmDataset: No pixel data present, nothing to compress\n")
    assert tool("dcmcrle", "-v", "ct.dcm", "out.dcm").err.splitlines() == [
        "I: reading input file ct.dcm",
        "I: converting DICOM file to compressed transfer syntax",
        "I: creating output file out.dcm",
        "I: conversion successful",
    ]
    assert tool("dcmcrle", "ct.dcm").err.endswith("error: Missing parameter dcmfile-out\n")
    assert tool("dcmcrle", "+fs", "0", "ct.dcm", "o").err.endswith("for option --fragment-size (underflow: 0)\n")
    assert tool("dcmcrle", "ct.dcm", "no/such/file").err.endswith(": writing file: no/such/file\n")


def test_what_has_no_place(tool: Tool) -> None:
    dataset = dicomkit.read("ct.dcm")
    dataset.Rows = 65535
    dataset.save("bad.dcm")
    result = tool("dcmcrle", "bad.dcm", "out.dcm")
    assert result.code == 1
    first, second = result.err.splitlines()
    assert first.startswith("E: frame 0: the value ends at byte ")
    assert second == "F: no conversion to transfer syntax RLE Lossless possible!"

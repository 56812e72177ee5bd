"""`dicomkit dcmftest`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def files(tmp_path: Path, build: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    Path("a.dcm").write_bytes(build.file(build.element(0x00100010, "PN", b"A^B ")))
    Path("bare.dcm").write_bytes(build.element(0x00100010, "PN", b"A^B "))
    Path("prefix only").write_bytes(bytes(128) + b"DICM")
    Path("cut").write_bytes(bytes(128) + b"DIC")
    Path("empty").write_bytes(b"")
    Path("folder").mkdir()
    return ["a.dcm", "bare.dcm", "prefix only", "cut", "empty", "folder", "none"]


def test_files(files: list[str], tool: Callable[..., object]) -> None:
    result = tool("dcmftest", *files)
    assert result.out == b"yes: a.dcm\nno: bare.dcm\nyes: prefix only\nno: cut\nno: empty\nno: folder\nno: none\n"
    assert (result.code, result.err) == (5, "")


def test_as_dcmtk(files: list[str], tool: Callable[..., object], peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dcmftest"), *files], capture_output=True, check=False)
    ours = tool("dcmftest", *files)
    assert (theirs.returncode, theirs.stdout) == (ours.code, ours.out)


def test_the_exit_code_stays_in_a_byte(files: list[str], tool: Callable[..., object]) -> None:
    assert tool("dcmftest", *["none"] * 256).code == 255


def test_names_of_any_bytes(tmp_path: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmftest", "no\udcff").out == b"no: no\xff\n"
    assert tool("dcmftest", "a\0b").out == b"no: a\0b\n"


def test_usage(tool: Callable[..., object]) -> None:
    assert tool("dcmftest", "-x", "a.dcm").code == 1
    assert b"usage: dcmftest" in tool("dcmftest", "--help").out

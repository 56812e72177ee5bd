"""`dicomkit dcmconv`: files, many of them, errors, exit codes. What it writes is compared in test_dcmconv_interop.py."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit


@pytest.fixture
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ct.dcm, japanese.dcm and rle.dcm of the examples, and text.dcm, which is no DICOM file."""
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "japanese.dcm", "rle.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)
    (tmp_path / "text.dcm").write_bytes(b"This is no DICOM file, whatever its name says. " * 10)
    return tmp_path


def syntax(name: str) -> str:
    uid = dicomkit.read(name).transfer_syntax
    assert uid is not None
    return uid.keyword


def public_values(dataset: dicomkit.Dataset) -> list[tuple[str, object]]:
    """Those whose VR and byte order do not depend on the transfer syntax."""
    pairs = [(element.path, element.value) for element in dataset.walk() if element.vr not in ("SQ", "OW")]
    return [(path, value) for path, value in pairs if "(0009," not in path]


@pytest.mark.parametrize(
    ("option", "keyword"),
    [
        ("+t=", "ExplicitVRLittleEndian"),
        ("+te", "ExplicitVRLittleEndian"),
        ("+ti", "ImplicitVRLittleEndian"),
        ("+tb", "ExplicitVRBigEndian"),
        ("+td", "DeflatedExplicitVRLittleEndian"),
    ],
)
def test_transfer_syntaxes(files: Path, tool: Callable[..., object], option: str, keyword: str) -> None:
    before = dicomkit.read("ct.dcm")
    result = tool("dcmconv", option, "ct.dcm", "out.dcm")
    assert (result.code, result.out, result.err) == (0, b"", "")
    assert syntax("out.dcm") == keyword
    after = dicomkit.read("out.dcm")
    assert public_values(after) == public_values(before)


def test_over_the_input(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmconv", "+ti", "ct.dcm", "ct.dcm").code == 0
    assert syntax("ct.dcm") == "ImplicitVRLittleEndian"
    assert sorted(os.listdir()) == ["ct.dcm", "japanese.dcm", "rle.dcm", "text.dcm"]


def test_new_and_old_meta(files: Path, tool: Callable[..., object]) -> None:
    dataset = dicomkit.read("ct.dcm")
    dataset.file_meta.SourceApplicationEntityTitle = "SENDER"
    dataset.save("ct.dcm")
    assert tool("dcmconv", "ct.dcm", "new.dcm").code == 0
    assert tool("dcmconv", "+F", "ct.dcm", "old.dcm").code == 0
    assert tool("dcmconv", "-F", "ct.dcm", "none.dcm").code == 0
    new, old = dicomkit.read("new.dcm").file_meta, dicomkit.read("old.dcm").file_meta
    assert "SourceApplicationEntityTitle" not in new
    assert new.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert old.SourceApplicationEntityTitle == "SENDER"
    assert dicomkit.read("none.dcm").file_meta is None


def test_lengths(files: Path, tool: Callable[..., object]) -> None:
    sequence = "ReferencedImageSequence"
    assert tool("dcmconv", "-e", "ct.dcm", "u.dcm").code == 0
    assert dicomkit.read("u.dcm")[sequence].length == 0xFFFFFFFF
    assert tool("dcmconv", "u.dcm", "e.dcm").code == 0
    assert dicomkit.read("e.dcm")[sequence].length != 0xFFFFFFFF
    assert tool("dcmconv", "-eo", "u.dcm", "e.dcm").code == 0
    assert tool("dcmconv", "+g", "ct.dcm", "g.dcm").code == 0
    assert 0x00100000 in dicomkit.read("g.dcm")
    assert tool("dcmconv", "-g", "g.dcm", "n.dcm").code == 0
    assert 0x00100000 not in dicomkit.read("n.dcm")
    assert tool("dcmconv", "+p", "1024", "8", "ct.dcm", "p.dcm").code == 0
    assert Path("p.dcm").stat().st_size % 1024 == 0
    assert tool("dcmconv", "-p", "p.dcm", "n.dcm").code == 0
    assert 0xFFFCFFFC not in dicomkit.read("n.dcm")


@pytest.mark.parametrize(
    ("option", "terms"), [(["+U8"], ("ISO_IR 192",)), (["+C", "ISO_IR 192"], ("ISO_IR 192",)), (["+L1"], ("ISO_IR 100",))]
)
def test_character_sets(files: Path, tool: Callable[..., object], option: list[str], terms: tuple[str, ...]) -> None:
    name = str(dicomkit.read("ct.dcm").PatientName)
    assert tool("dcmconv", *option, "ct.dcm", "out.dcm").code == 0
    dataset = dicomkit.read("out.dcm")
    assert (dataset.SpecificCharacterSet, str(dataset.PatientName)) == (terms, name)


def test_character_sets_that_lack_characters(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmconv", "+L1", "japanese.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.startswith("F: ")
    assert result.err.endswith(": processing file: japanese.dcm\n")
    assert not Path("out.dcm").exists()
    assert tool("dcmconv", "+A7", "-Ct", "ct.dcm", "out.dcm").code == 0
    assert str(dicomkit.read("out.dcm").PatientName).startswith("Muller^")
    assert tool("dcmconv", "+A7", "-Cd", "ct.dcm", "out.dcm").code == 0
    assert str(dicomkit.read("out.dcm").PatientName).startswith("Mller^")
    assert "SpecificCharacterSet" not in dicomkit.read("out.dcm")
    assert tool("dcmconv", "+C", "foo", "ct.dcm", "out.dcm").code == 1
    result = tool("dcmconv", "-Ct", "ct.dcm", "out.dcm")
    assert result.err.endswith("error: --transliterate only allowed with one of the --convert-to-xxx options\n")
    result = tool("dcmconv", "-Cd", "ct.dcm", "out.dcm")
    assert result.err.endswith("error: --discard-illegal only allowed with one of the --convert-to-xxx options\n")


def test_stopping(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmconv", "+st", "PatientID", "ct.dcm", "out.dcm").code == 0
    assert max(dicomkit.read("out.dcm").keys()) == 0x00100020
    assert tool("dcmconv", "+st", "0010,0011", "ct.dcm", "out.dcm").code == 0  # which is not there
    assert "PixelData" in dicomkit.read("out.dcm")
    assert tool("dcmconv", "+st", "nonsense", "ct.dcm", "out.dcm").err.endswith("for option --stop-after-elem\n")


def test_invalid_groups(files: Path, tool: Callable[..., object]) -> None:
    dataset = dicomkit.read("ct.dcm")
    dataset[0x00030010] = b"ab"
    dataset.save("ct.dcm")
    assert tool("dcmconv", "ct.dcm", "out.dcm").code == 0
    assert 0x00030010 in dicomkit.read("out.dcm")
    assert tool("dcmconv", "-ig", "ct.dcm", "out.dcm").code == 0
    assert 0x00030010 not in dicomkit.read("out.dcm")


def test_compressed_pixel_data(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmconv", "+ti", "rle.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.startswith("F: no conversion to transfer syntax possible: ")
    assert not Path("out.dcm").exists()
    result = tool("dcmconv", "-F", "rle.dcm", "out.dcm")
    assert (result.code, result.err) == (
        0,
        "W: encapsulated pixel data require file format, ignoring --write-dataset\n",
    )
    assert dicomkit.read("out.dcm").file_meta is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ct.dcm"], "error: Missing parameter dcmfile-out\n"),
        (["ct.dcm", "a", "b"], "error: Too many parameters\n"),
        (["+cl", "3", "ct.dcm", "a"], "error: --compression-level only allowed with --write-xfer-deflated\n"),
        (["-od", "d", "-ip", "ct.dcm"], "error: --output-directory not allowed with --in-place\n"),
        (["-od", "d", "ct.dcm", "./ct.dcm"], "would both be written as d/ct.dcm\n"),
        (["none.dcm", "a"], "F: No such file or directory: reading file: none.dcm\n"),
        (["text.dcm", "a"], ": reading file: text.dcm\n"),
        (["ct.dcm", "no/such/dir"], ": writing file: no/such/dir\n"),
        (["-ip", "."], "F: no input files to be converted\n"),
    ],
)
def test_errors(files: Path, tool: Callable[..., object], arguments: list[str], sentence: str) -> None:
    result = tool("dcmconv", *arguments)
    assert result.code == 1
    assert result.err.endswith(sentence)
    assert not Path("a").exists()


def test_damage(files: Path, tool: Callable[..., object], build: object) -> None:
    content = build.element(0x00100010, "PN", b"A^B ")
    item = build.item(content, undefined=True)[:-8]  # without its delimiter
    Path("bad.dcm").write_bytes(build.file(build.sequence(0x00081140, item, undefined=True), content))
    result = tool("dcmconv", "bad.dcm", "out.dcm")
    assert result.code == 1
    assert result.err.endswith(": reading file: bad.dcm\n")
    assert tool("dcmconv", "+rd", "bad.dcm", "out.dcm").code == 0
    assert len(dicomkit.read("out.dcm").ReferencedImageSequence) == 1


def test_a_directory_of_results(files: Path, tool: Callable[..., object]) -> None:
    (files / "in" / "b").mkdir(parents=True)
    for name in ("in/1.dcm", "in/2.img", "in/b/3.dcm"):
        shutil.copyfile("ct.dcm", files / name)
    result = tool("dcmconv", "+ti", "--output-directory", "out", "+sd", "+r", "ct.dcm", "text.dcm", "in", "none.dcm")
    assert result.code == 2
    assert [line.rsplit(" ", 1)[1] for line in result.err.splitlines()] == ["text.dcm", "none.dcm"]
    written = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file())
    assert written == ["1.dcm", "2.img", os.path.join("b", "3.dcm"), "ct.dcm"]
    assert {syntax(os.path.join("out", name)) for name in written} == {"ImplicitVRLittleEndian"}
    assert syntax("in/1.dcm") == "ExplicitVRLittleEndian"


def test_in_place(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmconv", "+ti", "--in-place", "ct.dcm", "rle.dcm", "japanese.dcm")
    assert result.code == 1
    assert [syntax(name) for name in ("ct.dcm", "rle.dcm", "japanese.dcm")] == [
        "ImplicitVRLittleEndian",
        "RLELossless",
        "ImplicitVRLittleEndian",
    ]


def test_pipes(files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("ct.dcm").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    result = tool("dcmconv", "+ti", "-", "-")
    assert (result.code, result.err) == (0, "")
    assert dicomkit.read(result.out).transfer_syntax == "1.2.840.10008.1.2"
    Stdin.buffer.seek(0)
    result = tool("dcmconv", "+st", "0010,0011", "-", "-")
    assert "PixelData" in dicomkit.read(result.out)


def test_many_files_at_once(files: Path) -> None:
    names = [f"{number:04}.dcm" for number in range(300)]
    os.mkdir("in")
    for name in names:
        shutil.copyfile("ct.dcm", os.path.join("in", name))
    (files / "in" / "0123.dcm").write_bytes(b"broken")
    command = [sys.executable, "-m", "dicomkit", "dcmconv", "+ti", "-od", "out", "+sd", "in"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert sorted(os.listdir("out")) == [name for name in names if name != "0123.dcm"]
    contents = {(files / "out" / name).read_bytes() for name in os.listdir("out")}
    assert len(contents) == 1
    assert tuple(syntax(os.path.join("out", name)) for name in ("0000.dcm", "0299.dcm")) == ("ImplicitVRLittleEndian",) * 2


def test_help_tells_the_three_forms(tool: Callable[..., object]) -> None:
    lines = tool("dcmconv", "--help").out.decode().splitlines()
    assert lines[3:6] == [
        "usage: dcmconv [options] dcmfile-in dcmfile-out",
        "       dcmconv [options] --output-directory directory dcmfile-in...",
        "       dcmconv [options] --in-place dcmfile-in...",
    ]

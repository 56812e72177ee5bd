"""`dicomkit dump2dcm`: options, exit codes, log. What lines mean is tested in formats."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli.dump2dcm_options import GROUPS
from dicomkit.formats.dump import dump

META = "(0002,0002) UI [1.9]\n(0002,0010) UI ={}\n(0002,0012) UI [1.2.3]\n(0002,0016) AE [ME]\n"
DATA_SET = "(0008,0016) UI =CTImageStorage\n(0008,0018) UI [1.2.3.4]\n(0010,0010) PN [A^B]\n"
SEQUENCE = """(0008,1140) SQ (Sequence with undefined length #=1)
(fffe,e000) na (Item with undefined length #=1)
(0008,1155) UI [1.2]
(fffe,e00d) na (ItemDelimitationItem)
(fffe,e0dd) na (SequenceDelimitationItem)
"""
PIXELS = "(7fe0,0010) OB (PixelSequence #=1)\n(fffe,e000) pi 01\n(fffe,e0dd) na\n"
UNKNOWN = "W: output transfer syntax unknown, assuming --write-xfer-little\n"


@pytest.fixture
def convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Callable[..., object]) -> Callable[..., object]:
    """Convert a dump; the result has the file that was made, or None."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DCMDICTPATH", raising=False)

    def call(text: str, *options: str) -> object:
        Path("a.dump").write_text(text, encoding="latin-1")
        result = tool("dump2dcm", *options, "a.dump", "a.dcm")
        made = Path("a.dcm")
        result.made = dicomkit.read(made) if made.exists() else None
        return result

    return call


def test_a_dump_becomes_a_file(convert: Callable[..., object]) -> None:
    result = convert(META.format("LittleEndianExplicit") + DATA_SET)
    assert (result.code, result.out, result.err) == (0, b"", "")
    assert result.made.problems == ()
    assert (result.made.PatientName, result.made.transfer_syntax.keyword) == ("A^B", "ExplicitVRLittleEndian")
    meta = result.made.file_meta
    assert (meta.MediaStorageSOPClassUID, meta.SourceApplicationEntityTitle) == ("1.9", "ME")
    assert meta.ImplementationVersionName.startswith("DICOMKIT")  # who writes the file, not who wrote the other one
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.4"


def test_a_dump_without_meta_information(convert: Callable[..., object]) -> None:
    result = convert(DATA_SET)
    assert (result.code, result.err) == (0, UNKNOWN)
    assert result.made.file_meta.TransferSyntaxUID.keyword == "ExplicitVRLittleEndian"
    assert result.made.file_meta.MediaStorageSOPClassUID.keyword == "CTImageStorage"


@pytest.mark.parametrize(
    ("said", "option", "syntax", "log"),
    [
        ("LittleEndianImplicit", "+t=", "ImplicitVRLittleEndian", ""),
        ("BigEndianExplicit", "+t=", "ExplicitVRBigEndian", ""),
        ("DeflatedLittleEndianExplicit", "+t=", "DeflatedExplicitVRLittleEndian", ""),
        ("LittleEndianImplicit", "+te", "ExplicitVRLittleEndian", ""),
        ("LittleEndianImplicit", "+tb", "ExplicitVRBigEndian", ""),
        ("BigEndianExplicit", "+ti", "ImplicitVRLittleEndian", ""),
        ("BigEndianExplicit", "+td", "DeflatedExplicitVRLittleEndian", ""),
        ("JPEGBaseline", "+te", "ExplicitVRLittleEndian", ""),  # there are no pixel data
        ("LittleEndianImplicit", "-f", "ExplicitVRLittleEndian", UNKNOWN),
    ],
)
def test_transfer_syntaxes(convert: Callable[..., object], said: str, option: str, syntax: str, log: str) -> None:
    result = convert(META.format(said) + DATA_SET + "(0009,0010) LO [NOBODY]\n(0009,1001) DS [1.5]\n", option)
    assert (result.code, result.err) == (0, log)
    assert result.made.transfer_syntax.keyword == result.made.file_meta.TransferSyntaxUID.keyword == syntax
    assert result.made.PatientName == "A^B"
    vr = result.made[0x00091001].vr
    assert vr == ("UN" if syntax == "ImplicitVRLittleEndian" else "DS")


def test_an_unknown_transfer_syntax(convert: Callable[..., object]) -> None:
    result = convert("(0002,0010) UI [1.2.3]\n" + DATA_SET)
    assert (result.code, result.err) == (0, UNKNOWN)
    assert result.made.transfer_syntax.keyword == "ExplicitVRLittleEndian"


def test_compressed_pixel_data(convert: Callable[..., object]) -> None:
    jpeg = META.format("JPEGBaseline") + DATA_SET + PIXELS
    assert convert(jpeg).made["PixelData"].is_encapsulated
    for text, options in ((jpeg, ["+te"]), (jpeg, ["+ti"]), (PIXELS, []), (jpeg, ["-f"])):
        Path("a.dcm").unlink(missing_ok=True)
        result = convert(text, *options)
        assert (result.code, result.made) == (2, None)
        assert "E: no conversion to transfer syntax" in result.err
    result = convert(jpeg, "-F")
    assert result.err == "W: encapsulated pixel data require file format, ignoring --write-dataset\n"
    assert result.made.file_meta is not None


def test_forms_of_the_file(convert: Callable[..., object]) -> None:
    text = META.format("LittleEndianExplicit") + "(0008,0000) UL 1\n" + DATA_SET + SEQUENCE
    assert convert(text, "-F").made.file_meta is None
    meta = convert(text, "+Fu").made.file_meta
    assert (meta.MediaStorageSOPClassUID.keyword, meta.SourceApplicationEntityTitle) == ("CTImageStorage", "ME")
    made = convert(text).made
    assert made["ReferencedImageSequence"].length == 20
    assert made[0x00080000].value == len(made.to_bytes(meta="none")) - 12 - 12  # (0008,0000) and (0010,0010)
    assert convert(text, "-e").made["ReferencedImageSequence"].length == 0xFFFFFFFF
    assert 0x00080000 not in convert(text, "-g").made
    assert 0x00100000 in convert(text, "+g").made
    convert(text, "+p", "512", "0")
    assert Path("a.dcm").stat().st_size % 512 == 0


def test_values_from_files(convert: Callable[..., object]) -> None:
    Path("pixels").write_bytes(b"\1\2\3\4")
    text = META.format("BigEndianExplicit") + "(7fe0,0010) OW =pixels\n"
    assert convert(text).made["PixelData"].raw == b"\2\1\4\3"
    assert convert(text, "+rb").made["PixelData"].raw == b"\1\2\3\4"


def test_new_uids(convert: Callable[..., object]) -> None:
    made = convert(META.format("LittleEndianExplicit") + DATA_SET, "+Ug").made
    assert made.SOPInstanceUID == "1.2.3.4"
    assert made.StudyInstanceUID != made.SeriesInstanceUID
    assert made.StudyInstanceUID.startswith("2.25.")
    result = convert(META.format("LittleEndianExplicit") + DATA_SET, "+Ug", "+Uo", "-v")
    assert result.made.SOPInstanceUID != "1.2.3.4"
    assert result.made.file_meta.MediaStorageSOPInstanceUID == result.made.SOPInstanceUID
    assert result.err == (
        "I: reading dump file: a.dump\nI: generating new Study Instance UID\nI: generating new Series Instance UID\n"
        "I: generating new SOP Instance UID\nI: writing DICOM file\nI: dump successfully converted\n"
    )


def test_a_damaged_dump_is_not_written(convert: Callable[..., object]) -> None:
    damaged = META.format("LittleEndianExplicit") + DATA_SET + "junk\n(0010,0020) LO [A\n(0028,0010) US x\n(0008,1140) SQ\n"
    result = convert(damaged)
    assert (result.code, result.made) == (1, None)
    assert result.err.splitlines() == [
        "E: dump2dcm: a.dump: no Tag found: no tag at the start of the line (line 8)",
        "E: dump2dcm: a.dump: incorrect value specification: a value without a closing bracket (line 9) in (0010,0020)",
        "E: dump2dcm: a.dump: Error in creating Element: not a number, or the value is cut off (line 10) in (0028,0010)",
        "E: dump2dcm: a.dump: Block Error in dataset: the dump ends inside a sequence (line 12) in (0008,1140)",
        "E: 4 Errors found in a.dump",
    ]
    result = convert(damaged, "+E", "-q")
    assert (result.code, result.err, result.made.PatientName) == (0, "", "A^B")


def test_notices(convert: Callable[..., object]) -> None:
    result = convert(META.format("LittleEndianExplicit") + "(0010,0010) LO [A]\n")
    assert (result.code, result.err) == (0, "W: a.dump: not the VR of the data dictionary (line 5) in (0010,0010)\n")


def test_standard_streams(
    convert: Callable[..., object], tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = META.format("LittleEndianExplicit") + DATA_SET
    made = convert(text).made
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = tool("dump2dcm", "-", "-")
    assert (result.code, result.err) == (0, "")
    assert dicomkit.read(result.out) == made


@pytest.mark.parametrize(
    ("line", "code", "log"),
    [
        ("none.dump a.dcm", 1, "F: input file does not exist: none.dump\n"),
        ("a.dump none/a.dcm", 1, ": writing file: none/a.dcm\n"),
        ("a.dump", 1, "error: Missing parameter dcmfile-out\n"),
        ("a.dump a b", 1, "error: Too many parameters\n"),
        ("+Fu -F a.dump a.dcm", 1, "error: --update-meta-info not allowed with --write-dataset\n"),
        ("+p 0 0 -F a.dump a.dcm", 1, "error: --padding-create not allowed with --write-dataset\n"),
        ("+cl 3 a.dump a.dcm", 1, "error: --compression-level only allowed with --write-xfer-deflated\n"),
        ("+l 79 a.dump a.dcm", 1, "error: Invalid value for option --line (underflow: 79)\n"),
        ("+l 80 a.dump a.dcm", 0, ""),
    ],
)
def test_failures(convert: Callable[..., object], tool: Callable[..., object], line: str, code: int, log: str) -> None:
    convert(META.format("LittleEndianExplicit") + DATA_SET)
    Path("a.dcm").unlink()
    result = tool("dump2dcm", *line.split())
    assert result.code == code
    assert result.err.endswith(log)
    assert log or not result.err


def test_user_dictionary(convert: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my.dic").write_text("(0010,9999)\tUS\tMyRows\t1\tMine\nnonsense\n")
    monkeypatch.setenv("DCMDICTPATH", "my.dic")
    result = convert(META.format("LittleEndianExplicit") + "(0010,9999) 258\n")
    assert result.made[0x00109999].encoded_vr == "US"
    assert result.err.startswith("W: data dictionary: my.dic:2: ")


def test_the_options_are_those_of_dcmtk(tool: Callable[..., object], peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dump2dcm"), "--help"], capture_output=True, text=True, check=True).stdout
    names = [option.long for group in GROUPS for option in group]
    usage = "usage: dump2dcm [options] dumpfile-in dcmfile-out\n"
    assert usage in theirs
    assert usage.encode() in tool("dump2dcm", "--help").out
    lines = [line.split() for line in theirs.splitlines()]
    assert [
        word for words in lines for word in words[:2] if word.startswith("--") and words[-1] != "--write-dataset):"
    ] == names


def test_dump_and_back(convert: Callable[..., object], tool: Callable[..., object], examples_dir: Path) -> None:
    for path in sorted(examples_dir.glob("*.dcm")):
        dataset = dicomkit.read(path)
        file = io.BytesIO()
        dump(dataset, file, print_all=True)
        Path("b.dump").write_bytes(file.getvalue())
        assert tool("dump2dcm", "-q", "b.dump", "b.dcm").code == 0
        assert dicomkit.read("b.dcm") == dataset

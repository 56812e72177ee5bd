"""`dicomkit dcmodify`: files, backups, errors, exit codes. What it makes of files: test_dcmodify_interop.py."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit


@pytest.fixture
def files(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ct.dcm, report.dcm and rle.dcm of the examples, and text.dcm, which is no DICOM file."""
    monkeypatch.chdir(tmp_path)
    for name in ("ct.dcm", "report.dcm", "rle.dcm"):
        shutil.copyfile(examples_dir / name, tmp_path / name)
    (tmp_path / "text.dcm").write_bytes(b"This is no DICOM file, whatever its name says. " * 10)
    return tmp_path


def get(name: str, path: str) -> object:
    return dicomkit.read(name).get(path)


def errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("E: ")]


def test_operations_in_the_order_of_the_line(files: Path, tool: Callable[..., object]) -> None:
    line = ["-m", "PatientID=1", "-e", "PatientID", "-i", "PatientID=2", "-i", "PatientComments==x", "-ep", "-ea", "StudyID"]
    assert tool("dcmodify", *line, "ct.dcm").code == 0
    dataset = dicomkit.read("ct.dcm")
    assert (dataset.PatientID, dataset.PatientComments) == ("2", "=x")
    assert "StudyID" not in dataset
    assert not any(element.is_private for element in dataset)


def test_backup(files: Path, tool: Callable[..., object]) -> None:
    before = Path("ct.dcm").read_bytes()
    assert tool("dcmodify", "-m", "PatientID=1", "ct.dcm").code == 0
    assert Path("ct.dcm.bak").read_bytes() == before
    assert get("ct.dcm", "PatientID") == "1"
    assert tool("dcmodify", "-m", "PatientID=2", "ct.dcm").code == 0
    assert get("ct.dcm.bak", "PatientID") == "1"
    assert tool("dcmodify", "-nb", "--backup", "-m", "PatientID=3", "ct.dcm").code == 0
    assert get("ct.dcm.bak", "PatientID") == "2"
    assert sorted(os.listdir()) == ["ct.dcm", "ct.dcm.bak", "report.dcm", "rle.dcm", "text.dcm"]


def test_no_backup(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-nb", "-m", "PatientID=1", "ct.dcm").code == 0
    assert not Path("ct.dcm.bak").exists()


def test_a_failure_keeps_the_older_backup(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-m", "PatientID=1", "ct.dcm").code == 0
    backup = Path("ct.dcm.bak").read_bytes()
    result = tool("dcmodify", "-m", "PatientName=山田", "ct.dcm")
    assert result.code == 1
    assert Path("ct.dcm.bak").read_bytes() == backup
    assert sorted(os.listdir()) == ["ct.dcm", "ct.dcm.bak", "report.dcm", "rle.dcm", "text.dcm"]


@pytest.mark.skipif(os.name != "posix", reason="no symbolic links")
def test_backup_of_a_link_is_one_of_the_file(files: Path, tool: Callable[..., object]) -> None:
    before = Path("ct.dcm").read_bytes()
    os.symlink("ct.dcm", "link.dcm")
    assert tool("dcmodify", "-m", "PatientID=1", "link.dcm").code == 0
    assert Path("link.dcm.bak").read_bytes() == before
    assert not Path("link.dcm.bak").is_symlink()
    assert Path("link.dcm").is_symlink()
    assert get("ct.dcm", "PatientID") == "1"


def test_backup_where_there_are_no_hard_links(
    files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    before = Path("ct.dcm").read_bytes()
    assert tool("dcmodify", "-m", "PatientID=1", "ct.dcm").code == 0
    assert Path("ct.dcm.bak").read_bytes() == before


def test_an_error_leaves_the_file_alone(files: Path, tool: Callable[..., object]) -> None:
    before = Path("ct.dcm").read_bytes()
    result = tool("dcmodify", "-m", "PatientID=1", "-m", "NoSuchKeyword=1", "-m", "PatientReligiousPreference=x", "ct.dcm")
    assert result.code == 2
    assert errors(result.err)[0].startswith(
        "E: modifying tag in file ct.dcm: 'NoSuchKeyword' is neither a tag nor a keyword"
    )
    assert errors(result.err)[1:] == ["E: modifying tag in file ct.dcm: Tag not found", "E: There were 2 errors"]
    assert Path("ct.dcm").read_bytes() == before
    assert not Path("ct.dcm.bak").exists()


def test_ignoring_errors(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmodify", "-ie", "-m", "PatientID=1", "-m", "NoSuchKeyword=1", "-m", "PatientName=x", "ct.dcm")
    assert result.code == 1
    assert errors(result.err)[-1] == "E: There was 1 error"
    assert (get("ct.dcm", "PatientID"), get("ct.dcm", "PatientName")) == ("1", "x")


@pytest.mark.parametrize(
    "line",
    ["-m PatientReligiousPreference=x", "-ma PatientReligiousPreference=x", "-e PatientReligiousPreference",
     "-ea PatientReligiousPreference", "-m ContentSequence[0].ValueType=x", "-e ReferencedImageSequence[9]",
     "-mf PatientReligiousPreference=ct.dcm"],
)  # fmt: skip
def test_ignoring_missing_tags(files: Path, tool: Callable[..., object], line: str) -> None:
    assert tool("dcmodify", *line.split(), "ct.dcm").code == 1
    result = tool("dcmodify", "-imt", *line.split(), "-i", "PatientID=1", "ct.dcm")
    assert (result.code, result.err) == (0, "")
    assert get("ct.dcm", "PatientID") == "1"


def test_a_bad_file_does_not_stop_the_others(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmodify", "-m", "PatientID=1", "none.dcm", "ct.dcm", "text.dcm", "report.dcm")
    assert result.code == 2
    assert errors(result.err)[0] == "E: unable to load file none.dcm: No such file or directory"
    assert errors(result.err)[1].startswith("E: unable to load file text.dcm: ")
    assert (get("ct.dcm", "PatientID"), get("report.dcm", "PatientID")) == ("1", "1")
    assert sorted(os.listdir()) == ["ct.dcm", "ct.dcm.bak", "report.dcm", "report.dcm.bak", "rle.dcm", "text.dcm"]


def test_damaged_files_are_refused(files: Path, tool: Callable[..., object]) -> None:
    whole = Path("ct.dcm").read_bytes()
    Path("cut.dcm").write_bytes(whole[:-100])
    result = tool("dcmodify", "-m", "PatientID=1", "cut.dcm")
    assert result.code == 1
    assert errors(result.err)[0].startswith("E: unable to load file cut.dcm: ")
    assert Path("cut.dcm").read_bytes() == whole[:-100]


def test_exit_code_stays_in_a_byte(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-q", "-m", "PatientID=1", *["none.dcm"] * 256).code == 255


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written(files: Path, tool: Callable[..., object]) -> None:
    folder = files / "locked"
    folder.mkdir()
    shutil.copy("ct.dcm", folder)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert tool("dcmodify", "-nb", "-m", "PatientID=1", str(folder / "ct.dcm")).code == 1
    finally:
        folder.chmod(0o700)


def test_directories(files: Path, tool: Callable[..., object]) -> None:
    folder = files / "a" / "b"
    folder.mkdir(parents=True)
    for name in ("a/1.dcm", "a/2.img", "a/b/3.dcm"):
        shutil.copyfile("ct.dcm", files / name)
    assert tool("dcmodify", "-nb", "-m", "PatientID=1", "a").code == 1
    assert tool("dcmodify", "-nb", "-m", "PatientID=1", "+sd", "+sp", "*.dcm", "a").code == 0
    assert [get(name, "PatientID") for name in ("a/1.dcm", "a/2.img", "a/b/3.dcm")] == ["1", "EX-0001", "EX-0001"]
    assert tool("dcmodify", "-nb", "-m", "PatientID=2", "+sd", "+r", "a").code == 0
    assert [get(name, "PatientID") for name in ("a/1.dcm", "a/2.img", "a/b/3.dcm")] == ["2", "2", "2"]


def test_conditions(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmodify", "-v", "-iff", "Modality=CT", "--if", "Rows>=64", "-m", "PatientID=1", "ct.dcm", "report.dcm")
    assert result.code == 0
    assert "I: a condition does not hold, file is not modified: report.dcm\n" in result.err
    assert (get("ct.dcm", "PatientID"), get("report.dcm", "PatientID")) == ("1", "EX-0001")
    assert not Path("report.dcm.bak").exists()
    assert tool("dcmodify", "-iff", "!Rows", "-m", "PatientID=2", "ct.dcm").code == 0
    assert get("ct.dcm", "PatientID") == "1"
    result = tool("dcmodify", "-iff", "NoSuchKeyword=1", "-m", "PatientID=2", "ct.dcm")
    assert result.code == 1
    assert "error: Invalid value for option --if" in result.err
    result = tool("dcmodify", "-iff", "Rows=many", "-m", "PatientID=2", "ct.dcm", "report.dcm")
    assert result.code == 1
    assert "compared with numbers only" in result.err


def test_new_uids(files: Path, tool: Callable[..., object]) -> None:
    shutil.copyfile("ct.dcm", "other.dcm")
    before = dicomkit.read("ct.dcm")
    assert tool("dcmodify", "-gst", "-gse", "-gin", "ct.dcm", "other.dcm").code == 0
    one, other = dicomkit.read("ct.dcm"), dicomkit.read("other.dcm")
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        uids = {getattr(dataset, keyword) for dataset in (before, one, other)}
        assert len(uids) == 3  # each file gets its own
        assert all(uid.is_valid for uid in uids)
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
    assert tool("dcmodify", "-gst", "-nmu", "-gin", "ct.dcm").code == 0  # -nmu is not for generated UIDs
    one = dicomkit.read("ct.dcm")
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID


@pytest.mark.parametrize(("options", "follows"), [((), True), (("-nmu",), False)])
def test_meta_uids(files: Path, tool: Callable[..., object], options: tuple[str, ...], follows: bool) -> None:
    before = dicomkit.read("ct.dcm").file_meta
    assert tool("dcmodify", *options, "-m", "SOPInstanceUID=1.2.3", "-ma", "SOPClassUID==MRImageStorage", "ct.dcm").code == 0
    dataset = dicomkit.read("ct.dcm")
    assert dataset.SOPInstanceUID == "1.2.3"
    pair = (dataset.file_meta.MediaStorageSOPInstanceUID, dataset.file_meta.MediaStorageSOPClassUID)
    if follows:
        assert pair == (dataset.SOPInstanceUID, dataset.SOPClassUID)
    else:
        assert pair == (before.MediaStorageSOPInstanceUID, before.MediaStorageSOPClassUID)


def test_creating_files(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-i", "PatientID=1", "new.dcm").code == 1
    assert tool("dcmodify", "+fc", "-i", "PatientID=1", "-i", "SOPInstanceUID=1.2", "new.dcm").code == 0
    dataset = dicomkit.read("new.dcm")
    assert dataset.transfer_syntax.keyword == "ExplicitVRLittleEndian"
    assert dataset.file_meta.MediaStorageSOPInstanceUID == "1.2"
    assert dataset.PatientID == "1"
    assert tool("dcmodify", "+fc", "-m", "PatientID=2", "new.dcm").code == 0
    assert get("new.dcm", "PatientID") == "2"
    result = tool("dcmodify", "+fc", "-F", "-i", "PatientID=1", "other.dcm")
    assert result.err.endswith("error: --create-file not allowed with --write-dataset\n")


def test_values_from_files(files: Path, tool: Callable[..., object]) -> None:
    Path("even").write_bytes(b"abcd")
    Path("odd").write_bytes(b"abc")
    line = ["-mf", "PatientName=even", "-if", "PatientComments=even", "-if", "Rows=even"]
    assert tool("dcmodify", *line, "ct.dcm").code == 0
    dataset = dicomkit.read("ct.dcm")
    assert [dataset[key].raw for key in ("PatientName", "PatientComments", "Rows")] == [b"abcd"] * 3
    for value, sentence in (("odd", "3"), ("none", "No such file or directory"), ("", "no name")):
        result = tool("dcmodify", "-if", f"PatientComments={value}", "ct.dcm")
        assert result.code == 1
        assert sentence in result.err


def test_private_reservations(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-i", "(0031,1099)=12", "ct.dcm").code == 1
    assert tool("dcmodify", "-nrc", "-i", "(0031,1099)=12", "ct.dcm").code == 0
    assert dicomkit.read("ct.dcm")[0x00311099].raw == b"\x12\0"
    assert tool("dcmodify", "-iun", "-m", "(0031,1099)=13", "ct.dcm").code == 0
    assert dicomkit.read("ct.dcm")[0x00311099].raw == b"\x12\0"


def test_output_options(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "+ti", "-le", "+g", "-m", "PatientID=1", "report.dcm").code == 0
    dataset = dicomkit.read("report.dcm")
    assert dataset.transfer_syntax.keyword == "ImplicitVRLittleEndian"
    assert dataset["ContentSequence"].length == 0xFFFFFFFF
    assert 0x00080000 in dataset
    assert tool("dcmodify", "+te", "+le", "-g", "-F", "-m", "PatientID=1", "report.dcm").code == 0
    dataset = dicomkit.read("report.dcm")
    assert dataset.file_meta is None
    assert dataset["ContentSequence"].length != 0xFFFFFFFF
    assert 0x00080000 not in dataset
    result = tool("dcmodify", "+ti", "-m", "PatientID=1", "rle.dcm")
    assert result.code == 1
    assert errors(result.err)[0].startswith("E: couldn't save file rle.dcm: ")
    assert get("rle.dcm", "PatientID") == "EX-0001"


def test_lengths_stay_as_they_are_unless_asked_for(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmodify", "-le", "-m", "PatientID=1", "report.dcm").code == 0
    assert tool("dcmodify", "-m", "PatientID=2", "-m", "ContentSequence[0].ValueType=CODE", "report.dcm").code == 0
    assert dicomkit.read("report.dcm")["ContentSequence"].length == 0xFFFFFFFF


def test_text_goes_into_the_character_set_of_the_file(files: Path, tool: Callable[..., object]) -> None:
    assert dicomkit.read("ct.dcm").SpecificCharacterSet == ("ISO_IR 100",)
    assert tool("dcmodify", "-m", "PatientName=Jörg", "ct.dcm").code == 0
    assert dicomkit.read("ct.dcm")["PatientName"].raw == "Jörg".encode("latin-1")
    result = tool("dcmodify", "-m", "PatientName=山田", "ct.dcm")
    assert result.code == 1
    assert errors(result.err)[0].startswith("E: couldn't save file ct.dcm: ")
    raw = b"\xe4\xff".decode("utf-8", "surrogateescape")
    assert tool("dcmodify", "-m", f"PatientName={raw}", "ct.dcm").code == 0
    assert dicomkit.read("ct.dcm")["PatientName"].raw == b"\xe4\xff"


def test_a_dictionary_of_the_user(files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my.dic").write_text('(0031,"ACME",10)\tDS\tWeightOfTheMoon\t1\tACME\n(0030,1234)\tSH\tHairColor\t1\tACME\nbad\n')
    monkeypatch.setenv("DCMDICTPATH", "my.dic")
    line = ["-i", "(0031,0010)=ACME", "-i", "(0031,1010)=1.50", "-i", "HairColor=red", "-iff", "!HairColor"]
    result = tool("dcmodify", *line, "ct.dcm")
    assert result.code == 0
    assert result.err.startswith("W: data dictionary: my.dic:3: ")
    dataset = dicomkit.read("ct.dcm")
    assert [(dataset[tag].vr, dataset[tag].raw) for tag in (0x00311010, 0x00301234)] == [("DS", b"1.50"), ("SH", b"red ")]
    result = tool("dcmconv", "+st", "HairColor", "ct.dcm", "out.dcm")
    assert result.code == 0
    assert max(dicomkit.read("out.dcm").keys()) == 0x00301234


def test_pipes(files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("ct.dcm").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    result = tool("dcmodify", "-m", "PatientID=1", "-")
    assert (result.code, result.err) == (0, "")
    assert dicomkit.read(result.out).PatientID == "1"
    Stdin.buffer.seek(0)
    result = tool("dcmodify", "-iff", "Modality=MR", "-m", "PatientID=1", "-")
    assert result.out == Path("ct.dcm").read_bytes()


def test_the_log(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmodify", "-v", "-m", "PatientID=1", "-ep", "ct.dcm")
    assert result.err.splitlines() == [
        "I: Processing file: ct.dcm",
        "I: Executing (option|path|value): modify|PatientID|1",
        "I: Executing (option|path|value): erase-private||",
        "I: Saving current dataset to file: ct.dcm",
        "I: Creating backup of input file: ct.dcm.bak",
    ]


def test_many_files_at_once(files: Path) -> None:
    names = [f"{number:04}.dcm" for number in range(300)]
    for name in names:
        shutil.copyfile("ct.dcm", name)
    Path("0123.dcm").write_bytes(b"broken")
    command = [sys.executable, "-m", "dicomkit", "dcmodify", "-nb", "-m", "PatientID=new", *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert [line[:33] for line in result.stderr.splitlines()] == [
        "E: unable to load file 0123.dcm: ",
        "E: There was 1 error",
    ]
    assert [name for name in names if name != "0123.dcm" and get(name, "PatientID") != "new"] == []
    assert len(os.listdir()) == 304

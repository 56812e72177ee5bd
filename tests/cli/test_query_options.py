"""Queries from files and keys."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli.options import Group, UsageError, parse
from dicomkit.cli.query_options import KEY, dump_lines, model, queries
from dicomkit.dataset.dataset import Dataset

GROUPS = (Group("", KEY, model("query", "W")),)


def made(*words: str) -> list[Dataset]:
    return queries(parse(GROUPS, ["peer", "104", *words]))


@pytest.mark.parametrize(
    ("key", "tag", "value"),
    [
        ("0010,0010=DOE*", "PatientName", "DOE*"),
        ("(0010,0010)=DOE*", "PatientName", "DOE*"),
        ("PatientName=DOE*", "PatientName", "DOE*"),
        ("PatientName", "PatientName", None),
        ("PatientName=", "PatientName", None),
        ("ModalitiesInStudy=CT\\MR", "ModalitiesInStudy", ("CT", "MR")),
        ("StudyDate=20240101-20241231", "StudyDate", "20240101-20241231"),
        ("StudyDescription=a=b", "StudyDescription", "a=b"),
    ],
)
def test_keys(key: str, tag: str, value: object) -> None:
    [dataset] = made("-k", key)
    found = dataset[tag].value
    assert (found or None) == value


def test_paths() -> None:
    [dataset] = made(
        "-k",
        "(0040,0100)[0].Modality=CT",
        "-k",
        "ScheduledProcedureStepSequence[0].0040,0001=AE",
        "-k",
        "OtherPatientIDsSequence[0]",
    )
    item = dataset.ScheduledProcedureStepSequence[0]
    assert (item.Modality, item.ScheduledStationAETitle) == ("CT", ("AE",))
    assert len(dataset.OtherPatientIDsSequence) == 1


def test_files(tmp_path: Path) -> None:
    """Keys are put into each; group 0002 is not a part of the query."""
    for name, patient in (("a", "A"), ("b", "B")):
        Dataset(PatientID=patient, QueryRetrieveLevel="PATIENT").save(tmp_path / name, meta="none" if name == "a" else "new")
    first, second = made(str(tmp_path / "a"), str(tmp_path / "b"), "-k", "PatientName=X")
    assert (first.PatientID, second.PatientID, first.PatientName, second.PatientName) == ("A", "B", "X", "X")
    assert b"DICM" not in second.to_bytes(meta="none")


def test_other_characters_than_ascii() -> None:
    [dataset] = made("-k", "PatientName=Müller*", "-k", "PatientID")
    assert dataset.SpecificCharacterSet == ("ISO_IR 192",)
    assert "Müller*".encode() in dataset.to_bytes(meta="none")
    [dataset] = made("-k", "SpecificCharacterSet=ISO_IR 100", "-k", "PatientName=Müller*")
    assert "Müller*".encode("latin-1") in dataset.to_bytes(meta="none")
    [dataset] = made("-k", "PatientName=Muller*")
    assert "SpecificCharacterSet" not in dataset


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "either query file or override keys"),
        (["-k", "Nonsense=1"], "bad key format or dictionary name not found in dictionary: Nonsense=1"),
        (["-k", "=1"], "bad key format"),
        (["-k", "PatientName[0].PatientID=1"], "bad key format"),
        (["-k", "SpecificCharacterSet=ISO_IR 100", "-k", "PatientName=山"], "bad query"),
        (["nowhere.dcm"], "cannot access file: nowhere.dcm: No such file"),
    ],
)
def test_usage_errors(words: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        made(*words)


def test_a_file_that_is_not_dicom(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0\0not DICOM" * 100)
    with pytest.raises(UsageError, match=r"cannot access file: .*x: "):
        made(str(tmp_path / "x"))


def test_models() -> None:
    assert [option.short for option in GROUPS[0] if option.field == "model"] == ["-W", "-P", "-S", "-O"]
    assert [option.short for option in Group("", model("retrieve", "P"))] == ["-P", "-S", "-O"]


def test_dump_lines(examples_dir: Path) -> None:
    """Text is readable, and what is said of the character set is true."""
    japanese = dump_lines(dicomkit.read(examples_dir / "japanese.dcm"))
    assert any("山田^太郎" in line for line in japanese)
    [line] = [line for line in japanese if line.startswith("(0008,0005)")]
    assert "ISO 2022 IR 87" in line
    plain = dump_lines(Dataset(PatientName="Doe"))
    assert not any(line.startswith("(0008,0005)") for line in plain)
    assert plain[-1] == ""


def test_control_characters_do_not_reach_the_terminal() -> None:
    encoded = Dataset(SpecificCharacterSet="ISO_IR 192", PatientComments="a~[2Jb", StudyDescription="a~c").to_bytes(
        meta="none"
    )
    dataset = dicomkit.read(encoded.replace(b"a~[", b"a\x1b[").replace(b"a~c", b"\xc2\x9bc"))
    text = "\n".join(dump_lines(dataset))
    assert "\x1b" not in text
    assert "\x9b" not in text

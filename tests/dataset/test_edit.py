"""Editing by path. What dcmodify 3.6.7 does with the same is tested in cli/test_dcmodify_interop.py."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import Dataset, edit
from dicomkit.dataset.literal import Literal


@pytest.fixture
def report(examples_dir: Path) -> Dataset:
    return dicomkit.read(examples_dir / "report.dcm")


@pytest.fixture
def ct(examples_dir: Path) -> Dataset:
    return dicomkit.read(examples_dir / "ct.dcm")


def saved(dataset: Dataset) -> Dataset:
    return dicomkit.read(dataset.to_bytes())


def types(dataset: Dataset) -> list[str]:
    return [element.value for element in dataset.walk() if element.keyword == "ValueType"]


def test_modify(report: Dataset) -> None:
    before = types(report)
    assert edit.modify(report, "ContentSequence[1].ValueType", "X") == 1
    assert edit.modify(report, "ContentSequence[*].ValueType", "Y") == 4
    assert edit.modify(report, "ContentSequence[2].ContentSequence[*].ValueType", "Z") == 3
    after = types(saved(report))
    assert len(after) == len(before)
    assert (after.count("Y"), after.count("Z")) == (4, 3)


def test_modify_what_is_not_there(report: Dataset) -> None:
    for path in ("PatientComments", "ContentSequence[99].ValueType", "ContentSequence[*].PatientID", "ContentSequence[99]"):
        assert edit.modify(report, path, "X") == 0
    assert not report.is_changed()


def test_insert_creates(ct: Dataset) -> None:
    assert edit.insert(ct, "SourceImageSequence[2].ReferencedSOPInstanceUID", "1.2") == 1
    assert [len(item) for item in saved(ct).SourceImageSequence] == [0, 0, 1]
    assert edit.insert(ct, "SourceImageSequence[*].ReferencedSOPClassUID", "1.3") == 3
    assert edit.insert(ct, "SourceImageSequence[4]") == 1
    assert edit.insert(ct, "ReferencedStudySequence") == 1
    result = saved(ct)
    assert [len(item) for item in result.SourceImageSequence] == [1, 1, 2, 0, 0]
    assert len(result.ReferencedStudySequence) == 0


def test_insert_takes_items(ct: Dataset) -> None:
    edit.insert(ct, "SourceImageSequence", [Dataset(ReferencedSOPClassUID="1.3")])
    assert saved(ct).SourceImageSequence[0].ReferencedSOPClassUID == "1.3"


def test_modify_all_and_erase_all(report: Dataset) -> None:
    count = len(types(report))
    assert count > 5
    assert edit.modify_all(report, "ValueType", Literal("X")) == count
    assert set(types(saved(report))) == {"X"}
    assert edit.erase_all(report, "ContentSequence[2].ValueType") == 8
    assert len(types(saved(report))) == count - 8
    assert edit.erase_all(report, "ValueType") == count - 8
    assert types(saved(report)) == []
    assert edit.erase_all(report, "ValueType") == 0
    assert edit.modify_all(report, "ValueType", "X") == 0


def test_erase(report: Dataset) -> None:
    assert edit.erase(report, "ContentSequence[0]") == 1
    assert len(saved(report).ContentSequence) == 3
    assert edit.erase(report, "ContentSequence[*].ValueType") == 3
    assert edit.erase(report, "ContentSequence[9]") == 0
    assert edit.erase(report, "ContentSequence[*]") == 3
    assert len(saved(report).ContentSequence) == 0
    assert edit.erase(report, "ContentSequence") == 1
    assert "ContentSequence" not in saved(report)
    assert edit.erase(report, "ContentSequence") == 0


def test_erase_private(ct: Dataset) -> None:
    edit.insert(ct, "SourceImageSequence[0].(0009,0010)", "ACME")
    edit.insert(ct, "SourceImageSequence[0].PatientID", "1")
    public = [element.tag for element in ct.walk() if not element.is_private]
    assert edit.erase_private(ct) > 1
    result = saved(ct)
    assert not any(element.is_private for element in result.walk())
    assert result.SourceImageSequence[0].PatientID == "1"
    assert len([*result.walk()]) <= len(public)
    assert edit.erase_private(ct) == 0


def test_erase_invalid_groups(ct: Dataset) -> None:
    ct[0x00010010] = b"ab"
    ct["SourceImageSequence"] = [Dataset()]
    ct.SourceImageSequence[0][0xFFFF0010] = b"ab"
    count = len([*ct.walk()])
    assert edit.erase_invalid_groups(ct) == 2
    assert len([*ct.walk()]) == count - 2
    assert edit.erase_invalid_groups(ct) == 0


def test_other_elements_keep_their_bytes(ct: Dataset) -> None:
    before = {element.path: element.raw for element in ct.walk()}
    edit.modify(ct, "PatientID", "other")
    after = {element.path: element.raw for element in saved(ct).walk()}
    assert after.pop("(0010,0020)") == b"other "
    del before["(0010,0020)"]
    assert after == before


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("(0001,0010)", "illegal"),
        ("(FFFF,0010)", "illegal"),
        ("(0002,0010)", "0000 and 0002"),
        ("PatientName[0].PatientID", "no sequence"),
        ("ReferencedStudySequence[*].PatientID", "how many"),
        ("(0031,1010)", "no private creator"),
        ("ContentSequence", "no value"),
        ("ContentSequence[0]", "no value"),
        ("Rows", "not an integer"),
    ],
)
def test_insert_refuses(report: Dataset, path: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        edit.insert(report, path, Literal("x"))


@pytest.mark.parametrize("path", ["ContentSequence", "ContentSequence[0]", "PatientName[0].PatientID"])
def test_modify_refuses(report: Dataset, path: str) -> None:
    with pytest.raises(ValueError, match="sequence"):
        edit.modify(report, path, Literal("x"))


def test_erase_refuses(report: Dataset) -> None:
    with pytest.raises(ValueError, match="no sequence"):
        edit.erase(report, "PatientName[0].PatientID")
    with pytest.raises(ValueError, match="0000 and 0002"):
        edit.erase_all(report, "(0002,0010)")
    with pytest.raises(ValueError, match="ends in an item"):
        edit.erase_all(report, "ContentSequence[0]")


def test_fragments_are_not_replaced(examples_dir: Path) -> None:
    dataset = dicomkit.read(examples_dir / "rle.dcm")
    with pytest.raises(ValueError, match="encapsulated"):
        edit.modify(dataset, "PixelData", Literal("1\\2"))
    assert edit.erase(dataset, "PixelData") == 1


def test_private_elements() -> None:
    dataset = Dataset()
    edit.insert(dataset, "(0009,0010)", Literal("SIEMENS MED"))
    edit.insert(dataset, "(0009,1010)", Literal("12"))
    edit.insert(dataset, "(0009,1099)", Literal("12"))
    edit.insert(dataset, "(0031,1010)", Literal("12"), check_creators=False)
    assert [(element.vr, element.value) for element in dataset] == [
        ("LO", "SIEMENS MED"),
        ("LO", "12"),
        ("UN", b"\x12"),
        ("UN", b"\x12"),
    ]


def test_un_is_left_alone_on_request() -> None:
    dataset = Dataset()
    edit.insert(dataset, "(0098,1234)", Literal("12"), skip_un=True)
    assert (dataset[0x00981234].vr, dataset[0x00981234].value) == ("UN", None)
    dataset[0x00981234] = b"ab"
    edit.insert(dataset, "(0098,1234)", Literal("12"), skip_un=True)
    assert edit.modify(dataset, "(0098,1234)", Literal("12"), skip_un=True) == 1
    assert dataset[0x00981234].value == b"ab"


def test_values_as_bytes(ct: Dataset) -> None:
    edit.modify(ct, "Rows", edit.EncodedValue(b"\5\0"))
    edit.insert(ct, "PatientComments", edit.EncodedValue("Ä".encode("latin-1")))
    result = saved(ct)
    assert (result.Rows, result.PatientComments) == (5, "Ä")


def test_specific_character_set_says_what_text_is_in(ct: Dataset) -> None:
    raw = ct["PatientName"].raw
    edit.modify(ct, "SpecificCharacterSet", Literal("ISO_IR 101"))
    result = saved(ct)
    assert result.SpecificCharacterSet == ("ISO_IR 101",)
    assert result["PatientName"].raw == raw
    edit.erase(ct, "SpecificCharacterSet")
    result = saved(ct)
    assert "SpecificCharacterSet" not in result
    assert result["PatientName"].raw == raw


def test_deep_nesting() -> None:
    dataset = Dataset(PatientID="0")
    for depth in range(1, 128):
        dataset = Dataset(PatientID=str(depth), ReferencedImageSequence=[dataset])
    dataset = saved(dataset)
    assert edit.modify_all(dataset, "PatientID", "x") == 128
    assert edit.erase_all(saved(dataset), "PatientID") == 128
    path = "ReferencedImageSequence[0]." * 127 + "PatientID"
    assert edit.modify(dataset, path, "y") == 1
    assert saved(dataset).get(path) == "y"

"""Tags, tag files and item locations, as dcmsign's manual page has them; what DCMTK 3.6.7 says of those that are none."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli.dcmsign_tags import TagFileError, find_item, read_tag_file, tag_of_option
from dicomkit.cli.log import Log
from dicomkit.standard.user_dictionary import Dictionary


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("0010,0010", 0x00100010),
        ("10,10", 0x00100010),
        ("fffe,E000", 0xFFFEE000),
        ("PatientName", 0x00100010),
        ("RETIRED_StudyComments", 0x00324000),
        ("(0010,0010)", None),
        ("00100010", None),
        ("PatientNmae", None),
        ("Patient Name", None),
        ("", None),
        (",", None),
        ("10,", None),
        ("10,10,10", None),
        ("+10,-1", None),
        ("1_0,10", None),
        ("12345,10", None),
    ],
)
def test_tag_of_option(text: str, tag: int | None) -> None:
    assert tag_of_option(text, None) == tag


def test_keyword_of_a_user_dictionary(tmp_path: Path) -> None:
    (tmp_path / "user.dic").write_text("(0021,1002)\tLO\tOurThing\t1\tx\n")
    assert tag_of_option("OurThing", Dictionary.load(tmp_path / "user.dic")) == 0x00211002


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", []),
        (" \t\r\n\f", []),
        ("PatientName", [0x00100010]),
        ("  PatientName\n(0010,0020)\t(7fe0,10)  Rows \n", [0x00100010, 0x00100020, 0x7FE00010, 0x00280010]),
        ("(0008,0005)(0008,0008)Rows", [0x00080005, 0x00080008, 0x00280010]),
        ("Rows\0 nothing is read behind a null", [0x00280010]),
    ],
)
def test_tag_file(text: str, tags: list[int], tmp_path: Path) -> None:
    (tmp_path / "tags").write_bytes(text.encode())
    assert read_tag_file(str(tmp_path / "tags"), None, Log()) == tags


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("Nobody", "E: attribute name 'Nobody' unknown.\n"),
        ("PatientName,PatientID", "E: attribute name '' unknown.\n"),
        ("0010,0010", "E: attribute name '0010' unknown.\n"),
        ("PatientName.Rows", ""),
        ("PatientName[0]", ""),
        ("(0010,0010", ""),
        ("(10)", ""),
        ("Größe", "E: attribute name 'Gr' unknown.\n"),
    ],
)
def test_tag_file_that_is_none(text: str, logged: str, tmp_path: Path) -> None:
    err = io.StringIO()
    path = str(tmp_path / "tags")
    Path(path).write_bytes(text.encode())
    with pytest.raises(TagFileError) as caught:
        read_tag_file(path, None, Log(err))
    assert str(caught.value) == f"parse error in text file '{path}'"
    assert err.getvalue() == logged


@pytest.fixture
def dataset() -> dicomkit.Dataset:
    """Items that have their path as a comment."""
    item = dicomkit.Dataset
    return item(
        PatientName="Doe^Jane",
        ContentSequence=[
            item(TextValue="0", ContentSequence=[item(TextValue="0.0"), item(TextValue="0.1")]),
            item(TextValue="1"),
        ],
        ReferencedStudySequence=[],
    )


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("ContentSequence[0]", "0"),
        ("ContentSequence[1]", "1"),
        ("(0040,a730)[1]", "1"),
        ("(40,A730)[0].ContentSequence[1]", "0.1"),
        ("  ContentSequence [0] . (0040,A730) [0] ", "0.0"),
        ("ContentSequence[00].ContentSequence[01]", "0.1"),
    ],
)
def test_item(dataset: dicomkit.Dataset, location: str, text: str) -> None:
    item = find_item(dataset, location, None, Log())
    assert item is not None
    assert item.TextValue == text


@pytest.mark.parametrize(
    ("location", "lines"),
    [
        ("", ["item location string '@' incomplete."]),
        ("ContentSequence", ["item location string '@' incomplete."]),
        ("ContentSequence[0].", ["item location string '@' incomplete."]),
        ("Nothing[0]", ["attribute name 'Nothing' unknown.", "parse error in item location string '@'"]),
        ("[0]", ["parse error in item location string '@'"]),
        (".ContentSequence[0]", ["parse error in item location string '@'"]),
        ("ContentSequence[0]ContentSequence[0]", ["parse error in item location string '@'"]),
        ("ContentSequence[0][0]", ["parse error in item location string '@'"]),
        ("ContentSequence.ContentSequence[0]", ["parse error in item location string '@'"]),
        ("ContentSequence[-1]", ["parse error in item location string '@'"]),
        ("ContentSequence[x]", ["parse error in item location string '@'"]),
        ("ContentSequence[]", ["parse error in item location string '@'"]),
        ("ContentSequence[0", ["parse error in item location string '@'"]),
        ("ContentSequence[99999999999999999999]", ["parse error in item location string '@'"]),
        ("(0040,a73", ["parse error in item location string '@'"]),
        (
            "ContentSequence[2]",
            ["sequence (0040,a730) only has 2 items, cannot locate item 2 (item location string is '@')"],
        ),
        (
            "ReferencedStudySequence[0]",
            ["sequence (0008,1110) only has 0 items, cannot locate item 0 (item location string is '@')"],
        ),
        (
            "ContentSequence[1].ContentSequence[0]",
            ["attribute (0040,a730) not found in dataset (item location string is '@')"],
        ),
        ("PatientName[0]", ["attribute (0010,0010) is not a sequence (item location string is '@')"]),
    ],
)
def test_no_item(dataset: dicomkit.Dataset, location: str, lines: list[str]) -> None:
    err = io.StringIO()
    assert find_item(dataset, location, None, Log(err)) is None
    assert err.getvalue() == "".join([f"E: {line}\n" for line in lines]).replace("@", location)

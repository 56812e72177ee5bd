"""Tag paths: elements inside sequences by name."""

from __future__ import annotations

from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE

import dicomkit
from dicomkit import Dataset, Dictionary

NESTED = EXPLICIT_LITTLE.encode(
    [
        (0x00100020, "LO", "P"),
        (
            0x0040A730,  # ContentSequence
            "SQ",
            [
                [(0x0040A160, "UT", "a"), (0x0040A730, "SQ", [[(0x0040A160, "UT", "a0")], [(0x0040A160, "UT", "a1")]])],
                [(0x00080100, "SH", "no text")],
                [(0x0040A160, "UT", "c"), (0x0040A730, "SQ", [[(0x0040A160, "UT", "c0")]])],
            ],
        ),
    ]
)


@pytest.fixture
def ds() -> Dataset:
    return dicomkit.read(NESTED)


# A path, the values of the elements it names
SELECTIONS = [
    ("PatientID", ["P"]),
    ("(0010,0020)", ["P"]),
    ("00100020", ["P"]),
    ("ContentSequence[0].TextValue", ["a"]),
    ("(0040,a730)[0].(0040,A160)", ["a"]),
    ("0040A730[ 0 ].0040A160", ["a"]),
    (" ContentSequence[2].ContentSequence[0].TextValue", ["c0"]),
    ("ContentSequence[*].TextValue", ["a", "c"]),
    ("ContentSequence[*].ContentSequence[*].TextValue", ["a0", "a1", "c0"]),
    ("ContentSequence[0].ContentSequence[*].TextValue", ["a0", "a1"]),
    ("ContentSequence[*].ContentSequence[1].TextValue", ["a1"]),
    # what is not there
    ("PatientName", []),
    ("ContentSequence[1].TextValue", []),
    ("ContentSequence[3].TextValue", []),
    ("ContentSequence[99999999999999999999].TextValue", []),
    ("BeamSequence[0].BeamName", []),
    ("PatientID[0].BeamName", []),  # no sequence
]


@pytest.mark.parametrize(("path", "values"), SELECTIONS)
def test_select(ds: Dataset, path: str, values: list[str]) -> None:
    assert [element.value for element in ds.select(path)] == values


@pytest.mark.parametrize(("path", "values"), [case for case in SELECTIONS if "*" not in case[0] and "[" in case[0]])
def test_one_by_its_path(ds: Dataset, path: str, values: list[str]) -> None:
    assert (path in ds) is bool(values)
    assert ds.get(path, "default") == (values[0] if values else "default")
    if values:
        assert ds[path].value == values[0]
    else:
        with pytest.raises(KeyError):
            ds[path]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("ContentSequence.TextValue", "item number"),
        ("ContentSequence[0]", "item number"),
        ("ContentSequence[0].", "neither a tag nor a keyword"),
        (".TextValue", "neither a tag nor a keyword"),
        ("ContentSequence[].TextValue", r"tag\[number\]"),
        ("ContentSequence[-1].TextValue", r"tag\[number\]"),
        ("ContentSequence[1", r"tag\[number\]"),
        ("ContentSequence[1]x.TextValue", r"tag\[number\]"),
        ("ContentSequence[0][0].TextValue", r"tag\[number\]"),
        ("ContentSequence[\u0663].TextValue", r"tag\[number\]"),  # a digit, but not ours
        ("ContentSequence[0].TextVaule", "TextValue"),  # what was meant
        ("1.2.840.10008", "neither a tag nor a keyword"),
    ],
)
def test_wrong_paths_say_what_is_wrong(ds: Dataset, path: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(ds.select(path))
    with pytest.raises(ValueError, match=message):
        ds[path]
    assert path not in ds


def test_several_elements_are_no_key(ds: Dataset) -> None:
    path = "ContentSequence[*].TextValue"
    for access in (
        lambda: ds[path],
        lambda: ds.get(path),
        lambda: ds.__setitem__(path, "x"),
        lambda: ds.__delitem__(path),
    ):
        with pytest.raises(ValueError, match=r"select\(\)"):
            access()


def test_assigning_and_deleting(ds: Dataset) -> None:
    ds["ContentSequence[0].ContentSequence[1].TextValue"] = "new"
    ds["ContentSequence[1].TextValue"] = "added"
    del ds["ContentSequence[2].TextValue"]
    assert [e.value for e in ds.select("ContentSequence[*].TextValue")] == ["a", "added"]
    assert ds.ContentSequence[0].ContentSequence[1].TextValue == "new"
    assert ds.is_changed()
    for path in ("ContentSequence[2].TextValue", "ContentSequence[3].TextValue", "BeamSequence[0].BeamName"):
        with pytest.raises(KeyError):
            del ds[path]
    with pytest.raises(KeyError):
        ds["ContentSequence[3].TextValue"] = "there is no such item"


def test_in_data_sets_that_were_made() -> None:
    ds = Dataset(ContentSequence=[Dataset(TextValue="a"), Dataset(ContentSequence=[Dataset(TextValue="b")])])
    assert ds["ContentSequence[1].ContentSequence[0].TextValue"].value == "b"
    ds.ContentSequence.insert(0, Dataset(TextValue="first"))
    assert [e.value for e in ds.select("ContentSequence[*].TextValue")] == ["first", "a"]


def test_the_paths_of_walk_are_paths(ds: Dataset) -> None:
    elements = list(ds.walk())
    assert len(elements) == 10
    assert all(ds[element.path] == element for element in elements)


def test_keywords_of_a_user_dictionary() -> None:
    row: Any = ((0x0008, 0x0008, 1), (0x9998, 0x9998, 1), ("SQ",), "1", "MySequence", "My Sequence", False, None)
    data = EXPLICIT_LITTLE.encode([(0x00089998, "SQ", [[(0x00100020, "LO", "P")]])])
    ds = dicomkit.read(data, dictionary=Dictionary([row]))
    assert ds["MySequence[0].PatientID"].value == "P"
    assert [element.value for element in ds.select("MySequence[*].PatientID")] == ["P"]
    with pytest.raises(ValueError, match="MySequence"):
        list(dicomkit.read(data).select("MySequence[0].PatientID"))

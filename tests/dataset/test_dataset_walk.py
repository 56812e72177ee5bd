"""`walk()`: all elements depth first, with their paths, as they were read and after edits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, IMPLICIT_LITTLE, TransferSyntax
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, Sequence

TEXT, CONTENT = 0x0040A160, 0x0040A730  # TextValue, ContentSequence


def expected(ds: Dataset, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The walk in its plainest form: path, and value where it is no sequence."""
    for tag in sorted(ds.keys()):
        element = ds[tag]
        path = f"{prefix}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        yield path, None if element.vr == "SQ" else element.value
        if element.vr == "SQ":
            for number, item in enumerate(element.value):
                yield from expected(item, f"{path}[{number}].")


def walked(ds: Dataset) -> list[tuple[str, Any]]:
    return [(element.path, None if element.vr == "SQ" else element.value) for element in ds.walk()]


def nested(depth: int, width: int, name: str = "") -> list[Any]:
    """Elements with `width` items at each of `depth` levels, each with a text that says where it is."""
    items = [nested(depth - 1, width, f"{name}{number}") for number in range(width)] if depth else []
    return [(TEXT, "UT", f"at {name}."), (CONTENT, "SQ", items), (0x00420010, "ST", "after")]


@pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, IMPLICIT_LITTLE, EXPLICIT_BIG],
    ids=["explicit", "undefined", "implicit", "big"],
)  # fmt: skip
def test_what_was_read(syntax: TransferSyntax) -> None:
    ds = dicomkit.read(syntax.encode(nested(2, 2)), transfer_syntax=syntax.uid)
    assert walked(ds)[:6] == [
        ("(0040,A160)", "at ."),
        ("(0040,A730)", None),
        ("(0040,A730)[0].(0040,A160)", "at 0."),
        ("(0040,A730)[0].(0040,A730)", None),
        ("(0040,A730)[0].(0040,A730)[0].(0040,A160)", "at 00."),
        ("(0040,A730)[0].(0040,A730)[0].(0040,A730)", None),
    ]
    assert walked(ds) == list(expected(ds))
    assert len(walked(ds)) == 3 * 7
    assert not ds.is_changed()


def test_an_item_walks_with_the_paths_of_its_data_set() -> None:
    ds = dicomkit.read(EXPLICIT_LITTLE.encode(nested(2, 2)))
    item = ds.ContentSequence[1]
    assert walked(item) == [pair for pair in walked(ds) if pair[0].startswith("(0040,A730)[1]")]


EDITS: list[Any] = [
    lambda ds: ds.ContentSequence.append(Dataset(TextValue="appended")),
    lambda ds: ds.ContentSequence.insert(0, Dataset(TextValue="first", ContentSequence=[Dataset(TextValue="in it")])),
    lambda ds: ds.ContentSequence.pop(0),
    lambda ds: ds.ContentSequence.reverse(),
    lambda ds: ds.ContentSequence.clear(),
    lambda ds: ds.ContentSequence.append(ds.ContentSequence[0]),  # twice the same item
    lambda ds: ds.ContentSequence[1].ContentSequence.pop(0),
    lambda ds: ds.ContentSequence[1].ContentSequence[0].ContentSequence.append(Dataset(TextValue="deep")),
    lambda ds: setattr(ds.ContentSequence[0], "TextValue", "new"),
    lambda ds: setattr(ds.ContentSequence[0].ContentSequence[1], "PatientID", "new"),
    lambda ds: delattr(ds.ContentSequence[0], "TextValue"),
    lambda ds: delattr(ds, "ContentSequence"),
    lambda ds: delattr(ds.ContentSequence[0], "ContentSequence"),
    lambda ds: setattr(ds, "ContentSequence", ds.ContentSequence[0].ContentSequence),
    lambda ds: setattr(ds, "ContentSequence", Sequence(ds.ContentSequence[::-1])),
    lambda ds: setattr(ds, "AnatomicRegionSequence", ds.ContentSequence[1:]),
    lambda ds: setattr(ds, "PatientID", "new"),
]


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit(edit: Any) -> None:
    ds = dicomkit.read(EXPLICIT_LITTLE.encode(nested(3, 2)))
    edit(ds)
    assert walked(ds) == list(expected(ds))


@given(st.integers(0, 1 << 32))
def test_after_many_edits(seed: int) -> None:
    ds = dicomkit.read(EXPLICIT_LITTLE.encode(nested(3, 2)))
    choice = random.Random(seed)
    for edit in choice.choices(EDITS, k=6):
        try:
            edit(ds)
        except (AttributeError, IndexError):
            continue  # what it wants to edit is not there any more
        assert walked(ds) == list(expected(ds))


def test_unordered_and_double_elements() -> None:
    # the first of two elements counts, and the order is that of the tags, in items too
    element = EXPLICIT_LITTLE.element
    item = element(TEXT, "UT", "b") + element(0x00100020, "LO", "a") + element(TEXT, "UT", "not")
    sequence = element(CONTENT, "SQ", [])[:8] + (len(item) + 8).to_bytes(4, "little") + EXPLICIT_LITTLE.item(item)
    ds = dicomkit.read(sequence + element(0x00100020, "LO", "P") + sequence, transfer_syntax=EXPLICIT_LITTLE.uid)
    assert walked(ds) == [
        ("(0010,0020)", "P"),
        ("(0040,A730)", None),
        ("(0040,A730)[0].(0010,0020)", "a"),
        ("(0040,A730)[0].(0040,A160)", "b"),
    ]
    assert walked(ds) == list(expected(ds))


def test_data_sets_that_were_made() -> None:
    ds = Dataset(ContentSequence=[Dataset(TextValue="a"), Dataset(ContentSequence=[Dataset(TextValue="b")])])
    assert walked(ds) == list(expected(ds))
    assert walked(Dataset()) == []


def test_a_data_set_inside_itself_ends_in_an_error() -> None:
    ds = Dataset()
    ds.ContentSequence = [ds]
    with pytest.raises(RecursionError):
        list(ds.walk())
    ds.ContentSequence.clear()  # no cycle is left behind: data sets are not garbage collected


def test_same_elements_as_pydicom(pydicom_files: list[Path]) -> None:
    pydicom = pytest.importorskip("pydicom")
    compared = 0
    for path in pydicom_files:
        if path.name == "priv_SQ.dcm":  # implicit VR: we see that a private value is a sequence, pydicom leaves it UN
            continue
        try:
            tags = [int(element.tag) for element in pydicom.dcmread(path).iterall()]
        except Exception:  # it refuses some of its own files
            continue
        assert [int(element.tag) for element in dicomkit.read(path).walk()] == tags, path.name
        compared += 1
    assert compared > 100

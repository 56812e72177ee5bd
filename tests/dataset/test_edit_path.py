"""Paths for editing."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit.dataset.edit_path import create_items, find_items, parse_steps, tag_of_text
from dicomkit.dataset.path import ALL, NONE

IMAGES, INSTANCE = 0x00081140, 0x00081155


@pytest.mark.parametrize(
    "text", ["(0010,0020)", "0010,0020", "10,20", "(10,20)", "0x0010,0x0020", "PatientID", "RETIRED_PatientID"]
)
def test_tags(text: str) -> None:
    assert tag_of_text(text) == 0x00100020


@pytest.mark.parametrize("text", ["", "PatientId", "(0010,0020", "1_0,20", "10,", "10000,0020", "x,y", "-1,20"])
def test_no_tags(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tag_of_text(text)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("10,20", [(0x00100020, NONE)]),
        ("ReferencedImageSequence[3].8,1155", [(IMAGES, 3), (INSTANCE, NONE)]),
        ("ReferencedImageSequence[3]", [(IMAGES, 3)]),
        ("(0008,1140)[*].(0008,1140)[ 0 ]", [(IMAGES, ALL), (IMAGES, 0)]),
    ],
)
def test_steps(path: str, steps: list[tuple[int, int]]) -> None:
    assert parse_steps(path) == steps
    assert parse_steps(parse_steps(path)) == steps


@pytest.mark.parametrize(
    "path", ["[0]", "[0].PatientID", "PatientID.[0]", ".PatientID", "A[0].", "8,1140[-1].10,20", "8,1140[x]"]
)
def test_no_paths(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_steps(path)


def test_finds_and_creates() -> None:
    dataset = dicomkit.Dataset()
    steps = parse_steps("ReferencedImageSequence[1]")
    assert find_items(dataset, steps) == []
    (item,) = create_items(dataset, steps, True)
    assert len(dataset.ReferencedImageSequence) == 2
    assert find_items(dataset, steps)[0] is item is dataset.ReferencedImageSequence[1]
    assert create_items(dataset, steps, True)[0] is item
    assert len(find_items(dataset, parse_steps("ReferencedImageSequence[*]"))) == 2
    assert find_items(dataset, []) == [dataset]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("PatientID[0]", "no sequence"),
        ("ReferencedImageSequence[*]", "does not say how many"),
        ("ReferencedImageSequence[4000000000]", "too few"),
        ("(0009,1010)[0]", "no private creator"),
        ("Rows[0]", "no sequence"),
    ],
)
def test_what_cannot_be_created(path: str, sentence: str) -> None:
    dataset = dicomkit.Dataset(PatientID="1")
    with pytest.raises(ValueError, match=sentence):
        create_items(dataset, parse_steps(path), True)

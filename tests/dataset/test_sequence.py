"""Sequences: lists of data sets, made when they are touched."""

from __future__ import annotations

import collections.abc
import copy
import pickle
from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, TransferSyntax

import dicomkit
from dicomkit import Dataset, Sequence

CODES = 0x00082218  # AnatomicRegionSequence


def read_codes(*values: str, syntax: TransferSyntax = EXPLICIT_LITTLE) -> Dataset:
    """A data set with one sequence, an item for each value."""
    items = [[(0x00080100, "SH", value)] for value in values]
    return dicomkit.read(syntax.encode([(CODES, "SQ", items)]), transfer_syntax=syntax.uid)


def codes(sequence: Sequence) -> str:
    return "".join(item.CodeValue or "-" for item in sequence)


def item(value: str) -> Dataset:
    return Dataset(CodeValue=value)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED], ids=["defined", "undefined"])
def test_reads_like_a_list(syntax: TransferSyntax) -> None:
    sequence = read_codes("A", "B", "C", syntax=syntax).AnatomicRegionSequence
    assert isinstance(sequence, Sequence)
    assert isinstance(sequence, collections.abc.MutableSequence)
    assert len(sequence) == 3
    assert codes(sequence) == "ABC"
    assert (sequence[0].CodeValue, sequence[-1].CodeValue) == ("A", "C")
    assert [one.CodeValue for one in sequence[1:]] == ["B", "C"]
    assert [one.CodeValue for one in reversed(sequence)] == ["C", "B", "A"]
    assert item("B") in sequence
    assert item("D") not in sequence
    assert (sequence.index(item("C")), sequence.count(item("A"))) == (2, 1)
    with pytest.raises(IndexError):
        sequence[3]
    with pytest.raises(ValueError, match="not in list"):
        sequence.index(item("A"), 1)


def test_empty() -> None:
    sequence = read_codes().AnatomicRegionSequence
    assert (len(sequence), list(sequence), bool(sequence), sequence == []) == (0, [], False, True)
    assert read_codes()["AnatomicRegionSequence"].vm == 0


def test_items_are_made_once() -> None:
    ds = read_codes("A", "B")
    assert ds.AnatomicRegionSequence is ds.AnatomicRegionSequence
    assert ds.AnatomicRegionSequence is ds["AnatomicRegionSequence"].value
    assert ds.AnatomicRegionSequence[0] is ds.AnatomicRegionSequence[0]


def set_first(sequence: Sequence) -> None:
    sequence[0] = item("X")


def set_slice(sequence: Sequence) -> None:
    sequence[1:] = [item("X"), item("Y"), item("Z")]


def delete_slice(sequence: Sequence) -> None:
    del sequence[::2]


def add_in_place(sequence: Sequence) -> None:
    same = sequence
    sequence += [item("X")]
    assert sequence is same


# What is done with the items A, B, C; what is there after it
CHANGES = [
    (lambda s: s.append(item("D")), "ABCD"),
    (lambda s: s.extend([item("D"), item("E")]), "ABCDE"),
    (lambda s: s.extend(s), "ABCABC"),
    (lambda s: s.insert(0, item("X")), "XABC"),
    (lambda s: s.insert(-1, item("X")), "ABXC"),
    (lambda s: s.pop(), "AB"),
    (lambda s: s.pop(0), "BC"),
    (lambda s: s.remove(item("B")), "AC"),
    (lambda s: s.reverse(), "CBA"),
    (lambda s: s.clear(), ""),
    (add_in_place, "ABCX"),
    (set_first, "XBC"),
    (set_slice, "AXYZ"),
    (delete_slice, "B"),
]


@pytest.mark.parametrize("made", [False, True], ids=["read", "made"])
@pytest.mark.parametrize(("change", "after"), CHANGES)
def test_changes_like_a_list(change: Any, after: str, made: bool) -> None:
    ds = Dataset(AnatomicRegionSequence=[item(value) for value in "ABC"]) if made else read_codes("A", "B", "C")
    assert ds.is_changed() is made
    change(ds.AnatomicRegionSequence)
    assert codes(ds.AnatomicRegionSequence) == after
    assert ds["AnatomicRegionSequence"].vm == len(ds.AnatomicRegionSequence) == len(after)
    assert ds.is_changed()


def test_looking_is_no_change() -> None:
    ds = read_codes("A", "B")
    list(ds.AnatomicRegionSequence[0])
    ds.AnatomicRegionSequence.count(item("A"))
    assert not ds.AnatomicRegionSequence.is_changed()
    assert not ds.is_changed()


def test_a_change_in_an_item_is_one_of_the_sequence() -> None:
    ds = read_codes("A", "B")
    ds.AnatomicRegionSequence[1].CodeValue = "X"
    assert ds.AnatomicRegionSequence.is_changed()
    assert ds.is_changed()
    assert not ds.AnatomicRegionSequence[0].is_changed()


def test_items_are_put_in_as_they_are() -> None:
    one = item("A")
    sequence = Sequence([one])
    assert sequence[0] is one
    one.CodeValue = "B"
    assert codes(sequence) == "B"


@pytest.mark.parametrize("wrong", ["A", 5, None, Dataset(), Dataset(CodeValue="A"), ["A"], [None]])
def test_items_are_data_sets_in_a_list(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Sequence(wrong)
    sequence = Sequence([item("A")])
    with pytest.raises(TypeError):
        sequence.extend(wrong)
    with pytest.raises(TypeError):
        sequence[:] = wrong
    assert codes(sequence) == "A"


@pytest.mark.parametrize("wrong", ["A", {"CodeValue": "A"}, None])
def test_an_item_is_a_data_set(wrong: Any) -> None:
    sequence = Sequence([item("A")])
    for change in (
        sequence.append,
        lambda value: sequence.insert(0, value),
        lambda value: sequence.__setitem__(0, value),
    ):
        with pytest.raises(TypeError, match="Dataset"):
            change(wrong)
    assert codes(sequence) == "A"


def test_equal_by_items() -> None:
    sequence = read_codes("A", "B").AnatomicRegionSequence
    assert sequence == Sequence([item("A"), item("B")]) == [item("A"), item("B")]
    assert sequence == read_codes("A", "B", syntax=EXPLICIT_LITTLE_UNDEFINED).AnatomicRegionSequence
    assert sequence != Sequence([item("B"), item("A")])
    assert sequence != "AB"
    with pytest.raises(TypeError):
        hash(sequence)


def test_copies() -> None:
    sequence = read_codes("A", "B").AnatomicRegionSequence
    shallow, deep, pickled = copy.copy(sequence), copy.deepcopy(sequence), pickle.loads(pickle.dumps(sequence))
    assert sequence == shallow == deep == pickled
    assert shallow[0] is sequence[0]
    assert deep[0] is not sequence[0]
    deep[0].CodeValue = "X"
    shallow.pop()
    assert (codes(sequence), codes(shallow), codes(deep), codes(pickled)) == ("AB", "A", "XB", "AB")


def test_repr() -> None:
    assert repr(Sequence()) == "<Sequence of 0 items>"
    assert repr(read_codes("A").AnatomicRegionSequence) == "<Sequence of 1 item>"

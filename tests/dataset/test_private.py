"""Private elements by their creators (PS3.5 7.8)."""

from __future__ import annotations

from typing import Any

import pytest
from encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, TransferSyntax, Value

import dicomkit
from dicomkit import DataElement, Dataset, Tag
from dicomkit.dataset.private import creator_of, find_private, reserve_private

Row = tuple[int, str, Value]

PRIVATE: list[Row] = [
    (0x00090010, "LO", "ACME"),
    (0x00090011, "LO", "EMCA"),
    (0x00091001, "LO", "of ACME"),
    (0x00091101, "LO", "of EMCA"),
    (0x00190010, "LO", "SIEMENS MR HEADER"),
    (0x0019100C, "IS", "1000"),
]


def of(*elements: Row, syntax: TransferSyntax = EXPLICIT_LITTLE) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG], ids=["little", "big"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ((0x00090001, "ACME"), "of ACME"),
        ((0x00091001, "ACME"), "of ACME"),  # the block of the key does not matter
        ((0x00099901, "EMCA"), "of EMCA"),
        (("0009,0001", "EMCA "), "of EMCA"),
        ((Tag(0x0019000C), "SIEMENS MR HEADER"), 1000),
    ],
)
def test_private_elements_by_creator(syntax: TransferSyntax, key: Any, value: object) -> None:
    ds = of(*PRIVATE, syntax=syntax)
    assert (ds[key].value, ds.get(key), key in ds) == (value, value, True)
    del ds[key]
    assert key not in ds
    assert len(ds) == len(PRIVATE) - 1


@pytest.mark.parametrize("key", [(0x00091001, "NOBODY"), (0x00091002, "ACME"), (0x00190001, "ACME"), (0x00081001, "ACME")])
def test_private_elements_that_are_not_there(key: Any) -> None:
    ds = of(*PRIVATE)
    assert key not in ds
    assert ds.get(key, "default") == "default"
    for access in (ds.__getitem__, ds.__delitem__):
        with pytest.raises(KeyError):
            access(key)


def test_private_creators_in_unknown_vr() -> None:
    assert of((0x00090010, "UN", b"ACME "), (0x00091001, "LO", "a"))[0x00090001, "ACME"].value == "a"


def test_assigning_private_elements() -> None:
    ds = of(*PRIVATE)
    ds[0x00090001, "EMCA"] = "new"
    ds[0x0019000C, "SIEMENS MR HEADER"] = 500
    assert (ds[0x00091101].value, ds[0x0019100C].value) == ("new", 500)
    del ds[0x0019100C]
    ds[0x0019000C, "SIEMENS MR HEADER"] = "250"  # the VR is that of the private dictionary
    assert (ds[0x0019100C].vr, ds[0x0019100C].value, ds[0x0019100C].name) == ("IS", 250, "B_value")


def test_a_new_creator_gets_a_block() -> None:
    ds = of(*PRIVATE)
    ds[0x00090002, "NEW"] = DataElement(0x00091202, "DS", 1.5)
    ds[0x000B00FF, "NEW"] = b"ab"
    assert (ds[0x00090012].vr, ds[0x00090012].value, ds[0x00091202].value) == ("LO", "NEW", 1.5)
    assert (ds[0x000B0010].value, ds[0x000B10FF].value, ds[0x000B10FF].vr) == ("NEW", b"ab", "UN")
    assert ds[0x00090002, "NEW"].private_creator == "NEW"
    with pytest.raises(ValueError, match="even"):
        ds[0x00080002, "NEW"] = b"ab"


def test_an_element_goes_to_the_block_of_its_creator() -> None:
    ds = of(*PRIVATE)
    ds[0x00090002, "EMCA"] = DataElement(0x00090002, "LO", "text")
    other = of((0x00090020, "LO", "EMCA"), (0x00092003, "US", 5))
    ds[0x00090003, "EMCA"] = other[0x00090003, "EMCA"]
    assert (ds[0x00091102].vr, ds[0x00091102].value) == ("LO", "text")
    assert (ds[0x00091103].vr, ds[0x00091103].value, ds[0x00091103].private_creator) == ("US", 5, "EMCA")
    with pytest.raises(ValueError, match="cannot be stored under"):
        ds[0x00090004, "EMCA"] = DataElement(0x00090005, "US", 5)


def test_a_creator_stays_when_its_elements_go() -> None:
    ds = Dataset()
    ds[0x00090001, "ACME"] = b"ab"
    del ds[0x00090001, "ACME"]
    assert [element.tag for element in ds] == [0x00090010]
    assert (0x00090001, "ACME") not in ds


@pytest.mark.parametrize(
    ("tag", "creator"),
    [
        (0x00091001, "ACME"),
        (0x000911FF, "EMCA"),
        (0x00191000, "SIEMENS MR HEADER"),
        (0x00091201, None),  # nobody reserved the block
        (0x00090010, None),  # a creator itself
        (0x00090FFF, None),
        (0x00081001, None),  # not private
    ],
)
def test_creator_of_a_block(tag: int, creator: str | None) -> None:
    assert creator_of(of(*PRIVATE), tag) == creator


def test_blocks() -> None:
    ds = of(*PRIVATE)
    assert find_private(ds, 0x000900AB, "EMCA") == 0x000911AB
    assert find_private(ds, 0x000900AB, "NOBODY") is None
    assert reserve_private(ds, 0x000900AB, "EMCA") == 0x000911AB
    assert not ds.is_changed()
    assert reserve_private(ds, 0x000900AB, "NEW") == 0x000912AB
    assert ds[0x00090012].value == "NEW"
    del ds[0x00090010]
    assert reserve_private(ds, 0x000900AB, "NEWER") == 0x000910AB  # the first one that is free


def test_the_last_block() -> None:
    ds = of(*[(0x00090010 + number, "LO", f"creator {number}") for number in range(0xEF)])
    assert reserve_private(ds, 0x00090001, "the last") == 0x0009FF01
    with pytest.raises(ValueError, match="0009 has no free block"):
        reserve_private(ds, 0x00090001, "one more")

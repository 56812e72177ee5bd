"""A program's own dictionary, looked up through the functions of dicomkit._ext.standard."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._ext import standard
from dicomkit._ext.dictionary import Dictionary, DictionaryRow

Span = tuple[int, int, int]


def one(number: int) -> Span:
    return number, number, 1


def row(
    groups: int | Span,
    elements: int | Span,
    *,
    vr: tuple[str, ...] = ("LO",),
    vm: str = "1",
    keyword: str = "",
    name: str = "",
    retired: bool = False,
    creator: str | None = None,
) -> DictionaryRow:
    groups = one(groups) if isinstance(groups, int) else groups
    elements = one(elements) if isinstance(elements, int) else elements
    return groups, elements, vr, vm, keyword, name or keyword, retired, creator


def test_adds_elements_and_leaves_the_others() -> None:
    user = Dictionary([row(0x0008, 0x9998, vr=("FD",), vm="2-2n", keyword="MyLevels", name="My Levels")])
    expected = (0x00089998, ("FD",), "2-2n", "MyLevels", "My Levels", False)
    assert standard.element(0x00089998, user) == expected
    assert standard.keyword("MyLevels", user) == expected
    assert standard.element(0x00089998) is None
    assert standard.element(0x00100010, user) == standard.element(0x00100010)
    assert standard.keyword("OverlayData", user) == standard.keyword("OverlayData")
    assert standard.element(0x00089996, user) is None


def test_comes_before_the_standard() -> None:
    user = Dictionary([row(0x0010, 0x0010, vr=("UT",), vm="1-n", keyword="PatientName", name="Somebody", retired=True)])
    assert standard.element(0x00100010, user) == (0x00100010, ("UT",), "1-n", "PatientName", "Somebody", True)
    assert standard.keyword("PatientName", user) == standard.element(0x00100010, user)


def test_ranges() -> None:
    user = Dictionary(
        [
            row((0x6000, 0x60FE, 2), 0x0010, keyword="EvenGroups"),
            row((0x4001, 0x40FF, 2), (0x0100, 0x01FF, 1), keyword="OddGroups"),
            row(0x0008, (0x8000, 0x80F0, 16), keyword="Sixteenths"),
        ]
    )
    found = {
        0x60000010: "EvenGroups",
        0x60FE0010: "EvenGroups",
        0x60031000: None,
        0x40030123: "OddGroups",
        0x40020123: None,
        0x40030200: None,
        0x00088000: "Sixteenths",
        0x000880F0: "Sixteenths",
        0x00088008: None,
        0x00087FF0: None,
        0x60000011: "OverlayColumns",
    }
    for tag, keyword in found.items():
        entry = standard.element(tag, user)
        assert (entry[3] if entry else None) == keyword, f"{tag:08X}"
    assert standard.keyword("OddGroups", user) == (0x40010100, ("LO",), "1", "OddGroups", "OddGroups", False)


def test_a_range_does_not_hide_elements_of_their_own() -> None:
    everything = row((0, 0xFFFF, 1), (0, 0xFFFF, 1), vr=("UN",), keyword="Anything")
    overlays = row((0x6000, 0x60FE, 2), (0, 0xFFFF, 1), keyword="Overlay")
    user = Dictionary([overlays, everything, row(0x6000, 0x0010, keyword="One")])
    keywords = [(standard.element(tag, user) or [""] * 4)[3] for tag in (0x00100010, 0x60000010, 0x60000012, 0x00089999)]
    assert keywords == ["PatientName", "One", "Overlay", "Anything"]


def test_private_elements() -> None:
    user = Dictionary(
        [
            row(0x0029, 0x01, keyword="Relocated", creator="ACME 1.0"),
            row(0x0029, 0x1001, keyword="Fixed", creator="ACME 1.0 "),
            row((0x6001, 0x60FF, 2), 0x05, keyword="Ranged", creator="ACME 1.0"),
            row(0x0029, 0x10, vr=("SQ",), keyword="Mine", creator="SIEMENS CSA HEADER"),
        ]
    )
    found = {
        ("ACME 1.0", 0x00291101): "Relocated",
        ("ACME 1.0", 0x00291001): "Fixed",
        ("ACME 1.0  \0", 0x0029FF01): "Relocated",
        ("ACME 1.0", 0x60111105): "Ranged",
        ("ACME 1.0", 0x60101105): None,
        ("ACME 1.1", 0x00291101): None,
        ("SIEMENS CSA HEADER", 0x00291110): "Mine",
        ("SIEMENS CSA HEADER", 0x00291120): "CSA Series Header Info",
    }
    for (creator, tag), name in found.items():
        entry = standard.private_element(creator, tag, user)
        assert (entry[4] if entry else None) == name, (creator, f"{tag:08X}")
    assert standard.keyword("Relocated", user) is None


def test_later_rows_replace_earlier_ones() -> None:
    user = Dictionary(
        [
            row(0x0008, 0x9998, keyword="Old"),
            row(0x0008, 0x9996, keyword="Same"),
            row(0x0008, 0x9998, keyword="New"),
            row(0x0008, 0x9994, keyword="Same"),
            row(0x0029, 0x01, keyword="Old", creator="A"),
            row(0x0029, 0x01, keyword="New", creator="A "),
        ]
    )
    assert len(user) == 4
    assert (standard.element(0x00089998, user) or [])[3] == "New"
    assert standard.keyword("Old", user) is None
    assert (standard.keyword("Same", user) or [])[0] == 0x00089994
    assert (standard.private_element("A", 0x00291001, user) or [])[4] == "New"


@pytest.mark.parametrize("vr", [("US", "SS"), ("US", "SS", "OW"), ("US", "OW"), ("OB", "OW"), (), ("ZZ",)], ids=" or ".join)
def test_vrs(vr: tuple[str, ...]) -> None:
    user = Dictionary([row(0x0008, 0x9998, vr=vr)])
    assert (standard.element(0x00089998, user) or [])[1] == vr


@pytest.mark.parametrize(
    ("vm", "kept"),
    [
        ("1", "1"),
        ("1-3", "1-3"),
        ("1-n", "1-n"),
        ("0-n", "0-n"),
        ("3-3n", "3-3n"),
        ("16", "16"),
        ("256", "255-n"),
        ("1-300", "1-n"),
    ],
)
def test_vms(vm: str, kept: str) -> None:
    user = Dictionary([row(0x0008, 0x9998, vm=vm)])
    assert (standard.element(0x00089998, user) or [])[2] == kept


@pytest.mark.parametrize(
    "wrong",
    [
        row(0x10000, 0),
        row(-1, 0),
        row((2, 1, 1), 0),
        row((0, 6, 3), 0),
        row((0, 6, 0), 0),
        row(0, 0, vr=("L",)),
        row(0, 0, vr=("LOL",)),
        row(0, 0, vr=("L1",)),
        row(0, 0, vr=("LO", "SH")),
        row(0, 0, vm=""),
        row(0, 0, vm="n"),
        row(0, 0, vm="3-2"),
        row(0, 0, vm="-1"),
        row(0, 0, vm="0"),
        row(0, 0, vm="1-0n"),
        row(0, 0, keyword="Key\0Word"),
    ],
)
def test_senseless_rows(wrong: DictionaryRow) -> None:
    with pytest.raises(ValueError, match=r"."):
        Dictionary([wrong])


def test_too_many_rows() -> None:
    rows = [row(group, element) for group in (8, 9) for element in range(0x8000)]
    with pytest.raises(ValueError, match="65,534"):
        Dictionary(rows)
    assert len(Dictionary(rows[:65534])) == 65534


def test_empty() -> None:
    user = Dictionary()
    assert len(user) == 0
    assert standard.element(0x00100010, user) == standard.element(0x00100010)
    assert standard.element(0xFFFFFFFF, user) is None
    assert standard.keyword("nothing", user) is None
    assert standard.private_element("nobody", 0x00291001, user) is None


def test_group_ffff_is_refused() -> None:
    with pytest.raises(ValueError, match="no data element"):
        Dictionary([row(0xFFFF, 0xFFFF)])


def test_pickle() -> None:
    user = Dictionary([row(0x0008, 0x9998, keyword="Mine"), row(0x0029, 0x01, creator="A")])
    twin = pickle.loads(pickle.dumps(user))
    assert twin.rows == user.rows
    assert standard.element(0x00089998, twin) == standard.element(0x00089998, user)


tags = st.tuples(st.integers(0, 0xFFFE), st.integers(0, 0xFFFF))
creators = st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)


@given(st.dictionaries(st.tuples(tags, creators), st.sampled_from(["LO", "US", "SQ"]), max_size=40), tags)
def test_what_goes_in_is_found(entries: dict[tuple[tuple[int, int], str | None], str], other: tuple[int, int]) -> None:
    user = Dictionary([row(group, element, vr=(vr,), creator=c) for ((group, element), c), vr in entries.items()])
    last = {(tag, c if c is None else c.rstrip(" ")): vr for (tag, c), vr in entries.items()}
    for ((group, element), creator), vr in last.items():
        if creator is None:
            found = standard.element(group << 16 | element, user)
        else:
            tag = group << 16 | (element if element > 0xFF else 0x1000 | element)
            if element <= 0xFF and ((group, 0x1000 | element), creator) in last:
                continue
            found = standard.private_element(creator, tag, user)
        assert found is not None
        assert found[1] == (vr,)
    if (other, None) not in last:
        tag = other[0] << 16 | other[1]
        assert standard.element(tag, user) == standard.element(tag)

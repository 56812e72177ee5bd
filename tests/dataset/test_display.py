"""Data sets as text for people, whatever is in them."""

from __future__ import annotations

import html.parser
from pathlib import Path
from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE, RLE_LOSSLESS, Fragments, TransferSyntax, Value
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset
from dicomkit.dataset.display import MOST_ITEMS, MOST_ROWS, WIDTH, describe_value
from dicomkit.dataset.text import TEXT_VRS


def of(*elements: tuple[int, str, Value], syntax: TransferSyntax = EXPLICIT_LITTLE, **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid, **options)


class Tags(html.parser.HTMLParser):
    """Counts the elements of an HTML text, and sees that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ((0x00100010, "PN", "Doe^Jane"), "(0010,0010) PN PatientName: 'Doe^Jane'"),
        ((0x00080008, "CS", ("A", "B")), "(0008,0008) CS ImageType: ['A', 'B']"),
        ((0x00280010, "US", 512), "(0028,0010) US Rows: 512"),
        ((0x00180050, "DS", "2.50"), "(0018,0050) DS SliceThickness: 2.5"),
        ((0x00280009, "AT", 0x00181063), "(0028,0009) AT FrameIncrementPointer: [(0018,1063)]"),
        ((0x00100020, "LO", None), "(0010,0020) LO PatientID: (empty)"),
        ((0x00080008, "CS", None), "(0008,0008) CS ImageType: (empty)"),
        ((0x00104000, "LT", "a\r\n\tb "), "(0010,4000) LT PatientComments: 'a\\r\\n\\tb'"),
        ((0x00420011, "OB", b"%PDF"), "(0042,0011) OB EncapsulatedDocument: b'%PDF'"),
        ((0x00091001, "UN", b"\0\1"), "(0009,1001) UN ?: b'\\x00\\x01'"),
        ((0x00090010, "LO", "ACME"), "(0009,0010) LO PrivateCreator: 'ACME'"),
        ((0x00082218, "SQ", [[]]), "(0008,2218) SQ AnatomicRegionSequence: 1 item\n  [0]"),
        ((0x00082218, "SQ", []), "(0008,2218) SQ AnatomicRegionSequence: 0 items"),
        ((0x00180050, "DS", "2,5"), "(0018,0050) DS SliceThickness: b'2,5 '  (not a DS)"),
        ((0x7FE00010, "OB", Fragments((b"ab",))), "(7FE0,0010) OB PixelData: encapsulated"),
        ((0x7FE00010, "OW", bytes(5000)), "(7FE0,0010) OW PixelData: 5000 bytes"),
    ],
)
def test_an_element_is_a_line(element: tuple[int, str, Value], text: str) -> None:
    ds = of(element, syntax=RLE_LOSSLESS)
    assert str(ds) == text
    if element[1] != "SQ":
        assert [str(one) for one in ds] == [text]
        assert [repr(one) for one in ds] == [f"<DataElement {text}>"]


def test_items_are_indented() -> None:
    code = [(0x00080100, "SH", "T-D1100")]
    ds = of((0x00082218, "SQ", [[*code, (0x00082220, "SQ", [code, code])]]), (0x00100020, "LO", "P"))
    assert str(ds).splitlines() == [
        "(0008,2218) SQ AnatomicRegionSequence: 1 item",
        "  [0]",
        "    (0008,0100) SH CodeValue: 'T-D1100'",
        "    (0008,2220) SQ AnatomicRegionModifierSequence: 2 items",
        "      [0]",
        "        (0008,0100) SH CodeValue: 'T-D1100'",
        "      [1]",
        "        (0008,0100) SH CodeValue: 'T-D1100'",
        "(0010,0020) LO PatientID: 'P'",
    ]


def test_repr_is_short() -> None:
    assert repr(Dataset()) == "<Dataset of 0 elements>"
    assert repr(of((0x00100020, "LO", "P"), (0x00100010, "PN", "A"))) == "<Dataset of 2 elements>"


@pytest.mark.parametrize(
    "element",
    [
        DataElement("PatientComments", value="x" * 100_000),
        DataElement("ImagePositionPatient", value=[0.123456789] * 100_000),
        DataElement("PixelData", "OW", bytes(100_000)),
        DataElement("EncapsulatedDocument", value=bytes(4000)),
        of((0x00180050, "DS", "x" * 5000))["SliceThickness"],
        of((0x00180050, "DS", "x" * 3000))["SliceThickness"],
    ],
)
def test_a_value_is_short(element: DataElement) -> None:
    assert len(describe_value(element)) <= WIDTH + len("  (not a DS)")


def test_long_sequences_are_cut() -> None:
    ds = of((0x00082218, "SQ", [[(0x00080100, "SH", str(n))] for n in range(100)]))
    lines = str(ds).splitlines()
    assert lines[-1] == f"  ... {100 - MOST_ITEMS} more items"
    assert len(lines) == 2 + 2 * MOST_ITEMS
    assert f"... {100 - MOST_ITEMS} more items" in Tags(ds._repr_html_()).text


def test_html_is_well_formed_and_says_the_same() -> None:
    ds = of((0x00082218, "SQ", [[(0x00080100, "SH", "T-D1100")], []]), (0x00100020, "LO", "P"))
    seen = Tags(ds._repr_html_())
    assert (seen.open, seen.names.count("table"), seen.names.count("tr"), seen.names.count("details")) == ([], 3, 3, 1)
    for text in (
        "(0008,2218)",
        "SQ",
        "AnatomicRegionSequence",
        "2 items",
        "CodeValue",
        "'T-D1100'",
        "PatientID",
        "'P'",
    ):
        assert text in seen.text


def test_html_runs_nothing_that_a_file_says() -> None:
    evil = "<script>alert('&\"')</script>"
    data = EXPLICIT_LITTLE.encode([(0x00104000, "LT", evil), (0x00180050, "DS", evil), (0x00090010, "LO", evil)])
    ds = dicomkit.read(data + EXPLICIT_LITTLE.element(0x7FE10010, "<b", b"ab"), transfer_syntax=EXPLICIT_LITTLE.uid)
    seen = Tags(ds._repr_html_())
    assert set(seen.names) == {"table", "tr", "td", "code"}
    assert seen.text.count("<script>") == 3
    assert "<b" in seen.text


def test_html_is_bounded() -> None:
    leaf: list[tuple[int, str, Value]] = [(0x00080100, "SH", "x")]
    for _ in range(4):
        leaf = [(0x00082218, "SQ", [leaf] * MOST_ITEMS)]
    ds = of(*leaf, (0x00100020, "LO", "P"))
    assert Tags(ds._repr_html_()).names.count("code") == MOST_ROWS
    wide = of(*[(0x00091000 + n, "US", n) for n in range(4000)])
    assert Tags(wide._repr_html_()).names.count("code") == MOST_ROWS
    assert len(str(wide).splitlines()) == 4000


def test_nesting_to_the_limit() -> None:
    data = b""
    for _ in range(120):
        item = EXPLICIT_LITTLE.item(data)
        data = EXPLICIT_LITTLE.element(0x0040A730, "SQ", [])[:8] + len(item).to_bytes(4, "little") + item
    ds = dicomkit.read(data, transfer_syntax=EXPLICIT_LITTLE.uid)
    assert str(ds).count("ContentSequence") == ds._repr_html_().count("ContentSequence") == 120


def test_nothing_is_read_for_it(tmp_path: Path) -> None:
    path = tmp_path / "deferred"
    pixels: Value = bytes(90_000)
    path.write_bytes(EXPLICIT_LITTLE.encode([(0x00100010, "PN", "Doe"), (0x7FE00010, "OB", pixels)]))
    ds = dicomkit.read(path)
    path.unlink()
    assert str(ds).splitlines()[1] == "(7FE0,0010) OB PixelData: 90000 bytes"
    assert "90000 bytes" in ds._repr_html_()


@given(st.sampled_from([*sorted(TEXT_VRS), "AT", "FD", "OB", "OW", "SQ", "SV", "UN", "US", "ZZ"]), st.binary(max_size=80))
def test_nothing_raises_whatever_is_in_a_value(vr: str, raw: bytes) -> None:
    header = EXPLICIT_LITTLE.element(0x00091001, vr, [] if vr == "SQ" else None)
    size = len(raw).to_bytes(4 if len(header) == 12 else 2, "little")
    data = EXPLICIT_LITTLE.element(0x00090010, "LO", None) + header[: -len(size)] + size + raw
    ds = dicomkit.read(data, transfer_syntax=EXPLICIT_LITTLE.uid)
    assert len(str(ds).splitlines()) >= 2
    assert Tags(ds._repr_html_()).open == []


def test_damaged_values_are_shown_as_bytes() -> None:
    ds = dicomkit.read(EXPLICIT_LITTLE.element(0x00280010, "US", 5)[:-1], transfer_syntax=EXPLICIT_LITTLE.uid)
    assert str(ds) == "(0028,0010) US Rows: b'\\x05'  (not a US)"
    assert "(not a US)" in ds._repr_html_()

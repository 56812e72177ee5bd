"""Data elements: what they say of themselves, and their exact bytes."""

from __future__ import annotations

import copy
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UNDEFINED,
    IMPLICIT_LITTLE,
    RLE_LOSSLESS,
    Fragments,
    TransferSyntax,
    Value,
)

import dicomkit
from dicomkit import DataElement, Dataset, Dictionary, Sequence, Tag

SYNTAXES = pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG], ids=["explicit", "implicit", "big"]
)


def of(*elements: tuple[int, str, Value], syntax: TransferSyntax = EXPLICIT_LITTLE, **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid, **options)


# -- what an element says of itself


@SYNTAXES
def test_names(syntax: TransferSyntax) -> None:
    ds = of((0x00080000, "UL", 0), (0x00081090, "LO", "X"), (0x00089999, "UN", b"ab"), syntax=syntax)
    length, known, unknown = ds
    assert (known.tag, known.keyword, known.name) == (0x00081090, "ManufacturerModelName", "Manufacturer's Model Name")
    assert type(known.tag) is Tag
    assert (unknown.keyword, unknown.name, unknown.is_private, unknown.private_creator) == ("", "", False, None)
    assert (length.vr, length.value, length.name) == ("UL", 0, "Generic Group Length")


@SYNTAXES
def test_private_names(syntax: TransferSyntax) -> None:
    # SIEMENS MR HEADER defines (0019,xx0C) "B_value" IS; NOBODY is not known
    ds = of(
        (0x00190010, "LO", "SIEMENS MR HEADER"),
        (0x00190011, "LO", "NOBODY"),
        (0x0019100C, "IS", "1000"),
        (0x0019110C, "LO", "x"),
        (0x0019120C, "LO", "y"),
        syntax=syntax,
    )
    creator, _, known, unknown, orphan = ds
    assert (creator.name, creator.value, creator.private_creator) == ("Private Creator", "SIEMENS MR HEADER", None)
    assert (known.vr, known.value, known.keyword, known.name) == ("IS", 1000, "", "B_value")
    assert (known.private_creator, known.is_private) == ("SIEMENS MR HEADER", True)
    assert (unknown.name, unknown.private_creator) == ("", "NOBODY")
    assert (orphan.name, orphan.private_creator) == ("", None)


def test_creators_in_files_that_are_wrong() -> None:
    ds = of((0x00090010, "UN", b"ACME "), (0x00091001, "LO", "a"), (0x000B0010, "DS", "abc"), (0x000B1001, "LO", "b"))
    assert ds[0x00091001].private_creator == "ACME"
    assert (ds[0x000B1001].private_creator, ds[0x000B1001].name) == (None, "")


@SYNTAXES
def test_user_dictionary(syntax: TransferSyntax) -> None:
    rows: list[Any] = [
        ((0x0009, 0x0009, 1), (0x1001, 0x1001, 1), ("SL",), "1", "", "Table Height", False, "ACME"),
        ((0x0008, 0x0008, 1), (0x9998, 0x9998, 1), ("FD",), "1-n", "MyLevels", "My Levels", False, None),
    ]
    elements = ((0x00089998, "FD", 0.5), (0x00090010, "LO", "ACME"), (0x00091001, "SL", -5))
    ds = of(*elements, syntax=syntax, dictionary=Dictionary(rows))
    assert [(e.vr, e.value, e.keyword, e.name) for e in ds if not e.tag.is_private_creator] == [
        ("FD", (0.5,), "MyLevels", "My Levels"),
        ("SL", -5, "", "Table Height"),
    ]


# -- exact bytes


@pytest.mark.parametrize(
    ("syntax", "header"),
    [(EXPLICIT_LITTLE, 8), (EXPLICIT_LITTLE_UNDEFINED, 8), (IMPLICIT_LITTLE, 8), (EXPLICIT_BIG, 8)],
)
def test_offset_length_and_raw(syntax: TransferSyntax, header: int) -> None:
    inner = syntax.encode([(0x00080100, "SH", "A")])
    items = syntax.item(inner) + syntax.item(b"")
    ds = of((0x00080005, "CS", ""), (0x00082218, "SQ", [[(0x00080100, "SH", "A")], []]), syntax=syntax)
    sequence = ds[0x00082218]
    start = 8 + (8 if syntax is IMPLICIT_LITTLE else 12)
    assert (sequence.offset, sequence.raw, bytes(sequence.view())) == (start, items, items)
    assert sequence.length == (0xFFFFFFFF if syntax.undefined_length else len(items))
    code = sequence.value[0]["CodeValue"]
    assert (code.offset, code.length, code.raw, code.value) == (start + 8 + header, 2, b"A ", "A")


def test_encapsulated_pixel_data() -> None:
    ds = of((0x7FE00010, "OB", Fragments((b"ab", b"cdef"))), syntax=RLE_LOSSLESS)
    pixels = ds["PixelData"]
    table = b"\xfe\xff\x00\xe0\x08\0\0\0" + struct.pack("<2I", 0, 10)
    fragments = b"\xfe\xff\x00\xe0\x02\0\0\0ab" + b"\xfe\xff\x00\xe0\x04\0\0\0cdef"
    assert (pixels.is_encapsulated, pixels.length, pixels.vr) == (True, 0xFFFFFFFF, "OB")
    assert pixels.raw == pixels.value == table + fragments
    with pytest.raises(TypeError, match="7FE0,0010"):
        pixels.array()


def test_encoded_vr() -> None:
    assert of((0x00100020, "SH", "1"))["PatientID"].encoded_vr == "SH"
    assert of((0x00100020, "LO", "1"), syntax=IMPLICIT_LITTLE)["PatientID"].encoded_vr == ""
    assert DataElement("PatientID", value="1").encoded_vr == ""


def test_a_value_that_is_cut() -> None:
    ds = dicomkit.read(EXPLICIT_LITTLE.element(0x00100010, "PN", "Doe^Jane")[:-3])
    element = ds["PatientName"]
    assert (element.is_truncated, element.raw, element.value) == (True, b"Doe^J", "Doe^J")
    assert not of((0x00100010, "PN", "Doe^Jane"))["PatientName"].is_truncated


# -- numpy


def struct_code(vr: str) -> str:
    codes = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
    return codes.get(vr, {"OB": "B", "OW": "H", "OL": "I", "OV": "Q", "OF": "f", "OD": "d", "UN": "B"}.get(vr, ""))


@pytest.mark.parametrize("big", [False, True], ids=["little", "big"])
@pytest.mark.parametrize("vr", ["US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "OB", "OW", "OL", "OV", "OF", "OD", "UN"])
def test_arrays(vr: str, big: bool) -> None:
    numbers = (1, 2, 100)
    raw = struct.pack(f"{'>' if big else '<'}3{struct_code(vr)}", *numbers)
    syntax = EXPLICIT_BIG if big else EXPLICIT_LITTLE
    padded = raw + b"\0" * (len(raw) % 2)
    header = syntax.element(0x00091001, vr, None)
    size = struct.pack((">" if big else "<") + ("I" if len(header) == 12 else "H"), len(padded))
    element = dicomkit.read(header[: -len(size)] + size + padded, transfer_syntax=syntax.uid)[0x00091001]
    array = element.array()
    assert array.tolist()[:3] == list(numbers)
    assert array.dtype == np.dtype(struct_code(vr)).newbyteorder(">" if big and vr != "UN" else "<")
    assert not array.flags.writeable
    assert bytes(element.view()) == padded == element.raw


def test_an_array_shares_the_bytes_that_were_read() -> None:
    data = bytearray(EXPLICIT_LITTLE.encode([(0x7FE00010, "OW", struct.pack("<4H", 1, 2, 3, 4))]))
    element = dicomkit.read(data)["PixelData"]
    assert np.shares_memory(element.array(), np.frombuffer(data, np.uint8))
    assert np.shares_memory(np.frombuffer(element.view(), np.uint8), np.frombuffer(data, np.uint8))
    assert element.view().readonly


def test_an_array_of_a_deferred_value(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(EXPLICIT_LITTLE.encode([(0x7FE00010, "OW", struct.pack("<40000H", *range(40000)))]))
    element = dicomkit.read(path)["PixelData"]
    assert not element.is_in_memory
    assert element.array().tolist() == list(range(40000))


def test_bytes_behind_the_last_number_are_in_no_array() -> None:
    element = of((0x7FE00008, "OF", bytes(4) + b"\1\2"))["FloatPixelData"]
    assert element.array().tolist() == [0.0]
    assert element.raw == bytes(4) + b"\1\2"


@pytest.mark.parametrize(("tag", "vr", "value"), [(0x00100010, "PN", "A"), (0x00080005, "SQ", []), (0x00091001, "AT", 1)])
def test_no_array_of_text_tags_and_items(tag: int, vr: str, value: Value) -> None:
    with pytest.raises(TypeError, match=vr):
        of((tag, vr, value))[tag].array()


# -- as an object


def test_an_element_of_ones_own() -> None:
    element = DataElement("PatientName", value="Doe^Jane")
    assert (element.tag, element.vr, element.value.family_name, element.vm) == (0x00100010, "PN", "Doe", 1)
    assert (element.length, element.offset, element.path, element.is_in_memory) == (None, None, "(0010,0010)", True)
    assert (element.is_encapsulated, element.is_truncated) == (False, False)
    for access in (lambda: element.raw, element.view, element.array):  # a name is no array
        with pytest.raises(TypeError):
            access()


def test_an_assigned_element_knows_its_data_set() -> None:
    ds = of((0x00190010, "LO", "SIEMENS MR HEADER"), (0x00082218, "SQ", [[], [(0x00080100, "SH", "A")]]))
    ds[0x0019000C, "SIEMENS MR HEADER"] = 1000
    item = ds.AnatomicRegionSequence[1]
    item.CodeMeaning = "meaning"
    element = ds[0x0019100C]
    assert (element.name, element.private_creator, element.path) == ("B_value", "SIEMENS MR HEADER", "(0019,100C)")
    assert item["CodeMeaning"].path == [one.path for one in item][1] == "(0008,2218)[1].(0008,0104)"
    assert str(ds).splitlines()[-1] == "(0019,100C) IS B_value: 1000"


@pytest.mark.parametrize(
    ("tag", "vr", "value", "expected"),
    [
        ("0010,0020", None, "1", ("LO", "1")),
        ((0x0028, 0x0010), None, 512, ("US", 512)),
        (0x00091001, None, b"ab", ("UN", b"ab")),
        (0x00091001, None, Sequence([Dataset()]), ("SQ", [Dataset()])),
        (0x00091001, "DS", "1\\2", ("DS", (1.0, 2.0))),
        (0x00280106, None, 5, ("US", 5)),  # US or SS
        (0x00280106, None, -5, ("SS", -5)),
        (0x00283006, None, b"ab", ("OW", b"ab")),  # US or OW
        (0x00283006, None, [1, 2], ("US", (1, 2))),
    ],
)
def test_vr_by_the_dictionary(tag: Any, vr: str | None, value: Any, expected: tuple[str, Any]) -> None:
    element = DataElement(tag, vr, value)
    assert (element.vr, element.value) == expected


def test_vr_by_the_private_dictionary() -> None:
    element = DataElement(0x0019990C, value="1000", private_creator="SIEMENS MR HEADER")
    assert (element.vr, element.value) == ("IS", 1000)


def test_elements_are_equal_by_tag_vr_and_value() -> None:
    one = of((0x00200032, "DS", ("1", "2.50", "3")))["ImagePositionPatient"]
    other = of((0x00200032, "DS", ("1.0", "2.5", "3e0")), syntax=IMPLICIT_LITTLE)["ImagePositionPatient"]
    assert one == other == DataElement("ImagePositionPatient", value=(1, 2.5, 3))
    assert one != DataElement("ImagePositionPatient", value=(1, 2.5, 4))
    assert one != DataElement("ImageOrientationPatient", value=(1, 2.5, 3))
    assert one != DataElement("ImagePositionPatient", "FD", (1, 2.5, 3))
    assert one != (1, 2.5, 3)


def test_text_is_equal_by_meaning() -> None:
    latin = of((0x00080005, "CS", "ISO_IR 100"), (0x00100010, "PN", b"\xe4b"))["PatientName"]
    utf8 = of((0x00080005, "CS", "ISO_IR 192"), (0x00100010, "PN", "äb".encode()))["PatientName"]
    cyrillic = of((0x00080005, "CS", "ISO_IR 144"), (0x00100010, "PN", b"\xe4b"))["PatientName"]
    assert latin == utf8
    assert latin != cyrillic


@pytest.mark.parametrize(("tag", "vr", "value"), [(0x00180050, "DS", "abc"), (0x00082134, "FD", float("nan"))])
def test_what_is_no_number_equals_itself_only(tag: int, vr: str, value: Value) -> None:
    one, same, other = of((tag, vr, value))[tag], of((tag, vr, value))[tag], of((tag, vr, None))[tag]
    assert one == same
    assert one != other
    assert other != one


def test_copies_and_pickles() -> None:
    ds = of((0x00100010, "PN", "Doe^Jane"), (0x00082218, "SQ", [[(0x00080100, "SH", "A")]]))
    for element in (*ds, DataElement("Rows", value=512)):
        for twin in (copy.copy(element), copy.deepcopy(element), pickle.loads(pickle.dumps(element))):
            assert twin == element
            assert type(twin.value) is type(element.value)
    sequence = copy.deepcopy(ds["AnatomicRegionSequence"]).value
    sequence[0].CodeValue = "B"
    assert ds.AnatomicRegionSequence[0].CodeValue == "A"


def test_elements_have_no_hash_and_cannot_be_changed() -> None:
    element = of((0x00100010, "PN", "Doe^Jane"))["PatientName"]
    with pytest.raises(TypeError):
        hash(element)
    for name in ("tag", "vr", "value", "raw", "anything"):
        with pytest.raises(AttributeError):
            setattr(element, name, "x")

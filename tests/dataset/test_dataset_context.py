"""What an element means by what is around it: its character set, and VRs that depend on other elements."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, TransferSyntax, Value

import dicomkit
from dicomkit import Dataset

Row = tuple[int, str, Value]
SYNTAXES = pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG], ids=["explicit", "implicit", "big"]
)
SET, NAME, SERIES, IMAGES = 0x00080005, 0x00100010, 0x00081115, 0x00081140


def of(*elements: Row, syntax: TransferSyntax = EXPLICIT_LITTLE, **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid, **options)


# -- Specific Character Set (PS3.5 6.1.2.2; 7.5.3: an item has its own, or that of the data set around)

BYTES = b"\xb5 "
LATIN = "\N{MICRO SIGN}"  # ISO_IR 100
CYRILLIC = "\N{CYRILLIC CAPITAL LETTER IE}"  # ISO_IR 144
GREEK = "\N{GREEK DIALYTIKA TONOS}"  # ISO_IR 126

INHERITING: list[Row] = [
    (SET, "CS", "ISO_IR 144"),
    (SERIES, "SQ", [
        [(NAME, "PN", BYTES), (IMAGES, "SQ", [[(NAME, "PN", BYTES)]])],
        [(SET, "CS", "ISO_IR 126"), (NAME, "PN", BYTES), (IMAGES, "SQ", [[(NAME, "PN", BYTES)]])],
        [(SET, "CS", "ISO_IR 126"), (IMAGES, "SQ", [[(SET, "CS", "ISO_IR 100"), (NAME, "PN", BYTES)]])],
    ]),
    (NAME, "PN", BYTES),
]  # fmt: skip
PATHS = [
    "PatientName",
    "ReferencedSeriesSequence[0].PatientName",
    "ReferencedSeriesSequence[0].ReferencedImageSequence[0].PatientName",
    "ReferencedSeriesSequence[1].PatientName",
    "ReferencedSeriesSequence[1].ReferencedImageSequence[0].PatientName",
    "ReferencedSeriesSequence[2].ReferencedImageSequence[0].PatientName",
]


@SYNTAXES
def test_items_have_their_own_character_set_or_that_around(syntax: TransferSyntax) -> None:
    ds = of(*INHERITING, syntax=syntax)
    assert [ds[path].value for path in PATHS] == [CYRILLIC, CYRILLIC, CYRILLIC, GREEK, GREEK, LATIN]
    # the last one first: nothing depends on what was touched before
    ds = of(*INHERITING, syntax=syntax)
    assert [ds[path].value for path in PATHS[::-1]] == [LATIN, GREEK, GREEK, CYRILLIC, CYRILLIC, CYRILLIC]
    assert [e.value for e in of(*INHERITING, syntax=syntax).walk() if e.vr == "PN"] == [
        CYRILLIC, CYRILLIC, GREEK, GREEK, LATIN, CYRILLIC
    ]  # fmt: skip


@pytest.mark.parametrize("charset", ["ISO_IR 126", ("ISO_IR 126",), "\\ISO 2022 IR 126", "iso-ir 126"])
def test_a_character_set_of_the_caller_goes_for_everything(charset: Any) -> None:
    ds = of(*INHERITING, charset=charset)
    assert [ds[path].value for path in PATHS] == [GREEK] * 6
    assert ds.SpecificCharacterSet == ("ISO_IR 144",)


def test_an_unknown_character_set_of_the_caller() -> None:
    with pytest.raises(ValueError, match="elvish"):
        of(*INHERITING, charset="elvish")


def test_no_character_set_at_all() -> None:
    assert of((NAME, "PN", "Doe^Jane")).PatientName == "Doe^Jane"
    assert of((NAME, "PN", "Ünal".encode())).PatientName == "Ünal"  # not of the standard: UTF-8 is what fits


def test_text_that_has_no_character_set_is_not_touched_by_one() -> None:
    ds = of((SET, "CS", "ISO_IR 13"), (0x00080060, "CS", "A\\B"), (NAME, "PN", b"a\\b "), (0x00104000, "LT", b"\\ "))
    assert (ds["Modality"].value, ds["PatientName"].value) == (("A", "B"), ("a", "b"))
    assert ds.PatientComments == "\\"


def test_assigning_a_character_set_does_not_change_what_was_read() -> None:
    ds = of(*INHERITING)
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert ds.PatientName == CYRILLIC
    assert ds.ReferencedSeriesSequence[0].PatientName == CYRILLIC


def test_the_character_set_does_not_wait_in_the_file(tmp_path: Any) -> None:
    path = tmp_path / "deferred"
    rows: list[Row] = [
        (SET, "CS", "ISO_IR 144"),
        (0x00090010, "LO", "ACME"),
        (0x00091001, "LO", "a"),
        (NAME, "PN", BYTES),
    ]
    path.write_bytes(EXPLICIT_LITTLE.encode([*rows, (0x7FE00010, "OB", bytes(100_000))]))
    ds = dicomkit.read(path, defer_size=0)
    assert (ds.PatientName, ds[0x00090001, "ACME"].value) == (CYRILLIC, "a")


# -- US or SS (PS3.5 A.1, PS3.3 C.7.6.3.1: by Pixel Representation, of the same data set or the nearest around)


@SYNTAXES
@pytest.mark.parametrize("signed", [0, 1])
def test_pixel_values_by_pixel_representation(syntax: TransferSyntax, signed: int) -> None:
    vr, value = ("SS", -2) if signed else ("US", 65534)
    value_row: Row = (0x00280106, vr, value)  # SmallestImagePixelValue
    ds = of(
        (0x00280103, "US", signed),
        value_row,
        (0x52009230, "SQ", [[value_row]]),
        (IMAGES, "SQ", [[value_row]]),
        syntax=syntax,
    )
    assert (ds["SmallestImagePixelValue"].vr, ds.SmallestImagePixelValue) == (vr, value)
    for name in ("PerFrameFunctionalGroupsSequence", "ReferencedImageSequence"):  # behind it and before it
        assert (ds[f"{name}[0].SmallestImagePixelValue"].vr, ds[f"{name}[0].SmallestImagePixelValue"].value) == (
            vr,
            value,
        )


@pytest.mark.parametrize(
    ("around", "own", "expected"), [(0, 1, -2), (1, 0, 65534), (None, 1, -2), (1, None, -2), (None, None, 65534)]
)
def test_items_have_their_own_pixel_representation(around: int | None, own: int | None, expected: int) -> None:
    item: list[Row] = [(0x00280106, "SS", -2)]
    if own is not None:
        item.append((0x00280103, "US", own))
    rows: list[Row] = [(IMAGES, "SQ", [item])]
    if around is not None:
        rows.append((0x00280103, "US", around))
    ds = of(*rows, syntax=IMPLICIT_LITTLE)
    assert ds["ReferencedImageSequence[0].SmallestImagePixelValue"].value == expected


def test_an_explicit_vr_counts() -> None:
    assert of((0x00280103, "US", 0), (0x00280106, "SS", -2)).SmallestImagePixelValue == -2


@pytest.mark.parametrize("signed", [0, 1])
def test_lut_descriptors(signed: int) -> None:
    """PS3.3 C.11.1.1: the second value, the first stored value mapped, is signed as the pixels are."""
    first = -5 if signed else 65531
    item: list[Row] = [(0x00283002, "SS" if signed else "US", (256, first, 16))]
    ds = of((0x00280103, "US", signed), (0x00283000, "SQ", [item]), syntax=IMPLICIT_LITTLE)
    assert ds.ModalityLUTSequence[0].LUTDescriptor == (256, first, 16)


@pytest.mark.parametrize(("entries", "vr", "value"), [(1, "US", (7, 8)), (2, "OW", b"\7\0\10\0"), (0, "OW", b"\7\0\10\0")])
def test_lut_data_by_its_descriptor(entries: int, vr: str, value: object) -> None:
    """PS3.5 A.1: OW; US where there is one entry."""
    item: list[Row] = [(0x00283002, "US", (entries, 0, 16)), (0x00283006, "OW", struct.pack("<2H", 7, 8))]
    element = of((0x00283000, "SQ", [item]), syntax=IMPLICIT_LITTLE)["ModalityLUTSequence[0].LUTData"]
    assert (element.vr, element.value) == (vr, value)


@pytest.mark.parametrize(
    ("tag", "before", "vr"),
    [
        (0x7FE00010, (), "OW"),  # PixelData, PS3.5 A.1 a: OW in implicit VR
        (0x7FE00010, ((0x00280100, "US", 8),), "OW"),
        (0x60003000, (), "OW"),  # OverlayData
        (0x54001010, ((0x54001004, "US", 16),), "OW"),  # WaveformData by Waveform Bits Allocated
        (0x54001010, ((0x54001004, "US", 8),), "OB"),
        (0x00281201, (), "OW"),  # RedPaletteColorLookupTableData
    ],
)
def test_bytes_or_words_in_implicit_vr(tag: int, before: tuple[Row, ...], vr: str) -> None:
    element = of(*before, (tag, "OW", b"\1\0\2\0"), syntax=IMPLICIT_LITTLE)[tag]
    assert (element.vr, element.value) == (vr, b"\1\0\2\0")


# -- UN that is a sequence (PS3.5 6.2.2 note 2: implicit VR little endian inside)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG], ids=["little", "big"])
@pytest.mark.parametrize("tag", [IMAGES, 0x00091001], ids=["known", "private"])
def test_sequences_of_unknown_vr(syntax: TransferSyntax, tag: int) -> None:
    item = IMPLICIT_LITTLE.item(IMPLICIT_LITTLE.encode([(0x00081150, "UI", "1.2"), (0x00280010, "US", 5)]))
    end = IMPLICIT_LITTLE._marker(0xFFFEE0DD, 0)
    data = syntax._header(tag, "UN", 0xFFFFFFFF) + item + end + syntax.element(NAME, "PN", "Doe^Jane")
    ds = dicomkit.read(data, transfer_syntax=syntax.uid)
    element = ds[tag]
    assert (element.vr, element.encoded_vr, element.vm, element.raw) == ("SQ", "UN", 1, item)
    assert (element.value[0].ReferencedSOPClassUID, element.value[0].Rows) == ("1.2", 5)
    assert element.value[0]["Rows"].array().tolist() == [5]
    assert ds.PatientName == "Doe^Jane"

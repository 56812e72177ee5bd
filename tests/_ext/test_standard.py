"""The standard's tables, compared with those of pydicom (PS3.6 2024) and DCMTK (PS3.6 2022)."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dicomkit._ext import standard
from dicomkit.standard import Dictionary


def peer_module(name: str) -> ModuleType:
    if os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1":
        return importlib.import_module(name)
    module: ModuleType = pytest.importorskip(name)
    return module


def dcmtk_dictionary(name: str) -> Dictionary:
    folders = [Path("/usr/share"), Path("/usr/local/share"), Path("/opt/homebrew/share")]
    for folder in folders:
        for path in sorted(folder.glob(f"*dcmtk*/{name}")):
            return Dictionary.load(path)
    if os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1":
        pytest.fail(f"DCMTK's {name} is not installed, and DICOMKIT_REQUIRE_PEERS=1")
    pytest.skip(f"DCMTK's {name} is not installed")


def fields(row: Any) -> tuple[Any, ...]:
    _, vr, vm, keyword, name, retired = row
    return " or ".join(vr) or "NONE", vm, name, "Retired" if retired else "", keyword


# Elements that PS3.6 lists without name and keyword, retired: their VR in pydicom comes from nowhere.
NAMELESS = {0x00080202, 0x00180061, 0x00189445, 0x00280020, 0x04000315, 0x300A0135, 0x300A0782}

# Where pydicom 3.0 is not as PS3.6 2026b: (field of pydicom's row, what it says there).
PYDICOM = {
    0x00102160: (3, ""),  # Ethnic Group: retired in 2025a
    0x00146051: (2, "Moving Window Padding Sength"),  # PS3.6 corrected the slip
    0x00181153: (2, "Exposure in uAs"),  # PS3.6 has a micro sign
    0x00188150: (2, "Exposure Time in uS"),
    0x00188151: (2, "X-Ray Tube Current in uA"),
    0x00281200: (1, "1-n"),
    0x003A0320: (4, "SummarizedFilterLookupTable"),  # the keyword ends in Sequence since 2025
    0x003A0325: (4, "AnalogFilterType"),
    0x30040012: (3, "Retired"),  # Dose Value: taken back
}


def test_public_dictionary_is_that_of_pydicom() -> None:
    rows = peer_module("pydicom._dicom_dict").DicomDictionary
    for tag, row in rows.items():
        if tag in NAMELESS:
            assert standard.element(tag) is None
            continue
        found = list(fields(standard.element(tag)))
        if tag in PYDICOM:
            field, said = PYDICOM[tag]
            if row[field] == said:
                found[field] = said
        assert tuple(found) == tuple(row), f"{tag:08X}"


def test_repeating_groups_are_those_of_pydicom() -> None:
    rows = peer_module("pydicom._dicom_dict").RepeatersDictionary
    for mask, row in rows.items():
        for digit in "02468ACE":
            tag = int(mask.replace("x", digit), 16)
            if tag & 0xFFFF and tag not in EXACT_IN_REPEATING:
                assert fields(standard.element(tag)) == row, f"{mask} as {tag:08X}"


# (0028,0400) to (0028,0403) are elements of their own; the repeating row (0028,04x0) gives way.
EXACT_IN_REPEATING = {0x00280400, 0x00280401, 0x00280402, 0x00280403}

# Where DCMTK 3.6.7 is not as PS3.6 2026b.
DCMTK_RETIRED_LATER = {0x00102160, 0x00380004, 0x00701807, 0x00701808, 0x30040010, 0x30060085, 0x30060088}
DCMTK_RETIRED_LATER |= {0x3008002B, 0x30100090}
DCMTK_OTHERS = {
    0x00089007: "VM 4; 4-5 since Frame Type may have a fifth value",
    0x00283006: "US or SS or OW; PS3.6: US or OW",
}


def test_public_dictionary_is_that_of_dcmtk() -> None:
    for groups, elements, vr, vm, keyword, _, retired, _ in dcmtk_dictionary("dicom.dic").rows:
        tag = groups[0] << 16 | elements[0]
        if tag in DCMTK_OTHERS or keyword.endswith(("GroupLength", "PrivateCreator")):
            continue
        row = standard.element(tag)
        assert row is not None, f"{tag:08X}"
        assert (row[1], row[2], row[3]) == (vr, vm, keyword), f"{tag:08X}"
        assert row[5] == retired or tag in DCMTK_RETIRED_LATER, f"{tag:08X}"


def test_every_row_is_found_by_tag_and_by_keyword() -> None:
    rows = standard.elements()
    assert len(rows) > 5300
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    for row in rows:
        assert standard.keyword(row[3]) == row
        if row[0] not in EXACT_IN_REPEATING and row[3] not in ("EscapeTriplet", "ZonalMap"):
            assert standard.element(row[0]) == row


@pytest.mark.parametrize(
    ("tag", "keyword"),
    [
        (0x60003000, "OverlayData"),
        (0x60FE3000, "OverlayData"),
        (0x60013000, None),  # odd: private
        (0x61003000, None),
        (0x50FE0005, "CurveDimensions"),
        (0x7F020010, "VariablePixelData"),
        (0x7FE00010, "PixelData"),  # exact before repeating
        (0x002031FF, "SourceImageIDs"),
        (0x00203200, None),
        (0x00280410, "RowsForNthOrderCoefficients"),
        (0x00280411, "ColumnsForNthOrderCoefficients"),
        (0x00280400, "TransformLabel"),
        (0x1000FFF5, "ShiftTableTriplet"),
        (0x1000FFF6, None),
        (0x10101234, "ZonalMap"),
        (0x00000000, "CommandGroupLength"),
        (0x00020000, "FileMetaInformationGroupLength"),
        (0x00080000, "GenericGroupLength"),
        (0x00090000, "GenericGroupLength"),
        (0x10000000, "GenericGroupLength"),
        (0x60000000, "GenericGroupLength"),
        (0x00090010, "PrivateCreator"),
        (0x000900FF, "PrivateCreator"),
        (0x0009000F, None),
        (0x00090100, None),
        (0x00070010, None),  # PS3.5 7.8.1: groups 0001 to 0007 and FFFF are not for private elements
        (0xFFFF0010, None),
        (0x00080010, "RecognitionCode"),
        (0xFFFEE000, "Item"),
        (0xFFFFFFFF, None),
        (0x00089999, None),
    ],
)
def test_special_tags(tag: int, keyword: str | None) -> None:
    row = standard.element(tag)
    assert (row[3] if row else None) == keyword
    if row:
        assert row[0] == tag


def test_generic_elements() -> None:
    assert standard.element(0x00180000) == (
        0x00180000,
        ("UL",),
        "1",
        "GenericGroupLength",
        "Generic Group Length",
        True,
    )
    assert standard.element(0x00190010) == (0x00190010, ("LO",), "1", "PrivateCreator", "Private Creator", False)


@pytest.mark.parametrize("word", ["", "patientname", "PatientNam", "PatientNames", "\0", "PatientName\0", "\ud800", "Ä"])
def test_no_such_keyword(word: str) -> None:
    assert standard.keyword(word) is None
    assert standard.uid_keyword(word) is None
    assert standard.uid(word) is None


def test_arguments_of_other_types() -> None:
    with pytest.raises(TypeError):
        standard.keyword(b"PatientName")  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        standard.element(1 << 32)
    with pytest.raises(OverflowError):
        standard.element(-1)
    with pytest.raises(AttributeError):
        standard.element(0, "no dictionary")  # type: ignore[arg-type]


def test_private_dictionary_has_all_of_pydicom() -> None:
    differing: Counter[str] = Counter()
    total = 0
    dcmtk = {
        (creator, groups[0], elements[0]): vr for groups, elements, vr, *_, creator in dcmtk_dictionary("private.dic").rows
    }
    for creator, rows in peer_module("pydicom._private_dict").private_dictionaries.items():
        for mask, (vr, *_) in rows.items():
            if mask.endswith("xx"):
                continue  # (0019,10xx): a whole block, listed as if it were an element
            group, element = int(mask[:4].replace("xx", "01"), 16), int(mask[6:], 16)
            if mask[4:6] not in ("xx", "00"):
                element = int(mask[4:], 16)
            row = standard.private_element(creator, group << 16 | (element if element > 0xFF else 0x1000 | element))
            assert row is not None, (creator, mask)
            total += 1
            if row[1] != tuple(vr.split(" or ")):
                known = vr == "UN" or row[1] == dcmtk.get((creator, group, element))
                differing["pydicom has UN, or DCMTK agrees" if known else "others"] += 1
    assert total > 10_000
    assert differing["others"] < 10


def test_private_dictionary_has_all_of_dcmtk() -> None:
    rows = dcmtk_dictionary("private.dic").rows
    missing = [
        (creator, groups, elements)
        for groups, elements, *_, creator in rows
        if standard.private_element(
            creator or "", groups[0] << 16 | (elements[0] if elements[0] > 0xFF else 0x1000 | elements[0])
        )
        is None
    ]
    assert len(rows) > 2500
    assert not missing


@pytest.mark.parametrize(
    ("creator", "tag", "name"),
    [
        ("SIEMENS CSA HEADER", 0x00291010, "CSA Image Header Info"),
        ("SIEMENS CSA HEADER", 0x0029FF10, "CSA Image Header Info"),  # any block
        ("SIEMENS CSA HEADER ", 0x00291010, "CSA Image Header Info"),
        ("SIEMENS CSA HEADER\0", 0x00291010, "CSA Image Header Info"),
        (" SIEMENS CSA HEADER", 0x00291010, None),
        ("siemens csa header", 0x00291010, None),
        ("SIEMENS CSA HEADER", 0x00290010, None),  # the private creator itself
        ("SIEMENS CSA HEADER", 0x00311010, None),
        ("SIEMENS MR VA0  GEN", 0x00191110, "Total Measurement Time nominal"),  # with two spaces
        ("OCULUS Optikgeraete GmbH", 0x00291010, "Original Measuring Data"),  # not relocated
        ("DLX_LKUP_01", 0x60031001, "Gray Palette color lookup table descriptor"),  # odd groups of a range
        ("DLX_LKUP_01", 0x60021001, None),
        ("", 0x00291010, None),
    ],
)
def test_private_elements(creator: str, tag: int, name: str | None) -> None:
    row = standard.private_element(creator, tag)
    assert (row[4] if row else None) == name


def test_all_private_rows_are_found() -> None:
    creators = standard.private_creators()
    assert len(creators) > 500
    assert creators == sorted(creators)
    for creator in creators:
        rows = standard.private_elements(creator)
        assert rows
        for row in rows:
            tag = row[0] if row[0] & 0xFF00 else row[0] | 0x4200
            assert standard.private_element(creator, tag) == (tag, *row[1:])
    assert standard.private_elements("nobody") == []


# PS3.6 2026b spells "Process 2 & 4".
def test_uids_are_those_of_pydicom() -> None:
    for uid, (name, kind, _, retired, keyword) in peer_module("pydicom._uid_dict").UID_dictionary.items():
        row = standard.uid(uid)
        assert row is not None, uid
        assert (row[0], row[3], row[4]) == (uid, kind, retired == "Retired"), uid
        assert row[2].replace("&", "and") == name, uid
        assert row[1] == keyword, uid


def test_uid_lookup_ignores_padding() -> None:
    assert standard.uid("1.2.840.10008.1.2\0") == standard.uid("1.2.840.10008.1.2 ") == standard.uid("1.2.840.10008.1.2")


def test_every_uid_is_found() -> None:
    rows = standard.uids()
    assert len(rows) > 1800
    for row in rows:
        assert standard.uid(row[0]) == row
    keywords = Counter(row[1] for row in rows)
    for row in rows:
        if row[1] and keywords[row[1]] == 1:
            assert standard.uid_keyword(row[1]) == row

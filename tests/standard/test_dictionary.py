from __future__ import annotations

import pytest

from dicomkit.standard import (
    Dictionary,
    Tag,
    element,
    elements,
    private_creators,
    private_element,
    private_elements,
    search,
    similar_keywords,
)

MINE = Dictionary(
    [
        ((8, 8, 1), (0x9998, 0x9998, 1), ("FD",), "3", "MyPoint", "My Point", False, None),
        ((0x29, 0x29, 1), (1, 1, 1), ("DS",), "1", "", "Mine", False, "ACME"),
    ]
)


@pytest.mark.parametrize("key", [0x00100010, Tag(0x00100010), "PatientName", "0010,0010", "(0010,0010)", (0x10, 0x10)])
def test_element(key: int | str | tuple[int, int]) -> None:
    entry = element(key)
    assert entry is not None
    assert type(entry.tag) is Tag
    assert (entry.tag, entry.vr, entry.vm) == (0x00100010, ("PN",), "1")
    assert (entry.keyword, entry.name, entry.retired, entry.creator) == ("PatientName", "Patient's Name", False, "")
    assert repr(entry) == "<ElementEntry (0010,0010) PN 1 PatientName>"
    assert entry == element("PatientName")
    assert hash(entry) == hash(element("PatientName"))
    assert entry != element("PatientID")
    assert entry != "PatientName"


# PS3.6
@pytest.mark.parametrize(
    ("keyword", "vr", "vm"),
    [
        ("SmallestImagePixelValue", ("US", "SS"), "1"),
        ("LUTData", ("US", "OW"), "1-n"),
        ("PixelData", ("OB", "OW"), "1"),
        ("Item", (), "1"),
        ("ImageType", ("CS",), "2-n"),
        ("ContourData", ("DS",), "3-3n"),
        ("ExposureInuAs", ("IS",), "1"),
    ],
)
def test_vr_and_vm(keyword: str, vr: tuple[str, ...], vm: str) -> None:
    entry = element(keyword)
    assert entry is not None
    assert (entry.vr, entry.vm) == (vr, vm)


@pytest.mark.parametrize("key", [0x00089999, "0008,9999", "NoSuchKeyword", "", "0010"])
def test_no_element(key: int | str) -> None:
    assert element(key) is None


def test_no_tag() -> None:
    with pytest.raises(ValueError, match="32-bit"):
        element(-1)


def test_user_dictionary() -> None:
    for key in (0x00089998, "MyPoint", "0008,9998"):
        entry = element(key, user=MINE)
        assert entry is not None
        assert (entry.tag, entry.vr, entry.name) == (0x00089998, ("FD",), "My Point")
        assert element(key) is None
    entry = private_element("ACME", 0x00291101, user=MINE)
    assert entry is not None
    assert (entry.name, entry.creator) == ("Mine", "ACME")


def test_private_element() -> None:
    entry = private_element("SIEMENS CSA HEADER ", "0029,1110")
    assert entry is not None
    assert (entry.tag, entry.vr, entry.vm, entry.keyword) == (0x00291110, ("OB",), "1", "")
    assert (entry.name, entry.creator) == ("CSA Image Header Info", "SIEMENS CSA HEADER")
    assert repr(entry) == "<ElementEntry (0029,1110) OB 1 'CSA Image Header Info' of 'SIEMENS CSA HEADER'>"
    assert private_element("nobody", 0x00291110) is None


def test_lists() -> None:
    tags = [entry.tag for entry in elements()]
    assert tags == sorted(tags)
    assert Tag("PixelData") in tags
    assert "GEMS_IDEN_01" in private_creators()
    names = {entry.tag: entry.name for entry in private_elements("SIEMENS CSA HEADER")}
    assert names[Tag(0x00290010)] == "CSA Image Header Info"


def test_search() -> None:
    keywords = [entry.keyword for entry in search("patient's name")]
    assert "PatientName" in keywords
    assert "PatientID" not in keywords
    assert "RTDoseROISequence" in [entry.keyword for entry in search("dOsErOi")]
    assert search("no element has this") == []


def test_similar_keywords() -> None:
    assert similar_keywords("PatientNmae")[0] == "PatientName"
    assert similar_keywords("patientname") == ["PatientName"] or similar_keywords("patientname")[0] == "PatientName"
    assert len(similar_keywords("PatientNam", 1)) == 1
    assert similar_keywords("Qwertzuiop") == []

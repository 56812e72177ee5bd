"""Damaged files that are changed or re-encoded: what is written is sound, and has what could be read."""

from __future__ import annotations

import struct

import pytest

import dicomkit
from dicomkit import Dataset, EncodeError
from tests.reference.encoding import (
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    ITEM,
    UNDEFINED,
    Element,
    Item,
    Sequence,
    file_bytes,
    file_meta,
)

SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
FIRST = EXPLICIT.node(Element(0x00080018, "UI", b"1.2\0"))
LAST = EXPLICIT.node(Element(0x00100040, "CS", b"O "))


def read_with(content: bytes, syntax: str = EXPLICIT_LITTLE) -> Dataset:
    return dicomkit.read(file_meta(syntax) + FIRST + content + LAST)


def assert_sound(dataset: Dataset) -> None:
    """In every encoding, and after a change, it is read back without a problem of structure, as the same."""
    values = [(element.path, element.value) for element in dataset.walk() if element.vr != "SQ"]
    for syntax in SYNTAXES:
        again = dicomkit.read(dataset.to_bytes(transfer_syntax=syntax, sequence_length="undefined"))
        assert {problem.code for problem in again.problems} <= {"odd-length"}
        assert [(element.path, element.value) for element in again.walk() if element.vr != "SQ"] == values
    dataset.PatientID = "X"
    again = dicomkit.read(dataset.to_bytes())
    assert {problem.code for problem in again.problems} <= {"odd-length", "unknown-vr"}
    assert again == dataset


def test_elements_in_the_other_kind_of_vr() -> None:
    """At the root and in items, whichever comes first there."""
    one, other = Element(0x00080100, "SH", b"a "), Element(0x00080104, "LO", b"bb")
    for first, second in ((IMPLICIT, EXPLICIT), (EXPLICIT, IMPLICIT)):
        inner = first.node(one) + second.node(other)
        item = EXPLICIT.marker(ITEM, len(inner)) + inner
        dataset = read_with(EXPLICIT.header(0x00081140, "SQ", len(item)) + item)
        assert "implicit-element" in {problem.code for problem in dataset.problems}
        assert_sound(dataset)
    assert_sound(read_with(IMPLICIT.node(Element(0x00100010, "PN", b"A^B "))))


@pytest.mark.parametrize("vr", [b"??", b"\x04\x00", b"\0\0", b"zz", b"ZZ"])
def test_vrs_that_are_none(vr: bytes) -> None:
    """Nobody can tell how such a header goes on: UN can be told."""
    header = struct.pack("<HH2sH", 0x0010, 0x0010, vr, 4)
    dataset = read_with(header + b"A^B ")
    assert dataset["PatientName"].raw == b"A^B "
    again = dicomkit.read(dataset.to_bytes(sequence_length="undefined", group_length="create"))
    assert again["PatientName"].encoded_vr == "UN"
    assert again["PatientName"].raw == b"A^B "
    assert again.problems == ()


def test_a_vr_of_the_future_stays() -> None:
    """PS3.5 7.1.2: it has a length of 32 bits."""
    content = struct.pack("<HH2sHI", 0x0010, 0x0010, b"ZZ", 0, 4) + b"A^B "
    dataset = read_with(content)
    dataset.PatientID = "X"
    assert content in dataset.to_bytes()
    again = dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_BIG))
    assert (again["PatientName"].encoded_vr, again["PatientName"].raw) == ("ZZ", b"A^B ")


def test_an_odd_length_that_lies() -> None:
    """The header says 5, but the reader was told that a padding byte follows: what is written has 6."""
    whole = EXPLICIT.node(Element(0x00100010, "PN", b"A^B^C "))
    content = file_meta() + FIRST + whole[:6] + b"\5\0" + whole[8:] + LAST
    dataset = dicomkit.read(content, quirks="assume-even-length")
    assert dataset.PatientName == "A^B^C"
    dataset.PatientID = "X"
    again = dicomkit.read(dataset.to_bytes())
    assert (again["PatientName"].length, again.problems) == (6, ())


def test_an_odd_length_that_is_true() -> None:
    """It stays, like all bytes of what was not changed; in another encoding it becomes even."""
    odd = EXPLICIT.node(Element(0x00100010, "PN", b"A^B^C"))
    dataset = read_with(odd)
    dataset.PatientID = "X"
    assert odd in dataset.to_bytes()
    again = dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_BIG), strict=True)
    assert again["PatientName"].raw == b"A^B^C "


def test_items_in_what_is_no_sequence() -> None:
    """An OB of undefined length that is not Pixel Data has fragments; they stay such."""
    fragments = b"".join(EXPLICIT.marker(ITEM, len(data)) + data for data in (b"\0\0\0\0\x0c\0\0\0", b"\xff\xd8\xff\xd9"))
    content = EXPLICIT.header(0x04E00010, "OB", UNDEFINED) + fragments + EXPLICIT.marker(0xFFFEE0DD, 0)
    dataset = dicomkit.read(file_meta() + FIRST + content)
    assert dataset[0x04E00010].is_encapsulated
    for syntax in (EXPLICIT_LITTLE, EXPLICIT_BIG):
        again = dicomkit.read(dataset.to_bytes(transfer_syntax=syntax, sequence_length="undefined"))
        assert again[0x04E00010].is_encapsulated
        assert again[0x04E00010].raw[24:] == b"\xff\xd8\xff\xd9"
        assert len(again) == 2


def test_file_meta_elements_among_the_others() -> None:
    """In the order of tags they would come first, and be taken for File Meta Information."""
    stray = EXPLICIT.node(Element(0x00020016, "AE", b"AE"))
    dataset = read_with(stray)
    assert dataset.to_bytes() == file_meta() + FIRST + stray + LAST
    for changed in (False, True):
        if changed:
            dataset.PatientID = "X"
        with pytest.raises(EncodeError, match=r"\(0002,0016\).*file_meta"):
            dataset.to_bytes(transfer_syntax=IMPLICIT_LITTLE)
    del dataset[0x00020016]
    assert dicomkit.read(dataset.to_bytes(), strict=True).PatientID == "X"


@pytest.mark.parametrize("vr", ["FL", "DS", "OB", "US", "UN", "SQ", "IS"])
@pytest.mark.parametrize("tag", [0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013])
def test_file_meta_of_other_vrs(tag: int, vr: str) -> None:
    """What PS3.10 demands is written with the VR that it has there, whatever a damaged file made of it."""
    value = b"" if vr == "SQ" else b"1.2.840.10008.1.2.1\0"
    elements = EXPLICIT.data_set((Element(tag, vr, value),))
    length = EXPLICIT.node(Element(0x00020000, "UL", struct.pack("<I", len(elements))))
    body = (Element(0x00080016, "UI", b"1.2.3\0"), Element(0x00080018, "UI", b"1.2\0"))
    dataset = dicomkit.read(bytes(128) + b"DICM" + length + elements + EXPLICIT.data_set(body))
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.9", "1.2.8"
    meta = dicomkit.read(dataset.to_bytes()).file_meta
    assert meta is not None
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == ("1.2.9", "1.2.8")
    assert (meta["TransferSyntaxUID"].vr, meta.TransferSyntaxUID) == ("UI", EXPLICIT_LITTLE)


@pytest.mark.parametrize("vr", ["FL", "DS", "SQ"])
def test_uids_of_other_vrs(vr: str) -> None:
    value = b"" if vr == "SQ" else b"1.2.840.10008.1.2.1\0\0\0"
    dataset = dicomkit.read(file_bytes((Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00080016, vr, value))))
    again = dicomkit.read(dataset.to_bytes(meta="new"))
    assert again["SOPClassUID"].raw == value
    assert again.file_meta is not None
    assert "MediaStorageSOPClassUID" not in again.file_meta


def test_sequences_with_lying_lengths() -> None:
    """In all ways in which a length can be too long or too short."""
    item = Item((Element(0x00080100, "SH", b"a "), Element(0x00080104, "LO", b"bcd ")))
    whole = EXPLICIT.node(Sequence(0x00081140, (item, item)))
    for at in (8, 16):  # the length of the sequence, and of its first item
        (length,) = struct.unpack_from("<I", whole, at)
        for wrong in (length - 10, length - 4, length + 2, length + 200, 0xFFFFFF00):
            content = whole[:at] + struct.pack("<I", wrong) + whole[at + 4 :]
            dataset = dicomkit.read(file_meta() + FIRST + content + LAST)
            dataset.PatientName = "X"
            again = dicomkit.read(dataset.to_bytes())
            assert not [
                problem for problem in again.problems if problem.code in ("length-past-container", "value-truncated")
            ]
            assert [element.path for element in again.walk()] == [element.path for element in dataset.walk()]

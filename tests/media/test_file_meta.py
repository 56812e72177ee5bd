"""File Meta Information of what is written: PS3.10 table 7.1-1."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset, EncodeError
from dicomkit.media.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from tests.reference.encoding import (
    DEFLATED,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Node,
    file_bytes,
    file_meta,
)

CLASS = "1.2.840.10008.5.1.4.1.1.7"
REQUIRED = (0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012)
BODY: tuple[Node, ...] = (
    Element(0x00080016, "UI", CLASS.encode() + b"\0"),
    Element(0x00080018, "UI", b"1.2.3.4\0"),
    Element(0x00100020, "LO", b"ID"),
)


def meta_of(content: bytes) -> Dataset:
    """The File Meta Information, after a look at its form."""
    assert content[128:132] == b"DICM"
    assert content[132:140] == b"\2\0\0\0UL\4\0"
    (length,) = struct.unpack_from("<I", content, 140)
    meta = dicomkit.read(content, strict=True).file_meta
    assert meta is not None
    tags = [int(element.tag) for element in meta]
    assert tags == sorted(tags)
    # PS3.10 7.1: the group length counts from behind itself to the first element of the data set
    assert 144 + length == meta_end(content)
    assert meta["TransferSyntaxUID"].encoded_vr == "UI"
    return meta


def meta_end(content: bytes) -> int:
    """Where group 0002 ends, by going over its elements (Explicit VR Little Endian)."""
    at = 132
    while content[at : at + 2] == b"\2\0":
        long = content[at + 4 : at + 6] in (b"OB", b"UN", b"UT", b"OW", b"SQ")
        at += 12 + struct.unpack_from("<I", content, at + 8)[0] if long else 8 + struct.unpack_from("<H", content, at + 6)[0]
    return at


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
@pytest.mark.parametrize("mode", ["keep", "new"])
def test_a_new_data_set_gets_all_that_is_required(mode: Any, syntax: str) -> None:
    dataset = Dataset(SOPClassUID=CLASS, SOPInstanceUID="1.2.3.4")
    content = dataset.to_bytes(meta=mode, transfer_syntax=syntax)
    meta = meta_of(content)
    assert [int(element.tag) for element in meta] == [*REQUIRED, 0x00020013]
    assert meta.FileMetaInformationVersion == b"\0\1"
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CLASS, "1.2.3.4")
    assert meta.TransferSyntaxUID == syntax
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME
    assert content[:128] == bytes(128)


def test_the_implementation_names_itself_as_the_standard_allows() -> None:
    """UI of at most 64 characters, SH of at most 16 (PS3.5 table 6.2-1)."""
    assert dicomkit.UID(IMPLEMENTATION_CLASS_UID).is_valid
    assert len(IMPLEMENTATION_CLASS_UID) <= 64
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


def test_none_is_a_bare_data_set() -> None:
    dataset = dicomkit.read(file_bytes(BODY))
    assert dataset.to_bytes(meta="none") == EXPLICIT.data_set(BODY)


def others() -> tuple[Node, ...]:
    return (
        Element(0x00020001, "OB", b"\0\1"),
        Element(0x00020002, "UI", CLASS.encode() + b"\0"),
        Element(0x00020003, "UI", b"1.2.3.4\0"),
        Element(0x00020012, "UI", b"1.2.276.0.7230010.3.0.3.6.7\0"),
        Element(0x00020013, "SH", b"OFFIS_DCMTK_367 "),
        Element(0x00020016, "AE", b"SENDER"),
        Element(0x00020100, "UI", b"1.9\0"),
        Element(0x00020102, "OB", b"private information "),
    )


def with_meta(*elements: Node, preamble: bytes = bytes(128)) -> bytes:
    return preamble + file_meta(EXPLICIT_LITTLE, *elements)[128:] + EXPLICIT.data_set(BODY)


def test_keep_keeps_what_there_is() -> None:
    preamble = b"MM\0*" + bytes(range(124))  # as of a TIFF file, PS3.10 7.1
    content = with_meta(*others(), preamble=preamble)
    dataset = dicomkit.read(content)
    dataset.PatientID = "ANOTHER"
    made = dataset.to_bytes()
    end = len(content) - len(EXPLICIT.data_set(BODY))
    assert made[:end] == content[:end]
    assert meta_of(made).PrivateInformation == b"private information "
    # in another encoding, but for its UID
    meta = meta_of(dataset.to_bytes(transfer_syntax=IMPLICIT_LITTLE))
    assert dataset.file_meta is not None
    for element in dataset.file_meta:
        if element.tag not in (0x00020000, 0x00020010):
            assert meta[element.tag].raw == element.raw
    assert dataset.to_bytes(transfer_syntax=IMPLICIT_LITTLE)[:128] == preamble


def test_new_is_of_this_implementation() -> None:
    dataset = dicomkit.read(with_meta(*others(), preamble=b"x" * 128))
    made = dataset.to_bytes(meta="new")
    meta = meta_of(made)
    assert made[:128] == bytes(128)
    assert (meta.ImplementationClassUID, meta.ImplementationVersionName) == (
        IMPLEMENTATION_CLASS_UID,
        IMPLEMENTATION_VERSION_NAME,
    )
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CLASS, "1.2.3.4")


@pytest.mark.parametrize("mode", ["keep", "new"])
def test_uids_follow_the_data_set(mode: Any) -> None:
    dataset = dicomkit.read(with_meta(*others()))
    dataset.SOPInstanceUID = "1.2.3.5.6"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta = meta_of(dataset.to_bytes(meta=mode))
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.5.6"
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_what_differed_is_kept_but_not_in_new_meta() -> None:
    """A file whose two UIDs are different was made so; "new" sets it right."""
    elements = [Element(0x00020003, "UI", b"1.9\0") if node.tag == 0x00020003 else node for node in others()]  # type: ignore[union-attr]  # Element, all
    dataset = dicomkit.read(with_meta(*elements))
    dataset.PatientID = "X"
    assert meta_of(dataset.to_bytes()).MediaStorageSOPInstanceUID == "1.9"
    assert meta_of(dataset.to_bytes(meta="new")).MediaStorageSOPInstanceUID == "1.2.3.4"


@pytest.mark.parametrize("missing", [node.tag for node in others()[:4]] + [0x00020010])  # type: ignore[union-attr]  # Element, all
def test_what_is_missing_is_added(missing: int) -> None:
    """Every element of type 1 in table 7.1-1."""
    elements = [node for node in others() if node.tag != missing]  # type: ignore[union-attr]  # Element, all
    content = with_meta(*elements)
    if missing == 0x00020010:
        body = EXPLICIT.data_set(elements)
        length = EXPLICIT.node(Element(0x00020000, "UL", struct.pack("<I", len(body))))
        content = bytes(128) + b"DICM" + length + body + EXPLICIT.data_set(BODY)
    dataset = dicomkit.read(content)
    dataset.PatientID = "X"
    meta = meta_of(dataset.to_bytes())
    assert {*REQUIRED} <= {int(element.tag) for element in meta}


def test_a_wrong_or_missing_group_length_is_counted() -> None:
    whole = with_meta(*others())
    wrong = whole[:140] + struct.pack("<I", 4) + whole[144:]
    without = whole[:132] + whole[144:]
    for content in (wrong, without):
        dataset = dicomkit.read(content)
        assert {problem.code for problem in dataset.problems} == {"meta-length"}
        dataset.PatientID = "X"
        meta_of(dataset.to_bytes())


def test_implicit_meta_is_written_explicit() -> None:
    """PS3.10 7.1: File Meta Information is Explicit VR Little Endian; some files do not know."""
    uid = b"1.2.840.10008.1.2\0"
    element = b"\2\0\x10\0" + struct.pack("<I", len(uid)) + uid
    from tests.reference.encoding import IMPLICIT

    content = bytes(128) + b"DICM" + b"\2\0\0\0" + struct.pack("<II", 4, len(element)) + element + IMPLICIT.data_set(BODY)
    dataset = dicomkit.read(content)
    assert dataset.to_bytes() == content
    dataset.PatientID = "X"
    assert meta_of(dataset.to_bytes()).TransferSyntaxUID == IMPLICIT_LITTLE


@pytest.mark.parametrize("content", [EXPLICIT.data_set(BODY), bytes(128) + b"DICM" + EXPLICIT.data_set(BODY)])
def test_a_bare_data_set_becomes_a_file(content: bytes) -> None:
    dataset = dicomkit.read(content)
    assert dataset.to_bytes() == content
    dataset.PatientID = "X"
    meta = meta_of(dataset.to_bytes())
    assert (meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID) == ("1.2.3.4", EXPLICIT_LITTLE)


def test_changes_of_the_file_meta_are_written() -> None:
    dataset = dicomkit.read(with_meta(*others()))
    assert dataset.file_meta is not None
    dataset.file_meta.SourceApplicationEntityTitle = "OTHER"
    del dataset.file_meta.PrivateInformation
    made = dataset.to_bytes()
    meta = meta_of(made)
    assert meta.SourceApplicationEntityTitle == "OTHER"
    assert "PrivateInformation" not in meta
    assert made.endswith(EXPLICIT.data_set(BODY))


def test_own_implementation_is_named_by_the_program() -> None:
    dataset = Dataset(SOPClassUID=CLASS, SOPInstanceUID="1.2.3.4")
    dataset.file_meta = Dataset(ImplementationClassUID="1.2.9", ImplementationVersionName="MINE")
    meta = meta_of(dataset.to_bytes())
    assert (meta.ImplementationClassUID, meta.ImplementationVersionName) == ("1.2.9", "MINE")


def test_strict_wants_the_uids() -> None:
    for missing, tag in (("SOPClassUID", 0x00080016), ("SOPInstanceUID", 0x00080018)):
        dataset = Dataset(SOPClassUID=CLASS, SOPInstanceUID="1.2.3.4")
        delattr(dataset, missing)
        meta_of(dataset.to_bytes())
        with pytest.raises(EncodeError, match=r"7\.1") as caught:
            dataset.to_bytes(strict=True)
        assert caught.value.tag == tag


def test_files_of_the_test_set_have_sound_meta_after_a_change(pydicom_files: list[Path]) -> None:
    count = 0
    for path in pydicom_files:
        try:
            dataset = dicomkit.read(path)
        except dicomkit.ParseError:
            continue
        dataset[0x00081195] = "1.2.3"
        try:
            meta = meta_of(dataset.to_bytes())
        except dicomkit.ParseError as error:  # strict: faults of the data set are its own
            assert "0002," not in error.path, path.name
            continue
        count += 1
        assert {0x00020000, 0x00020001, 0x00020010, 0x00020012} <= {int(element.tag) for element in meta}
    assert count > 100

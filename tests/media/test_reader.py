"""`dicomkit.read`: files as the standard says, and as they are found (PS3.10 7, PS3.5 10)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from encoding import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UNDEFINED,
    IMPLICIT_LITTLE,
    RLE_LOSSLESS,
    TransferSyntax,
    Value,
    file_bytes,
    file_meta,
)

import dicomkit
from dicomkit import UID, ParseError

ROWS: list[tuple[int, str, Value]] = [
    (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
    (0x00080018, "UI", "1.2.3"),
    (0x00082218, "SQ", [[(0x00080100, "SH", "T-D1100")]]),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
]
LITTLE, IMPLICIT, BIG = [syntax.encode(ROWS) for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)]
META = file_meta(ROWS, EXPLICIT_LITTLE)
GOOD = META + LITTLE
UIDS = {"little": "1.2.840.10008.1.2.1", "implicit": "1.2.840.10008.1.2", "big": "1.2.840.10008.1.2.2"}


def meta_without(tag: int) -> bytes:
    """File Meta Information with a right group length but without one element."""
    rows: list[tuple[int, str, Value]] = [(0x00020002, "UI", "1.2"), (0x00020010, "UI", EXPLICIT_LITTLE.uid)]
    elements = EXPLICIT_LITTLE.encode([row for row in rows if row[0] != tag])
    return bytes(128) + b"DICM" + EXPLICIT_LITTLE.element(0x00020000, "UL", len(elements)) + elements


@pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED, RLE_LOSSLESS]
)
def test_files_of_all_encodings(syntax: TransferSyntax) -> None:
    ds = dicomkit.read(file_bytes(ROWS, syntax), strict=True)
    assert (ds.PatientName, ds.Rows, ds.AnatomicRegionSequence[0].CodeValue) == ("Doe^Jane", 512, "T-D1100")
    assert (len(ds), ds.problems, ds.transfer_syntax) == (5, (), syntax.uid)
    assert isinstance(ds.transfer_syntax, UID)
    meta = ds.file_meta
    assert meta is not None
    assert meta.TransferSyntaxUID == syntax.uid
    assert (meta.MediaStorageSOPInstanceUID, meta.FileMetaInformationVersion) == ("1.2.3", b"\0\1")
    assert (meta.file_meta, meta.problems, "PatientName" in meta, "TransferSyntaxUID" in ds) == (None, (), False, False)
    assert meta["TransferSyntaxUID"].offset == file_bytes(ROWS, syntax).index(syntax.uid.encode())


def test_the_example_files(examples_dir: Path) -> None:
    paths = sorted(examples_dir.glob("*.dcm"))
    assert len(paths) > 5
    for path in paths:
        ds = dicomkit.read(path, strict=True)
        assert ds.problems == ()
        assert ds.file_meta is not None
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID


# What is in a file; the transfer syntax it is read in; the problems
FOUND = [
    (GOOD, "little", []),
    (META[128:] + LITTLE, "little", ["no-preamble"]),  # the prefix is there
    (META[132:] + LITTLE, "little", ["no-preamble"]),
    (bytes(128) + META[132:] + LITTLE, "little", ["no-preamble"]),  # a preamble, but no prefix
    (b"any preamble".ljust(128) + META[128:] + LITTLE, "little", []),
    (META[:140] + b"\5" + META[141:] + LITTLE, "little", ["meta-length"]),
    (META[:132] + META[144:] + LITTLE, "little", ["meta-length"]),
    (LITTLE, "little", ["no-meta"]),
    (IMPLICIT, "implicit", ["no-meta"]),
    (BIG, "big", ["no-meta"]),
    (META + IMPLICIT, "little", ["wrong-transfer-syntax"]),
    (META + BIG, "little", ["wrong-transfer-syntax"]),
    (file_meta(ROWS, IMPLICIT_LITTLE) + LITTLE, "implicit", ["wrong-transfer-syntax"]),
    (file_meta(ROWS, EXPLICIT_BIG) + IMPLICIT, "big", ["wrong-transfer-syntax"]),
    (meta_without(0x00020010) + LITTLE, "little", ["no-transfer-syntax"]),
    (meta_without(0x00020010) + IMPLICIT, "implicit", ["no-transfer-syntax"]),
    (meta_without(0x00020010) + BIG, "big", ["no-transfer-syntax"]),
    (file_meta(ROWS, EXPLICIT_LITTLE._replace(uid="")) + IMPLICIT, "implicit", ["no-transfer-syntax"]),
    (GOOD + bytes(10), "little", ["trailing-bytes"]),
    (GOOD[:-1], "little", ["value-truncated"]),
    # ACR-NEMA: implicit VR, no file format at all, starts with a group length and Length to End
    (IMPLICIT_LITTLE.encode([(0x00080000, "UL", 26), (0x00080001, "UL", 90), *ROWS]), "implicit", ["no-meta"]),
]


@pytest.mark.parametrize(("data", "syntax", "problems"), FOUND)
def test_files_as_they_are_found(data: bytes, syntax: str, problems: list[str]) -> None:
    ds = dicomkit.read(data)
    assert (ds.PatientName, ds.AnatomicRegionSequence[0].CodeValue) == ("Doe^Jane", "T-D1100")
    assert [problem.code for problem in ds.problems] == problems
    assert ds.transfer_syntax == UIDS[syntax]
    assert (ds.file_meta is None) is (problems == ["no-meta"])


@pytest.mark.parametrize(("data", "problem"), [(data, problems[0]) for data, _, problems in FOUND if problems])
def test_strict_raises_at_the_first_problem(data: bytes, problem: str) -> None:
    found = next(found for found in dicomkit.read(data).problems if found.code == problem)
    with pytest.raises(ParseError) as caught:
        dicomkit.read(data, strict=True)
    assert (caught.value.reason, caught.value.offset, caught.value.path) == (found.text, found.offset, found.path)


def test_unknown_transfer_syntaxes_are_read_as_explicit_little_endian() -> None:
    """As DCMTK does; a private compressed transfer syntax is the usual reason (PS3.5 10.1)."""
    unknown = EXPLICIT_LITTLE._replace(uid="1.3.6.1.4.1.5962.300.1")
    ds = dicomkit.read(file_bytes(ROWS, unknown))
    assert (ds.Rows, ds.transfer_syntax) == (512, unknown.uid)
    assert [problem.code for problem in ds.problems] == ["unknown-transfer-syntax"]
    with pytest.raises(ParseError, match="unknown Transfer Syntax UID"):
        dicomkit.read(file_bytes(ROWS, unknown), strict=True)
    ds = dicomkit.read(file_meta(ROWS, unknown) + IMPLICIT)
    assert (ds.Rows, {problem.code for problem in ds.problems}) == (
        512,
        {"unknown-transfer-syntax", "wrong-transfer-syntax"},
    )


# -- transfer_syntax=


@pytest.mark.parametrize("forced", [IMPLICIT_LITTLE.uid, "ImplicitVRLittleEndian"])
def test_a_transfer_syntax_of_the_caller(forced: str) -> None:
    for data in (META + IMPLICIT, IMPLICIT, meta_without(0x00020010) + IMPLICIT):
        ds = dicomkit.read(data, transfer_syntax=forced)
        assert (ds.PatientName, ds.transfer_syntax) == ("Doe^Jane", IMPLICIT_LITTLE.uid)
        assert {problem.code for problem in ds.problems} <= {"no-meta"}
    ds = dicomkit.read(file_bytes(ROWS, DEFLATED)[: len(META)] + LITTLE, transfer_syntax=EXPLICIT_LITTLE.uid)
    assert ds.transfer_syntax == EXPLICIT_LITTLE.uid
    with pytest.raises(ValueError, match="'JPEG' is no transfer syntax"):
        dicomkit.read(GOOD, transfer_syntax="JPEG")


@pytest.mark.parametrize("meta", [b"", META, file_meta(ROWS, EXPLICIT_BIG)])
@pytest.mark.parametrize(("data", "uid"), [(LITTLE, UIDS["little"]), (IMPLICIT, UIDS["implicit"]), (BIG, UIDS["big"])])
def test_detecting_the_transfer_syntax(meta: bytes, data: bytes, uid: str) -> None:
    ds = dicomkit.read(meta + data, transfer_syntax="detect")
    assert (ds.PatientName, ds.transfer_syntax) == ("Doe^Jane", uid)
    assert [problem.code for problem in ds.problems] == ([] if meta else ["no-meta"])


def test_detecting_does_not_take_compression_for_something_else() -> None:
    ds = dicomkit.read(file_bytes(ROWS, RLE_LOSSLESS), transfer_syntax="detect")
    assert ds.transfer_syntax == RLE_LOSSLESS.uid


# -- what is no DICOM


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"DIC",
        b"hello world, this is text\n" * 20,
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"%PDF-1.7\n" + bytes(300),
    ],
    ids=["nothing", "a byte", "three bytes", "text", "PNG", "PDF"],
)
def test_what_is_not_dicom(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (data, path, io.BytesIO(data)):
        with pytest.raises(ParseError, match="not DICOM") as caught:
            dicomkit.read(source)
        assert caught.value.source == (str(path) if source is path else "")
    assert isinstance(caught.value, ValueError)


def test_what_is_no_source(tmp_path: Path) -> None:
    wrong: list[Any] = [None, 5, [GOOD], object()]
    for source in wrong:
        with pytest.raises(TypeError, match=type(source).__name__):
            dicomkit.read(source)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        dicomkit.read(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        dicomkit.read(tmp_path)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stop_before": "PixelDate"}, ValueError, "PixelData"),
        ({"only": ["PatientNmae"]}, ValueError, "PatientName"),
        ({"only": [1.5]}, TypeError, "tag"),
        ({"quirks": ["nonsense"]}, ValueError, "nonsense"),
        ({"charset": "nonsense"}, ValueError, "nonsense"),
    ],
)
def test_wrong_options_say_what_is_wrong(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dicomkit.read(GOOD, **options)


# -- quirks that concern the file; those of the data set are tested with the tag stream


def test_quirks_of_the_file() -> None:
    with pytest.raises(ParseError, match="not a DICOM file"):
        dicomkit.read(LITTLE, quirks=["file-only"])
    assert dicomkit.read(GOOD, quirks=["file-only"]).Rows == 512
    assert dicomkit.read(LITTLE, quirks=["data-set-only"]).Rows == 512
    wrong_length = META[:140] + b"\5" + META[141:] + LITTLE
    assert dicomkit.read(wrong_length, quirks=["ignore-meta-length"]).problems == ()


# -- where the standard leaves room


def test_file_meta_information_only() -> None:
    ds = dicomkit.read(META)
    assert (len(ds), ds.file_meta is not None, ds.problems) == (0, True, ())


def test_values_are_where_offset_says() -> None:
    ds = dicomkit.read(GOOD)
    for element in [*ds, *(ds.file_meta or ())]:
        assert element.offset is not None
        assert GOOD[element.offset : element.offset + len(element.raw)] == element.raw


def test_no_pixel_of_the_file_is_needed_for_the_header(examples_dir: Path) -> None:
    data = (examples_dir / "ct.dcm").read_bytes()
    whole = dicomkit.read(data)
    cut = dicomkit.read(data[: whole["PixelData"].offset])
    assert cut.PatientName == whole.PatientName
    assert [problem.code for problem in cut.problems] == ["value-truncated"]
    assert cut["PixelData"].is_truncated
    assert cut.PixelData is None

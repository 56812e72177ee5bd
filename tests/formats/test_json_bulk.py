"""Bulk data in files."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.errors import EncodeError, ParseError
from dicomkit.formats.json import from_json, to_json
from dicomkit.formats.json_bulk import BulkDirectory, BulkFiles, ForbiddenFile, UnsupportedURI, file_uri, parse_file_uri
from tests.reference.encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, Element, Item, Node, PixelFragments, Sequence, file_bytes

JPEG_LS = "1.2.840.10008.1.2.4.80"
HEVC = "1.2.840.10008.1.2.4.107"


def written(folder: Path, *nodes: Node, transfer_syntax: str = EXPLICIT_LITTLE, **options: Any) -> dict[str, Any]:
    ds = dicomkit.read(file_bytes(nodes, transfer_syntax))
    made: dict[str, Any] = json.loads(to_json(ds, bulk_data=BulkDirectory(ds, folder, **options), bulk_threshold=1))
    return made


def content(attribute: dict[str, str], folder: Path) -> bytes:
    return (folder / attribute["BulkDataURI"].rpartition("/")[2]).read_bytes()


def test_files_are_named_by_their_content(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "when needed"
    nodes = (Element(0x00091001, "OB", b"abcd"), Element(0x00091002, "OB", b"abcd"), Element(0x00091003, "UN", b"efgh"))
    made = written(folder, *nodes)
    names = [hashlib.sha256(value).hexdigest() for value in (b"abcd", b"efgh")]
    assert sorted(os.listdir(folder)) == sorted(names)
    assert made["00091001"]["BulkDataURI"] == made["00091002"]["BulkDataURI"] == f"{folder.as_uri()}/{names[0]}"
    assert [(folder / name).read_bytes() for name in names] == [b"abcd", b"efgh"]
    mask = os.umask(0)
    os.umask(mask)
    assert (folder / names[0]).stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("uri", ["https://example.org/bulk", "https://example.org/bulk/"])
def test_the_uri_may_be_another(tmp_path: Path, uri: str) -> None:
    made = written(tmp_path, Element(0x00091001, "OB", b"abcd"), uri=uri)
    assert made["00091001"]["BulkDataURI"] == f"https://example.org/bulk/{hashlib.sha256(b'abcd').hexdigest()}"


@pytest.mark.parametrize(
    ("vr", "form"), [("OW", "H"), ("US", "H"), ("OF", "f"), ("SL", "i"), ("OD", "d"), ("UV", "Q"), ("OB", "B"), ("UN", "B")]
)
def test_numbers_are_in_little_endian(tmp_path: Path, vr: str, form: str) -> None:
    numbers = (1, 2, 3)
    made = written(tmp_path, Element(0x00091001, vr, struct.pack(f">3{form}", *numbers)), transfer_syntax=EXPLICIT_BIG)
    assert content(made["00091001"], tmp_path) == struct.pack(f"<3{form}", *numbers)


def test_text_is_in_utf_8(tmp_path: Path) -> None:
    nodes = (
        Element(0x00080005, "CS", b"ISO_IR 100"),
        Element(0x00104000, "LT", b"M\xfcller"),
        Element(0x00280030, "DS", b"1\\2 "),
    )
    made = written(tmp_path, *nodes)
    assert content(made["00104000"], tmp_path) == "Müller".encode()
    back = from_json(made, bulk_data=BulkFiles([tmp_path]))
    assert back.PatientComments == "Müller"
    assert back.PixelSpacing == (1.0, 2.0)


@pytest.mark.parametrize(
    ("transfer_syntax", "frames", "extension"), [(JPEG_LS, None, ".jls"), (JPEG_LS, b"1 ", ".jls"), (HEVC, b"25", ".mp4")]
)
def test_encapsulated_pixel_data(tmp_path: Path, transfer_syntax: str, frames: bytes | None, extension: str) -> None:
    nodes: list[Node] = [] if frames is None else [Element(0x00280008, "IS", frames)]
    nodes.append(PixelFragments((b"\0\0\0\0", b"abcd", b"efgh")))
    made = written(tmp_path, *nodes, transfer_syntax=transfer_syntax)
    assert made["7FE00010"]["BulkDataURI"].endswith(extension)
    assert content(made["7FE00010"], tmp_path) == b"abcdefgh"


def test_several_compressed_frames_have_no_file(tmp_path: Path) -> None:
    nodes = (Element(0x00280008, "IS", b"2 "), PixelFragments((b"", b"abcd", b"efgh")))
    with pytest.raises(EncodeError, match=r"\(7FE0,0010\): 2 compressed frames"):
        written(tmp_path, *nodes, transfer_syntax=JPEG_LS)


def test_deferred_values(tmp_path: Path) -> None:
    value = bytes(range(256)) * 20_000
    path = tmp_path / "large.dcm"
    path.write_bytes(file_bytes([Sequence(0x00081140, (Item((Element(0x00281201, "OW", value),)),))]))
    ds = dicomkit.read(path)
    made = json.loads(to_json(ds, bulk_data=BulkDirectory(ds, tmp_path / "bulk")))
    assert from_json(made, bulk_data=BulkFiles([tmp_path / "bulk"])) == ds


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    path.write_bytes(file_bytes([Element(0x00091001, "OW", bytes(100_000))]))
    ds = dicomkit.read(path)
    path.unlink()
    with pytest.raises(dicomkit.SourceChanged):
        to_json(ds, bulk_data=BulkDirectory(ds, tmp_path))
    assert os.listdir(tmp_path) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        BulkDirectory(ds, tmp_path / "file")(ds[0x00091001])


# -- reading


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A permitted folder, with files in it and beside it."""
    inside = tmp_path / "permitted"
    (inside / "deeper").mkdir(parents=True)
    (inside / "a b").write_bytes(b"0123456789")
    (inside / "deeper" / "file").write_bytes(b"deeper")
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "permitted but not really").write_bytes(b"secret")
    (inside / "link").symlink_to(tmp_path / "outside")
    (inside / "folder link").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe")
    return inside


def test_reading(folder: Path) -> None:
    files = BulkFiles([folder])
    uri = (folder / "a b").as_uri()
    assert files(uri) == b"0123456789"
    assert files(f"{uri}?offset=3") == b"3456789"
    assert files(f"{uri}?length=2&offset=3") == b"34"
    assert files(f"{uri}?offset=0&length=0") == b"0123456789"
    assert files(uri.replace("file:///", "file:/")) == b"0123456789"
    assert files(uri.replace("file:///", "file://localhost/")) == b"0123456789"
    assert files((folder / "deeper" / "file").as_uri()) == b"deeper"
    assert files(f"{file_uri(str(folder))}deeper/../deeper/file") == b"deeper"


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "%2e%2e/outside",
        "../permitted but not really",
        "link",
        "folder link/outside",
        "pipe",
        "deeper",
        "none",
        ".",
    ],
)
def test_only_files_in_the_folder_are_read(folder: Path, name: str) -> None:
    with pytest.raises(ForbiddenFile):
        BulkFiles([folder])(file_uri(str(folder)) + name.replace(" ", "%20"))


def test_without_folders_nothing_is_read(folder: Path) -> None:
    with pytest.raises(ForbiddenFile, match="not in a directory that is permitted"):
        BulkFiles([])((folder / "a b").as_uri())


def test_a_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(folder)
    assert BulkFiles([tmp_path / "other"])(f"{(tmp_path / 'other').as_uri()}/deeper/file") == b"deeper"


def test_parts_that_are_not_there(folder: Path) -> None:
    uri = (folder / "a b").as_uri()
    for part in ("?offset=11", "?offset=5&length=6", "?length=999999999999999999"):
        with pytest.raises(ParseError, match="has 10 bytes, not"):
            BulkFiles([folder])(uri + part)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a",
        "http://example.org/a",
        "https://example.org/a",
        "file:",
        "file:/",
        "file:a",
        "file://host/a",
        "file:////host/a",
        "file://[::1/a",
        "file:///a?x=1",
        "file:///a?offset=-1",
        "file:///a?offset=1e3",
        "file:///a?offset=\u0663",
        "file:///a?length=" + "9" * 30,
        "file:///a%00b",
        "FILE2:///a",
    ],
)
def test_uris_that_are_not_supported(uri: str) -> None:
    with pytest.raises(UnsupportedURI):
        parse_file_uri(uri)


def test_an_error_has_the_path_of_the_element(folder: Path) -> None:
    document = {"00081140": {"vr": "SQ", "Value": [{"00091001": {"vr": "OB", "BulkDataURI": "http://example.org"}}]}}
    with pytest.raises(UnsupportedURI, match=r"in \(0008,1140\)\[0\]\.\(0009,1001\)"):
        from_json(document, bulk_data=BulkFiles([folder]))

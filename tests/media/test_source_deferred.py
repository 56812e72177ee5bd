"""Deferred values: left in their source, read when they are touched, and only from the very same source."""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from encoding import RLE_LOSSLESS, Fragments, Value, file_bytes

import dicomkit
from dicomkit import Dataset, SourceChanged

PIXELS = bytes(range(256)) * 1000
Row = tuple[int, str, Value]
ROWS: list[Row] = [
    (0x00080005, "CS", "ISO_IR 192"),
    (0x00080016, "UI", "1.2"),
    (0x00080018, "UI", "1.2.3"),
    (0x00082218, "SQ", [[(0x00420011, "OB", b"%PDF" * 20_000), (0x00080104, "LO", "meaning")]]),
    (0x00090010, "LO", "ACME"),
    (0x00091001, "UT", "x" * 70_000),
    (0x00100010, "PN", "Jérôme"),
    (0x00280010, "US", 512),
    (0x00280103, "US", 1),
    (0x7FE00010, "OW", PIXELS),
    (0xFFFCFFFC, "OB", b"\1\2"),
]
DATA = file_bytes(ROWS, codec="utf-8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.dcm"
    path.write_bytes(DATA)
    return path


def deferred(ds: Dataset) -> list[str]:
    return [element.path for element in ds.walk() if element.vr != "SQ" and not element.is_in_memory]


@pytest.mark.parametrize(
    ("defer_size", "paths"),
    [
        (1 << 20, []),
        (len(PIXELS), []),
        (len(PIXELS) - 1, ["(7FE0,0010)"]),
        (65536, ["(0008,2218)[0].(0042,0011)", "(0009,1001)", "(7FE0,0010)"]),
    ],
)
def test_values_longer_than_defer_size_stay_in_the_file(defer_size: int, paths: list[str], path: Path) -> None:
    with open(path, "rb") as file:
        for source in (path, file):
            ds = dicomkit.read(source, defer_size=defer_size)
            assert [at for at in deferred(ds) if at not in paths] == []
            assert (ds.PixelData, ds[0x00091001].value) == (PIXELS, "x" * 70_000)
            assert ds["AnatomicRegionSequence[0].EncapsulatedDocument"].value == b"%PDF" * 20_000
    assert deferred(dicomkit.read(DATA, defer_size=defer_size)) == []


@pytest.mark.parametrize("defer_size", [0, 1, 100, 65536, 1 << 40])
def test_values_are_the_same_however_they_are_read(defer_size: int, path: Path) -> None:
    ds, expected = dicomkit.read(path, defer_size=defer_size), dicomkit.read(DATA)
    assert ds == expected
    for element, other in zip(ds.walk(), expected.walk(), strict=True):
        assert (element.path, element.raw, bytes(element.view())) == (other.path, other.raw, bytes(other.view()))
        assert (element.vr, element.vm, element.length, element.offset) == (
            other.vr,
            other.vm,
            other.length,
            other.offset,
        )
        if element.vr != "SQ":
            assert element.value == other.value
    assert ds[0x00090001, "ACME"].raw == expected[0x00091001].raw


def test_deferred_values_are_not_kept(path: Path) -> None:
    ds = dicomkit.read(path)
    assert ds.PixelData == ds.PixelData
    assert ds.PixelData is not ds.PixelData
    assert not ds["PixelData"].is_in_memory


def test_encapsulated_pixel_data_is_deferred_too(tmp_path: Path) -> None:
    path = tmp_path / "file"
    frames = tuple(bytes([number]) * 50_000 for number in range(6))
    path.write_bytes(file_bytes([*ROWS[1:3], (0x7FE00010, "OB", Fragments(frames))], RLE_LOSSLESS))
    pixels = dicomkit.read(path, defer_size=1000)["PixelData"]
    assert (pixels.is_encapsulated, pixels.is_in_memory) == (True, False)
    assert pixels.raw == dicomkit.read(path.read_bytes())["PixelData"].raw


def test_a_relative_path_is_of_its_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    ds = dicomkit.read(path.name)
    monkeypatch.chdir(path.anchor)
    assert ds.PixelData == PIXELS


# -- the source has changed


def replaced(path: Path) -> None:
    path.unlink()
    path.write_bytes(DATA)


def moved_over(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(DATA)
    os.replace(other, path)


def truncated(path: Path) -> None:
    os.truncate(path, len(DATA) - 1000)


def appended(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b"\0")


def rewritten(path: Path) -> None:
    status = path.stat()
    path.write_bytes(DATA)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = [Path.unlink, replaced, moved_over, truncated, appended, rewritten, a_folder]


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be replaced there")
@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_a_file_that_is_not_the_same_any_more(change: Any, path: Path) -> None:
    keeper = open(path, "rb")  # noqa: SIM115  # so that a new file does not get its inode
    ds = dicomkit.read(path)
    change(path)
    for access in (lambda: ds.PixelData, lambda: ds["PixelData"].raw, lambda: ds["PixelData"].view(),
                   lambda: ds["PixelData"].array(), lambda: ds.get("PixelData")):  # fmt: skip
        with pytest.raises(SourceChanged, match=path.name) as caught:
            access()
    assert isinstance(caught.value, OSError)
    assert caught.value.source == str(path)
    # what is in memory stays readable
    assert (ds.PatientName, ds.Rows, len(list(ds.walk())), len(str(ds)) > 100) == ("Jérôme", 512, 13, True)
    keeper.close()


def test_a_look_at_a_file_does_not_change_it(path: Path) -> None:
    ds = dicomkit.read(path)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns + 1_000_000_000, status.st_mtime_ns))
    path.chmod(0o444)
    assert ds.PixelData == PIXELS


def test_file_objects_that_are_closed(path: Path) -> None:
    with open(path, "rb") as file:
        ds = dicomkit.read(file)
    assert ds.PixelData == PIXELS  # from its path
    with open(path, "rb") as file:
        ds = dicomkit.read(file)
    path.unlink()
    with pytest.raises(SourceChanged):
        _ = ds.PixelData
    memory = io.BytesIO(DATA)
    ds = dicomkit.read(memory)
    memory.close()
    with pytest.raises(SourceChanged):
        _ = ds.PixelData
    assert ds.Rows == 512


def test_file_objects_that_were_cut(path: Path) -> None:
    memory = io.BytesIO(DATA)
    ds = dicomkit.read(memory)
    memory.truncate(len(DATA) - 1000)
    with pytest.raises(SourceChanged, match="shorter"):
        _ = ds.PixelData


def test_urls_whose_object_changes(path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://deferred/file", "wb") as file:
        file.write(DATA)
    for url, change in (
        (path.as_uri(), lambda: rewritten(path)),
        (path.as_uri(), path.unlink),
        ("memory://deferred/file", lambda: fsspec.filesystem("memory").pipe_file("/deferred/file", DATA[:-9])),
        ("memory://deferred/file", lambda: fsspec.filesystem("memory").rm_file("/deferred/file")),
    ):
        ds = dicomkit.read(url)
        assert not ds["PixelData"].is_in_memory
        if len(DATA) == (path.stat().st_size if path.exists() else 0):
            assert ds.PixelData == PIXELS
        change()
        with pytest.raises(SourceChanged, match="file"):
            _ = ds.PixelData


# -- memory


def test_a_header_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(file_bytes([*ROWS[1:3], (0x7FE00010, "OW", bytes(16 << 20))]))
    dicomkit.read(path)
    tracemalloc.start()
    try:
        ds = dicomkit.read(path)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 << 10
    assert kept <= peak
    assert not ds["PixelData"].is_in_memory

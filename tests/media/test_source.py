"""Sources: the same data set from bytes, paths, file objects, pipes and URLs."""

from __future__ import annotations

import bz2
import gzip
import io
import mmap
import os
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from encoding import DEFLATED, EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, TransferSyntax, Value, file_bytes

import dicomkit
from dicomkit import Dataset

COUNT = 4_000 if "ASAN_OPTIONS" in os.environ else 40_000
ITEMS = [[(0x00080100, "SH", str(number)), (0x00080104, "LO", "meaning")] for number in range(COUNT)]
SMALL: list[tuple[int, str, Value]] = [
    (0x00080016, "UI", "1.2"),
    (0x00080018, "UI", "1.2.3"),
    (0x00082218, "SQ", [[(0x00080100, "SH", "A")]]),
    (0x00100010, "PN", "Doe^Jane"),
    (0x7FE00010, "OW", bytes(range(256)) * 8),
]
LARGE = [*SMALL[:-1], (0x7FE00010, "OW", bytes(range(256)) * 4000), (0xFFFCFFFC, "OB", b"padding ")]
MANY = [*LARGE[:2], (0x00082218, "SQ", ITEMS), *LARGE[3:]]  # some megabytes of elements

FILES = {
    "small": file_bytes(SMALL),
    "large": file_bytes(LARGE),
    "many": file_bytes(MANY),
    "undefined": file_bytes(MANY, EXPLICIT_LITTLE_UNDEFINED),
    "deflated": file_bytes(LARGE, DEFLATED),
}
CASES = pytest.mark.parametrize("data", FILES.values(), ids=FILES)


def check(ds: Dataset, data: bytes) -> None:
    """That a data set is the one that is read from the bytes."""
    expected = dicomkit.read(data)
    assert ds == expected
    assert ds.problems == expected.problems == ()
    assert [(e.offset, e.length) for e in ds.walk()] == [(e.offset, e.length) for e in expected.walk()]
    assert all(one.raw == other.raw for one, other in zip(ds, expected, strict=True))


# -- bytes


@CASES
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes(kind: type, data: bytes) -> None:
    check(dicomkit.read(kind(data)), data)


def test_bytes_are_not_copied() -> None:
    data = bytearray(FILES["large"])
    pixels = dicomkit.read(data)["PixelData"]
    assert pixels.offset is not None
    data[pixels.offset] = 99
    assert (pixels.raw[0], pixels.view()[0]) == (99, 99)
    with pytest.raises(BufferError):
        data.clear()  # it is in use


def test_a_part_of_a_memoryview() -> None:
    data = FILES["small"]
    check(dicomkit.read(memoryview(b"xyz" + data)[3:]), data)
    check(dicomkit.read(memoryview(data).cast("B")), data)
    with pytest.raises(TypeError):
        dicomkit.read(memoryview(data)[::2])


# -- paths


@CASES
def test_paths(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "Ü file.dcm"
    path.write_bytes(data)
    for source in (path, str(path), os.fsencode(path) if os.name == "posix" else path):
        check(dicomkit.read(source if not isinstance(source, bytes) else Fspath(source)), data)


class Fspath:
    """Anything that the file system takes."""

    def __init__(self, path: Any) -> None:
        self.path = path

    def __fspath__(self) -> Any:
        return self.path


@contextmanager
def no_handle_left() -> Iterator[None]:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("needs /proc")
    before = sorted(os.listdir(folder))
    yield
    assert sorted(os.listdir(folder)) == before


@CASES
def test_no_handle_stays_open(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with no_handle_left():
        ds = dicomkit.read(path)
        _ = ds.PixelData
        _ = dicomkit.read(path, only=["PatientName"]).PatientName
    path.write_bytes(b"not DICOM")
    with no_handle_left(), pytest.raises(dicomkit.ParseError):
        dicomkit.read(path)


# -- file objects


@CASES
@pytest.mark.parametrize("before", [0, 7])
def test_file_objects(data: bytes, before: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(before) + data)
    opened: list[IO[bytes]] = [
        io.BytesIO(bytes(before) + data),
        open(path, "rb"),  # noqa: SIM115
        open(path, "rb", buffering=0),  # noqa: SIM115
        open(path, "r+b"),  # noqa: SIM115
    ]
    for file in opened:
        with file:
            file.seek(before)
            ds = dicomkit.read(file)
            assert (file.tell(), file.closed) == (before, False)
            check(ds, data)
            file.seek(3)
            _ = ds.PixelData
            assert file.tell() == 3


@CASES
def test_other_file_objects(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "gz").write_bytes(gzip.compress(data, 1))
    (tmp_path / "bz2").write_bytes(bz2.compress(data, 1))
    with zipfile.ZipFile(tmp_path / "zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", data)
    (tmp_path / "plain").write_bytes(data)
    with (
        gzip.open(tmp_path / "gz") as gz,
        bz2.open(tmp_path / "bz2") as bz,
        zipfile.ZipFile(tmp_path / "zip").open("inside") as zipped,
        tempfile.SpooledTemporaryFile() as spooled,
        open(tmp_path / "plain", "rb") as plain,
        mmap.mmap(plain.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        spooled.write(data)
        spooled.seek(0)
        files: list[Any] = [gz, bz, zipped, spooled, mapped]
        for file in files:
            check(dicomkit.read(file), data)


def test_text_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(FILES["small"])
    with open(path, encoding="latin-1") as text, pytest.raises(TypeError, match="binary"):
        dicomkit.read(text)  # type: ignore[arg-type]  # what is tested


# -- pipes


class Dripping(io.RawIOBase):
    """A stream that cannot seek and gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data = io.BytesIO(data)
        self._step = step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(memoryview(buffer)[: self._step])


@CASES
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_streams_that_cannot_seek(data: bytes, step: int) -> None:
    stream: Any = Dripping(data, step)
    check(dicomkit.read(stream), data)


def test_a_stream_of_single_bytes() -> None:
    stream: Any = Dripping(FILES["small"], 1)
    check(dicomkit.read(stream), FILES["small"])


class Minimal:
    """As little of a file object as there can be."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


def test_an_object_with_read_only() -> None:
    source: Any = Minimal(FILES["many"])
    check(dicomkit.read(source), FILES["many"])


@contextmanager
def writing(target: int | Path, data: bytes) -> Iterator[None]:
    """Write into the other end of a pipe meanwhile."""

    def write() -> None:
        with open(target, "wb") as file:
            file.write(data)

    thread = threading.Thread(target=write)
    thread.start()
    yield
    thread.join(10)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are others there")
@CASES
def test_pipes(data: bytes, tmp_path: Path) -> None:
    receiver, sender = os.pipe()
    with writing(sender, data), open(receiver, "rb") as file:
        check(dicomkit.read(file), data)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with writing(fifo, data):
        ds = dicomkit.read(fifo)
    check(ds, data)


# -- URLs


@CASES
def test_urls(data: bytes, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    (tmp_path / "file").write_bytes(data)
    with fsspec.open("memory://folder/file", "wb") as file:
        file.write(data)
    with zipfile.ZipFile(tmp_path / "zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", data)
    for url in ("memory://folder/file", (tmp_path / "file").as_uri(), f"zip://inside::{(tmp_path / 'zip').as_uri()}"):
        check(dicomkit.read(url), data)


def test_urls_that_lead_nowhere(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(FileNotFoundError):
        dicomkit.read((tmp_path / "nowhere").as_uri())
    with pytest.raises(ValueError, match="nonsense"):
        dicomkit.read("nonsense://file")


def test_urls_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"] or ["fsspec"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"dicomkit\[remote\]"):
        dicomkit.read("memory://folder/file")


# -- however the windows fall


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED])
def test_windows_of_any_size(syntax: TransferSyntax, monkeypatch: pytest.MonkeyPatch) -> None:
    from dicomkit.media import source_file, source_windows

    data = file_bytes([*MANY[:2], (0x00082218, "SQ", ITEMS[:50]), *MANY[3:]], syntax)
    for head, ahead in ((132, 1), (133, 7), (200, 100), (1000, 1000)):
        monkeypatch.setattr(source_file, "HEAD", head)
        monkeypatch.setattr(source_windows.Windows, "_ahead", ahead)
        monkeypatch.setattr(source_windows, "BEHIND", ahead)
        check(dicomkit.read(io.BytesIO(data)), data)

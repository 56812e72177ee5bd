"""Files over 4 GB, and values over 2 GB: sparse files, so that they take no room."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from encoding import EXPLICIT_LITTLE, RLE_LOSSLESS, Fragments, Value, file_bytes, file_meta

import dicomkit

GIGABYTE = 1 << 30
ROWS: list[tuple[int, str, Value]] = [(0x00080016, "UI", "1.2"), (0x00080018, "UI", "1.2.3"), (0x00280010, "US", 512)]
TRAILER = EXPLICIT_LITTLE.element(0xFFFCFFFC, "OB", b"\1\2\3\4")


def sparse(path: Path, parts: list[tuple[int, bytes]]) -> None:
    """Write bytes at offsets; skip the test where holes take room."""
    if sys.platform == "win32":
        pytest.skip("files are not sparse unless asked for")
    with open(path, "wb") as file:
        for offset, data in parts:
            try:
                file.seek(offset)
                file.write(data)
                file.flush()
            except OSError as error:
                pytest.skip(f"no file of this size here: {error}")
    if path.stat().st_blocks * 512 > 64 << 20:
        path.unlink()
        pytest.skip("the file system has no sparse files")


def header(length: int) -> bytes:
    return EXPLICIT_LITTLE._header(0x7FE00010, "OW", length)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 4 GB: one value of nearly as much, with marks at its ends, and an element behind it."""
    path = tmp_path_factory.mktemp("large") / "file.dcm"
    start, length = file_bytes(ROWS) + header(4 * GIGABYTE - 16), 4 * GIGABYTE - 16
    sparse(path, [(0, start + b"first"), (len(start) + length - 4, b"last" + TRAILER)])
    assert path.stat().st_size > 4 * GIGABYTE
    return path


def peak_memory() -> int:
    """The most memory that this process has had, in bytes."""
    if sys.platform == "win32":
        pytest.skip("no resource module")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_the_header_of_a_file_of_4_gb(large: Path) -> None:
    dicomkit.read(large)
    before = peak_memory()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        ds = dicomkit.read(large)
        times.append(time.perf_counter() - start)
        assert ds.Rows == 512
    assert min(times) < 0.001
    assert peak_memory() - before < 5 << 20


def test_what_is_behind_4_gb(large: Path) -> None:
    with open(large, "rb") as file:
        for source in (large, file):
            ds = dicomkit.read(source)
            assert (ds["PixelData"].length, ds[0xFFFCFFFC].raw) == (4 * GIGABYTE - 16, b"\1\2\3\4")
            offset = ds[0xFFFCFFFC].offset
            assert offset is not None
            assert offset > 4 * GIGABYTE
            assert ds.problems == ()
    assert dicomkit.read(large, only=[0xFFFCFFFC])[0xFFFCFFFC].raw == b"\1\2\3\4"
    assert "4294967280 bytes" in str(dicomkit.read(large))


def test_a_cut_file_of_4_gb(large: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    start = file_bytes(ROWS) + header(4 * GIGABYTE - 16)
    sparse(path, [(0, start), (3 * GIGABYTE, b"end")])
    ds = dicomkit.read(path)
    assert [problem.code for problem in ds.problems] == ["value-truncated"]
    assert ds["PixelData"].length == 3 * GIGABYTE + 3 - len(start)


@pytest.mark.skipif(os.environ.get("DICOMKIT_SLOW_TESTS") != "1", reason="takes 3 GB of memory (DICOMKIT_SLOW_TESTS=1)")
def test_a_value_of_more_than_2_gb(tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    start, length = file_bytes(ROWS) + header(2 * GIGABYTE + 100), 2 * GIGABYTE + 100
    sparse(path, [(0, start + b"first"), (len(start) + length - 4, b"last")])
    value = dicomkit.read(path)["PixelData"].view()
    assert (len(value), bytes(value[:6]), bytes(value[-5:])) == (length, b"first\0", b"\0last")


def test_fragments_of_more_than_4_gb_together(tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    start = file_meta(ROWS, RLE_LOSSLESS) + EXPLICIT_LITTLE.encode(ROWS)
    start += RLE_LOSSLESS.element(0x7FE00010, "OB", Fragments(()))[:20]  # header and an empty offset table
    fragment, length = EXPLICIT_LITTLE._marker(0xFFFEE000, 2 * GIGABYTE), 2 * GIGABYTE
    offsets = [len(start) + number * (8 + length) for number in range(4)]
    sparse(path, [(0, start), *((offset, fragment + b"%d" % offset) for offset in offsets[:3]),
                  (offsets[3], EXPLICIT_LITTLE._marker(0xFFFEE0DD, 0) + TRAILER)])  # fmt: skip
    begin = time.perf_counter()
    ds = dicomkit.read(path)
    assert time.perf_counter() - begin < 0.1
    assert (ds["PixelData"].is_encapsulated, ds[0xFFFCFFFC].raw, ds.problems) == (True, b"\1\2\3\4", ())
    assert ds._index is not None
    fragments = [ds._index.record(number) for number in range(len(ds._index))]
    assert [record[6] for record in fragments if record[0] == 0xFFFEE000] == [
        len(start),
        *(at + 8 for at in offsets[:3]),
    ]

"""Large encapsulated pixel data: fragments stay in their source, and few headers of them are looked at."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset
from dicomkit.media import source_windows, stream
from tests.reference.encoding import Element, PixelFragments, file_bytes

UNCOMPRESSED = "1.2.840.10008.1.2.1.98"  # Encapsulated Uncompressed: a frame is its fragment
BEHIND = Element(0xFFFCFFFC, "OB", b"\1\2\3\4")


def frames_of(count: int, length: int) -> list[bytes]:
    """Frames that differ in each of their parts."""
    return [(b"%08d" % number * (length // 8 + 1))[:length] for number in range(count)]


def encapsulated(
    frames: Sequence[bytes],
    table: str = "basic",
    *,
    said: int | None = None,
    offsets: Sequence[int] | None = None,
    lengths: Sequence[int] | None = None,
) -> bytes:
    """A file with an offset table, "basic", "extended" or "none", of true `offsets` and `lengths` or of others."""
    offsets = offsets_of(frames) if offsets is None else offsets
    elements = [
        Element(0x00080016, "UI", b"1.2.3\0"),
        Element(0x00280002, "US", b"\1\0"),
        Element(0x00280004, "CS", b"MONOCHROME2 "),
        Element(0x00280008, "IS", b"%-12d" % (len(offsets) if said is None else said)),
        Element(0x00280010, "US", b"\1\0"),
        Element(0x00280011, "US", struct.pack("<H", min(len(frames[0]), 65535))),
        *(Element(0x00280100 + at, "US", struct.pack("<H", value)) for at, value in enumerate((8, 8, 7, 0))),
    ]
    if table == "extended":
        lengths = [len(frame) for frame in frames] if lengths is None else lengths
        elements.append(Element(0x7FE00001, "OV", struct.pack(f"<{len(offsets)}Q", *offsets)))
        elements.append(Element(0x7FE00002, "OV", struct.pack(f"<{len(lengths)}Q", *lengths)))
    basic = struct.pack(f"<{len(offsets)}I", *offsets) if table == "basic" else b""
    return file_bytes((*elements, PixelFragments((basic, *frames)), BEHIND), UNCOMPRESSED)


def records(ds: Dataset) -> list[tuple[Any, ...]]:
    assert ds._index is not None
    return [ds._index.record(number) for number in range(len(ds._index))]


def believed(ds: Dataset) -> bool:
    assert ds._index is not None
    return ds._index.believed


def check(ds: Dataset, data: bytes) -> None:
    """That it is the data set that is read from the bytes, and leaves its fragments where they are."""
    expected = dicomkit.read(data)
    assert records(ds) == records(expected)
    assert ds.problems == expected.problems == ()
    assert (ds["PixelData"].is_encapsulated, ds["PixelData"].is_in_memory) == (True, False)
    assert ds[0xFFFCFFFC].is_in_memory
    assert ds["PixelData"].raw == expected["PixelData"].raw
    assert [(e.path, e.raw) for e in ds.walk()] == [(e.path, e.raw) for e in expected.walk()]


class Counting(io.BytesIO):
    """A file object that notes what is read from it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads: list[tuple[int, int]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        data = super().read(size)
        self.reads.append((at, len(data)))
        return data


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[str, list[tuple[int, int]]]]:
    """Puts bytes behind a URL, and notes the ranges that are asked for."""
    pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    asked: list[tuple[int, int]] = []
    cat_file = MemoryFileSystem.cat_file

    def noted(self: Any, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        data: bytes = cat_file(self, path, start=start, end=end, **options)
        asked.append((start or 0, len(data)))
        return data

    def put(data: bytes) -> tuple[str, list[tuple[int, int]]]:
        MemoryFileSystem().pipe_file("/fragments/file", data)
        asked.clear()
        return "memory://fragments/file", asked

    monkeypatch.setattr(MemoryFileSystem, "cat_file", noted)
    return put


TABLES = pytest.mark.parametrize("table", ["basic", "extended", "none"])


@TABLES
@pytest.mark.parametrize(("count", "length"), [(300, 1000), (40, 30_000), (2, 100_000), (9, 100_002), (9000, 300)])
def test_the_same_from_all_sources(
    table: str, count: int, length: int, tmp_path: Path, remote: Callable[[bytes], tuple[str, list[tuple[int, int]]]]
) -> None:
    frames = frames_of(count, length)
    data = encapsulated(frames, table)
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (path, io.BytesIO(data), remote(data)[0]):
        ds = dicomkit.read(source)
        check(ds, data)
        assert believed(ds) == (table != "none" and count > 8)
        for number in (count - 1, 0, count // 2):
            assert ds.pixels.encoded(number) == frames[number]
        strict = dicomkit.read(source, strict=True)
        check(strict, data)
        assert not believed(strict)
    index = stream.read_stream(str(path)).index
    assert not index.believed
    assert len(index) == len(records(ds))


def test_what_is_small_stays_in_memory(tmp_path: Path) -> None:
    data = encapsulated(frames_of(50, 1000))
    (tmp_path / "file").write_bytes(data)
    assert dicomkit.read(tmp_path / "file")["PixelData"].is_in_memory
    data = encapsulated(frames_of(100, 1000))
    (tmp_path / "file").write_bytes(data)
    assert dicomkit.read(tmp_path / "file", defer_size=1 << 20)["PixelData"].is_in_memory
    assert dicomkit.read(data)["PixelData"].is_in_memory
    assert dicomkit.read(io.BufferedReader(Unseekable(data)))["PixelData"].is_in_memory


class Unseekable(io.RawIOBase):
    """A stream."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


@TABLES
def test_memory(table: str, tmp_path: Path) -> None:
    """Fragments of all lengths: none of them is kept, nor what was read to get at their headers."""
    path = tmp_path / "file"
    path.write_bytes(encapsulated(frames_of(2000, 4000), table))
    dicomkit.read(path)
    with path.open("rb") as file:
        for source, limit in ((path, 2 << 20), (file, 14 << 20)):  # windows grow up to 4 MB
            tracemalloc.start()
            try:
                ds = dicomkit.read(source)
                kept, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert kept < 128 << 10
            assert peak < limit
            assert not ds["PixelData"].is_in_memory


# -- how much is read


@pytest.mark.parametrize(("table", "most"), [("basic", 4), ("extended", 4), ("none", 9)])
def test_requests(table: str, most: int, remote: Callable[[bytes], tuple[str, list[tuple[int, int]]]]) -> None:
    frames = frames_of(2000, 15_000)
    url, asked = remote(encapsulated(frames, table))
    ds = dicomkit.read(url)
    assert len(asked) <= most, asked
    if table != "none":
        assert sum(length for _, length in asked) < 1200 << 10
    for number in (1, 1999, 1000):
        _ = ds.pixels  # found once
        asked.clear()
        assert ds.pixels.encoded(number) == frames[number]
        assert len(asked) == 1
        assert asked[0][1] <= 8 + 15_000


def test_requests_without_a_table_for_large_fragments(remote: Callable[[bytes], tuple[str, list[tuple[int, int]]]]) -> None:
    """There is nothing to be gained by reading what is between the headers."""
    url, asked = remote(encapsulated(frames_of(20, 2 << 20), "none"))
    dicomkit.read(url)
    assert len(asked) <= 24
    assert sum(length for _, length in asked) < 1 << 20


@TABLES
def test_a_frame_reads_its_own_bytes(table: str) -> None:
    frames = frames_of(400, 5000)
    file = Counting(encapsulated(frames, table))
    ds = dicomkit.read(file)
    _ = ds.pixels.encoded(7)
    for number in (399, 0, 200, 201, 3):
        file.reads.clear()
        assert ds.pixels.frame(number).tobytes() == frames[number]
        assert sum(length for _, length in file.reads) <= 5008
    assert [ds.pixels.encoded(number) for number in range(400)] == frames
    file.reads.clear()
    assert [frame.tobytes() for frame in ds.pixels] == frames
    assert len(file.reads) < 100  # short frames that follow one another are read together


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_one_of_2000_frames(table: str, tmp_path: Path) -> None:
    """Of a file of 1 GB, which is sparse."""
    if sys.platform == "win32":
        pytest.skip("files are not sparse unless asked for")
    count, length = 2000, 500_000
    offsets = [number * (8 + length) for number in range(count)]
    data = encapsulated([bytes(length)], table, said=count, offsets=offsets, lengths=[length] * count)
    end = data.index(b"\xfe\xff\xdd\xe0")
    start = end - length - 8
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(data[:start])
        for number, offset in enumerate(offsets):
            file.seek(start + offset)
            file.write(data[start : start + 8] + b"%d" % number)
        file.seek(start + count * (8 + length))
        file.write(data[end:])
    if path.stat().st_blocks * 512 > 64 << 20:
        pytest.skip("the file system has no sparse files")
    for number in range(0, count, 100):
        frame = dicomkit.read(path).pixels.encoded(number)
        assert bytes(frame[:8]).rstrip(b"\0") == b"%d" % number
        assert len(frame) == length


# -- tables that are not true


def one_in_two(frames: Sequence[bytes], number: int) -> list[bytes]:
    """The same bytes, but one frame in two fragments, the first of which has 12 bytes."""
    split = [frames[number][:12], frames[number][20:]]
    return [*frames[:number], *split, *frames[number + 1 :]]


def offsets_of(frames: Sequence[bytes]) -> list[int]:
    return list(accumulate((8 + len(frame) for frame in frames[:-1]), initial=0))


@pytest.mark.parametrize("split", [5, 6, 19])
def test_frames_in_several_fragments(split: int, tmp_path: Path) -> None:
    """The largest and the last are looked at; others when they are read."""
    frames = frames_of(20, 10_000)
    frames[6] += b"largest "
    fragments = one_in_two(frames, split)
    data = encapsulated(fragments, said=20, offsets=offsets_of(frames))
    (tmp_path / "file").write_bytes(data)
    ds = dicomkit.read(tmp_path / "file")
    assert believed(ds) == (split == 5)
    if split != 5:
        check(ds, data)
    assert ds["PixelData"].raw == dicomkit.read(data)["PixelData"].raw
    expected = [bytes(frame) for frame in frames]
    expected[split] = frames[split][:12] + frames[split][20:]
    for numbers in ((19, 0, 6, 5), range(20)):
        ds = dicomkit.read(tmp_path / "file")
        for number in numbers:
            assert ds.pixels.encoded(number) == expected[number]
    without = dicomkit.pixels.PixelData(dicomkit.read(tmp_path / "file"), offset_tables=False)
    if split == 5:
        assert without._frames.frames == 21  # as many as fragments


@pytest.mark.parametrize("table", ["basic", "extended"])
@pytest.mark.parametrize(
    "change",
    [
        lambda offsets: offsets[:-1],
        lambda offsets: [8, *offsets[1:]],
        lambda offsets: [*offsets[:-1], offsets[-1] + 2],
        lambda offsets: [*offsets[:-1], 0xFFFFFFF0],
        lambda offsets: [*offsets[:4], offsets[4] + 1, *offsets[5:]],
        lambda offsets: [*offsets[:4], offsets[3], *offsets[5:]],
        lambda offsets: offsets[::-1],
        lambda offsets: [0] * len(offsets),
    ],
)
def test_tables_that_cannot_be(table: str, change: Callable[[list[int]], list[int]], tmp_path: Path) -> None:
    frames = frames_of(20, 10_000)
    data = encapsulated(frames, table, said=20, offsets=change(offsets_of(frames)))
    (tmp_path / "file").write_bytes(data)
    ds = dicomkit.read(tmp_path / "file")
    check(ds, data)
    assert not believed(ds)
    assert [ds.pixels.encoded(number) for number in range(20)] == frames


def test_a_table_that_is_wrong_in_the_middle(tmp_path: Path) -> None:
    frames = frames_of(20, 10_000)
    offsets = offsets_of(frames)
    offsets[4] -= 4
    (tmp_path / "file").write_bytes(encapsulated(frames, offsets=offsets))
    ds = dicomkit.read(tmp_path / "file")
    assert ds.pixels.encoded(7) == frames[7]
    assert [ds.pixels.encoded(number) for number in range(20)] == frames


def test_what_is_damaged_elsewhere(tmp_path: Path) -> None:
    """Cut or overwritten: the problems are those that are found in memory."""
    frames = frames_of(20, 10_000)
    for table in ("basic", "extended", "none"):
        data = encapsulated(frames, table)
        end = data.index(b"\xfe\xff\xdd\xe0")
        cases = [data[: end - at] for at in (0, 1, 5000, 10_004, 10_008, 25_000)]
        cases += [
            data[:end] + change + data[end + 8 :]
            for change in (bytes(8), b"\xfe\xff\xdd\xe0\1\0\0\0", b"\xfe\xff\x0d\xe0\0\0\0\0")
        ]
        cases += [data[: end + 4], data[: end + 8], data[:end] + b"\xfe\xff\x00\xe0\2\0\0\0ab" + data[end:]]
        for case in cases:
            (tmp_path / "file").write_bytes(case)
            expected = dicomkit.read(case)
            for source in (tmp_path / "file", io.BytesIO(case)):
                ds = dicomkit.read(source)
                assert records(ds) == records(expected)
                assert ds.problems == expected.problems


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_fragments_and_windows(data: st.DataObject, tmp_path: Path) -> None:
    lengths = data.draw(st.lists(st.integers(0, 40).map(lambda n: 2 * n), min_size=1, max_size=40))
    frames = [bytes([number]) * length for number, length in enumerate(lengths)]
    table = data.draw(st.sampled_from(["basic", "extended", "none"]))
    content = encapsulated(frames, table, said=data.draw(st.sampled_from([len(frames), 1, 50])))
    start = content.index(b"\xe0\x7f\x10\0OB")
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(start, len(content)))]
    if len(content) > start and data.draw(st.booleans()):
        at = data.draw(st.integers(start, len(content) - 1))
        content = content[:at] + bytes([data.draw(st.integers(0, 255))]) + content[at + 1 :]
    expected = dicomkit.read(content)
    (tmp_path / "file").write_bytes(content)
    head = data.draw(st.integers(140, 2 * start))
    ahead = data.draw(st.sampled_from([1, 30, 1000]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_windows.Windows, "_ahead", ahead)
        patch.setattr(source_windows, "BEHIND", ahead)
        patch.setattr(source_windows.Windows, "passed", data.draw(st.sampled_from([0, 20])))
        patch.setattr(stream, "MANY_FRAGMENTS", 0)
        for module in ("source_file", "source_path"):
            patch.setattr(f"dicomkit.media.{module}.HEAD", head)
        patch.setattr("dicomkit.media.source_path.WHOLE", 0)
        for source in (tmp_path / "file", io.BytesIO(content)):
            ds = dicomkit.read(source, defer_size=data.draw(st.sampled_from([0, 8, 20, 64])))
            if not believed(ds):
                assert records(ds) == records(expected)
                assert ds.problems == expected.problems
                assert [(e.path, e.raw) for e in ds.walk()] == [(e.path, e.raw) for e in expected.walk()]


# -- what is done with it


def test_saving_and_copies(tmp_path: Path) -> None:
    frames = frames_of(40, 10_000)
    data = encapsulated(frames)
    path = tmp_path / "file"
    path.write_bytes(data)
    ds = dicomkit.read(path)
    again = pickle.loads(pickle.dumps(ds))
    assert believed(again)
    assert again.pixels.encoded(20) == frames[20]
    ds.PatientName = "A^B"
    ds.save(tmp_path / "other")
    ds.save(path)
    for found in (ds, dicomkit.read(path), dicomkit.read(tmp_path / "other")):
        assert [found.pixels.encoded(number) for number in (0, 39, 20)] == [frames[0], frames[39], frames[20]]


def test_a_table_that_is_deferred_itself(tmp_path: Path) -> None:
    frames = frames_of(20_000, 20)
    for table in ("basic", "extended"):
        data = encapsulated(frames, table)
        (tmp_path / "file").write_bytes(data)
        ds = dicomkit.read(tmp_path / "file")
        assert believed(ds)
        assert records(ds) == records(dicomkit.read(data))
        assert ds.pixels.encoded(19_999) == frames[19_999]

"""Sources that misbehave: files that shrink, grow or are replaced, file objects that lie, pipes that dribble."""

from __future__ import annotations

import io
import os
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit.errors import ParseError, SourceChanged
from tests.fuzz.execution import ELEMENTS, touch
from tests.fuzz.seeds import corpus, generated
from tests.reference.encoding import EXPLICIT, Element, Item, PixelFragments, Sequence, file_bytes, file_meta

LARGE = bytes(range(256)) * 1024  # 256 KiB: deferred
FD_FOLDER = Path("/proc/self/fd")

needs_proc = pytest.mark.skipif(not FD_FOLDER.is_dir(), reason="no /proc/self/fd")


def large_file() -> bytes:
    """More than any window: elements, a private creator at each window's edge, sequences, a deferred value, fragments."""
    texts = [Element(0x00090010 + block, "LO", b"CREATOR OF BLOCK %03d" % block) for block in range(0xF0)]
    texts += [Element(0x00091000 + number, "LT", b"x" * 500) for number in range(200)]
    items = tuple(Item((Element(0x00080100, "SH", b"T-%05d " % n),), undefined=n % 2 == 0) for n in range(3000))
    pixels = PixelFragments((struct.pack("<2I", 0, 10_008), *(bytes([n]) * 10_000 for n in range(30))))
    return file_bytes((*texts, Element(0x00189999, "OB", LARGE), Sequence(0x00289999, items), pixels))


def same(one: dicomkit.Dataset, other: dicomkit.Dataset) -> bool:
    return [(e.path, e.vr, e.raw) for e in one.walk()] == [(e.path, e.vr, e.raw) for e in other.walk()]


class Dribble:
    """A stream that cannot seek and gives what it likes, at most what was asked for."""

    def __init__(self, data: bytes, seed: int) -> None:
        self._file = io.BytesIO(data)
        self._random = Random(seed)

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return self._file.read()
        return self._file.read(max(1, self._random.randrange(size + 1)) if size else 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_with_odd_reads(seed: int) -> None:
    data = large_file()
    whole = dicomkit.read(data)
    dataset = dicomkit.read(Dribble(data, seed))  # type: ignore[arg-type]
    assert same(dataset, whole)
    assert dataset.problems == whole.problems == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("chunk", [1 << 16, 4097])
def test_a_named_pipe(tmp_path: Path, chunk: int) -> None:
    data = large_file()
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(data), chunk):
                file.write(data[start : start + chunk])

    writer = threading.Thread(target=write)
    writer.start()
    dataset = dicomkit.read(path)
    writer.join()
    assert same(dataset, dicomkit.read(data))


def test_small_streams_end_like_bytes() -> None:
    """A stream of unknown size that is cut anywhere gives what the same bytes give, strictly and leniently."""
    data = generated()["explicit mixed"]
    for length in range(132, len(data), 3):
        for strict in (False, True):
            outcomes = []
            for source in (data[:length], Dribble(data[:length], length)):
                try:
                    dataset = dicomkit.read(source, strict=strict)  # type: ignore[arg-type]
                    outcomes.append([(e.path, e.vr, e.raw) for e in dataset.walk()])
                    assert not (strict and dataset.problems)
                except ParseError:
                    outcomes.append([])
            assert outcomes[0] == outcomes[1], (length, strict)


@pytest.mark.parametrize("lie", [1, 1000, 1 << 20, 1 << 40, -1, -1000, -(1 << 40)])
def test_a_file_object_that_lies_about_its_size(lie: int) -> None:
    class Liar(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            at = super().seek(offset, whence)
            return max(0, at + lie) if whence == 2 else at

        def tell(self) -> int:
            at = super().tell()
            return max(0, at + lie) if at == len(self.getbuffer()) else at

    for data in (large_file(), *corpus()[:60]):
        try:
            dataset = dicomkit.read(Liar(data))
        except ParseError:
            continue
        with suppress(SourceChanged):
            touch(dataset, ELEMENTS, len(data))


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is asked for once; then another process cuts it. Every source must see the end, whatever the size said."""
    data = large_file()
    for length in (0, 5, 140, 40_000, 100_000, 300_000, len(data) - 1):
        calls = 0

        class Shrinking(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                nonlocal calls
                calls += 1
                if calls == 2:
                    self.truncate(length)  # noqa: B023  # the class lives as long as the round
                return super().read(size)

        try:
            dataset = dicomkit.read(Shrinking(data))
        except ParseError:
            continue
        with suppress(SourceChanged):
            touch(dataset, ELEMENTS, len(data))


# -- deferred values: the file must be the one that was read


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 10)


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def rewritten(path: Path) -> None:
    status = path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def deleted(path: Path) -> None:
    path.unlink()


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [replaced, truncated, grown, rewritten, deleted, made_a_folder])
def test_a_deferred_value_of_a_changed_file(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "file.dcm"
    path.write_bytes(file_bytes((Element(0x00100010, "PN", b"A^B "), Element(0x7FE00010, "OB", LARGE))))
    dataset = dicomkit.read(path)
    assert dataset.PixelData == LARGE
    change(path)
    for _ in range(2):
        with pytest.raises(SourceChanged) as caught:
            _ = dataset.PixelData
        assert str(path) in str(caught.value)
    assert isinstance(caught.value, OSError)
    assert dataset.PatientName == "A^B"  # what is in memory stays readable
    assert str(dataset)


def test_a_deferred_value_of_a_closed_file_object() -> None:
    file = io.BytesIO(file_bytes((Element(0x7FE00010, "OB", LARGE),)))
    dataset = dicomkit.read(file)
    assert dataset.PixelData == LARGE
    file.close()
    with pytest.raises(SourceChanged):
        _ = dataset.PixelData


# -- handles


def open_files() -> list[str]:
    found = []
    for entry in FD_FOLDER.iterdir():
        try:
            found.append(os.readlink(entry))
        except OSError:
            continue
    return found


@pytest.fixture
def folder_of_cases(tmp_path: Path) -> Path:
    cases = {**generated(), "large": large_file(), "no dicom": b"GIF89a" * 50, "empty": b"", "meta only": file_meta()}
    cases["bad value"] = file_bytes((Element(0x00200013, "IS", b"x "),))
    cases["cut"] = large_file()[:100_000]
    for number, data in enumerate(cases.values()):
        (tmp_path / f"{number}.dcm").write_bytes(data)
    return tmp_path


@needs_proc
def test_no_handle_stays_open(folder_of_cases: Path) -> None:
    kept = []
    for path in sorted(folder_of_cases.iterdir()):
        for options in ({}, {"strict": True}, {"only": ["PatientName"]}, {"defer_size": 0}):
            try:
                dataset = dicomkit.read(path, **options)
                touch(dataset, ELEMENTS, path.stat().st_size)
                kept.append(dataset)
            except ParseError:
                pass
            assert not [name for name in open_files() if name.startswith(str(folder_of_cases))], path
    assert kept


@needs_proc
def test_a_callers_file_object_stays_open_and_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345678" + large_file())
    with path.open("rb") as file:
        file.seek(8)
        dataset = dicomkit.read(file)
        assert file.tell() == 8
        assert dataset[0x00189999].value == LARGE
        assert file.tell() == 8
        assert not file.closed


@pytest.mark.parametrize("content", [b"", b"\0", b"DICM", b"\0" * 127, b"\0" * 128, b"\0" * 128 + b"DICM", b"\0" * 100_000])
def test_almost_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    for source in (content, path, io.BytesIO(content), Dribble(content, 1)):
        try:
            dataset = dicomkit.read(source)  # type: ignore[arg-type]  # Dribble has what is needed of a file
        except ParseError as error:
            assert str(error)
        else:
            assert len(dataset) <= 1


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        dicomkit.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        dicomkit.read(tmp_path / "none")
    if Path("/dev/null").exists():
        with pytest.raises(ParseError):
            dicomkit.read("/dev/null")
    with pytest.raises(TypeError):
        dicomkit.read(io.StringIO("text"))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        dicomkit.read(42)  # type: ignore[arg-type]


def test_every_way_to_read_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ways: list[Callable[[bytes], object]] = [
        lambda data: data,
        bytearray,
        memoryview,
        lambda data: path,
        lambda data: str(path),
        io.BytesIO,
        lambda data: Dribble(data, 7),
    ]
    for data in (large_file(), *corpus()):
        path.write_bytes(data)
        outcomes = set()
        for way in ways:
            for defer_size in (65536, 0):
                try:
                    dataset = dicomkit.read(way(data), defer_size=defer_size)  # type: ignore[arg-type]
                except ParseError as error:
                    outcomes.add((error.reason, error.path, error.offset))
                else:
                    outcomes.add((str([(e.path, e.vr, e.raw) for e in dataset.walk()]), str(dataset.problems), None))
        assert len(outcomes) == 1


def test_a_private_creator_outside_the_window() -> None:
    """With nothing deferred, the parser must not look for a creator behind the bytes it has."""
    elements = EXPLICIT.data_set([Element(0x00090010 + n, "LO", b"CREATOR" * 9) for n in range(0xF0)] * 20)
    dataset = dicomkit.read(io.BytesIO(file_meta() + elements), defer_size=0)
    assert {element.raw for element in dataset} == {b"CREATOR" * 9}


@pytest.mark.parametrize("length", [9, 100, 5000, 0xFFFFFFFE])
def test_a_fragment_past_its_item_in_a_stream(length: int) -> None:
    """Whatever follows, in a stream whose size is not known: the fragment ends with what it is in."""
    lying = bytes.fromhex("e07f1000 4f420000 ffffffff feff00e0 00000000 feff00e0") + struct.pack("<I", length) + b"12345678"
    item = bytes.fromhex("feff00e0") + struct.pack("<I", len(lying)) + lying
    sequence = bytes.fromhex("88000002 53510000") + struct.pack("<I", len(item)) + item
    data = (
        file_meta()
        + sequence
        + EXPLICIT.data_set([Element(0x00880906, "ST", b"behind"), Element(0x40001000, "LT", b"x" * 4000)])
    )
    outcomes = []
    for source in (data, Dribble(data, 1)):
        dataset = dicomkit.read(source)  # type: ignore[arg-type]
        outcomes.append(([(e.path, e.vr, e.raw) for e in dataset.walk()], dataset.problems))
    assert outcomes[0] == outcomes[1]
    assert [problem.code for problem in outcomes[0][1]] == ["value-truncated", "missing-delimiter"]
    assert outcomes[0][0][-2:] == [("(0088,0906)", "ST", b"behind"), ("(4000,1000)", "LT", b"x" * 4000)]

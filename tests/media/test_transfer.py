"""Bytes to where they go: in whatever pieces the system takes them."""

from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dicomkit.errors import SourceChanged
from dicomkit.media import transfer
from dicomkit.media.source_path import Path as PathSource
from dicomkit.media.transfer import chunks, write_parts
from tests.reference.writer import turned

POSIX = pytest.mark.skipif(os.name != "posix", reason="descriptors as POSIX has them")
CONTENT = Random(1).randbytes(300_000)


@pytest.fixture
def source(tmp_path: Path) -> PathSource:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    opened = PathSource(str(path))
    opened.first()
    opened.close()
    return opened


def some_parts(source: Any) -> tuple[list[Any], bytes]:
    """Parts of all kinds, and their bytes."""
    parts = [
        b"head",
        memoryview(CONTENT)[5:9000],
        (source, 4096, 100_000, 1),
        b"",
        (source, 3, 70_001, 1),
        bytearray(b"between"),
        (None, memoryview(CONTENT)[:40_000], 40_000, 2),
        (source, 1, 100_002, 2),
        (source, 0, 160, 8),
        (source, 0, 0, 1),
        b"tail",
    ]
    expected = b"".join(
        (
            b"head",
            CONTENT[5:9000],
            CONTENT[4096:104_096],
            CONTENT[3:70_004],
            b"between",
            turned(CONTENT[:40_000], 2),
            turned(CONTENT[1:100_003], 2),
            turned(CONTENT[:160], 8),
            b"tail",
        )
    )
    return parts, expected


def test_chunks(source: PathSource) -> None:
    parts, expected = some_parts(source)
    assert b"".join(chunks(parts)) == expected


def test_chunks_are_small_and_late() -> None:
    """A large value is not read before its turn, nor at once."""

    class Large:
        def __init__(self) -> None:
            self.reads: list[tuple[int, int]] = []

        def read(self, offset: int, length: int) -> bytes:
            self.reads.append((offset, length))
            return bytes(length)

    large = Large()
    given = chunks([b"head", (large, 10, 5 << 30, 1)])
    assert next(given) == b"head"
    assert large.reads == []
    assert len(next(given)) == large.reads[0][1] <= 1 << 22
    for unit in (2, 4, 8):
        large.reads.clear()
        for _, data in zip(range(3), chunks([(large, 10, 5 << 30, unit)]), strict=False):
            assert len(data) % 8 == 0


def test_a_file(source: PathSource, tmp_path: Path) -> None:
    parts, expected = some_parts(source)
    for start in (0, 1, 4096, 8191):
        with (tmp_path / "out").open("wb", buffering=0) as file:
            file.write(bytes(start))
            write_parts(file.fileno(), parts)
            assert file.tell() == start + len(expected)
        assert (tmp_path / "out").read_bytes() == bytes(start) + expected


@pytest.mark.parametrize("count", [1, 511, 512, 513, 1024, 5000])
def test_many_small_parts(count: int, tmp_path: Path) -> None:
    """More than writev takes (IOV_MAX is 1024)."""
    parts = [b"%d," % number for number in range(count)]
    with (tmp_path / "out").open("wb") as file:
        write_parts(file.fileno(), parts)
    assert (tmp_path / "out").read_bytes() == b"".join(parts)


@POSIX
def test_the_end_of_a_file_that_is_appended_to(source: PathSource, tmp_path: Path) -> None:
    """copy_file_range refuses O_APPEND: then it goes another way."""
    parts, expected = some_parts(source)
    (tmp_path / "out").write_bytes(b"before")
    with (tmp_path / "out").open("ab") as file:
        write_parts(file.fileno(), parts)
    assert (tmp_path / "out").read_bytes() == b"before" + expected


class Drain:
    """Reads all that comes out of a descriptor, a little at a time."""

    def __init__(self, fd: int) -> None:
        self.received = bytearray()
        self._fd = fd
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while data := os.read(self._fd, 3001):
            self.received += data

    def join(self) -> bytes:
        self._thread.join()
        return bytes(self.received)


@POSIX
def test_a_pipe(source: PathSource) -> None:
    parts, expected = some_parts(source)
    reading, writing = os.pipe()
    drain = Drain(reading)
    write_parts(writing, parts)
    os.close(writing)
    assert drain.join() == expected
    os.close(reading)


@POSIX
def test_a_socket(source: PathSource) -> None:
    parts, expected = some_parts(source)
    ours, theirs = socket.socketpair()
    drain = Drain(theirs.fileno())
    write_parts(ours.fileno(), parts)
    ours.close()
    assert drain.join() == expected
    theirs.close()


@POSIX
def test_a_reader_that_goes_away(source: PathSource) -> None:
    parts, _ = some_parts(source)
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        write_parts(writing, parts)
    os.close(writing)


@POSIX
@pytest.mark.parametrize("seed", range(5))
def test_calls_that_take_a_part(seed: int, source: PathSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """writev, write and sendfile may take less than they were given."""
    parts, expected = some_parts(source)
    random = Random(seed)
    real_write, real_sendfile = os.write, os.sendfile

    def writev(fd: int, buffers: list[Any]) -> int:
        joined = b"".join(map(bytes, buffers))
        return real_write(fd, joined[: random.randint(1, len(joined))])

    def write(fd: int, data: Any) -> int:
        return real_write(fd, data[: random.randint(1, len(data))])

    def sendfile(out: int, from_: int, offset: int, count: int) -> int:
        return real_sendfile(out, from_, offset, random.randint(1, count))

    monkeypatch.setattr(transfer.os, "writev", writev)
    monkeypatch.setattr(transfer.os, "write", write)
    monkeypatch.setattr(transfer.os, "sendfile", sendfile)
    with (tmp_path / "out").open("wb") as file:
        write_parts(file.fileno(), parts)
    assert (tmp_path / "out").read_bytes() == expected
    reading, writing = os.pipe()
    drain = Drain(reading)
    write_parts(writing, parts)
    os.close(writing)
    assert drain.join() == expected
    os.close(reading)


@POSIX
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_system_without_sendfile(code: int, source: PathSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def sendfile(*arguments: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(transfer.os, "sendfile", sendfile)
    parts, expected = some_parts(source)
    reading, writing = os.pipe()
    drain = Drain(reading)
    write_parts(writing, parts)
    os.close(writing)
    assert drain.join() == expected
    os.close(reading)


def test_nothing_stays_open(source: PathSource, tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no /proc")
    parts, _ = some_parts(source)
    before = len(list(folder.iterdir()))
    for _ in range(3):
        with (tmp_path / "out").open("wb") as file:
            write_parts(file.fileno(), parts)
    os.truncate(source.name, 100)
    with (tmp_path / "out").open("wb") as file, pytest.raises(SourceChanged):
        write_parts(file.fileno(), parts)
    assert len(list(folder.iterdir())) == before


# -- a source that changes


def test_a_source_that_is_shorter_now(source: PathSource, tmp_path: Path) -> None:
    os.truncate(source.name, 5000)
    with (tmp_path / "out").open("wb") as file, pytest.raises(SourceChanged, match="not the one that was read"):
        write_parts(file.fileno(), [(source, 0, 100_000, 1)])


@pytest.mark.parametrize("change", ["truncate", "write"])
def test_a_source_that_changes_while_it_is_copied(
    change: str, source: PathSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = transfer.copy_range

    def copy_range(from_: int, offset: int, to: int, length: int) -> int:
        if change == "truncate":
            os.truncate(source.name, 5000)
        left = real(from_, offset, to, length)
        if change == "write":
            with open(source.name, "r+b") as file:
                file.write(b"other")
            os.utime(source.name, ns=(1, 1))
        return left

    monkeypatch.setattr(transfer, "copy_range", copy_range)
    with (tmp_path / "out").open("wb") as file, pytest.raises(SourceChanged):
        write_parts(file.fileno(), [(source, 0, 100_000, 1)])

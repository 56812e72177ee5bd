"""Targets of saving: paths, file objects of all kinds, pipes, sockets."""

from __future__ import annotations

import gzip
import io
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from tests.reference.encoding import Element, file_bytes

LARGE = bytes(range(256)) * 800


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    """A file whose pixel data are deferred."""
    path = tmp_path / "large.dcm"
    elements = (
        Element(0x00080018, "UI", b"1.2.3.4\0"),
        Element(0x00100010, "PN", b"A^B "),
        Element(0x7FE00010, "OW", LARGE),
    )
    path.write_bytes(file_bytes(elements))
    return path


def test_every_target_gets_the_same(large_file: Path, tmp_path: Path) -> None:
    for changed in (False, True):
        dataset = dicomkit.read(large_file)
        if changed:
            dataset.PatientName = "Another^Name"
        expected = dataset.to_bytes()
        assert (expected == large_file.read_bytes()) is not changed
        path = tmp_path / "copy.dcm"
        for target in (str(path), path, os.fsencode(path)):
            path.unlink(missing_ok=True)
            dataset.save(target)
            assert path.read_bytes() == expected
        dataset.save(path, fsync=True)
        assert path.read_bytes() == expected
        with path.open("wb") as file:
            dataset.save(file)
        assert path.read_bytes() == expected
        with open(path, "wb", buffering=0) as raw:
            dicomkit.write_stream(dataset, raw)
        assert path.read_bytes() == expected
        memory = io.BytesIO()
        dataset.save(memory)
        assert memory.getvalue() == expected
        with gzip.open(tmp_path / "copy.gz", "wb") as packed:
            dataset.save(packed)  # type: ignore[arg-type]  # typeshed has no IO[bytes] for it
        assert gzip.decompress((tmp_path / "copy.gz").read_bytes()) == expected


def test_file_objects_are_written_from_where_they_stand(large_file: Path, tmp_path: Path) -> None:
    dataset = dicomkit.read(large_file)
    expected = dataset.to_bytes()
    path = tmp_path / "two.bin"
    with path.open("w+b") as file:
        file.write(b"before")
        dataset.save(file)
        assert file.tell() == 6 + len(expected)
        file.write(b"between")
        dataset.save(file)
        file.write(b"after")
        file.seek(0)
        assert file.read() == b"before" + expected + b"between" + expected + b"after"
    with path.open("r+b") as file:
        assert file.read(3) == b"bef"
        dataset.save(file)
        assert file.tell() == 3 + len(expected)
    assert path.read_bytes()[:3] == b"bef"
    assert path.read_bytes()[3 : 3 + len(expected)] == expected
    with path.open("ab") as file:
        dataset.save(file)
    assert path.read_bytes().endswith(b"after" + expected)


class Raw(io.RawIOBase):
    """A raw stream that takes a few bytes at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data[: self.most])
        self.taken += part
        return len(part)


def test_a_raw_stream_that_takes_a_part_at_a_time(large_file: Path) -> None:
    dataset = dicomkit.read(large_file)
    raw = Raw(4001)
    dataset.save(raw)
    assert bytes(raw.taken) == large_file.read_bytes()
    with pytest.raises(OSError, match="no more"):
        dataset.save(Raw(0))


class Silent:
    """A file object whose write says nothing."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, data: Any) -> None:
        self.taken += data


def test_a_file_object_whose_write_returns_nothing(large_file: Path) -> None:
    silent = Silent()
    dicomkit.write_stream(dicomkit.read(large_file), silent)
    assert bytes(silent.taken) == large_file.read_bytes()


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_socket(large_file: Path, timeout: float | None) -> None:
    dataset = dicomkit.read(large_file)
    dataset.PatientName = "Another^Name"
    ours, theirs = socket.socketpair()
    received: list[bytes] = []

    def receive() -> None:
        while data := theirs.recv(65536):
            received.append(data)

    thread = threading.Thread(target=receive)
    thread.start()
    ours.settimeout(timeout)
    dicomkit.write_stream(dataset, ours)
    ours.close()
    thread.join()
    theirs.close()
    assert b"".join(received) == dataset.to_bytes()


def test_text_files_are_refused(large_file: Path, tmp_path: Path) -> None:
    with (tmp_path / "text").open("w") as file, pytest.raises(TypeError):
        dicomkit.read(large_file).save(file)  # type: ignore[arg-type]  # which is the point


def test_what_is_no_target() -> None:
    for target in (None, 5, object()):
        with pytest.raises(TypeError):
            Dataset(PatientID="1").save(target)  # type: ignore[arg-type]  # which is the point

"""Data sets that were received: in memory, or in a file where they are large."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicomkit
from dicomkit.errors import ParseError
from dicomkit.net import received
from dicomkit.net.received import Collected, data_set

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


def test_in_memory() -> None:
    sink = Collected()
    view = memoryview(bytearray(b"abc"))
    sink.write(view)
    view[:] = b"xyz"  # as the next receive does
    sink.write(view)
    assert sink.finish() == b"abcxyz"
    sink.discard()


def test_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "MOST_IN_MEMORY", 1000)
    ds = dicomkit.Dataset(PatientID="1", PixelData=bytes(range(256)) * 1000)
    data = ds.to_bytes(meta="none")
    sink = Collected()
    for at in range(0, len(data), 600):
        sink.write(memoryview(data)[at : at + 600])
    file = sink.finish()
    assert not isinstance(file, bytearray)
    read = data_set(file, EXPLICIT)
    assert read.PatientID == "1"
    assert read.PixelData == ds.PixelData
    sink.discard()
    assert file.closed


@pytest.mark.parametrize("name", ["ct.dcm", "ct_implicit.dcm", "ct_big_endian.dcm", "ct_deflated.dcm", "rle.dcm"])
def test_in_every_encoding(examples_dir: Path, name: str) -> None:
    path = examples_dir / name
    whole = dicomkit.read(path)
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    assert whole.transfer_syntax is not None
    read = data_set(data[start:], whole.transfer_syntax)
    assert read.transfer_syntax == whole.transfer_syntax
    assert read.PatientName == whole.PatientName
    assert read.to_bytes(meta="none") == whole.to_bytes(meta="none")


def test_a_transfer_syntax_that_nobody_knows() -> None:
    data = dicomkit.Dataset(PatientID="1").to_bytes(meta="none")
    assert data_set(data, "1.2.3.4").PatientID == "1"
    assert data_set(data, "").PatientID == "1"


def test_a_data_set_that_looks_like_a_file() -> None:
    # DICM at byte 128, in the value of an element
    ds = dicomkit.Dataset(StudyDescription="x" * 120 + "DICM")
    data = ds.to_bytes(meta="none", transfer_syntax=IMPLICIT)
    assert data[128:132] == b"DICM"
    assert data_set(data, IMPLICIT).StudyDescription == ds.StudyDescription


def test_what_is_no_data_set() -> None:
    with pytest.raises(ParseError):
        data_set(b"\xff" * 40, "1.2.840.10008.1.2.1.99")

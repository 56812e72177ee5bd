from __future__ import annotations

import struct
from pathlib import Path

import pytest

import dicomkit
from dicomkit.errors import EncodeError
from dicomkit.media.encoded import encoded
from dicomkit.pixels import spool as module
from dicomkit.pixels.spool import Spool, encapsulated_element, item_header, native_element


def test_in_memory_and_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    spool = Spool()
    for number in range(100):
        spool.write(bytes((number,)) * 10)
    assert spool.size == 1000
    assert spool.read(95, 10) == b"\x09" * 5 + b"\x0a" * 5
    assert spool.read(990, 100) == b"\x63" * 10


def test_a_file_is_copied_from_file_to_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes do not pass through Python, whatever data set they are in."""
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    spool = Spool()
    spool.write(b"x" * 100)
    assert spool.open_range(0, 10) is None
    spool.write(b"y" * 1000)
    dataset = dicomkit.Dataset(SOPInstanceUID="1.2")
    dataset.add(native_element(spool, "OB", 0x7FE00010))
    copy = encoded(dataset)
    monkeypatch.setattr(Spool, "read", None)
    for number, each in enumerate((dataset, copy)):
        path = tmp_path / str(number)
        each.save(path)
        each.PatientName = "A^B"
        each.save(path)
        assert dicomkit.read(path.read_bytes()).PixelData == b"x" * 100 + b"y" * 1000


def test_native() -> None:
    spool = Spool()
    spool.write(b"abc")
    element = native_element(spool, "OB", 0x7FE00010)
    assert (element.vr, element.value) == ("OB", b"abc\0")
    spool.size = 1 << 32
    with pytest.raises(EncodeError, match="4 GiB"):
        native_element(spool, "OW", 0x7FE00010)


def test_offset_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool()
    for data in (b"abcd", b"ef"):
        spool.write(item_header(len(data)) + data)
    element, extended = encapsulated_element(spool, [3, 2])
    assert element.is_encapsulated
    assert element.raw[:16] == item_header(8) + struct.pack("<II", 0, 12)
    assert extended is None
    monkeypatch.setattr(module, "LAST_OFFSET", 11)  # as if 32 bits could hold no more
    element, extended = encapsulated_element(spool, [3, 2])
    assert element.raw[:16] == item_header(0) + item_header(4)
    assert extended == (struct.pack("<QQ", 0, 12), struct.pack("<QQ", 3, 2))

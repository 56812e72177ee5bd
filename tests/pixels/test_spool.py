from __future__ import annotations

import struct

import pytest

from dicomkit.errors import EncodeError
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

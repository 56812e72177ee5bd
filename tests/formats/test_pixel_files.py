"""Pixel data as files."""

from __future__ import annotations

import struct
from pathlib import Path

from dicomkit.formats.dump import open_subject, write_text


def test_names_and_contents(tmp_path: Path, build: object) -> None:
    data = build.file(build.fragments(0x7FE00010, b"", b"one ", b"two"), transfer_syntax="1.2.840.10008.1.2.5")
    pieces: list[bytes] = []
    stem = tmp_path / "x"
    assert write_text(open_subject(data), pieces.append, pixel_file=stem) == []
    assert [(tmp_path / f"x.{n}.raw").read_bytes() for n in range(3)] == [b"", b"one ", b"two"]
    assert f"  (fffe,e000) pi ={stem}.1.raw".encode()[:60] in b"".join(pieces)


def test_what_is_there_is_not_overwritten(tmp_path: Path, build: object) -> None:
    data = build.file(build.element(0x7FE00010, "OW", b"new "))
    taken = tmp_path / "x.0.raw"
    taken.write_bytes(b"old")
    assert write_text(open_subject(data), lambda text: None, pixel_file=tmp_path / "x") == [str(taken)]
    assert taken.read_bytes() == b"old"


def test_words_are_little_endian(tmp_path: Path) -> None:
    words = list(range(1000))
    pixels = struct.pack(">HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 2000) + struct.pack(">1000H", *words)
    meta = b"\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.2\0"
    file = bytes(128) + b"DICM" + b"\x02\0\0\0UL\4\0" + struct.pack("<I", len(meta)) + meta + pixels
    write_text(open_subject(file), lambda text: None, pixel_file=tmp_path / "big")
    assert (tmp_path / "big.0.raw").read_bytes() == struct.pack("<1000H", *words)


def test_a_large_deferred_value_is_copied_in_blocks(tmp_path: Path, build: object) -> None:
    value = bytes(range(256)) * 10_000
    file = tmp_path / "large.dcm"
    file.write_bytes(build.file(build.element(0x7FE00010, "OB", value)))
    write_text(open_subject(str(file)), lambda text: None, pixel_file=tmp_path / "out")
    assert (tmp_path / "out.0.raw").read_bytes() == value

"""What the tests of the formats need: data sets to order."""

from __future__ import annotations

import struct

import pytest

LONG_HEADER = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF


class Build:
    """Encodes data sets in Explicit VR Little Endian (PS3.5 section 7)."""

    @staticmethod
    def element(tag: int, vr: str, value: bytes = b"") -> bytes:
        header = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
        if vr in LONG_HEADER:
            return header + struct.pack("<HI", 0, len(value)) + value
        return header + struct.pack("<H", len(value)) + value

    @staticmethod
    def item(content: bytes = b"") -> bytes:
        return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content

    def sequence(self, tag: int, *items: bytes) -> bytes:
        return self.element(tag, "SQ", b"".join(items))

    def fragments(self, tag: int, *items: bytes) -> bytes:
        header = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"OB", 0, UNDEFINED)
        return header + b"".join(map(self.item, items)) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)

    def file(self, *elements: bytes, transfer_syntax: str = "1.2.840.10008.1.2.1") -> bytes:
        uid = transfer_syntax.encode()
        meta = self.element(0x00020010, "UI", uid + b"\0" * (len(uid) % 2))
        length = self.element(0x00020000, "UL", struct.pack("<I", len(meta)))
        return bytes(128) + b"DICM" + length + meta + b"".join(elements)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()

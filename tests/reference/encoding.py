"""Data sets as bytes, the short way: what a test describes, encoded as PS3.5 section 7 says.

A data set is a tuple of `Element`, `Sequence` and `PixelFragments`; nothing is sorted, checked or corrected, so what is
wrong stays wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

UNDEFINED = 0xFFFFFFFF
ITEM = 0xFFFEE000
ITEM_DELIMITATION = 0xFFFEE00D
SEQUENCE_DELIMITATION = 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010

# PS3.5 7.1.2: VRs whose explicit header has two reserved bytes and a 32-bit length.
LONG_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
SHORT_VRS = frozenset(
    (
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FD",
        "FL",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    )
)

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG = "1.2.840.10008.1.2.4.50"


@dataclass(frozen=True)
class Element:
    """An element with a value. `length` replaces the true one in the header."""

    tag: int
    vr: str
    value: bytes = b""
    length: int | None = None


@dataclass(frozen=True)
class Item:
    elements: tuple[Node, ...] = ()
    undefined: bool = False


@dataclass(frozen=True)
class Sequence:
    """A sequence; written under VR `UN`, its items are in implicit VR little endian (PS3.5 6.2.2 note 2)."""

    tag: int
    items: tuple[Item, ...] = ()
    undefined: bool = False
    vr: str = "SQ"


@dataclass(frozen=True)
class PixelFragments:
    """Encapsulated Pixel Data (PS3.5 A.4); the first fragment is the Basic Offset Table."""

    fragments: tuple[bytes, ...] = (b"",)
    tag: int = PIXEL_DATA
    vr: str = "OB"


Node: TypeAlias = Element | Sequence | PixelFragments


@dataclass(frozen=True)
class Encoding:
    """One of the native encodings (PS3.5 section 10, annex A)."""

    implicit: bool = False
    big: bool = False

    @property
    def order(self) -> str:
        return ">" if self.big else "<"

    def data_set(self, elements: Iterable[Node]) -> bytes:
        return b"".join(self.node(element) for element in elements)

    def node(self, node: Node) -> bytes:
        if isinstance(node, Element):
            length = len(node.value) if node.length is None else node.length
            return self.header(node.tag, node.vr, length) + node.value
        if isinstance(node, PixelFragments):
            fragments = b"".join(self.marker(ITEM, len(fragment)) + fragment for fragment in node.fragments)
            return self.header(node.tag, node.vr, UNDEFINED) + fragments + self.marker(SEQUENCE_DELIMITATION, 0)
        inside = replace(self, implicit=True, big=False) if node.vr == "UN" else self
        content = b"".join(inside.item(item) for item in node.items)
        if node.undefined:
            return self.header(node.tag, node.vr, UNDEFINED) + content + inside.marker(SEQUENCE_DELIMITATION, 0)
        return self.header(node.tag, node.vr, len(content)) + content

    def item(self, item: Item) -> bytes:
        content = self.data_set(item.elements)
        if item.undefined:
            return self.marker(ITEM, UNDEFINED) + content + self.marker(ITEM_DELIMITATION, 0)
        return self.marker(ITEM, len(content)) + content

    def marker(self, tag: int, length: int) -> bytes:
        """An item header or a delimitation item."""
        return struct.pack(self.order + "HHI", tag >> 16, tag & 0xFFFF, length)

    def header(self, tag: int, vr: str, length: int) -> bytes:
        if self.implicit:
            return self.marker(tag, length)
        start = struct.pack(self.order + "HH2s", tag >> 16, tag & 0xFFFF, vr.encode("latin-1"))
        if vr in LONG_VRS:
            return start + struct.pack(self.order + "HI", 0, length)
        return start + struct.pack(self.order + "H", length & 0xFFFF)


EXPLICIT = Encoding()
IMPLICIT = Encoding(implicit=True)
BIG = Encoding(big=True)
ENCODINGS = {EXPLICIT_LITTLE: EXPLICIT, IMPLICIT_LITTLE: IMPLICIT, EXPLICIT_BIG: BIG}


def file_meta(transfer_syntax: str = EXPLICIT_LITTLE, *others: Node) -> bytes:
    """Preamble, prefix and File Meta Information (PS3.10 7.1)."""
    uid = transfer_syntax.encode()
    nodes = (Element(0x00020010, "UI", uid + b"\0" * (len(uid) % 2)), *others)
    elements = EXPLICIT.data_set(sorted(nodes, key=lambda node: node.tag))
    length = EXPLICIT.node(Element(0x00020000, "UL", struct.pack("<I", len(elements))))
    return b"\0" * 128 + b"DICM" + length + elements


def file_bytes(elements: Iterable[Node], transfer_syntax: str = EXPLICIT_LITTLE) -> bytes:
    """A whole PS3.10 file."""
    content = ENCODINGS.get(transfer_syntax, EXPLICIT).data_set(elements)
    if transfer_syntax == DEFLATED:
        import zlib

        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        content = packer.compress(content) + packer.flush()
    return file_meta(transfer_syntax) + content

"""Data sets as bytes: the encoding rules of PS3.5 7 and the file format of PS3.10 7, in the standard library's terms.

A data set is a list of `(tag, VR, value)`, in any order. A value is what the VR means: text, numbers, bytes, a tuple of
them where there are several; for SQ a list of data sets, for encapsulated pixel data `Fragments`. Text is encoded with
the Python codec that `TransferSyntax.encode` is given; bytes go out as they are.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias, cast

Value: TypeAlias = "str | bytes | int | float | tuple[str | int | float, ...] | Sequence[DataSet] | Fragments | None"
DataSet: TypeAlias = Sequence[tuple[int, str, Value]]

# PS3.5 6.2: VRs that are numbers, with their struct code; and the size of the words that byte ordering swaps.
NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
WORDS = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}
# PS3.5 7.1.2: VRs with two reserved bytes and a 32-bit length.
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

IMPLEMENTATION_CLASS_UID = "2.25.188486914529367364416126285366285837937"
UID_NAMESPACE = uuid.UUID("8dccf7ce-0d5c-5d5a-8b1e-1f4f2b0b3c11")


class Fragments(NamedTuple):
    """Encapsulated pixel data (PS3.5 A.4): one fragment a frame, with a Basic Offset Table."""

    frames: tuple[bytes, ...]


class TransferSyntax(NamedTuple):
    """How data sets are written (PS3.5 10 and annex A)."""

    uid: str
    explicit_vr: bool = True
    big_endian: bool = False
    deflated: bool = False
    undefined_length: bool = False  # of sequences and items: a sender's choice (PS3.5 7.5.1)

    def encode(self, dataset: DataSet, codec: str = "ascii") -> bytes:
        """The bytes of a data set, elements in ascending order of tags (PS3.5 7.1)."""
        ordered = sorted(dataset, key=lambda element: element[0])
        return b"".join(self.element(tag, vr, value, codec) for tag, vr, value in ordered)

    def element(self, tag: int, vr: str, value: Value, codec: str = "ascii") -> bytes:
        """One data element."""
        if vr == "SQ":
            return self._sequence(tag, cast("Sequence[DataSet]", value), codec)  # what SQ means
        if isinstance(value, Fragments):
            return self._header(tag, vr, UNDEFINED) + self._fragments(value)
        content = self._content(vr, value, codec)
        return self._header(tag, vr, len(content)) + content

    def _sequence(self, tag: int, items: Sequence[DataSet], codec: str) -> bytes:
        content = b"".join(self.item(self.encode(item, codec)) for item in items)
        if self.undefined_length:
            return self._header(tag, "SQ", UNDEFINED) + content + self._marker(SEQUENCE_DELIMITATION, 0)
        return self._header(tag, "SQ", len(content)) + content

    def item(self, content: bytes) -> bytes:
        """An item around the bytes of its data set (PS3.5 7.5)."""
        if self.undefined_length:
            return self._marker(ITEM, UNDEFINED) + content + self._marker(ITEM_DELIMITATION, 0)
        return self._marker(ITEM, len(content)) + content

    def _fragments(self, value: Fragments) -> bytes:
        offset, offsets, items = 0, [], []
        for frame in value.frames:
            offsets.append(offset)
            items.append(self._marker(ITEM, len(frame)) + frame)
            offset += len(items[-1])
        table = struct.pack(f"<{len(offsets)}I", *offsets)
        return self._marker(ITEM, len(table)) + table + b"".join(items) + self._marker(SEQUENCE_DELIMITATION, 0)

    def _header(self, tag: int, vr: str, length: int) -> bytes:
        order = ">" if self.big_endian else "<"
        group_element = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        if not self.explicit_vr:
            return group_element + struct.pack(f"{order}I", length)
        if vr in LONG:
            return group_element + struct.pack(f"{order}2s2xI", vr.encode(), length)
        return group_element + struct.pack(f"{order}2sH", vr.encode(), length)

    def _marker(self, tag: int, length: int) -> bytes:
        order = ">" if self.big_endian else "<"
        return struct.pack(f"{order}HHI", tag >> 16, tag & 0xFFFF, length)

    def _content(self, vr: str, value: Value, codec: str) -> bytes:
        order = ">" if self.big_endian else "<"
        if value is None:
            return b""
        if isinstance(value, bytes):
            content = swap_words(value, WORDS[vr]) if self.big_endian and vr in WORDS else value
            return padded(content, b"\0" if vr in {"OB", "UN", "UI"} else b" ")
        values = value if isinstance(value, tuple) else (value,)
        if vr in NUMBERS:
            return struct.pack(f"{order}{len(values)}{NUMBERS[vr]}", *values)
        if vr == "AT":
            tags = [int(tag) for tag in values if not isinstance(tag, Fragments)]
            return b"".join(struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF) for tag in tags)
        return padded("\\".join(map(str, values)).encode(codec), b"\0" if vr == "UI" else b" ")


EXPLICIT_LITTLE = TransferSyntax("1.2.840.10008.1.2.1")
EXPLICIT_LITTLE_UNDEFINED = EXPLICIT_LITTLE._replace(undefined_length=True)
IMPLICIT_LITTLE = TransferSyntax("1.2.840.10008.1.2", explicit_vr=False)
EXPLICIT_BIG = TransferSyntax("1.2.840.10008.1.2.2", big_endian=True)
DEFLATED = TransferSyntax("1.2.840.10008.1.2.1.99", deflated=True)
RLE_LOSSLESS = TransferSyntax("1.2.840.10008.1.2.5")


def padded(content: bytes, pad: bytes) -> bytes:
    """Values have even length (PS3.5 6.2): text is padded with a space, UI and bytes with a NUL."""
    return content + pad if len(content) % 2 else content


def swap_words(content: bytes, size: int) -> bytes:
    """Reverse the bytes of every word."""
    swapped = bytearray(len(content))
    for i in range(size):
        swapped[i::size] = content[size - 1 - i :: size]
    return bytes(swapped)


def uid(*name: str | int) -> str:
    """A UID that is the same in every run (PS3.5 B.2), made of a name."""
    return f"2.25.{uuid.uuid5(UID_NAMESPACE, ' '.join(map(str, name))).int}"


def value_of(dataset: DataSet, tag: int) -> Value:
    """The value of an element at the top of a data set."""
    return next(value for candidate, _, value in dataset if candidate == tag)


def file_bytes(dataset: DataSet, syntax: TransferSyntax = EXPLICIT_LITTLE, codec: str = "ascii") -> bytes:
    """A DICOM file (PS3.10 7.1)."""
    return file_meta(dataset, syntax) + encoded(dataset, syntax, codec)


def file_meta(dataset: DataSet, syntax: TransferSyntax) -> bytes:
    """Preamble, prefix and File Meta Information, which is always explicit VR little endian."""
    meta = EXPLICIT_LITTLE.encode(
        [
            (0x00020001, "OB", b"\0\1"),  # FileMetaInformationVersion
            (0x00020002, "UI", value_of(dataset, 0x00080016)),  # MediaStorageSOPClassUID
            (0x00020003, "UI", value_of(dataset, 0x00080018)),  # MediaStorageSOPInstanceUID
            (0x00020010, "UI", syntax.uid),  # TransferSyntaxUID
            (0x00020012, "UI", IMPLEMENTATION_CLASS_UID),  # ImplementationClassUID
            (0x00020013, "SH", "DICOMKIT_EXAMPLE"),  # ImplementationVersionName
        ]
    )
    return bytes(128) + b"DICM" + EXPLICIT_LITTLE.element(0x00020000, "UL", len(meta)) + meta


def encoded(dataset: DataSet, syntax: TransferSyntax, codec: str) -> bytes:
    """The data set of a file, deflated where the transfer syntax says so (PS3.5 A.5)."""
    content = syntax.encode(dataset, codec)
    if not syntax.deflated:
        return content
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return padded(deflate.compress(content) + deflate.flush(), b"\0")


def code(value: str, scheme: str, meaning: str) -> DataSet:
    """An item of a code sequence (PS3.3 8.8)."""
    return [(0x00080100, "SH", value), (0x00080102, "SH", scheme), (0x00080104, "LO", meaning)]


def words(numbers: Iterable[int]) -> bytes:
    """16-bit pixels or words as they stand in a little endian data set."""
    values = list(numbers)
    return struct.pack(f"<{len(values)}H", *values)

"""Data sets of a few elements, and what a MAC of them is calculated from."""

from __future__ import annotations

from typing import Any

from dicomkit import Dataset
from dicomkit._ext.tagstream import TagStream, index_bytes
from dicomkit._ext.writer import encode_dataset
from dicomkit.dataset.dataset import from_index
from dicomkit.dataset.text import character_sets
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.mac import mac_parts
from tests.reference.encoding import EXPLICIT, EXPLICIT_LITTLE, Element, Encoding, Node

NAME = Element(0x00100010, "PN", b"A ")
NAME_BYTES = bytes.fromhex("10001000 504e 0200 4120")


def opened(content: bytes, encoding: Encoding = EXPLICIT) -> Dataset:
    return from_index(index_bytes(content, implicit_vr=encoding.implicit, big_endian=encoding.big))


def read(*nodes: Node, encoding: Encoding = EXPLICIT) -> Dataset:
    return opened(encoding.data_set(nodes), encoding)


class Bytes:
    """A source."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def deferred(content: bytes, encoding: Encoding, defer_size: int) -> Dataset:
    """The same, with larger values left out."""
    tags = TagStream(0, len(content), implicit_vr=encoding.implicit, big_endian=encoding.big, defer_size=defer_size)
    start, needed = 0, 0
    while not tags.feed(content[start : start + max(100, needed)], start):
        start, needed = tags.position, tags.needed
        if start + needed > len(content):
            tags.end(len(content))
            start = tags.position
    return from_index(tags.finish(), Bytes(content))


def stored(dataset: Dataset) -> Dataset:
    """What comes back if it is saved with explicit VR and read again."""
    return opened(encode_dataset(dataset, character_sets=character_sets, encapsulated=True).joined())


def stream(item: Dataset, tags: Any = None, syntax: str = EXPLICIT_LITTLE) -> bytes:
    return b"".join(bytes(chunk) for chunk in chunks(mac_parts(item, tags, syntax)))

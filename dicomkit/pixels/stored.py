"""The stored value of pixel data: where its bytes are, whether it was read or assigned, is in memory or deferred."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomkit.errors import CodecError, SourceChanged
from dicomkit.pixels.layout import CARRIERS
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.typing import BytesLike

__all__ = ["Stored", "find_carrier", "transfer_syntax_of"]

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
TRANSFER_SYNTAX_UID: Final = 0x00020010
ITEM: Final = b"\xfe\xff\x00\xe0"
DELIMITER: Final = b"\xfe\xff\xdd\xe0"
SHORT: Final = 128 << 10  # what is read in shorter pieces, one behind the other, is read ahead
BLOCK: Final = 1 << 20  # at most so far, and not further than was read already
RUN: Final = 4  # pieces, at least


def find_carrier(dataset: Dataset) -> DataElement:
    """The element that pixel data are in.

    Raises:
        CodecError: there is none.
    """
    empty = None
    for tag in CARRIERS:
        element = dataset._element(tag)
        if element is not None:
            if element.length or (element.offset is None and element.value):
                return element
            empty = empty or element
    if empty is None:
        raise CodecError("the data set has no pixel data: neither (7FE0,0010) nor (7FE0,0008) nor (7FE0,0009)")
    return empty


def transfer_syntax_of(dataset: Dataset, key: str | None = None) -> TransferSyntax:
    """The transfer syntax that the pixel data of a data set are in: `key`, what it was read in, or what it says.

    Raises:
        ValueError: `key` is no transfer syntax.
    """
    if key is not None:
        found = TransferSyntax.find(key)
        if found is None:
            raise ValueError(f"{key!r} is no transfer syntax")
        return found
    meta = dataset.file_meta
    said = dataset.transfer_syntax or (meta.get(TRANSFER_SYNTAX_UID) if meta is not None else None)
    return TransferSyntax.assumed(said if isinstance(said, str) and said else EXPLICIT_LITTLE)


class Stored:
    """The value of an element of pixel data. Offsets are from the start of its value.

    It refers to what the element was read from, but not to its data set, which may keep it.

    Attributes:
        length: bytes of a native value.
        is_encapsulated: whether it is items (PS3.5 A.4).
        is_truncated: whether the stream ended in it.
        vr: its VR.
        big_endian: whether the words of a native value have their most significant byte first.
        believed: whether it is an offset table that tells where items are: their headers may tell something else.
    """

    def __init__(self, element: DataElement, syntax: TransferSyntax) -> None:
        self.vr = element.vr
        self.is_truncated = element.is_truncated
        self._element: DataElement | None = None
        self._data: BytesLike = b""
        self._start = 0
        self._stop = 0  # of what may be read in blocks
        self._next = -SHORT - 1  # behind what was read last
        self._run = 0  # bytes of the pieces that were read one behind the other
        self._lock = Lock()
        self._block: tuple[int, BytesLike] = (0, b"")  # a block, from an offset on
        self.believed = False
        if element.offset is None:
            value = element.value
            self._data = value if isinstance(value, bytes) else b"" if value is None else _numbers(element)
            self.length = len(self._data)
            self.is_encapsulated = syntax.encapsulated and self._data[:4] == ITEM
            self.big_endian = False  # as it was assigned
        else:
            self._element = element._apart()
            self._start = element.offset
            self.is_encapsulated = element.is_encapsulated
            self.length = 0 if self.is_encapsulated else element.length or 0
            self.big_endian = element.big_endian or (syntax.big_endian_pixels and not syntax.big_endian)
            self.believed = self.is_encapsulated and self._element._is_believed()
            if not element.is_in_memory:
                self._stop = self.length

    def read(self, offset: int, length: int) -> BytesLike:
        """Bytes of the value, without a copy if they are in memory."""
        if self._element is None:
            return memoryview(self._data)[offset : offset + length]
        if length <= SHORT and offset + length <= self._stop:
            with self._lock:
                self._run = (self._run if abs(offset - self._next) <= SHORT else 0) + length
                self._next = offset + length
                found = self._from_block(self._element, offset, length)
            if found is not None:
                return found
        return self._element._window(self._start + offset, length)

    def _from_block(self, element: DataElement, offset: int, length: int) -> BytesLike | None:
        """What is in the last block, or in one that is read because several pieces before it were read."""
        start, block = self._block
        if not start <= offset <= offset + length <= start + len(block):
            ahead = min(BLOCK, self._run, self._stop - offset)
            if ahead < RUN * length:
                return None
            try:
                block = element._window(self._start + offset, ahead)
            except SourceChanged:  # it may have been saved in pieces
                return None
            start = offset
            self._block = start, block
        return memoryview(block)[offset - start : offset - start + length]

    def items(self) -> NDArray[np.uint64]:
        """(offset, length) of the value of each item, the Basic Offset Table first.

        Raises:
            CodecError: (an assigned value) it is not a run of items.
        """
        if self._element is None:
            return np.array(list(_items(self._data)), np.uint64).reshape(-1, 2)
        found = np.frombuffer(self._element._fragments(), np.uint64).reshape(-1, 2)
        found = found - np.array([self._start, 0], np.uint64)
        if len(found) and not self._element.is_in_memory:
            self._stop = int(found[-1].sum())
        return found

    def items_walked(self) -> NDArray[np.uint64]:
        """The same, by the headers of all items, if an offset table told where they are."""
        items = self.items()
        if not self._stop:
            return items
        found = []
        at = 0
        while at + 8 <= self._stop and (header := bytes(self.read(at, 8)))[:4] == ITEM:
            length = min(int.from_bytes(header[4:], "little"), self._stop - at - 8)
            found.append((at + 8, length))
            at += 8 + length
        return np.array(found, np.uint64).reshape(-1, 2)


def _numbers(element: DataElement) -> bytes:
    """The bytes of an assigned value of numbers, as OF and OD may have."""
    return bytes(element.array())


def _items(data: BytesLike) -> Any:
    at = 0
    while len(data) - at >= 8 and data[at : at + 4] == ITEM:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if length > len(data) - at:
            raise CodecError(f"the item of (7FE0,0010) at its byte {at - 8} is longer than the value")
        yield at, length
        at += length
    if at < len(data) and data[at : at + 4] != DELIMITER:
        raise CodecError(f"(7FE0,0010) has no item at its byte {at}")

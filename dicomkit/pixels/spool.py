"""New pixel data on their way into a data set: in memory while they are small, else in a temporary file."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from threading import Lock
from typing import TYPE_CHECKING, Final

from dicomkit.dataset.dataset import from_index
from dicomkit.errors import EncodeError
from dicomkit.media.encoded import Composed
from dicomkit.media.stream import read_stream

if TYPE_CHECKING:
    from typing import IO

    from dicomkit.dataset.element import DataElement
    from dicomkit.typing import BytesLike

__all__ = ["Spool", "encapsulated_element", "item_header", "native_element", "stream_element"]

IN_MEMORY: Final = 8 << 20
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
LONGEST: Final = 0xFFFFFFFE
PIXEL_DATA: Final = 0x7FE00010
DELIMITER: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"
LAST_OFFSET: Final = 0xFFFFFFFF
UNDEFINED: Final = 0xFFFFFFFF


class Spool:
    """Bytes that are written once, one behind the other, and read anywhere. What `Composed` reads from.

    The temporary file has no name that anybody could change it by, and is gone with this object.
    """

    name = ""

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._lock = Lock()
        self._in_file = False
        self.size = 0

    def write(self, data: BytesLike) -> None:
        """Put bytes at the end."""
        if not self._in_file and self.size + len(data) > IN_MEMORY:
            file = tempfile.TemporaryFile()  # noqa: SIM115  closed when nobody refers to it any more
            file.write(self.read(0, self.size))
            self._file, self._in_file = file, True
        self._file.write(data)
        self.size += len(data)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes that were written."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)

    def open_range(self, offset: int, length: int) -> tuple[int, int] | None:
        """A descriptor of the file and where the bytes are in it, for the caller to close; None if they are in memory."""
        if not self._in_file:
            return None
        with self._lock:
            self._file.flush()
            return os.dup(self._file.fileno()), offset

    def check(self, fd: int) -> None:
        """Nobody else can have changed it."""


def native_element(spool: Spool, vr: str, tag: int) -> DataElement:
    """The element of a native value.

    Raises:
        EncodeError: it is too long for an element.
    """
    if spool.size % 2:
        spool.write(b"\0")
    if spool.size > LONGEST:
        raise EncodeError("native pixel data of 4 GiB or more have no length field (PS3.5 7.1)", tag)
    return _element(tag, [_header(tag, vr, spool.size), (spool, 0, spool.size, 1)])


def encapsulated_element(
    spool: Spool, lengths: list[int], *, fragment_size: int | None = None, offset_table: bool = True
) -> tuple[DataElement, tuple[bytes, bytes] | None]:
    """The element of encapsulated frames.

    Args:
        spool: the items of the frames, with their headers.
        lengths: of the frames, without headers and padding.
        fragment_size: the most bytes of a fragment; None: frames have one each.
        offset_table: whether there is to be one.

    Returns:
        The element, and the values of Extended Offset Table and its lengths if the Basic Offset Table cannot say where the
        frames are: then that is empty (PS3.5 A.4, PS3.3 C.7.6.3.1.8).
    """
    offsets: list[int] = []
    at = 0
    for length in lengths:
        offsets.append(at)
        pieces = 1 if fragment_size is None else max(-(-length // fragment_size), 1)
        at += 8 * pieces + length + length % 2
    count = len(offsets)
    if not offset_table:
        return stream_element(spool), None
    if offsets and offsets[-1] > LAST_OFFSET:
        if fragment_size is not None:  # an extended table is of whole frames (PS3.3 C.7.6.3.1.8)
            return stream_element(spool), None
        extended = struct.pack(f"<{count}Q", *offsets), struct.pack(f"<{count}Q", *lengths)
        return stream_element(spool), extended
    return stream_element(spool, struct.pack(f"<{count}I", *offsets)), None


def stream_element(spool: Spool, table: bytes = b"") -> DataElement:
    """The element of items, with their headers, behind a Basic Offset Table."""
    head = _header(PIXEL_DATA, "OB", UNDEFINED) + item_header(len(table)) + table
    return _element(PIXEL_DATA, [head, (spool, 0, spool.size, 1), DELIMITER])


def item_header(length: int) -> bytes:
    """The header of an item of so many bytes."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, length)


def _header(tag: int, vr: str, length: int) -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)


def _element(tag: int, parts: list[bytes | tuple[Spool, int, int, int]]) -> DataElement:
    """An element that was read from parts of a data set of its own."""
    source = Composed(parts)
    stream = read_stream(source, transfer_syntax=EXPLICIT_LITTLE, defer_size=0, quirks=("data-set-only",))
    return from_index(stream.index, source)[tag]

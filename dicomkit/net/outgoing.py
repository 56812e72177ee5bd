"""Objects that are to be stored at a peer: what they are, and their data sets as parts to be sent.

A file whose header says what it holds is not parsed: the bytes behind its File Meta Information go out as they are, where
the peer takes its transfer syntax. Anything else becomes a data set and is encoded as the peer wants it.
"""

from __future__ import annotations

import os
from struct import pack, unpack_from

from dicomkit._ext import standard
from dicomkit._ext.tagstream import detect_encoding
from dicomkit.errors import EncodeError, SourceChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO, Any, Final, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.net.negotiation import Agreement, Context
    from dicomkit.net.transcoding import Transcode
    from dicomkit.typing import BytesLike, StrPath

    #: What can be stored: a path, a DICOM file in memory, an open file, a data set.
    Storable: TypeAlias = "StrPath | BytesLike | IO[bytes] | Dataset | Outgoing"

__all__ = ["OpenFile", "Outgoing"]

HEAD: Final = 1 << 16  # bytes; of a file up to this size, all
LARGEST_READ: Final = 1 << 22  # bytes that are read at once

IDENTITY: Final = 4096  # bytes of a data set in which SOP class and instance are, nearly always

SOP_CLASS: Final = 0x0002
SOP_INSTANCE: Final = 0x0003
TRANSFER_SYNTAX: Final = 0x0010
LONG_HEADERS: Final = frozenset((b"OB", b"UN", b"OW", b"UT", b"SQ"))
READ_ONLY: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class OpenFile:
    """A file that is open while it is sent: the source of a part.

    Attributes:
        fd: its descriptor.
        name: its path.
        size: what it had when it was opened.
    """

    __slots__ = ("fd", "name", "size")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fd = os.open(name, READ_ONLY)
        self.size = os.fstat(self.fd).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of it.

        Raises:
            SourceChanged: it does not have them any more.
        """
        if hasattr(os, "pread"):
            data = os.pread(self.fd, length, offset)
        else:
            os.lseek(self.fd, offset, os.SEEK_SET)
            data = os.read(self.fd, length)
        if len(data) != length:
            raise self.shorter()
        return data

    def shorter(self) -> SourceChanged:
        """The error of a file that was cut while it is sent."""
        return SourceChanged(self.name, "the file has become shorter while it is sent")

    def close(self) -> None:
        """Close it. Nothing happens where it is closed."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Outgoing:
    """An object that is to be stored.

    Attributes:
        sop_class_uid, sop_instance_uid, transfer_syntax: what it is.
        size: bytes of its data set where that is known, else None.
        message_id: of the request that it was sent with; 0: it was not.
        is_withdrawn: whether it is not to be sent any more, though it was given to be.
    """

    __slots__ = (
        "_dataset",
        "_file",
        "_head",
        "_rest",
        "_source",
        "is_withdrawn",
        "message_id",
        "size",
        "sop_class_uid",
        "sop_instance_uid",
        "transfer_syntax",
    )

    def __init__(self, source: Storable) -> None:
        """Look at what is to be stored. A path is opened, until `close`.

        Raises:
            ParseError, OSError: it cannot be read.
            EncodeError: it has no SOP class or instance UID.
            TypeError: it is nothing that can be stored.
        """
        self._source = source
        self._file: OpenFile | None = None
        self._dataset: Dataset | None = None
        self._head: BytesLike = b""  # the beginning of the data set as it is
        self._rest = 0  # the bytes behind it, in the file
        self.size: int | None = None
        self.message_id = 0
        self.is_withdrawn = False
        if isinstance(source, (bytes, bytearray, memoryview)):
            view = memoryview(source).cast("B")
            self._peek(view, len(view))
        elif isinstance(source, str) or hasattr(source, "__fspath__"):
            self._open(os.fsdecode(source))
        elif hasattr(source, "read"):
            self._read(source)
        else:
            self._take(source)

    def close(self) -> None:
        """Close what was opened."""
        if self._file is not None:
            self._file.close()

    def fit(self, agreement: Agreement, transcode: Transcode, *, in_memory: bool = False) -> tuple[Context, Iterable[Part]]:
        """The presentation context to send it in, and its data set as it is sent there.

        Args:
            agreement: what was negotiated.
            transcode: what may be done where its transfer syntax was not accepted.
            in_memory: read what the driver could send from the file, unless it is large.

        Raises:
            NoPresentationContext: none was accepted for its SOP class.
            UnsupportedTransferSyntax: none was for its transfer syntax, nor for one that it may be brought to.
            CodecError, EncodeError, ...: it cannot be brought to it.
        """
        context = agreement.find(self.sop_class_uid, self.transfer_syntax)
        if context is not None and self._dataset is None:
            return context, self._as_it_is(in_memory and self._rest <= LARGEST_READ)
        from dicomkit.net.transcoding import adapted

        return adapted(self._parsed(), self.sop_class_uid, agreement, transcode)

    def _as_it_is(self, in_memory: bool) -> list[Part]:
        parts: list[Part] = [self._head]
        if self._rest and self._file is not None:
            at = self._file.size - self._rest
            parts.append(self._file.read(at, self._rest) if in_memory else (self._file, at, self._rest, 1))
        if self.size is not None and self.size % 2 and _is_deflated(self.transfer_syntax):
            parts.append(b"\0")  # as PS3.5 A.5 has it; fragments of odd length are an error to some (PS3.8 annex E)
        return parts

    def _open(self, name: str) -> None:
        self._file = file = OpenFile(name)
        try:
            head = file.read(0, min(file.size, HEAD))
            self._peek(memoryview(head), file.size)
        except BaseException:
            file.close()
            raise
        if not self._rest:
            file.close()

    def _peek(self, head: memoryview, size: int) -> None:
        """Find out from the header of a file, or from all of it where that does not say."""
        found = read_header(head, size)
        if found is None:
            self._take(self._parsed())
            return
        self.sop_class_uid, self.sop_instance_uid, self.transfer_syntax, start = found
        self._head = head[start:]
        self._rest = size - len(head)
        self.size = size - start

    def _read(self, file: Any) -> None:
        """A file object: all of it, where it cannot go back."""
        if not getattr(file, "seekable", lambda: False)():
            self._source = data = file.read()
            self._peek(memoryview(data), len(data))
            return
        self._take(self._parsed())

    def _take(self, source: Any) -> None:
        """A data set."""
        if not hasattr(source, "is_changed"):
            raise TypeError(f"a path, DICOM file, file object or data set is needed, not {type(source).__name__}")
        self._dataset = dataset = source
        meta = dataset.file_meta
        self.sop_class_uid = str(dataset.get("SOPClassUID") or (meta and meta.get("MediaStorageSOPClassUID")) or "")
        self.sop_instance_uid = str(dataset.get("SOPInstanceUID") or (meta and meta.get("MediaStorageSOPInstanceUID")) or "")
        self.transfer_syntax = dataset.transfer_syntax or "1.2.840.10008.1.2.1"
        for uid, tag in ((self.sop_class_uid, 0x00080016), (self.sop_instance_uid, 0x00080018)):
            if not uid:
                raise EncodeError("an object cannot be stored without it", tag)

    def _parsed(self) -> Dataset:
        """It as a data set."""
        if self._dataset is None:
            from dicomkit.media.reader import read

            self._dataset = read(self._source)  # type: ignore[arg-type]  # what is a data set was taken as one
        return self._dataset


def read_header(head: memoryview, size: int) -> tuple[str, str, str, int] | None:
    """SOP class, SOP instance, transfer syntax and the offset of the data set, from the beginning of a DICOM file.

    None where the header is not as PS3.10 7.1 has it, does not end within `head`, or does not agree with the data set on
    what and in which transfer syntax it is: then the file has to be parsed.
    """
    if bytes(head[128:132]) != b"DICM":
        return None
    found: dict[int, str] = {}
    at = 132
    end = len(head)
    while True:
        if at + 12 > end:
            return None
        group, element, vr, length = unpack_from("<HH2sH", head, at)
        if group != 2:
            break
        start = at + 8
        if vr in LONG_HEADERS:
            (length,) = unpack_from("<I", head, start)
            start += 4
        elif not vr.isalpha():
            return None
        at = start + length
        if at > end:
            return None
        if vr == b"UI":
            found[element] = str(head[start:at], "latin-1").rstrip("\0 ")
    sop_class, instance, syntax = found.get(SOP_CLASS), found.get(SOP_INSTANCE), found.get(TRANSFER_SYNTAX)
    if not sop_class or not instance or not syntax or not _agrees(sop_class, instance, syntax, head, at, size):
        return None
    return sop_class, instance, syntax, at


def _is_deflated(uid: str) -> bool:
    row = standard.uid(uid)
    return row is not None and bool(row[5] & standard.DEFLATED)


def _agrees(sop_class: str, instance: str, syntax: str, head: memoryview, at: int, size: int) -> bool:
    """Whether what begins at an offset can be in a transfer syntax, and is the SOP instance that the header names.

    Peers compare it with the C-STORE request (PS3.4 B.2.3: data set does not match SOP class). A deflated one is believed.
    """
    row = standard.uid(syntax)
    properties = 0 if row is None else row[5]
    if properties & standard.DEFLATED:
        return True
    found = detect_encoding(head, at, size - at)
    if found is None:
        return False
    implicit, big_endian = found[:2]
    if implicit != bool(properties & standard.IMPLICIT_VR) or big_endian != bool(properties & standard.BIG_ENDIAN):
        return False
    order = ">" if big_endian else "<"
    start = bytes(head[at : at + IDENTITY])
    for element, uid in ((0x16, sop_class), (0x18, instance)):
        value = uid.encode("latin-1")
        value += b"\0" * (len(value) % 2)
        vr = pack("<I", len(value)) if implicit else b"UI" + pack(f"{order}H", len(value))
        if pack(f"{order}HH", 8, element) + vr + value not in start:
            return False
    return True

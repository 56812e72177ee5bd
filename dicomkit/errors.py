"""The errors that dicomkit raises.

    DicomError
    ├── ParseError (ValueError)              the bytes are not what PS3.5 or PS3.10 says
    ├── EncodeError (ValueError)             a value or data set cannot be written
    ├── ValueDecodeError (ValueError)        the bytes of one value are not of its VR
    ├── UnsupportedTransferSyntax (ValueError)
    ├── CodecError (ValueError)              a frame cannot be decoded or encoded
    └── SourceChanged (OSError)              a deferred value's file is gone or another one

Every error keeps its fields as positional arguments, so it survives pickling (a worker process can raise it).
"""

from __future__ import annotations

__all__ = [
    "CodecError",
    "DicomError",
    "EncodeError",
    "ParseError",
    "SourceChanged",
    "UnsupportedTransferSyntax",
    "ValueDecodeError",
]


def _tag_text(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


class DicomError(Exception):
    """Root of all errors of dicomkit."""


class ParseError(DicomError, ValueError):
    """The bytes cannot be read as a DICOM data set.

    Attributes:
        reason: what is wrong, as a short sentence.
        offset: byte offset in the stream where it is wrong, or None.
        path: tag path of the element, such as `(0040,A730)[0].(0008,0100)`, or "".
        source: name of the file or stream, or "".
    """

    def __init__(self, reason: str, offset: int | None = None, path: str = "", source: str = "") -> None:
        super().__init__(reason, offset, path, source)
        self.reason = reason
        self.offset = offset
        self.path = path
        self.source = source

    def __str__(self) -> str:
        text = self.reason
        if self.path:
            path = self.path if len(self.path) <= 200 else f"{self.path[:100]}...{self.path[-97:]}"
            text += f" in {path}"
        if self.offset is not None:
            text += f" at byte {self.offset}"
        return f"{self.source}: {text}" if self.source else text


class EncodeError(DicomError, ValueError):
    """A value or data set cannot be written.

    Attributes:
        reason: what is wrong, as a short sentence.
        tag: tag of the element, or None.
    """

    def __init__(self, reason: str, tag: int | None = None) -> None:
        super().__init__(reason, tag)
        self.reason = reason
        self.tag = tag

    def __str__(self) -> str:
        return self.reason if self.tag is None else f"{_tag_text(self.tag)}: {self.reason}"


class ValueDecodeError(DicomError, ValueError):
    """The bytes of a value do not follow its VR. The exact bytes stay readable as `element.raw`.

    Attributes:
        reason: what is wrong, as a short sentence.
        tag: tag of the element.
        vr: its VR.
        offset: byte offset of the value in the stream, or None.
    """

    def __init__(self, reason: str, tag: int, vr: str = "", offset: int | None = None) -> None:
        super().__init__(reason, tag, vr, offset)
        self.reason = reason
        self.tag = tag
        self.vr = vr
        self.offset = offset

    def __str__(self) -> str:
        where = f" at byte {self.offset}" if self.offset is not None else ""
        return f"{_tag_text(self.tag)} {self.vr}{where}: {self.reason}"


class UnsupportedTransferSyntax(DicomError, ValueError):
    """Nothing here can read, write or decode this transfer syntax.

    Attributes:
        uid: the transfer syntax UID.
        reason: what was wanted of it.
    """

    def __init__(self, uid: str, reason: str) -> None:
        super().__init__(uid, reason)
        self.uid = uid
        self.reason = reason

    def __str__(self) -> str:
        return f"transfer syntax {self.uid}: {self.reason}"


class CodecError(DicomError, ValueError):
    """A frame cannot be decoded or encoded.

    Attributes:
        reason: what is wrong, as a short sentence.
        frame: number of the frame, from 0, or None.
        transfer_syntax: UID of the transfer syntax that it is or was to be encoded in, or "".
    """

    def __init__(self, reason: str, frame: int | None = None, transfer_syntax: str = "") -> None:
        super().__init__(reason, frame, transfer_syntax)
        self.reason = reason
        self.frame = frame
        self.transfer_syntax = transfer_syntax

    def __str__(self) -> str:
        text = self.reason if self.frame is None else f"frame {self.frame}: {self.reason}"
        return f"transfer syntax {self.transfer_syntax}: {text}" if self.transfer_syntax else text


class SourceChanged(DicomError, OSError):
    """A deferred value cannot be read any more: its file is gone, was replaced or has changed.

    Attributes:
        source: name of the file.
        reason: what differs from when the data set was read.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"

"""The errors that dicomkit raises.

    DicomError
    ├── ParseError (ValueError)              the bytes are not what PS3.5 or PS3.10 says
    ├── EncodeError (ValueError)             a value or data set cannot be written
    ├── ValueDecodeError (ValueError)        the bytes of one value are not of its VR
    ├── UnsupportedTransferSyntax (ValueError)
    ├── CodecError (ValueError)              a frame cannot be decoded or encoded
    ├── SourceChanged (OSError)              a deferred value's file is gone or another one
    ├── SignatureError (ValueError)          a digital signature cannot be made, or is not what was required
    ├── NetworkError (OSError)               an association failed
    │   ├── ConnectError (ConnectionError)           there is no connection to the peer
    │   ├── Timeout (TimeoutError)                   the peer did not answer in time
    │   ├── ProtocolError                            the peer does not speak the protocol of PS3.8 and PS3.7
    │   ├── AssociationRejected (ConnectionRefusedError)
    │   ├── NoPresentationContext (LookupError)      the association is not for what is to be sent
    │   └── AssociationAborted (ConnectionAbortedError)
    └── DimseError (RuntimeError)            the peer answered an operation with a failure

Every error keeps its fields as positional arguments, so it survives pickling (a worker process can raise it).
"""

from __future__ import annotations

__all__ = [
    "AssociationAborted",
    "AssociationRejected",
    "CodecError",
    "ConnectError",
    "DicomError",
    "DimseError",
    "EncodeError",
    "NetworkError",
    "NoPresentationContext",
    "ParseError",
    "ProtocolError",
    "SignatureError",
    "SourceChanged",
    "Timeout",
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


class SignatureError(DicomError, ValueError):
    """A digital signature, key, certificate or time-stamp cannot be made or used, or is not what was required.

    Attributes:
        reason: what is wrong, as a short sentence.
        path: tag path of the item or element that it is about, or "" for the data set.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


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


class NetworkError(DicomError, OSError):
    """An association could not be had, or was lost.

    Attributes:
        text: what is wrong, as a short sentence. (A reason is a number here, as in PS3.8.)
        peer: address of the peer, such as `pacs.example:104`, or "".
    """

    def __init__(self, text: str, peer: str = "") -> None:
        super().__init__()
        # set, not passed on, since OSError takes its arguments for errno, strerror and filename
        self.args = (text, peer)
        self.text = text
        self.peer = peer

    def __str__(self) -> str:
        return f"{self.peer}: {self._sentence()}" if self.peer else self._sentence()

    def _sentence(self) -> str:
        return self.text


class ConnectError(NetworkError, ConnectionError):
    """There is no connection to the peer: the name is unknown, nobody listens, TLS fails."""


class Timeout(NetworkError, TimeoutError):
    """The peer did not answer in time."""


class ProtocolError(NetworkError):
    """What the peer sent is not what PS3.8 and PS3.7 say.

    Attributes:
        text: what is wrong, as a short sentence.
        offset: where, in bytes, in what the peer sent or in the PDU; None if it is not about bytes.
        peer: address of the peer, or "".
    """

    def __init__(self, text: str, offset: int | None = None, peer: str = "") -> None:
        super().__init__(text, peer)
        self.args = (text, offset, peer)
        self.offset = offset

    def _sentence(self) -> str:
        return self.text if self.offset is None else f"{self.text} at byte {self.offset}"


# PS3.8 table 9-21: source, reason -> what it means
REJECT_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}


class AssociationRejected(NetworkError, ConnectionRefusedError):
    """The peer rejected the association (A-ASSOCIATE-RJ).

    Attributes:
        result: 1 permanent, 2 transient.
        source: 1 service user, 2 service provider (ACSE), 3 service provider (presentation).
        reason: Reason/Diag. of PS3.8 table 9-21.
        text: what it means.
        peer: address of the peer, or "".
    """

    def __init__(self, result: int, source: int, reason: int, peer: str = "") -> None:
        super().__init__(REJECT_REASONS.get((source, reason), f"reason {reason} of source {source}"), peer)
        self.args = (result, source, reason, peer)
        self.result = result
        self.source = source
        self.reason = reason

    def _sentence(self) -> str:
        how = {1: "permanently", 2: "for now"}.get(self.result, f"with result {self.result}")
        return f"association rejected {how}: {self.text}"


# PS3.8 table 9-26: reason of a service provider -> what it means
ABORT_REASONS = {
    0: "no reason given",
    1: "unrecognized PDU",
    2: "unexpected PDU",
    4: "unrecognized PDU parameter",
    5: "unexpected PDU parameter",
    6: "invalid PDU parameter value",
}


class AssociationAborted(NetworkError, ConnectionAbortedError):
    """The association ended without a release.

    Attributes:
        source: 0 service user, 2 service provider.
        reason: Reason/Diag. of PS3.8 table 9-26, of a service provider.
        text: what it means, or what happened.
        peer: address of the peer, or "".
    """

    def __init__(self, source: int, reason: int, text: str = "", peer: str = "") -> None:
        meaning = ABORT_REASONS.get(reason, f"reason {reason}") if source else ""
        super().__init__(text or meaning, peer)
        self.args = (source, reason, text, peer)
        self.source = source
        self.reason = reason

    def _sentence(self) -> str:
        return f"association aborted: {self.text}" if self.text else "association aborted"


class NoPresentationContext(NetworkError, LookupError):
    """No presentation context was accepted for a SOP class.

    Attributes:
        abstract_syntax: its UID.
        name: its name, or the UID.
        text: what the peer has answered.
        peer: address of the peer, or "".
    """

    def __init__(self, abstract_syntax: str, name: str, text: str, peer: str = "") -> None:
        super().__init__(text, peer)
        self.args = (abstract_syntax, name, text, peer)
        self.abstract_syntax = abstract_syntax
        self.name = name

    def _sentence(self) -> str:
        return f"no presentation context for {self.name}: {self.text}"


class DimseError(DicomError, RuntimeError):
    """The peer answered an operation with a failure.

    Attributes:
        status: Status (0000,0900).
        comment: Error Comment (0000,0902), or "".
        operation: such as `C-STORE`, or "".
        meaning: what the status means, or "".
        offending_elements: tags, from Offending Element (0000,0901).
    """

    def __init__(
        self,
        status: int,
        comment: str = "",
        operation: str = "",
        meaning: str = "",
        offending_elements: tuple[int, ...] = (),
    ) -> None:
        super().__init__(status, comment, operation, meaning, offending_elements)
        self.status = status
        self.comment = comment
        self.operation = operation
        self.meaning = meaning
        self.offending_elements = offending_elements

    def __str__(self) -> str:
        text = f"{self.operation or 'the operation'} failed with status {self.status:04X}H"
        if self.meaning:
            text += f" ({self.meaning})"
        if self.comment:
            text += f": {self.comment}"
        if self.offending_elements:
            text += f"; offending {' '.join(map(_tag_text, self.offending_elements))}"
        return text

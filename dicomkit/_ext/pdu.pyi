from typing import Any, Final, Self

from typing_extensions import Buffer

#: Results of `decode_associate`, and what `encode_associate` takes.
_RequestedContext = tuple[int, str, tuple[str, ...]]  # id, abstract syntax, transfer syntaxes
_ContextResult = tuple[int, int, str]  # id, result, transfer syntax
_UserInformation = tuple[
    int,  # maximum length
    str,  # implementation class UID
    str,  # implementation version name
    tuple[int, int] | None,  # asynchronous operations: invoked, performed
    tuple[tuple[str, bool, bool], ...],  # SOP class, SCU role, SCP role
    tuple[tuple[str, bytes], ...],  # SOP class, service class application information
    tuple[tuple[str, str, tuple[str, ...]], ...],  # SOP class, service class, related general SOP classes
    tuple[int, bytes, bytes, bool] | None,  # user identity: type, primary field, secondary field, response requested
    bytes | None,  # server response to the user identity
    tuple[tuple[int, bytes], ...],  # other sub-items: type, content
]

COMMAND_VRS: Final[dict[int, str]]  #: tag of group 0000 -> VR

class PduReader:
    """What a peer sends, cut into PDUs as it arrives. It owns the buffer that is received into.

    P-DATA is never collected: each piece of a value goes out as a view of the buffer as soon as it is there. Other PDUs go
    out whole. Whatever a peer claims, no more is allocated than what it has sent, up to the limits.

    Args:
        size: bytes of the buffer at most, except for an association PDU that is longer. It begins smaller, and grows where
            a peer sends more than it holds.
        max_pdu_length: longest PDU-length of a P-DATA-TF PDU that is accepted; 0 for any.
        max_association_length: the same of every other PDU.

    Raises:
        ValueError: the size is below 16, or a limit not of 32 bits.

    PS3.8 9.3.
    """

    pdus: int  #: PDUs begun
    octets: int  #: bytes received

    @property
    def is_incomplete(self) -> bool:
        """Whether a PDU has begun to arrive and has not ended."""

    def __new__(cls, *, size: int = 262144, max_pdu_length: int = 0, max_association_length: int = 1048576) -> Self: ...
    def get_buffer(self) -> memoryview:
        """Free space to receive into: writable, never empty. The pieces that were given out before are no longer valid."""

    def received(self, count: int) -> list[tuple[Any, ...]]:
        """Say that the first `count` bytes of the buffer are there, and get what they complete, in order.

        - (4, context id, flags, view): a piece of a presentation data value. Flags: 1 for a command; 2 where the fragment is
          the last of its command or data set and ends with this piece. The view is read-only and valid until `get_buffer`.
        - (type, body): another PDU, whole, without its header of 6 bytes.
        - (-1, reason, offset): what the peer sends is no protocol. Nothing comes after it; all further bytes are ignored.

        Raises:
            ValueError: the buffer is smaller than `count`.
        """

def fragment(context_id: int, command: bool, data: Buffer, max_pdu_length: int) -> list[bytes | memoryview]:
    """A command set or data set as P-DATA-TF PDUs with one presentation data value each.

    Returns one bytes object where there is little data, else headers and slices of `data`, which is not copied.

    Args:
        max_pdu_length: what the peer said that it takes, 0 for any.

    Raises:
        ValueError: no such context ID, or a maximum length below 8 (a PDU carries an even number of bytes, PS3.8 E.1).
    """

def pdv_header(context_id: int, flags: int, length: int) -> bytes:
    """The 12 bytes before `length` bytes of data: the headers of a P-DATA-TF PDU, and of the one value in it.

    Args:
        flags: 1 for a command, 2 for the last fragment.

    Raises:
        ValueError: no such context ID, or too long.
    """

def encode_command(elements: dict[int, Any]) -> bytes:
    """A command set in implicit VR little endian, its elements sorted, with its group length.

    Args:
        elements: tag -> int, str, a list or tuple of int, None for an empty value, or bytes, which are written as they are.

    Raises:
        EncodeError: no element of group 0000, or no value of its VR.

    PS3.7 6.3.1 and annex E.
    """

def decode_command(data: Buffer) -> dict[int, Any]:
    """The elements of a command set but its group length, which is ignored.

    Returns tag -> int, a tuple of them where there are several, str without padding (ISO 8859-1), None for an empty value;
    bytes where the VR is not known.

    Raises:
        ParseError: an element runs past the end, or its length is not one of its VR.
    """

def encode_associate(
    accept: bool,
    protocol_version: int,
    called_ae_title: str,
    calling_ae_title: str,
    application_context_name: str,
    presentation_contexts: tuple[tuple[object, ...], ...],
    user_information: tuple[object, ...],
) -> bytes:
    """The body of an A-ASSOCIATE-RQ PDU, or of an A-ASSOCIATE-AC PDU (`accept`).

    Raises:
        TypeError: a text that is none.
        EncodeError: a text that is too long or not ISO 8859-1, a number that is too large, an item over 65,535 bytes.
    """

def decode_associate(accept: bool, body: bytes) -> tuple[Any, ...]:
    """Inverse of `encode_associate`: protocol version, titles, application context, contexts, user information.

    Items that are not known are skipped, sub-items of the user information that are not known are kept. Texts come without
    padding, what is missing as 0, "" or None.

    Raises:
        ProtocolError: an item runs past the end of what it is in, or a context has an ID that is even, 0 or not its own.

    PS3.8 9.3.2 and 9.3.3, annex D; PS3.7 annex D.3.3.
    """

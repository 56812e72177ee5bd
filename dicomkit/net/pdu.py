"""The PDUs of the upper layer but P-DATA-TF (PS3.8 9.3).

P-DATA-TF has no class: it is cut and built in `dicomkit._ext.pdu`, without an object for each.
"""

from __future__ import annotations

from dicomkit._ext.pdu import decode_associate, encode_associate
from dicomkit.errors import ABORT_REASONS, REJECT_REASONS, ProtocolError
from dicomkit.net.items import (
    AcceptedContext,
    CommonExtendedNegotiation,
    PresentationContext,
    Record,
    RoleSelection,
    UserIdentity,
    UserInformation,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Final, Self

__all__ = [
    "APPLICATION_CONTEXT",
    "PDU",
    "Abort",
    "AcceptedContext",
    "AssociateAC",
    "AssociateRJ",
    "AssociateRQ",
    "CommonExtendedNegotiation",
    "PresentationContext",
    "ReleaseRP",
    "ReleaseRQ",
    "RoleSelection",
    "UserIdentity",
    "UserInformation",
    "decode",
]

APPLICATION_CONTEXT: Final = "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1


class PDU(Record):
    """A protocol data unit."""

    __slots__ = ()
    pdu_type: ClassVar[int]

    def body(self) -> bytes:
        """What stands behind the header."""
        raise NotImplementedError  # each kind of PDU has its own

    def encode(self) -> bytes:
        """The PDU as it is sent.

        Raises:
            EncodeError: a field cannot be written.
        """
        body = self.body()
        return bytes((self.pdu_type, 0)) + len(body).to_bytes(4, "big") + body


class AssociateRQ(PDU):
    """A-ASSOCIATE-RQ: the request for an association (PS3.8 9.3.2)."""

    pdu_type = 0x01
    __match_args__ = (
        "called_ae_title",
        "calling_ae_title",
        "application_context_name",
        "presentation_contexts",
        "user_information",
        "protocol_version",
    )
    __slots__ = ()
    called_ae_title: str
    calling_ae_title: str
    application_context_name: str
    presentation_contexts: tuple[PresentationContext, ...]
    user_information: UserInformation
    protocol_version: int

    def __new__(
        cls,
        called_ae_title: str,
        calling_ae_title: str,
        application_context_name: str,
        presentation_contexts: tuple[PresentationContext, ...],
        user_information: UserInformation,
        protocol_version: int = 1,
    ) -> Self:
        fields = (
            called_ae_title,
            calling_ae_title,
            application_context_name,
            presentation_contexts,
            user_information,
            protocol_version,
        )
        return tuple.__new__(cls, fields)

    def body(self) -> bytes:
        return _associate_body(self, False)


class AssociateAC(PDU):
    """A-ASSOCIATE-AC: the acceptance of an association (PS3.8 9.3.3).

    Its AE titles are those of the request, and not to be looked at.
    """

    pdu_type = 0x02
    __match_args__ = AssociateRQ.__match_args__
    __slots__ = ()
    called_ae_title: str
    calling_ae_title: str
    application_context_name: str
    presentation_contexts: tuple[AcceptedContext, ...]
    user_information: UserInformation
    protocol_version: int

    def __new__(
        cls,
        called_ae_title: str,
        calling_ae_title: str,
        application_context_name: str,
        presentation_contexts: tuple[AcceptedContext, ...],
        user_information: UserInformation,
        protocol_version: int = 1,
    ) -> Self:
        fields = (
            called_ae_title,
            calling_ae_title,
            application_context_name,
            presentation_contexts,
            user_information,
            protocol_version,
        )
        return tuple.__new__(cls, fields)

    def body(self) -> bytes:
        return _associate_body(self, True)


class AssociateRJ(PDU):
    """A-ASSOCIATE-RJ: the rejection of an association (PS3.8 9.3.4).

    Attributes:
        result: 1 permanent, 2 transient.
        source: 1 service user, 2 service provider (ACSE), 3 service provider (presentation).
        reason: see `text`.
    """

    pdu_type = 0x03
    __match_args__ = ("result", "source", "reason")
    __slots__ = ()
    result: int
    source: int
    reason: int

    def __new__(cls, result: int, source: int, reason: int) -> Self:
        return tuple.__new__(cls, (result, source, reason))

    @property
    def text(self) -> str:
        """The reason in words."""
        return REJECT_REASONS.get((self.source, self.reason), f"reason {self.reason}")

    def body(self) -> bytes:
        return bytes((0, self.result, self.source, self.reason))


class ReleaseRQ(PDU):
    """A-RELEASE-RQ: the request to end an association (PS3.8 9.3.6)."""

    pdu_type = 0x05
    __slots__ = ()

    def body(self) -> bytes:
        return b"\0\0\0\0"


class ReleaseRP(PDU):
    """A-RELEASE-RP: the answer to A-RELEASE-RQ (PS3.8 9.3.7)."""

    pdu_type = 0x06
    __slots__ = ()

    def body(self) -> bytes:
        return b"\0\0\0\0"


class Abort(PDU):
    """A-ABORT: the end of an association at once (PS3.8 9.3.8).

    Attributes:
        source: 0 service user, 2 service provider.
        reason: see `text`; 0 from a service user.
    """

    pdu_type = 0x07
    __match_args__ = ("source", "reason")
    __slots__ = ()
    source: int
    reason: int

    def __new__(cls, source: int = 0, reason: int = 0) -> Self:
        return tuple.__new__(cls, (source, reason))

    @property
    def text(self) -> str:
        """The reason in words; "" from a service user, which gives none."""
        return ABORT_REASONS.get(self.reason, f"reason {self.reason}") if self.source else ""

    def body(self) -> bytes:
        return bytes((0, 0, self.source, self.reason))


#: What was decoded last: a peer asks for the same association again and again.
_known: dict[tuple[int, bytes], AssociateRQ | AssociateAC] = {}
MOST_KNOWN: Final = 64
LONGEST_KNOWN: Final = 4096  # bytes


def decode(pdu_type: int, body: bytes) -> PDU:
    """The PDU of a type and what stands behind its header.

    Raises:
        ProtocolError: it is no such PDU; the offset counts from the beginning of the body.
    """
    if pdu_type in (0x01, 0x02):
        known = _known.get((pdu_type, body))
        return _decoded(pdu_type, body) if known is None else known
    if pdu_type not in (0x03, 0x05, 0x06, 0x07):
        raise ProtocolError(f"there is no PDU type {pdu_type:#04x} here")
    if len(body) != 4:
        raise ProtocolError(f"a PDU of type {pdu_type:#04x} has {len(body)} bytes, not 4")
    if pdu_type == 0x03:
        return AssociateRJ(*body[1:])
    if pdu_type == 0x07:
        return Abort(*body[2:])
    return ReleaseRQ() if pdu_type == 0x05 else ReleaseRP()


def _decoded(pdu_type: int, body: bytes) -> AssociateRQ | AssociateAC:
    version, called, calling, application, contexts, user = decode_associate(pdu_type == 0x02, body)
    information = UserInformation.from_tuple(user)
    pdu: AssociateRQ | AssociateAC
    if pdu_type == 0x01:
        requested = tuple([PresentationContext(*context) for context in contexts])
        pdu = AssociateRQ(called, calling, application, requested, information, version)
    else:
        results = tuple([AcceptedContext(*context) for context in contexts])
        pdu = AssociateAC(called, calling, application, results, information, version)
    if len(body) <= LONGEST_KNOWN and information.user_identity is None:  # credentials are not kept
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[pdu_type, body] = pdu
    return pdu


def _associate_body(pdu: AssociateRQ | AssociateAC, accept: bool) -> bytes:
    return encode_associate(
        accept,
        pdu.protocol_version,
        pdu.called_ae_title,
        pdu.calling_ae_title,
        pdu.application_context_name,
        pdu.presentation_contexts,
        tuple(pdu.user_information),
    )

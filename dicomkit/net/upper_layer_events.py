"""What the upper layer tells its user: the indications and confirmations of PS3.8 section 7."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from dicomkit.net.pdu import AssociateAC, AssociateRJ, AssociateRQ

    Event: TypeAlias = (
        "AssociateRequested | Associated | Rejected | ReleaseRequested | Released | Aborted | Closed | "
        "tuple[int, int, int, memoryview]"
    )

__all__ = ["Aborted", "AssociateRequested", "Associated", "Closed", "Rejected", "ReleaseRequested", "Released"]


class AssociateRequested:
    """(acceptor) A peer asks for an association: answer with `accept` or `reject`."""

    __slots__ = ("pdu",)

    def __init__(self, pdu: AssociateRQ) -> None:
        self.pdu = pdu


class Associated:
    """(requestor) The peer has accepted: `UpperLayer.association` says what was agreed."""

    __slots__ = ("pdu",)

    def __init__(self, pdu: AssociateAC) -> None:
        self.pdu = pdu


class Rejected:
    """(requestor) The peer has rejected the association."""

    __slots__ = ("pdu",)

    def __init__(self, pdu: AssociateRJ) -> None:
        self.pdu = pdu


class ReleaseRequested:
    """The peer asks for the end of the association: answer with `release_reply`, now or after what is still to be sent.

    Attributes:
        collision: whether this side has asked too.
    """

    __slots__ = ("collision",)

    def __init__(self, *, collision: bool = False) -> None:
        self.collision = collision


class Released:
    """The peer has agreed to the end of the association."""

    __slots__ = ()


class Aborted:
    """The association has ended without a release.

    Attributes:
        source: 0 service user, 2 service provider (PS3.8 9.3.8).
        reason: of a service provider (PS3.8 table 9-26).
        text: what happened.
        by_peer: whether the peer aborted, or its connection is gone; else this side did, for what the peer has sent.
    """

    __slots__ = ("by_peer", "reason", "source", "text")

    def __init__(self, source: int, reason: int, text: str, *, by_peer: bool) -> None:
        self.source = source
        self.reason = reason
        self.text = text
        self.by_peer = by_peer

    def __repr__(self) -> str:
        return f"<Aborted {self.source} {self.reason} {self.text!r}>"


class Closed:
    """The transport connection is gone, and no association with it."""

    __slots__ = ()

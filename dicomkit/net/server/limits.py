"""What a peer may take of a server: numbers, sizes, times."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a peer may take of a server. Sizes are bytes, times seconds; 0 means no limit.

    Attributes:
        associations: open ones, of all worker processes together; a further one is rejected (transient, local limit
            exceeded: PS3.8 9.3.4).
        connections: open transport connections, with an association or not, of all worker processes together; a further
            one is closed.
        pdu_length: of P-DATA-TF PDUs that peers may send; they are told.
        association_length: of A-ASSOCIATE-RQ PDUs.
        command_length: of command sets.
        object_size: of data sets to be stored. A larger one is refused with status A700.
        identifier_size: of all other data sets, which are in memory as a whole.
        send_buffer: bytes that may wait to be sent to a peer before handlers have to wait for it.
        first_byte: time from the connection to the end of the association request, and from the end of an association to
            that of the connection (ARTIM, PS3.8 9.1.5).
        idle: time without a byte from a peer that is not waiting for an answer.
        send: time without progress while something is to be sent to a peer that does not take it.
        sub_operation: time to wait for the answer to a request of the server: C-STORE sub-operations, N-EVENT-REPORT.
    """

    associations: int = 2000
    connections: int = 4000
    pdu_length: int = 1 << 20
    association_length: int = 1 << 20
    command_length: int = 1 << 20
    object_size: int = 0
    identifier_size: int = 64 << 20
    send_buffer: int = 1 << 20
    first_byte: float = 30.0
    idle: float = 600.0
    send: float = 60.0
    sub_operation: float = 60.0

    def __post_init__(self) -> None:
        for row in fields(self):
            if getattr(self, row.name) < 0:
                raise ValueError(f"{row.name} cannot be less than 0")

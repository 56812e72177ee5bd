"""The upper layer protocol of one association (PS3.8 section 9), without I/O.

Bytes in, events and bytes out: no socket, no clock, no thread. A driver moves the bytes, keeps the ARTIM timer while
`artim_running`, and closes the transport connection when `must_close` and nothing is left to send. What happens when is in
`state_table`; what that is, in `upper_layer_actions`.
"""

from __future__ import annotations

from dicomkit._ext.pdu import PduReader, fragment
from dicomkit.errors import ProtocolError
from dicomkit.net.fragments import fragments
from dicomkit.net.pdu import decode
from dicomkit.net.state_table import TRANSITIONS, Input, State
from dicomkit.net.upper_layer_actions import (
    INVALID_PDU_PARAMETER_VALUE,
    UNEXPECTED_PDU,
    UNRECOGNIZED_PDU,
    USER,
    Actions,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final

    from dicomkit.media.transfer import Part
    from dicomkit.net.pdu import AssociateAC, AssociateRJ, AssociateRQ
    from dicomkit.net.upper_layer_events import Event

__all__ = ["UpperLayer"]

P_DATA_TF: Final = 0x04
ESTABLISHED: Final = State.STA6

# PDU type -> its event.
RECEIVED: Final = {
    0x01: Input.ASSOCIATE_RQ,
    0x02: Input.ASSOCIATE_AC,
    0x03: Input.ASSOCIATE_RJ,
    P_DATA_TF: Input.P_DATA_TF,
    0x05: Input.RELEASE_RQ,
    0x06: Input.RELEASE_RP,
    0x07: Input.ABORT,
}

NO_PDU: Final = ("there is no PDU type", "the peer speaks TLS")  # how PduReader begins to say so

MOST_PARTS: Final = 256  # of a long message, at a time: below what one call of sendmsg takes
MOST_BYTES: Final = 1 << 22  # in memory
SHORT: Final = 1 << 16
HEADERS: Final = 12  # PS3.8 counts neither; some implementations count one or both of the headers of PDU and PDV


class UpperLayer(Actions):
    """The protocol machine of one side of one association.

    Attributes:
        state: the state of PS3.8 table 9-10.
        request: the A-ASSOCIATE-RQ that was sent or received; None before.
        association: what was agreed; None before, kept after the end.
        artim_running: whether the ARTIM timer is to run.
        must_close: whether the transport connection is to be closed, once `data_to_send` is empty.
    """

    def __init__(
        self,
        *,
        requestor: bool,
        max_pdu_length: int = 1 << 20,
        max_send_pdu_length: int = 0,
        max_association_length: int = 1 << 20,
        buffer_size: int = 1 << 18,
    ) -> None:
        """
        Args:
            requestor: whether this side opens the association.
            max_pdu_length: of P-DATA-TF PDUs that the peer may send, as this side's A-ASSOCIATE PDU says; 0: no limit.
            max_send_pdu_length: of those that are sent, where the peer takes longer ones; 0: what the peer takes.
            max_association_length: of other PDUs received.
            buffer_size: bytes of the receive buffer, at most.
        """
        super().__init__(requestor=requestor, max_send_pdu_length=max_send_pdu_length)
        self._reader = PduReader(
            size=buffer_size,
            max_pdu_length=max_pdu_length + HEADERS if max_pdu_length else 0,
            max_association_length=max_association_length,
        )
        self.get_buffer = self._reader.get_buffer

    # -- from the transport

    def connected(self) -> None:
        """The transport connection is there: confirmed (requestor) or indicated (acceptor)."""
        self._step(Input.TRANSPORT_CONFIRMED if self.requestor else Input.TRANSPORT_INDICATED)

    def received(self, count: int) -> list[Any]:
        """What the bytes mean that were received into the buffer of `get_buffer`, in order.

        Never raises on a bad peer: what is done about it is queued to be sent, and the events say it.

        Returns:
            Events, and pieces of P-DATA as plain tuples (4, context ID, flags, view): see PduReader. The views are valid
            until the next `get_buffer`.
        """
        found = self._reader.received(count)
        if self.state is ESTABLISHED:
            for item in found:
                if item[0] != P_DATA_TF:
                    break
            else:
                return found  # DT-2, nothing else, nearly always
        events: list[Any] = []
        for item in found:
            self._take(item, events)
        return events

    def transport_closed(self) -> list[Event]:
        """The transport connection was closed by the peer, or broke."""
        return self._step(Input.TRANSPORT_CLOSED)

    def timer_expired(self) -> list[Event]:
        """The ARTIM timer has run out."""
        return self._step(Input.ARTIM_EXPIRED)

    # -- from the user

    def associate(self, request: AssociateRQ) -> None:
        """(requestor) Ask for an association. The transport connection is to be made, then `connected` called.

        Raises:
            RuntimeError: this is not the time for it; so of the next ones.
        """
        self.request = request
        self._user(Input.ASSOCIATE_REQUEST)

    def accept(self, answer: AssociateAC) -> None:
        """(acceptor) Answer AssociateRequested: the association is there."""
        self._user(Input.ACCEPT, answer)

    def reject(self, answer: AssociateRJ) -> None:
        """(acceptor) Answer AssociateRequested: there will be no association."""
        self._user(Input.REJECT, answer)

    def release(self) -> None:
        """End the association in good order. What the peer sends still comes until it answers."""
        self._user(Input.RELEASE_REQUEST)

    def release_reply(self) -> None:
        """Answer ReleaseRequested."""
        if self.state is State.STA10:  # a collision, in which the requestor answers first
            self._reply_due = True
        else:
            self._user(Input.RELEASE_RESPONSE)

    def abort(self, source: int = USER, reason: int = 0) -> None:
        """End the association at once; what was not sent is dropped. Nothing happens where it has ended already."""
        self._abort = (source, reason)
        if (self.state, Input.ABORT_REQUEST) in TRANSITIONS:
            self._step(Input.ABORT_REQUEST)
        elif self.state is State.STA2:  # no user knows of the association yet
            self._step(Input.ARTIM_EXPIRED)

    def send_message(self, context_id: int, command: bytes, data: Iterable[Part] | None = None) -> None:
        """Queue a DIMSE message.

        Args:
            context_id: of the presentation context.
            command: the command set.
            data: the data set, as parts. A list or tuple fills the PDUs; another iterable is drawn from as it is sent.

        Raises:
            RuntimeError: there is no association.
        """
        if self.state is not ESTABLISHED and self.state is not State.STA8:
            raise RuntimeError(f"there is no association to send a message on: {self.state!r}")
        self._out += fragment(context_id, True, command, self._max_pdu_length)
        if type(data) is list and len(data) == 1 and type(data[0]) is bytes and len(data[0]) <= SHORT:
            self._out += fragment(context_id, False, data[0], self._max_pdu_length)
        elif data is not None:
            self._out.append(fragments(context_id, data, self._max_pdu_length))
            self._is_streamed = True

    # -- to the transport

    def data_to_send(self) -> list[Part]:
        """What is to be sent next, in order: bytes, and ranges of files. It is off the queue.

        Of long messages, it gives so many PDUs at a time: call it until it is empty.
        """
        if not self._is_streamed:
            out, self._out = self._out, []
            return out
        return self._drawn()

    @property
    def octets(self) -> int:
        """How many bytes were received."""
        return self._reader.octets

    @property
    def is_in_pdu(self) -> bool:
        """Whether a PDU has begun to arrive and has not ended."""
        return self._reader.is_incomplete

    def has_data_to_send(self) -> bool:
        """Whether `data_to_send` has something."""
        return bool(self._out)

    def _drawn(self) -> list[Part]:
        parts: list[Part] = []
        size = 0
        queue = self._out
        while queue:
            item = queue[0]
            if not hasattr(item, "__next__"):
                parts.append(item)
                del queue[0]
                continue
            for pdu in item:
                parts += pdu
                size += sum([len(part) for part in pdu if not isinstance(part, tuple)])
                if len(parts) >= MOST_PARTS or size >= MOST_BYTES:
                    return parts
            del queue[0]
        self._is_streamed = False
        return parts

    # -- the machine

    def _take(self, item: tuple[Any, ...], events: list[Any]) -> None:
        """Step with what the peer has sent."""
        kind = item[0]
        if kind == P_DATA_TF:
            self._fault = ("P-DATA-TF PDU", UNEXPECTED_PDU)
            self._step(Input.P_DATA_TF, item, events)
        elif kind < 0:
            reason = UNRECOGNIZED_PDU if item[1].startswith(NO_PDU) else INVALID_PDU_PARAMETER_VALUE
            self._fault = (f"{item[1]} at byte {item[2]}", reason)
            self._step(Input.INVALID_PDU, None, events)
        else:
            try:
                pdu = decode(kind, item[1])
            except ProtocolError as error:
                self._fault = (str(error), INVALID_PDU_PARAMETER_VALUE)
                self._step(Input.INVALID_PDU, None, events)
                return
            self._fault = (f"{type(pdu).__name__} PDU", UNEXPECTED_PDU)
            self._step(RECEIVED[kind], pdu, events)

    def _user(self, event: Input, pdu: object = None) -> None:
        if (self.state, event) not in TRANSITIONS:
            raise RuntimeError(f"{event.name} is not possible in state {self.state.name}")
        self._step(event, pdu)

"""One side of an association as the user of DIMSE services (PS3.7 section 7), without I/O: what both drivers share.

It puts messages together and sorts them: the responses of the operation in progress, the requests that belong to it (C-STORE
of a C-GET), event reports. It knows why nothing more can be done once the association has ended. A driver gives it the bytes
that it received, sends what `upper.data_to_send` gives, and waits for `messages`.
"""

from __future__ import annotations

from collections import deque

from dicomkit.errors import AssociationAborted, AssociationRejected, NetworkError, ProtocolError
from dicomkit.net.dimse import MessageReader
from dicomkit.net.messages import Message
from dicomkit.net.received import Collected
from dicomkit.net.state_table import State
from dicomkit.net.status import PENDING
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.net.upper_layer_events import Aborted, Associated, Closed, Rejected, Released, ReleaseRequested

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from dicomkit.media.transfer import Part
    from dicomkit.net.negotiation import Agreement
    from dicomkit.net.pdu import AssociateRQ
    from dicomkit.net.received import Sink

__all__ = ["ServiceUser"]

C_STORE_RQ: Final = 0x0001
C_CANCEL_RQ: Final = 0x0FFF
N_EVENT_REPORT_RQ: Final = 0x0100
RESPONSE: Final = 0x8000
COMMAND_FIELD: Final = 0x00000100
DATA_SET_TYPE: Final = 0x00000800
STATUS: Final = 0x00000900
MESSAGE_ID: Final = 0x00000110
RESPONDED_TO: Final = 0x00000120

UNRECOGNIZED_OPERATION: Final = 0x0211
PROVIDER: Final = 2
RELEASING: Final = (State.STA7, State.STA8, State.STA9, State.STA10, State.STA11, State.STA12)
MOST_REPORTS: Final = 1000  # that wait for the program to ask for them


class ServiceUser:
    """The requestor of an association.

    Attributes:
        upper: the upper layer; of it, drivers need `get_buffer`, `data_to_send`, `has_data_to_send`, `must_close`.
        agreement: what was negotiated; None until the peer has accepted.
        messages: what has come for the operation in progress, whole, with `data`.
        reports: N-EVENT-REPORT requests that have come, and were answered with success.
        ended: why nothing more can be sent, as the error to be raised; None as long as there is an association or one may
            come.
        released: whether the end was in good order.
        outstanding: message IDs of requests without a final response, with the requests.
        in_memory: whether files that are not large are read, as the driver cannot send them without reading.
        receive: where the data sets of C-STORE requests go, by request and transfer syntax, while a C-GET is in progress.
    """

    def __init__(self, upper: UpperLayer, peer: str = "") -> None:
        self.upper = upper
        self.peer = peer
        self.agreement: Agreement | None = None
        self.messages: deque[Message] = deque()
        self.reports: deque[Message] = deque(maxlen=MOST_REPORTS)
        self.ended: NetworkError | None = None
        self.released = False
        self.outstanding: dict[int, Message] = {}
        self.in_memory = False
        self.receive: Callable[[Message, str], Sink] | None = None
        self._reader = MessageReader()
        self._sink: Sink | None = None
        self._coming: Message | None = None  # whose data set goes to the sink
        self._last_id = 0

    # -- requests and responses

    def request(self, elements: dict[int, Any], context_id: int, data: Iterable[Part] | None = None) -> int:
        """Send a request: its elements without message ID and data set type, which are added. Returns the message ID.

        Raises:
            NetworkError: the association has ended.
        """
        if self.ended is not None:
            raise self.ended
        number = self._last_id % 0xFFFF + 1
        while number in self.outstanding:
            number = number % 0xFFFF + 1
        self._last_id = number
        elements[MESSAGE_ID] = number
        elements[DATA_SET_TYPE] = 0x0101 if data is None else 0x0001
        message = Message(elements, context_id)
        self.upper.send_message(context_id, message.encode(), data)
        self.outstanding[number] = message
        return number

    def respond(self, request: Message, status: int, **elements: Any) -> None:
        """Send the response to a request of the peer."""
        if self.ended is None:
            self.upper.send_message(request.context_id, request.response(status, **elements).encode())

    def cancel(self) -> None:
        """Send C-CANCEL for what is outstanding (PS3.7 9.3.2.3, 9.3.3.3, 9.3.4.3)."""
        for number, request in self.outstanding.items():
            cancel = Message.make("C-CANCEL-RQ", message_id_being_responded_to=number)
            if self.ended is None and request.command_field in (0x0010, 0x0020, 0x0021):
                self.upper.send_message(request.context_id, cancel.encode())

    def protocol_error(self, text: str) -> ProtocolError:
        """Abort for what the peer has sent. Returns the error to raise."""
        self.upper.abort(PROVIDER, 0)
        error = ProtocolError(text, None, self.peer)
        self.end(error)
        return error

    # -- what came

    def received(self, count: int) -> None:
        """Take what was received into the buffer."""
        for item in self.upper.received(count):
            if type(item) is not tuple:
                self._event(item)
                continue
            found = self._reader.feed(item)
            if isinstance(found, tuple):
                self._data(found[1], found[2])
            elif isinstance(found, Message):
                if found.has_data:
                    self._coming = found
                    self._sink = self._sink_for(found)
                else:
                    self._deliver(found)
            elif found is not None:
                self.protocol_error(found.text)
                return

    def closed(self, why: NetworkError | None = None) -> None:
        """The transport connection was closed by the peer, or broke."""
        if why is not None:
            self.end(why)
        if self.upper.state in RELEASING:  # what was to be done is done; some peers are that short
            self.released = True
            self.end(NetworkError("the association was released", self.peer))
        for event in self.upper.transport_closed():
            self._event(event)
        self.end(AssociationAborted(PROVIDER, 0, "the connection was closed", self.peer))

    @property
    def is_receiving_data(self) -> bool:
        """Whether a data set has begun and not ended: silence is then the network's, not the application's."""
        return self._coming is not None

    def silence(self, timeout: float | None) -> str:
        """What has not come within so many seconds, as a sentence."""
        names = ", ".join(sorted({request.name for request in self.outstanding.values()}))
        what = f"the response to {names} does not go on" if self.is_receiving_data else f"no response to {names}"
        return f"{what} within {timeout:g} seconds"

    def _event(self, event: object) -> None:
        if isinstance(event, Associated):
            self.agreement = self.upper.association
        elif isinstance(event, Rejected):
            self.end(AssociationRejected(event.pdu.result, event.pdu.source, event.pdu.reason, self.peer))
        elif isinstance(event, Aborted):
            if event.by_peer:
                self.end(AssociationAborted(event.source, event.reason, event.text, self.peer))
            else:
                self.end(ProtocolError(event.text, None, self.peer))
        elif isinstance(event, Released):
            self.released = True
            self.end(NetworkError("the association was released", self.peer))
        elif isinstance(event, ReleaseRequested):
            self.upper.release_reply()
            if not event.collision:
                self.released = True
                self.end(NetworkError("the peer has released the association", self.peer))
        elif isinstance(event, Closed):
            self.end(NetworkError("the connection was closed", self.peer))

    def end(self, error: NetworkError) -> None:
        """Nothing more can be done, for this reason; the first one counts."""
        if self.ended is None:
            self.ended = error
        if self._sink is not None:
            self._sink.discard()
            self._sink = None

    # -- messages

    def _sink_for(self, message: Message) -> Sink:
        if message.command_field == C_STORE_RQ and self.receive is not None:
            agreement = self.agreement
            context = None if agreement is None else agreement.contexts.get(message.context_id)
            try:
                return self.receive(message, "" if context is None else context.transfer_syntax)
            except Exception as error:  # of the program's: the operation that waits for the message raises or reports it
                return Failed(error)
        return Collected()

    def _data(self, view: memoryview, last: bool) -> None:
        message, sink = self._coming, self._sink
        if message is None or sink is None:
            return  # it has ended
        try:
            sink.write(view)
            if last:
                message.data = sink.finish()
        except Exception as error:  # as above; the rest of the data set has to be received all the same
            sink.discard()
            self._sink = sink = Failed(error)
            if last:
                message.data = error
        if last:
            self._coming = self._sink = None
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        """A message is complete."""
        if message.command_field & RESPONSE:
            number = message.elements.get(RESPONDED_TO)
            request = self.outstanding.get(number) if isinstance(number, int) else None
            if request is None:
                self.protocol_error(f"a {message.name} to message {number}, which is not outstanding")
                return
            if request.command_field | RESPONSE != message.command_field:
                self.protocol_error(f"a {message.name} to a {request.name}")
                return
            if message.elements.get(STATUS) not in PENDING:
                assert isinstance(number, int)
                del self.outstanding[number]
            self.messages.append(message)
        elif message.command_field == C_STORE_RQ and self.receive is not None:
            self.messages.append(message)
        elif message.command_field == N_EVENT_REPORT_RQ:
            self.reports.append(message)
            self.respond(message, 0)
        elif message.layout is not None and message.layout.copied:
            self.respond(message, UNRECOGNIZED_OPERATION)
        else:
            self.protocol_error(f"an unexpected {message.name}")

    def associate(self, request: AssociateRQ) -> None:
        """Ask for the association, over a transport connection that is there."""
        self.upper.associate(request)
        self.upper.connected()


class Failed:
    """Where the rest of a data set goes that nobody can take any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def write(self, view: memoryview) -> None: ...

    def finish(self) -> Exception:
        return self.error

    def discard(self) -> None: ...

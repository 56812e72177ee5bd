"""What is said on one association: the requests of the peer and their responses, and the requests of this side.

What is received goes to services piece by piece, in the buffer that it was received into. A service that takes longer says
so by not answering yet; meanwhile reading goes on, so that a cancel, an abort or the end is seen. A peer that asks for more
than was agreed waits: nothing more is read from it, and the pieces that came stay in the buffer.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, Final

from dicomkit.errors import AssociationAborted, DimseError, NetworkError, Timeout
from dicomkit.net.dimse import MessageError, MessageReader
from dicomkit.net.messages import Message
from dicomkit.net.server.receiver import IGNORE, InMemory
from dicomkit.net.server.request import Request
from dicomkit.net.status import category

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from typing import Any

    from dicomkit.media.transfer import Part
    from dicomkit.net.server.connection import Connection
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Peer

__all__ = ["Dialogue"]

MESSAGE_ID: Final = 0x00000110
RESPONDED_TO: Final = 0x00000120
RESPONSE: Final = 0x8000
C_STORE: Final = 0x0001
C_CANCEL: Final = 0x0FFF
N_EVENT_REPORT: Final = 0x0100

SUCCESS: Final = 0x0000
DUPLICATE_INVOCATION: Final = 0x0210
UNRECOGNIZED_OPERATION: Final = 0x0211

MOST_REQUESTS: Final = 64  # that a peer may have open while it has to answer requests itself
MOST_AWAITED: Final = 1024


class Dialogue:
    """What is said on one association.

    Attributes:
        peer: the other side.
        is_data_set_due: whether a command was the last that came, and its data set follows.
    """

    def __init__(self, connection: Connection, transport: asyncio.Transport, reader: MessageReader, peer: Peer) -> None:
        self.peer = peer
        self.is_data_set_due = False
        self._connection = connection
        self._transport = transport
        self._reader = reader
        self._listener = connection.listener
        self._counters = connection.listener.counters
        self._contexts = peer.agreement.contexts
        invoked, self._window = peer.agreement.window
        self._slots = asyncio.Semaphore(invoked or MOST_AWAITED)
        self._open: dict[int, Request] = {}  # requests of the peer without a final response, by message ID
        self._awaited: dict[int, asyncio.Future[Message]] = {}  # requests of this side, by message ID
        self._last_id = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._receiver: Receiver = IGNORE
        self._stalled: Iterator[Any] | None = None  # what was received and has to wait
        self._processing = False
        self._releasing = False
        self._ended = False

    @property
    def is_idle(self) -> bool:
        """Whether it is the peer's turn: it is not waiting for anything, or has not finished what it says."""
        if self._stalled is not None:
            return False
        return self._reader.message is not None or not (self._open or self._awaited)

    @property
    def is_between_messages(self) -> bool:
        """Whether no data set is being received."""
        return self._reader.message is None

    # -- what is received

    def receive(self, events: list[Any]) -> None:
        """Do what events and pieces of P-DATA mean, as far as it can be done now."""
        if self._stalled is None:
            self._process(iter(events))
        else:  # it came before reading was paused
            self._stalled = chain(self._stalled, _kept(events))

    def _process(self, events: Iterator[Any]) -> None:
        self._processing = True
        feed = self._reader.feed
        pieces: list[memoryview] = []
        kind: type | None = None
        for event in events:
            found: Any = feed(event) if type(event) is tuple else event
            kind = type(found)
            if kind is tuple:
                pieces.append(found[1])
                if found[2]:
                    receiver, self._receiver = self._receiver, IGNORE
                    receiver.take(pieces)
                    receiver.complete()
                    pieces = []
            elif kind is Message:
                if not self._may_start(found):
                    self._stalled = chain((found,), events)
                    self._transport.pause_reading()
                    break
                self._message(found)
            elif kind is MessageError:
                self._violation(found.text)
            elif found is not None:
                self._connection.happened(found)
        if pieces:
            self._receiver.take(pieces)
        if kind is not None:
            self.is_data_set_due = kind is Message and self._reader.message is not None
        self._processing = False

    def resume(self) -> None:
        """Go on with what had to wait, if it need not wait any more."""
        if self._stalled is not None and not self._processing and not self._ended:
            events, self._stalled = self._stalled, None
            self._process(events)
            self._connection.flush()
            if self._stalled is None and not self._transport.is_closing():
                self._transport.resume_reading()

    def _may_start(self, message: Message) -> bool:
        """Whether a message can be dealt with while others are being performed.

        A peer that has to answer requests of this side is not kept waiting: its answers would stand behind the request.
        """
        if message.command_field & RESPONSE or message.command_field == C_CANCEL:
            return True
        if self._connection.is_full:  # of what the peer does not take: it gets no more answers before
            return False
        started = len(self._open)
        if not started or not self._window or started < self._window:
            return True
        return bool(self._awaited) and started < MOST_REQUESTS

    def _violation(self, problem: str) -> None:
        if not self._ended:
            self._connection.violation(problem)

    # -- requests of the peer

    def _message(self, message: Message) -> None:
        field = message.command_field
        if self._ended:
            return
        if field & RESPONSE:
            self._response(message)
        elif field == C_CANCEL:
            cancelled = self._open.get(message.elements.get(RESPONDED_TO, -1))
            if cancelled is not None:
                cancelled.cancelled = True
        else:
            self._request(message)

    def _request(self, message: Message) -> None:
        self._counters.messages += 1
        context = self._contexts.get(message.context_id)
        number = message.elements.get(MESSAGE_ID)
        if context is None or message.layout is None or type(number) is not int:
            problem = (
                "on no accepted context"
                if context is None
                else "is unknown"
                if message.layout is None
                else "without Message ID"
            )
            self._violation(f"{message.name} {problem}")
            return
        request = Request(self, message, context)
        if number in self._open:
            request.is_open = False
            self._send(context.id, message.response(DUPLICATE_INVOCATION))
            return
        self._open[number] = request
        self._counters.operations += 1
        service = self._listener.service(context.abstract_syntax)
        receiver: Receiver | None = None
        # Events come from the SCP; but many peers report without having negotiated roles.
        if service is None or not (context.as_scp or message.command_field == N_EVENT_REPORT):
            self.finish(request, UNRECOGNIZED_OPERATION)
        else:
            receiver = service.receive(request)
        if receiver is not None:
            if message.has_data:
                self._receiver = receiver
            else:
                receiver.complete()

    def finish(self, request: Request, status: int, data: Iterable[Part] | None = None, **elements: Any) -> None:
        """Give the final response to a request. One that comes too late is dropped."""
        if not request.is_open:
            return
        request.is_open = False
        self._open.pop(request.message.elements[MESSAGE_ID], None)
        counters = self._counters
        counters.operations -= 1
        failed = status != SUCCESS and category(status) == "failure"
        counters.requests_failed += failed
        if request.message.command_field == C_STORE:
            counters.objects += not failed
            counters.objects_failed += failed
        if request.success and status == SUCCESS and data is None and not elements:
            self._connection.send(request.context.id, request.success)
        else:
            self._send(request.context.id, request.message.response(status, has_data=data is not None, **elements), data)
        if self._listener.journal.details:
            self._note(request, status)
        if self._releasing and not self._open:
            self._connection.released()
        if not self._processing:
            self._connection.flush()
            self.resume()

    def prepare(self, request: Request) -> None:
        """Encode the response of success, which says nothing else, while there is time: before the data set comes."""
        request.success = request.message.response(SUCCESS).encode()

    def later(self, work: Callable[[], object]) -> None:
        """Do something when what is to be sent was sent."""
        self._connection.later.append(work)

    def _note(self, request: Request, status: int) -> None:
        self._listener.journal.debug(
            "performed",
            **self._connection.names(),
            service=request.message.name[:-3],
            status=f"{status:04X}",
            sop_class=request.sop_class,
            instance=request.sop_instance or None,
        )

    def pending(self, request: Request, status: int, data: Iterable[Part] | None = None, **elements: Any) -> None:
        """Give a response that is not the last one."""
        if request.is_open:
            self._send(request.context.id, request.message.response(status, has_data=data is not None, **elements), data)
            self._connection.flush()

    def _send(self, context_id: int, message: Message, data: Iterable[Part] | None = None) -> None:
        self._connection.send(context_id, message.encode(), data)

    async def room(self) -> None:
        """Wait until the peer has taken what it was sent, but for what may be in the buffer."""
        await self._connection.room()

    def release(self) -> None:
        """The peer wants to release the association: agree, once nothing is being performed any more."""
        self._releasing = True
        if self._reader.message is not None:
            self._violation("a release in the middle of a message")
        elif not self._open:
            self._connection.released()

    # -- requests of this side

    async def ask(self, context_id: int, message: Message, data: Iterable[Part] | None = None) -> Message:
        """Send a request, with a new Message ID, and wait for its response.

        Raises:
            AssociationAborted: there is no association any more.
            Timeout: no response has come in time.
        """
        async with self._slots:
            if self._ended:
                raise AssociationAborted(2, 0, "there is no association any more")
            number = self._next_id()
            message.elements[MESSAGE_ID] = number
            future: asyncio.Future[Message] = self._listener.loop.create_future()
            self._awaited[number] = future
            try:
                self._send(context_id, message, data)
                self._connection.flush()
                self.resume()
                async with asyncio.timeout(self._listener.limits.sub_operation or None):
                    return await future
            except TimeoutError:
                raise Timeout(f"{message.name} was not answered in time") from None
            finally:
                self._awaited.pop(number, None)

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._awaited:
                return self._last_id

    def _response(self, message: Message) -> None:
        future = self._awaited.get(message.elements.get(RESPONDED_TO, -1))
        if future is None or future.done():
            return  # it comes too late, or nobody has asked
        if message.has_data:
            self._receiver = InMemory(self._listener.limits.identifier_size, _resolver(future, message))
        else:
            future.set_result(message)

    # -- what takes longer

    def perform(self, request: Request, work: Coroutine[Any, Any, None], failure: int) -> None:
        """Run a coroutine that performs a request. If it raises, the answer is a failure."""
        task = self._listener.loop.create_task(self._performed(request, work, failure))
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            work.close()  # if it was cancelled before it has begun

        task.add_done_callback(done)

    async def _performed(self, request: Request, work: Coroutine[Any, Any, None], failure: int) -> None:
        try:
            await work
        except DimseError as error:
            self.finish(request, error.status, error_comment=error.comment[:64] or None)
        except Exception as error:  # a handler may raise anything; the peer gets an answer all the same
            if self._ended and isinstance(error, NetworkError):
                return
            self._listener.handler_failed(error, **self._connection.names(), message=request.message.name)
        finally:
            self.finish(request, failure)  # unless it is finished

    def abort(self) -> None:
        """End the association at once."""
        if not self._ended:
            self._connection.abort()

    def end(self, text: str) -> None:
        """The association is over: nobody waits for what is being performed."""
        self._ended = True
        receiver, self._receiver = self._receiver, IGNORE
        receiver.abandon()
        self._stalled = None
        self._counters.operations -= len(self._open)
        for request in self._open.values():
            request.cancelled = True
            request.is_open = False
        self._open.clear()
        for future in self._awaited.values():
            if not future.done():
                future.set_exception(AssociationAborted(2, 0, text))
        for task in self._tasks:
            task.cancel()


def _kept(events: Iterable[Any]) -> list[Any]:
    """Events whose pieces stay valid."""
    return [(*event[:3], memoryview(bytes(event[3]))) if type(event) is tuple else event for event in events]


def _resolver(future: asyncio.Future[Message], message: Message) -> Callable[[bytes | None], None]:
    def resolve(data: bytes | None) -> None:
        message.data = data
        if not future.done():
            future.set_result(message)

    return resolve

"""One transport connection of a server: the upper layer on asyncio, from the first byte to the last.

What is said on the association is in `dialogue`. Everything is done in the callbacks of asyncio, without a task or a thread
for each message.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dicomkit.errors import DicomError
from dicomkit.media.transfer import chunks
from dicomkit.net.dimse import MessageReader
from dicomkit.net.pdu import AssociateRJ
from dicomkit.net.server.dialogue import Dialogue
from dicomkit.net.server.rejections import LOCAL_LIMIT_EXCEEDED, TEMPORARY_CONGESTION
from dicomkit.net.server.request import Peer
from dicomkit.net.server.socket_transport import ExpectantProtocol
from dicomkit.net.state_table import State
from dicomkit.net.transport import acknowledge
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.net.upper_layer_events import Aborted, AssociateRequested, Released, ReleaseRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from dicomkit.media.transfer import Part
    from dicomkit.net.pdu import AssociateAC, AssociateRQ
    from dicomkit.net.server.listener import Listener
    from dicomkit.typing import BytesLike

__all__ = ["Connection"]

MAY_SEND_DATA: Final = frozenset((State.STA6, State.STA8))  # P-DATA requests of an acceptor (PS3.8 table 9-10)
RELEASE_ASKED: Final = frozenset((State.STA8, State.STA9, State.STA12))
LARGEST_BUFFER: Final = 1 << 20  # bytes; it grows where a peer fills it: long writes cost a file system less than many
MOST_AT_ONCE: Final = 1 << 18  # bytes that are put together to be sent
LINGER: Final = 2.0  # seconds that a peer has to close its end once the association is over


class Connection(ExpectantProtocol):
    """One transport connection.

    Attributes:
        listener: what it belongs to.
        dialogue: what is said on the association; None before and after.
        later: what is to be done when everything is sent that can be: it may take a moment.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.dialogue: Dialogue | None = None
        self._limits = listener.limits
        self._counters = listener.counters
        self.later: list[Callable[[], object]] = []
        self._drained: list[asyncio.Future[None]] = []
        self._full_since = 0.0  # when the send buffer became full; 0: it is not
        self._artim_since = 0.0
        self._identifying: asyncio.Task[None] | None = None
        self._is_new = False  # the association was accepted, and nothing has come since
        self._over = False  # the association has ended, or there will be none
        self._unsent: Iterator[BytesLike] | None = None  # rest of what the upper layer gave last

    # -- asyncio -> upper layer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        limits = self._limits
        self._upper = UpperLayer(
            requestor=False,
            max_pdu_length=limits.pdu_length,
            max_association_length=limits.association_length or 0xFFFFFFFF,
            buffer_size=LARGEST_BUFFER,
        )
        name = transport.get_extra_info("peername")
        self.address: tuple[str, int] = (name[0], name[1]) if isinstance(name, tuple) else (str(name or ""), 0)
        self._heard = time.monotonic()
        transport.set_write_buffer_limits(high=limits.send_buffer or sys.maxsize)
        self._upper.connected()
        if not self.listener.admit(self):
            transport.abort()
        self._watch_artim()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._upper.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self._heard = time.monotonic()
        self._is_new = False
        self._counters.octets_received += nbytes
        events = self._upper.received(nbytes)
        if self.dialogue is not None:
            self.dialogue.receive(events)
        else:
            for event in events:
                self.happened(event)
            if not events and self._upper.state is State.STA13 and not self._over:
                self._over = True  # a peer that does not even ask for an association
                self._counters.protocol_errors += 1
                self.listener.journal.warning("protocol-error", **self.names(), problem="no association request")
        if self._upper.has_data_to_send() or self._over or self.later:
            self.flush()
        if self._upper.is_in_pdu:
            acknowledge(self._transport.get_extra_info("socket"))

    def expects_more(self) -> bool:
        """A data set mostly follows its command at once, and a request the association. Other peers are not kept waiting."""
        if self.dialogue is None or self._counters.open_connections != 1:
            return False
        return self._is_new or self.dialogue.is_data_set_due

    def eof_received(self) -> None:
        """The peer has closed its end. asyncio closes ours."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self.dialogue is not None:
            self._counters.associations_lost += 1
            self._note("association-lost")
            self._end("connection lost")
        self._do_later()
        self._upper.transport_closed()
        self._wake()
        if self._identifying is not None:
            self._identifying.cancel()
        self.listener.forget(self)

    def pause_writing(self) -> None:
        self._full_since = time.monotonic()

    def resume_writing(self) -> None:
        self._full_since = 0.0
        self.flush()
        if self.dialogue is not None and not self._full_since:
            self.dialogue.resume()

    @property
    def is_full(self) -> bool:
        """Whether as much waits to be sent as may."""
        return self._full_since != 0.0

    # -- association

    def happened(self, event: Any) -> None:
        """Do what an event of the upper layer asks for."""
        kind = type(event)
        if kind is AssociateRequested:
            self._asked(event.pdu)
        elif kind is ReleaseRequested:
            if self.dialogue is not None:
                self.dialogue.release()
            else:
                self.released()
        elif kind is Aborted:
            self._aborted(event)
        elif kind is Released:
            self._end("association released")

    def _asked(self, request: AssociateRQ) -> None:
        """Answer the request for an association, now or when it is known who asks."""
        listener = self.listener
        if self._upper.state is not State.STA3:
            return  # what came behind the request has ended it
        refusal = listener.refusal(request, self.address[0])
        if refusal is not None:
            self._answer(request, refusal)
        elif listener.draining:
            self._answer(request, AssociateRJ(*TEMPORARY_CONGESTION))
        elif 0 < self._limits.associations <= listener.count("open_associations"):
            self._answer(request, AssociateRJ(*LOCAL_LIMIT_EXCEEDED))
        elif listener.identify is None or request.user_information.user_identity is None:
            self._answer(request, listener.policy.negotiate(request))
        else:
            self._identifying = listener.loop.create_task(self._identify(request))

    async def _identify(self, request: AssociateRQ) -> None:
        try:
            answer = await self.listener.negotiate_identity(request)
        except Exception as error:  # whatever a program's callback raises: who cannot be checked does not get in
            self.listener.handler_failed(error, **self.names(), message="user identity")
            answer = AssociateRJ(*TEMPORARY_CONGESTION)
        if self._upper.state is State.STA3:
            self._answer(request, answer)
            self.flush()

    def _answer(self, request: AssociateRQ, answer: AssociateAC | AssociateRJ) -> None:
        if isinstance(answer, AssociateRJ):
            self._counters.associations_rejected += 1
            self.listener.journal.warning("association-rejected", **self.names(), reason=answer.text)
            self._upper.reject(answer)
            self._over = True
            return
        self._upper.accept(answer)
        self._is_new = True
        agreement = self._upper.association
        assert agreement is not None
        peer = Peer(*self.address, self._transport.get_extra_info("peercert") or None, agreement)
        reader = MessageReader(max_command_length=self._limits.command_length or 0xFFFFFFFF)
        self.dialogue = Dialogue(self, self._transport, reader, peer)
        self.listener.associated(peer)
        self._note(
            "association-accepted",
            contexts=f"{len(agreement.contexts)}/{len(request.presentation_contexts)}",
            implementation=agreement.peer.implementation_version_name or None,
        )

    def released(self) -> None:
        """Agree to the release."""
        if self._upper.state in RELEASE_ASKED:
            self._upper.release_reply()
        if self.dialogue is not None:
            self._counters.associations_released += 1
            self._note("association-released")
            self._end("association released")

    def _aborted(self, event: Aborted) -> None:
        if not event.by_peer:
            self._counters.protocol_errors += 1
            self.listener.journal.warning("protocol-error", **self.names(), problem=event.text)
        elif self.dialogue is not None:
            self._counters.associations_aborted += 1
            self._note("association-aborted", source=event.source, reason=event.reason)
        self._end("association aborted")

    def violation(self, problem: str) -> None:
        """The peer breaks the rules of DIMSE."""
        self._counters.protocol_errors += 1
        self.listener.journal.warning("protocol-error", **self.names(), problem=problem)
        self.abort()

    def abort(self) -> None:
        """End the association at once."""
        self._upper.abort()
        self._end("association aborted")
        self.flush()

    def close(self) -> None:
        """Close the transport connection, whatever the peer does."""
        self._transport.abort()

    def _end(self, text: str) -> None:
        """There is no association any more: nobody waits for what is being performed."""
        self._over = True
        dialogue, self.dialogue = self.dialogue, None
        if dialogue is not None:
            dialogue.end(text)
            self.listener.dissociated(dialogue.peer)
        self._wake()

    # -- upper layer -> asyncio

    def send(self, context_id: int, command: bytes, data: Iterable[Part] | None = None) -> None:
        """Queue a message: `flush` sends it. It is dropped where there is no association any more."""
        if self._upper.state in MAY_SEND_DATA:
            self._upper.send_message(context_id, command, data)

    def flush(self) -> None:
        """Send what is to be sent, as far as the peer takes it."""
        upper, transport = self._upper, self._transport
        try:
            while not self._full_since and not transport.is_closing() and len(data := self._next_data()):
                self._counters.octets_sent += len(data)
                transport.write(data)
        except (OSError, DicomError) as error:  # of the source of what is being sent
            self.listener.journal.error("source-failed", **self.names(), error=type(error).__name__, text=str(error))
            self._unsent = None
            upper.abort()
            self._end("association aborted")
            with suppress(OSError, DicomError):
                transport.write(b"".join(chunks(upper.data_to_send())))
        if not self._full_since:
            if upper.must_close:
                transport.close()
            self._wake()
        self._watch_artim()
        if self.later:
            self._do_later()

    def _do_later(self) -> None:
        later, self.later = self.later, []
        for work in later:
            work()

    def _next_data(self) -> BytesLike:
        """What is to be sent next; nothing if there is nothing. Of a file, it is not more than a few steps of reading."""
        while True:
            if self._unsent is None:
                parts = self._upper.data_to_send()
                if len(parts) == 1 and not isinstance(parts[0], tuple):
                    return parts[0]
                if not parts:
                    return b""
                self._unsent = chunks(parts)
            gathered: list[BytesLike] = []
            size = 0
            for chunk in self._unsent:
                gathered.append(chunk)
                size += len(chunk)
                if size >= MOST_AT_ONCE:
                    break
            else:
                self._unsent = None
            if size:
                return b"".join(gathered)

    async def room(self) -> None:
        """Wait until the peer has taken what it was sent, but for what may be in the buffer."""
        if self._full_since and self.dialogue is not None:
            future = self.listener.loop.create_future()
            self._drained.append(future)
            await future

    def _wake(self) -> None:
        if self._drained:
            waiting, self._drained = self._drained, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    # -- time

    def _watch_artim(self) -> None:
        if not self._upper.artim_running:
            self._artim_since = 0.0
        elif not self._artim_since:
            self._artim_since = time.monotonic()

    def check(self, now: float) -> None:
        """See whether the peer has been silent for too long; called once in a while."""
        limits = self._limits
        silent = now - self._heard
        if self._transport.is_closing():
            if limits.send and silent > limits.send + LINGER:
                self._transport.abort()  # it does not take the rest
        elif self._full_since:
            if limits.send and now - self._full_since > limits.send:
                self._expired("send")
                self._transport.abort()
        elif self._artim_since:
            self._check_artim(now)
        elif self.dialogue is not None and self.dialogue.is_idle:
            if limits.idle and silent > limits.idle:
                self._expired("idle")
                self.abort()
            elif self.listener.draining and silent > 1.0 and self.dialogue.is_between_messages:
                self.abort()

    def _check_artim(self, now: float) -> None:
        """Whether the ARTIM timer has expired. Once an association is over, there is no reason to wait long."""
        ended = self._upper.state is State.STA13
        limit = min(self._limits.first_byte or LINGER, LINGER) if ended else self._limits.first_byte
        if limit and now - self._artim_since > limit:
            if not ended:
                self._expired("first-byte")
            for event in self._upper.timer_expired():
                self.happened(event)
            self.flush()

    def _expired(self, limit: str) -> None:
        self._counters.timeouts += 1
        self.listener.journal.warning("timeout", **self.names(), limit=limit)

    def _note(self, event: str, **fields: Any) -> None:
        """Log an event of an association."""
        if self.listener.journal.associations:
            self.listener.journal.info(event, **self.names(), **fields)

    def names(self) -> dict[str, Any]:
        """Who it is about, for the journal."""
        names: dict[str, Any] = {"peer": "{}:{}".format(*self.address)}
        request = self._upper.request
        if request is not None:
            names.update(calling=request.calling_ae_title, called=request.called_ae_title)
        return names

"""The running half of a server: its sockets and connections in one event loop."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from dicomkit.net.negotiation import Policy
from dicomkit.net.pdu import AssociateRJ
from dicomkit.net.server.access import Addresses
from dicomkit.net.server.calls import call
from dicomkit.net.server.connection import Connection
from dicomkit.net.server.counters import Board, Counters
from dicomkit.net.server.journal import Journal
from dicomkit.net.server.rejections import TEMPORARY_CONGESTION
from dicomkit.net.server.services import Services
from dicomkit.net.server.socket_transport import Acceptor, SocketTransport, watches_sockets
from dicomkit.security.tls_errors import handshake_error

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from dicomkit.net.items import UserIdentity
    from dicomkit.net.pdu import AssociateAC, AssociateRQ
    from dicomkit.net.server.request import Peer
    from dicomkit.net.server.server import Server

__all__ = ["Listener"]

BACKLOG: Final = 2048
CHECKS: Final = 8  # of each time limit while it runs
LONGEST_INTERVAL: Final = 0.5  # seconds between two checks


class Listener:
    """A server in an event loop.

    Attributes:
        server: what it runs.
        loop, executor: where coroutines, and other handlers, run.
        service: finds the service of an abstract syntax.
        policy: what is accepted.
        counters: what was done.
        draining: whether it is about to end: no association is accepted any more.
    """

    def __init__(self, server: Server, board: Board | None = None) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self.limits = server.limits
        self.counters = Counters()
        self.journal = Journal(server.logger, identifying=server.log_identifying)
        self.executor = ThreadPoolExecutor(server.threads, "dicomkit-handler")
        self.draining = False
        self.identify = server.identify
        services = Services(server.services, promiscuous=server.promiscuous)
        self.service = services.find
        self.policy = Policy(
            services.supported,
            called=server.called,
            calling=server.calling,
            prefer=server.prefer,
            otherwise=services.otherwise,
            roles=services.roles,
            max_pdu_length=server.limits.pdu_length,
            async_window=(1, server.operations),
            identify=None if server.identify is None else self._identity_of,
            extended=server.extended,
        )
        self._addresses = Addresses(server.addresses)
        self._identified: dict[int, bool | bytes] = {}
        self._board = board
        self._sockets: list[asyncio.Server | Acceptor] = []
        self._connections: set[Connection] = set()
        self._tls: dict[str, Any] = {}  # for asyncio
        self._handshakes: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._check: asyncio.TimerHandle | None = None
        times = (self.limits.first_byte, self.limits.idle, self.limits.send)
        self._interval = min([LONGEST_INTERVAL, *(time / CHECKS for time in times if time)])

    # -- start and end

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Take connections of sockets that are bound."""
        try:
            for service in self.server.services:
                service.start(self)
            await self._start(sockets)
        except BaseException:
            for listening in self._sockets:
                listening.close()
            self.executor.shutdown(wait=False)
            raise

    async def _start(self, sockets: Sequence[socket.socket]) -> None:
        tls = self.server.tls
        if tls is not None:
            self._tls = {"ssl": tls() if callable(tls) else tls, "ssl_handshake_timeout": self.limits.first_byte or None}
        for bound in sockets:
            if watches_sockets(self.loop):
                bound.listen(BACKLOG)
                self._sockets.append(Acceptor(self.loop, bound, self._accepted))
                continue
            # asyncio accepts so many connections at a time as the backlog is long, and once in vain
            self._sockets.append(await self.loop.create_server(lambda: Connection(self), sock=bound, backlog=1, **self._tls))
            bound.listen(BACKLOG)

    def _accepted(self, accepted: socket.socket, peer: Any) -> None:
        if not self._tls:
            SocketTransport(self.loop, accepted, peer, Connection(self))
            return
        address = f"{peer[0]}:{peer[1]}"
        if 0 < self.limits.connections <= len(self._handshakes) + self.count("open_connections"):
            self.counters.connections_refused += 1
            self.journal.warning("connection-refused", peer=address, reason="limit")
            accepted.close()
            return
        task = self.loop.create_task(self.take(accepted, address))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def take(self, accepted: socket.socket, address: str) -> None:
        """Take a connection that was accepted; the TLS handshake comes first, if it is to be one of TLS."""
        try:
            await self.loop.connect_accepted_socket(lambda: Connection(self), accepted, **self._tls)
        except OSError as error:
            self.counters.handshakes_failed += 1
            # Who only connects, as those do who look whether the server is there, has said nothing wrong
            log = self.journal.info if isinstance(error, ConnectionError) else self.journal.warning
            log("handshake-failed", peer=address, problem=handshake_error(error).text)

    async def stop(self, drain: float) -> None:
        """End: first what nobody uses, after `drain` seconds or when this is cancelled everything.

        Associations that are open may go on for so long. One on which nothing happens is aborted after a second.
        """
        self.draining = True
        for listening in self._sockets:
            listening.close()
        for handshake in self._handshakes:
            handshake.cancel()
        end = self.loop.time() + drain
        try:
            while (self._connections or self._tasks) and self.loop.time() < end:
                for connection in list(self._connections):
                    connection.check(time.monotonic())
                await asyncio.sleep(0.02)
        finally:  # also if somebody does not want to wait so long
            await self._end()

    async def _end(self) -> None:
        for connection in list(self._connections):
            connection.abort()
        for task in self._tasks:
            task.cancel()
        end = self.loop.time() + 1.0
        while self._connections and self.loop.time() < end:
            await asyncio.sleep(0.01)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)
        if self._check is not None:
            self._check.cancel()
        self.executor.shutdown(wait=False, cancel_futures=True)
        for service in self.server.services:
            service.stop()
        self._publish()

    # -- connections

    def admit(self, connection: Connection) -> bool:
        """Take note of a connection. False: it is to be closed."""
        counters = self.counters
        counters.connections += 1
        counters.open_connections += 1
        self._connections.add(connection)
        if self._check is None:
            self._check = self.loop.call_later(self._interval, self._check_all)
        reason = ""
        if self.draining:
            reason = "draining"
        elif not self._addresses.allows(connection.address[0]):
            reason = "address"
        elif 0 < self.limits.connections < self.count("open_connections"):
            reason = "limit"
        if reason:
            counters.connections_refused += 1
            self.journal.warning("connection-refused", **connection.names(), reason=reason)
        return not reason

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""
        if connection in self._connections:
            self._connections.remove(connection)
            self.counters.open_connections -= 1

    def associated(self, peer: Peer) -> None:
        """An association has begun."""
        self.counters.associations += 1
        self.counters.open_associations += 1
        self._publish()
        if self.server.associated is not None:
            self._tell(self.server.associated, peer)

    def dissociated(self, peer: Peer) -> None:
        """An association has ended."""
        self.counters.open_associations -= 1
        self._publish()
        if self.server.dissociated is not None:
            self._tell(self.server.dissociated, peer)

    def _tell(self, listener: Callable[[Peer], object], peer: Peer) -> None:
        try:
            listener(peer)
        except Exception as error:  # of a program: it does not concern the peer
            self.handler_failed(error)

    def count(self, name: str) -> int:
        """A number of `Counters`, of all worker processes together."""
        mine: int = getattr(self.counters, name)
        return mine if self._board is None else mine + self._board.others(name)

    def _publish(self) -> None:
        if self._board is not None:
            self._board.publish(self.counters)

    def _check_all(self) -> None:
        """See who has been silent for too long. A server without connections does nothing at all."""
        now = time.monotonic()
        for connection in list(self._connections):
            connection.check(now)
        self._publish()
        self._check = self.loop.call_later(self._interval, self._check_all) if self._connections else None

    # -- who asks

    def refusal(self, request: AssociateRQ, address: str) -> AssociateRJ | None:
        """What the program wants a request to be refused with, before anything is negotiated."""
        if self.server.refuse is None:
            return None
        try:
            return self.server.refuse(request, address)
        except Exception as error:  # of a program: who cannot be looked at does not get in
            self.handler_failed(error)
            return AssociateRJ(*TEMPORARY_CONGESTION)

    async def negotiate_identity(self, request: AssociateRQ) -> AssociateAC | AssociateRJ:
        """The answer to a request with a user identity, which the program is asked about."""
        identity = request.user_information.user_identity
        assert self.identify is not None
        assert identity is not None
        self._identified[id(request)] = await call(self.executor, self.identify, identity, request)
        try:
            return self.policy.negotiate(request)
        finally:
            del self._identified[id(request)]

    def _identity_of(self, identity: UserIdentity, request: AssociateRQ) -> bool | bytes:
        return self._identified[id(request)]

    # -- what goes on beside associations

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that does not end with an association."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def handler_failed(self, error: BaseException, **names: Any) -> None:
        """A handler of the program has raised."""
        self.counters.handler_errors += 1
        self.journal.exception("handler-failed", error, **names)

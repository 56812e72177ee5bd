"""The server: an SCP to embed in programs, or to run as one (PS3.4, PS3.7, PS3.8)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

from dicomkit.net.server.access import Addresses
from dicomkit.net.server.counters import Counters
from dicomkit.net.server.limits import Limits
from dicomkit.net.server.listener import Listener
from dicomkit.net.server.sockets import bound_sockets

if TYPE_CHECKING:
    import logging
    import ssl
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import Any, Literal, Self

    from dicomkit.net.items import UserIdentity
    from dicomkit.net.pdu import AssociateRJ, AssociateRQ
    from dicomkit.net.server.destinations import Destinations
    from dicomkit.net.server.request import Peer
    from dicomkit.net.server.service import Service
    from dicomkit.net.server.workers import Workers

__all__ = ["Server"]

PORT: Final = 11112  # registered for DICOM
DRAIN: Final = 10.0


class Server:
    """An SCP.

    Attributes:
        port: where it listens, once it is started.
        counters: what it has done so far.

    Args:
        services: what it does: `Verification()`, `Storage(...)`, `Find(...)`, ... The first that has an abstract syntax gets
            its requests.
        ae_title: its title in associations of its own (C-MOVE, storage commitment).
        called: AE titles that peers must call it by; None: any.
        calling: AE titles of peers that may ask; None: any. Peers say what they like: this keeps mistakes out, no attackers.
        addresses: addresses and networks from where peers may connect, as "192.0.2.7" or "10.0.0.0/8", or a function that
            is asked; None: any.
        identify: called with a user identity and the A-ASSOCIATE-RQ: a function (run in a thread) or coroutine. False
            rejects the association; bytes are the server response of Kerberos, SAML and JWT. None: identities are not
            looked at.
        refuse: called with an A-ASSOCIATE-RQ and the peer's address, before anything else is looked at: gives the
            A-ASSOCIATE-RJ to refuse it with, or None. It is called in the event loop, and must be quick.
        extended: called with a SOP class and its service-class application information (extended negotiation, PS3.7
            D.3.3.5): gives the answer, or None. In the event loop too.
        tls: context of TLS connections, or a function that makes it, for worker processes that are not forked (a context
            cannot be sent to another process); None: no TLS.
        promiscuous: whether `Storage` takes SOP classes that are not known, too.
        prefer: whose order of transfer syntaxes counts: that of the services, or that of the requestor.
        limits: what peers may take.
        operations: most operations of one association that are performed at a time, if the peer negotiates more than one.
        destinations: where other applications are, by AE title, or a function that is asked: for C-MOVE and the results of
            storage commitment. (host, port) or (host, port, TLS context).
        workers: number of processes that share the port. The services go to each of them: what they keep in memory is not
            shared.
        threads: most handlers that run at a time, of those that are no coroutines, in each process.
        associated, dissociated: called with the `Peer` when an association has begun and has ended, in the event loop: they
            must be quick.
        logger: where to log; None: the logger "dicomkit.server".
        log_identifying: log what may identify patients too: instance UIDs, file names, texts of errors.

    Raises:
        ValueError: an address is none, or a number out of range.
    """

    def __init__(
        self,
        services: Iterable[Service],
        *,
        ae_title: str = "DICOMKIT",
        called: Collection[str] | None = None,
        calling: Collection[str] | None = None,
        addresses: Iterable[str] | Callable[[str], bool] | None = None,
        identify: Callable[[UserIdentity, AssociateRQ], Any] | None = None,
        refuse: Callable[[AssociateRQ, str], AssociateRJ | None] | None = None,
        extended: Callable[[str, bytes], bytes | None] | None = None,
        tls: ssl.SSLContext | Callable[[], ssl.SSLContext] | None = None,
        promiscuous: bool = False,
        prefer: Literal["acceptor", "requestor"] = "acceptor",
        limits: Limits | None = None,
        operations: int = 8,
        destinations: Destinations | None = None,
        workers: int = 1,
        threads: int = 32,
        associated: Callable[[Peer], object] | None = None,
        dissociated: Callable[[Peer], object] | None = None,
        logger: logging.Logger | None = None,
        log_identifying: bool = False,
    ) -> None:
        if workers < 1 or threads < 1 or operations < 0:
            raise ValueError("workers and threads are at least 1, operations at least 0")
        if not 0 < len(ae_title.strip(" ")) <= len(ae_title) <= 16 or not ae_title.isascii() or not ae_title.isprintable():
            raise ValueError(f"{ae_title!r} is no AE title: 1 to 16 characters of ASCII")
        Addresses(addresses)  # raises for what is none
        self.services = list(services)
        self.ae_title = ae_title
        self.called = called
        self.calling = calling
        self.addresses = addresses
        self.identify = identify
        self.refuse = refuse
        self.extended = extended
        self.tls = tls
        self.promiscuous = promiscuous
        self.prefer: Literal["acceptor", "requestor"] = prefer
        self.limits = Limits() if limits is None else limits
        self.operations = operations
        self.destinations = destinations
        self.workers = workers
        self.threads = threads
        self.associated = associated
        self.dissociated = dissociated
        self.logger = logger
        self.log_identifying = log_identifying
        self.port = 0
        self._running: Listener | Workers | None = None
        self._last = Counters()

    def __getstate__(self) -> dict[str, Any]:
        """What a worker process gets where processes are not forked: all but what runs."""
        return {**self.__dict__, "_running": None}

    @property
    def counters(self) -> Counters:
        """What it has done since it was started, all worker processes together."""
        return self._last if self._running is None else self._running.counters

    # -- in an event loop of the program

    async def start(self, host: str | None = None, port: int = PORT) -> None:
        """Start to listen.

        Args:
            host: name or address to listen at; None: all interfaces, IPv4 and IPv6.
            port: 0 takes a free one: see `port`.

        Raises:
            OSError: that is not possible: the port is taken, there is no such address.
            RuntimeError: it runs already.
        """
        if self._running is not None:
            raise RuntimeError("the server runs already")
        sockets = bound_sockets(host, port, shared=self.workers > 1)
        try:
            if self.workers > 1:
                from dicomkit.net.server.workers import Workers

                self._running = Workers(self)
            else:
                self._running = Listener(self)
            await self._running.start(sockets)
        except BaseException:
            for bound in sockets:
                bound.close()
            self._running = None
            raise
        self.port = sockets[0].getsockname()[1]

    async def stop(self, drain: float = DRAIN) -> None:
        """Stop. Nothing happens if it does not run.

        Args:
            drain: seconds that open associations may go on for. One on which nothing happens is aborted after a second.
        """
        running = self._running
        if running is None:
            return
        try:
            await running.stop(drain)
        finally:
            self._last = running.counters
            self._running = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # -- as a program, or beside one

    def run(self, host: str | None = None, port: int = PORT, *, drain: float = DRAIN) -> None:
        """Listen until SIGINT or SIGTERM, and stop then. A second signal does not wait for associations.

        Raises:
            OSError: it cannot listen.
        """
        _allow_descriptors(2 * self.limits.connections)
        asyncio.run(self._run(host, port, drain))

    async def _run(self, host: str | None, port: int, drain: float) -> None:
        loop = asyncio.get_running_loop()
        signals = asyncio.Queue[int]()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
                loop.add_signal_handler(number, signals.put_nowait, number)
        await self.start(host, port)
        try:
            await signals.get()
            stopping = loop.create_task(self.stop(drain))
            again = loop.create_task(signals.get())
            await asyncio.wait((stopping, again), return_when=asyncio.FIRST_COMPLETED)
            again.cancel()
            if not stopping.done():
                stopping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stopping
        finally:
            await self.stop(0)

    @contextlib.contextmanager
    def started(self, host: str | None = None, port: int = 0, *, drain: float = DRAIN) -> Iterator[Self]:
        """Run in a thread of its own, as long as the context.

            with Server([Verification()]).started() as server:
                ...  # server.port

        Args:
            host, port: see `start`.
            drain: see `stop`.

        Raises:
            OSError: it cannot listen.
        """
        from dicomkit.net.server.background import running

        with running(self, host, port, drain):
            yield self


def _allow_descriptors(count: int) -> None:
    """Let this process have as many descriptors as connections need, if it may; many systems begin with 1024."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

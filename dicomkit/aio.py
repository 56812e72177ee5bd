"""Associations over asyncio: the operations of `dicomkit.associate`, to be awaited.

    async with dicomkit.aio.associate("127.0.0.1", 11112, contexts=["CTImageStorage"]) as assoc:
        await assoc.store("ct.dcm")

Arguments, results and errors are those of `dicomkit.net.association`.
"""

from __future__ import annotations

import asyncio

from dicomkit.errors import ConnectError, NetworkError, Timeout
from dicomkit.net import n_operations, operations
from dicomkit.net.async_driver import LINGER, AsyncDriver
from dicomkit.net.async_results import Results
from dicomkit.net.negotiation import propose, uid_of
from dicomkit.net.service_user import ServiceUser
from dicomkit.net.transport import address_text, connect_error, is_tls_error
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.security.tls_errors import handshake_error
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from ssl import SSLContext
    from types import TracebackType
    from typing import Any, Final, Self

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.items import UserIdentity
    from dicomkit.net.messages import Message
    from dicomkit.net.negotiation import Agreement, Context, ContextLike
    from dicomkit.net.operations import Operation
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.pdu import AssociateRQ
    from dicomkit.net.received import Sink
    from dicomkit.net.results import EventReport, Reply, Retrieval, Stored
    from dicomkit.net.status import Status
    from dicomkit.net.transcoding import Transcode

__all__ = ["Association", "Results", "associate"]

AFTER_CONNECTING: Final = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


def associate(
    host: str,
    port: int,
    *,
    contexts: Iterable[ContextLike] = ("Verification",),
    called: str = "ANY-SCP",
    calling: str = "DICOMKIT",
    roles: Mapping[str, tuple[bool, bool]] | None = None,
    user_identity: UserIdentity | None = None,
    extended: Mapping[str, bytes] | None = None,
    async_window: tuple[int, int] | None = None,
    max_pdu_length: int = 1 << 20,
    max_send_pdu_length: int = 0,
    tls: SSLContext | None = None,
    server_hostname: str | None = None,
    source_address: tuple[str, int] | None = None,
    connect_timeout: float | None = 30,
    acse_timeout: float | None = 30,
    dimse_timeout: float | None = 300,
    idle_timeout: float | None = 60,
) -> Opening:
    """Open an association with a peer: `async with` it, or await it and release it later.

    Arguments and errors: see `dicomkit.associate`.
    """
    request = propose(
        contexts,
        called=called,
        calling=calling,
        roles=roles,
        max_pdu_length=max_pdu_length,
        async_window=async_window,
        user_identity=user_identity,
        extended=extended,
    )
    upper = UpperLayer(requestor=True, max_pdu_length=max_pdu_length, max_send_pdu_length=max_send_pdu_length)
    user = ServiceUser(upper, address_text(host, port))
    options: dict[str, Any] = {"ssl": tls, "local_addr": source_address}
    if tls is not None:
        options["server_hostname"] = server_hostname if server_hostname is not None else host
        options["ssl_handshake_timeout"] = connect_timeout
        options["ssl_shutdown_timeout"] = LINGER
    return Opening(host, port, request, user, options, (connect_timeout, acse_timeout, dimse_timeout, idle_timeout))


class Opening:
    """An association that is to be opened: see `associate`."""

    def __init__(
        self,
        host: str,
        port: int,
        request: AssociateRQ,
        user: ServiceUser,
        options: dict[str, Any],
        timeouts: tuple[float | None, float | None, float | None, float | None],
    ) -> None:
        self._address = (host, port)
        self._request = request
        self._user = user
        self._options = options
        self._timeouts = timeouts
        self._association: Association | None = None

    def __await__(self) -> Generator[Any, None, Association]:
        return self._open().__await__()

    async def __aenter__(self) -> Association:
        self._association = await self._open()
        return self._association

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._association is not None
        await self._association.__aexit__(kind, error, trace)

    async def _open(self) -> Association:
        connect_timeout, acse_timeout, dimse_timeout, idle_timeout = self._timeouts
        user = self._user
        driver = AsyncDriver(user, dimse_timeout, idle_timeout)
        loop = asyncio.get_running_loop()
        connecting = loop.create_connection(lambda: driver, *self._address, **self._options)
        try:
            transport, _ = await asyncio.wait_for(connecting, connect_timeout)
        except TimeoutError as error:
            raise Timeout(f"no connection within {connect_timeout:g} seconds", user.peer) from error
        except (OSError, OverflowError) as error:  # a port that is none
            in_handshake = self._options["ssl"] is not None and isinstance(error, AFTER_CONNECTING)
            if isinstance(error, OSError) and (in_handshake or is_tls_error(error)):
                raise handshake_error(error, user.peer) from error
            raise ConnectError(connect_error(error), user.peer) from error
        try:
            user.associate(self._request)
            await driver.until(lambda: user.agreement is not None, acse_timeout, "no answer to the association request")
        except BaseException:
            transport.abort()
            raise
        return Association(driver, acse_timeout)


class Association:
    """An association over asyncio. Made by `associate`; of its operations, one is in progress at a time, others wait.

    Attributes and operations: see `dicomkit.net.association.Association`.
    """

    def __init__(self, driver: AsyncDriver, acse_timeout: float | None) -> None:
        self.peer = driver.user.peer
        self._driver = driver
        self._user = driver.user
        self._acse_timeout = acse_timeout

    # -- the association

    @property
    def agreement(self) -> Agreement:
        """What was negotiated."""
        agreement = self._user.agreement
        assert agreement is not None
        return agreement

    @property
    def accepted(self) -> list[Context]:
        """The presentation contexts that the peer has accepted."""
        return list(self.agreement.contexts.values())

    @property
    def is_open(self) -> bool:
        """Whether the association has not ended, as far as this side knows."""
        return self._user.ended is None

    async def release(self) -> None:
        """End the association in good order. Nothing happens where it has ended."""
        user, driver = self._user, self._driver
        if user.ended is None:
            await driver.settle()
        if user.ended is None:
            user.upper.release()
            await driver.until(lambda: user.released, self._acse_timeout, "no answer to the release request")
        driver.close()
        await driver.closed()

    async def abort(self) -> None:
        """End the association at once. Nothing happens where it has ended."""
        self._driver.abort(NetworkError("the association was aborted by this side", self.peer))
        await self._driver.closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.release()
        else:
            await self.abort()

    def __repr__(self) -> str:
        return f"<Association with {self.peer}{'' if self.is_open else ', ended'}>"

    # -- DIMSE-C

    async def echo(self) -> Status:
        """C-ECHO."""
        return await self._driver.complete(operations.echo(self._user))

    async def store(
        self,
        source: Storable,
        *,
        transcode: Transcode = "lossless",
        priority: str = "medium",
        move_originator: tuple[str, int] | None = None,
    ) -> Status:
        """C-STORE of one object. Files are read in a thread."""
        return await self._driver.complete(operations.store(self._user, source, transcode, priority, move_originator))

    def store_many(
        self, sources: Iterable[Storable], *, transcode: Transcode = "lossless", priority: str = "medium"
    ) -> Results[Stored, None]:
        """C-STORE of many objects: as many at a time as the asynchronous operations window allows; the next one is read."""
        return Results(self._driver, operations.store_many(self._user, sources, transcode, priority))

    def find(self, query: Dataset, *, sop_class: str | None = None, priority: str = "medium") -> Results[Dataset, Status]:
        """C-FIND: an asynchronous iterator over the matches."""
        return Results(self._driver, operations.find(self._user, query, _uid(sop_class), priority))

    def get(
        self,
        query: Dataset,
        *,
        sop_class: str | None = None,
        priority: str = "medium",
        receive: Callable[[Message, str], Sink] | None = None,
        progress: Callable[[Retrieval], object] | None = None,
    ) -> Results[Any, Retrieval]:
        """C-GET: an asynchronous iterator over what was received."""
        return Results(self._driver, operations.get(self._user, query, _uid(sop_class), priority, receive, progress))

    async def move(
        self,
        query: Dataset,
        *,
        destination: str,
        sop_class: str | None = None,
        priority: str = "medium",
        progress: Callable[[Retrieval], object] | None = None,
    ) -> Retrieval:
        """C-MOVE, to its end."""
        operation = operations.move(self._user, query, destination, _uid(sop_class), priority)
        results: Results[Retrieval, Retrieval] = Results(self._driver, operation)
        async for retrieval in results:
            if progress is not None:
                progress(retrieval)
        return results.outcome

    async def cancel(self) -> None:
        """Ask the peer to stop the C-FIND, C-GET or C-MOVE in progress. It ends as the peer says."""
        self._user.cancel()
        await self._driver.flush()

    # -- DIMSE-N

    async def n_event_report(
        self,
        sop_class: str,
        sop_instance: str,
        event_type: int,
        information: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """N-EVENT-REPORT."""
        return await self._n(n_operations.n_event_report, sop_class, abstract_syntax, sop_instance, event_type, information)

    async def n_get(
        self,
        sop_class: str,
        sop_instance: str,
        attributes: Iterable[Tag | int | str] = (),
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """N-GET."""
        tags = tuple([int(Tag(attribute)) for attribute in attributes])
        return await self._n(n_operations.n_get, sop_class, abstract_syntax, sop_instance, tags)

    async def n_set(
        self, sop_class: str, sop_instance: str, modifications: Dataset, *, abstract_syntax: str | None = None
    ) -> Reply:
        """N-SET."""
        return await self._n(n_operations.n_set, sop_class, abstract_syntax, sop_instance, modifications)

    async def n_action(
        self,
        sop_class: str,
        sop_instance: str,
        action_type: int,
        information: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """N-ACTION."""
        return await self._n(n_operations.n_action, sop_class, abstract_syntax, sop_instance, action_type, information)

    async def n_create(
        self,
        sop_class: str,
        sop_instance: str | None = None,
        attributes: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """N-CREATE."""
        return await self._n(n_operations.n_create, sop_class, abstract_syntax, sop_instance, attributes)

    async def n_delete(self, sop_class: str, sop_instance: str, *, abstract_syntax: str | None = None) -> Reply:
        """N-DELETE."""
        return await self._n(n_operations.n_delete, sop_class, abstract_syntax, sop_instance)

    async def _n(
        self, operation: Callable[..., Operation[Reply]], sop_class: str, abstract_syntax: str | None, *arguments: Any
    ) -> Reply:
        uid = uid_of(sop_class)
        return await self._driver.complete(operation(self._user, uid, *arguments, _uid(abstract_syntax) or uid))

    async def wait_for_event_report(self, timeout: float | None = None) -> EventReport:
        """The next event report of the peer."""
        user = self._user
        await self._driver.begin(None)
        if not user.reports:
            await self._driver.until(lambda: bool(user.reports), timeout, "no event report", goes_on=True)
        return n_operations.event_report(user)


def _uid(name: str | None) -> str | None:
    return None if name is None else uid_of(name)

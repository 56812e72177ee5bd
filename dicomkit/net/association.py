"""Associations over blocking sockets: `dicomkit.associate`.

The protocol is in `service_user` and `operations`; `driver` moves the bytes, and waits.
"""

from __future__ import annotations

from dicomkit.errors import NetworkError
from dicomkit.net import n_operations, operations
from dicomkit.net.driver import Driver, Results
from dicomkit.net.negotiation import propose, uid_of
from dicomkit.net.service_user import ServiceUser
from dicomkit.net.transport import Transport
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from ssl import SSLContext
    from types import TracebackType
    from typing import Any, Self

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.items import UserIdentity
    from dicomkit.net.messages import Message
    from dicomkit.net.negotiation import Agreement, Context, ContextLike
    from dicomkit.net.operations import Operation
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.received import Sink
    from dicomkit.net.results import EventReport, Reply, Retrieval, Stored
    from dicomkit.net.status import Status
    from dicomkit.net.transcoding import Transcode

__all__ = ["Association", "Results", "associate"]


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
) -> Association:
    """Open an association with a peer.

        with dicomkit.associate("127.0.0.1", 11112, contexts=["CTImageStorage"]) as assoc:
            assoc.store("ct.dcm")

    At the end of the `with` block it is released; if the block raises, it is aborted.

    Args:
        host: name or address, of IPv4 or IPv6.
        port: TCP port.
        contexts: what it is for: SOP classes, each a UID or keyword, or (SOP class, transfer syntaxes), or a
            PresentationContext. Those without transfer syntaxes propose Explicit and Implicit VR Little Endian.
        called: AE title of the peer.
        calling: AE title of this side.
        roles: SOP class -> whether this side wants to be (SCU, SCP), where that is not SCU alone: for C-GET.
        user_identity: who asks.
        extended: SOP class -> service-class application information (PS3.7 D.3.3.5).
        async_window: most operations that this side has outstanding, and that it performs, at a time; 0: any number. None:
            one and one.
        max_pdu_length: of P-DATA-TF PDUs that the peer may send; 0: no limit.
        max_send_pdu_length: of those that are sent, if the peer takes longer ones; 0: what the peer takes.
        tls: context of a TLS connection, as from dicomkit.security.tls.
        server_hostname: name that the peer's certificate has to be for; None: `host`.
        source_address: (address, port) to connect from.
        connect_timeout: seconds for the connection, and again for the TLS handshake; None: no limit.
        acse_timeout: seconds for the peer to answer the request, and the release.
        dimse_timeout: seconds for the peer to answer an operation; with several responses, for each.
        idle_timeout: seconds without any progress while something is sent, or a data set is received.

    Returns:
        The association. `accepted` has the presentation contexts that the peer has accepted; none is no error here.

    Raises:
        ConnectError: there is no connection.
        AssociationRejected, AssociationAborted: the peer does not want it.
        ProtocolError: the peer does not speak DICOM.
        Timeout: it did not answer in time.
        ValueError: an argument is none.

    PS3.8 7.1, PS3.7 annex D.
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
    transport = Transport.connect(
        host,
        port,
        timeout=connect_timeout,
        source_address=source_address,
        tls=tls,
        server_hostname=server_hostname,
    )
    upper = UpperLayer(requestor=True, max_pdu_length=max_pdu_length, max_send_pdu_length=max_send_pdu_length)
    user = ServiceUser(upper, transport.peer)
    driver = Driver(transport, user, dimse_timeout, idle_timeout)
    user.associate(request)
    driver.until(lambda: user.agreement is not None, acse_timeout, "no answer to the association request")
    return Association(driver, acse_timeout)


class Association:
    """An association over a blocking socket. Made by `dicomkit.associate`; for one thread at a time.

    An operation that the peer answers with a failure raises DimseError; the association goes on. If the association itself
    has failed, NetworkError is raised, now and by everything after.

    Attributes:
        agreement: what was negotiated: AE titles, contexts, maximum length, window, the peer's user information.
        peer: address of the peer.
    """

    def __init__(self, driver: Driver, acse_timeout: float | None) -> None:
        self.peer = driver.transport.peer
        self._driver = driver
        self._user = driver.user
        self._acse_timeout = acse_timeout

    # -- the association

    @property
    def agreement(self) -> Agreement:
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

    def release(self) -> None:
        """End the association in good order. Nothing happens where it has ended.

        Raises:
            AssociationAborted: the peer has aborted it instead.
            Timeout: the peer did not answer in time.
        """
        user, driver = self._user, self._driver
        if user.ended is None:
            driver.settle()
        if user.ended is None:
            user.upper.release()
            driver.until(lambda: user.released, self._acse_timeout, "no answer to the release request")
        driver.close()

    def abort(self) -> None:
        """End the association at once. Nothing happens where it has ended."""
        self._driver.abort(NetworkError("the association was aborted by this side", self.peer))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.release()
        else:
            self.abort()

    def __repr__(self) -> str:
        return f"<Association with {self.peer}{'' if self.is_open else ', ended'}>"

    # -- DIMSE-C

    def echo(self) -> Status:
        """Ask whether the peer is there (C-ECHO, PS3.7 9.1.5)."""
        return self._driver.complete(operations.echo(self._user))

    def store(
        self,
        source: Storable,
        *,
        transcode: Transcode = "lossless",
        priority: str = "medium",
        move_originator: tuple[str, int] | None = None,
    ) -> Status:
        """Store an object at the peer (C-STORE, PS3.7 9.1.1).

        A file whose transfer syntax was accepted for its SOP class is sent as it is, without being read as a data set.

        Args:
            source: a path, a DICOM file in memory, an open file, or a data set.
            transcode: what may be done if its transfer syntax was not accepted: "never" anything; "lossless": what loses
                nothing; "lossy": also decompressing what was compressed with loss. It is never compressed with loss.
            priority: "low", "medium" or "high".
            move_originator: AE title and message ID of the C-MOVE that this is a part of.

        Returns:
            Success, or a warning.

        Raises:
            DimseError: the peer refuses it.
            NoPresentationContext, UnsupportedTransferSyntax: it cannot be sent as what was accepted.
            ParseError, EncodeError, CodecError, OSError: it cannot be read, or not be brought to what was accepted.
            NetworkError: the association has failed.
        """
        return self._driver.complete(operations.store(self._user, source, transcode, priority, move_originator))

    def store_many(
        self, sources: Iterable[Storable], *, transcode: Transcode = "lossless", priority: str = "medium"
    ) -> Results[Stored, None]:
        """Store many objects: as many at a time as the asynchronous operations window allows.

        The next one is read while the peer is busy with those before: `sources` is one ahead of what is sent.

        Returns:
            An iterator over what became of each, as the responses come: nothing is raised for a single object.
        """
        return Results(self._driver, operations.store_many(self._user, sources, transcode, priority))

    def find(self, query: Dataset, *, sop_class: str | None = None, priority: str = "medium") -> Results[Dataset, Status]:
        """Search at the peer (C-FIND, PS3.7 9.1.2).

        Args:
            query: the identifier: keys to match, and empty ones to be returned (PS3.4 C.4.1).
            sop_class: the information model, a UID or keyword; None: the first one accepted for C-FIND.
            priority: "low", "medium" or "high".

        Returns:
            An iterator over the matches. If it is left before its end, the operation is cancelled.
        """
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
        """Retrieve objects over this association (C-GET, PS3.7 9.1.3).

        Their SOP classes must be among the contexts, with the role of SCP: `roles={sop_class: (False, True)}`.

        Args:
            query: the identifier.
            sop_class: the information model, a UID or keyword; None: the first one accepted for C-GET.
            priority: "low", "medium" or "high".
            receive: gives a sink for each object, by the C-STORE request and its transfer syntax. Without, objects become
                data sets in memory, large ones in temporary files.
            progress: called with each response but the last.

        Returns:
            An iterator over the data sets, or what `finish` of the sinks returns. Its `outcome` is a Retrieval.
        """
        return Results(self._driver, operations.get(self._user, query, _uid(sop_class), priority, receive, progress))

    def move(
        self,
        query: Dataset,
        *,
        destination: str,
        sop_class: str | None = None,
        priority: str = "medium",
        progress: Callable[[Retrieval], object] | None = None,
    ) -> Retrieval:
        """Let the peer store objects elsewhere (C-MOVE, PS3.7 9.1.4), and wait until that is done.

        Args:
            query: the identifier.
            destination: AE title that the peer knows an address for.
            sop_class: the information model, a UID or keyword; None: the first one accepted for C-MOVE.
            priority: "low", "medium" or "high".
            progress: called with each response but the last; it may `cancel`.

        Raises:
            DimseError: the peer refuses. If single objects failed, that is in the result.
        """
        operation = operations.move(self._user, query, destination, _uid(sop_class), priority)
        results: Results[Retrieval, Retrieval] = Results(self._driver, operation)
        for retrieval in results:
            if progress is not None:
                progress(retrieval)
        return results.outcome

    def cancel(self) -> None:
        """Ask the peer to stop the C-FIND, C-GET or C-MOVE in progress. It ends as the peer says."""
        self._user.cancel()
        self._driver.flush()

    # -- DIMSE-N

    def n_event_report(
        self,
        sop_class: str,
        sop_instance: str,
        event_type: int,
        information: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """Report an event about a SOP instance (N-EVENT-REPORT, PS3.7 10.1.1).

        Args:
            sop_class: UID or keyword; so of the other N-operations.
            sop_instance: UID.
            event_type: Event Type ID.
            information: Event Information.
            abstract_syntax: of the presentation context, if that is another one than `sop_class`.
        """
        return self._n(n_operations.n_event_report, sop_class, abstract_syntax, sop_instance, event_type, information)

    def n_get(
        self,
        sop_class: str,
        sop_instance: str,
        attributes: Iterable[Tag | int | str] = (),
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """Ask for attributes of a SOP instance, all if none are named (N-GET, PS3.7 10.1.2)."""
        tags = tuple([int(Tag(attribute)) for attribute in attributes])
        return self._n(n_operations.n_get, sop_class, abstract_syntax, sop_instance, tags)

    def n_set(
        self, sop_class: str, sop_instance: str, modifications: Dataset, *, abstract_syntax: str | None = None
    ) -> Reply:
        """Change attributes of a SOP instance (N-SET, PS3.7 10.1.3)."""
        return self._n(n_operations.n_set, sop_class, abstract_syntax, sop_instance, modifications)

    def n_action(
        self,
        sop_class: str,
        sop_instance: str,
        action_type: int,
        information: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """Have something done with a SOP instance (N-ACTION, PS3.7 10.1.4)."""
        return self._n(n_operations.n_action, sop_class, abstract_syntax, sop_instance, action_type, information)

    def n_create(
        self,
        sop_class: str,
        sop_instance: str | None = None,
        attributes: Dataset | None = None,
        *,
        abstract_syntax: str | None = None,
    ) -> Reply:
        """Make a SOP instance; without a UID, the peer gives it one (N-CREATE, PS3.7 10.1.5)."""
        return self._n(n_operations.n_create, sop_class, abstract_syntax, sop_instance, attributes)

    def n_delete(self, sop_class: str, sop_instance: str, *, abstract_syntax: str | None = None) -> Reply:
        """Delete a SOP instance (N-DELETE, PS3.7 10.1.6)."""
        return self._n(n_operations.n_delete, sop_class, abstract_syntax, sop_instance)

    def _n(
        self, operation: Callable[..., Operation[Reply]], sop_class: str, abstract_syntax: str | None, *arguments: Any
    ) -> Reply:
        uid = uid_of(sop_class)
        return self._driver.complete(operation(self._user, uid, *arguments, _uid(abstract_syntax) or uid))

    def wait_for_event_report(self, timeout: float | None = None) -> EventReport:
        """The next event report of the peer, as after a request for storage commitment. It has been answered with success.

        Raises:
            Timeout: none has come within so many seconds. The association goes on.
            NetworkError: the association has ended.
        """
        user = self._user
        self._driver.begin(None)
        if not user.reports:
            self._driver.until(lambda: bool(user.reports), timeout, "no event report", goes_on=True)
        return n_operations.event_report(user)


def _uid(name: str | None) -> str | None:
    return None if name is None else uid_of(name)

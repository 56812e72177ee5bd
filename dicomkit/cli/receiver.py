"""A storage SCP with the messages of DCMTK's tools: what storescp and dcmrecv have in common."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Final

from dicomkit.cli.association_dump import association_lines
from dicomkit.cli.net_options import max_pdu, seconds
from dicomkit.cli.requestor import write_lines
from dicomkit.net.negotiation import Policy
from dicomkit.net.pdu import AssociateRJ
from dicomkit.net.server import Limits, Server, Storage, Verification
from dicomkit.net.server.listener import Listener

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from typing import Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.pdu import AssociateAC, AssociateRQ
    from dicomkit.net.profile_file import AssociationProfile
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Peer, Request

__all__ = ["Door", "Words", "check_folder", "message_id", "serve", "serve_inherited", "storage_server"]

VERIFICATION: Final = "1.2.840.10008.1.1"
OPERATIONS: Final = 8  # of an association at a time, if the peer asks for more than one
REFUSED: Final = (1, 1, 1)  # rejected-permanent, by the service user, no reason given (PS3.8 table 9-21)

_PDV_HEADERS: Final = 12


class Words:
    """What a tool says.

    Args:
        received: of an association: a function of its `Peer`.
        request: of a C-STORE request: a function of the `Request`.
        released, aborted: of the end of an association.
        answered: of the response to a C-STORE request; "": nothing.
    """

    def __init__(
        self,
        received: Callable[[Peer], str],
        request: Callable[[Request], str],
        released: str,
        aborted: str,
    ) -> None:
        self.received = received
        self.request = request
        self.released = released
        self.aborted = aborted


class Door:
    """Who is kept out.

    Args:
        refuse: all.
        nameless: whoever says no implementation class UID.
        useless: associations without an accepted presentation context.
    """

    def __init__(self, *, refuse: bool = False, nameless: bool = False, useless: bool = False) -> None:
        self.refuse = refuse
        self.nameless = nameless
        self.useless = useless


def message_id(request: Request) -> int:
    """The Message ID of a request."""
    return request.message.message_id or 0


def storage_server(
    to: Any,  # see Storage
    options: Options,
    log: Log,
    words: Words,
    *,
    ae_title: str,
    profile: AssociationProfile | None = None,
    transfer_syntaxes: tuple[str, ...] | None = None,
    storage: bool = True,
    door: Door | None = None,
    tls: ssl.SSLContext | None = None,
    ended: Callable[[Peer], object] | None = None,
    **others: Any,
) -> Server:
    """A server for Storage and Verification.

    Args:
        to: where objects go: see Storage.
        options: what the command line says: time-outs, longest PDU, `--verbose-pc`.
        log: where to say what happens.
        words: how.
        ae_title: of this side.
        profile: what is accepted; None: all known SOP classes.
        transfer_syntaxes: which are accepted without a profile, in the order of preference; None: all known.
        storage: whether objects are accepted without a profile.
        door: who is kept out.
        tls: context of TLS connections.
        ended: called with the peer when an association has ended.
        others: further arguments of Server.
    """
    in_order = callable(to) or getattr(to, "stored", None) is not None  # something is done with one object after the other
    known: dict[str, tuple[str, ...]] = {} if profile is None else dict(profile.presentation_contexts)
    service = _Storage(to, known if profile is not None or not storage else None, transfer_syntaxes, log, words, door)
    verification = Verification()

    def associated(peer: Peer) -> None:
        log.info(words.received(peer))
        agreement = peer.agreement
        shown = "info" if options.get("verbose_pc") else "debug"
        if log.shows(shown):
            lines = association_lines(agreement.request, agreement.answer, acceptor=agreement.answer)
            write_lines(log, shown, ["Association Parameters Negotiated:", *lines])
        longest = agreement.max_pdu_length
        log.info(f"Association Acknowledged (Max Send PDV: {longest - _PDV_HEADERS if longest else 'unlimited'})")
        if not agreement.contexts:
            log.info("    (but no valid presentation contexts)")

    levels = {"debug": logging.DEBUG, "info": logging.INFO}
    level = next((number for name, number in levels.items() if log.shows(name)), logging.WARNING)
    logger = logging.Logger("dicomkit.cli", level)
    logger.addHandler(_Messages(log, words))
    return Server(
        [verification, service],
        ae_title=ae_title,
        tls=tls,
        operations=1 if in_order else OPERATIONS,
        limits=Limits(
            associations=options.get("max_associations", Limits().associations),
            pdu_length=max_pdu(options),
            first_byte=seconds(options, "acse_timeout") or 0.0,
            idle=seconds(options, "dimse_timeout") or 0.0,
            send=seconds(options, "socket_timeout") or 0.0,
        ),
        associated=associated if log.shows("info") else None,
        dissociated=ended,
        logger=logger,
        log_identifying=True,
        **others,
    )


class _Storage(Storage):
    """Storage that says what it does."""

    def __init__(
        self,
        to: Any,
        sop_classes: Mapping[str, tuple[str, ...]] | None,
        transfer_syntaxes: tuple[str, ...] | None,
        log: Log,
        words: Words,
        door: Door | None,
    ) -> None:
        super().__init__(to, sop_classes=sop_classes, transfer_syntaxes=transfer_syntaxes)
        if sop_classes is not None:
            self.sop_classes = {uid: found for uid, found in sop_classes.items() if uid != VERIFICATION}
        self._log = log
        self._words = words
        self._door = door

    def start(self, listener: Listener) -> None:
        super().start(listener)
        if self._door is not None:
            listener.policy = _GuardedPolicy(listener.policy, self._door)
        if self._log.shows("debug"):
            self._log.debug("listening")

    def receive(self, request: Request) -> Receiver | None:
        if self._log.shows("info"):
            self._log.info(self._words.request(request))
        return super().receive(request)


class _GuardedPolicy(Policy):
    """A policy that keeps some out."""

    def __init__(self, base: Policy, door: Door) -> None:
        self.__dict__.update(base.__dict__)
        self._base = base
        self._door = door

    def negotiate(self, request: AssociateRQ) -> AssociateAC | AssociateRJ:
        door = self._door
        if door.refuse or (door.nameless and not request.user_information.implementation_class_uid):
            return AssociateRJ(*REFUSED)
        answer = self._base.negotiate(request)
        if isinstance(answer, AssociateRJ) or not door.useless:
            return answer
        return answer if any(context.accepted for context in answer.presentation_contexts) else AssociateRJ(*REFUSED)


class _Messages(logging.Handler):
    """Puts what the server logs into the words of a tool."""

    def __init__(self, log: Log, words: Words) -> None:
        super().__init__()
        self._log = log
        self._words = words

    def emit(self, record: logging.LogRecord) -> None:
        event: str = getattr(record, "event", "")
        fields: dict[str, Any] = getattr(record, "fields", {})
        log = self._log
        if event == "association-released":
            log.info(self._words.released)
        elif event == "association-aborted":
            log.info(self._words.aborted)
        elif event == "association-rejected":
            log.info(f"Refusing Association ({fields.get('reason')})")
        elif event == "association-lost":
            log.error("DIMSE failure (aborting association): the connection was closed by the peer")
        elif event == "handshake-failed":
            log.write(
                "info" if record.levelno == logging.INFO else "error", f"Receiving Association failed: {fields['problem']}"
            )
        elif event == "protocol-error":
            log.error(f"DIMSE failure (aborting association): {fields.get('problem')}")
        elif event == "timeout":
            log.error(f"DIMSE failure (aborting association): the peer is silent ({fields.get('limit')})")
        elif event == "not-stored":
            log.error(f"cannot write DICOM file: {fields.get('text')}")
        elif record.levelno >= logging.WARNING:
            level = "error" if record.levelno >= logging.ERROR else "warn"
            log.write(level, str(fields.get("text") or record.getMessage()))
        else:
            log.debug(record.getMessage())


def check_folder(folder: str) -> str:
    """What is wrong with a folder for received objects; "" if nothing is."""
    if not os.path.isdir(folder):
        return "specified output directory does not exist"
    if not os.access(folder, os.W_OK):
        return "specified output directory is not writeable"
    return ""


def serve(server: Server, port: int) -> str:
    """Listen until a signal comes. Returns why that is not possible, or ""."""
    try:
        server.run(None, port)
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return ""


def serve_inherited(server: Server) -> None:
    """Serve the one connection that is standard input, as inetd has it."""
    asyncio.run(_serve_inherited(server))


async def _serve_inherited(server: Server) -> None:
    import socket

    listener = Listener(server)
    await listener.start([])
    connection = socket.socket(fileno=os.dup(0))
    connection.setblocking(False)
    try:
        await listener.take(connection, "standard input")
        while listener.counters.open_connections:
            await asyncio.sleep(0.05)
    finally:
        await listener.stop(0)

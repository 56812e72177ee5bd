"""`dicomkit movescu`: have a peer store objects somewhere (C-MOVE), here for one, as DCMTK's movescu does."""

from __future__ import annotations

import contextlib
import os

from dicomkit.cli.movescu_options import GROUPS, PARAMETERS, RECEIVED_FORMAT, USAGE
from dicomkit.cli.net_options import connection, max_pdu, user_identity
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import write_options
from dicomkit.cli.query_options import MODELS, dump_lines, queries
from dicomkit.cli.requestor import NotAssociated, close, failed, open_association, write_lines
from dicomkit.cli.tls_options import client_tls, list_ciphers, server_tls, write_seed
from dicomkit.cli.transfer_syntax_options import accepted, proposed
from dicomkit.errors import DimseError, NetworkError, NoPresentationContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.association import Association
    from dicomkit.net.results import Retrieval
    from dicomkit.net.server.request import Peer, Request

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers",)

CODES: Final = {
    "privileges": 2,
    "not writable": 40,
    "no folder": 45,
    "no network": 60,
    "not associated": 61,
    "no context": 66,
    "not closed": 67,
    "warning": 68,
    "error": 69,
}

_ANY_NUMBER: Final = 1 << 62
_DRAIN: Final = 30.0  # seconds for what is still being received when the peer says that all is done


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    arguments = connection(options, "MOVESCU", _ANY_NUMBER)
    identifiers = queries(options)
    group = GROUPS[2]
    arguments["tls"] = client_tls(options, log, group)
    arguments["user_identity"] = user_identity(options)
    find, move, _ = MODELS[options.get("model", "P")]
    syntaxes = tuple([uid for each in proposed(options) for uid in each])
    arguments["contexts"] = [(find, syntaxes), (move, syntaxes)]
    port = options.get("port", 0)
    try:
        with contextlib.ExitStack() as stack:
            if port:
                code = _check_folder(options, log)
                if code:
                    return code
                server = _server(options, log, server_tls(options, log, group) if options.get("tls") else None)
                try:
                    stack.enter_context(server.started(None, port, drain=_DRAIN))
                except OSError as error:
                    if isinstance(error, PermissionError):
                        log.fatal(f"cannot listen on port {port}, insufficient privileges")
                        return CODES["privileges"]
                    log.fatal(f"cannot create network: {error.strerror or error}")
                    return CODES["no network"]
            return _run(arguments, move, identifiers, options, log)
    finally:
        write_seed(options, log)


def _run(arguments: dict[str, Any], move: str, identifiers: list[Dataset], options: Options, log: Log) -> int:
    """The association with the archive. Returns the exit code."""
    try:
        association = open_association(arguments, log, verbose_pc=options.get("verbose_pc", False))
    except NotAssociated as problem:
        return CODES["no context" if problem.error is None else "not associated"]
    code = number = 0
    try:
        for _ in range(options.get("repeat", 1)):
            for identifier in identifiers:
                number += 1
                code = max(code, _move(association, move, identifier, number, options, log))
    except NoPresentationContext:
        log.error("No presentation context for C-MOVE was accepted")
        association.abort()
        return CODES["no context"]
    except NetworkError as error:
        failed(association, error, "Move SCU", log)
        return CODES["error"]
    return code if close(association, options, log) else CODES["not closed"]


def _move(association: Association, sop_class: str, identifier: Dataset, number: int, options: Options, log: Log) -> int:
    """One C-MOVE. Returns the exit code.

    Raises:
        NetworkError: the association has failed.
    """
    cancel_after = options.get("cancel", 0)
    count = 0

    def progress(retrieval: Retrieval) -> None:
        nonlocal count
        count += 1
        log.info(f"Received Move Response {count} ({retrieval.status.text.capitalize()})")
        if count == cancel_after:
            log.info(f"Sending Cancel Request (MsgID {number})")
            association.cancel()

    log.info(f"Sending Move Request (MsgID {number})")
    if log.shows("info"):
        write_lines(log, "info", ["Request Identifiers:", *dump_lines(identifier)])
    try:
        retrieval = association.move(
            identifier, destination=options.get("destination", "MOVESCU"), sop_class=sop_class, progress=progress
        )
    except DimseError as error:
        log.warn(f"Move response with error status ({error})")
        return CODES["error"]
    if retrieval.status.is_warning:
        log.warn(f"Move response with warning status ({retrieval.status})")
        for uid in retrieval.failed_sop_instance_uids:
            log.warn(f"  not retrieved: {uid}")
    log.info(f"Received Final Move Response ({retrieval.status.text.capitalize()})")
    return CODES["warning"] if retrieval.status.is_warning else 0


def _check_folder(options: Options, log: Log) -> int:
    """The exit code if nothing can be written where objects are to go; 0 if it can."""
    folder = options.get("output_directory", ".")
    if not os.path.isdir(folder):
        log.fatal("specified output directory does not exist")
        return CODES["no folder"]
    if not os.access(folder, os.W_OK):
        log.fatal("specified output directory is not writeable")
        return CODES["not writable"]
    return 0


def _server(options: Options, log: Log, tls: Any) -> Any:  # typing the server would load it, which most runs do without
    """The SCP that receives the objects."""
    from dicomkit.net.modality_prefixes import modality_prefix
    from dicomkit.net.server import Limits, Server, Storage, StoreTo, Verification

    def associated(peer: Peer) -> None:
        log.info("Sub-Association Received")
        log.info(f"Sub-Association Acknowledged (from {peer.ae_title})")

    def received(request: Request) -> None:
        prefix = modality_prefix(request.sop_class, "OT")
        log.info(f"Received Store Request (MsgID {request.message.message_id}, {prefix})")

    to: Any = None  # a StoreTo, a function, or None
    folder = options.get("output_directory", ".")
    if options.get("ignore"):
        pass
    elif _converts(options):
        to = _converter(options, folder, received)
    else:
        to = StoreTo(folder, stored=received if log.shows("info") else None)
    syntaxes = accepted(options)
    return Server(
        [Verification(), Storage(to, transfer_syntaxes=syntaxes)],
        tls=tls,
        associated=associated,
        limits=Limits(pdu_length=max_pdu(options)),
    )


def _converts(options: Options) -> bool:
    """Whether received objects are to be written other than they were sent."""
    asked = [option for _, rows in RECEIVED_FORMAT[1:] for option in rows if option.field in options]
    if options.get("bit_preserving"):
        for option in asked:
            if option.set_in(options):
                raise UsageError(f"{option.long} not allowed with --bit-preserving")
    return bool(asked)


def _converter(options: Options, folder: str, received: Callable[[Request], None]) -> Callable[[Request], None]:
    """Writes objects in the format that the command line asks for."""
    from datetime import datetime

    from dicomkit.net.storage_names import FileNaming

    writing = write_options(options)
    naming = FileNaming()

    def write(request: Request) -> None:
        received(request)
        name = naming.name(request.sop_class, request.sop_instance, datetime.now())
        request.dataset.save(os.path.join(folder, name), **writing)

    return write

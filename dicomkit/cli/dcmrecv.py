"""`dicomkit dcmrecv`: take objects that peers store (C-STORE), as DCMTK's dcmrecv does."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from dicomkit.cli.dcmrecv_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.net_options import association_profile, port
from dicomkit.cli.options import UsageError
from dicomkit.cli.received_files import FileStore, IgnoringStore
from dicomkit.cli.receiver import Door, Words, check_folder, message_id, serve, storage_server
from dicomkit.cli.tls_options import TlsError, list_ciphers, server_tls, write_seed
from dicomkit.net.storage_names import FileNaming, date_folder

if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.server.request import Peer, Request

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no port.
ALONE: Final = ("list_ciphers",)

CODES: Final = {"no folder": 45, "not listening": 64, "no profile": 66, "no TLS": 71}

_FILE_WORDS: Final = ("Stored received object to file", "file already exists, overwriting")


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    if len(options.parameters) > 1:
        raise UsageError("Too many parameters")
    number = port(options.parameters[0], "port")
    if options.get("bit_preserving") is True and options.get("series_date"):
        raise UsageError("--bit-preserving not allowed with --series-date-subdir")
    log.info("configuring service class provider ...")
    try:
        tls = server_tls(options, log, GROUPS[2])
    except TlsError as error:
        log.fatal(f"cannot create TLS transport layer: {error}")
        return CODES["no TLS"]
    folder = options.get("output_directory", ".")
    problem = check_folder(folder)
    if problem:
        log.fatal(f"cannot specify output directory: {problem}")
        return CODES["no folder"]
    try:
        profile = association_profile(options, acceptor=True)
    except UsageError as error:
        log.fatal(f"cannot load association configuration: {error}")
        return CODES["no profile"]
    if profile is None:
        log.warn("no configuration file specified, SCP will only support the Verification SOP Class")
    server = storage_server(
        _store(options, folder, log),
        options,
        log,
        Words(_received, _request, "Received Association Release Request", "Received Association Abort Request"),
        ae_title=options.get("ae_title", "DCMRECV"),
        profile=profile,
        storage=False,
        door=Door(useless=True),
        tls=tls,
    )
    log.info("starting service class provider and listening ...")
    problem = serve(server, number)
    if problem:
        log.fatal(f"cannot start SCP and listen on port {number}: {problem}")
        return CODES["not listening"]
    write_seed(options, log)
    return 0


def _received(peer: Peer) -> str:
    return f"Association Received {peer.address}: {peer.ae_title} -> {peer.called_ae_title}"


def _request(request: Request) -> str:
    return f"Received C-STORE Request (MsgID {message_id(request)})"


def _store(options: Options, folder: str, log: Log) -> Any:
    """Where objects go: see Storage."""
    if options.get("bit_preserving") == "ignore":
        return IgnoringStore()
    naming = FileNaming(options.get("naming", "uid"), options.get("extension", ""))
    return FileStore(folder, log, _FILE_WORDS, naming=naming, sort=_series_folder if options.get("series_date") else None)


def _series_folder(request: Request) -> str:
    """The folder for an object, by its Series Date."""
    text = str(request.dataset.get("SeriesDate") or "").strip()
    found: date | None = None
    for pattern in ("%Y%m%d", "%Y.%m.%d"):
        try:
            found = datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    return "/".join(date_folder(found, datetime.now()))

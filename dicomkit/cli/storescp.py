"""`dicomkit storescp`: take objects that peers store (C-STORE), as DCMTK's storescp does."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from dicomkit.cli.event_commands import EventCommands
from dicomkit.cli.net_options import association_profile, port
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import write_options
from dicomkit.cli.received_files import AbortingStore, ConvertingStore, FileStore, IgnoringStore
from dicomkit.cli.received_studies import ReceivedStudies
from dicomkit.cli.receiver import Door, Words, check_folder, message_id, serve, serve_inherited, storage_server
from dicomkit.cli.storescp_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.tls_options import list_ciphers, server_tls, write_seed
from dicomkit.cli.transfer_syntax_options import accepted
from dicomkit.net.modality_prefixes import modality_prefix
from dicomkit.net.storage_names import FileNaming

if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.server.request import Peer, Request

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no port.
ALONE: Final = ("list_ciphers", "inetd")

FAILED: Final = 1
MOST_PROCESSES: Final = 8

_SORTING: Final = "--sort-conc-studies, --sort-on-study-uid or --sort-on-patientname"
_FILE_WORDS: Final = ("storing DICOM file", "DICOM file already exists, overwriting")

#: Fields of options for files that are written in another form than they come in, and what changes nothing.
_CONVERSIONS: Final = {
    "output_transfer_syntax": None,
    "new_vrs": True,
    "group_length": "",
    "sequence_length": "",
    "padding": None,
    "deflate_level": None,
    "uc": "",
}


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    if len(options.parameters) > (0 if options.get("inetd") else 1):
        raise UsageError("Too many parameters")
    number = 0 if options.get("inetd") else port(options.parameters[0], "port")
    _check(options)
    tls = server_tls(options, log, GROUPS[3])
    profile = association_profile(options, acceptor=True)
    folder = options.get("output_directory", ".")
    if not options.get("ignore"):
        problem = check_folder(folder)
        if problem:
            log.fatal(problem)
            return FAILED
    events = _Events(options, folder, log)
    server = storage_server(
        _store(options, folder, log, events),
        options,
        log,
        Words(_received, _request, "Association Release", "Association Aborted"),
        ae_title=options.get("ae_title", "STORESCP"),
        profile=profile,
        transfer_syntaxes=accepted(options),
        door=Door(refuse=options.get("refuse", False), nameless=options.get("reject", False)),
        tls=tls,
        ended=None if events.studies is None else events.studies.association_ended,
        promiscuous=options.get("promiscuous", False),
        addresses=_access_control(options),
        workers=_processes(options),
    )
    if options.get("inetd"):
        serve_inherited(server)
    elif problem := serve(server, number):
        log.error(f"cannot create network: {problem}")
        return FAILED
    write_seed(options, log)
    return 0


def _check(options: Options) -> None:
    """Options that do not go together."""
    sorts, fork = "sort" in options, options.get("fork") or options.get("inetd")
    how = "--fork" if options.get("fork") else "--inetd"
    for group in GROUPS:
        for option in group:
            field = option.field
            if not option.set_in(options):
                continue
            if field == "prefer" and "config_file" in options:
                raise UsageError(f"--config-file not allowed with {option.long}")
            changes = field == "sort" or (field in _CONVERSIONS and options[field] != _CONVERSIONS[field])
            if changes and options.get("bit_preserving"):
                raise UsageError(f"{option.long} not allowed with --bit-preserving")
    if options.get("promiscuous") and "config_file" in options:
        raise UsageError("--config-file not allowed with --promiscuous")
    for field, name in (("exec_study", "--exec-on-eostudy"), ("rename", "--rename-on-eostudy")):
        if field in options and fork:
            raise UsageError(f"{name} not allowed with {how}")
        if field in options and not sorts:
            raise UsageError(f"{name} only allowed with {_SORTING}")
    if sorts and fork and options["sort"][0] == "timestamp":
        raise UsageError(f"--sort-conc-studies not allowed with {how}")
    if "study_timeout" in options and not sorts:
        others = "--sort-conc-studies, --sort-on-study-uid, --sort-on-patientname"
        raise UsageError(f"--eostudy-timeout only allowed with {others}, --exec-on-eostudy or --rename-on-eostudy")


def _received(peer: Peer) -> str:
    return "Association Received"


def _request(request: Request) -> str:
    return f"Received Store Request (MsgID {message_id(request)}, {modality_prefix(request.sop_class, 'OT')})"


class _Events:
    """What is done with an object that was stored.

    Attributes:
        studies: sorts them; None if they are not sorted.
    """

    def __init__(self, options: Options, folder: str, log: Log) -> None:
        commands = EventCommands(wait=options.get("exec_sync", False), names=options.get("host_lookup", True), log=log)
        self.studies: ReceivedStudies | None = None
        if "sort" in options and not options.get("ignore"):
            kind, prefix = options["sort"]
            self.studies = ReceivedStudies(
                folder,
                kind,
                prefix,
                rename=options.get("rename", False),
                extension=options.get("extension", ""),
                command=options.get("exec_study", ""),
                timeout=options.get("study_timeout"),
                commands=commands,
                log=log,
            )
        self._commands = commands
        self._command: str = "" if options.get("ignore") else options.get("exec_reception", "")
        self._pause: int = options.get("sleep_after", 0) + options.get("sleep_during", 0)
        self.are_needed = bool(self._command or self._pause or self.studies is not None)

    async def stored(self, request: Request) -> None:
        """An object has its file, if it is to have one."""
        if self._pause:
            await asyncio.sleep(self._pause)
        if self._command or self.studies is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._stored, request)

    def _stored(self, request: Request) -> None:
        folder, name = os.path.split(request.path)
        if self._command:
            self._commands.run(self._command, folder, name, request.peer)
        if self.studies is not None:
            self.studies.stored(request)


class _SortingStore(FileStore):
    """Files in folders by study."""

    studies: ReceivedStudies

    def start(self) -> None:
        super().start()
        self.studies.start(asyncio.get_running_loop())


def _store(options: Options, folder: str, log: Log, events: _Events) -> Any:
    """Where objects go: see Storage."""
    stored = events.stored if events.are_needed else None
    if "abort" in options:
        return AbortingStore(log, during=options["abort"] == "during")
    if options.get("ignore"):
        return IgnoringStore(stored)
    naming = FileNaming(options.get("naming", "uid"), options.get("extension", ""))
    writing = _writing(options)
    quirks = (options["uc"],) if options.get("uc") else ()
    converts = bool(writing or quirks)
    files: FileStore
    if events.studies is None:
        files = FileStore(folder, log, _FILE_WORDS, naming=naming, stored=None if converts else stored)
    else:
        files = _SortingStore(
            folder, log, _FILE_WORDS, naming=naming, sort=events.studies.sort, stored=None if converts else stored
        )
        files.studies = events.studies
    return ConvertingStore(files, writing, quirks, stored) if converts else files


def _writing(options: Options) -> dict[str, Any]:
    """How files are written; nothing if they are what was sent."""
    if any(field in options and options[field] != same for field, same in _CONVERSIONS.items()):
        return write_options(options)
    return {"meta": "none"} if options.get("meta") == "none" else {}


def _access_control(options: Options) -> Any:
    if not options.get("access_control"):
        return None
    from dicomkit.cli.host_access import HostAccess

    return HostAccess("storescp").allows


def _processes(options: Options) -> int:
    """How many processes share the port: sending an SCP as it is to another process takes fork."""
    import multiprocessing

    if not options.get("fork") or multiprocessing.get_start_method() != "fork":
        return 1
    return min(MOST_PROCESSES, max(2, os.cpu_count() or 1))

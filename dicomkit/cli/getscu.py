"""`dicomkit getscu`: retrieve objects over one association (C-GET), as DCMTK's getscu does."""

from __future__ import annotations

import os

from dicomkit.cli.getscu_options import GROUPS, PARAMETERS, USAGE, retrievable_classes
from dicomkit.cli.net_options import connection, user_identity
from dicomkit.cli.query_options import MODELS, queries
from dicomkit.cli.requestor import NotAssociated, close, failed, open_association, write_lines
from dicomkit.cli.tls_options import client_tls, list_ciphers, write_seed
from dicomkit.cli.transfer_syntax_options import accepted, proposed
from dicomkit.errors import DimseError, NetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.association import Association
    from dicomkit.net.messages import Message
    from dicomkit.net.received import Sink
    from dicomkit.net.results import Retrieval

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers",)

#: DCMTK's getscu ends with 0 whatever the peer answers. What movescu says by its exit code is said here, too.
CODES: Final = {"failed": 1, "warning": 68, "refused": 69}

_ANY_NUMBER: Final = 1 << 62


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    arguments = connection(options, "GETSCU", _ANY_NUMBER)
    identifiers = queries(options)
    arguments["tls"] = client_tls(options, log)
    arguments["user_identity"] = user_identity(options)
    sop_class = MODELS[options.get("model", "P")][2]
    syntaxes = accepted(options)
    classes = retrievable_classes()
    arguments["contexts"] = [
        (sop_class, tuple([uid for each in proposed(options) for uid in each])),
        *[(uid, syntaxes) for uid in classes],
    ]
    arguments["roles"] = dict.fromkeys(classes, (False, True))
    folder = options.get("output_directory", ".")
    ignores = options.get("storage") == "ignore"
    if not ignores and not os.path.isdir(folder):
        log.fatal("specified output directory does not exist")
        return CODES["failed"]
    if not ignores and not os.access(folder, os.W_OK):
        log.fatal("specified output directory is not writeable")
        return CODES["failed"]
    try:
        association = open_association(arguments, log, verbose_pc=options.get("verbose_pc", False))
    except NotAssociated:
        return CODES["failed"]
    code = 0
    try:
        receive = _receiver(options, folder, log)
        for _ in range(options.get("repeat", 1)):
            for identifier in identifiers:
                code = max(code, _get(association, sop_class, identifier, receive, log))
    except NetworkError as error:
        failed(association, error, "GET SCU", log)
        return CODES["failed"]
    finally:
        write_seed(options, log)
    return code if close(association, options, log) else CODES["failed"]


def _get(
    association: Association,
    sop_class: str,
    identifier: Dataset,
    receive: Callable[[Message, str], Sink],
    log: Log,
) -> int:
    """One retrieval. Returns the exit code.

    Raises:
        NetworkError: the association has failed.
    """

    def progress(retrieval: Retrieval) -> None:
        log.info(f"Received C-GET Response ({retrieval.status.text.capitalize()})")

    log.info("Sending C-GET Request")
    try:
        results = association.get(identifier, sop_class=sop_class, receive=receive, progress=progress)
        for _ in results:
            log.info("Sending C-STORE Response (Success)")
        retrieval: Retrieval = results.outcome
    except DimseError as error:
        log.error(f"Received C-GET Response ({error})")
        return CODES["refused"]
    progress(retrieval)
    write_lines(
        log,
        "info",
        [
            "Final status report from last C-GET message:",
            f"  Number of Remaining Suboperations : {retrieval.remaining or 0}",
            f"  Number of Completed Suboperations : {retrieval.completed}",
            f"  Number of Failed Suboperations    : {retrieval.failed}",
            f"  Number of Warning Suboperations   : {retrieval.warning}",
        ],
    )
    if retrieval.status.is_warning:
        log.warn(f"Get response with warning status ({retrieval.status})")
        for uid in retrieval.failed_sop_instance_uids:
            log.warn(f"  not retrieved: {uid}")
        return CODES["warning"]
    return 0


def _receiver(options: Options, folder: str, log: Log) -> Callable[[Message, str], Sink]:
    """Makes the sink for each object."""
    from dicomkit.net.server.file_head import file_head
    from dicomkit.net.server.incoming_file import IncomingFile
    from dicomkit.net.storage_names import FileNaming, safe_name

    mode = options.get("storage", "normal")
    sender = options.get("called", "ANY-SCP")
    naming = FileNaming()

    class ToFile:
        """Takes an object bit for bit; it gets its name when it is whole."""

        def __init__(self, name: str, head: bytes) -> None:
            self.path = os.path.join(folder, name)
            self.file = IncomingFile(folder)
            self.file.write([head])

        def write(self, view: memoryview) -> None:
            self.file.write([view])

        def finish(self) -> str:
            if os.path.exists(self.path):
                log.warn(f"DICOM file already exists, overwriting: {self.path}")
            self.file.finish(self.path)
            return self.path

        def discard(self) -> None:
            self.file.discard()

    def receive(message: Message, transfer_syntax: str) -> Any:
        from datetime import datetime

        log.info(f"Received C-STORE Request (MsgID {message.message_id})")
        if mode == "ignore":
            return Ignore()
        sop_class, instance = message.affected_sop_class_uid or "", message.affected_sop_instance_uid or ""
        name = safe_name(instance) if mode == "bit-preserving" else naming.name(sop_class, instance, datetime.now())
        return ToFile(name, file_head(sop_class, instance, transfer_syntax, sender))

    return receive


class Ignore:
    """Forgets an object."""

    def write(self, view: memoryview) -> None: ...

    def finish(self) -> str:
        return ""

    def discard(self) -> None: ...

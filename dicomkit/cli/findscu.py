"""`dicomkit findscu`: search at a peer (C-FIND), as DCMTK's findscu does."""

from __future__ import annotations

import os

from dicomkit.cli.findscu_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.log import Log
from dicomkit.cli.net_options import connection, user_identity
from dicomkit.cli.query_options import MODELS, dump_lines, queries
from dicomkit.cli.requestor import NotAssociated, close, failed, open_association, write_lines
from dicomkit.cli.tls_options import client_tls, list_ciphers, write_seed
from dicomkit.cli.transfer_syntax_options import proposed
from dicomkit.errors import DicomError, DimseError, NetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.association import Association

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers",)

CODES: Final = {"setup": 1, "failed": 2}

_RULE: Final = "---------------------------"
_ANY_NUMBER: Final = 1 << 62


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    arguments = connection(options, "FINDSCU", _ANY_NUMBER)
    identifiers = queries(options)
    arguments["tls"] = client_tls(options, log)
    arguments["user_identity"] = user_identity(options)
    sop_class = MODELS[options.get("model", "W")][0]
    # Of a query, the peer may choose any of the transfer syntaxes: one context has them all.
    arguments["contexts"] = [(sop_class, tuple([uid for syntaxes in proposed(options) for uid in syntaxes]))]
    try:
        output = _Output(options, log)
    except OSError as error:
        log.fatal(f"{error.filename}: {error.strerror}")
        return CODES["setup"]
    try:
        association = open_association(arguments, log, level="error")
    except NotAssociated:
        return CODES["failed"]
    code = 0
    number = 0
    try:
        for _ in range(options.get("repeat", 1)):
            for identifier in identifiers:
                number += 1
                if not _find(association, sop_class, identifier, number, options, output, log):
                    code = CODES["failed"]
    except NetworkError as error:
        failed(association, error, "Find SCU", log)
        return CODES["failed"]
    except OSError as error:
        log.error(f"cannot write the responses: {error.filename or ''} {error.strerror or error}")
        association.abort()
        return CODES["failed"]
    finally:
        output.close()
        write_seed(options, log)
    return code if close(association, options, log) else CODES["failed"]


def _find(
    association: Association,
    sop_class: str,
    identifier: Dataset,
    number: int,
    options: Options,
    output: _Output,
    log: Log,
) -> bool:
    """One query. Returns whether the peer was able to answer it.

    Raises:
        NetworkError: the association has failed.
        OSError: a response cannot be written.
    """
    log.info(f"Sending Find Request (MsgID {number})")
    if log.shows("info"):
        write_lines(log, "info", ["Request Identifiers:", *dump_lines(identifier)])
    cancel_after = options.get("cancel", 0)
    count = 0
    try:
        results = association.find(identifier, sop_class=sop_class)
        for response in results:
            count += 1
            output.take(response, count)
            if count == cancel_after:
                log.info(f"Sending Cancel Request (MsgID {number})")
                association.cancel()
    except DimseError as error:
        log.error(f"Received Final Find Response ({error})")
        return False
    log.info(f"Received Final Find Response ({results.outcome.text.capitalize()})")
    return True


class _Output:
    """Where responses go: to the log, and to files.

    Raises:
        OSError: the folder is not there, or the file for all responses cannot be made.
    """

    def __init__(self, options: Options, log: Log) -> None:
        self.log = log
        self.folder = options.get("output_directory", "")
        self.files = options.get("extract", False)
        self.xml_files = options.get("extract_xml", False)
        self.limit = options.get("limit", _ANY_NUMBER)
        self.count = 0
        self._single: IO[bytes] | None = None
        extracts = self.files or self.xml_files or "extract_single" in options
        show = options.get("show", not extracts)
        # They are shown without -v, too, unless something was said about the log.
        quiet = not log.shows("info") and "log_level" in options
        self.shown = Log(log.file, "info") if show and not quiet else None
        if self.folder and not os.path.isdir(self.folder):
            raise NotADirectoryError(0, "specified output directory does not exist", self.folder)
        if "extract_single" in options:
            self._single = open(os.path.join(self.folder, options["extract_single"]), "wb")  # noqa: SIM115  # `close` does
            self._single.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<responses type="C-FIND">\n')

    def take(self, response: Dataset, number: int) -> None:
        """Take a response, the nth of its query."""
        if self.shown is not None:
            write_lines(self.shown, "info", [_RULE, f"Find Response: {number} (Pending)", *dump_lines(response)])
        else:
            self.log.info(f"Received Find Response {number} (Pending)")
        if self.count >= self.limit:
            return
        self.count += 1
        name = os.path.join(self.folder, f"rsp{self.count:04}")
        try:
            if self.files:
                response.save(f"{name}.dcm", meta="new")
            if self.xml_files:
                with open(f"{name}.xml", "wb") as file:
                    file.write(response.to_xml(model="dcmtk"))
            if self._single is not None:
                self._single.write(response.to_xml(model="dcmtk").partition(b"?>\n")[2])
        except DicomError as error:
            self.log.warn(f"cannot write response {number}: {error}")

    def close(self) -> None:
        """There are no more."""
        if self._single is not None:
            self._single.write(b"</responses>\n")
            self._single.close()

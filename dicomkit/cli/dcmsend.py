"""`dicomkit dcmsend`: send files to a peer (C-STORE), as DCMTK's dcmsend does: what is proposed comes from the files."""

from __future__ import annotations

from dicomkit.cli.dcmsend_files import BadFile, checked_files, named_files
from dicomkit.cli.dcmsend_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.dcmsend_report import report_text, summary_lines
from dicomkit.cli.net_options import connection
from dicomkit.cli.options import UsageError
from dicomkit.cli.requestor import WINDOW, NotAssociated, open_association, status_text, stored
from dicomkit.cli.tls_options import client_tls, list_ciphers, write_seed
from dicomkit.errors import DicomError, NetworkError, NoPresentationContext, UnsupportedTransferSyntax
from dicomkit.net.modality_prefixes import modality_prefix
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.send_plan import plan
from dicomkit.net.send_report import Sent
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.association import Association
    from dicomkit.net.results import Stored
    from dicomkit.net.send_files import Candidate
    from dicomkit.net.send_plan import Batch
    from dicomkit.net.transcoding import Transcode

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers", "list_decoders")

CODES: Final = {
    "no files": 21,
    "bad file": 22,
    "no good file": 23,
    "no report": 43,
    "not associated": 61,
    "not sent": 62,
    "too many contexts": 65,
}

DEFAULT_TRANSFER_SYNTAX: Final = "1.2.840.10008.1.2"


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    if options.get("list_decoders"):
        from dicomkit.cli.decoders import decoder_lines

        out.write("".join([f"{line}\n" for line in decoder_lines()]).encode())
        return 0
    if len(options.parameters) == 2:
        raise UsageError("Missing parameter dcmfile-in")
    arguments = connection(options, "DCMSEND", len(options.parameters))
    arguments["tls"] = client_tls(options, log, GROUPS[-2])
    if not log.shows("info"):  # which is told in the order it is done
        arguments["async_window"] = WINDOW
    try:
        names = named_files(options, log)
        if not names:
            log.fatal("no input files to be processed")
            return CODES["no files"]
        log.info("checking input files ...")
        files = checked_files(names, options, log)
    except BadFile as problem:
        log.fatal(str(problem))
        return CODES["bad file"]
    if not files:
        log.fatal("no valid input files to be processed")
        return CODES["no good file"]
    batches = _batches(files, options)
    if len(batches) > 1 and not options.get("multi", True):
        log.fatal("cannot add presentation context: too many presentation contexts for a single association")
        return CODES["too many contexts"]
    sending = _Sending(arguments, options, log)
    code = sending.send_all(batches, files)
    write_seed(options, log)
    return code


def _batches(files: list[Candidate], options: Options) -> list[Batch]:
    """What goes over each association."""
    transcode: Transcode = options.get("transcode", "lossless")
    if not options.get("no_illegal_proposal"):
        return plan(files, transcode)
    batches = plan(files, transcode, most=64)  # each context may need another one
    for batch in batches:
        legal = {sop_class for sop_class, syntaxes in batch.contexts if DEFAULT_TRANSFER_SYNTAX in syntaxes}
        missing = dict.fromkeys(sop_class for sop_class, _ in batch.contexts if sop_class not in legal)
        batch.contexts += [(sop_class, (DEFAULT_TRANSFER_SYNTAX,)) for sop_class in missing]
    return batches


class _Sending:
    """Sends over one association after the other."""

    def __init__(self, arguments: dict[str, Any], options: Options, log: Log) -> None:
        self._arguments = arguments
        self._options = options
        self._log = log
        self._number = 0  # of the association
        self._contexts = 0
        self._halted = ""  # why nothing more is to be sent

    def send_all(self, batches: list[Batch], files: list[Candidate]) -> int:
        """Send everything, and say what became of it. Returns the exit code."""
        results = {id(each): _unsent(each) for each in files}
        code = 0
        for batch in batches:
            code = self._send_batch(batch, results) or code
            if code and not self._options.get("no_halt"):
                break
        if code != CODES["not associated"] and (not code or self._options.get("no_halt")):
            return self._conclude(list(results.values())) or code
        return code

    def _send_batch(self, batch: Batch, results: dict[int, Sent]) -> int:
        log = self._log
        self._number += 1
        self._contexts += len(batch.contexts)
        log.info(f"starting association #{self._number}")
        log.info("initializing network ...")
        log.info("negotiating network association ...")
        arguments = {**self._arguments, "contexts": batch.contexts}
        try:
            association = open_association(arguments, log, verbose_pc=self._options.get("verbose_pc", False))
        except NotAssociated as problem:
            if problem.error is not None:
                log.fatal(f"cannot negotiate network association: {problem.error}")
                return CODES["not associated"]
            log.error("cannot negotiate network association: No acceptable Presentation Contexts")
            for each in batch.candidates:
                results[id(each)].error = NoPresentationContext(each.sop_class_uid, each.sop_class_uid, "none was accepted")
            return 0 if self._options.get("no_halt") else CODES["not sent"]
        log.info("sending SOP instances ...")
        halted = self._send_all(association, batch, results)
        if halted:
            log.fatal(halted)
            log.info("Aborting Association")
            association.abort()
            return CODES["not sent"]
        log.info("Releasing Association")
        try:
            association.release()
        except NetworkError as error:
            log.error(f"cannot release association: {error}")
        return 0

    def _send_all(self, association: Association, batch: Batch, results: dict[int, Sent]) -> str:
        """Send objects, several at a time if the peer agrees. Returns why the rest cannot be sent; "" if nothing is left."""
        under_way: dict[Outgoing, Candidate] = {}
        transcode: Transcode = self._options.get("transcode", "lossless")
        objects = self._outgoing(batch, results, under_way)
        try:
            for found in stored(association, objects, in_turn=self._log.shows("info"), transcode=transcode):
                assert isinstance(found.source, Outgoing)  # all are
                each = under_way.pop(found.source)
                if found.error is not None:
                    self._not_sent(each, results[id(each)], found.error)
                else:
                    self._answered(results[id(each)], found)
                for outgoing in under_way if self._halted else ():
                    outgoing.is_withdrawn = True
        except (DicomError, OSError) as error:
            sent = [each for outgoing, each in under_way.items() if outgoing.message_id]
            lost = sent or list(under_way.values())  # or the one whose turn it was
            for each in lost:
                results[id(each)].error = error
            name = str(lost[0].source) if lost else ""
            return f"cannot send SOP instance: {name}: {error}"
        return self._halted

    def _outgoing(self, batch: Batch, results: dict[int, Sent], under_way: dict[Outgoing, Candidate]) -> Iterator[Outgoing]:
        """What is to be sent."""
        for number, each in enumerate(batch.candidates, 1):
            if self._halted:
                return
            kind = modality_prefix(each.sop_class_uid, "OT")
            self._log.info(f"Sending C-STORE Request (MsgID {number}, {kind})")
            try:
                outgoing = Outgoing(each.source)
            except (DicomError, OSError, ValueError) as error:
                self._not_sent(each, results[id(each)], error)
                continue
            under_way[outgoing] = each
            yield outgoing

    def _not_sent(self, each: Candidate, one: Sent, error: Exception) -> None:
        """An object could not be sent; nor is any other, unless the user wants that."""
        one.error = error
        if isinstance(error, (NoPresentationContext, UnsupportedTransferSyntax)):
            own = UID(each.transfer_syntax)
            kind = f"{UID(each.sop_class_uid).keyword or each.sop_class_uid} / {own.name or own}"
            self._log.error(f"No presentation context found for sending C-STORE with SOP Class / Transfer Syntax: {kind}")
        text = f"cannot send SOP instance: {each.source!s}: {error}"
        if self._options.get("no_halt"):
            self._log.warn(text)
        else:
            self._halted = self._halted or text

    def _answered(self, one: Sent, stored: Stored) -> None:
        assert stored.status is not None
        assert stored.context is not None
        one.status = stored.status
        one.association, one.context_id = self._number, stored.context.id
        one.sent_as = stored.context.transfer_syntax
        self._log.info(f"Received C-STORE Response ({status_text(stored.status)})")

    def _conclude(self, results: list[Sent]) -> int:
        """The report and the summary. Returns the exit code."""
        summary = summary_lines(results, self._number, self._contexts)
        code = 0
        if "report" in self._options:
            from datetime import datetime

            self._log.info("creating detailed report on the transfer ...")
            arguments = self._arguments
            peer = (self._options.parameters[0], arguments["port"])
            titles = (arguments["calling"], arguments["called"])
            text = report_text(results, summary, peer=peer, titles=titles, now=datetime.now())
            path: str = self._options["report"]
            try:
                with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(text)
            except OSError:
                self._log.error(f"cannot write detailed report to file '{path}'")
                code = CODES["no report"]
        for line in ["", *summary]:
            self._log.info(line)
        return code


def _unsent(each: Candidate) -> Sent:
    return Sent(each.source, each.sop_class_uid, each.sop_instance_uid, each.transfer_syntax, each.size)

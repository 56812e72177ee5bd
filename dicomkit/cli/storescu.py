"""`dicomkit storescu`: store files at a peer (C-STORE), as DCMTK's storescu does."""

from __future__ import annotations

import os

from dicomkit.cli.input_files import find_files
from dicomkit.cli.input_options import read_options
from dicomkit.cli.invented_identity import Inventor
from dicomkit.cli.net_options import association_profile, connection, user_identity
from dicomkit.cli.options import Options, UsageError
from dicomkit.cli.requestor import WINDOW, NotAssociated, close, failed, open_association, status_text, stored
from dicomkit.cli.storescu_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.tls_options import client_tls, list_ciphers, write_seed
from dicomkit.errors import (
    CodecError,
    DicomError,
    NetworkError,
    NoPresentationContext,
    UnsupportedTransferSyntax,
)
from dicomkit.net.modality_prefixes import modality_prefix
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.send_files import candidate
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.net.association import Association
    from dicomkit.net.results import Stored

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers",)

FAILED: Final = 1
NETWORK_FAILED: Final = 10


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    _check(options)
    arguments = connection(options, "STORESCU", len(options.parameters))
    arguments["tls"] = client_tls(options, log, GROUPS[-1])
    if not log.shows("info"):  # which is told in the order it is done
        arguments["async_window"] = WINDOW
    arguments["user_identity"] = user_identity(options)
    files, sop_classes = _checked_files(options, log)
    if not files:
        return FAILED
    try:
        arguments.update(_proposal(options, sop_classes))
    except ValueError as error:
        log.fatal(str(error))
        return FAILED
    try:
        association = open_association(arguments, log, verbose_pc=options.get("verbose_pc", False))
    except NotAssociated:
        return FAILED
    code = _Storing(association, options, log).store_all(files)
    if association.is_open and not close(association, options, log):
        code = code or FAILED
    write_seed(options, log)
    return code


def _check(options: Options) -> None:
    """Options that do not go together."""
    if len(options.parameters) == 2:
        raise UsageError("Missing parameter dcmfile-in")
    for option in GROUPS[2] if "config_file" in options else ():
        if option.field in ("propose", "required", "combine") and option.set_in(options):
            raise UsageError(f"--config-file not allowed with {option.long}")
    if "deflate_level" in options and options.get("propose") != "d" and "config_file" not in options:
        raise UsageError("--compression-level only allowed with --propose-deflated or --config-file")


def _checked_files(options: Options, log: Log) -> tuple[list[str], dict[str, None]]:
    """The files to be sent, and their SOP classes. None if that has failed, which is logged."""
    scanned = Options(options)
    scanned.parameters = options.parameters[2:]
    names = find_files(scanned, log)
    if not names:
        log.fatal("no input files to be sent")
    log.info("checking input files ...")
    files: list[str] = []
    sop_classes: dict[str, None] = {}
    for name in names:
        problem = ""
        try:
            sop_classes[candidate(name).sop_class_uid] = None
        except OSError:
            problem = f"cannot access file: {name}"
        except (DicomError, ValueError):
            if options.get("required"):
                problem = f"missing SOP class (or instance) in file: {name}"
        if not problem:
            files.append(name)
        elif options.get("no_halt"):
            log.warn(f"{problem}, ignoring file")
        else:
            log.fatal(problem)
            return [], {}
    return files, sop_classes


def _proposal(options: Options, sop_classes: dict[str, None]) -> dict[str, Any]:
    """What is proposed. Raises ValueError if that is too much."""
    profile = association_profile(options)
    if profile is None:
        from dicomkit.cli.storage_proposal import storage_contexts

        return {"contexts": storage_contexts(options, sop_classes)}
    return {
        "contexts": profile.presentation_contexts,
        "roles": {role.sop_class: (role.scu, role.scp) for role in profile.roles},
        "extended": dict(profile.extended),
    }


class _Storing:
    """Stores files over one association."""

    def __init__(self, association: Association, options: Options, log: Log) -> None:
        self._association = association
        self._options = options
        self._log = log
        self._inventor = Inventor.from_options(options)
        self._message_id = 0
        self._code = 0
        self._under_way: dict[Outgoing, tuple[str, bool]] = {}  # name, and whether it is the last time
        self._failed = ""  # name of the file that was refused last
        # What does not just go out as it is
        self._is_read = self._inventor is not None or any(
            options.get(field, default) != default
            for field, default in (("input_format", "auto"), ("new_vrs", True), ("deflate_level", 6))
        )

    def store_all(self, files: list[str]) -> int:
        """Store the files, several at a time if the peer agrees. Returns the exit code."""
        try:
            for each in stored(self._association, self._outgoing(files), in_turn=self._log.shows("info")):
                assert isinstance(each.source, Outgoing)  # all are
                name, is_last = self._under_way.pop(each.source)
                self._finished(name, self._answered(name, each), is_last=is_last)
        except (DicomError, OSError) as error:
            for name in self._lost():
                self._log.error(f"Store Failed, file: {name}:")
                self._finished(name, FAILED)
            failed(self._association, error, "Store SCU", self._log)
            return NETWORK_FAILED if isinstance(error, NetworkError) else FAILED
        return self._code

    def _outgoing(self, files: list[str]) -> Iterator[Outgoing]:
        """What is to be sent, until something has failed."""
        log = self._log
        repeat = self._options.get("repeat", 1)
        for name in files:
            for number in range(1, repeat + 1):
                if self._code or self._failed == name:
                    break
                log.info(f"Sending file: {name}")
                self._message_id += 1
                try:
                    source: Any = self._changed(name) if self._is_read else name  # what `Outgoing` takes
                    outgoing = Outgoing(source)
                except (DicomError, OSError, ValueError) as error:
                    log.error(f"Bad DICOM file: {name}: {error}")
                    self._finished(name, FAILED)
                    break
                if log.shows("info"):
                    self._announce(outgoing)
                self._under_way[outgoing] = name, number == repeat
                yield outgoing

    def _lost(self) -> list[str]:
        """The files that failed with the association: those that were sent, else the one whose turn it was."""
        sent = [name for outgoing, (name, _) in self._under_way.items() if outgoing.message_id]
        return list(dict.fromkeys(sent or [name for name, _ in self._under_way.values()]))

    def _answered(self, name: str, stored: Stored) -> int:
        """Say what became of an object. Returns the exit code."""
        log = self._log
        outgoing, status, error = stored.source, stored.status, stored.error
        if status is not None:
            log.info(f"Received Store Response ({status_text(status)})")
            return (status.code >> 8 or FAILED) if status.is_failure else 0
        if isinstance(error, NoPresentationContext):
            assert isinstance(outgoing, Outgoing)
            prefix = modality_prefix(outgoing.sop_class_uid, "OT")
            log.error(f"No presentation context for: ({prefix}) {outgoing.sop_class_uid}")
        else:
            log.error(f"Store Failed, file: {name}:")
            log.error(str(error))
        return FAILED

    def _finished(self, name: str, code: int, *, is_last: bool = True) -> None:
        """A file was stored, or was not."""
        if self._failed == name:
            return  # it was not stored another time
        if code:
            self._failed = name
            if not self._options.get("no_halt"):
                self._code = self._code or code
            for outgoing, (other, _) in list(self._under_way.items()):
                if not outgoing.message_id and (self._code or other == name):
                    outgoing.is_withdrawn = True
                    del self._under_way[outgoing]
        if self._options.get("rename") and (code or is_last):
            self._rename(name, ".bad" if code else ".done")

    def _changed(self, name: str) -> Any:
        """A file as it is to be sent, if that is not just as it is."""
        import dicomkit

        options = self._options
        dataset = dicomkit.read(name, **read_options(options))
        if self._inventor is not None:
            self._inventor.change(dataset)
        agreement = self._association.agreement
        sop_class = str(dataset.get("SOPClassUID") or "")
        context = agreement.find(sop_class, dataset.transfer_syntax) or agreement.find(sop_class)
        if context is None or ("new_vrs" not in options and "deflate_level" not in options):
            return dataset
        try:
            return dataset.to_bytes(
                transfer_syntax=context.transfer_syntax,
                deflate_level=options.get("deflate_level", 6),
                old_vrs=not options.get("new_vrs", True),
            )
        except (UnsupportedTransferSyntax, CodecError):
            return dataset  # its pixel data have to be brought to it first

    def _announce(self, outgoing: Outgoing) -> None:
        agreement = self._association.agreement
        context = agreement.find(outgoing.sop_class_uid, outgoing.transfer_syntax) or agreement.find(outgoing.sop_class_uid)
        if context is None:
            return
        own, other = UID(outgoing.transfer_syntax), UID(context.transfer_syntax)
        self._log.info(f"Converting transfer syntax: {own.name or own} -> {other.name or other}")
        prefix = modality_prefix(outgoing.sop_class_uid, "OT")
        self._log.info(f"Sending Store Request (MsgID {self._message_id}, {prefix})")

    def _rename(self, name: str, extension: str) -> None:
        try:
            os.rename(name, name + extension)
        except OSError as error:
            self._log.warn(f"cannot rename file '{name}' to '{name}{extension}': {error.strerror}")

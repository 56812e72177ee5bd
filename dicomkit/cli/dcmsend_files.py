"""The files that dcmsend is to send: checked, or as a DICOMDIR lists them."""

from __future__ import annotations

import os

from dicomkit.cli.input_files import find_files
from dicomkit.cli.options import Options
from dicomkit.errors import DicomError
from dicomkit.net.send_files import Candidate, candidate
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dicomkit.cli.log import Log

__all__ = ["BadFile", "checked_files", "named_files"]


class BadFile(Exception):
    """A file that cannot be sent; `str()` says which and why."""


def named_files(options: Options, log: Log) -> list[str]:
    """The files of the command line, with those in folders; of DICOMDIRs, those that they list.

    Raises:
        BadFile: there is no such DICOMDIR, and nothing else is to be tried.
    """
    scanned = Options(options)
    scanned.parameters = options.parameters[2:]
    names = find_files(scanned, log)
    if not options.get("dicomdir"):
        return names
    found: list[str] = []
    for name in names:
        try:
            found += _listed(name)
        except (DicomError, OSError, ValueError) as error:
            _refuse(name, error, options, log)
    return found


def checked_files(names: list[str], options: Options, log: Log) -> list[Candidate]:
    """What the files are.

    Raises:
        BadFile: one of them cannot be sent, and `--no-halt` was not given.
    """
    good = []
    for name in names:
        try:
            good.append(_checked(name, options))
        except (DicomError, OSError, ValueError) as error:
            _refuse(name, error, options, log)
    return good


def _checked(name: str, options: Options) -> Candidate:
    kind = options.get("input_format", "file-only")
    source: Any = name  # what `candidate` takes
    if kind == "file-only":
        with open(name, "rb") as file:
            if file.read(132)[128:] != b"DICM":
                raise ValueError("File meta information header missing")
    elif kind == "data-set-only":
        import dicomkit

        source = dicomkit.read(name, quirks=(kind,))
    found = candidate(source)
    if not options.get("no_uid_checks"):
        for what, uid in (("SOP Class UID", found.sop_class_uid), ("SOP Instance UID", found.sop_instance_uid)):
            if not UID(uid).is_valid:
                raise ValueError(f"invalid {what} '{uid}'")
    return found


def _refuse(name: str, error: Exception, options: Options, log: Log) -> None:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    text = text.removeprefix(f"{name}: ")
    log.error(f"cannot add DICOM file to the transfer list: {name}: {text}")
    if not options.get("no_halt"):
        raise BadFile(f"bad DICOM file: {name}: {text}")
    log.warn(f"bad DICOM file: {name}: {text}, ignoring file")


def _listed(name: str) -> Iterator[str]:
    """The files that a DICOMDIR lists (PS3.10 8), in its order."""
    import dicomkit

    if os.path.isdir(name):
        name = os.path.join(name, "DICOMDIR")
    records = dicomkit.read(name).get("DirectoryRecordSequence")
    folder = os.path.dirname(name)
    for record in records or ():
        parts = record.get("ReferencedFileID")
        if parts:
            yield os.path.join(folder, *([parts] if isinstance(parts, str) else [str(part) for part in parts]))

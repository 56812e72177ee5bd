"""`dicomkit dump2dcm`: make a DICOM file of a dump, as DCMTK's dump2dcm does.

Exit codes: 0 the file is written; 1 it is not, or the command line makes no sense; 2 pixel data cannot be written in the
transfer syntax.
"""

from __future__ import annotations

import os
import sys

from dicomkit.cli.dump2dcm_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.instance_uids import generate_uids
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import save
from dicomkit.errors import DicomError, UnsupportedTransferSyntax
from dicomkit.formats.dump_reader import NOTICES, read_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.problem import Problem

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]

NO_CONVERSION: Final = 2

#: Code of a problem -> how DCMTK's dump2dcm begins to tell it; all others are "Error in creating Element".
PHRASES: Final = {
    "no-tag": "no Tag found",
    "no-closing-bracket": "incorrect value specification",
    "no-value": "incorrect value specification",
    "not-ended": "Block Error in dataset",
}


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the dump of a command line.

    Raises:
        UsageError: there are not two parameters.
        OSError: standard output cannot be written.
    """
    if len(options.parameters) != 2:
        raise UsageError("Missing parameter dcmfile-out" if len(options.parameters) < 2 else "Too many parameters")
    source, target = options.parameters
    if not source:
        log.fatal("invalid input filename: <empty string>")
        return 1
    log.info(f"reading dump file: {source}")
    try:
        text = _read(source)
    except OSError as error:
        reason = "input file does not exist" if isinstance(error, FileNotFoundError) else error.strerror
        log.fatal(f"{reason}: {source}")
        return 1
    dataset = read_dump(
        text,
        transfer_syntax=options.get("output_transfer_syntax"),
        meta=options.get("read_meta", True),
        strict=False,
        escapes=True,
        files=options.get("files", "little"),
        dictionary=_dictionary(log),
    )
    if _damaged(dataset.problems, source, log) and not options.get("ignore_errors"):
        return 1
    generate_uids(dataset, options, log)
    log.info("writing DICOM file")
    try:
        _write(dataset, target, options, out, log)
    except UnsupportedTransferSyntax as error:
        log.error(f"no conversion to transfer syntax {error.uid} possible: {error.reason}")
        return NO_CONVERSION
    except (DicomError, OSError) as error:
        if target == "-" and isinstance(error, OSError):
            raise
        log.error(f"{getattr(error, 'strerror', None) or error}: writing file: {target}")
        return 1
    log.info("dump successfully converted")
    return 0


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def _dictionary(log: Log) -> Any:
    if not os.environ.get("DCMDICTPATH"):
        return None
    from dicomkit.standard.user_dictionary import Dictionary

    dictionary = Dictionary.from_environment()
    for problem in () if dictionary is None else dictionary.problems:
        log.warn(f"data dictionary: {problem}")
    return dictionary


def _damaged(problems: tuple[Problem, ...], name: str, log: Log) -> bool:
    """Tell what is wrong with a dump. Returns whether it is damaged."""
    count = 0
    for problem in problems:
        where = f" in {problem.path}" if problem.path else ""
        if problem.code in NOTICES:
            log.warn(f"{name}: {problem.text}{where}")
        else:
            count += 1
            phrase = PHRASES.get(problem.code, "Error in creating Element")
            log.error(f"dump2dcm: {name}: {phrase}: {problem.text}{where}")
    if count:
        log.error(f"{count} Errors found in {name}")
    return count > 0


def _write(dataset: Dataset, target: str, options: Options, out: IO[bytes], log: Log) -> None:
    from dicomkit.standard.transfer_syntax import TransferSyntax

    syntax = TransferSyntax.find(str(dataset.transfer_syntax))
    if syntax is None or (dataset.file_meta is None and "output_transfer_syntax" not in options):
        log.warn("output transfer syntax unknown, assuming --write-xfer-little")
    if syntax is None:
        options["output_transfer_syntax"] = "ExplicitVRLittleEndian"
        syntax = TransferSyntax.find("ExplicitVRLittleEndian")
    pixels = "PixelData" in dataset and dataset["PixelData"].is_encapsulated
    if pixels and syntax is not None and not syntax.encapsulated:
        raise UnsupportedTransferSyntax(syntax.name, "pixel data are compressed")
    if syntax is not None and syntax.encapsulated and options.get("meta") == "none":
        log.warn("encapsulated pixel data require file format, ignoring --write-dataset")
        options["meta"] = "keep"
    meta = dataset.file_meta
    if meta is not None:
        for keyword in ("ImplementationClassUID", "ImplementationVersionName"):
            if keyword in meta:  # of who wrote the file that the dump is of
                del meta[keyword]
        for keyword in ("SOPClassUID", "SOPInstanceUID") if options.get("update") else ():
            if dataset.get(keyword):
                meta[f"MediaStorage{keyword}"] = dataset.get(keyword)
    save(dataset, target, options, out)

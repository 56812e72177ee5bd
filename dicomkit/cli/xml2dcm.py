"""`dicomkit xml2dcm`: make DICOM files of XML documents, as DCMTK's xml2dcm does; also many files at once.

It reads what dcm2xml writes, in both forms. The exit code is 0, or 1 if something failed; with --output-directory it is the
number of files that failed (at most 255).
"""

from __future__ import annotations

import sys

from dicomkit.cli.dictionary_path import user_dictionary
from dicomkit.cli.instance_uids import generate_uids
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import save
from dicomkit.cli.xml2dcm_options import GROUPS, PARAMETERS, USAGE
from dicomkit.errors import DicomError, ParseError, UnsupportedTransferSyntax
from dicomkit.formats.xml_reader import read_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.cli.output_directory import Job
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the documents of a command line.

    Raises:
        UsageError: there are not two parameters.
        OSError: the standard output cannot be written.
    """
    conversion = _Conversion(options, out, log)
    if "output_directory" in options:
        from dicomkit.cli.many_files import run_many
        from dicomkit.cli.output_directory import named_jobs

        jobs = named_jobs(options, log, ".dcm", instead=".xml")
        return min(run_many(conversion.run, jobs, log), 255) if jobs else 1
    if len(options.parameters) != 2:
        raise UsageError("Missing parameter dcmfile-out" if len(options.parameters) < 2 else "Too many parameters")
    source, target = options.parameters
    for name, kind in ((source, "input"), (target, "output")):
        if not name:
            log.error(f"xml2dcm: invalid {kind} filename: <empty string>")
            return 1
    return conversion.convert(source, target)


class _Conversion:
    """What a command line wants to be done with each document."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        self.options = options
        self.out = out
        self.log = log
        self.dictionary = user_dictionary(log)

    def run(self, job: Job) -> int:
        """Convert one of many documents. Returns whether it failed."""
        return self.convert(job.source, job.target)

    def convert(self, source: str, target: str) -> int:
        """Convert one document. Returns the exit code."""
        self.log.info(f"reading XML input file: {source}")
        dataset = self.read(source)
        if dataset is None:
            self.log.error(f"cannot read invalid document: {source}")
            return 1
        generate_uids(dataset, self.options, self.log)
        self.log.info(f"writing DICOM output file: {target}")
        try:
            save(dataset, target, self.writing(dataset), self.out)
        except UnsupportedTransferSyntax as error:
            self.log.error(f"no conversion to transfer syntax possible: {error}")
            return 1
        except (DicomError, OSError) as error:
            if target == "-" and isinstance(error, OSError):
                raise
            self.log.error(f"{getattr(error, 'strerror', None) or error}: writing file: {target}")
            return 1
        return 0

    def read(self, name: str) -> Dataset | None:
        """The data set of a document; None if there is none, or it is not whole and must be."""
        errors: list[ParseError] = []

        def note(error: ParseError) -> None:
            errors.append(error)
            self.log.warn(str(error))

        try:
            with sys.stdin.buffer if name == "-" else open(name, "rb") as file:
                dataset = read_document(
                    file,
                    on_error=note,
                    on_notice=lambda error: self.log.warn(str(error)),
                    open_file=_contents,
                    meta=self.options.get("read_meta", True),
                    namespace=self.options.get("namespace", False),
                    validate=self.options.get("validate", False),
                    dictionary=self.dictionary,
                )
        except (ParseError, OSError) as error:
            self.log.error(f"{getattr(error, 'strerror', None) or error}")
            return None
        return None if errors and not self.options.get("ignore_errors") else dataset

    def writing(self, dataset: Dataset) -> Options:
        """The options that a data set is written with."""
        from dicomkit.standard.transfer_syntax import TransferSyntax

        options = type(self.options)(self.options)
        meta = dataset.file_meta
        if meta is not None:
            for keyword in ("ImplementationClassUID", "ImplementationVersionName"):
                if keyword in meta:  # of who wrote the file that the document is of
                    del meta[keyword]
        syntax = TransferSyntax.find(dataset.transfer_syntax or "")
        if options.get("output_transfer_syntax") is None and dataset.transfer_syntax:
            options["output_transfer_syntax"] = str(dataset.transfer_syntax)
        if options.get("meta") == "none" and syntax is not None and syntax.encapsulated:
            self.log.error("encapsulated pixel data require file format, ignoring --write-dataset")
            options["meta"] = "keep"
        if options.get("update_meta"):
            options["meta"] = "new"
        return options


def _contents(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()

"""`dicomkit dcm2json`: convert DICOM files to JSON, as DCMTK's dcm2json does; also many files at once.

Exit codes of one file: 0 it is converted; 1 the command line makes no sense; 20 the file cannot be read; 21 it has no name;
40 the output cannot be written; 80 its text cannot be converted to UTF-8; 81 it has values that have no form in JSON. With
`--output-directory` it is the number of files that failed (at most 255).
"""

from __future__ import annotations

import os
import sys

from dicomkit.cli.dcm2json_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.input_options import read_options
from dicomkit.cli.options import UsageError
from dicomkit.errors import DicomError, EncodeError
from dicomkit.formats.dump import open_subject
from dicomkit.formats.json import OF_CHARACTER_SET, bulk_of_record, converter, render, terms_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.formats.dump import Subject
    from dicomkit.formats.json import Part

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]

CANNOT_READ: Final = 20
NO_INPUT: Final = 21
CANNOT_WRITE: Final = 40
CANNOT_CONVERT_TEXT: Final = 80
NO_VALID_JSON: Final = 81

#: The name of the directory of an instance that has no UID: a UID of this purpose.
NO_INSTANCE: Final = "2.25.279736281462461453838126417396229863014"


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the files of a command line.

    Raises:
        UsageError: there are too many parameters.
        OSError: standard output cannot be written.
    """
    conversion = _Conversion(options, out, log)
    if "output_directory" in options:
        return _many(conversion, options, log)
    if len(options.parameters) > 2:
        raise UsageError("Too many parameters")
    source, target = (*options.parameters, "-")[:2]
    if not source:
        log.error("dcm2json: invalid filename: <empty string>")
        return NO_INPUT
    return conversion.run(source, target)


def _many(conversion: _Conversion, options: Options, log: Log) -> int:
    """Convert each file to one of a directory. Returns the number of those that failed."""
    from dicomkit.cli.input_files import find_named_files
    from dicomkit.cli.many_files import run_many

    directory = options["output_directory"]
    jobs: dict[str, str] = {}
    targets: set[str] = set()
    for source, name in find_named_files(options, log):
        jobs[source] = target = os.path.join(directory, f"{'stdin' if name == '-' else name}.json")
        if target in targets:
            raise UsageError(f"several files would be written as {target}")
        targets.add(target)
    if not jobs:
        log.fatal("no input files to be converted")
        return 1
    for folder in {os.path.dirname(target) for target in targets}:
        os.makedirs(folder, exist_ok=True)
    return min(run_many(lambda source: conversion.run(source, jobs[source]) != 0, list(jobs), log), 255)


class _TextError(Exception):
    """Text that is not of a declared character set."""


class _OutputError(Exception):
    """The output cannot be written, which is not the fault of the input."""


class _Conversion:
    """What a command line wants to be done with each file."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        self.options = options
        self.out = out
        self.log = log
        self.reading = read_options(options)
        if os.environ.get("DCMDICTPATH"):
            from dicomkit.standard.user_dictionary import Dictionary

            dictionary = self.reading["dictionary"] = Dictionary.from_environment()
            for problem in () if dictionary is None else dictionary.problems:
                log.warn(f"data dictionary: {problem}")
        self.form: dict[str, Any] = {
            "indent": options.get("indent", 2),
            "bulk_threshold": 1024 * options.get("bulk_size", 1),
            "numbers": options.get("numbers", "auto"),
            "nan": options.get("nan", "error"),
            "character_set": options.get("character_set", "utf-8"),
            "retain_un": True,
        }

    def run(self, source: str, target: str) -> int:
        """Convert one file. Returns the exit code."""
        try:
            subject = open_subject(sys.stdin.buffer if source == "-" else source, **self.reading)
        except (DicomError, OSError) as error:
            self.log.error(f"dcm2json: error ({getattr(error, 'strerror', None) or error}) reading file: {source}")
            return CANNOT_READ
        if self.log.shows("warn"):
            for problem in subject.problems():
                self.log.warn(f"{problem}: {source}")
        if subject.damage:
            self.log.error(f"dcm2json: error ({subject.damage}) reading file: {source}")
            return CANNOT_READ
        try:
            self.convert(subject, target)
        except _TextError as error:
            self.log.fatal(f"{error}: converting file to UTF-8: {source}")
            return CANNOT_CONVERT_TEXT
        except EncodeError as error:
            self.log.fatal(f"{error}: {source}")
            return NO_VALID_JSON
        except _OutputError as error:
            self.log.fatal(f"{error}: writing file: {target}")
            return CANNOT_WRITE
        except (DicomError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, DicomError) and target == "-":
                raise
            self.log.error(f"dcm2json: error ({getattr(error, 'strerror', None) or error}) reading file: {source}")
            return CANNOT_READ
        return 0

    def convert(self, subject: Subject, target: str) -> None:
        """Write the text of what was read."""
        parts = self.parts(subject)
        if target == "-":
            render(parts, self.out.write, **self.form)
            return
        from dicomkit.media.atomic import replace_file

        def write(fd: int) -> None:
            with open(fd, "wb", closefd=False) as file:
                render(parts, file.write, **self.form)

        try:
            replace_file(target, write)
        except OSError as error:
            if isinstance(error, DicomError):
                raise
            raise _OutputError(error.strerror or error) from None

    def parts(self, subject: Subject) -> list[Part]:
        """What the kernel renders."""
        convert = _checked(converter())
        bulk = self.bulk(subject) if self.options.get("bulk") else None
        parts: list[Part] = [(subject.index, *subject.records, subject.fetch, convert, bulk)]
        if self.options.get("meta") and subject.meta is not None:
            parts.insert(0, (subject.meta, 0, None, subject.fetch, convert, None))
        return parts

    def bulk(self, subject: Subject) -> Callable[[int], str | None]:
        """Writes bulk data to files."""
        from dicomkit.dataset.dataset import from_index
        from dicomkit.formats.json_bulk import BulkDirectory, file_uri
        from dicomkit.standard.uid import UID

        dataset = from_index(subject.index, subject, transfer_syntax=UID(subject.transfer_syntax))
        directory = self.options.get("bulk_directory", os.curdir)
        uri = self.options.get("bulk_uri") or file_uri(directory)
        if self.options.get("bulk_subdirectory"):
            instance = str(dataset.get("SOPInstanceUID") or NO_INSTANCE)
            if not instance.replace(".", "").isdigit():
                instance = NO_INSTANCE  # what is no UID may lead out of the directory
            directory = os.path.join(directory, instance)
            uri = f"{uri.removesuffix('/')}/{instance}/"
        store = BulkDirectory(dataset, directory, uri)

        def write(record: int) -> str | None:
            try:
                return of_record(record)
            except OSError as error:
                if isinstance(error, DicomError):
                    raise
                raise _OutputError(f"bulk data: {error.strerror or error}") from None

        of_record = bulk_of_record(dataset, store)
        return write


def _checked(convert: Callable[[bytes, str, bytes | None], bytes]) -> Callable[[bytes, str, bytes | None], bytes]:
    """The same conversion, but only of text in a character set that is declared and known."""

    def checked(value: bytes, vr: str, charset: bytes | None) -> bytes:
        if charset not in sound and vr in OF_CHARACTER_SET:
            check(charset)
            sound.add(charset)
        return convert(value, vr, charset)

    def check(charset: bytes | None) -> None:
        terms = [] if charset is None else terms_of(charset)
        if terms in ([], ["ISO_IR 6"]):
            raise _TextError("dataset contains extended characters but no SpecificCharacterSet (0008,0005)")
        if terms not in (["ISO_IR 100"], ["ISO_IR 192"]):
            from dicomkit.dataset.text import character_sets

            unknown = character_sets(terms).unknown
            if unknown:
                raise _TextError(f"SpecificCharacterSet (0008,0005) value '{unknown[0]}' not supported")

    sound: set[bytes | None] = set()
    return checked

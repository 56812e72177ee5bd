"""`dicomkit dcmconv`: write DICOM files in another encoding, as DCMTK's dcmconv does; also many files at once.

The exit code is the number of files that failed (at most 255), or 1 if the command line makes no sense.
"""

from __future__ import annotations

import sys

from dicomkit.cli.damage import find_damage
from dicomkit.cli.dcmconv_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.dictionary_path import user_dictionary
from dicomkit.cli.input_files import find_files
from dicomkit.cli.input_options import read_options, tolerated
from dicomkit.cli.many_files import run_many
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_directory import Job, named_jobs, single_job
from dicomkit.cli.output_options import write_options
from dicomkit.errors import DicomError, UnsupportedTransferSyntax
from dicomkit.media.reader import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final, Literal, TypeAlias

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

    Errors: TypeAlias = Literal["strict", "replace", "transliterate", "drop"]

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]

_LARGEST_LENGTH: Final = 0xFFFFFFFF


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the files of a command line; one that fails does not stop the others.

    Raises:
        UsageError: the options do not go together.
    """
    conversion = _Conversion(options, out, log)
    jobs = _jobs(options, log)
    return min(run_many(conversion.run, jobs, log), 255) if jobs else 1


def _jobs(options: Options, log: Log) -> list[Job]:
    if "output_directory" in options:
        return named_jobs(options, log, "")
    if options.get("in_place"):
        files = find_files(options, log)
        if not files:
            log.fatal("no input files to be converted")
        return [Job(name, name) for name in files]
    return [single_job(options)]


class _Conversion:
    """What a command line wants to be done with each file."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        self.out = out
        self.log = log
        self.reading = {**read_options(options), "dictionary": user_dictionary(log)}
        self.tolerated = tolerated(options)
        self.stop_after = _stop_after(options, self.reading["dictionary"])
        self.writing = write_options(options)
        self.writing["meta"] = options.get("meta", "new")
        self.oversized = options.get("oversized", True) or self.writing["sequence_length"] != "explicit"
        self.character_sets = _character_sets(options)
        self.errors: Errors = "transliterate" if "transliterate" in options else "drop" if "discard" in options else "strict"
        if self.character_sets is None and self.errors != "strict":
            name = "transliterate" if self.errors == "transliterate" else "discard-illegal"
            raise UsageError(f"--{name} only allowed with one of the --convert-to-xxx options")
        self.no_invalid_groups = options.get("no_invalid_groups", False)

    def run(self, job: Job) -> int:
        """Convert one file. Returns whether it failed."""
        try:
            dataset = self.read(job.source)
            damage = find_damage(dataset, self.tolerated, self.log, job.source)
        except (DicomError, OSError) as error:
            return self.failed(error, "reading", job.source)
        if damage:
            return self.failed(damage, "reading", job.source)
        try:
            self.change(dataset)
        except (DicomError, ValueError, OSError) as error:
            return self.failed(error, "processing", job.source)
        try:
            dataset.save(self.out if job.target == "-" else job.target, **self.writing_of(dataset))
        except UnsupportedTransferSyntax as error:
            self.log.fatal(f"no conversion to transfer syntax possible: {error}: {job.source}")
            return 1
        except (DicomError, OSError) as error:
            return self.failed(error, "writing", job.target)
        return 0

    def failed(self, error: Exception | str, doing: str, name: str) -> int:
        """Say that a file failed."""
        text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        self.log.fatal(f"{text}: {doing} file: {name}")
        return 1

    def read(self, name: str) -> Dataset:
        """The data set of a file, up to where it is to be read."""
        source: Any = sys.stdin.buffer if name == "-" else name
        if self.stop_after is None:
            return read(source, **self.reading)
        if name == "-":
            source = source.read()
        dataset = read(source, stop_before=self.stop_after + 1, **self.reading)
        # Where the element is not there, nothing stops the parser.
        return dataset if self.stop_after in dataset else read(source, **self.reading)

    def change(self, dataset: Dataset) -> None:
        """What is to be changed before it is written."""
        if self.no_invalid_groups:
            from dicomkit.dataset.edit import erase_invalid_groups

            erase_invalid_groups(dataset)
        if self.character_sets is not None:
            dataset.set_character_set(self.character_sets, errors=self.errors)
        if not self.oversized and _is_oversized(dataset):
            raise ValueError("a sequence or an item is too long for an explicit length")

    def writing_of(self, dataset: Dataset) -> dict[str, Any]:
        """How a data set is written."""
        if self.writing["meta"] == "none":
            from dicomkit.standard.transfer_syntax import TransferSyntax

            syntax = TransferSyntax.find(self.writing["transfer_syntax"] or dataset.transfer_syntax or "")
            if syntax is not None and syntax.encapsulated:
                self.log.warn("encapsulated pixel data require file format, ignoring --write-dataset")
                return {**self.writing, "meta": "keep"}
        return self.writing


def _stop_after(options: Options, dictionary: Dictionary | None) -> int | None:
    if "stop_after" not in options:
        return None
    from dicomkit.dataset.edit_path import tag_of_text

    try:
        return tag_of_text(options["stop_after"], dictionary)
    except ValueError:
        raise UsageError("no valid key given for option --stop-after-elem") from None


def _character_sets(options: Options) -> tuple[str, ...] | None:
    if "charset" not in options:
        return None
    text: str = options["charset"]
    return tuple(text.split("\\")) if text else ()


def _is_oversized(dataset: Dataset) -> bool:
    """Whether a sequence or an item holds 4 GiB or more: its record has the largest length then."""
    index = dataset._index
    if index is None or index.stop <= _LARGEST_LENGTH:
        return False
    return any(index.record(number)[4] == _LARGEST_LENGTH for number in range(len(index)))

"""`dicomkit dcmodify`: change DICOM files in place, as DCMTK's dcmodify does.

The exit code is the number of errors (at most 255), or 1 if the command line makes no sense.
"""

from __future__ import annotations

import os
import sys

from dicomkit.cli.damage import find_damage
from dicomkit.cli.dcmodify_operations import META_UIDS, Operation
from dicomkit.cli.dcmodify_options import GROUPS, PARAMETERS
from dicomkit.cli.dictionary_path import user_dictionary
from dicomkit.cli.input_files import find_files
from dicomkit.cli.input_options import read_options, tolerated
from dicomkit.cli.many_files import run_many
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import write_options
from dicomkit.errors import DicomError
from dicomkit.media.reader import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "run"]


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Modify the files of a command line; one that fails does not stop the others.

    Raises:
        UsageError: the options do not go together.
    """
    modification = _Modification(options, out, log)
    files = find_files(options, log)
    if not files:
        log.error("no dicom files given!")
        return 1
    errors = run_many(modification.run, files, log)
    if errors:
        log.error("There was 1 error" if errors == 1 else f"There were {errors} errors")
    return min(errors, 255)


class _Modification:
    """What a command line wants to be done with each file."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        self.out = out
        self.log = log
        dictionary = user_dictionary(log)
        self.reading = {**read_options(options), "dictionary": dictionary}
        self.tolerated = tolerated(options)
        self.writing = write_options(options)
        # What was not asked for stays as it is in the file.
        self.writing["sequence_length"] = options.get("sequence_length", "keep")
        self.writing["group_length"] = options.get("group_length", "keep")
        self.operations = [Operation(kind, text, options, dictionary) for kind, text in options.get("operations", ())]
        self.backup = options.get("backup", True)
        self.create = options.get("create", False)
        self.ignore_errors = options.get("ignore_errors", False)
        self.update_meta = options.get("update_meta", True)
        self.conditions: list[Any] = []
        if "conditions" in options:
            from dicomkit.dataset.condition import Condition

            try:
                self.conditions = [Condition(text, dictionary) for text in options["conditions"]]
            except ValueError as error:
                raise UsageError(f"Invalid value for option --if ({error})") from None

    def run(self, name: str) -> int:
        """Modify one file. Returns the number of errors."""
        self.log.info(f"Processing file: {name}")
        try:
            dataset = self.read(name)
            damage = find_damage(dataset, self.tolerated, self.log, name)
        except (DicomError, OSError) as error:
            return self.failed(f"unable to load file {name}", error)
        if damage:
            return self.failed(f"unable to load file {name}", damage)
        try:
            if not all(condition.holds(dataset) for condition in self.conditions):
                self.log.info(f"a condition does not hold, file is not modified: {name}")
                return self.pass_on(dataset, name)
        except (ValueError, OSError) as error:
            return self.failed(f"checking conditions of file {name}", error)
        errors = sum([self.modify(dataset, operation, name) for operation in self.operations])
        if not errors or self.ignore_errors:
            errors += self.save(dataset, name)
        return errors

    def failed(self, what: str, error: Exception | str) -> int:
        """Say that something failed."""
        text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        self.log.error(f"{what}: {text}")
        return 1

    def read(self, name: str) -> Dataset:
        """The data set of a file."""
        if name == "-":
            return read(sys.stdin.buffer, **self.reading)
        if self.create and not os.path.lexists(name):
            from dicomkit.dataset.dataset import Dataset

            return Dataset()
        return read(name, **self.reading)

    def modify(self, dataset: Dataset, operation: Operation, name: str) -> int:
        """Carry out one operation. Returns the number of errors."""
        if self.log.shows("info"):
            self.log.info(f"Executing (option|path|value): {operation}")
        try:
            operation.run(dataset)
        except KeyError:
            return self.failed(f"modifying tag in file {name}", "Tag not found")
        except (ValueError, TypeError, OSError) as error:
            return self.failed(f"modifying tag in file {name}", error)
        return 0

    def save(self, dataset: Dataset, name: str) -> int:
        """Write the file again. Returns the number of errors."""
        if not self.update_meta and any(operation.sets_meta_uid for operation in self.operations):
            _pin_meta(dataset)
        self.log.info(f"Saving current dataset to file: {name}")
        kept = ""
        try:
            if self.backup and name != "-" and os.path.lexists(name):
                self.log.info(f"Creating backup of input file: {name}.bak")
                kept = _keep(name)
        except OSError as error:
            return self.failed(f"unable to backup file {name}", error)
        try:
            # Without a backup nobody asks for safety from a power failure: DCMTK's dcmodify leaves that to the system too.
            dataset.save(self.out if name == "-" else name, flush=self.backup, **self.writing)
        except (DicomError, OSError) as error:
            if kept:
                os.unlink(kept)
            return self.failed(f"couldn't save file {name}", error)
        try:
            if kept:
                os.replace(kept, f"{name}.bak")
        except OSError as error:
            return self.failed(f"the old file stays as {kept}, since {name}.bak cannot be replaced", error)
        return 0

    def pass_on(self, dataset: Dataset, name: str) -> int:
        """Leave a file as it is; what came through a pipe goes on."""
        if name != "-":
            return 0
        try:
            dataset.save(self.out, **self.writing)
        except (DicomError, OSError) as error:
            return self.failed("couldn't write the output", error)
        return 0


def _pin_meta(dataset: Dataset) -> None:
    """Keep the UIDs of the File Meta Information, which would follow those of the data set."""
    meta = dataset.file_meta
    if meta is not None:
        for tag in META_UIDS.values():
            if tag in meta:
                meta[tag] = meta.get(tag)


def _keep(name: str) -> str:
    """Give a file that is going to be replaced a second name, which is returned. It keeps its own all the time."""
    kept = f"{name}.bak.{os.getpid()}"
    name = os.path.realpath(name)
    try:
        os.link(name, kept)
    except (OSError, NotImplementedError):  # not all file systems have links
        import shutil

        shutil.copy2(name, kept)
    return kept

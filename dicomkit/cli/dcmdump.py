"""`dicomkit dcmdump`: print DICOM files, as DCMTK's dcmdump does.

The exit code is the number of files that failed (at most 255), or 1 if the command line makes no sense or names no
files.
"""

from __future__ import annotations

import os
import sys

from dicomkit.cli.dcmdump_options import GROUPS, PARAMETERS
from dicomkit.cli.input_files import find_files
from dicomkit.cli.input_options import read_options, tolerated
from dicomkit.cli.options import UsageError
from dicomkit.errors import DicomError
from dicomkit.formats.dump import open_subject, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.formats.dump import Subject

__all__ = ["GROUPS", "PARAMETERS", "run"]

#: Options that go to `write_text` as they are.
WRITING: Final = ("print_all", "tree", "uid_names", "quoting", "color", "correct", "utf8", "first_only", "prepend")


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Dump the files of a command line; one that fails does not stop the others.

    Raises:
        UsageError: the options do not go together.
        OSError: the output cannot be written.
    """
    reading = _reading(options, log)
    writing = _writing(options, out, log)
    if writing is None:
        return 1
    directory = options.get("pixel_directory")
    if directory is not None and not os.path.isdir(directory):
        log.warn("directory specified for --write-pixel does not exist, ignoring this option")
        directory = None
    files = find_files(options, log)
    if not files:
        log.fatal("no input files to be dumped")
        return 1
    if options.get("utf8"):
        log.info("converting all element values that are affected by Specific Character Set (0008,0005) to UTF-8")
    page = _Page(out, options.get("filename", ""), len(files), "search" in options)
    failures = 0
    for name in files:
        page.begin(name)
        if directory is not None:
            writing["pixel_file"] = os.path.join(directory, os.path.basename(name))
        try:
            subject = open_subject(sys.stdin.buffer if name == "-" else name, **reading)
            failures += not _dump(subject, name, page, log, options.get("ignore_errors", False), writing)
        except DicomError as error:
            failures += 1
            log.error(f"dcmdump: {error}: reading file: {name}")
        except OSError as error:
            if page.failed:
                raise
            failures += 1
            log.error(f"dcmdump: {error.strerror or error}: reading file: {name}")
    return min(failures, 255)


def _dump(subject: Subject, name: str, page: _Page, log: Log, ignore_errors: bool, writing: dict[str, Any]) -> bool:
    """Dump one file. Returns whether it is sound."""
    if log.shows("warn"):
        for problem in subject.problems():
            log.warn(f"{problem}: {name}")
    if subject.damage:
        log.error(f"dcmdump: {subject.damage}: reading file: {name}")
    if not subject.damage or ignore_errors:
        for skipped in write_text(subject, page.write, **writing):
            log.warn(f"output file for pixel data already exists or cannot be written, skipping: {skipped}")
    return not subject.damage


def _reading(options: Options, log: Log) -> dict[str, Any]:
    """The arguments of `open_subject`."""
    reading = read_options(options)
    reading["tolerate"] = tolerated(options)
    for field, name in (("stop_after", "--stop-after-elem"), ("stop_before", "--stop-before-elem")):
        if field in options:
            reading[field] = _tag(options[field], log)
            if reading[field] is None:
                raise UsageError(f"no valid key given for option {name}")
    if os.environ.get("DCMDICTPATH"):
        from dicomkit.standard.user_dictionary import Dictionary

        dictionary = reading["dictionary"] = Dictionary.from_environment()
        for problem in () if dictionary is None else dictionary.problems:
            log.warn(f"data dictionary: {problem}")
    return reading


def _writing(options: Options, out: IO[bytes], log: Log) -> dict[str, Any] | None:
    """The arguments of `write_text`; None if a tag to search for is none."""
    writing: dict[str, Any] = {name: options[name] for name in WRITING if name in options}
    writing.setdefault("color", out.isatty())
    if not options.get("load", True):
        writing["load_limit"] = 1024 * options.get("max_read_length", 4)
    if "search" in options:
        writing["search"] = [_tag(text, log, path=True) for text in options["search"]]
        if None in writing["search"]:
            return None
    return writing


def _tag(text: str, log: Log, *, path: bool = False) -> Any:
    """The tag that an argument names, a path as it is; None with a warning if it names nothing."""
    from dicomkit.formats.dump_search import check_path, search_tag

    try:
        if path and ("." in text or "[" in text):
            check_path(text)
            return text
        return search_tag(text)
    except ValueError:
        log.warn(f"unrecognized tag name: '{text}'")
        return None


class _Page:
    """Puts between files what dcmdump puts there: a heading with the name, or an empty line before what was found."""

    def __init__(self, out: IO[bytes], headings: str, total: int, searching: bool) -> None:
        self.out = out
        self.headings = headings
        self.total = total
        self.searching = searching
        self.count = 0
        self.printed = 0
        self.pending: bytes | None = b""
        self.failed = False

    def begin(self, name: str) -> None:
        """Another file."""
        self.count += 1
        self.pending = b""
        if self.headings == "all":
            self.heading(f"{self.count}/{self.total}", name)
        elif self.headings == "found":
            self.pending = b"%s# dcmdump (%d): %s\n" % (
                b"\n" if self.printed else b"",
                self.printed + 1,
                os.fsencode(name),
            )
        elif self.searching and self.printed:
            self.pending = b"\n"

    def heading(self, number: str, name: str) -> None:
        """The heading of a file."""
        gap = "\n" if self.count > 1 else ""
        self._put(f"{gap}# dcmdump ({number}): ".encode() + os.fsencode(name) + b"\n")

    def write(self, text: bytes) -> None:
        """Text of this file."""
        if not text:
            return
        if self.pending is not None:
            self.printed += 1
            self._put(self.pending)
            self.pending = None
        self._put(text)

    def _put(self, text: bytes) -> None:
        try:
            self.out.write(text)
        except OSError:
            self.failed = True  # this is not the fault of the file that is read
            raise

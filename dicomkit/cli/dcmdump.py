"""`dicomkit dcmdump`: print DICOM files, as DCMTK's dcmdump does.

The exit code is the number of files that failed (at most 255), or 1 if the command line makes no sense or names no files.
"""

from __future__ import annotations

import os
import sys

from dicomkit.cli.input_files import find_files
from dicomkit.cli.input_options import AUTO_CORRECTION, BITSTREAM, FILE_FORMAT, INPUT_FILES, PARSING, TRANSFER_SYNTAX
from dicomkit.cli.input_options import read_options
from dicomkit.cli.options import GENERAL, Group, Option, UsageError, integer
from dicomkit.errors import DicomError
from dicomkit.formats.dump import check_path, open_subject, search_tag, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["GROUPS", "PARAMETERS", "SUMMARY", "run"]

SUMMARY: Final = "Dump DICOM file and data set"
PARAMETERS: Final = (("dcmfile-in", "DICOM input file or directory to be dumped"),)
TAG: Final = '[t]ag: "gggg,eeee" or dictionary name'

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        FILE_FORMAT,
        TRANSFER_SYNTAX,
        INPUT_FILES,
        (
            "long tag values",
            (
                Option("+M --load-all", "load", True, "load very long tag values (default)"),
                Option("-M --load-short", "load", False, "do not load very long values (e.g. pixel data)"),
                Option(
                    "+R --max-read-length",
                    "max_read_length",
                    None,
                    "set threshold for long values to k kbytes",
                    argument="[k]bytes: integer (4..4194302, default: 4)",
                    convert=integer(4, 4194302),
                ),
            ),
        ),
        *PARSING,
        (
            "other parsing options",
            (
                Option(
                    "+st --stop-after-elem",
                    "stop_after",
                    None,
                    "stop parsing after element specified by t",
                    argument=TAG,
                ),
                Option(
                    "+sb --stop-before-elem",
                    "stop_before",
                    None,
                    "stop parsing before element specified by t",
                    argument=TAG,
                ),
            ),
        ),
        AUTO_CORRECTION,
        BITSTREAM,
    ),
    Group(
        "processing options",
        (
            "specific character set",
            (
                Option(
                    "+U8 --convert-to-utf8",
                    "utf8",
                    True,
                    "convert all element values that are affected\nby Specific Character Set (0008,0005) to UTF-8",
                ),
            ),
        ),
    ),
    Group(
        "output options",
        (
            "printing",
            (
                Option("+L --print-all", "print_all", True, "print long tag values completely"),
                Option("-L --print-short", "print_all", False, "print long tag values shortened (default)"),
                Option("+T --print-tree", "tree", True, "print hierarchical structure as a simple tree"),
                Option("-T --print-indented", "tree", False, "print hierarchical structure indented (default)"),
                Option("+F --print-filename", "filename", "all", "print header with filename for each input file"),
                Option(
                    "+Fs --print-file-search",
                    "filename",
                    "found",
                    "print header with filename only for those input\nfiles that contain one of the searched tags",
                    needs="--search",
                ),
            ),
        ),
        (
            "mapping",
            (
                Option("+Un --map-uid-names", "uid_names", True, "map well-known UID numbers to names (default)"),
                Option("-Un --no-uid-names", "uid_names", False, "do not map well-known UID numbers to names"),
            ),
        ),
        (
            "quoting",
            (
                Option("+Qn --quote-nonascii", "quoting", "xml", "quote non-ASCII and control chars as XML markup"),
                Option("+Qo --quote-as-octal", "quoting", "octal", "quote non-ASCII and control ch. as octal numbers"),
                Option("-Qn --print-nonascii", "quoting", "", "print non-ASCII and control chars (default)"),
            ),
        ),
        (
            "color",
            (
                Option("+C --print-color", "color", True, "use ANSI escape codes for colored output"),
                Option("-C --no-color", "color", False, "do not use any ANSI escape codes\n(default: only on a terminal)"),
            ),
        ),
        (
            "error handling",
            (
                Option("-E --stop-on-error", "ignore_errors", False, "do not print if file is damaged (default)"),
                Option("+E --ignore-errors", "ignore_errors", True, "attempt to print even if file is damaged"),
            ),
        ),
        (
            "searching",
            (
                Option(
                    "+P --search",
                    "search",
                    None,
                    "print the textual dump of tag t, or of the element at\na tag path such as ContentSequence[0].ValueType\n"
                    "this option can be specified multiple times\n(default: the complete file is printed)",
                    argument=TAG,
                    repeat=True,
                ),
                Option(
                    "+s --search-all",
                    "first_only",
                    False,
                    "print all instances of searched tags (default)",
                    needs="--search",
                ),
                Option(
                    "-s --search-first",
                    "first_only",
                    True,
                    "only print first instance of searched tags",
                    needs="--search",
                ),
                Option(
                    "+p --prepend",
                    "prepend",
                    True,
                    "prepend sequence hierarchy to printed tag,\ndenoted by: (gggg,eeee).(gggg,eeee).*\n"
                    "(only when used with --search)",
                    needs="--search",
                    conflicts="--print-tree",
                ),
                Option(
                    "-p --no-prepend",
                    "prepend",
                    False,
                    "do not prepend hierarchy to tag (default)",
                    needs="--search",
                ),
            ),
        ),
        (
            "writing",
            (
                Option(
                    "+W --write-pixel",
                    "pixel_directory",
                    None,
                    "write pixel data to a .raw file stored in d\n(little endian, filename created automatically)",
                    argument="[d]irectory: string",
                ),
            ),
        ),
    ),
)

#: Options that go to `write_text` as they are.
WRITING: Final = ("print_all", "tree", "uid_names", "quoting", "color", "correct", "utf8", "first_only", "prepend")


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Dump the files of a command line; one that fails does not stop the others.

    Raises:
        UsageError: the options do not go together.
    """
    reading = read_options(options)
    reading["ignore_parse_errors"] = options.get("ignore_parse_errors", False)
    for field, name in (("stop_after", "--stop-after-elem"), ("stop_before", "--stop-before-elem")):
        if field in options:
            reading[field] = _tag(options[field], log)
            if reading[field] is None:
                raise UsageError(f"no valid key given for option {name}")
    writing: dict[str, Any] = {name: options[name] for name in WRITING if name in options}
    writing.setdefault("color", out.isatty())
    if not options.get("load", True):
        writing["load_limit"] = 1024 * options.get("max_read_length", 4)
    if "search" in options:
        writing["search"] = [_tag(text, log, path=True) for text in options["search"]]
        if None in writing["search"]:
            return 1
    directory = options.get("pixel_directory")
    if directory is not None and not os.path.isdir(directory):
        log.warn("directory specified for --write-pixel does not exist, ignoring this option")
        directory = None
    files = find_files(options, log)
    if not files:
        log.fatal("no input files to be dumped")
        return 1
    if os.environ.get("DCMDICTPATH"):
        from dicomkit.standard.user_dictionary import Dictionary

        reading["dictionary"] = Dictionary.from_environment()
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
            if log.shows("warn"):
                for problem in subject.problems:
                    log.warn(f"{problem}: {name}")
            if subject.damage is not None:
                failures += 1
                log.error(f"dcmdump: {subject.damage}: reading file: {name}")
                if not options.get("ignore_errors"):
                    continue
            for skipped in write_text(subject, page.write, **writing):
                log.warn(f"output file for pixel data already exists or cannot be written, skipping: {skipped}")
        except BrokenPipeError:
            raise
        except (DicomError, OSError) as error:
            failures += 1
            log.error(f"dcmdump: {getattr(error, 'strerror', None) or error}: reading file: {name}")
    return min(failures, 255)


def _tag(text: str, log: Log, *, path: bool = False) -> Any:
    """The tag that an argument names, a path as it is; None with a warning if it names nothing."""
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

    def begin(self, name: str) -> None:
        """Another file."""
        self.count += 1
        self.pending = b""
        if self.headings == "all":
            self.heading(f"{self.count}/{self.total}", name)
        elif self.headings == "found":
            self.pending = b"%s# dcmdump (%d): %s\n" % (b"\n" if self.printed else b"", self.printed + 1, os.fsencode(name))
        elif self.searching and self.printed:
            self.pending = b"\n"

    def heading(self, number: str, name: str) -> None:
        gap = "\n" if self.count > 1 else ""
        self.out.write(f"{gap}# dcmdump ({number}): ".encode() + os.fsencode(name) + b"\n")

    def write(self, text: bytes) -> None:
        """Text of this file."""
        if not text:
            return
        if self.pending is not None:
            self.printed += 1
            self.out.write(self.pending)
            self.pending = None
        self.out.write(text)

"""The options of `dicomkit dcmdump`."""

from __future__ import annotations

from dicomkit.cli.input_options import (
    AUTO_CORRECTION,
    BITSTREAM,
    FILE_FORMAT,
    INPUT_FILES,
    PARSING,
    TRANSFER_SYNTAX,
)
from dicomkit.cli.options import GENERAL, Group, Option, integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS"]

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
                    "print the textual dump of tag t, or of the element at\n"
                    "a tag path such as ContentSequence[0].ValueType\n"
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

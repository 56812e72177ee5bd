"""The options of `dicomkit dcm2json`: those of DCMTK's dcm2json, and many files at once."""

from __future__ import annotations

from dicomkit.cli.input_options import FILE_FORMAT, INPUT_FILES, TRANSFER_SYNTAX
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import OUTPUT_FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("dcmfile-in", 'DICOM input filename to be converted ("-" for stdin)'),
    ("jsonfile-out", 'JSON output filename (default, or "-": stdout)'),
)
USAGE: Final = "dcmfile-in [jsonfile-out]\n       dcm2json [options] --output-directory directory dcmfile-in..."

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        FILE_FORMAT,
        TRANSFER_SYNTAX,
        (f"{INPUT_FILES[0]} (with --output-directory)", INPUT_FILES[1]),
    ),
    Group(
        "processing options",
        (
            "encoding of infinity and not-a-number",
            (
                Option("-es --encode-strict", "nan", "error", "report error for 'inf' and 'nan' (default)"),
                Option("-ee --encode-extended", "nan", "extended", "permit 'inf' and 'nan' in JSON numbers"),
            ),
        ),
        (
            "encoding of IS and DS (integer/decimal string) elements",
            (
                Option("-ia --is-ds-auto", "numbers", "auto", "encode as number if valid, as string\notherwise (default)"),
                Option("-in --is-ds-num", "numbers", "number", "always encode as number, fail if invalid"),
                Option("-is --is-ds-string", "numbers", "string", "always encode as string"),
            ),
        ),
        (
            "bulk data URI options",
            (
                Option("-b --bulk-disabled", "bulk", False, "write everything as inline binary (default)"),
                Option("+b --bulk-enabled", "bulk", True, "write large attributes as bulk data"),
                Option(
                    "+bz --bulk-size",
                    "bulk_size",
                    None,
                    "use bulk data for attributes >= s kBytes",
                    argument="[s]ize: integer (default: 1)",
                    convert=integer(0, 0x3FFFFF),
                    needs="--bulk-enabled",
                ),
                Option(
                    "+bp --bulk-uri-prefix",
                    "bulk_uri",
                    None,
                    "use prefix u when generating bulk data URIs\n(default: file URI)",
                    argument="[u]ri-prefix: string",
                    needs="--bulk-enabled",
                ),
                Option(
                    "+bd --bulk-dir",
                    "bulk_directory",
                    None,
                    "write bulk data files to d (default: '.')",
                    argument="[d]irectory: string",
                    needs="--bulk-enabled",
                ),
                Option(
                    "+bs --bulk-subdir",
                    "bulk_subdirectory",
                    True,
                    "create subdirectory for each SOP instance\n(default: no subdirectory)",
                    needs="--bulk-enabled",
                ),
            ),
        ),
        (
            "specific character set",
            (
                Option("+c --charset-keep", "character_set", "keep", "keep Specific Character Set (0008,0005) as it is"),
                Option("-c --charset-replace", "character_set", "utf-8", "replace it with ISO_IR 192 (default)"),
            ),
        ),
    ),
    Group(
        "output options",
        OUTPUT_FILES,
        (
            "output format",
            (
                Option("+fc --formatted-code", "indent", 2, "enable whitespace formatting (default)"),
                Option("-fc --compact-code", "indent", None, "print only required characters"),
                Option(
                    "+m --write-meta",
                    "meta",
                    True,
                    "write data set with meta information\n(warning: not conforming to the DICOM standard)",
                    conflicts="--read-dataset",
                ),
            ),
        ),
    ),
)

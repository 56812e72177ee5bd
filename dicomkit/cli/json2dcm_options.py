"""The options of `dicomkit json2dcm`, which are those of DCMTK's json2dcm."""

from __future__ import annotations

from dicomkit.cli.instance_uids import UNIQUE_IDENTIFIERS
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import (
    COMPRESSION_LEVEL,
    DEFLATED,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    SEQUENCE_LENGTH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("jsonfile-in", 'JSON input filename to be converted ("-" for stdin)'),
    ("dcmfile-out", 'DICOM output filename ("-" for stdout)'),
)
USAGE: Final = "jsonfile-in dcmfile-out"

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        (
            "input file format",
            (
                Option("+f --read-meta-info", "read_meta", True, "read meta information if present (default)"),
                Option("-f --ignore-meta-info", "read_meta", False, "ignore file meta information"),
            ),
        ),
    ),
    Group(
        "processing options",
        UNIQUE_IDENTIFIERS,
        (
            "bulkdata URI handling",
            (
                Option("+Bu --parse-bulkdata-uri", "bulk", True, "parse Bulkdata URIs (default)"),
                Option("-Bu --ignore-bulkdata-uri", "bulk", False, "ignore Bulkdata URIs"),
                Option(
                    "+Bd --add-bulkdata-dir",
                    "bulk_directories",
                    None,
                    "add d to list of permitted bulk data sources",
                    argument="[d]irectory: string",
                    repeat=True,
                ),
            ),
        ),
        (
            "handling of arrays with multiple data sets",
            (
                Option("-ar --array-reject", "array", "reject", "reject multiple data sets (default)"),
                Option(
                    "+as --array-select",
                    "array",
                    None,
                    "select data set n from array",
                    argument="[n]umber: integer",
                    convert=integer(1, 0x7FFFFFFF),
                ),
                Option("+ar --array-sequence", "array", "sequence", "store all data sets in private sequence"),
            ),
        ),
    ),
    Group(
        "output options",
        (
            OUTPUT_FORMAT[0],
            (
                *OUTPUT_FORMAT[1],
                Option(
                    "+Fu --update-meta-info",
                    "update",
                    True,
                    "update particular file meta information",
                    conflicts="--write-dataset",
                ),
            ),
        ),
        (OUTPUT_TRANSFER_SYNTAX[0], (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED)),
        (
            "error handling",
            (
                Option("-E --stop-on-error", "ignore_errors", False, "do not write if document is invalid (default)"),
                Option("+E --ignore-errors", "ignore_errors", True, "attempt to write even if document is invalid"),
            ),
        ),
        NEW_VRS,
        SEQUENCE_LENGTH,
        (
            "charset handling",
            (
                Option("+c --charset-accept", "character_set", "keep", "write with the given charset in JSON (default)"),
                Option("-c --charset-replace", "character_set", "utf-8", "replace the given charset in JSON with UTF-8"),
            ),
        ),
        COMPRESSION_LEVEL,
    ),
)

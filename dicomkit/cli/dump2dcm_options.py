"""The options of `dicomkit dump2dcm`, which are those of DCMTK's dump2dcm."""

from __future__ import annotations

from dicomkit.cli.instance_uids import UNIQUE_IDENTIFIERS_APART
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import (
    COMPRESSION_LEVEL,
    DEFLATED,
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    SEQUENCE_LENGTH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

USAGE: Final = "dumpfile-in dcmfile-out"

PARAMETERS: Final = (
    ("dumpfile-in", 'dump input filename ("-" for stdin)'),
    ("dcmfile-out", 'DICOM output filename ("-" for stdout)'),
)

_UPDATE: Final = Option(
    "+Fu --update-meta-info", "update", True, "update particular file meta information", conflicts="--write-dataset"
)

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
        (
            "file contents byte ordering",
            (
                Option("+rl --read-file-little", "files", "little", "read OW data with little endian (default)"),
                Option("+rb --read-file-big", "files", "big", "read OW data from file with big endian"),
            ),
        ),
        (
            "other input options",
            (
                Option(
                    "+l --line",
                    "line",
                    None,
                    "maximum line length m (no effect: lines may have any length)",
                    argument="[m]ax-length: integer",
                    convert=integer(80, 0xFFFFFFFF),
                ),
            ),
        ),
    ),
    Group(
        "processing options",
        UNIQUE_IDENTIFIERS_APART,
    ),
    Group(
        "output options",
        (OUTPUT_FORMAT[0], (*OUTPUT_FORMAT[1], _UPDATE)),
        (OUTPUT_TRANSFER_SYNTAX[0], (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED)),
        (
            "error handling",
            (
                Option("-E --stop-on-error", "ignore_errors", False, "do not write if dump is damaged (default)"),
                Option("+E --ignore-errors", "ignore_errors", True, "attempt to write even if dump is damaged"),
            ),
        ),
        NEW_VRS,
        GROUP_LENGTH,
        SEQUENCE_LENGTH,
        PADDING,
        COMPRESSION_LEVEL,
    ),
)

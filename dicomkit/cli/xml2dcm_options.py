"""The options of `dicomkit xml2dcm`."""

from __future__ import annotations

from dicomkit.cli.input_options import INPUT_FILES
from dicomkit.cli.instance_uids import UNIQUE_IDENTIFIERS
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_options import (
    COMPRESSION_LEVEL,
    DEFLATED,
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FILES,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    SEQUENCE_LENGTH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("xmlfile-in", 'XML input filename to be converted (stdin: "-")'),
    ("dcmfile-out", 'DICOM output filename (stdout: "-")'),
)
USAGE: Final = "xmlfile-in dcmfile-out\n       xml2dcm [options] --output-directory directory xmlfile-in..."

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
        (f"{INPUT_FILES[0]} (with --output-directory)", INPUT_FILES[1]),
    ),
    Group(
        "processing options",
        (
            "validation",
            (
                Option("+Vd --validate-document", "validate", True, "validate XML document against DTD"),
                Option("+Vn --check-namespace", "namespace", True, "check XML namespace in document root"),
            ),
        ),
        UNIQUE_IDENTIFIERS,
    ),
    Group(
        "output options",
        OUTPUT_FILES,
        (
            OUTPUT_FORMAT[0],
            (
                *OUTPUT_FORMAT[1],
                Option(
                    "+Fu --update-meta-info",
                    "update_meta",
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
        GROUP_LENGTH,
        SEQUENCE_LENGTH,
        PADDING,
        COMPRESSION_LEVEL,
    ),
)

"""The options of `dicomkit dcmodify`."""

from __future__ import annotations

from dicomkit.cli.input_options import AUTO_CORRECTION, BITSTREAM, FILE_FORMAT, INPUT_FILES, PARSING, TRANSFER_SYNTAX
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_options import (
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    sequence_length,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS"]

PARAMETERS: Final = (("dcmfile-in", "DICOM input filename to be modified"),)

ODD_LENGTHS: Final = PARSING[1]

PATH_AND_VALUE: Final = '"[t]ag-path=[v]alue"'
PATH_AND_FILE: Final = '"[t]ag-path=[f]ilename"'

#: All operations add to one list, since they are carried out in the order of the command line.
OPERATIONS: Final = (
    (
        "insert mode",
        (
            Option(
                "-i --insert",
                "operations",
                "insert",
                "insert (or overwrite) path at position t\nwith value v",
                argument=PATH_AND_VALUE,
                repeat=True,
            ),
            Option(
                "-if --insert-from-file",
                "operations",
                "insert-from-file",
                "insert (or overwrite) path at position t\nwith value from file f",
                argument=PATH_AND_FILE,
                repeat=True,
            ),
            Option(
                "-nrc --no-reserv-check",
                "check_creators",
                False,
                "do not check private reservations\nwhen inserting private tags",
            ),
        ),
    ),
    (
        "modify mode",
        (
            Option(
                "-m --modify",
                "operations",
                "modify",
                "modify tag at position t to value v",
                argument=PATH_AND_VALUE,
                repeat=True,
            ),
            Option(
                "-mf --modify-from-file",
                "operations",
                "modify-from-file",
                "modify tag at position t to value from file f",
                argument=PATH_AND_FILE,
                repeat=True,
            ),
            Option(
                "-ma --modify-all",
                "operations",
                "modify-all",
                "modify ALL matching tags t in file to value v",
                argument='"[t]ag=[v]alue"',
                repeat=True,
            ),
        ),
    ),
    (
        "erase mode",
        (
            Option(
                "-e --erase",
                "operations",
                "erase",
                "erase tag/item at position t",
                argument='"[t]ag-path"',
                repeat=True,
            ),
            Option(
                "-ea --erase-all",
                "operations",
                "erase-all",
                "erase ALL matching tags t in file",
                argument='"[t]ag"',
                repeat=True,
            ),
            Option(
                "-ep --erase-private",
                "operations",
                ("erase-private", ""),
                "erase ALL private data from file",
                repeat=True,
            ),
        ),
    ),
    (
        "unique identifier",
        (
            Option(
                "-gst --gen-stud-uid",
                "operations",
                ("generate", "StudyInstanceUID"),
                "generate new Study Instance UID",
                repeat=True,
            ),
            Option(
                "-gse --gen-ser-uid",
                "operations",
                ("generate", "SeriesInstanceUID"),
                "generate new Series Instance UID",
                repeat=True,
            ),
            Option(
                "-gin --gen-inst-uid",
                "operations",
                ("generate", "SOPInstanceUID"),
                "generate new SOP Instance UID",
                repeat=True,
            ),
            Option(
                "-nmu --no-meta-uid",
                "update_meta",
                False,
                "do not update metaheader UIDs if related\nUIDs in the dataset are modified",
            ),
        ),
    ),
)

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        (
            FILE_FORMAT[0],
            (
                *FILE_FORMAT[1],
                Option(
                    "+fc --create-file",
                    "create",
                    True,
                    "create file format if file does not exist",
                    conflicts="--write-dataset",
                ),
            ),
        ),
        TRANSFER_SYNTAX,
        INPUT_FILES,
        ODD_LENGTHS,
        AUTO_CORRECTION,
        BITSTREAM,
    ),
    Group(
        "processing options",
        (
            "backup input files",
            (
                Option("--backup", "backup", True, "backup files before modifying (default)"),
                Option("-nb --no-backup", "backup", False, "don't backup files (DANGEROUS)"),
            ),
        ),
        (
            "conditions",
            (
                Option(
                    "-iff --if",
                    "conditions",
                    None,
                    "modify a file only if condition c holds:\ntag, !tag, or one of = != < <= > >= between\n"
                    "a tag and a value; can be specified\nmultiple times: all must hold",
                    argument="[c]ondition: string",
                    repeat=True,
                ),
            ),
        ),
        *OPERATIONS,
        (
            "error handling",
            (
                Option("-ie --ignore-errors", "ignore_errors", True, "continue with file, if modify error occurs"),
                Option(
                    "-imt --ignore-missing-tags",
                    "ignore_missing",
                    True,
                    "treat 'tag not found' as success\nwhen modifying or erasing in datasets",
                ),
                Option(
                    "-iun --ignore-un-values",
                    "skip_un",
                    True,
                    "do not try writing any values to elements\nhaving a VR of UN",
                ),
            ),
        ),
    ),
    Group(
        "output options",
        OUTPUT_FORMAT,
        OUTPUT_TRANSFER_SYNTAX,
        NEW_VRS,
        GROUP_LENGTH,
        sequence_length("+le", "-le"),
        PADDING,
    ),
)

"""The options of `dicomkit dcmconv`."""

from __future__ import annotations

from dicomkit.cli.input_options import (
    AUTO_CORRECTION,
    BITSTREAM,
    FILE_FORMAT,
    INPUT_FILES,
    PARSING,
    TRANSFER_SYNTAX,
)
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_options import (
    COMPRESSION_LEVEL,
    DEFLATED,
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    SEQUENCE_LENGTH,
    WRITE_DATASET,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("dcmfile-in", 'DICOM input filename to be converted ("-" for stdin)'),
    ("dcmfile-out", 'DICOM output filename ("-" for stdout)'),
)
USAGE: Final = (
    "dcmfile-in dcmfile-out\n       dcmconv [options] --output-directory directory dcmfile-in...\n"
    "       dcmconv [options] --in-place dcmfile-in..."
)

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        FILE_FORMAT,
        TRANSFER_SYNTAX,
        (f"{INPUT_FILES[0]} (with --output-directory or --in-place)", INPUT_FILES[1]),
        *PARSING,
        (
            "other parsing options",
            (
                Option(
                    "+st --stop-after-elem",
                    "stop_after",
                    None,
                    "stop parsing after element specified by t",
                    argument='[t]ag: "gggg,eeee" or dictionary name',
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
                    "charset",
                    "ISO_IR 192",
                    "convert all element values that are affected\nby Specific Character Set (0008,0005) to UTF-8",
                ),
                Option(
                    "+L1 --convert-to-latin1",
                    "charset",
                    "ISO_IR 100",
                    "convert affected element values to ISO 8859-1",
                ),
                Option("+A7 --convert-to-ascii", "charset", "", "convert affected element values to 7-bit ASCII"),
                Option(
                    "+C --convert-to-charset",
                    "charset",
                    None,
                    "convert affected element values to the character\nset specified by the DICOM defined term c\n"
                    "(several terms: with backslashes between them)",
                    argument="[c]harset: string",
                ),
                Option(
                    "-Ct --transliterate",
                    "transliterate",
                    True,
                    "try to approximate characters that cannot be\nrepresented through similar looking characters",
                ),
                Option(
                    "-Cd --discard-illegal",
                    "discard",
                    True,
                    "discard characters that cannot be represented\nin destination character set",
                ),
            ),
        ),
        (
            "other processing options",
            (
                Option(
                    "-ig --no-invalid-groups",
                    "no_invalid_groups",
                    True,
                    "remove elements with invalid group number",
                ),
            ),
        ),
    ),
    Group(
        "output options",
        (
            "output files",
            (
                Option(
                    "-od --output-directory",
                    "output_directory",
                    None,
                    "write a file for each dcmfile-in to directory d,\nwhich is created if it does not exist",
                    argument="[d]irectory: string",
                    conflicts="--in-place",
                ),
                Option("-ip --in-place", "in_place", True, "replace each dcmfile-in by what it is converted to"),
            ),
        ),
        (
            "output file format",
            (
                Option(
                    "+Fm --write-new-meta-info",
                    "meta",
                    "new",
                    "write file format\nwith new meta information (default)",
                ),
                Option("+F --write-file", "meta", "keep", "write file format"),
                WRITE_DATASET,
            ),
        ),
        (
            OUTPUT_TRANSFER_SYNTAX[0],
            (
                *OUTPUT_TRANSFER_SYNTAX[1],
                DEFLATED,
                Option(
                    "+tg --write-xfer-ge",
                    "output_transfer_syntax",
                    "1.2.840.113619.5.2",
                    "write private GE LEI with big endian pixel TS\n(non-standard)",
                ),
            ),
        ),
        NEW_VRS,
        GROUP_LENGTH,
        (
            SEQUENCE_LENGTH[0],
            (
                *SEQUENCE_LENGTH[1],
                Option(
                    "+eo --write-oversized",
                    "oversized",
                    True,
                    "write oversized explicit length sequences\nand items with undefined length (default)",
                ),
                Option(
                    "-eo --abort-oversized",
                    "oversized",
                    False,
                    "abort on oversized explicit sequences/items",
                ),
            ),
        ),
        PADDING,
        COMPRESSION_LEVEL,
    ),
)

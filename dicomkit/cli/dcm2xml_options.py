"""The options of `dicomkit dcm2xml`."""

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
    ("xmlfile-out", 'XML output filename (default, or "-": stdout)'),
)
USAGE: Final = "dcmfile-in [xmlfile-out]\n       dcm2xml [options] --output-directory directory dcmfile-in..."
NATIVE: Final = "--native-format"

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        FILE_FORMAT,
        TRANSFER_SYNTAX,
        (f"{INPUT_FILES[0]} (with --output-directory)", INPUT_FILES[1]),
        (
            "long tag values",
            (
                Option("+M --load-all", "load", True, "load very long tag values (e.g. pixel data)"),
                Option("-M --load-short", "load", False, "do not load very long values (default)"),
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
    ),
    Group(
        "processing options",
        (
            "specific character set",
            (
                Option("+Cr --charset-require", "charset", "", "require declaration of extended charset (def.)"),
                Option(
                    "+Ca --charset-assume",
                    "charset",
                    None,
                    "assume charset c if no extended charset declared",
                    argument="[c]harset: string",
                ),
                Option(
                    "+Cc --charset-check-all",
                    "check_all",
                    True,
                    "check all data elements with string values\n(default: only PN, LO, LT, SH, ST, UC and UT)",
                ),
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
        OUTPUT_FILES,
        (
            "general XML format",
            (
                Option("-dtk --dcmtk-format", "native", False, "output in DCMTK-specific format (default)"),
                Option("-nat --native-format", "native", True, "output in Native DICOM Model format (part 19)"),
                Option("+Xn --use-xml-namespace", "namespace", True, "add XML namespace declaration to root element"),
            ),
        ),
        (
            "DCMTK-specific format (not with --native-format)",
            (
                Option(
                    "+Xd --add-dtd-reference",
                    "dtd",
                    "reference",
                    "add reference to document type definition (DTD)",
                    conflicts=NATIVE,
                ),
                Option(
                    "+Xe --embed-dtd-content",
                    "dtd",
                    "embed",
                    "embed document type definition into XML document",
                    conflicts=NATIVE,
                ),
                Option(
                    "+Xf --use-dtd-file",
                    "dtd_file",
                    None,
                    "use specified DTD file (only with +Xe)\n(default: built-in)",
                    argument="[f]ilename: string",
                    needs="--embed-dtd-content",
                    conflicts=NATIVE,
                ),
                Option(
                    "+Wn --write-element-name",
                    "names",
                    True,
                    "write name of the DICOM data elements (default)",
                    conflicts=NATIVE,
                ),
                Option(
                    "-Wn --no-element-name",
                    "names",
                    False,
                    "do not write name of the DICOM data elements",
                    conflicts=NATIVE,
                ),
                Option(
                    "+Wb --write-binary-data",
                    "write_binary",
                    True,
                    "write binary data of OB and OW elements\n(default: off, be careful with --load-all)",
                    conflicts=NATIVE,
                ),
            ),
        ),
        (
            "encoding of binary data",
            (
                Option(
                    "+Eh --encode-hex",
                    "binary",
                    "hex",
                    "encode binary data as hex numbers\n(default for DCMTK-specific format)",
                    needs="--write-binary-data",
                    conflicts=NATIVE,
                ),
                Option(
                    "+Eu --encode-uuid",
                    "binary",
                    "uuid",
                    "encode binary data as a UUID reference\n(default for Native DICOM Model)",
                    needs=NATIVE,
                ),
                Option("+Eb --encode-base64", "binary", "base64", "encode binary data as Base64 (RFC 2045, MIME)"),
            ),
        ),
    ),
)

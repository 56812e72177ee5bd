"""The options of `dicomkit dcmsend`."""

from __future__ import annotations

from dicomkit.cli.input_options import INPUT_FILES
from dicomkit.cli.net_options import (
    ACSE_TIMEOUT,
    DIMSE_TIMEOUT,
    INTERNET_PROTOCOL,
    MAX_PDU,
    MAX_SEND_PDU,
    TIMEOUT,
    VERBOSE_PC,
    ae_titles,
)
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.storescu_options import COMPRESSION_LEVEL, PARAMETERS, USAGE
from dicomkit.cli.tls_options import TLS_REQUESTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

GROUPS: Final = (
    Group(
        GENERAL.title,
        *GENERAL.subgroups,
        (
            "",
            (
                VERBOSE_PC,
                Option("--list-decoders", "list_decoders", True, "list transfer syntaxes of decoders and exit"),
            ),
        ),
    ),
    Group(
        "input options",
        (
            "input file format",
            (
                Option("+f --read-file", "input_format", "auto", "read file format or data set"),
                Option("+fo --read-file-only", "input_format", "file-only", "read file format only (default)"),
                Option("-f --read-dataset", "input_format", "data-set-only", "read data set without file meta information"),
            ),
        ),
        (
            "input files",
            (
                Option("+rd --read-from-dicomdir", "dicomdir", True, "read information on input files from DICOMDIR"),
                *INPUT_FILES[1],
            ),
        ),
    ),
    Group(
        "processing options",
        (
            "transfer syntax conversion",
            (
                Option("-dn --decompress-never", "transcode", "never", "never decompress compressed data sets"),
                Option(
                    "+dls --decompress-lossless", "transcode", "lossless", "only decompress lossless compression (default)"
                ),
                Option("+dly --decompress-lossy", "transcode", "lossy", "decompress both lossy and lossless compression"),
            ),
        ),
        ("deflate compression level", (COMPRESSION_LEVEL,)),
        (
            "other processing options",
            (
                Option(
                    "-nh --no-halt",
                    "no_halt",
                    True,
                    "do not halt on first invalid input file\nor if unsuccessful store encountered",
                ),
                Option(
                    "-nip --no-illegal-proposal",
                    "no_illegal_proposal",
                    True,
                    "propose the default TS for every SOP class,\neven if it is of no use",
                ),
                Option("-nuc --no-uid-checks", "no_uid_checks", True, "do not check UID values of input files"),
            ),
        ),
    ),
    Group(
        "network options",
        INTERNET_PROTOCOL,
        ae_titles("DCMSEND"),
        (
            "association handling",
            (
                Option(
                    "+ma --multi-associations",
                    "multi",
                    True,
                    "use multiple associations (one after the other)\nif needed to transfer the instances (default)",
                ),
                Option("-ma --single-association", "multi", False, "always use a single association"),
            ),
        ),
        ("other network options", (TIMEOUT, ACSE_TIMEOUT, DIMSE_TIMEOUT, MAX_PDU, MAX_SEND_PDU)),
    ),
    TLS_REQUESTOR,
    Group(
        "output options",
        (
            "general",
            (
                Option(
                    "+crf --create-report-file",
                    "report",
                    None,
                    "create a detailed report on the transfer\n(if successful) and write it to text file f",
                    argument="[f]ilename: string",
                ),
            ),
        ),
    ),
)

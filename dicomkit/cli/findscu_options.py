"""The options of `dicomkit findscu`."""

from __future__ import annotations

from dicomkit.cli.net_options import (
    ABORT,
    ACSE_TIMEOUT,
    DIMSE_TIMEOUT,
    INTERNET_PROTOCOL,
    MAX_PDU,
    REPEAT,
    SOCKET_TIMEOUT,
    TIMEOUT,
    USER_IDENTITY,
    ae_titles,
)
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import NEW_VRS
from dicomkit.cli.query_options import KEY, model
from dicomkit.cli.tls_options import TLS_REQUESTOR
from dicomkit.cli.transfer_syntax_options import PROPOSED_QUERY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "OUTPUT_DIRECTORY", "PARAMETERS", "QUERY_COMPRESSION", "QUERY_PARAMETERS", "USAGE"]

QUERY_PARAMETERS: Final = (
    ("peer", "hostname of DICOM peer"),
    ("port", "tcp/ip port number of peer"),
    ("dcmfile-in", "DICOM query file(s)"),
)
PARAMETERS: Final = QUERY_PARAMETERS
USAGE: Final = "peer port [dcmfile-in...]"

OUTPUT_DIRECTORY: Final = Option(
    "-od --output-directory",
    "output_directory",
    None,
    "write received objects to existing directory d",
    argument='[d]irectory: string (default: ".")',
)

QUERY_COMPRESSION: Final = (
    "deflate compression level (only with --propose-deflated)",
    (
        Option(
            "+cl --compression-level",
            "query_level",
            None,
            "0=uncompressed, 1=fastest, 9=best compression",
            argument="[l]evel: integer (default: 6)",
            convert=integer(0, 9),
            needs="--propose-deflated",
        ),
    ),
)

GROUPS: Final = (
    GENERAL,
    Group(
        "network options",
        KEY,
        model("query", "W"),
        INTERNET_PROTOCOL,
        ae_titles("FINDSCU"),
        NEW_VRS,
        PROPOSED_QUERY,
        QUERY_COMPRESSION,
        USER_IDENTITY,
        (
            "other network options",
            (
                TIMEOUT,
                SOCKET_TIMEOUT,
                ACSE_TIMEOUT,
                DIMSE_TIMEOUT,
                MAX_PDU,
                REPEAT,
                ABORT,
                Option(
                    "--cancel",
                    "cancel",
                    None,
                    "cancel after n responses (default: never)",
                    argument="[n]umber: integer",
                    convert=integer(1, 0x7FFFFFFF),
                ),
            ),
        ),
    ),
    TLS_REQUESTOR,
    Group(
        "output options",
        (
            "general",
            (
                Option(
                    "-od --output-directory",
                    "output_directory",
                    None,
                    "write output files to existing directory d",
                    argument='[d]irectory: string (default: ".")',
                ),
            ),
        ),
        (
            "automatic data correction",
            (
                Option("+dc --enable-correction", "correct", True, "enable automatic data correction"),
                Option("-dc --disable-correction", "correct", False, "disable automatic data correction (default)"),
            ),
        ),
        (
            "C-FIND responses",
            (
                Option("+sr --show-responses", "show", True, "always output responses to the logger"),
                Option("-sr --hide-responses", "show", False, "do not output responses to the logger"),
                Option("-X --extract", "extract", True, "extract responses to DICOM file (rsp0001.dcm...)"),
                Option("-Xx --extract-xml", "extract_xml", True, "extract responses to XML file (rsp0001.xml...)"),
                Option(
                    "-Xs --extract-xml-single",
                    "extract_single",
                    None,
                    "extract all responses to given XML file f",
                    argument="[f]ilename: string",
                ),
                Option(
                    "-Xlo --limit-output",
                    "limit",
                    None,
                    "limit number of responses extracted to file to n\n(default: unlimited)",
                    argument="[n]umber: integer",
                    convert=integer(1, 0x7FFFFFFF),
                ),
            ),
        ),
    ),
)

"""The options of `dicomkit movescu`."""

from __future__ import annotations

from dicomkit.cli.findscu_options import OUTPUT_DIRECTORY, QUERY_PARAMETERS
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
    VERBOSE_PC,
    ae_title,
    ae_titles,
)
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import DEFLATED, GROUP_LENGTH, NEW_VRS, OUTPUT_TRANSFER_SYNTAX, SEQUENCE_LENGTH
from dicomkit.cli.query_options import KEY, model
from dicomkit.cli.tls_options import TLS_BOTH
from dicomkit.cli.transfer_syntax_options import PREFERRED_OR_ALL, PROPOSED_QUERY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "RECEIVED_FORMAT", "USAGE"]

PARAMETERS: Final = QUERY_PARAMETERS
USAGE: Final = "peer port [dcmfile-in...]"

#: How received objects are written; without any of them they stay as they were sent.
RECEIVED_FORMAT: Final = (
    (
        "bit preserving mode",
        (
            Option("-B --normal", "bit_preserving", False, "allow implicit format conversions (default)"),
            Option("+B --bit-preserving", "bit_preserving", True, "write data exactly as read"),
        ),
    ),
    (
        "output file format",
        (
            Option("+F --write-file", "meta", "keep", "write file format (default)"),
            Option("-F --write-dataset", "meta", "none", "write data set without file meta information"),
        ),
    ),
    (
        "output transfer syntax (not with --bit-preserving or compressed transmission)",
        (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED),
    ),
    (f"{NEW_VRS[0]} (not with --bit-preserving)", NEW_VRS[1]),
    (f"{GROUP_LENGTH[0]} (not with --bit-preserving)", GROUP_LENGTH[1]),
    (f"{SEQUENCE_LENGTH[0]} (not with --bit-preserving)", SEQUENCE_LENGTH[1]),
    (
        "data set trailing padding (not with --write-dataset or --bit-preserving)",
        (
            Option("-p --padding-off", "padding", (0, 0), "no padding (default)"),
            Option(
                "+p --padding-create",
                "padding",
                None,
                "align file on multiple of f bytes\nand items on multiple of i bytes",
                argument="[f]ile-pad [i]tem-pad: integer",
                convert=lambda option, texts: tuple([integer(0, 0xFFFFFFFF)(option, text) for text in texts]),
                conflicts="--write-dataset",
            ),
        ),
    ),
    (
        "deflate compression level (only with -xd or --write-xfer-deflated/same)",
        (
            Option(
                "+cl --compression-level",
                "deflate_level",
                None,
                "0=uncompressed, 1=fastest, 9=best compression",
                argument="[l]evel: integer (default: 6)",
                convert=integer(0, 9),
            ),
        ),
    ),
)

GROUPS: Final = (
    Group(GENERAL.title, *GENERAL.subgroups, ("", (VERBOSE_PC,))),
    Group(
        "network options",
        KEY,
        model("query", "P"),
        INTERNET_PROTOCOL,
        (
            "application entity titles",
            (
                *ae_titles("MOVESCU")[1],
                ae_title("-aem --move", "destination", "set move destinat. AE title (default: MOVESCU)"),
            ),
        ),
        ("preferred network transfer syntaxes (incoming associations)", PREFERRED_OR_ALL[1]),
        ("proposed transmission transfer syntaxes (outgoing associations)", PROPOSED_QUERY[1]),
        (
            "port for incoming network associations",
            (
                Option("--no-port", "port", 0, "no port for incoming associations (default)"),
                Option(
                    "+P --port",
                    "port",
                    None,
                    "port number for incoming associations",
                    argument="[n]umber: integer",
                    convert=integer(1, 65535),
                ),
            ),
        ),
        (
            "handling of illegal datasets following 'pending' move responses",
            (
                Option("-pi --pending-ignore", "pending", "ignore", "assume no dataset present (default)"),
                Option("-pr --pending-read", "pending", "read", "read and ignore dataset"),
            ),
        ),
        USER_IDENTITY,
        (
            "other network options",
            (
                TIMEOUT,
                SOCKET_TIMEOUT,
                ACSE_TIMEOUT,
                DIMSE_TIMEOUT,
                MAX_PDU,
                Option("-dhl --disable-host-lookup", "host_lookup", False, "disable hostname lookup"),
                REPEAT,
                ABORT,
                Option("--ignore", "ignore", True, "ignore store data, receive but do not store"),
                Option(
                    "--cancel",
                    "cancel",
                    None,
                    "cancel after n responses (default: never)",
                    argument="[n]umber: integer",
                    convert=integer(1, 0x7FFFFFFF),
                ),
                Option("-up --uid-padding", "uid_padding", True, "silently correct space-padded UIDs"),
            ),
        ),
    ),
    TLS_BOTH,
    Group("output options", ("general", (OUTPUT_DIRECTORY,)), *RECEIVED_FORMAT),
)

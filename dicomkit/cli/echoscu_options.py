"""The options of `dicomkit echoscu`."""

from __future__ import annotations

from dicomkit.cli.net_options import (
    ABORT,
    ACSE_TIMEOUT,
    CONFIG_FILE,
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
from dicomkit.cli.tls_options import TLS_REQUESTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS"]

PARAMETERS: Final = (("peer", "hostname of DICOM peer"), ("port", "tcp/ip port number of peer"))

GROUPS: Final = (
    GENERAL,
    Group(
        "network options",
        INTERNET_PROTOCOL,
        ae_titles("ECHOSCU"),
        (
            "association negotiation debugging",
            (
                Option(
                    "-pts --propose-ts",
                    "propose_ts",
                    None,
                    "propose n transfer syntaxes",
                    argument="[n]umber: integer (1..60)",
                    convert=integer(1, 60),
                ),
                Option(
                    "-ppc --propose-pc",
                    "propose_pc",
                    None,
                    "propose n presentation contexts",
                    argument="[n]umber: integer (1..128)",
                    convert=integer(1, 128),
                ),
                Option("--explain", "explain", True, "print item by item what was proposed and accepted,\nand why not"),
            ),
        ),
        (f"{CONFIG_FILE[0]} (proposed too)", CONFIG_FILE[1]),
        USER_IDENTITY,
        (
            "other network options",
            (TIMEOUT, SOCKET_TIMEOUT, ACSE_TIMEOUT, DIMSE_TIMEOUT, MAX_PDU, REPEAT, ABORT),
        ),
    ),
    Group(
        TLS_REQUESTOR.title,
        *TLS_REQUESTOR.subgroups,
        (
            "offline certificate verification",
            (
                Option(
                    "+vc --verify-cert",
                    "verify_certificate",
                    None,
                    "verify certificate against CA settings",
                    argument="[f]ilename: string",
                ),
                Option(
                    "+rc --is-root-cert",
                    "is_root_certificate",
                    None,
                    "check if certificate is self-signed root CA",
                    argument="[f]ilename: string",
                ),
            ),
        ),
    ),
)

"""The options of `dicomkit storescp`."""

from __future__ import annotations

from dicomkit.cli.net_options import ACSE_TIMEOUT, CONFIG_FILE, DIMSE_TIMEOUT, MAX_PDU, SOCKET_TIMEOUT, VERBOSE_PC, ae_title
from dicomkit.cli.options import GENERAL, Group, Option, integer, integers
from dicomkit.cli.output_options import (
    DEFLATED,
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    SEQUENCE_LENGTH,
)
from dicomkit.cli.tls_options import TLS_ACCEPTOR
from dicomkit.cli.transfer_syntax_options import PREFERRED_OR_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["BIT_PRESERVING", "GROUPS", "HOST_LOOKUP", "OUTPUT_DIRECTORY", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (("port", "tcp/ip port number to listen on"),)
USAGE: Final = "[port]"

OUTPUT_DIRECTORY: Final = Option(
    "-od --output-directory",
    "output_directory",
    None,
    "write received objects to existing directory d",
    argument='[d]irectory: string (default: ".")',
)
BIT_PRESERVING: Final = (
    Option("-B --normal", "bit_preserving", False, "allow implicit format conversions (default)"),
    Option("+B --bit-preserving", "bit_preserving", True, "write data exactly as read"),
)
HOST_LOOKUP: Final = Option("-dhl --disable-host-lookup", "host_lookup", False, "disable hostname lookup")

_SECONDS: Final = integer(0, 0x7FFFFFFF)
_NOT_BITS: Final = "(not with --bit-preserving)"


def _sleep(name: str, when: str) -> Option:
    return Option(
        f"--sleep-{name}",
        f"sleep_{name}",
        None,
        f"sleep s seconds {when} (default: 0)",
        argument="[s]econds: integer",
        convert=_SECONDS,
    )


GROUPS: Final = (
    Group(GENERAL.title, *GENERAL.subgroups, ("", (VERBOSE_PC,))),
    Group(
        "multi-process options",
        (
            "",
            (
                Option("--single-process", "fork", False, "single process mode (default)"),
                Option("--fork", "fork", True, "share the associations among several processes"),
                Option(
                    "--max-associations",
                    "max_associations",
                    None,
                    "limit maximum number of parallel associations",
                    argument="[a]ssocs: integer (default: 2000)",
                    convert=integer(1, 0x7FFFFFFF),
                ),
            ),
        ),
    ),
    Group(
        "network options",
        CONFIG_FILE,
        PREFERRED_OR_ALL,
        (
            "network host access control (tcp wrapper)",
            (
                Option("-ac --access-full", "access_control", False, "accept connections from any host (default)"),
                Option("+ac --access-control", "access_control", True, "enforce host access control rules"),
            ),
        ),
        (
            "other network options",
            (
                Option("-id --inetd", "inetd", True, "run from inetd super server (not with --fork)", conflicts="--fork"),
                SOCKET_TIMEOUT,
                ACSE_TIMEOUT,
                DIMSE_TIMEOUT,
                ae_title("-aet --aetitle", "ae_title", "set my AE title (default: STORESCP)"),
                MAX_PDU,
                HOST_LOOKUP,
                Option("--refuse", "refuse", True, "refuse association"),
                Option("--reject", "reject", True, "reject association if no implement. class UID"),
                Option("--ignore", "ignore", True, "ignore store data, receive but do not store"),
                _sleep("after", "after store"),
                _sleep("during", "during store"),
                Option(
                    "--abort-after",
                    "abort",
                    "after",
                    "abort association after receipt of C-STORE-RQ\n(but before sending response)",
                ),
                Option("--abort-during", "abort", "during", "abort association during receipt of C-STORE-RQ"),
                Option(
                    "-pm --promiscuous",
                    "promiscuous",
                    True,
                    "promiscuous mode, accept unknown SOP classes\n(not with --config-file)",
                ),
                Option("-up --uid-padding", "uid_padding", True, "silently correct space-padded UIDs"),
            ),
        ),
    ),
    TLS_ACCEPTOR,
    Group(
        "output options",
        ("general", (OUTPUT_DIRECTORY,)),
        ("bit preserving mode", BIT_PRESERVING),
        OUTPUT_FORMAT,
        (
            "output transfer syntax (not with --bit-preserving or compressed transmission)",
            (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED),
        ),
        (f"{NEW_VRS[0]} {_NOT_BITS}", NEW_VRS[1]),
        (f"{GROUP_LENGTH[0]} {_NOT_BITS}", GROUP_LENGTH[1]),
        (f"{SEQUENCE_LENGTH[0]} {_NOT_BITS}", SEQUENCE_LENGTH[1]),
        (
            "data set trailing padding (not with --write-dataset or --bit-preserving)",
            (
                Option("-p --padding-off", "padding", (0, 0), "no padding (default)"),
                Option(
                    "+p --padding-create",
                    "padding",
                    None,
                    "align file on multiple of f bytes and items\non multiple of i bytes",
                    argument="[f]ile-pad [i]tem-pad: integer",
                    convert=integers(0, 0xFFFFFFFF),
                    conflicts="--write-dataset",
                ),
            ),
        ),
        (
            "handling of defined length UN elements",
            (
                Option("-uc --retain-un", "uc", "", "retain elements as UN (default)"),
                Option("+uc --convert-un", "uc", "convert-un", "convert to real VR if known"),
            ),
        ),
        (
            "deflate compression level (only with --write-xfer-deflated/same)",
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
        (
            "sorting into subdirectories (not with --bit-preserving)",
            (
                Option(
                    "-ss --sort-conc-studies",
                    "sort",
                    "timestamp",
                    "sort studies using prefix p and a timestamp",
                    argument="[p]refix: string",
                ),
                Option(
                    "-su --sort-on-study-uid",
                    "sort",
                    "uid",
                    "sort studies using prefix p and the Study\nInstance UID",
                    argument="[p]refix: string",
                ),
                Option(
                    "-sp --sort-on-patientname",
                    "sort",
                    ("patient", ""),
                    "sort studies using the Patient's Name and\na timestamp",
                ),
            ),
        ),
        (
            "filename generation",
            (
                Option("-uf --default-filenames", "naming", "uid", "generate filename from instance UID (default)"),
                Option("+uf --unique-filenames", "naming", "unique", "generate unique filenames"),
                Option("-tn --timenames", "naming", "time", "generate filename from creation time"),
                Option(
                    "-fe --filename-extension",
                    "extension",
                    None,
                    "append e to all filenames",
                    argument="[e]xtension: string",
                ),
            ),
        ),
    ),
    Group(
        "event options",
        (
            "",
            (
                Option(
                    "-xcr --exec-on-reception",
                    "exec_reception",
                    None,
                    "execute command c after having received and\nprocessed one C-STORE-RQ message",
                    argument="[c]ommand: string",
                ),
                Option(
                    "-xcs --exec-on-eostudy",
                    "exec_study",
                    None,
                    "execute command c after having received and\n"
                    "processed all C-STORE-RQ messages that belong\nto one study",
                    argument="[c]ommand: string",
                ),
                Option(
                    "-rns --rename-on-eostudy",
                    "rename",
                    True,
                    "having received and processed all C-STORE-RQ\n"
                    "messages that belong to one study, rename\noutput files according to certain pattern",
                ),
                Option(
                    "-tos --eostudy-timeout",
                    "study_timeout",
                    None,
                    "specifies a timeout of t seconds for\nend-of-study determination",
                    argument="[t]imeout: integer",
                    convert=_SECONDS,
                ),
                Option("-xs --exec-sync", "exec_sync", True, "execute command synchronously in foreground"),
            ),
        ),
    ),
)

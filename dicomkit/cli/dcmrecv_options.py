"""The options of `dicomkit dcmrecv`."""

from __future__ import annotations

from dicomkit.cli.net_options import ACSE_TIMEOUT, CONFIG_FILE, DIMSE_TIMEOUT, MAX_PDU, VERBOSE_PC, ae_title
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.storescp_options import BIT_PRESERVING, HOST_LOOKUP, OUTPUT_DIRECTORY
from dicomkit.cli.tls_options import TLS_ACCEPTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (("port", "tcp/ip port number to listen on"),)
USAGE: Final = "port"

GROUPS: Final = (
    Group(GENERAL.title, *GENERAL.subgroups, ("", (VERBOSE_PC,))),
    Group(
        "network options",
        CONFIG_FILE,
        (
            "application entity title",
            (
                ae_title("-aet --aetitle", "ae_title", "set my AE title (default: DCMRECV)"),
                Option("-uca --use-called-aetitle", "use_called", True, "always respond with called AE title"),
            ),
        ),
        ("other network options", (ACSE_TIMEOUT, DIMSE_TIMEOUT, MAX_PDU, HOST_LOOKUP)),
    ),
    TLS_ACCEPTOR,
    Group(
        "output options",
        ("general", (OUTPUT_DIRECTORY,)),
        (
            "subdirectory generation",
            (
                Option("-s --no-subdir", "series_date", False, "do not generate any subdirectories (default)"),
                Option("+ssd --series-date-subdir", "series_date", True, "generate subdirectories from series date"),
            ),
        ),
        (
            "filename generation",
            (
                Option("+fd --default-filenames", "naming", "uid", "generate filename from instance UID (default)"),
                Option("+fu --unique-filenames", "naming", "unique", "generate unique filename based on new UID"),
                Option("+fsu --short-unique-names", "naming", "short", "generate short pseudo-random unique filename"),
                Option("+fst --system-time-names", "naming", "system-time", "generate filename from current system time"),
                Option(
                    "-fe --filename-extension",
                    "extension",
                    None,
                    "append e to all generated filenames",
                    argument="[e]xtension: string (default: none)",
                ),
            ),
        ),
        (
            "storage mode",
            (
                *BIT_PRESERVING,
                Option("--ignore", "bit_preserving", "ignore", "ignore dataset, receive but do not store it"),
            ),
        ),
    ),
)

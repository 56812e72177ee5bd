"""The options of `dicomkit storescu`."""

from __future__ import annotations

from dicomkit.cli.input_options import FILE_FORMAT, INPUT_FILES
from dicomkit.cli.net_options import (
    ABORT,
    ACSE_TIMEOUT,
    CONFIG_FILE,
    DIMSE_TIMEOUT,
    INTERNET_PROTOCOL,
    MAX_PDU,
    MAX_SEND_PDU,
    REPEAT,
    SOCKET_TIMEOUT,
    TIMEOUT,
    USER_IDENTITY,
    VERBOSE_PC,
    ae_titles,
)
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import NEW_VRS
from dicomkit.cli.tls_options import TLS_REQUESTOR
from dicomkit.cli.transfer_syntax_options import PROPOSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["COMPRESSION_LEVEL", "FILES", "GROUPS", "PARAMETERS", "USAGE"]

FILES: Final = ("dcmfile-in", "DICOM file or directory to be transmitted")
PARAMETERS: Final = (("peer", "hostname of DICOM peer"), ("port", "tcp/ip port number of peer"), FILES)
USAGE: Final = "peer port dcmfile-in..."

COMPRESSION_LEVEL: Final = Option(
    "+cl --compression-level",
    "deflate_level",
    None,
    "0=uncompressed, 1=fastest, 9=best compression",
    argument="[l]evel: integer (default: 6)",
    convert=integer(0, 9),
)

_ANY: Final = integer(1, 0x7FFFFFFF)


def _invention(names: str, field: str, help: str) -> Option:
    return Option(names, field, None, help, argument="[n]umber: integer (implies --invent-instance)", convert=_ANY)


GROUPS: Final = (
    Group(GENERAL.title, *GENERAL.subgroups, ("", (VERBOSE_PC,))),
    Group(
        "input options",
        FILE_FORMAT,
        (
            INPUT_FILES[0],
            (
                *INPUT_FILES[1],
                Option("-rn --no-rename", "rename", False, "do not rename processed files (default)"),
                Option("+rn --rename", "rename", True, "append .done/.bad to processed files"),
            ),
        ),
    ),
    Group(
        "network options",
        INTERNET_PROTOCOL,
        ae_titles("STORESCU"),
        CONFIG_FILE,
        (
            f"{PROPOSED[0]} (not with --config-file)",
            (
                *PROPOSED[1],
                Option(
                    "-R --required",
                    "required",
                    True,
                    "propose only required presentation contexts\n(default: propose all supported)",
                ),
                Option(
                    "+C --combine",
                    "combine",
                    True,
                    "combine proposed transfer syntaxes\n(default: separate pres. context for each TS)",
                ),
            ),
        ),
        NEW_VRS,
        ("deflate compression level (only with --propose-deflated or --config-file)", (COMPRESSION_LEVEL,)),
        USER_IDENTITY,
        (
            "other network options",
            (
                TIMEOUT,
                SOCKET_TIMEOUT,
                ACSE_TIMEOUT,
                DIMSE_TIMEOUT,
                MAX_PDU,
                MAX_SEND_PDU,
                REPEAT,
                ABORT,
                Option(
                    "-nh --no-halt",
                    "no_halt",
                    True,
                    "do not halt if unsuccessful store encountered\n(default: do halt)",
                ),
                Option("-up --uid-padding", "uid_padding", True, "silently correct space-padded UIDs"),
                Option(
                    "+II --invent-instance",
                    "invent_instance",
                    True,
                    "invent a new SOP instance UID for every image\nsent",
                ),
                _invention(
                    "+IR --invent-series",
                    "invent_series",
                    "invent a new series UID after n images\nhave been sent (default: 100)",
                ),
                _invention(
                    "+IS --invent-study",
                    "invent_study",
                    "invent a new study UID after n series\nhave been sent (default: 50)",
                ),
                _invention(
                    "+IP --invent-patient",
                    "invent_patient",
                    "invent a new patient ID and name after n studies\nhave been sent (default: 25)",
                ),
            ),
        ),
    ),
    TLS_REQUESTOR,
)

"""`dicomkit termscu`: tell a server of DCMTK's to shut down, as DCMTK's termscu does."""

from __future__ import annotations

from dicomkit.cli.net_options import INTERNET_PROTOCOL, MAX_PDU, ae_titles, connection
from dicomkit.cli.options import GENERAL, Group
from dicomkit.cli.requestor import NotAssociated, close, open_association

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["GROUPS", "PARAMETERS", "run"]

#: DCMTK's private SOP class. A server that is willing shuts down when it is proposed, and rejects the association.
SHUTDOWN: Final = "1.2.276.0.7230010.3.4.1915765545.18030.917282194.0"

PARAMETERS: Final = (("peer", "hostname of DICOM peer"), ("port", "tcp/ip port number of peer"))

GROUPS: Final = (
    GENERAL,
    Group("network options", INTERNET_PROTOCOL, ae_titles("TERMSCU"), ("other network options", (MAX_PDU,))),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code, which is 1 whether the server has shut down or not."""
    arguments = connection(options, "TERMSCU")
    arguments["contexts"] = [(SHUTDOWN, ("1.2.840.10008.1.2",))]
    try:
        association = open_association(arguments, log)
    except NotAssociated:
        return 1
    return 0 if close(association, options, log) else 1

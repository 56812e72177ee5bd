"""Opening and closing an association with the messages of DCMTK's tools."""

from __future__ import annotations

from dicomkit.cli.options import UsageError
from dicomkit.errors import AssociationAborted, AssociationRejected, NetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.association import Association
    from dicomkit.net.outgoing import Outgoing
    from dicomkit.net.results import Stored
    from dicomkit.net.status import Status
    from dicomkit.net.transcoding import Transcode

__all__ = ["WINDOW", "NotAssociated", "close", "failed", "open_association", "status_text", "stored", "write_lines"]

#: Result, source and reason of a rejection (PS3.8 table 9-21) in DCMTK's words.
_RESULTS: Final = {1: "Rejected Permanent", 2: "Rejected Transient"}
_SOURCES: Final = {
    1: "Service User",
    2: "Service Provider (ACSE Related)",
    3: "Service Provider (Presentation Related)",
}
_REASONS: Final = {
    (1, 1): "No Reason",
    (1, 2): "App Context Name Not Supported",
    (1, 3): "Calling AE Title Not Recognized",
    (1, 7): "Called AE Title Not Recognized",
    (2, 1): "No Reason",
    (2, 2): "Protocol Version Not Supported",
    (3, 1): "Temporary Congestion",
    (3, 2): "Local Limit Exceeded",
}

#: Objects that are sent before the first is answered, if the peer agrees, and the one operation that it may always ask for.
WINDOW: Final = (8, 1)

_PDV_HEADERS: Final = 12  # bytes of the headers of a PDU and a PDV


class NotAssociated(Exception):
    """There is no association that could be used; the log says why.

    Attributes:
        error: why it failed; None if the peer accepted nothing that was proposed.
    """

    def __init__(self, error: NetworkError | None) -> None:
        super().__init__(error)
        self.error = error


def write_lines(log: Log, level: str, lines: Iterable[str]) -> None:
    """Log a text of several lines."""
    for line in lines:
        log.write(level, line)


def open_association(arguments: dict[str, Any], log: Log, *, level: str = "fatal", verbose_pc: bool = False) -> Association:
    """Open an association.

    Args:
        arguments: of `dicomkit.associate`.
        log: where to say what happens.
        level: of what fails.
        verbose_pc: whether the presentation contexts are shown in verbose mode, not in debug mode only.

    Raises:
        NotAssociated: there is none, or none of the presentation contexts was accepted.
        UsageError: the arguments make no sense.
    """
    from dicomkit.net.association import associate
    from dicomkit.net.negotiation import propose

    shown = "info" if verbose_pc else "debug"
    names = ("contexts", "called", "calling", "roles", "max_pdu_length", "async_window", "user_identity", "extended")
    try:
        if log.shows(shown):
            from dicomkit.cli.association_dump import association_lines

            request = propose(**{name: arguments[name] for name in names if name in arguments})
            write_lines(log, shown, ["Request Parameters:", *association_lines(request)])
        log.info("Requesting Association")
        association = associate(**arguments)
    except ValueError as error:
        raise UsageError(str(error)) from None
    except AssociationRejected as error:
        log.write(level, "Association Rejected:")
        result, source = _RESULTS.get(error.result, error.result), _SOURCES.get(error.source, error.source)
        log.write(level, f"Result: {result}, Source: {source}")
        log.write(level, f"Reason: {_REASONS.get((error.source, error.reason), error.reason)}")
        raise NotAssociated(error) from None
    except NetworkError as error:
        log.write(level, f"Association Request Failed: {error}")
        raise NotAssociated(error) from None
    agreement = association.agreement
    if log.shows(shown):
        write_lines(
            log, shown, ["Association Parameters Negotiated:", *association_lines(agreement.request, agreement.answer)]
        )
    if not agreement.contexts:
        log.write(level, "No Acceptable Presentation Contexts")
        association.abort()
        raise NotAssociated(None)
    longest = agreement.max_pdu_length
    log.info(f"Association Accepted (Max Send PDV: {longest - _PDV_HEADERS if longest else 'unlimited'})")
    return association


def close(association: Association, options: Options, log: Log) -> bool:
    """Release the association, or abort it with `--abort`. Returns whether that went well."""
    if options.get("abort"):
        log.info("Aborting Association")
        association.abort()
        return True
    log.info("Releasing Association")
    try:
        association.release()
    except NetworkError as error:
        log.fatal(f"Association Release Failed: {error}")
        return False
    return True


def stored(
    association: Association, objects: Iterable[Outgoing], *, in_turn: bool, transcode: Transcode = "lossless"
) -> Iterator[Stored]:
    """Store objects, and say what became of each.

    Args:
        association: over which.
        objects: what is stored.
        in_turn: take the next object when all is done about the one before.
        transcode: see `Association.store_many`.
    """
    if in_turn:
        for each in objects:
            yield from association.store_many([each], transcode=transcode)
    else:
        yield from association.store_many(objects, transcode=transcode)


def status_text(status: Status) -> str:
    """The meaning of a status with a capital letter, as DCMTK has it."""
    return status.text[:1].upper() + status.text[1:]


def failed(association: Association, error: Exception, what: str, log: Log) -> None:
    """An operation has failed, and with it the association."""
    if isinstance(error, AssociationAborted):
        log.error(f"Peer Aborted Association: {error}")
        return
    log.error(f"{what} Failed: {error}")
    log.info("Aborting Association")
    association.abort()

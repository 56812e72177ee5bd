"""The DIMSE-C operations, each once (PS3.7 section 9), without I/O: the drivers run them. DIMSE-N: `n_operations`.

An operation is a generator. It sends by the `ServiceUser`, and yields

- `WAIT`: the driver sends what is to be sent, waits for a message, and resumes the operation with it;
- `SEND`: the driver sends what is to be sent, and resumes the operation;
- a `Work`: something that may take its time, as reading a file; the driver does it, and resumes the operation with what it
  returns, or raises what it raises;
- anything else: a result, for the caller of the driver.

What it returns is the outcome of the whole.
"""

from __future__ import annotations

from dicomkit.errors import DicomError, DimseError, NetworkError, NoPresentationContext, ParseError
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import refusal
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.received import data_set
from dicomkit.net.results import Retrieval, Stored
from dicomkit.net.status import PENDING, Status
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Any, Final, TypeAlias, TypeVar

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.negotiation import Agreement, Context
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.received import Sink
    from dicomkit.net.service_user import ServiceUser
    from dicomkit.net.transcoding import Transcode

    Outcome = TypeVar("Outcome")
    #: See above. Type checkers cannot say what goes in and out of each `yield`.
    Operation: TypeAlias = Generator[Any, Any, Outcome]

__all__ = ["SEND", "WAIT", "Work", "echo", "failure", "find", "get", "move", "store", "store_many"]

VERIFICATION: Final = "1.2.840.10008.1.1"

# Tags of command elements.
COMMAND_FIELD: Final = 0x00000100
AFFECTED_CLASS: Final = 0x00000002
PRIORITY: Final = 0x00000700
MOVE_DESTINATION: Final = 0x00000600
AFFECTED_INSTANCE: Final = 0x00001000
ORIGINATOR: Final = 0x00001030
ORIGINATOR_MESSAGE: Final = 0x00001031

C_STORE_RQ: Final = 0x0001
CANNOT_UNDERSTAND: Final = 0xC000  # statuses of C-STORE (PS3.4 B.2.3)
OUT_OF_RESOURCES: Final = 0xA700

MOST_UNDER_WAY: Final = 64  # more gains nothing, and their responses might fill the buffers between the peers

PRIORITIES: Final = {"medium": 0, "high": 1, "low": 2}  # PS3.7 9.1


class Step:
    """The type of `WAIT` and `SEND`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


WAIT: Final = Step("WAIT")
SEND: Final = Step("SEND")


class Work:
    """Something that may take its time: `function(*arguments)`."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments


def agreement_of(user: ServiceUser) -> Agreement:
    if user.ended is not None or user.agreement is None:
        raise user.ended or NetworkError("there is no association", user.peer)
    return user.agreement


def context_of(user: ServiceUser, abstract_syntax: str) -> Context:
    """A presentation context in which requests of a SOP class can be sent."""
    agreement = agreement_of(user)
    context = agreement.find(abstract_syntax)
    if context is None:
        raise refusal(abstract_syntax, agreement, user.peer)
    return context


def _context_of_service(user: ServiceUser, sop_class: str | None, kind: str) -> Context:
    """The presentation context of an information model; the first one of a kind ("Find", "Move", "Get") if none is named."""
    if sop_class is not None:
        return context_of(user, sop_class)
    for context in agreement_of(user).contexts.values():
        if context.as_scu and UID(context.abstract_syntax).keyword.endswith(kind):
            return context
    raise NoPresentationContext("", f"C-{kind.upper()}", "none was accepted", user.peer)


def encoded(dataset: Dataset | None, context: Context) -> list[Any] | None:
    return None if dataset is None else [dataset.to_bytes(meta="none", transfer_syntax=context.transfer_syntax)]


def checked(response: Message) -> Status:
    """The status of a response.

    Raises:
        DimseError: it is a failure.
    """
    status = Status.of(response)
    if status.code and status.is_failure:
        raise failure(status)
    return status


def failure(status: Status) -> DimseError:
    """The error of a status that is a failure."""
    return DimseError(status.code, status.comment, status.service, status.text, status.offending_elements)


# -- DIMSE-C


def echo(user: ServiceUser) -> Operation[Status]:
    """C-ECHO (PS3.7 9.1.5)."""
    context = context_of(user, VERIFICATION)
    user.request({COMMAND_FIELD: 0x0030, AFFECTED_CLASS: VERIFICATION}, context.id)
    return checked((yield WAIT))


def store(
    user: ServiceUser, source: Storable, transcode: Transcode, priority: str, move_originator: tuple[str, int] | None
) -> Operation[Status]:
    """C-STORE (PS3.7 9.1.1)."""
    outgoing, context, parts = yield Work(_prepared, source, agreement_of(user), transcode, user.in_memory)
    try:
        outgoing.message_id = user.request(_store_elements(outgoing, priority, move_originator), context.id, parts)
        return checked((yield WAIT))
    finally:
        outgoing.close()


def store_many(user: ServiceUser, sources: Iterable[Storable], transcode: Transcode, priority: str) -> Operation[None]:
    """C-STORE of many objects, as many at a time as was agreed (PS3.7 D.3.3.3). Yields a `Stored` for each.

    The next object is made ready while the peer is busy with those before.
    """
    agreement = agreement_of(user)
    most = min(agreement.window[0] or MOST_UNDER_WAY, MOST_UNDER_WAY)
    under_way: dict[int, tuple[Storable, Outgoing, Context]] = {}
    ahead: Outgoing | None = None  # it is ready, and not sent yet
    try:
        for source in sources:
            problem: Exception | None = None
            try:
                ahead, context, parts = yield Work(_prepared, source, agreement, transcode, user.in_memory)
            except (DicomError, OSError, ValueError, TypeError) as error:
                if isinstance(error, NetworkError) and not isinstance(error, NoPresentationContext):
                    raise
                problem = error
            if len(under_way) >= most:
                yield _stored((yield WAIT), under_way)
            if ahead is None:
                yield Stored(source, None, problem)
                continue
            if ahead.is_withdrawn:
                ahead.close()
                ahead = None
                continue
            ahead.message_id = user.request(_store_elements(ahead, priority, None), context.id, parts)
            under_way[ahead.message_id] = (source, ahead, context)
            ahead = None
            yield SEND  # taking the next of the sources may last
        while under_way:
            yield _stored((yield WAIT), under_way)
    finally:
        if ahead is not None:
            ahead.close()
        for _, outgoing, _ in under_way.values():
            outgoing.close()


def _prepared(
    source: Storable, agreement: Agreement, transcode: Transcode, in_memory: bool
) -> tuple[Outgoing, Context, Any]:
    outgoing = source if isinstance(source, Outgoing) else Outgoing(source)
    try:
        context, parts = outgoing.fit(agreement, transcode, in_memory=in_memory)
    except BaseException:
        outgoing.close()
        raise
    return outgoing, context, parts


def _store_elements(outgoing: Outgoing, priority: str, originator: tuple[str, int] | None) -> dict[int, Any]:
    elements: dict[int, Any] = {
        COMMAND_FIELD: C_STORE_RQ,
        AFFECTED_CLASS: outgoing.sop_class_uid,
        PRIORITY: PRIORITIES[priority],
        AFFECTED_INSTANCE: outgoing.sop_instance_uid,
    }
    if originator is not None:
        elements[ORIGINATOR], elements[ORIGINATOR_MESSAGE] = originator
    return elements


def _stored(response: Message, under_way: dict[int, tuple[Storable, Outgoing, Context]]) -> Stored:
    source, outgoing, context = under_way.pop(response.elements[0x00000120])
    outgoing.close()
    return Stored(source, Status.of(response), None, context)


def find(user: ServiceUser, query: Dataset, sop_class: str | None, priority: str) -> Operation[Status]:
    """C-FIND (PS3.7 9.1.2). Yields the identifiers of the matches."""
    context = _context_of_service(user, sop_class, "Find")
    elements = {COMMAND_FIELD: 0x0020, AFFECTED_CLASS: context.abstract_syntax, PRIORITY: PRIORITIES[priority]}
    user.request(elements, context.id, encoded(query, context))
    while (response := (yield WAIT)).elements.get(0x00000900) in PENDING:
        if response.has_data:
            yield received(response, context)
    return checked(response)


def move(
    user: ServiceUser,
    query: Dataset,
    destination: str,
    sop_class: str | None,
    priority: str,
) -> Operation[Retrieval]:
    """C-MOVE (PS3.7 9.1.4). Yields a `Retrieval` for each response but the last."""
    context = _context_of_service(user, sop_class, "Move")
    elements = {
        COMMAND_FIELD: 0x0021,
        AFFECTED_CLASS: context.abstract_syntax,
        PRIORITY: PRIORITIES[priority],
        MOVE_DESTINATION: destination,
    }
    user.request(elements, context.id, encoded(query, context))
    while (response := (yield WAIT)).elements.get(0x00000900) in PENDING:
        yield _retrieval(response, context)
    checked(response)
    return _retrieval(response, context)


def get(
    user: ServiceUser,
    query: Dataset,
    sop_class: str | None,
    priority: str,
    receive: Callable[[Message, str], Sink] | None,
    progress: Callable[[Retrieval], object] | None,
) -> Operation[Retrieval]:
    """C-GET (PS3.7 9.1.3). Yields what was received: data sets, or what `finish` of the sinks has returned."""
    context = _context_of_service(user, sop_class, "Get")
    elements = {COMMAND_FIELD: 0x0010, AFFECTED_CLASS: context.abstract_syntax, PRIORITY: PRIORITIES[priority]}
    user.receive = receive or _in_memory
    try:
        user.request(elements, context.id, encoded(query, context))
        while True:
            message: Message = yield WAIT
            if message.command_field == C_STORE_RQ:
                status, result = _taken(user, message, receive is None)
                user.respond(message, status)
                if result is not None:
                    yield result
            elif message.elements.get(0x00000900) not in PENDING:
                checked(message)
                return _retrieval(message, context)
            elif progress is not None:
                progress(_retrieval(message, context))
    finally:
        user.receive = None


def _in_memory(request: Message, transfer_syntax: str) -> Sink:
    from dicomkit.net.received import Collected

    return Collected()


def _taken(user: ServiceUser, message: Message, parse: bool) -> tuple[int, Any]:
    """Status of a C-STORE sub-operation, and what was received."""
    data = message.data
    if isinstance(data, DimseError):
        return data.status, None
    if isinstance(data, OSError):
        return OUT_OF_RESOURCES, None
    if isinstance(data, Exception) or not message.has_data:
        return CANNOT_UNDERSTAND, None
    if not parse:
        return 0, data
    context = agreement_of(user).contexts.get(message.context_id)
    try:
        return 0, data_set(data, "" if context is None else context.transfer_syntax)
    except ParseError:
        return CANNOT_UNDERSTAND, None


def received(message: Message, context: Context) -> Dataset | None:
    """The data set of a response.

    Raises:
        ParseError: it is none.
    """
    return data_set(message.data, context.transfer_syntax) if message.has_data else None


def _retrieval(response: Message, context: Context) -> Retrieval:
    failed: tuple[str, ...] = ()
    if response.has_data:
        try:
            found = data_set(response.data, context.transfer_syntax).get("FailedSOPInstanceUIDList")
        except (DicomError, ValueError):
            found = None
        failed = tuple(map(str, found)) if isinstance(found, tuple) else (str(found),) if found else ()
    return Retrieval(
        Status.of(response),
        response.number_of_remaining_suboperations,
        response.number_of_completed_suboperations or 0,
        response.number_of_failed_suboperations or 0,
        response.number_of_warning_suboperations or 0,
        failed,
    )

"""Retrieval: C-GET and C-MOVE (PS3.4 annex C and others)."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import DicomError, DimseError, NetworkError, Timeout
from dicomkit.net.messages import Message
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.server.calls import iterate
from dicomkit.net.server.destinations import find_destination
from dicomkit.net.server.outcome import encoded
from dicomkit.net.server.query import CANCEL, PENDING, SUCCESS, UNABLE_TO_PROCESS, IdentifierService
from dicomkit.net.server.service import NATIVE, transfer_syntaxes, uids
from dicomkit.net.server.storage_classes import storage_classes, storage_syntaxes
from dicomkit.net.server.sub_association import SubAssociation
from dicomkit.net.status import category

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from typing import Any

    from dicomkit.media.transfer import Part
    from dicomkit.net.negotiation import Agreement, Context
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.server.request import Request
    from dicomkit.net.transcoding import Transcode

__all__ = ["Get", "Move"]

C_GET: Final = 0x0010
C_MOVE: Final = 0x0021

# PS3.4 C.4.2.1.5 and C.4.3.1.4
SUB_OPERATIONS_WITH_FAILURES: Final = 0xB000
UNABLE_TO_PERFORM_SUB_OPERATIONS: Final = 0xA702
MOVE_DESTINATION_UNKNOWN: Final = 0xA801

MEDIUM: Final = 0  # Priority


class Progress:
    """What became of the sub-operations of a retrieval."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.total: int | None = None  # where the handler says how many there are
        self.completed = self.failed = self.warning = 0
        self.failed_instances: list[str] = []

    def expect(self, total: int) -> None:
        """There are so many."""
        self.total = total

    def add(self, instance: str, status: int | None) -> None:
        """Note the outcome of a sub-operation: the status of its C-STORE, or None if it was not answered."""
        kind = "failure" if status is None else category(status)
        if kind == "success":
            self.completed += 1
        elif kind == "warning":
            self.warning += 1
        else:
            self.failed += 1
            if instance:
                self.failed_instances.append(instance)

    def numbers(self) -> dict[str, Any]:
        """Command elements of a response."""
        done = self.completed + self.failed + self.warning
        return {
            "number_of_remaining_suboperations": None if self.total is None else max(self.total - done, 0),
            "number_of_completed_suboperations": self.completed,
            "number_of_failed_suboperations": self.failed,
            "number_of_warning_suboperations": self.warning,
        }

    def finish(self, status: int | None = None) -> None:
        """Give the final response; its status is that of the sub-operations, unless one is given."""
        if status is None:
            if self.request.cancelled:
                status = CANCEL
            elif not self.failed and not self.warning:
                status = SUCCESS
            elif self.completed or self.warning:
                status = SUB_OPERATIONS_WITH_FAILURES
            else:
                status = UNABLE_TO_PERFORM_SUB_OPERATIONS
        numbers = self.numbers()
        if status != CANCEL:
            del numbers["number_of_remaining_suboperations"]
        identifier: list[Part] | None = None
        if self.failed_instances and status != SUCCESS:
            failed = Dataset(FailedSOPInstanceUIDList=tuple(self.failed_instances))
            identifier = [encoded(failed, self.request.transfer_syntax)]
        self.request.dialogue.finish(self.request, status, identifier, **numbers)


class Retrieve(IdentifierService):
    """What C-GET and C-MOVE have in common: see `Get`."""

    def __init__(self, handler: Callable[[Request], Any], transcode: Transcode) -> None:
        self.handler = handler
        self.transcode: Transcode = transcode

    async def perform(self, request: Request) -> None:
        progress = Progress(request)
        counters = self.listener.counters
        try:
            async with aclosing(self.send(request, progress)) as sent:
                async for instance, status in sent:
                    progress.add(instance, status)
                    good = status is not None and category(status) != "failure"
                    counters.objects_sent += good
                    counters.objects_not_sent += not good
                    if request.cancelled:
                        break
                    request.dialogue.pending(request, PENDING, **progress.numbers())
                    await request.dialogue.room()
        except DimseError as error:
            progress.finish(error.status)
        except NetworkError as error:
            if not request.is_open:  # the peer that has asked is gone
                raise
            # the destination cannot be reached, or has aborted
            self.listener.journal.warning("destination-failed", error=type(error).__name__, problem=str(error))
            progress.finish(UNABLE_TO_PERFORM_SUB_OPERATIONS)
        except Exception as error:  # a handler may raise anything
            self.listener.handler_failed(error, message=request.message.name)
            progress.finish(UNABLE_TO_PROCESS)
        else:
            progress.finish()

    def send(self, request: Request, progress: Progress) -> AsyncGenerator[tuple[str, int | None], None]:
        """Send the objects. Yields of each the SOP instance and the status, None if it was not sent or not answered."""
        raise NotImplementedError  # each service has its own


class Get(Retrieve):
    """Answers C-GET: sends objects back over the association that asks for them.

    The peer has to negotiate the role of SCP for their SOP classes (PS3.7 D.3.3.4).

    Args:
        handler: called with a `Request` whose `dataset` is the identifier; gives the objects that are to be sent: paths of
            DICOM files, data sets, DICOM files in memory or open ones. It is a generator, or a function that returns an
            iterable (both run in a thread), or an asynchronous generator. If the peer cancels, it is closed at its next
            object. It may raise a DimseError for a status of its choice.
        transcode: whether an object may be changed for a peer that does not take its transfer syntax: "never"; "lossless" in
            ways that lose nothing; "lossy" also by decompressing what was compressed with loss.
        sop_classes: UIDs or keywords of the information models; None: Patient Root and Study Root.
        storage_classes: of the objects, UIDs or keywords; None: all that are known.
        transfer_syntaxes: of the objects, UIDs or keywords in the order of preference; None: all that are known.
    """

    command_field = C_GET

    def __init__(
        self,
        handler: Callable[[Request], Any],
        *,
        transcode: Transcode = "lossless",
        sop_classes: Iterable[str] = (
            "PatientRootQueryRetrieveInformationModelGet",
            "StudyRootQueryRetrieveInformationModelGet",
        ),
        storage_classes: Iterable[str] | None = None,
        transfer_syntaxes: Iterable[str] | None = None,
    ) -> None:
        super().__init__(handler, transcode)
        self.sop_classes = dict.fromkeys(uids(sop_classes), NATIVE)
        syntaxes = storage_syntaxes() if transfer_syntaxes is None else _transfer_syntaxes(transfer_syntaxes)
        self.sent = dict.fromkeys(_storage_classes() if storage_classes is None else uids(storage_classes), syntaxes)

    def roles(self, abstract_syntax: str) -> tuple[bool, bool]:
        return abstract_syntax in self.sop_classes, abstract_syntax in self.sent

    async def send(self, request: Request, progress: Progress) -> AsyncGenerator[tuple[str, int | None], None]:
        agreement = request.peer.agreement

        def prepare(source: Storable) -> Prepared:
            return Prepared(source, agreement, self.transcode)

        results = iterate(
            self.listener.executor,
            self.handler,
            request,
            prepare,
            sized=progress.expect,
            dispose=Prepared.close,
            ahead=2,
        )
        async with aclosing(results) as all_prepared:
            async for prepared in all_prepared:
                try:
                    yield prepared.instance, await prepared.send(request)
                finally:
                    prepared.close()


_transfer_syntaxes = transfer_syntaxes  # which are arguments above
_storage_classes = storage_classes


class Prepared:
    """An object that is ready to be sent over an association, or cannot be."""

    def __init__(self, source: Storable, agreement: Agreement, transcode: Transcode) -> None:
        self.instance = ""
        self._outgoing: Outgoing | None = None
        self._way: tuple[Context, Iterable[Part]] | None = None
        try:
            self._outgoing = Outgoing(source)
            self.instance = self._outgoing.sop_instance_uid
            self._way = self._outgoing.fit(agreement, transcode)
        except (DicomError, OSError, ValueError, TypeError):
            self.close()

    async def send(self, request: Request) -> int | None:
        """Send it in a C-STORE. Returns its status; None if it cannot be sent or was not answered."""
        if self._way is None or self._outgoing is None:
            return None
        context, parts = self._way
        message = Message.make(
            "C-STORE-RQ",
            context.id,
            has_data=True,
            affected_sop_class_uid=self._outgoing.sop_class_uid,
            affected_sop_instance_uid=self.instance,
            priority=MEDIUM,
        )
        try:
            return (await request.dialogue.ask(context.id, message, parts)).status
        except Timeout:
            return None

    def close(self) -> None:
        """Close what was opened for it."""
        if self._outgoing is not None:
            self._outgoing.close()


class Move(Retrieve):
    """Answers C-MOVE: stores objects at a third application, over an association of its own.

    Where that is, `destinations` of the server says.

    Args:
        handler, transcode: as for `Get`.
        sop_classes: UIDs or keywords of the information models; None: Patient Root and Study Root.
    """

    command_field = C_MOVE

    def __init__(
        self,
        handler: Callable[[Request], Any],
        *,
        transcode: Transcode = "lossless",
        sop_classes: Iterable[str] = (
            "PatientRootQueryRetrieveInformationModelMove",
            "StudyRootQueryRetrieveInformationModelMove",
        ),
    ) -> None:
        super().__init__(handler, transcode)
        self.sop_classes = dict.fromkeys(uids(sop_classes), NATIVE)

    async def send(self, request: Request, progress: Progress) -> AsyncGenerator[tuple[str, int | None], None]:
        listener = self.listener
        title = (request.message.move_destination or "").strip()
        found = await find_destination(listener.executor, listener.server.destinations, title) if title else None
        if found is None:
            raise DimseError(MOVE_DESTINATION_UNKNOWN, "", "C-MOVE")
        originator = (request.peer.ae_title, request.message.message_id or 0)
        timeout = listener.limits.sub_operation or None
        association = SubAssociation(found, title, listener.server.ae_title, originator, self.transcode, timeout)
        results = iterate(listener.executor, self.handler, request, association.store, sized=progress.expect, ahead=1)
        try:
            async with aclosing(results) as statuses:
                async for instance, status in statuses:
                    yield instance, status
        finally:
            listener.executor.submit(association.close)

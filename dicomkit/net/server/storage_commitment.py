"""Storage commitment: as SCP, that keeps objects safely, and as SCU, that gets the results (PS3.4 annex J)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

from dicomkit.errors import DicomError, DimseError, NetworkError
from dicomkit.net.association import associate
from dicomkit.net.messages import Message
from dicomkit.net.server.calls import call
from dicomkit.net.server.destinations import find_destination
from dicomkit.net.server.n_service import NService
from dicomkit.net.server.outcome import encoded
from dicomkit.net.status import category
from dicomkit.net.storage_commitment import INSTANCE, REQUEST, SOP_CLASS, CommitmentRequest, CommitmentResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomkit.net.server.destinations import Destination
    from dicomkit.net.server.request import Request

__all__ = ["StorageCommitment"]

# PS3.7 annex C
NO_SUCH_SOP_INSTANCE: Final = 0x0112
NO_SUCH_ACTION_TYPE: Final = 0x0123
INVALID_ARGUMENT_VALUE: Final = 0x0115
MISSING_ATTRIBUTE: Final = 0x0120

NO_SUCH_OBJECT: Final = 0x0112  # Failure Reason (PS3.3 C.14.1.1)
PROCESSING_FAILURE: Final = 0x0110

PAUSES: Final = (0.0, 5.0, 60.0)  # seconds before each attempt to report


class StorageCommitment(NService):
    """Commits to the safekeeping of objects, or takes the results of one's own requests for it, or both.

    A request is answered at once. Then the objects are looked for, and the result is reported.

    Args:
        is_stored: called with SOP class and instance of an object: True if it is kept safely, False if it is not there, or a
            Failure Reason (PS3.3 C.14.1.1). A function (run in a thread) or a coroutine. None: this side commits to nothing.
        results: called with a `CommitmentResult` that a peer reports: a function (run in a thread) or a coroutine. None: no
            results are taken.
        reply: whether results go over the association of the request as long as it is open ("same"), over a new one to
            where `destinations` of the server says the peer is ("new"), or that if the other is not possible ("either").
    """

    def __init__(
        self,
        is_stored: Callable[[str, str], Any] | None = None,
        *,
        results: Callable[[CommitmentResult], Any] | None = None,
        reply: Literal["same", "new", "either"] = "either",
    ) -> None:
        super().__init__(
            SOP_CLASS,
            n_action=None if is_stored is None else self._asked,
            n_event_report=None if results is None else self._reported,
        )
        self._is_stored = is_stored
        self._results = results
        self._reply = reply

    # -- SCP

    async def _asked(self, request: Request) -> None:
        """N-ACTION: answer, and do the rest after."""
        if request.sop_instance != INSTANCE:
            raise DimseError(NO_SUCH_SOP_INSTANCE)
        if request.message.action_type_id != REQUEST:
            raise DimseError(NO_SUCH_ACTION_TYPE)
        try:
            wanted = CommitmentRequest.of(request.dataset)
        except (DicomError, ValueError) as error:
            raise DimseError(INVALID_ARGUMENT_VALUE, str(error)) from None
        self.listener.spawn(self._commit(request, wanted))

    async def _commit(self, request: Request, wanted: CommitmentRequest) -> None:
        committed = []
        failed = {}
        for reference in dict.fromkeys(wanted.references):
            try:
                answer = await call(self.listener.executor, self._is_stored, *reference)  # type: ignore[arg-type]  # who has none takes no N-ACTION
            except Exception as error:  # a program may raise anything
                self.listener.handler_failed(error, message="storage commitment")
                answer = PROCESSING_FAILURE
            if answer is True or answer is None:
                committed.append(reference)
            else:
                failed[reference] = NO_SUCH_OBJECT if answer is False else int(answer)
        result = CommitmentResult(wanted.transaction, tuple(committed), failed)
        told = False
        try:
            told = await self._report(request, result)
        finally:  # also if the server is stopped before
            if not told:
                title = request.peer.ae_title
                self.listener.journal.error("commitment-lost", calling=title, transaction=result.transaction)

    async def _report(self, request: Request, result: CommitmentResult) -> bool:
        """Tell the result, over one association or another."""
        journal = self.listener.journal
        if self._reply != "new" and await self._report_here(request, result):
            return True
        peer = request.peer
        destinations = self.listener.server.destinations
        found = None
        if self._reply != "same":
            found = await find_destination(self.listener.executor, destinations, peer.ae_title)
        if found is not None:
            for pause in PAUSES:
                await asyncio.sleep(pause)
                try:
                    await call(self.listener.executor, self._report_there, found, peer.ae_title, result)
                except (NetworkError, DimseError) as error:
                    journal.warning("commitment-not-reported", calling=peer.ae_title, problem=str(error))
                else:
                    return True
        return False

    async def _report_here(self, request: Request, result: CommitmentResult) -> bool:
        """Over the association of the request."""
        message = Message.make(
            "N-EVENT-REPORT-RQ",
            request.context.id,
            has_data=True,
            affected_sop_class_uid=SOP_CLASS,
            affected_sop_instance_uid=INSTANCE,
            event_type_id=result.event_type,
        )
        data = [encoded(result.to_dataset(), request.transfer_syntax)]
        try:
            response = await request.dialogue.ask(request.context.id, message, data)
        except NetworkError:
            return False
        return category(response.status or 0) != "failure"

    def _report_there(self, destination: Destination, title: str, result: CommitmentResult) -> None:
        """Over a new association, in a thread."""
        host, port, *rest = destination
        timeout = self.listener.limits.sub_operation or None
        with associate(
            host,
            port,
            contexts=[SOP_CLASS],
            roles={SOP_CLASS: (False, True)},
            called=title,
            calling=self.listener.server.ae_title,
            tls=rest[0] if rest else None,
            connect_timeout=timeout,
            dimse_timeout=timeout,
        ) as association:
            association.n_event_report(SOP_CLASS, INSTANCE, result.event_type, result.to_dataset())

    # -- SCU

    async def _reported(self, request: Request) -> None:
        """N-EVENT-REPORT."""
        try:
            result = CommitmentResult.of(request.dataset)
        except (DicomError, ValueError) as error:
            raise DimseError(INVALID_ARGUMENT_VALUE, str(error)) from None
        assert self._results is not None
        await call(self.listener.executor, self._results, result)

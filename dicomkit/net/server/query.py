"""Queries: C-FIND (PS3.4 annexes C, K, and others)."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from dicomkit.net.server.calls import iterate
from dicomkit.net.server.outcome import encoded
from dicomkit.net.server.receiver import InMemory
from dicomkit.net.server.service import NATIVE, Service, uids

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.server.listener import Listener
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Request

__all__ = ["Find", "IdentifierService"]

C_FIND: Final = 0x0020

# PS3.7 9.1.2.1.5, PS3.4 C.4.1.1.4
SUCCESS: Final = 0x0000
PENDING: Final = 0xFF00
CANCEL: Final = 0xFE00
UNRECOGNIZED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
IDENTIFIER_DOES_NOT_MATCH: Final = 0xA900
UNABLE_TO_PROCESS: Final = 0xC000


class IdentifierService(Service):
    """A service whose requests have an identifier, and several responses."""

    command_field: int

    def start(self, listener: Listener) -> None:
        self.listener = listener

    def receive(self, request: Request) -> Receiver | None:
        if request.message.command_field != self.command_field:
            request.dialogue.finish(request, UNRECOGNIZED_OPERATION)
            return None
        return InMemory(self.listener.limits.identifier_size, lambda data: self._received(request, data))

    def _received(self, request: Request, data: bytes | None) -> None:
        if data is None:
            request.dialogue.finish(request, OUT_OF_RESOURCES)
        elif not request.message.has_data:
            request.dialogue.finish(request, IDENTIFIER_DOES_NOT_MATCH)
        else:
            request.bring(data)
            request.dialogue.perform(request, self.perform(request), UNABLE_TO_PROCESS)

    def perform(self, request: Request) -> Coroutine[Any, Any, None]:
        """Perform a request whose identifier is there."""
        raise NotImplementedError  # each service has its own


class Find(IdentifierService):
    """Answers queries.

    Args:
        handler: called with a `Request` whose `dataset` is the identifier; gives a data set for each match. It is a
            generator, or a function that returns an iterable (both run in a thread), or an asynchronous generator. If the
            peer cancels the query, it is closed at its next match. It may raise a DimseError for a status of its choice.
        sop_classes: UIDs or keywords of the information models; None: Patient Root and Study Root.
    """

    command_field = C_FIND

    def __init__(
        self,
        handler: Callable[[Request], Any],
        *,
        sop_classes: Iterable[str] = (
            "PatientRootQueryRetrieveInformationModelFind",
            "StudyRootQueryRetrieveInformationModelFind",
        ),
    ) -> None:
        self.handler = handler
        self.sop_classes = dict.fromkeys(uids(sop_classes), NATIVE)

    async def perform(self, request: Request) -> None:
        dialogue = request.dialogue
        syntax = request.transfer_syntax

        def encode(match: Dataset) -> bytes:
            return encoded(match, syntax)

        async with aclosing(iterate(self.listener.executor, self.handler, request, encode)) as matches:
            async for match in matches:
                if request.cancelled:
                    break
                dialogue.pending(request, PENDING, [match])
                await dialogue.room()
        dialogue.finish(request, CANCEL if request.cancelled else SUCCESS)

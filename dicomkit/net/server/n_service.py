"""Services of DIMSE-N: N-CREATE, N-SET, N-GET, N-ACTION, N-DELETE, N-EVENT-REPORT (PS3.7 section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit.net.server.calls import call
from dicomkit.net.server.outcome import encoded, outcome_of
from dicomkit.net.server.receiver import InMemory
from dicomkit.net.server.service import NATIVE, Service, uids
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dicomkit.net.server.listener import Listener
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Request

    Handler = Callable[[Request], Any]

__all__ = ["NService"]

N_EVENT_REPORT: Final = 0x0100
N_GET: Final = 0x0110
N_SET: Final = 0x0120
N_ACTION: Final = 0x0130
N_CREATE: Final = 0x0140
N_DELETE: Final = 0x0150

UNRECOGNIZED_OPERATION: Final = 0x0211  # PS3.7 annex C
MISTYPED_ARGUMENT: Final = 0x0212
RESOURCE_LIMITATION: Final = 0x0213
PROCESSING_FAILURE: Final = 0x0110

AFFECTED_SOP_INSTANCE: Final = 0x00001000


class NService(Service):
    """Performs operations of DIMSE-N.

    A handler is a function (run in a thread) or a coroutine that is called with a `Request`. Its `dataset` is the data set
    that came with it, empty if there was none; `sop_class`, `sop_instance` and `message` say what it is about. The handler
    returns None for success, a status, a data set for the answer, or a pair of both; or it raises a DimseError. An
    operation without a handler is refused.

    Args:
        sop_classes: UIDs or keywords of the SOP classes or meta SOP classes.
        n_create, n_set, n_get, n_action, n_delete: handlers of operations that peers ask for.
        n_event_report: handler of events that peers report; this side is the SCU of the SOP class then.

    Raises:
        ValueError: there is no such SOP class.
    """

    def __init__(
        self,
        sop_classes: Iterable[str] | str,
        *,
        n_create: Handler | None = None,
        n_set: Handler | None = None,
        n_get: Handler | None = None,
        n_action: Handler | None = None,
        n_delete: Handler | None = None,
        n_event_report: Handler | None = None,
    ) -> None:
        self.sop_classes = dict.fromkeys(uids(sop_classes), NATIVE)
        handlers = {
            N_CREATE: n_create,
            N_SET: n_set,
            N_GET: n_get,
            N_ACTION: n_action,
            N_DELETE: n_delete,
            N_EVENT_REPORT: n_event_report,
        }
        self._handlers = {field: handler for field, handler in handlers.items() if handler is not None}

    def start(self, listener: Listener) -> None:
        self.listener = listener

    def roles(self, abstract_syntax: str) -> tuple[bool, bool]:
        mine = abstract_syntax in self.sop_classes
        return mine and any(field != N_EVENT_REPORT for field in self._handlers), mine and N_EVENT_REPORT in self._handlers

    def receive(self, request: Request) -> Receiver | None:
        if request.message.command_field not in self._handlers:
            request.dialogue.finish(request, UNRECOGNIZED_OPERATION)
        elif request.message.missing():
            request.dialogue.finish(request, MISTYPED_ARGUMENT)
        else:
            if request.message.command_field == N_CREATE and not request.sop_instance:
                # then the performer assigns one, and says so in the response (PS3.7 10.1.5.1.4)
                request.message.elements[AFFECTED_SOP_INSTANCE] = str(UID.generate())
            return InMemory(self.listener.limits.identifier_size, lambda data: self._received(request, data))
        return None

    def _received(self, request: Request, data: bytes | None) -> None:
        if data is None:
            request.dialogue.finish(request, RESOURCE_LIMITATION)
            return
        request.bring(data)
        request.dialogue.perform(request, self.perform(request), PROCESSING_FAILURE)

    async def perform(self, request: Request) -> None:
        """Perform a request whose data set is there."""
        handler = self._handlers[request.message.command_field]
        status, dataset = outcome_of(await call(self.listener.executor, handler, request))
        data = None if dataset is None else [encoded(dataset, request.transfer_syntax)]
        request.dialogue.finish(request, status, data)

"""What the actions of the state table do (PS3.8 9.2.3): the machine inside of `upper_layer`."""

from __future__ import annotations

from dicomkit.net.negotiation import Agreement
from dicomkit.net.pdu import Abort, AssociateAC, AssociateRJ, AssociateRQ, ReleaseRP, ReleaseRQ
from dicomkit.net.state_table import ALTERNATIVES, TRANSITIONS, Input, State
from dicomkit.net.upper_layer_events import (
    Aborted,
    Associated,
    AssociateRequested,
    Closed,
    Rejected,
    Released,
    ReleaseRequested,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = ["Actions"]

# Sources and reasons of A-ABORT (PS3.8 table 9-26).
USER: Final = 0
PROVIDER: Final = 2
UNRECOGNIZED_PDU: Final = 1
UNEXPECTED_PDU: Final = 2
INVALID_PDU_PARAMETER_VALUE: Final = 6

SHORTEST: Final = 8  # of a PDU that carries something; a peer that says less is not believed

PROTOCOL_VERSION_NOT_SUPPORTED: Final = (1, 2, 2)  # PS3.8 table 9-21


class Actions:
    """The state of one side of one association, and what changes it. Attributes: see UpperLayer."""

    def __init__(self, *, requestor: bool, max_send_pdu_length: int) -> None:
        self.requestor = requestor
        self.state = State.STA1
        self.request: AssociateRQ | None = None
        self.association: Agreement | None = None
        self.artim_running = False
        self.must_close = False
        self._max_send_pdu_length = max_send_pdu_length
        self._max_pdu_length = 0  # of what is sent, once it is agreed
        self._out: list[Any] = []  # parts, and iterators of PDUs
        self._is_streamed = False  # whether an iterator is among them
        self._reply_due = False  # release_reply was called before the state allows it
        self._abort = (USER, 0)
        self._fault = ("", UNEXPECTED_PDU)  # what the peer has done, should it be wrong

    def _step(self, event: Input, pdu: Any = None, events: list[Any] | None = None) -> list[Any]:
        """One cell of the table. What is empty there (bytes after the end, a timer that was stopped) is nothing."""
        if events is None:
            events = []
        transition = TRANSITIONS.get((self.state, event))
        if transition is not None:
            action, after = transition
            self.state = after
            if _DO[action](self, pdu, events):
                self.state = ALTERNATIVES[action]
        return events

    def _send(self, pdu: Any) -> None:
        self._out.append(pdu.encode())

    def _drop(self) -> None:
        """Forget what was not sent."""
        self._out = []
        self._is_streamed = False

    def _close(self) -> None:
        self.artim_running = False
        self.must_close = True

    def _establish(self, answer: AssociateAC) -> None:
        assert self.request is not None
        self.association = Agreement(self.request, answer, requestor=self.requestor)
        length = _fewer(self.association.max_pdu_length, self._max_send_pdu_length)
        self._max_pdu_length = max(length, SHORTEST) if length else 0

    # Each takes the PDU or piece that was received or is to be sent, and the events to add to. True: the alternative state.

    def _nothing(self, pdu: Any, events: list[Any]) -> None:
        """AE-1, whose connection the driver makes; DT-1 and AR-7, which send_message does; AA-6."""

    def _ae_2(self, pdu: Any, events: list[Any]) -> None:
        self._send(self.request)

    def _ae_3(self, pdu: AssociateAC, events: list[Any]) -> None:
        self._establish(pdu)
        events.append(Associated(pdu))

    def _ae_4(self, pdu: AssociateRJ, events: list[Any]) -> None:
        events.append(Rejected(pdu))
        self._close()

    def _ae_5(self, pdu: Any, events: list[Any]) -> None:
        self.artim_running = True

    def _ae_6(self, pdu: AssociateRQ, events: list[Any]) -> bool:
        self.artim_running = False
        self.request = pdu
        if not pdu.protocol_version & 1:
            self._ae_8(AssociateRJ(*PROTOCOL_VERSION_NOT_SUPPORTED), events)
            return True
        events.append(AssociateRequested(pdu))
        return False

    def _ae_7(self, pdu: AssociateAC, events: list[Any]) -> None:
        self._establish(pdu)
        self._send(pdu)

    def _ae_8(self, pdu: AssociateRJ, events: list[Any]) -> None:
        self._send(pdu)
        self.artim_running = True

    def _dt_2(self, pdu: tuple[Any, ...], events: list[Any]) -> None:
        events.append(pdu)

    def _ar_1(self, pdu: Any, events: list[Any]) -> None:
        self._send(ReleaseRQ())

    def _ar_2(self, pdu: Any, events: list[Any]) -> None:
        events.append(ReleaseRequested())

    def _ar_3(self, pdu: Any, events: list[Any]) -> None:
        events.append(Released())
        self._close()

    def _ar_4(self, pdu: Any, events: list[Any]) -> None:
        self._send(ReleaseRP())
        self.artim_running = True

    def _ar_5(self, pdu: Any, events: list[Any]) -> None:
        events.append(Closed())
        self._drop()
        self._close()

    def _ar_8(self, pdu: Any, events: list[Any]) -> bool:
        events.append(ReleaseRequested(collision=True))
        return not self.requestor

    def _ar_9(self, pdu: Any, events: list[Any]) -> None:
        self._send(ReleaseRP())

    def _ar_10(self, pdu: Any, events: list[Any]) -> None:
        events.append(Released())
        if self._reply_due:
            self._step(Input.RELEASE_RESPONSE, None, events)

    def _aa_1(self, pdu: Any, events: list[Any]) -> None:
        self._drop()
        self._send(Abort(*self._abort))
        self.artim_running = True

    def _aa_2(self, pdu: Any, events: list[Any]) -> None:
        self._close()

    def _aa_3(self, pdu: Abort, events: list[Any]) -> None:
        self._drop()
        by = "the peer's user" if pdu.source == USER else f"the peer ({pdu.text})"
        events.append(Aborted(pdu.source, pdu.reason, f"by {by}", by_peer=True))
        self._close()

    def _aa_4(self, pdu: Any, events: list[Any]) -> None:
        self._drop()
        events.append(Aborted(PROVIDER, 0, "the connection was closed", by_peer=True))
        self._close()

    def _aa_7(self, pdu: Any, events: list[Any]) -> None:
        self._send(Abort(PROVIDER, self._fault[1]))

    def _aa_8(self, pdu: Any, events: list[Any]) -> None:
        self._drop()
        text, reason = self._fault
        if reason == UNEXPECTED_PDU:
            text = f"unexpected {text}"
        self._send(Abort(PROVIDER, reason))
        events.append(Aborted(PROVIDER, reason, text, by_peer=False))
        self.artim_running = True


def _fewer(one: int, other: int) -> int:
    """The lower of two lengths, where 0 is no limit."""
    return min(one, other) if one and other else one or other


_DO: Final[dict[str, Callable[[Actions, Any, list[Any]], bool | None]]] = {
    "AE-1": Actions._nothing,
    "AE-2": Actions._ae_2,
    "AE-3": Actions._ae_3,
    "AE-4": Actions._ae_4,
    "AE-5": Actions._ae_5,
    "AE-6": Actions._ae_6,
    "AE-7": Actions._ae_7,
    "AE-8": Actions._ae_8,
    "DT-1": Actions._nothing,
    "DT-2": Actions._dt_2,
    "AR-1": Actions._ar_1,
    "AR-2": Actions._ar_2,
    "AR-3": Actions._ar_3,
    "AR-4": Actions._ar_4,
    "AR-5": Actions._ar_5,
    "AR-6": Actions._dt_2,
    "AR-7": Actions._nothing,
    "AR-8": Actions._ar_8,
    "AR-9": Actions._ar_9,
    "AR-10": Actions._ar_10,
    "AA-1": Actions._aa_1,
    "AA-2": Actions._aa_2,
    "AA-3": Actions._aa_3,
    "AA-4": Actions._aa_4,
    "AA-5": Actions._ar_5,
    "AA-6": Actions._nothing,
    "AA-7": Actions._aa_7,
    "AA-8": Actions._aa_8,
}

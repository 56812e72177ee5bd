"""What the upper layer does in every cell of the state table, against what PS3.8 9.2.3 says of each action."""

from __future__ import annotations

from typing import Any

import pytest

from dicomkit.net.negotiation import Policy, propose
from dicomkit.net.pdu import Abort, AssociateAC, AssociateRJ, ReleaseRP, ReleaseRQ
from dicomkit.net.state_table import ALTERNATIVES, TRANSITIONS, Input, State
from dicomkit.net.upper_layer import UpperLayer

REQUEST = propose(["Verification"])
ACCEPTANCE = Policy({"1.2.840.10008.1.1": None}).negotiate(REQUEST)
assert isinstance(ACCEPTANCE, AssociateAC)
REJECTION = AssociateRJ(1, 1, 1)
P_DATA = b"\x04\x00\x00\x00\x00\x08\x00\x00\x00\x04\x01\x03ab"

BYTES = {
    Input.ASSOCIATE_AC: ACCEPTANCE.encode(),
    Input.ASSOCIATE_RJ: REJECTION.encode(),
    Input.ASSOCIATE_RQ: REQUEST.encode(),
    Input.P_DATA_TF: P_DATA,
    Input.RELEASE_RQ: ReleaseRQ().encode(),
    Input.RELEASE_RP: ReleaseRP().encode(),
    Input.ABORT: Abort(0, 0).encode(),
    Input.INVALID_PDU: b"\x09\x00\x00\x00\x00\x00",
}

# PS3.8 tables 9-6 to 9-9: PDU type sent (and source of an A-ABORT), indication or confirmation, ARTIM timer started (True)
# or stopped (False), transport connection closed.
DONE: dict[str, tuple[int | None, int | None, str, bool | None, bool]] = {
    "AE-1": (None, None, "", None, False),
    "AE-2": (1, None, "", None, False),
    "AE-3": (None, None, "Associated", None, False),
    "AE-4": (None, None, "Rejected", None, True),
    "AE-5": (None, None, "", True, False),
    "AE-6": (None, None, "AssociateRequested", False, False),
    "AE-7": (2, None, "", None, False),
    "AE-8": (3, None, "", True, False),
    "DT-1": (4, None, "", None, False),
    "DT-2": (None, None, "tuple", None, False),
    "AR-1": (5, None, "", None, False),
    "AR-2": (None, None, "ReleaseRequested", None, False),
    "AR-3": (None, None, "Released", None, True),
    "AR-4": (6, None, "", True, False),
    "AR-5": (None, None, "Closed", False, True),
    "AR-6": (None, None, "tuple", None, False),
    "AR-7": (4, None, "", None, False),
    "AR-8": (None, None, "ReleaseRequested", None, False),
    "AR-9": (6, None, "", None, False),
    "AR-10": (None, None, "Released", None, False),
    "AA-1": (7, 0, "", True, False),
    "AA-2": (None, None, "", False, True),
    "AA-3": (None, None, "Aborted", None, True),
    "AA-4": (None, None, "Aborted", None, True),
    "AA-5": (None, None, "Closed", False, True),
    "AA-6": (None, None, "", None, False),
    "AA-7": (7, 2, "", None, False),
    "AA-8": (7, 2, "Aborted", True, False),
}
ONLY = {Input.TRANSPORT_CONFIRMED: (True,), Input.TRANSPORT_INDICATED: (False,)}  # of the requestor, of the acceptor
CELLS = [
    pytest.param(state, event, requestor, id=f"{state.name}-{event.name}-{'requestor' if requestor else 'acceptor'}")
    for event in Input
    for state in State
    for requestor in ONLY.get(event, (True, False))
]


def machine(state: State, requestor: bool) -> UpperLayer:
    """A machine in a state, with what it must know there."""
    upper = UpperLayer(requestor=requestor)
    upper.request = REQUEST
    upper.state = state
    upper.artim_running = state in (State.STA2, State.STA13)
    return upper


def apply(upper: UpperLayer, event: Input) -> list[Any]:
    """Let an event happen. Returns what the machine says."""
    if event in BYTES:
        data = BYTES[event]
        upper.get_buffer()[: len(data)] = data
        return upper.received(len(data))
    calls: dict[Input, Any] = {
        Input.ASSOCIATE_REQUEST: lambda: upper.associate(REQUEST),
        Input.TRANSPORT_CONFIRMED: upper.connected,
        Input.TRANSPORT_INDICATED: upper.connected,
        Input.ACCEPT: lambda: upper.accept(ACCEPTANCE),
        Input.REJECT: lambda: upper.reject(REJECTION),
        Input.P_DATA_REQUEST: lambda: upper.send_message(1, b"command!"),
        Input.RELEASE_REQUEST: upper.release,
        Input.RELEASE_RESPONSE: upper.release_reply,
        Input.ABORT_REQUEST: upper.abort,
        Input.TRANSPORT_CLOSED: upper.transport_closed,
        Input.ARTIM_EXPIRED: upper.timer_expired,
    }
    return calls[event]() or []


@pytest.mark.parametrize(("state", "event", "requestor"), CELLS)
def test_cell(state: State, event: Input, requestor: bool) -> None:
    upper = machine(state, requestor)
    before = upper.artim_running
    transition = TRANSITIONS.get((state, event))
    if transition is None:
        _nothing(upper, state, event)
        return
    events = apply(upper, event)
    action, after = transition
    pdu_type, source, event_name, timer, closed = DONE[action]
    if action == "AR-8" and not requestor:
        after = ALTERNATIVES[action]
    assert upper.state is after
    data = b"".join(upper.data_to_send())
    assert (data[0] if data else None) == pdu_type
    if source is not None:
        assert data[8] == source
    assert [type(each).__name__ for each in events] == ([event_name] if event_name else [])
    assert upper.artim_running == (False if closed else before if timer is None else timer)
    assert upper.must_close == closed


def _nothing(upper: UpperLayer, state: State, event: Input) -> None:
    """An empty cell: a call that is refused, or something that can only be late, and changes nothing."""
    users = (Input.ASSOCIATE_REQUEST, Input.ACCEPT, Input.REJECT, Input.P_DATA_REQUEST, Input.RELEASE_REQUEST)
    if event in users or (event is Input.RELEASE_RESPONSE and state is not State.STA10):
        with pytest.raises(RuntimeError):
            apply(upper, event)
    elif event is Input.ABORT_REQUEST and state is State.STA2:
        apply(upper, event)  # what a driver does that will not wait: as if the timer had expired
        assert upper.must_close
        return
    else:
        assert apply(upper, event) == []
    assert upper.state is state
    assert upper.data_to_send() == []
    assert not upper.must_close


def test_ae_6_refuses_by_itself() -> None:
    upper = machine(State.STA2, False)
    version_2 = bytearray(REQUEST.encode())
    version_2[7] = 2
    upper.get_buffer()[: len(version_2)] = version_2
    assert upper.received(len(version_2)) == []
    assert upper.state is ALTERNATIVES["AE-6"]
    assert b"".join(upper.data_to_send()) == AssociateRJ(1, 2, 2).encode()
    assert upper.artim_running

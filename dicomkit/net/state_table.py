"""The state table of the upper layer protocol (PS3.8 9.2), as data.

`TRANSITIONS` is table 9-10, one cell a line, event by event in its order; the cells that are not here are empty there. What
an action does is in `ACTIONS`; `upper_layer` does it.
"""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["ACTIONS", "ALTERNATIVES", "TRANSITIONS", "Input", "State"]


class State(IntEnum):
    """PS3.8 9.2.1."""

    STA1 = 1  # Idle
    STA2 = 2  # Transport connection open (awaiting A-ASSOCIATE-RQ PDU)
    STA3 = 3  # Awaiting local A-ASSOCIATE response primitive (from local user)
    STA4 = 4  # Awaiting transport connection opening to complete (from local transport service)
    STA5 = 5  # Awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ PDU
    STA6 = 6  # Association established and ready for data transfer
    STA7 = 7  # Awaiting A-RELEASE-RP PDU
    STA8 = 8  # Awaiting local A-RELEASE response primitive (from local user)
    STA9 = 9  # Release collision requestor side; awaiting A-RELEASE response (from local user)
    STA10 = 10  # Release collision acceptor side; awaiting A-RELEASE-RP PDU
    STA11 = 11  # Release collision requestor side; awaiting A-RELEASE-RP PDU
    STA12 = 12  # Release collision acceptor side; awaiting A-RELEASE response primitive (from local user)
    STA13 = 13  # Awaiting transport connection close indication (association no longer exists)


class Input(IntEnum):
    """The events of PS3.8 9.2.2, in the order of table 9-10."""

    ASSOCIATE_REQUEST = 1  # A-ASSOCIATE request (local user)
    TRANSPORT_CONFIRMED = 2  # transport connection confirmation (local transport service)
    ASSOCIATE_AC = 3  # A-ASSOCIATE-AC PDU (received on transport connection)
    ASSOCIATE_RJ = 4  # A-ASSOCIATE-RJ PDU (received on transport connection)
    TRANSPORT_INDICATED = 5  # transport connection indication (local transport service)
    ASSOCIATE_RQ = 6  # A-ASSOCIATE-RQ PDU (received on transport connection)
    ACCEPT = 7  # A-ASSOCIATE response primitive (accept)
    REJECT = 8  # A-ASSOCIATE response primitive (reject)
    P_DATA_REQUEST = 9  # P-DATA request primitive
    P_DATA_TF = 10  # P-DATA-TF PDU
    RELEASE_REQUEST = 11  # A-RELEASE request primitive
    RELEASE_RQ = 12  # A-RELEASE-RQ PDU (received on open transport connection)
    RELEASE_RP = 13  # A-RELEASE-RP PDU (received on transport connection)
    RELEASE_RESPONSE = 14  # A-RELEASE response primitive
    ABORT_REQUEST = 15  # A-ABORT request primitive
    ABORT = 16  # A-ABORT PDU (received on open transport connection)
    TRANSPORT_CLOSED = 17  # transport connection closed indication (local transport service)
    ARTIM_EXPIRED = 18  # ARTIM timer expired (association reject/release timer)
    INVALID_PDU = 19  # unrecognized or invalid PDU


# PS3.8 9.2.3, tables 9-6 to 9-9.
ACTIONS: Final = {
    "AE-1": "issue TRANSPORT CONNECT request primitive to local transport service",
    "AE-2": "send A-ASSOCIATE-RQ PDU",
    "AE-3": "issue A-ASSOCIATE confirmation (accept) primitive",
    "AE-4": "issue A-ASSOCIATE confirmation (reject) primitive and close transport connection",
    "AE-5": "issue transport connection response primitive; start ARTIM timer",
    "AE-6": "stop ARTIM timer; if A-ASSOCIATE-RQ is acceptable by service-provider, issue A-ASSOCIATE indication primitive, "
    "otherwise issue A-ASSOCIATE-RJ PDU and start ARTIM timer",
    "AE-7": "send A-ASSOCIATE-AC PDU",
    "AE-8": "send A-ASSOCIATE-RJ PDU and start ARTIM timer",
    "DT-1": "send P-DATA-TF PDU",
    "DT-2": "send P-DATA indication primitive",
    "AR-1": "send A-RELEASE-RQ PDU",
    "AR-2": "issue A-RELEASE indication primitive",
    "AR-3": "issue A-RELEASE confirmation primitive and close transport connection",
    "AR-4": "issue A-RELEASE-RP PDU and start ARTIM timer",
    "AR-5": "stop ARTIM timer",
    "AR-6": "issue P-DATA indication",
    "AR-7": "issue P-DATA-TF PDU",
    "AR-8": "issue A-RELEASE indication (release collision)",
    "AR-9": "send A-RELEASE-RP PDU",
    "AR-10": "issue A-RELEASE confirmation primitive",
    "AA-1": "send A-ABORT PDU (service-user source) and start (or restart if already started) ARTIM timer",
    "AA-2": "stop ARTIM timer if running; close transport connection",
    "AA-3": "issue A-ABORT indication if the abort is initiated by the service-user, otherwise A-P-ABORT indication, and "
    "close transport connection",
    "AA-4": "issue A-P-ABORT indication primitive",
    "AA-5": "stop ARTIM timer",
    "AA-6": "ignore PDU",
    "AA-7": "send A-ABORT PDU",
    "AA-8": "send A-ABORT PDU (service-provider source), issue an A-P-ABORT indication, and start ARTIM timer",
}

# Two actions have two next states: the one in `TRANSITIONS`, and this one,
ALTERNATIVES: Final = {
    "AE-6": State.STA13,  # if the request is not acceptable by the service-provider
    "AR-8": State.STA10,  # if this side is the association-acceptor
}

TRANSITIONS: Final[dict[tuple[State, Input], tuple[str, State]]] = {
    (State.STA1, Input.ASSOCIATE_REQUEST): ("AE-1", State.STA4),
    (State.STA4, Input.TRANSPORT_CONFIRMED): ("AE-2", State.STA5),
    (State.STA2, Input.ASSOCIATE_AC): ("AA-1", State.STA13),
    (State.STA3, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA5, Input.ASSOCIATE_AC): ("AE-3", State.STA6),
    (State.STA6, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA7, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA8, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA9, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA10, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA11, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA12, Input.ASSOCIATE_AC): ("AA-8", State.STA13),
    (State.STA13, Input.ASSOCIATE_AC): ("AA-6", State.STA13),
    (State.STA2, Input.ASSOCIATE_RJ): ("AA-1", State.STA13),
    (State.STA3, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA5, Input.ASSOCIATE_RJ): ("AE-4", State.STA1),
    (State.STA6, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA7, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA8, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA9, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA10, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA11, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA12, Input.ASSOCIATE_RJ): ("AA-8", State.STA13),
    (State.STA13, Input.ASSOCIATE_RJ): ("AA-6", State.STA13),
    (State.STA1, Input.TRANSPORT_INDICATED): ("AE-5", State.STA2),
    (State.STA2, Input.ASSOCIATE_RQ): ("AE-6", State.STA3),
    (State.STA3, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA5, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA6, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA7, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA8, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA9, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA10, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA11, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA12, Input.ASSOCIATE_RQ): ("AA-8", State.STA13),
    (State.STA13, Input.ASSOCIATE_RQ): ("AA-7", State.STA13),
    (State.STA3, Input.ACCEPT): ("AE-7", State.STA6),
    (State.STA3, Input.REJECT): ("AE-8", State.STA13),
    (State.STA6, Input.P_DATA_REQUEST): ("DT-1", State.STA6),
    (State.STA8, Input.P_DATA_REQUEST): ("AR-7", State.STA8),
    (State.STA2, Input.P_DATA_TF): ("AA-1", State.STA13),
    (State.STA3, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA5, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA6, Input.P_DATA_TF): ("DT-2", State.STA6),
    (State.STA7, Input.P_DATA_TF): ("AR-6", State.STA7),
    (State.STA8, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA9, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA10, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA11, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA12, Input.P_DATA_TF): ("AA-8", State.STA13),
    (State.STA13, Input.P_DATA_TF): ("AA-6", State.STA13),
    (State.STA6, Input.RELEASE_REQUEST): ("AR-1", State.STA7),
    (State.STA2, Input.RELEASE_RQ): ("AA-1", State.STA13),
    (State.STA3, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA5, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA6, Input.RELEASE_RQ): ("AR-2", State.STA8),
    (State.STA7, Input.RELEASE_RQ): ("AR-8", State.STA9),
    (State.STA8, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA9, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA10, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA11, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA12, Input.RELEASE_RQ): ("AA-8", State.STA13),
    (State.STA13, Input.RELEASE_RQ): ("AA-6", State.STA13),
    (State.STA2, Input.RELEASE_RP): ("AA-1", State.STA13),
    (State.STA3, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA5, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA6, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA7, Input.RELEASE_RP): ("AR-3", State.STA1),
    (State.STA8, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA9, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA10, Input.RELEASE_RP): ("AR-10", State.STA12),
    (State.STA11, Input.RELEASE_RP): ("AR-3", State.STA1),
    (State.STA12, Input.RELEASE_RP): ("AA-8", State.STA13),
    (State.STA13, Input.RELEASE_RP): ("AA-6", State.STA13),
    (State.STA8, Input.RELEASE_RESPONSE): ("AR-4", State.STA13),
    (State.STA9, Input.RELEASE_RESPONSE): ("AR-9", State.STA11),
    (State.STA12, Input.RELEASE_RESPONSE): ("AR-4", State.STA13),
    (State.STA3, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA4, Input.ABORT_REQUEST): ("AA-2", State.STA1),
    (State.STA5, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA6, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA7, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA8, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA9, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA10, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA11, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA12, Input.ABORT_REQUEST): ("AA-1", State.STA13),
    (State.STA2, Input.ABORT): ("AA-2", State.STA1),
    (State.STA3, Input.ABORT): ("AA-3", State.STA1),
    (State.STA5, Input.ABORT): ("AA-3", State.STA1),
    (State.STA6, Input.ABORT): ("AA-3", State.STA1),
    (State.STA7, Input.ABORT): ("AA-3", State.STA1),
    (State.STA8, Input.ABORT): ("AA-3", State.STA1),
    (State.STA9, Input.ABORT): ("AA-3", State.STA1),
    (State.STA10, Input.ABORT): ("AA-3", State.STA1),
    (State.STA11, Input.ABORT): ("AA-3", State.STA1),
    (State.STA12, Input.ABORT): ("AA-3", State.STA1),
    (State.STA13, Input.ABORT): ("AA-2", State.STA1),
    (State.STA2, Input.TRANSPORT_CLOSED): ("AA-5", State.STA1),
    (State.STA3, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA4, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA5, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA6, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA7, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA8, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA9, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA10, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA11, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA12, Input.TRANSPORT_CLOSED): ("AA-4", State.STA1),
    (State.STA13, Input.TRANSPORT_CLOSED): ("AR-5", State.STA1),
    (State.STA2, Input.ARTIM_EXPIRED): ("AA-2", State.STA1),
    (State.STA13, Input.ARTIM_EXPIRED): ("AA-2", State.STA1),
    (State.STA2, Input.INVALID_PDU): ("AA-1", State.STA13),
    (State.STA3, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA5, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA6, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA7, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA8, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA9, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA10, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA11, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA12, Input.INVALID_PDU): ("AA-8", State.STA13),
    (State.STA13, Input.INVALID_PDU): ("AA-7", State.STA13),
}

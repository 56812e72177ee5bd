"""The upper layer: two of them that talk, all that a peer may send, in any pieces."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.net.negotiation import Policy, propose
from dicomkit.net.pdu import Abort, AssociateAC, AssociateRJ, AssociateRQ, ReleaseRP, ReleaseRQ
from dicomkit.net.state_table import State
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.net.upper_layer_events import (
    Aborted,
    Associated,
    AssociateRequested,
    Closed,
    Rejected,
    Released,
    ReleaseRequested,
)

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT = "1.2.840.10008.1.2"
POLICY = Policy({VERIFICATION: (IMPLICIT,)}, max_pdu_length=1 << 20)
REQUEST = propose([(VERIFICATION, [IMPLICIT])], called="SCP", calling="SCU")
ACCEPTANCE = POLICY.negotiate(REQUEST)
assert isinstance(ACCEPTANCE, AssociateAC)


def sent(upper: UpperLayer) -> bytes:
    """All that is to be sent."""
    data = b""
    while parts := upper.data_to_send():
        for part in parts:
            if isinstance(part, tuple):
                source, start, length, _ = part
                part = source.read(start, length)
            data += bytes(part)
    return data


def give(upper: UpperLayer, data: bytes) -> list[Any]:
    """What bytes give; pieces as (context ID, flags, bytes)."""
    events: list[Any] = []
    while data:
        buffer = upper.get_buffer()
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        events += [(*each[1:3], bytes(each[3])) if isinstance(each, tuple) else each for each in upper.received(count)]
        data = data[count:]
    return events


def kinds(events: list[Any]) -> list[type]:
    return [type(event) for event in events]


def pair(**options: Any) -> tuple[UpperLayer, UpperLayer]:
    """A requestor and an acceptor with an association."""
    requestor = UpperLayer(requestor=True, **options)
    acceptor = UpperLayer(requestor=False)
    requestor.associate(REQUEST)
    requestor.connected()
    acceptor.connected()
    (asked,) = give(acceptor, sent(requestor))
    assert isinstance(asked, AssociateRequested)
    answer = POLICY.negotiate(asked.pdu)
    assert isinstance(answer, AssociateAC)
    acceptor.accept(answer)
    (accepted,) = give(requestor, sent(acceptor))
    assert isinstance(accepted, Associated)
    return requestor, acceptor


def test_association_and_release() -> None:
    requestor, acceptor = pair()
    assert requestor.state is acceptor.state is State.STA6
    assert requestor.association is not None
    assert acceptor.association is not None
    assert [*requestor.association.contexts] == [*acceptor.association.contexts] == [1]
    assert not acceptor.artim_running
    requestor.release()
    assert kinds(give(acceptor, sent(requestor))) == [ReleaseRequested]
    acceptor.release_reply()
    assert acceptor.artim_running
    assert not acceptor.must_close
    assert kinds(give(requestor, sent(acceptor))) == [Released]
    assert requestor.must_close
    assert kinds(acceptor.transport_closed()) == [Closed]
    assert acceptor.must_close
    assert not acceptor.artim_running
    assert requestor.state is acceptor.state is State.STA1


def test_rejection() -> None:
    requestor = UpperLayer(requestor=True)
    acceptor = UpperLayer(requestor=False)
    requestor.associate(REQUEST)
    requestor.connected()
    acceptor.connected()
    assert acceptor.artim_running
    give(acceptor, sent(requestor))
    assert not acceptor.artim_running
    acceptor.reject(AssociateRJ(1, 1, 7))
    assert acceptor.artim_running
    (event,) = give(requestor, sent(acceptor))
    assert isinstance(event, Rejected)
    assert event.pdu == AssociateRJ(1, 1, 7)
    assert requestor.must_close
    acceptor.timer_expired()
    assert acceptor.must_close


def test_another_protocol_version_is_rejected_by_the_provider() -> None:
    acceptor = UpperLayer(requestor=False)
    acceptor.connected()
    request = AssociateRQ("A", "B", "1.2.840.10008.3.1.1.1", REQUEST.presentation_contexts, REQUEST.user_information, 2)
    assert give(acceptor, request.encode()) == []
    assert sent(acceptor) == AssociateRJ(1, 2, 2).encode()  # PS3.8 table 9-21
    assert acceptor.state is State.STA13
    assert acceptor.artim_running


def test_both_ask_for_the_release() -> None:
    requestor, acceptor = pair()
    requestor.release()
    acceptor.release()
    from_requestor, from_acceptor = sent(requestor), sent(acceptor)
    (one,) = give(requestor, from_acceptor)
    (other,) = give(acceptor, from_requestor)
    assert isinstance(one, ReleaseRequested)
    assert isinstance(other, ReleaseRequested)
    assert one.collision
    assert other.collision
    assert (requestor.state, acceptor.state) == (State.STA9, State.STA10)
    acceptor.release_reply()  # too early: it is remembered
    assert sent(acceptor) == b""
    requestor.release_reply()
    assert kinds(give(acceptor, sent(requestor))) == [Released]
    assert kinds(give(requestor, sent(acceptor))) == [Released]
    assert requestor.must_close


def test_data_while_a_release_is_under_way() -> None:
    requestor, acceptor = pair()
    requestor.release()
    assert kinds(give(acceptor, sent(requestor))) == [ReleaseRequested]
    acceptor.send_message(1, b"command!")  # AR-7
    assert give(requestor, sent(acceptor)) == [(1, 3, b"command!")]  # AR-6
    acceptor.release_reply()
    assert kinds(give(requestor, sent(acceptor))) == [Released]


@pytest.mark.parametrize("source", [0, 2])
def test_abort(source: int) -> None:
    requestor, acceptor = pair()
    requestor.send_message(1, b"not sent", [b"any more"])
    requestor.abort(source, 1 if source else 0)
    assert requestor.state is State.STA13
    assert not requestor.must_close
    (event,) = give(acceptor, sent(requestor))
    assert isinstance(event, Aborted)
    assert (event.source, event.by_peer) == (source, True)
    assert acceptor.must_close
    requestor.abort()
    assert sent(requestor) == b""


def test_a_connection_that_breaks() -> None:
    requestor, _ = pair()
    (event,) = requestor.transport_closed()
    assert isinstance(event, Aborted)
    assert event.by_peer
    assert requestor.must_close
    assert requestor.transport_closed() == []


def test_silence_before_the_request() -> None:
    acceptor = UpperLayer(requestor=False)
    acceptor.connected()
    assert acceptor.timer_expired() == []
    assert acceptor.must_close
    assert sent(acceptor) == b""


def test_abort_before_the_request() -> None:
    acceptor = UpperLayer(requestor=False)
    acceptor.connected()
    acceptor.abort()
    assert acceptor.must_close
    assert sent(acceptor) == b""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        # PS3.8 table 9-26: 1 unrecognized PDU, 2 unexpected PDU, 6 invalid PDU parameter value
        (b"GET / HTTP/1.1\r\n\r\n", 1),
        (b"SSH-2.0-OpenSSH_9.6\r\n", 1),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 1),
        (b"\x01\x00\x40\x00\x00\x00", 6),  # an A-ASSOCIATE-RQ of 1 GiB
        (b"\x04\x00\x7f\xff\xff\xff\x00\x00\x00\x04\x01\x03", 6),  # P-DATA of 2 GiB
        (ReleaseRQ().encode(), 2),
        (REQUEST.encode(), 2),
        (ReleaseRP().encode(), 2),
        (b"\x05\x00\x00\x00\x00\x02\x00\x00", 6),  # too short
    ],
)
def test_what_no_peer_may_send(data: bytes, reason: int) -> None:
    requestor = UpperLayer(requestor=True)
    requestor.associate(REQUEST)
    requestor.connected()
    sent(requestor)
    (event,) = give(requestor, data)
    assert isinstance(event, Aborted)
    assert (event.source, event.reason, event.by_peer) == (2, reason, False)
    assert event.text
    assert sent(requestor) == Abort(2, reason).encode()
    assert requestor.state is State.STA13
    assert give(requestor, b"\x04\x00\x00\x00\x00\x06\x00\x00\x00\x02\x01\x03") == []  # AA-6, or ignored altogether


def test_what_is_wrong_before_any_association_is_aborted_as_by_the_user() -> None:
    acceptor = UpperLayer(requestor=False)
    acceptor.connected()
    assert give(acceptor, b"GET / HTTP/1.1\r\n\r\n") == []  # AA-1 has no indication
    assert sent(acceptor) == Abort(0, 0).encode()
    assert acceptor.artim_running
    acceptor.timer_expired()
    assert acceptor.must_close


def test_what_comes_late_is_no_concern() -> None:
    requestor, acceptor = pair()
    requestor.abort()
    sent(requestor)
    acceptor.send_message(1, b"command!")
    acceptor.release()
    assert give(requestor, sent(acceptor)) == []
    assert sent(requestor) == b""
    assert give(requestor, REQUEST.encode()) == []
    assert sent(requestor) == Abort(2, 2).encode()  # AA-7


def test_calls_at_the_wrong_time() -> None:
    upper = UpperLayer(requestor=True)
    for call in (upper.release, upper.release_reply, lambda: upper.accept(ACCEPTANCE), lambda: upper.send_message(1, b"")):
        with pytest.raises(RuntimeError):
            call()
    upper.abort()
    assert upper.data_to_send() == []
    upper.associate(REQUEST)
    with pytest.raises(RuntimeError):
        upper.associate(REQUEST)


# -- data


class Source:
    """A source of a part."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def values(stream: bytes) -> list[tuple[int, int, bytes]]:
    """The presentation data values of P-DATA-TF PDUs, one in each (PS3.8 9.3.5): context ID, flags, data."""
    found = []
    while stream:
        kind, length, value_length, context_id, flags = struct.unpack_from(">BxIIBB", stream)
        assert kind == 4
        assert length == value_length + 4
        found.append((context_id, flags, stream[12 : 6 + length]))
        stream = stream[6 + length :]
    return found


@given(st.binary(max_size=3000), st.integers(12, 600), st.data())
def test_messages_arrive_as_they_were_sent(data: bytes, most: int, draw: st.DataObject) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    parts: list[Any] = [
        (Source(b"xyz" + piece), 3, len(piece), 1) if draw.draw(st.booleans()) else piece for piece in pieces
    ]
    requestor, acceptor = pair(max_send_pdu_length=most)
    requestor.send_message(1, b"command!", iter(parts) if draw.draw(st.booleans()) else parts)
    stream = sent(requestor)
    found = values(stream)
    assert all(len(value) + 6 <= most for _, _, value in found)
    commands = [value for _, flags, value in found if flags & 1]
    rest = [(flags, value) for _, flags, value in found if not flags & 1]
    assert b"".join(commands) == b"command!"
    assert b"".join([value for _, value in rest]) == data
    assert [flags for flags, _ in rest] == [0] * (len(rest) - 1) + [2]
    events = give(acceptor, stream)
    assert b"".join([piece for _, flags, piece in events if not flags & 1]) == data


@given(st.data())
def test_any_pieces_give_the_same(draw: st.DataObject) -> None:
    requestor, acceptor = pair()
    requestor.send_message(1, b"command!", [draw.draw(st.binary(max_size=300))])
    requestor.send_message(1, b"another.")
    requestor.release()
    stream = sent(requestor)
    events = []
    while stream:
        count = draw.draw(st.integers(1, len(stream)))
        events += give(acceptor, stream[:count])
        stream = stream[count:]
    assert isinstance(events[-1], ReleaseRequested)
    joined: list[list[Any]] = [[1, b""]]
    for _, flags, piece in events[:-1]:
        joined[-1][0] = flags & 1
        joined[-1][1] += piece
        if flags & 2:
            joined.append([1, b""])
    assert [kind for kind, _ in joined] == [1, 0, 1, 1]
    assert joined[0][1] == b"command!"
    assert joined[2][1] == b"another."


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([
    REQUEST.encode(), ACCEPTANCE.encode(), ReleaseRQ().encode(), ReleaseRP().encode(), Abort(2, 1).encode(),
    AssociateRJ(1, 1, 1).encode(), b"\x04\x00\x00\x00\x00\x08\x00\x00\x00\x04\x01\x03ab",
]))), st.booleans())  # fmt: skip
def test_nothing_that_a_peer_sends_raises(stream: list[bytes], established: bool) -> None:
    upper = pair()[0] if established else UpperLayer(requestor=False)
    if not established:
        upper.connected()
    for data in stream:
        for event in give(upper, data):
            if isinstance(event, AssociateRequested):
                upper.accept(ACCEPTANCE)
            elif isinstance(event, ReleaseRequested):
                upper.release_reply()
    sent(upper)
    upper.transport_closed()
    upper.timer_expired()
    assert upper.state is State.STA1


def test_a_long_message_is_drawn_in_steps() -> None:
    requestor, _ = pair(max_send_pdu_length=16384)
    size = 3 << 20
    requestor.send_message(1, b"command!", [(Source(bytes(size)), 0, size, 1)])
    first = requestor.data_to_send()
    assert 100 < len(first) < 300
    assert requestor.has_data_to_send()
    requestor.abort()  # between two PDUs
    assert sent(requestor) == Abort(0, 0).encode()


@pytest.mark.parametrize(("theirs", "ours", "longest"), [(0, 0, 1 << 30), (16384, 0, 16384), (0, 4096, 4096), (5, 0, 8)])
def test_maximum_length(theirs: int, ours: int, longest: int) -> None:
    policy = Policy({VERIFICATION: (IMPLICIT,)}, max_pdu_length=theirs)
    answer = policy.negotiate(REQUEST)
    assert isinstance(answer, AssociateAC)
    upper = UpperLayer(requestor=True, max_send_pdu_length=ours)
    upper.associate(REQUEST)
    upper.connected()
    sent(upper)
    give(upper, answer.encode())
    upper.send_message(1, b"command!", [bytes(20000)])
    found = [value for _, _, value in values(sent(upper))]
    assert max(map(len, found)) == min(longest - 6, 20000)


def test_a_peer_that_counts_the_headers_too_is_tolerated() -> None:
    requestor, _ = pair(max_pdu_length=100)
    value = bytes(100)
    (event,) = give(requestor, struct.pack(">BxIIBB", 4, 106, 102, 1, 3) + value)
    assert event == (1, 3, value)
    (error,) = give(requestor, struct.pack(">BxIIBB", 4, 114, 110, 1, 3))
    assert isinstance(error, Aborted)

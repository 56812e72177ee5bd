"""The user of DIMSE services, against an acceptor made of the same upper layer, without sockets."""

from __future__ import annotations

from typing import Any

import pytest

from dicomkit.errors import AssociationAborted, AssociationRejected, NetworkError, ProtocolError
from dicomkit.net.dimse import MessageReader
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import Policy, propose
from dicomkit.net.pdu import AssociateAC, AssociateRJ
from dicomkit.net.service_user import ServiceUser
from dicomkit.net.state_table import State
from dicomkit.net.upper_layer import UpperLayer
from dicomkit.net.upper_layer_events import AssociateRequested

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
POLICY = Policy({}, otherwise=lambda uid: ())


def carry(sender: UpperLayer, receiver: UpperLayer) -> list[Any]:
    """All that one has to send to the other. Returns what that says to its own user."""
    found = []
    while parts := sender.data_to_send():
        data = b"".join([bytes(part) for part in parts])  # type: ignore[arg-type]  # nothing here comes from files
        while data:
            buffer = receiver.get_buffer()
            count = min(len(buffer), len(data))
            buffer[:count] = data[:count]
            found += receiver.received(count)
            data = data[count:]
    return found


class Peer:
    """The acceptor."""

    def __init__(self, *contexts: Any) -> None:
        self.upper = UpperLayer(requestor=False)
        self.reader = MessageReader()
        self.user = ServiceUser(UpperLayer(requestor=True), "pacs:104")
        self.upper.connected()
        self.user.associate(propose(contexts or [VERIFICATION, CT]))
        (asked,) = carry(self.user.upper, self.upper)
        assert isinstance(asked, AssociateRequested)
        self.asked = asked

    def accept(self) -> Peer:
        answer = POLICY.negotiate(self.asked.pdu)
        assert isinstance(answer, AssociateAC)
        self.upper.accept(answer)
        self.give()
        return self

    def give(self) -> None:
        """Let the user have what is to be sent to it."""
        while parts := self.upper.data_to_send():
            self.raw(b"".join([bytes(part) for part in parts]))  # type: ignore[arg-type]  # as above

    def raw(self, data: bytes) -> None:
        self.user.upper.get_buffer()[: len(data)] = data
        self.user.received(len(data))

    def take(self) -> list[Message]:
        """The messages that the user has sent."""
        found: list[Message] = []
        for event in carry(self.user.upper, self.upper):
            if isinstance(event, tuple):
                one = self.reader.feed(event)
                if isinstance(one, Message):
                    found.append(one)
        return found

    def say(self, message: Message, data: bytes | None = None) -> None:
        self.upper.send_message(message.context_id, message.encode(), None if data is None else [data])
        self.give()


def echo(user: ServiceUser) -> int:
    return user.request({0x100: 0x0030, 0x2: VERIFICATION}, 1)


def test_a_request_and_its_response() -> None:
    peer = Peer().accept()
    user = peer.user
    assert user.agreement is not None
    assert echo(user) == 1
    assert [*user.outstanding] == [1]
    (request,) = peer.take()
    assert (request.name, request.message_id, request.has_data) == ("C-ECHO-RQ", 1, False)
    peer.say(request.response(0))
    assert [message.name for message in user.messages] == ["C-ECHO-RSP"]
    assert user.outstanding == {}


def test_pending_responses_leave_it_outstanding() -> None:
    peer = Peer().accept()
    peer.user.request({0x100: 0x0020, 0x2: VERIFICATION, 0x700: 0}, 1, [b"query!"])
    (request,) = peer.take()
    assert request.has_data
    for status in (0xFF00, 0xFF01):
        peer.say(request.response(status, has_data=True), b"match!")
        assert [*peer.user.outstanding] == [1]
    peer.say(request.response(0))
    assert peer.user.outstanding == {}
    assert [message.data for message in peer.user.messages] == [b"match!", b"match!", None]


def test_message_ids_go_around() -> None:
    user = Peer().accept().user
    user._last_id = 65534
    assert [echo(user), echo(user), echo(user)] == [65535, 1, 2]
    user._last_id = 65534
    assert echo(user) == 3  # 65535, 1 and 2 are outstanding


def test_what_was_received_while_it_arrives() -> None:
    peer = Peer().accept()
    echo(peer.user)
    (request,) = peer.take()
    message = request.response(0, has_data=True)
    peer.upper.send_message(1, message.encode())
    peer.give()
    assert peer.user.is_receiving_data
    assert peer.user.silence(2.5) == "the response to C-ECHO-RQ does not go on within 2.5 seconds"
    peer.raw(bytes.fromhex("04 00 00000008 00000004 01 02") + b"ab")
    assert not peer.user.is_receiving_data
    assert peer.user.messages[0].data == b"ab"
    echo(peer.user)
    assert peer.user.silence(3) == "no response to C-ECHO-RQ within 3 seconds"


def test_rejection() -> None:
    peer = Peer()
    peer.upper.reject(AssociateRJ(2, 3, 2))
    peer.give()
    error = peer.user.ended
    assert isinstance(error, AssociationRejected)
    assert (error.result, error.source, error.reason, error.peer) == (2, 3, 2, "pacs:104")
    assert not peer.user.released


@pytest.mark.parametrize("source", [0, 2])
def test_abort(source: int) -> None:
    peer = Peer().accept()
    peer.upper.abort(source, 0)
    peer.give()
    assert isinstance(peer.user.ended, AssociationAborted)
    assert peer.user.ended.source == source
    with pytest.raises(AssociationAborted):
        echo(peer.user)


def test_the_connection_is_lost() -> None:
    peer = Peer().accept()
    peer.user.closed()
    assert isinstance(peer.user.ended, AssociationAborted)
    first = peer.user.ended
    peer.user.closed()
    assert peer.user.ended is first


def test_release() -> None:
    peer = Peer().accept()
    peer.user.upper.release()
    peer.take()
    peer.upper.release_reply()
    peer.give()
    assert peer.user.released
    assert peer.user.ended is not None


def test_the_peer_releases() -> None:
    peer = Peer().accept()
    peer.upper.release()
    peer.give()
    assert peer.user.released
    assert isinstance(peer.user.ended, NetworkError)
    assert "released" in str(peer.user.ended)
    peer.take()
    assert peer.upper.state is State.STA1


def test_both_release() -> None:
    peer = Peer().accept()
    peer.upper.release()
    peer.user.upper.release()
    carry(peer.user.upper, peer.upper)
    peer.give()
    peer.upper.release_reply()
    peer.take()
    peer.give()
    assert peer.user.released


ECHO = Message.make("C-ECHO-RQ", 1, message_id=1, affected_sop_class_uid=VERIFICATION)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Message.make("C-ECHO-RSP", 1, message_id_being_responded_to=9, status=0), "message 9, which is not outstanding"),
        (Message.make("C-ECHO-RSP", 1, status=0), "message None, which is not outstanding"),
        (Message.make("C-STORE-RSP", 1, message_id_being_responded_to=1, status=0), "a C-STORE-RSP to a C-ECHO-RQ"),
        (Message.make("C-CANCEL-RQ", 1, message_id_being_responded_to=1), "an unexpected C-CANCEL-RQ"),
        (Message({0x100: 0x0FF0, 0x800: 0x0101}, 1), "an unexpected command 0FF0H"),
    ],
)
def test_what_breaks_the_rules(message: Message, text: str) -> None:
    peer = Peer().accept()
    echo(peer.user)
    peer.take()
    peer.say(message)
    assert isinstance(peer.user.ended, ProtocolError)
    assert text in str(peer.user.ended)
    assert peer.user.upper.state is State.STA13
    assert peer.user.upper.has_data_to_send()  # A-ABORT


def test_a_data_set_without_a_command() -> None:
    peer = Peer().accept()
    peer.raw(bytes.fromhex("04 00 00000008 00000004 01 02") + b"ab")
    assert isinstance(peer.user.ended, ProtocolError)


def test_requests_that_nobody_expects() -> None:
    peer = Peer().accept()
    peer.say(ECHO)
    store = Message.make("C-STORE-RQ", 3, has_data=True, message_id=2, affected_sop_class_uid=CT, priority=0)
    peer.say(store, b"data set")
    answers = peer.take()
    assert [(answer.name, answer.status) for answer in answers] == [("C-ECHO-RSP", 0x0211), ("C-STORE-RSP", 0x0211)]
    assert peer.user.ended is None
    assert not peer.user.messages


def test_event_reports_are_answered_and_kept() -> None:
    peer = Peer().accept()
    report = Message.make(
        "N-EVENT-REPORT-RQ",
        1,
        has_data=True,
        message_id=8,
        affected_sop_class_uid="1.2.840.10008.1.20.1",
        affected_sop_instance_uid="1.2.840.10008.1.20.1.1",
        event_type_id=1,
    )
    peer.say(report, b"information!")
    (answer,) = peer.take()
    assert (answer.name, answer.status, answer.event_type_id) == ("N-EVENT-REPORT-RSP", 0, 1)
    (kept,) = peer.user.reports
    assert (kept.event_type_id, kept.data) == (1, b"information!")


class Sink:
    """Where a data set goes, and fails when told to."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.data = b""
        self.discarded = False

    def write(self, view: memoryview) -> None:
        if self.fails == "write":
            raise OSError("disk full")
        self.data += view

    def finish(self) -> Any:
        if self.fails == "finish":
            raise ValueError("not what was expected")
        return self

    def discard(self) -> None:
        self.discarded = True


STORE = Message.make(
    "C-STORE-RQ", 3, has_data=True, message_id=2, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
)


def test_where_received_objects_go() -> None:
    peer = Peer().accept()
    sinks: list[tuple[str | None, str, Sink]] = []

    def receive(message: Message, transfer_syntax: str) -> Sink:
        sinks.append((message.affected_sop_instance_uid, transfer_syntax, Sink()))
        return sinks[-1][2]

    peer.user.receive = receive
    peer.say(STORE, b"data set")
    (message,) = peer.user.messages
    ((instance, syntax, sink),) = sinks
    assert (instance, syntax) == ("1.2", "1.2.840.10008.1.2.1")
    assert message.data is sink
    assert sink.data == b"data set"
    assert not sink.discarded


@pytest.mark.parametrize(("fails", "error"), [("write", OSError), ("finish", ValueError), ("open", KeyError)])
def test_what_a_sink_raises_is_the_data(fails: str, error: type[Exception]) -> None:
    peer = Peer().accept()
    sink = Sink(fails)

    def receive(message: Message, transfer_syntax: str) -> Sink:
        if fails == "open":
            raise KeyError
        return sink

    peer.user.receive = receive
    peer.say(STORE, bytes(100))
    (message,) = peer.user.messages
    assert isinstance(message.data, error)
    assert sink.discarded == (fails != "open")
    assert peer.user.ended is None


def test_what_is_received_when_the_association_ends_is_discarded() -> None:
    peer = Peer().accept()
    sink = Sink()
    peer.user.receive = lambda message, syntax: sink
    peer.upper.send_message(3, STORE.encode())
    peer.give()
    peer.user.closed()
    assert sink.discarded


def test_cancel() -> None:
    peer = Peer().accept()
    peer.user.request({0x100: 0x0020, 0x2: VERIFICATION, 0x700: 0}, 1, [b"query!"])
    peer.user.cancel()
    found, cancel = peer.take()
    assert cancel.name == "C-CANCEL-RQ"
    assert cancel.message_id_being_responded_to == found.message_id
    assert cancel.context_id == 1
    assert not cancel.has_data


def test_what_cannot_be_cancelled() -> None:
    peer = Peer().accept()
    echo(peer.user)
    peer.user.cancel()
    assert [message.name for message in peer.take()] == ["C-ECHO-RQ"]

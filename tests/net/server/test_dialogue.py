"""Messages of one association: order, concurrency, and what breaks the rules of DIMSE."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dicomkit.net.messages import Message
from dicomkit.net.server import NService, Request, Storage, StoreTo, Verification
from dicomkit.net.server.connection import Connection
from tests.net.server.wire import CT, EXPLICIT, VERIFICATION, Connect, Listen, Wire, p_data, until

PRINTER = "1.2.840.10008.5.1.1.16"


def store(number: int, data: bytes = b"x", context_id: int = 1, instance: str = "1.2") -> bytes:
    """A C-STORE as bytes."""
    command = Message.make(
        "C-STORE-RQ",
        context_id,
        has_data=True,
        message_id=number,
        priority=0,
        affected_sop_class_uid=CT,
        affected_sop_instance_uid=instance,
    )
    return p_data(context_id, 3, command.encode()) + p_data(context_id, 2, data)


class Slow:
    """A handler that takes a while, and knows how many of it run at a time."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.order: list[int] = []

    def __call__(self, request: Request) -> None:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.order.append(request.message.message_id or 0)
        time.sleep(self.seconds)
        with self.lock:
            self.running -= 1


def test_a_peer_that_does_not_wait_for_answers(listen: Listen, wire: Connect) -> None:
    """Without a negotiated window, one operation is performed at a time, in order; nothing is lost."""
    slow = Slow(0.002)
    peer = wire(listen([Storage(slow)]))
    peer.associate([CT])
    threading.Thread(target=peer.send, args=(b"".join(store(number, bytes(5000)) for number in range(1, 101)),)).start()
    answers = [peer.response() for _ in range(100)]
    assert [answer.message_id_being_responded_to for answer in answers] == list(range(1, 101))
    assert slow.order == list(range(1, 101))
    assert slow.most == 1
    peer.release()


@pytest.mark.parametrize(("proposed", "operations", "most"), [(3, 8, 3), (0, 2, 2), (10, 1, 1)])
def test_the_asynchronous_operations_window(
    proposed: int, operations: int, most: int, listen: Listen, wire: Connect
) -> None:
    slow = Slow()
    peer = wire(listen([Storage(slow)], operations=operations))
    answer = peer.associate([CT], async_window=(proposed, 1))
    assert b"\x53\0\0\4" + most.to_bytes(2, "big") + b"\0\1" in answer  # PS3.7 D.3.3.3.2
    peer.send(b"".join(store(number) for number in range(1, 21)))
    answers = sorted(peer.response().message_id_being_responded_to or 0 for _ in range(20))
    assert answers == list(range(1, 21))
    assert slow.most == most
    peer.release()


def test_many_objects_in_flight_to_files(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    peer = wire(listen([Storage(StoreTo(tmp_path, check=False))]))
    peer.associate([(CT, [EXPLICIT])], async_window=(0, 1))
    stores = b"".join(store(number, bytes([number]) * 70_000, instance=f"1.{number}") for number in range(1, 41))
    threading.Thread(target=peer.send, args=(stores,)).start()
    assert [peer.response().status for _ in range(40)] == [0] * 40
    peer.release()
    for number in range(1, 41):
        assert (tmp_path / f"CT.1.{number}").read_bytes().endswith(bytes([number]) * 70_000)


def test_a_peer_that_goes_while_it_has_to_wait(listen: Listen, wire: Connect) -> None:
    slow = Slow(0.05)
    server = listen([Storage(slow)])
    peer = wire(server)
    peer.associate([CT])
    peer.send(b"".join(store(number) for number in range(1, 11)))
    until(lambda: slow.order)
    peer.close()
    until(lambda: not server.counters.open_connections)
    time.sleep(0.1)
    assert len(slow.order) < 10
    assert server.counters.operations == 0


def test_the_same_message_id_twice(listen: Listen, wire: Connect) -> None:
    slow = Slow(0.05)
    server = listen([Storage(slow)])
    peer = wire(server)
    peer.associate([CT], async_window=(5, 1))
    peer.send(store(7) + store(7))
    assert {peer.response().status for _ in range(2)} == {0, 0x0210}  # duplicate invocation
    peer.send(store(7))
    assert peer.response().status == 0
    peer.release()
    assert slow.order == [7, 7]


def test_no_service_and_no_role(listen: Listen, wire: Connect) -> None:
    """What a context is for, but nobody does; and a request of whom may not make it."""
    server = listen([NService(PRINTER, n_event_report=lambda request: None), Storage(None)])
    peer = wire(server)
    peer.associate([PRINTER, CT], roles={PRINTER: (False, True)})
    peer.command("N-GET-RQ", message_id=1, requested_sop_class_uid=PRINTER, requested_sop_instance_uid="1.2")
    assert peer.response().status == 0x0211
    peer.command(
        "N-EVENT-REPORT-RQ",
        message_id=2,
        affected_sop_class_uid=PRINTER,
        affected_sop_instance_uid="1.2",
        event_type_id=1,
    )
    assert peer.response().status == 0
    peer.release()


def test_events_of_a_peer_that_did_not_negotiate_roles(listen: Listen, wire: Connect) -> None:
    """Many do not."""
    peer = wire(listen([NService(PRINTER, n_event_report=lambda request: None)]))
    peer.associate([PRINTER])
    peer.command(
        "N-EVENT-REPORT-RQ",
        message_id=2,
        affected_sop_class_uid=PRINTER,
        affected_sop_instance_uid="1.2",
        event_type_id=1,
    )
    assert peer.response().status == 0
    peer.release()


def command(context_id: int = 1, flags: int = 3, **elements: Any) -> bytes:
    return p_data(context_id, flags, Message.make("C-ECHO-RQ", context_id, **elements).encode())


VIOLATIONS = {
    "no message ID": command(affected_sop_class_uid=VERIFICATION),
    "a context that was not accepted": command(5, message_id=1, affected_sop_class_uid=VERIFICATION),
    "an unknown command": p_data(
        1, 3, bytes.fromhex("00000001 02000000 3412 00001001 02000000 0100 00000008 02000000 0101")
    ),
    "a data set without a command": p_data(1, 2, b"x"),
    "a command set that cannot be read": p_data(1, 3, b"\0\0\0\1\xff\xff\xff\xffxx"),
    "an empty command set": p_data(1, 3, b""),
    "a command set without end": b"".join(p_data(1, 1, bytes(1 << 16)) for _ in range(20)),
    "another message in the middle of one": p_data(1, 1, b"\0\0\0\0") + p_data(3, 1, b"\0\0\0\0"),
    "an unknown PDU": b"\x63\0\0\0\0\1x",
    "a second association request": b"\1\0\0\0\0\0",
    "a PDV that is longer than its PDU": b"\4\0\0\0\0\6\0\0\0\x40\1\3",
    "a context ID that is even": p_data(2, 3, b"x"),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violations(name: str, listen: Listen, wire: Connect) -> None:
    """The association is aborted; the server goes on."""
    server = listen([Verification(), Storage(None)])
    peer = wire(server)
    peer.associate([VERIFICATION, CT])
    peer.send(VIOLATIONS[name])
    kind = peer.pdu()[0]
    assert kind == 7
    assert peer.is_closed()
    until(lambda: not server.counters.open_connections)
    counters = server.counters
    assert (counters.protocol_errors, counters.open_associations, counters.operations) == (1, 0, 0)
    other = Wire(server.port)
    assert other.associate()[0] == 2
    other.release()


def test_responses_that_nobody_waits_for(listen: Listen, wire: Connect) -> None:
    peer = wire(listen())
    peer.associate()
    peer.command("C-ECHO-RSP", message_id_being_responded_to=5, status=0)
    peer.command("C-FIND-RSP", has_data=True, message_id_being_responded_to=5, status=0xFF00)
    peer.data(b"anything")
    peer.command("C-ECHO-RSP", has_data=False)
    peer.command("C-ECHO-RQ", message_id=1, affected_sop_class_uid=VERIFICATION)
    assert peer.response().status == 0
    peer.release()


def test_a_flood_of_cancels(listen: Listen, wire: Connect) -> None:
    peer = wire(listen())
    peer.associate()
    cancel = Message.make("C-CANCEL-RQ", 1, message_id_being_responded_to=1)
    peer.send(p_data(1, 3, cancel.encode()) * 5000)
    peer.command("C-ECHO-RQ", message_id=1, affected_sop_class_uid=VERIFICATION)
    assert peer.response().status == 0
    peer.release()


def test_many_fragments(listen: Listen, wire: Connect) -> None:
    """Several values in a PDU, values over several PDUs, empty ones."""
    echo = Message.make("C-ECHO-RQ", 1, message_id=1, affected_sop_class_uid=VERIFICATION).encode()
    peer = wire(listen())
    peer.associate()
    values = b"".join(
        (len(piece) + 2).to_bytes(4, "big") + bytes([1, flags]) + piece
        for piece, flags in ((echo[:5], 1), (b"", 1), (echo[5:20], 1), (echo[20:], 1), (b"", 3))
    )
    peer.send(b"\4\0" + len(values).to_bytes(4, "big") + values)
    assert peer.response().status == 0
    for at in range(len(echo)):
        peer.send(p_data(1, 3 if at == len(echo) - 1 else 1, echo[at : at + 1]))
    assert peer.response().status == 0
    peer.release()


def test_a_data_set_is_due_behind_its_command(listen: Listen, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is worth to look for it at once, unless there are other peers."""
    expected: list[bool] = []
    ask = Connection.expects_more

    def expects_more(connection: Connection) -> bool:
        expected.append(ask(connection))
        return expected[-1]

    monkeypatch.setattr(Connection, "expects_more", expects_more)
    server = listen([Storage(None), Verification()])
    peer = wire(server)
    peer.associate([(CT, [EXPLICIT]), (VERIFICATION, [EXPLICIT])])
    until(lambda: expected)
    assert expected[0]  # a request mostly follows the association
    store = Message.make(
        "C-STORE-RQ", 1, has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1"
    ).encode()
    echo = Message.make("C-ECHO-RQ", 3, message_id=1, affected_sop_class_uid=VERIFICATION).encode()
    command, rest = p_data(1, 3, store), p_data(1, 2, b"object")
    for said, more in (
        (p_data(3, 3, echo), False),
        (command, True),
        (p_data(1, 0, b"half an "), False),
        (rest, False),
        (command, True),
        (rest[:6], True),  # some peers send the header of a PDU by itself
        (rest[6:], False),
        (command + rest, False),
        (command + p_data(1, 0, b"half an "), False),
        (rest, False),
    ):
        before = len(expected)
        peer.send(said)
        until(lambda before=before: len(expected) > before)
        assert expected[-1] is more, said
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port))):
        until(lambda: server.counters.open_connections == 2)
        before = len(expected)
        peer.send(command)
        until(lambda: len(expected) > before)
        assert not expected[-1]
        peer.send(rest)

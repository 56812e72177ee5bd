"""The life of a connection: association, rejection, release, abort, limits of time and number."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from typing import Any

import pytest

from dicomkit.net.items import UserIdentity
from dicomkit.net.negotiation import propose
from dicomkit.net.pdu import AssociateRJ, AssociateRQ
from dicomkit.net.server import Limits, Storage, Verification
from tests.net.server.wire import CT, VERIFICATION, Connect, Listen, Wire, p_data, until

ABORT = bytes.fromhex("07 00 00000004 00000000")
RELEASE = bytes.fromhex("05 00 00000004 00000000")


def rejection(answer: bytes) -> tuple[int, ...]:
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    assert answer[0] == 3
    return tuple(answer[2:5])


# -- who may


@pytest.mark.parametrize(
    ("options", "called", "calling", "expected"),
    [
        ({"called": ["ME"]}, "ME", "X", None),
        ({"called": ["ME"]}, "OTHER", "X", (1, 1, 7)),
        ({"calling": ["A", "B"]}, "ME", "B", None),
        ({"calling": ["A", "B"]}, "ME", "C", (1, 1, 3)),
        ({}, "ANY", "ANY", None),
    ],
)
def test_titles(options: dict[str, Any], called: str, calling: str, expected: Any, listen: Listen, wire: Connect) -> None:
    server = listen(**options)
    peer = wire(server)
    answer = peer.associate(called=called, calling=calling)
    if expected is None:
        assert answer[0] == 2
        peer.release()
    else:
        assert rejection(answer) == expected
        assert peer.is_closed()  # when the time has come; who is rejected closes itself
    assert server.counters.associations_rejected == (expected is not None)


@pytest.mark.parametrize("allowed", [["10.0.0.0/8"], lambda address: False, []])
def test_addresses(allowed: Any, listen: Listen, wire: Connect) -> None:
    server = listen(addresses=allowed)
    peer = wire(server)
    assert peer.is_closed()
    until(lambda: not server.counters.open_connections)
    assert (server.counters.connections, server.counters.connections_refused) == (1, 1)


def plain(identity: UserIdentity, request: Any) -> bool:
    return identity.primary == b"user"


async def coroutine(identity: UserIdentity, request: Any) -> bool:
    await asyncio.sleep(0.01)
    return identity.primary == b"user"


def ticket(identity: UserIdentity, request: Any) -> bool | bytes:
    return b"ticket" if identity.primary == b"user" else False


def raises(identity: UserIdentity, request: Any) -> bool:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("identify", "user", "expected"),
    [
        (plain, b"user", b""),
        (coroutine, b"user", b""),
        (ticket, b"user", b"ticket"),
        (plain, b"other", (1, 1, 1)),
        (coroutine, b"other", (1, 1, 1)),
        (raises, b"user", (2, 3, 1)),
    ],
)
def test_user_identity(identify: Any, user: bytes, expected: Any, listen: Listen, wire: Connect) -> None:
    server = listen(identify=identify)
    peer = wire(server)
    answer = peer.associate(user_identity=UserIdentity(2, user, b"secret", True))
    if isinstance(expected, bytes):
        assert answer[0] == 2
        response = b"\x59\0" + (len(expected) + 2).to_bytes(2, "big") + len(expected).to_bytes(2, "big") + expected
        assert answer.endswith(response)  # PS3.7 table D.3-15
        peer.release()
    else:
        assert rejection(answer) == expected
    assert server.counters.handler_errors == (identify is raises)
    assert wire(server).associate()[0] == 2  # without an identity, nobody is asked


def test_a_peer_that_does_not_wait_for_its_identity(listen: Listen, wire: Connect) -> None:
    """It sends, or goes, while the program is asked."""

    async def slow(identity: UserIdentity, request: Any) -> bool:
        await asyncio.sleep(0.1)
        return True

    server = listen(identify=slow)
    request = propose([VERIFICATION], user_identity=UserIdentity(1, b"user")).encode()
    for more in (ABORT, p_data(1, 3, b"x"), b"garbage!", b""):
        peer = wire(server)
        peer.send(request + more)
        if not more:
            peer.close()
        else:
            assert peer.is_closed()
    until(lambda: not server.counters.open_connections)
    time.sleep(0.15)
    assert server.counters.associations == 0


def test_what_comes_right_behind_the_request(listen: Listen, wire: Connect) -> None:
    """In one piece with it, before there is an answer: that is no association."""
    server = listen()
    for more in (ABORT, RELEASE, p_data(1, 3, b"x"), b"garbage!"):
        peer = wire(server)
        peer.send(propose([VERIFICATION]).encode() + more)
        assert peer.is_closed()
    until(lambda: not server.counters.open_connections)
    assert server.counters.associations == 0


def test_no_context_at_all(listen: Listen, wire: Connect) -> None:
    """An association without contexts is one."""
    peer = wire(listen())
    assert peer.associate([CT])[0] == 2
    peer.release()


def test_tls_is_asked_for_nothing(listen: Listen) -> None:
    """A TLS handshake, to a server without TLS."""
    import ssl

    server = listen()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port)) as plain_socket, pytest.raises(OSError, match=r".+"):
        context.wrap_socket(plain_socket)
    until(lambda: server.counters.protocol_errors == 1)


def test_a_program_that_refuses(listen: Listen, wire: Connect) -> None:
    """By what the request says, as servers that want an implementation class UID do."""

    def refuse(request: AssociateRQ, address: str) -> AssociateRJ | None:
        assert address == "127.0.0.1"
        if request.calling_ae_title == "FAILS":
            raise ZeroDivisionError
        return AssociateRJ(1, 1, 1) if request.calling_ae_title == "NOBODY" else None

    server = listen(refuse=refuse)
    assert rejection(wire(server).associate(calling="NOBODY")) == (1, 1, 1)
    assert rejection(wire(server).associate(calling="FAILS")) == (2, 3, 1)
    assert wire(server).associate(calling="SOMEBODY")[0] == 2
    assert server.counters.handler_errors == 1


def test_extended_negotiation(listen: Listen, wire: Connect) -> None:
    """PS3.7 D.3.3.5: item type 56H, the length of the SOP class, the SOP class, the information."""
    server = listen(extended=lambda sop_class, information: information[::-1] if sop_class == VERIFICATION else None)
    answer = wire(server).associate([VERIFICATION, CT], extended={VERIFICATION: b"\1\0", CT: b"\1"})
    length = (2 + len(VERIFICATION) + 2).to_bytes(2, "big")
    uid = len(VERIFICATION).to_bytes(2, "big") + VERIFICATION.encode()
    assert b"\x56\0" + length + uid + b"\0\1" in answer
    assert answer.count(b"\x56\0" + length) == 1


# -- limits


def test_too_many_associations(listen: Listen, wire: Connect) -> None:
    server = listen(limits=Limits(associations=2))
    first, second, third = wire(server), wire(server), wire(server)
    first.associate()
    second.associate()
    assert rejection(third.associate()) == (2, 3, 2)  # transient, presentation provider, local limit exceeded
    first.release()
    until(lambda: server.counters.open_associations == 1)
    assert wire(server).associate()[0] == 2


def test_too_many_connections(listen: Listen, wire: Connect) -> None:
    server = listen(limits=Limits(connections=2))
    first, _ = wire(server), wire(server)
    until(lambda: server.counters.open_connections == 2)
    assert wire(server).is_closed()
    first.close()
    until(lambda: server.counters.open_connections == 1)
    assert wire(server).associate()[0] == 2


@pytest.mark.parametrize("said", [b"", b"\x01", propose([VERIFICATION]).encode()[:-1]])
def test_time_to_the_first_byte(said: bytes, listen: Listen, wire: Connect) -> None:
    """To the end of the request, to be exact."""
    server = listen(limits=Limits(first_byte=0.2))
    peer = wire(server)
    peer.send(said)
    started = time.monotonic()
    assert peer.is_closed()
    assert time.monotonic() - started < 2
    assert server.counters.timeouts == 1


def test_one_byte_at_a_time(listen: Listen, wire: Connect) -> None:
    """Bytes do not prolong it."""
    server = listen(limits=Limits(first_byte=0.2))
    peer = wire(server)
    request = propose([VERIFICATION]).encode()
    with contextlib.suppress(ConnectionError):
        for at in range(len(request)):
            peer.send(request[at : at + 1])
            time.sleep(0.02)
    assert server.counters.timeouts == 1
    assert server.counters.associations == 0


def test_a_slow_peer_in_time(listen: Listen, wire: Connect) -> None:
    """One byte at a time, all the way: it is all the same to the server."""
    server = listen()
    peer = wire(server)
    request = propose([VERIFICATION]).encode()
    echo = bytes.fromhex(
        "00000000 04000000 38000000 00000200 12000000 312e322e3834302e31303030382e312e3100"
        "00000001 02000000 3000 00001001 02000000 0700 00000008 02000000 0101"
    )
    for byte in request:
        peer.send(bytes([byte]))
    assert peer.pdu()[0] == 2
    for byte in p_data(1, 3, echo):
        peer.send(bytes([byte]))
    response = peer.response()
    assert (response.name, response.message_id_being_responded_to, response.status) == ("C-ECHO-RSP", 7, 0)
    for byte in RELEASE:
        peer.send(bytes([byte]))
    assert peer.pdu()[0] == 6


@pytest.mark.parametrize("said", [b"", p_data(1, 1, b"x")])
def test_idle(said: bytes, listen: Listen, wire: Connect) -> None:
    server = listen(limits=Limits(idle=0.2))
    peer = wire(server)
    peer.associate()
    peer.send(said)
    assert peer.pdu() == (7, bytes(4))
    assert server.counters.timeouts == 1
    until(lambda: not server.counters.open_associations)


def test_idle_in_the_middle_of_an_object(listen: Listen, wire: Connect) -> None:
    server = listen([Storage(None)], limits=Limits(idle=0.2))
    peer = wire(server)
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
    )
    peer.data(b"x", last=False)
    assert peer.pdu() == (7, bytes(4))


def test_who_waits_for_an_answer_is_not_idle(listen: Listen, wire: Connect) -> None:
    server = listen([Storage(lambda request: time.sleep(0.5))], limits=Limits(idle=0.1))
    peer = wire(server)
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
    )
    peer.data(b"x")
    assert peer.response().status == 0


def test_who_does_not_read(listen: Listen) -> None:
    """Nothing more is read from it; and after a while it is given up."""
    server = listen(limits=Limits(send=0.5, send_buffer=10_000))
    peer = Wire(server.port)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.associate()
    peer.socket.settimeout(0.2)
    echo = b"".join(_echo(number) for number in range(1, 1000))
    try:
        for _ in range(10_000):
            peer.send(echo)
    except (TimeoutError, ConnectionError):
        pass
    else:
        pytest.fail("it takes everything")
    until(lambda: not server.counters.open_connections)
    assert server.counters.timeouts == 1
    peer.close()


def _echo(number: int) -> bytes:
    from dicomkit.net.messages import Message

    message = Message.make("C-ECHO-RQ", 1, message_id=number, affected_sop_class_uid=VERIFICATION)
    return p_data(1, 3, message.encode())


def test_a_peer_that_does_not_close(listen: Listen, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the end of the association, the server closes in its place."""
    monkeypatch.setattr("dicomkit.net.server.connection.LINGER", 0.1)
    server = listen()
    for last_words in (RELEASE, b"GET / HTTP/1.1\r\n\r\n"):
        peer = wire(server)
        peer.associate()
        peer.send(last_words)
        assert peer.is_closed()
    assert server.counters.timeouts == 0  # of no association


def test_a_long_association_request(listen: Listen, wire: Connect) -> None:
    server = listen(limits=Limits(association_length=2000))
    peer = wire(server)
    peer.send(b"\x01\0" + (2001).to_bytes(4, "big") + bytes(100))
    assert peer.pdu()[0] == 7
    assert wire(server).associate()[0] == 2
    assert server.counters.protocol_errors == 1


def test_pdu_length_is_told_and_kept(listen: Listen, wire: Connect) -> None:
    server = listen(limits=Limits(pdu_length=16384))
    peer = wire(server)
    answer = peer.associate()
    assert b"\x51\0\0\4" + (16384).to_bytes(4, "big") in answer  # PS3.8 D.1
    peer.send(b"\4\0" + (20000).to_bytes(4, "big"))
    assert peer.pdu()[0] == 7


# -- how it ends


def test_released(listen: Listen, wire: Connect) -> None:
    server = listen()
    peer = wire(server)
    peer.associate()
    peer.release()
    until(lambda: not server.counters.open_connections)
    counters = server.counters
    assert (counters.associations, counters.associations_released, counters.open_associations) == (1, 1, 0)


def test_aborted_and_lost(listen: Listen, wire: Connect) -> None:
    server = listen()
    aborting, lost, reset = wire(server), wire(server), wire(server)
    for peer in (aborting, lost, reset):
        peer.associate()
    aborting.send(ABORT)
    assert aborting.is_closed()
    lost.close()
    reset.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.close()
    until(lambda: not server.counters.open_connections)
    counters = server.counters
    assert (counters.associations_aborted, counters.associations_lost) == (1, 2)
    assert counters.protocol_errors == 0


def test_garbage_ends_it(listen: Listen, wire: Connect) -> None:
    server = listen()
    peer = wire(server)
    peer.associate()
    peer.send(b"SSH-2.0-OpenSSH\r\n")
    kind, body = peer.pdu()
    assert (kind, body[2]) == (7, 2)  # by the provider
    assert server.counters.protocol_errors == 1
    assert server.counters.open_associations == 0


def test_release_in_the_middle_of_a_message(listen: Listen, wire: Connect) -> None:
    server = listen([Storage(None)])
    peer = wire(server)
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
    )
    peer.send(RELEASE)
    assert peer.pdu()[0] == 7
    assert server.counters.protocol_errors == 1


def test_release_waits_for_what_is_being_performed(listen: Listen, wire: Connect) -> None:
    server = listen([Storage(lambda request: time.sleep(0.1))])
    peer = wire(server)
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
    )
    peer.send(p_data(1, 2, b"x") + RELEASE)
    assert peer.response().status == 0
    assert peer.pdu() == (6, bytes(4))
    until(lambda: server.counters.associations_released == 1)


# -- what is told of it


def test_callbacks(listen: Listen, wire: Connect) -> None:
    seen: list[Any] = []
    server = listen(
        associated=lambda peer: seen.append(("begin", peer.ae_title)),
        dissociated=lambda peer: seen.append(("end", peer.ae_title)),
    )
    peer = wire(server)
    peer.associate(calling="ONE")
    peer.release()
    until(lambda: seen == [("begin", "ONE"), ("end", "ONE")])


def test_a_callback_that_raises(listen: Listen, wire: Connect) -> None:
    server = listen(associated=lambda peer: 1 / 0)
    peer = wire(server)
    peer.associate()
    peer.release()
    assert server.counters.handler_errors == 1


def test_the_journal_has_no_patient_data(listen: Listen, wire: Connect, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dicomkit.server"):
        peer = wire(listen([Verification(), Storage(None)]))
        peer.associate([VERIFICATION, CT], calling="A\tB"[:1])
        peer.command(
            "C-STORE-RQ",
            3,
            has_data=True,
            message_id=1,
            priority=0,
            affected_sop_class_uid=CT,
            affected_sop_instance_uid="1.2.77",
        )
        peer.data(b"Doe^Jane", 3)
        peer.response()
        peer.release()
        until(lambda: "association-released" in caplog.text)
    assert "performed" in caplog.text
    assert "service=C-STORE" in caplog.text
    assert "1.2.77" not in caplog.text
    assert "Doe" not in caplog.text

"""Associations over both drivers: opening, ending, and all that can go wrong with a peer."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectError,
    NetworkError,
    ProtocolError,
    SourceChanged,
    Timeout,
)
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import Policy
from dicomkit.net.pdu import Abort, AssociateRJ, ReleaseRQ
from dicomkit.security.tls import client_context, server_context
from tests.net.acceptor import ANYTHING, Talk, accepting
from tests.net.drivers import DRIVERS
from tests.security.authority import Authority, Certificates

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientID="1")

Open = Callable[..., Any]


@pytest.fixture(params=DRIVERS)
def associate(request: pytest.FixtureRequest) -> Open:
    """Each of the drivers."""
    driver: Open = DRIVERS[request.param]
    return driver


def until_closed(talk: Talk) -> bytes:
    """All that still comes."""
    data = b""
    try:
        while piece := talk.socket.recv(1 << 16):
            data += piece
    except ConnectionError:
        pass
    return data


# -- opening


def test_what_was_agreed(associate: Open) -> None:
    def script(talk: Talk) -> None:
        request = talk.accept(Policy({CT: None}, max_pdu_length=12345))
        assert (request.called_ae_title, request.calling_ae_title) == ("PACS", "ME")
        assert request.user_information.max_pdu_length == 54321
        talk.release()

    options = {"called": "PACS", "calling": "ME", "max_pdu_length": 54321}
    with accepting(script) as port, associate(port, contexts=["Verification", CT], **options) as assoc:
        assert [context.abstract_syntax for context in assoc.accepted] == [CT]
        assert assoc.agreement.max_pdu_length == 12345
        assert assoc.peer == f"127.0.0.1:{port}"
        assert assoc.is_open
    assert not assoc.is_open


def test_no_context_accepted_is_no_error(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept(Policy({}))
        talk.release()

    with accepting(script) as port, associate(port) as assoc:
        assert assoc.accepted == []


def test_nobody_listens(associate: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError, match=rf"^127\.0\.0\.1:{port}: connection refused$"):
        associate(port)


@pytest.mark.parametrize(("host", "port"), [("no-such-host.invalid", 104), ("127.0.0.1", 99999)])
def test_no_such_address(associate: Open, host: str, port: int) -> None:
    with pytest.raises(ConnectError) as raised:
        associate(port, host=host)
    assert raised.value.peer == f"{host}:{port}"


def test_arguments_are_checked_before_connecting(associate: Open) -> None:
    with pytest.raises(ValueError, match="AE title"):
        associate(1, called="MUCH TOO LONG FOR ONE")


def test_ipv6(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.release()

    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with accepting(script, host="::1") as port, associate(port, host="::1") as assoc:
        assert assoc.peer == f"[::1]:{port}"


def test_source_address(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        assert talk.socket.getpeername()[0] == "127.0.0.2"
        talk.release()

    with accepting(script) as port, associate(port, source_address=("127.0.0.2", 0)):
        pass


def test_rejected(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        talk.send(AssociateRJ(1, 1, 7).encode())
        until_closed(talk)

    with accepting(script) as port, pytest.raises(AssociationRejected, match="called AE title") as raised:
        associate(port)
    assert (raised.value.result, raised.value.source, raised.value.reason) == (1, 1, 7)
    assert raised.value.peer.startswith("127.0.0.1:")


def test_aborted_at_once(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        talk.send(Abort(2, 1).encode())
        until_closed(talk)

    with accepting(script) as port, pytest.raises(AssociationAborted, match="unrecognized PDU"):
        associate(port)


def test_closed_at_once(associate: Open) -> None:
    with accepting(lambda talk: None) as port, pytest.raises(AssociationAborted, match="closed"):
        associate(port)


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x16"]
)
def test_a_peer_that_speaks_something_else(associate: Open, answer: bytes) -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        talk.send(answer)
        assert talk.pdu() == (7, bytes((0, 0, 2, 1)))
        until_closed(talk)

    with accepting(script) as port, pytest.raises(ProtocolError, match=r"no PDU type|TLS"):
        associate(port)


def test_a_silent_peer(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        assert until_closed(talk)[:1] == b"\x07"  # A-ABORT

    started = time.monotonic()
    with (
        accepting(script) as port,
        pytest.raises(Timeout, match=r"no answer to the association request within 0\.2 seconds"),
    ):
        associate(port, acse_timeout=0.2)
    assert time.monotonic() - started < 5


def test_a_peer_that_sends_byte_by_byte_has_no_more_time(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        try:
            for byte in b"\x02\x00\x00\x00\x10\x00" + bytes(200):
                talk.send(bytes((byte,)))
                time.sleep(0.05)
        except OSError:
            pass

    started = time.monotonic()
    with accepting(script) as port, pytest.raises(Timeout):
        associate(port, acse_timeout=0.4)
    assert time.monotonic() - started < 2


def test_byte_by_byte(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        command = request.response(0).encode()
        for byte in struct.pack(">BxIIBB", 4, len(command) + 6, len(command) + 2, 1, 3) + command:
            talk.send(bytes((byte,)))
        talk.release()

    with accepting(script) as port, associate(port) as assoc:
        assert assoc.echo().is_success


# -- TLS


def secure(talk: Talk, certificates: Certificates, ca: Authority) -> None:
    """Speak TLS from now on, with clients that show a certificate of a CA."""
    certificate, key = certificates.server
    context = server_context(certificate=certificate, key=key, ca=[ca.certificate])
    talk.socket = context.wrap_socket(talk.socket, server_side=True)


def trusting(certificates: Certificates) -> ssl.SSLContext:
    certificate, key = certificates.client
    return client_context(certificate=certificate, key=key, ca=[certificates.ca.certificate])


def test_tls(associate: Open, certificates: Certificates, tmp_path: Path) -> None:
    ds = dicomkit.new("CTImageStorage", PixelData=os.urandom(5_000_000))
    path = tmp_path / "large.dcm"
    ds.save(path)

    def script(talk: Talk) -> None:
        secure(talk, certificates, certificates.ca)
        talk.accept()
        for _ in range(2):
            request = talk.message()
            assert request.data == ds.to_bytes(meta="none")
            talk.answer(request)
        talk.release()

    options = {"tls": trusting(certificates), "server_hostname": "localhost"}
    with accepting(script) as port, associate(port, contexts=[CT], **options) as assoc:
        assert assoc.store(path).is_success
        assert assoc.store(ds).is_success


def test_a_certificate_that_is_not_accepted(associate: Open, certificates: Certificates) -> None:
    def script(talk: Talk) -> None:
        with contextlib.suppress(OSError):
            secure(talk, certificates, certificates.other_ca)

    with accepting(script) as port, pytest.raises(ConnectError, match=r"does not accept (our certificate|us)"):
        associate(port, tls=trusting(certificates), server_hostname="localhost")


def test_another_server_than_was_asked_for(associate: Open, certificates: Certificates) -> None:
    def script(talk: Talk) -> None:
        with contextlib.suppress(OSError):
            secure(talk, certificates, certificates.ca)

    with accepting(script) as port, pytest.raises(ConnectError, match="certificate is not accepted"):
        associate(port, tls=trusting(certificates), server_hostname="elsewhere.example")


@pytest.mark.parametrize("answer", [Abort(2, 1).encode(), b""])
def test_a_peer_without_tls(associate: Open, certificates: Certificates, answer: bytes) -> None:
    def script(talk: Talk) -> None:
        talk.socket.recv(10_000)
        talk.send(answer)

    with accepting(script) as port, pytest.raises(ConnectError, match="does not speak TLS here"):
        associate(port, tls=trusting(certificates))


# -- ending


def test_an_error_in_the_block_aborts(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        assert talk.pdu() == (7, bytes(4))
        until_closed(talk)

    with accepting(script) as port, pytest.raises(ZeroDivisionError), associate(port) as assoc:
        _ = assoc.peer, 1 / 0


def test_abort(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        assert talk.pdu() == (7, bytes(4))
        until_closed(talk)

    with accepting(script) as port:
        assoc = associate(port)
        with assoc:
            assoc.abort()
            assoc.abort()
            assert not assoc.is_open
            with pytest.raises(NetworkError, match="aborted by this side"):
                assoc.echo()


def test_the_peer_aborts_instead_of_releasing(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.pdu()
        talk.send(Abort(0, 0).encode())
        until_closed(talk)

    with accepting(script) as port, pytest.raises(AssociationAborted), associate(port):
        pass


def test_the_peer_closes_instead_of_releasing(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.pdu()

    with accepting(script) as port, associate(port):
        pass  # what was to be done is done


def test_the_release_has_no_answer(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.pdu()
        until_closed(talk)

    with accepting(script) as port, pytest.raises(Timeout, match="release"), associate(port, acse_timeout=0.2):
        pass


def test_both_release(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        assert talk.pdu()[0] == 5
        talk.send(ReleaseRQ().encode())
        assert talk.pdu()[0] == 6
        talk.send(b"\x06\0\0\0\0\x04\0\0\0\0")
        until_closed(talk)

    with accepting(script) as port, associate(port):
        pass


def test_the_peer_releases(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        talk.send(ReleaseRQ().encode())
        assert talk.pdu()[0] == 6

    with accepting(script) as port, associate(port) as assoc:
        with pytest.raises(NetworkError, match="the peer has released"):
            assoc.echo()
        with pytest.raises(NetworkError, match="the peer has released"):
            assoc.echo()


# -- in between


def test_no_response(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        assert talk.pdu()[0] == 7
        until_closed(talk)

    with accepting(script) as port, associate(port, dimse_timeout=0.2) as assoc:
        with pytest.raises(Timeout, match=r"no response to C-ECHO-RQ within 0\.2 seconds"):
            assoc.echo()
        assert not assoc.is_open


def test_a_response_that_does_not_go_on(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        talk.say(request.response(0xFF00, has_data=True))
        assert talk.pdu()[0] == 7
        until_closed(talk)

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND], idle_timeout=0.2) as assoc:
        with pytest.raises(Timeout, match=r"C-FIND-RQ does not go on within 0\.2 seconds"):
            list(assoc.find(QUERY))
        assert not assoc.is_open


def test_each_response_has_its_time(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        for _ in range(6):
            time.sleep(0.1)
            talk.answer(request, 0xFF00)
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND], dimse_timeout=0.4) as assoc:
        assert list(assoc.find(QUERY)) == []


@pytest.mark.parametrize("how", ["abort", "close", "garbage"])
def test_the_peer_goes_away(associate: Open, how: str) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        if how == "abort":
            talk.send(Abort(2, 0).encode())
            until_closed(talk)
        elif how == "garbage":
            talk.send(b"\xff" * 100)
            assert talk.pdu()[0] == 7
            until_closed(talk)

    with accepting(script) as port, associate(port) as assoc:
        for _ in range(2):
            with pytest.raises(ProtocolError if how == "garbage" else AssociationAborted):
                assoc.echo()
        assert not assoc.is_open


def test_another_message_than_the_response(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        talk.say(Message.make("C-ECHO-RSP", 1, message_id_being_responded_to=77, status=0))
        assert talk.pdu()[0] == 7
        until_closed(talk)

    with accepting(script) as port, associate(port) as assoc, pytest.raises(ProtocolError, match="message 77"):
        assoc.echo()


# -- while something is sent


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that no send buffer takes at once."""
    ds = dicomkit.new("CTImageStorage", PatientID="1")
    ds.PixelData = os.urandom(30_000_000)
    path = tmp_path / "large.dcm"
    ds.save(path)
    return path


@pytest.mark.parametrize("length", [0, 16384])
def test_the_peer_aborts_while_an_object_is_sent(associate: Open, large: Path, length: int) -> None:
    def script(talk: Talk) -> None:
        talk.accept(Policy({CT: None}, max_pdu_length=length))
        talk.exactly(100_000)
        talk.send(Abort(2, 6).encode())
        time.sleep(0.2)
        # closing with input unread breaks the connection

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        with pytest.raises(AssociationAborted) as raised:
            assoc.store(large)
        assert raised.value.reason == 6


@pytest.mark.parametrize("length", [0, 16384])
def test_the_peer_breaks_while_an_object_is_sent(associate: Open, large: Path, length: int) -> None:
    def script(talk: Talk) -> None:
        talk.accept(Policy({CT: None}, max_pdu_length=length))
        talk.exactly(100_000)

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        for _ in range(2):
            with pytest.raises(AssociationAborted):
                assoc.store(large)


@pytest.mark.parametrize("length", [0, 16384])
def test_the_peer_does_not_read(associate: Open, large: Path, length: int) -> None:
    def script(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        talk.accept(Policy({CT: None}, max_pdu_length=length))
        time.sleep(1)

    with accepting(script) as port, associate(port, contexts=[CT], idle_timeout=0.2) as assoc:
        with pytest.raises(Timeout, match="the peer takes nothing"):
            assoc.store(large)
        with pytest.raises(NetworkError, match="broken"):
            assoc.store(large)


def test_the_file_becomes_shorter_while_it_is_sent(associate: Open, large: Path) -> None:
    def script(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        talk.accept()
        talk.exactly(100_000)
        os.truncate(large, 1_000_000)
        until_closed(talk)

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        with pytest.raises(SourceChanged):
            assoc.store(large)
        with pytest.raises(NetworkError, match="broken"):
            assoc.echo()


def test_the_response_comes_before_all_was_sent(associate: Open, large: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        context_id, flags, command = talk.value()
        assert (context_id, flags) == (1, 3)
        from dicomkit._ext.pdu import decode_command

        talk.answer(Message(decode_command(command), 1), 0xA700)
        while talk.value()[1] != 2:
            pass
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        with pytest.raises(dicomkit.DimseError, match="A700"):
            assoc.store(large)
        assert assoc.is_open


def test_many_associations_one_after_the_other(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept(ANYTHING)
        talk.answer(talk.message())
        talk.release()

    descriptors = Path("/proc/self/fd")
    with accepting(*[script] * 20) as port:
        before = len(list(descriptors.iterdir())) if descriptors.exists() else 0
        for _ in range(20):
            with associate(port) as assoc:
                assoc.echo()
        after = len(list(descriptors.iterdir())) if descriptors.exists() else 0
    assert after <= before + 2  # the other side's are in this process too

"""The blocking connection: all parts arrive, deadlines are kept, TLS or not."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from dicomkit._ext.pdu import fragment
from dicomkit.errors import ConnectError, SourceChanged, Timeout
from dicomkit.net import transport as module
from dicomkit.net.messages import Message
from dicomkit.net.outgoing import OpenFile
from dicomkit.net.server import Server, Verification
from dicomkit.net.transport import Transport, address_text, connect_error
from tests.net.acceptor import Talk, accepting
from tests.net.drivers import DRIVERS
from tests.net.server.wire import Wire


class Far:
    """The other end of a connection, which takes all that comes."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        connection, _ = self._listener.accept()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            while piece := connection.recv(1 << 16):
                self.received += piece

    def end(self) -> bytes:
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()
        return self.received


@pytest.fixture(params=["plain", "tls", "portable"])
def connect(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], tuple[Transport, Far]]]:
    """Connections of all kinds: with what POSIX has, with TLS, and with what Windows has."""
    if request.param == "portable":
        monkeypatch.setattr(module, "HAS_KERNEL_TIMEOUTS", False)
    tls = request.param == "tls"

    def make() -> tuple[Transport, Far]:
        far = Far(request.getfixturevalue("server") if tls else None)
        context = request.getfixturevalue("client") if tls else None
        return Transport.connect("127.0.0.1", far.port, timeout=5, tls=context), far

    return make


@pytest.fixture
def file(tmp_path: Path) -> Iterator[OpenFile]:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(10_000_000))
    opened = OpenFile(str(path))
    yield opened
    opened.close()


def test_all_parts_arrive_in_order(connect: Callable[[], tuple[Transport, Far]], file: OpenFile) -> None:
    transport, far = connect()
    contents = file.read(0, file.size)
    parts: list[Any] = [b"head", memoryview(contents)[:70_000], bytearray(b"middle"), (file, 10, 200, 1)]
    parts += [(file, 1000, 9_000_000, 1), b"", (file, 5, 65_536, 1), b"tail"]
    parts += [b"%d" % number for number in range(2000)]
    transport.send(parts, 5)
    transport.send([], 5)
    transport.close_politely()
    expected = b"head" + contents[:70_000] + b"middle" + contents[10:210] + contents[1000:9_001_000]
    expected += contents[5:65_541] + b"tail" + b"".join([b"%d" % number for number in range(2000)])
    assert far.end() == expected


def test_short_pieces_are_read_in_few_steps(
    connect: Callable[[], tuple[Transport, Far]], file: OpenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport, far = connect()
    contents = file.read(0, file.size)
    steps: list[tuple[int, int]] = []
    read = OpenFile.read

    def counted(self: OpenFile, offset: int, length: int) -> bytes:
        steps.append((offset, length))
        return read(self, offset, length)

    monkeypatch.setattr(OpenFile, "read", counted)
    starts = [*range(file.size - 1_000_000, file.size, 16_000), 500, 100, file.size - 1]
    lengths = [min(16_000, file.size - start) for start in starts]
    parts: list[Any] = []
    for start, length in zip(starts, lengths, strict=True):
        parts += [b"header", (file, start, length, 1)]
    transport.send(parts, 5)
    transport.close_politely()
    pieces = [b"header" + contents[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    assert far.end() == b"".join(pieces)
    assert len(steps) <= 1_000_000 // 112_000 + 1 + 3
    assert all(length <= 1 << 17 and offset + length <= file.size for offset, length in steps)


def test_what_is_there_is_sent_before_more_is_read(
    connect: Callable[[], tuple[Transport, Far]], file: OpenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may be slow: the peer gets on meanwhile."""
    transport, far = connect()
    arrived: list[int] = []
    read = OpenFile.read

    def slow(self: OpenFile, offset: int, length: int) -> bytes:
        end = time.monotonic() + 5
        while len(far.received) < 40_000 and time.monotonic() < end:
            time.sleep(0.001)
        arrived.append(len(far.received))
        return read(self, offset, length)

    monkeypatch.setattr(OpenFile, "read", slow)
    transport.send([b"x" * 40_000, *((file, at, 10_000, 1) for at in range(0, 500_000, 10_000))], 5)
    transport.close_politely()
    assert arrived[0] == 40_000
    assert len(far.end()) == 540_000


def test_silence(connect: Callable[[], tuple[Transport, Far]]) -> None:
    transport, far = connect()
    for timeout in (0.05, 0.1):
        with pytest.raises(TimeoutError):
            transport.receive(memoryview(bytearray(10)), timeout)
    transport.close()
    far.end()


def test_a_file_that_became_shorter(connect: Callable[[], tuple[Transport, Far]], file: OpenFile) -> None:
    transport, far = connect()
    os.truncate(file.name, 100_000)
    with pytest.raises(SourceChanged):
        transport.send([(file, 0, 1_000_000, 1)], 5)
    transport.close()
    far.end()


def test_timeouts_are_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(talk: Talk) -> None:
        for _ in range(3):
            talk.send(talk.exactly(1))

    with accepting(script) as port:
        transport = Transport.connect("127.0.0.1", port, timeout=5)
        calls: list[Any] = []
        monkeypatch.setattr(
            transport, "_set_timeout", lambda timeout: calls.append(timeout) or setattr(transport, "_timeout", timeout)
        )
        for timeout in (7.0, 7.0, None):
            transport.send([b"x"], 5)
            assert transport.receive(memoryview(bytearray(10)), timeout) == 1
        transport.close()
    assert calls == [7.0, None]


def test_the_connection_is_closed_or_broken() -> None:
    with accepting(lambda talk: None) as port:
        transport = Transport.connect("127.0.0.1", port, timeout=5)
        assert transport.receive(memoryview(bytearray(10)), 5) == 0
        with pytest.raises(OSError, match=r"[Bb]roken|reset"):
            transport.send([bytes(100_000)] * 1000, 5)
        assert transport.receive(memoryview(bytearray(10)), 5) == 0
        transport.close_politely()
        transport.close()


# -- peers with Nagle's algorithm, which send the header of a PDU, and the rest when that is acknowledged

DELAY = 0.04  # seconds that Linux waits with an acknowledgement

quick = pytest.mark.skipif(not module.QUICKACK, reason="needs TCP_QUICKACK")


def in_two_parts(sock: socket.socket, pdu: bytes) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
    sock.send(pdu[:6])
    sock.send(pdu[6:])


def p_data(message: Message) -> bytes:
    return b"".join(fragment(message.context_id, True, message.encode(), 0))


@quick
@pytest.mark.parametrize("driver", DRIVERS)
def test_answers_in_two_parts_are_not_waited_for(driver: str) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        for _ in range(30):
            in_two_parts(talk.socket, p_data(talk.message().response(0)))
        talk.release()

    times = []
    with accepting(script) as port, DRIVERS[driver](port) as association:
        for _ in range(30):
            start = time.monotonic()
            association.echo()
            times.append(time.monotonic() - start)
    assert median(times) < DELAY / 2


@quick
def test_nor_are_requests_by_a_server() -> None:
    request = p_data(Message.make("C-ECHO-RQ", 1, affected_sop_class_uid="1.2.840.10008.1.1", message_id=1))
    times = []
    with Server([Verification()]).started("127.0.0.1") as server:
        peer = Wire(server.port)
        peer.associate()
        for _ in range(30):
            start = time.monotonic()
            in_two_parts(peer.socket, request)
            assert peer.response().status == 0
            times.append(time.monotonic() - start)
        peer.release()
    assert median(times) < DELAY / 2


def test_acknowledging_on_a_closed_socket() -> None:
    sock = socket.socket()
    sock.close()
    module.acknowledge(sock)


def test_no_connection_in_time() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    others = []
    try:
        for _ in range(3):  # until the queue is full
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
            others.append(other)
        with pytest.raises(Timeout, match=r"no connection within 0\.2 seconds"):
            Transport.connect("127.0.0.1", listener.getsockname()[1], timeout=0.2)
    finally:
        for each in (*others, listener):
            each.close()


def test_no_tls_handshake_in_time(client: ssl.SSLContext) -> None:
    with accepting(lambda talk: time.sleep(0.4)) as port, pytest.raises(Timeout, match="no TLS handshake"):
        Transport.connect("127.0.0.1", port, timeout=0.2, tls=client)


def test_the_certificate_is_of_another(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    def script(talk: Talk) -> None:
        with contextlib.suppress(OSError):
            server.wrap_socket(talk.socket, server_side=True).recv(10)

    with accepting(script) as port, pytest.raises(ConnectError, match="certificate is not accepted"):
        Transport.connect("127.0.0.1", port, timeout=5, tls=client, server_hostname="elsewhere.example")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (OverflowError("port must be 0-65535."), "port must be 0-65535."),
        (OSError(), "oSError"),
    ],
)
def test_why_there_is_no_connection(error: Exception, text: str) -> None:
    assert connect_error(error) == text


def test_addresses() -> None:
    assert address_text("pacs.example", 104) == "pacs.example:104"
    assert address_text("::1", 104) == "[::1]:104"

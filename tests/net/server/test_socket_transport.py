"""Connections without asyncio's transports: what a protocol is told, and when."""

from __future__ import annotations

import asyncio
import errno
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dicomkit.net.server.socket_transport import Acceptor, ExpectantProtocol, SocketTransport, watches_sockets

LARGE = bytes(range(256)) * 40_000  # more than what a system holds of a connection


class Protocol(ExpectantProtocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.received = b""
        self.buffer = bytearray(1000)
        self.lost = asyncio.Event()
        self.answer: Callable[[Protocol], object] = lambda _: None
        self.expect: Callable[[], bool] = bool

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, SocketTransport)
        self.transport = transport
        self.told.append("made")

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self.buffer[:nbytes]
        self.answer(self)

    def expects_more(self) -> bool:
        return self.expect()

    def eof_received(self) -> None:
        self.told.append("eof")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(("lost", type(exc)))
        self.lost.set()


def run(test: Callable[[Protocol, socket.socket], Awaitable[None]]) -> Protocol:
    """Run a test with a protocol and the socket of its peer, which does not block."""

    async def connected() -> Protocol:
        loop = asyncio.get_running_loop()
        if not watches_sockets(loop):
            pytest.skip("this event loop does not watch sockets")
        protocol = Protocol()
        listening = socket.create_server(("127.0.0.1", 0))
        acceptor = Acceptor(loop, listening, lambda accepted, peer: SocketTransport(loop, accepted, peer, protocol))
        with socket.socket() as peer:
            peer.setblocking(False)
            await loop.sock_connect(peer, listening.getsockname())
            await until(lambda: protocol.told == ["made"])
            acceptor.close()
            assert listening.fileno() == -1
            await test(protocol, peer)
            await asyncio.wait_for(protocol.lost.wait(), 5)
        assert protocol.told.count("made") == 1
        assert protocol.transport.get_extra_info("socket").fileno() == -1
        return protocol

    return asyncio.run(connected())


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.001)


async def all_of(peer: socket.socket) -> bytes:
    """What comes until the end."""
    received = b""
    while data := await asyncio.get_running_loop().sock_recv(peer, 1 << 16):
        received += data
    return received


def test_what_is_received() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        assert protocol.transport.get_extra_info("peername") == peer.getsockname()
        assert protocol.transport.get_extra_info("peercert") is None
        await asyncio.get_running_loop().sock_sendall(peer, bytes(5000))
        peer.shutdown(socket.SHUT_WR)

    protocol = run(test)
    assert protocol.received == bytes(5000)
    assert protocol.told == ["made", "eof", ("lost", type(None))]


@pytest.mark.parametrize("more", [b"more", b""])
def test_more_is_due(more: bytes) -> None:
    """It is taken before the event loop turns to anything else; the end too."""

    async def test(protocol: Protocol, peer: socket.socket) -> None:
        def expect() -> bool:
            protocol.expect = bool
            asyncio.get_running_loop().call_soon(protocol.told.append, "next round")
            peer.send(more) if more else peer.shutdown(socket.SHUT_WR)
            return True

        protocol.answer = lambda _: protocol.told.append("data")
        protocol.expect = expect
        await asyncio.get_running_loop().sock_sendall(peer, b"first")
        await until(lambda: "next round" in protocol.told)
        assert protocol.told[:4] == ["made", "data", "data" if more else "eof", "next round"]
        peer.close()

    assert run(test).received == b"first" + more


def test_more_is_due_and_does_not_come() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        asked = []
        protocol.expect = lambda: asked.append(1) is None
        for byte in (b"a", b"b"):
            await asyncio.get_running_loop().sock_sendall(peer, byte)
            await until(lambda byte=byte: protocol.received.endswith(byte))
        assert len(asked) == 2
        peer.close()

    assert run(test).received == b"ab"


def test_a_peer_of_whom_more_is_always_due() -> None:
    """It does not keep the event loop to itself."""

    async def test(protocol: Protocol, peer: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        rounds: list[int] = []

        def went_round() -> None:
            rounds.append(len(protocol.received))
            loop.call_soon(went_round)

        protocol.expect = lambda: True
        await loop.sock_sendall(peer, bytes(50_000))  # 50 times what is read at once
        went_round()
        await until(lambda: len(protocol.received) == 50_000)
        assert max(after - before for before, after in itertools.pairwise(rounds)) <= 4000
        protocol.transport.abort()

    run(test)


def test_reading_is_paused_though_more_is_due() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        protocol.answer = lambda protocol: protocol.transport.pause_reading()
        protocol.expect = lambda: True
        await asyncio.get_running_loop().sock_sendall(peer, bytes(2500))
        await until(lambda: protocol.received)
        await asyncio.sleep(0.02)
        assert len(protocol.received) == 1000
        protocol.transport.abort()

    run(test)


def test_reading_pauses() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        protocol.transport.pause_reading()
        protocol.transport.pause_reading()
        await asyncio.get_running_loop().sock_sendall(peer, b"later")
        await asyncio.sleep(0.02)
        assert protocol.received == b""
        protocol.transport.resume_reading()
        protocol.transport.resume_reading()
        await until(lambda: protocol.received == b"later")
        peer.close()

    run(test)


def test_what_the_peer_does_not_take_yet_waits() -> None:
    """Closing sends it all the same."""

    async def test(protocol: Protocol, peer: socket.socket) -> None:
        transport = protocol.transport
        transport.set_write_buffer_limits(high=100_000)
        for at in range(0, len(LARGE), 1 << 20):
            transport.write(memoryview(LARGE)[at : at + (1 << 20)])
        assert protocol.told == ["made", "pause"]
        assert 0 < transport.get_write_buffer_size() < len(LARGE)
        transport.close()
        transport.close()
        assert transport.is_closing()
        assert await all_of(peer) == LARGE
        assert transport.get_write_buffer_size() == 0

    assert run(test).told == ["made", "pause", "resume", ("lost", type(None))]


def test_abort_drops_what_waits() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        protocol.transport.write(LARGE)
        protocol.transport.abort()
        protocol.transport.abort()
        protocol.transport.write(b"nobody gets this")
        protocol.transport.resume_reading()
        assert protocol.transport.get_write_buffer_size() == 0
        assert len(await all_of(peer)) < len(LARGE)

    assert run(test).told == ["made", "pause", ("lost", type(None))]


@pytest.mark.parametrize("waits", [False, True])
def test_a_peer_that_is_gone(waits: bool) -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        if waits:
            protocol.transport.write(LARGE)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing is a reset
        peer.close()

    (kind, error) = run(test).told[-1]
    assert kind == "lost"
    assert issubclass(error, ConnectionError)


def test_a_protocol_that_fails() -> None:
    failures: list[dict[str, Any]] = []

    async def test(protocol: Protocol, peer: socket.socket) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))

        def fail(_: Protocol) -> None:
            raise ZeroDivisionError

        protocol.answer = fail
        await asyncio.get_running_loop().sock_sendall(peer, b"x")
        assert await all_of(peer) == b""

    assert run(test).told == ["made", ("lost", ZeroDivisionError)]
    assert [type(each["exception"]) for each in failures] == [ZeroDivisionError]


def test_closed_while_it_is_told_of_data() -> None:
    async def test(protocol: Protocol, peer: socket.socket) -> None:
        def answer(protocol: Protocol) -> None:
            protocol.transport.write(b"goodbye")
            protocol.transport.close()

        protocol.answer = answer
        await asyncio.get_running_loop().sock_sendall(peer, b"hello")
        assert await all_of(peer) == b"goodbye"

    assert run(test).told == ["made", ("lost", type(None))]


def test_no_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepting pauses, and goes on."""
    monkeypatch.setattr("dicomkit.net.server.socket_transport.PAUSE", 0.01)
    failures: list[dict[str, Any]] = []
    attempts: list[int] = []

    class Listening(socket.socket):
        def accept(self) -> Any:
            attempts.append(1)
            if len(attempts) < 3:
                raise OSError(errno.EMFILE, "too many open files")
            return super().accept()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        if not watches_sockets(loop):
            pytest.skip("this event loop does not watch sockets")
        loop.set_exception_handler(lambda loop, context: failures.append(context))
        listening = Listening()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        protocol = Protocol()
        acceptor = Acceptor(loop, listening, lambda accepted, peer: SocketTransport(loop, accepted, peer, protocol))
        with socket.create_connection(listening.getsockname()):
            await until(lambda: protocol.told)
        await asyncio.wait_for(protocol.lost.wait(), 5)
        acceptor.close()

    asyncio.run(main())
    assert len(attempts) == 3
    assert [each["exception"].errno for each in failures] == [errno.EMFILE] * 2

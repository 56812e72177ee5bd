"""TCP connections of a server in an event loop that watches sockets.

asyncio's own way of accepting takes a task, a future and three rounds of the loop for each connection: about a third of the
time of a short association. Here, a connection is there as soon as it is accepted. What a protocol sees of it is the same.
TLS goes asyncio's way once a connection is accepted; so do event loops that do not watch sockets (Windows), from the start.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomkit.typing import BytesLike

__all__ = ["Acceptor", "ExpectantProtocol", "SocketTransport", "watches_sockets"]

give_way = getattr(os, "sched_yield", bool)  # to the peer, should it be on the same processor
PATIENCE: Final = 100e-6  # seconds to look for what is due: going to sleep and being woken takes about as long
MOST_LOOKS: Final = 3  # some peers send headers by themselves; no peer may keep the others waiting
PAUSE: Final = 1.0  # seconds without accepting, where there are no descriptors
HIGH: Final = 1 << 16  # bytes; the limit of asyncio's transports
OUT_OF_RESOURCES: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def watches_sockets(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether an event loop tells when a socket can be read."""
    return isinstance(loop, asyncio.SelectorEventLoop)


class ExpectantProtocol(asyncio.BufferedProtocol):
    """A protocol that knows when more is due at once."""

    def expects_more(self) -> bool:
        """Whether it is worth to look again for a moment, before the event loop sleeps."""
        return False


class Acceptor:
    """Accepts the connections of a listening socket.

    Args:
        loop: where.
        listening: a socket that listens; it is closed with this.
        take: called with the socket of a connection, which does not block, and the peer's address.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, take: Callable[[socket.socket, Any], object]
    ) -> None:
        self._loop = loop
        self._listening = listening
        self._take = take
        self._waiting: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._resume()

    def close(self) -> None:
        """Accept nothing more. Connections stay."""
        if self._waiting is not None:
            self._waiting.cancel()
        elif self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
        self._listening.close()

    def _resume(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        try:
            accepted, peer = self._listening.accept()
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            if error.errno in OUT_OF_RESOURCES:  # it would come again at once
                self._loop.call_exception_handler({"message": "no connection can be accepted", "exception": error})
                self._loop.remove_reader(self._listening)
                self._waiting = self._loop.call_later(PAUSE, self._resume)
            return  # another process has taken it, or the peer has gone
        self._take(accepted, peer)


class SocketTransport(asyncio.Transport):
    """A connection. See asyncio.Transport for its methods.

    Args:
        loop: where.
        sock: the socket, which does not block.
        peer: address of the other side.
        protocol: whose it is: its `connection_made` is called at once.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, peer: object, protocol: ExpectantProtocol
    ) -> None:
        super().__init__({"socket": sock, "peername": peer})
        self._loop = loop
        self._sock = sock
        self._fd = sock.fileno()  # of the socket itself, asyncio first makes a text that says it is not watched yet
        self._protocol = protocol
        self._unsent: deque[bytes] = deque()
        self._unsent_size = 0
        self._high = HIGH
        self._is_full = False
        self._is_closing = False
        self._is_lost = False
        self._is_reading = False
        protocol.connection_made(self)
        self.resume_reading()

    # -- reading

    def pause_reading(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        if not self._is_reading and not self._is_closing:
            self._is_reading = True
            self._loop.add_reader(self._fd, self._can_read)

    def _can_read(self) -> None:
        is_new = self._read()
        looks = MOST_LOOKS
        while is_new and looks and self._is_reading and self._protocol.expects_more():
            looks -= 1
            end = time.monotonic() + PATIENCE
            while not (is_new := self._read()) and time.monotonic() < end:
                give_way()

    def _read(self) -> bool:
        """Take what is there. Returns whether that was anything."""
        try:
            count = self._sock.recv_into(self._protocol.get_buffer(-1))
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self._lose(error)
            return True
        try:
            if count:
                self._protocol.buffer_updated(count)
            else:
                self._protocol.eof_received()
                self.close()
        except Exception as error:  # of the protocol: the others go on
            message = f"the protocol of {self._sock!r} has failed"
            self._loop.call_exception_handler({"message": message, "exception": error, "transport": self})
            self._lose(error)
        return True

    # -- writing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = HIGH if high is None else high

    def get_write_buffer_size(self) -> int:
        return self._unsent_size

    def write(self, data: BytesLike) -> None:
        if self._is_lost:
            return
        sent = 0
        if not self._unsent:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as error:
                self._lose(error)
                return
            if sent == len(data):
                return
            self._loop.add_writer(self._fd, self._write)
        rest = bytes(memoryview(data)[sent:])
        self._unsent.append(rest)
        self._unsent_size += len(rest)
        if self._unsent_size > self._high and not self._is_full:
            self._is_full = True
            self._protocol.pause_writing()

    def _write(self) -> None:
        unsent = self._unsent
        try:
            while unsent:
                sent = self._sock.send(unsent[0])
                self._unsent_size -= sent
                if sent < len(unsent[0]):
                    unsent[0] = unsent[0][sent:]
                    break
                unsent.popleft()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._lose(error)
            return
        if not unsent:
            self._loop.remove_writer(self._fd)
        if self._is_full and self._unsent_size <= self._high // 4:
            self._is_full = False
            self._protocol.resume_writing()
        if self._is_closing and not unsent:
            self._lose(None)

    # -- the end

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        """Close the connection when everything is sent."""
        if not self._is_closing:
            self._is_closing = True
            self.pause_reading()
            if not self._unsent:
                self._lose(None)

    def abort(self) -> None:
        """Close the connection at once."""
        self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        """Nothing more is read or sent. The protocol is told in the next round: it may be what has brought this about."""
        if self._is_lost:
            return
        self._is_lost = self._is_closing = True
        self.pause_reading()
        if self._unsent:
            self._unsent.clear()
            self._unsent_size = 0
            self._loop.remove_writer(self._fd)
        self._loop.call_soon(self._end, error)

    def _end(self, error: Exception | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            self._sock.close()
            del self._protocol  # each refers to the other

"""A peer that speaks byte by byte, and what tests of servers share."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from dicomkit._ext.pdu import decode_command
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import propose
from dicomkit.net.server import Server

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"

Listen = Callable[..., Server]


class Wire:
    """A peer on the other end of a socket, that says what it likes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def associate(self, contexts: Iterable[Any] = (VERIFICATION,), **options: Any) -> bytes:
        """Ask for an association; returns the answer."""
        self.send(propose(contexts, **options).encode())
        kind, body = self.pdu()
        assert kind in (2, 3), (kind, body)
        return bytes([kind]) + body

    def command(self, name: str, context_id: int = 1, *, has_data: bool = False, **elements: Any) -> None:
        """Send a command set."""
        message = Message.make(name, context_id, has_data=has_data, **elements)
        self.send(p_data(context_id, 3, message.encode()))

    def data(self, data: bytes, context_id: int = 1, *, last: bool = True) -> None:
        """Send a piece of a data set."""
        self.send(p_data(context_id, 2 if last else 0, data))

    def pdu(self) -> tuple[int, bytes]:
        """The next PDU: its type and body. Type 0: the connection was closed."""
        head = self._receive(6)
        if len(head) < 6:
            return 0, head
        return head[0], self._receive(int.from_bytes(head[2:], "big"))

    def response(self) -> Message:
        """The next message, which has no data set or a small one; that is in `data`."""
        kind, body = self.pdu()
        assert kind == 4, (kind, body)
        length = int.from_bytes(body[:4], "big")
        message = Message(decode_command(body[6 : 4 + length]), body[4])
        rest = body[4 + length :]
        if message.has_data:
            message.data = b""
            while True:
                if not rest:
                    kind, rest = self.pdu()
                    assert kind == 4
                length = int.from_bytes(rest[:4], "big")
                message.data += rest[6 : 4 + length]
                last = rest[5] & 2
                rest = rest[4 + length :]
                if last:
                    break
        return message

    def release(self) -> None:
        """End the association in good order."""
        self.send(bytes.fromhex("05 00 00000004 00000000"))
        assert self.pdu() == (6, bytes(4))
        self.close()

    def is_closed(self) -> bool:
        """Whether the server closes the connection within the time-out; what it says before does not matter."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.socket.close()

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                break
            data += piece
        return data


def p_data(context_id: int, flags: int, data: bytes) -> bytes:
    """A P-DATA-TF PDU with one value (PS3.8 9.3.5)."""
    value = (len(data) + 2).to_bytes(4, "big") + bytes([context_id, flags]) + data
    return b"\x04\0" + len(value).to_bytes(4, "big") + value


def until(is_so: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


Connect = Callable[[Server], Wire]

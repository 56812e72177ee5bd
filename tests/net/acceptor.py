"""The other side of an association: in a thread, over a socket, doing what a test tells it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from dicomkit._ext.pdu import decode_command, fragment
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import Policy
from dicomkit.net.pdu import AssociateAC, AssociateRQ, ReleaseRP, decode

ANYTHING = Policy({}, otherwise=lambda uid: (), roles=lambda uid: (True, True), async_window=(0, 0))


class Talk:
    """One connection, PDU by PDU."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        connection.settimeout(20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request: AssociateRQ | None = None

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def pdu(self) -> tuple[int, bytes]:
        """The next PDU: its type and body."""
        kind, length = struct.unpack(">BxI", self.exactly(6))
        return kind, self.exactly(length)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def accept(self, policy: Policy = ANYTHING) -> AssociateRQ:
        """Accept the association."""
        kind, body = self.pdu()
        assert kind == 1
        request = decode(kind, body)
        assert isinstance(request, AssociateRQ)
        answer = policy.negotiate(request)
        self.send(answer.encode())
        assert isinstance(answer, AssociateAC)
        self.request = request
        return request

    def value(self) -> tuple[int, int, bytes]:
        """The next presentation data value, the only one in its PDU: context ID, flags, data."""
        kind, body = self.pdu()
        assert kind == 4, f"PDU type {kind}"
        return body[4], body[5], body[6:]

    def message(self) -> Message:
        """The next message, with its data set."""
        command = b""
        flags = 0
        while flags != 3:
            context_id, flags, data = self.value()
            assert flags & 1
            command += data
        message = Message(decode_command(command), context_id)
        if message.has_data:
            message.data = b""
            flags = 0
            while flags != 2:
                _, flags, data = self.value()
                message.data += data
        return message

    def say(self, message: Message, data: bytes | None = None) -> None:
        """Send a message."""
        parts = fragment(message.context_id, True, message.encode(), 16384)
        if data is not None:
            parts += fragment(message.context_id, False, data, 16384)
        self.send(b"".join(parts))

    def answer(self, request: Message, status: int = 0, data: bytes | None = None, **elements: Any) -> None:
        """Send a response."""
        self.say(request.response(status, has_data=data is not None, **elements), data)

    def release(self) -> None:
        """Wait for the release, and agree."""
        kind, _ = self.pdu()
        assert kind == 5, f"PDU type {kind}"
        self.send(ReleaseRP().encode())
        with contextlib.suppress(EOFError, ConnectionError):
            self.exactly(1)


class Acceptor:
    """Listens on a free port, and runs a script for each connection, one after the other."""

    def __init__(self, *scripts: Callable[[Talk], object], host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._scripts = scripts
        self.port: int = self._listener.getsockname()[1]
        self.errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # the test is over
            with connection:
                try:
                    script(Talk(connection))
                except BaseException as error:
                    self.errors.append(error)

    def finish(self) -> None:
        """Wait for the scripts to end, and raise what went wrong in them."""
        self._thread.join(10)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        if self.errors:
            raise self.errors[0]


@contextlib.contextmanager
def accepting(*scripts: Callable[[Talk], object], host: str = "127.0.0.1") -> Iterator[int]:
    """Listen while the block runs; gives the port."""
    acceptor = Acceptor(*scripts, host=host)
    try:
        yield acceptor.port
    except BaseException as error:
        for each in acceptor.errors:
            error.add_note(f"the acceptor: {each!r}")
        raise
    acceptor.finish()

"""A TCP or TLS connection, blocking, with deadlines: parts out, bytes in."""

from __future__ import annotations

import os
import socket
import struct
import sys
from time import monotonic

from dicomkit.errors import ConnectError, Timeout
from dicomkit.security.tls_errors import handshake_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any, Final

    from dicomkit.errors import NetworkError
    from dicomkit.media.transfer import Part
    from dicomkit.typing import BytesLike

__all__ = ["Transport", "acknowledge", "address_text", "connect_error", "is_tls_error"]

MOST_BUFFERS: Final = 512  # of one call; IOV_MAX is 1024 on Linux and macOS
MOST_BYTES: Final = 1 << 22
AHEAD: Final = 1 << 17  # bytes of a file that are read at once, and then sent while the next are read
WORTHWHILE: Final = 1 << 15  # bytes that are sent before more are read
LEAST_FOR_SENDFILE: Final = 1 << 16  # below that, reading and sending together is quicker
MORE: Final = getattr(socket, "MSG_MORE", 0)
QUICKACK: Final = getattr(socket, "TCP_QUICKACK", 0)
RECORDS: Final = 1 << 18  # bytes that are given to TLS at once
HAS_KERNEL_TIMEOUTS: Final = os.name == "posix"
LINGER: Final = 1.0  # seconds for a peer to read what it was told last


def acknowledge(sock: socket.socket) -> None:
    """Acknowledge at once what was received, where the system can be told so (Linux).

    To be called when a PDU has arrived in part. Some peers send its header by itself, and the rest only when that is
    acknowledged (Nagle's algorithm), which takes some 40 ms if the receiver waits for something to send along with it.
    """
    if QUICKACK:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        except OSError:
            return  # it is closed


def address_text(host: str, port: int) -> str:
    """Host and port as in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Transport:
    """A connection.

    Attributes:
        peer: address of the peer, for messages.
        socket: the socket.
        failure: what TLS has said of why the connection broke; None if it has not.
    """

    def __init__(self, sock: socket.socket, peer: str, *, is_tls: bool) -> None:
        self.socket = sock
        self.peer = peer
        self._is_tls = is_tls
        self._timeout: float | None = -1.0
        self._send_timeout: float | None = -1.0
        self._fd = sock.fileno()
        self.failure: NetworkError | None = None
        self._uses_kernel = HAS_KERNEL_TIMEOUTS and not is_tls
        if self._uses_kernel:
            sock.settimeout(None)

    @classmethod
    def connect(
        cls,
        host: str,
        port: int,
        *,
        timeout: float | None,
        source_address: tuple[str, int] | None = None,
        tls: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> Transport:
        """Connect to a peer.

        Raises:
            ConnectError: that is not possible.
            Timeout: not in time.
        """
        peer = address_text(host, port)
        try:
            sock = socket.create_connection((host, port), timeout, source_address)
        except TimeoutError as error:
            raise Timeout(f"no connection within {timeout:g} seconds", peer) from error
        except (OSError, OverflowError) as error:  # a port that is none
            raise ConnectError(connect_error(error), peer) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return cls(sock, peer, is_tls=False)
        try:
            return cls(tls.wrap_socket(sock, server_hostname=server_hostname or host), peer, is_tls=True)
        except TimeoutError as error:
            raise Timeout(f"no TLS handshake within {timeout:g} seconds", peer) from error
        except OSError as error:
            raise handshake_error(error, peer) from error
        finally:
            sock.close()  # it was handed over, or is of no use

    def receive(self, buffer: memoryview, timeout: float | None) -> int:
        """Receive into a buffer. Returns how many bytes; 0: the connection is closed, or broken (`failure` says why).

        Raises:
            TimeoutError: nothing came in so many seconds; None: no limit.
        """
        if timeout != self._timeout:
            self._set_timeout(timeout)
        try:
            return self.socket.recv_into(buffer)
        except BlockingIOError:  # what SO_RCVTIMEO gives
            raise TimeoutError from None
        except TimeoutError:
            raise
        except OSError as error:
            if is_tls_error(error):
                self.failure = handshake_error(error, self.peer)
            return 0

    def send(self, parts: list[Part], timeout: float | None) -> None:
        """Send all parts.

        Raises:
            TimeoutError: the peer takes nothing for so many seconds.
            OSError: the connection is closed, or broken.
            SourceChanged: a file does not have what is to be sent.
        """
        if timeout != self._send_timeout:
            self._set_send_timeout(timeout)
        buffers: list[BytesLike] = []
        size = 0
        ahead = _Ahead()
        for part in parts:
            if isinstance(part, tuple):
                source, start, length, _ = part
                fd = getattr(source, "fd", -1)
                if fd >= 0 and length >= LEAST_FOR_SENDFILE and self._uses_kernel:
                    self._send_buffers(buffers, size, MORE)
                    buffers, size = [], 0
                    self._send_file(source, start, length)
                    continue
                for at in range(start, start + length, AHEAD):
                    piece = min(AHEAD, start + length - at)
                    if size >= WORTHWHILE and not ahead.has(source, at, piece):  # the peer gets on while the disk is read
                        self._send_buffers(buffers, size, 0)
                        buffers, size = [], 0
                    data = ahead.read(source, at, piece)
                    buffers.append(data)
                    size += len(data)
                    if size >= AHEAD:
                        self._send_buffers(buffers, size, 0)
                        buffers, size = [], 0
                continue
            buffers.append(part)
            size += len(part)
            if len(buffers) >= MOST_BUFFERS or size >= MOST_BYTES:
                self._send_buffers(buffers, size, 0)
                buffers, size = [], 0
        self._send_buffers(buffers, size, 0)

    def close(self) -> None:
        """Close the connection."""
        _close(self.socket)

    def close_politely(self) -> None:
        """Close the connection so that the peer gets what was sent last: closing with input unread would take it back."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            buffer = memoryview(bytearray(1 << 16))
            end = monotonic() + LINGER
            while (left := end - monotonic()) > 0 and self.receive(buffer, left):
                pass
        except OSError:
            pass  # it is closed or silent
        self.close()

    # --

    def _send_buffers(self, buffers: list[BytesLike], size: int, flags: int) -> None:
        if not size:
            return
        if not self._uses_kernel:
            self._send_joined(buffers)
            return
        try:
            sent = self.socket.sendmsg(buffers, (), flags)
            while sent != size:  # a large message, or a signal
                buffers = _behind(buffers, sent)
                size -= sent
                sent = self.socket.sendmsg(buffers, (), flags)
        except BlockingIOError:
            raise TimeoutError from None

    def _send_joined(self, buffers: list[BytesLike]) -> None:
        """For TLS, and systems without sendmsg."""
        joined: list[BytesLike] = []
        size = 0
        for buffer in buffers:
            view = memoryview(buffer).cast("B")
            for at in range(0, len(view), RECORDS):
                piece = view[at : at + RECORDS]
                joined.append(piece)
                size += len(piece)
                if size >= RECORDS:
                    self.socket.sendall(b"".join(joined))
                    joined, size = [], 0
        if size:
            self.socket.sendall(b"".join(joined))

    def _send_file(self, source: Any, start: int, length: int) -> None:
        try:
            while length:
                sent = os.sendfile(self._fd, source.fd, start, min(length, 1 << 30))
                if not sent:
                    raise source.shorter()
                start += sent
                length -= sent
        except BlockingIOError:
            raise TimeoutError from None

    def _set_timeout(self, timeout: float | None) -> None:
        if self._uses_kernel:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(timeout))
        else:
            self.socket.settimeout(timeout)
            self._send_timeout = timeout
        self._timeout = timeout

    def _set_send_timeout(self, timeout: float | None) -> None:
        if self._uses_kernel:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeout))
        else:
            self.socket.settimeout(timeout)
            self._timeout = timeout
        self._send_timeout = timeout


class _Ahead:
    """Reads a file in few steps, where it is sent in many short PDUs."""

    def __init__(self) -> None:
        self._source: Any = None
        self._start = 0
        self._data = memoryview(b"")

    def has(self, source: Any, start: int, length: int) -> bool:
        """Whether bytes of a source were read already."""
        at = start - self._start
        return source is self._source and at >= 0 and at + length <= len(self._data)

    def read(self, source: Any, start: int, length: int) -> memoryview:
        """Bytes of a source."""
        at = start - self._start
        if not self.has(source, start, length):
            size: int | None = getattr(source, "size", None)
            most = length if size is None else max(length, min(AHEAD, size - start))
            self._source, self._start, at = source, start, 0
            self._data = memoryview(source.read(start, most))
        return self._data[at : at + length]


def _timeval(timeout: float | None) -> bytes:
    seconds = 0.0 if timeout is None else max(timeout, 0.001)  # 0: no limit
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


def _behind(buffers: list[BytesLike], sent: int) -> list[BytesLike]:
    """What is left of buffers after so many bytes."""
    for index, buffer in enumerate(buffers):
        length = len(buffer)
        if sent < length:
            return [memoryview(buffer)[sent:], *buffers[index + 1 :]]
        sent -= length
    return []


def _close(sock: socket.socket) -> None:
    try:
        sock.close()
    except OSError:
        return  # nobody can do more about it


def connect_error(error: Exception) -> str:
    """Why there is no connection, as a short sentence."""
    text = str(error) or type(error).__name__
    if isinstance(error, socket.gaierror):  # whose numbers are others
        text = error.strerror or text
    elif isinstance(error, OSError) and error.errno:
        text = os.strerror(error.errno)
    return text[:1].lower() + text[1:]


def is_tls_error(error: Exception | None) -> bool:
    """Whether it is TLS that has failed: with TLS 1.3, a client learns after the handshake that it is refused."""
    ssl = sys.modules.get("ssl")
    return ssl is not None and isinstance(error, ssl.SSLError)

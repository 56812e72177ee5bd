"""A time-stamp authority that is asked over HTTP (RFC 3161 3.4)."""

from __future__ import annotations

import threading
from contextlib import suppress

from dicomkit.errors import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import http.client
    import socket
    import ssl
    from typing import Any, Final
    from urllib.request import OpenerDirector, Request

__all__ = ["TimestampAuthority"]

_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_MOST_BYTES: Final = 1024 * 1024
_PIECE: Final = 64 * 1024


class TimestampAuthority:
    """Asks a time-stamp authority: called with a query, it gives the answer, as `dicomkit.sign` needs it.

    Redirections are not followed. Proxies are those of the environment (`http_proxy`, `https_proxy`, `no_proxy`).

    Args:
        url: of the authority, http or https. A time-stamp is signed, so http is usual.
        timeout: seconds that an exchange may take, from the connection to the last byte.
        username: for authorities that want one (RFC 7617, Basic).
        password: likewise.
        tls: for https; None: the certificates that the system trusts.

    Raises:
        SignatureError: the URL is none of HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30,
        username: str | None = None,
        password: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url)
            named = bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number
            named = False
        if not named or parts.scheme not in ("http", "https") or not url.isascii() or not url.isprintable() or " " in url:
            raise SignatureError(f"{url!r} is no URL of a time-stamp authority: it begins with http:// or https://")
        if parts.username is not None:
            raise SignatureError("the URL of a time-stamp authority has a user name: give it as username and password")
        self.url = url
        self.timeout = timeout
        self._authorization = None if username is None else _basic(username, password)
        self._tls = tls

    def __call__(self, request: bytes) -> bytes:
        """Ask the authority.

        Args:
            request: query of RFC 3161 in DER.

        Returns:
            The body of the answer; `token_of_response` knows what to think of it.

        Raises:
            SignatureError: there is no connection, the server answers with an error, with something else than a time-stamp
                response or with more than 1 MiB, or not in time.
        """
        from urllib.request import Request

        headers = {"Content-Type": _QUERY, "Accept": _REPLY}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        with _Deadline(self.timeout) as deadline:
            try:
                body = self._exchange(Request(self.url, data=request, headers=headers, method="POST"), deadline)
            except SignatureError as error:
                if deadline.passed:
                    raise self._late() from error
                raise
            if deadline.passed:  # where an answer does not say its length, its end is that of the connection
                raise self._late()
            return body

    def _exchange(self, asked: Request, deadline: _Deadline) -> bytes:
        import http.client
        import urllib.error

        try:
            with self._opener(deadline).open(asked, timeout=self.timeout) as answer:
                return self._body(answer)
        except SignatureError:
            raise
        except urllib.error.HTTPError as error:
            error.close()
            raise self._error(f"answers with HTTP {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise self._late() from error
            raise self._error(f"cannot be asked: {str(reason) or type(reason).__name__}") from error

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        if answer.status != 200:
            raise self._error(f"answers with HTTP {answer.status} {answer.reason}")
        kind = answer.headers.get_content_type()
        if kind != _REPLY:
            raise self._error(f"answers with {kind[:100]}, not {_REPLY}")
        if (answer.length or 0) > _MOST_BYTES:
            raise self._error(f"answers with {answer.length} bytes")
        body = bytearray()
        while piece := answer.read(_PIECE):
            body += piece
            if len(body) > _MOST_BYTES:
                raise self._error(f"answers with more than {_MOST_BYTES} bytes")
        if answer.length:
            raise self._error(f"answers with {answer.length} bytes less than it says")
        return bytes(body)

    def _late(self) -> SignatureError:
        return self._error(f"has not answered in {self.timeout:g} s")

    def _error(self, text: str) -> SignatureError:
        shown = "".join([letter if letter.isprintable() else " " for letter in text[:300]])
        return SignatureError(f"the time-stamp authority {self.url} {shown}")

    def _opener(self, deadline: _Deadline) -> OpenerDirector:
        """A way to HTTP and HTTPS and to nothing else, whose connections end at the deadline."""
        import http.client
        import urllib.request

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                deadline.watch(self.sock)

        class SecureConnection(http.client.HTTPSConnection, Connection):
            pass  # HTTPSConnection connects as Connection does, then comes the handshake

        tls = self._tls

        class Handler(urllib.request.HTTPHandler):
            def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
                return self.do_open(Connection, req)

        class SecureHandler(urllib.request.HTTPSHandler):
            def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
                return self.do_open(SecureConnection, req, context=tls)

        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            Handler(),
            SecureHandler(),
        ):
            opener.add_handler(handler)
        return opener


class _Deadline:
    """Ends a connection when the time is over. The time-out of a socket is that of each step, so steps could go on for ever.

    Attributes:
        passed: whether the time is over.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            if self.passed:
                raise TimeoutError
            # A handle of our own, since TLS takes over that of the connection.
            self._socket = connection.dup()

    def _end(self) -> None:
        import socket

        with self._lock:
            self.passed = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


def _basic(username: str, password: str) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

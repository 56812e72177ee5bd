"""A time-stamp authority over HTTP: `openssl ts -reply` behind a web server, and servers that are up to no good."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dicomkit.errors import SignatureError
from dicomkit.security.timestamps.authority import TimestampAuthority
from dicomkit.security.timestamps.token_check import TimestampRequest, check_token, token_of_response
from dicomkit.security.trust.store import TrustStore
from tests.security.authority import Certificates
from tests.security.pki import Pki
from tests.security.stamping import Authority

DATA = b"what is to be stamped"
REPLY = "application/timestamp-reply"

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A web server on a free port; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(OSError):  # whoever asked has gone
                answer(self, body)

        def do_GET(self) -> None:
            pytest.fail("nobody is to GET anything")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"{'http' if tls is None else 'https'}://localhost:{server.server_port}/tsa"
        finally:
            server.shutdown()
            thread.join()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, kind: str | None = REPLY, **headers: str
) -> None:
    handler.send_response(status)
    if kind is not None:
        handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if not headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def test_a_stamp(tmp_path: Path, pki: Pki) -> None:
    authority = Authority(tmp_path, pki.tsa)
    seen: list[dict[str, str]] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        seen.append(dict(handler.headers))
        send(handler, authority.reply(body))

    request = TimestampRequest.make(DATA)
    with serving(answer) as url:
        ask = TimestampAuthority(url)
        for _ in range(2):
            token = token_of_response(ask(request.encode()), request)
            assert check_token(token, DATA, TrustStore(pki.root.certificate)).trusted
    for headers in seen:  # RFC 3161 3.4
        assert headers["Content-Type"] == "application/timestamp-query"
        assert "Authorization" not in headers


def test_a_refusal(tmp_path: Path, pki: Pki) -> None:
    authority = Authority(tmp_path, pki.tsa, digests="sha512")
    request = TimestampRequest.make(DATA)
    with serving(lambda handler, body: send(handler, authority.reply(body))) as url:
        response = TimestampAuthority(url)(request.encode())
    with pytest.raises(SignatureError, match="Message digest algorithm is not supported"):
        token_of_response(response, request)


def test_answers_in_other_ways() -> None:
    def in_chunks(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        chunked(handler, b"5\r\nhello\r\n0\r\n\r\n")

    def until_the_end(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        send(handler, b"hello", Connection="close")
        handler.close_connection = True

    def with_parameter(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        send(handler, b"hello", kind="Application/Timestamp-Reply; charset=binary")

    for answer in (in_chunks, until_the_end, with_parameter):
        with serving(answer) as url:
            assert TimestampAuthority(url)(b"query") == b"hello"


def test_a_password() -> None:
    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        send(handler, base64.b64decode(handler.headers["Authorization"].removeprefix("Basic ")))

    with serving(answer) as url:
        ask = TimestampAuthority(url, username="Jürgen", password="open: sesame")
        assert ask(b"query").decode() == "Jürgen:open: sesame"  # RFC 7617 2


def test_tls(certificates: Certificates) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates.server)
    trusting = ssl.create_default_context(cafile=str(certificates.ca.certificate))
    with serving(lambda handler, body: send(handler, body), context) as url:
        assert TimestampAuthority(url, tls=trusting)(b"query") == b"query"
        with pytest.raises(SignatureError, match=r"cannot be asked: .*certificate verify failed"):
            TimestampAuthority(url)(b"query")


def chunked(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, body, Transfer_Encoding="chunked")


def plain(data: bytes) -> Answer:
    """Not as a web server answers."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.wfile.write(data)

    return answer


def test_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked.append(handler.path)
        send(handler, body)

    with serving(answer) as url:
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("http_proxy", url)
        assert TimestampAuthority("http://tsa.example/stamp")(b"query") == b"query"
    assert asked == ["http://tsa.example/stamp"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda handler, body: send(handler, b"no", status=404), "answers with HTTP 404 Not Found"),
        (lambda handler, body: send(handler, b"no", status=500), "answers with HTTP 500 Internal Server Error"),
        (lambda handler, body: send(handler, b"", status=201), "answers with HTTP 201 Created"),
        (lambda handler, body: send(handler, b"", status=302, Location="/"), "answers with HTTP 302 Found"),
        (lambda handler, body: send(handler, b"", status=307, Location="file:///etc/passwd"), "answers with HTTP 307"),
        (lambda handler, body: send(handler, b"<html>", kind="text/html"), f"answers with text/html, not {REPLY}"),
        (lambda handler, body: send(handler, b"x", kind=None), f"answers with text/plain, not {REPLY}"),
        (lambda handler, body: send(handler, b"x", kind="x" * 300), "answers with text/plain, not"),
        (lambda handler, body: send(handler, bytes(2**20 + 1)), "answers with 1048577 bytes"),
        (lambda handler, body: send(handler, b"x", Content_Length="9" * 30), "answers with 9999999999"),
        (lambda handler, body: chunked(handler, b"%x\r\n" % 2**21 + bytes(2**21)), "answers with more than 1048576 bytes"),
        (lambda handler, body: send(handler, bytes(2**21), Connection="close"), "answers with more than 1048576 bytes"),
        (lambda handler, body: chunked(handler, b"zz\r\nhello"), "cannot be asked: IncompleteRead"),
        (plain(b"SSH-2.0-OpenSSH\r\n\r\n"), "cannot be asked: SSH-2.0-OpenSSH"),
        (plain(b"HTTP/1.1 200 OK\r\n" + 200 * b"A: b\r\n"), "cannot be asked: got more than"),
        (plain(b"HTTP/1.1 200 " + bytes(70_000)), "cannot be asked: got more than"),
        (lambda handler, body: handler.connection.close(), "cannot be asked: "),
    ],
    ids=range(17),
)
def test_bad_answers(answer: Answer, reason: str) -> None:
    with serving(answer) as url:
        with pytest.raises(SignatureError) as caught:
            TimestampAuthority(url, timeout=5)(b"query")
        assert str(caught.value).startswith(f"the time-stamp authority {url} {reason}")
        assert "\n" not in str(caught.value)


def short(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, b"x", Content_Length="100")
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def test_an_answer_that_ends_too_soon() -> None:
    with serving(short) as url, pytest.raises(SignatureError, match="answers with 99 bytes less than it says"):
        TimestampAuthority(url)(b"query")


def slow_to_answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    time.sleep(3)


def slow_headers(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(30):
        handler.wfile.write(b"A: b\r\n")
        time.sleep(0.1)


def slow_body(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, b"", Content_Length="1000")
    drip(handler)


def slow_body_without_length(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, b"", Connection="close")
    drip(handler)


def slow_chunks(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, b"", Transfer_Encoding="chunked")
    drip(handler, b"1\r\nx\r\n")


def drip(handler: BaseHTTPRequestHandler, data: bytes = b"x") -> None:
    for _ in range(30):
        handler.wfile.write(data)
        time.sleep(0.1)


@pytest.mark.parametrize("answer", [slow_to_answer, slow_headers, slow_body, slow_body_without_length, slow_chunks])
@pytest.mark.parametrize("secure", [False, True])
def test_slow_servers(certificates: Certificates, answer: Answer, secure: bool) -> None:
    """The time is that of the whole exchange; each byte comes soon enough."""
    context, trusting = None, None
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificates.server)
        trusting = ssl.create_default_context(cafile=str(certificates.ca.certificate))
    with serving(answer, context) as url:
        before = time.monotonic()
        with pytest.raises(SignatureError) as caught:
            TimestampAuthority(url, timeout=0.3, tls=trusting)(b"query")
        assert str(caught.value) == f"the time-stamp authority {url} has not answered in 0.3 s"
        assert time.monotonic() - before < 2


def test_a_handshake_without_end() -> None:
    """TLS takes over the connection; that it lasts too long is seen all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"\x16\x03\x03\x40\x00")  # RFC 8446 5.1: a record of 16 KiB
                    for _ in range(30):
                        connection.sendall(b"\0")
                        time.sleep(0.1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        before = time.monotonic()
        with pytest.raises(SignatureError, match=r"has not answered in 0\.3 s"):
            TimestampAuthority(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.3)(b"query")
        assert time.monotonic() - before < 2
        thread.join()


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SignatureError) as caught:
        TimestampAuthority(f"http://127.0.0.1:{port}")(b"query")
    assert str(caught.value).startswith(f"the time-stamp authority http://127.0.0.1:{port} cannot be asked: ")


@pytest.mark.parametrize(
    "url",
    [
        "", "tsa.example", "ftp://tsa.example/", "file:///etc/passwd", "http://", "http:///tsa", "http://tsa.example:port/",
        "http://tsa.example:99999/", "http://tsa.example/a b", "http://tsa.example/\r\nA: b", "http://tsä.example/", "http://[::1",
    ],
)  # fmt: skip
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(SignatureError, match="is no URL of a time-stamp authority: it begins with http:// or https://"):
        TimestampAuthority(url)


def test_a_password_in_the_url() -> None:
    with pytest.raises(SignatureError) as caught:
        TimestampAuthority("https://me:secret@tsa.example/")
    assert "secret" not in str(caught.value)


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with serving(lambda handler, body: send(handler, body)) as url:
        for _ in range(3):
            TimestampAuthority(url)(b"query")
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before

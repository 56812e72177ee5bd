"""Peers that do not speak TLS, and what is said then."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from dicomkit.errors import ConnectError
from dicomkit.security.tls_errors import handshake_error
from tests.security.authority import Certificates
from tests.security.handshakes import client, plain_client, server, shake


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that answers every connection with the same bytes, or closes it at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                if answer is not None:
                    connection.recv(4096)
                    connection.sendall(answer)
                    connection.settimeout(5)
                    while connection.recv(4096):
                        pass

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(serve)
            yield listener.getsockname()[1]
            with suppress(OSError):
                future.result(10)


# PS3.8 9.3.8: A-ABORT, which is how an upper layer answers a ClientHello.
A_ABORT = bytes.fromhex("0700 0000 0004 0000 0202")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (A_ABORT, "the peer does not speak TLS here"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "the peer does not speak TLS here"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "the peer does not speak TLS here"),
        (None, "it does not speak TLS here, or does not accept us"),
    ],
)
def test_a_server_without_tls(certificates: Certificates, answer: bytes | None, sentence: str) -> None:
    context = client(certificates)
    with (
        answering(answer) as port,
        socket.create_connection(("127.0.0.1", port), 5) as connection,
        pytest.raises(OSError) as caught,  # noqa: PT011  # which of them it is differs between versions of OpenSSL
    ):
        context.wrap_socket(connection, server_hostname="localhost")
    error = handshake_error(caught.value, f"127.0.0.1:{port}")
    assert isinstance(error, ConnectError)
    assert sentence in str(error)
    assert error.peer == f"127.0.0.1:{port}"


@pytest.mark.parametrize("request_", [b"\x01\x00\x00\x00\x00\xcd" + bytes(205), b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_a_client_without_tls(certificates: Certificates, request_: bytes) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.sendall(request_)
        with pytest.raises(ssl.SSLError) as caught:
            server(certificates).wrap_socket(far, server_side=True)
    assert "the peer does not speak TLS here" in str(handshake_error(caught.value))


def test_nothing_in_common(certificates: Certificates) -> None:
    outcome = shake(client(certificates, "bcp195-extended"), server(certificates, cipher_suites=[]))
    assert outcome.ok  # TLS 1.2 is in both
    outcome = shake(plain_client(ssl.TLSVersion.TLSv1_2, "AES128-SHA"), server(certificates))
    for error in (outcome.client, outcome.server):
        assert isinstance(error, OSError)
        assert "no version of TLS or no cipher suite in common" in str(handshake_error(error))


def test_errors_that_are_not_known() -> None:
    assert str(handshake_error(TimeoutError("timed out"))) == "TLS handshake failed: timed out"

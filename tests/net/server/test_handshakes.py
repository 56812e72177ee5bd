"""TLS handshakes with a server: what it tells of those that fail."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time

import pytest

import dicomkit
from dicomkit.net.server import Limits, Server, Verification
from dicomkit.security.tls import client_context
from tests.net.server.wire import until
from tests.security.authority import Certificates


def test_what_goes_wrong_is_told(
    server: ssl.SSLContext, client: ssl.SSLContext, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="dicomkit.server")
    nobody = client_context(ca=[certificates.ca.certificate])
    with Server([Verification()], tls=server, limits=Limits(first_byte=0.3)).started("127.0.0.1") as listening:
        with socket.create_connection(("127.0.0.1", listening.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            until(lambda: listening.counters.handshakes_failed == 1)
        socket.create_connection(("127.0.0.1", listening.port)).close()
        until(lambda: listening.counters.handshakes_failed == 2)
        with socket.create_connection(("127.0.0.1", listening.port)):  # silent
            until(lambda: listening.counters.handshakes_failed == 3)
        with pytest.raises(dicomkit.NetworkError):
            dicomkit.associate("127.0.0.1", listening.port, tls=nobody, server_hostname="localhost").echo()
        until(lambda: listening.counters.handshakes_failed == 4)
        with dicomkit.associate("127.0.0.1", listening.port, tls=client, server_hostname="localhost") as association:
            assert association.echo().is_success
        assert listening.counters.connections == 1
    failed = [record for record in caplog.records if vars(record)["event"] == "handshake-failed"]
    told = [(record.levelname, vars(record)["fields"]) for record in failed]
    assert [level for level, _ in told] == ["WARNING", "INFO", "INFO", "WARNING"]
    assert all(fields["peer"].startswith("127.0.0.1:") for _, fields in told)
    for (_, fields), words in zip(
        told, ("HTTP", "ended the connection", "not finished in time", "certificate"), strict=True
    ):
        assert words in fields["problem"]


def test_silent_peers_count_as_connections(server: ssl.SSLContext) -> None:
    with (
        Server([Verification()], tls=server, limits=Limits(connections=3)).started("127.0.0.1") as listening,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", listening.port)))
        with socket.create_connection(("127.0.0.1", listening.port), timeout=5) as fourth:
            assert fourth.recv(1) == b""
        assert listening.counters.connections_refused == 1


def test_the_end_does_not_wait_for_handshakes(server: ssl.SSLContext) -> None:
    with contextlib.ExitStack() as stack:
        with Server([Verification()], tls=server).started("127.0.0.1", drain=60) as listening:
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", listening.port), timeout=5))
            socket.create_connection(("127.0.0.1", listening.port)).close()
            until(lambda: listening.counters.handshakes_failed == 1)  # so the other one was taken
            begin = time.monotonic()
        assert time.monotonic() - begin < 20
        assert silent.recv(1) == b""

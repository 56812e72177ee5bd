"""Sockets that are bound, and those that cannot be."""

from __future__ import annotations

import socket

import pytest

from dicomkit.net.server.sockets import bound_sockets


def closed(sockets: list[socket.socket]) -> list[tuple[str, int]]:
    names = [each.getsockname()[:2] for each in sockets]
    for each in sockets:
        each.close()
    return names


def test_a_free_port() -> None:
    ((host, port),) = closed(bound_sockets("127.0.0.1", 0))
    assert host == "127.0.0.1"
    assert port > 0


def test_all_interfaces_have_the_same_port() -> None:
    names = closed(bound_sockets(None, 0))
    assert len({port for _, port in names}) == 1
    assert {host for host, _ in names} <= {"0.0.0.0", "::"}


def test_a_port_that_is_taken() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(OSError, match=r"cannot listen at 127\.0\.0\.1 port"),
    ):
        bound_sockets("127.0.0.1", other.getsockname()[1])


def test_no_address() -> None:
    with pytest.raises(OSError, match=r"cannot listen at 192\.0\.2\.1"):
        bound_sockets("192.0.2.1", 0)
    with pytest.raises(OSError, match=r".+"):
        bound_sockets("no.such.host.invalid", 0)


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="the system cannot")
def test_a_shared_port() -> None:
    first = bound_sockets("127.0.0.1", 0, shared=True)
    second = bound_sockets("127.0.0.1", first[0].getsockname()[1], shared=True)
    assert closed(first) == closed(second)


def test_a_port_that_cannot_be_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
    with pytest.raises(OSError, match="use one worker"):
        bound_sockets("127.0.0.1", 0, shared=True)

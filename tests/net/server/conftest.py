"""Servers in threads, and peers that speak byte by byte."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from dicomkit.net.server import Server, Service, Verification
from tests.net.server.wire import Connect, Listen, Wire


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers look at the clock more often, and wait less for peers whose association is over."""
    monkeypatch.setattr("dicomkit.net.server.listener.LONGEST_INTERVAL", 0.02)
    monkeypatch.setattr("dicomkit.net.server.connection.LINGER", 0.1)


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Start a server in a thread: `listen(services, **options)`. It is stopped after the test."""
    with contextlib.ExitStack() as stack:

        def start(services: Iterable[Service] = (Verification(),), **options: Any) -> Server:
            return stack.enter_context(Server(services, **options).started("127.0.0.1", drain=0.0))

        yield start


@pytest.fixture
def wire() -> Iterator[Connect]:
    """Connect to a server, to speak byte by byte."""
    with contextlib.ExitStack() as stack:

        def connect(server: Server) -> Wire:
            return stack.enter_context(contextlib.closing(Wire(server.port)))

        yield connect

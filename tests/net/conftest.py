"""Fixtures for the tests of the network."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from dicomkit.security.tls import client_context, server_context
from tests.security.authority import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    """Certificates of servers and clients."""
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(certificates: Certificates) -> ssl.SSLContext:
    """TLS of a server, which wants a certificate."""
    return server_context(certificate=certificates.server[0], key=certificates.server[1], ca=[certificates.ca.certificate])


@pytest.fixture
def client(certificates: Certificates) -> ssl.SSLContext:
    """TLS of a client, which has one."""
    return client_context(certificate=certificates.client[0], key=certificates.client[1], ca=[certificates.ca.certificate])

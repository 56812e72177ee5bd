"""Fixtures for the tests of the network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.security.authority import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    """Certificates of servers and clients."""
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))

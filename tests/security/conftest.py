"""Certificates of a small hospital: for TLS, and for signatures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicomkit.security.trust.store import TrustStore
from tests.security.authority import Certificates, make_certificates
from tests.security.pki import Pki


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    """All the certificates that the tests of TLS need."""
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Keys, certificates and revocation lists for tests of signatures; each is made when it is first asked for."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def trust(pki: Pki) -> TrustStore:
    """Whoever has a certificate of the root is trusted."""
    return TrustStore(pki.root.certificate)

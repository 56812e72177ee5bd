"""A signed report and who is trusted, for the tests that tamper with signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # cryptography: not for the tests of all else
    from dicomkit.security.trust.store import TrustStore
    from tests.security.pki import Pki
    from tests.security.signed import Nodes
    from tests.security.stamping import Authority


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Keys and certificates; each is made when it is first asked for."""
    from tests.security.pki import Pki

    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def trust(pki: Pki) -> TrustStore:
    from dicomkit.security.trust.store import TrustStore

    return TrustStore(pki.root.certificate)


@pytest.fixture(scope="session")
def authority(pki: Pki, peer: Callable[[str], str]) -> Authority:
    """A time-stamp authority that is trusted."""
    from tests.security.stamping import Authority

    peer("openssl")
    return Authority(pki.folder, pki.tsa)


@pytest.fixture(scope="session")
def signed(pki: Pki, trust: TrustStore, authority: Authority) -> Nodes:
    """A signature of an item in an item, one of the name, and one of everything with a certified time-stamp."""
    import dicomkit
    from tests.hostile.signed_report import INNER_PATH, unsigned
    from tests.security.signed import nodes_of, stored, verdict

    dataset = unsigned()
    inner = dataset.ContentSequence[0].ContentSequence[0]
    dicomkit.sign(inner, pki.p256.key, pki.p256.certificate)
    dicomkit.sign(dataset, pki.p384.key, pki.p384.certificate, tags=["PatientName", "SOPInstanceUID"])
    dicomkit.sign(dataset, pki.rsa.key, pki.rsa.certificate, purpose=5, timestamp=authority.reply)
    nodes = nodes_of(dataset)
    report = verdict(stored(nodes), trust)
    assert report.valid
    assert [(result.path, result.mac_id) for result in report] == [("", 0), ("", 1), (INNER_PATH, 0)]
    return nodes

"""What the tests with dcmsign need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.security.trust.store import TrustStore
from tests.interop.dcmsign import Dcmsign
from tests.security.pki import Pki
from tests.security.stamping import Authority


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def dcmsign(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Dcmsign:
    return Dcmsign(pki, tmp_path_factory.mktemp("dcmsign"))


@pytest.fixture(scope="session")
def trust(pki: Pki) -> TrustStore:
    return TrustStore(pki.root.certificate)


@pytest.fixture(scope="session")
def authority(pki: Pki, peer: Callable[[str], str]) -> Authority:
    peer("openssl")
    return Authority(pki.folder, pki.tsa)


@pytest.fixture(scope="session")
def files(pydicom_files: list[Path], examples_dir: Path) -> dict[str, Path]:
    return {path.name: path for path in (*pydicom_files, *examples_dir.glob("*.dcm"))}

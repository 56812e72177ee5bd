"""What is trusted, from files and folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicomkit.errors import SignatureError
from dicomkit.security.trust.sources import TrustSources, revocation_lists
from dicomkit.security.trust.store import TrustStore
from tests.security.pki import NOW, Pki


def test_sources(pki: Pki) -> None:
    root = (pki.root.certificate,)
    for source in (pki.root.certificate, pki.root.certificate_pem, str(pki.root.certificate_der), pki.root.der):
        assert TrustSources(source).certificates == root
        assert TrustSources([source]).certificates == root
        assert TrustSources(iter([source, pki.root.certificate])).certificates == root
    assert TrustSources(()).certificates == ()
    assert TrustSources(pki.department.chain_pem).certificates == tuple(pki.department.chain)


def test_lists_beside_certificates(pki: Pki, tmp_path: Path) -> None:
    """As OpenSSL reads them from a file of certificates that are trusted."""
    path = tmp_path / "both.pem"
    path.write_bytes(pki.root_crl.pem.read_bytes() + pki.root.certificate_pem.read_bytes())
    found = TrustSources(path)
    assert found.certificates == (pki.root.certificate,)
    assert found.revocation_lists == [pki.root_crl.crl]
    assert not TrustStore(path).check(pki.revoked.certificate, NOW, purpose="signature").trusted
    only = TrustSources(pki.root_crl.pem)
    assert (only.certificates, only.revocation_lists) == ((), [pki.root_crl.crl])


def test_errors(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "text.pem"
    path.write_text("nothing")
    with pytest.raises(SignatureError, match=f"^{path}: no certificate in it"):
        TrustSources(path)
    with pytest.raises(SignatureError, match="no certificate in it"):
        TrustSources([pki.root.certificate, b""])
    path.write_bytes(pki.root_crl.pem.read_bytes().replace(b"MI", b"MJ"))
    with pytest.raises(SignatureError, match=f"^{path}: the revocation list cannot be read"):
        TrustSources(path)
    with pytest.raises(FileNotFoundError):
        TrustSources(tmp_path / "nowhere")
    with pytest.raises(SignatureError, match="no revocation list in it"):
        revocation_lists([pki.root.certificate_pem])


def test_folder(pki: Pki, tmp_path: Path) -> None:
    for name, data in {
        "a.pem": pki.root.certificate_pem.read_bytes(),
        "b.der": pki.intermediate.der,
        "c.crl": pki.root_crl.der.read_bytes(),
        "9d66eef0.0": pki.stranger.certificate_pem.read_bytes(),
        "9d66eef0.1": pki.self_signed.certificate_pem.read_bytes(),
        "9d66eef0.r0": pki.intermediate_crl.pem.read_bytes(),
        "README": b"what is here",
        "key.txt": pki.rsa.key_pem.read_bytes(),
        "damaged.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "empty.crt": b"",
        "nothing.der": b"\0" * 100,
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.pem").mkdir()
    (tmp_path / "gone.pem").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.pem")
    found = TrustSources(tmp_path)
    assert set(found.certificates) == {
        one.certificate for one in (pki.root, pki.intermediate, pki.stranger, pki.self_signed)
    }
    assert len(found.revocation_lists) == 2
    assert [problem.code for problem in found.problems] == ["trust-file"] * 3
    assert [str(problem).partition(": ")[0] for problem in found.problems] == [
        str(tmp_path / name) for name in ("damaged.pem", "empty.crt", "nothing.der")
    ]
    assert TrustStore(tmp_path).problems == tuple(found.problems)

"""Keys of signers: what they are, and whose."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from dicomkit.errors import SignatureError
from dicomkit.security.keys.signing_key import Signer, key_text, matches, weakness
from tests.security.pki import Pki, new_key


@pytest.mark.parametrize(
    ("kind", "text", "weak"),
    [
        ("rsa2048", "RSA 2048", None),
        ("rsa1024", "RSA 1024", "the key is weak: RSA 1024 bits"),
        ("rsa512", "RSA 512", "the key is very weak: RSA 512 bits"),
        ("dsa2048", "DSA 2048", None),
        ("dsa1024", "DSA 1024", "the key is weak: DSA 1024 bits"),
        ("p256", "EC secp256r1", None),
        ("p384", "EC secp384r1", None),
        ("bp256", "EC brainpoolP256r1", None),
        ("p192", "EC secp192r1", "the key is weak: EC secp192r1"),
        ("ed25519", "Ed25519", None),
    ],
)
def test_text(kind: str, text: str, weak: str | None) -> None:
    public = new_key(kind).public_key()
    assert key_text(public) == text
    assert weakness(public) == weak


def test_matches(pki: Pki) -> None:
    signers = [pki.rsa, pki.p256, pki.p384, pki.dsa, pki.rsa1024]
    for one in signers:
        for other in signers:
            assert matches(one.key, other.certificate) == (one is other)
    assert matches(pki.rsa.key, pki.expired.certificate)


def test_certificate_with_an_unreadable_key(pki: Pki) -> None:
    def unknown(tbs: Any) -> None:
        tbs["subject_public_key_info"]["public_key"] = b"\0"

    damaged = pki.changed(pki.p256, unknown)
    assert not matches(pki.p256.key, damaged.certificate)
    assert not matches(ed25519.Ed25519PrivateKey.generate(), pki.p256.certificate)  # type: ignore[arg-type]  # that is the test


def test_signer(pki: Pki) -> None:
    """Made once for all objects of a modality; what is no certificate is an error each time."""
    signer = Signer.of(pki.rsa.der)
    assert signer is Signer.of(bytes(bytearray(pki.rsa.der)))
    assert (signer.certificate, signer.key, signer.weakness) == (pki.rsa.certificate, "RSA 2048", None)
    assert signer.public_key == pki.rsa.key.public_key()
    assert Signer.of(pki.rsa1024.der).weakness == "the key is weak: RSA 1024 bits"
    for wrong in (b"", pki.rsa.der[:-1], pki.rsa.certificate_pem.read_bytes()):
        with pytest.raises(SignatureError, match="cannot be read"):
            Signer.of(wrong)

    def unknown(tbs: Any) -> None:
        tbs["subject_public_key_info"]["public_key"] = b"\0"

    with pytest.raises(SignatureError, match="its key cannot be read"):
        Signer.of(pki.changed(pki.p256, unknown).der)


def test_import_is_cheap() -> None:
    """dicomkit itself does not import cryptography."""
    code = "import sys, dicomkit, dicomkit.security.problem; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

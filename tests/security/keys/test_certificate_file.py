"""Certificates and revocation lists from files: all that openssl writes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dicomkit.errors import SignatureError
from dicomkit.security.keys.certificate_file import load_certificate, load_certificates, load_revocation_lists, pem_blocks
from tests.security.pki import PASSWORD, Pki


def test_formats(pki: Pki) -> None:
    one = [pki.department.certificate]
    assert load_certificates(pki.department.certificate) == one
    for path in (pki.department.certificate_pem, pki.department.certificate_der):
        assert load_certificates(path) == one
        assert load_certificates(str(path)) == one
        assert load_certificates(path.read_bytes()) == one
        assert load_certificates(path, format=path.suffix[1:]) == one
    assert load_certificates(pki.department.chain_pem) == pki.department.chain
    assert load_certificates(pki.department.p12, PASSWORD) == pki.department.chain
    assert load_certificates(pki.department.p12, lambda: PASSWORD, format="pkcs12") == pki.department.chain


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_pkcs7(pki: Pki, peer: Callable[[str], str], tmp_path: Path, form: str) -> None:
    path = tmp_path / "chain.p7b"
    words = [peer("openssl"), "crl2pkcs7", "-nocrl", "-certfile", str(pki.department.chain_pem), "-outform", form]
    subprocess.run([*words, "-out", str(path)], check=True)
    assert set(load_certificates(path)) == set(pki.department.chain)


def test_padding(pki: Pki) -> None:
    """Certificate of Signer (0400,0115) has an even length."""
    certificates = [pki.issue("x" * length, pki.root).certificate for length in (1, 2)]
    for certificate in certificates:
        data = certificate.public_bytes(Encoding.DER)
        assert load_certificates(data, format="der") == [certificate]
        padded = data + b"\0" * (len(data) % 2)
        assert load_certificates(padded, format="der") == [certificate]
        assert load_certificate(padded) == certificate
        for wrong in (data + b"\1", data + b"\0\0", data + b"\0\0\0", b"\0" + data):
            with pytest.raises(SignatureError, match="the certificate cannot be read"):
                load_certificates(wrong, format="der")
            with pytest.raises(SignatureError, match="the certificate cannot be read"):
                load_certificate(wrong)


def test_value(pki: Pki) -> None:
    """A value is one certificate in DER: neither PEM nor PKCS #7, and none that fills the memory."""
    for path in (pki.rsa.certificate_pem, pki.rsa.key_der, pki.rsa.p12):
        with pytest.raises(SignatureError, match="the certificate cannot be read"):
            load_certificate(path.read_bytes())
    filler = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(131_072))
    large = pki.issue("Large", pki.root, extensions=[(filler, False)])
    for load in (load_certificate, load_certificates):
        with pytest.raises(SignatureError, match=r"bytes are too many|no certificate in it"):
            load(large.der)


def test_text_around(pki: Pki) -> None:
    """openssl x509 -text puts an explanation in front, and other blocks may stand between."""
    parts = [
        b"Certificate:\n  Data: -----\n",
        pki.rsa.certificate_pem.read_bytes(),
        b"more\r\n",
        pki.rsa.key_pem.read_bytes(),
    ]
    parts += [pki.root_crl.pem.read_bytes(), pki.root.certificate_pem.read_bytes().replace(b"\n", b"\r\n"), b"-----BEGIN"]
    data = b"".join(parts)
    assert load_certificates(data) == [pki.rsa.certificate, pki.root.certificate]
    assert load_revocation_lists(data) == [pki.root_crl.crl]
    labels = [label for label, _ in pem_blocks(data)]
    assert labels == [b"CERTIFICATE", b"PRIVATE KEY", b"X509 CRL", b"CERTIFICATE"]


def test_no_certificate(pki: Pki, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("nothing")
    for source in (
        text,
        b"",
        b"\0",
        pki.rsa.key_pem,
        pki.root_crl.pem,
        pki.root_crl.der,
        b"-----BEGIN CERTIFICATE-----\nAAAA",
    ):
        with pytest.raises(SignatureError, match="no certificate in it"):
            load_certificates(source)
    with pytest.raises(SignatureError, match=f"^{text}: no certificate in it"):
        load_certificates(text)
    with pytest.raises(SignatureError, match="cannot be read"):
        load_certificates(text, format="der")
    with pytest.raises(SignatureError, match="PKCS #12"):
        load_certificates(text, format="pkcs12")
    damaged = pki.rsa.certificate_pem.read_bytes().replace(b"MII", b"MIJ", 1)
    with pytest.raises(SignatureError, match="the certificate cannot be read"):
        load_certificates(pki.root.certificate_pem.read_bytes() + damaged)
    with pytest.raises(FileNotFoundError):
        load_certificates(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no format"):
        load_certificates(text, format="jks")


def test_pkcs12_without(pki: Pki, peer: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "key.p12"
    words = [
        peer("openssl"),
        "pkcs12",
        "-export",
        "-nocerts",
        "-inkey",
        str(pki.rsa.key_pem),
        "-passout",
        f"pass:{PASSWORD}",
    ]
    subprocess.run([*words, "-out", str(path)], check=True)
    with pytest.raises(SignatureError, match="no certificate in it"):
        load_certificates(path, PASSWORD)
    with pytest.raises(SignatureError, match="cannot be opened"):
        load_certificates(pki.rsa.p12, "wrong")
    with pytest.raises(SignatureError, match="a password is needed"):
        load_certificates(pki.rsa.p12)


def test_revocation_lists(pki: Pki) -> None:
    one = [pki.root_crl.crl]
    assert load_revocation_lists(pki.root_crl.crl) == one
    assert load_revocation_lists(pki.root_crl.pem) == load_revocation_lists(pki.root_crl.der) == one
    both = pki.root_crl.pem.read_bytes() + pki.intermediate_crl.pem.read_bytes()
    assert load_revocation_lists(both) == [pki.root_crl.crl, pki.intermediate_crl.crl]
    for source in (b"", pki.rsa.certificate_der.read_bytes(), pki.root_crl.der.read_bytes()[:-1]):
        with pytest.raises(SignatureError, match="the revocation list cannot be read"):
            load_revocation_lists(source)
    with pytest.raises(SignatureError, match=r"^/.*no revocation list in it"):
        load_revocation_lists(pki.rsa.certificate_pem)


def test_many_beginnings() -> None:
    """Time that grows with the length only."""
    data = b"-----BEGIN CERTIFICATE-----\n" * 50_000
    assert list(pem_blocks(data)) == []
    data = b"-----BEGIN A-----\n" + b"-----BEGIN " * 50_000 + b"-----END A-----"
    assert len(list(pem_blocks(data))) == 1

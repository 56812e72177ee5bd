"""Damaged certificates, revocation lists, keys and PKCS #12 files: a SignatureError or a result, never anything else.

And what was damaged is never trusted, nor does it make anybody else trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import SignatureError
from dicomkit.security.keys.signing_key import (
    key_text,
    load_certificates,
    load_private_key,
    matches,
    subject_text,
    verify_digest,
    weakness,
)
from dicomkit.security.trust.store import TrustStore
from tests.security.mangle import mangled
from tests.security.pki import NOW, PASSWORD, Extension, Identity, Pki, signer_extensions

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# cryptography warns of what it will refuse one day
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")

TIMES = 1500


@pytest.fixture(scope="module")
def rich(pki: Pki) -> Identity:
    """A certificate with much in it."""
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), ["https://ca.example/"])
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca.example/1.crl")], None, None, None)
    names: list[x509.GeneralName] = [x509.DNSName("example.org"), x509.RFC822Name("a@example.org")]
    extensions: list[Extension] = [
        (x509.SubjectAlternativeName(names), False),
        (x509.CertificatePolicies([policy]), False),
        (x509.CRLDistributionPoints([point]), False),
        (x509.NameConstraints([x509.DNSName("example.org")], None), False),
        (x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")]), False),
        (x509.PolicyConstraints(None, 0), False),
    ]
    return pki.issue("Rich signer", pki.intermediate, extensions=signer_extensions() + extensions)


@pytest.fixture(scope="module")
def store(pki: Pki) -> TrustStore:
    return TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate)


def look_at(certificate: Certificate) -> None:
    """What a report does with a certificate."""
    assert subject_text(certificate)
    try:
        public = certificate.public_key()
    except Exception:
        return  # where the key is asked for, that is expected
    assert key_text(public)
    weakness(public)
    verify_digest(public, "SHA256", bytes(32), bytes(256))
    verify_digest(public, "RIPEMD160", bytes(20), bytes(64))


def try_certificate(store: TrustStore, data: bytes, pki: Pki) -> bool:
    """Load damaged bytes, and ask for trust in them, above and below."""
    try:
        certificates = load_certificates(data, format="der")
    except SignatureError:
        return False
    for certificate in certificates:
        look_at(certificate)
        matches(pki.rsa.key, certificate)
        for purpose in ("signature", "timestamp"):
            result = store.check(certificate, NOW, purpose=purpose)
            assert not result.trusted
            assert result.problems
            assert all(str(problem).isprintable() for problem in result.problems)
    return True


@pytest.mark.parametrize("name", ["rsa", "p256", "dsa", "tsa", "intermediate", "root"])
def test_certificates(pki: Pki, store: TrustStore, name: str) -> None:
    identity: Identity = getattr(pki, name)
    random = Random(name)
    loaded = sum(try_certificate(store, mangled(identity.der, random), pki) for _ in range(TIMES))
    assert loaded > TIMES // 50  # many are only found out by their signature


def test_certificates_with_much_in_them(rich: Identity, pki: Pki, store: TrustStore) -> None:
    assert store.check(rich.certificate, NOW, purpose="signature").trusted
    random = Random(8)
    for _ in range(2 * TIMES):
        try_certificate(store, mangled(rich.der, random), pki)


@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_each_byte(rich: Identity, pki: Pki, store: TrustStore, position: int, value: int) -> None:
    data = bytearray(rich.der)
    data[position % len(data)] = value
    if data != rich.der:
        try_certificate(store, bytes(data), pki)


@given(data=st.binary(max_size=200))
def test_garbage(pki: Pki, store: TrustStore, data: bytes) -> None:
    assert not try_certificate(store, data, pki)
    for load in (load_certificates, load_private_key):
        for source in (data, b"-----BEGIN CERTIFICATE-----\n" + data, b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + data):
            with pytest.raises(SignatureError):
                load(source, PASSWORD)
    with pytest.raises(SignatureError):
        TrustStore((), crls=data)


def test_damaged_authorities(pki: Pki) -> None:
    """As those that come with a time-stamp."""
    store = TrustStore(pki.root.certificate)
    random = Random(9)
    good = pki.intermediate.certificate
    assert store.check(pki.department.certificate, NOW, purpose="signature", extra=[good]).trusted
    for _ in range(TIMES):
        try:
            extra = load_certificates(mangled(pki.intermediate.der, random), format="der")
        except SignatureError:
            continue
        assert not store.check(pki.department.certificate, NOW, purpose="signature", extra=extra).trusted
        assert store.check(pki.department.certificate, NOW, purpose="signature", extra=[*extra, good]).trusted


@pytest.mark.parametrize("name", ["root_crl", "intermediate_crl"])
def test_revocation_lists(pki: Pki, name: str) -> None:
    """A damaged list revokes nobody, and does for none that is asked for."""
    random = Random(name)
    good = getattr(pki, name)
    data = good.crl.public_bytes(serialization.Encoding.DER)
    revoked = pki.revoked if name == "root_crl" else pki.department_revoked
    sound = pki.rsa if name == "root_crl" else pki.department
    other = pki.intermediate_crl.crl if name == "root_crl" else pki.root_crl.crl
    used = 0
    for _ in range(TIMES):
        damaged = mangled(data, random)
        try:
            strict = TrustStore(
                pki.root.certificate, intermediates=pki.intermediate.certificate, crls=damaged, require_crls="signer"
            )
        except SignatureError:
            continue
        used += 1
        for identity in (revoked, sound):
            result = strict.check(identity.certificate, NOW, purpose="signature")
            assert not result.trusted, result
        loose = TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate, crls=[other])
        assert loose.check(sound.certificate, NOW, purpose="signature").trusted
    assert used


def load_both(data: bytes) -> None:
    load_private_key(data, PASSWORD)
    load_certificates(data, PASSWORD)


@pytest.mark.parametrize(
    ("name", "load", "times"),
    [
        ("key_der", load_private_key, TIMES),
        ("key_pem", load_private_key, TIMES),
        ("key_locked", lambda data: load_private_key(data, PASSWORD), 60),
        ("key_der_locked", lambda data: load_private_key(data, PASSWORD), 60),
        ("p12", load_both, 60),
    ],
)
def test_keys(pki: Pki, name: str, load: Callable[[bytes], object], times: int) -> None:
    for identity in (pki.p256, pki.dsa):
        random = Random(name)
        data = getattr(identity, name).read_bytes()
        for _ in range(times):
            try:
                load(mangled(data, random))
            except SignatureError as error:
                assert str(error)


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        size = len(data)
        length = bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")
        data = b"\x30" + length + data
    return data


@pytest.mark.parametrize(
    "data", [nested(3000), nested(60), b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", b"\x30\x88" + b"\xff" * 8]
)
def test_nesting_and_lengths(data: bytes) -> None:
    for source in (data, data + bytes(100)):
        for load in (load_certificates, load_private_key):
            with pytest.raises(SignatureError):
                load(source, PASSWORD)
        with pytest.raises(SignatureError):
            TrustStore((), crls=source)

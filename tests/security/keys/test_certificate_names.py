"""Names as RFC 4514 and RFC 5280 7.1 have them."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from dicomkit.security.keys.certificate_names import comparable, issuer_text, name_text, subject_text
from tests.security.pki import Pki


def name(*values: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value) for value in values])


def test_text(pki: Pki) -> None:
    assert subject_text(pki.department.certificate) == "CN=Department signer"
    assert issuer_text(pki.department.certificate) == "CN=Department CA"
    assert name_text(x509.Name([])) == "the empty name"
    # RFC 4514 4: the last part first, special characters with a backslash
    parts = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sue, Grabbit and Runn"),
        x509.NameAttribute(NameOID.COMMON_NAME, "L. Eagle"),
    ]
    assert name_text(x509.Name(parts)) == "CN=L. Eagle,O=Sue\\, Grabbit and Runn"
    assert name_text(name("Müller 山田")) == "CN=Müller 山田"


def test_hostile_text() -> None:
    """Nothing of it gets at a terminal."""
    shown = name_text(name("a\x1b[2J\r\nb\u202e"))
    assert shown.isprintable()
    assert len(name_text(name(*["x" * 60] * 1000))) < 310


def test_comparable() -> None:
    assert comparable(name("Root  CA ")) == comparable(name("root ca"))
    assert comparable(name("Root CA")) != comparable(name("RootCA"))
    assert comparable(name("a", "b")) != comparable(name("b", "a"))
    one = x509.NameAttribute(NameOID.COMMON_NAME, "a")
    other = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "b")
    several = x509.Name([x509.RelativeDistinguishedName([one, other])])
    assert comparable(several) == comparable(x509.Name([x509.RelativeDistinguishedName([other, one])]))
    assert comparable(several) != comparable(x509.Name([one, other]))

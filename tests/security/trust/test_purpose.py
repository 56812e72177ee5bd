"""What certificates are for: the same verdict as `openssl verify -purpose`, and where it is another, why."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from tests.security.pki import (
    Extension,
    Identity,
    Pki,
    ca_extensions,
    key_usage,
    signer_extensions,
    tsa_extensions,
)
from tests.security.verdicts import LONG, Question, assert_both

DOCUMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
UNKNOWN = x509.ObjectIdentifier("1.2.3.4")
BASIC: list[Extension] = [(x509.BasicConstraints(False, None), True)]


def purposes(*wanted: x509.ObjectIdentifier, critical: bool = False) -> list[Extension]:
    return [(x509.ExtendedKeyUsage(wanted), critical)]


@pytest.mark.parametrize(
    ("usage", "code"),
    [
        ((), ""),
        (("digital_signature",), ""),
        (("content_commitment",), ""),
        (("digital_signature", "content_commitment", "key_encipherment"), ""),
        (("key_encipherment",), "key-usage"),
        (("key_agreement", "data_encipherment"), "key-usage"),
        (("key_cert_sign", "crl_sign"), "key-usage"),
    ],
)
def test_key_usage(pki: Pki, usage: tuple[str, ...], code: str) -> None:
    extensions: list[Extension] = [*BASIC, (key_usage(*usage), True)] if usage else BASIC
    assert_both(Question(pki.issue("Signer", pki.root, extensions=extensions), [pki.root]), code)


def test_authority_signs(pki: Pki) -> None:
    """A CA may sign a document, if its key is for that."""
    usage = ("key_cert_sign", "crl_sign")
    assert_both(Question(pki.intermediate, [pki.root]), "key-usage")
    assert_both(
        Question(pki.issue("CA", pki.root, extensions=ca_extensions(usage=(*usage, "digital_signature"))), [pki.root])
    )
    assert_both(Question(pki.root, [pki.root]), "key-usage")


# OpenSSL's purpose is that of mail; DICOM has none, DCMTK asks for none. Ours are those of who signs or proves who it is.
@pytest.mark.parametrize(
    ("wanted", "code", "only_openssl"),
    [
        ((Purpose.EMAIL_PROTECTION,), "", False),
        ((Purpose.SERVER_AUTH, Purpose.EMAIL_PROTECTION), "", False),
        ((Purpose.CLIENT_AUTH,), "", True),
        ((Purpose.CLIENT_AUTH, Purpose.SERVER_AUTH), "", True),
        ((DOCUMENTS,), "", True),
        ((Purpose.ANY_EXTENDED_KEY_USAGE,), "", True),
        ((Purpose.SERVER_AUTH,), "extended-key-usage", False),
        ((Purpose.CODE_SIGNING,), "extended-key-usage", False),
        ((Purpose.TIME_STAMPING,), "extended-key-usage", False),
        ((Purpose.OCSP_SIGNING,), "extended-key-usage", False),
        ((UNKNOWN,), "extended-key-usage", False),
    ],
)
@pytest.mark.parametrize(("level", "critical"), [(0, False), (0, True), (1, False), (2, False)])
def test_purposes_of_signers(
    pki: Pki, wanted: tuple[x509.ObjectIdentifier, ...], code: str, only_openssl: bool, critical: bool, level: int
) -> None:
    """Of the signer, and what a CA or root certifies."""
    more = [purposes(*wanted, critical=critical) if place == level else [] for place in range(3)]
    root = pki.issue("Root", extensions=ca_extensions() + more[2], **LONG)
    ca = pki.issue("CA", root, extensions=ca_extensions() + more[1], **LONG)
    signer = pki.issue("Signer", ca, extensions=signer_extensions() + more[0])
    assert_both(Question(signer, [root], [ca]), code, only_openssl=only_openssl)


def authority(pki: Pki, extensions: list[Extension], issuer: Identity | None = None) -> Identity:
    return pki.issue("TSA", issuer or pki.root, extensions=extensions)


@pytest.mark.parametrize(
    ("extensions", "code", "only_ours"),
    [
        (tsa_extensions(), "", False),
        (BASIC + purposes(Purpose.TIME_STAMPING, critical=True), "", False),
        (signer_extensions("content_commitment") + purposes(Purpose.TIME_STAMPING, critical=True), "", False),
        (signer_extensions() + purposes(Purpose.TIME_STAMPING, critical=True), "", False),
        (tsa_extensions(critical=False), "extended-key-usage", False),
        (signer_extensions(), "extended-key-usage", False),
        (tsa_extensions([Purpose.TIME_STAMPING, Purpose.EMAIL_PROTECTION]), "extended-key-usage", False),
        (tsa_extensions([Purpose.EMAIL_PROTECTION]), "extended-key-usage", False),
        (tsa_extensions([Purpose.ANY_EXTENDED_KEY_USAGE]), "extended-key-usage", False),
        # RFC 3161 2.3: only one. OpenSSL counts those that it knows.
        (tsa_extensions([Purpose.TIME_STAMPING, UNKNOWN]), "extended-key-usage", True),
        (
            signer_extensions("digital_signature", "key_encipherment") + purposes(Purpose.TIME_STAMPING, critical=True),
            "key-usage",
            False,
        ),
        (signer_extensions("key_agreement") + purposes(Purpose.TIME_STAMPING, critical=True), "key-usage", False),
        (ca_extensions() + purposes(Purpose.TIME_STAMPING, critical=True), "key-usage", False),
    ],
)
def test_time_stamp_authority(pki: Pki, extensions: list[Extension], code: str, only_ours: bool) -> None:
    asked = Question(authority(pki, extensions), [pki.root], purpose="timestamp")
    assert_both(asked, code, only_ours=only_ours)


def test_authority_over_authorities(pki: Pki) -> None:
    """A CA that certifies others, but not for time-stamps. OpenSSL looks at the purpose of the last certificate only."""
    for wanted, code in ((Purpose.TIME_STAMPING, ""), (Purpose.EMAIL_PROTECTION, "extended-key-usage")):
        ca = pki.issue("CA", pki.root, extensions=ca_extensions() + purposes(wanted))
        asked = Question(authority(pki, tsa_extensions(), ca), [pki.root], [ca], purpose="timestamp")
        assert_both(asked, code, only_ours=bool(code))


def test_each_for_its_own(pki: Pki) -> None:
    assert_both(Question(pki.tsa, [pki.root]), "extended-key-usage")
    assert_both(Question(pki.rsa, [pki.root], purpose="timestamp"), "extended-key-usage")
    assert_both(Question(pki.foreign_tsa, [pki.root], purpose="timestamp"), "issuer-unknown")

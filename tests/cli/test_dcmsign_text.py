"""What dcmsign prints of certificates and elements: OpenSSL's forms, and nothing that a file could use to forge a log."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from dicomkit.cli.dcmsign_text import certificate_lines, element_text, location_text, name_text, printable, time_text

if TYPE_CHECKING:
    from tests.security.pki import Pki


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 1", "Größe 1"),
        ("a\nW:   Signature Verification : OK", "a\\x0AW:   Signature Verification : OK"),
        ("\x1b[2J", "\\x1B[2J"),
        ("\x9b1m", "\\xC2\\x9B1m"),
        ("\u202eKO", "\\xE2\\x80\\xAEKO"),
        ("\udc80", "\\xED\\xB2\\x80"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x00100010, "(0010,0010) PatientName"),
        (0x7FE00010, "(7fe0,0010) PixelData"),
        (0x00324000, "(0032,4000) RETIRED_StudyComments"),
        (0x00090010, "(0009,0010) PrivateCreator"),
        (0x00091001, "(0009,1001) Unknown Tag & Data"),
    ],
)
def test_element(tag: int, text: str) -> None:
    assert element_text(tag) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "Main Dataset"),
        ("(0040,A730)[0]", "ContentSequence[0]"),
        ("(0040,A730)[0].(0008,1140)[12]", "ContentSequence[0].ReferencedImageSequence[12]"),
        ("(0009,1007)[1]", "(0009,1007)[1]"),
    ],
)
def test_location(path: str, text: str) -> None:
    assert location_text(path) == text


def test_time() -> None:
    assert time_text(dt.datetime(2026, 3, 7, 4, 5, 6, tzinfo=dt.UTC)) == "Mar  7 04:05:06 2026 GMT"


def test_name_as_openssl_prints_it(pki: Pki, peer: Callable[[str], str]) -> None:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Niedersachsen"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Größe/Ä\n"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "R&D + x, \\y=z"),
            x509.NameAttribute(NameOID.SURNAME, "Doe"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "12"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.example"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
            x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "own"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Jane"),
        ]
    )
    identity = pki.issue("named", subject=subject)
    command = [peer("openssl"), "x509", "-in", identity.certificate_pem, "-noout", "-subject", "-nameopt", "compat"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert f"subject={name_text(identity.certificate.subject)}" == shown


def test_certificate(pki: Pki) -> None:
    lines = list(certificate_lines(pki.p256.certificate))
    assert lines[0] == "      X.509v3"
    assert lines[1] == "      Subject                 : /CN=P-256 signer"
    assert lines[2] == "      Issued by               : /CN=Root CA"
    assert lines[3] == f"      Serial no.              : {pki.p256.serial}"
    assert lines[6] == "      Public key              : EC, curve prime256v1, 256 bits"
    assert list(certificate_lines(pki.rsa.certificate))[6].endswith(" RSA, 2048 bits")
    assert list(certificate_lines(pki.dsa.certificate))[6].endswith(" DSA, 2048 bits")
    assert list(certificate_lines(pki.p384.certificate))[6].endswith(" EC, curve secp384r1, 384 bits")

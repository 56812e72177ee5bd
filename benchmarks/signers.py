"""Who signs in the benchmark of signatures: a certification authority, and signers with keys of several types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

ROOT: Final = "root"
RSA: Final = "rsa2048"

KEYS: Final[dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]]] = {
    RSA: lambda: rsa.generate_private_key(65537, 2048),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "dsa2048": lambda: dsa.generate_private_key(2048),
}
"""Kinds of keys."""


class Signer(NamedTuple):
    """Paths of a private key without password, and of its certificate, both PEM."""

    key: Path
    certificate: Path


def signer(folder: Path, kind: str) -> Signer:
    """The files of the signer with this kind of key, or of the authority."""
    return Signer(folder / f"{kind}.key.pem", folder / f"{kind}.pem")


def make_signers(folder: Path, kinds: Iterable[str]) -> None:
    """Make an authority, and a signer with each kind of key, whom it certifies."""
    root_key = KEYS[RSA]()
    root = issued(ROOT, root_key, ROOT, root_key)
    keep(folder, ROOT, root_key, root)
    for kind in kinds:
        key = KEYS[kind]()
        keep(folder, kind, key, issued(kind, key, ROOT, root_key))


def issued(
    subject: str, key: CertificateIssuerPrivateKeyTypes, issuer: str, issuer_key: CertificateIssuerPrivateKeyTypes
) -> x509.Certificate:
    """A certificate of somebody's key: of an authority, if it is its own."""
    now, is_authority = dt.datetime.now(dt.UTC), subject == issuer
    usage = dict.fromkeys(USAGES, False)
    for name in ("key_cert_sign", "crl_sign") if is_authority else ("digital_signature", "content_commitment"):
        usage[name] = True
    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def named(name: str) -> x509.Name:
    """A name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def keep(folder: Path, kind: str, key: CertificateIssuerPrivateKeyTypes, certificate: x509.Certificate) -> None:
    """Write both to files."""
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files = signer(folder, kind)
    files.key.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    files.certificate.write_bytes(certificate.public_bytes(pem))

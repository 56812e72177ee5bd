"""Certificates with their keys, and revocation lists, as objects and as files; and what goes into certificates."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

if TYPE_CHECKING:
    from dicomkit.security.keys.private_key import PrivateKey

#: of encrypted keys and PKCS#12 files
PASSWORD = "open sesame"

#: full seconds, since certificates have no others
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
YEAR = 365 * DAY

Extension = tuple[x509.ExtensionType, bool]  # the second says whether it is critical


class Identity:
    """A certificate and its key, as objects and as files.

    Attributes:
        name: common name, and stem of the files.
        key: private key.
        certificate: certificate.
        issuer: who certified it; itself for a root.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        key: PrivateKey,
        certificate: x509.Certificate,
        issuer: Identity | None,
    ) -> None:
        self.folder = folder
        self.name = name
        self.key = key
        self.certificate = certificate
        self.issuer = issuer or self

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain(self) -> list[x509.Certificate]:
        """Its certificate and those up to the root."""
        found: list[Identity] = [self]
        while found[-1].issuer is not found[-1]:
            found.append(found[-1].issuer)
        return [identity.certificate for identity in found]

    def _file(self, suffix: str, data: bytes) -> Path:
        path = self.folder / f"{self.name.replace(' ', '-').lower()}{suffix}"
        path.write_bytes(data)
        return path

    def _private(self, encoding: serialization.Encoding, locked: bool = False) -> bytes:
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if locked:
            encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
        return self.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, encryption)

    @cached_property
    def certificate_pem(self) -> Path:
        return self._file(".pem", self.certificate.public_bytes(serialization.Encoding.PEM))

    @cached_property
    def certificate_der(self) -> Path:
        return self._file(".der", self.der)

    @cached_property
    def chain_pem(self) -> Path:
        """Its certificate and those up to the root, in one file."""
        return self._file(".chain.pem", b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain))

    @cached_property
    def key_pem(self) -> Path:
        return self._file(".key", self._private(serialization.Encoding.PEM))

    @cached_property
    def key_der(self) -> Path:
        return self._file(".key.der", self._private(serialization.Encoding.DER))

    @cached_property
    def key_locked(self) -> Path:
        """PEM, encrypted with PASSWORD."""
        return self._file(".locked.key", self._private(serialization.Encoding.PEM, locked=True))

    @cached_property
    def key_der_locked(self) -> Path:
        """DER (PKCS#8), encrypted with PASSWORD."""
        return self._file(".locked.key.der", self._private(serialization.Encoding.DER, locked=True))

    @cached_property
    def p12(self) -> Path:
        """PKCS#12 with key, certificate and the certificates up to the root, encrypted with PASSWORD."""
        data = pkcs12.serialize_key_and_certificates(
            self.name.encode(),
            self.key,
            self.certificate,
            self.chain[1:],
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
        return self._file(".p12", data)


class RevocationList:
    """A CRL, as an object and as files."""

    def __init__(self, folder: Path, name: str, crl: x509.CertificateRevocationList) -> None:
        self.folder = folder
        self.name = name
        self.crl = crl

    @cached_property
    def pem(self) -> Path:
        path = self.folder / f"{self.name}.crl.pem"
        path.write_bytes(self.crl.public_bytes(serialization.Encoding.PEM))
        return path

    @cached_property
    def der(self) -> Path:
        path = self.folder / f"{self.name}.crl"
        path.write_bytes(self.crl.public_bytes(serialization.Encoding.DER))
        return path


def key_usage(*names: str) -> x509.KeyUsage:
    """KeyUsage with the bits named as cryptography does: `digital_signature`, `key_cert_sign`."""
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
        "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    assert set(names) <= set(every)
    return x509.KeyUsage(**{name: name in names for name in every})


def ca_extensions(
    path_length: int | None = None, *, ca: bool = True, usage: Iterable[str] = ("key_cert_sign", "crl_sign")
) -> list[Extension]:
    """What the certificate of a CA has."""
    found: list[Extension] = [(x509.BasicConstraints(ca, path_length if ca else None), True)]
    usage = tuple(usage)
    return [*found, (key_usage(*usage), True)] if usage else found


def signer_extensions(*usage: str) -> list[Extension]:
    """What the certificate of who signs documents has."""
    return [
        (x509.BasicConstraints(False, None), True),
        (key_usage(*(usage or ("digital_signature", "content_commitment"))), True),
    ]


def tsa_extensions(
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,), *, critical: bool = True
) -> list[Extension]:
    """What the certificate of a time-stamp authority has (RFC 3161 2.3)."""
    return [*signer_extensions("digital_signature"), (x509.ExtendedKeyUsage(purposes), critical)]


def new_key(kind: str) -> PrivateKey:
    """A new key: "rsa2048", "dsa2048", "p256"."""
    if kind in ("rsa512", "rsa768"):  # cryptography reads such keys, but makes none
        words = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[3:]}"]
        pem = subprocess.run(words, check=True, capture_output=True).stdout
        return cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(pem, None))
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind.startswith("dsa"):
        return dsa.generate_private_key(int(kind[3:]))
    if kind == "ed25519":
        return cast("PrivateKey", ed25519.Ed25519PrivateKey.generate())  # for certificates it is as good as any
    curves: dict[str, ec.EllipticCurve] = {
        "p192": ec.SECP192R1(), "p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1(),
        "bp256": ec.BrainpoolP256R1(),
    }  # fmt: skip
    return ec.generate_private_key(curves[kind])

"""A public key infrastructure for tests of signatures, made while they run: none of it is kept, and none expires one day.

Made by `cryptography`; what it refuses to make (version 1, weak hashes, damage) is made of it by asn1crypto.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from tests.security.identity import (
    DAY,
    NOW,
    PASSWORD,
    YEAR,
    Extension,
    Identity,
    RevocationList,
    ca_extensions,
    key_usage,
    new_key,
    signer_extensions,
    tsa_extensions,
)

if TYPE_CHECKING:
    from dicomkit.security.keys.private_key import PrivateKey

__all__ = [
    "DAY",
    "NOW",
    "PASSWORD",
    "YEAR",
    "Extension",
    "Identity",
    "Pki",
    "RevocationList",
    "ca_extensions",
    "key_usage",
    "new_key",
    "signer_extensions",
    "tsa_extensions",
]


class Pki:
    """A root, an intermediate CA, who they certified, and what they revoked. All is made when it is first asked for.

    Attributes:
        folder: where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._serial = 1000

    def issue(
        self,
        name: str,
        issuer: Identity | None = None,
        *,
        key: str | PrivateKey = "p256",
        extensions: Sequence[Extension] | None = None,
        first: dt.datetime = NOW - YEAR,
        last: dt.datetime = NOW + YEAR,
        subject: x509.Name | None = None,
        digest: str = "sha256",
        key_identifiers: bool = True,
        file: str = "",
    ) -> Identity:
        """A new certificate.

        Args:
            name: common name of the subject.
            issuer: who signs it; None: itself.
            key: kind of a new key (see `new_key`), or a key.
            extensions: those besides the key identifiers; None: those of a signer, or of a CA if there is no issuer.
            first, last: validity.
            subject: instead of a subject with a common name only.
            digest: hash of the signature, as asn1crypto names it: "sha1", "md5".
            key_identifiers: add subject and authority key identifiers.
            file: stem of the file names, if it is not the name.
        """
        own = new_key(key) if isinstance(key, str) else key
        if subject is None:
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        if extensions is None:
            extensions = ca_extensions() if issuer is None else signer_extensions()
        self._serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.certificate.subject)
            .public_key(own.public_key())
            .serial_number(self._serial)
            .not_valid_before(first)
            .not_valid_after(last)
        )
        if key_identifiers:
            signing = own if issuer is None else issuer.key
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        signing = own if issuer is None else issuer.key
        certificate = builder.sign(signing, None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        identity = Identity(self.folder, file or name, own, certificate, issuer)
        if digest != "sha256":
            return self.changed(identity, lambda tbs: None, digest=digest, file=file or name)
        return identity

    def revocation_list(
        self,
        name: str,
        issuer: Identity,
        revoked: Iterable[tuple[int, dt.datetime]] = (),
        *,
        first: dt.datetime = NOW - DAY,
        last: dt.datetime | None = NOW + 30 * DAY,
        key: PrivateKey | None = None,
        extensions: Sequence[Extension] = (),
        entry_extensions: Sequence[Extension] = (),
        change: Callable[[Any], object] | None = None,
        digest: str = "sha256",
    ) -> RevocationList:
        """A CRL.

        Args:
            name: stem of its file names.
            issuer: who it says it is from.
            revoked: serial numbers and times of revocation.
            first, last: thisUpdate and nextUpdate (None: without).
            key: signs it; None: that of the issuer.
            extensions: of the list.
            entry_extensions: of each entry.
            change: changes asn1crypto's TbsCertList before it is signed.
            digest: hash of the signature, as asn1crypto names it: "sha1", "md5".
        """
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(first)
            .next_update(last or first + YEAR)
        )
        for serial, time in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(time)
            for extension, critical in entry_extensions:
                entry = entry.add_extension(extension, critical)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        crl = builder.sign(key or issuer.key, hashes.SHA256())
        if last is None or change is not None or digest != "sha256":
            from asn1crypto import crl as asn1

            loaded = asn1.CertificateList.load(crl.public_bytes(serialization.Encoding.DER))
            if last is None:
                loaded["tbs_cert_list"]["next_update"] = None
            if change is not None:
                change(loaded["tbs_cert_list"])
            _sign_anew(loaded, "tbs_cert_list", "signature", key or issuer.key, digest)
            crl = x509.load_der_x509_crl(loaded.dump(force=True))
        return RevocationList(self.folder, name, crl)

    def changed(
        self,
        identity: Identity,
        change: Callable[[Any], object],
        *,
        sign: bool = True,
        digest: str = "sha256",
        file: str = "",
    ) -> Identity:
        """An identity whose certificate was changed.

        Args:
            identity: the one to change.
            change: changes asn1crypto's TbsCertificate; gets the whole Certificate if `sign` is false.
            sign: its issuer signs it anew.
            digest: hash of that signature, as asn1crypto names it: "sha1", "md5".
            file: stem of the file names.
        """
        from asn1crypto import x509 as asn1

        certificate = asn1.Certificate.load(identity.der)
        change(certificate["tbs_certificate"] if sign else certificate)
        if sign:
            _sign_anew(certificate, "tbs_certificate", "signature_value", identity.issuer.key, digest)
        changed = x509.load_der_x509_certificate(certificate.dump(force=True))
        issuer_of = None if identity.issuer is identity else identity.issuer
        return Identity(self.folder, file or f"{identity.name} changed", identity.key, changed, issuer_of)

    # --- the CAs

    @cached_property
    def root(self) -> Identity:
        return self.issue("Root CA", key="rsa2048", first=NOW - 10 * YEAR, last=NOW + 10 * YEAR)

    @cached_property
    def intermediate(self) -> Identity:
        return self.issue(
            "Department CA", self.root, key="p256", extensions=ca_extensions(0), first=NOW - 9 * YEAR, last=NOW + 9 * YEAR
        )

    @cached_property
    def stranger(self) -> Identity:
        """A root that nobody trusts."""
        return self.issue("Stranger CA", first=NOW - 10 * YEAR, last=NOW + 10 * YEAR)

    # --- signers certified by the root

    @cached_property
    def rsa(self) -> Identity:
        return self.issue("RSA signer", self.root, key="rsa2048")

    @cached_property
    def p256(self) -> Identity:
        return self.issue("P-256 signer", self.root, key="p256")

    @cached_property
    def p384(self) -> Identity:
        return self.issue("P-384 signer", self.root, key="p384")

    @cached_property
    def dsa(self) -> Identity:
        return self.issue("DSA signer", self.root, key="dsa2048")

    @cached_property
    def rsa1024(self) -> Identity:
        return self.issue("RSA 1024 signer", self.root, key="rsa1024")

    @cached_property
    def expired(self) -> Identity:
        """With an RSA key; was valid until 30 days ago."""
        return self.issue("Expired signer", self.root, key=self.rsa.key, first=NOW - 3 * YEAR, last=NOW - 30 * DAY)

    @cached_property
    def not_yet(self) -> Identity:
        """With an RSA key; will be valid in 30 days."""
        return self.issue("Early signer", self.root, key=self.rsa.key, first=NOW + 30 * DAY, last=NOW + 3 * YEAR)

    @cached_property
    def revoked(self) -> Identity:
        """With an RSA key; revoked 30 days ago, as `root_crl` says."""
        return self.issue("Revoked signer", self.root, key=self.rsa.key)

    @cached_property
    def self_signed(self) -> Identity:
        """With an RSA key; certified by nobody else."""
        return self.issue("Lone signer", key=self.rsa.key, extensions=signer_extensions())

    @cached_property
    def foreign(self) -> Identity:
        """With an RSA key; certified by `stranger`."""
        return self.issue("Foreign signer", self.stranger, key=self.rsa.key)

    # --- certified by the intermediate

    @cached_property
    def department(self) -> Identity:
        """With an RSA key."""
        return self.issue("Department signer", self.intermediate, key=self.rsa.key)

    @cached_property
    def department_revoked(self) -> Identity:
        """With an RSA key; revoked 30 days ago, as `intermediate_crl` says."""
        return self.issue("Revoked department signer", self.intermediate, key=self.rsa.key)

    # --- time-stamp authorities

    @cached_property
    def tsa(self) -> Identity:
        """Certified by the root, with an RSA key, for time-stamps only."""
        return self.issue("Time-stamp authority", self.root, key="rsa2048", extensions=tsa_extensions())

    @cached_property
    def foreign_tsa(self) -> Identity:
        """Certified by `stranger`."""
        return self.issue("Foreign time-stamp authority", self.stranger, key=self.tsa.key, extensions=tsa_extensions())

    # --- revocation lists

    @cached_property
    def root_crl(self) -> RevocationList:
        return self.revocation_list("root", self.root, [(self.revoked.serial, NOW - 30 * DAY)])

    @cached_property
    def intermediate_crl(self) -> RevocationList:
        return self.revocation_list("intermediate", self.intermediate, [(self.department_revoked.serial, NOW - 30 * DAY)])


def _sign_anew(signed: Any, content: str, signature: str, key: PrivateKey, digest: str) -> None:
    """Sign one of asn1crypto's certificates or revocation lists."""
    kind = {rsa.RSAPrivateKey: "rsa", dsa.DSAPrivateKey: "dsa", ec.EllipticCurvePrivateKey: "ecdsa"}
    name = next(f"{digest}_{text}" for cls, text in kind.items() if isinstance(key, cls))
    if f"{signed['signature_algorithm']['algorithm'].native}" != name:
        signed["signature_algorithm"]["algorithm"] = name
        signed[content]["signature"]["algorithm"] = name
    data = signed[content].dump(force=True)
    algorithm: hashes.HashAlgorithm = getattr(hashes, digest.upper())()
    if isinstance(key, rsa.RSAPrivateKey):
        signed[signature] = key.sign(data, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signed[signature] = key.sign(data, ec.ECDSA(algorithm))
    elif isinstance(key, dsa.DSAPrivateKey):
        signed[signature] = key.sign(data, algorithm)

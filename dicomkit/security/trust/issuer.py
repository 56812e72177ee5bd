"""Whether one certificate was signed by the key of another (RFC 5280 6.1.3 (a) (1))."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from dicomkit.security.trust.facts import CertificateFacts

__all__ = ["BROKEN", "SHA1", "may_be_issuer", "signed_by", "signed_list"]

#: signature algorithms by which certificates can be forged (RFC 6151, RFC 6149): refused
BROKEN: Final = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_MD5.dotted_string,
        "1.2.840.113549.1.1.2",  # md2WithRSAEncryption
        "1.2.840.113549.1.1.3",  # md4WithRSAEncryption
    }
)
#: signature algorithms with SHA-1, which is weak. cryptography has stopped to verify certificates and lists with it.
SHA1: Final = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA1.dotted_string,
        "1.3.14.3.2.29",  # sha1WithRSASignature, which old programs write
        SignatureAlgorithmOID.DSA_WITH_SHA1.dotted_string,
        SignatureAlgorithmOID.ECDSA_WITH_SHA1.dotted_string,
    }
)


def may_be_issuer(facts: CertificateFacts, issuer: CertificateFacts) -> bool:
    """Whether a certificate says that it is issued by another, whatever its signature says."""
    if facts.issuer != issuer.subject:
        return False
    key = facts.issuer_key
    if key is None:
        return True
    if key.key_identifier is not None and issuer.key_identifier is not None and key.key_identifier != issuer.key_identifier:
        return False
    if key.authority_cert_serial_number is not None and key.authority_cert_serial_number != issuer.serial:
        return False
    names = [name.value for name in key.authority_cert_issuer or () if isinstance(name, x509.DirectoryName)]
    return not names or issuer.certificate.issuer in names


def signed_by(facts: CertificateFacts, issuer: CertificateFacts) -> bool:
    """Whether a certificate was signed by the key of another one."""
    try:
        return guarded("", _signed_by, facts, issuer)
    except SignatureError:  # no valid signature: InvalidSignature, or what is none at all
        return False


def _signed_by(facts: CertificateFacts, issuer: CertificateFacts) -> bool:
    certificate = facts.certificate
    if facts.algorithm not in SHA1:
        certificate.verify_directly_issued_by(issuer.certificate)
        return True
    from asn1crypto import x509 as asn1  # type: ignore[import-untyped]  # asn1crypto has no types
    from cryptography.hazmat.primitives.serialization import Encoding

    from dicomkit.security.asn1 import load

    loaded = load(asn1.Certificate, certificate.public_bytes(Encoding.DER), "the certificate")
    if loaded["signature_algorithm"]["algorithm"].dotted != loaded["tbs_certificate"]["signature"]["algorithm"].dotted:
        return False
    return _verify_sha1(issuer.public_key, certificate.signature, certificate.tbs_certificate_bytes)


def signed_list(crl: x509.CertificateRevocationList, issuer: CertificateFacts) -> bool:
    """Whether a revocation list was signed by the key of a certificate."""
    try:
        return guarded("", _signed_list, crl, issuer)
    except SignatureError:  # no valid signature: as above
        return False


def _signed_list(crl: x509.CertificateRevocationList, issuer: CertificateFacts) -> bool:
    if issuer.public_key is None:
        return False
    if crl.signature_algorithm_oid.dotted_string not in SHA1:
        return crl.is_signature_valid(issuer.public_key)  # type: ignore[arg-type]  # other keys are refused at run time
    return _verify_sha1(issuer.public_key, crl.signature, crl.tbs_certlist_bytes)


def _verify_sha1(key: CertificatePublicKeyTypes | None, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA1())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA1()))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, data, hashes.SHA1())
        else:
            return False
    except InvalidSignature:
        return False
    return True

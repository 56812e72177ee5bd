"""Keys of signers: read them, tell them apart, sign and verify digests with them (PS3.15 annex C)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded
from dicomkit.security.keys.certificate_file import load_certificate, load_certificates
from dicomkit.security.keys.certificate_names import subject_text
from dicomkit.security.keys.digest_signature import sign_digest, verify_digest
from dicomkit.security.keys.private_key import load_private_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Final

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.x509 import Certificate

    from dicomkit.security.keys.private_key import PrivateKey

__all__ = [
    "Signer",
    "key_text",
    "load_certificates",
    "load_private_key",
    "matches",
    "sign_digest",
    "subject_text",
    "verify_digest",
    "weakness",
]

# NIST SP 800-131A: below the first anybody with means can find the private key; below the second it is disallowed.
_SHORTEST: Final = 1024
_SHORT: Final = 2048
_SHORT_CURVE: Final = 256  # DCMTK warns below; disallowed below 224


def key_text(public_key: PublicKeyTypes) -> str:
    """The type of a key and its size: "RSA 2048", "DSA 2048", "EC secp256r1"."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA {public_key.key_size}"
    if isinstance(public_key, dsa.DSAPublicKey):
        return f"DSA {public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"EC {public_key.curve.name}"
    return type(public_key).__name__.removesuffix("PublicKey")


def weakness(public_key: PublicKeyTypes) -> str | None:
    """Why a key is too weak for signatures, or None."""
    text = key_text(public_key)
    if isinstance(public_key, (rsa.RSAPublicKey, dsa.DSAPublicKey)):
        if public_key.key_size < _SHORTEST:
            return f"the key is very weak: {text} bits"
        if public_key.key_size < _SHORT:
            return f"the key is weak: {text} bits"
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.key_size < _SHORT_CURVE:
        return f"the key is weak: {text}"
    return None


class Signer:
    """Whoever has a certificate, as far as a verification needs it.

    Attributes:
        certificate: the certificate.
        first: from when it is valid.
        last: until when.
        public_key: its key.
        key: what kind of key that is: see `key_text`.
        weakness: see `weakness`.
    """

    __slots__ = ("certificate", "first", "key", "last", "public_key", "weakness")

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        # Years that Python has no dates for are found when they are asked for.
        self.first: datetime.datetime = guarded("its validity cannot be read", lambda: certificate.not_valid_before_utc)
        self.last: datetime.datetime = guarded("its validity cannot be read", lambda: certificate.not_valid_after_utc)
        self.public_key = guarded("its key cannot be read", certificate.public_key)
        self.key = key_text(self.public_key)
        self.weakness = weakness(self.public_key)

    @classmethod
    def of(cls, data: bytes) -> Signer:
        """The signer of a certificate in DER. Those that were seen last are kept: a modality signs all that it makes.

        Raises:
            SignatureError: it cannot be read.
        """
        return _signer(data)


@lru_cache(maxsize=64)
def _signer(data: bytes) -> Signer:
    return Signer(load_certificate(data))


def matches(key: PrivateKey, certificate: Certificate) -> bool:
    """Whether a certificate is that of a private key."""
    try:
        return guarded("", certificate.public_key) == key.public_key()
    except SignatureError:  # a key that cannot be read is not that key
        return False

"""Signatures of digests: RSA (PKCS #1 v1.5), DSA and ECDSA, as PS3.15 annex C and DCMTK have them.

A MAC is calculated elsewhere, in constant memory; here are only its few bytes.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from dicomkit.security.keys.private_key import PrivateKey

__all__ = ["sign_digest", "verify_digest"]

#: MAC Algorithm (0400,0015) -> how cryptography names a digest of that kind
_HASHES: Final = {
    "MD5": utils.Prehashed(hashes.MD5()),
    "SHA1": utils.Prehashed(hashes.SHA1()),
    "SHA256": utils.Prehashed(hashes.SHA256()),
    "SHA384": utils.Prehashed(hashes.SHA384()),
    "SHA512": utils.Prehashed(hashes.SHA512()),
    # cryptography does not know it. DSA and ECDSA take the digest as a number: which hash it is of is not in the signature.
    "RIPEMD160": utils.Prehashed(hashes.SHA1()),
}
_PADDING: Final = padding.PKCS1v15()
_RIPEMD160: Final = "RIPEMD160"
#: what stands before a RIPEMD-160 digest in an RSA signature: DigestInfo (RFC 8017 A.2.4) with 1.3.36.3.2.1 and NULL
_RIPEMD160_INFO: Final = bytes.fromhex("3021300906052b2403020105000414")


def sign_digest(key: PrivateKey, algorithm: str, digest: bytes) -> bytes:
    """Sign a digest.

    Args:
        key: an RSA, DSA or EC key.
        algorithm: MAC Algorithm (0400,0015) that the digest was calculated by.
        digest: the digest.

    Returns:
        For RSA as many bytes as the key has; for DSA and EC the DER encoding of two numbers, which may have an odd length.

    Raises:
        SignatureError: the key cannot sign such a digest.
    """
    prehashed = _HASHES.get(algorithm)
    if prehashed is None or len(digest) != prehashed.digest_size:
        raise SignatureError(f"{len(digest)} bytes are no digest of {algorithm}")
    sign: Callable[..., bytes]
    arguments: tuple[object, ...]
    if isinstance(key, rsa.RSAPrivateKey):
        if algorithm == _RIPEMD160:
            arguments = (_RIPEMD160_INFO + digest, _PADDING, utils.NoDigestInfo())
        else:
            arguments = (digest, _PADDING, prehashed)
        sign = key.sign
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        sign, arguments = key.sign, (digest, ec.ECDSA(prehashed))
    elif isinstance(key, dsa.DSAPrivateKey):
        sign, arguments = key.sign, (digest, prehashed)
    else:
        raise SignatureError(f"a key of the type {type(key).__name__} makes no signatures of DICOM")
    return guarded(f"the key cannot sign a digest of {algorithm}", sign, *arguments)


def verify_digest(public_key: PublicKeyTypes, algorithm: str, digest: bytes, signature: bytes) -> bool:
    """Whether a signature was made of this digest, by the private key that belongs to this public key.

    Args:
        public_key: of any type; only RSA, DSA and EC keys can verify anything.
        algorithm: MAC Algorithm (0400,0015) that the digest was calculated by.
        digest: the digest.
        signature: the signature; one byte of padding (PS3.5 6.2: values have an even length) may follow it.
    """
    prehashed = _HASHES.get(algorithm)
    if prehashed is None or len(digest) != prehashed.digest_size:
        return False
    try:
        return guarded("", _verify, public_key, algorithm, prehashed, digest, signature)
    except SignatureError:  # such as a key that no verification takes
        return False


def _verify(public_key: PublicKeyTypes, algorithm: str, prehashed: utils.Prehashed, digest: bytes, signature: bytes) -> bool:
    if isinstance(public_key, rsa.RSAPublicKey):
        return _verify_rsa(public_key, algorithm, prehashed, digest, signature)
    if not isinstance(public_key, (ec.EllipticCurvePublicKey, dsa.DSAPublicKey)):
        return False
    if _is_valid(public_key, prehashed, digest, signature):
        return True
    # DER says where it ends, so at most one of the two can be a signature.
    padded = len(signature) % 2 == 0 and signature.endswith(b"\0")
    return padded and _is_valid(public_key, prehashed, digest, signature[:-1])


def _is_valid(
    public_key: ec.EllipticCurvePublicKey | dsa.DSAPublicKey, prehashed: utils.Prehashed, digest: bytes, signature: bytes
) -> bool:
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            public_key.verify(signature, digest, prehashed)
    except InvalidSignature:
        return False
    return True


def _verify_rsa(
    public_key: rsa.RSAPublicKey, algorithm: str, prehashed: utils.Prehashed, digest: bytes, signature: bytes
) -> bool:
    size = (public_key.key_size + 7) // 8
    if len(signature) == size + 1 and size % 2 and signature.endswith(b"\0"):
        signature = signature[:-1]
    try:
        if algorithm == _RIPEMD160:
            # All that was padded is compared, not looked into: nothing can hide behind the digest.
            signed = public_key.recover_data_from_signature(signature, _PADDING, utils.NoDigestInfo())
            return signed == _RIPEMD160_INFO + digest
        public_key.verify(signature, digest, _PADDING, prehashed)
    except InvalidSignature:
        return False
    return True

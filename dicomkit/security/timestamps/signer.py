"""Who has signed a time-stamp token, and whether that one did (RFC 3161 2.4.2, RFC 5652 5.4 to 5.6, RFC 5035)."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import certificate_names, same_name
from dicomkit.security.guarded import guarded
from dicomkit.security.keys.signing_key import key_text, verify_digest
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures.mac import MAC_ALGORITHMS, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.x509 import Certificate

    from dicomkit.security.timestamps.token import CertificateIdentifier, TimestampToken, TokenSignature

__all__ = [
    "find_signer",
    "has_name",
    "hash_problem",
    "is_identified",
    "is_refused",
    "names_others",
    "signature_problem",
]


def is_refused(name: str) -> bool:
    """Whether nothing that is proven with a hash counts: it is not known here, or can be forged."""
    algorithm = MAC_ALGORITHMS.get(name)
    return algorithm is None or algorithm.status == "broken"


def hash_problem(name: str, use: str) -> SignatureProblem | None:
    """What is wrong with a hash, or None.

    Args:
        name: MAC Algorithm, or an object identifier.
        use: what it is used for.
    """
    algorithm = MAC_ALGORITHMS.get(name)
    if algorithm is None:
        return SignatureProblem("timestamp-hash", f"{use} is by a hash that is not known: {name}")
    if algorithm.status == "broken":
        return SignatureProblem("timestamp-hash", f"{use} is by {name}, which can be forged")
    if algorithm.status == "weak":
        return SignatureProblem("timestamp-weak-hash", f"{use} is by {name}, which is weak")
    return None


def find_signer(token: TimestampToken, known: Iterable[Certificate] = ()) -> tuple[Certificate | None, list[Certificate]]:
    """The certificate that a token is signed with, as it says.

    Args:
        token: the token.
        known: certificates that need not be in it.

    Returns:
        The certificate, or None, and the other certificates in the token. Those that cannot be read are left out.
    """
    inside = _certificates(token)
    # Anybody can make a certificate with the name and number of another one, and put it in front of that.
    named = (certificate for certificate in chain(inside, known) if _is_named(certificate, token.signature))
    first = None
    for certificate in named:
        if is_identified(certificate, token.signature):
            return certificate, [other for other in inside if other != certificate]
        first = first or certificate
    return first, [other for other in inside if other != first]


def _certificates(token: TimestampToken) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    found = []
    for data in token.certificates:
        with suppress(SignatureError):
            found.append(guarded("the certificate cannot be read", load_der_x509_certificate, data))
    return found


def _is_named(certificate: Certificate, signature: TokenSignature) -> bool:
    try:
        if signature.key_identifier is None:
            return _has_issuer(certificate, signature.issuer, signature.serial)
        return guarded("the key identifier cannot be read", _key_identifier, certificate) == signature.key_identifier
    except SignatureError:
        return False


def _key_identifier(certificate: Certificate) -> bytes:
    from cryptography.x509 import SubjectKeyIdentifier

    return certificate.extensions.get_extension_for_class(SubjectKeyIdentifier).value.digest


def _has_issuer(certificate: Certificate, issuer: bytes | None, serial: int | None) -> bool:
    if issuer is None or serial is None or guarded("the serial number cannot be read", _serial, certificate) != serial:
        return False
    return same_name(certificate_names(_der(certificate))[0], issuer)


def _serial(certificate: Certificate) -> int:
    return certificate.serial_number


def is_identified(certificate: Certificate, signature: TokenSignature) -> bool:
    """Whether a certificate is the one that the signed attributes of a token name (RFC 3161 2.4.1, RFC 5816)."""
    first = [identifiers[0] for identifiers in signature.identifiers]
    return bool(first) and all(_fits(certificate, identifier) for identifier in first)


def names_others(signature: TokenSignature, path: Sequence[Certificate]) -> bool:
    """Whether the signed attributes of a token name certificates that are not in a path."""
    others = [identifier for identifiers in signature.identifiers for identifier in identifiers[1:]]
    return any(not any(_fits(certificate, identifier) for certificate in path) for identifier in others)


def has_name(certificate: Certificate, kind: str, name: bytes) -> bool:
    """Whether a certificate is of somebody with a name.

    Args:
        certificate: the certificate.
        kind: kind of a GeneralName.
        name: its encoding.
    """
    try:
        _, subject, others = certificate_names(_der(certificate))
        if (kind, name) in others:
            return True
        return kind == "directory_name" and same_name(subject, name)
    except SignatureError:
        return False


def _fits(certificate: Certificate, identifier: CertificateIdentifier) -> bool:
    if is_refused(identifier.hash):
        return False
    data = _der(certificate)
    try:
        if digest([data], identifier.hash) != identifier.digest:
            return False
        return identifier.issuer is None or _has_issuer(certificate, identifier.issuer, identifier.serial)
    except SignatureError:  # the hash is not to be had here, or a name cannot be read
        return False


def signature_problem(token: TimestampToken, certificate: Certificate) -> SignatureProblem | None:
    """Why a token is not, to the last bit, what the holder of a certificate has signed; None if it is."""
    signature = token.signature
    problem = hash_problem(signature.hash, "the signature of the time-stamp")
    if problem is not None and is_refused(signature.hash):
        return problem
    if signature.signature_hash not in (None, signature.hash):
        return SignatureProblem(
            "timestamp-hash", f"the signature of the time-stamp is by {signature.hash} and {signature.signature_hash}"
        )
    try:
        if digest([token.content], signature.hash) != signature.message_digest:
            return SignatureProblem("timestamp-changed", "what the time-stamp states has changed")
        return guarded("the signature of the time-stamp cannot be checked", _value_problem, signature, certificate)
    except SignatureError as error:
        return SignatureProblem("timestamp-algorithm", error.reason)


def _value_problem(signature: TokenSignature, certificate: Certificate) -> SignatureProblem | None:
    public_key = certificate.public_key()
    kind, _, scheme = signature.key_kind.partition("-")
    if key_text(public_key).partition(" ")[0] != kind:
        text = f"the signature of the time-stamp is not of a kind that is known for its key: {signature.key_kind}"
        return SignatureProblem("timestamp-algorithm", text)
    hashed = digest([signature.attributes], signature.hash)
    if scheme:
        good = _verify_pss(public_key, signature, hashed)
    else:
        good = verify_digest(public_key, signature.hash, hashed, signature.value)
    return None if good else SignatureProblem("timestamp-changed", "the signature of the time-stamp is wrong")


def _verify_pss(public_key: object, signature: TokenSignature, hashed: bytes) -> bool:
    """RFC 4056."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

    assert isinstance(public_key, rsa.RSAPublicKey)
    algorithms: dict[str, HashAlgorithm] = {"SHA1": SHA1(), "SHA256": SHA256(), "SHA384": SHA384(), "SHA512": SHA512()}
    algorithm = algorithms[signature.hash]
    scheme = padding.PSS(padding.MGF1(algorithm), signature.salt_length)
    try:
        public_key.verify(signature.value, hashed, scheme, utils.Prehashed(algorithm))
    except InvalidSignature:
        return False
    return True


def _der(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)

"""Whether certificates are for what they are used for (RFC 5280 4.2.1 and 6.1, RFC 3161 2.3), whatever the time is."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from dicomkit.security.problem import SignatureProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from dicomkit.security.trust.facts import CertificateFacts

__all__ = ["NOTES", "purpose_problems"]

#: codes of what is worth a word, but does not make a certificate one that is not trusted
NOTES: Final = frozenset({"certificate-sha1", "issuer-key-weak", "crl-sha1", "crl-out-of-date"})

_TIME_STAMPING: Final = ExtendedKeyUsageOID.TIME_STAMPING.dotted_string
_ANY: Final = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string

#: Extended Key Usage, if there is one, has to have one of these. DICOM has no purpose of its own: these are of those who
#: sign what they say or prove who they are; DCMTK takes all, and OpenSSL's S/MIME purpose the second only.
_SIGNING: Final = frozenset(
    {
        _ANY,
        ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string,
        ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string,
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning (RFC 9336)
        "1.3.6.1.4.1.311.10.3.12",  # szOID_KP_DOCUMENT_SIGNING of Microsoft
        "1.2.840.113583.1.1.5",  # Adobe: signatures of PDF
    }
)
_STAMPING: Final = frozenset({_ANY, _TIME_STAMPING})

_FORGEABLE_RSA: Final = 1024  # bits; shorter ones are within reach of anybody
_SHORT_RSA: Final = 2048
_FORGEABLE_EC: Final = 160
_SHORT_EC: Final = 224


def purpose_problems(chain: Sequence[CertificateFacts], purpose: str) -> Iterator[SignatureProblem]:
    """What speaks against the certificates of a path.

    Args:
        chain: from the one that is used to the one that is trusted.
        purpose: "signature" or "timestamp": what the first is used for.
    """
    yield from _of_user(chain[0], purpose)
    longest = 0  # CAs below, without those that certify themselves anew (RFC 5280 6.1.4 (l))
    for place, facts in enumerate(chain):
        if facts.unknown_critical:
            names = ", ".join(facts.unknown_critical[:5])
            yield SignatureProblem(
                "unknown-critical-extension",
                f"the certificate of {facts.name} has a critical extension that is not known: {names}",
            )
        if facts.policy_required:
            yield SignatureProblem(
                "policy-constraints", f"the certificate of {facts.name} wants policies to be checked, which is not done here"
            )
        if place:
            is_anchor = place == len(chain) - 1
            yield from _of_issuer(facts, purpose, longest, is_anchor=is_anchor)
            longest += not facts.is_self_issued


def _of_user(facts: CertificateFacts, purpose: str) -> Iterator[SignatureProblem]:
    usage = facts.usage
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        yield SignatureProblem("key-usage", f"the key of {facts.name} is not for signatures (Key Usage)")
    if purpose == "timestamp":
        yield from _of_authority(facts)
    elif facts.purposes is not None and not facts.purposes & _SIGNING:
        yield SignatureProblem("extended-key-usage", f"the key of {facts.name} is not for documents (Extended Key Usage)")


def _of_authority(facts: CertificateFacts) -> Iterator[SignatureProblem]:
    """A time-stamp authority, RFC 3161 2.3: its key is for nothing else."""
    if facts.purposes is None or facts.purposes != {_TIME_STAMPING}:
        yield SignatureProblem(
            "extended-key-usage", f"the key of {facts.name} is not for time-stamps, and nothing else (Extended Key Usage)"
        )
    elif not facts.purposes_critical:
        yield SignatureProblem(
            "extended-key-usage", f"the certificate of {facts.name} does not say as critical that it is for time-stamps"
        )
    usage = facts.usage
    if usage is not None and (
        usage.key_encipherment or usage.data_encipherment or usage.key_agreement or usage.key_cert_sign or usage.crl_sign
    ):
        yield SignatureProblem("key-usage", f"the key of {facts.name} is for more than signatures (Key Usage)")


def _of_issuer(facts: CertificateFacts, purpose: str, below: int, *, is_anchor: bool) -> Iterator[SignatureProblem]:
    # Version 1 cannot say whose certificate it is. Who trusts such a root has found out by other means (RFC 5280 6.1.4 (k)).
    if facts.ca is not True and not (facts.is_v1 and is_anchor and facts.is_self_issued):
        yield SignatureProblem("not-a-ca", f"{facts.name} is no certification authority (Basic Constraints)")
    elif facts.path_length is not None and below > facts.path_length:
        yield SignatureProblem(
            "path-length",
            f"{facts.name} allows {facts.path_length} authorities below, and there are {below} (Basic Constraints)",
        )
    if facts.usage is not None and not facts.usage.key_cert_sign:
        yield SignatureProblem("not-a-ca", f"the key of {facts.name} is not for signing certificates (Key Usage)")
    wanted = _STAMPING if purpose == "timestamp" else _SIGNING
    if facts.purposes is not None and not facts.purposes & wanted:
        what = "authorities of time-stamps" if purpose == "timestamp" else "who signs documents"
        yield SignatureProblem("extended-key-usage", f"{facts.name} does not certify {what} (Extended Key Usage)")
    key = facts.public_key
    if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)):
        size, forgeable, short = key.key_size, _FORGEABLE_RSA, _SHORT_RSA
    elif isinstance(key, ec.EllipticCurvePublicKey):
        size, forgeable, short = key.curve.key_size, _FORGEABLE_EC, _SHORT_EC
    else:
        return
    if size < forgeable:
        yield SignatureProblem(
            "issuer-key-forgeable", f"the key of {facts.name} has {size} bits: anybody can sign in its name"
        )
    elif size < short:
        yield SignatureProblem("issuer-key-weak", f"the key of {facts.name} is weak: {size} bits")

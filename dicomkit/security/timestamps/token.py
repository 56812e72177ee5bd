"""Time-stamp tokens (RFC 3161 2.4.2): what an authority states (TSTInfo), and how it has signed that (CMS, RFC 5652)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from asn1crypto import cms, tsp  # type: ignore[import-untyped]  # asn1crypto has no types

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import encoded, general_name, hash_name, load, reading, whole_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["CertificateIdentifier", "TimestampToken", "TokenSignature"]

_WHAT: Final = "the time-stamp token"

# object identifiers of content types and attributes
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

#: RFC 5652 5.1: with a content that is not of the type "data", depending on the certificates that are in it
_SIGNED_DATA_VERSIONS: Final = (3, 4, 5)
_MOST_CERTIFICATES: Final = 64

#: asn1crypto's name of a signature algorithm -> the algorithm of the key
_KEY_KINDS: Final = {"rsassa_pkcs1v15": "RSA", "rsassa_pss": "RSA-PSS", "dsa": "DSA", "ecdsa": "EC"}
_SIGNATURE_HASHES: Final = {"sha1": "SHA1", "md5": "MD5", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}


@dataclass(frozen=True, slots=True)
class CertificateIdentifier:
    """Which certificate an authority says it signs with (RFC 5035 4 and 5: ESSCertID, ESSCertIDv2).

    Attributes:
        hash: algorithm of `digest`.
        digest: of the certificate in DER.
        issuer: distinguished name of its issuer in DER, or None.
        serial: its serial number, or None.
    """

    hash: str
    digest: bytes
    issuer: bytes | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class TokenSignature:
    """How a token is signed (RFC 5652 5.3: SignerInfo).

    Attributes:
        issuer: distinguished name of the issuer of the certificate in DER, or None if `key_identifier` names it.
        serial: serial number of the certificate, or None.
        key_identifier: its Subject Key Identifier, or None.
        hash: the hash of the content and of the signed attributes.
        attributes: the signed attributes in DER: what the signature is of.
        message_digest: that of the content, in the signed attributes.
        identifiers: the certificate that signs first, then those of a chain; once in each version of the attribute.
        key_kind: "RSA", "RSA-PSS", "DSA", "EC", or the object identifier of an algorithm that is not known.
        signature_hash: the hash that the signature algorithm names, or None if it names none.
        salt_length: of RSA-PSS.
        value: the signature.
    """

    issuer: bytes | None
    serial: int | None
    key_identifier: bytes | None
    hash: str
    attributes: bytes
    message_digest: bytes
    identifiers: tuple[tuple[CertificateIdentifier, ...], ...]
    key_kind: str
    signature_hash: str | None
    salt_length: int
    value: bytes


@dataclass(frozen=True, slots=True)
class TimestampToken:
    """A token as it stands: nothing in it has been checked but its form.

    Attributes:
        content: TSTInfo in DER.
        policy: object identifier of the authority's policy.
        hash: algorithm of `imprint` as a MAC Algorithm (0400,0015); of others the object identifier.
        imprint: digest of what is stamped.
        serial: number of the token.
        time: when it was made, in UTC.
        accuracy: how far `time` may be off, or None.
        ordering: whether tokens of this authority can be ordered by time whatever the accuracy.
        nonce: that of the query, or None.
        authority: name of the authority: the kind of GeneralName, and its encoding; or None.
        critical: object identifiers of critical extensions.
        signature: how it is signed.
        certificates: the certificates with it, in DER.
    """

    content: bytes
    policy: str
    hash: str
    imprint: bytes
    serial: int
    time: dt.datetime
    accuracy: dt.timedelta | None
    ordering: bool
    nonce: int | None
    authority: tuple[str, bytes] | None
    critical: tuple[str, ...]
    signature: TokenSignature
    certificates: tuple[bytes, ...]

    @classmethod
    def decode(cls, data: bytes) -> TimestampToken:
        """Read a token.

        Args:
            data: ContentInfo, as in a response; a pad byte may follow, as in Certified Timestamp (0400,0310).

        Raises:
            SignatureError: it is none.
        """
        message = load(cms.ContentInfo, whole_value(data, _WHAT), _WHAT)
        with reading(_WHAT):
            if message["content_type"].dotted != _SIGNED_DATA:
                raise SignatureError(f"{_WHAT} is no signed data")
            signed = message["content"]
            version = int(signed["version"])
            if version not in _SIGNED_DATA_VERSIONS:
                raise SignatureError(f"{_WHAT} is signed data of version {version}")
            kind = signed["encap_content_info"]["content_type"].dotted
            if kind != _TST_INFO:
                raise SignatureError(f"{_WHAT} holds something else than a time-stamp: {kind}")
            content = signed["encap_content_info"]["content"]
            if not isinstance(content, cms.ParsableOctetString):
                raise SignatureError(f"{_WHAT} is empty")
            info = bytes(content)
            signers = signed["signer_infos"]
            if len(signers) != 1:  # RFC 3161 2.4.2: no other signatures than that of the authority
                raise SignatureError(f"{_WHAT} has {len(signers)} signatures, not one")
            signature = _token_signature(signers[0], [hash_name(name) for name in signed["digest_algorithms"]])
            certificates = _certificates(signed["certificates"])
        return _with_info(info, signature, certificates)


def _with_info(content: bytes, signature: TokenSignature, certificates: tuple[bytes, ...]) -> TimestampToken:
    info = load(tsp.TSTInfo, content, _WHAT)
    with reading(_WHAT):
        version = int(info["version"])
        if version != 1:
            raise SignatureError(f"{_WHAT} is of version {version}, not 1")
        imprint = info["message_imprint"]
        authority = info["tsa"]
        return TimestampToken(
            content=content,
            policy=info["policy"].dotted,
            hash=hash_name(imprint["hash_algorithm"]),
            imprint=imprint["hashed_message"].native,
            serial=info["serial_number"].native,
            time=_time(info["gen_time"]),
            accuracy=_accuracy(info["accuracy"]),
            ordering=bool(info["ordering"].native),
            nonce=info["nonce"].native,
            authority=general_name(authority) if isinstance(authority, tsp.GeneralName) else None,
            critical=tuple(one["extn_id"].dotted for one in info["extensions"] if one["critical"].native),
            signature=signature,
            certificates=certificates,
        )


def _time(value: Any) -> dt.datetime:
    # RFC 3161 2.4.2: with seconds, in UTC
    text = value.contents.decode("ascii")
    if len(text) < len("YYYYMMDDhhmmssZ") or not text.endswith("Z"):
        raise SignatureError(f"{_WHAT} has a time that is not in UTC")
    time = value.native
    if not isinstance(time, dt.datetime):  # asn1crypto has a class of its own for the year 0
        raise SignatureError(f"{_WHAT} has no reasonable time")
    return time.astimezone(dt.UTC)


def _accuracy(value: Any) -> dt.timedelta | None:
    if not isinstance(value, tsp.Accuracy):
        return None
    seconds, milliseconds, microseconds = (value[name].native or 0 for name in ("seconds", "millis", "micros"))
    if seconds < 0 or not 0 <= milliseconds <= 999 or not 0 <= microseconds <= 999:
        raise SignatureError(f"{_WHAT} has no reasonable accuracy")
    return dt.timedelta(seconds=seconds, milliseconds=milliseconds, microseconds=microseconds)


def _certificates(choices: Any) -> tuple[bytes, ...]:
    if len(choices) > _MOST_CERTIFICATES:
        raise SignatureError(f"{_WHAT} has {len(choices)} certificates")
    return tuple(encoded(choice.chosen) for choice in choices if choice.name == "certificate")


def _token_signature(signer: Any, hashes: list[str]) -> TokenSignature:
    attributes: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        identifier = attribute["type"].dotted
        if identifier in attributes:
            raise SignatureError(f"{_WHAT} has a signed attribute twice: {identifier}")
        attributes[identifier] = attribute["values"]
    if _single(attributes, _CONTENT_TYPE).dotted != _TST_INFO:
        raise SignatureError(f"{_WHAT} has a signature of something else")
    name = hash_name(signer["digest_algorithm"])
    if name not in hashes:
        raise SignatureError(f"{_WHAT} is signed with a hash that it does not announce")
    who = signer["sid"]
    named = who.name == "issuer_and_serial_number"
    if int(signer["version"]) != (1 if named else 3):  # RFC 5652 5.3
        raise SignatureError(f"{_WHAT} has a signature of an unknown version")
    algorithm = signer["signature_algorithm"]
    kind, signature_hash = _signature_algorithm(algorithm)
    return TokenSignature(
        issuer=encoded(who.chosen["issuer"]) if named else None,
        serial=who.chosen["serial_number"].native if named else None,
        key_identifier=None if named else who.chosen.native,
        hash=name,
        attributes=encoded(signer["signed_attrs"]),
        message_digest=_single(attributes, _MESSAGE_DIGEST).native,
        identifiers=tuple(
            _identifiers(_single(attributes, one))
            for one in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2)
            if one in attributes
        ),
        key_kind=kind,
        signature_hash=signature_hash,
        salt_length=algorithm["parameters"]["salt_length"].native if kind == "RSA-PSS" else 0,
        value=signer["signature"].native,
    )


def _single(attributes: dict[str, Any], identifier: str) -> Any:
    # RFC 5652 11.1 and 11.2, RFC 5035 5.4: there is one value
    if identifier not in attributes:
        raise SignatureError(f"{_WHAT} is signed without an attribute that says of what: {identifier}")
    if len(attributes[identifier]) != 1:
        raise SignatureError(f"{_WHAT} has a signed attribute with {len(attributes[identifier])} values: {identifier}")
    return attributes[identifier][0]


def _signature_algorithm(algorithm: Any) -> tuple[str, str | None]:
    """The kind of key, and the hash that is named with it."""
    name = algorithm["algorithm"].native
    identifier: str = algorithm["algorithm"].dotted
    if name == "rsassa_pss":
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]
        hashed = hash_name(parameters["hash_algorithm"])
        usual = mask["algorithm"].native == "mgf1" and hash_name(mask["parameters"]) == hashed
        usual = usual and int(parameters["trailer_field"]) == 1
        return ("RSA-PSS", hashed) if usual else (identifier, None)
    if name in _KEY_KINDS:  # the hash is that of the content
        return _KEY_KINDS[name], None
    hashed, _, key = name.rpartition("_")
    kind = {"rsa": "RSA", "dsa": "DSA", "ecdsa": "EC"}.get(key)
    if kind is None or hashed not in _SIGNATURE_HASHES:
        return identifier, None
    return kind, _SIGNATURE_HASHES[hashed]


def _identifiers(attribute: Any) -> tuple[CertificateIdentifier, ...]:
    found = []
    for one in attribute["certs"]:
        second_version = isinstance(one, tsp.ESSCertIDv2)
        issuer = serial = None
        if isinstance(one["issuer_serial"], tsp.IssuerSerial):
            names = one["issuer_serial"]["issuer"]
            if len(names) != 1 or names[0].name != "directory_name":
                raise SignatureError(f"{_WHAT} names the issuer of its certificate in an unknown way")
            issuer = encoded(names[0].chosen)
            serial = one["issuer_serial"]["serial_number"].native
        found.append(
            CertificateIdentifier(
                hash_name(one["hash_algorithm"]) if second_version else "SHA1", one["cert_hash"].native, issuer, serial
            )
        )
    if not found:
        raise SignatureError(f"{_WHAT} does not say which certificate it is signed with")
    return tuple(found)

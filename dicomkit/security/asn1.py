"""The structures that time-stamps are made of (RFC 3161, RFC 5652, RFC 5035), and how bytes from elsewhere become such.

asn1crypto reads them piece by piece, as they are asked for, and some values cost it far more time than they have bytes. So
`load` looks at the whole first, and whoever asks for the pieces does so inside `reading`.
"""

from __future__ import annotations

from contextlib import contextmanager

from asn1crypto import (  # type: ignore[import-untyped]  # asn1crypto has no types
    algos,
    cms,
    core,
    parser,
    tsp,
    x509,
)

from dicomkit.errors import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

__all__ = [
    "HASHES",
    "HASH_SIZES",
    "TimeStampResp",
    "TimeStampToken",
    "certificate_names",
    "encoded",
    "general_name",
    "hash_algorithm",
    "hash_name",
    "load",
    "plain_text",
    "reading",
    "same_name",
    "whole_value",
]

#: object identifier -> MAC Algorithm (0400,0015); the others are kept as identifiers
HASHES: Final = {
    "1.3.36.3.2.1": "RIPEMD160",
    "1.3.14.3.2.26": "SHA1",
    "1.2.840.113549.2.5": "MD5",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
}
#: bytes of a digest
HASH_SIZES: Final = {"RIPEMD160": 20, "SHA1": 20, "MD5": 16, "SHA256": 32, "SHA384": 48, "SHA512": 64}

# Tokens have a few kilobytes and a few hundred values; with many certificates and revocation lists in them some more.
_MOST_BYTES: Final = 256 * 1024
_MOST_VALUES: Final = 20_000
_DEEPEST: Final = 32
_LONGEST: Final = {
    2: 1024,  # INTEGER: Python shows no number of more than 4300 digits
    6: 64,  # OBJECT IDENTIFIER: asn1crypto's time grows with the square
}
_UNIVERSAL: Final = 0
_LONGEST_NAME: Final = 4096
_LONGEST_TEXT: Final = 200


TimeStampToken = cms.ContentInfo


class TimeStampResp(tsp.TimeStampResp):  # type: ignore[misc]  # asn1crypto has no types
    """RFC 3161 2.4.2. asn1crypto misses that the token is optional: a refusal has none."""

    _fields = [  # noqa: RUF012  # asn1crypto's way to declare a structure
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", TimeStampToken, {"optional": True}),
    ]


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Inside, every error of asn1crypto is a `SignatureError` that says what could not be read."""
    try:
        yield
    except SignatureError:
        raise
    except Exception as error:  # asn1crypto lets through whatever the bytes make Python raise
        reason = plain_text(str(error).partition("\n")[0]) or type(error).__name__
        raise SignatureError(f"{what} cannot be read: {reason}") from error


def load(structure: type[Any], data: bytes, what: str) -> Any:  # Any: asn1crypto has no types
    """The structure that bytes encode.

    Args:
        structure: class of asn1crypto.
        data: DER (BER is understood) with nothing behind it.
        what: what it is, for the error.

    Raises:
        SignatureError: it is none, or no reasonable one.
    """
    with reading(what):
        _check_size(data, what)
        _check_values(data, what)
        return structure.load(data, strict=True)


def whole_value(data: bytes, what: str) -> bytes:
    """The value that bytes begin with, without the byte that pads a DICOM value to an even length.

    Raises:
        SignatureError: there is none, or more than padding behind it.
    """
    with reading(what):
        _check_size(data, what)
        size: int = parser.peek(data)
        if data[size:] not in (b"", b"\0"):
            raise SignatureError(f"{what} cannot be read: {len(data) - size} bytes are behind it")
        return data[:size]


def _check_size(data: bytes, what: str) -> None:
    if len(data) > _MOST_BYTES:
        raise SignatureError(f"{what} cannot be read: {len(data)} bytes are too many")


def _check_values(data: bytes, what: str) -> None:
    pending = [(data, 1)]
    count = 0
    while pending:
        rest, depth = pending.pop()
        if depth > _DEEPEST:
            raise SignatureError(f"{what} cannot be read: it is nested too deep")
        while rest:
            count += 1
            if count > _MOST_VALUES:
                raise SignatureError(f"{what} cannot be read: it has too many values")
            kind, constructed, tag, header, content, trailer = parser.parse(rest)
            if constructed:
                pending.append((content, depth + 1))
            elif kind == _UNIVERSAL and len(content) > _LONGEST.get(tag, _MOST_BYTES):
                raise SignatureError(f"{what} cannot be read: a number in it is too long")
            rest = rest[len(header) + len(content) + len(trailer) :]


def hash_name(algorithm: Any) -> str:  # Any: asn1crypto has no types
    """MAC Algorithm of an AlgorithmIdentifier, or its object identifier."""
    identifier: str = algorithm["algorithm"].dotted
    return HASHES.get(identifier, identifier)


def hash_algorithm(name: str) -> Any:  # Any: asn1crypto has no types
    """The AlgorithmIdentifier of a MAC Algorithm, or of an object identifier."""
    identifier = next((known for known, term in HASHES.items() if term == name), name)
    return algos.DigestAlgorithm({"algorithm": identifier, "parameters": core.Null()})


def encoded(value: Any) -> bytes:  # Any: asn1crypto has no types
    """A SEQUENCE or SET as it stood in what was read, without tags around it.

    `dump` does not say that: it takes a length that ends with 0x80 for an indefinite one, and encodes the value anew.
    """
    if isinstance(value, core.Choice):
        value = value.chosen
    data: bytes = parser.emit(_UNIVERSAL, type(value).method, type(value).tag, value.contents)
    return data


def general_name(name: Any) -> tuple[str, bytes]:  # Any: asn1crypto has no types
    """The kind of a GeneralName, and its encoding."""
    return name.name, encoded(name.chosen)


def certificate_names(certificate: bytes) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Issuer and subject of a certificate in DER, and the other names of the subject.

    Raises:
        SignatureError: it cannot be read.
    """
    what = "a certificate"
    loaded = load(x509.Certificate, certificate, what)
    with reading(what):
        others = loaded.subject_alt_name_value or ()
        return encoded(loaded.issuer), encoded(loaded.subject), [general_name(name) for name in others]


def same_name(first: bytes, second: bytes) -> bool:
    """Whether two encoded distinguished names are the same (RFC 5280 7.1)."""
    if first == second:
        return True
    if max(len(first), len(second)) > _LONGEST_NAME:
        return False
    with reading("a distinguished name"):
        return bool(x509.Name.load(first, strict=True) == x509.Name.load(second, strict=True))


def plain_text(text: str) -> str:
    """What a stranger wrote, fit to be shown: one line, not long."""
    shown = "".join([letter if letter.isprintable() else " " for letter in text[:_LONGEST_TEXT]]).strip()
    return f"{shown}..." if len(text) > _LONGEST_TEXT else shown

"""What dcmsign says of signatures and certificates, in the words and columns of DCMTK's dcmsign.

Names and other texts in files may have been made to look like lines of the log: only printable characters are passed on.
"""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.errors import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator
    from typing import Final

    from cryptography.x509 import Certificate, Name

__all__ = ["certificate_lines", "element_text", "key_text", "location_text", "name_text", "printable", "time_text"]

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Object identifier -> OpenSSL's short name, of the attributes in names (X.520, RFC 4519, PKCS #9).
ATTRIBUTES: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.17": "postalCode",
    "2.5.4.41": "name",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}

#: Curves to which OpenSSL gives the name of ANSI X9.62, not that of SEC 2.
CURVES: Final = {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}


def printable(text: str) -> str:
    """A text from a file, with \\xHH for what is no printable character."""
    if text.isprintable():
        return text
    return "".join([letter if letter.isprintable() else "".join(map(_escaped, _bytes(letter))) for letter in text])


def _bytes(letter: str) -> bytes:
    return letter.encode("utf-8", "surrogatepass")


def _escaped(byte: int) -> str:
    return f"\\x{byte:02X}"


def element_text(tag: int) -> str:
    """An element in a list: its tag and name."""
    return f"{_digits(tag)} {_name(tag) or 'Unknown Tag & Data'}"


def location_text(path: str) -> str:
    """Where an item stands: its tag path with names, as `--sign-item` takes it."""
    if not path:
        return "Main Dataset"
    steps = []
    for step in path.split("."):
        digits, bracket, number = step.partition("[")
        tag = int(digits[1:5] + digits[6:10], 16)
        steps.append((_name(tag) or _digits(tag)) + bracket + number)
    return ".".join(steps)


def _digits(tag: int) -> str:
    return f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _name(tag: int) -> str:
    """What dcmdump calls an element; "" if it is not in the dictionary."""
    if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF:
        return "PrivateCreator"
    row = standard.element(tag)
    return "" if row is None else f"RETIRED_{row[3]}" if row[5] else row[3]


def time_text(time: datetime.datetime) -> str:
    """A moment (UTC) as OpenSSL prints it."""
    return f"{MONTHS[time.month - 1]} {time.day:2} {time:%H:%M:%S} {time.year} GMT"


def name_text(name: Name) -> str:
    """A distinguished name as OpenSSL prints it in one line."""
    return "".join(
        [
            f"/{ATTRIBUTES.get(attribute.oid.dotted_string, attribute.oid.dotted_string)}={_ascii(attribute.value)}"
            for attribute in name
        ]
    )


def _ascii(value: str | bytes) -> str:
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    text = "".join([chr(byte) if 0x20 <= byte <= 0x7E else _escaped(byte) for byte in data])
    return text.replace("/", "\\/").replace("+", "\\+")


def certificate_lines(certificate: Certificate) -> list[str]:
    """What is told of a certificate; that it cannot be read, if something in it cannot."""
    from dicomkit.security.guarded import guarded

    try:
        return guarded("unreadable", lambda: list(_lines(certificate)))
    except SignatureError as error:
        return [f"      {error}"]


def _lines(certificate: Certificate) -> Iterator[str]:
    yield f"      X.509v{certificate.version.value + 1}"
    yield f"      Subject                 : {name_text(certificate.subject)}"
    yield f"      Issued by               : {name_text(certificate.issuer)}"
    yield f"      Serial no.              : {certificate.serial_number}"
    yield f"      Validity                : not before {time_text(certificate.not_valid_before_utc)}"
    yield f"      Validity                : not after {time_text(certificate.not_valid_after_utc)}"
    yield f"      Public key              : {key_text(certificate.public_key())}"


def key_text(key: object) -> str:
    """What is told of a public key."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA, {key.key_size} bits"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA, {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC, curve {CURVES.get(key.curve.name, key.curve.name)}, {key.key_size} bits"
    return "unknown type"

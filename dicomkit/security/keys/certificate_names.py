"""Distinguished names (RFC 5280 4.1.2.4): as text for people, and in a form to compare."""

from __future__ import annotations

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    from cryptography.x509 import Certificate, Name

    #: for each relative distinguished name its types and values
    Comparable: TypeAlias = tuple[frozenset[tuple[str, str | bytes]], ...]

__all__ = ["comparable", "issuer_text", "name_text", "subject_text"]

_LONGEST: Final = 300


def subject_text(certificate: Certificate) -> str:
    """The subject of a certificate, as RFC 4514 writes it: `CN=Root CA,O=Hospital`."""
    return _text_of(certificate, "subject")


def issuer_text(certificate: Certificate) -> str:
    """The issuer of a certificate, as RFC 4514 writes it."""
    return _text_of(certificate, "issuer")


def _text_of(certificate: Certificate, part: str) -> str:
    try:
        return guarded("", lambda: name_text(getattr(certificate, part)))
    except SignatureError:
        return "a name that cannot be read"


def name_text(name: Name) -> str:
    """A name in one line: nothing in it moves the cursor of a terminal, and it is not too long to be shown."""
    text = "".join([letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name.rfc4514_string()])
    return (f"{text[:_LONGEST]}..." if len(text) > _LONGEST else text) or "the empty name"


def comparable(name: Name) -> Comparable:
    """Two names are the same if these are equal: case and runs of spaces do not count (RFC 5280 7.1)."""
    return tuple(
        frozenset(
            (
                attribute.oid.dotted_string,
                " ".join(attribute.value.split()).casefold() if isinstance(attribute.value, str) else attribute.value,
            )
            for attribute in part
        )
        for part in name.rdns
    )

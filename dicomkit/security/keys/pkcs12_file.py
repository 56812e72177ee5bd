"""PKCS #12 (RFC 7292): a private key and certificates in one encrypted file."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import pkcs12

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded
from dicomkit.security.keys.encryption_cost import check_pkcs12
from dicomkit.security.keys.password import password_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

    from dicomkit.security.keys.password import Password

__all__ = ["Pkcs12", "is_pkcs12", "load_pkcs12"]


class Pkcs12:
    """What is in a file.

    Attributes:
        key: the private key, or None.
        certificates: that of the key first.
    """

    def __init__(self, key: PrivateKeyTypes | None, certificates: list[Certificate]) -> None:
        self.key = key
        self.certificates = certificates


def is_pkcs12(data: bytes) -> bool:
    """Whether bytes are a PKCS #12 file, as far as that can be seen without the password."""
    try:
        _structure(data, "")
    except SignatureError:
        return False
    return True


def load_pkcs12(data: bytes, name: str, password: Password) -> Pkcs12:
    """What is in a file.

    Args:
        data: the file.
        name: how errors begin: its name and a colon, or "".
        password: its password.

    Raises:
        SignatureError: it is damaged, encrypted by something unknown or with another password.
    """
    check_pkcs12(_structure(data, name), name)
    tries = [None, b""] if password is None or callable(password) else []
    for attempt in tries:
        try:
            return _opened(data, name, attempt)
        except SignatureError:
            pass
    if password is None:
        raise SignatureError(f"{name}it is damaged, or a password is needed")
    return _opened(data, name, password_bytes(password))


def _structure(data: bytes, name: str) -> Any:  # Any: asn1crypto has no types
    from asn1crypto import pkcs12 as asn1  # type: ignore[import-untyped]  # asn1crypto has no types

    from dicomkit.security.asn1 import load, reading

    what = f"{name}the PKCS #12 file"
    loaded = load(asn1.Pfx, data, what)
    with reading(what):
        if loaded["version"].native != "v3" or loaded["auth_safe"]["content_type"].native != "data":
            raise SignatureError(f"{name}it is no PKCS #12 file that a password protects")
    return loaded


def _opened(data: bytes, name: str, password: bytes | None) -> Pkcs12:
    found = guarded(f"{name}it cannot be opened", pkcs12.load_pkcs12, data, password)
    first = [] if found.cert is None else [found.cert.certificate]
    return Pkcs12(found.key, first + [other.certificate for other in found.additional_certs])

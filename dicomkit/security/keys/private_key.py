"""Private keys from files and bytes: PEM, DER (PKCS #8 and older forms), PKCS #12, encrypted or not."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded, reason_of
from dicomkit.security.keys.certificate_file import pem_blocks, read_source
from dicomkit.security.keys.password import password_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from dicomkit.security.keys.password import Password
    from dicomkit.typing import StrPath

    PrivateKey: TypeAlias = rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey

__all__ = ["load_private_key"]

_KINDS: Final = (rsa.RSAPrivateKey, dsa.DSAPrivateKey, ec.EllipticCurvePrivateKey)
_BEGIN: Final = b"-----BEGIN "
_KEY: Final = b"PRIVATE KEY"
_ENCRYPTED: Final = b"ENCRYPTED PRIVATE KEY"


def load_private_key(source: StrPath | bytes | PrivateKey, password: Password = None, *, format: str = "auto") -> PrivateKey:
    """The private key in a file or in bytes.

    Args:
        source: path of a file, what a file holds, or a key.
        password: if it is encrypted; or a function that asks for it, which is called only then.
        format: "pem", "der", "pkcs12" or "auto".

    Raises:
        SignatureError: there is no private key in it, the password is wrong, or DICOM has no signatures by its algorithm.
        OSError: the file cannot be read.
    """
    if not isinstance(source, (str, bytes, os.PathLike)):
        return _checked(source, "")
    from cryptography.hazmat.primitives import serialization  # 20 ms, which verifying can do without

    data, name = read_source(source)
    if format not in ("auto", "pem", "der", "pkcs12"):
        raise ValueError(f"there is no format {format!r}")
    if format == "pem" or (format == "auto" and _BEGIN in data):
        block = next((block for label, block in pem_blocks(data) if label.endswith(_KEY)), None)
        if block is None:
            raise SignatureError(f"{name}no private key in it")
        found = _opened(serialization.load_pem_private_key, block, name, password)
    elif format == "der":
        found = _opened(serialization.load_der_private_key, data, name, password)
    else:
        from dicomkit.security.keys.pkcs12_file import is_pkcs12, load_pkcs12

        if format == "pkcs12" or is_pkcs12(data):
            key = load_pkcs12(data, name, password).key
            if key is None:
                raise SignatureError(f"{name}no private key in it")
            found = key
        else:
            found = _opened(serialization.load_der_private_key, data, name, password)
    return _checked(found, name)


def _checked(found: object, name: str) -> PrivateKey:
    if not isinstance(found, _KINDS):
        raise SignatureError(f"{name}DICOM has no signatures by a key of this type: {type(found).__name__}")
    return found


def _opened(
    load: Callable[[bytes, bytes | None], PrivateKeyTypes], data: bytes, name: str, password: Password
) -> PrivateKeyTypes:
    what = f"{name}no private key in it"
    try:
        return guarded(what, load, data, None)
    except SignatureError as error:
        # So cryptography says that a password is needed.
        if not isinstance(error.__cause__, TypeError):
            raise
    if password is None:
        raise SignatureError(f"{name}the private key is encrypted: a password is needed")
    _check_cost(data, name)
    try:
        return guarded(what, load, data, password_bytes(password))
    except SignatureError as error:
        raise SignatureError(f"{name}wrong password ({reason_of(error.__cause__ or error)})") from error


def _check_cost(data: bytes, name: str) -> None:
    from dicomkit.security.keys.encryption_cost import check_encrypted_key

    label, block = next(pem_blocks(data), (b"", data))
    if label == _ENCRYPTED:
        from asn1crypto import pem  # type: ignore[import-untyped]  # asn1crypto has no types

        check_encrypted_key(guarded(f"{name}no private key in it", pem.unarmor, block)[2], name)
    elif not label:
        check_encrypted_key(data, name)

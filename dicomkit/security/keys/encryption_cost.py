"""How long it takes to make a key of a password (RFC 8018, RFC 7292): the file says so, and may ask for days."""

from __future__ import annotations

from asn1crypto import core, keys, pkcs12  # type: ignore[import-untyped]  # asn1crypto has no types

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import load, reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

__all__ = ["check_encrypted_key", "check_pkcs12"]

_PBES2: Final = "1.2.840.113549.1.5.13"
_PBKDF2: Final = "1.2.840.113549.1.5.12"
_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"

# OpenSSL takes 2,048, careful programs a million. This many take seconds.
_MOST_ITERATIONS: Final = 5_000_000
# of scrypt: bytes that are gone through. OpenSSL takes 16 MiB, careful programs 128.
_MOST_BYTES: Final = 256 << 20


class _ScryptParameters(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """RFC 7914 7.1."""

    _fields = [  # noqa: RUF012  # asn1crypto's way to declare a structure
        ("salt", core.OctetString),
        ("cost", core.Integer),
        ("block_size", core.Integer),
        ("parallelization", core.Integer),
        ("key_length", core.Integer, {"optional": True}),
    ]


def check_encrypted_key(data: bytes, name: str) -> None:
    """Refuse an encrypted key (EncryptedPrivateKeyInfo, DER) that would take too long.

    Raises:
        SignatureError: it would, or it is no encrypted key.
    """
    what = f"{name}the encrypted key"
    loaded = load(keys.EncryptedPrivateKeyInfo, data, what)
    with reading(what):
        _check(loaded["encryption_algorithm"], name)


def check_pkcs12(loaded: Any, name: str) -> None:  # Any: asn1crypto has no types
    """Refuse a PKCS #12 file (asn1crypto's Pfx) that would take too long.

    Raises:
        SignatureError: it would, or it is damaged.
    """
    with reading(f"{name}the PKCS #12 file"):
        if loaded["mac_data"]:
            _check_iterations(loaded["mac_data"]["iterations"].native, name)
        for algorithm in _algorithms(loaded):
            _check(algorithm, name)


def _algorithms(loaded: Any) -> Iterator[Any]:
    """What the parts of a file are encrypted by, as far as that can be seen without decrypting."""
    for content in loaded.authenticated_safe:
        if content["content_type"].native == "encrypted_data":
            yield content["content"]["encrypted_content_info"]["content_encryption_algorithm"]
        elif content["content_type"].native == "data":
            for bag in pkcs12.SafeContents.load(content["content"].native, strict=True):
                if bag["bag_id"].native == "pkcs8_shrouded_key_bag":
                    yield bag["bag_value"]["encryption_algorithm"]


def _check(algorithm: Any, name: str) -> None:
    if algorithm["algorithm"].dotted == _PBES2:
        derivation = algorithm["parameters"]["key_derivation_func"]
        kind = derivation["algorithm"].dotted
        if kind == _SCRYPT:
            _check_scrypt(derivation["parameters"].parse(_ScryptParameters), name)
            return
        if kind != _PBKDF2:
            raise SignatureError(f"{name}the password is used in a way that is not known: {kind}")
    _check_iterations(algorithm.kdf_iterations, name)


def _check_iterations(count: int, name: str) -> None:
    if count > _MOST_ITERATIONS:
        raise SignatureError(f"{name}decrypting it would take too long: {count} rounds")


def _check_scrypt(parameters: Any, name: str) -> None:
    factors = [parameters[part].native for part in ("cost", "block_size", "parallelization")]
    if min(factors) < 1 or 128 * factors[0] * factors[1] * factors[2] > _MOST_BYTES:
        raise SignatureError(f"{name}decrypting it would take too much memory")

"""Files with certificates, revocation lists and keys: PEM (RFC 7468) or DER, seen from what is in them.

OpenSSL takes most of them from PEM files only, so DER becomes PEM here.
"""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final

    from dicomkit.typing import StrPath

__all__ = ["as_pem", "certificate_files", "certificate_label", "is_hashed", "key_label", "pem_file"]

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_OCTET_STRING: Final = 0x04

_SUFFIXES: Final = (".pem", ".crt", ".cer", ".der", ".crl")


def certificate_files(folder: StrPath) -> list[str] | None:
    """The files of certificates and revocation lists in a folder; None if they have the names that OpenSSL looks for.

    Those are names such as `9d66eef0.0` and `9d66eef0.r0`, which `openssl rehash` makes.
    """
    names = sorted(os.listdir(folder))
    if any(is_hashed(name) for name in names):
        return None
    return [os.path.join(folder, name) for name in names if os.path.splitext(name)[1].lower() in _SUFFIXES]


def is_hashed(name: str) -> bool:
    """Whether a file has a name that OpenSSL looks for."""
    digits, _, number = name.partition(".")
    return len(digits) == 8 and all(digit in "0123456789abcdef" for digit in digits) and number.removeprefix("r").isdecimal()


def as_pem(data: bytes, label: Callable[[bytes], str]) -> str:
    """PEM as it is, DER as PEM.

    Args:
        data: what a file holds.
        label: tells the label that DER data are to have: `certificate_label` or `key_label`.

    Raises:
        ValueError: it is neither.
    """
    if b"-----BEGIN " in data:
        return data.decode("latin-1")
    import base64

    name = label(data)
    text = base64.b64encode(data).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])


def certificate_label(data: bytes) -> str:
    """What DER data of a certificate or revocation list are called in PEM."""
    tag, start, stop = _element(data, 0)
    if tag != _SEQUENCE or stop != len(data):
        raise ValueError("neither PEM nor DER")
    inner, start, _ = _element(data, start)
    if inner != _SEQUENCE:
        raise ValueError("DER, but neither a certificate nor a revocation list")
    # RFC 5280 5.1: a revocation list begins with an optional version, the algorithm, the issuer and a time. 4.1: a
    # certificate begins with a tagged version or, in version 1, with a number, the algorithm, the issuer and two times.
    tags = []
    for _ in range(4):
        tag, _, start = _element(data, start)
        tags.append(tag)
    if tags[0] == _INTEGER and tags[1:3] == [_SEQUENCE, _SEQUENCE] and tags[3] != _SEQUENCE:
        return "X509 CRL"
    if tags[:2] == [_SEQUENCE, _SEQUENCE]:
        return "X509 CRL"
    return "CERTIFICATE"


def key_label(data: bytes) -> str:
    """What DER data of a private key are called in PEM."""
    tag, start, stop = _element(data, 0)
    if tag != _SEQUENCE or stop != len(data):
        raise ValueError("neither PEM nor DER")
    first, _, start = _element(data, start)
    if first == _SEQUENCE:
        return "ENCRYPTED PRIVATE KEY"  # RFC 5958 3
    second, _, _ = _element(data, start)
    if first == _INTEGER and second == _SEQUENCE:
        return "PRIVATE KEY"  # RFC 5958 2
    if first == _INTEGER and second == _OCTET_STRING:
        return "EC PRIVATE KEY"  # RFC 5915 3
    if first == second == _INTEGER:
        return "RSA PRIVATE KEY"  # RFC 8017 A.1.2
    raise ValueError("DER, but no private key")


def _element(data: bytes, start: int) -> tuple[int, int, int]:
    """Tag, start and stop of the contents of an element of DER."""
    if start + 2 > len(data):
        raise ValueError("neither PEM nor DER")
    tag, length = data[start], data[start + 1]
    start += 2
    if length >= 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data):
        raise ValueError("neither PEM nor DER")
    return tag, start, start + length


@contextlib.contextmanager
def pem_file(text: str) -> Iterator[str]:
    """A path under which OpenSSL reads a text: in memory where the system can, else a file that only we may read."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        handle = os.memfd_create("dicomkit")
        try:
            _write(handle, text)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    import tempfile

    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        try:
            _write(handle, text)
        finally:
            os.close(handle)
        yield path
    finally:
        os.unlink(path)


def _write(handle: int, text: str) -> None:
    rest = memoryview(text.encode("latin-1"))
    while rest:
        rest = rest[os.write(handle, rest) :]

"""Certificates and revocation lists from files and bytes: PEM (RFC 7468), DER, PKCS #7, PKCS #12."""

from __future__ import annotations

import os
import warnings

from cryptography import x509

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final, TypeAlias

    from cryptography.x509 import Certificate, CertificateRevocationList

    from dicomkit.security.keys.password import Password
    from dicomkit.typing import StrPath

    Source: TypeAlias = "StrPath | bytes | Certificate"

__all__ = ["load_certificate", "load_certificates", "load_revocation_lists", "pem_blocks", "read_source"]

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
_CERTIFICATES: Final = (b"CERTIFICATE", b"X509 CERTIFICATE")
_REVOCATION_LIST: Final = b"X509 CRL"
_LARGEST: Final = 128 * 1024  # bytes of one certificate: they come from strangers, and some are kept
_PKCS7: Final = (b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS")


def load_certificates(source: Source, password: Password = None, *, format: str = "auto") -> list[Certificate]:
    """The certificates in a file or in bytes, in their order; of a PKCS #12 file that of the key first.

    Args:
        source: path of a file, what a file holds, or a certificate.
        password: of a PKCS #12 file, or a function that asks for it.
        format: "pem", "der" (a certificate, or PKCS #7), "pkcs12" or "auto".

    Returns:
        At least one. A byte of padding may follow a certificate in DER, as in Certificate of Signer (0400,0115).

    Raises:
        SignatureError: there is no certificate in it, one is damaged, or the password is wrong.
        OSError: the file cannot be read.
    """
    if isinstance(source, x509.Certificate):
        return [source]
    data, name = read_source(source)
    if format not in ("auto", "pem", "der", "pkcs12"):
        raise ValueError(f"there is no format {format!r}")
    if format == "pem" or (format == "auto" and _BEGIN in data):
        found = [certificate for label, block in pem_blocks(data) for certificate in _of_block(label, block, name)]
        if not found:
            raise SignatureError(f"{name}no certificate in it")
        return found
    if format != "pkcs12":
        try:
            return _of_der(data, name)
        except SignatureError:
            if format == "der":
                raise
    from dicomkit.security.keys.pkcs12_file import is_pkcs12, load_pkcs12

    if format == "pkcs12" or is_pkcs12(data):
        found = load_pkcs12(data, name, password).certificates
        if not found:
            raise SignatureError(f"{name}no certificate in it")
        return found
    raise SignatureError(f"{name}no certificate in it")


def load_certificate(data: bytes) -> Certificate:
    """The certificate that a value such as Certificate of Signer (0400,0115) is: DER, perhaps with a byte of padding.

    Raises:
        SignatureError: it is none, or a damaged one.
    """
    return _of_value(data, "the certificate cannot be read")


def load_revocation_lists(source: StrPath | bytes | CertificateRevocationList) -> list[CertificateRevocationList]:
    """The certificate revocation lists in a file or in bytes (PEM or DER).

    Raises:
        SignatureError: there is none in it, or one is damaged.
        OSError: the file cannot be read.
    """
    if isinstance(source, x509.CertificateRevocationList):
        return [source]
    data, name = read_source(source)
    what = f"{name}the revocation list cannot be read"
    if _BEGIN in data:
        blocks = [block for label, block in pem_blocks(data) if label == _REVOCATION_LIST]
        if not blocks:
            raise SignatureError(f"{name}no revocation list in it")
        return [guarded(what, x509.load_pem_x509_crl, block) for block in blocks]
    return [guarded(what, x509.load_der_x509_crl, data)]


def read_source(source: StrPath | bytes) -> tuple[bytes, str]:
    """The bytes of a file or the bytes themselves, and how errors about them begin."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), ""
    with open(source, "rb") as file:
        return file.read(), f"{os.fspath(source)}: "


def pem_blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The labels of blocks in a PEM file, and the blocks; what stands between them is explanation."""
    start = data.find(_BEGIN)
    while start >= 0:
        label, dashes, _ = data[start + len(_BEGIN) : start + len(_BEGIN) + 100].partition(_DASHES)
        end = _END + label + _DASHES
        stop = data.find(end, start) if dashes else -1
        if stop < 0:
            return
        stop += len(end)
        yield label, data[start:stop] + b"\n"
        start = data.find(_BEGIN, stop)


def _of_block(label: bytes, block: bytes, name: str) -> list[Certificate]:
    if label in _CERTIFICATES:
        return [guarded(f"{name}the certificate cannot be read", x509.load_pem_x509_certificate, block)]
    if label in _PKCS7:
        from cryptography.hazmat.primitives.serialization import pkcs7  # imports the email package: 20 ms

        return _of_pkcs7(pkcs7.load_pem_pkcs7_certificates, block, name)
    return []


def _of_value(data: bytes, what: str) -> Certificate:
    if len(data) > _LARGEST:
        raise SignatureError(f"{what}: {len(data)} bytes are too many")
    try:
        return guarded(what, x509.load_der_x509_certificate, data)
    except SignatureError:
        if len(data) % 2 == 0 and data.endswith(b"\0"):
            try:
                return guarded(what, x509.load_der_x509_certificate, data[:-1])
            except SignatureError:
                pass
        raise


def _of_der(data: bytes, name: str) -> list[Certificate]:
    try:
        return [_of_value(data, f"{name}the certificate cannot be read")]
    except SignatureError:
        from cryptography.hazmat.primitives.serialization import pkcs7

        try:
            return _of_pkcs7(pkcs7.load_der_pkcs7_certificates, data, name)
        except SignatureError:
            pass
        raise


def _of_pkcs7(load: Callable[[bytes], list[Certificate]], data: bytes, name: str) -> list[Certificate]:
    with warnings.catch_warnings():
        # OpenSSL leaves the certificates in their order, DER has another. Who reads the file cannot help it.
        warnings.simplefilter("ignore")
        return guarded(f"{name}the certificates cannot be read", load, data)

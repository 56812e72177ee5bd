"""What is trusted, from files and folders: certificates and revocation lists."""

from __future__ import annotations

import os

from cryptography import x509

from dicomkit.errors import SignatureError
from dicomkit.security.certificates import is_hashed
from dicomkit.security.keys.certificate_file import load_certificates, load_revocation_lists, pem_blocks, read_source
from dicomkit.security.problem import SignatureProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, TypeAlias

    from dicomkit.security.keys.certificate_file import Source
    from dicomkit.typing import StrPath

    ListSource: TypeAlias = StrPath | bytes | x509.CertificateRevocationList

__all__ = ["TrustSources", "revocation_lists"]

_SUFFIXES: Final = (".pem", ".crt", ".cer", ".der", ".crl", ".p7b", ".p7c")
_LIST: Final = b"X509 CRL"
_CERTIFICATE: Final = b"CERTIFICATE"


class TrustSources:
    """What was found in files and folders.

    Attributes:
        certificates: each once.
        revocation_lists: as they were found.
        problems: files in folders that could not be read, and are left out.
    """

    def __init__(self, sources: Source | Iterable[Source]) -> None:
        self._certificates: dict[x509.Certificate, None] = {}
        self.revocation_lists: list[x509.CertificateRevocationList] = []
        self.problems: list[SignatureProblem] = []
        if isinstance(sources, (str, bytes, os.PathLike, x509.Certificate)):
            sources = (sources,)
        for source in sources:
            if isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
                self._add_folder(source)
            else:
                self._add(source)

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        return tuple(self._certificates)

    def _add(self, source: Source) -> None:
        """Add certificates; a PEM file may have revocation lists, too."""
        if isinstance(source, x509.Certificate):
            self._certificates[source] = None
            return
        data, name = read_source(source)
        labels = {label for label, _ in pem_blocks(data)}
        if _LIST in labels:
            self.revocation_lists += _named(name, data)
            if not any(label.endswith(_CERTIFICATE) for label in labels):
                return
        try:
            found = load_certificates(data)
        except SignatureError as error:
            raise SignatureError(f"{name}{error.reason}") from error
        self._certificates.update(dict.fromkeys(found))

    def _add_folder(self, folder: StrPath) -> None:
        """Add all files that are named as OpenSSL wants (`9d66eef0.0`, `9d66eef0.r0`), or as is usual elsewhere."""
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not (is_hashed(name) or os.path.splitext(name)[1].lower() in _SUFFIXES) or not os.path.isfile(path):
                continue
            try:
                self._add_any(path)
            except (SignatureError, OSError) as error:
                self.problems.append(SignatureProblem("trust-file", str(error)))

    def _add_any(self, path: str) -> None:
        data, _ = read_source(path)
        if b"-----BEGIN " not in data:
            try:
                self.revocation_lists += load_revocation_lists(data)
            except SignatureError:
                pass
            else:
                return
        self._add(path)


def revocation_lists(sources: ListSource | Iterable[ListSource]) -> list[x509.CertificateRevocationList]:
    """The revocation lists in files.

    Raises:
        SignatureError: there is none in one of them, or one is damaged.
        OSError: a file cannot be read.
    """
    if isinstance(sources, (str, bytes, os.PathLike, x509.CertificateRevocationList)):
        sources = (sources,)
    return [found for source in sources for found in load_revocation_lists(source)]


def _named(name: str, data: bytes) -> list[x509.CertificateRevocationList]:
    try:
        return load_revocation_lists(data)
    except SignatureError as error:
        raise SignatureError(f"{name}{error.reason}") from error

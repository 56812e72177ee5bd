"""Whom a command line of dcmsign trusts, and what OpenSSL would say of the others."""

from __future__ import annotations

from dicomkit.errors import SignatureError
from dicomkit.security.keys.certificate_file import load_certificates, load_revocation_lists
from dicomkit.security.trust.purpose import NOTES
from dicomkit.security.trust.store import TrustStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.security.trust.store import TrustResult

__all__ = ["EXPIRED", "distrust_text", "faults", "trust_store"]

EXPIRED: Final = "certificate-expired"

#: Code of a problem -> what OpenSSL says, and so DCMTK's dcmsign.
_OPENSSL_TEXTS: Final = {
    EXPIRED: "certificate has expired",
    "certificate-not-yet-valid": "certificate is not yet valid",
    "certificate-revoked": "certificate revoked",
    "certificate-signature": "certificate signature failure",
    "crl-expired": "CRL has expired",
    "crl-missing": "unable to get certificate CRL",
    "crl-not-yet-valid": "CRL is not yet valid",
    "issuer-unknown": "unable to get local issuer certificate",
    "not-a-ca": "invalid CA certificate",
    "path-length": "path length constraint exceeded",
    "unknown-critical-extension": "unhandled critical extension",
}


def trust_store(options: Options, log: Log) -> TrustStore:
    """The certificates and lists that a command line names; those that cannot be read are warned of and left out."""
    trusted = _loaded(options.get("trusted_files", ()), load_certificates, "certificate file", log)
    untrusted = _loaded(options.get("untrusted_files", ()), load_certificates, "certificate file", log)
    crls = _loaded(options.get("crl_files", ()), load_revocation_lists, "CRL file", log)
    for folder in options.get("trusted_folders", ()):
        try:
            found = TrustStore(folder)
        except (SignatureError, OSError):
            log.warn(f"unable to load certificates from directory '{folder}', ignoring")
            continue
        for problem in found.problems:
            log.warn(str(problem))
        trusted.append(folder)
    # A list that cannot be read revokes nothing, but whoever names one wants to know.
    return TrustStore(
        trusted,
        intermediates=untrusted,
        crls=crls,
        # As OpenSSL's X509_V_FLAG_CRL_CHECK, which DCMTK sets: the authorities above need no list.
        require_crls="signer" if options.get("check_crls") or options.get("crl_files") else False,
    )


def _loaded(paths: Iterable[str], load: Callable[[str], list[Any]], what: str, log: Log) -> list[Any]:  # Any: two kinds
    found: list[Any] = []
    for path in paths:
        try:
            found += load(path)
        except (SignatureError, OSError) as error:
            log.warn(f"unable to load {what} '{path}', ignoring")
            log.info(error.strerror or str(error) if isinstance(error, OSError) else str(error))
    return found


def faults(result: TrustResult) -> set[str]:
    """The codes of what makes a certificate one that is not trusted."""
    return {problem.code for problem in result.problems if problem.code not in NOTES}


def distrust_text(result: TrustResult) -> str:
    """Why a certificate is not trusted."""
    problem = next((problem for problem in result.problems if problem.code not in NOTES), None)
    if problem is None:
        return "not trusted"
    if problem.code == "root-not-trusted":
        return "self-signed certificate" if len(result.chain) == 1 else "self-signed certificate in certificate chain"
    return _OPENSSL_TEXTS.get(problem.code, problem.text)

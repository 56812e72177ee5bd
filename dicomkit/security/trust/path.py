"""Paths from a certificate to one that is trusted (RFC 5280 6.1, RFC 4158), found whatever the time is.

Certificates that come with a signature may be made to lead nowhere in very many ways. So there are limits to the length of
paths, to how many are looked at, and to how many signatures are verified.
"""

from __future__ import annotations

from dicomkit.security.problem import SignatureProblem
from dicomkit.security.trust.issuer import BROKEN, SHA1, may_be_issuer, signed_by
from dicomkit.security.trust.name_constraints import constraint_problems
from dicomkit.security.trust.purpose import purpose_problems

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Final

    from dicomkit.security.trust.facts import CertificateFacts

__all__ = ["PathSearch", "path_problems"]

_LONGEST: Final = 20
_MOST_PATHS: Final = 16
_MOST_SIGNATURES: Final = 64
_MOST_STEPS: Final = 1000


class PathSearch:
    """The search for the paths of one certificate.

    Args:
        leaf: the certificate.
        candidates: gives the certificates with a subject (DER), the best first.
        is_anchor: whether a certificate is trusted.

    Attributes:
        paths: those found, each from the certificate to a trusted one.
        partial: what comes nearest, if there is none.
        problem: why there is none; None if there are paths.
    """

    def __init__(
        self,
        leaf: CertificateFacts,
        candidates: Callable[[bytes], Sequence[CertificateFacts]],
        is_anchor: Callable[[CertificateFacts], bool],
    ) -> None:
        self.paths: list[list[CertificateFacts]] = []
        self.partial: list[CertificateFacts] = [leaf]
        self.problem: SignatureProblem | None = None
        self._candidates = candidates
        self._is_anchor = is_anchor
        self._signed: dict[tuple[int, int], bool] = {}  # by identity: the facts stay alive while the search goes on
        self._is_exhausted = False
        self._steps = 0
        self._extend([leaf])
        if self.paths:
            self.problem = None
        elif self._is_exhausted:
            self.problem = SignatureProblem(
                "path-too-complex", f"the certificates around that of {leaf.name} can be combined in too many ways"
            )

    def _extend(self, path: list[CertificateFacts]) -> None:
        """Find what can follow. Above a trusted certificate only trusted ones count: what strangers add changes nothing."""
        self._steps += 1
        self._is_exhausted |= self._steps > _MOST_STEPS
        tip = path[-1]
        trusted = self._is_anchor(tip)
        if trusted and tip.is_self_issued:
            self.paths.append(list(path))
            return
        before = len(self.paths)
        reason = self._why_it_ends(tip)
        for issuer in self._candidates(tip.issuer) if len(path) < _LONGEST else ():
            if len(self.paths) >= _MOST_PATHS or self._is_exhausted:
                return
            if (trusted and not self._is_anchor(issuer)) or not may_be_issuer(tip, issuer) or _is_in(issuer, path):
                continue
            if tip.algorithm in BROKEN:
                reason = SignatureProblem(
                    "certificate-signature-forgeable", f"the certificate of {tip.name} is signed with MD5 or older"
                )
                break
            if self._is_signed(tip, issuer):
                self._extend([*path, issuer])
                reason = None
            elif reason is not None:
                reason = SignatureProblem(
                    "certificate-signature", f"{tip.issuer_name} has not signed the certificate of {tip.name}"
                )
        if trusted and len(self.paths) == before:
            self.paths.append(list(path))
        elif reason is not None and (self.problem is None or len(path) > len(self.partial)):
            self.partial, self.problem = list(path), reason

    def _is_signed(self, facts: CertificateFacts, issuer: CertificateFacts) -> bool:
        pair = (id(facts), id(issuer))
        known = self._signed.get(pair)
        if known is None:
            if len(self._signed) >= _MOST_SIGNATURES:
                self._is_exhausted = True
                return False
            known = self._signed[pair] = signed_by(facts, issuer)
        return known

    def _why_it_ends(self, tip: CertificateFacts) -> SignatureProblem | None:
        if tip.is_self_issued:
            return SignatureProblem("root-not-trusted", f"{tip.name} vouches for itself, and is not among the trusted")
        return SignatureProblem(
            "issuer-unknown", f"the issuer of the certificate of {tip.name} is not known: {tip.issuer_name}"
        )


def _is_in(issuer: CertificateFacts, path: list[CertificateFacts]) -> bool:
    """Whether name and key stand in a path: once more they add nothing (RFC 4158 2.4.2)."""
    return any(facts.subject == issuer.subject and facts.public_key == issuer.public_key for facts in path)


def path_problems(chain: Sequence[CertificateFacts], purpose: str) -> Iterator[SignatureProblem]:
    """What speaks against a path, whatever the time is.

    Args:
        chain: from the certificate that is used to the one that is trusted.
        purpose: "signature" or "timestamp".
    """
    for place, facts in enumerate(chain):
        if facts.problem is not None:
            yield facts.problem
            return
        if place < len(chain) - 1 and facts.algorithm in SHA1:
            yield SignatureProblem(
                "certificate-sha1", f"the certificate of {facts.name} is signed with SHA-1, which is weak"
            )
    yield from purpose_problems(chain, purpose)
    yield from constraint_problems(chain)

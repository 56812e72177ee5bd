"""Whose signatures are trusted: certificates, the paths that lead to them, and what was revoked (RFC 5280, RFC 3161).

What does not depend on the time is found out once for each certificate and kept: which paths there are, and what speaks
against them. A check of a certificate that was seen before only compares times.
"""

from __future__ import annotations

from dicomkit.security.guarded import guarded
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.trust.facts import CertificateFacts
from dicomkit.security.trust.issuer import may_be_issuer, signed_by
from dicomkit.security.trust.path import PathSearch, path_problems
from dicomkit.security.trust.purpose import NOTES
from dicomkit.security.trust.revocation import RevocationLists
from dicomkit.security.trust.sources import TrustSources, revocation_lists

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Final, Literal

    from cryptography.x509 import Certificate, CertificateRevocationList

    from dicomkit.security.keys.certificate_file import Source
    from dicomkit.security.trust.revocation import Revocation
    from dicomkit.typing import StrPath

__all__ = ["TrustResult", "TrustStore"]

_PURPOSES: Final = ("signature", "timestamp")
_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"
_MOST_KEPT: Final = 256
_MOST_EXTRA: Final = 64  # certificates that come with a time-stamp
_FEW_EXTRA: Final = 8  # of these results are kept; three are usual


class TrustResult:
    """Whether a certificate is trusted, and why or why not.

    Attributes:
        trusted: it is.
        chain: from the certificate to the one that is trusted; if there is no such path, as far as it was found.
        problems: why it is not trusted; of one that is trusted, what was noticed nevertheless.
    """

    __slots__ = ("chain", "problems", "trusted")

    def __init__(self, trusted: bool, chain: tuple[Certificate, ...], problems: tuple[SignatureProblem, ...]) -> None:
        self.trusted = trusted
        self.chain = chain
        self.problems = problems

    def __repr__(self) -> str:
        return f"<TrustResult {'trusted' if self.trusted else 'not trusted'}: {'; '.join(map(str, self.problems))}>"


class TrustStore:
    """Certificates that are trusted, and what else is needed to find out who is.

    A certificate is trusted if it is one of `anchors`, or if a path of valid certificates leads from it to one of them.

    Args:
        anchors: certificates, paths of files (PEM, DER, PKCS #7) or folders of them, or the bytes of such files. Revocation
            lists beside them are used, too.
        intermediates: the same; certificates that paths may go through, but that are not trusted for themselves.
        crls: revocation lists, or files of them.
        require_crls: do not trust a certificate unless a valid list is there from its issuer, and from each authority above.
            "signer": from its issuer is enough, as for DCMTK.

    Attributes:
        anchors: the certificates that are trusted.
        intermediates: those that are not.
        problems: files in folders that could not be read, and are left out.

    Raises:
        SignatureError: a file has no certificates or revocation lists, or one is damaged.
        OSError: a file cannot be read.

    PS3.15 annex C leaves the rules of trust to whoever checks a signature.
    """

    def __init__(
        self,
        anchors: Source | Iterable[Source],
        *,
        intermediates: Source | Iterable[Source] = (),
        crls: StrPath | bytes | CertificateRevocationList | Iterable[StrPath | bytes | CertificateRevocationList] = (),
        require_crls: bool | Literal["signer"] = False,
    ) -> None:
        trusted, others = TrustSources(anchors), TrustSources(intermediates)
        self.anchors = trusted.certificates
        self.intermediates = others.certificates
        self.problems = (*trusted.problems, *others.problems)
        self._require_crls = require_crls
        self._lists = RevocationLists((*revocation_lists(crls), *trusted.revocation_lists, *others.revocation_lists))
        self._anchors = frozenset(self.anchors)
        self._by_subject: dict[bytes, list[Certificate]] = {}
        for certificate in dict.fromkeys((*self.anchors, *self.intermediates)):
            subject = guarded("the subject of a certificate cannot be read", _subject_of, certificate)
            self._by_subject.setdefault(subject, []).append(certificate)
        # Taken out of a certificate when it is looked for: a system trusts hundreds, of which few are ever asked for.
        self._facts: dict[Certificate, CertificateFacts] = {}
        self._kept: dict[tuple[Certificate, str, tuple[Certificate, ...]], list[_Path]] = {}

    def check(
        self, certificate: Certificate, at: dt.datetime, *, purpose: str, extra: Sequence[Certificate] = ()
    ) -> TrustResult:
        """Whether a certificate is trusted.

        Args:
            certificate: that of a signer or of a time-stamp authority.
            at: the time that counts (aware): when it signed, as far as that is known for sure, else now.
            purpose: "signature" or "timestamp": what it was used for.
            extra: more certificates that a path may go through, such as those that come with a time-stamp; the first 64.

        Returns:
            The result; certificates that cannot be read are not trusted.
        """
        if purpose not in _PURPOSES:
            raise ValueError(f"there is no purpose {purpose!r}")
        if at.tzinfo is None:
            raise ValueError("a time without a time zone says nothing")
        key = (certificate, purpose, tuple(extra[:_MOST_EXTRA]))
        paths = self._kept.get(key)
        if paths is None:
            paths = self._paths(*key)
            if len(key[2]) <= _FEW_EXTRA:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = paths
        best = paths[0].result(at)
        for path in paths[1:]:
            if best.trusted:
                break
            result = path.result(at)
            if result.trusted or len(result.problems) < len(best.problems):
                best = result
        return best

    def _paths(self, certificate: Certificate, purpose: str, extra: Sequence[Certificate]) -> list[_Path]:
        leaf = CertificateFacts(certificate)
        if leaf.problem is not None:
            return [_Path([leaf], [leaf.problem], [])]
        candidates = self._candidates(extra)
        search = PathSearch(leaf, candidates, self._is_anchor)
        if search.problem is not None:
            return [_Path(search.partial, [search.problem], [])]
        return [
            _Path(chain, list(path_problems(chain, purpose)), self._revocations(chain, candidates, purpose))
            for chain in search.paths
        ]

    def _is_anchor(self, facts: CertificateFacts) -> bool:
        return facts.certificate in self._anchors

    def _candidates(self, extra: Sequence[Certificate]) -> Callable[[bytes], Sequence[CertificateFacts]]:
        """What gives the certificates with a subject: the trusted first, those of strangers last."""
        strangers: dict[bytes, list[CertificateFacts]] = {}
        for certificate in dict.fromkeys(extra):
            facts = CertificateFacts(certificate)
            strangers.setdefault(facts.subject, []).append(facts)

        def candidates(subject: bytes) -> Sequence[CertificateFacts]:
            own = [self._facts_of(certificate) for certificate in self._by_subject.get(subject, ())]
            return own + strangers.get(subject, [])

        return candidates

    def _facts_of(self, certificate: Certificate) -> CertificateFacts:
        facts = self._facts.get(certificate)
        if facts is None:
            facts = self._facts[certificate] = CertificateFacts(certificate)
        return facts

    def _revocations(
        self, chain: list[CertificateFacts], candidates: Callable[[bytes], Sequence[CertificateFacts]], purpose: str
    ) -> list[Revocation]:
        """What the lists say of the certificates of a path, as far as there is something to say."""
        top = chain[-1]
        found = [
            self._lists.about(
                facts,
                chain[place + 1 :],
                required=self._is_required(place),
                stamps=purpose == "timestamp" and place == 0,
            )
            for place, facts in enumerate(chain[:-1])
        ]
        if len(chain) > 1 and not self._lists.has(top.issuer):
            return [revocation for revocation in found if not revocation.is_certain]
        # An authority that is trusted for itself needs no list, but may be on one.
        above = [issuer for issuer in candidates(top.issuer) if may_be_issuer(top, issuer) and signed_by(top, issuer)]
        alone = len(chain) == 1
        last = self._lists.about(
            top, above, required=alone and self._is_required(0), stamps=alone and purpose == "timestamp"
        )
        if alone or last.is_revoked:
            found.append(last)
        return [revocation for revocation in found if not revocation.is_certain]

    def _is_required(self, place: int) -> bool:
        """Whether a certificate at this place of a path needs a list."""
        return self._require_crls is True or (self._require_crls == "signer" and place == 0)


class _Path:
    """A path, and what speaks against it whatever the time is."""

    __slots__ = ("_certificates", "_chain", "_first", "_good", "_last", "_problems", "_revocations")

    def __init__(
        self, chain: list[CertificateFacts], problems: list[SignatureProblem], revocations: list[Revocation]
    ) -> None:
        self._chain = [facts for facts in chain if facts.problem is None]
        self._certificates = tuple(facts.certificate for facts in chain)
        self._problems = problems
        self._revocations = revocations
        self._good: TrustResult | None = None
        if _are_notes(problems) and not revocations:
            self._good = TrustResult(True, self._certificates, tuple(problems))
            self._first = max(facts.first for facts in chain)
            self._last = min(facts.last for facts in chain)

    def result(self, at: dt.datetime) -> TrustResult:
        """Whether it leads to a trusted certificate at a time."""
        if self._good is not None and self._first <= at <= self._last:
            return self._good
        problems = [*self._problems, *self._problems_at(at)]
        return TrustResult(_are_notes(problems), self._certificates, tuple(problems))

    def _problems_at(self, at: dt.datetime) -> Iterator[SignatureProblem]:
        for facts in self._chain:
            if at < facts.first:
                yield SignatureProblem(
                    "certificate-not-yet-valid", f"the certificate of {facts.name} is valid from {facts.first:{_TIME}}"
                )
            elif at > facts.last:
                yield SignatureProblem(
                    "certificate-expired", f"the certificate of {facts.name} was valid until {facts.last:{_TIME}}"
                )
        for revocation in self._revocations:
            yield from revocation.problems(at)


def _subject_of(certificate: Certificate) -> bytes:
    return certificate.subject.public_bytes()


def _are_notes(problems: Iterable[SignatureProblem]) -> bool:
    return all(problem.code in NOTES for problem in problems)

"""Certificate revocation lists (RFC 5280 5 and 6.3): what they say of a certificate, at the time that counts.

Only complete lists of an issuer on its own certificates are used. Which of several counts depends on the time, so what each
says is found out once, and `problems` picks one.

A list that was made after the time that counts is used as well: it is what makes a signature with a certified time good
although its certificate was revoked later, and what shows a revocation that was not published yet. But it may have forgotten
certificates that had expired when it was made; of these it says nothing.
"""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.trust.issuer import BROKEN, SHA1, signed_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from dicomkit.security.trust.facts import CertificateFacts

__all__ = ["Revocation", "RevocationLists"]

#: critical extensions of a list that may be there
_KNOWN: Final = frozenset(
    {
        ExtensionOID.CRL_NUMBER.dotted_string,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string,
        ExtensionOID.ISSUER_ALTERNATIVE_NAME.dotted_string,
    }
)
_EXPIRED_CERTIFICATES: Final = "2.5.29.60"  # expiredCertsOnCRL, X.509 9.5.2.8

#: Reason Code (RFC 5280 5.3.1) -> what it means
_REASONS: Final = {
    x509.ReasonFlags.key_compromise: "its key is known to others",
    x509.ReasonFlags.ca_compromise: "the key of its issuer is known to others",
    x509.ReasonFlags.aa_compromise: "the key of its issuer is known to others",
    x509.ReasonFlags.affiliation_changed: "what it says of its subject is not true any more",
    x509.ReasonFlags.superseded: "there is a new one",
    x509.ReasonFlags.cessation_of_operation: "it is not needed any more",
    x509.ReasonFlags.certificate_hold: "for now",
    x509.ReasonFlags.privilege_withdrawn: "its subject has lost the right to it",
}
#: After these, what a time-stamp authority has stamped before is still good; after others, nothing is (RFC 3161 4).
_HARMLESS: Final = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)
_MOST_SIGNATURES: Final = 1024


class RevocationLists:
    """All lists that are there.

    Args:
        lists: the lists.
    """

    def __init__(self, lists: Iterable[x509.CertificateRevocationList]) -> None:
        self._of: dict[bytes, list[x509.CertificateRevocationList]] = {}
        # Lists are long, and the same issuer signs all of its own: hashing one for each certificate would take time.
        # They have no hash; by identity, since all of them stay alive.
        self._signatures: dict[tuple[int, x509.Certificate], bool] = {}
        for crl in {crl.fingerprint(hashes.SHA256()): crl for crl in lists}.values():
            self._of.setdefault(guarded("the issuer of a revocation list cannot be read", _issuer_of, crl), []).append(crl)

    def has(self, issuer: bytes) -> bool:
        """Whether there is a list of an issuer (its name in DER)."""
        return issuer in self._of

    def about(
        self, facts: CertificateFacts, issuers: Sequence[CertificateFacts], *, required: bool, stamps: bool = False
    ) -> Revocation:
        """What the lists say of a certificate.

        Args:
            facts: the certificate.
            issuers: those above it in its path, its issuer first. Lists may be signed by an older key of the same name.
            required: it is not trusted without a list.
            stamps: it is that of a time-stamp authority: with its key, somebody else may have made what seems older.
        """
        statements = []
        reason = ""
        for crl in self._of.get(facts.issuer, ()):
            try:
                statement = guarded("it cannot be read", self._statement, crl, facts, issuers)
            except SignatureError as error:
                reason = error.reason
            else:
                statements.append(statement)
        # of those of the same time the one that revokes counts
        statements.sort(key=lambda statement: (statement.made, statement.revoked is not None), reverse=True)
        return Revocation(facts, statements, required=required, reason=reason, stamps=stamps)

    def _statement(
        self, crl: x509.CertificateRevocationList, facts: CertificateFacts, issuers: Sequence[CertificateFacts]
    ) -> _Statement:
        """What a list says. Raises SignatureError: nothing that counts, with the reason."""
        algorithm = crl.signature_algorithm_oid.dotted_string
        if algorithm in BROKEN:
            raise SignatureError("it is signed by an algorithm that can be forged")
        found = _Statement(crl.last_update_utc, crl.next_update_utc, is_sha1=algorithm in SHA1)
        for extension in crl.extensions:
            if extension.oid.dotted_string == _EXPIRED_CERTIFICATES:
                found.keeps_expired_since = _time_of(extension.value)
            else:
                _check_extension(extension, facts)
        signers = [issuer for issuer in issuers if issuer.subject == facts.issuer and self._is_signed(crl, issuer)]
        if not signers:
            raise SignatureError("its signature is not by its issuer")
        if all(signer.usage is not None and not signer.usage.crl_sign for signer in signers):
            raise SignatureError("its issuer may not sign revocation lists (Key Usage)")
        entry = crl.get_revoked_certificate_by_serial_number(facts.serial)
        if entry is not None:
            _read_entry(found, entry)
        return found

    def _is_signed(self, crl: x509.CertificateRevocationList, issuer: CertificateFacts) -> bool:
        pair = (id(crl), issuer.certificate)
        known = self._signatures.get(pair)
        if known is None:
            if len(self._signatures) >= _MOST_SIGNATURES:
                self._signatures.clear()
            known = self._signatures[pair] = signed_list(crl, issuer)
        return known


class _Statement:
    """What one list says of one certificate."""

    __slots__ = ("is_harmless", "is_sha1", "keeps_expired_since", "made", "next_update", "revoked", "why")

    def __init__(self, made: dt.datetime, next_update: dt.datetime | None, *, is_sha1: bool) -> None:
        self.made = made
        self.next_update = next_update
        self.is_sha1 = is_sha1
        self.keeps_expired_since: dt.datetime | None = None
        self.revoked: dt.datetime | None = None
        self.is_harmless = False
        self.why = ""


class Revocation:
    """What is known of the revocation of one certificate."""

    __slots__ = ("_facts", "_reason", "_required", "_stamps", "_statements")

    def __init__(
        self, facts: CertificateFacts, statements: list[_Statement], *, required: bool, reason: str, stamps: bool
    ) -> None:
        self._facts = facts
        self._statements = statements
        self._required = required
        self._reason = reason
        self._stamps = stamps

    @property
    def is_certain(self) -> bool:
        """Whether there is nothing to say at any time."""
        return not self._statements and not self._required

    @property
    def is_revoked(self) -> bool:
        """Whether the certificate is on a list."""
        return any(statement.revoked is not None for statement in self._statements)

    def problems(self, at: dt.datetime) -> Iterator[SignatureProblem]:
        """What speaks against the certificate at a time."""
        name = self._facts.name
        late = None
        for statement in self._statements:
            if not self._is_about(statement, at):
                continue
            if statement.next_update is not None and statement.next_update < at:
                late = late or statement
                continue
            if statement.is_sha1:
                yield SignatureProblem("crl-sha1", f"the revocation list on {name} is signed with SHA-1")
            yield from self._revoked(statement, at)
            return
        if late is not None:
            # A revocation is not taken back by the time that passes; that there is none is only known until the next list.
            yield from self._revoked(late, at)
            code = "crl-expired" if self._required else "crl-out-of-date"
            yield SignatureProblem(
                code, f"the revocation list on {name} is out of date: the next was due at {_text(late.next_update)}"
            )
        elif self._required:
            if self._statements:
                made = _text(self._statements[-1].made)
                yield SignatureProblem(
                    "crl-not-yet-valid", f"the revocation list on {name} does not tell of that time: it was made at {made}"
                )
            elif self._reason:
                yield SignatureProblem("crl-unusable", f"the revocation list on {name} cannot be used: {self._reason}")
            else:
                yield SignatureProblem("crl-missing", f"there is no revocation list on {name}")

    def _is_about(self, statement: _Statement, at: dt.datetime) -> bool:
        if statement.made <= at:
            return True
        if statement.made > dt.datetime.now(dt.UTC):
            return False
        kept = statement.keeps_expired_since
        return statement.revoked is not None or self._facts.last >= (statement.made if kept is None else kept)

    def _revoked(self, statement: _Statement, at: dt.datetime) -> Iterator[SignatureProblem]:
        if statement.revoked is None:
            return
        if statement.revoked <= at or (self._stamps and not statement.is_harmless):
            why = f" ({statement.why})" if statement.why else ""
            yield SignatureProblem(
                "certificate-revoked",
                f"the certificate of {self._facts.name} was revoked at {_text(statement.revoked)}{why}",
            )


def _issuer_of(crl: x509.CertificateRevocationList) -> bytes:
    return crl.issuer.public_bytes()


def _text(time: dt.datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _check_extension(extension: x509.Extension[x509.ExtensionType], facts: CertificateFacts) -> None:
    value = extension.value
    if isinstance(value, x509.DeltaCRLIndicator):
        raise SignatureError("it only has the changes to another list")
    if isinstance(value, x509.IssuingDistributionPoint):
        _check_scope(value, facts)
    elif extension.critical and extension.oid.dotted_string not in _KNOWN:
        raise SignatureError(f"it has a critical extension that is not known: {extension.oid.dotted_string}")


def _check_scope(scope: x509.IssuingDistributionPoint, facts: CertificateFacts) -> None:
    """Refuse a list that is not on this certificate (RFC 5280 5.2.5)."""
    if scope.indirect_crl or scope.only_some_reasons is not None or scope.relative_name is not None:
        raise SignatureError("it is of a kind that is not supported")
    if (
        scope.only_contains_attribute_certs
        or (scope.only_contains_user_certs and facts.ca)
        or (scope.only_contains_ca_certs and not facts.ca)
    ):
        raise SignatureError("it is on certificates of another kind")
    if scope.full_name is not None:
        points = facts.distribution_points or ()
        if not any(name in (point.full_name or ()) for point in points for name in scope.full_name):
            raise SignatureError("it is on other certificates of the issuer")


def _read_entry(statement: _Statement, entry: x509.RevokedCertificate) -> None:
    statement.revoked = entry.revocation_date_utc
    for extension in entry.extensions:
        value = extension.value
        if isinstance(value, x509.CRLReason):
            if value.reason is x509.ReasonFlags.remove_from_crl:
                statement.revoked = None
                return
            statement.why = _REASONS.get(value.reason, "")
            statement.is_harmless = value.reason in _HARMLESS
        elif isinstance(value, x509.InvalidityDate):
            statement.revoked = min(entry.revocation_date_utc, value.invalidity_date_utc)


def _time_of(value: x509.ExtensionType) -> dt.datetime | None:
    """The value of an extension that cryptography does not know."""
    from asn1crypto import core  # type: ignore[import-untyped]  # asn1crypto has no types

    from dicomkit.security.asn1 import load, reading

    if not isinstance(value, x509.UnrecognizedExtension):
        return None
    what = "an extension of it"
    loaded = load(core.GeneralizedTime, value.value, what)
    with reading(what):
        time = loaded.native
    return time if isinstance(time, dt.datetime) else None

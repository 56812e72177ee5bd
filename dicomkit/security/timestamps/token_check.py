"""Certified time-stamps (RFC 3161) of digital signatures: PS3.3 C.12.1.1.3, Certified Timestamp (0400,0310).

A time-stamp authority signs that it has seen the digest of a signature at a time. So a signature can be good for longer than
the certificate of its signer, and nobody needs to believe the signer's clock. To get one: make a `TimestampRequest`, have an
authority answer it (`TimestampAuthority`, or files), and take the token out of the answer with `token_of_response`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dicomkit.errors import SignatureError
from dicomkit.security.keys.signing_key import subject_text, weakness
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures.mac import digest
from dicomkit.security.timestamps.request import TimestampRequest
from dicomkit.security.timestamps.response import token_of_response
from dicomkit.security.timestamps.signer import (
    find_signer,
    has_name,
    hash_problem,
    is_identified,
    is_refused,
    names_others,
    signature_problem,
)
from dicomkit.security.timestamps.token import TimestampToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cryptography.x509 import Certificate

    from dicomkit.security.trust.store import TrustStore

__all__ = ["TimestampRequest", "TimestampResult", "check_token", "token_of_response"]

_CLOCK_DIFFERENCE: Final = dt.timedelta(minutes=5)
_MOST_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampResult:
    """What was found of a certified time-stamp. What it states is to be believed if it is intact and trusted.

    Attributes:
        time: when the signature existed, in UTC; None if the token cannot be read.
        accuracy: how far `time` may be off, if the authority says so.
        ordering: whether stamps of this authority can be ordered by time whatever their accuracy.
        authority: subject of the certificate of the authority, or None if there is no certificate.
        certificate: that certificate.
        hash: the hash of the signature: a MAC Algorithm (0400,0015), or an object identifier; "" if it cannot be read.
        policy: object identifier of the policy of the authority, likewise.
        serial: number of the stamp.
        intact: whether the stamp is of that signature, and every bit of it as its authority has signed it.
        trusted: whether it is intact and the authority one that was certified for time-stamps by somebody trusted.
        problems: all that speaks against it; weaknesses too that make it neither changed nor untrusted.
    """

    time: dt.datetime | None = None
    accuracy: dt.timedelta | None = None
    ordering: bool = False
    authority: str | None = None
    certificate: Certificate | None = None
    hash: str = ""
    policy: str = ""
    serial: int | None = None
    intact: bool = False
    trusted: bool = False
    problems: tuple[SignatureProblem, ...] = ()


def check_token(
    token: bytes, signature: bytes, trust: TrustStore | None, *, at: dt.datetime | None = None
) -> TimestampResult:
    """Check the certified time-stamp of a signature.

    Never raises for what is in the bytes: the result says what is wrong.

    Args:
        token: the value of Certified Timestamp (0400,0310): a token of RFC 3161, with or without a pad byte.
        signature: the value of Signature (0400,0120), with or without a pad byte.
        trust: the certificates that are trusted; None: no stamp is trusted, and only `intact` is found.
        at: when the certificate of the authority must be valid, aware. None: at the time of the stamp, as its purpose is to
            outlive certificates.

    Returns:
        What was found.
    """
    if at is not None and at.tzinfo is None:
        raise ValueError("the moment of a check must be aware: give it a time zone")
    try:
        read = TimestampToken.decode(token)
    except SignatureError as error:
        return TimestampResult(problems=(SignatureProblem("timestamp-unreadable", error.reason),))
    known = () if trust is None else (*trust.intermediates, *trust.anchors)
    certificate, others = find_signer(read, known)
    faults, weaknesses = _faults(read, signature, certificate)
    trusted = False
    if certificate is not None and trust is not None and not faults:
        found = trust.check(certificate, at or read.time, purpose="timestamp", extra=others)
        doubts = _doubts(read, certificate, found.chain)
        trusted = found.trusted and not doubts
        weaknesses += [*doubts, *found.problems]
    return TimestampResult(
        time=read.time,
        accuracy=read.accuracy,
        ordering=read.ordering,
        authority=None if certificate is None else subject_text(certificate),
        certificate=certificate,
        hash=read.hash,
        policy=read.policy,
        serial=read.serial,
        intact=not faults,
        trusted=trusted,
        problems=(*faults, *weaknesses),
    )


def _faults(
    token: TimestampToken, signature: bytes, certificate: Certificate | None
) -> tuple[list[SignatureProblem], list[SignatureProblem]]:
    """Why a stamp is not intact, and what is weak in it."""
    faults: list[SignatureProblem] = []
    weaknesses: list[SignatureProblem] = []
    for name, use in ((token.hash, "the time-stamp"), (token.signature.hash, "the signature of the time-stamp")):
        problem = hash_problem(name, use)
        if problem is not None:
            (faults if is_refused(name) else weaknesses).append(problem)
    try:
        if not is_refused(token.hash) and not _is_of(token, signature):
            faults.append(SignatureProblem("timestamp-other", "the time-stamp is of another signature"))
    except SignatureError as error:  # the hash is not to be had here
        faults.append(SignatureProblem("timestamp-hash", f"the time-stamp cannot be checked: {error.reason}"))
    if certificate is None:
        faults.append(
            SignatureProblem("timestamp-no-certificate", "the certificate that the time-stamp is signed with is not there")
        )
    elif not is_identified(certificate, token.signature):
        text = "the time-stamp does not say that it is signed with the certificate that it names"
        faults.append(SignatureProblem("timestamp-certificate", text))
    elif not is_refused(token.signature.hash):
        problem = signature_problem(token, certificate)
        weak = None if problem is not None else weakness(certificate.public_key())
        if problem is not None:
            faults.append(problem)
        elif weak is not None:
            weaknesses.append(SignatureProblem("timestamp-weak-key", f"{weak}, that of the time-stamp authority"))
    return faults, weaknesses


def _is_of(token: TimestampToken, signature: bytes) -> bool:
    if digest([signature], token.hash) == token.imprint:
        return True
    # DSA and ECDSA signatures of odd length are padded. Whether a stamp is of the value before that or after is not said.
    return signature[-1:] == b"\0" and digest([signature[:-1]], token.hash) == token.imprint


def _doubts(token: TimestampToken, certificate: Certificate, chain: tuple[Certificate, ...]) -> list[SignatureProblem]:
    """Why a stamp is not trusted, whoever certified its authority."""
    found: list[SignatureProblem] = []
    if token.critical:  # RFC 3161 2.4.2
        text = f"the time-stamp has an extension that is critical and not known: {', '.join(token.critical[:_MOST_SHOWN])}"
        found.append(SignatureProblem("timestamp-extension", text))
    if token.authority is not None and not has_name(certificate, *token.authority):
        found.append(
            SignatureProblem("timestamp-authority", "the authority that the time-stamp names is not that of its certificate")
        )
    # An authority that is trusted itself needs no chain.
    if len(chain) > 1 and names_others(token.signature, chain):
        found.append(
            SignatureProblem("timestamp-chain", "the time-stamp names other certificates than those that it is trusted by")
        )
    if token.time > dt.datetime.now(dt.UTC) + _CLOCK_DIFFERENCE:
        found.append(
            SignatureProblem(
                "timestamp-future", f"the time of the time-stamp is not yet: {token.time:%Y-%m-%d %H:%M:%S} UTC"
            )
        )
    return found

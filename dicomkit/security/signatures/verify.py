"""Digital signatures are verified here (PS3.15 annex C, PS3.3 C.12.1.1.3)."""

from __future__ import annotations

import datetime

from dicomkit.dataset.sequence import Sequence
from dicomkit.errors import DicomError, SignatureError
from dicomkit.security.keys.signing_key import Signer, verify_digest
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.levels import DIGITAL_SIGNATURES, Level, levels, value_of
from dicomkit.security.signatures.reading import Reading
from dicomkit.security.signatures.report import SignatureReport, SignatureResult
from dicomkit.security.trust.store import TrustStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final, Literal

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.typing import StrPath

__all__ = ["verify"]

TIMESTAMP: Final = 0x04000310

TIMESTAMP_TYPES: Final = ("CMS_TSP", "CMS_TS")
# Each signature takes as long as what it covers is large, so a file could take any time.
MOST_SIGNATURES: Final = 1000
MOST_HASHED: Final = 1 << 30  # bytes, or this many times what one of them covers:
MOST_TIMES: Final = 64
LONGEST_DSA_KEY: Final = 4096  # bits; FIPS 186-4 ends at 3072. Longer ones take very long; OpenSSL sees to RSA.


def verify(
    dataset: Dataset,
    trust: TrustStore | StrPath | Iterable[StrPath] | None = None,
    *,
    at: datetime.datetime | Literal["signature"] | None = None,
    timestamps: Literal["check", "ignore", "require"] = "check",
    refused_macs: Iterable[str] = ("MD5",),
) -> SignatureReport:
    """Verify all digital signatures of a data set, those in its items too.

    Those in the Original Attributes Sequence (PS3.3 C.12.1.1.9) are of what was there before a change: they are left out.

    Never raises for what is in the data set: whatever is wrong with a signature, its result says so.

    Args:
        dataset: the data set.
        trust: the certificates that are trusted: a `TrustStore`, or files and folders of them. None: nobody is trusted, and
            no signature is valid; whether it is intact is found all the same.
        at: the moment at which certificates must be valid, aware; None is now. "signature" believes what the signer says of
            the time. A signature with a certified time-stamp that is trusted is checked at the time of that.
        timestamps: whether certified time-stamps are checked, left alone, or every signature must have one.
        refused_macs: MAC algorithms with which no signature is intact.

    Returns:
        A result for each signature, from the outside in.
    """
    if timestamps not in ("check", "ignore", "require"):
        raise ValueError(f"timestamps is one of check, ignore, require, not {timestamps!r}")
    if trust is not None and not isinstance(trust, TrustStore):
        trust = TrustStore(trust)
    verifier = _Verifier(trust, at, timestamps, frozenset(refused_macs))
    problems: list[SignatureProblem] = []
    results: list[tuple[Level, SignatureResult]] = []
    for number, (level, item) in enumerate(_signatures(dataset)):
        if number == MOST_SIGNATURES:
            problems.append(SignatureProblem("too-many-signatures", f"there are more than {MOST_SIGNATURES} signatures"))
            break
        if item is None:
            problems.append(_no_signature(level))
        else:
            results.append((level, verifier.result(level, item)))
    _anchor(results)
    return SignatureReport([result for _, result in results], problems)


def _signatures(dataset: Dataset) -> Iterator[tuple[Level, Dataset | None]]:
    """All signatures, from the outside in; None where a Digital Signatures Sequence has none."""
    there = [level for level in levels(dataset) if not level.is_original]
    for level in sorted(there, key=lambda level: len(level.around)):
        items = level.signatures()
        if not items:
            yield level, None
        for item in items:
            yield level, item


class _Verifier:
    """What all signatures of a data set are verified with."""

    def __init__(self, trust: TrustStore | None, at: Any, timestamps: str, refused: frozenset[str]) -> None:
        self.trust = trust
        self.at = at
        self.now = datetime.datetime.now(datetime.UTC) if at in (None, "signature") else at
        if self.now.tzinfo is None:
            raise ValueError("the moment of a verification must be aware: give it a time zone")
        self.timestamps = timestamps
        self.refused = refused
        self.largest = 0  # bytes that one signature covers
        self.hashed = 0

    def result(self, level: Level, item: Dataset) -> SignatureResult:
        reading = Reading(level, item)
        result = reading.result
        broken = bool(result.problems)
        self._read_certificate(reading)
        intact = self._is_intact(reading)
        result.intact = intact and not broken
        if intact and self._has_good_time(reading):
            self._check_trust(reading)
        return result

    def _read_certificate(self, reading: Reading) -> None:
        kind, data = reading.certificate_type, reading.certificate
        if not isinstance(data, bytes) or not data:
            reading.problem("no-certificate", "the signature has no Certificate of Signer (0400,0115)")
            return
        if kind != "X509_1993_SIG":
            reading.problem("certificate-type", f"the certificate is of an unknown type: {kind[:40] or 'none'}")
            return
        try:
            reading.signer = signer = Signer.of(data)
        except SignatureError as error:
            reading.problem("certificate", f"the Certificate of Signer (0400,0115) cannot be read: {error}")
            return
        reading.result.certificate = signer.certificate
        reading.result.key = signer.key
        if signer.weakness is not None:
            reading.problem("weak-key", signer.weakness)
        kind, _, size = signer.key.partition(" ")
        if kind == "DSA" and int(size) > LONGEST_DSA_KEY:
            reading.problem("key", f"the key is longer than any of its kind: {signer.key}")
            reading.signer = None

    def _is_intact(self, reading: Reading) -> bool:
        result = reading.result
        signature = reading.signature
        if not isinstance(signature, bytes) or not signature:
            reading.problem("no-signature", "the signature has no value (0400,0120)")
            return False
        if reading.parameters is None:
            return False
        algorithm = macs.MAC_ALGORITHMS.get(result.mac)
        if algorithm is None:
            reading.problem("mac-algorithm", f"the MAC Algorithm is not known: {result.mac[:40] or 'none'}")
            return False
        if result.mac in self.refused:
            reading.problem("mac-algorithm", f"the MAC algorithm {result.mac} is refused: it can be forged")
            return False
        parts = reading.parts()
        if parts is None or reading.signer is None:
            return False
        if not self._may_hash(parts):
            reading.problem("too-much", "all signatures together cover too much")
            return False
        try:
            digest = macs.digest(parts, result.mac)
            intact = verify_digest(reading.signer.public_key, result.mac, digest, signature)
        except (DicomError, OSError, ValueError) as error:
            reading.problem("mac", f"the MAC cannot be calculated: {error}")
            return False
        if not intact:
            reading.problem("changed", "what was signed has changed, or somebody else signed it")
        elif algorithm.status in ("weak", "broken"):
            reading.problem("weak-mac", f"the MAC algorithm {result.mac} is weak")
        return intact

    def _may_hash(self, parts: Iterable[Part]) -> bool:
        size = sum([part[2] if isinstance(part, tuple) else len(part) for part in parts])
        self.largest = max(self.largest, size)
        self.hashed += size
        return self.hashed <= max(MOST_HASHED, MOST_TIMES * self.largest)

    def _has_good_time(self, reading: Reading) -> bool:
        """Whether nothing is wrong with its certified time-stamp."""
        if self.timestamps == "ignore":
            return True
        kind, token = reading.timestamp_type, reading.timestamp
        if not isinstance(token, bytes) or not token:
            if kind or reading.item._has(TIMESTAMP):
                reading.problem("timestamp", "the certified time-stamp (0400,0310) is empty")
                return False
            if self.timestamps == "require":
                reading.problem("no-timestamp", "the signature has no certified time-stamp")
            return self.timestamps != "require"
        if kind not in TIMESTAMP_TYPES:
            reading.problem("timestamp-type", f"the certified time-stamp is of an unknown type: {kind[:40] or 'none'}")
            return False
        from dicomkit.security.timestamps.token_check import check_token

        found = check_token(token, reading.signature, self.trust)
        reading.result.timestamp = found
        reading.result.problems += found.problems
        return found.intact and (found.trusted or self.trust is None)

    def _check_trust(self, reading: Reading) -> None:
        result = reading.result
        signer, stamp, time = reading.signer, result.timestamp, result.time
        if signer is None or time is None:
            return
        if self.trust is None:
            reading.problem("no-trust", "no certificate was named as trusted")
            return
        if not signer.first <= time <= signer.last:
            reading.problem("time", "the certificate of the signer was not valid at the time that the signature states")
            return
        moment = time if self.at == "signature" else self.now
        if stamp is not None and stamp.time is not None:
            moment = stamp.time
        found = self.trust.check(signer.certificate, moment, purpose="signature")
        result.trusted = found.trusted
        result.problems += found.problems


def _anchor(results: list[tuple[Level, SignatureResult]]) -> None:
    """Find which signatures stand where their items belong: an outer signature comes before those inside."""
    valid: dict[int, list[SignatureResult]] = {}
    anchored: dict[int, bool] = {}
    for level, result in results:
        known = anchored.get(id(level))
        if known is None:
            known = not level.around or _is_covered(level, valid)
            anchored[id(level)] = known
        result.anchored = known
        if not known:
            text = "nothing valid around the item covers it: it may come from elsewhere"
            result.problems.append(SignatureProblem("not-anchored", text))
        if result.valid:
            valid.setdefault(id(level.item), []).append(result)


def _is_covered(level: Level, valid: dict[int, list[SignatureResult]]) -> bool:
    return any(tag in result.covered for item, tag in level.around for result in valid.get(id(item), ()))


def _no_signature(level: Level) -> SignatureProblem:
    """Why a Digital Signatures Sequence has no signatures."""
    where = f"{level.path}: " if level.path else ""
    if level.hidden:
        return SignatureProblem(
            "hidden-signature", f"{where}there is a signature in a sequence whose tag occurs more than once"
        )
    empty = isinstance(value_of(level.item, DIGITAL_SIGNATURES), Sequence)
    text = "the Digital Signatures Sequence has no item" if empty else "the Digital Signatures Sequence is no sequence"
    return SignatureProblem("no-signature", where + text)

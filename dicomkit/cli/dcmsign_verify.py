"""How dcmsign verifies signatures, and what it prints of them.

The library finds what is wrong; here it is said in the words of DCMTK's dcmsign, whose rules decide the exit code: a
certificate must be valid now, unless a certified time-stamp shows that it was when it signed; and a signature of an item
needs no other around it.
"""

from __future__ import annotations

import datetime as dt

from dicomkit.cli.dcmsign_failure import NO_ERROR, NO_SIGNATURES, POLICY_NOT_FULFILLED, VERIFICATION_FAILED
from dicomkit.cli.dcmsign_remove import ORIGINAL
from dicomkit.cli.dcmsign_text import certificate_lines, element_text, key_text, location_text, printable
from dicomkit.security.signatures.levels import levels, value_of
from dicomkit.security.signatures.verify import verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.security.problem import SignatureProblem
    from dicomkit.security.signatures.levels import Level
    from dicomkit.security.signatures.report import SignatureReport, SignatureResult
    from dicomkit.security.trust.store import TrustStore

__all__ = ["verify_signatures"]

DATA_ELEMENTS_SIGNED: Final = 0x04000020
TIME_OF_SIGNATURE: Final = 0x04000105
TIMESTAMP: Final = 0x04000310
VERIFICATION_FLAG: Final = 0x0040A493

FAILED: Final = "signature verification failed"
NOT_INTACT: Final = "signature is invalid (document corrupted)"

#: Code of a problem -> why verification failed.
REASONS: Final = {
    "no-certificate": "certificate is missing or unreadable",
    "certificate-type": "certificate is missing or unreadable",
    "certificate": "certificate is missing or unreadable",
    "no-mac-id": "MAC parameters not be found or incomplete",
    "mac-parameters": "MAC parameters not be found or incomplete",
    "no-elements": "DataElementsSigned missing or incorrect",
    "no-signature": "signature item incomplete",
    "no-uid": "signature item incomplete",
    "mac-algorithm": "MAC algorithm not supported",
    "not-signable": "signature contains attribute that is not signable",
    "changed": NOT_INTACT,
}

#: Policy -> what DCMTK calls it. Those of the SR profile depend on the report.
POLICIES: Final = {
    "creator": "Creator RSA Signature",
    "authorization": "Authorization RSA Signature",
    "sr": "SR RSA Signature",
}

#: What has lines or words of its own, or is no more than a remark.
TOLD: Final = frozenset({"changed", "weak-key", "not-anchored", "weak-mac"})

#: What a profile demands that DCMTK's dcmsign does not know of.
PURPOSE_MISSING: Final = "profile-purpose"


def verify_signatures(dataset: Dataset, options: Options, log: Log) -> int:
    """Verify all signatures of a data set, and print what was found. Returns the exit code."""
    from dicomkit.cli.dcmsign_trust import trust_store

    return _Verification(dataset, options, log, trust_store(options, log)).run()


class _Verification:
    """One verification: what it needs to know, and what it has counted."""

    def __init__(self, dataset: Dataset, options: Options, log: Log, trust: TrustStore) -> None:
        self.dataset = dataset
        self.log = log
        self.trust = trust
        self.policy: str = options.get("policy", "")
        self.timestamps: str = options.get("timestamps", "check")
        self.now = dt.datetime.now(dt.UTC)
        self.verbose = log.shows("info")
        self.fulfilled = self.policy not in POLICIES
        self.count = 0

    def label(self, text: str) -> str:
        """What stands before a finding."""
        return f"  {text:<28}: " if self.verbose else f"  {text} : "

    def run(self) -> int:
        report = verify(
            self.dataset,
            self.trust,
            timestamps="ignore" if self.timestamps == "ignore" else "check",
            refused_macs=(),
        )
        corrupt = 0
        for level, signature, result in self.found(report):
            self.count += 1
            self.print_details(level, signature, result)
            if not self.fulfilled:
                self.fulfilled = self.keeps_profile(level, result)
            corrupt += not self.is_good(signature, result)
        for problem in report.problems:
            self.log.warn(str(problem))
            corrupt += 1
        if self.count == 0 and self.policy:
            self.log.error("no signatures found although required by the signature verification policy.")
            return NO_SIGNATURES
        if self.count == 0:
            self.log.warn("no signatures found in dataset.")
        else:
            self.log.info(f"{self.count} signatures verified in dataset, {corrupt} corrupted.")
        if not self.fulfilled:
            name = POLICIES[self.policy]
            self.log.error(f"No signature in this dataset fulfills the required {name} signature policy")
            return POLICY_NOT_FULFILLED
        return VERIFICATION_FAILED if corrupt else NO_ERROR

    def found(self, report: SignatureReport) -> Iterator[tuple[Level, Dataset, SignatureResult]]:
        """Results with what they are of, in the order of the data set: an item's before those of what is around it."""
        results: dict[str, list[SignatureResult]] = {}
        for result in report:
            results.setdefault(result.path, []).append(result)
        for level in levels(self.dataset):
            if level.is_original:
                self.log.warn(ORIGINAL)
                continue
            for signature, result in zip(level.signatures(), results.get(level.path, ()), strict=False):
                yield level, signature, result

    # -- one signature

    def print_details(self, level: Level, signature: Dataset, result: SignatureResult) -> None:
        """Say what a signature states."""
        self.log.warn(f"Signature #{self.count} UID={printable(result.uid) or '(unknown)'}")
        if not self.verbose:
            return
        info = self.log.info
        info(f"  Location                    : {location_text(result.path)}")
        info(f"  MAC ID                      : {'(unknown)' if result.mac_id is None else result.mac_id}")
        info(f"  MAC algorithm               : {printable(result.mac) or '(unknown)'}")
        info(f"  MAC calculation xfer syntax : {_syntax_text(result.transfer_syntax) or '(unknown)'}")
        parameters = [] if result.mac_id is None else level.mac_parameters(result.mac_id)
        signed = value_of(parameters[0], DATA_ELEMENTS_SIGNED) if parameters else None
        if signed is None:
            info("  Data elements signed        : (unknown)")
        else:
            info("  Data elements signed        :")
            for tag in signed if isinstance(signed, tuple) else (signed,):
                info(f"      {element_text(tag) if isinstance(tag, int) else printable(str(tag))}")
        covered, outside = len(result.covered), result.outside
        info(f"  Elements covered            : {covered} of {covered + len(outside)}")
        info(f"  Elements outside            : {len(outside)}")
        for tag in outside:
            self.log.debug(f"      {element_text(tag)}")
        time = value_of(signature, TIME_OF_SIGNATURE)
        info(f"  Signature date/time         : {'(unknown)' if time is None else printable(str(time))}")
        purpose = "(not specified)"
        if result.purpose is not None:
            code, scheme, meaning = result.purpose
            purpose = printable(f"{meaning} ({code}, {scheme})")
        info(f"  Signature purpose           : {purpose}")
        info("  Certificate of signer       : ")
        for line in ("      none",) if result.certificate is None else certificate_lines(result.certificate):
            info(line)

    def keeps_profile(self, level: Level, result: SignatureResult) -> bool:
        """Whether it is one that the policy asks for."""
        from dicomkit.security.signatures.profiles import PROFILES
        from dicomkit.security.signatures.purpose import purpose_number

        name = f"{self.policy}_rsa"
        if self.policy == "sr" and value_of(self.dataset, VERIFICATION_FLAG) == "VERIFIED":
            name = "sr_rsa_verification"
        if result.path or not result.covered or result.certificate is None:
            return False
        number = None if result.purpose is None else purpose_number(*result.purpose[:2])
        kind = result.key.partition(" ")[0]
        problems = PROFILES[name].problems(level.item, result.covered, result.mac, kind, result.transfer_syntax, number)
        keeps = all(problem.code == PURPOSE_MISSING for problem in problems)
        for problem in problems:
            if keeps:
                self.log.warn(f"  {problem}")
            else:
                self.print_remark(problem)
        return keeps

    def is_good(self, signature: Dataset, result: SignatureResult) -> bool:
        """Say whether a signature is valid."""
        label = self.label("Signature Verification")
        certificate = result.certificate
        reason = "" if result.intact and certificate is not None else _reason(result)
        if not reason and certificate is not None:
            if result.time is None or result.time > certificate.not_valid_after_utc:
                reason = "certificate was expired at signature creation date"
            elif result.time < certificate.not_valid_before_utc:
                reason = "certificate was not yet valid at signature creation date"
        if reason or certificate is None:
            self.log.warn(f"{label}{FAILED}: {reason}")
            self.print_remarks(result)
            return False
        if any(problem.code == "weak-key" for problem in result.problems):
            self.log.warn(f"Certificate contains a weak key: {key_text(certificate.public_key())}")
        from dicomkit.cli.dcmsign_trust import EXPIRED, distrust_text, faults

        found = self.trust.check(certificate, self.now, purpose="signature")
        if found.trusted:
            self.log.warn(f"{label}OK")
        else:
            self.log.warn(f"{label}signature is OK but certificate verification failed: {distrust_text(found)}")
        self.print_remarks(result)
        expired = faults(found) == {EXPIRED}
        return (found.trusted or expired) and self.has_good_time(signature, result, expired=expired)

    def print_remarks(self, result: SignatureResult) -> None:
        """Say what else was noticed."""
        for problem in result.problems:
            if problem.code == "not-anchored":
                self.log.warn(f"{self.label('Signature Location')}{problem}")
            elif problem.code == "weak-mac":
                self.log.warn(f"  {problem}")
            elif problem.code not in TOLD and not problem.code.startswith("timestamp"):
                self.print_remark(problem)

    def print_remark(self, problem: SignatureProblem) -> None:
        """Say what speaks against a signature, or is worth knowing, where there are no lines for it."""
        self.log.info(f"  Remark                      : {printable(str(problem))}")

    # -- its time-stamp

    def has_good_time(self, signature: Dataset, result: SignatureResult, *, expired: bool) -> bool:
        """Say what the certified time-stamp is worth.

        Args:
            signature: item of the Digital Signatures Sequence.
            result: what was found of it.
            expired: whether the certificate has expired, so that only a time-stamp saves the signature.

        Returns:
            Whether the signature is valid, as far as its time is concerned.
        """
        token = value_of(signature, TIMESTAMP)
        if self.timestamps == "ignore":
            state = "present, but ignored according to timestamp policy" if token else "absent"
            self.log.info(f"  Certified timestamp         : {state}")
            return not expired
        label = self.label("Timestamp Verification")
        stamp = result.timestamp
        if stamp is None:
            if signature._has(TIMESTAMP):
                reasons = [problem for problem in result.problems if problem.code.startswith("timestamp")]
                self.log.warn(f"{label}timestamp signature verification failed: {'; '.join(map(str, reasons))}")
                return False
            return self.has_no_stamp() and not expired
        if self.verbose:
            from dicomkit.cli.dcmsign_timestamp import token_lines

            for line in token_lines(token if isinstance(token, bytes) else b""):
                self.log.info(line)
            if stamp.certificate is not None:
                self.log.info("  Timestamp signature certificate: ")
                for line in certificate_lines(stamp.certificate):
                    self.log.info(line)
        if not (stamp.intact and stamp.trusted and result.trusted):
            reason = "; ".join(map(str, stamp.problems))
            if stamp.intact and stamp.trusted:
                reason = "the certificate of the signer was not valid at the time of the timestamp"
            self.log.warn(f"{label}timestamp signature verification failed: {printable(reason)}")
            return False
        self.log.warn(f"{label}{'OK, extends validity period of expired signature.' if expired else 'OK'}")
        for problem in stamp.problems:
            self.print_remark(problem)
        return True

    def has_no_stamp(self) -> bool:
        """Say that there is no time-stamp. Returns whether that is allowed."""
        if self.timestamps != "require":
            self.log.info("  Certified timestamp         : absent")
            return True
        self.log.info("  Certified timestamp         : absent, but required by timestamp policy")
        self.log.warn("  Certified timestamp : absent, but required by timestamp policy")
        return False


def _reason(result: SignatureResult) -> str:
    """Why a signature is not intact."""
    for problem in result.problems:
        if problem.code == "mac-algorithm" and not result.mac:
            return REASONS["mac-parameters"]
        if problem.code in REASONS:
            return REASONS[problem.code]
    if not result.covered:
        return REASONS["no-elements"]
    others = [problem for problem in result.problems if problem.code not in TOLD]
    return printable(str(others[0])) if others else NOT_INTACT


def _syntax_text(uid: str) -> str:
    from dicomkit._ext.dump import transfer_syntax_name
    from dicomkit.standard.transfer_syntax import TransferSyntax

    if uid and TransferSyntax.find(uid) is not None:
        return f"={transfer_syntax_name(uid)}"
    return printable(uid)

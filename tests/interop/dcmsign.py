"""DCMTK's dcmsign: what it signs, and what it says of signatures."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dicomkit
from dicomkit import Dataset
from dicomkit.security.signatures.report import SignatureReport
from dicomkit.security.trust.store import TrustStore
from tests.dcmtk import dcmtk
from tests.security.pki import Identity, Pki
from tests.security.signed import examine

_SIGNATURE = re.compile(rb"^.: Signature #\d+ UID=", re.MULTILINE)
_VERDICT = re.compile(rb"(Signature|Timestamp) Verification *: (OK)?")


@dataclass
class Said:
    """What dcmsign said of a file.

    Attributes:
        code: its exit code.
        good: UIDs of the signatures that it finds valid, in their order.
        bad: of others.
        text: all of it.
    """

    code: int
    good: list[str]
    bad: list[str]
    text: str


class Dcmsign:
    """DCMTK's dcmsign, with a folder for its files."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        self.command = dcmtk("dcmsign")
        self.pki = pki
        self.folder = folder
        self._numbers = iter(range(1_000_000))

    def path(self, data: bytes | Dataset | None = None, **options: Any) -> Path:
        """A new path; of a file with these contents."""
        path = self.folder / f"{next(self._numbers)}.dcm"
        if isinstance(data, bytes):
            path.write_bytes(data)
        elif data is not None:
            data.save(path, **options)
        return path

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.command, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )

    def sign(self, source: Path, *options: str | Path, signer: Identity | None = None, item: str = "") -> Path:
        """The file with one more signature."""
        who = signer or self.pki.rsa
        command = ["+si" if item else "+s", who.key_pem, who.certificate_pem, *([item] if item else [])]
        target = self.path()
        done = self.run(*command, *options, source, target)
        assert done.returncode == 0, done.stdout
        return target

    def verify(self, path: Path, *options: str | Path) -> Said:
        done = self.run("--verify", *options, "+cf", self.pki.root.certificate_pem, path)
        good, bad = [], []
        for part in _SIGNATURE.split(done.stdout)[1:]:
            uid = part.splitlines()[0].decode("latin-1")
            # a time-stamp that is good makes up for a certificate that has expired
            verdicts = dict(_VERDICT.findall(part))
            (good if verdicts.get(b"Timestamp", verdicts.get(b"Signature")) else bad).append(uid)
        return Said(done.returncode, good, bad, done.stdout.decode("latin-1"))


def verified(path: Path, trust: TrustStore, **options: Any) -> SignatureReport:
    report = dicomkit.verify(dicomkit.read(path), trust, refused_macs=(), **options)
    examine(report)
    return report


def good(report: SignatureReport) -> set[str]:
    """The UIDs of what dcmsign calls valid: it does not ask where an item stands."""
    return {result.uid for result in report if result.intact and result.trusted}


def agreed(path: Path, dcmsign: Dcmsign, trust: TrustStore, count: int, **options: Any) -> SignatureReport:
    """The report of a file with so many signatures, all of which are valid for both."""
    said = dcmsign.verify(path)
    report = verified(path, trust, **options)
    assert said.code == 0, said.text
    assert len(said.good) == count
    assert good(report) == set(said.good), str(report)
    assert len(report) == count
    return report

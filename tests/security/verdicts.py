"""One question, asked of dicomkit and of `openssl verify`: is this certificate trusted?"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from dicomkit.security.trust.store import TrustResult, TrustStore
from tests.conftest import missing
from tests.security.pki import NOW, YEAR, Extension, Identity, Pki, RevocationList, ca_extensions

LONG: dict[str, Any] = {"first": NOW - 9 * YEAR, "last": NOW + 9 * YEAR}

_PURPOSES = {"signature": "smimesign", "timestamp": "timestampsign"}


@dataclass
class Question:
    """Whether `leaf` is trusted by who trusts `anchors`.

    Attributes:
        leaf: whose certificate it is about.
        anchors: who is trusted.
        untrusted: who else is known.
        crls: revocation lists; if there are any, each certificate needs one.
        require_crls: each certificate needs one anyway.
        at: the time.
        purpose: as of `TrustStore.check`.
        options: more options of `openssl verify`.
    """

    leaf: Identity
    anchors: Sequence[Identity]
    untrusted: Sequence[Identity] = ()
    crls: Sequence[RevocationList] = ()
    require_crls: bool = False
    at: dt.datetime = NOW
    purpose: str = "signature"
    options: Sequence[str] = field(default_factory=tuple)

    def ours(self) -> TrustResult:
        """What dicomkit says."""
        store = TrustStore(
            [identity.certificate for identity in self.anchors],
            intermediates=[identity.certificate for identity in self.untrusted],
            crls=[crl.crl for crl in self.crls],
            require_crls=self.require_crls or bool(self.crls),
        )
        return store.check(self.leaf.certificate, self.at, purpose=self.purpose)

    def openssl(self) -> tuple[bool, str]:
        """What OpenSSL says: whether it is trusted, and the reason if not."""
        command = shutil.which("openssl")
        if command is None:
            missing("openssl is not installed")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            leaf, anchors, untrusted, crls = (folder / part for part in ("leaf", "anchors", "untrusted", "crls"))
            leaf.write_bytes(_pem([self.leaf]))
            anchors.write_bytes(_pem(self.anchors))
            untrusted.write_bytes(_pem(self.untrusted))
            crls.write_bytes(b"".join(crl.crl.public_bytes(Encoding.PEM) for crl in self.crls))
            words = [command, "verify", "-no-CApath", "-no-CAstore", "-purpose", _PURPOSES[self.purpose], *self.options]
            words += ["-attime", str(int(self.at.timestamp()))]
            words += ["-CAfile", str(anchors)] if self.anchors else ["-no-CAfile"]
            words += ["-untrusted", str(untrusted)] if self.untrusted else []
            words += ["-CRLfile", str(crls)] if self.crls else []
            words += ["-crl_check_all"] if self.crls or self.require_crls else []
            done = subprocess.run([*words, str(leaf)], capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert ("OK" in done.stdout) == (done.returncode == 0), said
        assert done.returncode == 0 or "error" in said, said
        return done.returncode == 0, said


def _pem(identities: Sequence[Identity]) -> bytes:
    return b"".join(identity.certificate.public_bytes(Encoding.PEM) for identity in identities)


def chain(pki: Pki, *extensions: list[Extension] | None, leaf: list[Extension] | None = None) -> list[Identity]:
    """A root, CAs below it with these extensions (None: those of a CA), and a signer: the last first."""
    found = [pki.root]
    for number, own in enumerate(extensions):
        found.append(pki.issue(f"CA {number}", found[-1], extensions=ca_extensions() if own is None else own, **LONG))
    found.append(pki.issue("Signer", found[-1], extensions=leaf))
    return found[::-1]


def question(links: list[Identity], **options: Any) -> Question:
    return Question(links[0], [links[-1]], links[1:-1], **options)


def assert_both(question: Question, code: str = "", *, only_ours: bool = False, only_openssl: bool = False) -> None:
    """dicomkit and OpenSSL say the same.

    Args:
        question: what they are asked.
        code: of a problem that dicomkit finds; "": it trusts the certificate.
        only_ours: dicomkit is stricter on purpose: OpenSSL trusts the certificate.
        only_openssl: OpenSSL is stricter, and dicomkit is not on purpose.
    """
    result = question.ours()
    codes = [problem.code for problem in result.problems]
    trusted, said = question.openssl()
    assert result.trusted == (not code), result
    assert not code or code in codes, result
    assert trusted == (only_ours or (not code and not only_openssl)), (result, said)
    assert all(str(problem) and "\n" not in str(problem) for problem in result.problems)

"""Time-stamps in data sets: queries and tokens of DCMTK's dcmsign are read here, and ours there."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.security.timestamps.token_check import TimestampRequest, check_token, token_of_response
from dicomkit.security.trust.store import TrustStore
from tests.dcmtk import dcmtk
from tests.security.pki import Identity, Pki
from tests.security.stamping import DIGESTS, POLICY, Authority, query, scratch

#: MAC Algorithm -> option of dcmsign for the query
OPTIONS = {"SHA256": "+tm2", "SHA384": "+tm3", "SHA512": "+tm5", "RIPEMD160": "+tmr", "SHA1": "+tms", "MD5": "+tmm"}


def dcmsign(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([dcmtk("dcmsign"), *map(str, words)], capture_output=True, text=True)


def run(*words: str | Path) -> None:
    done = dcmsign(*words)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Signed:
    """A data set that dcmsign has signed, and the query that it made."""

    path: Path
    tsq: Path
    uid: Path

    @property
    def signature(self) -> bytes:
        return signature_of(self.path).Signature

    def stamped(self, response: bytes, tsq: Path | None = None) -> Path:
        """The data set with the token of a response, by dcmsign."""
        target = self.path.with_suffix(".stamped.dcm")
        run("+t", tsq or self.tsq, scratch(self.path.parent, response), self.uid, self.path, target)
        return target


def signature_of(path: Path) -> Dataset:
    return dicomkit.read(path).DigitalSignaturesSequence[0]


def signed(folder: Path, signer: Identity, source: Path, *words: str) -> Signed:
    found = Signed(folder / "signed.dcm", folder / "query.tsq", folder / "uid.dcm")
    key = ("+s", signer.key_pem, signer.certificate_pem)
    run(*key, "+m2", "+ts", found.tsq, found.uid, *words, source, found.path)
    return found


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("full", [True, False])
def test_queries_of_dcmsign(tmp_path: Path, pki: Pki, examples_dir: Path, name: str, full: bool) -> None:
    words = ("+tp", POLICY) if full else ("-tn", "-tc")
    made = signed(tmp_path, pki.rsa, examples_dir / "ct.dcm", OPTIONS[name], *words)
    request = TimestampRequest.decode(made.tsq.read_bytes())
    assert (request.hash, request.policy) == (name, POLICY if full else None)
    assert (request.nonce is not None, request.certificates) == (full, full)
    assert request.imprint == TimestampRequest.make(made.signature, hash=name).imprint
    assert request.encode() == made.tsq.read_bytes()


@pytest.mark.parametrize("kind", ["rsa", "dsa", "p256", "p384"])
def test_both_take_a_stamp(tmp_path: Path, pki: Pki, examples_dir: Path, kind: str) -> None:
    """Signatures of odd length among them: DSA and ECDSA have one in two of them."""
    signer: Identity = getattr(pki, kind)
    trust = TrustStore(pki.root.certificate)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = signed(folder, signer, examples_dir / "ct.dcm")
        # a query of dcmsign, a query of ours, a query of openssl: dcmsign knows the signature that they are for
        authority = Authority(folder, pki.tsa, ess_cert_id_alg="sha256" if number % 2 else "sha1")
        value = _without_padding(made.signature)
        ours = TimestampRequest.make(value, hash="SHA384").encode()
        for tsq in (made.tsq.read_bytes(), ours, query(value, "-sha512", "-cert", "-no_nonce")):
            response = authority.reply(tsq)
            path = made.stamped(response, scratch(folder, tsq))
            run("--verify", "+tr", "+cf", pki.root.certificate_pem, path)
            found = signature_of(path)
            assert found.CertifiedTimestampType == "CMS_TSP"
            token = token_of_response(response, TimestampRequest.decode(tsq))
            # DCMTK writes the token as it is in the response, and the byte that makes it even
            assert found.CertifiedTimestamp == token + b"\0" * (len(token) % 2)
            result = check_token(found.CertifiedTimestamp, found.Signature, trust)
            assert (result.intact, result.trusted, result.problems) == (True, True, ())


def _without_padding(signature: bytes) -> bytes:
    """A signature as it was before it became a value of even length: DER says how long it is; RSA's is even."""
    length = 2 + signature[1] if signature[0] == 0x30 and signature[1] < 0x80 else len(signature)
    return signature[:length] if len(signature) - length == 1 else signature


@pytest.mark.parametrize("name", ["SHA512", "RIPEMD160", "SHA1"])
def test_hashes_of_dcmsign(tmp_path: Path, pki: Pki, examples_dir: Path, name: str) -> None:
    made = signed(tmp_path, pki.p256, examples_dir / "ct.dcm", OPTIONS[name])
    path = made.stamped(Authority(tmp_path, pki.tsa).reply(made.tsq.read_bytes()))
    run("--verify", "+tr", "+cf", pki.root.certificate_pem, path)
    found = signature_of(path)
    result = check_token(found.CertifiedTimestamp, found.Signature, TrustStore(pki.root.certificate))
    assert (result.hash, result.intact, result.trusted) == (name, True, True)
    assert [problem.code for problem in result.problems] == (["timestamp-weak-hash"] if name == "SHA1" else [])


def test_ours_in_a_data_set(tmp_path: Path, pki: Pki, examples_dir: Path) -> None:
    """A token that we have taken out of a response, written by us: dcmsign takes it."""
    made = signed(tmp_path, pki.p256, examples_dir / "ct.dcm")
    request = TimestampRequest.make(_without_padding(made.signature), hash="SHA512", policy=POLICY)
    dataset = dicomkit.read(made.path)
    item = dataset.DigitalSignaturesSequence[0]
    item.CertifiedTimestampType = "CMS_TSP"
    item.CertifiedTimestamp = token_of_response(Authority(tmp_path, pki.tsa).reply(request.encode()), request)
    dataset.save(tmp_path / "ours.dcm")
    run("--verify", "+tr", "+cf", pki.root.certificate_pem, tmp_path / "ours.dcm")


def test_what_dcmsign_refuses_too(tmp_path: Path, pki: Pki, examples_dir: Path) -> None:
    """Changed, of another signature, by somebody who is not trusted."""
    made = signed(tmp_path, pki.p256, examples_dir / "ct.dcm")
    trust = TrustStore(pki.root.certificate)
    value = _without_padding(made.signature)
    good = Authority(tmp_path, pki.tsa).token(value)
    changes = {
        "good": good,
        "changed": good[:-1] + bytes([good[-1] ^ 1]),
        "of another": Authority(tmp_path, pki.tsa).token(b"another signature"),
        "of a stranger": Authority(tmp_path, pki.foreign_tsa).token(value),
        "garbage": b"garbage!",
    }
    for name, token in changes.items():
        dataset = dicomkit.read(made.path)
        item = dataset.DigitalSignaturesSequence[0]
        item.CertifiedTimestampType = "CMS_TSP"
        item.CertifiedTimestamp = token
        dataset.save(tmp_path / "changed.dcm")
        expected = name == "good"
        # without the option, dcmsign takes what it cannot read for no time-stamp
        code = dcmsign("--verify", "+tr", "+cf", pki.root.certificate_pem, tmp_path / "changed.dcm").returncode
        assert (code == 0) is expected, name
        found = signature_of(tmp_path / "changed.dcm")
        assert check_token(found.CertifiedTimestamp, found.Signature, trust).trusted is expected, name


def test_every_hash_has_its_option() -> None:
    assert OPTIONS.keys() == DIGESTS.keys()

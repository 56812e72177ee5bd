"""Time-stamps by `openssl ts`, as they are and damaged, forged and borrowed."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, x509  # type: ignore[import-untyped]  # asn1crypto has no types
from cryptography.x509 import DNSName, ReasonFlags, SubjectAlternativeName
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit.security.timestamps.token import TimestampToken
from dicomkit.security.timestamps.token_check import TimestampResult, check_token
from dicomkit.security.trust.store import TrustStore
from tests.security.pki import DAY, NOW, YEAR, Identity, Pki, tsa_extensions
from tests.security.stamping import (
    DIGESTS,
    POLICY,
    Authority,
    changed,
    info_of,
    query,
    signed_message,
    verified,
)

DATA = bytes(range(255)) + b"\1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tsa")


@pytest.fixture(scope="module")
def token(folder: Path, pki: Pki) -> bytes:
    return Authority(folder, pki.tsa).token(DATA)


@pytest.fixture(scope="module")
def ec_tsa(pki: Pki) -> Identity:
    return pki.issue("EC authority", pki.root, key="p256", extensions=tsa_extensions())


def codes(result: TimestampResult) -> list[str]:
    return [problem.code for problem in result.problems]


@pytest.mark.parametrize("ess", ["sha1", "sha256"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("name", ["SHA256", "SHA384", "SHA512", "RIPEMD160"])
def test_good_ones(folder: Path, pki: Pki, ec_tsa: Identity, trust: TrustStore, name: str, kind: str, ess: str) -> None:
    signer = pki.tsa if kind == "rsa" else ec_tsa
    authority = Authority(folder, signer, ess_cert_id_alg=ess, signer_digest="sha384", accuracy="secs:2", ordering="yes")
    for words in ((f"-{DIGESTS[name]}", "-cert"), (f"-{DIGESTS[name]}", "-no_nonce")):
        data = authority.reply(query(DATA, *words), "-token_out")
        assert verified(folder, data, DATA, pki.root, "-untrusted", str(signer.certificate_pem))
        known = trust if "-cert" in words else TrustStore(pki.root.certificate, intermediates=signer.certificate)
        result = check_token(data, DATA, known)
        assert (result.intact, result.trusted, result.problems) == (True, True, ())
        assert (result.hash, result.policy, result.ordering) == (name, POLICY, True)
        assert result.accuracy == dt.timedelta(seconds=2)
        assert (result.authority, result.certificate) == (f"CN={signer.name}", signer.certificate)
        assert result.time is not None
        assert result.time.utcoffset() == dt.timedelta(0)
        assert abs(result.time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=2)
        assert result.serial == TimestampToken.decode(data).serial


def test_weak_hashes(folder: Path, pki: Pki, trust: TrustStore) -> None:
    """openssl takes all of them."""
    for name, signer_digest, ess, expected in (
        ("sha1", "sha256", "sha1", ["timestamp-weak-hash"]),
        ("sha256", "sha1", "sha1", ["timestamp-weak-hash"]),
        ("md5", "sha256", "sha1", ["timestamp-hash"]),
        ("sha256", "md5", "sha1", ["timestamp-hash"]),
        ("sha224", "sha256", "sha1", ["timestamp-hash"]),
        ("sha256", "sha256", "md5", ["timestamp-certificate"]),
    ):
        authority = Authority(folder, pki.tsa, signer_digest=signer_digest, ess_cert_id_alg=ess, digests=name)
        data = authority.token(DATA, name)
        assert verified(folder, data, DATA, pki.root)
        result = check_token(data, DATA, trust)
        assert codes(result) == expected
        assert result.intact is result.trusted is (expected == ["timestamp-weak-hash"])


def test_a_weak_key(folder: Path, pki: Pki, trust: TrustStore) -> None:
    signer = pki.issue("Weak", pki.root, key="rsa1024", extensions=tsa_extensions())
    result = check_token(Authority(folder, signer).token(DATA), DATA, trust)
    assert (result.intact, codes(result)) == (True, ["timestamp-weak-key"])


def test_of_another_signature(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    for other in (b"", DATA[:-1], DATA + b"\1", DATA + b"\0\0", DATA[::-1]):
        assert not verified(folder, token, other, pki.root)
        result = check_token(token, other, trust)
        assert (result.intact, result.trusted, codes(result)) == (False, False, ["timestamp-other"])


def test_padding(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    """A value of odd length has a pad byte: that of the signature, and that of the stamp itself."""
    assert check_token(token + b"\0", DATA, trust).trusted
    odd = DATA[1:]
    data = Authority(folder, pki.tsa).token(odd)
    assert check_token(data, odd, trust).trusted
    assert check_token(data, odd + b"\0", trust).trusted
    assert not check_token(data, odd + b"\0\0", trust).intact
    # and if it is of the padded value
    data = Authority(folder, pki.tsa).token(odd + b"\0")
    assert check_token(data, odd + b"\0", trust).trusted
    assert not check_token(data, odd, trust).intact


def test_without_trust(token: bytes) -> None:
    result = check_token(token, DATA, None)
    assert (result.intact, result.trusted, result.problems) == (True, False, ())


def test_whom_nobody_trusts(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    foreign = Authority(folder, pki.foreign_tsa, chain=[pki.stranger]).token(DATA)
    assert not verified(folder, foreign, DATA, pki.root)
    result = check_token(foreign, DATA, trust)
    assert (result.intact, result.trusted) == (True, False)
    assert result.problems
    assert check_token(foreign, DATA, TrustStore(pki.stranger.certificate)).trusted
    assert not check_token(token, DATA, TrustStore(pki.stranger.certificate)).trusted


def test_who_is_no_authority(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    """RFC 3161 2.3: the certificate is for time-stamps and nothing else, and that is critical."""
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

    for name, extensions in (
        ("Not for it", None),
        ("Not critical", tsa_extensions(critical=False)),
        ("For more", tsa_extensions([Usage.TIME_STAMPING, Usage.CODE_SIGNING])),
        ("For all", tsa_extensions([Usage.ANY_EXTENDED_KEY_USAGE])),
    ):
        signer = pki.issue(name, pki.root, key=pki.tsa.key, extensions=extensions)
        data = signed_message(folder, info_of(token), [signer], "-cades")
        assert not verified(folder, data, DATA, pki.root), name
        result = check_token(data, DATA, trust)
        assert (result.intact, result.trusted) == (True, False), name


def test_the_root_as_extra_makes_no_trust(folder: Path, pki: Pki, trust: TrustStore) -> None:
    """All that a token brings with it is of strangers."""
    lone = pki.issue("Lone authority", key=pki.tsa.key, extensions=tsa_extensions())
    data = Authority(folder, lone, chain=[pki.root]).token(DATA)
    assert not check_token(data, DATA, trust).trusted
    assert check_token(data, DATA, TrustStore(lone.certificate)).trusted


def test_a_chain(folder: Path, pki: Pki, trust: TrustStore) -> None:
    signer = pki.issue("Department authority", pki.intermediate, extensions=tsa_extensions())
    for options in ({}, {"ess_cert_id_chain": "yes"}, {"ess_cert_id_chain": "yes", "ess_cert_id_alg": "sha256"}):
        data = Authority(folder, signer, chain=[pki.intermediate], **options).token(DATA)
        assert verified(folder, data, DATA, pki.root)
        assert check_token(data, DATA, trust).trusted
        assert check_token(data, DATA, TrustStore(signer.certificate)).trusted
    alone = Authority(folder, signer).token(DATA)
    assert not check_token(alone, DATA, trust).trusted
    assert check_token(alone, DATA, TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate)).trusted


def test_another_chain_than_it_names(folder: Path, pki: Pki, trust: TrustStore) -> None:
    data = Authority(folder, pki.tsa, chain=[pki.stranger], ess_cert_id_chain="yes").token(DATA)
    assert not verified(folder, data, DATA, pki.root)
    result = check_token(data, DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (True, False, ["timestamp-chain"])


def at(time: dt.datetime) -> bytes:
    return f"{time:%Y%m%d%H%M%SZ}".encode()


def test_when_the_certificate_was_valid(pki: Pki, token: bytes) -> None:
    signer = pki.issue(
        "Old", pki.root, key=pki.tsa.key, extensions=tsa_extensions(), first=NOW - 3 * YEAR, last=NOW - 30 * DAY
    )

    def made(time: dt.datetime) -> bytes:
        return _by(signer, token, time=at(time))

    trust = TrustStore(pki.root.certificate)
    for time, good in ((NOW - 4 * YEAR, False), (NOW - 2 * YEAR, True), (NOW - 31 * DAY, True), (NOW - DAY, False)):
        result = check_token(made(time), DATA, trust)
        assert (result.intact, result.trusted, result.time) == (True, good, time)
    result = check_token(made(NOW - 2 * YEAR), DATA, trust, at=NOW)
    assert (result.intact, result.trusted, codes(result)) == (True, False, ["certificate-expired"])
    with pytest.raises(ValueError, match="must be aware"):
        check_token(token, DATA, trust, at=dt.datetime(2026, 1, 1))


def _by(signer: Identity, token: bytes, **changes: Any) -> bytes:
    """A token that another authority has signed."""
    import hashlib

    def attributes(kept: list[Any]) -> None:
        kept[:] = [one for one in kept if one["type"].native != "signing_certificate"]
        value = {"certs": [{"cert_hash": hashlib.sha1(signer.der).digest()}]}
        kept.append(cms.CMSAttribute({"type": "signing_certificate", "values": [value]}))

    def data(signed: Any) -> None:
        certificate = x509.Certificate.load(signer.der)
        signed["certificates"] = [certificate]
        who = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        signed["signer_infos"][0]["sid"] = cms.SignerIdentifier("issuer_and_serial_number", who)

    return changed(token, signer, attributes=attributes, data=data, **changes)


def test_revoked_before_and_after(pki: Pki, token: bytes) -> None:
    """RFC 3161 4: what an authority stamped before its certificate was revoked, because there is a new one, stays good."""
    from cryptography.x509 import CRLReason

    for revoked, good in ((NOW - 10 * DAY, True), (NOW - 30 * DAY, False)):
        reason = [(CRLReason(ReasonFlags.superseded), False)]
        crl = pki.revocation_list("tsa", pki.root, [(pki.tsa.serial, revoked)], entry_extensions=reason)
        trust = TrustStore(pki.root.certificate, crls=crl.crl)
        result = check_token(changed(token, pki.tsa, time=at(NOW - 20 * DAY)), DATA, trust)
        assert (result.intact, result.trusted) == (True, good)
        assert ("certificate-revoked" in codes(result)) is not good


@pytest.mark.parametrize(
    "reason", [None, ReasonFlags.key_compromise, ReasonFlags.ca_compromise, ReasonFlags.privilege_withdrawn]
)
def test_revoked_since_its_key_may_be_known(pki: Pki, token: bytes, reason: ReasonFlags | None) -> None:
    """RFC 3161 4: who has the key can make tokens of any time: none is good any more, also where no reason is given."""
    from cryptography.x509 import CRLReason

    entry = [] if reason is None else [(CRLReason(reason), False)]
    crl = pki.revocation_list("tsa", pki.root, [(pki.tsa.serial, NOW - 10 * DAY)], entry_extensions=entry)
    result = check_token(
        changed(token, pki.tsa, time=at(NOW - 20 * DAY)), DATA, TrustStore(pki.root.certificate, crls=crl.crl)
    )
    assert (result.intact, result.trusted) == (True, False)
    assert "certificate-revoked" in codes(result)


def test_a_time_that_is_not_yet(pki: Pki, token: bytes, trust: TrustStore) -> None:
    result = check_token(changed(token, pki.tsa, time=at(NOW + DAY)), DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (True, False, ["timestamp-future"])


def setting(name: str, value: object) -> Callable[[Any], object]:
    return lambda structure: structure.__setitem__(name, value)


def test_the_name_of_the_authority(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    """RFC 3161 2.4.2: it must be one of those in the certificate."""
    named = Authority(folder, pki.tsa, tsa_name="yes").token(DATA)
    assert TimestampToken.decode(named).authority is not None
    assert check_token(named, DATA, trust).trusted
    wrong = x509.GeneralName("directory_name", x509.Name.build({"common_name": "Somebody"}))
    for name in (wrong, x509.GeneralName("dns_name", x509.DNSName("tsa.example"))):
        data = changed(token, pki.tsa, info=setting("tsa", name))
        assert not verified(folder, data, DATA, pki.root)
        result = check_token(data, DATA, trust)
        assert (result.intact, result.trusted, codes(result)) == (True, False, ["timestamp-authority"])
    extensions = [*tsa_extensions(), (SubjectAlternativeName([DNSName("tsa.example")]), False)]
    signer = pki.issue("Named authority", pki.root, key=pki.tsa.key, extensions=extensions)
    name = x509.GeneralName("dns_name", x509.DNSName("tsa.example"))
    assert check_token(_by(signer, token, info=setting("tsa", name)), DATA, trust).trusted


def test_extensions(pki: Pki, token: bytes, trust: TrustStore) -> None:
    for critical in (False, True):
        extension = {"extn_id": "1.2.3.4", "critical": critical, "extn_value": b"x"}
        result = check_token(changed(token, pki.tsa, info=setting("extensions", [extension])), DATA, trust)
        assert (result.intact, result.trusted) == (True, not critical)
        assert codes(result) == (["timestamp-extension"] if critical else [])


def test_an_attacker_with_a_certificate(folder: Path, pki: Pki, ec_tsa: Identity, token: bytes, trust: TrustStore) -> None:
    """The certificate of an authority of the attacker, or of a true one that did not sign."""

    def with_certificate(identity: Identity) -> Callable[[Any], object]:
        return setting("certificates", [x509.Certificate.load(identity.der)])

    result = check_token(_by(pki.foreign_tsa, token), DATA, trust)
    assert (result.intact, result.trusted) == (True, False)
    # signed by the attacker, with the certificate of the authority
    result = check_token(changed(token, ec_tsa), DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (False, False, ["timestamp-changed"])
    # the certificate of the attacker with the names of the authority
    false_root = pki.issue("False root", subject=pki.root.certificate.subject)
    false = pki.issue("False", false_root, subject=pki.tsa.certificate.subject, key=pki.rsa.key, extensions=tsa_extensions())
    false = pki.changed(false, setting("serial_number", pki.tsa.serial))
    result = check_token(changed(token, false, data=with_certificate(false)), DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (False, False, ["timestamp-certificate"])
    result = check_token(_by(false, token), DATA, trust)
    assert (result.intact, result.trusted) == (True, False)
    # the certificate of another authority
    result = check_token(changed(token, pki.tsa, data=with_certificate(ec_tsa)), DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (False, False, ["timestamp-no-certificate"])
    result = check_token(changed(token, pki.tsa, data=setting("certificates", [])), DATA, trust)
    assert (result.intact, result.trusted, codes(result)) == (False, False, ["timestamp-no-certificate"])


def test_parts_of_another_token(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    """What is signed in one is of no use in another."""
    other = cms.ContentInfo.load(Authority(folder, pki.tsa).token(b"something else"))["content"]

    def mixed(change: Callable[[Any], object]) -> TimestampResult:
        message = cms.ContentInfo.load(token)
        change(message["content"])
        return check_token(message.dump(), DATA, trust)

    def signer(name: str) -> Callable[[Any], object]:
        return lambda signed: signed["signer_infos"][0].__setitem__(name, other["signer_infos"][0][name])

    for change in (
        setting("signer_infos", other["signer_infos"]),
        setting("encap_content_info", other["encap_content_info"]),
        signer("signed_attrs"),
        signer("signature"),
    ):
        result = mixed(change)
        assert (result.intact, result.trusted) == (False, False)
    # what is not signed cannot make it another one
    same = mixed(lambda signed: signed["signer_infos"][0].__setitem__("unsigned_attrs", []))
    assert (same.intact, same.trusted) == (True, True)


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_every_byte_counts(folder: Path, pki: Pki, ec_tsa: Identity, kind: str) -> None:
    """One bit of each byte: what is signed cannot change, and what is not cannot make it say something else."""
    signer = pki.tsa if kind == "rsa" else ec_tsa
    trust = TrustStore(pki.root.certificate)
    data = Authority(folder, signer, ess_cert_id_alg="sha256").token(DATA)
    before, read = check_token(data, DATA, trust), TimestampToken.decode(data)
    assert before.trusted
    signed = {
        place
        for part in (read.content, read.signature.attributes[1:], read.signature.value, signer.der)
        for start in [data.index(part)]
        for place in range(start, start + len(part))
    }
    survived = []
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        result = check_token(bytes(damaged), DATA, trust)
        if result.intact:
            assert place not in signed
            assert result == before
            survived.append(place)
        else:
            assert not result.trusted
            assert result.problems
    # NULL as a parameter, and the like
    assert len(survived) < 10


def test_every_bit_of_what_is_signed(folder: Path, pki: Pki, ec_tsa: Identity) -> None:
    """The token alone, without certificates."""
    trust = TrustStore(pki.root.certificate, intermediates=ec_tsa.certificate)
    data = Authority(folder, ec_tsa).reply(query(DATA, "-no_nonce"), "-token_out")
    before, read = check_token(data, DATA, trust), TimestampToken.decode(data)
    assert before.trusted
    for part in (read.content, read.signature.attributes[1:], read.signature.value):
        start = data.index(part)
        for place, bit in itertools.product(range(start, start + len(part)), range(8)):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            assert not check_token(bytes(damaged), DATA, trust).intact


def test_openssl_agrees_on_damage(folder: Path, pki: Pki, token: bytes, trust: TrustStore) -> None:
    """What we take, openssl takes."""
    for place in range(0, len(token), 7):
        damaged = bytearray(token)
        damaged[place] ^= 0x10
        if check_token(bytes(damaged), DATA, trust).trusted:
            assert verified(folder, bytes(damaged), DATA, pki.root)


@settings(max_examples=300)
@given(st.data())
def test_mutations(example: dict[str, Any], data: st.DataObject) -> None:
    whole, trust, before = example["token"], example["trust"], example["result"]
    mutated = whole
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(mutated)))
        stop = data.draw(st.integers(start, min(len(mutated), start + 16)))
        mutated = mutated[:start] + data.draw(st.binary(max_size=16)) + mutated[stop:]
    result = check_token(mutated, DATA, trust)
    if result.trusted:
        assert result == before


@pytest.fixture(scope="module")
def example(token: bytes, trust: TrustStore) -> dict[str, Any]:
    return {"token": token, "trust": trust, "result": check_token(token, DATA, trust)}


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\x30", b"\x30\x80\0\0", b"MIIC", 2**20 * b"\x30", 2**20 * b"\x30\x80", 2**20 * b"\0"],
    ids=range(8),
)
def test_garbage(data: bytes, trust: TrustStore) -> None:
    result = check_token(data, DATA, trust)
    assert (result.intact, result.trusted, result.time, result.authority) == (False, False, None, None)
    assert codes(result) == ["timestamp-unreadable"]


def test_problems_can_be_sent(token: bytes) -> None:
    result = check_token(token[:-1], DATA, None)
    assert pickle.loads(pickle.dumps(result)) == result

"""Revocation lists: the same verdict as `openssl verify -crl_check_all`; and what OpenSSL cannot say of the past."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from cryptography import x509

from dicomkit.security.trust.store import TrustStore
from tests.security.pki import (
    DAY,
    NOW,
    Extension,
    Pki,
    RevocationList,
    ca_extensions,
    new_key,
    signer_extensions,
    tsa_extensions,
)
from tests.security.verdicts import LONG, Question, assert_both

UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0")


def codes(asked: Question) -> list[str]:
    return [problem.code for problem in asked.ours().problems]


def lists(pki: Pki, *others: RevocationList) -> list[RevocationList]:
    """A list of the root, and others."""
    return [pki.root_crl, *others]


def test_revoked(pki: Pki) -> None:
    every = [pki.root_crl, pki.intermediate_crl]
    known = [pki.intermediate]
    assert_both(Question(pki.rsa, [pki.root], known, every))
    assert_both(Question(pki.revoked, [pki.root], known, every), "certificate-revoked")
    assert_both(Question(pki.department, [pki.root], known, every))
    assert_both(Question(pki.department_revoked, [pki.root], known, every), "certificate-revoked")
    assert_both(Question(pki.revoked, [pki.root], known))  # nobody says so
    result = Question(pki.revoked, [pki.root], known, every).ours()
    day = f"{NOW - 30 * DAY:%Y-%m-%d %H:%M:%S} UTC"
    assert [str(problem) for problem in result.problems] == [f"the certificate of CN=Revoked signer was revoked at {day}"]


def test_revoked_authority(pki: Pki) -> None:
    ca = pki.issue("CA", pki.root, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", ca)
    of_root = pki.revocation_list("a", pki.root, [(ca.serial, NOW - DAY)])
    of_ca = pki.revocation_list("b", ca)
    asked = Question(signer, [pki.root], [ca], [of_root, of_ca])
    assert_both(asked, "certificate-revoked")
    assert "CN=CA was revoked" in str(asked.ours().problems[0])


def test_revoked_time_stamp_authority(pki: Pki) -> None:
    tsa = pki.issue("TSA", pki.root, extensions=tsa_extensions())
    for serial, code in ((tsa.serial + 1, ""), (tsa.serial, "certificate-revoked")):
        crl = pki.revocation_list("a", pki.root, [(serial, NOW - DAY)])
        assert_both(Question(tsa, [pki.root], crls=[crl], purpose="timestamp"), code)


def test_missing(pki: Pki) -> None:
    """One is needed from each authority of the path, once lists are asked for."""
    assert_both(Question(pki.rsa, [pki.root], require_crls=True), "crl-missing")
    known = [pki.intermediate]
    assert_both(Question(pki.department, [pki.root], known, [pki.root_crl]), "crl-missing")
    assert_both(Question(pki.department, [pki.root], known, [pki.intermediate_crl]), "crl-missing")
    assert_both(Question(pki.self_signed, [pki.self_signed], require_crls=True), "crl-missing")
    of_stranger = pki.revocation_list("stranger", pki.stranger)
    assert_both(Question(pki.rsa, [pki.root], crls=[of_stranger]), "crl-missing")


def test_signer_only(pki: Pki) -> None:
    """As DCMTK: a list from the issuer of the signer is enough, but what other lists say counts."""
    ca = pki.issue("CA", pki.root, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", ca).certificate
    of_ca, revoking = pki.revocation_list("a", ca), pki.revocation_list("b", pki.root, [(ca.serial, NOW - DAY)])
    for crls, code in (
        ([of_ca], ""),
        ([pki.root_crl], "crl-missing"),
        ([of_ca, revoking], "certificate-revoked"),
        ([], "crl-missing"),
    ):
        store = TrustStore(
            pki.root.certificate,
            intermediates=ca.certificate,
            crls=[crl.crl for crl in crls],
            require_crls="signer",
        )
        found = store.check(signer, NOW, purpose="signature").problems
        assert [problem.code for problem in found] == ([code] if code else [])


def test_not_required(pki: Pki) -> None:
    """Without `require_crls`, lists only count for those whom they are about."""
    store = TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate, crls=pki.root_crl.crl)
    assert store.check(pki.department.certificate, NOW, purpose="signature").trusted
    assert not store.check(pki.revoked.certificate, NOW, purpose="signature").trusted


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (NOW - DAY, NOW + DAY, ""),
        (NOW - DAY, NOW, ""),
        (NOW - DAY, None, ""),
        (NOW, NOW + DAY, ""),
        (NOW - 2 * DAY, NOW - DAY, "crl-expired"),
        (NOW - 2 * DAY, NOW - dt.timedelta(seconds=1), "crl-expired"),
        (NOW + DAY, NOW + 2 * DAY, "crl-not-yet-valid"),
    ],
)
def test_time(pki: Pki, first: dt.datetime, last: dt.datetime | None, code: str) -> None:
    crl = pki.revocation_list("a", pki.root, first=first, last=last)
    # the last second of a list counts here, as that of a certificate
    assert_both(Question(pki.rsa, [pki.root], crls=[crl]), code, only_openssl=last == NOW)
    store = TrustStore(pki.root.certificate, crls=crl.crl)
    result = store.check(pki.rsa.certificate, NOW, purpose="signature")
    assert result.trusted
    assert [problem.code for problem in result.problems] == (["crl-out-of-date"] if code == "crl-expired" else [])


def test_revoked_in_an_old_list(pki: Pki) -> None:
    """A revocation is for ever, also if lists are not required."""
    entries = [(pki.rsa.serial, NOW - 9 * DAY)]
    crl = pki.revocation_list("a", pki.root, entries, first=NOW - 8 * DAY, last=NOW - 7 * DAY)
    assert_both(Question(pki.rsa, [pki.root], crls=[crl]), "certificate-revoked")
    store = TrustStore(pki.root.certificate, crls=crl.crl)
    result = store.check(pki.rsa.certificate, NOW, purpose="signature")
    assert not result.trusted


def test_several(pki: Pki) -> None:
    """The newest that tells of the time counts."""
    hold = [(x509.CRLReason(x509.ReasonFlags.certificate_hold), False)]
    held = pki.revocation_list(
        "a", pki.root, [(pki.rsa.serial, NOW - 3 * DAY)], first=NOW - 2 * DAY, last=NOW + DAY, entry_extensions=hold
    )
    released = pki.revocation_list("b", pki.root, first=NOW - DAY, last=NOW + DAY)
    old = pki.revocation_list("c", pki.root, first=NOW - 9 * DAY, last=NOW - 8 * DAY)
    future = pki.revocation_list("d", pki.root, [(pki.rsa.serial, NOW + DAY)], first=NOW + DAY, last=NOW + 3 * DAY)
    for crls, code in (
        ([held], "certificate-revoked"),
        ([held, released], ""),
        ([released, held], ""),
        ([old, held], "certificate-revoked"),
        ([old, released, future], ""),
        ([future, held, old], "certificate-revoked"),
        ([old], "crl-expired"),
    ):
        assert_both(Question(pki.rsa, [pki.root], crls=crls), code)
    assert "for now" in str(Question(pki.rsa, [pki.root], crls=[held]).ours().problems[0])


def test_signature(pki: Pki) -> None:
    """By another key, damaged, by MD5 (stricter than OpenSSL); SHA-1 is a note."""
    forged = pki.revocation_list("a", pki.root, key=pki.stranger.key)
    assert_both(Question(pki.rsa, [pki.root], crls=[forged]), "crl-unusable")
    assert_both(Question(pki.rsa, [pki.root], crls=[forged, pki.root_crl]), only_openssl=True)  # it takes the first
    md5 = pki.revocation_list("b", pki.root, digest="md5")
    assert_both(Question(pki.rsa, [pki.root], crls=[md5]), "crl-unusable", only_ours=True)
    for issuer, leaf in ((pki.root, pki.rsa), (pki.intermediate, pki.department)):
        sha1 = pki.revocation_list("c", issuer, [(1, NOW - DAY)], digest="sha1")
        crls = [sha1] if issuer is pki.root else [sha1, pki.root_crl]
        asked = Question(leaf, [pki.root], [pki.intermediate], crls)
        assert_both(asked)
        assert codes(asked) == ["crl-sha1"]


def test_forged_list_revokes_nobody(pki: Pki) -> None:
    forged = pki.revocation_list("a", pki.root, [(pki.rsa.serial, NOW - DAY)], key=pki.stranger.key)
    store = TrustStore(pki.root.certificate, crls=forged.crl)
    assert store.check(pki.rsa.certificate, NOW, purpose="signature").trusted


@pytest.mark.parametrize(
    ("usage", "code"),
    [(("key_cert_sign", "crl_sign"), ""), ((), ""), (("key_cert_sign",), "crl-unusable")],
)
def test_usage_of_issuer(pki: Pki, usage: tuple[str, ...], code: str) -> None:
    ca = pki.issue("CA", pki.root, extensions=ca_extensions(usage=usage), **LONG)
    signer = pki.issue("Signer", ca)
    assert_both(Question(signer, [pki.root], [ca], lists(pki, pki.revocation_list("a", ca))), code)


def scope(**parts: Any) -> list[Extension]:
    """Issuing Distribution Point (RFC 5280 5.2.5)."""
    names = (
        "full_name", "relative_name", "only_contains_user_certs", "only_contains_ca_certs", "only_some_reasons",
        "indirect_crl", "only_contains_attribute_certs",
    )  # fmt: skip
    nothing = {name: None if "name" in name or "reasons" in name else False for name in names}
    return [(x509.IssuingDistributionPoint(**{**nothing, **parts}), True)]


HERE = [x509.UniformResourceIdentifier("http://ca.example/1.crl")]
THERE = [x509.UniformResourceIdentifier("http://ca.example/2.crl")]


@pytest.mark.parametrize(
    ("extensions", "code", "only_ours"),
    [
        ([], "", False),
        ([(x509.CRLNumber(7), False)], "", False),
        ([(UNKNOWN, False)], "", False),
        ([(UNKNOWN, True)], "crl-unusable", False),
        # RFC 5280 5.2.4: only changes. OpenSSL takes it for a complete one, unless it is told of deltas.
        ([(x509.DeltaCRLIndicator(1), True)], "crl-unusable", True),
        (scope(only_contains_user_certs=True), "", False),
        (scope(only_contains_ca_certs=True), "crl-unusable", False),
        (scope(only_contains_attribute_certs=True), "crl-unusable", False),
        (scope(indirect_crl=True), "crl-unusable", False),
        (scope(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise])), "crl-unusable", False),
        (scope(full_name=HERE), "", False),
        (scope(full_name=[*THERE, *HERE]), "", False),
        (scope(full_name=THERE), "crl-unusable", False),
        (scope(full_name=HERE, only_contains_user_certs=True), "", False),
    ],
)
def test_scope(pki: Pki, extensions: list[Extension], code: str, only_ours: bool) -> None:
    point = x509.DistributionPoint(HERE, None, None, None)
    signer = pki.issue(
        "Signer", pki.intermediate, extensions=[*signer_extensions(), (x509.CRLDistributionPoints([point]), False)]
    )
    crl = pki.revocation_list("a", pki.intermediate, extensions=extensions)
    asked = Question(signer, [pki.root], [pki.intermediate], lists(pki, crl))
    assert_both(asked, code, only_ours=only_ours)


def test_scope_of_authorities(pki: Pki) -> None:
    crls = [pki.intermediate_crl, pki.revocation_list("a", pki.root, extensions=scope(only_contains_user_certs=True))]
    asked = Question(pki.department, [pki.root], [pki.intermediate], crls)
    assert_both(asked, "crl-unusable")
    crls[1] = pki.revocation_list("b", pki.root, extensions=scope(only_contains_ca_certs=True))
    assert_both(asked)


def test_no_points(pki: Pki) -> None:
    """A certificate that does not say where its list is, and one that is for a certain place."""
    crl = pki.revocation_list("a", pki.root, extensions=scope(full_name=HERE))
    assert_both(Question(pki.rsa, [pki.root], crls=[crl]), "crl-unusable")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (x509.ReasonFlags.unspecified, "certificate-revoked"),
        (x509.ReasonFlags.key_compromise, "certificate-revoked"),
        (x509.ReasonFlags.certificate_hold, "certificate-revoked"),
        (x509.ReasonFlags.superseded, "certificate-revoked"),
        (x509.ReasonFlags.remove_from_crl, ""),
    ],
)
def test_reasons(pki: Pki, reason: x509.ReasonFlags, code: str) -> None:
    entries = [(pki.rsa.serial, NOW - DAY)]
    crl = pki.revocation_list("a", pki.root, entries, entry_extensions=[(x509.CRLReason(reason), False)])
    assert_both(Question(pki.rsa, [pki.root], crls=[crl]), code)


def test_unknown_entry_extension(pki: Pki) -> None:
    """RFC 5280 5.3: who does not know it still knows that the certificate is revoked. OpenSSL does not use such a list."""
    entries = [(pki.rsa.serial, NOW - DAY)]
    crl = pki.revocation_list("a", pki.root, entries, entry_extensions=[(UNKNOWN, True)])
    assert_both(Question(pki.rsa, [pki.root], crls=[crl]), "certificate-revoked")


def test_renewed_key(pki: Pki) -> None:
    """A CA has a new key, certified by its old one, which still signs the lists. OpenSSL wants to be told by which key."""
    old = pki.issue("CA", **LONG)
    new = pki.issue("CA", old, key=new_key("p256"), extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", new)
    by_old: list[Extension] = [(x509.AuthorityKeyIdentifier.from_issuer_public_key(old.key.public_key()), False)]
    assert_both(Question(signer, [old], [new], [pki.revocation_list("a", old, extensions=by_old)]))
    assert_both(Question(signer, [old], [new], [pki.revocation_list("a", old)]), only_openssl=True)
    revoked = pki.revocation_list("b", old, [(signer.serial, NOW - DAY)], extensions=by_old)
    assert_both(Question(signer, [old], [new], [revoked]), "certificate-revoked")


def test_revoked_root(pki: Pki) -> None:
    root = pki.issue("Root", **LONG)
    crl = pki.revocation_list("a", root, [(root.serial, NOW - DAY)])
    assert_both(Question(pki.issue("Signer", root), [root], crls=[crl]), "certificate-revoked")


def test_anchor_that_is_no_root(pki: Pki) -> None:
    """It needs no list itself, but if there is one, that counts. A signer that is trusted for itself needs one."""
    store = TrustStore(pki.intermediate.certificate, crls=pki.intermediate_crl.crl, require_crls=True)
    assert store.check(pki.department.certificate, NOW, purpose="signature").trusted
    assert not store.check(pki.department_revoked.certificate, NOW, purpose="signature").trusted
    alone = TrustStore(pki.revoked.certificate, require_crls=True)
    assert [problem.code for problem in alone.check(pki.revoked.certificate, NOW, purpose="signature").problems] == [
        "crl-missing"
    ]
    told = TrustStore(pki.revoked.certificate, intermediates=pki.root.certificate, crls=pki.root_crl.crl)
    found = told.check(pki.revoked.certificate, NOW, purpose="signature").problems
    assert [problem.code for problem in found] == ["certificate-revoked"]


# --- the past: what a certified time is for. OpenSSL knows only one time, and takes a revocation for one since ever.


def test_revoked_later(pki: Pki) -> None:
    """Good until it was revoked."""
    for days, code in ((31, ""), (30, "certificate-revoked"), (29, "certificate-revoked")):
        asked = Question(pki.revoked, [pki.root], crls=[pki.root_crl], at=NOW - days * DAY)
        assert codes(asked) == ([code] if code else [])
        assert asked.ours().trusted == (not code)


def test_invalidity_date(pki: Pki) -> None:
    """A key that was stolen before that was known is not good from then on (RFC 5280 5.3.2)."""
    stolen = x509.InvalidityDate((NOW - 9 * DAY).replace(tzinfo=None))
    crl = pki.revocation_list("a", pki.root, [(pki.rsa.serial, NOW - DAY)], entry_extensions=[(stolen, False)])
    for days, trusted in ((10, True), (9, False), (5, False), (0, False)):
        assert Question(pki.rsa, [pki.root], crls=[crl], at=NOW - days * DAY).ours().trusted == trusted


def test_expired_before_the_list(pki: Pki) -> None:
    """A list need not know certificates that had expired when it was made, unless it says that it does (X.509 9.5.2.8)."""
    asked = Question(pki.expired, [pki.root], crls=[pki.root_crl], at=NOW - 40 * DAY)
    assert codes(asked) == ["crl-not-yet-valid"]
    since = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), b"\x18\x0f20200101000000Z")
    asked.crls = [pki.revocation_list("a", pki.root, extensions=[(since, False)])]
    assert codes(asked) == []
    asked.crls = [pki.revocation_list("b", pki.root, [(pki.expired.serial, NOW - 50 * DAY)])]
    assert codes(asked) == ["certificate-revoked"]
    asked.crls = [pki.revocation_list("c", pki.root, [(pki.expired.serial, NOW - 35 * DAY)])]
    assert codes(asked) == []
    then = pki.revocation_list("d", pki.root, first=NOW - 41 * DAY, last=NOW - 39 * DAY)
    asked.crls = [pki.root_crl, then]
    assert_both(asked)
    garbage = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), b"\x18\x0f2020")
    asked.crls = [pki.revocation_list("e", pki.root, extensions=[(garbage, False)])]
    assert codes(asked) == ["crl-unusable"]


# --- size


def test_long_list(pki: Pki) -> None:
    """Twenty thousand entries: read once for a certificate, not for each check."""
    entries = [(serial, NOW - DAY) for serial in range(10**6, 10**6 + 20_000)]
    crl = pki.revocation_list("long", pki.root, [*entries, (pki.p256.serial, NOW - DAY)])
    store = TrustStore(pki.root.certificate, crls=crl.crl, require_crls=True)
    assert store.check(pki.rsa.certificate, NOW, purpose="signature").trusted
    start = time.process_time()
    for _ in range(100):
        assert store.check(pki.rsa.certificate, NOW, purpose="signature").trusted
    assert time.process_time() - start < 0.1
    assert not store.check(pki.p256.certificate, NOW, purpose="signature").trusted


def test_identity_of_lists(pki: Pki) -> None:
    """The same list twice is one."""
    store = TrustStore(pki.root.certificate, crls=[pki.root_crl.pem, pki.root_crl.der, pki.root_crl.crl])
    found = store.check(pki.revoked.certificate, NOW, purpose="signature").problems
    assert len(found) == 1

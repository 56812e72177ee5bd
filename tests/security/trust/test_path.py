"""Paths of certificates: the same verdict as `openssl verify`, over what can be wrong with them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from cryptography import x509

from dicomkit.security.trust.store import TrustStore
from tests.security.pki import (
    DAY,
    NOW,
    YEAR,
    Extension,
    Identity,
    Pki,
    ca_extensions,
    key_usage,
    new_key,
    signer_extensions,
)
from tests.security.verdicts import LONG, Question, assert_both, chain, question


@pytest.mark.parametrize("name", ["rsa", "p256", "p384", "dsa", "revoked", "tsa"])
def test_direct(pki: Pki, name: str) -> None:
    identity = getattr(pki, name)
    assert_both(Question(identity, [pki.root], purpose="timestamp" if name == "tsa" else "signature"))


@pytest.mark.parametrize("cas", [1, 2, 3, 8])
def test_length(pki: Pki, cas: int) -> None:
    links = chain(pki, *[None] * cas)
    assert_both(question(links))
    result = question(links).ours()
    assert result.chain == tuple(identity.certificate for identity in links)
    for missing in range(1, len(links)):
        left_out = [identity for place, identity in enumerate(links) if place != missing]
        assert_both(Question(links[0], [pki.root] if missing < len(links) - 1 else [], left_out[1:]), "issuer-unknown")


def test_time(pki: Pki) -> None:
    """Each level, and each side of its validity."""
    root = pki.issue("Root", first=NOW - 8 * YEAR, last=NOW + 8 * YEAR)
    ca = pki.issue("CA", root, extensions=ca_extensions(), first=NOW - 6 * YEAR, last=NOW + 6 * YEAR)
    links = [pki.issue("Signer", ca, first=NOW - 4 * YEAR, last=NOW + 4 * YEAR), ca, root]
    assert_both(question(links))
    for years in (3, 5, 7, 9):
        code = "" if years == 3 else "certificate-not-yet-valid"
        assert_both(question(links, at=NOW - years * YEAR), code)
        assert_both(question(links, at=NOW + years * YEAR), code and "certificate-expired")
    result = question(links, at=NOW + 7 * YEAR).ours()
    assert [str(problem).partition(" was valid until ")[0] for problem in result.problems] == [
        "the certificate of CN=Signer",
        "the certificate of CN=CA",
    ]


def test_first_and_last_second(pki: Pki) -> None:
    """RFC 5280 4.1.2.5: both inclusive. OpenSSL ends one second earlier."""
    signer = pki.issue("Signer", pki.root, first=NOW - DAY, last=NOW + DAY)
    second = dt.timedelta(seconds=1)
    assert_both(Question(signer, [pki.root], at=NOW - DAY))
    assert_both(Question(signer, [pki.root], at=NOW - DAY - second), "certificate-not-yet-valid")
    assert_both(Question(signer, [pki.root], at=NOW + DAY - second))
    assert_both(Question(signer, [pki.root], at=NOW + DAY), only_openssl=True)
    assert_both(Question(signer, [pki.root], at=NOW + DAY + second), "certificate-expired")


@pytest.mark.parametrize(
    ("root", "upper", "lower", "code"),
    [
        (None, 1, 0, ""),
        (None, None, 0, ""),
        (2, 1, 0, ""),
        (2, None, None, ""),
        (None, 0, None, "path-length"),
        (None, 0, 0, "path-length"),
        (1, None, None, "path-length"),
        (0, None, None, "path-length"),
    ],
)
def test_path_length(pki: Pki, root: int | None, upper: int | None, lower: int | None, code: str) -> None:
    top = pki.issue("Root", extensions=ca_extensions(root), **LONG)
    middle = pki.issue("Upper CA", top, extensions=ca_extensions(upper), **LONG)
    ca = pki.issue("Lower CA", middle, extensions=ca_extensions(lower), **LONG)
    assert_both(question([pki.issue("Signer", ca), ca, middle, top]), code)


def test_path_length_of_new_keys(pki: Pki) -> None:
    """A CA that certifies a new key of its own is not counted (RFC 5280 4.2.1.9)."""
    root = pki.issue("Root", extensions=ca_extensions(1), **LONG)
    ca = pki.issue("CA", root, extensions=ca_extensions(0), **LONG)
    renewed = pki.issue("CA", ca, extensions=ca_extensions(0), **LONG)
    signer = pki.issue("Signer", renewed)
    assert_both(question([signer, renewed, ca, root]))
    other = pki.issue("Other CA", renewed, extensions=ca_extensions(0), **LONG)
    assert_both(question([pki.issue("Signer", other), other, renewed, ca, root]), "path-length")


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize(
    ("extensions", "code", "only_ours"),
    [
        (ca_extensions(), "", False),
        (ca_extensions(usage=()), "", False),
        (ca_extensions(usage=("key_cert_sign",)), "", False),
        (ca_extensions(usage=("key_cert_sign", "digital_signature", "crl_sign")), "", False),
        (ca_extensions(ca=False, usage=("digital_signature",)), "not-a-ca", False),
        (ca_extensions(ca=False), "not-a-ca", False),
        (ca_extensions(usage=("crl_sign",)), "not-a-ca", False),
        (ca_extensions(usage=("digital_signature", "content_commitment")), "not-a-ca", False),
        ([], "not-a-ca", False),
        # RFC 5280 6.1.4 (k) wants Basic Constraints; of a root OpenSSL is content with keyCertSign.
        ([(key_usage("key_cert_sign"), True)], "not-a-ca", True),
    ],
)
def test_authority(pki: Pki, extensions: list[Extension], code: str, only_ours: bool, level: int) -> None:
    """Level 0: the root; level 1: a CA below."""
    root = pki.issue("Root", extensions=extensions if level == 0 else None, **LONG)
    ca = pki.issue("CA", root, extensions=extensions if level == 1 else ca_extensions(), **LONG)
    assert_both(question([pki.issue("Signer", ca), ca, root]), code, only_ours=only_ours and level == 0)


def version_1(tbs: Any) -> None:
    tbs["version"] = "v1"
    tbs["extensions"] = None


def test_version_1(pki: Pki) -> None:
    """Roots of version 1 are trusted because somebody said so; nobody else is a CA by that."""
    root = pki.changed(pki.issue("Root", key="rsa2048", **LONG), version_1)
    assert_both(Question(pki.issue("Signer", root), [root]))
    ca = pki.changed(pki.issue("CA", pki.root, **LONG), version_1)
    assert_both(Question(pki.issue("Signer", ca), [pki.root], [ca]), "not-a-ca")
    assert_both(Question(pki.changed(pki.issue("Signer", pki.root), version_1), [pki.root]))


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0")


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("critical", [False, True])
def test_unknown_extension(pki: Pki, level: int, critical: bool) -> None:
    more: list[list[Extension]] = [[(UNKNOWN, critical)] if place == level else [] for place in range(3)]
    root = pki.issue("Root", extensions=ca_extensions() + more[2], **LONG)
    ca = pki.issue("CA", root, extensions=ca_extensions() + more[1], **LONG)
    signer = pki.issue("Signer", ca, extensions=signer_extensions() + more[0])
    assert_both(question([signer, ca, root]), "unknown-critical-extension" if critical else "")


def test_known_critical_extensions(pki: Pki) -> None:
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca.example/1.crl")], None, None, None)
    extensions: list[Extension] = [
        (x509.SubjectAlternativeName([x509.RFC822Name("a@example.org")]), True),
        (x509.CertificatePolicies([policy]), True),
        (x509.CRLDistributionPoints([point]), True),
        (x509.InhibitAnyPolicy(0), True),
        (x509.OCSPNoCheck(), True),
    ]
    signer = pki.issue("Signer", pki.root, extensions=signer_extensions() + extensions)
    assert_both(Question(signer, [pki.root]))


def test_policy_constraints(pki: Pki) -> None:
    """Stricter than OpenSSL without -policy_check: RFC 5280 4.2.1.11 wants them to be observed or refused."""
    demanding = pki.issue("CA", pki.root, extensions=[*ca_extensions(), (x509.PolicyConstraints(0, None), True)])
    assert_both(Question(pki.issue("Signer", demanding), [pki.root], [demanding]), "policy-constraints", only_ours=True)
    strict = pki.issue("CA", pki.root, extensions=[*ca_extensions(), (x509.PolicyConstraints(None, 0), True)])
    assert_both(Question(pki.issue("Signer", strict), [pki.root], [strict]))


@pytest.mark.parametrize(
    ("key", "code", "only_ours", "notes"),
    [
        ("rsa512", "issuer-key-forgeable", True, []),  # OpenSSL at its default security level takes all
        ("rsa768", "issuer-key-forgeable", True, []),
        ("rsa1024", "", False, ["issuer-key-weak"]),
        ("dsa1024", "", False, ["issuer-key-weak"]),
        ("p192", "", False, ["issuer-key-weak"]),
        ("rsa2048", "", False, []),
        ("p521", "", False, []),
        ("bp256", "", False, []),
        ("ed25519", "", False, []),
    ],
)
def test_keys_of_authorities(pki: Pki, key: str, code: str, only_ours: bool, notes: list[str]) -> None:
    root = pki.issue("Root", key=key, **LONG)
    asked = Question(pki.issue("Signer", root), [root])
    assert_both(asked, code, only_ours=only_ours)
    if not code:
        assert [problem.code for problem in asked.ours().problems] == notes


def test_self_signed(pki: Pki) -> None:
    lone = pki.self_signed
    assert_both(Question(lone, [lone]))
    assert_both(Question(lone, [pki.root]), "root-not-trusted")
    assert_both(Question(lone, [pki.root], [lone]), "root-not-trusted")
    assert_both(Question(lone, []), "root-not-trusted")
    assert_both(Question(lone, [lone], at=NOW + 2 * YEAR), "certificate-expired")
    # The same name and key, but another certificate.
    again = pki.issue("Lone signer", key=lone.key, extensions=signer_extensions())
    assert_both(Question(lone, [again]), "root-not-trusted")


def test_root_below_another(pki: Pki) -> None:
    """A root that somebody else certified, too: the path ends where it is trusted."""
    old = pki.issue("Old root", **LONG)
    root = pki.issue("New root", **LONG)
    crossed = pki.issue("New root", old, key=root.key, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", root)
    assert_both(Question(signer, [root], [crossed, old]))
    assert_both(Question(signer, [old], [crossed, root]))
    assert_both(Question(signer, [old], [root]), "root-not-trusted")
    assert_both(Question(signer, [pki.root], [crossed, old, root]), "root-not-trusted")


def test_loops(pki: Pki) -> None:
    """Two that certify each other, and a root above one of them."""
    first = pki.issue("First CA", pki.root, extensions=ca_extensions(), **LONG)
    second_key, signer_key = new_key("p256"), new_key("p256")
    second = pki.issue("Second CA", first, key=second_key, extensions=ca_extensions(), **LONG)
    back = pki.issue("First CA", second, key=first.key, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", second, key=signer_key)
    assert_both(Question(signer, [pki.root], [second, first, back]))
    assert_both(Question(signer, [pki.root], [second, back, first]), only_openssl=True)  # it goes the first path only
    assert_both(Question(signer, [pki.stranger], [second, back]), "issuer-unknown")
    assert_both(Question(signer, [pki.stranger], [back, second, first, pki.root]), "root-not-trusted")


def test_renewed_root(pki: Pki) -> None:
    """An old and a new certificate of the same name and key: the one that is valid counts."""
    old = pki.issue("Root", first=NOW - 9 * YEAR, last=NOW - YEAR)
    new = pki.issue("Root", key=old.key, first=NOW - 2 * YEAR, last=NOW + 9 * YEAR)
    signer = pki.issue("Signer", old)
    assert_both(Question(signer, [old]), "certificate-expired")
    assert_both(Question(signer, [old, new]))
    assert_both(Question(signer, [new, old]))


def test_other_path(pki: Pki) -> None:
    """RFC 5280: one good path is enough. OpenSSL goes the first, here by an authority that may not be one."""
    key = new_key("p256")
    bad = pki.issue("CA", pki.root, key=key, extensions=ca_extensions(ca=False, usage=()), **LONG)
    good = pki.issue("CA", pki.root, key=key, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", good)
    assert_both(Question(signer, [pki.root], [good, bad]))
    assert_both(Question(signer, [pki.root], [bad, good]), only_openssl=True)


def test_anchor_that_is_no_root(pki: Pki) -> None:
    """What is named as trusted is trusted, as with OpenSSL's -partial_chain; without it, as DCMTK, OpenSSL wants a root."""
    partial: dict[str, Any] = {"options": ["-partial_chain"]}
    assert_both(Question(pki.department, [pki.intermediate], **partial))
    assert_both(Question(pki.department, [pki.department], **partial))
    assert_both(Question(pki.department, [pki.intermediate]), only_openssl=True)
    assert Question(pki.department, [pki.intermediate]).ours().chain == (
        pki.department.certificate,
        pki.intermediate.certificate,
    )


def test_anchor_below_another(pki: Pki) -> None:
    """If both are trusted, the path is to hold up to the root: who is below an expired root is not trusted by being named.

    OpenSSL ends it at the first with -partial_chain, at the root without.
    """
    root = pki.issue("Root", first=NOW - 9 * YEAR, last=NOW - DAY)
    ca = pki.issue("CA", root, extensions=ca_extensions(), **LONG)
    signer = pki.issue("Signer", ca)
    assert_both(Question(signer, [ca, root]), "certificate-expired")
    assert_both(Question(signer, [ca], [root], options=["-partial_chain"]))  # what is not trusted changes nothing


def test_random(pki: Pki) -> None:
    """Many chains, each with a few things that may be wrong."""
    random = Random(6)
    keys = [new_key("p256") for _ in range(4)]

    def span() -> dict[str, Any]:
        first, last = random.choices([(-9, 9), (-9, -1), (1, 9)], [10, 1, 1])[0]
        return {"first": NOW + first * YEAR, "last": NOW + last * YEAR}

    def authority() -> list[Extension]:
        usage = random.choices([("key_cert_sign", "crl_sign"), (), ("crl_sign",), ("digital_signature",)], [12, 3, 1, 1])[0]
        is_ca = random.random() < 0.95
        found = ca_extensions(random.choice([None, None, None, 0, 1, 2]), ca=is_ca, usage=usage)
        return found + random.choices([[], [(UNKNOWN, False)], [(UNKNOWN, True)]], [12, 2, 1])[0]

    verdicts = []
    for _ in range(120):
        root = pki.issue("Root", key=keys[0], extensions=authority(), **span())
        links = [root]
        for number in range(random.randrange(3)):
            links.append(pki.issue(f"CA {number}", links[-1], key=keys[number + 1], extensions=authority(), **span()))
        usage = random.choices([(), ("digital_signature",), ("key_encipherment",)], [4, 2, 1])[0]
        leaf = pki.issue("Signer", links[-1], key=keys[3], extensions=signer_extensions(*usage), **span())
        others = [link for link in links[1:] if random.random() < 0.95]
        random.shuffle(others)
        asked = Question(leaf, [root] if random.random() < 0.95 else [pki.root], others)
        result = asked.ours()
        trusted, said = asked.openssl()
        assert result.trusted == trusted, (result, said)
        verdicts.append(trusted)
    assert 20 < sum(verdicts) < 100


# --- what strangers send


def budget(work: Callable[[], object], seconds: float) -> None:
    start = time.process_time()
    work()
    assert time.process_time() - start < seconds


def many(pki: Pki, names: int, keys: int) -> list[Identity]:
    """For each name several keys, and each of them certified by each key of each name: paths without number."""
    own = [(f"CA {name}", new_key("p256")) for name in range(names) for _ in range(keys)]
    issuers = [pki.issue(name, key=key, **LONG) for name, key in own]
    return [
        pki.issue(name, issuer, key=key, extensions=ca_extensions(), key_identifiers=False, file="many")
        for name, key in own
        for issuer in issuers
    ]


def test_certified_by_all(pki: Pki) -> None:
    crowd = many(pki, 3, 4)
    signer = pki.issue("Signer", crowd[0])
    store = TrustStore(pki.root.certificate)
    extra = [identity.certificate for identity in crowd]
    for _ in range(2):
        result = None

        def work() -> None:
            nonlocal result
            result = store.check(signer.certificate, NOW, purpose="signature", extra=extra)

        budget(work, 0.5)
        assert result is not None
        assert not result.trusted
        assert result.problems
    # as trusted intermediates, too; and who is known well is still found
    store = TrustStore(pki.root.certificate, intermediates=extra)
    budget(lambda: store.check(signer.certificate, NOW, purpose="signature"), 0.5)
    assert store.check(pki.rsa.certificate, NOW, purpose="signature", extra=extra).trusted
    found = store.check(pki.department.certificate, NOW, purpose="signature", extra=[pki.intermediate.certificate, *extra])
    assert found.trusted


def test_parallel_certificates(pki: Pki) -> None:
    """Three certificates for each step of a ladder: few signatures, but paths without number."""
    steps = [new_key("p256") for _ in range(9)]
    issuers = [pki.issue(f"CA {number}", key=key, **LONG) for number, key in enumerate(steps)]
    extra = [
        pki.issue(f"CA {number}", issuers[number + 1], key=steps[number], extensions=ca_extensions(), **LONG).certificate
        for number in range(8)
        for _ in range(3)
    ]
    signer = pki.issue("Signer", issuers[0])
    store = TrustStore(pki.root.certificate)
    budget(lambda: store.check(signer.certificate, NOW, purpose="signature", extra=extra), 0.5)
    found = store.check(signer.certificate, NOW, purpose="signature", extra=extra)
    assert [problem.code for problem in found.problems] == ["path-too-complex"]


def test_long_path(pki: Pki) -> None:
    links = chain(pki, *[None] * 40)
    result = question(links).ours()
    assert not result.trusted
    assert len(result.chain) <= 20


def test_many_certificates(pki: Pki) -> None:
    extra = [pki.issue(f"CA {number}", pki.stranger, key=pki.stranger.key).certificate for number in range(300)]
    store = TrustStore(pki.root.certificate)
    budget(lambda: store.check(pki.foreign.certificate, NOW, purpose="signature", extra=extra), 0.2)
    nobody = pki.issue("", pki.root, subject=x509.Name([]), file="nobody")
    assert store.check(nobody.certificate, NOW, purpose="signature").trusted

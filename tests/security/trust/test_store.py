"""The store: what it is made of, what it gives, and how fast. Who is trusted is in the tests of its parts."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509

from dicomkit.errors import SignatureError
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.trust.store import TrustStore
from tests.security.pki import DAY, NOW, YEAR, Pki, ca_extensions


def test_result(pki: Pki) -> None:
    store = TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate)
    assert store.anchors == (pki.root.certificate,)
    assert store.intermediates == (pki.intermediate.certificate,)
    assert store.problems == ()
    found = store.check(pki.department.certificate, NOW, purpose="signature")
    assert found.trusted
    assert found.chain == tuple(pki.department.chain)
    assert found.problems == ()
    assert repr(found) == "<TrustResult trusted: >"
    found = store.check(pki.foreign.certificate, NOW, purpose="signature")
    assert not found.trusted
    assert found.chain == (pki.foreign.certificate,)
    assert found.problems == (
        SignatureProblem(
            "issuer-unknown", "the issuer of the certificate of CN=Foreign signer is not known: CN=Stranger CA"
        ),
    )
    found = store.check(pki.expired.certificate, NOW, purpose="signature")
    last = f"{NOW - 30 * DAY:%Y-%m-%d %H:%M:%S} UTC"
    assert [str(problem) for problem in found.problems] == [f"the certificate of CN=Expired signer was valid until {last}"]


def test_partial_path(pki: Pki) -> None:
    """How far it got is told, too."""
    found = TrustStore(pki.stranger.certificate, intermediates=pki.intermediate.certificate).check(
        pki.department.certificate, NOW, purpose="signature"
    )
    assert found.chain == (pki.department.certificate, pki.intermediate.certificate)
    assert [problem.code for problem in found.problems] == ["issuer-unknown"]


def test_nothing_is_trusted_by_nothing(pki: Pki) -> None:
    store = TrustStore(())
    for identity in (pki.root, pki.rsa, pki.self_signed):
        assert not store.check(identity.certificate, NOW, purpose="signature").trusted


def test_extra(pki: Pki) -> None:
    """Certificates that come with something may be gone through, and are not trusted."""
    store = TrustStore(pki.root.certificate)
    assert not store.check(pki.department.certificate, NOW, purpose="signature").trusted
    assert store.check(pki.department.certificate, NOW, purpose="signature", extra=[pki.intermediate.certificate]).trusted
    assert not store.check(pki.department.certificate, NOW, purpose="signature").trusted
    found = store.check(pki.foreign.certificate, NOW, purpose="signature", extra=[pki.stranger.certificate])
    assert [problem.code for problem in found.problems] == ["root-not-trusted"]
    assert not store.check(
        pki.self_signed.certificate, NOW, purpose="signature", extra=[pki.self_signed.certificate]
    ).trusted


def test_each_question_has_its_own_answer(pki: Pki) -> None:
    """What is kept of one does not answer another."""
    store = TrustStore(pki.root.certificate)
    for _ in range(2):
        assert store.check(pki.rsa.certificate, NOW, purpose="signature").trusted
        assert not store.check(pki.rsa.certificate, NOW, purpose="timestamp").trusted
        assert store.check(pki.tsa.certificate, NOW, purpose="timestamp").trusted
        assert not store.check(pki.tsa.certificate, NOW, purpose="signature").trusted
        assert not store.check(pki.rsa.certificate, NOW - 2 * YEAR, purpose="signature").trusted
        assert not store.check(pki.rsa.certificate, NOW + 2 * YEAR, purpose="signature").trusted


def test_time_zones(pki: Pki) -> None:
    store = TrustStore(pki.root.certificate)
    zone = dt.timezone(dt.timedelta(hours=14))
    assert store.check(pki.rsa.certificate, NOW.astimezone(zone), purpose="signature").trusted
    signer = pki.issue("Signer", pki.root, last=NOW + dt.timedelta(hours=1))
    late = (NOW + dt.timedelta(hours=2)).astimezone(zone)
    assert not store.check(signer.certificate, late, purpose="signature").trusted


def test_wrong_calls(pki: Pki) -> None:
    store = TrustStore(pki.root.certificate)
    with pytest.raises(ValueError, match="no purpose 'mail'"):
        store.check(pki.rsa.certificate, NOW, purpose="mail")
    with pytest.raises(ValueError, match="without a time zone"):
        store.check(pki.rsa.certificate, NOW.replace(tzinfo=None), purpose="signature")
    with pytest.raises(SignatureError):
        TrustStore(b"nothing")
    with pytest.raises(FileNotFoundError):
        TrustStore("/nowhere.pem")


def test_bounded(pki: Pki) -> None:
    """However many certificates come along, little is kept."""
    store = TrustStore(pki.root.certificate)
    for number in range(600):
        signer = pki.issue(f"Signer {number}", pki.root, key=pki.p256.key)
        assert store.check(signer.certificate, NOW, purpose="signature").trusted
    assert len(store._kept) <= 256
    before = len(store._kept)
    crowd = [pki.rsa.certificate] * 9
    assert store.check(pki.rsa.certificate, NOW, purpose="signature", extra=crowd).trusted
    assert len(store._kept) == before
    assert len(store._facts) == 1


def test_threads(pki: Pki) -> None:
    store = TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate, crls=pki.root_crl.crl)
    asked = [(pki.rsa, True), (pki.revoked, False), (pki.department, True), (pki.foreign, False)]
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(200):
            for identity, trusted in asked:
                if store.check(identity.certificate, NOW, purpose="signature").trusted != trusted:
                    wrong.append(identity)
            store._kept.clear()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_many_anchors(pki: Pki) -> None:
    """A system trusts hundreds; who is asked for is found by name."""
    roots = [pki.issue(f"Root {number}", key=pki.p256.key).certificate for number in range(300)]
    store = TrustStore([*roots, pki.root.certificate])
    assert store.check(pki.rsa.certificate, NOW, purpose="signature").trusted
    assert len(store._facts) == 1


def test_unreadable_anchor(pki: Pki) -> None:
    """One whose extensions are damaged is no reason to trust."""

    root = pki.issue("Damaged root", extensions=ca_extensions())
    basic_constraints = bytes.fromhex("0603551d130101ff040530030101ff")
    assert root.der.count(basic_constraints) == 1
    damaged = x509.load_der_x509_certificate(root.der.replace(basic_constraints, basic_constraints[:-2] + b"\2\xff"))
    store = TrustStore(damaged)
    for certificate in (pki.issue("Signer", root).certificate, damaged):
        found = store.check(certificate, NOW, purpose="signature")
        assert not found.trusted
        assert [problem.code for problem in found.problems] == ["certificate-malformed"]


def seconds(work: Callable[[], object], times: int) -> float:
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - start) / times)
    return best


def test_speed(pki: Pki) -> None:
    """Warm: far below the time of verifying one signature. Each time with another object, as if it came from a file."""
    store = TrustStore(pki.root.certificate, intermediates=pki.intermediate.certificate)
    listed = TrustStore(
        pki.root.certificate, intermediates=pki.intermediate.certificate, crls=[pki.root_crl.crl, pki.intermediate_crl.crl]
    )
    for identity in (pki.rsa, pki.department):
        for asked in (store, listed):
            data = identity.der

            def work() -> object:
                return asked.check(x509.load_der_x509_certificate(data), NOW, purpose="signature")  # noqa: B023  # called at once

            assert seconds(work, 200) < 100e-6

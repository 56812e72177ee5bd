"""Certified time-stamps and the times of certificates: dcmsign and dicomkit agree on them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import dicomkit
from dicomkit.security.signatures.levels import insert_timestamp
from dicomkit.security.timestamps.token_check import TimestampRequest, token_of_response
from dicomkit.security.trust.store import TrustStore
from tests.interop.dcmsign import Dcmsign, good, verified
from tests.security.pki import NOW, Identity
from tests.security.stamping import DIGESTS, Authority

KINDS = ("rsa", "dsa", "p256", "p384")

# -- certified time-stamps


@pytest.mark.parametrize("name", DIGESTS)
def test_time_stamps(name: str, dcmsign: Dcmsign, trust: TrustStore, authority: Authority, files: dict[str, Path]) -> None:
    option = {"SHA256": "+tm2", "SHA384": "+tm3", "SHA512": "+tm5", "RIPEMD160": "+tmr", "SHA1": "+tms", "MD5": "+tmm"}[name]
    tsq, uid, tsr = (dcmsign.folder / f"stamp.{suffix}" for suffix in ("tsq", "uid", "tsr"))
    for kind in KINDS:
        identity: Identity = getattr(dcmsign.pki, kind)
        signed = dcmsign.sign(files["report.dcm"], "+ts", tsq, uid, option, signer=identity)
        tsr.write_bytes(authority.reply(tsq.read_bytes()))
        stamped = dcmsign.path()
        assert dcmsign.run("+t", tsq, tsr, uid, signed, stamped).returncode == 0
        assert dcmsign.verify(stamped, "+tr").code == 0
        (result,) = verified(stamped, trust, timestamps="require")
        assert result.timestamp is not None
        assert result.timestamp.hash == name
        assert result.valid == (name != "MD5"), "which says nothing any more"
        # the same response, put in by dicomkit
        dataset = dicomkit.read(signed)
        query = TimestampRequest.decode(tsq.read_bytes())
        insert_timestamp(dataset, result.uid, token_of_response(tsr.read_bytes(), query))
        ours = dcmsign.path(dataset)
        assert dcmsign.verify(ours, "+tr").code == 0
        if name != "MD5":
            dataset = dicomkit.read(files["report.dcm"])
            dicomkit.sign(dataset, identity.key, identity.certificate, timestamp=authority.reply, timestamp_hash=name)
            path = dcmsign.path(dataset)
            assert dcmsign.verify(path, "+tr").code == 0
            assert verified(path, trust, timestamps="require").valid


def test_time_stamps_are_required_by_both(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    path = dcmsign.sign(files["report.dcm"])
    assert dcmsign.verify(path, "+tr").code != 0
    assert not verified(path, trust, timestamps="require").valid
    assert dcmsign.verify(path, "-tv").code == 0


def test_a_time_stamp_of_another_signature(
    dcmsign: Dcmsign, trust: TrustStore, authority: Authority, files: dict[str, Path]
) -> None:
    dataset = dicomkit.read(files["report.dcm"])
    identity = dcmsign.pki.rsa
    for _ in range(2):
        dicomkit.sign(dataset, identity.key, identity.certificate, timestamp=authority.reply)
    first, second = dataset.DigitalSignaturesSequence
    first.CertifiedTimestamp = second.CertifiedTimestamp
    path = dcmsign.path(dataset)
    said = dcmsign.verify(path)
    assert (said.good, len(said.bad)) == ([second.DigitalSignatureUID], 1)
    assert good(verified(path, trust)) == set(said.good)
    assert good(verified(path, trust, timestamps="ignore")) == set(dcmsign.verify(path, "-tv").good)


def test_a_certificate_that_has_expired(
    dcmsign: Dcmsign, trust: TrustStore, authority: Authority, files: dict[str, Path]
) -> None:
    """Signed while it was good: both refuse it now, unless a time-stamp says when that was."""
    pki = dcmsign.pki
    last = NOW - dt.timedelta(days=30)
    when = last - dt.timedelta(days=30)
    dataset = dicomkit.read(files["report.dcm"])
    uid = dicomkit.sign(dataset, pki.expired.key, pki.expired.certificate, time=when)
    path = dcmsign.path(dataset)
    assert dcmsign.verify(path).good == []
    assert good(verified(path, trust)) == set()
    assert good(verified(path, trust, at="signature")) == {uid}
    # the time-stamp is of today, when the certificate is no longer good
    dataset = dicomkit.read(files["report.dcm"])
    dicomkit.sign(dataset, pki.expired.key, pki.expired.certificate, time=when, timestamp=authority.reply)
    path = dcmsign.path(dataset)
    assert dcmsign.verify(path).good == []
    assert good(verified(path, trust)) == set()


@pytest.mark.parametrize("name", ["not_yet", "self_signed", "foreign"])
def test_certificates_that_are_not_trusted(name: str, dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    path = dcmsign.sign(files["ct.dcm"], signer=getattr(dcmsign.pki, name))
    assert dcmsign.verify(path).good == []
    (result,) = verified(path, trust)
    assert (result.intact, result.trusted) == (True, False)

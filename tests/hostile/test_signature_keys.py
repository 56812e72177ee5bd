"""Keys, certificates, time-stamps and algorithms of signatures that somebody exchanged or damaged."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from asn1crypto import cms, core, keys, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import dicomkit
from dicomkit import Dataset
from dicomkit.security.trust.store import TrustStore
from tests.hostile.signed_report import (
    stamp_of,
    unsigned,
)
from tests.security.pki import NOW, YEAR, Identity, Pki
from tests.security.signed import (
    CERTIFICATE,
    MAC_ALGORITHM,
    MAC_PARAMETERS,
    SIGNATURE,
    SIGNATURES,
    TIMESTAMP,
    Nodes,
    codes,
    edited,
    node_at,
    nodes_of,
    nothing,
    stored,
    verdict,
    with_value,
)
from tests.security.stamping import Authority

# -- keys, certificates and algorithms


def signed_by(identity: Identity, **options: Any) -> Nodes:
    dataset = unsigned()
    dicomkit.sign(dataset, identity.key, identity.certificate, **options)
    return nodes_of(dataset)


@pytest.mark.parametrize("kind", ["rsa", "dsa", "p256", "p384"])
def test_another_mac_algorithm(kind: str, pki: Pki, trust: TrustStore) -> None:
    """A downgrade: what was signed as SHA-256 is nothing else, and the other way round."""
    for mac in ("SHA256", "SHA1"):
        nodes = signed_by(getattr(pki, kind), mac=mac, weak=True)
        for other in (b"MD5 ", b"SHA1", b"RIPEMD160 ", b"SHA256", b"SHA384", b"SHA512"):
            changed = edited(nodes, (MAC_PARAMETERS, 0, MAC_ALGORITHM), with_value(other))
            report = verdict(stored(changed), trust, refused_macs=())
            assert report.valid == (other.decode().strip() == mac), other


def test_refused_algorithms(pki: Pki, trust: TrustStore) -> None:
    """MD5 is refused by default; who asks for it gets it with a remark, as SHA-1 always."""
    for mac, refused in (("MD5", ("MD5",)), ("SHA1", ("SHA1",)), ("SHA256", ("SHA1", "SHA256"))):
        data = stored(signed_by(pki.rsa, mac=mac, weak=True))
        report = verdict(data, trust, refused_macs=refused)
        assert not report[0].intact
        assert codes(report) == {"mac-algorithm"}
        assert verdict(data, trust, refused_macs=()).valid
    assert codes(verdict(stored(signed_by(pki.rsa, mac="MD5", weak=True)), trust)) == {"mac-algorithm"}
    assert codes(verdict(stored(signed_by(pki.rsa, mac="SHA1", weak=True)), trust)) == {"weak-mac"}


def test_the_certificate_of_somebody_else(pki: Pki, trust: TrustStore) -> None:
    """Of the same name and kind of key, from the same authority, or with a key of another kind."""
    nodes = signed_by(pki.rsa)
    path = (SIGNATURES, 0, CERTIFICATE)
    for other in (pki.issue("RSA signer", pki.root, key="rsa2048", file="twin"), pki.p256, pki.dsa, pki.root, pki.rsa1024):
        der = other.der + bytes(len(other.der) % 2)
        report = verdict(stored(edited(nodes, path, with_value(der))), trust)
        assert not report[0].intact
        assert "changed" in codes(report)


def test_other_certificates_of_the_same_key(pki: Pki, trust: TrustStore) -> None:
    """No MAC is calculated from the certificate (PS3.3 C.12.1.1.3.1.1): what counts is the one that is there."""
    nodes = signed_by(pki.rsa)
    path = (SIGNATURES, 0, CERTIFICATE)
    for other in (pki.expired, pki.not_yet, pki.self_signed, pki.foreign):
        report = verdict(stored(edited(nodes, path, with_value(other.der + bytes(len(other.der) % 2)))), trust)
        assert report[0].intact
        assert not report[0].trusted
        assert report[0].signer == f"CN={other.name}"


def test_a_signature_by_the_attacker(pki: Pki, trust: TrustStore) -> None:
    """In the name of the signer: everything is right but who certifies it."""
    fake_root = pki.issue("Root CA", key="rsa2048", first=NOW - 10 * YEAR, last=NOW + 10 * YEAR, file="fake-root")
    fake = pki.issue("RSA signer", fake_root, key="rsa2048", file="fake-signer")
    report = verdict(stored(signed_by(fake)), trust)
    assert (report[0].intact, report[0].trusted, report[0].signer) == (True, False, "CN=RSA signer")
    assert not verdict(stored(signed_by(fake)), None).valid


@pytest.mark.parametrize("year", [b"0000", b"9999"])
@pytest.mark.parametrize("which", ["not_before", "not_after"])
def test_certificates_of_no_time(which: str, year: bytes, pki: Pki, trust: TrustStore, authority: Authority) -> None:
    """X.509 has a year that Python has not."""
    for nodes, tag, identity in (
        (signed_by(pki.p256), CERTIFICATE, pki.p256),
        (signed_by(pki.p256, timestamp=authority.reply), TIMESTAMP, pki.tsa),
    ):
        certificate = x509.Certificate.load(identity.der)
        time = core.GeneralizedTime()
        time.contents = year + b"0101000000Z"
        certificate["tbs_certificate"]["validity"][which] = x509.Time("general_time", time)
        made = certificate.dump(force=True)
        before = node_at(nodes, SIGNATURES, 0, tag).value
        if tag == TIMESTAMP:
            message = cms.ContentInfo.load(before)
            message["content"]["certificates"] = [cms.CertificateChoices("certificate", x509.Certificate.load(made))]
            made = message.dump(force=True)
        report = verdict(stored(edited(nodes, (SIGNATURES, 0, tag), with_value(made + bytes(len(made) % 2)))), trust)
        assert not report.valid


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_damaged_certificates_of_the_right_key(pki: Pki, trust: TrustStore) -> None:
    """The key still fits, so all else of the certificate is looked at; but nobody has certified that."""
    nodes = signed_by(pki.p256)
    path = (SIGNATURES, 0, CERTIFICATE)
    der = pki.p256.der
    unused_bits = der.index(pki.p256.certificate.signature) - 1  # of which it may say that there are some
    random = Random(1)
    intact = 0
    for at in range(len(der)):
        for value in {der[at] ^ 1, der[at] ^ 0x80, random.choice((0, 0xFF, 0x30, 0x17))} - {der[at]}:
            changed = der[:at] + bytes([value]) + der[at + 1 :] + bytes(len(der) % 2)
            report = verdict(stored(edited(nodes, path, with_value(changed))), trust)
            assert not report.valid or at == unused_bits, at
            intact += report[0].intact
    assert intact > len(der)


def test_damaged_time_stamps(pki: Pki, trust: TrustStore, authority: Authority) -> None:
    """A signature whose time-stamp is not good is not trusted."""
    nodes = signed_by(pki.p256, timestamp=authority.reply)
    path = (SIGNATURES, 0, TIMESTAMP)
    token = node_at(nodes, *path).value.rstrip(b"\0")
    expected = stamp_of(verdict(stored(nodes), trust)[0])
    valid = 0
    for at in range(0, len(token), 2):
        changed = token[:at] + bytes([token[at] ^ (1 << at % 8)]) + token[at + 1 :] + bytes(len(token) % 2)
        report = verdict(stored(edited(nodes, path, with_value(changed))), trust)
        assert report[0].intact
        valid += report.valid
        assert not report.valid or stamp_of(report[0]) == expected, at
    assert valid < 20
    for gone in (nothing, with_value(b"")):
        report = verdict(stored(edited(nodes, path, gone)), trust)
        assert codes(report) == {"timestamp"}, "its type is there still"
        report = verdict(stored(edited(nodes, path, gone)), trust, timestamps="ignore")
        assert report.valid
    other = node_at(signed_by(pki.p256, timestamp=authority.reply), *path)
    report = verdict(stored(edited(nodes, path, lambda node: [other])), trust)
    assert not report.valid, "it is of another signature"


def _dsa_certificate(pki: Pki, bits: int) -> bytes:
    """With a key that OpenSSL takes, but needs long for."""
    number = Random(bits)
    p = number.getrandbits(bits) | 1 << (bits - 1) | 1
    q = number.getrandbits(256) | 1 << 255 | 1
    certificate = x509.Certificate.load(pki.dsa.der)
    info = certificate["tbs_certificate"]["subject_public_key_info"]
    info["algorithm"]["parameters"] = keys.DSAParams({"p": p, "q": q, "g": number.randrange(p)})
    info["public_key"] = core.ParsableOctetBitString(core.Integer(number.randrange(p)).dump())
    der: bytes = certificate.dump(force=True)
    return der + bytes(len(der) % 2)


def test_keys_that_are_much_too_long(pki: Pki, trust: TrustStore) -> None:
    dataset = Dataset(SOPInstanceUID="1.2.3.4")
    dicomkit.sign(dataset, pki.dsa.key, pki.dsa.certificate)
    value = encode_dss_signature(1 << 254 | 5, 1 << 253 | 7)
    for bits in (3000, 9999, 20_000):
        nodes = edited(nodes_of(dataset), (SIGNATURES, 0, CERTIFICATE), with_value(_dsa_certificate(pki, bits)))
        nodes = edited(nodes, (SIGNATURES, 0, SIGNATURE), with_value(value + bytes(len(value) % 2)))
        nodes = edited(nodes, (SIGNATURES, 0), lambda item: [item] * 200)
        report = verdict(stored(nodes), trust)
        assert not any(result.intact for result in report)

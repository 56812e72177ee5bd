"""What a signature is made with and of: keys, elements, algorithms, transfer syntaxes, purposes, profiles."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError, Tag
from dicomkit.security.signatures.mac import signable_tags
from dicomkit.security.signatures.sign import mac_transfer_syntax
from dicomkit.security.trust.store import TrustStore
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, JPEG
from tests.security.pki import NOW, PASSWORD, Identity, Pki
from tests.security.signature_instances import image, report, verified_report
from tests.security.signed import sign, unchanged

RLE = "1.2.840.10008.1.2.5"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


# -- keys and certificates


@pytest.mark.parametrize("kind", ["rsa", "dsa", "p256", "p384"])
def test_sources_of_keys(kind: str, pki: Pki, trust: TrustStore) -> None:
    who: Identity = getattr(pki, kind)
    sources: list[tuple[Any, Any, Any]] = [
        (who.key, who.certificate, None),
        (who.key_pem, who.certificate_pem, None),
        (str(who.key_der), str(who.certificate_der), None),
        (who.key_pem.read_bytes(), who.certificate_der.read_bytes(), None),
        (who.key_locked, who.chain_pem, PASSWORD),
        (who.key_locked, who.chain_pem, PASSWORD.encode()),
        (who.key_der_locked, who.certificate, lambda: PASSWORD),
        (who.p12, who.p12, PASSWORD),
    ]
    dataset = image()
    for key, certificate, password in sources:
        dicomkit.sign(dataset, key, certificate, password=password)
    found = dicomkit.verify(dataset, trust)
    assert found.valid
    assert [result.certificate for result in found] == [who.certificate] * len(sources)


def test_only_the_certificate_of_the_signer_is_stored(pki: Pki, tmp_path: Path) -> None:
    """Of several that of the key, wherever it stands among them."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"".join(one.certificate_pem.read_bytes() for one in (pki.root, pki.p384, pki.department, pki.p256)))
    dataset = image()
    dicomkit.sign(dataset, pki.department.key, bundle)
    assert dataset.DigitalSignaturesSequence[0].CertificateOfSigner == pki.department.der


def test_keys_that_cannot_be_used(pki: Pki, tmp_path: Path) -> None:
    dataset = image()
    still = unchanged(dataset)
    garbage = tmp_path / "garbage.pem"
    garbage.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    other = pki.issue("Edward", key="ed25519")
    for key, certificate, password, text in (
        (pki.p256.key, pki.p384.certificate, None, "not that of the certificate"),
        (pki.rsa.key, pki.p256.certificate, None, "not that of the certificate"),
        (pki.rsa.key, pki.root.certificate, None, "not that of the certificate"),
        (pki.rsa.key_locked, pki.rsa.certificate, "wrong", "password"),
        (pki.rsa.key_locked, pki.rsa.certificate, None, "password"),
        (garbage, pki.rsa.certificate, None, "key"),
        (pki.rsa.key, garbage, None, "certificate"),
        (pki.rsa.certificate_pem, pki.rsa.certificate, None, "key"),
        (pki.rsa.key, b"garbage", None, "certificate"),
        (other.key, other.certificate, None, "key"),
    ):
        with pytest.raises(SignatureError, match=text):
            dicomkit.sign(dataset, key, certificate, password=password)
        assert still()
    with pytest.raises(OSError, match="nowhere"):
        dicomkit.sign(dataset, tmp_path / "nowhere.pem", pki.rsa.certificate)
    assert still()


def test_certificates_that_are_not_good_may_sign(pki: Pki, trust: TrustStore) -> None:
    """Whether they are good is found by who verifies; dcmsign warns only, too."""
    for identity in (pki.expired, pki.not_yet, pki.self_signed, pki.foreign, pki.rsa1024):
        dataset = image()
        sign(dataset, identity)
        assert dicomkit.verify(dataset, trust)[0].intact


# -- which elements


def test_all_elements_that_can_be_signed(pki: Pki, examples_dir: Path) -> None:
    for name in ("ct.dcm", "report.dcm", "enhanced.dcm", "rle.dcm"):
        dataset = dicomkit.read(examples_dir / name)
        expected = signable_tags(dataset)
        sign(dataset, pki.p256)
        assert dataset.MACParametersSequence[0].DataElementsSigned == expected
        assert len(expected) > 40


def test_what_is_never_signed(pki: Pki) -> None:
    """PS3.3 C.12.1.1.3.1.1."""
    dataset = image()
    for tag, vr, value in (
        (0x00080000, "UL", 10),
        (0x00080001, "UL", 10),
        (0x00091001, "UN", b"ab"),
        (0xFFFCFFFC, "OB", b"ab"),
        (0x00081140, "SQ", [Dataset()]),
    ):
        dataset.add(DataElement(Tag(tag), vr, value))
    dataset[0x00081140].value[0].add(DataElement(Tag(0x00091001), "UN", b"ab"))
    sign(dataset, pki.p256)
    assert dataset.MACParametersSequence[0].DataElementsSigned == (
        0x00080016,
        0x00080018,
        0x00100010,
        0x0020000D,
        0x0020000E,
    )
    still = unchanged(dataset)
    for tag in (0x00080000, 0x00080001, 0x00091001, 0xFFFCFFFC, 0x00081140, 0x4FFE0001, 0xFFFAFFFA):
        with pytest.raises(SignatureError, match="cannot be signed") as raised:
            sign(dataset, pki.p256, tags=["PatientName", tag])
        assert raised.value.path == f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        assert still()


def test_chosen_elements(pki: Pki, trust: TrustStore) -> None:
    dataset = image()
    for tags in (
        ["PatientName"],
        [0x00100010],
        [Tag(0x00100010)],
        ["(0010,0010)"],
        ["PatientName", 0x00100010],
        ("00100010",),
    ):
        sign(dataset, pki.p256, tags=tags)
        assert dataset.MACParametersSequence[-1]["DataElementsSigned"].value in ((0x00100010,), 0x00100010)
    sign(dataset, pki.p256, tags=(tag for tag in ("StudyInstanceUID", "PatientName", "SOPClassUID")))
    assert dataset.MACParametersSequence[-1].DataElementsSigned == (0x00080016, 0x00100010, 0x0020000D)
    assert dicomkit.verify(dataset, trust).valid


def test_elements_that_are_not_there(pki: Pki) -> None:
    dataset = report()
    still = unchanged(dataset)
    for tags, text in (
        (["PatientComments"], "not there"),
        ([], "no element"),
        (["ContentSequence[0].TextValue"], "element of an item"),
        ([0x00020010], "not there"),
    ):
        with pytest.raises(SignatureError, match=text):
            sign(dataset, pki.p256, tags=tags)
        assert still()
    with pytest.raises((KeyError, ValueError)):
        sign(dataset, pki.p256, tags=["NoSuchKeyword"])
    assert still()
    with pytest.raises(SignatureError, match="no element"):
        sign(Dataset(), pki.p256)


def test_as_many_elements_as_a_list_can_name(pki: Pki, trust: TrustStore) -> None:
    """The length of an AT element has 16 bits with explicit VR (PS3.5 7.1.2)."""
    dataset = Dataset()
    dataset.add(DataElement(Tag(0x00090010), "LO", "ACME"))
    for number in range(0x1000, 0x1000 + 16382):
        group = 0x0009 if number < 0x1100 else 0x0011 + 2 * ((number - 0x1100) // 0xF000)
        dataset.add(DataElement(Tag(group << 16 | number), "US", number & 0xFFFF))
    began = time.process_time()
    sign(dataset, pki.p256)
    named = signable_tags(dataset)
    assert len(named) == 16383
    sign(dataset, pki.p256, tags=named)
    assert time.process_time() - began < 5
    assert dicomkit.verify(dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")), trust).valid
    dataset.PatientID = "4711"
    with pytest.raises(SignatureError, match="at most 16383 elements"):
        sign(dataset, pki.p256)
    sign(dataset, pki.p256, tags=["PatientID"])


# -- algorithms, transfer syntaxes, purposes, profiles


def test_mac_algorithms(pki: Pki, trust: TrustStore) -> None:
    for mac, weak in (
        ("SHA256", False),
        ("SHA384", False),
        ("SHA512", False),
        ("RIPEMD160", False),
        ("SHA1", True),
        ("MD5", True),
    ):
        dataset = image()
        if weak:
            with pytest.raises(SignatureError, match="not to be used"):
                sign(dataset, pki.rsa, mac=mac)
            assert "MACParametersSequence" not in dataset
        sign(dataset, pki.rsa, mac=mac, weak=weak)
        assert dataset.MACParametersSequence[0].MACAlgorithm == mac
        assert dicomkit.verify(dataset, trust, refused_macs=()).valid
    for wrong in ("SHA224", "sha256", "", "SHA-256"):
        with pytest.raises(ValueError, match="is no MAC algorithm"):
            sign(image(), pki.rsa, mac=wrong)


@pytest.mark.parametrize(
    ("syntax", "expected"),
    [
        (EXPLICIT_LITTLE, EXPLICIT_LITTLE),
        (IMPLICIT_LITTLE, EXPLICIT_LITTLE),
        (EXPLICIT_BIG, EXPLICIT_LITTLE),
        (DEFLATED, EXPLICIT_LITTLE),
        (RLE, RLE),
        (JPEG, JPEG),
        ("1.2.3.4", EXPLICIT_LITTLE),
        (None, EXPLICIT_LITTLE),
    ],
)
def test_mac_transfer_syntax(syntax: str | None, expected: str) -> None:
    dataset = image()
    dataset.transfer_syntax = syntax
    assert mac_transfer_syntax(dataset).uid == expected
    dataset = image()
    dataset.file_meta = Dataset(TransferSyntaxUID=syntax)
    assert mac_transfer_syntax(dataset).uid == expected


def test_a_mac_transfer_syntax_to_order(pki: Pki, trust: TrustStore) -> None:
    """It has explicit VR and is little endian (PS3.3 table C.12-6); of native pixel data none is encapsulated."""
    dataset = image()
    for key in (EXPLICIT_LITTLE, "ExplicitVRLittleEndian", RLE, JPEG_2000):
        sign(dataset, pki.p256, transfer_syntax=key)
    assert dicomkit.verify(dataset, trust).valid
    for wrong in (IMPLICIT_LITTLE, EXPLICIT_BIG, "ImplicitVRLittleEndian", "1.2.3", ""):
        with pytest.raises(SignatureError, match=r"transfer syntax|explicit VR"):
            sign(dataset, pki.p256, transfer_syntax=wrong)
    assert len(dataset.DigitalSignaturesSequence) == 4


def test_purposes(pki: Pki) -> None:
    for wrong in (0, 19, -1):
        dataset = image()
        still = unchanged(dataset)
        with pytest.raises(ValueError, match="purpose"):
            sign(dataset, pki.p256, purpose=wrong)
        assert still()


@pytest.mark.parametrize("name", ["base_rsa", "creator_rsa", "authorization_rsa", "sr_rsa", "sr_rsa_verification"])
def test_profiles(name: str, pki: Pki, trust: TrustStore) -> None:
    dataset = verified_report() if name.startswith("sr") else image(PixelData=b"\0\0", Rows=1, Manufacturer="ACME")
    sign(dataset, pki.rsa, profile=name, tags=["SOPInstanceUID"], purpose=5 if name == "sr_rsa" else None)
    (result,) = dicomkit.verify(dataset, trust)
    assert result.valid
    assert name in result.profiles
    covered = {Tag(tag).keyword for tag in result.covered}
    if name == "base_rsa":
        assert covered == {"SOPInstanceUID"}
    else:
        assert {"SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"} <= covered
        assert "PatientName" not in covered
    assert "Manufacturer" in covered or name != "creator_rsa"
    if name == "sr_rsa_verification":
        assert result.purpose is not None
        assert result.purpose[0] == "5"


def test_profiles_that_are_not_met(pki: Pki) -> None:
    for dataset, options, text in (
        (image(), {"profile": "sr_rsa"}, "structured reports"),
        (report(), {"profile": "sr_rsa_verification"}, "VERIFIED"),
        (report(), {"profile": "sr_rsa"}, "purpose"),
        (Dataset(PatientName="A"), {"profile": "creator_rsa"}, "demands"),
    ):
        still = unchanged(dataset)
        with pytest.raises(SignatureError, match=text):
            sign(dataset, pki.rsa, **options)
        assert still()
    dataset = image()
    with pytest.raises(SignatureError, match="RSA keys"):
        sign(dataset, pki.p256, profile="creator_rsa")
    with pytest.raises(ValueError, match="is no profile"):
        sign(dataset, pki.rsa, profile="creator")
    outer = report(ContentSequence=[report()])
    outer = dicomkit.read(outer.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))
    with pytest.raises(SignatureError, match="not for items"):
        sign(outer.ContentSequence[0], pki.rsa, profile="sr_rsa", purpose=1)


def test_times(pki: Pki) -> None:
    with pytest.raises(ValueError, match="aware"):
        sign(image(), pki.p256, time=dt.datetime(2026, 1, 1))  # what is refused here
    for zone in (dt.UTC, dt.timezone(dt.timedelta(hours=-3, minutes=-30)), dt.timezone(dt.timedelta(hours=14))):
        dataset = image()
        moment = NOW.astimezone(zone).replace(microsecond=1)
        sign(dataset, pki.p256, time=moment)
        assert dataset.DigitalSignaturesSequence[0].DigitalSignatureDateTime.to_datetime() == moment

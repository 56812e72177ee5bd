"""Digital signatures of DCMTK's dcmsign are verified here, and ours there."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

import dicomkit
from dicomkit import SignatureError
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.levels import remove_signature
from dicomkit.security.signatures.mac import signable_tags
from dicomkit.security.signatures.purpose import PURPOSES
from dicomkit.security.signatures.reading import mac_stream
from dicomkit.security.trust.store import TrustStore
from tests.interop.accepted import NOT_DICOM
from tests.interop.dcmsign import Dcmsign, agreed, good, verified
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.security.pki import Identity
from tests.security.signature_instances import image, verified_report

#: MAC Algorithm -> option of dcmsign
MACS = {"RIPEMD160": "+mr", "SHA1": "+ms", "MD5": "+mm", "SHA256": "+m2", "SHA384": "+m3", "SHA512": "+m5"}
KINDS = ("rsa", "dsa", "p256", "p384")
PROFILES = {
    "base_rsa": "+pb",
    "creator_rsa": "+pc",
    "authorization_rsa": "+pa",
    "sr_rsa": "+pr",
    "sr_rsa_verification": "+pv",
}
POLICIES = {"creator_rsa": "+rc", "authorization_rsa": "+ru", "sr_rsa": "+rs", "sr_rsa_verification": "+rs"}

# -- keys and MAC algorithms


@pytest.mark.parametrize("mac", MACS)
@pytest.mark.parametrize("kind", KINDS)
def test_keys_and_macs(kind: str, mac: str, dcmsign: Dcmsign, trust: TrustStore, examples_dir: Path) -> None:
    """DSA and ECDSA signatures are DER, of even or odd length, as it comes; so each is made a few times."""
    identity: Identity = getattr(dcmsign.pki, kind)
    source = examples_dir / "report.dcm"
    for _ in range(1 if kind == "rsa" else 4):
        theirs = dcmsign.sign(source, MACS[mac], signer=identity)
        (result,) = agreed(theirs, dcmsign, trust, 1)
        assert (result.mac, result.mac_id, result.path, result.purpose) == (mac, 0, "", None)
        assert result.key.partition(" ")[0] == {"p": "EC"}.get(kind[0], kind.upper())
        assert result.certificate == identity.certificate
        assert result.time is not None
        assert abs(result.time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=10)
        assert result.covered == signable_tags(dicomkit.read(source))
        ours = dicomkit.read(source)
        uid = dicomkit.sign(ours, identity.key, identity.certificate, mac=mac, weak=True)
        assert agreed(dcmsign.path(ours), dcmsign, trust, 1)[0].uid == uid


def test_mac_algorithms_that_are_refused(dcmsign: Dcmsign, trust: TrustStore, examples_dir: Path) -> None:
    """By default dicomkit refuses MD5, and says something about SHA-1; the standard's default RIPEMD-160 is good."""
    for mac, codes in (("MD5", ["mac-algorithm"]), ("SHA1", ["weak-mac"]), ("RIPEMD160", []), ("SHA512", [])):
        path = dcmsign.sign(examples_dir / "ct.dcm", MACS[mac])
        (result,) = dicomkit.verify(dicomkit.read(path), trust)
        assert result.valid == (mac != "MD5")
        assert [problem.code for problem in result.problems] == codes


def test_long_der_of_p521(dcmsign: Dcmsign, trust: TrustStore, examples_dir: Path) -> None:
    """dcmsign cannot verify every other signature with P-521, its own neither, whatever the MAC algorithm is.

    They have about 138 bytes, so the length in their DER takes two bytes, 81 and another one. If that makes an odd number,
    dcmsign leaves the padding at the end, which OpenSSL 3 takes for garbage. It is not a matter of RIPEMD-160, its default:
    with other keys it verifies all of these. dicomkit verifies all there are.
    """
    identity = dcmsign.pki.issue("P-521 signer", dcmsign.pki.root, key="p521")
    odd = 0
    for number in range(12):
        mac = ("RIPEMD160", "SHA512")[number % 2]
        path = dcmsign.sign(examples_dir / "ct.dcm", MACS[mac], signer=identity)
        assert verified(path, trust).valid
        signature = dicomkit.read(path).DigitalSignaturesSequence[0].Signature
        assert signature[:2] == b"\x30\x81"
        length = 3 + signature[2]
        assert (dcmsign.verify(path).code == 0) == (length % 2 == 0)
        odd += length % 2
    assert odd  # all even: once in 4,096 runs


def test_weak_keys(dcmsign: Dcmsign, trust: TrustStore, examples_dir: Path) -> None:
    path = dcmsign.sign(examples_dir / "ct.dcm", signer=dcmsign.pki.rsa1024)
    (result,) = agreed(path, dcmsign, trust, 1)
    assert [problem.code for problem in result.problems] == ["weak-key"]


# -- transfer syntaxes

FILES = (
    "ct.dcm",
    "ct_implicit.dcm",
    "ct_big_endian.dcm",
    "ct_deflated.dcm",
    "report.dcm",
    "enhanced.dcm",
    "japanese.dcm",
    "rtstruct.dcm",
    "rle.dcm",
    "MR_small_RLE.dcm",
    "JPEG2000.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "JPGExtended.dcm",
    "JPEGLSNearLossless_08.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "nested_priv_SQ.dcm",
    "waveform_ecg.dcm",
    "chrH32.dcm",
)
# Without private elements, whose VR implicit VR forgets.
WITHOUT_PRIVATE = ("report.dcm", "rtstruct.dcm", "rtplan.dcm", "ct_implicit.dcm")
# For these the MAC is calculated in explicit VR little endian, for others in that of the data set. dcmsign 3.6.7 names the
# deflated one, which is the same but for the compression; dicomkit does not, as newer ones.
REPLACED = (IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)


@pytest.mark.parametrize("name", FILES)
def test_transfer_syntaxes(name: str, dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    source = files[name]
    dataset = dicomkit.read(source)
    theirs = dcmsign.sign(source, "+m2")
    (result,) = agreed(theirs, dcmsign, trust, 1)
    expected = EXPLICIT_LITTLE if dataset.transfer_syntax in REPLACED else dataset.transfer_syntax
    assert result.transfer_syntax == expected or (result.transfer_syntax, expected) == (DEFLATED, EXPLICIT_LITTLE)
    dicomkit.sign(dataset, dcmsign.pki.p256.key, dcmsign.pki.p256.certificate)
    (result,) = agreed(dcmsign.path(dataset), dcmsign, trust, 1)
    assert result.transfer_syntax == expected


@pytest.mark.parametrize("option", ["+te", "+tb", "+ti", "-e"])
def test_dcmsign_writes_another_encoding(option: str, dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    """Which the MAC does not depend on."""
    for name in WITHOUT_PRIVATE:
        agreed(dcmsign.sign(files[name], option), dcmsign, trust, 1)


def test_the_bytes_that_are_hashed(dcmsign: Dcmsign, files: dict[str, Path]) -> None:
    """Both calculate the MAC from the same bytes."""
    dump = dcmsign.folder / "dump"
    for name in FILES:
        path = dcmsign.sign(files[name], "+d", dump)
        dataset = dicomkit.read(path)
        ours = mac_stream(dataset, dataset.DigitalSignaturesSequence[0].DigitalSignatureUID)
        assert b"".join(map(bytes, chunks(ours))) == dump.read_bytes(), name


def test_private_elements_in_implicit_vr(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    """Their VR is lost, so they are UN, or have another VR: for both that is not what was signed with explicit VR."""
    for path in (dcmsign.sign(files["ct.dcm"]), dcmsign.sign(files["ct_big_endian.dcm"])):
        implicit = dcmsign.path(dicomkit.read(path), transfer_syntax=IMPLICIT_LITTLE)
        assert dcmsign.verify(implicit).good == []
        assert good(verified(implicit, trust)) == set()


ENCODINGS = (
    {"transfer_syntax": EXPLICIT_LITTLE},
    {"transfer_syntax": IMPLICIT_LITTLE},
    {"transfer_syntax": EXPLICIT_BIG},
    {"transfer_syntax": DEFLATED},
    {"transfer_syntax": EXPLICIT_LITTLE, "sequence_length": "undefined", "group_length": "create"},
    {"transfer_syntax": IMPLICIT_LITTLE, "sequence_length": "explicit", "group_length": "create"},
    {"transfer_syntax": EXPLICIT_LITTLE, "padding": (1000, 100)},
)


@pytest.mark.parametrize("by", ["dcmsign", "dicomkit"])
@pytest.mark.parametrize("name", WITHOUT_PRIVATE)
def test_saving_in_other_encodings(
    by: str, name: str, dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path], peer: Callable[[str], str]
) -> None:
    """From each to each, by dicomkit and by dcmconv: signatures stay intact."""
    if by == "dcmsign":
        path = dcmsign.sign(files[name], "+m2")
    else:
        dataset = dicomkit.read(files[name])
        dicomkit.sign(dataset, dcmsign.pki.rsa.key, dcmsign.pki.rsa.certificate)
        path = dcmsign.path(dataset)
    for options in ENCODINGS:
        again = dcmsign.path(dicomkit.read(path), **options)
        agreed(again, dcmsign, trust, 1)
        path = again
    for option in ("+ti", "+tb", "+te", "+td", "+ti"):
        again = dcmsign.path()
        subprocess.run([peer("dcmconv"), option, "+e", "+g", path, again], check=True, capture_output=True)
        agreed(again, dcmsign, trust, 1)
        path = again


def test_a_vr_that_implicit_vr_forgets(dcmsign: Dcmsign, trust: TrustStore) -> None:
    """Pixel Data with 8 bits are OB or OW with explicit VR and OW with implicit (PS3.5 A.1): OB does not come back."""
    dataset = image(Rows=2, Columns=2, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0, SamplesPerPixel=1)
    for vr, stays in (("OB", False), ("OW", True)):
        dataset.PixelData = bytes(4)
        element = dataset["PixelData"]
        dataset.add(type(element)(element.tag, vr, bytes(4)))
        signed = dicomkit.read(dcmsign.path(dataset, transfer_syntax=EXPLICIT_LITTLE, meta="new"))
        dicomkit.sign(signed, dcmsign.pki.rsa.key, dcmsign.pki.rsa.certificate)
        path = dcmsign.path(dicomkit.read(dcmsign.path(signed)), transfer_syntax=IMPLICIT_LITTLE)
        assert verified(path, trust).valid == stays
        assert bool(dcmsign.verify(path).good) == stays


# -- profiles and purposes


@pytest.mark.parametrize("name", PROFILES)
def test_profiles(name: str, dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    if name.startswith("sr"):
        sources = [dcmsign.path(verified_report(), transfer_syntax=EXPLICIT_LITTLE, meta="new")]
        sources += [files["reportsi.dcm"], files["report.dcm"]] if name == "sr_rsa" else []
    else:
        sources = [
            files[source] for source in ("ct.dcm", "enhanced.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtstruct.dcm")
        ]
    for source in sources:
        (result,) = agreed(dcmsign.sign(source, PROFILES[name], "+sp", "5", "-t", "SOPInstanceUID"), dcmsign, trust, 1)
        assert name in result.profiles
        assert "base_rsa" in result.profiles
        dataset = dicomkit.read(source)
        dicomkit.sign(
            dataset,
            dcmsign.pki.rsa.key,
            dcmsign.pki.rsa.certificate,
            profile=name,
            purpose=5 if name.startswith("sr") else None,
            tags=["SOPInstanceUID"],
        )
        path = dcmsign.path(dataset)
        (result,) = agreed(path, dcmsign, trust, 1)
        assert name in result.profiles
        if name in POLICIES:
            if name == "sr_rsa" and dataset.get("VerificationFlag") == "VERIFIED":
                continue  # then dcmsign wants the other one
            assert dcmsign.verify(path, POLICIES[name]).code == 0
            others = set(POLICIES.values()) - {POLICIES[name], "+rc", "+ru"}
            assert all(dcmsign.verify(path, other).code == 102 for other in others)


def test_profiles_are_for_rsa(dcmsign: Dcmsign, files: dict[str, Path]) -> None:
    pki = dcmsign.pki
    for identity in (pki.p256, pki.dsa):
        for name, option in PROFILES.items():
            done = dcmsign.run(
                "+s", identity.key_pem, identity.certificate_pem, option, files["ct.dcm"], dcmsign.folder / "not.dcm"
            )
            assert done.returncode != 0
            with pytest.raises(SignatureError):
                dicomkit.sign(dicomkit.read(files["ct.dcm"]), identity.key, identity.certificate, profile=name)


def test_purposes(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    for number, meaning in PURPOSES.items():
        (result,) = agreed(dcmsign.sign(files["ct.dcm"], "+sp", str(number)), dcmsign, trust, 1)
        assert result.purpose == (str(number), "ASTM-sigpurpose", meaning)
        dataset = dicomkit.read(files["ct.dcm"])
        dicomkit.sign(dataset, dcmsign.pki.p256.key, dcmsign.pki.p256.certificate, purpose=number)
        path = dcmsign.path(dataset)
        assert agreed(path, dcmsign, trust, 1)[0].purpose == result.purpose
        text = dcmsign.verify(path, "-v").text
        assert f"{meaning} ({number}, ASTM-sigpurpose)" in text


# -- items, and several signatures


def test_items(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    path = files["report.dcm"]
    places = {
        "ContentSequence[2]": "(0040,A730)[2]",
        "ContentSequence[2].ContentSequence[1].ContentSequence[0]": "(0040,A730)[2].(0040,A730)[1].(0040,A730)[0]",
        "ContentSequence[0]": "(0040,A730)[0]",
        "CurrentRequestedProcedureEvidenceSequence[0]": "(0040,A375)[0]",
    }
    for item in places:
        path = dcmsign.sign(path, item=item, signer=dcmsign.pki.p256)
    report = agreed(path, dcmsign, trust, 4)
    assert {result.path for result in report} == set(places.values())
    assert not any(result.anchored for result in report)
    assert not report.valid
    path = dcmsign.sign(path)
    report = agreed(path, dcmsign, trust, 5)
    assert report.valid
    ours = dicomkit.read(path)
    for place in places.values():
        item = ours
        for part in place.split("."):
            item = item[part[:11]].value[int(part[12:-1])]
        dicomkit.sign(item, dcmsign.pki.p384.key, dcmsign.pki.p384.certificate)
    dicomkit.sign(ours, dcmsign.pki.dsa.key, dcmsign.pki.dsa.certificate)
    report = agreed(dcmsign.path(ours), dcmsign, trust, 10)
    assert report.valid
    assert [result.mac_id for result in report] == [0, 1] * 5


def test_items_of_all_encodings(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED):
        source = dcmsign.path(dicomkit.read(files["report.dcm"]), transfer_syntax=syntax)
        agreed(dcmsign.sign(source, item="ContentSequence[2].ContentSequence[1]"), dcmsign, trust, 1)
        ours = dicomkit.read(source)
        dicomkit.sign(ours.ContentSequence[2].ContentSequence[1], dcmsign.pki.rsa.key, dcmsign.pki.rsa.certificate)
        agreed(dcmsign.path(ours), dcmsign, trust, 1)


def test_several_signatures_by_turns(dcmsign: Dcmsign, trust: TrustStore, files: dict[str, Path]) -> None:
    pki = dcmsign.pki
    path = files["ct.dcm"]
    options = ([], ["-t", "PatientName", "-t", "SOPInstanceUID"], ["-t", "PixelData"])
    for number, (words, kind) in enumerate(zip(options, KINDS, strict=False)):
        path = dcmsign.sign(path, *words, signer=getattr(pki, kind))
        dataset = dicomkit.read(path)
        identity = getattr(pki, KINDS[-1 - number])
        dicomkit.sign(dataset, identity.key, identity.certificate, tags=words[1::2] or None)
        path = dcmsign.path(dataset)
        report = agreed(path, dcmsign, trust, 2 * number + 2)
        assert [result.mac_id for result in report] == list(range(2 * number + 2))
    # removed by each of both, and the number that is free is taken again
    dataset = dicomkit.read(path)
    remove_signature(dataset, report[1].uid)
    path = dcmsign.path(dataset)
    agreed(path, dcmsign, trust, 5)
    again = dcmsign.path()
    assert dcmsign.run("+r", report[3].uid, path, again).returncode == 0
    left = agreed(again, dcmsign, trust, 4)
    assert [result.mac_id for result in left] == [0, 2, 4, 5]
    assert [result.mac_id for result in agreed(dcmsign.sign(again), dcmsign, trust, 5)] == [0, 2, 4, 5, 1]
    dataset = dicomkit.read(again)
    dicomkit.sign(dataset, pki.rsa.key, pki.rsa.certificate)
    assert [result.mac_id for result in agreed(dcmsign.path(dataset), dcmsign, trust, 5)] == [0, 2, 4, 5, 1]


# -- many files

# Files whose signature by dicomkit dcmsign cannot verify, and why.
NOT_FOR_DCMTK = {
    "SC_rgb_gdcm_KY.dcm": "two padding characters behind a CS: it drops one of them",
    "SC_rgb_gdcm2k_uncompressed.dcm": "two padding characters behind a CS: it drops one of them",
    "examples_ybr_color.dcm": "an SH of two spaces: it drops them",
    "gdcm-US-ALOKA-16.dcm": "an LO with NULs inside: it drops what stands behind the first one",
    "HTJ2K_08_RGB.dcm": "a transfer syntax that it does not know",
    "HTJ2KLossless_08_RGB.dcm": "a transfer syntax that it does not know",
    "liver_deflate.dcm": "a transfer syntax that it does not know",
    "liver_nonbyte_aligned_deflate.dcm": "a transfer syntax that it does not know",
}
# Without an element that can be signed: DICOMDIRs, whose elements are in group 0004, and sequences with UN inside.
NOTHING_TO_SIGN = ("DICOMDIR", "UN_sequence")


def signed_by_both(paths: Collection[Path], dcmsign: Dcmsign, trust: TrustStore) -> int:
    """Sign and verify files, both ways; how many there were."""
    pki, count = dcmsign.pki, 0
    for path in paths:
        if path.name in NOT_DICOM:
            continue
        dataset = dicomkit.read(path)
        try:
            dicomkit.sign(dataset, pki.p256.key, pki.p256.certificate)
        except SignatureError:
            assert path.name.startswith(NOTHING_TO_SIGN), path
            continue
        ours = dcmsign.path(dataset)
        report = verified(ours, trust)
        assert report.valid, f"{path}: {report}"
        assert bool(dcmsign.verify(ours).good) == (path.name not in NOT_FOR_DCMTK), path
        theirs = dcmsign.path()
        if dcmsign.run("+s", pki.rsa.key_pem, pki.rsa.certificate_pem, "+m2", path, theirs).returncode == 0:
            report = verified(theirs, trust)
            assert report.valid, f"{path}: {report}"
            theirs.unlink()
            count += 1
        ours.unlink()
    return count


def test_files_of_pydicom(dcmsign: Dcmsign, trust: TrustStore, pydicom_files: list[Path]) -> None:
    assert signed_by_both(pydicom_files, dcmsign, trust) > 0.8 * len(pydicom_files)


def test_further_files(dcmsign: Dcmsign, trust: TrustStore, data_dir: Path) -> None:
    files = [path for path in data_dir.rglob("*") if path.suffix in ("", ".dcm") and path.is_file()]
    signed_by_both([path for path in files if path.stat().st_size < 2_000_000][:120], dcmsign, trust)

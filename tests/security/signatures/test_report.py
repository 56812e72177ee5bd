"""What a verification says, and what a program does with it."""

from __future__ import annotations

from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError, Tag
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures.report import SignatureReport, SignatureResult
from dicomkit.security.trust.store import TrustStore
from tests.reference.encoding import EXPLICIT_LITTLE
from tests.security.pki import Identity, Pki
from tests.security.signature_instances import image, report, verified_report


def sign(item: Dataset, identity: Identity, **options: Any) -> str:
    return dicomkit.sign(item, identity.key, identity.certificate, **options)


def result(path: str = "", *, valid: bool = True, **values: Any) -> SignatureResult:
    made = SignatureResult(path)
    made.intact = made.trusted = made.anchored = valid
    for name, value in values.items():
        setattr(made, name, value)
    return made


# -- a result


def test_valid_is_intact_trusted_and_anchored() -> None:
    for intact in (True, False):
        for trusted in (True, False):
            for anchored in (True, False):
                made = result(intact=intact, trusted=trusted, anchored=anchored)
                assert made.valid == (intact and trusted and anchored)


def test_covered_and_outside(pki: Pki, trust: TrustStore) -> None:
    """Together they are all elements of the level but those that are no content."""
    dataset = report(PatientName="A")
    for tag, vr, value in (
        (0x00080000, "UL", 1),
        (0xFFFCFFFC, "OB", b"ab"),
        (0x00090010, "LO", "ACME"),
        (0x00091001, "UN", b"ab"),
    ):
        dataset.add(DataElement(Tag(tag), vr, value))
    sign(dataset, pki.p256, tags=["PatientName", "ContentSequence"])
    sign(dataset, pki.p256)
    narrow, wide = dicomkit.verify(dataset, trust)
    assert narrow.covered == (0x00100010, 0x0040A730)
    assert wide.outside == (0x00091001,)
    content = {int(tag) for tag in dataset.keys()} - {0x00080000, 0xFFFCFFFC, 0x4FFE0001, 0xFFFAFFFA}
    for found in (narrow, wide):
        assert {*found.covered, *found.outside} == content
        assert list(found.covered) == sorted(found.covered)
        assert list(found.outside) == sorted(found.outside)
        assert all(isinstance(tag, Tag) for tag in (*found.covered, *found.outside))


def test_covered_and_outside_of_an_item(pki: Pki, trust: TrustStore) -> None:
    dataset = report(ContentSequence=[Dataset(ValueType="TEXT", TextValue="a", RelationshipType="CONTAINS")])
    sign(dataset.ContentSequence[0], pki.p256, tags=["TextValue"])
    (found,) = dicomkit.verify(dataset, trust)
    assert found.covered == (0x0040A160,)
    assert found.outside == (0x0040A010, 0x0040A040)


@pytest.mark.parametrize(
    ("made", "options", "expected"),
    [
        (image, {}, {"base_rsa", "creator_rsa", "authorization_rsa"}),
        (image, {"tags": ["PatientName"]}, {"base_rsa"}),
        (report, {"purpose": 1}, {"base_rsa", "creator_rsa", "authorization_rsa", "sr_rsa"}),
        (report, {}, {"base_rsa", "creator_rsa", "authorization_rsa"}),
        (
            verified_report,
            {"purpose": 5},
            {"base_rsa", "creator_rsa", "authorization_rsa", "sr_rsa", "sr_rsa_verification"},
        ),
    ],
)
def test_profiles(made: Any, options: dict[str, Any], expected: set[str], pki: Pki, trust: TrustStore) -> None:
    dataset = made()
    sign(dataset, pki.rsa, **options)
    sign(dataset, pki.p256, **options)
    rsa, ec = dicomkit.verify(dataset, trust)
    assert set(rsa.profiles) == expected
    assert ec.profiles == ()


def test_profiles_of_items(pki: Pki, trust: TrustStore) -> None:
    """Most are for data sets (PS3.15 C.2 to C.4), whatever the item has in it; also if the data set was changed."""
    dataset = report(ContentSequence=[verified_report()])
    sign(dataset.ContentSequence[0], pki.rsa, purpose=5)
    for whole in (dataset, dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))):
        (found,) = dicomkit.verify(whole, trust)
        assert found.profiles == ("base_rsa",)


def test_a_purpose_of_another_scheme(pki: Pki, trust: TrustStore) -> None:
    """Its number means something else there."""
    dataset = verified_report()
    sign(dataset, pki.rsa, purpose=5)
    item = dataset.DigitalSignaturesSequence[0].DigitalSignaturePurposeCodeSequence[0]
    item.CodingSchemeDesignator = "99LOCAL"
    (found,) = dicomkit.verify(dataset, trust)
    assert found.purpose == ("5", "99LOCAL", "Verification Signature")
    assert "sr_rsa_verification" not in found.profiles


def test_the_signer(pki: Pki, trust: TrustStore) -> None:
    dataset = image()
    sign(dataset, pki.department)
    (found,) = dicomkit.verify(dataset, trust)
    assert found.signer == f"CN={pki.department.name}"
    dataset.DigitalSignaturesSequence[0].CertificateOfSigner = b"garbage!"
    (found,) = dicomkit.verify(dataset, trust)
    assert (found.signer, found.certificate, found.key) == ("", None, "")


def test_text_of_a_result(pki: Pki, trust: TrustStore) -> None:
    dataset = image()
    uid = sign(dataset, pki.p256, tags=["PatientName"], mac="SHA1", weak=True)
    (found,) = dicomkit.verify(dataset, trust)
    lines = str(found).splitlines()
    assert lines[0].startswith(f"{uid} of the data set: valid, CN=P-256 signer, 20")
    assert lines[1] == "  covers 1 elements, 4 stand outside"
    assert lines[2:] == [f"  {problem}" for problem in found.problems]
    assert repr(found) == f"<SignatureResult {uid} valid>"
    dataset.PatientName = "Nobody"
    (found,) = dicomkit.verify(dataset, trust)
    assert ": NOT VALID, " in str(found)
    assert repr(found).endswith(" not valid>")
    dataset.PatientName = "Somebody"
    (found,) = dicomkit.verify(dataset)
    assert ": intact, but not valid, " in str(found)
    assert str(result("(0040,A730)[0]", valid=False)).startswith("signature without UID of (0040,A730)[0]: NOT VALID\n")


# -- a report


def test_a_report_is_a_sequence() -> None:
    results = [result(uid="1.2.1"), result("(0040,A730)[0]", uid="1.2.2"), result(uid="1.2.3")]
    made = SignatureReport(results)
    assert len(made) == 3
    assert list(made) == results
    assert made[0] is results[0]
    assert made[-1] is results[2]
    assert list(made[1:]) == results[1:]
    assert results[1] in made
    assert made.index(results[2]) == 2
    assert list(reversed(made)) == results[::-1]
    with pytest.raises(IndexError):
        made[3]
    assert repr(made) == "<SignatureReport of 3: valid>"
    assert str(made) == "\n".join(map(str, results))


@pytest.mark.parametrize(
    ("results", "problems", "reason"),
    [
        ([], [], "the data set is not signed"),
        ([result("(0040,A730)[0]")], [], "the data set is not signed"),
        ([result(), result(valid=False)], [], "signature without UID: not valid"),
        (
            [
                result(),
                result(valid=False, uid="1.2", problems=[SignatureProblem("a", "one"), SignatureProblem("b", "two")]),
            ],
            [],
            "1.2: one; two",
        ),
        ([result()], [SignatureProblem("no-signature", "something else")], "something else"),
        ([result()], [], None),
        ([result(), result("(0040,A730)[0]")], [], None),
        ([result(problems=[SignatureProblem("weak-mac", "weak")])], [], None),
    ],
)
def test_require(results: list[SignatureResult], problems: list[SignatureProblem], reason: str | None) -> None:
    made = SignatureReport(results, problems)
    assert made.valid == (reason is None)
    if reason is None:
        made.require()
        return
    with pytest.raises(SignatureError) as raised:
        made.require()
    assert reason in str(raised.value)


def test_an_error_names_the_place() -> None:
    with pytest.raises(SignatureError) as raised:
        SignatureReport([result(), result("(0040,A730)[1]", valid=False, uid="1.2")]).require()
    assert raised.value.path == "(0040,A730)[1]"


def test_a_profile_is_required(pki: Pki, trust: TrustStore) -> None:
    dataset = report(ContentSequence=[image()])
    sign(dataset.ContentSequence[0], pki.rsa)
    sign(dataset, pki.p256)
    found = dicomkit.verify(dataset, trust)
    found.require()
    for profile in ("base_rsa", "creator_rsa"):
        with pytest.raises(SignatureError, match=f"no signature keeps the profile {profile}"):
            found.require(profile)
    sign(dataset, pki.rsa)
    found = dicomkit.verify(dataset, trust)
    for profile in ("base_rsa", "creator_rsa"):
        found.require(profile)
    with pytest.raises(SignatureError, match="no signature keeps the profile sr_rsa"):
        found.require("sr_rsa")


def test_no_signature() -> None:
    found = dicomkit.verify(image())
    assert str(found) == "no digital signature"
    assert repr(found) == "<SignatureReport of 0: not valid>"
    with pytest.raises(SignatureError, match="not signed"):
        found.require()

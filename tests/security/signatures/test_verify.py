"""Verifying signatures: what breaks which of them, who is trusted and when, and what stands where it belongs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, Tag
from dicomkit.security.trust.store import TrustStore
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.security.pki import DAY, NOW, YEAR, Identity, Pki
from tests.security.signature_instances import image, report
from tests.security.signed import codes, examine, verdict
from tests.security.stamping import Authority

NATIVE = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)


@pytest.fixture(scope="module")
def authority(pki: Pki, peer: Callable[[str], str]) -> Authority:
    peer("openssl")
    return Authority(pki.folder, pki.tsa)


def sign(item: Dataset, identity: Identity, **options: Any) -> str:
    return dicomkit.sign(item, identity.key, identity.certificate, **options)


def stored(dataset: Dataset, syntax: str = EXPLICIT_LITTLE) -> bytes:
    return dataset.to_bytes(transfer_syntax=syntax, meta="new")


def signed(identity: Identity, **options: Any) -> bytes:
    dataset = image()
    sign(dataset, identity, **options)
    return stored(dataset)


# -- what is found


def test_a_valid_signature(pki: Pki, trust: TrustStore) -> None:
    dataset = image()
    uid = sign(dataset, pki.p384, purpose=3, tags=["SOPInstanceUID", "PatientName"], mac="SHA384")
    (result,) = verdict(stored(dataset), trust)
    assert (result.intact, result.trusted, result.anchored, result.valid) == (True, True, True, True)
    assert result.problems == []
    assert (result.uid, result.path, result.mac_id, result.mac) == (uid, "", 0, "SHA384")
    assert result.transfer_syntax == EXPLICIT_LITTLE
    assert result.time is not None
    assert abs(result.time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert result.purpose == ("3", "ASTM-sigpurpose", "Co-participant's Signature")
    assert result.certificate == pki.p384.certificate
    assert (result.signer, result.key) == ("CN=P-384 signer", "EC secp384r1")
    assert result.covered == (0x00080018, 0x00100010)
    assert result.outside == (0x00080016, 0x0020000D, 0x0020000E)
    assert result.timestamp is None


def test_no_signature(trust: TrustStore) -> None:
    for dataset in (image(), Dataset(), dicomkit.read(stored(image()))):
        found = dicomkit.verify(dataset, trust)
        examine(found)
        assert len(found) == 0
        assert not found.valid


def test_a_verification_changes_nothing(pki: Pki, trust: TrustStore) -> None:
    data = signed(pki.p256)
    dataset = dicomkit.read(data)
    assert dicomkit.verify(dataset, trust).valid
    assert not dataset.is_changed()
    assert dataset.to_bytes() == data
    assert dicomkit.verify(dataset, trust).valid


def test_a_result_is_of_what_was_there(pki: Pki, trust: TrustStore) -> None:
    dataset = dicomkit.read(signed(pki.p256))
    (result,) = dicomkit.verify(dataset, trust)
    covered, outside = result.covered, result.outside
    dataset.PatientComments = "added later"
    del dataset.PatientName
    assert (result.covered, result.outside) == (covered, outside)
    assert not dicomkit.verify(dataset, trust).valid


# -- what breaks a signature


@pytest.fixture(scope="module", params=NATIVE)
def several(request: pytest.FixtureRequest, pki: Pki) -> tuple[bytes, dict[str, set[str]]]:
    """A file with four signatures: UID -> keywords of what they cover."""
    inner = Dataset(CodeValue="1234", CodeMeaning="some more")
    dataset = report(PatientName="Somebody", PatientID="4711", ConceptNameCodeSequence=[inner], PatientWeight=70.5)
    dataset.ContentSequence = [Dataset(ValueType="TEXT", TextValue="abc", ContentSequence=[Dataset(TextValue="def")])]
    covered = {}
    for identity, keywords in (
        (pki.rsa, {"PatientName", "PatientID"}),
        (pki.p256, {"PatientName", "ContentSequence"}),
        (pki.p384, {"ConceptNameCodeSequence"}),
        (pki.p256, {"SOPInstanceUID", "PatientWeight"}),
    ):
        covered[sign(dataset, identity, tags=keywords)] = keywords
    return stored(dataset, request.param), covered


Change: TypeAlias = Callable[[Dataset], object]


def changes(dataset: Dataset) -> Iterator[tuple[str, Change]]:
    """Keywords of elements of a data set, and changes of each, at any depth."""
    for element in dataset:
        keyword = element.tag.keyword
        if keyword not in ("MACParametersSequence", "DigitalSignaturesSequence"):
            yield keyword, partial(Dataset.__delitem__, key=keyword)
            if element.vr != "SQ":
                yield keyword, partial(Dataset.add, element=DataElement(element.tag, element.vr, None))
                continue
            for change in (_item_more, _item_before, _no_item, _element_more):
                yield keyword, partial(change, keyword=keyword)
            for _, inside in changes(element.value[0]):
                yield keyword, partial(_in_first_item, keyword=keyword, change=inside)


def _item_more(dataset: Dataset, keyword: str) -> None:
    dataset[keyword].value.append(Dataset())


def _item_before(dataset: Dataset, keyword: str) -> None:
    dataset[keyword].value.insert(0, Dataset(CodeValue="1"))


def _no_item(dataset: Dataset, keyword: str) -> None:
    dataset[keyword].value.clear()


def _element_more(dataset: Dataset, keyword: str) -> None:
    dataset[keyword].value[0].PatientID = "1"


def _in_first_item(dataset: Dataset, keyword: str, change: Change) -> None:
    change(dataset[keyword].value[0])


def test_changes_break_what_covers_them(several: tuple[bytes, dict[str, set[str]]], trust: TrustStore) -> None:
    data, covered = several
    assert {result.uid for result in verdict(data, trust) if result.valid} == set(covered)
    count = 0
    for keyword, change in changes(dicomkit.read(data)):
        dataset = dicomkit.read(data)
        change(dataset)
        expected = {uid for uid, keywords in covered.items() if keyword not in keywords}
        for changed in (dataset, dicomkit.read(dataset.to_bytes())):
            found = verdict(changed, trust)
            assert {result.uid for result in found if result.valid} == expected, keyword
            assert all(result.intact == (result.uid in expected) for result in found)
        count += 1
    assert count > 25


def test_added_elements_break_nothing(several: tuple[bytes, dict[str, set[str]]], trust: TrustStore) -> None:
    data, covered = several
    dataset = dicomkit.read(data)
    dataset.PatientComments = "more"
    dataset.add(DataElement(Tag(0x00090010), "LO", "ACME"))
    dataset.add(DataElement(Tag(0x00091001), "OB", b"ab"))
    dataset.ReferencedStudySequence = [Dataset(ReferencedSOPInstanceUID="1.2")]
    for changed in (dataset, dicomkit.read(dataset.to_bytes())):
        found = verdict(changed, trust)
        assert {result.uid for result in found if result.valid} == set(covered)
        for result in found:
            assert {0x00104000, 0x00090010, 0x00091001, 0x00081110} <= set(result.outside)


@given(data=st.data())
def test_flipped_bits(data: st.DataObject, several: tuple[bytes, dict[str, set[str]]], trust: TrustStore) -> None:
    """Of values at any depth; in a deflated file none is where it seems to be."""
    content, covered = several
    dataset = dicomkit.read(content)
    if dataset.transfer_syntax == DEFLATED:
        return
    leaves = [
        (element.path[1:5] + element.path[6:10], element)
        for element in dataset.walk()
        if element.vr != "SQ" and element.length and element.path[:5] not in ("(FFFA", "(4FFE")
    ]
    root, element = data.draw(st.sampled_from(leaves))
    assert element.offset is not None
    offset = element.offset + data.draw(st.integers(0, (element.length or 0) - 1))
    changed = bytearray(content)
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    keyword = Tag(int(root, 16)).keyword
    expected = {uid for uid, keywords in covered.items() if keyword not in keywords}
    assert {result.uid for result in verdict(bytes(changed), trust) if result.valid} == expected


def test_other_encodings_break_nothing(several: tuple[bytes, dict[str, set[str]]], trust: TrustStore) -> None:
    data, covered = several
    for _ in range(2):
        for syntax in NATIVE:
            for options in ({}, {"sequence_length": "undefined", "group_length": "create"}, {"padding": (512, 64)}):
                again = dicomkit.read(data).to_bytes(transfer_syntax=syntax, **options)
                found = verdict(again, trust)
                assert {result.uid for result in found if result.valid} == set(covered)
                assert all(0xFFFCFFFC not in result.outside for result in found)
                data = again


def test_pixel_data(pki: Pki, trust: TrustStore, examples_dir: Path) -> None:
    """Fragments are covered as they are: other pixels, other fragments or another offset table break it."""
    dataset = dicomkit.read(examples_dir / "rle.dcm")
    sign(dataset, pki.p256, tags=["PixelData"])
    data = dataset.to_bytes()
    assert verdict(data, trust).valid
    element = dicomkit.read(data)["PixelData"]
    assert element.offset is not None
    items = [at for at in range(element.offset, len(data) - 8) if data[at : at + 4] == b"\xfe\xff\x00\xe0"]
    assert len(items) > 1
    for at in range(items[1] + 8, items[1] + 200, 7):
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        assert not verdict(changed, trust).valid
    fragments = dicomkit.read(data)["PixelData"].raw
    split = dicomkit.read(data)
    # an empty fragment more
    split.add(DataElement(Tag("PixelData"), "OB", fragments + b"\xfe\xff\x00\xe0\0\0\0\0"))
    assert not verdict(split.to_bytes(), trust).valid


def test_values_in_a_file(pki: Pki, trust: TrustStore, tmp_path: Path) -> None:
    """They are read when they are needed; if the file is another one by then, or gone, nothing is valid."""
    path = tmp_path / "large.dcm"
    dataset = image(PixelData=bytes(range(256)) * 20_000, Rows=1)
    sign(dataset, pki.p256)
    sign(dataset, pki.rsa, tags=["PatientName"])
    dataset.save(path, transfer_syntax=EXPLICIT_LITTLE, meta="new")
    for size in (0, 8, 100, 1000, 1 << 20):
        assert verdict(dicomkit.read(path, defer_size=size), trust).valid
    data = path.read_bytes()
    for change in ("changed", "shorter", "gone"):
        for size in (1000, 8):
            path.write_bytes(data)
            dataset = dicomkit.read(path, defer_size=size)
            if change == "gone":
                path.unlink()
            else:
                path.write_bytes(data[:-1000] if change == "shorter" else data.replace(b"\x41\x42\x43", b"\x41\x42\x44"))
            found = verdict(dataset, trust)
            assert not found[0].valid, change
            assert found[1].valid or size == 8


# -- who is trusted, and when


def test_sources_of_trust(pki: Pki, tmp_path: Path) -> None:
    data = signed(pki.department)
    folder = tmp_path / "trusted"
    folder.mkdir()
    for identity in (pki.root, pki.intermediate):
        (folder / identity.certificate_pem.name).write_bytes(identity.certificate_pem.read_bytes())
    root, middle = pki.root.certificate_pem, pki.intermediate.certificate_der
    sources: list[Any] = [
        [root, middle],
        (str(root), str(middle)),
        {root, middle},
        iter([root, middle]),
        folder,
        str(folder),
        middle,
        TrustStore(root, intermediates=middle),
        pki.department.certificate_pem,
    ]
    for trust in sources:
        assert dicomkit.verify(dicomkit.read(data), trust).valid, trust
    for trust in (None, root, [], pki.stranger.certificate_pem):
        (result,) = verdict(data, trust)
        assert (result.intact, result.trusted) == (True, False)
        assert result.problems
    with pytest.raises(OSError, match="nowhere"):
        dicomkit.verify(dicomkit.read(data), tmp_path / "nowhere.pem")


def test_nobody_is_trusted_by_default(pki: Pki) -> None:
    found = verdict(signed(pki.rsa), None)
    assert codes(found) == {"no-trust"}
    assert not found.valid


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("expired", "time"),
        ("not_yet", "time"),
        ("self_signed", "root-not-trusted"),
        ("foreign", "issuer-unknown"),
    ],
)
def test_certificates_that_are_not_trusted(name: str, code: str, pki: Pki, trust: TrustStore) -> None:
    found = verdict(signed(getattr(pki, name)), trust)
    assert found[0].intact
    assert not found.valid
    assert code in codes(found)


def test_weak_keys_are_noticed(pki: Pki, trust: TrustStore) -> None:
    found = verdict(signed(pki.rsa1024), trust)
    assert found.valid
    assert codes(found) == {"weak-key"}


def test_the_moment_that_counts(pki: Pki, trust: TrustStore) -> None:
    """Now, or another one that was asked for, or what the signer states; that one must be in the validity anyway."""
    while_it_was_good = NOW - YEAR
    data = signed(pki.expired, time=while_it_was_good)
    assert codes(verdict(data, trust)) == {"certificate-expired"}
    assert verdict(data, trust, at="signature").valid
    assert verdict(data, trust, at=while_it_was_good + DAY).valid
    assert codes(verdict(data, trust, at=NOW - 20 * YEAR)) >= {"certificate-not-yet-valid"}
    good = signed(pki.rsa)
    assert not verdict(good, trust, at=NOW + 5 * YEAR).valid
    assert codes(verdict(signed(pki.expired), trust, at=while_it_was_good)) == {"time"}
    with pytest.raises(ValueError, match="aware"):
        dicomkit.verify(image(), trust, at=dt.datetime(2026, 1, 1))  # what is refused here


def test_revoked_certificates(pki: Pki) -> None:
    data = signed(pki.revoked)
    assert verdict(data, TrustStore(pki.root.certificate)).valid
    found = verdict(data, TrustStore(pki.root.certificate, crls=pki.root_crl.pem))
    assert codes(found) == {"certificate-revoked"}
    assert not found.valid
    assert verdict(signed(pki.rsa), TrustStore(pki.root.certificate, crls=pki.root_crl.pem)).valid


def test_times_without_a_zone(pki: Pki, trust: TrustStore) -> None:
    """They are of the zone that the data set names (0008,0201), else of that of this computer."""
    dataset = image(TimezoneOffsetFromUTC="+0530")
    sign(dataset, pki.p256)
    sign(dataset, pki.p256, tags=["SOPInstanceUID"])
    first = dataset.DigitalSignaturesSequence[0]
    first.DigitalSignatureDateTime = "20260101120000"
    found = verdict(stored(dataset), trust)
    assert not found[0].intact, "it is covered"
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    assert found[0].time == dt.datetime(2026, 1, 1, 12, tzinfo=zone)
    del dataset.TimezoneOffsetFromUTC
    found = verdict(stored(dataset), trust)
    assert found[0].time == dt.datetime(2026, 1, 1, 12).astimezone()  # of this computer
    for wrong in ("2026", "0001", "99991231235959", "00010101000000+1400", "20261301", "noon"):
        first.DigitalSignatureDateTime = wrong
        found = verdict(stored(dataset), trust)
        assert not found[0].valid
        assert found[1].valid


# -- time-stamps


def test_time_stamps(pki: Pki, trust: TrustStore, authority: Authority) -> None:
    data = signed(pki.p256, timestamp=authority.reply)
    for how in ("check", "require", "ignore"):
        found = verdict(data, trust, timestamps=how)
        assert found.valid
        assert (found[0].timestamp is None) == (how == "ignore")
    stamp = verdict(data, trust)[0].timestamp
    assert stamp is not None
    assert (stamp.intact, stamp.trusted, stamp.authority) == (True, True, "CN=Time-stamp authority")
    without = signed(pki.p256)
    found = verdict(without, trust, timestamps="require")
    assert codes(found) == {"no-timestamp"}
    assert found[0].intact
    assert not found.valid
    with pytest.raises(ValueError, match="timestamps"):
        dicomkit.verify(image(), trust, timestamps="maybe")  # type: ignore[arg-type]  # what is refused here


def test_time_stamps_of_who_is_not_trusted(pki: Pki, authority: Authority) -> None:
    """The signature is not trusted either, unless the time-stamp is ignored."""
    data = signed(pki.p256, timestamp=Authority(pki.folder, pki.foreign_tsa).reply)
    found = verdict(data, TrustStore(pki.root.certificate))
    assert (found[0].intact, found[0].trusted) == (True, False)
    assert verdict(data, TrustStore([pki.root.certificate, pki.stranger.certificate])).valid
    dataset = image()
    sign(dataset, pki.p256, timestamp=authority.reply)
    own = TrustStore(pki.p256.certificate)
    assert not verdict(stored(dataset), own).valid
    assert verdict(stored(dataset), own, timestamps="ignore").valid


def test_a_time_stamp_outlives_the_certificate(pki: Pki, trust: TrustStore, authority: Authority) -> None:
    """What was signed and stamped before a certificate expired or was revoked stays good."""
    data = signed(pki.rsa, timestamp=authority.reply)
    bare = signed(pki.rsa)
    revoked = pki.revocation_list("later", pki.root, [(pki.rsa.serial, NOW + DAY)], last=NOW + 5 * YEAR)
    store = TrustStore(pki.root.certificate, crls=revoked.crl)
    later = NOW + 2 * DAY
    assert verdict(data, store, at=later).valid
    assert codes(verdict(bare, store, at=later)) == {"certificate-revoked"}
    assert verdict(data, trust, at=NOW + 3 * YEAR).valid
    assert codes(verdict(bare, trust, at=NOW + 3 * YEAR)) == {"certificate-expired"}
    # but not what was stamped when the certificate had expired
    late = signed(pki.expired, time=NOW - YEAR, timestamp=authority.reply)
    assert not verdict(late, trust).valid
    assert not verdict(late, trust, at=NOW - YEAR).valid


def test_an_odd_signature_is_stamped_without_padding(pki: Pki, trust: TrustStore, authority: Authority) -> None:
    odd = 0
    for _ in range(8):
        dataset = image()
        sign(dataset, pki.p256, timestamp=authority.reply)
        odd += len(dataset.DigitalSignaturesSequence[0].Signature) % 2
        assert verdict(stored(dataset), trust, timestamps="require").valid
        assert verdict(dataset, trust, timestamps="require").valid
    assert odd  # all even: once in 256 runs


# -- items


def test_anchors(pki: Pki, trust: TrustStore) -> None:
    """An item of an item is anchored by what covers it at any level around it, if that is valid itself."""

    def made(*which: str) -> Dataset:
        inner = Dataset(TextValue="inner")
        middle = Dataset(TextValue="middle", ContentSequence=[inner])
        dataset = report(ContentSequence=[middle, Dataset(TextValue="other")])
        for name in which:
            item = {"inner": inner, "middle": middle}.get(name, dataset)
            tags = {"name": ["SOPInstanceUID"], "middle text": ["TextValue"]}.get(name)
            item = middle if name == "middle text" else item
            identity = pki.foreign if name == "foreign" else pki.p256
            sign(item, identity, tags=tags)
        return dataset

    for which, expected in (
        (("inner",), [False]),
        (("inner", "middle"), [False, False]),
        (("inner", "root"), [True, True]),
        (("middle", "root"), [True, True]),
        (("inner", "middle", "root"), [True, True, True]),
        (("inner", "name"), [True, False]),
        (("inner", "middle", "name"), [True, False, False]),
        (("inner", "foreign"), [True, False]),
        (("inner", "middle text", "root"), [True, True, True]),
        (("root", "inner", "name"), [True, True, True]),
    ):
        found = verdict(stored(made(*which)), trust)
        assert [result.anchored for result in found] == expected, which
        assert found.valid == (all(expected) and "foreign" not in which)
        assert verdict(made(*which), trust).valid == found.valid


def test_an_item_by_itself(pki: Pki, trust: TrustStore) -> None:
    """Who asks for an item knows where he has taken it from."""
    dataset = report(
        ContentSequence=[Dataset(TextValue="a", ContentSequence=[Dataset(TextValue="b")]), Dataset(TextValue="c")]
    )
    for item in (dataset.ContentSequence[0].ContentSequence[0], dataset.ContentSequence[0], dataset):
        sign(item, pki.p256)
    for whole in (dataset, dicomkit.read(stored(dataset))):
        found = dicomkit.verify(whole.ContentSequence[0], trust)
        examine(found)
        assert [result.path for result in found] == ["", "(0040,A730)[0]"]
        assert found.valid
        assert len(dicomkit.verify(whole.ContentSequence[1], trust)) == 0


def test_items_of_unknown_sequences(pki: Pki, trust: TrustStore) -> None:
    """A private sequence, with explicit and with implicit VR."""
    dataset = image()
    dataset.add(DataElement(Tag(0x00090010), "LO", "ACME"))
    dataset.add(DataElement(Tag(0x00091001), "SQ", [Dataset(PatientName="A", StudyID="1")]))
    sign(dataset[0x00091001].value[0], pki.p256)
    sign(dataset, pki.p256)
    assert verdict(stored(dataset), trust).valid
    found = verdict(stored(dataset, IMPLICIT_LITTLE), trust)
    assert [result.path for result in found] == ["", "(0009,1001)[0]"]
    assert found[1].intact


def test_original_attributes(pki: Pki, trust: TrustStore) -> None:
    """PS3.3 C.12.1.1.9: what was there before. It can be kept with its signature, which nobody can verify there."""
    before = image(PatientName="Old^Name")
    sign(before, pki.p256)
    kept = Dataset(PatientName="Old^Name")
    kept.MACParametersSequence = before.MACParametersSequence
    kept.DigitalSignaturesSequence = before.DigitalSignaturesSequence
    dataset = image(PatientName="New^Name")
    dataset.OriginalAttributesSequence = [Dataset(ModifyingSystem="here", ModifiedAttributesSequence=[kept])]
    sign(dataset, pki.p256)
    found = verdict(stored(dataset), trust)
    assert [result.path for result in found] == [""]
    assert found.valid

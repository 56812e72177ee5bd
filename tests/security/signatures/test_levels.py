"""Signatures where they stand: the levels that have some, their MAC parameters, and how they are put in and taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError, Tag
from dicomkit.security.signatures.levels import (
    Level,
    add_signature,
    free_mac_id,
    insert_timestamp,
    levels,
    remove_signature,
    remove_signatures,
    value_of,
)
from dicomkit.security.trust.store import TrustStore
from tests.reference.encoding import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Item, Sequence, file_bytes
from tests.security.pki import Pki
from tests.security.signature_instances import image, report
from tests.security.signed import MAC_PARAMETERS, SIGNATURES, verdict

CONTENT = 0x0040A730
ORIGINAL = 0x04000561
A_SIGNATURE = Sequence(SIGNATURES, (Item((Element(0x04000005, "US", b"\0\0"),)),))


def stored(dataset: Dataset) -> Dataset:
    """What is read when it was stored."""
    return dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))


def nested() -> Dataset:
    """Signatures at the root, in items, and in an item of an item."""

    def made(**values: Any) -> Dataset:
        dataset = Dataset(**values)
        dataset.MACParametersSequence = [Dataset(MACIDNumber=7)]
        dataset.DigitalSignaturesSequence = [Dataset(MACIDNumber=7, DigitalSignatureUID=f"1.2.{values['StudyID']}")]
        return dataset

    inner = made(StudyID="3")
    items = [made(StudyID="1"), Dataset(StudyID="0"), made(StudyID="2", ContentSequence=[inner])]
    return made(StudyID="4", ContentSequence=items, SOPInstanceUID="1.2")


PATHS = ["(0040,A730)[0]", "(0040,A730)[2].(0040,A730)[0]", "(0040,A730)[2]", ""]

Made = Callable[[], Dataset]
KINDS: dict[str, Made] = {
    "made": nested,
    "read": lambda: stored(nested()),
    "implicit": lambda: dicomkit.read(nested().to_bytes(transfer_syntax=IMPLICIT_LITTLE, meta="new")),
    "changed": lambda: _changed(stored(nested())),
}


def _changed(dataset: Dataset) -> Dataset:
    dataset.PatientID = "1"
    return dataset


# -- levels


@pytest.mark.parametrize("kind", KINDS)
def test_levels(kind: str) -> None:
    dataset = KINDS[kind]()
    found = list(levels(dataset))
    assert sorted(level.path for level in found) == sorted(PATHS)
    for level in found:
        (signature,) = level.signatures()
        assert signature.DigitalSignatureUID == f"1.2.{level.item.StudyID}"
        (parameters,) = level.mac_parameters(7)
        assert parameters.MACIDNumber == 7
        assert level.mac_parameters(8) == []
        assert [tag for _, tag in level.around] == [CONTENT] * level.path.count("A730")
        assert not level.around or level.around[0][0] is dataset
        assert (level.repeated, level.hidden, level.is_original) == (False, False, False)


@pytest.mark.parametrize("kind", KINDS)
def test_levels_of_an_item(kind: str) -> None:
    """Paths begin at what was asked for."""
    item = KINDS[kind]().ContentSequence[2]
    assert sorted(level.path for level in levels(item)) == ["", "(0040,A730)[0]"]
    assert list(levels(KINDS[kind]().ContentSequence[1])) == []


def test_items_are_those_of_the_data_set() -> None:
    """A change of one is a change of the data set."""
    for made in KINDS.values():
        dataset = made()
        for level in levels(dataset):
            level.item.StudyDescription = "changed"
        assert [item.get("StudyDescription") for item in dataset.ContentSequence] == ["changed", None, "changed"]
        assert dataset.ContentSequence[2].ContentSequence[0].StudyDescription == "changed"


def test_levels_of_what_the_vr_hides() -> None:
    """Sequences with the VR UN (PS3.5 6.2.2), those with another one, and pixel data."""
    for vr in ("SQ", "UN"):
        nodes = (Element(0x00080018, "UI", b"1.2\0"), Sequence(CONTENT, (Item(), Item((A_SIGNATURE,))), vr=vr))
        dataset = dicomkit.read(file_bytes(nodes))
        assert [level.path for level in levels(dataset)] == ["(0040,A730)[1]"]
        dataset.PatientID = "1"
        assert [level.path for level in levels(dataset)] == ["(0040,A730)[1]"]
    private = Sequence(0x00091001, (Item((A_SIGNATURE,)),))
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE):
        dataset = dicomkit.read(file_bytes((Element(0x00090010, "LO", b"ACME"), private), syntax))
        assert [level.path for level in levels(dataset)] == ["(0009,1001)[0]"]


def test_levels_with_several_sequences() -> None:
    for tag in (SIGNATURES, MAC_PARAMETERS):
        other = Sequence(tag, (Item(),))
        nodes = sorted((Sequence(MAC_PARAMETERS), A_SIGNATURE, other), key=lambda node: node.tag)
        (level,) = levels(dicomkit.read(file_bytes(nodes)))
        assert level.repeated
        (level,) = levels(dicomkit.read(file_bytes((Sequence(CONTENT, (Item(tuple(nodes)),)),))))
        assert level.repeated
    (level,) = levels(dicomkit.read(file_bytes((Sequence(MAC_PARAMETERS), A_SIGNATURE))))
    assert not level.repeated


def test_levels_that_nothing_leads_to() -> None:
    item = Item((A_SIGNATURE,))
    sequence = Sequence(CONTENT, (Item(), item))
    for nodes, path in (
        ((Sequence(CONTENT), sequence), "(0040,A730)[1]"),
        ((Element(CONTENT, "LO", b"ab"), sequence), "(0040,A730)[1]"),
        ((Sequence(CONTENT, (item, item)), sequence), "(0040,A730)[1]"),
        ((Sequence(CONTENT), Sequence(CONTENT, (Item((sequence,)),))), "(0040,A730)[0]"),
        ((Sequence(CONTENT, (Item((Sequence(CONTENT), sequence)),)),), "(0040,A730)[0].(0040,A730)[1]"),
    ):
        found = list(levels(dicomkit.read(file_bytes(nodes))))
        (hidden,) = [level for level in found if level.hidden]
        assert hidden.path == path
        assert hidden.signatures() == []
        assert list(hidden.item) == []


def test_original_attributes() -> None:
    modified = Sequence(0x04000550, (Item((A_SIGNATURE,)),))
    nodes = (Sequence(CONTENT, (Item((A_SIGNATURE,)),)), Sequence(ORIGINAL, (Item((modified,)),)))
    assert [level.is_original for level in levels(dicomkit.read(file_bytes(nodes)))] == [False, True]
    nodes = (Sequence(CONTENT, (Item(nodes),)),)
    assert [level.is_original for level in levels(dicomkit.read(file_bytes(nodes)))] == [False, True]


def test_a_snapshot() -> None:
    for made in KINDS.values():
        dataset = made()
        level = Level(dataset)
        snapshot = level.snapshot()
        assert level.snapshot() is snapshot
        before = list(snapshot.keys())
        dataset.PatientComments = "later"
        assert list(snapshot.keys()) == before


def test_values_that_cannot_be_read() -> None:
    dataset = dicomkit.read(file_bytes((Element(0x00280010, "US", b"\1\0\2"), Element(0x00186020, "SL", b"abcdef"))))
    for tag in (0x00186020, 0x00280010, 0x00100010, SIGNATURES):
        value_of(dataset, tag)
    assert value_of(dataset, 0x00100010) is None


# -- numbers


def test_free_numbers() -> None:
    """The lowest that neither sequence has."""
    dataset = Dataset()
    assert free_mac_id(dataset) == 0
    dataset.MACParametersSequence = [Dataset(MACIDNumber=number) for number in (0, 2, 5)]
    assert free_mac_id(dataset) == 1
    dataset.DigitalSignaturesSequence = [Dataset(MACIDNumber=number) for number in (1, 3)]
    assert free_mac_id(dataset) == 4
    dataset.DigitalSignaturesSequence[0].add(DataElement(Tag("MACIDNumber"), "SQ", [Dataset()]))
    assert free_mac_id(dataset) == 1


def test_no_number_is_free() -> None:
    number = Element(0x04000005, "US", b"")
    items = tuple(Item((Element(number.tag, "US", value.to_bytes(2, "little")),)) for value in range(1 << 16))
    for missing in (None, 0, 65535, 40_000):
        left = items if missing is None else items[:missing] + items[missing + 1 :]
        dataset = dicomkit.read(file_bytes((Sequence(MAC_PARAMETERS, left),)))
        if missing is not None:
            assert free_mac_id(dataset) == missing
            continue
        with pytest.raises(SignatureError, match="65,536"):
            free_mac_id(dataset)


# -- adding and removing


def test_adding() -> None:
    dataset = image()
    for number in range(3):
        add_signature(dataset, Dataset(MACIDNumber=number), Dataset(MACIDNumber=number, DigitalSignatureUID=f"1.{number}"))
    dataset = stored(dataset)
    assert [item.MACIDNumber for item in dataset.MACParametersSequence] == [0, 1, 2]
    assert [item.DigitalSignatureUID for item in dataset.DigitalSignaturesSequence] == ["1.0", "1.1", "1.2"]
    add_signature(dataset, Dataset(MACIDNumber=3), Dataset(MACIDNumber=3))
    assert len(dataset.MACParametersSequence) == len(dataset.DigitalSignaturesSequence) == 4


def test_adding_where_something_else_is() -> None:
    for tag in (MAC_PARAMETERS, SIGNATURES):
        dataset = image()
        dataset.add(DataElement(Tag(tag), "LO", "a"))
        with pytest.raises(SignatureError, match="no sequence"):
            add_signature(dataset, Dataset(), Dataset())
        assert len(dataset) == len(image()) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_removing_one(kind: str) -> None:
    """With its parameters; what is left of the sequences goes, too, if it is empty."""
    for uid, path in (("1.2.4", ""), ("1.2.1", "(0040,A730)[0]"), ("1.2.3", "(0040,A730)[2].(0040,A730)[0]")):
        dataset = KINDS[kind]()
        remove_signature(dataset, uid)
        left = stored(dataset)
        assert sorted(level.path for level in levels(left)) == sorted({*PATHS} - {path})
        for level in (left, left.ContentSequence[0], left.ContentSequence[2], left.ContentSequence[2].ContentSequence[0]):
            assert ("MACParametersSequence" in level) == ("DigitalSignaturesSequence" in level)
    dataset = KINDS[kind]()
    with pytest.raises(SignatureError, match=r"no signature with the UID 1\.2\.9"):
        remove_signature(dataset, "1.2.9")
    assert sorted(level.path for level in levels(dataset)) == sorted(PATHS)


def test_parameters_that_another_signature_has() -> None:
    """They stay; those that no signature has stay as well, since nobody knows whose they are."""
    dataset = image()
    dataset.MACParametersSequence = [Dataset(MACIDNumber=number) for number in (0, 1, 1, 2)]
    dataset.DigitalSignaturesSequence = [
        Dataset(MACIDNumber=number, DigitalSignatureUID=f"1.{place}") for place, number in enumerate((0, 1, 0))
    ]
    remove_signature(dataset, "1.0")
    assert [item.MACIDNumber for item in dataset.MACParametersSequence] == [0, 1, 1, 2]
    remove_signature(dataset, "1.1")
    assert [item.MACIDNumber for item in dataset.MACParametersSequence] == [0, 2]
    remove_signature(dataset, "1.2")
    assert "DigitalSignaturesSequence" not in dataset
    assert [item.MACIDNumber for item in dataset.MACParametersSequence] == [2]


def test_removing_a_signature_without_parameters() -> None:
    dataset = image(DigitalSignaturesSequence=[Dataset(DigitalSignatureUID="1.1"), Dataset(DigitalSignatureUID="1.2")])
    remove_signature(dataset, "1.1")
    assert [item.DigitalSignatureUID for item in dataset.DigitalSignaturesSequence] == ["1.2"]


@pytest.mark.parametrize("kind", KINDS)
def test_removing_all(kind: str) -> None:
    dataset = KINDS[kind]()
    assert remove_signatures(dataset) == 4
    assert remove_signatures(dataset) == 0
    for left in (dataset, stored(dataset)):
        tags = {int(element.tag) for element in left.walk()}
        assert not {MAC_PARAMETERS, SIGNATURES, 0x04000100} & tags
        assert left.ContentSequence[2].ContentSequence[0].StudyID == "3"


def test_removing_all_but_the_original_ones() -> None:
    """They are of what was there before."""
    modified = Sequence(0x04000550, (Item((A_SIGNATURE,)),))
    dataset = dicomkit.read(file_bytes((Sequence(ORIGINAL, (Item((modified,)),)), A_SIGNATURE)))
    assert remove_signatures(dataset) == 1
    assert [level.path for level in levels(dataset)] == ["(0400,0561)[0].(0400,0550)[0]"]


def test_removing_what_is_damaged() -> None:
    for sequence in (Element(SIGNATURES, "OB", b"ab"), Sequence(SIGNATURES), Element(SIGNATURES, "UN", b"ab")):
        dataset = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"), Sequence(MAC_PARAMETERS), sequence)))
        assert remove_signatures(dataset) == 0
        assert [int(element.tag) for element in dicomkit.read(dataset.to_bytes())] == [0x00080018]


def test_removing_what_is_there_twice() -> None:
    """All of it."""
    nodes = (
        Element(0x00080018, "UI", b"1.2\0"),
        Sequence(MAC_PARAMETERS),
        Sequence(MAC_PARAMETERS),
        A_SIGNATURE,
        A_SIGNATURE,
    )
    dataset = dicomkit.read(file_bytes(nodes))
    assert remove_signatures(dataset) == 1
    assert [int(element.tag) for element in dicomkit.read(dataset.to_bytes())] == [0x00080018]
    assert list(levels(dicomkit.read(dataset.to_bytes()))) == []


def test_removing_breaks_no_other(pki: Pki, trust: TrustStore) -> None:
    """No signature is covered by another (PS3.3 C.12.1.1.3.1.1)."""
    dataset = report(ContentSequence=[Dataset(TextValue="a")])
    items = (dataset.ContentSequence[0], dataset, dataset)
    uids = [dicomkit.sign(item, pki.p256.key, pki.p256.certificate) for item in items]
    data = dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")
    for uid in uids:
        dataset = dicomkit.read(data)
        remove_signature(dataset, uid)
        found = verdict(dataset.to_bytes(), trust)
        assert found.valid
        assert {result.uid for result in found} == set(uids) - {uid}


# -- time-stamps


def test_inserting_a_time_stamp(pki: Pki, trust: TrustStore) -> None:
    """Before, between and behind: no MAC is calculated from it, so nothing breaks."""
    dataset = report(ContentSequence=[Dataset(TextValue="a")])
    items = (dataset.ContentSequence[0], dataset, dataset)
    uids = [dicomkit.sign(item, pki.p256.key, pki.p256.certificate) for item in items]
    for uid in uids:
        for token in (b"first", b"second"):
            insert_timestamp(dataset, uid, token)
    found = verdict(stored(dataset), trust, timestamps="ignore")
    assert found.valid
    for item in (dataset.ContentSequence[0].DigitalSignaturesSequence[0], *dataset.DigitalSignaturesSequence):
        assert (item.CertifiedTimestampType, item.CertifiedTimestamp) == ("CMS_TSP", b"second")
        assert [item["CertifiedTimestampType"].vr, item["CertifiedTimestamp"].vr] == ["CS", "OB"]
    with pytest.raises(SignatureError, match="no signature with the UID"):
        insert_timestamp(dataset, "1.2.3", b"token")

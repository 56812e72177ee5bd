"""Signatures and signed items that stand elsewhere than they were made, and very many of them."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import pytest

import dicomkit
from dicomkit.security.signatures import verify
from dicomkit.security.signatures.levels import remove_signatures
from dicomkit.security.trust.store import TrustStore
from tests.hostile.signed_report import (
    CONTENT,
    INNER,
    INNER_PATH,
    NAME,
    NARROW,
    SOP_INSTANCE,
    WIDE,
    unsigned,
)
from tests.reference.encoding import (
    IMPLICIT_LITTLE,
    Element,
    Item,
    Sequence,
)
from tests.security.pki import Pki
from tests.security.signed import (
    MAC_PARAMETERS,
    SECONDS,
    SIGNATURES,
    Nodes,
    added,
    codes,
    edited,
    node_at,
    nodes_of,
    nothing,
    stored,
    twice,
    verdict,
)

# -- signatures, parameters and signed items that stand elsewhere


def test_a_signature_at_another_level(signed: Nodes, trust: TrustStore) -> None:
    """With its parameters: it is then one of what is there."""
    moved = (node_at(signed, MAC_PARAMETERS), node_at(signed, SIGNATURES))
    bare = edited(edited(signed, (SIGNATURES,), nothing), (MAC_PARAMETERS,), nothing)
    into_item = edited(bare, (CONTENT, 1), lambda item: [replace(item, elements=added(item.elements, *moved))])
    report = verdict(stored(into_item), trust)
    assert [result.path for result in report] == ["(0040,A730)[1]"] * 2 + [INNER_PATH]
    assert not any(result.intact for result in report[:2])
    assert not report.valid
    with_inner = [node_at(signed, *INNER[:-2], tag) for tag in (MAC_PARAMETERS, SIGNATURES)]
    report = verdict(stored(added(bare, *with_inner)), trust)
    assert not any(result.valid for result in report)


def test_parameters_at_another_level(signed: Nodes, trust: TrustStore) -> None:
    """Those around an item are not its own."""
    without = edited(signed, (*INNER[:-2], MAC_PARAMETERS), nothing)
    report = verdict(stored(without), trust)
    assert "mac-parameters" in codes(report)
    assert not report[2].intact
    moved = node_at(signed, MAC_PARAMETERS)
    inside = edited(
        edited(signed, (MAC_PARAMETERS,), nothing),
        (CONTENT, 1),
        lambda item: [replace(item, elements=added(item.elements, moved))],
    )
    assert not any(result.valid for result in verdict(stored(inside), trust))
    inside = edited(
        edited(signed, (MAC_PARAMETERS,), nothing), WIDE, lambda item: [replace(item, elements=added(item.elements, moved))]
    )
    assert not any(result.valid for result in verdict(stored(inside), trust))


@pytest.fixture(scope="module")
def signed_item(pki: Pki) -> Nodes:
    """Signatures of an item, and of some elements of the data set, but not of the sequence."""
    dataset = unsigned()
    dicomkit.sign(dataset.ContentSequence[0], pki.p256.key, pki.p256.certificate)
    dicomkit.sign(dataset, pki.p384.key, pki.p384.certificate, tags=["PatientName", "SOPInstanceUID"])
    return nodes_of(dataset)


def test_a_signed_item_that_is_not_anchored(signed_item: Nodes, trust: TrustStore) -> None:
    """Its signature says nothing of where it stands: wherever that is, it is intact and not valid."""
    item = node_at(signed_item, CONTENT, 0)
    other = node_at(signed_item, CONTENT, 1)
    places = {
        "where it was": signed_item,
        "at another position": edited(signed_item, (CONTENT,), lambda node: [Sequence(CONTENT, (other, item))]),
        "twice": edited(signed_item, (CONTENT, 0), twice),
        "alone": edited(signed_item, (CONTENT, 1), nothing),
        "in another sequence": added(edited(signed_item, (CONTENT,), nothing), Sequence(0x0040A073, (item,))),
        "in an item": edited(signed_item, (CONTENT, 1), lambda _: [Item((Sequence(CONTENT, (item,)),))]),
    }
    for name, nodes in places.items():
        report = verdict(stored(nodes), trust)
        of_item = [result for result in report if result.path]
        assert len(of_item) == (2 if name in ("twice", "in an item") else 1)
        assert all(result.intact and result.trusted and not result.anchored for result in of_item), name
        assert "not-anchored" in codes(report)
        assert not report.valid
        assert report[0].valid, name


def test_a_signed_item_that_was_anchored(pki: Pki, trust: TrustStore) -> None:
    """A signature around it says where it stands, so moving it breaks that one, and with it the anchor."""
    dataset = unsigned()
    dicomkit.sign(dataset.ContentSequence[0], pki.p256.key, pki.p256.certificate)
    dicomkit.sign(dataset, pki.p384.key, pki.p384.certificate)
    nodes = nodes_of(dataset)
    assert verdict(stored(nodes), trust).valid
    item, other = node_at(nodes, CONTENT, 0), node_at(nodes, CONTENT, 1)
    for items in ((other, item), (item, item, other), (item,), (item, other, item), (item, other, Item())):
        report = verdict(stored(edited(nodes, (CONTENT,), lambda _, items=items: [Sequence(CONTENT, items)])), trust)
        assert not report[0].intact
        assert not any(result.valid for result in report)
    # put into a sequence that is not covered, it is not anchored there, though the data set's own signature holds
    report = verdict(stored(added(nodes, Sequence(0x0040A073, (item,)))), trust)
    assert [(result.path, result.valid) for result in report] == [
        ("", True),
        ("(0040,A073)[0]", False),
        ("(0040,A730)[0]", True),
    ]
    assert report[0].outside == (0x0040A073,)
    assert not report.valid


def test_anchors_must_be_valid(pki: Pki, trust: TrustStore) -> None:
    """Not only intact: else anybody could anchor what he has taken from elsewhere."""
    dataset = unsigned()
    dicomkit.sign(dataset.ContentSequence[0], pki.p256.key, pki.p256.certificate)
    dicomkit.sign(dataset, pki.foreign.key, pki.foreign.certificate)
    report = verdict(stored(nodes_of(dataset)), trust)
    assert [(result.intact, result.trusted, result.anchored) for result in report] == [
        (True, False, True),
        (True, True, False),
    ]


def test_a_signed_data_set_in_an_item(signed: Nodes, trust: TrustStore, pki: Pki) -> None:
    """Signature wrapping: what stands around it is not what was signed."""
    evil = unsigned()
    evil.PatientName = "Nobody"
    for sequence in (CONTENT, 0x00091001, 0x04000561, 0x00081115):
        around = added([node for node in nodes_of(evil) if node.tag != CONTENT], Sequence(sequence, (Item(signed),)))
        report = verdict(stored(around), trust)
        assert not report.valid
        assert not any(result.valid for result in report)
        assert all(result.path for result in report)
    # also if somebody has signed what is around it, but not that
    dicomkit.sign(evil, pki.p384.key, pki.p384.certificate, tags=["PatientName"])
    report = verdict(stored(added(nodes_of(evil), Sequence(0x00081115, (Item(signed),)))), trust)
    assert [result.valid for result in report] == [True, False, False, False]
    assert not report.valid


def test_signatures_among_original_attributes(signed: Nodes, trust: TrustStore) -> None:
    """PS3.3 C.12.1.1.9: they are of what was there before."""
    modified = Sequence(
        0x04000550, (Item((node_at(signed, NAME), *(node_at(signed, tag) for tag in (MAC_PARAMETERS, SIGNATURES)))),)
    )
    report = verdict(stored(added(signed, Sequence(0x04000561, (Item((modified,)),)))), trust)
    assert [result.valid for result in report] == [True, True, True]
    bare = Sequence(0x04000561, (Item((Sequence(0x04000550, (Item(signed),)),)),))
    report = verdict(stored((*[node for node in signed if node.tag not in (MAC_PARAMETERS, SIGNATURES)], bare)), trust)
    assert [(bool(result.path), result.valid) for result in report] == [(True, False)]  # of an item of the data set
    assert not report.valid


def test_a_signature_in_a_signature(signed: Nodes, trust: TrustStore) -> None:
    """No signature covers what stands there, so none of these is anchored; and what is added to an item breaks it."""
    pair = (node_at(signed, MAC_PARAMETERS), node_at(signed, SIGNATURES))
    report = verdict(
        stored(edited(signed, NARROW, lambda item: [replace(item, elements=added(item.elements, *pair))])), trust
    )
    assert not report.valid
    assert not any(result.valid for result in report if result.path.startswith("(FFFA,FFFA)"))


def test_added_elements(signed: Nodes, trust: TrustStore) -> None:
    """They break nothing and stand outside; inside of what is covered they break it."""
    comment = Element(0x00104000, "LT", b"more")
    report = verdict(stored(added(signed, comment)), trust)
    assert report.valid
    assert report[1].outside == (0x00104000,)
    for path in ((CONTENT, 0), (CONTENT, 1), (CONTENT, 0, CONTENT, 0)):
        nodes = edited(signed, path, lambda item: [replace(item, elements=added(item.elements, comment))])
        report = verdict(stored(nodes), trust)
        assert report[0].valid
        assert not report[1].valid
        assert not report[2].valid, "it is anchored no longer"
        assert report[2].outside == ((0x00104000,) if len(path) == 4 else ())
    for path in (NARROW, WIDE):
        nodes = edited(signed, path, lambda item: [replace(item, elements=added(item.elements, comment))])
        assert not verdict(stored(nodes), trust)[path[1]].valid


@pytest.mark.parametrize("tag", [SOP_INSTANCE, NAME, 0x00100020, CONTENT, 0x7FE00010])
def test_signed_elements_that_are_there_twice(tag: int, signed: Nodes, trust: TrustStore) -> None:
    """A reader takes one of them, perhaps another one than was verified here."""
    evil = Sequence(tag) if tag == CONTENT else Element(tag, node_at(signed, tag).vr, b"9\0")
    for change in (twice, lambda node: [node, evil], lambda node: [evil, node]):
        report = verdict(stored(edited(signed, (tag,), change)), trust)
        assert not report[1].valid
        assert report[0].valid == (tag not in (SOP_INSTANCE, NAME))
    at_the_end = (*signed, evil)
    report = verdict(stored(at_the_end), trust)
    assert not report[1].valid


def test_a_signature_in_a_sequence_that_is_there_twice(signed_item: Nodes, trust: TrustStore) -> None:
    """A reader that takes the first one does not see it, another one does."""
    for change in (lambda node: [Sequence(CONTENT), node], lambda node: [Element(CONTENT, "LO", b"ab"), node], twice):
        report = verdict(stored(edited(signed_item, (CONTENT,), change)), trust)
        assert "hidden-signature" in codes(report)
        assert not report.valid
        assert report[0].valid
    hidden = edited(signed_item, (CONTENT, 0), lambda item: [item] * 3)
    report = verdict(stored(edited(hidden, (CONTENT,), lambda node: [Sequence(CONTENT, (Item(),)), node])), trust)
    assert len(report.problems) == 3


def test_elements_in_another_order(signed: Nodes, trust: TrustStore) -> None:
    """PS3.5 7.1 has them ordered by tag, and the MAC is calculated in that order; no order lets another element in."""
    for seed in range(20):
        nodes = list(signed)
        Random(seed).shuffle(nodes)
        report = verdict(stored(nodes), trust)
        assert all(result.intact for result in report)
    evil = Element(NAME, "PN", b"Nobody")
    for nodes in ((evil, *signed), (*signed[:1], evil, *signed[1:])):
        assert not any(result.valid for result in verdict(stored(nodes), trust))


def test_other_encodings_of_the_same(signed: Nodes, trust: TrustStore) -> None:
    """Undefined lengths, implicit VR, other byte order: the MAC is that of its own transfer syntax."""
    undefined = edited(signed, (CONTENT,), lambda node: [replace(node, undefined=True)])
    undefined = edited(undefined, (CONTENT, 0), lambda item: [replace(item, undefined=True)])
    undefined = edited(undefined, (SIGNATURES,), lambda node: [replace(node, undefined=True)])
    for nodes in (signed, undefined):
        assert verdict(stored(nodes), trust).valid
        assert verdict(stored(nodes, IMPLICIT_LITTLE), trust).valid


# -- very many of them


def test_thousands_of_signatures(signed: Nodes, trust: TrustStore) -> None:
    began = time.process_time()
    narrow = node_at(signed, *NARROW)
    report = verdict(stored(edited(signed, NARROW, lambda item: [item] * 3000)), trust)
    assert len(report) == 1000
    assert "too-many-signatures" in codes(report)
    assert not report.valid
    for items in ((Item(),) * 50_000, (narrow,) * 1001, (Item(narrow.elements[:2]),) * 20_000):
        nodes = edited(signed, (SIGNATURES,), lambda _, items=items: [Sequence(SIGNATURES, items)])
        report = verdict(stored(nodes), trust)
        assert not report.valid
        assert len(report) == 1000
    assert time.process_time() - began < 4 * SECONDS


def test_thousands_of_levels(signed_item: Nodes, trust: TrustStore) -> None:
    empty = Item((Sequence(SIGNATURES),))
    for items in ((node_at(signed_item, CONTENT, 0),) * 2000, (empty,) * 20_000):
        nodes = edited(signed_item, (CONTENT,), lambda _, items=items: [Sequence(CONTENT, items)])
        report = verdict(stored(nodes), trust)
        assert "too-many-signatures" in codes(report)
        assert report[0].valid, "the data set's own come first"
        assert len(report) + len(report.problems) == 1001


def test_signatures_one_in_another(signed_item: Nodes, trust: TrustStore) -> None:
    """As deep as sequences go."""
    pair = [node for node in node_at(signed_item, CONTENT, 0).elements if node.tag in (MAC_PARAMETERS, SIGNATURES)]
    nodes: Nodes = tuple(pair)
    for _ in range(125):
        nodes = added(pair, Sequence(CONTENT, (Item(nodes),)))
    report = verdict(stored(nodes), trust)
    assert len(report) == 126
    assert not any(result.valid for result in report)
    dataset = dicomkit.read(stored(nodes))
    dataset.PatientName = "changed"
    assert len(verdict(dataset, trust)) == 126
    assert remove_signatures(dataset) == 126


def test_signatures_that_cover_much(signed: Nodes, trust: TrustStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """All together they may not have more hashed than a multiple of what one of them covers."""
    monkeypatch.setattr(verify, "MOST_HASHED", 1000)
    nodes = edited(signed, WIDE, lambda item: [item] * 70)
    report = verdict(stored(nodes), trust)
    assert "too-much" in codes(report)
    assert [result.intact for result in report[1:71]] == [True] * 63 + [False] * 7
    assert verdict(stored(signed), trust).valid

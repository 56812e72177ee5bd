"""Signatures that somebody tampered with: a report says that they are not valid, and why. Never an error, never slow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, ParseError, SignatureError
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.levels import levels, remove_signatures
from dicomkit.security.signatures.mac import mac_parts
from dicomkit.security.signatures.report import SignatureReport, SignatureResult
from dicomkit.security.trust.store import TrustStore
from tests.fuzz.mutations import MUTATIONS
from tests.hostile.signed_report import (
    INNER,
    INNER_PATH,
    NARROW,
    OF_NARROW,
    OF_WIDE,
    WIDE,
    stamp_of,
    tags,
)
from tests.hostile.survival import element_headers
from tests.reference.encoding import (
    EXPLICIT,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Item,
    Sequence,
)
from tests.security.pki import Pki
from tests.security.signed import (
    CERTIFICATE,
    CERTIFICATE_TYPE,
    ELEMENTS_SIGNED,
    MAC_ALGORITHM,
    MAC_ID,
    MAC_PARAMETERS,
    MAC_SYNTAX,
    PURPOSE,
    SIGNATURE,
    SIGNATURE_TIME,
    SIGNATURE_UID,
    SIGNATURES,
    TIMESTAMP,
    TIMESTAMP_TYPE,
    Change,
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
    with_value,
    with_vr,
)

# -- elements that are missing, there twice, or something else

ELEMENTS = {
    "MAC ID": (*WIDE, MAC_ID),
    "UID": (*WIDE, SIGNATURE_UID),
    "time": (*WIDE, SIGNATURE_TIME),
    "certificate type": (*WIDE, CERTIFICATE_TYPE),
    "certificate": (*WIDE, CERTIFICATE),
    "signature": (*WIDE, SIGNATURE),
    "timestamp type": (*WIDE, TIMESTAMP_TYPE),
    "purpose": (*WIDE, PURPOSE),
    "MAC ID of parameters": (*OF_WIDE, MAC_ID),
    "MAC syntax": (*OF_WIDE, MAC_SYNTAX),
    "MAC algorithm": (*OF_WIDE, MAC_ALGORITHM),
    "elements signed": (*OF_WIDE, ELEMENTS_SIGNED),
}
VRS = ("AT", "CS", "DT", "FD", "IS", "LO", "OB", "OW", "PN", "SH", "SL", "SQ", "UC", "UI", "UL", "UN", "US", "UT", "QQ")


def untouched(report: SignatureReport) -> bool:
    """Whether the other signature of the data set is valid still."""
    return [result.valid for result in report if result.mac == "SHA256" and result.key == "EC secp384r1"] == [True]


@pytest.mark.parametrize("name", ELEMENTS)
@pytest.mark.parametrize("change", [nothing, with_value(b"")], ids=["missing", "empty"])
def test_missing_elements(name: str, change: Change, signed: Nodes, trust: TrustStore) -> None:
    report = verdict(
        stored(edited(signed, ELEMENTS[name], change))
        if name != "purpose" or change is nothing
        else stored(edited(signed, ELEMENTS[name], lambda node: [replace(node, items=())])),
        trust,
    )
    wide = report[1]
    assert not wide.valid
    assert untouched(report)
    assert not report[2].anchored, "it stands on the one that is broken"


@pytest.mark.parametrize("name", [*ELEMENTS, "timestamp"])
@pytest.mark.parametrize("first", [True, False])
def test_elements_that_are_there_twice(name: str, first: bool, signed: Nodes, trust: TrustStore) -> None:
    """Readers differ in which of the two they take, so it does not matter which one is right."""
    path = (*WIDE, TIMESTAMP) if name == "timestamp" else ELEMENTS[name]

    def change(node: Any) -> list[Any]:
        other = replace(node, items=()) if isinstance(node, Sequence) else replace(node, value=b"1\0")
        return [node, other] if first else [other, node]

    report = verdict(stored(edited(signed, path, change)), trust)
    assert not report[1].valid
    assert untouched(report)
    assert not verdict(stored(edited(signed, path, twice)), trust)[1].valid


@pytest.mark.parametrize("name", [*ELEMENTS, "timestamp"])
def test_elements_with_another_vr(name: str, signed: Nodes, trust: TrustStore) -> None:
    path = (*WIDE, TIMESTAMP) if name == "timestamp" else ELEMENTS[name]
    vr = node_at(signed, *path).vr
    for other in VRS:
        report = verdict(stored(edited(signed, path, with_vr(other))), trust)
        assert untouched(report)
        assert report[1].valid == (other == vr), other


def garbage_of(value: bytes) -> Iterator[bytes]:
    """What might stand in the place of a value: parts of it, changed ones, too long ones, something else."""
    yield from (value[:-2], value[:2], value + value, value + b"\0\0", b"\0" + value[:-1], value[::-1])
    yield from (b"\0\0", b"\xff" * 64, b"0\x80\0\0", b"0\x84\xff\xff\xff\xff", b"0\x82" + b"0\x82" * 500, bytes(2000))
    yield from (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", b"1.2.840.10008.1.2\\1.2.840.10008.1.2.1")
    random = Random(value)
    for _ in range(40):
        changed = bytearray(value)
        for _ in range(random.randint(1, 3)):
            changed[random.randrange(len(value))] = random.choice((0, 1, 0x30, 0x7F, 0x80, 0xFF, random.randrange(256)))
        yield bytes(changed)


def meaning(vr: str, value: bytes) -> object:
    """What a value says, whatever stands around it or how often it says it."""
    if vr == "AT":
        return frozenset(value[at : at + 4] for at in range(0, len(value), 4))
    if value == b"CMS_TS":  # which DCMTK takes for the same as CMS_TSP
        value += b"P"
    return value.strip(b"\0 ") if vr in ("CS", "UI", "DT") else value


@pytest.mark.parametrize("name", [name for name in [*ELEMENTS, "timestamp"] if name != "purpose"])
def test_garbage(name: str, signed: Nodes, trust: TrustStore) -> None:
    path = (*WIDE, TIMESTAMP) if name == "timestamp" else ELEMENTS[name]
    before = node_at(signed, *path)
    for value in garbage_of(before.value):
        even = value + bytes(len(value) % 2)
        report = verdict(stored(edited(signed, path, with_value(even))), trust)
        assert untouched(report) or name == "MAC ID of parameters"  # which may have become that of the other
        if name == "timestamp" and report[1].valid:
            assert stamp_of(report[1]) == stamp_of(verdict(stored(signed), trust)[1])
        else:
            assert not report[1].valid or meaning(before.vr, even) == meaning(before.vr, before.value), even


def test_a_padded_signature(signed: Nodes, trust: TrustStore) -> None:
    """A value has an even length; nothing else may follow a signature, a certificate or a time-stamp."""
    for path in ((*WIDE, SIGNATURE), (*NARROW, SIGNATURE), (*WIDE, CERTIFICATE), (*WIDE, TIMESTAMP)):
        value = node_at(signed, *path).value
        for more in (b"\0\0", b"\1\0", b"\0" * 100, b"  "):
            report = verdict(stored(edited(signed, path, with_value(value + more))), trust)
            assert not report[1 if path[:2] == WIDE else 0].valid, (path, more)


# -- lists of tags

NEVER = (0x00020010, 0x00080000, 0x00080001, MAC_PARAMETERS, SIGNATURES, 0xFFFA0010, 0xFFFCFFFC, 0xFFFEE000, 0xFFFEE00D)


@pytest.mark.parametrize("tag", NEVER)
def test_lists_with_what_is_never_signed(tag: int, signed: Nodes, trust: TrustStore) -> None:
    """It is not covered, whatever the list says (PS3.3 C.12.1.1.3.1.1); the list itself is not signed."""
    path = (*OF_WIDE, ELEMENTS_SIGNED)
    more = with_value(node_at(signed, *path).value + tags(tag))
    report = verdict(stored(edited(signed, path, more)), trust)
    assert tag not in report[1].covered
    assert not report[1].valid or tag not in dicomkit.read(stored(signed))
    assert verdict(stored(edited(signed, path, with_value(tags(tag)))), trust)[1].valid is False
    if tag in (0x00080000, 0x00080001, 0xFFFCFFFC):
        elements = added(signed, Element(tag, "OB" if tag == 0xFFFCFFFC else "UL", bytes(4)))
        report = verdict(stored(edited(elements, path, more)), trust)
        assert "not-signable" in codes(report)
        assert not report[1].valid


def test_lists_that_say_more_or_less(signed: Nodes, trust: TrustStore) -> None:
    path = (*OF_WIDE, ELEMENTS_SIGNED)
    value = node_at(signed, *path).value
    fewer = [value[:at] + value[at + 4 :] for at in range(0, len(value), 4)]
    for other in (*fewer, b"", tags(0x00104000), tags(0, 0xFFFFFFFF)):
        assert not verdict(stored(edited(signed, path, with_value(other))), trust)[1].valid
    with_comment = added(signed, Element(0x00104000, "LT", b"more"))
    report = verdict(stored(with_comment), trust)
    assert report.valid
    assert report[1].outside == (0x00104000,)
    report = verdict(stored(edited(with_comment, path, with_value(value + tags(0x00104000)))), trust)
    assert not report[1].valid
    # a tag that is named, but not there, says nothing
    report = verdict(stored(edited(signed, path, with_value(value + tags(0x00104000)))), trust)
    assert 0x00104000 not in report[1].covered


@pytest.mark.parametrize("count", [16384, 100_000, 2_000_000])
def test_huge_lists_of_tags(count: int, signed: Nodes, trust: TrustStore) -> None:
    """In implicit VR a list may be longer than an AT element of explicit VR."""
    value = b"".join(struct.pack("<HH", 0x0009 + 2 * (number >> 16), number & 0xFFFF) for number in range(count))
    path = (*OF_WIDE, ELEMENTS_SIGNED)
    report = verdict(stored(edited(signed, path, with_value(value)), IMPLICIT_LITTLE), trust)
    assert not report[1].valid
    assert "too-many-elements" in codes(report)
    assert untouched(report)


def test_long_lists_for_many_signatures(pki: Pki, trust: TrustStore) -> None:
    """The longest list that there may be, which a few hundred signatures name, takes no time."""
    dataset = Dataset(SOPInstanceUID="1.2.3.4")
    dicomkit.sign(dataset, pki.p256.key, pki.p256.certificate)
    nodes = nodes_of(dataset)
    value = b"".join(struct.pack("<HH", 0x0009, number) for number in range(0xFFFE // 4))
    nodes = edited(nodes, (MAC_PARAMETERS, 0, ELEMENTS_SIGNED), with_value(value))
    nodes = edited(nodes, (SIGNATURES, 0), lambda item: [item] * 300)
    report = verdict(stored(nodes), trust)
    assert len(report) == 300
    assert not any(result.intact for result in report)


# -- what is not known

UNKNOWN = {
    "MAC algorithm": (
        (*OF_WIDE, MAC_ALGORITHM),
        (b"SHA224", b"SHA3", b"sha256", b"NONE", b"SHA-256 ", b"MD4 ", b"SHA256\\SHA512"),
    ),
    "syntax": (
        (*OF_WIDE, MAC_SYNTAX),
        (
            b"1.2.3\0",
            b"1.2.840.10008.1.2\0",
            b"ExplicitVRLittleEndian",
            b"1.2.840.10008.5.1.4.1.1.2\0",
            b"\x1b[31m",
            b"1" * 5000,
        ),
    ),
    "certificate type": ((*WIDE, CERTIFICATE_TYPE), (b"X509", b"X509_2008_SIG ", b"PGP ", b"x509_1993_sig ", b"\x1b[2J")),
    "timestamp type": ((*WIDE, TIMESTAMP_TYPE), (b"CMS ", b"cms_tsp ", b"RFC3161 ")),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_terms(name: str, signed: Nodes, trust: TrustStore) -> None:
    path, values = UNKNOWN[name]
    for value in values:
        report = verdict(stored(edited(signed, path, with_value(value + bytes(len(value) % 2)))), trust)
        assert not report[1].valid
        assert len(str(report)) < 5000
        assert untouched(report)


def test_a_uid_with_control_characters(signed: Nodes, trust: TrustStore) -> None:
    """What is shown of a file moves no cursor."""
    for value in (b"1.2\r\nall is valid\0", b"\x1b[2J\x1b[H1.2", b"9" * 3000):
        changed = edited(signed, (*WIDE, SIGNATURE_UID), with_value(value + bytes(len(value) % 2)))
        report = verdict(stored(changed), trust)
        assert not report[1].valid
        assert all(line.isprintable() for line in f"{report}".split("\n"))
        assert f"{report!r} {report[1]!r}".isprintable()
        with pytest.raises(SignatureError) as raised:
            report.require()
        assert str(raised.value).isprintable()
        assert len(str(raised.value)) < 1000


# -- the two sequences

NO_SEQUENCE = {
    "bytes": Element(SIGNATURES, "OB", b"abcd"),
    "no value": Element(SIGNATURES, "OB"),
    "text": Element(SIGNATURES, "LO", b"abcd"),
    "a number": Element(SIGNATURES, "UL", b"abcd"),
    "unknown": Element(SIGNATURES, "UN", b"abcd"),
    "empty": Sequence(SIGNATURES),
    "empty, unknown": Sequence(SIGNATURES, vr="UN"),
    "an empty item": Sequence(SIGNATURES, (Item(),)),
    "many empty items": Sequence(SIGNATURES, (Item(),) * 20),
}


@pytest.mark.parametrize("name", NO_SEQUENCE)
def test_no_sequence_of_signatures(name: str, signed: Nodes, trust: TrustStore) -> None:
    """What claims to be signed is not taken for what has no signature."""
    report = verdict(stored(edited(signed, (SIGNATURES,), lambda node: [NO_SEQUENCE[name]])), trust)
    assert not report.valid
    assert {"no-signature", "no-uid"} & codes(report)
    with pytest.raises(SignatureError):
        report.require()


def test_signatures_as_bytes(signed: Nodes, trust: TrustStore) -> None:
    """OB with the very bytes of the sequence in it; UN is what a program makes of it that does not know it (PS3.5 6.2.2)."""
    content = b"".join(EXPLICIT.item(item) for item in node_at(signed, SIGNATURES).items)
    for other in (Element(SIGNATURES, "OB", content), Element(SIGNATURES, "UN", content)):
        assert not verdict(stored(edited(signed, (SIGNATURES,), lambda node, other=other: [other])), trust).valid
    report = verdict(stored(edited(signed, (SIGNATURES,), with_vr("UN"))), trust)
    assert len(report) == 3
    report = verdict(stored(edited(signed, (MAC_PARAMETERS,), with_vr("OB"))), trust)
    assert not any(result.valid for result in report)


@pytest.mark.parametrize("tag", [SIGNATURES, MAC_PARAMETERS])
def test_two_sequences_of_a_kind(tag: int, signed: Nodes, trust: TrustStore) -> None:
    """A reader takes one of them, and nobody knows which."""
    for other in (twice, lambda node: [node, Sequence(tag)], lambda node: [Sequence(tag), node]):
        for path, place in (((tag,), ""), ((*INNER[:-2], tag), INNER_PATH)):
            report = verdict(stored(edited(signed, path, other)), trust)
            assert not report.valid
            assert not any(result.valid for result in report if result.path == place)
    assert "several-sequences" in codes(verdict(stored(edited(signed, (tag,), twice)), trust))


def test_no_parameters(signed: Nodes, trust: TrustStore) -> None:
    for change in (nothing, lambda node: [Sequence(MAC_PARAMETERS)], lambda node: [Element(MAC_PARAMETERS, "OB", b"ab")]):
        report = verdict(stored(edited(signed, (MAC_PARAMETERS,), change)), trust)
        assert codes(report) - {"no-sequence"} == {"mac-parameters", "not-anchored"}
        assert not any(result.valid for result in report)


@pytest.mark.parametrize("same", [True, False])
def test_several_parameters_of_a_number(same: bool, signed: Nodes, trust: TrustStore) -> None:
    """PS3.3 C.12.1.1.3: a MAC ID Number "uniquely identifies" an item."""
    number = node_at(signed, *OF_NARROW, MAC_ID).value if same else node_at(signed, *OF_WIDE, MAC_ID).value
    nodes = edited(signed, OF_NARROW, twice) if same else edited(signed, (*OF_NARROW, MAC_ID), with_value(number))
    report = verdict(stored(nodes), trust)
    assert not report.valid
    assert "mac-parameters" in codes(report)
    assert not report[0].valid
    assert report[1].valid == same


def test_mac_ids(signed: Nodes, trust: TrustStore) -> None:
    """A number says which parameters hold, and is signed: no other ones can be put under a signature."""
    swapped = edited(edited(signed, (*OF_NARROW, MAC_ID), with_value(b"\1\0")), (*OF_WIDE, MAC_ID), with_value(b"\0\0"))
    assert not any(result.valid for result in verdict(stored(swapped), trust))
    swapped = edited(edited(swapped, (*NARROW, MAC_ID), with_value(b"\1\0")), (*WIDE, MAC_ID), with_value(b"\0\0"))
    assert not any(result.valid for result in verdict(stored(swapped), trust))
    for value in (b"\2\0", b"\xff\xff", b"\0\0\1\0", b"\1\0\1\0", b"\1"):
        assert not verdict(stored(edited(signed, (*OF_WIDE, MAC_ID), with_value(value))), trust)[1].valid


def test_a_mac_id_that_is_a_sequence(signed: Nodes, trust: TrustStore) -> None:
    for path in ((*OF_WIDE, MAC_ID), (*WIDE, MAC_ID)):
        nodes = edited(signed, path, lambda node: [Sequence(MAC_ID, (Item((Element(MAC_ID, "US", b"\1\0"),)),))])
        report = verdict(stored(nodes), trust)
        assert not report[1].valid
        dataset = dicomkit.read(stored(nodes))
        assert remove_signatures(dataset) == 3
        assert list(levels(dataset)) == []


# -- changed bytes


def parts_of(result: SignatureResult, dataset: Dataset) -> dict[int, bytes]:
    """The bytes of what a signature covers: of sequences those that are hashed, other lengths may differ."""
    item = dataset
    for step in result.path.split(".") if result.path else ():
        item = item[step[:11]].value[int(step[12:-1])]
    return {int(tag): b"".join(map(bytes, chunks(mac_parts(item, (tag,), EXPLICIT_LITTLE)))) for tag in result.covered}


def survive(data: bytes, trust: TrustStore, expected: dict[str, dict[int, bytes]]) -> int:
    """Verify what was changed: whatever is valid is what was signed. The number of valid signatures."""
    try:
        dataset = dicomkit.read(data)
    except ParseError:
        return 0
    valid = 0
    for options in ({}, {"timestamps": "ignore", "at": "signature"}):
        report = verdict(dataset, trust, **options)
        for result in report:
            if result.valid:
                assert parts_of(result, dataset) == expected[result.uid]
                valid += 1
    return valid


@pytest.fixture(scope="module")
def expected(signed: Nodes, trust: TrustStore) -> dict[str, dict[int, bytes]]:
    dataset = dicomkit.read(stored(signed))
    return {result.uid: parts_of(result, dataset) for result in dicomkit.verify(dataset, trust)}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(data=st.data())
@settings(
    max_examples=min(60, settings().max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_mutations(data: st.DataObject, signed: Nodes, trust: TrustStore, expected: dict[str, dict[int, bytes]]) -> None:
    syntax = data.draw(st.sampled_from((EXPLICIT_LITTLE, IMPLICIT_LITTLE)))
    before = stored(signed, syntax)
    begin = before.index(struct.pack("<HH", 0x4FFE, 0x0001))
    starts = [start for start, _ in element_headers(before) if start >= begin]
    random = data.draw(st.randoms(use_true_random=False))
    for _ in range(12):
        changed = bytearray(before)
        for _ in range(random.randint(1, 3)):
            if random.random() < 0.5:
                at = random.randrange(begin, len(before))
                changed[min(at, len(changed) - 1)] = random.choice((0, 1, 0x80, 0xFF, random.randrange(256)))
            else:
                random.choice(MUTATIONS)(changed, starts, random)
            if not changed:
                break
        survive(bytes(changed), trust, expected)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_flipped_bits_of_the_signatures(
    syntax: str, signed: Nodes, trust: TrustStore, expected: dict[str, dict[int, bytes]]
) -> None:
    before = stored(signed, syntax)
    begin = before.index(struct.pack("<HH", 0x4FFE, 0x0001))
    random = Random(1)
    valid = 0
    for at in sorted(random.sample(range(begin, len(before)), 400)):
        changed = before[:at] + bytes([before[at] ^ 1 << random.randrange(8)]) + before[at + 1 :]
        valid += survive(changed, trust, expected)
    assert valid

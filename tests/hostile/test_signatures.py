"""Signatures that somebody tampered with: a report says that they are not valid, and why. Never an error, never slow."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from asn1crypto import cms, core, keys, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, ParseError, SignatureError
from dicomkit.media.transfer import chunks
from dicomkit.security import verify
from dicomkit.security.mac import mac_parts
from dicomkit.security.signature_report import SignatureReport, SignatureResult
from dicomkit.security.signatures import levels, remove_signatures
from dicomkit.security.trust import TrustStore
from tests.fuzz.mutations import MUTATIONS
from tests.hostile.survival import element_headers
from tests.reference.encoding import (
    EXPLICIT,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Item,
    Sequence,
)
from tests.security.pki import NOW, YEAR, Identity, Pki
from tests.security.signed import (
    CERTIFICATE,
    CERTIFICATE_TYPE,
    ELEMENTS_SIGNED,
    MAC_ALGORITHM,
    MAC_ID,
    MAC_PARAMETERS,
    MAC_SYNTAX,
    PURPOSE,
    SECONDS,
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
from tests.security.stamping import Authority

CONTENT = 0x0040A730
NAME = 0x00100010
SOP_INSTANCE = 0x00080018


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def trust(pki: Pki) -> TrustStore:
    return TrustStore(pki.root.certificate)


@pytest.fixture(scope="module")
def authority(pki: Pki, peer: Callable[[str], str]) -> Authority:
    peer("openssl")
    return Authority(pki.folder, pki.tsa)


def unsigned() -> Dataset:
    """A report with an item in an item."""
    inner = Dataset(ValueType="CODE", RelationshipType="CONTAINS", TextValue="nothing")
    return Dataset(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11",
        SOPInstanceUID="1.2.3.4",
        PatientName="Somebody",
        PatientID="4711",
        ContentSequence=[
            Dataset(ValueType="TEXT", TextValue="benign", ContentSequence=[inner]),
            Dataset(ValueType="TEXT", TextValue="no finding"),
        ],
        PixelData=bytes(range(64)),
    )


@pytest.fixture(scope="module")
def signed(pki: Pki, trust: TrustStore, authority: Authority) -> Nodes:
    """A signature of an item in an item, one of the name, and one of everything with a certified time-stamp."""
    dataset = unsigned()
    inner = dataset.ContentSequence[0].ContentSequence[0]
    dicomkit.sign(inner, pki.p256.key, pki.p256.certificate)
    dicomkit.sign(dataset, pki.p384.key, pki.p384.certificate, tags=["PatientName", "SOPInstanceUID"])
    dicomkit.sign(dataset, pki.rsa.key, pki.rsa.certificate, purpose=5, timestamp=authority.reply)
    nodes = nodes_of(dataset)
    report = verdict(stored(nodes), trust)
    assert report.valid
    assert [(result.path, result.mac_id) for result in report] == [("", 0), ("", 1), (f"{INNER_PATH}", 0)]
    return nodes


INNER_PATH = "(0040,A730)[0].(0040,A730)[0]"
NARROW = (SIGNATURES, 0)  # the signature of the name
WIDE = (SIGNATURES, 1)  # the signature of everything
INNER = (CONTENT, 0, CONTENT, 0, SIGNATURES, 0)
OF_NARROW = (MAC_PARAMETERS, 0)
OF_WIDE = (MAC_PARAMETERS, 1)


def tags(*numbers: int) -> bytes:
    """The value of an AT element."""
    return b"".join(struct.pack("<HH", number >> 16, number & 0xFFFF) for number in numbers)


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


def stamp_of(result: SignatureResult) -> tuple[object, ...]:
    """What a time-stamp says. CMS has parts that nobody signs, such as version numbers (RFC 5652 5.1)."""
    stamp = result.timestamp
    assert stamp is not None
    return stamp.time, stamp.authority, stamp.hash, stamp.policy, stamp.serial


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
    "MAC ALGORITHM": ((*OF_WIDE, MAC_ALGORITHM), (b"SHA224", b"SHA3", b"sha256", b"NONE", b"SHA-256 ", b"MD4 ", b"SHA256\\SHA512")),
    "syntax": (
        (*OF_WIDE, MAC_SYNTAX),
        (b"1.2.3\0", b"1.2.840.10008.1.2\0", b"ExplicitVRLittleEndian", b"1.2.840.10008.5.1.4.1.1.2\0", b"\x1b[31m", b"1" * 5000),
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
        for nodes in (edited(signed, (tag,), other), edited(signed, (*INNER[:-2], tag), other)):
            report = verdict(stored(nodes), trust)
            assert not report.valid
            assert not any(
                result.valid for result in report if result.path == ("" if nodes[-1] is not signed[-1] else INNER_PATH)
            )
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
    assert [result.valid for result in report] == [True, True, True, False, False]
    assert "original-attributes" in codes(report)


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

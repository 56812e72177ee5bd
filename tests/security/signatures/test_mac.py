"""What digital signatures are calculated from: against the standard's text, byte by byte, and a reference of it."""

from __future__ import annotations

import re
import struct
import time
import tracemalloc
from pathlib import Path
from random import Random
from typing import Any

import pytest
from asn1crypto import algos, core

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError
from dicomkit._ext.writer import NEVER_SIGNED_TEXT, encode_dataset, tags_to_sign
from dicomkit.dataset.text import character_sets
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.mac import (
    MAC_ALGORITHMS,
    UNSIGNED,
    digest,
    mac_parts,
    signability,
    signable_tags,
    signature_item_parts,
    unsignable,
)
from tests.reference.encoding import (
    BIG,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    ITEM,
    JPEG,
    SEQUENCE_DELIMITATION,
    UNDEFINED,
    Element,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_meta,
)
from tests.security.mac_streams import NAME, NAME_BYTES, Bytes, deferred, opened, read, stored, stream

NATIVE = (EXPLICIT, IMPLICIT, BIG)


def as_read(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(sorted(nodes, key=lambda node: node.tag))


# -- the standard's text, with bytes made by hand


def test_all_of_a_header_is_signed() -> None:
    """Tag, VR, reserved bytes, length and value, as in the transfer syntax."""
    nodes = (Element(0x00100010, "PN", b"A^B "), Element(0x00420011, "OB", b"\1\2"))
    content = bytes.fromhex("10001000 504e 0400 415e4220  42001100 4f42 0000 02000000 0102")
    assert EXPLICIT.data_set(nodes) == content
    assert stream(opened(content)) == content
    big = bytes.fromhex("00100010 504e 0004 415e4220  00420011 4f42 0000 00000002 0102")
    assert stream(opened(content), syntax=EXPLICIT_BIG) == big
    implicit = bytes.fromhex("10001000 04000000 415e4220  42001100 02000000 0102")
    assert stream(opened(content), syntax=IMPLICIT_LITTLE) == implicit
    assert stream(opened(implicit, IMPLICIT)) == content
    assert stream(opened(big, BIG)) == content


@pytest.mark.parametrize("undefined", [False, True])
def test_sequences_have_no_lengths(undefined: bool) -> None:
    """Their tag, VR and reserved bytes; each Item Tag; the tag of the Sequence Delimitation Item, also if there is none."""
    inner = Sequence(0x0040A170, (Item((Element(0x00080100, "SH", b"AB"),), undefined),), undefined)
    nodes = (Sequence(0x00081140, (Item((inner,), undefined), Item((), undefined)), undefined),)
    inside = "400070a1 5351 0000  feff00e0  08000001 5348 0200 4142  feffdde0"
    expected = bytes.fromhex(f"08004011 5351 0000  feff00e0  {inside}  feff00e0  feffdde0")
    for encoding in NATIVE:
        assert stream(read(*nodes, encoding=encoding)) == expected


def test_fragments_have_no_lengths() -> None:
    """The Basic Offset Table is a fragment as others, also if it is empty (PS3.5 A.4)."""
    content = EXPLICIT.data_set((PixelFragments((b"", b"\1\2\3\4", b"\5\6")),))
    expected = bytes.fromhex("e07f1000 4f42 0000  feff00e0  feff00e0 01020304  feff00e0 0506  feffdde0")
    assert stream(opened(content), syntax=JPEG) == expected
    # PS3.5 A.4: their VR is OB, whatever a file says
    assert stream(opened(content.replace(b"OB", b"OW", 1)), syntax=JPEG) == expected
    with pytest.raises(SignatureError, match="encapsulated"):
        stream(opened(content), syntax=EXPLICIT_LITTLE)
    assert stream(opened(content), (0x00080016,)) == b""  # nobody asked for them


NEVER_SIGNED = (
    Element(0x00080000, "UL", b"\4\0\0\0"),
    Element(0x00080001, "UL", b"\4\0\0\0"),
    Element(0x00090000, "UL", b"\4\0\0\0"),
    Element(0x00060011, "LO", b"ab"),
    Element(0x00020010, "UI", b"1.2\0"),
    Element(0x00041130, "CS", b"ab"),
    Sequence(0x4FFE0001, (Item((Element(0x04000005, "US", b"\1\0"),)),)),
    Sequence(0xFFFAFFFA, (Item((Element(0x04000005, "US", b"\1\0"),)),)),
    Element(0xFFFA0010, "LO", b"ab"),
    Element(0xFFFCFFFC, "OB", b"\0\0"),
)


@pytest.mark.parametrize("left_out", NEVER_SIGNED, ids=lambda node: f"{node.tag:08X}")
def test_what_is_never_signed(left_out: Node) -> None:
    """Neither at the level of the signature nor in items, whether they were read or made."""
    nodes = as_read((left_out, NAME))
    dataset = read(*nodes)
    assert stream(dataset) == NAME_BYTES
    assert signable_tags(dataset) == (0x00100010,)
    reason = unsignable(dataset, left_out.tag)
    assert reason is not None
    assert "PS3.3 C.12.1.1.3.1.1" in reason
    with pytest.raises(SignatureError, match=re.escape(reason)) as caught:
        stream(dataset, (0x00100010, left_out.tag))
    assert caught.value.path == f"({left_out.tag >> 16:04X},{left_out.tag & 0xFFFF:04X})"
    around = bytes.fromhex("08004011 5351 0000 feff00e0") + NAME_BYTES + bytes.fromhex("feffdde0")
    outer = read(Sequence(0x00081140, (Item(nodes, True),)))
    assert stream(outer) == around
    outer.ReferencedImageSequence[0].PatientName = "A"
    assert stream(outer) == around
    made = Dataset(ReferencedImageSequence=[Dataset()])
    for element in dataset:
        made.ReferencedImageSequence[0].add(element)
    assert stream(made) == around
    if not isinstance(left_out, Sequence):
        made.ReferencedImageSequence[0].add(DataElement(left_out.tag, dataset[left_out.tag].vr, dataset[left_out.tag].value))
        assert stream(made) == around


UNKNOWN = Element(0x00091001, "UN", b"ab")


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (UNKNOWN, "its VR is UN"),
        (Element(0x00104000, "UN", b"ab"), "its VR is UN"),  # also if everybody knows the VR
        (Sequence(0x00081140, (Item((NAME,)),), True, "UN"), "its VR is UN"),
        (Sequence(0x00081140, (Item((UNKNOWN,)),)), "an element in it has the VR UN"),
        (Sequence(0x00081140, (Item((Sequence(0x0040A170, (Item((UNKNOWN,)),)),)),)), "an element in it has the VR UN"),
        (Sequence(0x00081140, (Item((Sequence(0x0040A170, (), True, "UN"),)),)), "an element in it has the VR UN"),
        # "any Data Element within that Sequence of Items", those that are left out as well
        (Sequence(0x00081140, (Item((Sequence(0xFFFAFFFA, (Item((UNKNOWN,)),)),)),)), "an element in it has the VR UN"),
    ],
    ids=range(7),
)
def test_unknown_vrs_are_not_signed(node: Node, reason: str) -> None:
    nodes = as_read((Element(0x00080016, "UI", b"1.2\0"), node))
    dataset = read(*nodes)
    changed = read(*nodes)
    changed.PatientName = "A"
    del changed.PatientName
    if isinstance(node, Sequence) and node.vr != "UN" and node.items:
        changed[node.tag].value[0].PatientID = "1"
    made = Dataset()
    for element in dataset:
        made.add(element)
    if node.vr == "UN" and isinstance(node, Sequence):  # one that is assigned is a sequence as others
        assert signable_tags(made) == (0x00080016, node.tag)
        made = dataset
    for each in (dataset, changed, made):
        assert signable_tags(each) == (0x00080016,)
        found = unsignable(each, node.tag)
        assert found is not None
        assert found.startswith(reason)
        assert stream(each) == bytes.fromhex("08001600 5549 0400 312e3200")
        with pytest.raises(SignatureError, match=reason):
            stream(each, (0x00080016, node.tag))


def test_an_assigned_unknown_vr() -> None:
    dataset = Dataset(PatientName="A")
    dataset.add(DataElement(0x00091001, "UN", b"ab"))
    assert signable_tags(dataset) == (0x00100010,)
    dataset = Dataset(ReferencedImageSequence=[dataset])
    assert signable_tags(dataset) == ()
    read_before = read(Sequence(0x00081140, (Item((NAME,)),)))
    assert signable_tags(read_before) == (0x00081140,)
    read_before.ReferencedImageSequence.append(dataset)
    assert signable_tags(read_before) == ()


def test_a_list_of_tags_is_of_its_level_only() -> None:
    inner = Sequence(0x00081140, (Item((Element(0x00080100, "SH", b"AB"), NAME)),))
    dataset = read(Element(0x00080100, "SH", b"CD"), inner, NAME)
    everything = stream(dataset)
    assert stream(dataset, (0x00081140, 0x00100010)) == everything[10:]
    assert stream(dataset, [0x00100010, 0x00081140, 0x00100010, 0x00200020]) == everything[10:]
    assert stream(dataset, frozenset((0x00100010,))) == NAME_BYTES
    assert stream(dataset, ()) == b""
    dataset.PatientComments = "new"
    assert stream(dataset, (0x00100010,)) == NAME_BYTES
    assert unsignable(dataset, 0x00200020) is None  # there is none


def test_huge_lists_of_tags_cost_no_more_than_they_are_long() -> None:
    tags = list(range(0x00100000, 0x00100000 + 500_000))
    Random(1).shuffle(tags)
    dataset = read(*(Element(0x00091000 + number, "LO", b"ab") for number in range(3000)), NAME)
    began = time.process_time()
    assert stream(dataset, tags) == NAME_BYTES
    dataset.PatientID = "1"
    assert stream(dataset, tags).startswith(NAME_BYTES)
    assert time.process_time() - began < 2


# -- order, duplicates, damage


def test_elements_are_signed_in_order() -> None:
    """PS3.5 7.1: they are "ordered by increasing Data Element Tag Number"; a file that has another order is taken as if."""
    first, last = Element(0x00100020, "LO", b"ID"), Element(0x00400001, "AE", b"AE")
    inner = Sequence(0x00081140, (Item((last, first)),))
    expected = stream(read(Sequence(0x00081140, (Item((first, last)),)), NAME, first, last))
    mixed = (last, NAME, inner, first)
    for encoding in NATIVE:
        assert stream(read(*mixed, encoding=encoding)) == expected
    dataset = read(*mixed)
    assert signable_tags(dataset) == (0x00081140, 0x00100010, 0x00100020, 0x00400001)
    dataset.PatientName = "A"
    dataset.ReferencedImageSequence[0].PatientID = "ID"
    assert stream(dataset) == expected


@pytest.mark.parametrize("second", [b"B ", b"A "])
def test_what_is_there_twice_is_not_signed(second: bytes) -> None:
    """Nobody can tell which of the two another reader takes: an attacker would add the second one."""
    again = Element(0x00100010, "PN", second)
    other = Element(0x00100020, "LO", b"ID")
    for nodes in ((NAME, again, other), (NAME, other, again)):
        dataset = read(*nodes)
        assert signable_tags(dataset) == (0x00100020,)
        assert stream(dataset) == EXPLICIT.data_set((other,))
        assert stream(dataset, (0x00100020,)) == EXPLICIT.data_set((other,))
        with pytest.raises(SignatureError, match="occurs more than once") as caught:
            stream(dataset, (0x00100010,))
        assert caught.value.path == "(0010,0010)"
        dataset.PatientComments = "changed"
        with pytest.raises(SignatureError, match="occurs more than once"):
            stream(dataset, (0x00100010,))
        outer = read(Sequence(0x00081140, (Item(nodes),)), other)
        assert signable_tags(outer) == (0x00100020,)
        with pytest.raises(SignatureError, match="occurs more than once"):
            stream(outer, (0x00081140,))
        outer.ReferencedImageSequence[0].PatientComments = "changed"
        assert signable_tags(outer) == (0x00100020,)
        assert stream(outer.ReferencedImageSequence[0], (0x00100020,)) == EXPLICIT.data_set((other,))
        dataset.PatientName = "A"  # that replaces both
        assert stream(dataset, (0x00100010,)) == NAME_BYTES


DAMAGED = {
    "truncated": EXPLICIT.node(NAME)[:-1] + b"",
    "truncated sequence": EXPLICIT.node(Sequence(0x00081140, (Item((NAME,)),)))[:-2],
    "no delimiter": EXPLICIT.node(Sequence(0x00081140, (Item((NAME,), True),), True))[:-16],
    "length past item": EXPLICIT.node(Sequence(0x00081140, (Item((Element(0x00100010, "PN", b"A ", 40),)),)))
    + EXPLICIT.node(Element(0x00100020, "LO", b"x" * 60)),
    "delimiter with length": EXPLICIT.node(Sequence(0x00081140, (Item((NAME,), True),)))[:-4] + b"\1\0\0\0",
    "no item": EXPLICIT.header(0x00081140, "SQ", 8) + b"ABCDEFGH",
    "trailing bytes in item": EXPLICIT.header(0x00081140, "SQ", 12) + EXPLICIT.marker(ITEM, 4) + b"ABCD",
    "implicit element": IMPLICIT.node(NAME),
    "no VR": b"\x10\0\x10\0??\2\0A ",
    "a VR of the future": b"\x10\0\x10\0QQ\0\0\2\0\0\0A ",
    "a sequence under another VR": EXPLICIT.header(0x00081140, "OB", 18) + EXPLICIT.item(Item((NAME,))),
    "truncated fragment": EXPLICIT.node(PixelFragments((b"", b"abcd")))[:-10],
    "fragments without end": EXPLICIT.node(PixelFragments((b"", b"abcd")))[:-8],
    "fragments of numbers": EXPLICIT.node(PixelFragments((b"", b"abcd"), vr="OF")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_not_signed(name: str) -> None:
    """What it says is a guess: a signature of it would hold for bytes that other readers take for something else."""
    content = EXPLICIT.node(Element(0x00080016, "UI", b"1.2\0")) + DAMAGED[name]
    dataset = opened(content)
    assert len(dataset) >= 2
    damaged = next(element.tag for element in dataset if element.tag != 0x00080016)
    signable = signable_tags(dataset)
    assert 0x00080016 in signable
    assert damaged not in signable
    with pytest.raises(SignatureError, match=r"damaged|none of the standard"):
        stream(dataset, (damaged,), JPEG)
    assert stream(dataset, (0x00080016,), JPEG) == bytes.fromhex("08001600 5549 0400 312e3200")


@pytest.mark.parametrize(("vr", "padding"), [("LO", b" "), ("OB", b"\0")])
def test_odd_lengths_are_not_signed(vr: str, padding: bytes) -> None:
    """PS3.5 7.1.1 has none: who signed one could not tell which byte others put behind it. Assigned, it is padded."""
    tag = {"LO": 0x00100020, "OB": 0x00420011}[vr]
    node = Element(tag, vr, b"abc")
    for encoding in NATIVE:
        dataset = read(NAME, node, encoding=encoding)
        assert signable_tags(dataset) == (0x00100010,)
        with pytest.raises(SignatureError, match="odd"):
            stream(dataset, (tag,))
        assert signable_tags(read(Sequence(0x00081140, (Item((node,)),)), encoding=encoding)) == ()
        dataset[tag] = dataset[tag].value
        assert stream(dataset) == NAME_BYTES + EXPLICIT.node(Element(tag, vr, b"abc" + padding))
    assert signable_tags(read(NAME, PixelFragments((b"", b"abc")))) == (0x00100010,)


def test_a_value_that_is_too_long_for_its_vr() -> None:
    """PS3.5 6.2.2 note 2: with explicit VR it is UN. One that was read with implicit VR has its VR, and is signed so."""
    value = b"1\\" * 40_000 + b"1 "
    contour = Element(0x30060050, "DS", value)
    dataset = read(contour, encoding=IMPLICIT)
    expected = bytes.fromhex("06305000 554e 0000") + struct.pack("<I", len(value)) + value
    assert stream(dataset) == expected
    assert signable_tags(stored(dataset)) == ()
    made = Dataset(ContourData=dataset.ContourData)  # who knows how it will be stored
    assert signable_tags(made) == ()
    with pytest.raises(SignatureError, match="too long for its VR"):
        stream(made, (0x30060050,))
    assert stream(made, (0x30060050,), IMPLICIT_LITTLE).startswith(b"\x06\x30\x50\0")
    assert signable_tags(Dataset(ROIContourSequence=[made])) == ()
    assert signable_tags(made, IMPLICIT_LITTLE) == (0x30060050,)
    assert signable_tags(Dataset(ContourData=tuple(range(3000)))) == (0x30060050,)


# -- items


def test_text_is_signed_in_the_character_set_that_holds() -> None:
    inner = Sequence(0x00081140, (Item((Element(0x00100010, "PN", b"\xc4b"),)),))
    dataset = read(Element(0x00080005, "CS", b"ISO_IR 100"), inner)
    item = dataset.ReferencedImageSequence[0]
    latin = bytes.fromhex("10001000 504e 0200 c462")
    assert stream(item) == latin
    item.PatientName = "Äb"
    assert stream(item) == latin
    assert latin in stream(dataset)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    utf = bytes.fromhex("10001000 504e 0400 c3846220")
    assert utf in stream(dataset)
    around = character_sets(("ISO_IR 192",))
    assert b"".join(chunks(mac_parts(item, None, EXPLICIT_LITTLE, around=around))) == utf
    fresh = read(Element(0x00080005, "CS", b"ISO_IR 192"), inner).ReferencedImageSequence[0]
    fresh.PatientName = "Äb"
    assert stream(fresh) == utf
    made = Dataset(PatientName="Äb")
    with pytest.raises(SignatureError, match=r"\(0010,0010\)"):
        stream(made)
    assert b"".join(chunks(mac_parts(made, None, EXPLICIT_LITTLE, around=around))) == utf


def test_errors_name_the_place() -> None:
    outer = read(Sequence(0x00081140, (Item((NAME,)), Item((NAME, Element(0x00104000, "UN", b"ab"))))))
    with pytest.raises(SignatureError) as caught:
        stream(outer.ReferencedImageSequence[1], (0x00104000,))
    assert caught.value.path == "(0008,1140)[1].(0010,4000)"
    with pytest.raises(SignatureError, match="no transfer syntax"):
        stream(outer, syntax="1.2.3")
    made = Dataset(ReferencedImageSequence=[Dataset()])
    made.ReferencedImageSequence[0].ReferencedImageSequence = [made]
    for wanted in (None, (0x00081140,)):
        with pytest.raises(SignatureError, match="128 deep"):
            stream(made, wanted)
    with pytest.raises(SignatureError, match="128 deep"):
        signable_tags(made)


def test_128_levels_are_signed() -> None:
    made = Dataset(PatientName="A")
    for _ in range(128):
        made = Dataset(ReferencedImageSequence=[made])
    level_bytes = bytes.fromhex("08004011 5351 0000 feff00e0")
    expected = level_bytes * 128 + NAME_BYTES + bytes.fromhex("feffdde0") * 128
    assert stream(made) == expected
    assert stream(stored(made)) == expected


def test_assigned_fragments() -> None:
    """Pixel Data assigned as bytes in the form they have in a file."""
    pixels = PixelFragments((b"", b"abcd", bytes(20_000), b"ef"))
    value = EXPLICIT.node(pixels)[12:]
    expected = stream(read(pixels), syntax=JPEG)
    for data in (value, value[:-8]):
        made = Dataset(PixelData=data)
        assert stream(made, syntax=JPEG) == expected


# -- the signature's own item


def signature(**others: Any) -> Dataset:
    return Dataset(
        MACIDNumber=7,
        DigitalSignatureUID="1.2",
        DigitalSignatureDateTime="20240131",
        CertificateType="X509_1993_SIG",
        **others,
    )


def test_the_item_of_a_signature() -> None:
    """All but (0400,0115), (0400,0120), (0400,0305) and (0400,0310)."""
    expected = (
        bytes.fromhex("00040500 5553 0200 0700  00040001 5549 0400 312e3200")
        + bytes.fromhex("00040501 4454 0800") + b"20240131"
        + bytes.fromhex("00041001 4353 0e00") + b"X509_1993_SIG "
    )  # fmt: skip
    bare = signature()
    whole = signature(CertificateOfSigner=b"ab", Signature=b"cd", CertifiedTimestampType="CMS_TSP", CertifiedTimestamp=b"ef")
    for made in (bare, whole, stored(bare), stored(whole)):
        assert b"".join(chunks(signature_item_parts(made, EXPLICIT_LITTLE))) == expected
    with_length = (
        EXPLICIT.data_set((Element(0x04000000, "UL", b"\0\0\0\0"),))
        + encode_dataset(whole, character_sets=character_sets).joined()
    )
    assert b"".join(chunks(signature_item_parts(opened(with_length), EXPLICIT_LITTLE))) == expected


@pytest.mark.parametrize("skipped", [(), UNSIGNED, frozenset((0x00080018, 0x00100010))])
def test_what_a_signature_may_cover(skipped: frozenset[int]) -> None:
    made = dicomkit.new("CTImageStorage", PatientID="1", ReferencedImageSequence=[Dataset(ReferencedSOPClassUID="1.2")])
    made.add(DataElement(0x00090010, "LO", "X"))
    made.add(DataElement(0x00091001, "UN", b"ab"))
    made.add(DataElement(0xFFFCFFFC, "OB", bytes(10)))
    made.MACParametersSequence = [Dataset(MACIDNumber=1)]
    changed = stored(made)
    changed.PatientName = "A^B"
    del changed.PatientID
    for item in (made, stored(made), changed, signature(Signature=b"ab"), Dataset()):
        expected = [tag for tag, reason in signability(item) if reason != NEVER_SIGNED_TEXT and tag not in skipped]
        assert tags_to_sign(item, skipped) == expected


def test_what_no_item_of_a_signature_has() -> None:
    """Its first bytes say that it begins: else a signed element could be moved into it, and no longer be in the data set."""
    moved = signature(PatientID="1")
    with pytest.raises(SignatureError, match="not MAC ID Number"):
        signature_item_parts(moved, EXPLICIT_LITTLE)
    without = signature()
    del without.MACIDNumber
    for item in (without, Dataset()):
        with pytest.raises(SignatureError, match="not MAC ID Number"):
            signature_item_parts(item, EXPLICIT_LITTLE)
    # nothing of it may stay outside, as a purpose would that somebody adds
    purpose = Dataset(CodeValue="1", CodingSchemeDesignator="X", CodeMeaning="Y")
    purpose.add(DataElement(0x00091001, "UN", b"ab"))
    with pytest.raises(SignatureError, match="has the VR UN"):
        signature_item_parts(signature(DigitalSignaturePurposeCodeSequence=[purpose]), EXPLICIT_LITTLE)
    content = encode_dataset(signature(), character_sets=character_sets).joined()
    twice = opened(content + EXPLICIT.node(Element(0x04000110, "CS", b"X ")))
    with pytest.raises(SignatureError, match="occurs more than once"):
        signature_item_parts(twice, EXPLICIT_LITTLE)
    assert signature_item_parts(signature(SpecificCharacterSet="ISO_IR 100"), EXPLICIT_LITTLE)


# -- the digest

# FIPS 180-4 and RFC 1321 examples, and the paper of RIPEMD-160, for "abc".
ABC = {
    "MD5": "900150983cd24fb0d6963f7d28e17f72",
    "SHA1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "RIPEMD160": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    "SHA256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "SHA384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "SHA512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
}


@pytest.mark.parametrize("name", ABC)
def test_algorithms(name: str) -> None:
    try:
        found = digest([b"a", memoryview(b"bc"), (Bytes(b"xyz"), 0, 0, 1)], name)
    except SignatureError:
        if name not in ("RIPEMD160", "MD5"):  # OpenSSL may have put these away
            raise
        pytest.skip(f"OpenSSL here does not have {name}")
    assert found.hex() == ABC[name]
    if name == "RIPEMD160":  # asn1crypto does not know its name
        info = bytes.fromhex("3021 3009 0605 2b24030201 0500 0414") + found
    else:
        algorithm = {"algorithm": name.lower(), "parameters": core.Null()}
        info = algos.DigestInfo({"digest_algorithm": algorithm, "digest": found}).dump()
    assert MAC_ALGORITHMS[name].digest_info + found == info


def test_the_terms_of_the_standard() -> None:
    """PS3.3 table C.12-6: MAC Algorithm (0400,0015)."""
    assert set(MAC_ALGORITHMS) == set(ABC)
    good = {name for name, algorithm in MAC_ALGORITHMS.items() if algorithm.status == "sign"}
    assert good == {"SHA256", "SHA384", "SHA512"}
    for name in ("SHA3", "sha256", ""):
        with pytest.raises(SignatureError, match="no MAC algorithm"):
            digest([], name)


# -- large values


def test_pieces_stay_where_they_are() -> None:
    value = bytes(range(256)) * 1000
    content = EXPLICIT.data_set((NAME, Element(0x7FE00010, "OW", value)))
    parts = mac_parts(opened(content), None, EXPLICIT_LITTLE)
    assert [len(part) for part in parts if len(part)] == [len(content)]  # all of it is one piece: the bytes that were read
    parts = mac_parts(deferred(content, EXPLICIT, 1000), None, EXPLICIT_LITTLE)
    assert [part[1:] for part in parts if isinstance(part, tuple)] == [(len(content) - len(value), len(value), 1)]
    assert b"".join(chunks(parts)) == content


def sparse(path: Path, size: int, count: int = 1) -> str:
    """A file with fragments of zeros, or a single native value of them, that takes no room."""
    if count == 1:
        head = file_meta(EXPLICIT_LITTLE) + EXPLICIT.node(NAME) + EXPLICIT.header(0x7FE00010, "OW", size)
        with path.open("wb") as file:
            file.write(head)
            file.truncate(len(head) + size)
        return EXPLICIT_LITTLE
    table = b"".join(struct.pack("<I", number * (size + 8)) for number in range(count))
    frames = Element(0x00280008, "IS", str(count).encode().ljust(6))
    with path.open("wb") as file:
        file.write(file_meta(JPEG) + EXPLICIT.node(NAME) + EXPLICIT.node(frames))
        file.write(EXPLICIT.header(0x7FE00010, "OB", UNDEFINED) + EXPLICIT.marker(ITEM, len(table)) + table)
        for _ in range(count):
            file.write(EXPLICIT.marker(ITEM, size))
            file.seek(size, 1)
        file.write(EXPLICIT.marker(SEQUENCE_DELIMITATION, 0))
    return JPEG


@pytest.mark.parametrize("count", [1, 200])
def test_large_values_take_no_memory(tmp_path: Path, count: int) -> None:
    path = tmp_path / "large.dcm"
    size = (256 << 20) // count & ~1
    syntax = sparse(path, size, count)
    dataset = dicomkit.read(path)
    tracemalloc.start()
    try:
        parts = mac_parts(dataset, None, syntax)
        found = digest(parts, "SHA256")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert len(found) == 32
    assert sum(part[2] for part in parts if isinstance(part, tuple)) >= size * (count - 2)


def test_offset_tables_are_not_believed(tmp_path: Path) -> None:
    """Fragments that an offset table led to are signed if they are where it says, and only then."""
    path = tmp_path / "many.dcm"
    size = 20_000
    syntax = sparse(path, size, 100)
    believed = dicomkit.read(path)
    assert believed._index is not None
    assert believed._index.believed
    assert stream(believed, syntax=syntax) == stream(dicomkit.read(path, strict=True), syntax=syntax)
    # fragment 50 and the one behind it are joined: the table still says that there are two
    content = bytearray(path.read_bytes())
    start = content.index(EXPLICIT.marker(ITEM, size)) + 50 * (size + 8)
    content[start : start + 8] = EXPLICIT.marker(ITEM, 2 * size + 8)
    path.write_bytes(content)
    lying = dicomkit.read(path)
    assert lying._index is not None
    assert lying._index.believed
    with pytest.raises(SignatureError, match="offset table"):
        stream(lying, syntax=syntax)
    assert stream(lying, (0x00100010,), syntax) == NAME_BYTES
    for made in (Dataset(), Dataset(ReferencedImageSequence=[lying])):  # also what was made of it
        if not len(made):
            made.add(lying["PixelData"])
        with pytest.raises(SignatureError, match="offset table"):
            stream(made, syntax=syntax)
    whole = stream(dicomkit.read(path, strict=True), syntax=syntax)
    native = stream(believed, (0x00100010, 0x00280008))
    assert len(whole) == len(native) + 8 + 4 + 400 + 100 * (size + 4) + 4 + 4


def test_a_file_that_has_changed_is_no_longer_signed(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    sparse(path, 1 << 20)
    dataset = dicomkit.read(path)
    parts = mac_parts(dataset, None, EXPLICIT_LITTLE)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(dicomkit.SourceChanged):
        digest(parts, "SHA256")

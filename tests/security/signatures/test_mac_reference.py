"""What digital signatures are calculated from, of any data set: against a reference, edited, damaged."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError, ParseError, SignatureError
from dicomkit.security.signatures.mac import signable_tags, unsignable
from tests.reference import mac as reference
from tests.reference import writer as reference_writer
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
    Element,
    Encoding,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
    file_meta,
)
from tests.reference.strategies import data_sets
from tests.security.mac_streams import NAME, deferred, opened, stored, stream

NATIVE = (EXPLICIT, IMPLICIT, BIG)
UIDS = {EXPLICIT: EXPLICIT_LITTLE, IMPLICIT: IMPLICIT_LITTLE, BIG: EXPLICIT_BIG}
SOUND = settings(
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow], max_examples=min(25, settings().max_examples)
)
Parsed = reference_writer.Node


# -- against the reference


def level(nodes: list[Parsed], dataset: Dataset, random: Random) -> tuple[list[Parsed], Dataset]:
    """The root or one of the items in it."""
    while random.random() < 0.6:
        inner = [node for node in nodes if node.children and node.vr in ("SQ", "UN") and node.tag != 0x7FE00010]
        if not inner:
            break
        node = random.choice(inner)
        number = random.randrange(len(node.children))
        nodes, dataset = node.children[number].children, dataset[node.tag].value[number]
    return nodes, dataset


@pytest.mark.parametrize("source", NATIVE, ids=["explicit", "implicit", "big"])
@given(data=st.data())
@SOUND
def test_equals_the_reference(source: Encoding, data: st.DataObject) -> None:
    content = source.data_set(data.draw(data_sets(source)))
    random = data.draw(st.randoms(use_true_random=False))
    whole = reference_writer.read(content, source)
    for made in (opened(content, source), deferred(content, source, random.choice((0, 1, 16, 4095)))):
        nodes, dataset = level(whole, made, random)
        signable = [node.tag for node in nodes if reference.is_signable(node)]
        some = random.sample(signable, random.randint(0, len(signable)))
        assert list(signable_tags(dataset)) == signable
        for target in NATIVE:
            encapsulated = UIDS[target] if target != EXPLICIT else JPEG
            if target != EXPLICIT and any(
                not each.vr or (each.tag == 0x7FE00010 and each.children) for each in all_of(nodes)
            ):
                continue
            assert stream(dataset, None, encapsulated) == reference.stream(nodes, target)
            assert stream(dataset, some, encapsulated) == reference.stream(nodes, target, some)
        for node in nodes:
            assert (unsignable(dataset, node.tag) is None) == reference.is_signable(node)


def all_of(nodes: list[Parsed]) -> list[Parsed]:
    return [each for node in nodes for each in (node, *all_of(node.children)) if each.tag != ITEM or each.children]


@pytest.mark.parametrize("source", NATIVE, ids=["explicit", "implicit", "big"])
@given(data=st.data())
@SOUND
def test_what_was_changed_is_signed_as_it_will_be_stored(source: Encoding, data: st.DataObject) -> None:
    random = data.draw(st.randoms(use_true_random=False))
    dataset = opened(source.data_set(data.draw(data_sets(source))), source)
    other = opened(source.data_set(data.draw(data_sets(source))), source)
    for _ in range(random.randint(1, 4)):
        change(dataset, other, random)
    try:
        again = stored(dataset)
    except EncodeError:  # text that came under another character set
        assume(False)
    compare(dataset, again)
    for element in dataset:
        if element.vr == "SQ" and not reference.is_never_signed(element.tag):
            for item, item_again in zip(element.value, again[element.tag].value, strict=True):
                compare(item, item_again)


def compare(dataset: Dataset, again: Dataset) -> None:
    tags = set(signable_tags(again))
    for tag in tags - set(signable_tags(dataset)):
        assert "UN" in str(unsignable(dataset, tag))  # a sequence that is encoded anew is SQ
        tags.remove(tag)
    assert stream(dataset, tags, JPEG) == stream(again, tags, JPEG)


def change(dataset: Dataset, other: Dataset, random: Random) -> None:
    """Something small, at the root or in an item."""
    item = dataset
    while random.random() < 0.5:
        inner = [each for each in item if each.vr == "SQ" and len(each.value) and each.encoded_vr != "UN"]
        if not inner:
            break
        item = random.choice(random.choice(inner).value)
    choice = random.randrange(6)
    elements = list(item)
    if choice == 0 or not elements:
        item.PatientComments = "new"
    elif choice == 1:
        del item[random.choice(elements).tag]
    elif choice == 2:
        item.add(DataElement(0x00081140, "SQ", [Dataset(PatientID="1"), Dataset()]))
    elif choice == 3 and len(other):
        item.add(random.choice(list(other)))
    elif choice == 4:
        item.add(DataElement(0x00400275, "SQ", [other]))
    else:
        sequences = [each for each in elements if each.vr == "SQ" and each.encoded_vr != "UN"]
        if sequences:
            random.choice(sequences).value.append(other)


# -- a flipped bit

SAMPLE: tuple[Node, ...] = (
    Element(0x00080016, "UI", b"1.2\0"),
    Element(0x00080018, "UI", b"1.2\0"),
    Sequence(
        0x00081140,
        (
            Item((Element(0x00081150, "UI", b"1.2\0"),), True),
            Item((Element(0x00081150, "UI", b"1.2\0"), Sequence(0x0040A170, (Item((Element(0x00080100, "SH", b"ab"),)),)))),
        ),
    ),
    NAME,
    Element(0x00100020, "LO"),
    Element(0x00280010, "US", b"\1\0"),
    Element(0x00420011, "OB", b"abcd"),
)


@pytest.mark.parametrize(
    ("syntax", "nodes"),
    [(EXPLICIT_LITTLE, SAMPLE), (IMPLICIT_LITTLE, SAMPLE), (JPEG, (*SAMPLE[:2], PixelFragments((b"", b"abcd", b"ab"))))],
    ids=["explicit", "implicit", "fragments"],
)
def test_every_flipped_bit_is_noticed(syntax: str, nodes: tuple[Node, ...]) -> None:
    """In values, headers, lengths and delimiters, also those that no MAC is calculated from: they make it damaged.

    The length of a Sequence Delimitation Item at the root is the one exception: it is read as 0 whatever it says.
    """
    content = file_bytes(nodes, syntax)
    start = len(file_meta(syntax))
    target = JPEG if syntax == JPEG else EXPLICIT_LITTLE
    tags = signable_tags(dicomkit.read(content))
    expected = stream(dicomkit.read(content), tags, target)
    ignored = content.rfind(EXPLICIT.marker(SEQUENCE_DELIMITATION, 0)) + 4 if syntax == JPEG else len(content)
    for offset in range(start, len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[offset] ^= 1 << bit
            try:
                found = stream(dicomkit.read(changed), tags, target)
            except (ParseError, SignatureError):
                continue
            assert found != expected or ignored <= offset < ignored + 4, f"bit {bit} of byte {offset - start}"


@given(data=st.data())
@SOUND
def test_garbage_is_refused(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(NATIVE))
    content = bytearray(source.data_set(data.draw(data_sets(source))))
    random = data.draw(st.randoms(use_true_random=False))
    for _ in range(random.randint(1, 8)):
        if content:
            content[random.randrange(len(content))] = random.choice((0, 0xFF, random.randrange(256)))
    try:
        dataset = opened(bytes(content[: random.randint(0, len(content)) or None]), source)
    except Exception:  # nothing to be signed: what the parser says is not the subject
        return
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, JPEG):
        tags = signable_tags(dataset, syntax)
        for chosen in (None, tags, [int(element.tag) for element in dataset]):
            try:
                assert isinstance(stream(dataset, chosen, syntax), bytes)
            except SignatureError as error:
                assert error.reason

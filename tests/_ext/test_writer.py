"""The writer's kernels against the reference writer: all encodings, all options, whatever is deferred."""

from __future__ import annotations

import io
import struct
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError
from dicomkit._ext.tagstream import TagStream, index_bytes
from dicomkit._ext.writer import Encoded, encode_dataset, turned
from dicomkit.dataset.dataset import from_index
from dicomkit.dataset.text import character_sets
from dicomkit.media.transfer import chunks
from tests.reference import writer as reference
from tests.reference.encoding import (
    BIG,
    DEFLATED,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
)
from tests.reference.strategies import data_sets

NATIVE = (EXPLICIT, IMPLICIT, BIG)
SOUND = settings(
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow], max_examples=min(25, settings().max_examples)
)
KEEP = reference.Options()
ALL_OPTIONS = [
    reference.Options(lengths, groups, padding)
    for lengths in ("keep", "explicit", "undefined")
    for groups in ("keep", "recalculate", "create", "remove")
    for padding in (None, (0, 0), (64, 0), (0, 14), (200, 30))
]


class Bytes:
    """A source that notes what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.data[offset : offset + length]


def opened(content: bytes, encoding: Encoding) -> Dataset:
    return from_index(index_bytes(content, implicit_vr=encoding.implicit, big_endian=encoding.big))


def deferred(content: bytes, encoding: Encoding, defer_size: int, window: int) -> tuple[Dataset, Bytes]:
    """The same, with larger values left out and the rest in windows."""
    stream = TagStream(0, len(content), implicit_vr=encoding.implicit, big_endian=encoding.big, defer_size=defer_size)
    start, needed = 0, 0
    while not stream.feed(content[start : start + max(window, needed)], start):
        start, needed = stream.position, stream.needed
        if start + needed > len(content):
            stream.end(len(content))
            start = stream.position
    source = Bytes(content)
    return from_index(stream.finish(), source), source


def encode(dataset: Dataset, target: Encoding, options: reference.Options = KEEP, **others: Any) -> Encoded:
    return encode_dataset(
        dataset,
        character_sets=character_sets,
        implicit_vr=target.implicit,
        big_endian=target.big,
        encapsulated=True,
        sequence_length=options.sequence_length,
        group_length=options.group_length,
        padding=options.padding,
        old_vrs=options.old_vrs,
        **others,
    )


def written(dataset: Dataset, target: Encoding, options: reference.Options = KEEP, **others: Any) -> bytes:
    return encode(dataset, target, options, **others).joined()


def check_sound(content: bytes, encoding: Encoding) -> None:
    """Lengths are consistent: a strict walk over everything ends where the bytes do."""
    stream = TagStream(0, len(content), implicit_vr=encoding.implicit, big_endian=encoding.big, strict=True)
    assert stream.feed(content, 0)
    assert stream.finish().stop == len(content)


# -- what was read, encoded anew


@pytest.mark.parametrize("source", NATIVE, ids=["explicit", "implicit", "big"])
@given(data=st.data())
@SOUND
def test_equals_the_reference(source: Encoding, data: st.DataObject) -> None:
    content = source.data_set(data.draw(data_sets(source)))
    before = data.draw(st.sampled_from((0, 300)))
    tree = reference.read(content, source)
    dataset = opened(content, source)
    some = data.draw(st.integers(0, 3))
    for target in NATIVE:
        for options in (KEEP, *ALL_OPTIONS[some::4]):
            made = written(dataset, target, options, before=before)
            assert made == reference.write(tree, target, options, before)
            check_sound(made, target)
            if options == KEEP and source == target:
                assert made == content


@given(data=st.data())
@SOUND
def test_old_vrs_equal_the_reference(data: st.DataObject) -> None:
    content = EXPLICIT.data_set(data.draw(data_sets(EXPLICIT)))
    options = reference.Options(old_vrs=True)
    made = written(opened(content, EXPLICIT), EXPLICIT, options)
    assert made == reference.write(reference.read(content, EXPLICIT), EXPLICIT, options)


@given(data=st.data())
@SOUND
def test_deferred_values_make_no_difference(data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(NATIVE))
    source = data.draw(st.sampled_from(NATIVE))
    content = source.data_set(data.draw(data_sets(source)))
    options = data.draw(st.sampled_from(ALL_OPTIONS))
    whole = written(opened(content, source), target, options)
    defer_size = data.draw(st.sampled_from((0, 1, 16, 4095)))
    dataset, origin = deferred(content, source, defer_size, data.draw(st.sampled_from((9, 64, 1024, 65536))))
    made = encode(dataset, target, options)
    assert len(made) == len(whole)
    assert b"".join(chunks(made.parts())) == whole
    if made.in_memory():
        assert made.joined() == whole
    else:
        assert origin.reads
        with pytest.raises(ValueError, match="not in memory"):
            made.joined()


@given(data=st.data())
@SOUND
def test_there_and_back_gives_the_same_data_set(data: st.DataObject) -> None:
    """Explicit VR to any other encoding and back; implicit VR loses the VRs that no dictionary has."""
    content = EXPLICIT.data_set(data.draw(data_sets(EXPLICIT)))
    dataset = opened(content, EXPLICIT)
    options = data.draw(
        st.sampled_from([each for each in ALL_OPTIONS if each.padding is None and each.group_length == "keep"])
    )
    back = opened(written(dataset, BIG, options), BIG)
    for one, other in zip(back.walk(), dataset.walk(), strict=True):
        assert one.path == other.path
        if len(other.raw) > 65_534:  # may have become UN
            continue
        assert one.vr == other.vr
        if one.tag & 0xFFFF == 0:  # a group length: the group may be longer now
            continue
        if one.vr not in ("SQ", "FL", "FD") and not one.is_encapsulated:  # those of a NaN are equal by bytes only
            assert value_of(one) == value_of(other)
    again = opened(written(back, EXPLICIT, options), EXPLICIT)
    special = any(len(element.raw) > 65_534 or element.tag & 0xFFFF == 0 for element in dataset.walk())
    assert special or again == dataset


def value_of(element: DataElement) -> object:
    try:
        return element.value
    except dicomkit.ValueDecodeError as error:
        return error.reason


def test_turned_words() -> None:
    data = bytes(range(1, 20))
    for unit in (2, 4, 8):
        assert turned(data, unit) == reference.turned(data, unit)
    assert turned(b"", 2) == b""


# -- one change


def elements_of(content: bytes, encoding: Encoding) -> list[reference.Node]:
    return reference.read(content, encoding)


def assert_same_but(before: list[reference.Node], after: list[reference.Node], path: tuple[int, ...]) -> None:
    """All elements have the bytes they had, but those on the way to the one at `path` (tag, item, tag, ...)."""
    assert [node.tag for node in before] == [node.tag for node in after]
    for one, other in zip(before, after, strict=True):
        if not path or one.tag != path[0]:
            assert one.encoded == other.encoded, f"{one.tag:08X}"
            continue
        assert (one.vr, one.flags) == (other.vr, other.flags)
        if len(path) == 1:
            continue
        assert len(one.children) == len(other.children)
        for number, (item, other_item) in enumerate(zip(one.children, other.children, strict=True)):
            if number != path[1]:
                assert item.encoded == other_item.encoded
            else:
                assert item.flags == other_item.flags
                assert_same_but(item.children, other_item.children, path[2:])


def texts(nodes: list[reference.Node], path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """The paths of all elements whose value can be replaced by a text of another length."""
    found = []
    for node in nodes:
        here = (*path, node.tag)
        if node.vr in ("LO", "SH", "UT", "LT", "PN") and node.tag & 0xFFFF > 0xFF:
            found.append(here)
        if node.flags & 128 and node.tag != 0x7FE00010:
            for number, item in enumerate(node.children):
                found += texts(item.children, (*here, number))
    return found


@pytest.mark.parametrize("encoding", NATIVE, ids=["explicit", "implicit", "big"])
@given(data=st.data())
@SOUND
def test_one_change_leaves_all_other_bytes(encoding: Encoding, data: st.DataObject) -> None:
    content = encoding.data_set(data.draw(data_sets(encoding)))
    tree = elements_of(content, encoding)
    places = texts(tree)
    dataset = opened(content, encoding)
    if not places:
        dataset.PatientComments = "new"
        assert b"".join(
            node.encoded for node in elements_of(written(dataset, encoding), encoding) if node.tag != 0x00104000
        ) == (content)
        return
    path = data.draw(st.sampled_from(places))
    inner = dataset
    for at in range(0, len(path) - 1, 2):
        inner = inner[path[at]].value[path[at + 1]]
    inner[path[-1]] = "another text"
    made = written(dataset, encoding)
    check_sound(made, encoding)
    if any(node.vr == "UN" for node in hidden(tree, path)):  # a UN sequence that is encoded anew is SQ
        return
    assert_same_but(tree, elements_of(made, encoding), path)
    assert opened(made, encoding) == dataset


def hidden(nodes: list[reference.Node], path: tuple[int, ...]) -> list[reference.Node]:
    """The sequences on the way to a path."""
    found = []
    for at in range(0, len(path) - 1, 2):
        node = next(node for node in nodes if node.tag == path[at])
        found.append(node)
        nodes = node.children[path[at + 1]].children
    return found


def test_a_group_length_is_kept_until_its_group_changes() -> None:
    """Right or wrong, PS3.5 7.2 says that nobody shall rely on it; what was not touched stays."""
    nodes: tuple[Node, ...] = (
        Element(0x00080000, "UL", struct.pack("<I", 7777)),
        Element(0x00080060, "CS", b"CT"),
        Element(0x00100000, "UL", struct.pack("<I", 8888)),
        Element(0x00100020, "LO", b"ID"),
    )
    dataset = opened(EXPLICIT.data_set(nodes), EXPLICIT)
    dataset.PatientID = "longer id"
    again = opened(written(dataset, EXPLICIT), EXPLICIT)
    assert again[0x00080000].value == 7777
    assert again[0x00100000].value == 8 + 10
    del dataset.PatientID
    assert opened(written(dataset, EXPLICIT), EXPLICIT)[0x00100000].value == 0
    # in another encoding: that of group 0008 is as long as it was, 8 + 2 bytes
    assert opened(written(dataset, IMPLICIT), IMPLICIT)[0x00080000].value == 7777


def test_duplicates_and_disorder() -> None:
    """Of equal tags the first one counts; a changed data set has its elements in order, each once."""
    nodes = (
        Element(0x00100020, "LO", b"ID"),
        Element(0x00080060, "CS", b"CT"),
        Element(0x00100020, "LO", b"SECOND"),
        Element(0x00100010, "PN", b"A "),
    )
    content = EXPLICIT.data_set(nodes)
    dataset = opened(content, EXPLICIT)
    assert written(dataset, EXPLICIT) == content
    dataset.PatientName = "B"
    expected = EXPLICIT.data_set((nodes[1], Element(0x00100010, "PN", b"B "), nodes[0]))
    assert written(dataset, EXPLICIT) == expected
    assert written(opened(content, EXPLICIT), IMPLICIT) == IMPLICIT.data_set((nodes[1], nodes[3], nodes[0]))


# -- long values


def test_a_long_value_of_a_short_vr_is_un() -> None:
    """PS3.5 6.2.2 note 2: a value of more than 65,534 bytes does not fit a length of 16 bits."""
    numbers = tuple(range(20_000)) * 2
    for vr, size in (("US", 32_767), ("US", 32_768), ("DS", 1), ("FD", 8191), ("FD", 8192)):
        value = (numbers[:size]) if vr != "DS" else "1\\" * 40_000 + "1"
        element = DataElement(0x00091001, vr, value)
        dataset = Dataset()
        dataset[0x00090010] = DataElement(0x00090010, "LO", "ACME")
        dataset[0x00091001] = element
        long = size * {"US": 2, "FD": 8, "DS": 80_001}[vr] > 65_534
        explicit = opened(written(dataset, EXPLICIT), EXPLICIT)[0x00091001]
        assert explicit.encoded_vr == ("UN" if long else vr)
        big = opened(written(dataset, BIG), BIG)[0x00091001]
        assert big.encoded_vr == ("UN" if long else vr)
        if long:  # the value of a UN is little endian, also here
            assert big.raw == explicit.raw
        implicit = opened(written(dataset, IMPLICIT), IMPLICIT)[0x00091001]
        assert implicit.raw == explicit.raw


def test_a_long_value_of_a_short_vr_keeps_its_meaning() -> None:
    dataset = Dataset(ContourData=tuple(float(number) for number in range(30_000)))
    for encoding in NATIVE:
        assert opened(written(dataset, encoding), encoding).ContourData == dataset.ContourData
    implicit = opened(written(dataset, IMPLICIT), IMPLICIT)
    again = opened(written(implicit, EXPLICIT), EXPLICIT)
    assert again["ContourData"].encoded_vr == "UN"
    assert again.ContourData == dataset.ContourData


@pytest.mark.parametrize("encoding", NATIVE, ids=["explicit", "implicit", "big"])
def test_odd_lengths_are_padded_when_encoded_anew(encoding: Encoding) -> None:
    """PS3.5 7.1.1: with a space for text, a NUL for UIDs and bytes."""
    nodes = (Element(0x00080018, "UI", b"1.2"), Element(0x00100020, "LO", b"abc"), Element(0x00420011, "OB", b"\1\2\3"))
    source = IMPLICIT if encoding == EXPLICIT else EXPLICIT
    dataset = opened(source.data_set(nodes), source)
    values = (b"1.2\0", b"abc ", b"\1\2\3\0")
    even = [Element(node.tag, node.vr, value) for node, value in zip(nodes, values, strict=True)]
    assert written(dataset, encoding) == encoding.data_set(even)


# -- what cannot be written


def nested(depth: int, inner: Dataset) -> Dataset:
    for _ in range(depth):
        inner = Dataset(ReferencedImageSequence=[inner])
    return inner


@pytest.mark.parametrize("encoding", NATIVE, ids=["explicit", "implicit", "big"])
@pytest.mark.parametrize("lengths", ["explicit", "undefined"])
def test_128_sequences_are_written_and_read(encoding: Encoding, lengths: str) -> None:
    dataset = nested(128, Dataset(PatientID="1"))
    made = written(dataset, encoding, reference.Options(lengths))
    again = opened(made, encoding)
    assert again == dataset
    assert sum(1 for _ in again.walk()) == 129
    for other in NATIVE:
        assert opened(written(again, other), other) == dataset


def test_deeper_nesting_is_refused() -> None:
    with pytest.raises(EncodeError, match="128 deep") as caught:
        written(nested(129, Dataset(PatientID="1")), EXPLICIT)
    assert caught.value.tag == 0x00081140


def test_what_was_read_and_goes_too_deep_is_refused() -> None:
    inner = opened(written(nested(100, Dataset(PatientID="1")), EXPLICIT), EXPLICIT)
    assert opened(written(nested(28, inner), EXPLICIT), EXPLICIT) == nested(28, inner)
    for encoding in NATIVE:
        with pytest.raises(EncodeError, match="128 deep"):
            written(nested(29, inner), encoding)


def test_a_data_set_in_itself_is_refused() -> None:
    one, two = Dataset(PatientID="1"), Dataset()
    one.ReferencedImageSequence = [one]
    two.ReferencedImageSequence = [Dataset(RequestAttributesSequence=[two])]
    read = opened(EXPLICIT.data_set((Sequence(0x00081140, (Item(()),)),)), EXPLICIT)
    read.ReferencedImageSequence.append(read)
    for dataset in (one, two, read):
        with pytest.raises(EncodeError, match="128 deep"):
            written(dataset, EXPLICIT)


@pytest.mark.parametrize("tag", [0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD])
def test_delimiters_are_no_elements(tag: int) -> None:
    dataset = Dataset(PatientID="1")
    dataset.add(DataElement(tag, "UN", b"abcd"))
    with pytest.raises(EncodeError, match="no elements"):
        written(dataset, EXPLICIT)


def test_the_error_names_the_element() -> None:
    dataset = Dataset(PatientName="Яков", PatientID="1")
    with pytest.raises(EncodeError, match=r"\(0010,0010\)") as caught:
        written(dataset, EXPLICIT)
    assert caught.value.tag == 0x00100010
    dataset = Dataset(RequestAttributesSequence=[Dataset(StudyID="Яков")])
    with pytest.raises(EncodeError, match=r"\(0020,0010\)"):
        written(dataset, EXPLICIT)


def test_a_deferred_value_without_a_source() -> None:
    content = EXPLICIT.data_set((Element(0x00420011, "OB", bytes(100)),))
    dataset, _ = deferred(content, EXPLICIT, 10, 64)
    dataset = from_index(dataset._index)
    for target in NATIVE:
        with pytest.raises(EncodeError, match="no source"):
            written(dataset, target, KEEP)


@pytest.mark.parametrize(
    "options", [{"sequence_length": "both"}, {"group_length": "explicit"}, {"padding": (3, 0)}, {"padding": (0, 7)}]
)
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is one of|even"):
        encode_dataset(Dataset(PatientID="1"), character_sets=character_sets, **options)


# -- encapsulated pixel data


def test_fragments_stay_as_they_are() -> None:
    pixels = PixelFragments((b"", b"abcd", bytes(70_000)))
    content = EXPLICIT.data_set((Element(0x00100010, "PN", b"A "), pixels))
    dataset = opened(content, EXPLICIT)
    for lengths in ("keep", "explicit", "undefined"):
        assert written(dataset, EXPLICIT, reference.Options(lengths, "remove")) == content
    dataset.PatientName = "Another"
    assert written(dataset, EXPLICIT).endswith(EXPLICIT.node(pixels))
    with pytest.raises(EncodeError, match="encapsulated"):
        encode_dataset(dataset, character_sets=character_sets)


def test_fragments_that_are_assigned() -> None:
    """Pixel Data assigned as bytes in the form they have in a file are written so where they are encapsulated."""
    items = EXPLICIT.node(PixelFragments((b"", b"abcd")))[12:]
    for value in (items, items[:-8]):
        dataset = Dataset(PixelData=value)
        assert written(dataset, EXPLICIT) == EXPLICIT.header(0x7FE00010, "OB", 0xFFFFFFFF) + items
        native = encode_dataset(dataset, character_sets=character_sets).joined()
        assert opened(native, EXPLICIT)["PixelData"].raw == value


# -- threads


def test_threads_write_one_data_set() -> None:
    nodes: tuple[Node, ...] = tuple(
        Sequence(0x00081140 + 2 * k, tuple(Item((Element(0x00080100, "SH", b"abcd"),)) for _ in range(50))) for k in range(3)
    )
    dataset = opened(EXPLICIT.data_set(nodes), EXPLICIT)
    dataset.PatientName = "A"
    expected = {id(encoding): written(dataset, encoding) for encoding in NATIVE}
    wrong: list[object] = []

    def work() -> None:
        for _ in range(50):
            for encoding in NATIVE:
                try:
                    if written(dataset, encoding) != expected[id(encoding)]:
                        wrong.append(encoding)
                except Exception as error:
                    wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# -- through the reader


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
@given(data=st.data())
@settings(SOUND, max_examples=20)
def test_a_whole_file_is_read_back(syntax: str, data: st.DataObject) -> None:
    first = Element(0x00080001, "UL", b"\0\0\0\0")  # that nobody takes for one of another encoding
    elements = [node for node in data.draw(data_sets(EXPLICIT)) if node.tag != 0x00080000]
    content = file_bytes((first, *elements))
    dataset = dicomkit.read(content)
    if any(element.is_encapsulated for element in dataset.walk()):
        if syntax != EXPLICIT_LITTLE:
            with pytest.raises((EncodeError, dicomkit.UnsupportedTransferSyntax)):
                dataset.to_bytes(transfer_syntax=syntax)
        return
    made = dataset.to_bytes(transfer_syntax=syntax)
    for source in (made, io.BytesIO(made)):
        again = dicomkit.read(source, strict=True)
        assert again.transfer_syntax == syntax
        for one, other in zip(again.walk(), dataset.walk(), strict=True):
            assert one.path == other.path
            if syntax in (EXPLICIT_LITTLE, DEFLATED):
                assert one == other or one.vr == "SQ" or value_of(one) == value_of(other)
            elif syntax == IMPLICIT_LITTLE and one.vr != "SQ":
                assert one.raw == other.raw

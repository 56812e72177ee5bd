"""The tag stream against the reference parser: all encodings, any windows, the quick way and the steps."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomkit._ext.tagstream import PROBLEMS, QUIRKS, Index, TagStream, TagStreamError, detect_encoding, index_bytes
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import CONTEXT, PRIVATE, VALUES, nested
from tests.reference import tagstream as reference
from tests.reference.encoding import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    Element,
    Encoding,
    Item,
    Node,
    PixelFragments,
    Sequence,
)
from tests.reference.strategies import data_sets

ENCODINGS = pytest.mark.parametrize("encoding", [EXPLICIT, IMPLICIT, BIG], ids=["explicit", "implicit", "big"])
SOUND = settings(
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow], max_examples=min(50, settings().max_examples)
)


def records(index: Index) -> list[tuple[int, str, int, int, int, int, int]]:
    return [index.record(number) for number in range(len(index))]


def parse(data: bytes, encoding: Encoding, **options: object) -> Index:
    stream = TagStream(0, len(data), implicit_vr=encoding.implicit, big_endian=encoding.big, **options)  # type: ignore[arg-type]
    assert stream.feed(data, 0)
    return stream.finish()


def parse_in_windows(data: bytes, encoding: Encoding, size: int, *, known: bool, **options: object) -> Index:
    """Feed windows of `size` bytes, larger where the stream asks for more."""
    stream = TagStream(
        0,
        len(data) if known else None,
        implicit_vr=encoding.implicit,
        big_endian=encoding.big,
        **options,  # type: ignore[arg-type]
    )
    start, needed = 0, 0
    while not stream.feed(data[start : start + max(size, needed)], start):
        assert stream.position >= start
        start, needed = stream.position, stream.needed
        if start + needed > len(data):
            stream.end(len(data))
            start = stream.position
    return stream.finish()


@ENCODINGS
@given(data=st.data())
@SOUND
def test_equals_the_reference(encoding: Encoding, data: st.DataObject) -> None:
    content = encoding.data_set(data.draw(data_sets(encoding)))
    index = index_bytes(content, implicit_vr=encoding.implicit, big_endian=encoding.big)
    assert records(index) == reference.parse(content, implicit=encoding.implicit, big=encoding.big)
    assert index.faults == ()
    assert not index.unordered
    assert index.stop == len(content)


@ENCODINGS
@given(data=st.data())
@SOUND
def test_windows_make_no_difference(encoding: Encoding, data: st.DataObject) -> None:
    content = encoding.data_set(data.draw(data_sets(encoding)))
    whole = parse(content, encoding)
    size = data.draw(st.sampled_from((1, 7, 8, 9, 12, 13, 30, 64, 255, 1024, 65536)))
    defer_size = data.draw(st.sampled_from((0, 1, 16, 4095, 1 << 62)))
    for known in (True, False):
        index = parse_in_windows(content, encoding, size, known=known, defer_size=defer_size)
        assert records(index) == records(whole)
        assert index.faults == ()


@ENCODINGS
@given(data=st.data())
@SOUND
def test_quick_way_equals_the_steps(encoding: Encoding, data: st.DataObject) -> None:
    """A quirk that changes nothing in a sound data set keeps the parser off the quick way."""
    content = encoding.data_set(data.draw(data_sets(encoding)))
    steps = parse(content, encoding, quirks=QUIRKS["assume-even-length"])
    assert records(parse(content, encoding)) == records(steps)


def damaged(seed: int, count: int) -> Iterator[tuple[bytes, Encoding]]:
    """Damaged data sets in all encodings."""
    random = Random(seed)
    for _ in range(count):
        encoding = random.choice((EXPLICIT, IMPLICIT, BIG))
        content = encoding.data_set(random.choice((VALUES, PRIVATE, CONTEXT, nested(4, undefined=random.random() < 0.5))))
        yield mutate(content, (), content, random)[:2000], encoding


def outcome(parsed: Callable[[], Index]) -> object:
    try:
        index = parsed()
    except TagStreamError as error:
        return error.args
    return records(index), index.faults, index.unordered


def test_quick_way_equals_the_steps_on_damage() -> None:
    steps = QUIRKS["private-undefined-as-sequence"]  # which the parser does anyway: it only turns the quick way off
    for content, encoding in damaged(1, 4000):
        quick = outcome(partial(parse, content, encoding))
        assert quick == outcome(partial(parse, content, encoding, quirks=steps)), (content.hex(), encoding)
        assert quick == outcome(partial(parse, content, encoding, stop_before=0xFFFFFFFF)), (content.hex(), encoding)


def test_windows_make_no_difference_to_damage() -> None:
    """What the parser decides about damage does not depend on where a window ends."""
    for number, (content, encoding) in enumerate(damaged(2, 4000)):
        whole = outcome(partial(parse, content, encoding))
        size = (1, 8, 20, 64, 300)[number % 5]
        for defer_size in (16, 1 << 62):
            windows = partial(parse_in_windows, content, encoding, size, known=True, defer_size=defer_size)
            assert whole == outcome(windows), (content.hex(), encoding, size, defer_size)


def test_an_explicit_item_in_an_implicit_data_set() -> None:
    """The items behind it are implicit again."""
    items = [EXPLICIT, IMPLICIT, EXPLICIT, IMPLICIT]
    element = Element(0x00080100, "SH", b"T-04000 ")
    content = b"".join(
        IMPLICIT.marker(ITEM, len(inside)) + inside for inside in (encoding.node(element) for encoding in items)
    )
    index = parse(IMPLICIT.header(0x00081140, "SQ", len(content)) + content, IMPLICIT)
    assert [(vr, bool(flags & 4)) for tag, vr, flags, *_ in records(index) if tag == element.tag] == [
        ("SH", encoding.implicit) for encoding in items
    ]
    assert [PROBLEMS[code][0] for code, _, _ in index.faults] == ["explicit-element", "explicit-element"]


def test_more_records_than_there_is_room_for_at_first() -> None:
    items = tuple(Item((Element(0x00080100, "SH", b"ab"),), undefined=number % 2 == 0) for number in range(5000))
    content = EXPLICIT.data_set((Sequence(0x00081140, items),))
    assert records(index_bytes(content)) == reference.parse(content)


DEPTHS = [1, 2, 64, 127, 128]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("undefined", [False, True])
def test_nesting_to_the_limit(depth: int, undefined: bool) -> None:
    node: Node = Element(0x00080060, "CS", b"CT")
    for _ in range(depth):
        node = Sequence(0x00081140, (Item((node,), undefined),), undefined)
    for encoding in (EXPLICIT, IMPLICIT, BIG):
        content = encoding.data_set((node,))
        index = parse(content, encoding)
        assert records(index) == reference.parse(content, implicit=encoding.implicit, big=encoding.big)
        assert index.record(len(index) - 1)[3] == depth


def test_deeper_than_the_limit() -> None:
    for encoding in (EXPLICIT, IMPLICIT, BIG):
        level = encoding.header(0x00081140, "SQ", 0xFFFFFFFF) + encoding.marker(ITEM, 0xFFFFFFFF)
        content = level * 129
        with pytest.raises(TagStreamError):
            parse(content, encoding)


def test_deferred_values_are_not_asked_for() -> None:
    content = EXPLICIT.data_set((Element(0x00080060, "CS", b"CT"), Element(0x7FE00010, "OW", bytes(100_000))))
    stream = TagStream(0, len(content), defer_size=1000)
    assert not stream.feed(content[:50], 0) or stream.position == len(content)
    assert stream.position == len(content)
    assert records(stream.finish()) == reference.parse(content)


def test_stop_before() -> None:
    content = EXPLICIT.data_set(
        (Element(0x00080060, "CS", b"CT"), Element(0x00100010, "PN", b"A^"), Element(0x00200010, "SH", b"1 "))
    )
    for tag, count in ((0x00080060, 0), (0x00100010, 1), (0x00100011, 2), (0x00200010, 2), (0x00200011, 3)):
        index = parse(content, EXPLICIT, stop_before=tag)
        assert records(index) == reference.parse(content)[:count]


@ENCODINGS
@given(data=st.data())
@settings(
    max_examples=min(30, settings().max_examples), suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow]
)
def test_only_equals_the_whole_without_the_rest(encoding: Encoding, data: st.DataObject) -> None:
    content = encoding.data_set(data.draw(data_sets(encoding)))
    whole = records(parse(content, encoding))
    tags = sorted({record[0] for record in whole if record[3] == 0 and record[0] != ITEM} | {0x00080005})
    only = sorted(data.draw(st.sets(st.sampled_from(tags), max_size=4)))
    # VRs that depend on elements which are left out may differ; so may those of private elements without their creator
    found = [(record[0], record[2], *record[4:5], record[6]) for record in records(parse(content, encoding, only=only))]
    expected = []
    number = 0
    while number < len(whole):
        after = whole[number][5]
        if whole[number][0] in only:
            expected += [(record[0], record[2], *record[4:5], record[6]) for record in whole[number:after]]
        number = after
    if not any(record[0] & 0x10000 for record in whole):
        assert found == expected


def test_fragments() -> None:
    content = EXPLICIT.data_set((PixelFragments((struct.pack("<2I", 0, 12), b"\xff\xd8\xff\xd9", b"")),))
    assert [(vr, depth, length) for _, vr, _, depth, length, _, _ in records(index_bytes(content))] == [
        ("OB", 0, 36),
        ("", 1, 8),
        ("", 1, 4),
        ("", 1, 0),
    ]


def fragments_in_window(fragments: list[bytes], table: bytes = b"") -> tuple[TagStream, bytes, int]:
    """A tag stream that has seen the offset table of deferred fragments, all bytes, and where the first fragment begins."""
    content = EXPLICIT.data_set((PixelFragments((table, *fragments)), Element(0xFFFCFFFC, "OB", b"ab")))
    stream = TagStream(0, len(content), defer_size=0)
    assert not stream.feed(content[: 20 + len(table)], 0)
    assert (stream.in_fragments, stream.position) == (True, 20 + len(table))
    assert stream.fragments[:2] == (1, 0)
    assert stream.place_of(ITEM) == (20, len(table))
    assert stream.held(20, len(table)) == table
    return stream, content, 20 + len(table)


def test_passing_over_fragments_by_their_headers() -> None:
    fragments = [b"abcd", b"", b"ef" * 5]
    stream, content, start = fragments_in_window(fragments)
    headers = [EXPLICIT.marker(ITEM, len(fragment)) for fragment in fragments]
    assert not stream.skip(headers[0])
    assert stream.fragments[1:] == (1, 4)
    assert not stream.skip(headers[1] + headers[2])
    end = start + sum(8 + len(fragment) for fragment in fragments)
    assert stream.position == end
    assert stream.feed(content[end:], end)
    index = stream.finish()
    assert records(index) == records(index_bytes(content))
    assert not index.believed
    assert [len(owner) for owner in index.owners] == [20, len(content) - end]
    with pytest.raises(ValueError, match="not inside of fragments"):
        TagStream().skip(b"")


@pytest.mark.parametrize("wide", [False, True])
def test_passing_over_fragments_by_a_table(wide: bool) -> None:
    fragments = [b"abcd", b"", b"ef" * 50, b"gh"]
    offsets = [0, 12, 20, 128]
    table = struct.pack(f"<4{'Q' if wide else 'I'}", *offsets)
    lengths = struct.pack("<4Q", 3, 0, 99, 1) if wide else None
    stream, content, start = fragments_in_window(fragments, b"" if wide else table)
    assert stream.try_table(table, wide, lengths) == (start + 20, 100, start + 128)
    for wrong in (table[:-1], b"", struct.pack("<4I", 0, 12, 20, 129), struct.pack("<4I", 0, 12, 20, 14000)):
        assert stream.try_table(wrong, wide, lengths) is None
    if wide:
        assert stream.try_table(table, wide, struct.pack("<4Q", 3, 0, 97, 1)) is None
    stream.try_table(table, wide, lengths, believe=True)
    assert stream.position == start + 128
    assert stream.feed(content[start + 128 :], start + 128)
    index = stream.finish()
    assert index.believed
    assert records(index) == records(index_bytes(content))


def test_a_table_that_starts_again_from_0() -> None:
    """Beyond 4 GiB, in 32 bits."""
    size = 0xC0000000
    head = EXPLICIT.header(0x7FE00010, "OB", 0xFFFFFFFF) + EXPLICIT.marker(ITEM, 12)
    table = struct.pack("<3I", 0, size + 8, 2 * (size + 8) & 0xFFFFFFFF)
    stream = TagStream(0, 3 * (size + 8) + 48, defer_size=0)
    stream.feed(head + table, 0)
    assert stream.try_table(table, False) == (32 + size + 8, size, 32 + 2 * (size + 8))


def test_the_private_creator_counts_in_its_own_data_set() -> None:
    """PS3.5 7.8.1: a block is reserved in the data set, or item, that the creator stands in."""
    private = (Element(0x00090010, "LO", b"GEMS_IDEN_01"), Element(0x00091027, "SL", b"\1\0\0\0"))
    orphan = (Element(0x00091027, "SL", b"\1\0\0\0"),)
    content = IMPLICIT.data_set((*private, Sequence(0x00081140, (Item(orphan), Item(private), Item(orphan)))))
    content = IMPLICIT.data_set((Sequence(0x00081140, (Item(orphan), Item(private), Item(orphan))), *private))
    index = parse(content, IMPLICIT)
    assert [vr for tag, vr, *_ in records(index) if tag == 0x00091027] == ["UN", "SL", "UN", "SL"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (EXPLICIT.data_set((Element(0x00080005, "CS", b"ISO_IR 100"),)), (False, False, True)),
        (IMPLICIT.data_set((Element(0x00080005, "CS", b"ISO_IR 100"),)), (True, False, True)),
        (BIG.data_set((Element(0x00080005, "CS", b"ISO_IR 100"),)), (False, True, True)),
        (Encoding(implicit=True, big=True).data_set((Element(0x00080005, "CS", b"ISO_IR 100"),)), (True, True, True)),
        (b"\x08\x00\x05\x00", None),
        (b"GIF89a\x01\x00\x01\x00\x80\x00", None),
    ],
)
def test_detect_encoding(head: bytes, expected: tuple[bool, bool, bool] | None) -> None:
    assert detect_encoding(head, 0, len(head)) == expected

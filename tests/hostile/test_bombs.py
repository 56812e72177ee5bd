"""Small inputs that want much: deep nesting, many empty records, quadratic traps, lengths of gigabytes, deflate bombs.

The bounds are generous, and far below what a quadratic algorithm or an allocation by a lying length would take.
"""

from __future__ import annotations

import copy
import os
import pickle
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dicomkit
from dicomkit.errors import ParseError
from dicomkit.media import inflate as inflate_module
from tests.hostile.survival import survive
from tests.reference.encoding import (
    BIG,
    DEFLATED,
    EXPLICIT,
    EXPLICIT_BIG,
    IMPLICIT,
    IMPLICIT_LITTLE,
    ITEM,
    Element,
    Encoding,
    Item,
    Node,
    Sequence,
    file_bytes,
    file_meta,
)

SECONDS = 5.0  # of processor time; each of these takes well under one
RECORD_RATIO = 3  # index bytes for each byte of input: 24 for a header of 8
MEGABYTE = 1 << 20

ENCODINGS = [(EXPLICIT, "1.2.840.10008.1.2.1"), (IMPLICIT, IMPLICIT_LITTLE), (BIG, EXPLICIT_BIG)]


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def read_bounded(data: bytes, **options: object) -> dicomkit.Dataset:
    with bounded():
        dataset = dicomkit.read(data, **options)  # type: ignore[arg-type]
    assert dataset._index is not None
    assert dataset._index.nbytes <= RECORD_RATIO * len(data)
    return dataset


# -- depth


@pytest.mark.parametrize("depth", [129, 1000, 10_000, 100_000])
@pytest.mark.parametrize(("encoding", "syntax"), ENCODINGS)
def test_nested_too_deeply(encoding: Encoding, syntax: str, depth: int) -> None:
    level = encoding.header(0x00081140, "SQ", 0xFFFFFFFF) + encoding.marker(ITEM, 0xFFFFFFFF)
    lying = encoding.header(0x00081140, "SQ", 0xFFFFFFF0) + encoding.marker(ITEM, 0xFFFFFFE0)
    unknown = encoding.header(0x00091140, "UN", 0xFFFFFFFF) + IMPLICIT.marker(ITEM, 0xFFFFFFFF)
    for levels in (
        level * depth,
        lying * depth,
        unknown + (IMPLICIT.header(0x00091140, "UN", 0xFFFFFFFF) + IMPLICIT.marker(ITEM, 0xFFFFFFFF)) * depth,
    ):
        with bounded(), pytest.raises(ParseError, match="nested too deeply") as caught:
            dicomkit.read(file_meta(syntax) + levels)
        assert caught.value.offset is not None


def test_sequences_without_items_are_not_deep() -> None:
    """A sequence in a sequence, without an item between, is no nesting but a fault."""
    data = file_meta() + EXPLICIT.header(0x00081140, "SQ", 0xFFFFFFFF) * 10_000
    assert survive(data) is not None


@pytest.mark.parametrize(("encoding", "syntax"), ENCODINGS)
def test_everything_works_at_the_deepest_level(encoding: Encoding, syntax: str) -> None:
    node: Node = Element(0x00080060, "CS", b"CT")
    for _ in range(128):
        node = Sequence(0x00081140, (Item((node,)),))
    dataset = read_bounded(file_meta(syntax) + encoding.data_set((node,)))
    *_, last = dataset.walk()
    assert last.value == "CT"
    assert last.path.count("[0].") == 128
    assert str(dataset)
    assert dataset._repr_html_()
    assert dataset == pickle.loads(pickle.dumps(dataset))
    assert dataset == copy.deepcopy(dataset)


# -- width


def test_a_million_empty_items() -> None:
    items = EXPLICIT.marker(ITEM, 0) * 1_000_000
    dataset = read_bounded(file_meta() + EXPLICIT.header(0x00081140, "SQ", len(items)) + items)
    with bounded():
        assert len(dataset.ReferencedImageSequence) == 1_000_000
        assert len(list(dataset.walk())) == 1
        assert str(dataset)


def test_a_million_sequences_deep_and_wide() -> None:
    """Each item holds a sequence, 100 deep; and many of those."""
    node: Node = Sequence(0x00081140, (Item(),) * 5)
    for _ in range(100):
        node = Sequence(0x00081140, (Item((node,), undefined=True), Item()), undefined=True)
    one = EXPLICIT.item(Item((node,)))
    content = one * (4 * MEGABYTE // len(one))
    dataset = read_bounded(file_meta() + EXPLICIT.header(0x00081140, "SQ", len(content)) + content)
    with bounded():
        assert sum(1 for _ in dataset.walk()) > 90_000


@pytest.mark.parametrize("encoding", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_many_private_elements_of_many_creators(encoding: Encoding) -> None:
    """240 blocks of a group, and elements of all of them: 100,000 look-ups of a creator."""
    group = [Element(0x00090010 + block, "LO", b"CREATOR %3d " % block) for block in range(0xF0)]
    group += [Element(0x00091000 + number, "LO", b"x ") for number in range(0xF000)]
    group += [Element(0x00190010 + block, "LO", b"GEMS_ACQU_01") for block in range(0xF0)]
    group += [Element(0x00191000 + number, "LO", b"1 ") for number in range(0xF000)]
    syntax = IMPLICIT_LITTLE if encoding.implicit else "1.2.840.10008.1.2.1"
    dataset = read_bounded(file_meta(syntax) + encoding.data_set(group))
    with bounded():
        assert sum(1 for element in dataset if element.raw and element.name is not None) > 100_000
    with bounded():
        assert str(dataset)


def test_private_creators_in_every_item() -> None:
    creators = tuple(Element(0x00090010 + block, "LO", b"CREATOR %3d " % block) for block in range(0xF0))
    item = IMPLICIT.item(Item((*creators, Element(0x0009FF01, "LO", b"x "))))
    content = item * 1000
    dataset = read_bounded(file_meta(IMPLICIT_LITTLE) + IMPLICIT.header(0x00081140, "SQ", len(content)) + content)
    with bounded():
        assert sum(len(element.name) for element in dataset.walk()) > 1_000_000


def test_private_creators_that_come_again_and_again() -> None:
    block = b"".join(IMPLICIT.node(Element(0x00090010 + number, "LO", b"ACME")) for number in range(0xF0))
    element = IMPLICIT.node(Element(0x0009FF01, "LO", b"x "))
    survive(file_meta(IMPLICIT_LITTLE) + block + element * 200_000, 0)
    survive(file_meta(IMPLICIT_LITTLE) + (block + element) * 800, 0)


def test_elements_in_descending_order() -> None:
    elements = b"".join(EXPLICIT.node(Element(0x00090000 + number, "LO", b"x ")) for number in range(0xFFFF, 0x0F, -1))
    dataset = read_bounded(file_meta() + elements)
    with bounded():
        assert len(dataset) == 0xFFF0
        assert next(element.tag for element in dataset) == 0x00090010
    with bounded():
        assert str(dataset)
    with bounded():
        assert len(dataset.problems) == 1000


@pytest.mark.parametrize(
    "element",
    [
        Element(0x00283006, "OW", b"\0\0"),  # the VR depends on LUT Descriptor
        Element(0x54001010, "OW", b"\0\0"),  # on Waveform Bits Allocated
        Element(0x00280106, "US", b"\0\0"),  # on Pixel Representation
        Element(0x7FE00010, "OW", b"\0\0"),
        Element(0x00080005, "CS", b"x "),
        Element(0x00090010, "LO", b"x "),
    ],
    ids=lambda element: f"{element.tag:08X}",
)
def test_duplicates(element: Element) -> None:
    data = file_meta(IMPLICIT_LITTLE) + IMPLICIT.node(Element(0x00080008, "CS", b"")) + IMPLICIT.node(element) * 400_000
    dataset = read_bounded(data)
    with bounded():
        assert len(list(dataset.walk())) == 2
        assert len(dataset.problems) == 1000


def test_paths_of_many_items() -> None:
    item = EXPLICIT.item(Item((Element(0x00100010, "PN", b"A "),)))
    content = item * 100_000
    dataset = read_bounded(file_meta() + EXPLICIT.header(0x00081140, "SQ", len(content)) + content)
    with bounded():
        paths = [element.path for element in dataset.walk()]
    assert paths[-1] == "(0008,1140)[99999].(0010,0010)"


def test_problems_behind_many_items() -> None:
    items = EXPLICIT.marker(ITEM, 0) * 1_000_000
    odd = EXPLICIT.item(Item((Element(0x00100010, "PN", b"odd"),))) * 2000
    dataset = read_bounded(file_meta() + EXPLICIT.header(0x00081140, "SQ", len(items + odd)) + items + odd)
    with bounded():
        assert dataset.problems[0].path == "(0008,1140)[1000000].(0010,0010)"


def test_many_values_in_one_element() -> None:
    for vr in ("UC", "UT", "UI", "PN", "DS", "IS", "LO"):
        value = b"\\" * (60_000 if vr not in ("UC", "UT") else 2 * MEGABYTE)
        survive(file_meta() + EXPLICIT.node(Element(0x00091001, vr, value)))


def test_errors_do_not_quote_megabytes() -> None:
    data = file_meta(IMPLICIT_LITTLE) + IMPLICIT.node(Element(0x00200013, "IS", b"x" * MEGABYTE))
    with pytest.raises(dicomkit.ValueDecodeError) as caught:
        _ = dicomkit.read(data).InstanceNumber
    assert len(str(caught.value)) < 1000


# -- lengths


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0xFFFFFFFD, 0x80000000, 0x7FFFFFFE])
@pytest.mark.parametrize("vr", ["OB", "UN", "UT", "SQ", "OW"])
def test_lengths_of_gigabytes_allocate_nothing(tmp_path: Path, length: int, vr: str) -> None:
    data = file_meta() + EXPLICIT.node(Element(0x00081140 if vr == "SQ" else 0x00091001, vr, b"x" * 1000, length))
    path = tmp_path / "file.dcm"
    path.write_bytes(data)
    dicomkit.read(path)
    sources: list[Callable[[], object]] = [lambda: data, lambda: path, lambda: path.open("rb")]
    for source in sources:
        tracemalloc.start()
        try:
            opened = source()
            dataset = dicomkit.read(opened)  # type: ignore[arg-type]
            if hasattr(opened, "close"):
                opened.close()
            assert tracemalloc.get_traced_memory()[1] < 2 * MEGABYTE
        finally:
            tracemalloc.stop()
        assert dataset.problems


def test_a_lying_length_in_the_file_meta_information(tmp_path: Path) -> None:
    """The File Meta Information is not deferred, but a length that runs past its file must not fill the memory."""
    path = tmp_path / "file.dcm"
    path.write_bytes(file_meta("1.2.840.10008.1.2.1", Element(0x00020102, "OB", b"ab", 0xFFFFFFFE)))
    tracemalloc.start()
    try:
        dicomkit.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "truncate"), reason="no sparse files")
def test_a_file_of_six_gigabytes(tmp_path: Path) -> None:
    """Values behind 4 GiB, and of more than 2 GiB, in a sparse file: found and not read."""
    path = tmp_path / "large.dcm"
    first, second = 0xFFFFFFFE, 0x80000000
    head = file_meta() + EXPLICIT.header(0x00091001, "OB", first)
    middle = EXPLICIT.header(0x7FE00010, "OW", second)
    with path.open("wb") as file:
        file.write(head)
        file.seek(len(head) + first)
        file.write(middle)
        file.seek(second, os.SEEK_CUR)
        file.write(EXPLICIT.node(Element(0xFFFCFFFC, "OB", b"end!")))
    tracemalloc.start()
    try:
        with bounded(1):
            dataset = dicomkit.read(path)
        assert tracemalloc.get_traced_memory()[1] < 5 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert dataset.problems == ()
    assert [(element.offset, element.length) for element in dataset] == [
        (len(head), first),
        (len(head) + first + len(middle), second),
        (len(head) + first + len(middle) + second + 12, 4),
    ]
    assert dataset[0xFFFCFFFC].value == b"end!"


# -- deflate


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def test_a_deflate_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate_module, "LARGEST", 8 * MEGABYTE)
    bomb = file_meta(DEFLATED) + deflate(EXPLICIT.header(0x7FE00010, "OB", 0xFFFFFFFE) + bytes(300 * MEGABYTE))
    assert len(bomb) < 400_000
    tracemalloc.start()
    try:
        with bounded(), pytest.raises(ParseError, match="inflates to more than"):
            dicomkit.read(bomb)
        assert tracemalloc.get_traced_memory()[1] < 40 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("more", [0, 2, 64, 258, 1000, 5000])
def test_inflating_ends_at_a_step_of_the_output(more: int) -> None:
    """All input is used up, but output is pending: nothing is lost."""
    size = inflate_module.STEP - 12 + more
    data = file_meta(DEFLATED) + deflate(EXPLICIT.node(Element(0x7FE00010, "OB", bytes(size))))
    dataset = dicomkit.read(data)
    assert dataset.problems == ()
    assert dataset["PixelData"].length == size


def test_damaged_deflate() -> None:
    data = file_bytes((Element(0x00100010, "PN", b"A^B "), Element(0x00091001, "UT", bytes(range(256)) * 8)), DEFLATED)
    start = len(file_meta(DEFLATED))
    for at in range(start, len(data)):
        for mutant in (data[:at], data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]):
            survive(mutant, 0)


def test_the_number_of_records_is_bounded_by_the_bytes() -> None:
    for element in (IMPLICIT.marker(0x00080005, 0), IMPLICIT.marker(ITEM, 0), struct.pack("<HHI", 8, 8, 0)):
        dataset = read_bounded(IMPLICIT.marker(0x00080000, 0) + element * 100_000)
        assert dataset._index is not None
        assert len(dataset._index) <= 100_001

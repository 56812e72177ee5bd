"""The views on an element index: finding, iterating, bytes, and what must not crash whatever is asked of them."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
from random import Random
from typing import Any

import pytest

import dicomkit
from dicomkit._ext.tagstream import Index, TagStream, index_bytes
from dicomkit.dataset.dataset import from_index
from tests.fuzz.execution import check_index
from tests.fuzz.seeds import generated
from tests.reference.encoding import (
    BIG,
    EXPLICIT,
    EXPLICIT_BIG,
    IMPLICIT,
    Element,
    Item,
    PixelFragments,
    Sequence,
    file_bytes,
    file_meta,
)

ITEM = Item((Element(0x00080100, "SH", b"T-1 "), Element(0x00080102, "SH", b"SRT ")))
ELEMENTS = (
    Element(0x00080060, "CS", b"CT"),
    Sequence(0x00081140, (ITEM, Item(), ITEM), undefined=True),
    Element(0x00100010, "PN", b"A^B "),
    Element(0x00280010, "US", struct.pack("<H", 7)),
)


@pytest.fixture
def dataset() -> dicomkit.Dataset:
    return dicomkit.read(file_bytes(ELEMENTS))


# -- finding


def test_find_in_order(dataset: dicomkit.Dataset) -> None:
    assert [dataset._has(tag) for tag in (0, 0x00080060, 0x00081140, 0x00080100, 0x00280010, 0xFFFFFFFF)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip


def test_find_out_of_order() -> None:
    elements = [Element(0x00280010, "US", b"\1\0"), Element(0x00080060, "CS", b"CT"), Element(0x00100010, "PN", b"A ")]
    dataset = dicomkit.read(file_bytes((*elements, Element(0x00080060, "CS", b"MR"))))
    assert dataset.Modality == "CT"  # of duplicates, the first one
    assert [element.tag for element in dataset] == [0x00080060, 0x00100010, 0x00280010]
    assert len(dataset) == 3
    assert {problem.code for problem in dataset.problems} == {"out-of-order"}


@pytest.mark.parametrize("position", range(3))
def test_a_sequence_that_comes_twice(position: int) -> None:
    """The first one counts, also for its items and in a walk."""
    first, second = (Sequence(0x00081140, (Item((Element(0x00080100, "SH", value),)),)) for value in (b"1 ", b"2 "))
    elements: list[Any] = [first, second]
    elements.insert(position, Element(0x00080060, "CS", b"CT"))
    dataset = dicomkit.read(file_bytes(elements))
    assert dataset.ReferencedImageSequence[0].CodeValue == "1"
    assert [element.value for element in dataset.walk() if element.tag == 0x00080100] == ["1"]


# -- iterating


def test_elements_of_a_walk_can_be_kept() -> None:
    """The walker makes its elements anew, unless nobody has them any more."""
    dataset = dicomkit.read(generated()["explicit mixed"])
    expected = [(element.path, element.vr, element.raw) for element in dataset.walk()]
    kept = list(dataset.walk())
    assert [(element.path, element.vr, element.raw) for element in kept] == expected
    assert len({id(element) for element in kept}) == len(kept)
    odd = [element for number, element in enumerate(dataset.walk()) if number % 2]
    assert [element.path for element in odd] == [path for path, _, _ in expected[1::2]]
    previous = None
    for number, element in enumerate(dataset.walk()):
        if previous is not None:
            assert previous.path == expected[number - 1][0]
        assert element.path == expected[number][0]
        previous = element


def test_walks_do_not_disturb_each_other(dataset: dicomkit.Dataset) -> None:
    first, second = dataset.walk(), dataset.walk()
    paths = [(next(first).path, next(second).path, element.path) for element in dataset.walk()]
    assert all(one == two == three for one, two, three in paths)
    assert len(paths) == 8


def test_a_walk_while_items_are_added(dataset: dicomkit.Dataset) -> None:
    for element in dataset.walk():
        if element.tag == 0x00080100 and len(dataset.ReferencedImageSequence) < 10:
            dataset.ReferencedImageSequence.append(dicomkit.Dataset(CodeValue="new"))
    assert len(dataset.ReferencedImageSequence) == 10


def test_elements_outlive_their_data_set() -> None:
    elements = list(dicomkit.read(file_bytes(ELEMENTS)).walk())
    assert elements[-1].value == 7
    assert elements[1].value[0].CodeValue == "T-1"


# -- bytes


@pytest.mark.parametrize("name", [name for name in generated() if name != "deep"])
def test_raw_is_what_stands_in_the_stream(name: str) -> None:
    data = generated()[name]
    dataset = dicomkit.read(data)
    if str(dataset.transfer_syntax).endswith(".99"):
        return
    for part in (dataset.file_meta, dataset):
        for element in part.walk() if part is not None else ():
            start, raw = element.offset, element.raw
            assert start is not None
            assert data[start : start + len(raw)] == raw == bytes(element.view())
            assert element.view().readonly
            if element.length != 0xFFFFFFFF:
                assert len(raw) == element.length


def test_raw_across_windows() -> None:
    items = tuple(Item((Element(0x00080100, "SH", b"%6d" % number),)) for number in range(5000))
    pixels = PixelFragments((b"", *(bytes([number]) * 5000 for number in range(40))))
    data = file_bytes((Sequence(0x00081140, items), pixels))

    class Pipe(io.RawIOBase):
        at = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            part = data[self.at : self.at + min(len(buffer), 5001)]
            buffer[: len(part)] = part
            self.at += len(part)
            return len(part)

    for source in (data, io.BytesIO(data), Pipe()):
        dataset = dicomkit.read(source)  # type: ignore[arg-type]  # the pipe has what is needed of a file
        for element in dataset:
            assert element.offset is not None
            assert element.raw == data[element.offset : element.offset + len(element.raw)]
            assert bytes(element.view()) == element.raw
        assert len(dataset.PixelData or b"") == 8 * 41 + 5000 * 40


def test_encoded_vr() -> None:
    explicit = dicomkit.read(EXPLICIT.data_set((Element(0x00080008, "LO", b"A "), Element(0x00080060, "OB", b"CT"))))
    assert [element.encoded_vr for element in explicit] == ["LO", "OB"]
    implicit = dicomkit.read(IMPLICIT.data_set(ELEMENTS))
    assert {element.encoded_vr for element in implicit} == {""}
    for source in (bytes, io.BytesIO):
        elements = EXPLICIT.data_set((Element(0x00080008, "LO", b"A "), Element(0x00080060, "OB", b"CT")))
        corrected = dicomkit.read(source(elements), quirks=["ignore-explicit-vr"])
        assert [(element.vr, element.encoded_vr) for element in corrected] == [("CS", "LO"), ("CS", "OB")]


def test_un_whose_tag_is_a_sequence_but_whose_value_is_none() -> None:
    for value in (b"", b"garbage ", b"\xfe\xff\x00\xe0\xff\xff\xff\x7f"):
        dataset = dicomkit.read(file_bytes((Element(0x00081140, "UN", value),)))
        element = dataset["ReferencedImageSequence"]
        assert element.vr == "UN"
        assert (element.value or b"") == value
        assert str(dataset)
        assert len(list(dataset.walk())) == 1


def test_big_endian_numbers() -> None:
    values = (Element(0x00280010, "US", b"\1\2"), Element(0x00289001, "UL", b"\1\2\3\4"))
    dataset = dicomkit.read(file_meta(EXPLICIT_BIG) + BIG.data_set(values))
    assert [element.value for element in dataset] == [0x0102, 0x01020304]


# -- what must not crash


def test_pickled_records_are_checked() -> None:
    """A pickle may come from anywhere: bad records are refused, and those that pass are safe to touch."""
    index = index_bytes(EXPLICIT.data_set(ELEMENTS))
    rebuild, (records, *state) = index.__reduce__()[:2]
    random = Random(4)
    refused = 0
    for _ in range(3000):
        mutant = bytearray(records)
        for _ in range(random.randrange(1, 4)):
            mutant[random.randrange(len(mutant))] = random.choice((0, 1, 2, 127, 128, 255, random.randrange(256)))
        if random.random() < 0.1:
            del mutant[random.randrange(len(mutant)) :]
        try:
            again = rebuild(bytes(mutant), *state)
        except ValueError:
            refused += 1
            continue
        for element in from_index(again).walk():
            for name in ("value", "raw", "vm", "path", "encoded_vr"):
                try:
                    getattr(element, name)
                except (ValueError, OverflowError):
                    continue
    assert refused > 100


def test_a_pickled_index_is_the_same() -> None:
    index = index_bytes(EXPLICIT.data_set(ELEMENTS))
    again = pickle.loads(pickle.dumps(index))
    assert [again.record(n) for n in range(len(again))] == [index.record(n) for n in range(len(index))]
    check_index(again, None)


UNMADE = """
import dicomkit
from dicomkit._ext.tagstream import Index, TagStream
from dicomkit._ext.view import DatasetView, ElementView, SequenceView
dataset = dicomkit.read({data!r})
things = [dicomkit.DataElement, dicomkit.Sequence, dicomkit.Dataset, DatasetView, ElementView, SequenceView, Index,
          TagStream, type(iter(dataset)), type(dataset.walk())]
for kind in things:
    try:
        thing = kind.__new__(kind)
    except TypeError:
        continue
    for name in dir(thing):
        if name in ("__class__", "__reduce_ex__", "__init_subclass__"):
            continue
        try:
            attribute = getattr(thing, name)
        except Exception:
            continue
        if callable(attribute):
            for arguments in ((), (0,), ("PN",), (0, 0), (b"ab", 0)):
                try:
                    attribute(*arguments)
                except Exception:
                    pass
for thing in (Index(), TagStream(0, 10)):
    for name in ("record", "ancestors", "path", "value", "end", "place"):
        for number in (0, 1, 2**32 - 1, -1):
            try:
                getattr(thing, name)(number)
            except Exception:
                pass
stream = TagStream(0, 100)
stream.feed(b"abc", 0)
stream.finish()
for call in (stream.finish, lambda: stream.feed(b"abcdefgh", 0), lambda: stream.end(3)):
    try:
        call()
    except ValueError:
        pass
print("alive")
"""


def test_unmade_objects_do_not_crash() -> None:
    """Objects that were never set up, through __new__ or the types of iterators: an error, or nothing, but no crash."""
    data = file_bytes(ELEMENTS)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", UNMADE.format(data=data)], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("alive\n"), done.stderr[-2000:]


def test_an_empty_index() -> None:
    index = TagStream(0, 0).finish()
    assert isinstance(index, Index)
    assert len(index) == 0
    for call in (index.record, index.ancestors):
        with pytest.raises(IndexError):
            call(0)
    dataset = from_index(index)
    assert list(dataset) == []
    assert str(dataset) == ""

"""Frames in fragments, with all that offset tables get wrong (PS3.5 A.4)."""

from __future__ import annotations

import struct
from typing import Any

import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels import PixelData

JPEG = "1.2.840.10008.1.2.4.50"
RLE = "1.2.840.10008.1.2.5"
START = b"\xff\xd8\xff\xe0"


def item(data: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(data)) + data


def dataset_of(
    fragments: list[bytes], table: list[int] | bytes, frames: int | None, syntax: str = JPEG, **values: Any
) -> dicomkit.Dataset:
    dataset = dicomkit.Dataset(
        Rows=1,
        Columns=1,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        **values,
    )
    if frames is not None:
        dataset.NumberOfFrames = frames
    offsets = table if isinstance(table, bytes) else struct.pack(f"<{len(table)}I", *table)
    dataset.PixelData = item(offsets) + b"".join(map(item, fragments))
    dataset.transfer_syntax = dicomkit.UID(syntax)
    return dataset


def read(dataset: dicomkit.Dataset) -> tuple[list[bytes], str]:
    """The codestreams of all frames, assigned and read, and what told."""
    assigned = PixelData(dataset)
    syntax = str(dataset.transfer_syntax)
    pixels = PixelData(dicomkit.read(dataset.to_bytes(transfer_syntax=syntax)))
    found = [bytes(pixels.encoded(number)) for number in range(len(pixels))]
    assert [bytes(assigned.encoded(number)) for number in range(len(assigned))] == found
    return found, pixels._frames.source


A, B, C = START + b"AAAA", START + b"BB", START + b"CCCCCC"


@pytest.mark.parametrize("frames", [3, None])
def test_basic_offset_table(frames: int | None) -> None:
    # A in one fragment of 8 bytes, B in two, C in one
    fragments = [A, B, b"bbbb", C]
    assert read(dataset_of(fragments, [0, 16, 42], frames)) == ([A, B + b"bbbb", C], "basic")


@pytest.mark.parametrize(
    "table",
    [
        [],
        [0, 16, 43],  # not where a fragment begins
        [0, 42, 16],  # not in order
        [8, 24, 50],  # from somewhere else
        [0, 16],  # not of all frames
        [0, 16, 42, 60],
        b"\1\2",
        [0, 16, 0xFFFFFFF0],
    ],
)
def test_a_table_that_cannot_be(table: list[int] | bytes) -> None:
    assert read(dataset_of([A, B, b"bbbb", C], table, 3)) == ([A, B + b"bbbb", C], "marks")


def test_one_fragment_a_frame() -> None:
    assert read(dataset_of([A, B, C], [], 3)) == ([A, B, C], "fragments")
    assert read(dataset_of([b"1234", b"56"], [], 2)) == ([b"1234", b"56"], "fragments")
    assert read(dataset_of([b"1234", b"56"], [], None, RLE)) == ([b"1234", b"56"], "fragments")


def test_one_frame() -> None:
    assert read(dataset_of([A, b"aa", b"aaaa"], [], 1)) == ([A + b"aaaaaa"], "fragments")


def test_nobody_says_how_many_frames_there_are() -> None:
    assert read(dataset_of([A, b"aa", C], [], None)) == ([A + b"aa", C], "marks")


def test_offsets_that_start_again() -> None:
    """Beyond 4 GiB some writers let the 32 bits overflow: an index of fragments that far apart, without their bytes."""
    import numpy as np

    from dicomkit.pixels.fragments import FrameIndex

    size = 0x60000000
    table = struct.pack("<4I", *[(number * (size + 8)) & 0xFFFFFFFF for number in range(4)])

    class Far:
        believed = False

        def items(self) -> Any:
            starts = [(24 + 8 + number * (size + 8), size) for number in range(4)]
            return np.array([(8, 16), *starts], np.uint64)

        def read(self, offset: int, length: int) -> bytes:
            assert (offset, length) == (8, 16)
            return table

    index = FrameIndex(Far(), 4, "jpeg")  # type: ignore[arg-type]  # as far as it goes
    assert index.source == "basic"
    assert index.fragments(3) == [(32 + 3 * (size + 8), size)]


def test_extended_offset_table() -> None:
    fragments = [A, B + b"\0\0", C]
    offsets, lengths = struct.pack("<3Q", 0, 16, 32), struct.pack("<3Q", len(A), len(B) - 1, len(C))
    dataset = dataset_of(fragments, [], 3, ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths)
    assert read(dataset) == ([A, B[:-1], C], "extended")
    dataset.ExtendedOffsetTable = struct.pack("<3Q", 0, 17, 32)
    assert read(dataset)[1] == "fragments"
    dataset.ExtendedOffsetTable = b""
    assert read(dataset)[1] == "fragments"


def test_fewer_frames_than_said() -> None:
    pixels = PixelData(dataset_of([A, B], [], 5))
    assert len(pixels) == 5
    assert bytes(pixels.encoded(1)) == B
    with pytest.raises(CodecError, match="frame 2: there are only 2 frames in 2 fragments"):
        pixels.encoded(2)


def test_more_frames_than_said() -> None:
    assert read(dataset_of([A, B, C], [], 2))[0] == [A, B]


def test_nothing() -> None:
    dataset = dataset_of([], [], 1)
    with pytest.raises(CodecError, match="frame 0"):
        dataset.pixels.frame(0)


def test_items_that_lie() -> None:
    dataset = dataset_of([A], [], 1)
    dataset.PixelData = dataset.PixelData[:-4]
    with pytest.raises(CodecError, match="longer than the value"):
        dataset.pixels.frame(0)
    dataset.PixelData = item(b"") + item(A) + b"rubbish"
    with pytest.raises(CodecError, match="no item"):
        dataset.pixels.frame(0)


def test_odd_fragments() -> None:
    """PS3.5 A.4 wants them even; some are not, and the next item follows at once."""
    odd = [START + b"A", START + b"BBB", b"ccc", START + b"D"]
    assert read(dataset_of(odd, [], 3)) == ([odd[0], odd[1] + odd[2], odd[3]], "marks")
    assert read(dataset_of(odd, [0, 13, 39], 3)) == ([odd[0], odd[1] + odd[2], odd[3]], "basic")

"""Reading a part: `stop_before=` and `only=`, and that no more is read than is asked for."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UNDEFINED,
    IMPLICIT_LITTLE,
    RLE_LOSSLESS,
    Fragments,
    TransferSyntax,
    Value,
    file_bytes,
)

import dicomkit
from dicomkit import Dataset

Row = tuple[int, str, Value]
SYNTAXES = pytest.mark.parametrize(
    "syntax",
    [EXPLICIT_LITTLE, EXPLICIT_LITTLE_UNDEFINED, IMPLICIT_LITTLE, EXPLICIT_BIG],
    ids=["explicit", "undefined", "implicit", "big"],
)
MEGABYTE = 1 << 20
NESTED: Row = (0x00081115, "SQ", [[(0x00081199, "SQ", [[(0x00081155, "UI", "1.2")]]), (0x0020000E, "UI", "1.3")]])
ROWS: list[Row] = [
    (0x00080005, "CS", "ISO_IR 144"),
    (0x00080016, "UI", "1.2"),
    (0x00080018, "UI", "1.2.3"),
    NESTED,
    (0x00090010, "LO", "ACME"),
    (0x00090011, "LO", "EMCA"),
    (0x00091001, "LO", "of ACME"),
    (0x00091101, "LO", "of EMCA"),
    (0x00100010, "PN", b"\xbb\xee"),
    (0x00280010, "US", 512),
    (0x00280103, "US", 1),
    (0x00280106, "SS", -5),
    (0x7FE00010, "OW", bytes(4 * MEGABYTE)),
    (0xFFFCFFFC, "OB", bytes(MEGABYTE)),  # DataSetTrailingPadding
]
TAGS = [tag for tag, _, _ in ROWS]


class Counting(io.BytesIO):
    """A file object that knows which of its bytes were read."""

    def __init__(self, data: bytes, *, seekable: bool = True) -> None:
        super().__init__(data)
        self.given = 0
        self.last = 0
        self._seekable = seekable

    def seekable(self) -> bool:
        return self._seekable

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.given += len(data)
        self.last = max(self.last, self.tell())
        return data


def tags(ds: Dataset) -> list[int]:
    return [int(tag) for tag in ds.keys()]  # its elements are no keys


# -- stop_before


@SYNTAXES
@pytest.mark.parametrize(
    ("stop", "left"),
    [
        (0x7FE00010, 12),
        ("PixelData", 12),
        ("(0010,0010)", 8),
        ("PatientName", 8),
        (0x00100000, 8),  # is not there: what is behind it is not read either
        (0x00090010, 4),
        (0x00080005, 0),
        (0x00020010, 0),  # File Meta Information is read in any case
        (0xFFFFFFFF, 14),
        ("SeriesInstanceUID", 9),  # (0020,000E) inside a sequence is nothing to stop at
    ],
)
def test_stop_before(syntax: TransferSyntax, stop: Any, left: int) -> None:
    ds = dicomkit.read(file_bytes(ROWS, syntax), stop_before=stop)
    assert tags(ds) == TAGS[:left]
    assert ds.problems == ()
    assert ds.file_meta is not None
    assert ds.transfer_syntax == syntax.uid
    if left > 3:
        assert ds["ReferencedSeriesSequence[0].SeriesInstanceUID"].value == "1.3"


def test_stop_before_in_an_unordered_stream_is_at_the_first_tag_that_is_not_less() -> None:
    data = b"".join([EXPLICIT_LITTLE.element(*row) for row in (ROWS[1], ROWS[9], ROWS[8], ROWS[2])])
    ds = dicomkit.read(data, stop_before="PatientName", transfer_syntax=EXPLICIT_LITTLE.uid)
    assert tags(ds) == [0x00080016]


@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize("stop", ["PixelData", "PatientName"])
def test_stopping_reads_no_pixels(stop: str, seekable: bool) -> None:
    file = Counting(file_bytes(ROWS), seekable=seekable)
    dicomkit.read(file, stop_before=stop)
    assert file.given < 64 << 10


# -- only


@SYNTAXES
@pytest.mark.parametrize(
    ("only", "found"),
    [
        (["PatientName"], [0x00100010]),
        ("PatientName", [0x00100010]),
        ([0x00100010, "Rows", "0008,0018"], [0x00080018, 0x00100010, 0x00280010]),
        (("Rows", "Rows"), [0x00280010]),
        (range(0x00280010, 0x00280012), [0x00280010]),
        (["ReferencedSeriesSequence"], [0x00081115]),
        (["PatientID"], []),  # is not there
        (["SeriesInstanceUID"], []),  # is in a sequence only
        (["PixelData"], [0x7FE00010]),
        ([0xFFFCFFFC], [0xFFFCFFFC]),
        ([], []),
        ([0x00091101], [0x00090011, 0x00091101]),  # what is private comes with its creator
        (["SmallestImagePixelValue"], [0x00280103, 0x00280106]),  # US or SS: by Pixel Representation
    ],
)
def test_only(syntax: TransferSyntax, only: Any, found: list[int]) -> None:
    ds = dicomkit.read(file_bytes(ROWS, syntax), only=only)
    # what others need to be understood may be there too
    assert [tag for tag in tags(ds) if tag in found or tag not in (0x00080005, 0x00280103)] == found
    assert ds.problems == ()
    assert ds.transfer_syntax == syntax.uid


@SYNTAXES
def test_what_was_read_means_the_same(syntax: TransferSyntax) -> None:
    data = file_bytes(ROWS, syntax)
    whole = dicomkit.read(data)
    for name in ("PatientName", "SmallestImagePixelValue", "ReferencedSeriesSequence", "PixelData"):
        part = dicomkit.read(data, only=[name])
        assert part[name] == whole[name]
        assert (part[name].offset, part[name].raw) == (whole[name].offset, whole[name].raw)
    part = dicomkit.read(data, only=["ReferencedSeriesSequence"])
    inside = [element.path for element in whole.walk() if element.path.startswith("(0008,1115)")]
    assert [element.path for element in part.walk() if element.path.startswith("(0008,1115)")] == inside
    assert len(inside) == 4
    assert part["ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID"].value == "1.2"
    part = dicomkit.read(data, only=[0x00091101])
    assert part[0x00090001, "EMCA"].private_creator == "EMCA"


@pytest.mark.parametrize("seekable", [True, False])
def test_reading_stops_behind_the_last_wanted_element(seekable: bool) -> None:
    file = Counting(file_bytes(ROWS), seekable=seekable)
    ds = dicomkit.read(file, only=["PatientName", "Rows"])
    assert ds.Rows == 512
    assert file.last < 64 << 10


def test_values_between_are_jumped_over() -> None:
    file = Counting(file_bytes(ROWS))
    ds = dicomkit.read(file, only=[0xFFFCFFFC], defer_size=100)
    assert (tags(ds)[-1], file.last > 4 * MEGABYTE, file.given < 256 << 10) == (0xFFFCFFFC, True, True)


def test_what_a_stream_gives_behind_a_value_that_is_not_wanted() -> None:
    file = Counting(file_bytes(ROWS), seekable=False)
    ds = dicomkit.read(file, only=[0xFFFCFFFC])
    assert len(ds[0xFFFCFFFC].raw) == MEGABYTE


def test_unwanted_sequences_cost_no_records() -> None:
    frames: list[Any] = [[(0x00209111, "SQ", [[(0x00209157, "UL", number)]])] for number in range(5000)]
    data = file_bytes([*ROWS[:3], (0x00280010, "US", 512), (0x52009230, "SQ", frames)], EXPLICIT_LITTLE_UNDEFINED)
    whole, part = dicomkit.read(data), dicomkit.read(data, only=["Rows", 0x7FE00010])
    assert whole._index is not None
    assert part._index is not None
    assert (len(whole._index) > 15000, len(part._index) < 10) == (True, True)
    assert part.Rows == 512


def test_only_and_stop_before_together() -> None:
    data = file_bytes(ROWS)
    assert tags(dicomkit.read(data, only=["Rows", "PatientName"], stop_before="Rows"))[-1] == 0x00100010


def test_encapsulated_pixel_data_can_be_left_out() -> None:
    fragments = Fragments((b"ab", b"cd"))
    data = file_bytes([*ROWS[:3], (0x00280010, "US", 512), (0x7FE00010, "OB", fragments), ROWS[-1]], RLE_LOSSLESS)
    assert tags(dicomkit.read(data, stop_before="PixelData")) == [*TAGS[:3], 0x00280010]
    ds = dicomkit.read(data, only=[0xFFFCFFFC])
    assert tags(ds)[-1] == 0xFFFCFFFC
    assert dicomkit.read(data, only=["PixelData"])["PixelData"].raw.endswith(struct.pack("<HHI", 0xFFFE, 0xE000, 2) + b"cd")


def test_problems_behind_the_part_are_not_found() -> None:
    data = file_bytes(ROWS)[:-5]
    assert dicomkit.read(data, stop_before="PixelData", strict=True).problems == ()
    assert [problem.code for problem in dicomkit.read(data).problems] == ["value-truncated"]

"""The kernel of RLE against the reference, and against pylibjpeg-rle, pydicom, DCMTK and GDCM."""

from __future__ import annotations

import contextlib
import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._ext import rle
from dicomkit.errors import CodecError
from tests.reference import rle as reference

RLE_LOSSLESS = "1.2.840.10008.1.2.5"


def smooth(count: int, seed: int, change: float) -> bytes:
    """Bytes that repeat more or less."""
    draw = random.Random(seed)
    data = bytearray()
    while len(data) < count:
        repeats = 1 if draw.random() < change else draw.choice((2, 3, 5, 17, 128, 129, 130, 300))
        data += bytes([draw.randrange(256)]) * repeats
    return bytes(data[:count])


@st.composite
def frames(draw: Any) -> tuple[bytes, dict[str, int]]:
    """A frame and what it has."""
    size = draw(st.sampled_from((1, 2, 4, 3, 8)))
    samples = draw(st.integers(1, min(4, 15 // size)))
    rows, columns = draw(st.sampled_from(((1, 1), (1, 2), (3, 1), (7, 5), (2, 300), (33, 130), (1, 4200), (70, 61))))
    count = rows * columns * samples * size
    data = smooth(count, draw(st.integers(0, 1000)), draw(st.sampled_from((0.0, 0.3, 0.9, 1.0))))
    return data, {"rows": rows, "columns": columns, "samples": samples, "bytes_per_sample": size}


def decoded(data: bytes, **layout: Any) -> bytes:
    names = ("rows", "columns", "samples", "bytes_per_sample")
    size = 1
    for name in names:
        size *= layout[name]
    out = bytearray(size)
    rle.decode(data, out, **layout)
    return bytes(out)


def planes_of(frame: bytes, layout: dict[str, int], *, planar: bool) -> list[bytes]:
    pixels = layout["rows"] * layout["columns"]
    return reference.planes(frame, pixels, layout["samples"], layout["bytes_per_sample"], planar=planar)


# ------------------------------------------------------------------------------------------------ against the reference


@given(frames(), st.booleans())
def test_what_is_encoded_is_the_frame(case: tuple[bytes, dict[str, int]], planar: bool) -> None:
    frame, layout = case
    data = rle.encode(frame, **layout, planar=planar)
    planes = planes_of(frame, layout, planar=planar)
    offsets = rle.header(data)
    assert offsets[0] == 64
    assert all(offset % 2 == 0 for offset in (*offsets, len(data)))
    assert len(offsets) == len(planes)
    assert [plane[: len(expected)] for plane, expected in zip(reference.decode(data), planes, strict=True)] == planes
    assert decoded(data, **layout, planar=planar) == frame


@given(frames())
def test_rows_are_encoded_by_themselves_and_as_short_as_can_be(case: tuple[bytes, dict[str, int]]) -> None:
    frame, layout = case
    columns = layout["columns"]
    if len(frame) > 2000:
        return
    data = rle.encode(frame, **layout)
    offsets = rle.header(data)
    for start, end, plane in zip(offsets, (*offsets[1:], len(data)), planes_of(frame, layout, planar=False), strict=True):
        ends = {0}
        for run in reference.runs(data[start:end]):
            ends.add(max(ends) + len(run))
        assert ends >= set(range(0, len(plane) + 1, columns))
        least = sum(reference.shortest(plane[at : at + columns]) for at in range(0, len(plane), columns))
        # but for what a literal run of more than 128 bytes costs
        assert end - start <= least + 1 + len(plane) // 128


@given(frames(), st.booleans(), st.randoms(use_true_random=False), st.sampled_from((b"", b"\0", b"\x80\x80", b"\0\0\0\0")))
def test_segments_in_any_order_with_anything_behind(
    case: tuple[bytes, dict[str, int]], planar: bool, draw: random.Random, padding: bytes
) -> None:
    frame, layout = case
    segments = []
    for plane in planes_of(frame, layout, planar=planar):  # runs that cross rows, no-operations, short and long ones
        segment = b""
        at = 0
        while at < len(plane):
            length = draw.choice((1, 2, 16, 17, 128))
            part = plane[at : at + length]
            if len(part) > 1 and part == part[:1] * len(part):
                segment += bytes([257 - len(part)]) + part[:1]
            else:
                segment += bytes([len(part) - 1]) + part
            segment += b"\x80" * (draw.random() < 0.1)
            at += len(part)
        segments.append(segment)
    order = draw.sample(range(len(segments)), len(segments))
    data = reference.packed(segments, order=order, padding=padding)
    assert decoded(data, **layout, planar=planar) == frame


@given(frames())
def test_least_significant_byte_first(case: tuple[bytes, dict[str, int]]) -> None:
    frame, layout = case
    size = layout["bytes_per_sample"]
    turned = b"".join(frame[at : at + size][::-1] for at in range(0, len(frame), size))
    assert decoded(rle.encode(turned, **layout), **layout, least_significant_first=True) == frame


@given(frames(), st.data())
def test_samples_with_anything_above_them(case: tuple[bytes, dict[str, int]], data: st.DataObject) -> None:
    frame, layout = case
    size = layout["bytes_per_sample"]
    bits = data.draw(st.integers(1, 8 * size))
    signed, planar, reverse = data.draw(st.booleans()), data.draw(st.booleans()), data.draw(st.booleans())
    expected = b""
    for at in range(0, len(frame), size):
        sample = int.from_bytes(frame[at : at + size], "little") & ((1 << bits) - 1)
        if signed and sample >> (bits - 1):
            sample -= 1 << bits
        expected += sample.to_bytes(size, "little", signed=signed)
    cells = b"".join(frame[at : at + size][::-1] for at in range(0, len(frame), size)) if reverse else frame
    encoded = rle.encode(cells, **layout, planar=planar)
    how = {"planar": planar, "least_significant_first": reverse}
    assert decoded(encoded, **layout, bits_stored=bits, signed=signed, **how) == expected


@pytest.mark.parametrize("bits", [0, -1, 17, 1 << 40])
def test_bits_that_no_sample_has(bits: int) -> None:
    layout = {"rows": 1, "columns": 2, "samples": 1, "bytes_per_sample": 2}
    with pytest.raises(CodecError, match=f"samples of 2 bytes cannot have {bits} bits"):
        rle.decode(rle.encode(bytes(4), **layout), bytearray(4), **layout, bits_stored=bits)


# ------------------------------------------------------------------------------------------------ what others do wrong

ONE_BYTE = {"rows": 4, "columns": 10, "samples": 1, "bytes_per_sample": 1}


def test_a_segment_that_lacks_less_than_a_row_is_filled_up() -> None:
    data = reference.packed([b"\xe3\x05\xfe\x06"])  # 30 + 3 bytes of 40
    assert decoded(data, **ONE_BYTE) == b"\5" * 30 + b"\6" * 3 + bytes(7)
    data = reference.packed([b"\xe2\x05\x13abc"])  # a literal run that is cut off
    assert decoded(data, **ONE_BYTE) == b"\5" * 31 + b"abc" + bytes(6)


def test_a_segment_that_lacks_a_row_ends_early() -> None:
    with pytest.raises(CodecError, match="segment 0 of 1 ends early"):
        decoded(reference.packed([b"\xe3\x05"]), **ONE_BYTE)
    with pytest.raises(CodecError, match="segment 0 of 1 ends early"):
        decoded(reference.packed([b"\xe4\x05"]), **ONE_BYTE | {"rows": 1, "columns": 40})
    layout = ONE_BYTE | {"samples": 3}
    with pytest.raises(CodecError, match="segment 2 of 3 ends early"):
        decoded(reference.packed([b"\xd9\x05", b"\xd9\x05", b""]), **layout)


def test_a_segment_may_be_longer_than_the_frame() -> None:
    assert decoded(reference.packed([b"\x81\x05" * 5]), **ONE_BYTE) == b"\5" * 40


@pytest.mark.parametrize("length", [40, 41, 45, 128])
def test_a_run_may_go_on_behind_the_frame(length: int) -> None:
    assert decoded(reference.packed([bytes([257 - length, 9])]), **ONE_BYTE) == b"\x09" * 40
    assert decoded(reference.packed([bytes([length - 1, *range(length)])]), **ONE_BYTE) == bytes(range(40))


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "less than the 64 bytes"),
        (bytes(63), "less than the 64 bytes"),
        (bytes(64), "1 to 15 segments"),
        (struct.pack("<16I", 16, *[64] * 15), "1 to 15 segments"),
        (struct.pack("<16I", 1, 63, *[0] * 14), "offset"),
        (struct.pack("<16I", 1, 65, *[0] * 14), "offset"),
        (struct.pack("<16I", 1, 0xFFFFFFFF, *[0] * 14), "offset"),
        (struct.pack("<16I", 2, 64, 0, *[0] * 13), "offset"),
        (struct.pack("<16I", 2, 64, 64, *[0] * 13), "2 segments, not one for each byte"),
        (struct.pack("<16I", 1, 64, *[0] * 14), "segment 0 of 1 ends early"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        decoded(data, **ONE_BYTE)


def test_the_buffer_must_have_the_size_of_the_frame() -> None:
    data = rle.encode(bytes(40), **ONE_BYTE)
    for size in (0, 39, 41):
        with pytest.raises(CodecError, match="size of the frame"):
            rle.decode(data, bytearray(size), **ONE_BYTE)
        with pytest.raises(CodecError, match=f"{size} bytes are not"):
            rle.encode(bytes(size), **ONE_BYTE)
    with pytest.raises(BufferError):
        rle.decode(data, bytes(40), **ONE_BYTE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 0},
        {"columns": 0},
        {"samples": 0},
        {"bytes_per_sample": 0},
        {"rows": 65536},
        {"columns": 1 << 32},
        {"columns": -1},
        {"samples": 16},
        {"samples": 2, "bytes_per_sample": 8},
    ],
)
def test_frames_that_cannot_be(wrong: dict[str, int]) -> None:
    layout = ONE_BYTE | wrong
    with pytest.raises(CodecError):
        rle.encode(bytes(40), **layout)
    with pytest.raises(CodecError):
        rle.decode(rle.encode(bytes(40), **ONE_BYTE), bytearray(40), **layout)


def test_truncation_at_every_byte() -> None:
    layout = {"rows": 20, "columns": 30, "samples": 3, "bytes_per_sample": 2}
    data = rle.encode(smooth(3600, 1, 0.5), **layout)
    out = bytearray(3600)
    damaged = 0
    for end in range(len(data)):
        try:
            rle.decode(data[:end], out, **layout)
        except CodecError:
            damaged += 1
    assert damaged > len(data) - 70


def test_random_damage() -> None:
    layout = {"rows": 20, "columns": 30, "samples": 1, "bytes_per_sample": 4}
    data = rle.encode(smooth(2400, 1, 0.5), **layout)
    draw = random.Random(3)
    out = bytearray(2400)
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(draw.randrange(1, 5)):
            damaged[draw.randrange(len(data) if draw.random() < 0.7 else 20)] = draw.randrange(256)
        with contextlib.suppress(CodecError):
            rle.decode(damaged, out, **layout)


# ------------------------------------------------------------------------------------------------ against peers


@given(frames())
def test_pylibjpeg_rle_and_ours(case: tuple[bytes, dict[str, int]]) -> None:
    peer = pytest.importorskip("rle.utils")
    frame, layout = case
    samples, size = layout["samples"], layout["bytes_per_sample"]
    if size == 3 or samples not in (1, 3):
        return
    rows, columns = layout["rows"], layout["columns"]
    data = rle.encode(frame, **layout, planar=True)
    assert bytes(peer.decode_frame(data, rows * columns, 8 * size, "<")) == frame
    theirs = peer.encode_frame(frame, rows, columns, samples, 8 * size, "<")  # by pixel
    assert decoded(theirs, **layout) == frame
    assert len(rle.encode(frame, **layout)) <= len(theirs)


@given(frames())
def test_pydicom_and_ours(case: tuple[bytes, dict[str, int]]) -> None:
    pytest.importorskip("pydicom")
    from pydicom.pixels.decoders.rle import _rle_decode_frame
    from pydicom.pixels.encoders.native import _encode_segment

    frame, layout = case
    rows, columns, samples, size = (layout[name] for name in ("rows", "columns", "samples", "bytes_per_sample"))
    if size != 3 and samples in (1, 3):
        data = rle.encode(frame, **layout, planar=True)
        assert bytes(_rle_decode_frame(data, rows, columns, samples, 8 * size)) == frame
    planes = planes_of(frame, layout, planar=False)
    theirs = [bytes(_encode_segment(plane, columns)) for plane in planes]
    assert decoded(reference.packed(theirs), **layout) == frame
    offsets = rle.header(data := rle.encode(frame, **layout))
    ours = [end - start for start, end in zip(offsets, (*offsets[1:], len(data)), strict=True)]
    assert all(our <= len(their) for our, their in zip(ours, theirs, strict=True))


CASES = [(1, 1, 34, 41), (2, 1, 33, 42), (1, 3, 20, 31), (2, 3, 20, 31)]


def write_file(path: Path, frame: bytes, case: tuple[int, int, int, int], data: bytes | None = None) -> None:
    """A DICOM file of a frame, encoded as `data` if that is given."""
    pydicom = pytest.importorskip("pydicom")
    size, samples, rows, columns = case
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(RLE_LOSSLESS if data else "1.2.840.10008.1.2.1")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, samples
    dataset.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        dataset.PlanarConfiguration = 1 if data else 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * size
    dataset.HighBit, dataset.PixelRepresentation = 8 * size - 1, 0
    pixel_data = pydicom.encaps.encapsulate([data]) if data else frame
    dataset.PixelData = pixel_data + bytes(len(pixel_data) & 1)
    dataset["PixelData"].VR = "OB" if size == 1 or data else "OW"
    dataset.save_as(path, enforce_file_format=True)


def read_file(path: Path) -> Any:
    pydicom = pytest.importorskip("pydicom")
    return pydicom.dcmread(path)


def frame_of(dataset: Any, number: int = 0) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    frames = int(dataset.get("NumberOfFrames") or 1)
    return bytes(pydicom.encaps.get_frame(dataset.PixelData, number, number_of_frames=frames))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("encoder", "decoder"), [(("dcmcrle",), ("dcmdrle",)), (("gdcmconv", "--rle"), ("gdcmconv", "--raw"))]
)
def test_dcmtk_and_gdcm_and_ours(
    peer: Callable[[str], str],
    tmp_path: Path,
    case: tuple[int, int, int, int],
    encoder: tuple[str, ...],
    decoder: tuple[str, ...],
) -> None:
    size, samples, rows, columns = case
    if size * samples == 6 and encoder[0] == "gdcmconv":
        return  # it does not even read what it writes
    layout = {"rows": rows, "columns": columns, "samples": samples, "bytes_per_sample": size}
    frame = smooth(rows * columns * samples * size, size, 0.5)
    native, encoded = tmp_path / "native.dcm", tmp_path / "encoded.dcm"
    write_file(native, frame, case)
    subprocess.run([peer(encoder[0]), *encoder[1:], native, encoded], check=True)
    theirs = frame_of(read_file(encoded))
    assert decoded(theirs, **layout) == frame
    ours = rle.encode(frame, **layout)
    assert len(ours) <= len(theirs) + samples * size  # GDCM does not pad its segments
    write_file(encoded, frame, case, ours)
    subprocess.run([peer(decoder[0]), *decoder[1:], encoded, native], check=True)
    result = read_file(native)
    pixels = bytes(result.PixelData)[: len(frame)]
    if samples == 3 and result.PlanarConfiguration == 1:
        pixels = rle_by_pixel(pixels, samples, size)
    assert pixels == frame


def rle_by_pixel(planar: bytes, samples: int, size: int) -> bytes:
    plane = len(planar) // samples
    parts = [planar[k * plane + at : k * plane + at + size] for at in range(0, plane, size) for k in range(samples)]
    return b"".join(parts)


def test_reversed_segments_are_those_of_dcmdrle(peer: Callable[[str], str], tmp_path: Path) -> None:
    frame = smooth(33 * 42 * 2, 2, 0.5)
    layout = {"rows": 33, "columns": 42, "samples": 1, "bytes_per_sample": 2}
    data = rle.encode(frame, **layout)
    write_file(tmp_path / "encoded.dcm", frame, (2, 1, 33, 42), data)
    command = [peer("dcmdrle"), "+br", tmp_path / "encoded.dcm", tmp_path / "native.dcm"]
    subprocess.run(command, check=True)
    assert read_file(tmp_path / "native.dcm").PixelData == decoded(data, **layout, least_significant_first=True)


REAL = [
    ("OBXXXX1A_rle.dcm", "OBXXXX1A.dcm"),
    ("OBXXXX1A_rle_2frame.dcm", "OBXXXX1A_2frame.dcm"),
    ("emri_small_RLE.dcm", "emri_small.dcm"),
    ("MR_small_RLE.dcm", "MR_small.dcm"),
    ("SC_rgb_rle.dcm", "SC_rgb.dcm"),
    ("SC_rgb_rle_2frame.dcm", "SC_rgb_2frame.dcm"),
    ("SC_rgb_rle_16bit.dcm", "SC_rgb_16bit.dcm"),
    ("SC_rgb_rle_32bit_2frame.dcm", "SC_rgb_32bit_2frame.dcm"),
    ("rtdose_rle.dcm", "rtdose.dcm"),
]


@pytest.mark.parametrize(("name", "other"), REAL)
def test_real_files(pydicom_files: list[Path], data_dir: Path, name: str, other: str) -> None:
    found = {path.name: path for path in (data_dir / "pydicom-data").iterdir()} | {path.name: path for path in pydicom_files}
    dataset, native = read_file(found[name]), read_file(found[other])
    layout = {
        "rows": dataset.Rows,
        "columns": dataset.Columns,
        "samples": dataset.SamplesPerPixel,
        "bytes_per_sample": dataset.BitsAllocated // 8,
    }
    frames = range(int(dataset.get("NumberOfFrames") or 1))
    assert b"".join(decoded(frame_of(dataset, number), **layout) for number in frames) == native.PixelData

"""Cells, colour and subsampling of native frames as DCMTK's dcm2pnm renders them, and as pydicom converts them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from tests.interop.test_encoders import make_image

Peer = Callable[[str], str]
ROWS, COLUMNS = 24, 20
RANDOM = np.random.default_rng(1)


def rendered(dataset: dicomkit.Dataset, peer: Peer, folder: Path, *options: str) -> Any:
    """What dcm2pnm makes of it: a portable gray map or pixel map, binary or not."""
    dataset.save(folder / "native.dcm")
    subprocess.run([peer("dcm2pnm"), "-q", *options, folder / "native.dcm", folder / "out.pnm"], check=True)
    data = (folder / "out.pnm").read_bytes()
    header = re.match(rb"P([2356])\s+(?:#.*\s)*(\d+)\s+(\d+)\s+(\d+)\s", data)
    assert header is not None
    kind, width, height, _ = map(int, header.groups())
    rest = data[header.end() :]
    values = np.array(rest.split(), np.int64) if kind in (2, 3) else np.frombuffer(rest, np.uint8)
    return values.reshape((height, width, 3) if kind in (3, 6) else (height, width))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("allocated", "stored", "high_bit"),
    [(8, 8, 7), (8, 6, 5), (8, 6, 7), (16, 12, 11), (16, 12, 15), (16, 10, 12), (16, 16, 15), (32, 20, 19), (32, 20, 22)],
)
def test_samples_in_their_cells(
    allocated: int, stored: int, high_bit: int, signed: bool, peer: Peer, tmp_path: Path
) -> None:
    """The bits around the sample hold anything. Without a window, dcm2pnm's pixels of as many bits are the samples."""
    dataset, _ = make_image((1, ROWS, COLUMNS), 8, signed, 0, 1)
    del dataset.PixelData  # and its VR
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, stored, high_bit
    dataset.PixelData = (
        RANDOM.integers(0, 1 << allocated, (ROWS, COLUMNS), np.uint64).astype(f"<u{allocated // 8}").tobytes()
    )
    expected = rendered(dataset, peer, tmp_path, "+opn", str(stored))
    ours = dataset.pixels.frame(0).astype(np.int64) + ((1 << stored - 1) if signed else 0)
    assert np.array_equal(ours, expected)
    for syntax in ("RLELossless", "EncapsulatedUncompressedExplicitVRLittleEndian"):  # of any cells
        dataset.compress(syntax)
        again = dataset.pixels.frame(0).astype(np.int64) + ((1 << stored - 1) if signed else 0)
        assert np.array_equal(again, expected)


def test_single_bits(peer: Peer, tmp_path: Path) -> None:
    """An overlay is the one thing of single bits that dcm2pnm draws: its bits are in the same order (PS3.5 8.1.2)."""
    bits = RANDOM.integers(0, 2, (ROWS, COLUMNS), np.uint8)
    dataset, _ = make_image((1, ROWS, COLUMNS), 8, False, 0, 1)
    dataset.PixelData = bytes(ROWS * COLUMNS)
    for tag, value in ((0x0010, ROWS), (0x0011, COLUMNS), (0x0040, "G"), (0x0050, (1, 1)), (0x0100, 1), (0x0102, 0)):
        dataset[0x60000000 | tag] = value
    dataset[0x60003000] = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    drawn = rendered(dataset, peer, tmp_path, "+O", "1")
    for tag in (0x0010, 0x0011, 0x0040, 0x0050, 0x0100, 0x0102, 0x3000):
        packed = dataset[0x60003000].value if tag == 0x3000 else b""
        del dataset[0x60000000 | tag]
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = packed
    assert np.array_equal(dataset.pixels.frame(0), drawn > 0)


def colour(photometric: str, by_plane: bool) -> dicomkit.Dataset:
    dataset, array = make_image((1, ROWS, COLUMNS, 3), 8, False, 0, 2)
    dataset.PhotometricInterpretation = photometric
    dataset.PlanarConfiguration = int(by_plane)
    if photometric.endswith("422"):
        pairs = ROWS * COLUMNS // 2
        luminance, chrominance = RANDOM.integers(16, 236, (pairs, 2)), RANDOM.integers(16, 241, (pairs, 2))
        dataset.PixelData = np.concatenate((luminance, chrominance), 1).astype(np.uint8).tobytes()
    elif by_plane:
        dataset.PixelData = array[0].transpose(2, 0, 1).tobytes()
    return dataset


@pytest.mark.parametrize(
    ("photometric", "by_plane"),
    [
        ("RGB", False),
        ("RGB", True),
        ("YBR_FULL", False),
        ("YBR_FULL", True),
        ("YBR_FULL_422", False),
        ("YBR_PARTIAL_422", False),
    ],
)
def test_colour(photometric: str, by_plane: bool, peer: Peer, tmp_path: Path) -> None:
    dataset = colour(photometric, by_plane)
    expected = rendered(dataset, peer, tmp_path)
    # dcm2pnm's factors have a few bits
    assert np.abs(dataset.pixels.frame(0).astype(int) - expected).max() <= (0 if photometric == "RGB" else 2)
    assert dataset.pixels.color_space() == "RGB"


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_colour_as_pydicom_converts_it(photometric: str) -> None:
    pytest.importorskip("pydicom")
    from pydicom.pixels import convert_color_space

    dataset = colour(photometric, False)
    expected = convert_color_space(dataset.pixels.frame(0, color="raw"), "YBR_FULL", "RGB")
    assert np.array_equal(dataset.pixels.frame(0), expected)


@pytest.mark.parametrize("photometric", ["YBR_ICT", "YBR_RCT"])
def test_transforms_of_codestreams(photometric: str) -> None:
    """They are undone where the codestream has them. OpenJPEG of another library is the witness."""
    openjpeg = pytest.importorskip("openjpeg")
    dataset, array = make_image((1, ROWS, COLUMNS, 3), 8, False, 1, 2)
    dataset.compress("JPEG2000" if photometric == "YBR_ICT" else "JPEG2000Lossless")
    assert dataset.PhotometricInterpretation == photometric
    for color in ("rgb", "raw"):
        assert dataset.pixels.color_space(color=color) == "RGB"
        frame = dataset.pixels.frame(0, color=color)
        assert np.abs(frame.astype(int) - openjpeg.decode(bytes(dataset.pixels.encoded(0)))).max() <= (
            photometric == "YBR_ICT"
        )
        assert np.abs(frame.astype(int) - array[0]).max() <= (6 if photometric == "YBR_ICT" else 0)


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_point_as_pydicom_reads_it(keyword: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    import io

    dtype = np.dtype("<f4" if keyword == "FloatPixelData" else "<f8")
    array = RANDOM.normal(size=(3, ROWS, COLUMNS)).astype(dtype)
    array[0, 0, :3] = np.nan, np.inf, -0.0
    dataset, _ = make_image((3, ROWS, COLUMNS), 8, False, 0, 1)
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        del dataset[name]
    dataset.BitsAllocated = 8 * dtype.itemsize
    setattr(dataset, keyword, array.tobytes())
    data = dataset.to_bytes()
    expected = pydicom.dcmread(io.BytesIO(data)).pixel_array
    assert dicomkit.read(data).pixels.array().tobytes() == expected.tobytes() == array.tobytes()
    assert dicomkit.read(data).pixels.dtype == dtype


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [32, 64])
def test_wide_integers_as_pydicom_reads_them(bits: int, signed: bool) -> None:
    pydicom = pytest.importorskip("pydicom")
    import io

    kind = f"{'i' if signed else 'u'}{bits // 8}"
    array = RANDOM.integers(0, 1 << bits, (2, ROWS, COLUMNS), np.uint64).astype(f"u{bits // 8}").view(kind)
    dataset, _ = make_image((2, ROWS, COLUMNS), 8, signed, 0, 1)
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelData = array.tobytes()
    assert np.array_equal(pydicom.dcmread(io.BytesIO(dataset.to_bytes())).pixel_array, array)
    assert np.array_equal(dataset.pixels.array(), array)


def test_indices_of_a_palette_and_padding_stay_as_they_are(peer: Peer, tmp_path: Path) -> None:
    dataset, array = make_image((1, ROWS, COLUMNS), 8, False, 0, 1)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    tables = RANDOM.integers(0, 256, (3, 256))
    for number, name in enumerate(("Red", "Green", "Blue")):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", (256, 0, 16))
        setattr(dataset, f"{name}PaletteColorLookupTableData", (tables[number] * 257).astype("<u2").tobytes())
    assert np.array_equal(dataset.pixels.array(), array)
    assert dataset.pixels.color_space() == "PALETTE COLOR"
    assert np.array_equal(tables.T[dataset.pixels.frame(0)], rendered(dataset, peer, tmp_path))
    dataset, array = make_image((1, ROWS, COLUMNS), 16, True, 0, 1)
    array[0, :5] = -2000
    dataset.PixelData = array.tobytes()
    dataset.PixelPaddingValue = -2000
    assert np.array_equal(dataset.pixels.array(), array)

"""Pixel data that lie or are damaged, in every transfer syntax: a CodecError that names the frame, and little memory."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels import PixelData, encapsulate
from tests.interop.test_encoders import make_image

LOSSLESS = [
    "RLELossless",
    "JPEGLossless",
    "JPEGLSLossless",
    "JPEG2000Lossless",
    "HTJ2KLossless",
    "HTJ2KLosslessRPCL",
    "JPEGXLLossless",
    "DeflatedImageFrameCompression",
    "EncapsulatedUncompressedExplicitVRLittleEndian",
]
LOSSY = ["JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless", "JPEG2000", "HTJ2K", "JPEGXL"]
SYNTAXES = LOSSLESS + LOSSY
#: Transfer syntaxes whose codestreams say what they hold.
TELLING = SYNTAXES[1:-9] + LOSSY
ROWS, COLUMNS = 40, 53


@cache
def encoded(syntax: str, samples: int = 1, frames: int = 2) -> bytes:
    """A file of 8 bits."""
    shape = (frames, ROWS, COLUMNS, *([3] if samples == 3 else []))
    dataset, _ = make_image(shape, 8, False, 1, samples)
    dataset.compress(syntax)
    return dataset.to_bytes()


def read(syntax: str, samples: int = 1) -> dicomkit.Dataset:
    return dicomkit.read(encoded(syntax, samples))


def refused(dataset: dicomkit.Dataset, frame: int = 0) -> CodecError:
    """The error for a frame, which names it and a reason."""
    with pytest.raises(CodecError) as caught:
        dataset.pixels.frame(frame)
    error = caught.value
    assert error.frame == frame
    assert error.reason
    assert f"frame {frame}" in str(error)
    with pytest.raises(CodecError):
        dataset.pixels.array()
    return error


LIES = [
    {"Rows": ROWS + 1},
    {"Rows": ROWS - 1},
    {"Columns": COLUMNS + 1},
    {"Columns": 1},
    {"Rows": 65535, "Columns": 65535},
    {"Rows": COLUMNS, "Columns": ROWS},
    {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"},
    {"SamplesPerPixel": 4},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
@pytest.mark.parametrize("syntax", TELLING)
def test_a_data_set_that_lies(syntax: str, lie: dict[str, Any]) -> None:
    dataset = read(syntax)
    for keyword, value in lie.items():
        setattr(dataset, keyword, value)
    assert "the data set" in refused(dataset, 1).reason


@pytest.mark.parametrize(
    "lie", [lie for lie in LIES if lie.get("Columns") not in (1, ROWS) and lie.get("Rows") != ROWS - 1], ids=str
)
@pytest.mark.parametrize("syntax", [syntax for syntax in SYNTAXES if syntax not in TELLING])
def test_a_data_set_that_lies_about_what_only_it_says(syntax: str, lie: dict[str, Any]) -> None:
    dataset = read(syntax)
    if (syntax, lie) == ("RLELossless", {"Columns": COLUMNS + 1}):
        return  # a byte for each row is missing: less than a row, which is filled up
    for keyword, value in lie.items():
        setattr(dataset, keyword, value)
    refused(dataset, 1)


@pytest.mark.parametrize("syntax", TELLING)
def test_components_and_bits(syntax: str) -> None:
    dataset = read(syntax, samples=3)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    assert "of 3 samples" in refused(dataset).reason
    if syntax in ("JPEGBaseline8Bit",):
        return
    dataset, _ = make_image((1, ROWS, COLUMNS), 12, False, 1, 1)
    dataset.compress(syntax)
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    assert "BitsAllocated (0028,0100) is 8" in refused(dataset).reason


@pytest.mark.parametrize("frames", [3, 1000, 0x7FFFFFFF])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_frames_that_are_not_there(syntax: str, frames: int) -> None:
    dataset = read(syntax)
    whole = dataset.pixels.array()
    dataset.NumberOfFrames = frames
    pixels = dataset.pixels
    assert np.array_equal(pixels[:2], whole)
    for number in (2, frames - 1):
        assert "only 2 frames" in refused(dataset, number).reason


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_truncation(syntax: str, samples: int) -> None:
    """Cut off anywhere but in the last bytes: an error, and never other pixels. RLE that lacks a part of a row is read."""
    dataset = read(syntax, samples)
    data = bytes(dataset.pixels.encoded(0))
    whole = dataset.pixels.frame(0)
    spare = COLUMNS + 8 if syntax == "RLELossless" else 8
    step = max(1, len(data) // 30)
    for end in [*range(0, min(200, len(data) - spare), 7), *range(200, len(data) - spare, step)]:
        encapsulate(dataset, [data[:end], data], syntax)
        refused(dataset)
        assert np.array_equal(dataset.pixels.frame(1), whole)


#: Mutations that libraries in the process have to survive; the kernels have fuzzers of their own.
MUTATIONS = 150


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_mutation(syntax: str) -> None:
    draw = Random(syntax)
    sources = [(dataset, bytes(dataset.pixels.encoded(0))) for dataset in (read(syntax), read(syntax, 3))]
    damaged = 0
    for _ in range(MUTATIONS):
        dataset, data = draw.choice(sources)
        mutant = bytearray(data)
        for _ in range(draw.randrange(1, 5)):
            at = draw.randrange(len(mutant) if draw.random() < 0.4 else min(len(mutant), 150))
            mutant[at] = draw.choice((0, 1, 0x7F, 0xFF, draw.randrange(256), mutant[at] ^ 1 << draw.randrange(8)))
        encapsulate(dataset, [bytes(mutant), data], syntax)
        try:
            frame = dataset.pixels.frame(0)
        except CodecError as error:
            assert error.frame == 0
            damaged += 1
        else:
            assert frame.shape == dataset.pixels.shape[1:]
    assert damaged or syntax.startswith("Encapsulated")


def enlarged(syntax: str, data: bytes, rows: int, columns: int) -> bytes:
    """A codestream that says it is of another size."""
    changed = bytearray(data)
    if "2000" in syntax or "HTJ2K" in syntax:  # SIZ: image and tile
        for at, value in ((8, columns), (12, rows), (24, columns), (28, rows)):
            changed[at : at + 4] = value.to_bytes(4, "big")
    elif "JPEG" in syntax:
        at = min(changed.find(bytes((0xFF, marker))) % (1 << 32) for marker in (0xC0, 0xC1, 0xC3, 0xF7))
        changed[at + 5 : at + 9] = rows.to_bytes(2, "big") + columns.to_bytes(2, "big")
    return bytes(changed)


BOMBS = [syntax for syntax in SYNTAXES if "XL" not in syntax]


@pytest.mark.parametrize("syntax", [syntax for syntax in BOMBS if syntax in TELLING])
def test_a_codestream_that_lies(syntax: str) -> None:
    dataset = read(syntax)
    data = bytes(dataset.pixels.encoded(0))
    for rows, columns in ((65535, 65535), (ROWS, 60000), (ROWS - 1, COLUMNS)):
        encapsulate(dataset, [enlarged(syntax, data, rows, columns), data], syntax)
        assert f"{columns} x {rows} pixels" in refused(dataset).reason
    dataset.pixels.frame(1)


@pytest.mark.parametrize("syntax", BOMBS)
def test_both_lie(syntax: str) -> None:
    """Nothing is allocated above the ceiling; below it, data that cannot be that large are found out."""
    dataset = read(syntax)
    bomb = enlarged(syntax, bytes(dataset.pixels.encoded(0)), 65535, 65535)
    encapsulate(dataset, [bomb, bomb], syntax)
    dataset.Rows = dataset.Columns = 65535
    with pytest.raises(CodecError, match="array of 4294836225 bytes is larger than max_bytes, 1000000"):
        PixelData(dataset, max_bytes=1_000_000).frame(0)
    dataset.Rows = dataset.Columns = 2000
    bomb = enlarged(syntax, bomb, 2000, 2000)
    encapsulate(dataset, [bomb, bomb], syntax)
    if "2000" not in syntax and "HTJ2K" not in syntax:  # whose packets may be missing
        refused(dataset)


@pytest.mark.parametrize("syntax", BOMBS)
def test_memory_of_bombs(syntax: str, tmp_path: Any) -> None:
    """65535 x 65535 pixels in a few bytes, which the default ceiling allows. OpenJPEG has an entry for each code block."""
    pytest.importorskip("resource")
    dataset = read(syntax)
    bomb = enlarged(syntax, bytes(dataset.pixels.encoded(0)), 65535, 65535)
    encapsulate(dataset, [bomb, bomb], syntax)
    dataset.Rows = dataset.Columns = 65535
    path = tmp_path / "bomb.dcm"
    dataset.save(path)
    code = textwrap.dedent(f"""
        import resource, dicomkit
        pixels = dicomkit.read({str(path)!r}).pixels
        import imagecodecs
        imagecodecs.jpeg8_decode, imagecodecs.jpeg2k_decode
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            pixels.frame(0)
        except dicomkit.CodecError as error:
            assert error.frame == 0
        else:
            raise AssertionError("decoded")
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
    """)
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(result.stdout) < (700 if "2000" in syntax or "HTJ2K" in syntax else 32)


def test_deflated_bomb() -> None:
    import zlib

    dataset = read("DeflatedImageFrameCompression")
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = stream.compress(bytes(1 << 28)) + stream.flush()
    encapsulate(dataset, [bomb, bomb], "DeflatedImageFrameCompression")
    import tracemalloc

    pixels = dataset.pixels
    tracemalloc.start()
    try:
        assert not pixels.frame(0).any()  # what is behind the frame does not matter, and is not inflated
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_what_jpeg_xl_must_not_have() -> None:
    import imagecodecs

    dataset = read("JPEGXLLossless")
    shape = (ROWS, COLUMNS)
    for image in (
        np.zeros((500, *shape, 1), np.uint8),  # animation: each frame takes a few bytes
        np.zeros((*shape, 2), np.uint8),
        np.zeros(shape, np.float32),
    ):
        data = bytes(imagecodecs.jpegxl_encode(image, lossless=True, usecontainer=False))
        encapsulate(dataset, [data, data], "JPEGXLLossless")
        assert "floating point numbers, extra channels or animation" in refused(dataset).reason
    large = bytes(imagecodecs.jpegxl_encode(np.zeros((3000, 3000), np.uint8), lossless=True, effort=1))
    encapsulate(dataset, [large, large], "JPEGXLLossless")
    assert "3000 x 3000 pixels" in refused(dataset).reason


def test_recompression_checks_codestreams_too() -> None:
    dataset = read("JPEGBaseline8Bit")
    dataset.Rows = ROWS + 1
    with pytest.raises(CodecError, match="frame 0: the codestream has"):
        dataset.compress("JPEGXLJPEGRecompression")
    dataset = read("JPEGBaseline8Bit")
    data = bytes(dataset.pixels.encoded(0))
    encapsulate(dataset, [data, data[:100] + bytes(40)], "JPEGBaseline8Bit")
    with pytest.raises(CodecError, match="frame 1"):
        dataset.compress("JPEGXLJPEGRecompression")

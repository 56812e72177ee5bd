"""The examples that the standards give for codestreams, decoded as frames of data sets."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit._ext import jpegll, rle
from dicomkit.pixels import PixelData, encapsulate


def image_of(frame: bytes, syntax: str, rows: int, columns: int, **values: Any) -> dicomkit.Dataset:
    dataset = dicomkit.Dataset(
        Rows=rows,
        Columns=columns,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
    )
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    encapsulate(dataset, [frame], syntax)
    return dataset


def test_jpeg_ls() -> None:
    """T.87 annex H.3. The kernel's tests have its encoding too."""
    data = bytes.fromhex(
        "ffd8 fff7000b080004000401011100 ffda0008010100000000"
        "c000006c80208e01c0000057400000 6ee6000001bc18000005d800009160 ffd9"
    )
    expected = [[0, 0, 90, 74], [68, 50, 43, 205], [64, 145, 145, 145], [100, 145, 145, 145]]
    assert image_of(data, "JPEGLSLossless", 4, 4).pixels.frame(0).tolist() == expected


#: Predictor -> the bits of the last difference: 140 - (131, 127, 130, 128, 129, 127, 129) in the 4 bits of category 4.
LAST = {1: "1001", 2: "1101", 3: "1010", 4: "1100", 5: "1011", 6: "1101", 7: "1011"}


@pytest.mark.parametrize("predictor", LAST)
def test_jpeg_lossless(predictor: int) -> None:
    """T.81 has no lossless image: this one is by hand, by tables H.1 and H.2, with the Huffman codes of table K.3."""
    # 130 - 128: category 2, 2. 127 - 130: category 2, -3. 131 - 130: category 1, 1. Category 4.
    bits = "011 10  011 00  010 1  101".replace(" ", "") + LAST[predictor]
    bits += "1" * (-len(bits) % 8)
    huffman = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, *[0] * 7, *range(12)))
    data = b"".join(
        (
            bytes.fromhex("ffd8 ffc3000b080002000201011100 ffc4001f00"),
            huffman,
            bytes.fromhex(f"ffda000801 0100{predictor:02x}0000"),
            int(bits, 2).to_bytes(len(bits) // 8, "big"),
            b"\xff\xd9",
        )
    )
    expected = [[130, 127], [131, 140]]
    assert image_of(data, "JPEGLossless", 2, 2).pixels.frame(0).tolist() == expected
    imagecodecs = pytest.importorskip("imagecodecs")
    assert imagecodecs.jpeg8_decode(data).tolist() == expected
    again = jpegll.encode(bytes((130, 127, 131, 140)), 2, 2, 1, 8, predictor=predictor)
    assert imagecodecs.jpeg8_decode(again).tolist() == expected


def test_pack_bits() -> None:
    """PS3.5 annex G takes the algorithm from TIFF 6.0, whose section 9 has this example."""
    packed = bytes.fromhex("fe aa 02 80 00 2a fd aa 03 80 00 2a 22 f7 aa")
    unpacked = bytes.fromhex("aa aa aa 80 00 2a aa aa aa aa 80 00 2a 22" + "aa" * 10)
    data = struct.pack("<16I", 1, 64, *[0] * 14) + packed
    assert image_of(data, "RLELossless", 1, 24).pixels.frame(0).tobytes() == unpacked
    # an odd segment is padded: PS3.5 G.3
    assert rle.encode(unpacked, rows=1, columns=24, samples=1, bytes_per_sample=1) == data + b"\0"


def test_rle_with_an_offset_table() -> None:
    """PS3.5 G.6: three frames, the first one of three segments; what is in them is left open."""
    offsets, lengths = (0, 0x2D0, 0x642), (0x2C8, 0x36A, 0xBC8)
    header = struct.pack("<16I", 3, 0x40, 0x140, 0x1C0, *[0] * 12)
    frames = [header + bytes(length - 64) for length in lengths]
    items = [struct.pack("<3I", *offsets), *frames]
    value = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    dataset = image_of(b"", "RLELossless", 1, 1, NumberOfFrames=3)
    dataset.PixelData = value
    pixels = PixelData(dicomkit.read(dataset.to_bytes()))
    assert [bytes(pixels.encoded(number)) for number in range(3)] == frames
    assert rle.header(frames[0]) == (0x40, 0x140, 0x1C0)


def test_single_bits() -> None:
    """PS3.5 8.1.1 and figure D.2-1: the first pixel is the least significant bit; a frame need not end with its byte."""
    dataset = dicomkit.Dataset(
        Rows=1,
        Columns=5,
        NumberOfFrames=2,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        PixelRepresentation=0,
        PixelData=bytes((0b110_00001, 0b000000_10)),
    )
    assert np.array_equal(dataset.pixels.array(), [[[1, 0, 0, 0, 0]], [[0, 1, 1, 0, 1]]])

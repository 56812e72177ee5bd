"""Data sets of many frames, in memory and as large files that are mostly holes on disk."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dicomkit
from benchmarks.images import Image
from benchmarks.inputs import cache
from dicomkit.pixels import encapsulate

MULTIFRAME = "MultiFrameGrayscaleWordSecondaryCaptureImageStorage"
ITEM = 0xE000FFFE
PIXEL_DATA = b"\xe0\x7f\x10\x00"
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
UNDEFINED = 0xFFFFFFFF


def described(image: Image, frames: int) -> Any:
    """A data set with everything but pixel data."""
    ds = dicomkit.new(MULTIFRAME)
    ds.NumberOfFrames = frames
    ds.Rows, ds.Columns, ds.SamplesPerPixel = image.rows, image.columns, image.samples
    ds.PhotometricInterpretation = image.photometric_interpretation
    ds.BitsAllocated = image.pixels.itemsize * 8
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = image.bits, image.bits - 1, 0
    return ds


def in_memory(image: Image, codestreams: Sequence[bytes], transfer_syntax: str) -> bytes:
    """A file of encapsulated frames."""
    ds = described(image, len(codestreams))
    encapsulate(ds, codestreams, transfer_syntax)
    content: bytes = ds.to_bytes()
    return content


def large_file(
    name: str, image: Image, frames: int, transfer_syntax: str, codestreams: Sequence[bytes], table: bool
) -> Path:
    """A file of encapsulated frames, of which some are there, evenly spread; the others are as long, and holes.

    Args:
        name: of the file.
        image: its geometry.
        frames: their number.
        transfer_syntax: keyword.
        codestreams: of the frames that are there, all of one length.
        table: whether there is a Basic Offset Table.
    """
    path = cache() / name
    if path.exists():
        return path
    length = len(codestreams[0]) + len(codestreams[0]) % 2
    step = frames // len(codestreams)
    head = PIXEL_DATA + b"OB\0\0" + struct.pack("<I", UNDEFINED)
    content = in_memory(image, [b"\0\0"] * frames, transfer_syntax)
    offsets = [number * (8 + length) for number in range(frames)] if table else []
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content[: content.index(head)] + head)
        file.write(struct.pack("<II", ITEM, 4 * len(offsets)) + struct.pack(f"<{len(offsets)}I", *offsets))
        for number in range(frames):
            file.write(struct.pack("<II", ITEM, length))
            if number % step == 0:
                file.write(codestreams[number // step % len(codestreams)].ljust(length, b"\0"))
            else:
                file.seek(length, os.SEEK_CUR)
        file.write(DELIMITER)
    partial.replace(path)
    return path


def large_native_file(name: str, image: Image, frames: int) -> Path:
    """A file of native frames: a hole."""
    path = cache() / name
    if not path.exists():
        length = frames * image.pixels.nbytes
        partial = path.with_suffix(f".{os.getpid()}")
        with partial.open("wb") as file:
            file.write(described(image, frames).to_bytes())
            file.write(PIXEL_DATA + b"OW\0\0" + struct.pack("<I", length))
            file.truncate(file.tell() + length)
        partial.replace(path)
    return path

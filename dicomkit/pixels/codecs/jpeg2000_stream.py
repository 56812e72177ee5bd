"""The main header of a JPEG 2000 codestream (ITU-T T.800 annex A), of HTJ2K too (T.814)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.jpeg2000_structure import COD, SEGMENT, SOT, Size

if TYPE_CHECKING:
    from dicomkit.typing import BytesLike

__all__ = ["JPEG2000Header", "read_header", "with_precision"]

SOC_SIZ: Final = b"\xff\x4f\xff\x51"
JP2_SIGNATURE: Final = b"\0\0\0\x0cjP  "
REVERSIBLE: Final = 1


@dataclass(frozen=True, slots=True)
class JPEG2000Header:
    """What a codestream says.

    Attributes:
        rows, columns, components: of the image.
        bits, signed: of its samples; the widest component counts.
        transformed: whether there is a multiple component transform.
        reversible: whether the wavelet transform is the reversible one.
    """

    rows: int
    columns: int
    components: int
    bits: int
    signed: bool
    transformed: bool
    reversible: bool


def read_header(data: BytesLike) -> JPEG2000Header:
    """Read the main header, also of a codestream in a JP2 file, which DICOM does not allow but some write.

    Raises:
        CodecError: this is no JPEG 2000 codestream, or it ends there.
    """
    view = memoryview(data)
    if bytes(view[:8]) == JP2_SIGNATURE:
        view = _codestream(view)
    if bytes(view[:4]) != SOC_SIZ:
        raise CodecError("no JPEG 2000 codestream begins here")
    length = _u16(view, 4)
    if length < 41 or len(view) < 4 + length:
        raise CodecError("the image and tile size segment (SIZ) of the codestream is too short")
    size = Size.read(view[: 4 + length])
    components = size.components
    depths = bytes(view[42 : 42 + 3 * components : 3])
    if bytes(view[43 : 42 + 3 * components : 3]) + bytes(view[44 : 42 + 3 * components : 3]) != b"\1" * (2 * components):
        raise CodecError("components of the codestream are subsampled")
    transformed = reversible = False
    at = 4 + length
    while at + 4 <= len(view):
        marker, length = SEGMENT.unpack_from(view, at)
        if marker == SOT or length < 2:
            break
        size.check_segment(view, at)
        if marker == COD and length >= 12:
            transformed = view[at + 8] == 1
            reversible = view[at + 13] == REVERSIBLE
        at += 2 + length
    size.check_tile_parts(view, at)
    bits = max(depth & 0x7F for depth in depths) + 1
    signed = bool(depths[0] & 0x80)
    return JPEG2000Header(size.rows, size.columns, components, bits, signed, transformed and components >= 3, reversible)


def with_precision(data: BytesLike, bits: int, signed: bool) -> bytes:
    """A codestream with another precision of all components in its header, and nothing else changed."""
    changed = bytearray(data)
    for component in range(_u16(memoryview(changed), 40)):
        changed[42 + 3 * component] = bits - 1 | signed << 7
    return bytes(changed)


def _codestream(view: memoryview) -> memoryview:
    """The contents of the contiguous codestream box."""
    at = 0
    while at + 8 <= len(view):
        length, kind = _u32(view, at), bytes(view[at + 4 : at + 8])
        header = 8
        if length == 1 and at + 16 <= len(view):
            length, header = _u32(view, at + 8) << 32 | _u32(view, at + 12), 16
        if kind == b"jp2c":
            return view[at + header :]
        if length < header:
            break
        at += length
    raise CodecError("the JP2 file has no codestream")


def _u16(view: memoryview, at: int) -> int:
    return int.from_bytes(view[at : at + 2], "big")


def _u32(view: memoryview, at: int) -> int:
    return int.from_bytes(view[at : at + 4], "big")

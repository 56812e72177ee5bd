"""The headers of a JPEG XL image (ISO/IEC 18181-1 annexes B and D, 18181-2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomkit.errors import CodecError

if TYPE_CHECKING:
    from dicomkit.typing import BytesLike

__all__ = ["JPEGXLHeader", "read_header"]

CODESTREAM: Final = b"\xff\x0a"
CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
HEADER_LENGTH: Final = 64  # more than is read of it
# Distributions of numbers: what is added, and how many bits follow.
SIDE: Final = ((1, 9), (1, 13), (1, 18), (1, 30))
DEPTH: Final = ((8, 0), (10, 0), (12, 0), (1, 6))
FLOAT_DEPTH: Final = ((32, 0), (16, 0), (24, 0), (1, 6))
COUNT: Final = ((0, 0), (1, 0), (2, 4), (1, 12))
ENUMERATED: Final = ((0, 0), (1, 0), (2, 4), (18, 6))
RATIOS: Final = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
GRAY: Final = 1


@dataclass(frozen=True, slots=True)
class JPEGXLHeader:
    """What a codestream says.

    Attributes:
        rows, columns: of the image.
        samples: colour channels, 1 or 3; 3 if there are extra channels or animation, behind which it is not read.
        bits: of a sample.
        is_float: whether samples are floating point numbers.
        extra: how many channels there are besides colour.
        is_animated: whether there may be several images.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    is_float: bool = False
    extra: int = 0
    is_animated: bool = False


def read_header(data: BytesLike) -> JPEGXLHeader:
    """Read the headers of a codestream, bare or in a container.

    Raises:
        CodecError: it is none, or has a preview.
    """
    view = memoryview(data)
    if bytes(view[:12]) == CONTAINER:
        view = _codestream(view)
    if bytes(view[:2]) != CODESTREAM or len(view) < 4:
        raise CodecError("no JPEG XL codestream begins here")
    bits = _Bits(int.from_bytes(view[2:HEADER_LENGTH], "little"))
    columns, rows = _size(bits)
    if bits.take(1):  # all as usual
        return JPEGXLHeader(rows, columns, 3, 8)
    animated = False
    if bits.take(1):  # extra fields
        bits.take(3)  # orientation: it is ignored, as that of JPEG is
        if bits.take(1):
            _size(bits)  # intrinsic
        if bits.take(1):
            raise CodecError("the codestream has a preview")
        animated = bool(bits.take(1))
    if animated:
        return JPEGXLHeader(rows, columns, 3, 8, is_animated=True)
    is_float = bool(bits.take(1))
    depth = bits.number_of(FLOAT_DEPTH if is_float else DEPTH)
    if is_float:
        bits.take(4)  # of the exponent
    bits.take(1)  # buffers of 16 bits
    extra = bits.number_of(COUNT)
    gray = False
    if not extra:
        bits.take(1)  # XYB
        gray = not bits.take(1) and not bits.take(1) and bits.number_of(ENUMERATED) == GRAY
    return JPEGXLHeader(rows, columns, 1 if gray else 3, depth, is_float, extra)


class _Bits:
    """Bits of a number, the lowest first."""

    def __init__(self, number: int) -> None:
        self.number = number

    def take(self, count: int) -> int:
        taken = self.number & ((1 << count) - 1)
        self.number >>= count
        return taken

    def number_of(self, distributions: tuple[tuple[int, int], ...]) -> int:
        """A number of one of four distributions."""
        least, count = distributions[self.take(2)]
        return least + self.take(count)


def _size(bits: _Bits) -> tuple[int, int]:
    """(width, height)."""
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.number_of(SIDE)
    ratio = bits.take(3)
    if ratio:
        times, by = RATIOS[ratio]
        return height * times // by, height
    return (bits.take(5) + 1) * 8 if small else bits.number_of(SIDE), height


def _codestream(view: memoryview) -> memoryview:
    """The codestream, or its first part: a box jxlc, or jxlp behind its number."""
    at = 0
    while at + 8 <= len(view):
        length, kind = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8])
        header = 8
        if length == 1:
            length, header = int.from_bytes(view[at + 8 : at + 16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            return view[at + header + (4 if kind == b"jxlp" else 0) :]
        if length < header:
            break
        at += length
    raise CodecError("the JPEG XL container has no codestream")

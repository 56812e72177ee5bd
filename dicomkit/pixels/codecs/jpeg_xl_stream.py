"""The size of a JPEG XL image (ISO/IEC 18181-1 annex D, 18181-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit.errors import CodecError

if TYPE_CHECKING:
    from dicomkit.typing import BytesLike

__all__ = ["read_size"]

CODESTREAM: Final = b"\xff\x0a"
CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
BITS: Final = (9, 13, 18, 30)  # of a side
RATIOS: Final = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def read_size(data: BytesLike) -> tuple[int, int]:
    """(width, height) of a codestream, bare or in a container.

    Raises:
        CodecError: it is none.
    """
    view = memoryview(data)
    if bytes(view[:12]) == CONTAINER:
        view = _codestream(view)
    if bytes(view[:2]) != CODESTREAM or len(view) < 4:
        raise CodecError("no JPEG XL codestream begins here")
    bits = _Bits(int.from_bytes(view[2:14], "little"))
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.take(BITS[bits.take(2)]) + 1
    ratio = bits.take(3)
    if ratio:
        times, by = RATIOS[ratio]
        return height * times // by, height
    width = (bits.take(5) + 1) * 8 if small else bits.take(BITS[bits.take(2)]) + 1
    return width, height


class _Bits:
    """Bits of a number, the lowest first."""

    def __init__(self, number: int) -> None:
        self.number = number

    def take(self, count: int) -> int:
        taken = self.number & ((1 << count) - 1)
        self.number >>= count
        return taken


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

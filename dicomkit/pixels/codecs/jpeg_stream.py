"""The marker segments in front of the first scan of a JPEG codestream (ITU-T T.81 annex B)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomkit.errors import CodecError

if TYPE_CHECKING:
    from dicomkit.typing import BytesLike

__all__ = ["DECODE_DEFAULTS", "JPEGHeader", "read_header"]

#: Options to decode any JPEG: its codestreams are of any process, whatever the transfer syntax says.
DECODE_DEFAULTS: Final = {"incomplete": False, "signed_prediction": False, "cornell": None, "color_space": None}

SOI: Final = b"\xff\xd8"
SOS: Final = 0xDA
APP0: Final = 0xE0
APP14: Final = 0xEE
STANDALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
#: Start of frame, of all processes; JPEG-LS has one of its own (T.87).
FRAMES: Final = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
JPEG_LS: Final = 0xF7
LOSSLESS: Final = 0xC3


@dataclass(frozen=True, slots=True)
class JPEGHeader:
    """What a codestream says.

    Attributes:
        process: number of its SOF marker: 0 baseline, 1 extended, 2 progressive, 3 lossless ..., 0x37 JPEG-LS.
        bits, rows, columns: of the frame.
        identifiers: of the components.
        is_subsampled: whether components have different resolutions.
        jfif: whether there is a JFIF marker segment.
        transform: of the Adobe marker segment, or None: 0 none, 1 YCbCr, 2 YCCK.
    """

    process: int
    bits: int
    rows: int
    columns: int
    identifiers: bytes
    is_subsampled: bool
    jfif: bool
    transform: int | None

    @property
    def color(self) -> str | None:
        """The colour space of three components, as far as the codestream says it: see dicomkit.pixels.color."""
        if len(self.identifiers) != 3:
            return None
        if self.transform is not None:
            return "YBR_FULL" if self.transform == 1 else "RGB"
        if self.identifiers in (b"RGB", b"rgb"):
            return "RGB"
        return "YBR_FULL" if self.jfif or self.is_subsampled else None


def read_header(data: BytesLike) -> JPEGHeader:
    """Read the marker segments up to the first scan.

    Raises:
        CodecError: this is no JPEG codestream, or it ends there.
    """
    view = memoryview(data)
    if bytes(view[:2]) != SOI:
        raise CodecError("no JPEG codestream begins here")
    at, end = 2, len(view)
    found: tuple[int, BytesLike] | None = None
    jfif, transform = False, None
    while at + 4 <= end:
        if view[at] != 0xFF:
            raise CodecError(f"there is no marker at byte {at} of the codestream")
        marker = view[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker in STANDALONE:
            at += 2
            continue
        length = view[at + 2] << 8 | view[at + 3]
        if marker == SOS:
            break
        if length < 2 or at + 2 + length > end:
            raise CodecError(f"the marker segment at byte {at} of the codestream runs past its end")
        if marker in FRAMES:
            found = marker, view[at + 4 : at + 2 + length]
        elif marker == APP0:
            jfif = jfif or bytes(view[at + 4 : at + 9]) == b"JFIF\0"
        elif marker == APP14 and length >= 14 and bytes(view[at + 4 : at + 9]) == b"Adobe":
            transform = view[at + 15]
        at += 2 + length
    if found is None:
        raise CodecError("the codestream has no frame header")
    marker, frame = found
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise CodecError("the frame header of the codestream is too short")
    sampling = {frame[7 + 3 * i] for i in range(frame[5])}
    return JPEGHeader(
        marker - 0xC0,
        frame[0],
        frame[1] << 8 | frame[2],
        frame[3] << 8 | frame[4],
        bytes([frame[6 + 3 * i] for i in range(frame[5])]),
        len(sampling) > 1,
        jfif,
        transform,
    )

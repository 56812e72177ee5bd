"""Colour spaces of decoded frames, and their way to RGB (PS3.3 C.7.6.3.1.2).

The rule, in this order:

1. What the codestream says counts. JPEG with an Adobe marker: its transform; with a JFIF marker, or with chrominance at a
   lower resolution: YCbCr; with the component identifiers R, G, B: RGB. JPEG 2000 with a multiple component transform, and
   JPEG XL, whose decoders undo their transforms: RGB.
2. Else Photometric Interpretation counts. YBR_FULL_422 has become YBR_FULL when it is decoded, and YBR_ICT and YBR_RCT,
   which there are only within a codestream, RGB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["convert_to_rgb", "is_convertible", "space_of"]

#: Photometric Interpretation of what is stored -> of decoded frames.
DECODED: Final = {
    "YBR_FULL_422": "YBR_FULL",
    "YBR_PARTIAL_422": "YBR_PARTIAL_444",
    "YBR_PARTIAL_420": "YBR_PARTIAL_444",
    "YBR_ICT": "RGB",
    "YBR_RCT": "RGB",
}

KB, KG, KR = 0.114, 0.587, 0.299  # of luminance: ITU-R BT.601
STEP: Final = 1 << 16  # pixels at a time: what is worked on stays in the cache

# R, G, B (rows) of Y, Cb, Cr, without the offsets.
FULL: Final = np.array(
    [[1, 0, 2 * (1 - KR)], [1, -KB * 2 * (1 - KB) / KG, -KR * 2 * (1 - KR) / KG], [1, 2 * (1 - KB), 0]], np.float32
)
#: Space -> scale of luminance and chrominance, and black, all for 8 bits.
SPACES: Final = {"YBR_FULL": (1.0, 1.0, 0), "YBR_PARTIAL_444": (255 / 219, 255 / 224, 16)}


def space_of(photometric_interpretation: str, coded: str | None) -> str:
    """The colour space of decoded frames, by Photometric Interpretation and by what the codestream says, if it does."""
    return coded or DECODED.get(photometric_interpretation, photometric_interpretation)


def is_convertible(space: str) -> bool:
    """Whether frames of this space can be converted to RGB."""
    return space in SPACES


def convert_to_rgb(frame: NDArray[Any], space: str, bits: int) -> None:
    """Convert a frame of a YBR space to RGB, in place.

    Args:
        frame: C-contiguous, of three samples a pixel.
        space: a key of SPACES.
        bits: of a sample.
    """
    luma, chroma, black = SPACES[space]
    middle = float(1 << (bits - 1))
    offset = np.array([black * (1 << bits) / 256, middle, middle], np.float32)
    matrix = np.ascontiguousarray((FULL * np.array([luma, chroma, chroma], np.float32)).T)
    pixels = frame.reshape(-1, 3)
    for start in range(0, len(pixels), STEP):
        part = pixels[start : start + STEP]
        values = part.astype(np.float32)
        values -= offset
        values = values @ matrix
        values += np.float32(0.5)
        np.clip(values, 0, (1 << bits) - 1, out=values)
        part[...] = values  # cut off: rounded, by the half above

"""Whether the entropy-coded data of lossy JPEG are all there (ITU-T T.81 annexes F and G): libjpeg-turbo does not say it.

Where they end early, it takes zeros, and at last gray blocks, for samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.jpeg_stream import read_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dicomkit.pixels.codecs.jpeg_stream import JPEGHeader
    from dicomkit.typing import BytesLike

__all__ = ["check_complete", "check_plausible"]

PROGRESSIVE: Final = 2
HUFFMAN: Final = {0: 2, 1: 2, PROGRESSIVE: 1}  # process -> the fewest bits that a block of 8 x 8 samples takes
MOST_SCANS: Final = 1000  # of a progressive image, each of which takes the time of a whole one
SOS: Final = b"\xff\xda"
EOI: Final = b"\xff\xd9"
TAIL: Final = 64
CODES: Final = bytes((0xB5 + number * number * 7) % 251 for number in range(500))
# What is read only where data are missing: of this restart interval, or behind the restart marker that is looked for.
REST: Final = CODES + b"".join(bytes((0xFF, 0xD0 + number)) + CODES for number in range(8))


def check_plausible(data: BytesLike, header: JPEGHeader) -> None:
    """Check what can be seen without decoding.

    Raises:
        CodecError: the codestream is too short for its image, or has so many scans that it can only be an attack.
    """
    bits = HUFFMAN.get(header.process)
    if bits is not None and (-(-header.rows // 8) * -(-header.columns // 8)) * bits > len(data) * 8:
        raise CodecError(f"{len(data)} bytes are no codestream of {header.columns} x {header.rows} pixels")
    if header.process == PROGRESSIVE and bytes(data).count(SOS) > MOST_SCANS:
        raise CodecError(f"the codestream has more than {MOST_SCANS} scans")


def check_complete(data: BytesLike, out: NDArray[Any], bits: int, decode: Callable[[bytes, NDArray[Any]], object]) -> None:
    """Check what was decoded. What looks suspicious is decoded again, with more data: they do not matter where all is there.

    Args:
        data: the codestream.
        out: what was decoded: (rows, columns[, samples]).
        bits: precision of a sample.
        decode: decodes a codestream into an array.

    Raises:
        CodecError: the entropy-coded data end early.
    """
    rows, columns = out.shape[:2]
    last = out[(rows - 1) // 8 * 8 :, (columns - 1) // 8 * 8 :]
    if EOI in bytes(data[-TAIL:]) and (last != 1 << (bits - 1)).any():
        return
    if read_header(data).process not in HUFFMAN:
        return  # arithmetic codes look ahead
    whole = bytes(data)
    end = whole.rfind(EOI)
    again = np.empty_like(out)
    try:
        decode((whole if end < 0 else whole[:end]).rstrip(b"\xff") + REST + EOI, again)
    except CodecError:
        pass
    else:
        if np.array_equal(again, out):
            return
    raise CodecError("the entropy-coded data end early")

"""RLE (PS3.5 annex G)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dicomkit._ext import rle
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.native import put_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["RLE"]


class RLE(Codec):
    """RLE Lossless. Its codestreams say nothing of their geometry.

    Options to decode:
        least_significant_first: segments begin with the least significant byte of a sample, as a faulty encoder wrote them.
    """

    decode_defaults: ClassVar[Mapping[str, Any]] = {"least_significant_first": False}

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        bits, settled = layout.bits_allocated, layout.high_bit == layout.bits_stored - 1
        return Codestream(
            layout.rows, layout.columns, layout.samples, bits, layout.signed, cells=bits > 1, settled=settled, kernel=layout
        )

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        layout = stream.kernel
        if stream.bits == 1:
            _decode_bits(data, layout, out)
            return False
        rle.decode(
            data,
            out.data,
            rows=layout.rows,
            columns=layout.columns,
            samples=layout.samples,
            bytes_per_sample=out.itemsize,
            bits_stored=layout.bits_stored if stream.settled else None,
            signed=layout.signed,
            **self.decoding,
        )
        return False

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        chosen = self.merged(options)
        if layout.bits_allocated == 1:
            raise self.refuse("cells of one bit cannot be encoded (PS3.5 8.2.2)")
        if layout.samples * layout.dtype.itemsize > 15:
            raise self.refuse(f"cells of {layout.samples} x {layout.bits_allocated} bits are more than 15 segments")
        return Target(layout.coded(space), space, None, chosen)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout = target.layout
        return rle.encode(
            frame.data, rows=layout.rows, columns=layout.columns, samples=layout.samples, bytes_per_sample=frame.itemsize
        )


def _decode_bits(data: BytesLike, layout: Layout, out: NDArray[Any]) -> None:
    """Decode a frame of single bits: one segment of the bytes that they are packed in."""
    length = (layout.frame_bits + 7) // 8
    packed = np.empty(length, np.uint8)
    rle.decode(data, packed.data, rows=1, columns=length, samples=1, bytes_per_sample=1)
    put_frame(packed.data, 0, layout, False, out)

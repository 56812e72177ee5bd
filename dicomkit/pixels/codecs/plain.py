"""Frames in fragments of their own, as they would be natively, or deflated (PS3.5 A.4.11, A.4.12, 8.2.16)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.native import put_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["DeflatedFrame", "EncapsulatedUncompressed"]


class EncapsulatedUncompressed(Codec):
    """Frames as they would be natively, in fragments."""

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        # put_frame takes the samples out of their cells
        bits = layout.bits_stored if layout.bits_allocated < 8 else layout.dtype.itemsize * 8
        return Codestream(layout.rows, layout.columns, layout.samples, bits, layout.signed, kernel=layout)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        layout: Layout = stream.kernel
        length = (layout.frame_bits + 7) // 8
        if len(data) < length:
            raise CodecError(f"the frame has {len(data)} bytes, not {length}")
        put_frame(memoryview(data)[:length], 0, layout, False, out)
        return False

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        return Target(layout.coded(space), space, None, self.merged(options))

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        if target.layout.bits_allocated == 1:
            return np.packbits(frame.reshape(-1), bitorder="little").tobytes()
        return np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).tobytes()


class DeflatedFrame(EncapsulatedUncompressed):
    """The same, each frame deflated (RFC 1951).

    Options:
        level: 0 (none) to 9 (best).
    """

    defaults: ClassVar[Mapping[str, Any]] = {"level": 6}

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        length = (stream.kernel.frame_bits + 7) // 8
        try:
            inflated = zlib.decompressobj(-15).decompress(data, length)
        except zlib.error as error:
            raise CodecError(str(error)) from error
        return super().decode(inflated, stream, out, to_rgb)

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        level = self.merged(options)["level"]
        if not 0 <= level <= 9:
            raise ValueError(f"level is 0 to 9, not {level}")
        return super().target(layout, space, options)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        stream = zlib.compressobj(target.options["level"], zlib.DEFLATED, -15)
        return stream.compress(super().encode(frame, target)) + stream.flush()

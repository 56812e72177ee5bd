"""JPEG-LS, lossless and near-lossless (ITU-T T.87; PS3.5 8.2.3, A.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dicomkit._ext import jpegls
from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["JPEGLS"]


class JPEGLS(Codec):
    """JPEG-LS Lossless and Near-lossless.

    Options:
        near: how much a sample may differ: 0 in the lossless transfer syntax; in the other one 2 unless it is given.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"near": None}

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        width, height, components, bits, near, *_ = jpegls.header(data)
        return Codestream(height, width, components, bits, cells=near == 0)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        jpegls.decode(data, out.data)
        return False

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        near = self.merged(options)["near"]
        if near is None:
            near = 0 if self.syntax.lossless else 2
        if layout.kind or layout.bits_allocated not in (8, 16):
            raise self.refuse(f"cells have {layout.bits_allocated} bits, not 8 or 16")
        bits = max(layout.bits_stored, 2)
        most = min(255, ((1 << bits) - 1) // 2)
        if not 0 <= near <= most:
            raise ValueError(f"near is 0 to {most} for samples of {bits} bits, not {near}")
        if near:
            if self.syntax.lossless:
                raise ValueError(f"near is 0 in {self.syntax.name}")
            if layout.signed:
                # -1 and 0 are far from each other as the unsigned numbers that are encoded
                raise self.refuse("signed samples cannot be encoded with a loss (PS3.5 8.2.3)")
            if space == "PALETTE COLOR":
                raise self.refuse("indices of a palette cannot bear a loss")
        return Target(layout.coded(space), space, "ISO_14495_1" if near else None, {"near": near})

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout = target.layout
        bits = max(layout.bits_stored, 2)
        samples = as_unsigned(frame, layout.bits_stored)
        return jpegls.encode(samples.data, layout.columns, layout.rows, layout.samples, bits, near=target.options["near"])

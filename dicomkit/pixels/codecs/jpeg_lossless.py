"""JPEG lossless, process 14 (ITU-T T.81 annex H; PS3.5 8.2.1, A.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit._ext import jpegll
from dicomkit.errors import CodecError
from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.jpeg_stream import LOSSLESS, read_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["JPEGLossless"]

FIRST_ORDER: Final = "1.2.840.10008.1.2.4.70"


class JPEGLossless(Codec):
    """Lossless JPEG with any predictor, or with first-order prediction (predictor 1) only.

    Options:
        predictor: 1 to 7.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"predictor": 1}

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        try:
            width, height, components, bits, *_ = jpegll.header(data)
        except CodecError:
            if read_header(data).process == LOSSLESS - 0xC0:
                raise
            from dicomkit.pixels.codecs.jpeg import RetiredJPEG

            other = RetiredJPEG(self.syntax)  # a file whose transfer syntax is not what it has
            stream = other.inspect(data, layout)
            return Codestream(
                stream.rows, stream.columns, stream.samples, stream.bits, color=stream.color, kernel=(other, stream)
            )
        return Codestream(height, width, components, bits, cells=True)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        if stream.kernel is None:
            jpegll.decode(data, out.data)
            return False
        other, inner = stream.kernel
        converted: bool = other.decode(data, inner, out, to_rgb)
        return converted

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        chosen = self.merged(options)
        if not 1 <= chosen["predictor"] <= 7:
            raise ValueError(f"predictor is 1 to 7, not {chosen['predictor']}")
        if chosen["predictor"] != 1 and self.syntax.uid == FIRST_ORDER:
            raise ValueError(f"predictor is 1 in {self.syntax.name}")
        if layout.kind or layout.bits_allocated not in (8, 16):
            raise self.refuse(f"cells have {layout.bits_allocated} bits, not 8 or 16")
        return Target(layout.coded(space), space, None, chosen)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout = target.layout
        samples = as_unsigned(frame, layout.bits_stored)
        bits = max(layout.bits_stored, 2)
        predictor = target.options["predictor"]
        return jpegll.encode(samples.data, layout.columns, layout.rows, layout.samples, bits, predictor=predictor)

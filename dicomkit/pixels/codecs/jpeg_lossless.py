"""JPEG lossless, process 14 (ITU-T T.81 annex H; PS3.5 8.2.1, A.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit._ext import jpegll
from dicomkit.errors import CodecError
from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.jpeg_stream import DECODE_DEFAULTS, LOSSLESS, read_header

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
        point_transform: so many low bits of each sample are lost, 0 to 15.

    Options to decode:
        incomplete: a damaged frame is what was decoded of it; the rest is 0.
        signed_prediction: predictors 5 to 7 take samples as signed numbers, as a faulty encoder did.
        cornell: differences of 32768 are followed by 16 bits, as Cornell University's encoder wrote them; None: if it
            cannot be decoded otherwise.
        color_space: what colour frames are in, whatever they say: "RGB" or "YBR_FULL"; None: what they say.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"predictor": 1, "point_transform": 0}
    decode_defaults: ClassVar[Mapping[str, Any]] = DECODE_DEFAULTS

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        try:
            width, height, components, bits, *_ = jpegll.header(data)
        except CodecError:
            if read_header(data).process == LOSSLESS - 0xC0:
                raise
            from dicomkit.pixels.codecs.jpeg import RetiredJPEG

            other = self.beside(RetiredJPEG)  # a file whose transfer syntax is not what it has
            stream = other.inspect(data, layout)
            return Codestream(
                stream.rows, stream.columns, stream.samples, stream.bits, color=stream.color, kernel=(other, stream)
            )
        color = self.decoding["color_space"] if components == 3 else None
        return Codestream(height, width, components, bits, color=color, cells=True)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        if stream.kernel is None:
            options = self.decoding
            cornell, incomplete = options["cornell"], options["incomplete"]
            if incomplete:
                out[...] = 0
                cornell = bool(cornell)  # None would try again, over what was decoded
            try:
                jpegll.decode(data, out.data, signed_prediction=options["signed_prediction"], cornell=cornell)
            except CodecError:
                if not incomplete:
                    raise
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
        lost = chosen["point_transform"]
        if not 0 <= lost < max(layout.bits_stored, 2):
            raise ValueError(f"point_transform is 0 to {max(layout.bits_stored, 2) - 1} for such samples, not {lost}")
        if lost and space == "PALETTE COLOR":
            raise self.refuse("indices of a palette cannot bear a loss")
        return Target(layout.coded(space), space, "ISO_10918_1" if lost else None, chosen)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout = target.layout
        samples = as_unsigned(frame, layout.bits_stored)
        bits = max(layout.bits_stored, 2)
        return jpegll.encode(samples.data, layout.columns, layout.rows, layout.samples, bits, **target.options)

"""JPEG with loss: baseline, extended, progressive (ITU-T T.81; PS3.5 8.2.1, A.4.1), by libjpeg-turbo.

A codestream is decoded as what it is: files say baseline of what is lossless, and the reverse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.jpeg_complete import check_complete, check_plausible
from dicomkit.pixels.codecs.jpeg_stream import DECODE_DEFAULTS, LOSSLESS, read_header
from dicomkit.pixels.codecs.library import call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.standard.transfer_syntax import TransferSyntax
    from dicomkit.typing import BytesLike

__all__ = ["JPEG", "RetiredJPEG"]

BASELINE: Final = "1.2.840.10008.1.2.4.50"
RECOMPRESSED: Final = "1.2.840.10008.1.2.4.111"  # by JPEG XL
JPEG_LS_PROCESS: Final = 0x37
LOSSLESS_PROCESS: Final = LOSSLESS - 0xC0
#: Chrominance subsampling -> Photometric Interpretation (PS3.5 8.2.1).
SUBSAMPLINGS: Final = {"444": "YBR_FULL", "422": "YBR_FULL_422", "420": "YBR_FULL_422"}


class RetiredJPEG(Codec):
    """The processes that PS3.5 has dropped: what libjpeg-turbo can decode of them is decoded.

    Options to decode: see JPEGLossless.
    """

    decode_defaults: ClassVar[Mapping[str, Any]] = DECODE_DEFAULTS

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        header = read_header(data)
        if header.process in (LOSSLESS_PROCESS, JPEG_LS_PROCESS):
            other = _other(self, header.process)
            stream = other.inspect(data, layout)
            return Codestream(
                stream.rows,
                stream.columns,
                stream.samples,
                stream.bits,
                color=stream.color,
                cells=stream.cells,
                kernel=(other, stream),
            )
        if not self.decoding["incomplete"]:
            check_plausible(data, header)
        components = len(header.identifiers)
        color = self.decoding["color_space"] if components == 3 else None
        color = color or header.color
        if color is None and components == 3 and layout.photometric_interpretation.startswith("YBR_FULL"):
            color = "YBR_FULL"
        return Codestream(header.rows, header.columns, components, header.bits, color=color)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        if stream.kernel is not None:
            other, inner = stream.kernel
            converted: bool = other.decode(data, inner, out, to_rgb)
            return converted
        converts = to_rgb and stream.color == "YBR_FULL"
        if stream.samples == 3:
            spaces = ("YCBCR", "RGB") if converts else ("RGB", "RGB")  # the same twice: as it is
        else:
            spaces = ("GRAYSCALE", "GRAYSCALE") if stream.samples == 1 else ("UNKNOWN", "UNKNOWN")
        unsigned = out.view(f"u{stream.itemsize}")

        def decode(codestream: BytesLike, into: NDArray[Any]) -> None:
            call("jpeg8_decode", codestream, colorspace=spaces[0], outcolorspace=spaces[1], out=into)

        decode(data, unsigned)
        if not self.decoding["incomplete"]:
            check_complete(data, unsigned, stream.bits, decode)
        return converts


class JPEG(RetiredJPEG):
    """JPEG Baseline (process 1) and Extended (process 2 and 4).

    Options:
        quality: 1 to 100.
        subsampling: of chrominance: "444", "422" or "420".
        color: what colour is encoded in: "ybr", or "rgb", which has no subsampling.
        smoothing: of noise, 0 (none) to 100.
        optimize: Huffman tables are made for the frame; always if samples have more than 8 bits.
    """

    defaults: ClassVar[Mapping[str, Any]] = {
        "quality": 90,
        "subsampling": "422",
        "color": "ybr",
        "smoothing": 0,
        "optimize": True,
    }

    def can_recode(self, syntax: TransferSyntax) -> bool:
        return self.syntax.uid == BASELINE and syntax.uid == RECOMPRESSED

    def recode(self, data: BytesLike) -> bytes:
        return bytes(call("jpegxl_decode_jpeg", data))

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        chosen = self.merged(options)
        if not 1 <= chosen["quality"] <= 100:
            raise ValueError(f"quality is 1 to 100, not {chosen['quality']}")
        if chosen["subsampling"] not in SUBSAMPLINGS:
            raise ValueError(f"subsampling is one of {', '.join(SUBSAMPLINGS)}, not {chosen['subsampling']!r}")
        if chosen["color"] not in ("ybr", "rgb"):
            raise ValueError(f"color is ybr or rgb, not {chosen['color']!r}")
        if not 0 <= chosen["smoothing"] <= 100:
            raise ValueError(f"smoothing is 0 to 100, not {chosen['smoothing']}")
        most = 8 if self.syntax.uid == BASELINE else 12
        if layout.kind or not 1 < layout.bits_stored <= most:
            raise self.refuse(f"samples have {layout.bits_stored} bits, not 2 to {most}")
        if layout.signed:
            raise self.refuse("it has no signed samples (PS3.5 8.2.1)")
        coded = space
        if layout.samples == 3:
            if space not in ("RGB", "YBR_FULL"):
                raise self.refuse(f"frames of {space} cannot be encoded")
            if chosen["color"] == "rgb":
                if space != "RGB":
                    raise self.refuse(f"frames of {space} are not encoded as RGB")
            else:
                coded = SUBSAMPLINGS[chosen["subsampling"]]
        elif layout.samples != 1 or space == "PALETTE COLOR":
            raise self.refuse(f"frames of {space or f'{layout.samples} samples'} cannot bear a loss")
        bits = 8 if layout.bits_stored <= 8 else 12
        narrow = replace(layout.coded(coded), bits_allocated=8 if bits == 8 else 16)
        return Target(narrow, space, "ISO_10918_1", {**chosen, "bits": bits})

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        options = target.options
        color = {}
        if target.layout.samples == 3 and options["color"] == "rgb":
            color = {"colorspace": "RGB", "outcolorspace": "RGB"}
        elif target.layout.samples == 3:
            color = {
                "colorspace": "RGB" if target.space == "RGB" else "YCBCR",
                "outcolorspace": "YCBCR",
                "subsampling": options["subsampling"],
            }
        made = call(
            "jpeg8_encode",
            as_unsigned(frame, options["bits"]),
            level=options["quality"],
            bitspersample=options["bits"],
            optimize=options["optimize"] or options["bits"] > 8,
            smoothing=options["smoothing"],
            **color,
        )
        return bytes(made)


def _other(codec: Codec, process: int) -> Codec:
    if process == LOSSLESS_PROCESS:
        from dicomkit.pixels.codecs.jpeg_lossless import JPEGLossless

        return codec.beside(JPEGLossless)
    from dicomkit.pixels.codecs.jpeg_ls import JPEGLS

    return codec.beside(JPEGLS)

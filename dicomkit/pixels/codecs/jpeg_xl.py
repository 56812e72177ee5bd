"""JPEG XL (ISO/IEC 18181; PS3.5 8.2.15, A.4.13), by libjxl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.jpeg_xl_stream import read_header
from dicomkit.pixels.codecs.library import call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.standard.transfer_syntax import TransferSyntax
    from dicomkit.typing import BytesLike

__all__ = ["JPEGXL"]

#: What can be recompressed: JPEG with 8 bits.
JPEG: Final = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.55")
RECOMPRESSION: Final = "1.2.840.10008.1.2.4.111"


class JPEGXL(Codec):
    """JPEG XL: lossless, lossy, and JPEG codestreams recompressed.

    Options:
        distance: Butteraugli distance of the lossy transfer syntax: 1 is visually lossless, 0 is best, 15 is worst.
        effort: 1 (quick) to 9 (small).
    """

    defaults: ClassVar[Mapping[str, Any]] = {"distance": None, "effort": None}

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        header = read_header(data)
        if header.is_float or header.extra or header.is_animated:
            raise self.refuse("the codestream has floating point numbers, extra channels or animation")
        color = "RGB" if header.samples == 3 else None
        return Codestream(header.rows, header.columns, header.samples, header.bits, color=color)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        call("jpegxl_decode", data, keeporientation=True, numthreads=1, out=out.view(f"u{stream.itemsize}"))
        return False

    def can_recode(self, syntax: TransferSyntax) -> bool:
        return self.syntax.uid == RECOMPRESSION and syntax.uid in JPEG

    def recode(self, data: BytesLike) -> bytes:
        return bytes(call("jpegxl_encode_jpeg", data, usecontainer=True, numthreads=1))

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        chosen = self.merged(options)
        lossless = self.syntax.lossless
        if self.syntax.uid == RECOMPRESSION:
            raise self.refuse("it is for JPEG codestreams, which are recompressed as they are")
        if lossless and chosen["distance"] is not None:
            raise ValueError(f"{self.syntax.name} has no distance to choose")
        distance = 1.0 if chosen["distance"] is None else chosen["distance"]
        if not lossless and not 0 < distance <= 15:
            raise ValueError(f"distance is up to 15, not {distance}")
        if chosen["effort"] is not None and not 1 <= chosen["effort"] <= 9:
            raise ValueError(f"effort is 1 to 9, not {chosen['effort']}")
        if layout.kind or layout.bits_allocated not in (8, 16) or layout.samples not in (1, 3):
            raise self.refuse(f"{layout.samples} samples of {layout.bits_allocated} bits cannot be encoded")
        if not lossless and (layout.signed or space == "PALETTE COLOR"):
            raise self.refuse("signed samples and indices of a palette cannot bear a loss")
        coded = space
        if layout.samples == 3 and not lossless:
            if space != "RGB":
                raise self.refuse(f"frames of {space} cannot be encoded")
            coded = "XYB"
        options = {"effort": chosen["effort"], "distance": 0.0 if lossless else distance}
        return Target(layout.coded(coded), space, None if lossless else "ISO_18181_1", options)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        bits = target.layout.bits_stored
        made = call(
            "jpegxl_encode",
            as_unsigned(frame, bits),
            lossless=target.method is None,
            distance=target.options["distance"],
            effort=target.options["effort"],
            bitspersample=bits,
            usecontainer=False,
            numthreads=1,
        )
        return bytes(made)

"""JPEG-LS, lossless and near-lossless (ITU-T T.87; PS3.5 8.2.3, A.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit._ext import jpegls
from dicomkit.errors import CodecError
from dicomkit.pixels.cells import as_unsigned
from dicomkit.pixels.codecs.codec import Codec, Codestream, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["JPEGLS"]

INTERLEAVES: Final = ("sample", "line", "none")
EOI: Final = b"\xff\xd9"


class JPEGLS(Codec):
    """JPEG-LS Lossless and Near-lossless.

    Options:
        near: how much a sample may differ: 0 in the lossless transfer syntax; in the other one 2 unless it is given.
        interleave: of colour: "sample", "line", or "none" for a scan of each component.
        thresholds: T1, T2 and T3, 0 for the default of each (T.87 C.2.4.1.1).
        reset: RESET, 0 for the default.
        pad: what makes the length of a codestream even: "zero", behind it, or "marker", a fill byte before its EOI.

    Options to decode:
        incomplete: a damaged frame is what was decoded of it; the rest is 0.
    """

    defaults: ClassVar[Mapping[str, Any]] = {
        "near": None,
        "interleave": "sample",
        "thresholds": (0, 0, 0),
        "reset": 0,
        "pad": "zero",
    }
    decode_defaults: ClassVar[Mapping[str, Any]] = {"incomplete": False}

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        width, height, components, bits, near, *_ = jpegls.header(data)
        return Codestream(height, width, components, bits, cells=near == 0)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        incomplete = self.decoding["incomplete"]
        if incomplete:
            out[...] = 0
        try:
            jpegls.decode(data, out.data)
        except CodecError:
            if not incomplete:
                raise
        return False

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        chosen = self.merged(options)
        if chosen["interleave"] not in INTERLEAVES:
            raise ValueError(f"interleave is one of {', '.join(INTERLEAVES)}, not {chosen['interleave']!r}")
        if chosen["pad"] not in ("zero", "marker"):
            raise ValueError(f"pad is zero or marker, not {chosen['pad']!r}")
        near = chosen["near"]
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
        return Target(layout.coded(space), space, "ISO_14495_1" if near else None, {**chosen, "near": near})

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout = target.layout
        bits = max(layout.bits_stored, 2)
        samples = as_unsigned(frame, layout.bits_stored)
        options = target.options
        made = jpegls.encode(
            samples.data,
            layout.columns,
            layout.rows,
            layout.samples,
            bits,
            near=options["near"],
            interleave=options["interleave"],
            presets=(0, *options["thresholds"], options["reset"]),
        )
        if options["pad"] == "marker" and len(made) % 2 and made.endswith(EOI):
            return made[:-2] + b"\xff" + EOI
        return made

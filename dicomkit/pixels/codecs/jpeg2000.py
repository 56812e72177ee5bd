"""JPEG 2000 (ITU-T T.800; PS3.5 8.2.4, A.4.4), and High-Throughput JPEG 2000 (T.814; A.4.10).

OpenJPEG decodes both. OpenJPH, which encodes the latter, would decode it twice as fast, but crashes on damaged headers.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.jpeg2000_stream import read_header, with_precision
from dicomkit.pixels.codecs.library import call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["HTJ2K", "JPEG2000", "JPEG2000Decoded"]

RPCL: Final = "1.2.840.10008.1.2.4.202"
BY_RESOLUTION: Final = 1  # tile-parts: what the tile-part lengths (TLM) tell the place of (PS3.5 10.18)


class JPEG2000Decoded(Codec):
    """JPEG 2000 that is decoded only."""

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        header = read_header(data)
        color = "RGB" if header.transformed else None
        exact = header.reversible
        return Codestream(header.rows, header.columns, header.components, header.bits, header.signed, color, exact)

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        numbers = out.view(f"{'i' if stream.signed else 'u'}{stream.itemsize}")
        call("jpeg2k_decode", data, out=numbers, numthreads=1)
        return False


class JPEG2000(JPEG2000Decoded):
    """JPEG 2000, lossless or not.

    Options:
        quality: peak signal-to-noise ratio in dB to aim at, in the lossy transfer syntax.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"quality": None}

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        quality = self.merged(options)["quality"]
        if quality is not None and self.syntax.lossless:
            raise ValueError(f"{self.syntax.name} has no quality to choose")
        if quality is None and not self.syntax.lossless:
            quality = 60
        return _target(self, layout, space, "ISO_15444_1", quality)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        lossless = target.method is None
        made = call(
            "jpeg2k_encode",
            _narrowed(frame, target.layout),
            level=0 if lossless else target.options["quality"],
            reversible=lossless,
            codecformat="J2K",
            bitspersample=target.layout.bits_stored,
            mct=target.layout.photometric_interpretation in ("YBR_RCT", "YBR_ICT"),
            resolutions=_resolutions(target.layout),
            numthreads=1,
        )
        return bytes(made)


class HTJ2K(JPEG2000Decoded):
    """High-Throughput JPEG 2000, lossless (with RPCL too) or not.

    Options:
        step: by how much values may be rounded before they are encoded, in the lossy transfer syntax.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"step": None}

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        if layout.bits_allocated == 1:
            raise self.refuse("cells of one bit cannot be encoded")
        step = self.merged(options)["step"]
        if step is not None and self.syntax.lossless:
            raise ValueError(f"{self.syntax.name} has no step to choose")
        if step is None and not self.syntax.lossless:
            step = min(2.0, (1 << layout.bits_stored) / 4)
        if step is not None and not 0 < step < 1 << layout.bits_stored:
            raise ValueError(f"step is less than {1 << layout.bits_stored} and more than 0, not {step}")
        return _target(self, layout, space, "ISO_15444_15", step)

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        layout, lossless = target.layout, target.method is None
        frame = _narrowed(frame, layout)
        bits, width = layout.bits_stored, 8 * frame.itemsize
        # OpenJPH takes the width of the array for the precision of its samples. So they are brought to where only the
        # precision in the header makes a difference: to numbers that are not shifted, or to the top of their cells.
        if bits < width and not lossless:
            frame = frame << (width - bits)
        elif bits < width and not layout.signed:
            frame = frame.view(f"i{frame.itemsize}") - (1 << (bits - 1))
        rpcl = self.syntax.uid == RPCL
        with _alone_at_first(lossless, frame.itemsize):
            made = call(
                "htj2k_encode",
                frame,
                level=None if lossless else target.options["quality"] / (1 << bits),
                reversible=lossless,
                rgb=layout.photometric_interpretation in ("YBR_RCT", "YBR_ICT"),
                resolutions=max(_resolutions(layout, 32 if rpcl else 6) - 1, 1),  # 0 would be its default
                tlm=rpcl,
                tilepart=BY_RESOLUTION if rpcl else None,
            )
        return with_precision(made, bits, layout.signed) if bits < width else bytes(made)


_first = Lock()
_encoded: set[tuple[bool, int]] = set()


@contextmanager
def _alone_at_first(lossless: bool, itemsize: int) -> Iterator[None]:
    """Keep other threads from encoding while the first frame of a kind is encoded.

    OpenJPH makes its tables then, without seeing to it that nobody else uses them before they are finished: what comes of
    that is a codestream of wrong samples, which nobody notices.
    """
    kind = (lossless, itemsize)
    if kind in _encoded:
        yield
        return
    with _first:
        yield
        _encoded.add(kind)


def _target(codec: Codec, layout: Layout, space: str, method: str, quality: float | None) -> Target:
    if layout.kind or layout.bits_allocated > 16:
        raise codec.refuse(f"cells have {layout.bits_allocated} bits, not up to 16")
    if quality is not None and (space == "PALETTE COLOR" or layout.bits_allocated == 1):
        raise codec.refuse("indices of a palette and single bits cannot bear a loss")
    coded = space
    if space == "RGB" and layout.samples == 3:
        coded = "YBR_RCT" if quality is None else "YBR_ICT"
    return Target(layout.coded(coded), space, None if quality is None else method, {"quality": quality})


def _resolutions(layout: Layout, most: int = 6) -> int:
    """Levels of wavelet decomposition, and one: until the image is 64 pixels wide, five levels at most (PS3.5 A.4.4)."""
    side = min(layout.rows, layout.columns)
    return max(1, min(most, side.bit_length() - 5))


def _narrowed(frame: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Samples of up to 8 bits in bytes, which are taken for their precision."""
    return frame.astype(f"{frame.dtype.kind}1", copy=False) if layout.bits_stored <= 8 else frame

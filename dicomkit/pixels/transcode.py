"""Pixel data from one transfer syntax to another, frame by frame (PS3.5 A.4): `ds.compress`, `ds.decompress`.

Frames are decoded, encoded and put away one after the other, some of them at the same time; so memory does not depend on
their number. The data set changes only when all of them are done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels.attributes import describe_layout, note_loss, set_transfer_syntax
from dicomkit.pixels.codecs import Target, codec_for, handling
from dicomkit.pixels.encapsulation import replace_pixel_data, spool_frames, syntax_of
from dicomkit.pixels.layout import PIXEL_DATA
from dicomkit.pixels.overlays import EmbeddedOverlays
from dicomkit.pixels.parallel import in_order, processors
from dicomkit.pixels.pixel_data import PixelData
from dicomkit.pixels.spool import Spool, encapsulated_element, native_element
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.pixels.codecs import Codec
    from dicomkit.standard.transfer_syntax import TransferSyntax
    from dicomkit.typing import BytesLike

__all__ = ["compress", "decompress"]

RLE: Final = "1.2.840.10008.1.2.5"


def compress(
    dataset: Dataset,
    transfer_syntax: str,
    *,
    new_instance: bool | None = None,
    workers: int | None = None,
    **options: Any,
) -> None:
    """Encode the pixel data of a data set in another transfer syntax, whatever they are in now.

    All that depends on it is set: Photometric Interpretation, bits, Planar Configuration, offset tables; after a loss Lossy
    Image Compression with ratio and method, Image Type, Derivation Description and Code. Then it is saved as any data set.

    Args:
        dataset: the data set.
        transfer_syntax: UID or keyword, as "JPEGLSLossless".
        new_instance: whether it becomes another SOP instance, with a SOP Instance UID of its own, and after a loss a
            reference to the source; None: after a loss.
        workers: number of threads; None: as many as there are processors.
        options: of the codec, as `near=2` of JPEG-LS: see the classes of dicomkit.pixels.codecs.

    Raises:
        UnsupportedTransferSyntax: nothing here encodes it, or decodes what the pixel data are in.
        CodecError: a frame cannot be decoded, or has no place in the transfer syntax. The data set stays as it was.
        ValueError, TypeError: there is no such transfer syntax, or option, or value of one.

    PS3.5 8.2, A.4; PS3.3 C.7.6.1.1.5.
    """
    target = syntax_of(transfer_syntax)
    if handling(target) == "native":
        if options:
            raise TypeError(f"{target.name} has no options")
        decompress(dataset, transfer_syntax, workers=workers)
        return
    codec = codec_for(target)
    source = PixelData(dataset)
    if source.transfer_syntax == target.uid and source._stored.is_encapsulated and not options:
        return
    recodes = source._stored.is_encapsulated and not options and codec.can_recode(source._syntax)
    layout = source._layout
    if recodes:
        frames: Iterator[BytesLike] = in_order(
            lambda number: codec.recode(source.encoded(number)), len(source), workers or processors()
        )
        result = Target(layout, layout.photometric_interpretation)
    else:
        space = source.color_space(0, color="raw")
        decoded = replace(layout, photometric_interpretation=space, planar=False)
        result = codec.target(decoded, space, options)
        frames = _encoded(source, codec, result, workers or processors())
    overlays = _overlays(dataset, source)
    spool, lengths = spool_frames(frames)
    icons = _decompressed_icons(dataset, source._syntax)
    replace_pixel_data(dataset, *encapsulated_element(spool, lengths))
    for item, icon in icons:
        _put_native(item, *icon)
    overlays.put(dataset)
    describe_layout(dataset, result.layout, len(lengths), by_plane=target.uid == RLE)
    set_transfer_syntax(dataset, target)
    if result.method is not None:
        ratio = len(lengths) * layout.frame_bits / 8 / max(sum(lengths), 1)
        note_loss(dataset, target, result.method, ratio, new_instance=new_instance is not False)
    elif new_instance:
        dataset.SOPInstanceUID = UID.generate()


def decompress(
    dataset: Dataset,
    transfer_syntax: str = "ExplicitVRLittleEndian",
    *,
    color: Literal["rgb", "raw"] | None = None,
    workers: int | None = None,
) -> None:
    """Make the pixel data of a data set native.

    Icons in it become native too. A data set whose pixel data are native stays as it is, but for its transfer syntax.

    Args:
        dataset: the data set.
        transfer_syntax: UID or keyword of the one it is to be in: one without compression of pixel data.
        color: "rgb" converts YBR spaces; "raw" leaves them; None: converts what JPEG with loss has encoded as YCbCr.
        workers: number of threads; None: as many as there are processors.

    Raises: see `compress`.
    """
    target = syntax_of(transfer_syntax)
    if handling(target) != "native":
        raise UnsupportedTransferSyntax(target.uid, "pixel data are encapsulated in it: compress")
    source = PixelData(dataset)
    if not source._stored.is_encapsulated and source._syntax.big_endian_pixels == target.big_endian_pixels:
        set_transfer_syntax(dataset, target)
        return
    if color is None:
        color = "rgb" if source._syntax.family == "jpeg" else "raw"
    overlays = _overlays(dataset, source)
    native = _native(source, color, workers or processors())
    icons = _decompressed_icons(dataset, source._syntax)
    _put_native(dataset, *native)
    overlays.put(dataset)
    for item, icon in icons:
        _put_native(item, *icon)
    set_transfer_syntax(dataset, target)


def _encoded(source: PixelData, codec: Codec, target: Target, workers: int) -> Iterator[bytes]:
    def encode(number: int) -> bytes:
        frame = source.frame(number, color="raw")
        try:
            return codec.encode(frame, target)
        except CodecError as error:
            raise CodecError(error.reason, number, codec.syntax.uid) from error

    return in_order(encode, len(source), workers)


def _native(source: PixelData, color: Literal["rgb", "raw"], workers: int) -> tuple[Any, ...]:
    """The element of decoded frames, and what there is to be said of them."""
    layout = source._layout
    space = source.color_space(0, color=color)
    layout = layout.coded(space)
    spool = Spool()
    bits = _BitPacker(spool) if layout.bits_allocated == 1 else None

    def decode(number: int) -> NDArray[Any]:
        return source.frame(number, color=color)

    for frame in in_order(decode, len(source), workers):
        if bits is not None:
            bits.write(frame)
        else:
            spool.write(np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).data.cast("B"))
    if bits is not None:
        bits.flush()
    vr = "OW" if layout.bits_allocated > 8 else "OB"
    return native_element(spool, vr, PIXEL_DATA), layout, len(source)


class _BitPacker:
    """Frames of single bits behind one another: they need not begin with a byte (PS3.5 8.1.1)."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._left = np.empty(0, np.uint8)

    def write(self, frame: NDArray[np.uint8]) -> None:
        bits = np.concatenate((self._left, frame.reshape(-1)))
        whole = bits.size // 8 * 8
        self._spool.write(np.packbits(bits[:whole], bitorder="little").tobytes())
        self._left = bits[whole:]

    def flush(self) -> None:
        self._spool.write(np.packbits(self._left, bitorder="little").tobytes())


def _put_native(dataset: Dataset, element: Any, layout: Any, frames: int) -> None:
    replace_pixel_data(dataset, element, None)
    describe_layout(dataset, layout, frames)


def _overlays(dataset: Dataset, source: PixelData) -> EmbeddedOverlays:
    """What stands beside the samples in the cells of all frames."""
    overlays = EmbeddedOverlays(dataset, source._layout)
    if overlays.positions and source._has_cells():
        for number in range(len(source)):
            overlays.take(source._cells(number))
    else:
        overlays.positions.clear()
    return overlays


def _decompressed_icons(dataset: Dataset, syntax: TransferSyntax) -> list[tuple[Dataset, tuple[Any, ...]]]:
    """Items with encapsulated pixel data, as icons may have them, and these natively: there they fit any transfer syntax."""
    found = []
    waiting = [dataset]
    while waiting:
        for element in waiting.pop():
            if element.vr != "SQ":
                continue
            for item in element.value:
                waiting.append(item)
                inner = item._element(PIXEL_DATA)
                if inner is not None and inner.is_encapsulated:
                    source = PixelData(item, transfer_syntax=syntax.uid)
                    found.append((item, _native(source, "rgb" if syntax.family == "jpeg" else "raw", 1)))
    return found

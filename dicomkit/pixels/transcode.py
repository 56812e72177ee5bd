"""Pixel data from one transfer syntax to another, frame by frame (PS3.5 A.4): `ds.compress`, `ds.decompress`.

Frames are decoded, encoded and put away one after the other, some of them at the same time; so memory does not depend on
their number. The data set changes only when all of them are done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels.attributes import describe_layout, note_loss, set_transfer_syntax
from dicomkit.pixels.codecs import Target, codec_for, handling
from dicomkit.pixels.encapsulation import replace_pixel_data, spool_frames, syntax_of
from dicomkit.pixels.frame import inspect_frame
from dicomkit.pixels.layout import PIXEL_DATA
from dicomkit.pixels.native_frames import Native, put_native, spool_native
from dicomkit.pixels.overlays import embedded_overlays
from dicomkit.pixels.parallel import in_order, processors
from dicomkit.pixels.pixel_data import PixelData
from dicomkit.pixels.spool import encapsulated_element
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    fragment_size: int | None = None,
    offset_table: bool = True,
    original_size: float | None = None,
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
        fragment_size: the most bytes of a fragment, an even number; None: each frame is one. Some transfer syntaxes, such
            as RLE, allow only that.
        offset_table: whether offset tables are written.
        original_size: bytes of the pixel data, for the ratio of a loss, if they were made smaller before; None: as they are.
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
        if new_instance:
            dataset.SOPInstanceUID = UID.generate()
        return
    if fragment_size is not None and (fragment_size <= 0 or fragment_size % 2):
        raise ValueError(f"fragment_size is an even number, not {fragment_size}")
    codec = codec_for(target)
    source = PixelData(dataset)
    as_they_are = source._stored.is_encapsulated and not options
    same = as_they_are and source.transfer_syntax == target.uid
    if same and fragment_size is None and offset_table:
        if new_instance:
            dataset.SOPInstanceUID = UID.generate()
        return
    recodes = same or (as_they_are and codec.can_recode(source._syntax))
    layout = source._layout
    if recodes:
        frames = _recoded(source, None if same else codec, workers or processors())
        result = Target(layout, layout.photometric_interpretation)
    else:
        space = source.color_space(0, color="raw")
        decoded = replace(layout, photometric_interpretation=space, planar=False)
        result = codec.target(decoded, space, options)
        frames = _encoded(source, codec, result, workers or processors())
    overlays = embedded_overlays(dataset, source)
    lossy = source._has_loss()
    spool, lengths = spool_frames(frames, fragment_size)
    icons = _decompressed_icons(dataset, source._syntax)
    replace_pixel_data(
        dataset, *encapsulated_element(spool, lengths, fragment_size=fragment_size, offset_table=offset_table)
    )
    for item, icon in icons:
        put_native(item, icon)
    overlays.put(dataset)
    describe_layout(dataset, result.layout, len(lengths), by_plane=target.uid == RLE)
    set_transfer_syntax(dataset, target)
    if lossy:
        dataset.LossyImageCompression = "01"
    if result.method is not None:
        size = len(lengths) * layout.frame_bits / 8 if original_size is None else original_size
        ratio = size / max(sum(lengths), 1)
        note_loss(dataset, target, result.method, ratio, new_instance=new_instance is not False)
    elif new_instance:
        dataset.SOPInstanceUID = UID.generate()


def decompress(
    dataset: Dataset,
    transfer_syntax: str = "ExplicitVRLittleEndian",
    *,
    color: Literal["rgb", "raw"] | None = None,
    by_plane: bool = False,
    offset_tables: bool = True,
    workers: int | None = None,
    **options: Any,
) -> None:
    """Make the pixel data of a data set native.

    Icons in it become native too. A data set whose pixel data are native stays as it is, but for its transfer syntax.

    Args:
        dataset: the data set.
        transfer_syntax: UID or keyword of the one it is to be in: one without compression of pixel data.
        color: "rgb" converts YBR spaces; "raw" leaves them; None: converts what JPEG with loss has encoded as YCbCr.
        by_plane: colour is stored plane by plane (Planar Configuration 1).
        offset_tables: False finds frames without them.
        workers: number of threads; None: as many as there are processors.
        options: of the codec, to decode what is not as it should be: see the classes of dicomkit.pixels.codecs.

    Raises: see `compress`.
    """
    target = syntax_of(transfer_syntax)
    if handling(target) != "native":
        raise UnsupportedTransferSyntax(target.uid, "pixel data are encapsulated in it: compress")
    source = PixelData(dataset, offset_tables=offset_tables, **options)
    if not source._stored.is_encapsulated and source._syntax.big_endian_pixels == target.big_endian_pixels:
        set_transfer_syntax(dataset, target)
        return
    if color is None:
        color = "rgb" if source._syntax.family == "jpeg" else "raw"
    overlays = embedded_overlays(dataset, source)
    lossy = source._has_loss()
    native = _native(source, color, workers or processors(), by_plane)
    icons = _decompressed_icons(dataset, source._syntax, options)
    put_native(dataset, native)
    overlays.put(dataset)
    for item, icon in icons:
        put_native(item, icon)
    if lossy:  # once lost, it is gone for good (PS3.3 C.7.6.1.1.5)
        dataset.LossyImageCompression = "01"
    set_transfer_syntax(dataset, target)


def _recoded(source: PixelData, codec: Codec | None, workers: int) -> Iterator[BytesLike]:
    """Codestreams as they are, or as the codec makes them of these without decoding."""

    def recode(number: int) -> BytesLike:
        data = source.encoded(number)
        if codec is None:
            return data
        inspect_frame(source._codec(), data, source._layout, number)
        try:
            return codec.recode(data)
        except CodecError as error:
            raise CodecError(error.reason, number, codec.syntax.uid) from error

    return in_order(recode, len(source), workers)


def _encoded(source: PixelData, codec: Codec, target: Target, workers: int) -> Iterator[BytesLike]:
    def encode(number: int) -> bytes:
        frame = source.frame(number, color="raw")
        try:
            return codec.encode(frame, target)
        except CodecError as error:
            raise CodecError(error.reason, number, codec.syntax.uid) from error

    return in_order(encode, len(source), workers)


def _native(source: PixelData, color: Literal["rgb", "raw"], workers: int, by_plane: bool = False) -> Native:
    """The decoded frames as native pixel data."""
    layout = source._layout.coded(source.color_space(0, color=color))
    frames = in_order(lambda number: source.frame(number, color=color), len(source), workers)
    return spool_native(frames, layout, by_plane=by_plane)


def _decompressed_icons(
    dataset: Dataset, syntax: TransferSyntax, decoding: Mapping[str, Any] | None = None
) -> list[tuple[Dataset, Native]]:
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
                    source = PixelData(item, transfer_syntax=syntax.uid, **decoding or {})
                    found.append((item, _native(source, "rgb" if syntax.family == "jpeg" else "raw", 1)))
    return found

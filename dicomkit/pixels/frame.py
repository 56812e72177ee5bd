"""One frame of encapsulated pixel data: its codestream checked against the data set, and decoded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.cells import extend_sign, put_samples
from dicomkit.pixels.color import convert_to_rgb, is_convertible, space_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.pixels.codecs.codec import Codec, Codestream
    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["decode_frame", "inspect_frame"]


def inspect_frame(codec: Codec, data: BytesLike, layout: Layout, frame: int) -> Codestream:
    """What a codestream says, which is what the data set says.

    Raises:
        CodecError: it is not. Nothing was allocated for it.
    """
    try:
        stream = codec.inspect(data, layout)
    except CodecError as error:
        raise _placed(error, codec, frame) from error
    if (stream.rows, stream.columns, stream.samples) != (layout.rows, layout.columns, layout.samples):
        raise CodecError(
            f"the codestream has {stream.columns} x {stream.rows} pixels of {stream.samples} samples,"
            f" the data set {layout.columns} x {layout.rows} of {layout.samples}",
            frame,
            codec.syntax.uid,
        )
    if stream.itemsize > layout.dtype.itemsize:
        raise CodecError(
            f"the codestream has samples of {stream.bits} bits, BitsAllocated (0028,0100) is {layout.bits_allocated}",
            frame,
            codec.syntax.uid,
        )
    return stream


def decode_frame(codec: Codec, data: BytesLike, layout: Layout, frame: int, to_rgb: bool, out: NDArray[Any]) -> None:
    """Decode a frame.

    Args:
        codec: of its transfer syntax.
        data: its codestream.
        layout: of the data set.
        frame: its number, for errors.
        to_rgb: whether a YBR space is converted.
        out: C-contiguous array of the layout's shape and type.

    Raises:
        CodecError: the codestream is damaged, or does not fit the data set.
    """
    stream = inspect_frame(codec, data, layout, frame)
    space = space_of(layout.photometric_interpretation, stream.color)
    to_rgb = to_rgb and layout.samples == 3
    narrow = stream.itemsize < out.itemsize
    target = np.empty(out.shape, f"{'i' if stream.signed else 'u'}{stream.itemsize}") if narrow else out
    try:
        converted = codec.decode(data, stream, target, to_rgb)
    except CodecError as error:
        raise _placed(error, codec, frame) from error
    if narrow:
        out[...] = target
    if not stream.settled:
        _settle(stream, layout, out)
    if to_rgb and not converted and is_convertible(space):
        convert_to_rgb(out, space, min(stream.bits, layout.bits_stored))


def _settle(stream: Codestream, layout: Layout, out: NDArray[Any]) -> None:
    """Make decoded samples those that the data set says."""
    if stream.cells and stream.bits >= layout.bits_stored:
        if stream.bits > layout.high_bit:
            put_samples(out, layout, out)
            return
        # the sample alone was encoded, not the cell around it
        put_samples(out, replace(layout, high_bit=layout.bits_stored - 1), out)
        return
    if stream.signed != layout.signed:
        extend_sign(out, min(stream.bits, layout.bits_allocated))
    if stream.bits > layout.bits_stored:  # a loss may lead out of the range
        limit = 1 << (layout.bits_stored - layout.signed)
        np.clip(out, -limit if layout.signed else 0, limit - 1, out=out)


def _placed(error: CodecError, codec: Codec, frame: int) -> CodecError:
    return CodecError(error.reason, frame, codec.syntax.uid)

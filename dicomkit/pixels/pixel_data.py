"""`ds.pixels`: the frames of a data set as arrays (PS3.3 C.7.6.3)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels.codecs import codec_for, handling
from dicomkit.pixels.color import convert_to_rgb, is_convertible, space_of
from dicomkit.pixels.components import FAMILY as COMPONENTS
from dicomkit.pixels.components import ComponentFrames
from dicomkit.pixels.fragments import FrameIndex
from dicomkit.pixels.frame import decode_frame, inspect_frame
from dicomkit.pixels.layout import TAGS, layout_of
from dicomkit.pixels.native import count_frames, put_frame, read_frame, settled
from dicomkit.pixels.parallel import processors, run_parallel
from dicomkit.pixels.recognition import recognised
from dicomkit.pixels.stored import Stored, find_carrier, transfer_syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.pixels.codecs import Codec, Codestream
    from dicomkit.pixels.layout import Layout
    from dicomkit.standard.uid import UID
    from dicomkit.typing import BytesLike

    Color = Literal["rgb", "raw"]

__all__ = ["PixelData", "pixels"]

MAX_BYTES: Final = 4 << 30
ABSENT: Final = object()
EXTENDED_OFFSET_TABLE: Final = 0x7FE00001
EXTENDED_OFFSET_TABLE_LENGTHS: Final = 0x7FE00002


class PixelData:
    """The frames of a data set, decoded when they are asked for.

    `len()` is the number of frames, iterating gives them one by one, `pixels[3]` is a frame, `pixels[10:20]` an array of
    some. Reading a frame reads no other one. It is a view of the data set as it was when it was made; it never changes, and
    threads may share it.

    Samples are stored values: Bits Stored of them up to High Bit, signed as Pixel Representation says, without rescaling or
    palette. Frames of several samples have them by pixel. See dicomkit.pixels.color for `color`.

    Args:
        dataset: the data set, or the item of an Icon Image Sequence.
        transfer_syntax: UID or keyword of what its pixel data are encoded in; None: what the data set was read in. Items do
            not know that: they are recognised.
        max_bytes: the largest array that is made; there is no limit to arrays that are given as `out`.
        offset_tables: False finds encapsulated frames without them.
        decoding: options of the codec, for codestreams that are not as they should be: see the classes of
            dicomkit.pixels.codecs.

    Attributes:
        transfer_syntax: UID of what the pixel data are encoded in.
        photometric_interpretation: as the data set has it.
        shape: (frames, rows, columns), or (frames, rows, columns, samples) if there are several.
        dtype: of the arrays. One-bit samples are bytes of 0 and 1.

    Raises:
        CodecError: the data set has no pixel data, or attributes of them are missing or impossible. The message names them.
        UnsupportedTransferSyntax: its pixel data are elsewhere.
        ValueError: `transfer_syntax` is none.
        TypeError: the codec has no such option.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        transfer_syntax: str | None = None,
        max_bytes: int = MAX_BYTES,
        offset_tables: bool = True,
        **decoding: Any,
    ) -> None:
        self._syntax = syntax = transfer_syntax_of(dataset, transfer_syntax)
        self._kind = handling(syntax)
        if self._kind in ("referenced", "stream"):
            codec_for(syntax)  # raises
        element = find_carrier(dataset)
        self._stored = Stored(element, syntax)
        if self._kind == "native" and self._stored.is_encapsulated:
            self._syntax = syntax = recognised(self._stored) or syntax
            self._kind = handling(syntax)
        self._decoding = decoding
        self._tables = offset_tables
        if decoding and self._stored.is_encapsulated:
            self._codec()
        layout = layout_of(dataset, element.tag)
        self.max_bytes = max_bytes
        self.transfer_syntax: UID = syntax.uid
        self.photometric_interpretation = layout.photometric_interpretation
        self._lock = Lock()
        self._index: FrameIndex | None = None
        self._extended = _extended(dataset)
        self._mark = _mark(dataset)
        if not self._stored.is_encapsulated:
            layout = settled(layout, self._stored.length)
        self._layout = layout
        self.dtype: np.dtype[Any] = layout.dtype
        frames = layout.frames
        if frames is None:
            frames = self._count_frames()
        self.shape: tuple[int, ...] = (frames, *layout.shape)

    @property
    def number_of_frames(self) -> int:
        """How many frames there are: as the data set says, or else as many as there are in the pixel data."""
        return self.shape[0]

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<PixelData {' x '.join(map(str, self.shape))} {self.dtype} {self.photometric_interpretation}>"

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self.frame(number) for number in range(len(self)))

    def __getitem__(self, key: int | slice) -> NDArray[Any]:
        if isinstance(key, slice):
            return self._several(range(len(self))[key], None, None, "rgb")
        return self.frame(key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("pixel data are decoded: there is nothing to be shared")
        made = self.array()
        return made if dtype is None else made.astype(dtype, copy=False)

    def frame(self, number: int, *, color: Color = "rgb", out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Decode one frame.

        Args:
            number: from 0; negative numbers count from the end.
            color: "rgb" converts YBR spaces; "raw" leaves them.
            out: C-contiguous array of the frame's shape and type to decode into.

        Returns:
            (rows, columns), or (rows, columns, samples) if there are several: `out`, or an array of its own.

        Raises:
            IndexError: there is no such frame.
            CodecError: it cannot be decoded, or an array of it would be larger than `max_bytes`.
            UnsupportedTransferSyntax: there is no codec for it.
            ValueError: `out` is of another shape or type.
            SourceChanged: the file it is read from is not the same any more.
        """
        number = self._number(number)
        if out is None:
            self._check_size(1)
            out = np.empty(self._layout.shape, self.dtype)
        else:
            _check_out(out, self._layout.shape, self.dtype)
        self._put(number, _wants_rgb(color), out, self._layout)
        return out

    def array(self, *, color: Color = "rgb", out: NDArray[Any] | None = None, workers: int | None = None) -> NDArray[Any]:
        """Decode all frames, several at a time.

        Args:
            color: see `frame`.
            out: C-contiguous array of `shape` and `dtype` to decode into.
            workers: number of threads; None: as many as there are processors.

        Returns:
            An array of `shape`, also of a single frame.

        Raises: see `frame`. The error is that of the first frame that has one.
        """
        return self._several(range(len(self)), out, workers, color)

    def encoded(self, number: int) -> BytesLike:
        """The bytes of one frame as they are stored: its codestream, or the bytes that a native frame is in.

        Raises:
            IndexError: there is no such frame.
            CodecError: the pixel data end before it; or it is video, whose frames have no bytes of their own.
        """
        number = self._number(number)
        if not self._stored.is_encapsulated:
            return read_frame(self._stored, self._layout, number)[0]
        if self._kind == "video":
            raise CodecError("frames of video depend on one another", number, self.transfer_syntax)
        return self._codestream(number)[0]

    def video(self) -> Iterator[BytesLike]:
        """The bitstream of video, fragment by fragment. The last one may end in a zero that makes it even.

        Raises:
            CodecError: these pixel data are no video.
        """
        if self._kind != "video" or not self._stored.is_encapsulated:
            raise CodecError("the pixel data are no video", None, self.transfer_syntax)
        return (self._stored.read(int(offset), int(length)) for offset, length in self._stored.items()[1:])

    def color_space(self, number: int = 0, *, color: Color = "rgb") -> str:
        """The colour space of a frame as `frame` gives it: a Photometric Interpretation.

        Args:
            number: of the frame: what the codestreams say need not be the same.
            color: see `frame`.

        Raises: see `frame`. Nothing is decoded.
        """
        number = self._number(number)
        coded = None
        if self._stored.is_encapsulated:
            coded = self._inspect(number).color
        space = space_of(self._layout.photometric_interpretation, coded)
        return "RGB" if _wants_rgb(color) and self._layout.samples == 3 and is_convertible(space) else space

    # -- inside

    @property
    def _frames(self) -> FrameIndex:
        """Where the frames are, found when it is first asked for."""
        with self._lock:
            if self._index is None:
                self._index = FrameIndex(
                    self._stored, self._layout.frames, self._syntax.family, self._extended, tables=self._tables
                )
            return self._index

    @cached_property
    def _components(self) -> ComponentFrames | None:
        """Where frames are in codestreams that have several of them; None if each has its own, as all but one kind have."""
        if self._syntax.family != COMPONENTS or not self._stored.is_encapsulated:
            return None
        found = ComponentFrames(self._frames, self._layout)
        return found if len(found) != len(self._frames) else None

    def _codestream(self, number: int) -> tuple[BytesLike, Layout]:
        """The codestream that a frame is in, and the layout of what is in it."""
        components = self._components
        return (self._frames.read(number), self._layout) if components is None else components.read(number)

    def _inspect(self, number: int) -> Codestream:
        data, layout = self._codestream(number)
        return inspect_frame(self._codec(), data, layout, number)

    def _count_frames(self) -> int:
        """The number of frames that the pixel data show: at least one, even if it is not complete."""
        if not self._stored.is_encapsulated:
            return max(count_frames(self._layout, self._stored.length), 1)
        return 1 if self._kind == "video" else max(len(self._components or self._frames), 1)

    def _codec(self) -> Codec:
        if self._kind == "native":
            raise UnsupportedTransferSyntax(self.transfer_syntax, "it has no encapsulated pixel data, but here they are")
        return codec_for(self._syntax).with_decoding(self._decoding)

    def _number(self, number: int) -> int:
        count = self.shape[0]
        if not -count <= number < count:
            raise IndexError(f"there is no frame {number} of {count}")
        return number % count

    def _check_size(self, frames: int) -> None:
        size = frames * self._layout.frame_bytes
        if size > self.max_bytes:
            raise CodecError(f"an array of {size} bytes is larger than max_bytes, {self.max_bytes}")

    def _several(self, numbers: Sequence[int], out: NDArray[Any] | None, workers: int | None, color: Color) -> NDArray[Any]:
        to_rgb = _wants_rgb(color)
        shape = (len(numbers), *self._layout.shape)
        if out is not None:
            _check_out(out, shape, self.dtype)
            array = out
        else:
            self._check_size(len(numbers))
            if numbers:
                self.encoded(max(numbers))  # they are there: else nothing is allocated
            array = np.empty(shape, self.dtype)
        if not self._stored.is_encapsulated:
            workers = 1
        elif workers is None:
            workers = processors()

        def put(at: int) -> None:
            self._put(numbers[at], to_rgb, array[at], self._layout)

        run_parallel(put, len(numbers), workers)
        return array

    def _has_cells(self) -> bool:
        """Whether all of the pixel cells is there, not only the samples."""
        if not self._stored.is_encapsulated:
            return True
        stream = self._inspect(0)
        return stream.cells and stream.bits == self._layout.bits_allocated

    def _has_loss(self) -> bool:
        """Whether the codestreams themselves have lost something, as far as the first of them tells it."""
        if not self._stored.is_encapsulated or self._syntax.lossless or self._syntax.family not in ("jpeg", "jpeg-ls"):
            return False
        return not self._inspect(0).cells

    def _cells(self, number: int) -> NDArray[Any]:
        """The pixel cells of a frame, with what stands beside the samples."""
        width = self._layout.bits_allocated
        layout = replace(self._layout, bits_stored=width, high_bit=width - 1, signed=False)
        out = np.empty(layout.shape, layout.dtype)
        self._put(number, False, out, layout)
        return out

    def _put(self, number: int, to_rgb: bool, out: NDArray[Any], layout: Layout) -> None:
        if self._stored.is_encapsulated:
            components = self._components
            if components is not None:
                out[...] = components.decode(self._codec(), number, layout, self.max_bytes)
            else:
                decode_frame(self._codec(), self._frames.read(number), layout, number, to_rgb, out)
            return
        data, bit = read_frame(self._stored, layout, number)
        put_frame(data, bit, layout, self._stored.big_endian, out)
        if to_rgb and layout.samples == 3:
            space = space_of(layout.photometric_interpretation, None)
            if is_convertible(space):
                convert_to_rgb(out, space, layout.bits_stored)


def pixels(dataset: Dataset) -> PixelData:
    """The pixel data of a data set: `ds.pixels`. The same view each time, until what it depends on is assigned."""
    known: PixelData | None = dataset._pixels
    if known is None or known._mark != _mark(dataset):
        known = PixelData(dataset)
        dataset._pixels = known
    return known


def _mark(dataset: Dataset) -> tuple[object, ...]:
    """What tells whether a view is still one of the data set: what was assigned, which is immutable."""
    overlay = dataset._overlay
    syntax = dataset.transfer_syntax or transfer_syntax_of(dataset).uid
    return (syntax, *[overlay.get(tag, ABSENT) for tag in TAGS]) if overlay else (syntax,)


def _extended(dataset: Dataset) -> tuple[bytes, bytes] | None:
    """The values of Extended Offset Table and Extended Offset Table Lengths, or None."""
    values = [dataset._element(tag) for tag in (EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS)]
    found = [b"" if element is None else element.value for element in values]
    offsets, lengths = found
    return (offsets, lengths) if isinstance(offsets, bytes) and isinstance(lengths, bytes) and offsets else None


def _wants_rgb(color: str) -> bool:
    if color not in ("rgb", "raw"):
        raise ValueError(f"color is rgb or raw, not {color!r}")
    return color == "rgb"


def _check_out(out: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(f"out is to be a C-contiguous, writable array of {shape} {dtype}, not of {out.shape} {out.dtype}")

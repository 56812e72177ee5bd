"""Frames that are components of codestreams, many in each: multi-component JPEG 2000 (PS3.5 8.2.4, A.4.4).

What part 2 of JPEG 2000 has for them besides, transformations of components, is not undone: see codecs.jpeg2000_structure.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.jpeg2000_stream import read_header
from dicomkit.pixels.frame import decode_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.pixels.codecs import Codec
    from dicomkit.pixels.fragments import FrameIndex
    from dicomkit.pixels.layout import Layout
    from dicomkit.typing import BytesLike

__all__ = ["FAMILY", "ComponentFrames"]

FAMILY: Final = "jpeg2000-mc"


class ComponentFrames:
    """Finds frames in the components of codestreams. The codestream that was decoded last is kept.

    Args:
        index: of the codestreams.
        layout: of a frame.
    """

    def __init__(self, index: FrameIndex, layout: Layout) -> None:
        self._index = index
        self._layout = layout
        self._stops = list(accumulate(_components(index, number) // layout.samples for number in range(len(index))))
        self._lock = Lock()
        self._decoded: tuple[int, NDArray[Any]] | None = None

    def __len__(self) -> int:
        return self._stops[-1] if self._stops else 0

    def place(self, frame: int) -> tuple[int, int]:
        """The number of the codestream that a frame is in, and its first component there.

        Raises:
            CodecError: the pixel data end before it.
        """
        if frame >= len(self):
            raise CodecError(f"there are only {len(self)} frames in the components of {len(self._stops)} codestreams", frame)
        stream = bisect_right(self._stops, frame)
        first = self._stops[stream - 1] if stream else 0
        return stream, (frame - first) * self._layout.samples

    def read(self, frame: int) -> tuple[BytesLike, Layout]:
        """The codestream that a frame is in, and the layout of all that is in it."""
        stream, _ = self.place(frame)
        count = self._stops[stream] - (self._stops[stream - 1] if stream else 0)
        return self._index.read(stream), replace(self._layout, samples=count * self._layout.samples)

    def decode(self, codec: Codec, frame: int, layout: Layout, max_bytes: int) -> NDArray[Any]:
        """A frame, as the layout has its samples.

        Raises:
            CodecError: it cannot be decoded, or all that is in its codestream would be larger than `max_bytes`.
        """
        data, whole = self.read(frame)
        stream, component = self.place(frame)
        whole = replace(layout, samples=whole.samples)
        if whole.frame_bytes > max_bytes:
            raise CodecError(f"its codestream has {whole.frame_bytes} bytes, more than max_bytes, {max_bytes}", frame)
        with self._lock:
            if self._decoded is None or self._decoded[0] != stream or self._decoded[1].dtype != whole.dtype:
                out = np.empty(whole.shape, whole.dtype)
                decode_frame(codec, data, whole, frame, False, out)
                self._decoded = stream, out
            found = self._decoded[1].reshape(layout.rows, layout.columns, -1)[..., component : component + layout.samples]
        return found.reshape(layout.shape)


def _components(index: FrameIndex, number: int) -> int:
    try:
        return read_header(index.read(number)).components
    except CodecError as error:
        raise CodecError(f"codestream {number}: {error.reason}") from error

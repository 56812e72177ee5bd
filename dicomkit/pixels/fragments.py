"""Which fragments of encapsulated pixel data a frame is in (PS3.5 A.4).

The extended offset table says it, or the basic one; if neither is there, or what it says cannot be, the number of fragments
does, or else the marks with which codestreams begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dicomkit.errors import CodecError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomkit.pixels.stored import Stored
    from dicomkit.typing import BytesLike

    Numbers = NDArray[np.uint64]

__all__ = ["FrameIndex"]

# Codec family -> how the codestream of a frame begins. Others have one fragment a frame.
STARTS: Final = {
    "jpeg": (b"\xff\xd8\xff",),
    "jpeg-lossless": (b"\xff\xd8\xff",),
    "jpeg-ls": (b"\xff\xd8\xff",),
    "jpeg2000": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "),
    "jpeg2000-mc": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "),
    "htj2k": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "),
    "jpeg-xl": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
}
ITEM_TAG: Final = b"\xfe\xff\x00\xe0"


class FrameIndex:
    """Finds the fragments of frames. Threads may share it.

    If an offset table told where the fragments are, the header of each is looked at when it is read; if one is not there,
    all are looked at, and what comes of that counts.

    Args:
        stored: the encapsulated value.
        frames: Number of Frames, or None.
        family: of the codec, see `TransferSyntax.family`.
        extended: values of Extended Offset Table and Extended Offset Table Lengths, or None.
        tables: whether offset tables are looked at.
        walked: look at the headers of all fragments.

    Attributes:
        frames: how many frames there are.
        source: what told: "extended", "basic", "fragments" (one a frame, or all one frame) or "marks".

    Raises:
        CodecError: there are no items.
    """

    def __init__(
        self,
        stored: Stored,
        frames: int | None,
        family: str,
        extended: tuple[bytes, bytes] | None = None,
        *,
        tables: bool = True,
        walked: bool = False,
    ) -> None:
        self._stored = stored
        self._arguments = (frames, family, extended)
        self._walked: FrameIndex | None = None  # what counts if this one was wrong
        self._checks = stored.believed and tables and not walked
        items = stored.items() if self._checks or not stored.believed else stored.items_walked()
        if not len(items):
            raise CodecError("encapsulated pixel data without an item (PS3.5 A.4)")
        self._table = items[0]
        self._fragments = items[1:]
        self._lengths: Numbers | None = None
        found = self._by_extended(frames, extended) if tables and extended is not None else None
        self.source = "extended"
        if found is None and tables:
            found, self.source = self._by_basic(frames), "basic"
        if found is None:
            found, self.source = self._by_count(frames, family), "fragments"
        if found is None:
            found, self.source = self._by_marks(STARTS[family]), "marks"
        self._first = np.append(found, np.uint64(len(self._fragments))).astype(np.int64)
        self.frames = len(found)

    def __len__(self) -> int:
        return self.frames

    def fragments(self, frame: int) -> list[tuple[int, int]]:
        """(offset, length) in the value of the fragments of a frame.

        Raises:
            CodecError: the pixel data end before it.
        """
        if frame >= self.frames:
            raise CodecError(f"there are only {self.frames} frames in {len(self._fragments)} fragments", frame)
        found = [(start, length) for start, length in self._fragments[self._first[frame] : self._first[frame + 1]].tolist()]
        if self._lengths is not None:
            found[-1] = (found[-1][0], int(self._lengths[frame]))
        return found

    def read(self, frame: int) -> BytesLike:
        """The codestream of a frame: its fragments behind one another.

        Raises:
            CodecError: the pixel data end before it.
        """
        if self._walked is not None:
            return self._walked.read(frame)
        found = self.fragments(frame)
        if self._checks:
            return self._read_checked(frame, *found[0])
        if len(found) == 1:
            return self._stored.read(*found[0])
        start = found[0][0]
        span = self._stored.read(start, found[-1][0] + found[-1][1] - start)  # one read for all, headers included
        return b"".join([span[offset - start : offset - start + length] for offset, length in found])

    def _read_checked(self, frame: int, offset: int, length: int) -> BytesLike:
        """The codestream of a frame that is said to be in one fragment."""
        there = int(self._fragments[self._first[frame], 1])
        item = self._stored.read(offset - 8, 8 + length)
        if bytes(item[:8]) == ITEM_TAG + there.to_bytes(4, "little"):
            return item[8:]
        frames, family, extended = self._arguments
        self._walked = FrameIndex(self._stored, frames, family, extended, walked=True)
        return self._walked.read(frame)

    def _by_extended(self, frames: int | None, extended: tuple[bytes, bytes]) -> Numbers | None:
        """Each frame is in one fragment (PS3.3 C.7.6.3.1.8)."""
        offsets, lengths = (np.frombuffer(value, "<u8", len(value) // 8) for value in extended)
        if not len(offsets) or len(offsets) != len(lengths) or frames not in (None, len(offsets)):
            return None
        first = self._at(offsets.astype(np.uint64))
        if first is None or (lengths > self._fragments[first.astype(np.int64), 1]).any():
            return None
        if len(first) != len(self._fragments):
            return None  # some frame would be in several
        self._lengths = lengths.astype(np.uint64)
        return first

    def _by_basic(self, frames: int | None) -> Numbers | None:
        length = int(self._table[1])
        if not length or length % 4 or frames not in (None, length // 4):
            return None
        entries = np.frombuffer(self._stored.read(int(self._table[0]), length), "<u4").astype(np.uint64)
        # Beyond 4 GiB the offsets of some writers start again from 0.
        entries[1:] += np.cumsum(entries[1:] < entries[:-1]).astype(np.uint64) << np.uint64(32)
        return self._at(entries)

    def _at(self, offsets: Numbers) -> Numbers | None:
        """Numbers of the fragments that begin at offsets from the first one; None if they do not, or not in order."""
        if not len(self._fragments) or offsets[0] != 0 or (offsets[1:] <= offsets[:-1]).any():
            return None
        starts = self._fragments[:, 0] - self._fragments[0, 0]
        first = np.searchsorted(starts, offsets)
        if first[-1] >= len(starts) or (starts[first] != offsets).any():
            return None
        return first.astype(np.uint64)

    def _by_count(self, frames: int | None, family: str) -> Numbers | None:
        count = len(self._fragments)
        if frames == 1:
            return np.zeros(min(count, 1), np.uint64)
        if frames == count or family not in STARTS:
            return np.arange(count, dtype=np.uint64)
        return None

    def _by_marks(self, marks: tuple[bytes, ...]) -> Numbers:
        """The fragments that begin as a codestream does."""
        longest = max(map(len, marks))
        found = [
            number
            for number, (offset, length) in enumerate(self._fragments.tolist())
            if bytes(self._stored.read(offset, min(length, longest))).startswith(marks)
        ]
        if found and found[0] != 0:
            found[0] = 0  # what stands before the first mark belongs to the first frame
        return np.array(found, np.uint64)

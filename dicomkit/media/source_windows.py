"""How much of a stream is read at a time while it is parsed."""

from __future__ import annotations

__all__ = ["HEAD", "LARGEST_STEP", "Windows"]

HEAD = 16 << 10  # the first window of others: it holds the header of most images
AHEAD = 1 << 20  # the next window where the last one ends: there are many elements
BEHIND = 1 << 14  # the next window behind a value that was jumped over: there is little left
LARGEST_STEP = 1 << 22


class Windows:
    """How much to read at a time: more and more, but little behind a large value."""

    #: Fragments up to this length are read, to get at their headers: a call takes as long.
    passed = 32 << 10
    _ahead = AHEAD
    _end = HEAD  # where the last window ended

    def _length(self, offset: int, needed: int) -> int:
        if offset > self._end:
            length = max(BEHIND, needed)
        else:
            length = max(self._ahead, needed)
            self._ahead = min(2 * self._ahead, LARGEST_STEP)
        self._end = offset + length
        return length

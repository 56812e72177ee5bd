"""How far a command has come: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TextIO

__all__ = ["Progress"]

#: Seconds before the bar appears, and between two of its states.
_PATIENCE: Final = 0.5
_INTERVAL: Final = 0.1
_WIDTH: Final = 30


class Progress:
    """A bar for a number of files.

    Args:
        total: the number of files.
        file: where to; no bar if None.
    """

    def __init__(self, total: int, file: TextIO | None) -> None:
        self._total = total
        self._file = file
        self._next = time.monotonic() + _PATIENCE
        self._shown = 0

    def show(self, done: int) -> None:
        """Say how many files are done."""
        if self._file is None or (now := time.monotonic()) < self._next:
            return
        self._next = now + _INTERVAL
        filled = _WIDTH * done // self._total
        bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{self._total}"
        self._file.write("\r" + bar)
        self._file.flush()
        self._shown = len(bar)

    def hide(self) -> None:
        """Take the bar away: something else is to be written."""
        if self._file is not None and self._shown:
            self._file.write(f"\r{' ' * self._shown}\r")
            self._file.flush()
            self._shown = 0

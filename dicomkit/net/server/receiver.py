"""Where the data set of a message goes while it is being received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IGNORE", "Ignore", "InMemory", "Receiver"]


class Receiver(Protocol):
    """Takes the data set of one message."""

    def take(self, pieces: list[memoryview]) -> None:
        """Take the next pieces. They are valid only during the call."""

    def complete(self) -> None:
        """The data set is complete; or the message has none."""

    def abandon(self) -> None:
        """The association has ended before that."""


class Ignore:
    """Takes what nobody wants: the data set of a request that was answered without it."""

    __slots__ = ()

    def take(self, pieces: list[memoryview]) -> None:
        pass

    def complete(self) -> None:
        pass

    def abandon(self) -> None:
        pass


IGNORE: Final = Ignore()


class InMemory:
    """Puts a data set together in memory.

    Args:
        limit: most bytes; 0: any number.
        completed: gets the data set; None if it is too large.
    """

    __slots__ = ("_completed", "_data", "_excess", "_limit")

    def __init__(self, limit: int, completed: Callable[[bytes | None], None]) -> None:
        self._limit = limit
        self._completed = completed
        self._data = bytearray()
        self._excess = False

    def take(self, pieces: list[memoryview]) -> None:
        if self._limit and len(self._data) + sum(map(len, pieces)) > self._limit:
            self._excess = True
            self._data.clear()
        if not self._excess:
            for piece in pieces:
                self._data += piece

    def complete(self) -> None:
        self._completed(None if self._excess else bytes(self._data))

    def abandon(self) -> None:
        self._data.clear()

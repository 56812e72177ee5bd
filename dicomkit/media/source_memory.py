"""Bytes in memory as a source."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.media.source import Source
    from dicomkit.typing import BytesLike

__all__ = ["Memory"]


class Memory:
    """Bytes that are there."""

    can_defer = False
    name = ""

    def __init__(self, data: BytesLike) -> None:
        self._data = data if isinstance(data, bytes) else memoryview(data).cast("B")
        self.size: int | None = len(self._data)

    def first(self) -> BytesLike:
        return self._data

    def window(self, offset: int, needed: int) -> BytesLike:
        return memoryview(self._data)[offset:]

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self._data[offset : offset + length])

    def whole(self) -> Source:
        return self

    def close(self) -> None:
        pass

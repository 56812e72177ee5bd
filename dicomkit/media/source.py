"""Where a stream of bytes comes from: memory, a path, a file object, a pipe, anything fsspec opens.

A source gives windows of the stream while it is parsed, and the bytes of deferred values later. None keeps a file open:
a deferred value is read by opening the file again, after a look that it is still the same one.
"""

from __future__ import annotations

import os

from dicomkit.media.source_path import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Protocol, TypeAlias

    from dicomkit.typing import BytesLike, StrPath

    AnySource: TypeAlias = "BytesLike | StrPath | IO[bytes]"

    class Source(Protocol):
        """What the reader needs of a source."""

        name: str
        can_defer: bool

        @property
        def size(self) -> int | None:
            """Where the stream ends, or None while nobody knows."""

        def first(self) -> BytesLike:
            """The first window, from offset 0."""

        def window(self, offset: int, needed: int) -> BytesLike:
            """Bytes from `offset` on: at least `needed` of them, fewer only where the stream ends."""

        def read(self, offset: int, length: int) -> bytes:
            """Bytes of a deferred value."""

        def whole(self) -> Source | None:
            """What can give the whole stream again; None for a stream that is gone."""

        def close(self) -> None:
            """Give back what parsing needed."""


__all__ = ["open_source"]


def open_source(source: AnySource | Source) -> Source:
    """The source for what a caller gave to `read`.

    Raises:
        TypeError: it is nothing that can be read.
        OSError: it cannot be opened.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        from dicomkit.media.source_memory import Memory

        return Memory(source)
    if hasattr(source, "window"):
        return source  # type: ignore[return-value]  # what has this method is a Source
    if isinstance(source, str):
        if "://" in source:
            from dicomkit.media.source_remote import Remote

            return Remote(source)
        return Path(source)
    if hasattr(source, "__fspath__"):
        return Path(os.fsdecode(source))
    if hasattr(source, "read"):
        from dicomkit.media.source_file import open_file_object

        return open_file_object(source)
    raise TypeError(f"a path, URL, file object or bytes is needed, not {type(source).__name__}")

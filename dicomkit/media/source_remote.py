"""URLs as sources, by fsspec."""

from __future__ import annotations

from dicomkit.errors import SourceChanged
from dicomkit.media.source_windows import HEAD, Windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomkit.media.source import Source

__all__ = ["Remote"]


class Remote(Windows):
    """A URL that fsspec opens. Known by what its file system calls its version (ETag, time), and by its size."""

    can_defer = True
    passed = 1 << 20

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it ships no types
        except ImportError as error:
            raise ImportError("URLs are read with fsspec: pip install 'dicomkit[remote]'") from error
        self.name = url
        self._files, self._path = url_to_fs(url)
        info = self._files.info(self._path)
        self.size: int | None = info["size"]
        self._identity = _version(info)

    def first(self) -> bytes:
        return self._range(0, HEAD)

    def window(self, offset: int, needed: int) -> bytes:
        return self._range(offset, self._length(offset, needed))

    def whole(self) -> Source:
        return self

    def read(self, offset: int, length: int) -> bytes:
        self._files.invalidate_cache()
        try:
            if _version(self._files.info(self._path)) != self._identity:
                raise SourceChanged(self.name, "the object is not the one that was read: a deferred value is lost")
            data = self._range(offset, length)
        except FileNotFoundError as error:
            raise SourceChanged(self.name, "a deferred value cannot be read: the object is gone") from error
        if len(data) != length:
            raise SourceChanged(self.name, "the object is shorter than when it was read: a deferred value is lost")
        return data

    def close(self) -> None:
        pass

    def _range(self, offset: int, length: int) -> bytes:
        return bytes(self._files.cat_file(self._path, start=offset, end=offset + length))


def _version(info: dict[str, Any]) -> tuple[str, ...]:
    names = ("size", "ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "generation")
    return tuple(f"{name}={info[name]}" for name in names if name in info)

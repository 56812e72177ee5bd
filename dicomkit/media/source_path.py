"""Local files as sources."""

from __future__ import annotations

import os
import stat

from dicomkit.errors import SourceChanged
from dicomkit.media.source_memory import Memory
from dicomkit.media.source_windows import HEAD, Windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomkit.media.source import Source

__all__ = ["Path", "identity_of", "known_path"]

WHOLE = 64 << 10  # a file of up to this size is read at once

READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


if os.name == "posix":
    from dicomkit._ext.posix_file import item_headers, read_head, read_range

    def _read_at(fd: int, offset: int, length: int) -> bytes:
        data = os.pread(fd, length, offset)
        if len(data) == length or not data:
            return data
        parts = [data]  # a signal, a network file system, or more than 2 GiB: the kernel gives what it likes
        got = len(data)
        while got < length and (data := os.pread(fd, length - got, offset + got)):
            parts.append(data)
            got += len(data)
        return b"".join(parts)

else:

    def read_head(path: str, head: int, whole: int) -> tuple[int, bytes, int | None, tuple[int, int, int, int] | None]:
        fd = os.open(path, READ_ONLY)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return fd, b"", None, None
            length = status.st_size if status.st_size <= whole else head
            data = _read_at(fd, 0, length)
        except BaseException:
            os.close(fd)
            raise
        if length == status.st_size:
            os.close(fd)
            return -1, data, len(data), None
        return fd, data, status.st_size, identity_of(status)

    def read_range(path: str, identity: tuple[int, ...], offset: int, length: int) -> bytes | None:
        fd = os.open(path, READ_ONLY)
        try:
            return _read_at(fd, offset, length) if identity_of(os.fstat(fd)) == identity else None
        finally:
            os.close(fd)

    def item_headers(fd: int, offset: int, stop: int) -> bytes:
        return b""

    def _read_at(fd: int, offset: int, length: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        parts: list[bytes] = []
        got = 0
        while got < length and (data := os.read(fd, min(length - got, 1 << 30))):
            parts.append(data)
            got += len(data)
        return b"".join(parts)


class Path(Windows):
    """A local file. Regular files are known by device, inode, size and modification time; others are read as a pipe."""

    can_defer = True
    size: int | None = None
    _fd = -1  # while it is parsed, or held
    _identity: tuple[int, ...] = ()
    _base = 0  # where the stream starts in the file
    _all: bytes | None = None  # of a file that was read at once
    _places: list[tuple[int, int, int, int]] | None = None  # see moved()

    def __init__(self, path: str) -> None:
        self.name = path

    def __del__(self) -> None:
        if self._fd >= 0:
            self.close()

    def first(self) -> bytes:
        self._fd, head, self.size, identity = read_head(self.name, HEAD, WHOLE)
        if identity is not None:
            self._identity = identity
            if not os.path.isabs(self.name):
                self.name = os.path.abspath(self.name)  # to be found again from another working directory
        elif self.size is None:
            from dicomkit.media.source_file import Pipe

            self._pipe = Pipe(os.fdopen(self._fd, "rb", closefd=False), self.name)
            self.can_defer = False
            return self._pipe.first()
        else:
            self._all = head
        return head

    def whole(self) -> Source | None:
        if self._all is not None:
            return Memory(self._all)
        return self._pipe.whole() if self.size is None else self

    def window(self, offset: int, needed: int) -> bytes:
        if self.size is None:
            return self._pipe.window(offset, needed)
        return _read_at(self._fd, offset, min(self._length(offset, needed), max(self.size - offset, 0)))

    def item_headers(self, offset: int) -> bytes:
        """The headers of items from `offset` on, while it is parsed; none where a window must show what there is."""
        return item_headers(self._fd, offset, self.size or 0)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, offset: int, length: int) -> bytes:
        start, unit, before, behind = self._place(offset, length)
        data = self._read(start - before, before + length + behind)
        if len(data) != before + length + behind:
            raise SourceChanged(self.name, "the file is shorter than when it was read: a deferred value is lost")
        if unit == 1:
            return data
        from dicomkit._ext.writer import turned

        return turned(data, unit)[before : before + length]

    def open_range(self, offset: int, length: int) -> tuple[int, int] | None:
        """A descriptor of the file and where the bytes are in it, for the caller to close; None if they must be read."""
        start, unit, _, _ = self._place(offset, length)
        return None if unit != 1 else (self._open(), start)

    def check(self, fd: int) -> None:
        """See that the file is still what it was, after reading it.

        Raises:
            SourceChanged: it was changed meanwhile.
        """
        if identity_of(os.fstat(fd)) != self._identity:
            raise SourceChanged(self.name, "the file was changed while it was copied")

    def is_file(self, status: os.stat_result) -> bool:
        """Whether it is this file that the values are read from."""
        return self._fd < 0 and self._identity[:2] == (status.st_dev, status.st_ino)

    def is_whole(self, size: int | None = None) -> bool:
        """Whether all of the stream can be read, not only the deferred values."""
        return self._places is None or self._places == [(0, size or self.size, 0, 1)]

    @property
    def is_scattered(self) -> bool:
        """Whether values that followed one another may not do so any more."""
        return self._places is not None and len(self._places) > 1

    def hold(self) -> None:
        """Keep the file open: it will be replaced by one that does not have the values as they are.

        Raises:
            SourceChanged: it is not the file that was read.
        """
        if os.name == "posix":  # elsewhere no file is replaced that is open
            self._fd = self._open()

    def moved(self, name: str, status: os.stat_result, places: list[tuple[int, int, int, int]] | None) -> None:
        """The file was replaced, and the deferred values are in the new one.

        Args:
            name: where.
            status: of the new file.
            places: (offset in the stream that was read, length, offset in the new file, size of the words that have the
                other byte order there); None if all is where it was.
        """
        self.name = os.path.abspath(name)
        self._identity = identity_of(status)
        if places is not None:
            self._places = places

    def _read(self, offset: int, length: int) -> bytes:
        if self._fd >= 0:
            return _read_at(self._fd, offset, length)
        try:
            data = read_range(self.name, self._identity, offset, length)
        except OSError as error:
            raise self._lost(error) from error
        if data is None:
            raise self._other()
        return data

    def _lost(self, error: OSError) -> SourceChanged:
        return SourceChanged(self.name, f"a deferred value cannot be read: {error.strerror}")

    def _other(self) -> SourceChanged:
        return SourceChanged(self.name, "the file is not the one that was read: a deferred value is lost")

    def _open(self) -> int:
        if self._fd >= 0:
            return os.dup(self._fd)
        try:
            fd = os.open(self.name, READ_ONLY)
        except OSError as error:
            raise self._lost(error) from error
        if identity_of(os.fstat(fd)) != self._identity:
            os.close(fd)
            raise self._other()
        return fd

    def _place(self, offset: int, length: int) -> tuple[int, int, int, int]:
        """Where bytes of the stream are in the file, the size of the words to be turned, and what of those is around."""
        if self._places is None:
            return self._base + offset, 1, 0, 0
        for start, size, at, unit in self._places:
            first = offset - start
            if first >= 0 and first + length <= size:
                behind = min(-(first + length) % unit, size - first - length)
                return at + first, unit, first % unit, behind
        raise SourceChanged(self.name, "the file was saved without this deferred value")

    def __reduce__(self) -> tuple[Any, ...]:
        return known_path, (os.path.abspath(self.name), self._identity, self._base, self._places)


def known_path(
    name: str, identity: tuple[int, ...], base: int, places: list[tuple[int, int, int, int]] | None = None
) -> Path:
    """A path that is not open, for the deferred values of the file that was read."""
    path = Path.__new__(Path)
    path.name = name
    path._identity = identity
    path._base = base
    path._places = places
    return path


def identity_of(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

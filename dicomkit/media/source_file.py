"""File objects and pipes as sources."""

from __future__ import annotations

import io
import os
import stat
from _thread import allocate_lock

from dicomkit.errors import SourceChanged
from dicomkit.media.source_path import Path, identity_of, known_path
from dicomkit.media.source_windows import HEAD, LARGEST_STEP, Windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.media.source import Source

__all__ = ["Pipe", "Seekable", "open_file_object"]


def open_file_object(file: Any) -> Source:
    if getattr(file, "seekable", lambda: hasattr(file, "seek"))():
        return Seekable(file)
    return Pipe(file)


class Seekable(Windows):
    """A seekable file object, read from where it stands and left there.

    Deferred values of a real file are read by its path once the object is closed; any other must stay open for them.
    """

    can_defer = True

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._base = file.tell()
        file.seek(0, os.SEEK_END)
        self.size: int = max(file.tell() - self._base, 0)  # not every seek says where it went
        self.name = str(getattr(file, "name", ""))
        self._path = _path_of(file, self._base)
        self._lock = allocate_lock()  # of where the file object stands

    def first(self) -> bytes:
        return self._at(0, min(HEAD, self.size))

    def window(self, offset: int, needed: int) -> bytes:
        return self._at(offset, min(self._length(offset, needed), max(self.size - offset, 0)))

    def close(self) -> None:
        self._file.seek(self._base)

    def read(self, offset: int, length: int) -> bytes:
        if self._path is not None and self._file.closed:
            return self._path.read(offset, length)
        try:
            with self._lock:
                before = self._file.tell()
                data = self._at(offset, length)
                self._file.seek(before)
        except (ValueError, OSError) as error:
            raise SourceChanged(self.name or "file object", f"a deferred value cannot be read: {error}") from error
        if len(data) != length:
            raise SourceChanged(self.name or "file object", "it is shorter than when it was read")
        return data

    def whole(self) -> Source:
        return self

    def check(self, fd: int) -> None:
        """See Path.check."""
        if self._path is not None:
            self._path.check(fd)

    def is_whole(self) -> bool:
        """Whether all of the stream can still be read."""
        if self._file.closed:
            return self._path is not None and self._path.is_whole(self.size)
        return True

    @property
    def is_scattered(self) -> bool:
        """See Path.is_scattered."""
        return self._path is not None and self._file.closed and self._path.is_scattered

    def is_file_object(self, file: object) -> bool:
        """Whether it is this file object that the values are read from."""
        return file is self._file

    def path(self) -> Path | None:
        """The path that the values come from once the object is closed."""
        return self._path

    def open_range(self, offset: int, length: int) -> tuple[int, int] | None:
        """See Path.open_range."""
        return self._path.open_range(offset, length) if self._path is not None and self._file.closed else None

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(self._base + offset)
        return _read_fully(self._file, length)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._path.__reduce__() if self._path is not None else (Lost, (self.name,))


class Lost:
    """What a file object becomes in another process."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, offset: int, length: int) -> bytes:
        raise SourceChanged(self.name or "file object", "a deferred value cannot be read in another process")


def _path_of(file: IO[bytes], base: int) -> Path | None:
    """The path of a file object if it is a regular file under its name."""
    name = getattr(file, "name", None)
    if not isinstance(name, str):
        return None
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or identity_of(os.stat(name)) != identity_of(status):
            return None
    except (OSError, AttributeError):  # io.UnsupportedOperation is an OSError
        return None
    return known_path(os.path.abspath(name), identity_of(status), base)


class Pipe(Windows):
    """A stream that cannot go back: every window is kept, nothing is deferred."""

    can_defer = False
    size: int | None = None

    def __init__(self, file: IO[bytes], name: str = "") -> None:
        self._file = file
        self.name = name or str(getattr(file, "name", ""))
        self._last = b""  # the last window, from offset _start on
        self._start = 0
        self._windows: list[tuple[int, bytes]] | None = []  # offset of each; None once something was skipped
        self._ended = False

    def first(self) -> bytes:
        self._last = self._read(HEAD)
        self._windows = [(0, self._last)]
        return self._last

    def window(self, offset: int, needed: int) -> bytes:
        rest = self._last[offset - self._start :]
        end = self._start + len(self._last)
        if offset > end:  # the parser has jumped
            self._windows = None
            end += self._skip(offset - end)
            if end < offset:
                self.size = end
        wanted = self._length(offset, needed)
        self._start = offset
        self._last = rest + self._read(max(wanted - len(rest), 0))
        if self._windows is not None:
            self._windows.append((offset, self._last))
        return self._last

    def _read(self, length: int) -> bytes:
        data = _read_fully(self._file, length)
        self._ended = len(data) < length
        return data

    def _skip(self, length: int) -> int:
        left = length
        while left > 0 and (data := self._file.read(min(left, LARGEST_STEP))):
            left -= len(data)
        return length - left

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the whole stream, for the caller of whole()."""
        parts = []
        end = offset
        for start, window in self._windows or ():
            if start <= end < start + len(window) and end < offset + length:
                parts.append(window[end - start : offset + length - start])
                end += len(parts[-1])
        if end < offset + length:
            raise SourceChanged(self.name or "stream", "a stream cannot be read again")
        return b"".join(parts)

    def whole(self) -> Source | None:
        if self._windows is None or not self._ended:
            return None
        self.size = self._start + len(self._last)
        return self

    def close(self) -> None:
        self._last = b""


def _read_fully(file: IO[bytes], length: int) -> bytes:
    """Read `length` bytes in steps, so that a length that lies costs no memory."""
    parts = io.BytesIO()
    while length > 0 and (data := file.read(min(length, LARGEST_STEP))):
        if isinstance(data, str):
            raise TypeError("the file object is open in text mode; open it in binary mode")
        parts.write(data)
        length -= len(data)
    return parts.getvalue()

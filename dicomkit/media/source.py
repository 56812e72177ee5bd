"""Where a stream of bytes comes from: memory, a path, a file object, a pipe, anything fsspec opens.

A source gives windows of the stream while it is parsed, and the bytes of deferred values later. None keeps a file open:
a deferred value is read by opening the file again, after a look that it is still the same one.
"""

from __future__ import annotations

import io
import os
import stat

from dicomkit.errors import SourceChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Protocol, TypeAlias

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

        def close(self) -> None:
            """Give back what parsing needed."""


__all__ = ["open_source"]

WHOLE = 64 << 10  # a file of up to this size is read at once
HEAD = 16 << 10  # the first window of others: it holds the header of most images
AHEAD = 1 << 20  # the next window where the last one ends: there are many elements
BEHIND = 1 << 14  # the next window behind a value that was jumped over: there is little left
LARGEST_STEP = 1 << 22

READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


if os.name == "posix":
    from dicomkit._ext.posix_file import read_head

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
        return fd, data, status.st_size, _identity(status)

    def _read_at(fd: int, offset: int, length: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        parts: list[bytes] = []
        got = 0
        while got < length and (data := os.read(fd, min(length - got, 1 << 30))):
            parts.append(data)
            got += len(data)
        return b"".join(parts)


def open_source(source: AnySource) -> Source:
    """The source for what a caller gave to `read`.

    Raises:
        TypeError: it is nothing that can be read.
        OSError: it cannot be opened.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Memory(source)
    if isinstance(source, str):
        return Remote(source) if "://" in source else Path(source)
    if hasattr(source, "__fspath__"):
        return Path(os.fsdecode(source))
    if hasattr(source, "read"):
        return _file_object(source)
    raise TypeError(f"a path, URL, file object or bytes is needed, not {type(source).__name__}")


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

    def close(self) -> None:
        pass


class Windows:
    """How much to read at a time: more and more, but little behind a large value."""

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


class Path(Windows):
    """A local file. Regular files are known by device, inode, size and modification time; others are read as a pipe."""

    can_defer = True
    size: int | None = None
    _identity: tuple[int, ...] = ()
    _base = 0  # where the stream starts in the file

    def __init__(self, path: str) -> None:
        self.name = path
        self._fd = -1

    def first(self) -> bytes:
        self._fd, head, self.size, identity = read_head(self.name, HEAD, WHOLE)
        if identity is not None:
            self._identity = identity
            if not os.path.isabs(self.name):
                self.name = os.path.abspath(self.name)  # to be found again from another working directory
        elif self.size is None:
            self._pipe = Pipe(os.fdopen(self._fd, "rb", closefd=False), self.name)
            self.can_defer = False
            return self._pipe.first()
        return head

    def window(self, offset: int, needed: int) -> bytes:
        if self.size is None:
            return self._pipe.window(offset, needed)
        return _read_at(self._fd, offset, min(self._length(offset, needed), max(self.size - offset, 0)))

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, offset: int, length: int) -> bytes:
        try:
            fd = os.open(self.name, READ_ONLY)
        except OSError as error:
            raise SourceChanged(self.name, f"a deferred value cannot be read: {error.strerror}") from error
        try:
            if _identity(os.fstat(fd)) != self._identity:
                raise SourceChanged(self.name, "the file is not the one that was read: a deferred value is lost")
            data = _read_at(fd, self._base + offset, length)
        finally:
            os.close(fd)
        if len(data) != length:
            raise SourceChanged(self.name, "the file is shorter than when it was read: a deferred value is lost")
        return data

    def __reduce__(self) -> tuple[Any, ...]:
        return _known_path, (os.path.abspath(self.name), self._identity, self._base)


def _known_path(name: str, identity: tuple[int, ...], base: int) -> Path:
    """A path that is not open, for the deferred values of the file that was read."""
    path = Path.__new__(Path)
    path.name = name
    path._identity = identity
    path._base = base
    return path


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


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
            before = self._file.tell()
            data = self._at(offset, length)
            self._file.seek(before)
        except (ValueError, OSError) as error:
            raise SourceChanged(self.name or "file object", f"a deferred value cannot be read: {error}") from error
        if len(data) != length:
            raise SourceChanged(self.name or "file object", "it is shorter than when it was read")
        return data

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
        if not stat.S_ISREG(status.st_mode) or _identity(os.stat(name)) != _identity(status):
            return None
    except (OSError, AttributeError):  # io.UnsupportedOperation is an OSError
        return None
    return _known_path(os.path.abspath(name), _identity(status), base)


class Pipe(Windows):
    """A stream that cannot go back: every window is kept, nothing is deferred."""

    can_defer = False
    size: int | None = None

    def __init__(self, file: IO[bytes], name: str = "") -> None:
        self._file = file
        self.name = name or str(getattr(file, "name", ""))
        self._last = b""  # the last window, from offset _start on
        self._start = 0

    def first(self) -> bytes:
        self._last = _read_fully(self._file, HEAD)
        return self._last

    def window(self, offset: int, needed: int) -> bytes:
        rest = self._last[offset - self._start :]
        end = self._start + len(self._last)
        if offset > end:  # the parser has jumped
            end += self._skip(offset - end)
            if end < offset:
                self.size = end
        wanted = self._length(offset, needed)
        self._start = offset
        self._last = rest + _read_fully(self._file, max(wanted - len(rest), 0))
        return self._last

    def _skip(self, length: int) -> int:
        left = length
        while left > 0 and (data := self._file.read(min(left, LARGEST_STEP))):
            left -= len(data)
        return length - left

    def read(self, offset: int, length: int) -> bytes:
        raise SourceChanged(self.name or "stream", "a stream cannot be read again")

    def close(self) -> None:
        self._last = b""


class Remote(Windows):
    """A URL that fsspec opens. Known by what its file system calls its version (ETag, time), and by its size."""

    can_defer = True

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]
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


def _file_object(file: Any) -> Source:
    if getattr(file, "seekable", lambda: hasattr(file, "seek"))():
        return Seekable(file)
    return Pipe(file)


def _read_fully(file: IO[bytes], length: int) -> bytes:
    """Read `length` bytes in steps, so that a length that lies costs no memory."""
    parts = io.BytesIO()
    while length > 0 and (data := file.read(min(length, LARGEST_STEP))):
        if isinstance(data, str):
            raise TypeError("the file object is open in text mode; open it in binary mode")
        parts.write(data)
        length -= len(data)
    return parts.getvalue()

"""Where a stream of bytes comes from: memory, a path, a file object, a pipe, anything fsspec opens.

A source gives windows of the stream while it is parsed, and the bytes of deferred values later. None keeps a file open: a
deferred value is read by opening the file again, after a look that it is still the same one.
"""

from __future__ import annotations

import io
import os

from dicomkit.errors import SourceChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Protocol, TypeAlias

    from dicomkit.typing import BytesLike, StrPath

    AnySource: TypeAlias = "BytesLike | StrPath | IO[bytes]"

    class Source(Protocol):
        """What the reader needs of a source."""

        name: str
        size: int | None
        can_defer: bool

        def first(self) -> BytesLike:
            """The first window, from offset 0."""

        def window(self, offset: int, needed: int) -> BytesLike:
            """Bytes from `offset` on: at least `needed` of them, fewer only where the stream ends."""

        def read(self, offset: int, length: int) -> bytes:
            """Bytes of a deferred value."""

        def close(self) -> None:
            """Give back what parsing needed."""


__all__ = ["open_source"]

WHOLE = 1 << 17         # files up to this size are read at once
HEAD = 1 << 15          # of larger ones, the first window
CHUNK = 1 << 16         # the second window; each further one is twice as large
LARGEST_CHUNK = 1 << 22


def open_source(source: AnySource) -> Source:
    """The source for what a caller gave to `read`.

    Raises:
        TypeError: it is nothing that can be read.
        OSError: it cannot be opened.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Memory(source)
    if isinstance(source, str):
        return Remote(source) if "://" in source else _local(source)
    if hasattr(source, "__fspath__"):
        return _local(os.fspath(source))
    if hasattr(source, "read"):
        return _file_object(source)
    raise TypeError(f"a path, URL, file object or bytes is needed, not {type(source).__name__}")


class Memory:
    """Bytes that are there."""

    can_defer = False
    name = ""

    def __init__(self, data: BytesLike) -> None:
        self._data = data if isinstance(data, bytes) else memoryview(data).cast("B")
        self.size = len(self._data)

    def first(self) -> BytesLike:
        return self._data

    def window(self, offset: int, needed: int) -> BytesLike:
        return memoryview(self._data)[offset:]

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self._data[offset : offset + length])

    def close(self) -> None:
        pass


class Growing:
    """How much to read at a time: more and more."""

    _chunk = CHUNK

    def _next_chunk(self, needed: int) -> int:
        chunk = self._chunk
        self._chunk = min(2 * chunk, LARGEST_CHUNK)
        return max(chunk, needed)


class Path(Growing):
    """A local file. Regular files are known by device, inode, size and modification time; others are read as a pipe."""

    can_defer = True
    size: int | None

    def __init__(self, path: str) -> None:
        self.name = path
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            status = os.fstat(self._fd)
            if status.st_mode & 0o170000 != 0o100000:
                raise _NotRegular
            self.size = status.st_size
            self._identity = _identity(status)
        except BaseException:
            os.close(self._fd)
            raise

    def first(self) -> bytes:
        assert self.size is not None
        return os.read(self._fd, self.size if self.size <= WHOLE else HEAD)

    def window(self, offset: int, needed: int) -> bytes:
        assert self.size is not None
        return _read_at(self._fd, offset, min(self._next_chunk(needed), max(self.size - offset, 0)))

    def close(self) -> None:
        os.close(self._fd)

    def read(self, offset: int, length: int) -> bytes:
        try:
            fd = os.open(self.name, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise SourceChanged(self.name, f"a deferred value cannot be read: {error.strerror}") from error
        try:
            if _identity(os.fstat(fd)) != self._identity:
                raise SourceChanged(self.name, "the file is not the one that was read: a deferred value is lost")
            data = _read_at(fd, offset, length)
        finally:
            os.close(fd)
        if len(data) != length:
            raise SourceChanged(self.name, "the file is shorter than when it was read: a deferred value is lost")
        return data

    def __reduce__(self) -> tuple[Any, ...]:
        return _closed_path, (os.path.abspath(self.name), self._identity)


class _NotRegular(Exception):
    """The path is a pipe or a device."""


def _local(path: str) -> Source:
    try:
        return Path(path)
    except _NotRegular:
        return Pipe(open(path, "rb"), path, owned=True)  # noqa: SIM115  # closed by Pipe.close


def _closed_path(name: str, identity: tuple[int, ...]) -> Path:
    path = Path.__new__(Path)
    path.name = name
    path._identity = identity
    return path


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


if hasattr(os, "pread"):

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

    def _read_at(fd: int, offset: int, length: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        parts: list[bytes] = []
        got = 0
        while got < length and (data := os.read(fd, min(length - got, 1 << 30))):
            parts.append(data)
            got += len(data)
        return b"".join(parts)


class Seekable(Growing):
    """A seekable file object. Offsets count from where it stands; it is left there, and must stay open for deferred values."""

    can_defer = True

    def __init__(self, file: IO[bytes], name: str = "") -> None:
        self._file = file
        self.name = name or str(getattr(file, "name", ""))
        self._base = file.tell()
        self.size: int | None = file.seek(0, os.SEEK_END) - self._base

    def first(self) -> bytes:
        assert self.size is not None
        return self._at(0, self.size if self.size <= WHOLE else HEAD)

    def window(self, offset: int, needed: int) -> bytes:
        return self._at(offset, self._next_chunk(needed))

    def close(self) -> None:
        self._file.seek(self._base)

    def read(self, offset: int, length: int) -> bytes:
        try:
            before = self._file.tell()
            data = self._at(offset, length)
            self._file.seek(before)
        except (ValueError, OSError) as error:
            raise SourceChanged(self.name or "file object", f"a deferred value cannot be read: {error}") from error
        if len(data) != length:
            raise SourceChanged(self.name or "file object", "it is shorter than when it was read: a deferred value is lost")
        return data

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(self._base + offset)
        return _read_fully(self._file, length)


class Pipe(Growing):
    """A stream that cannot go back: every window is kept, nothing is deferred."""

    can_defer = False
    size = None

    def __init__(self, file: IO[bytes], name: str = "", *, owned: bool = False) -> None:
        self._file = file
        self._owned = owned
        self.name = name or str(getattr(file, "name", ""))
        self._tail: BytesLike = b""     # what was read last, from offset _start on
        self._start = 0

    def first(self) -> bytes:
        self._tail = _read_fully(self._file, HEAD)
        return self._tail

    def window(self, offset: int, needed: int) -> bytes:
        rest = bytes(memoryview(self._tail)[offset - self._start :])
        end = self._start + len(self._tail)
        if offset > end:  # the parser has jumped
            _read_fully(self._file, offset - end)
        self._start = offset
        self._tail = rest + _read_fully(self._file, max(self._next_chunk(needed) - len(rest), 0))
        return self._tail

    def read(self, offset: int, length: int) -> bytes:
        raise SourceChanged(self.name or "stream", "a stream cannot be read again")

    def close(self) -> None:
        self._tail = b""
        if self._owned:
            self._file.close()


class Remote(Growing):
    """A URL that fsspec opens. Known by what its file system calls its version (ETag, time), and by its size."""

    can_defer = True

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise ImportError("URLs are read with fsspec: pip install 'dicomkit[remote]'") from error
        self.name = url
        self._files, self._path = url_to_fs(url)
        info = self._files.info(self._path)
        self.size: int | None = info["size"]
        self._identity = _version(info)

    def first(self) -> bytes:
        return self._range(0, HEAD if self.size is None or self.size > WHOLE else self.size)

    def window(self, offset: int, needed: int) -> bytes:
        return self._range(offset, self._next_chunk(needed))

    def read(self, offset: int, length: int) -> bytes:
        self._files.invalidate_cache()
        if _version(self._files.info(self._path)) != self._identity:
            raise SourceChanged(self.name, "the object is not the one that was read: a deferred value is lost")
        data = self._range(offset, length)
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
    while length > 0 and (data := file.read(min(length, LARGEST_CHUNK))):
        if isinstance(data, str):
            raise TypeError("the file object is open in text mode; open it in binary mode")
        parts.write(data)
        length -= len(data)
    return parts.getvalue()

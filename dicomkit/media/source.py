"""Where a stream of bytes comes from: memory, a path, a file object, a pipe, anything fsspec opens.

A source gives windows of the stream while it is parsed, and the bytes of deferred values later. None keeps a file open:
a deferred value is read by opening the file again, after a look that it is still the same one.
"""

from __future__ import annotations

import io
import os
import stat
from _thread import allocate_lock

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

        def whole(self) -> Source | None:
            """What can give the whole stream again; None for a stream that is gone."""

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


def open_source(source: AnySource | Source) -> Source:
    """The source for what a caller gave to `read`.

    Raises:
        TypeError: it is nothing that can be read.
        OSError: it cannot be opened.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Memory(source)
    if hasattr(source, "window"):
        return source  # type: ignore[return-value]  # what has this method is a Source
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

    def whole(self) -> Source:
        return self

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

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, offset: int, length: int) -> bytes:
        start, unit, before, behind = self._place(offset, length)
        fd = self._open()
        try:
            data = _read_at(fd, start - before, before + length + behind)
        finally:
            os.close(fd)
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
        if _identity(os.fstat(fd)) != self._identity:
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
        self._identity = _identity(status)
        if places is not None:
            self._places = places

    def _open(self) -> int:
        if self._fd >= 0:
            return os.dup(self._fd)
        try:
            fd = os.open(self.name, READ_ONLY)
        except OSError as error:
            raise SourceChanged(self.name, f"a deferred value cannot be read: {error.strerror}") from error
        if _identity(os.fstat(fd)) != self._identity:
            os.close(fd)
            raise SourceChanged(self.name, "the file is not the one that was read: a deferred value is lost")
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
        return _known_path, (os.path.abspath(self.name), self._identity, self._base, self._places)


def _known_path(
    name: str, identity: tuple[int, ...], base: int, places: list[tuple[int, int, int, int]] | None = None
) -> Path:
    """A path that is not open, for the deferred values of the file that was read."""
    path = Path.__new__(Path)
    path.name = name
    path._identity = identity
    path._base = base
    path._places = places
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

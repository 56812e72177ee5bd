"""A file that is being received: without its name until it is whole.

Whatever happens on the way, an abort, a full disk, a process that is killed: what has a final name is a whole object. See
`dicomkit.media.atomic`, which does the same for files that are written at once.

On Linux, most file systems make files without any name, which get their first one when they are whole: nothing is left of
them when a process is killed, and their folder is written to once and not three times. Elsewhere, they have a hidden name
first.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if os.name == "posix":
    from dicomkit._ext.posix_file import name_descriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomkit.typing import BytesLike

__all__ = ["IncomingFile", "IncomingFiles", "is_partial"]

_FLAGS: Final = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NAMED: Final = _FLAGS | os.O_CREAT | os.O_EXCL
_UNNAMED: Final = _FLAGS | getattr(os, "O_TMPFILE", 0)
_DESCRIPTORS: Final = "/proc/self/fd"
_PREFIX: Final = ".incoming-"
_SUFFIX: Final = ".part"
# What file systems say that have no files without a name, or no links
_UNSUPPORTED: Final = frozenset((errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.EPERM, errno.ENOSYS, errno.EMLINK))
_MOST_BUFFERS: Final = 512 if hasattr(os, "writev") else 1  # of one system call; IOV_MAX is 1024 on Linux and macOS
_FRESH: Final = 1.0  # seconds that a file made ahead may be used: later, its folder may be another one

_can_be_unnamed = _UNNAMED != _FLAGS and os.path.isdir(_DESCRIPTORS)

#: Folders in which files need a name all the same.
_named_only: set[str] = set()


def is_partial(name: str) -> bool:
    """Whether this is the name of a file that was not finished: a process that is killed may leave it."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


class IncomingFile:
    """A file that is being received.

    Attributes:
        path: where it can be read: nowhere that lasts until `finish`.
        size: bytes that were written.

    Args:
        folder: where it is made; it has to get its name in the same file system.

    Raises:
        OSError: it cannot be made.
    """

    __slots__ = ("_fd", "_folder", "_has_name", "path", "size")

    def __init__(self, folder: str) -> None:
        self.size = 0
        self._folder = folder
        try:
            self._open()
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            self._open()

    def _open(self) -> None:
        self._has_name = not _can_be_unnamed or self._folder in _named_only
        if not self._has_name:
            try:
                self._fd = os.open(self._folder, _UNNAMED, 0o666)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
                _named_only.add(self._folder)
                self._has_name = True
            else:
                self.path = f"{_DESCRIPTORS}/{self._fd}"
                return
        while True:
            self.path = _hidden(self._folder)
            with suppress(FileExistsError):
                self._fd = os.open(self.path, _NAMED, 0o666)
                return

    def write(self, pieces: Sequence[BytesLike]) -> None:
        """Append pieces.

        Raises:
            OSError: it takes no more. The file is to be discarded then.
        """
        length = sum(map(len, pieces))
        if len(pieces) == 1 or len(pieces) > _MOST_BUFFERS:
            for piece in pieces:
                self._write(piece)
        else:
            written = os.writev(self._fd, pieces)
            if written != length:
                self._write(b"".join(pieces)[written:])  # a disk that is nearly full: the next call says so
        self.size += length

    def _write(self, piece: BytesLike) -> None:
        written = os.write(self._fd, piece)
        while written != len(piece):
            piece = memoryview(piece)[written:]
            written = os.write(self._fd, piece)

    def finish(self, path: str, *, replace: bool = True, fsync: bool = False) -> bool:
        """Give the file its name. Returns whether there was a file of this name, as far as that shows.

        Args:
            path: the name. A folder that is missing is made.
            replace: whether a file of this name is replaced.
            fsync: return only when contents and name are on the disk.

        Raises:
            FileExistsError: there is a file of this name, and it is not to be replaced. Another name may be tried.
            OSError: that is not possible. The file is to be discarded then.
        """
        if fsync and self._fd >= 0:
            os.fsync(self._fd)
        if self._has_name:
            self._close()  # some file systems say only now that they have no room
        try:
            replaced = self._name(path, replace)
        except FileNotFoundError:
            _make_folder(os.path.dirname(path), fsync)
            replaced = self._name(path, replace)
        self.path = path
        self._close()
        if fsync:
            _sync_folder(os.path.dirname(path))
        return replaced

    def _name(self, path: str, replace: bool) -> bool:
        if self._has_name:
            replaced = os.path.lexists(path)
            _rename(self.path, path, replace)
            return replaced
        try:
            name_descriptor(self._fd, path)
            return False
        except FileExistsError:
            if not replace:
                raise
            hidden = _hidden(os.path.dirname(path))
            name_descriptor(self._fd, hidden)
            try:
                os.replace(hidden, path)
            except BaseException:
                os.unlink(hidden)
                raise
            return True

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def discard(self) -> None:
        """Remove the file, unless it is finished."""
        with suppress(OSError):  # nobody can do more about it; so of the next
            self._close()
        if is_partial(os.path.basename(self.path)):
            with suppress(OSError):
                os.unlink(self.path)


class IncomingFiles:
    """The files that are being received in a folder: one is made ahead, while there is nothing else to do.

    Making a file is what takes a file system longest. Only one without a name is made ahead: it leaves nothing behind.
    Servers in several threads may share this.

    Args:
        folder: see IncomingFile.
    """

    __slots__ = ("_ahead", "_folder")

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._ahead: deque[tuple[float, IncomingFile]] = deque()  # when it was made, and the file; one, mostly

    def take(self) -> IncomingFile:
        """A new file.

        Raises:
            OSError: it cannot be made.
        """
        while self._ahead:
            with suppress(IndexError):  # another thread has it
                made, file = self._ahead.popleft()
                if time.monotonic() - made < _FRESH:
                    return file
                file.discard()
        return IncomingFile(self._folder)

    def prepare(self) -> None:
        """Make the next file ahead, where that is possible. If it is not, `take` will say so."""
        if not self._ahead and _can_be_unnamed and self._folder not in _named_only:
            with suppress(OSError):
                self._ahead.append((time.monotonic(), IncomingFile(self._folder)))

    def close(self) -> None:
        """Forget what was made ahead."""
        while self._ahead:
            with suppress(IndexError):
                self._ahead.popleft()[1].discard()


def _hidden(folder: str) -> str:
    return os.path.join(folder, f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")


def _rename(source: str, path: str, replace: bool) -> None:
    if replace or os.name != "posix":
        (os.replace if replace else os.rename)(source, path)  # on Windows, the latter replaces nothing
        return
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        if os.path.lexists(path):  # where there are no links, another process may come in between
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.rename(source, path)
    else:
        os.unlink(source)


def _make_folder(folder: str, fsync: bool) -> None:
    """Make a folder, and what it is in. With `fsync`, their names last."""
    if not folder or os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    _make_folder(above, fsync)
    with suppress(FileExistsError):  # somebody else was quicker
        os.mkdir(folder)
    if fsync:
        _sync_folder(above)


def _sync_folder(folder: str) -> None:
    """Make a new name last. Windows has no such call."""
    if os.name != "posix":
        return
    fd = os.open(folder or os.curdir, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

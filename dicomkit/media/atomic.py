"""Files that appear whole: written under another name, then put in place of what was there.

Whatever happens on the way, a full disk or a process that is killed, the target is the old file or the new one.
"""

from __future__ import annotations

import os
import stat

from dicomkit.errors import SourceChanged

if os.name == "posix":
    from dicomkit._ext.posix_file import exchange
else:

    def exchange(one: str, other: str) -> bool:
        """This system cannot."""
        return False


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["replace_file"]

LONGEST_STEM = 48  # characters of the target's name, of 4 bytes at most, of the 255 bytes that a name may have
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def replace_file(path: str, write: Callable[[int], None], *, fsync: bool = False, flush: bool = True) -> None:
    """Make or replace a file.

    A file that is there keeps its permissions and, where that is allowed, its owner; a symbolic link stays one. What is
    no regular file (a pipe, a device) is written as it is.

    Args:
        path: the file.
        write: writes the contents to a file descriptor.
        fsync: return only when contents and name are on the disk.
        flush: let the file system send the contents to the disk when they take the place of others, as ext4 and btrfs do.
            False spares that, a millisecond for half a megabyte; if the power fails within the next half minute, the file
            may be empty.

    Raises:
        OSError: it cannot be written. The error says whether the old file is still there, and names the file.
        SourceChanged: from `write`; the target is as it was.
    """
    before = _status(path)
    if before is not None and stat.S_ISLNK(before.st_mode):
        if os.path.exists(path) and not os.path.isfile(path):  # as /dev/stdout: where it leads may have no path
            _write_through(path, write)
            return
        path = os.path.realpath(path)
        before = _status(path)
    if before is not None and not stat.S_ISREG(before.st_mode):
        _write_through(path, write)
        return
    if before is not None and not os.access(path, os.W_OK):
        _fail(PermissionError(13, "Permission denied"), path, before)
    folder, name = os.path.split(path)
    temporary = ""
    try:
        temporary, fd = _new_file(folder, name, 0o666 if before is None else stat.S_IMODE(before.st_mode))
        try:
            write(fd)
            if before is not None:
                _keep_owner(fd, before)
            if fsync:
                os.fsync(fd)
        finally:
            os.close(fd)
        # An exchange does not make the file system flush, as replacing does. Until the old file is removed, it has a name.
        if not flush and before is not None and exchange(temporary, path):
            _remove(temporary)
        else:
            os.replace(temporary, path)
    except BaseException as error:
        if temporary:
            _remove(temporary)
        if isinstance(error, OSError) and not isinstance(error, SourceChanged) and error.errno is not None:
            _fail(error, path, before)
        raise
    if fsync:
        _sync_folder(folder, path)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _new_file(folder: str, name: str, mode: int) -> tuple[str, int]:
    """A file of its own beside the target: hidden, and named after it, to be recognised if a killed process leaves it."""
    while True:
        temporary = os.path.join(folder, f".{name[:LONGEST_STEM]}.{os.urandom(6).hex()}.part")
        try:
            return temporary, os.open(temporary, FLAGS, mode)
        except FileExistsError:
            continue


def _keep_owner(fd: int, before: os.stat_result) -> None:
    if os.name != "posix":
        return
    status = os.fstat(fd)
    if stat.S_IMODE(status.st_mode) != stat.S_IMODE(before.st_mode):  # the umask took something
        os.fchmod(fd, stat.S_IMODE(before.st_mode))
    if (status.st_uid, status.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(fd, before.st_uid, before.st_gid)
        except PermissionError:
            return  # only the superuser gives files away


def _write_through(path: str, write: Callable[[int], None]) -> None:
    fd = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        write(fd)
    except SourceChanged:
        raise
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; a part may have been written", path) from error
    finally:
        os.close(fd)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # the error that led here is the one to tell


def _fail(error: OSError, path: str, before: os.stat_result | None) -> NoReturn:
    """Raise the same error, with what it means for the target."""
    outcome = "nothing was written" if before is None else "the old file is unchanged"
    raise OSError(error.errno, f"{error.strerror or 'cannot be written'}; {outcome}", path) from error


def _sync_folder(folder: str, path: str) -> None:
    """Make a new name last. Windows has no such call."""
    if os.name != "posix":
        return
    try:
        fd = os.open(folder or os.curdir, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        outcome = "the new file is there, but may not outlast a power failure"
        raise OSError(error.errno, f"{error.strerror}; {outcome}", path) from error

"""Bytes to where they go: a file descriptor, a socket, a file object.

Deferred values go from file to file without passing through Python, inside the kernel where that is quicker
(copy_file_range, sendfile); else in steps, so that no value needs to fit in memory.
"""

from __future__ import annotations

import errno
import os
import stat

from dicomkit._ext.writer import turned

if os.name == "posix":
    from dicomkit._ext.posix_file import copy_range
else:

    def copy_range(source: int, offset: int, target: int, length: int) -> int:
        """Nothing is copied here: all is left."""
        return length


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TypeAlias

    from dicomkit.typing import BytesLike

    #: Bytes, or (source, offset, length, unit): see dicomkit._ext.writer.Encoded.parts.
    Part: TypeAlias = "BytesLike | tuple[Any, Any, int, int]"

__all__ = ["chunks", "write_parts"]

# What a system says of sendfile if it does not have it for these files.
_UNSUPPORTED = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP))

LARGEST_CALL = 1 << 30

STEP = 1 << 20  # a multiple of every word size
MOST_BUFFERS = 512
MOST_BUFFERED = 1 << 22  # bytes that are gathered for one call


def chunks(parts: Iterable[Part]) -> Iterator[BytesLike]:
    """All bytes of the parts, in steps."""
    for part in parts:
        if not isinstance(part, tuple):
            yield part
            continue
        source, start, length, unit = part
        for at in range(0, length, STEP):
            size = min(STEP, length - at)
            data: BytesLike = start[at : at + size] if source is None else source.read(start + at, size)
            yield data if unit == 1 else turned(data, unit)


def write_parts(fd: int, parts: Iterable[Part]) -> None:
    """Write the parts to a file descriptor.

    Raises:
        OSError: it takes no more.
        SourceChanged: a deferred value cannot be read any more.
    """
    buffers: list[BytesLike] = []
    size = 0
    for part in parts:
        if not isinstance(part, tuple):
            if len(part):
                buffers.append(part)
                size += len(part)
            if len(buffers) == MOST_BUFFERS or size > MOST_BUFFERED:
                _write_all(fd, buffers)
                buffers = []
                size = 0
            continue
        _write_all(fd, buffers)
        buffers = []
        size = 0
        source, start, length, unit = part
        if unit != 1 or source is None or not _copy(fd, source, start, length):
            for data in chunks((part,)):
                _write_all(fd, [data])
    _write_all(fd, buffers)


def _write_all(fd: int, buffers: list[BytesLike]) -> None:
    if not buffers:
        return
    left = sum(map(len, buffers))
    if hasattr(os, "writev"):
        written = os.writev(fd, buffers)
    else:
        written = os.write(fd, buffers[0])
    if written == left:
        return
    for buffer in buffers:  # a signal, a pipe, more than 2 GiB
        view = memoryview(buffer).cast("B")
        if written >= len(view):
            written -= len(view)
            continue
        view = view[written:]
        written = 0
        while view:
            view = view[os.write(fd, view[: 1 << 30]) :]


def _copy(fd: int, source: Any, start: int, length: int) -> bool:
    """Copy a range of a local file without its bytes passing through Python. Returns False where that is not possible."""
    open_range = getattr(source, "open_range", None)
    opened = None if open_range is None else open_range(start, length)
    if opened is None:
        return False
    source_fd, offset = opened
    try:
        if _is_regular(fd):
            left = copy_range(source_fd, offset, fd, length)
        else:
            left = _send(fd, source_fd, offset, length)
        if not left:
            source.check(source_fd)
    finally:
        os.close(source_fd)
    if left:  # in steps what the system did not take, or an error if the file has become shorter
        for data in chunks([(source, start + length - left, left, 1)]):
            _write_all(fd, [data])
    return True


def _is_regular(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _send(fd: int, source_fd: int, offset: int, left: int) -> int:
    """Send a range of a file to a socket or pipe. Returns how much is left."""
    try:
        while left:
            sent = os.sendfile(fd, source_fd, offset, min(left, LARGEST_CALL))
            if not sent:
                break
            left -= sent
            offset += sent
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    return left

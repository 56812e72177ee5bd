"""Files by few system calls: opening one and reading its first window, reading and copying ranges, naming and exchanging."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.errno cimport EINTR, EISDIR, errno
from libc.stdint cimport int64_t
from posix.fcntl cimport O_RDONLY, open
from posix.stat cimport S_ISDIR, S_ISREG, fstat, struct_stat
from posix.unistd cimport close, pread

cdef extern from "Python.h":
    object PyUnicode_EncodeFSDefault(object text)
    object PyErr_SetFromErrnoWithFilenameObject(object kind, object filename)

cdef extern from *:
    """
    #include <fcntl.h>
    #include <sys/stat.h>
    #ifdef __APPLE__
    #define modified_ns(status) ((status).st_mtimespec.tv_sec * 1000000000LL + (status).st_mtimespec.tv_nsec)
    #else
    #define modified_ns(status) ((status).st_mtim.tv_sec * 1000000000LL + (status).st_mtim.tv_nsec)
    #endif
    """
    const int O_CLOEXEC
    long long modified_ns(struct_stat status)

cdef enum:
    MOST_HEADERS = 4096     # that are looked for at a time


cdef Py_ssize_t pread_fully(int fd, char *buffer, Py_ssize_t length, int64_t offset) noexcept nogil:
    """Read from an offset on until `length` bytes are there or the file ends; -1 on an error."""
    cdef Py_ssize_t got = 0, step
    while got < length:
        step = pread(fd, buffer + got, length - got, offset + got)
        if step == 0:
            break
        if step > 0:
            got += step
        elif errno != EINTR:
            return -1
    return got


def read_head(str path, Py_ssize_t head, Py_ssize_t whole) -> tuple:
    """Open a file and read its first `head` bytes, or all of it if it has no more than `whole`.

    Returns (descriptor, bytes, size, identity). The descriptor is -1 where everything was read and the file is closed again;
    else the caller closes it. Size and identity (device, inode, size, modification time in ns) are None for a pipe or device,
    of which nothing is read.

    Raises OSError.
    """
    cdef bytes name = PyUnicode_EncodeFSDefault(path)
    cdef const char *c_name = PyBytes_AS_STRING(name)
    cdef struct_stat status
    cdef Py_ssize_t length, got
    cdef bytes data
    cdef char *buffer
    cdef int fd, failed = 0
    with nogil:
        fd = open(c_name, O_RDONLY | O_CLOEXEC)
        if fd >= 0:
            failed = fstat(fd, &status)
    if b"\0" in name:
        if fd >= 0:
            close(fd)
        raise ValueError("embedded null byte")
    if fd < 0:
        PyErr_SetFromErrnoWithFilenameObject(OSError, path)
    if failed:
        return give_up(fd, path)
    if S_ISDIR(status.st_mode):
        close(fd)
        raise IsADirectoryError(EISDIR, "Is a directory", path)
    if not S_ISREG(status.st_mode):
        return fd, b"", None, None
    length = status.st_size if status.st_size <= whole else head
    data = PyBytes_FromStringAndSize(NULL, length)
    buffer = PyBytes_AS_STRING(data)
    with nogil:
        got = pread_fully(fd, buffer, length, 0)
        if got >= 0 and length == status.st_size:
            close(fd)
    if got < 0:
        return give_up(fd, path)
    if got < length:
        data = data[:got]
    if length == status.st_size:
        return -1, data, got, None
    return fd, data, status.st_size, (status.st_dev, status.st_ino, status.st_size, modified_ns(status))


def read_range(str path, tuple identity, int64_t offset, Py_ssize_t length) -> bytes | None:
    """Bytes of a file: fewer where it ends, None if it has another identity (see `read_head`).

    Raises OSError.
    """
    cdef bytes name = PyUnicode_EncodeFSDefault(path)
    cdef const char *c_name = PyBytes_AS_STRING(name)
    cdef struct_stat status
    cdef Py_ssize_t got
    cdef bytes data
    cdef char *buffer
    cdef int fd, failed = 0
    with nogil:
        fd = open(c_name, O_RDONLY | O_CLOEXEC)
        if fd >= 0:
            failed = fstat(fd, &status)
    if fd < 0:
        PyErr_SetFromErrnoWithFilenameObject(OSError, path)
    if failed:
        return give_up(fd, path)
    try:
        if identity != (status.st_dev, status.st_ino, status.st_size, modified_ns(status)):
            return None
        data = PyBytes_FromStringAndSize(NULL, length)
        buffer = PyBytes_AS_STRING(data)
        with nogil:
            got = pread_fully(fd, buffer, length, offset)
        if got < 0:
            PyErr_SetFromErrnoWithFilenameObject(OSError, path)
    finally:
        close(fd)
    return data if got == length else data[:got]


cdef object give_up(int fd, str path):
    try:
        PyErr_SetFromErrnoWithFilenameObject(OSError, path)
    finally:
        close(fd)


cdef extern from *:
    """
    #include <errno.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    enum { STEP = 1 << 18, PAGE = 4096, LARGEST_CALL = 1 << 30, BLOCK = 1 << 16, SHORT = 1 << 13 };

    /* Puts the headers of items, and returns how many. Where items are short, the file is read in blocks: that takes no longer
     * than a call for each header. */
    static int64_t item_headers(int fd, int64_t at, int64_t stop, char *headers, int64_t most) {
        char *block = (char *)malloc(BLOCK);
        int64_t start = 0, end = 0, count = 0;
        uint32_t length = SHORT;
        while (block != NULL && count < most && stop - at >= 8) {
            const unsigned char *h;
            if (at < start || at + 8 > end) {
                ssize_t got = pread(fd, block, length < SHORT ? BLOCK : 8, (off_t)at);
                if (got < 8)
                    break;
                start = at;
                end = at + got;
            }
            h = (const unsigned char *)block + (at - start);
            length = (uint32_t)h[7] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[5] << 8 | h[4];
            if (h[0] != 0xFE || h[1] != 0xFF || h[2] != 0 || h[3] != 0xE0 || length > stop - at - 8)
                break;
            memcpy(headers + 8 * count, h, 8);
            count++;
            at += 8 + (int64_t)length;
        }
        free(block);
        return count;
    }

    static int write_fully(int fd, const char *bytes, size_t length) {
        while (length) {
            ssize_t step = write(fd, bytes, length);
            if (step < 0 && errno != EINTR)
                return -1;
            if (step > 0) {
                bytes += step;
                length -= (size_t)step;
            }
        }
        return 0;
    }

    /* Copies a range of a file to where another stands. Returns what is left: 0, more if the file ends before,
     * or -1 on an error.
     *
     * The kernel copies quickly from page to page. Where the pages do not lie alike, it is slower than reading and writing. */
    static int64_t copy_range(int source, int64_t offset, int target, int64_t left) {
        char *buffer;
        ssize_t got = 1;
    #ifdef __linux__
        off_t from = (off_t)offset;
        if ((lseek(target, 0, SEEK_CUR) - from) % PAGE == 0)
            while (left > 0 && (got = copy_file_range(source, &from, target, NULL, left < LARGEST_CALL ? (size_t)left : LARGEST_CALL, 0)) > 0)
                left -= got;
        offset = (int64_t)from;
    #endif
        if (left == 0)
            return 0;
        buffer = (char *)malloc(STEP);
        if (buffer == NULL) {
            errno = ENOMEM;
            return -1;
        }
        while (left > 0) {
            got = pread(source, buffer, left < STEP ? (size_t)left : STEP, (off_t)offset);
            if (got < 0 && errno == EINTR)
                continue;
            if (got == 0 || got < 0 || write_fully(target, buffer, (size_t)got) < 0)
                break;
            offset += got;
            left -= got;
            got = 0;
        }
        free(buffer);
        return got == 0 ? left : -1;
    }
    """
    int64_t item_headers_ "item_headers"(int fd, int64_t at, int64_t stop, char *headers, int64_t most) nogil
    int64_t copy_range_ "copy_range"(int source, int64_t offset, int target, int64_t left) nogil


def item_headers(int fd, int64_t offset, int64_t stop) -> bytes:
    """The headers of items that follow one another from `offset` on, of 8 bytes each (PS3.5 7.5, little endian), some thousands at most.

    They end before whatever is no item with a length that ends at `stop` at the latest, and where the file cannot be read.
    """
    cdef bytes headers = PyBytes_FromStringAndSize(NULL, 8 * MOST_HEADERS)
    cdef char *to = PyBytes_AS_STRING(headers)
    cdef int64_t count
    with nogil:
        count = item_headers_(fd, offset, stop, to, MOST_HEADERS)
    return headers[: 8 * count]


def copy_range(int source, int64_t offset, int target, int64_t length) -> int:
    """Copy a range of a file to where another one stands, without the bytes passing through Python.

    Returns how many bytes are missing because the file ends before.

    Raises OSError.
    """
    cdef int64_t left
    with nogil:
        left = copy_range_(source, offset, target, length)
    if left < 0:
        PyErr_SetFromErrnoWithFilenameObject(OSError, None)
    return left


cdef extern from *:
    """
    #include <stdio.h>
    #ifdef __linux__
    #include <sys/syscall.h>
    #endif

    /* Exchanges what two names stand for, in one step. Returns 0, or -1 where the system cannot. */
    static int exchange(const char *one, const char *other) {
    #if defined(__linux__) && defined(SYS_renameat2)
        enum { EXCHANGE = 2 };
        return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, EXCHANGE);
    #else
        (void)one;
        (void)other;
        return -1;
    #endif
    }

    /* Gives a file without a name its first one. Returns 0, or -1 with errno. Linux before 6.10 lets only the mighty name a file
     * by its descriptor alone, which is quicker than going through /proc. */
    static int name_descriptor(int fd, const char *path) {
    #if defined(__linux__) && defined(AT_EMPTY_PATH)
        char link[32];
        if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
            return 0;
        if (errno == EEXIST)
            return -1;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
    #else
        (void)fd;
        (void)path;
        errno = ENOSYS;
        return -1;
    #endif
    }
    """
    int exchange_ "exchange"(const char *one, const char *other) nogil
    int name_descriptor_ "name_descriptor"(int fd, const char *path) nogil


def exchange(str one, str other) -> bool:
    """Exchange two files' names in one step: at every moment each name stands for one of them, whole.

    Returns False, with nothing done, where the system or the file system cannot, or one of them is not there.
    """
    cdef bytes first = PyUnicode_EncodeFSDefault(one), second = PyUnicode_EncodeFSDefault(other)
    cdef const char *c_first = PyBytes_AS_STRING(first)
    cdef const char *c_second = PyBytes_AS_STRING(second)
    cdef int failed
    if b"\0" in first or b"\0" in second:
        return False
    with nogil:
        failed = exchange_(c_first, c_second)
    return not failed


def name_descriptor(int fd, str path) -> None:
    """Give a file that was opened without a name (O_TMPFILE) its first one.

    Raises OSError; FileExistsError if there is a file of this name.
    """
    cdef bytes name = PyUnicode_EncodeFSDefault(path)
    cdef const char *c_name = PyBytes_AS_STRING(name)
    cdef int failed
    if b"\0" in name:
        raise ValueError("embedded null byte")
    with nogil:
        failed = name_descriptor_(fd, c_name)
    if failed:
        PyErr_SetFromErrnoWithFilenameObject(OSError, path)

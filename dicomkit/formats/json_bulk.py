"""Bulk data of the DICOM JSON Model in files (PS3.18 F.2.6): writing them for `to_json`, reading them for `from_json`."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from dicomkit.errors import EncodeError, ParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from dicomkit.dataset import DataElement, Dataset
    from dicomkit.typing import BytesLike, StrPath

__all__ = ["BulkDirectory", "BulkFiles", "ForbiddenFile", "UnsupportedURI"]

CHUNK: Final = 1 << 22  # bytes that are held of a value: a multiple of all its units
ITEM_HEADER: Final = 8
LOCAL_HOSTS: Final = ("", "localhost", "127.0.0.1", "ip6-localhost", "::1")

#: VR -> bytes of what is swapped in big endian.
UNITS: Final = {
    "OW": 2, "US": 2, "SS": 2, "OF": 4, "OL": 4, "FL": 4, "SL": 4, "UL": 4, "OD": 8, "OV": 8, "FD": 8, "SV": 8, "UV": 8,
}  # fmt: skip

#: Family of a transfer syntax -> extension of the file of a frame (the media types are in PS3.18 8.7.3).
EXTENSIONS: Final = {
    "jpeg": ".jpg", "jpeg-lossless": ".jpg", "jpeg-ls": ".jls", "jpeg2000": ".jp2", "jpeg2000-mc": ".jpx", "htj2k": ".jhc",
    "jpeg-xl": ".jxl", "rle": ".rle", "mpeg2": ".mpg", "h264": ".mp4", "h265": ".mp4", "deflate-frame": ".deflate",
}  # fmt: skip
VIDEO: Final = frozenset(("mpeg2", "h264", "h265"))


class BulkDirectory:
    """Writes bulk data to files of a directory: the `bulk_data` of `to_json`.

    A file is named by the SHA-256 of its content, so equal values are in one file. Values are in little endian, text in
    UTF-8. Of encapsulated Pixel Data it is the one frame, or the video stream, with an extension that tells its media type.

    Args:
        dataset: the data set that is written.
        directory: made if it is not there.
        uri: what stands in front of the file names; by default the file URI of the directory.
    """

    def __init__(self, dataset: Dataset, directory: StrPath, uri: str | None = None) -> None:
        self.dataset = dataset
        self.directory = os.fsdecode(directory)
        self.uri = file_uri(self.directory) if uri is None else uri.removesuffix("/") + "/"

    def __call__(self, element: DataElement) -> str:
        """Write the value of an element to a file. Returns its URI.

        Raises:
            EncodeError: encapsulated Pixel Data of several frames, which a file cannot hold.
            OSError: the file cannot be written.
        """
        extension = ""
        pieces: Iterator[BytesLike]
        if element.is_encapsulated:
            extension = self._extension(element)
            pieces = _fragments(element)
        else:
            pieces = _pieces(element)
        return self.uri + self._store(pieces, extension)

    def _extension(self, element: DataElement) -> str:
        from dicomkit.standard.transfer_syntax import TransferSyntax

        family = TransferSyntax.assumed(str(self.dataset.transfer_syntax)).family
        frames = self.dataset.get("NumberOfFrames", 1) or 1
        if frames != 1 and family not in VIDEO:
            raise EncodeError(f"{frames} compressed frames cannot be in one file of bulk data", element.tag)
        return EXTENSIONS.get(family, "")

    def _store(self, pieces: Iterator[BytesLike], extension: str) -> str:
        import hashlib

        os.makedirs(self.directory, exist_ok=True)
        digest = hashlib.sha256()
        partial = os.path.join(self.directory, f".{os.urandom(8).hex()}")
        try:
            with open(partial, "xb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
            name = digest.hexdigest() + extension
            os.replace(partial, os.path.join(self.directory, name))
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(partial)
            raise
        return name


def file_uri(directory: str) -> str:
    """The URI of a directory, with a slash at its end."""
    from urllib.parse import quote
    from urllib.request import pathname2url

    path = os.path.join(os.path.abspath(directory), "")
    return "file://" + (quote(path) if os.sep == "/" else pathname2url(path))


def _pieces(element: DataElement) -> Iterator[BytesLike]:
    """The value of an element in little endian, text in UTF-8, in pieces."""
    from dicomkit.dataset.text import TEXT_VRS

    place = element._place()
    if place is None or element.offset is None or element.length is None:
        raise ValueError("an element that was read is needed")
    dataset, _ = place
    if element.vr in TEXT_VRS:
        sets = dataset.character_sets if TEXT_VRS[element.vr][2] else None
        yield element.raw if sets is None else sets.decode(element.raw, element.vr).rstrip(" \0").encode()
        return
    unit = UNITS.get(element.vr, 1) if element.big_endian else 1
    for at in range(0, element.length, CHUNK):
        piece = dataset._read(element.offset + at, min(CHUNK, element.length - at))
        yield piece if unit == 1 else _swapped(piece, unit)


def _swapped(piece: bytes, unit: int) -> bytes:
    from array import array

    whole = len(piece) // unit * unit
    code = next(code for code in "HILQ" if array(code).itemsize == unit)
    words = array(code, piece[:whole])
    words.byteswap()
    return words.tobytes() + piece[whole:]


def _fragments(element: DataElement) -> Iterator[BytesLike]:
    """The fragments of encapsulated Pixel Data, without the Basic Offset Table (PS3.5 A.4)."""
    data = element.view()
    at, first = 0, True
    while at + ITEM_HEADER <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if not first:
            yield data[at + ITEM_HEADER : at + ITEM_HEADER + length]
        first = False
        at += ITEM_HEADER + length


class UnsupportedURI(ParseError):
    """A BulkDataURI that is not one of a local file."""


class ForbiddenFile(ParseError):
    """A BulkDataURI of a file that must not be read, or is not there."""


class BulkFiles:
    """Reads bulk data from files: the `bulk_data` of `from_json`.

    URIs come with the document, so only files in certain directories are read, wherever symbolic links lead. A URI may end
    in `?offset=number&length=number`, for a part of the file.

    Args:
        directories: where files may be read, also in directories below.
    """

    def __init__(self, directories: Iterable[StrPath]) -> None:
        self.directories = [os.path.join(os.path.realpath(os.fsdecode(directory)), "") for directory in directories]

    def __call__(self, uri: str) -> bytes:
        """The bytes of a URI.

        Raises:
            UnsupportedURI: it is not the URI of a local file.
            ForbiddenFile: the file is not in one of the directories, or cannot be read.
            ParseError: the file is shorter than the URI says.
        """
        path, offset, length = parse_file_uri(uri)
        found = os.path.realpath(path)
        if not any(found.startswith(directory) for directory in self.directories):
            raise ForbiddenFile(f"{uri!r} is not in a directory that is permitted for bulk data")
        try:
            with open(_opened(found), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if length is None:
                    length = max(size - offset, 0)
                if offset + length > size:
                    raise ParseError(f"the file of {uri!r} has {size} bytes, not {offset + length}")
                file.seek(offset)
                data = file.read(length)
        except OSError as error:
            raise ForbiddenFile(f"{uri!r} cannot be read: {error.strerror or error}") from None
        if len(data) != length:
            raise ParseError(f"the file of {uri!r} became shorter while it was read")
        return data


def _opened(path: str) -> int:
    """A descriptor of a regular file by its real path, which must still be that: somebody may put a link there meanwhile."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or os.path.realpath(path) != path or not os.path.samestat(status, os.stat(path)):
            raise OSError("not a regular file")
    except BaseException:
        os.close(fd)
        raise
    return fd


def parse_file_uri(uri: str) -> tuple[str, int, int | None]:
    """Path, offset and length (None: all) of a file URI (RFC 8089).

    Raises:
        UnsupportedURI: it is none, or one of another host, or has other parameters.
    """
    from urllib.parse import unquote, urlsplit
    from urllib.request import url2pathname

    try:
        parts = urlsplit(uri)
    except ValueError:
        raise UnsupportedURI(f"{uri!r} is no URI") from None
    if parts.scheme != "file" or not parts.path.startswith("/") or len(parts.path) < 2:
        raise UnsupportedURI(f"{uri!r} is not the URI of a file")
    if parts.netloc not in LOCAL_HOSTS or parts.path.startswith("//"):
        raise UnsupportedURI(f"{uri!r} is a file of another host")
    numbers: dict[str, int] = {}
    for parameter in filter(None, parts.query.split("&")):
        name, _, value = parameter.partition("=")
        if name not in ("offset", "length") or not (value.isascii() and value.isdecimal()) or len(value) > 18:
            raise UnsupportedURI(f"{uri!r} has a parameter that is not supported: {parameter!r}")
        numbers[name] = int(value)
    path = unquote(parts.path) if os.sep == "/" else url2pathname(parts.path)
    if "\0" in path:
        raise UnsupportedURI(f"{uri!r} is not the URI of a file")
    return path, numbers.get("offset", 0), numbers.get("length") or None

"""What is to be sent: files, those in folders, and objects in memory, each with what its header says it is."""

from __future__ import annotations

import os

from dicomkit.errors import DicomError
from dicomkit.net.outgoing import READ_ONLY, Outgoing, read_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

    from dicomkit.net.outgoing import Storable

__all__ = ["Candidate", "candidate", "candidates", "files_in"]

HEAD: Final = 4096  # bytes in which the File Meta Information ends, nearly always
PREFIX: Final = 132  # bytes of preamble and prefix (PS3.10 7.1)
DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"


class Candidate:
    """An object that is to be sent.

    Attributes:
        source: a path, or what else was given.
        sop_class_uid, sop_instance_uid, transfer_syntax: what it is.
        size: bytes of its data set as it is; None if that is not known.
    """

    __slots__ = ("size", "sop_class_uid", "sop_instance_uid", "source", "transfer_syntax")

    def __init__(self, source: Storable, sop_class: str, sop_instance: str, transfer_syntax: str, size: int | None) -> None:
        self.source = source
        self.sop_class_uid = sop_class
        self.sop_instance_uid = sop_instance
        self.transfer_syntax = transfer_syntax
        self.size = size

    def __repr__(self) -> str:
        return f"<Candidate {self.source!r}>"


def candidate(source: Storable) -> Candidate:
    """Look at something that is to be sent, at as little of it as possible.

    Raises:
        ParseError, OSError: it cannot be read.
        EncodeError: it has no SOP class or instance UID.
        TypeError: it is nothing that can be sent.
    """
    if isinstance(source, (str, os.PathLike)):
        found = _peek(os.fsdecode(source))
        if found is not None:
            sop_class, instance, syntax, size = found
            return Candidate(source, sop_class, instance, syntax, size)
    outgoing = Outgoing(source)
    outgoing.close()
    return Candidate(source, outgoing.sop_class_uid, outgoing.sop_instance_uid, outgoing.transfer_syntax, outgoing.size)


def _peek(name: str) -> tuple[str, str, str, int] | None:
    fd = os.open(name, READ_ONLY)
    try:
        size = os.fstat(fd).st_size
        head = os.read(fd, HEAD)
    finally:
        os.close(fd)
    found = read_header(memoryview(head), size)
    return None if found is None else (found[0], found[1], found[2], size - found[3])


def candidates(sources: Iterable[Storable] | Storable) -> Iterator[tuple[Storable, Candidate | Exception | None]]:
    """Look at all that is to be sent.

    Folders stand for the files in them and in the folders below, sorted by name. What is no DICOM object there is left out.

    Returns:
        Each source, and what it is; or why it cannot be read; or None for what is left out.
    """
    for source in _each(sources):
        if isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
            for path in files_in(os.fsdecode(source)):
                yield path, _in_folder(path)
            continue
        try:
            yield source, candidate(source)
        except (DicomError, OSError, ValueError, TypeError) as error:
            yield source, error


def _each(sources: Any) -> Iterator[Any]:  # Any: a data set, and most open files, are iterable too
    """Each of several sources, or a single one."""
    single = isinstance(sources, (str, bytes, bytearray, memoryview, os.PathLike, Outgoing))
    if single or hasattr(sources, "is_changed") or hasattr(sources, "read") or not hasattr(sources, "__iter__"):
        yield sources
    else:
        yield from sources


def _in_folder(path: str) -> Candidate | Exception | None:
    """What a file in a folder is. Only what calls itself a DICOM file can be a bad one."""
    try:
        with open(path, "rb") as file:
            if file.read(PREFIX)[128:] != b"DICM":
                return None
        found = candidate(path)
    except (DicomError, OSError, ValueError) as error:
        return error
    return None if found.sop_class_uid == DIRECTORY_CLASS else found


def files_in(folder: str) -> Iterator[str]:
    """The files in a folder and in those below, sorted by name, folders last. Links to folders are not followed."""
    pending = [folder]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=_name)
        except OSError:
            continue  # which may not be read
        for entry in entries:
            if entry.is_file():
                yield entry.path
        pending += [entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name

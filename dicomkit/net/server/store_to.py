"""Received objects as files: bit for bit what was sent, whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import datetime
from typing import TYPE_CHECKING, Final

from dicomkit._ext.tagstream import names_object
from dicomkit.errors import DicomError
from dicomkit.media.reader import read
from dicomkit.net.server.calls import call
from dicomkit.net.server.file_head import file_head
from dicomkit.net.server.incoming_file import IncomingFile, IncomingFiles
from dicomkit.net.server.outcome import status_of
from dicomkit.net.server.storage import Arrival
from dicomkit.net.storage_names import FileNaming
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomkit.net.server.request import Request
    from dicomkit.net.server.storage import Storage
    from dicomkit.typing import StrPath

__all__ = ["StoreTo"]

SUCCESS: Final = 0x0000
DATA_SET_DOES_NOT_MATCH: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000

MOST_ATTEMPTS: Final = 10_000  # at a name that is not taken
HEAD: Final = 2048  # bytes of a data set, in which SOP class and instance are looked for
SOP_CLASS: Final = 0x00080016
SOP_INSTANCE: Final = 0x00080018
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"


class StoreTo:
    """Writes objects to files in a folder.

    The data set of a file is what the peer has sent, byte for byte, in the transfer syntax it was sent in. A file gets its
    name when it is complete, before the peer is told so: whatever happens, what has a name is a whole object, and what was
    answered with success is there. An object that is sent again replaces the one before.

    Args:
        folder: where the files go; it is made if it is missing.
        naming: how they are named: a `FileNaming`, as "CT.1.2.3"; or a function that is called with the `Request` of a
            complete object and gives the path in the folder. What it takes of what peers say has to go through
            `dicomkit.net.storage_names.safe_name`.
        sort: called with the `Request` of a complete object, gives the path of a folder in the folder; None: no folders.
        fsync: answer only when the file is on the disk, so that it outlasts a power failure.
        check: refuse objects whose SOP class or instance is not the one of the C-STORE request.
        stored: called with the `Request` of an object that was stored, at `path`, before the peer is told so: a function
            (run in a thread) or a coroutine. It may return a status other than success, or raise; the file stays.
    """

    def __init__(
        self,
        folder: StrPath,
        *,
        naming: FileNaming | Callable[[Request], str] | None = None,
        sort: Callable[[Request], str] | None = None,
        fsync: bool = False,
        check: bool = True,
        stored: Callable[[Request], Any] | None = None,
    ) -> None:
        self.folder = os.fspath(folder)
        self._within = os.path.join(self.folder, "")
        self.naming = FileNaming() if naming is None else naming
        self.sort = sort
        self.fsync = fsync
        self.check = check
        self.stored = stored
        self.files = IncomingFiles(self.folder)
        #: Whether names depend on nothing but the request.
        self.names_ahead = sort is None and isinstance(self.naming, FileNaming) and self.naming.replaces

    def start(self) -> None:
        """Make the folder."""
        os.makedirs(self.folder, exist_ok=True)

    def stop(self) -> None:
        """Close what is open."""
        self.files.close()

    def receive(self, storage: Storage, request: Request) -> Arrival:
        """Take an object."""
        return ToFile(storage, request, self)

    def path(self, request: Request, attempt: int = 0) -> tuple[str, bool]:
        """The path for an object, and whether a file there is replaced.

        Args:
            request: of the complete object.
            attempt: how many paths have been tried, because there are files already.
        """
        folder = self._within if self.sort is None else os.path.join(self.folder, inner_path(self.sort(request)), "")
        naming = self.naming
        if not isinstance(naming, FileNaming):
            return folder + inner_path(naming(request)), True
        return folder + naming.name(request.sop_class, request.sop_instance, datetime.now(), attempt), naming.replaces

    def place(self, request: Request, file: IncomingFile, path: str, replace: bool) -> None:
        """Give the file of an object its name, or another one if there is a file that is not to be replaced.

        Raises:
            OSError: that is not possible.
        """
        for attempt in range(1, MOST_ATTEMPTS):
            self.storing(path)
            try:
                replaced = file.finish(path, replace=replace, fsync=self.fsync)
            except FileExistsError:
                path, replace = self.path(request, attempt)
                continue
            request.put(path)
            if replaced:
                self.replaced(path)
            return
        raise FileExistsError(errno.EEXIST, "there are files of all names that could be given")

    def storing(self, path: str) -> None:
        """Told which name an object is to get. For subclasses."""

    def replaced(self, path: str) -> None:
        """Told when an object has replaced a file. For subclasses."""


def inner_path(name: str) -> str:
    """A path that cannot leave the folder it is in.

    Raises:
        ValueError: it is none.
    """
    parts = name.replace(os.sep, "/").split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or os.path.splitdrive(name)[0]:
        raise ValueError(f"{name!r} is no path in a folder")
    return name


class ToFile(Arrival):
    """An object on its way to a file."""

    __slots__ = ("_announced", "_file", "_head", "_is_right", "_place", "_to", "_unwritten")

    def __init__(self, storage: Storage, request: Request, to: StoreTo) -> None:
        super().__init__(storage, request)
        self._to = to
        self._head = b""
        self._announced = (request.transfer_syntax == IMPLICIT_LITTLE, request.sop_class, request.sop_instance)
        self._is_right = not to.check  # the object is known to be the one that was announced
        self._file: IncomingFile | None = None
        self._unwritten = b""  # what goes in front of the data set
        self._place = ("", False)  # path, and whether a file there is replaced

    def begin(self) -> None:
        super().begin()
        request = self.request
        self._unwritten = file_head(request.sop_class, request.sop_instance, request.transfer_syntax, request.peer.ae_title)
        if self._to.names_ahead:
            self._place = self._to.path(request)
        try:
            self._file = self._to.files.take()
        except OSError as error:
            self.out_of_resources(error)

    def write(self, pieces: list[memoryview]) -> None:
        assert self._file is not None
        if self._unwritten:
            self._file.write([self._unwritten, *pieces])
            self._unwritten = b""
            if not self._is_right:
                self._is_right = names_object(pieces[0], *self._announced)
        else:
            self._file.write(pieces)
        if not self._is_right and len(self._head) < HEAD:
            for piece in pieces:
                self._head += piece[: HEAD - len(self._head)]

    def keep(self) -> None:
        to = self._to
        dialogue = self.request.dialogue
        if not self._is_right:
            mismatch = self._mismatch()
            if mismatch:
                self.fail(mismatch)
        if not self.failure and not to.names_ahead:
            self._find_place()
        if self.failure:
            dialogue.finish(self.request, self.failure)
        elif to.fsync or to.stored is not None:
            dialogue.perform(self.request, self._settle(), CANNOT_UNDERSTAND)
        else:
            self._finish()
            dialogue.finish(self.request, self.failure)
            dialogue.later(to.files.prepare)

    def _find_place(self) -> None:
        """Where the file may go. The program's part of that is done before this returns."""
        assert self._file is not None
        self.request.put(self._file.path)  # for a naming that looks into the data set
        try:
            self._place = self._to.path(self.request)
        except Exception as error:  # a naming may raise anything, and what it looks at may be damaged
            self._storage.listener.journal.exception("not-named", error)
            self.fail(CANNOT_UNDERSTAND)

    def _finish(self) -> None:
        """Give the file its name, or remove it."""
        assert self._file is not None
        try:
            self._to.place(self.request, self._file, *self._place)
        except OSError as error:
            self.out_of_resources(error)

    async def _settle(self) -> None:
        """The same, in a thread where it takes long, and what the program does then."""
        listener = self._storage.listener
        if self._to.fsync:
            work = listener.executor.submit(self._finish)
            try:
                await asyncio.wrap_future(work)
            except asyncio.CancelledError:
                if work.cancel():  # it has not begun, and will not
                    self.discard()
                raise
        else:
            self._finish()
        if not self.failure and self._to.stored is not None:
            self.failure = status_of(await call(listener.executor, self._to.stored, self.request))
        self.request.dialogue.finish(self.request, self.failure)

    def _mismatch(self) -> int:
        """Whether the object is the one that was announced: SUCCESS, or what is wrong. `names_object` is much cheaper, but
        only sees what stands in plain view, as it nearly always does.
        """
        request = self.request
        sop_class, instance = _identity(self._head, request.transfer_syntax)
        if (sop_class is None or instance is None) and self.size > len(self._head):
            assert self._file is not None
            sop_class, instance = _identity(self._file.path, None)
        if sop_class is None or instance is None:
            return CANNOT_UNDERSTAND
        if (sop_class, instance) != (request.sop_class, request.sop_instance):
            return DATA_SET_DOES_NOT_MATCH
        return SUCCESS

    def discard(self) -> None:
        if self._file is not None:
            self._file.discard()


def _identity(source: bytes | str, transfer_syntax: str | None) -> tuple[str | None, str | None]:
    """SOP class and instance of a data set in memory, or of a file; None where there is none."""
    try:
        if transfer_syntax is None:
            dataset = read(source, only=(SOP_CLASS, SOP_INSTANCE))
        else:
            known = transfer_syntax if TransferSyntax.find(transfer_syntax) is not None else EXPLICIT_LITTLE
            dataset = read(source, only=(SOP_CLASS, SOP_INSTANCE), transfer_syntax=known, quirks=("data-set-only",))
        sop_class, instance = dataset.get(SOP_CLASS), dataset.get(SOP_INSTANCE)
    except (DicomError, OSError):
        return None, None
    return (sop_class if isinstance(sop_class, str) else None), (instance if isinstance(instance, str) else None)

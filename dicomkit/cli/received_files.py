"""Where storescp and dcmrecv put what they receive: `Store`s for the storage service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dicomkit.media.writer import write_stream
from dicomkit.net.server.incoming_file import IncomingFile
from dicomkit.net.server.storage import Arrival
from dicomkit.net.server.store_to import StoreTo
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from dicomkit.cli.log import Log
    from dicomkit.net.server.request import Request
    from dicomkit.net.server.storage import Storage
    from dicomkit.net.storage_names import FileNaming
    from dicomkit.typing import BytesLike

    #: What is done with an object that was stored, before the peer is told so.
    Afterwards = Callable[[Request], Coroutine[Any, Any, None]]

__all__ = ["AbortingStore", "ConvertingStore", "FileStore", "IgnoringStore"]

CANNOT_UNDERSTAND: Final = 0xC000


class FileStore(StoreTo):
    """Writes objects as they come, and says so.

    Args:
        folder, naming, sort: see StoreTo.
        log: where to say so.
        words: what is said: that a file is written, and that there is one already.
        stored: see StoreTo.
    """

    def __init__(
        self,
        folder: str,
        log: Log,
        words: tuple[str, str],
        *,
        naming: FileNaming,
        sort: Callable[[Request], str] | None = None,
        stored: Afterwards | None = None,
    ) -> None:
        super().__init__(folder, naming=naming, sort=sort, stored=stored)
        self._log = log
        self._is_told = log.shows("info")
        self._words = words

    def storing(self, path: str) -> None:
        if self._is_told:
            self._log.info(f"{self._words[0]}: {path}")

    def replaced(self, path: str) -> None:
        self._log.warn(f"{self._words[1]}: {path}")


class ConvertingStore:
    """Writes objects in another form than they come in. Called with each that is complete.

    Args:
        to: where.
        writing: keyword arguments of `dicomkit.write_stream`.
        quirks: of `dicomkit.read`.
        stored: see StoreTo.
    """

    def __init__(
        self, to: FileStore, writing: dict[str, Any], quirks: tuple[str, ...] = (), stored: Afterwards | None = None
    ) -> None:
        self._to = to
        self._writing = writing
        self._quirks = quirks
        self._stored = stored

    def start(self) -> None:
        """Make the folder."""
        self._to.start()

    async def __call__(self, request: Request) -> None:
        path = self._to.path(request)
        await asyncio.get_running_loop().run_in_executor(None, self._write, request, path)
        if self._stored is not None:
            await self._stored(request)

    def _write(self, request: Request, path: tuple[str, bool]) -> None:
        writing = dict(self._writing)
        if TransferSyntax.assumed(request.transfer_syntax).encapsulated:
            writing["transfer_syntax"] = None  # compressed objects stay as they are
        dataset = request.dataset
        if self._quirks:
            from dicomkit.media.reader import read

            dataset = read(dataset.to_bytes(), quirks=self._quirks)
        file = IncomingFile(self._to.folder)
        try:
            write_stream(dataset, _Stream(file), **writing)
            self._to.place(request, file, *path)
        finally:
            file.discard()


class _Stream:
    """A file that is being received as a file object."""

    def __init__(self, file: IncomingFile) -> None:
        self._file = file

    def write(self, data: BytesLike) -> int:
        self._file.write([data])
        return len(data)


class IgnoringStore:
    """Takes objects and forgets them.

    Args:
        stored: see StoreTo.
    """

    def __init__(self, stored: Afterwards | None = None) -> None:
        self.stored = stored

    def receive(self, storage: Storage, request: Request) -> Arrival:
        """Take an object."""
        return Arrival(storage, request) if self.stored is None else _Ignored(storage, request, self.stored)


class _Ignored(Arrival):
    __slots__ = ("_stored",)

    def __init__(self, storage: Storage, request: Request, stored: Afterwards) -> None:
        super().__init__(storage, request)
        self._stored = stored

    def keep(self) -> None:
        self.request.dialogue.perform(self.request, self._keep(), CANNOT_UNDERSTAND)

    async def _keep(self) -> None:
        await self._stored(self.request)
        self.request.dialogue.finish(self.request, 0)


class AbortingStore:
    """Aborts the association instead of taking an object.

    Args:
        during: while it comes, not when it has come.
        log: where to say so.
    """

    def __init__(self, log: Log, *, during: bool) -> None:
        self.log = log
        self.during = during

    def receive(self, storage: Storage, request: Request) -> Arrival:
        """Take an object."""
        return _Aborting(storage, request, self)


class _Aborting(Arrival):
    __slots__ = ("_store",)

    def __init__(self, storage: Storage, request: Request, store: AbortingStore) -> None:
        super().__init__(storage, request)
        self._store = store

    def take(self, pieces: list[memoryview]) -> None:
        if self._store.during:
            self._abort()

    def complete(self) -> None:
        self._abort()

    def _abort(self) -> None:
        if self.request.is_open:
            self._store.log.info("ABORT initiated (due to command line options)")
            self.request.dialogue.abort()

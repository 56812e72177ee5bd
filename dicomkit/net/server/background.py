"""A server in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.net.server.server import Server

__all__ = ["running"]


@contextlib.contextmanager
def running(server: Server, host: str | None, port: int, drain: float) -> Iterator[None]:
    """Run a server in a thread, as long as the context.

    Raises:
        OSError: it cannot listen.
    """
    thread = _Thread(server, host, port, drain)
    thread.start()
    try:
        thread.ready.wait()
        if thread.error is not None:
            raise thread.error
        yield
    finally:
        thread.end()
        thread.join()


class _Thread(threading.Thread):
    def __init__(self, server: Server, host: str | None, port: int, drain: float) -> None:
        super().__init__(name="dicomkit-server", daemon=True)
        self._server = server
        self._where = (host, port)
        self._drain = drain
        self.ready = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.error = error  # to be raised in the thread that waits
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        await self._server.start(*self._where)
        self.ready.set()
        await self._ended.wait()
        await self._server.stop(self._drain)

    def end(self) -> None:
        """Let it stop."""
        if self.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ended.set)

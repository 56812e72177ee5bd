"""A server in several processes that share a port."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING, Final

from dicomkit.net.server.counters import Board, Counters
from dicomkit.net.server.journal import Journal
from dicomkit.net.server.listener import Listener
from dicomkit.net.server.sockets import bound_sockets

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from multiprocessing.connection import Connection as Pipe
    from multiprocessing.context import SpawnProcess
    from typing import Any

    from dicomkit.net.server.server import Server

__all__ = ["Workers"]

SECONDS_TO_START: Final = 60.0
SECONDS_TO_END: Final = 5.0  # beside those that associations have
PAUSE: Final = 1.0  # seconds before a process that has died is replaced


class Workers:
    """The processes of a server.

    Each binds the port for itself and takes the connections that the system gives it. One that dies is replaced; its
    associations are lost.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._journal = Journal(server.logger, identifying=server.log_identifying)
        self._context = multiprocessing.get_context()
        self._memory = RawArray("B", Board.size(server.workers))
        self._board = Board(memoryview(self._memory).cast("B"))
        self._dead = Counters()  # of processes that are gone
        self._processes: list[Process] = []
        self._sockets: Sequence[socket.socket] = ()
        self._watch: asyncio.Task[None] | None = None

    @property
    def counters(self) -> Counters:
        """Those of all processes."""
        return self._board.total() + self._dead

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Start the processes.

        Args:
            sockets: bound to what they are to listen at. They are kept, so that nobody else gets the port, and not used.
        """
        self._sockets = sockets
        places = [(each.getsockname()[0], each.getsockname()[1]) for each in sockets]
        self._places = places
        loop = asyncio.get_running_loop()
        try:
            for slot in range(self._server.workers):
                self._processes.append(self._start(slot))
            for process in self._processes:
                await loop.run_in_executor(None, process.wait_ready)
        except BaseException:
            for process in self._processes:
                process.kill()
            raise
        self._watch = loop.create_task(self._replace())

    def _start(self, slot: int) -> Process:
        return Process(self._context, self._server, self._places, self._memory, slot)

    async def _replace(self) -> None:
        """Start another process for one that has died."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PAUSE)
            for slot, process in enumerate(self._processes):
                if process.is_alive():
                    continue
                self._journal.error("worker-died", slot=slot, exit_code=process.exit_code)
                last = self._board.of(slot)
                last.open_connections = last.open_associations = last.operations = 0
                self._dead += last
                self._board.clear(slot)
                process.kill()
                self._processes[slot] = self._start(slot)
                try:
                    await loop.run_in_executor(None, self._processes[slot].wait_ready)
                except OSError as error:
                    self._journal.error("worker-failed", slot=slot, text=str(error))

    async def stop(self, drain: float) -> None:
        """Stop the processes: see `Listener.stop`."""
        if self._watch is not None:
            self._watch.cancel()
        for process in self._processes:
            process.stop(drain)
        end = asyncio.get_running_loop().time() + drain + SECONDS_TO_END
        try:
            while any(process.is_alive() for process in self._processes) and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.02)
        finally:  # also if somebody does not want to wait so long
            for process in self._processes:
                process.kill()
            for bound in self._sockets:
                bound.close()


class Process:
    """One process of a server.

    Args:
        context: how processes are started.
        server: what it runs.
        places: addresses and ports to listen at.
        memory: shared, for counters.
        slot: number of the process.
    """

    def __init__(self, context: Any, server: Server, places: Sequence[tuple[str, int]], memory: Any, slot: int) -> None:
        self._pipe, other = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_work, args=(server, places, memory, slot, other), name=f"dicomkit-server-{slot}", daemon=True
        )
        self._process.start()
        other.close()

    def wait_ready(self) -> None:
        """Wait until it listens.

        Raises:
            OSError: it does not.
        """
        try:
            said = self._pipe.recv() if self._pipe.poll(SECONDS_TO_START) else TimeoutError("a worker does not start")
        except EOFError:
            said = OSError("a worker has died before it was ready")
        if isinstance(said, BaseException):
            raise said

    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def stop(self, drain: float) -> None:
        """Let it end."""
        try:
            self._pipe.send(drain)
        except OSError:
            return  # it has ended

    def kill(self) -> None:
        """End it at once, and what is left of it."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._pipe.close()


def _work(server: Server, places: Sequence[tuple[str, int]], memory: Any, slot: int, pipe: Pipe) -> None:
    """What a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the first process says what is to be done
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    board = Board(memoryview(memory).cast("B"), slot)
    asyncio.run(_listen(server, places, board, pipe))


async def _listen(server: Server, places: Sequence[tuple[str, int]], board: Board, pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    try:
        sockets = [each for host, port in places for each in bound_sockets(host, port, shared=True)]
        listener = Listener(server, board)
        await listener.start(sockets)
    except Exception as error:  # whatever it is, it is for the process that has started this one
        pipe.send(error if isinstance(error, OSError) else OSError(f"{type(error).__name__}: {error}"))
        return
    told: asyncio.Future[float] = loop.create_future()

    def heard() -> None:
        loop.remove_reader(pipe.fileno())
        try:
            drain = float(pipe.recv())
        except (EOFError, OSError):
            drain = 0.0  # whoever has started this process is gone
        told.set_result(drain)

    loop.add_reader(pipe.fileno(), heard)
    pipe.send(None)
    # Forked processes hold each other's pipes open, so the end of the first one may not be heard.
    parent = os.getppid()
    while not told.done() and os.getppid() == parent:
        await asyncio.wait((told,), timeout=1.0)
    await listener.stop(told.result() if told.done() else 0.0)

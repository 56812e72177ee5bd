"""Several processes at one port."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.net.association import associate
from dicomkit.net.server import Limits, Server, Service, Storage, StoreTo, Verification, workers
from tests.net.server.wire import CT, Wire, until

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="the system cannot share ports")


def store(port: int, number: int) -> int:
    with associate("127.0.0.1", port, contexts=[CT]) as association:
        return association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=f"1.2.{number}")).code


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_they_share_the_work(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("the system cannot fork")
    context = multiprocessing.get_context(method)
    monkeypatch.setattr(workers.multiprocessing, "get_context", lambda: context)
    server = Server([Verification(), Storage(StoreTo(tmp_path))], workers=2)
    with server.started("127.0.0.1"):
        with ThreadPoolExecutor(4) as executor:
            assert set(executor.map(lambda number: store(server.port, number), range(40))) == {0}
        until(lambda: server.counters.associations_released == 40)
        running: Any = server._running
        per_process = [running._board.of(slot).associations for slot in range(2)]
    assert len(list(tmp_path.iterdir())) == 40
    assert sum(per_process) == 40
    assert all(per_process)  # both have had some
    assert server.counters.objects == 40
    assert server.counters.open_connections == 0


def test_limits_are_for_all_together() -> None:
    with Server([Verification()], workers=3, limits=Limits(associations=4)).started("127.0.0.1", drain=0) as server:
        peers = [Wire(server.port) for _ in range(12)]
        accepted = [peer.associate()[0] == 2 for peer in peers]
        assert sum(accepted) == 4
        assert server.counters.open_associations == 4


def test_one_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PAUSE", 0.05)
    with Server([Verification()], workers=2).started("127.0.0.1") as server:
        for _ in range(10):
            with associate("127.0.0.1", server.port) as association:
                association.echo()
        running: Any = server._running
        before = {process._process.pid for process in running._processes}
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in {process._process.pid for process in running._processes})
        until(lambda: all(process.is_alive() for process in running._processes), 10)
        for _ in range(10):
            with associate("127.0.0.1", server.port) as association:
                association.echo()
        until(lambda: server.counters.associations == 20)
    assert not multiprocessing.active_children()


class Unstartable(Service):
    """A service that does not work in a worker."""

    def start(self, listener: object) -> None:
        raise RuntimeError("no database")


def test_one_that_cannot_start() -> None:
    with pytest.raises(OSError, match="RuntimeError: no database"), Server([Unstartable()], workers=2).started("127.0.0.1"):
        pass
    assert not multiprocessing.active_children()


def test_one_process_does_not_share() -> None:
    """Without workers, the port is the server's alone."""
    with (
        Server([Verification()]).started("127.0.0.1") as server,
        pytest.raises(OSError, match="cannot listen"),
        Server([Verification()], workers=2).started("127.0.0.1", server.port),
    ):
        pass


def test_the_first_process_is_killed(tmp_path: Path) -> None:
    """The others end too."""

    def run() -> None:
        async def serve() -> None:
            server = Server([Verification()], workers=2)
            await server.start("127.0.0.1", 0)
            running: Any = server._running
            pids = [str(process._process.pid) for process in running._processes]
            (tmp_path / "pids").write_text(" ".join(pids))
            await asyncio.sleep(60)

        asyncio.run(serve())

    parent = multiprocessing.get_context("fork").Process(target=run)
    parent.start()
    until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text(), 10)
    pids = [int(number) for number in (tmp_path / "pids").read_text().split()]
    parent.kill()
    parent.join()
    until(lambda: not any(is_running(pid) for pid in pids), 10)


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_stopping_waits_for_associations() -> None:
    ended = threading.Event()
    with Server([Storage(None)], workers=2).started("127.0.0.1", drain=10) as server:
        association = associate("127.0.0.1", server.port, contexts=[CT])

        def send() -> None:
            for number in range(200):
                association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=f"1.{number}", PixelData=bytes(50_000)))
            association.release()
            ended.set()

        thread = threading.Thread(target=send)
        thread.start()
    assert ended.wait(10)
    thread.join()
    assert server.counters.objects == 200

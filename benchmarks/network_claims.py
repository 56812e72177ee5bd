"""The claims on round trips, on associations one after the other, and on memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from benchmarks import UnavailableError, dcmtk, inputs
from benchmarks import network_peers as peers
from benchmarks.claims import with_ratios
from benchmarks.network_peers import WORKER, Server, listening
from benchmarks.report import Row, Table
from benchmarks.runner import Effort, Timer, Worker, in_turn
from benchmarks.tool_claims import scratch

MOST_MEMORY = 100  # MB


class Loop(NamedTuple):
    """A rival with itself.

    Attributes:
        client: the command of its process; it is made when it is needed.
        server: see network_peers.
        runs: in a sample.
    """

    client: Callable[[], Sequence[str]]
    server: Callable[[Path | None], Callable[[int], Sequence[str]]]
    runs: int


LOOPS = {
    "dicomkit": Loop(lambda: [*WORKER, "dicomkit-loop"], peers.dicomkit_server, 500),
    "dcmtk": Loop(lambda: [dcmtk.program("dcmtk_network")], peers.dcmtk_server, 500),
    "pynetdicom": Loop(lambda: [*WORKER, "pynetdicom-loop"], peers.pynetdicom_server, 5),
}


def round_trips(operation: str, title: str, targets: dict[str, float], share: int) -> Callable[[Effort], Table]:
    """A claim: all in turn, each with a server of its own."""

    def measure(effort: Effort) -> Table:
        rows = {name: Row(name, at_least=targets.get(name)) for name in LOOPS}
        timers: dict[str, Timer] = {}
        with ExitStack() as processes:
            for name, rival in LOOPS.items():
                try:
                    worker = processes.enter_context(closing(Worker(rival.client(), peers.DCMTK_AT_ITS_BEST)))
                    server = processes.enter_context(listening(rival.server(None)))
                    timers[name] = timer(worker, operation, server, max(3, rival.runs // share))
                    rows[name] = rows[name]._replace(name=f"{name} {worker.version}")
                except UnavailableError as error:
                    rows[name] = rows[name]._replace(note=f"not available: {error}")
            return Table(operation, title, with_ratios(rows, in_turn(timers, effort._replace(sample=0))))

    return measure


def timer(worker: Worker, operation: str, server: Server, count: int) -> Timer:
    """The median of so many runs. What fails now and then gets another chance."""

    def seconds(_: int) -> float:
        for _ in range(peers.ATTEMPTS - 1):
            try:
                return worker.seconds(operation, server.port, count) / count
            except UnavailableError:
                continue
        return worker.seconds(operation, server.port, count) / count

    return seconds


def memory(_: Effort) -> Table:
    """A very large object, from file to file."""
    peers.is_linux()
    path = inputs.large_object()
    with scratch() as folder, listening(peers.dicomkit_server(folder)) as server:
        run = peers.storing(peers.dicomkit_client(server.port, [str(path)]), server)
        received = next(folder.iterdir()).stat().st_size
        rows = [
            Row("dicomkit storescu", [int(run.last_words) / 1e6], at_most=MOST_MEMORY),
            Row("dicomkit storescp", [server.peak_memory() / 1e6], at_most=MOST_MEMORY),
        ]
    if received < path.stat().st_size:
        rows[1] = rows[1]._replace(samples=[], note=f"only {received:,} bytes were written")
    title = f"resident memory at most, storing an object of 3 GB to a file; {run.seconds:.1f} s"
    return Table("memory", title, rows, "MB")


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    "echo": round_trips("echo", "C-ECHO, a round trip in one association", {"dcmtk": 1 / 2, "pynetdicom": 25}, share=1),
    "associate": round_trips(
        "associate", "an association with one presentation context, and its release", {"dcmtk": 1 / 3, "pynetdicom": 30}, 5
    ),
    "memory": memory,
}

"""The claims on many associations at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import ROOT, UnavailableError, dcmtk
from benchmarks import network_peers as peers
from benchmarks.network_peers import Server, listening
from benchmarks.report import Row, Table
from benchmarks.runner import QUICK, Effort, environment

MOST_MEMORY = 250  # MB
ROUNDS, QUICK_ROUNDS = 5, 2


class Rival(NamedTuple):
    """A server.

    Attributes:
        server: see network_peers.
        at_least: of the ratio of dicomkit's rate to its.
        rounds: at most.
        quick_count: associations in a quick run.
    """

    server: Callable[[Path | None], Callable[[int], Sequence[str]]]
    at_least: float | None = None
    rounds: int = ROUNDS
    quick_count: int = 256


RIVALS = {
    "dicomkit storescp": Rival(peers.dicomkit_server),
    "DCMTK storescp --fork": Rival(lambda folder: peers.dcmtk_server(folder, "--fork"), 1.5),
    "pynetdicom": Rival(peers.pynetdicom_server, 15, 1, 16),
}


def load(server: Server, count: int, *options: str) -> dict[str, float]:
    """What network_load says."""
    command = [sys.executable, "-m", "benchmarks.network_load", str(server.port), str(count), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), check=False)
    if done.returncode:
        raise UnavailableError((done.stderr.strip().splitlines() or ["no answer"])[-1])
    result: dict[str, float] = json.loads(done.stdout)
    return result


def crowd(effort: Effort) -> Table:
    """256 at once, all rivals in turn."""
    rates: dict[str, list[float]] = {name: [] for name in RIVALS}
    notes: dict[str, str] = {}
    for number in range(QUICK_ROUNDS if effort == QUICK else ROUNDS):
        for name, rival in RIVALS.items():
            if number >= rival.rounds or name in notes:
                continue
            count = rival.quick_count if effort == QUICK else 256
            try:
                version(name)
                with listening(rival.server(None)) as server:
                    found = load(server, count)
            except UnavailableError as error:
                notes[name] = f"not available: {error}"
                continue
            rates[name].append((count - found["failed"]) / found["seconds"])
            if found["failed"] or count != 256:
                notes[name] = f"{found['failed']:.0f} of {count} failed"
    ours = median(rates["dicomkit storescp"]) if rates["dicomkit storescp"] else None
    rows = []
    for name, rival in RIVALS.items():
        ratio = ours / median(rates[name]) if ours and rates[name] and rival.at_least and median(rates[name]) else None
        rows.append(Row(f"{name} {version(name)}".strip(), rates[name], ratio, rival.at_least, note=notes.get(name, "")))
    title = "256 associations at once, each with 20 C-ECHO and 5 C-STORE of 40 KB"
    return Table("crowd", title, rows, "associations/s")


def version(name: str) -> str:
    """Of a rival."""
    if name.startswith("DCMTK"):
        return dcmtk.version("storescp")
    return peers.pynetdicom_version() if name == "pynetdicom" else ""


def thousand(_: Effort) -> Table:
    """1,000 that are all there before the first goes on."""
    peers.is_linux()
    with listening(peers.dicomkit_server(None)) as server:
        found = load(server, 1000, "together")
        memory = server.peak_memory() / 1e6
    rows = [
        Row("that failed", [found["failed"]], at_most=0, note=f"{found['seconds']:.1f} s"),
        Row("memory of the server, MB", [memory], at_most=MOST_MEMORY),
    ]
    return Table("thousand", "1,000 associations open at once, each with 20 C-ECHO and 5 C-STORE of 40 KB", rows, "")


CLAIMS: dict[str, Callable[[Effort], Table]] = {"crowd": crowd, "thousand": thousand}

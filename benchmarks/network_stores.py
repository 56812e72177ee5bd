"""The claims on storing: many objects over one association, from a sender's tool to a receiver's."""

from __future__ import annotations

import atexit
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import UnavailableError, dcmtk, inputs
from benchmarks import network_peers as peers
from benchmarks.network_peers import Server, Storing, listening
from benchmarks.report import Row, Table
from benchmarks.runner import QUICK, Effort, settle

ROUNDS, QUICK_ROUNDS = 15, 3  # one of them may take twice as long as another, of whomever
PART = 40  # pynetdicom gets one object in so many

# Linux: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, EXT4_TOPDIR_FL
GET_FLAGS, SET_FLAGS, TOP_OF_HIERARCHY = 0x80086601, 0x40086602, 0x20000


class Objects(NamedTuple):
    """What is stored."""

    title: str
    files: Callable[[], Sequence[Path]]
    megabytes: float


OBJECTS = {
    "large": Objects("400 CT of 530 KB", lambda: sorted(inputs.ct_series(400).iterdir()), 0.53),
    "small": Objects("2,000 CT of 40 KB", lambda: sorted(inputs.small_series(2000).iterdir()), 0.04),
}


class Pair(NamedTuple):
    """A sender and a receiver."""

    name: str
    client: Callable[[int, Sequence[str]], Sequence[str]]
    server: Callable[[Path | None], Callable[[int], Sequence[str]]]
    part: int = 1
    available: Callable[[], str] = str


def dcmtk_version() -> str:
    return dcmtk.version("storescu")


PAIRS = {
    "dicomkit": Pair("dicomkit", peers.dicomkit_client, peers.dicomkit_server),
    "dcmtk": Pair("DCMTK", peers.dcmtk_client, peers.dcmtk_server, 1, dcmtk_version),
    "pynetdicom": Pair("pynetdicom", peers.pynetdicom_client, peers.pynetdicom_server, PART, peers.pynetdicom_version),
    "to_dcmtk": Pair("dicomkit to DCMTK", peers.dicomkit_client, peers.dcmtk_server, 1, dcmtk_version),
    "from_dcmtk": Pair("DCMTK to dicomkit", peers.dcmtk_client, peers.dicomkit_server, 1, dcmtk_version),
}


def stores(name: str, kind: str, to_disk: bool, targets: dict[str, float]) -> Callable[[Effort], Table]:
    """A claim: a pair against others, and each half against the whole of DCMTK."""

    def measure(effort: Effort) -> Table:
        objects = OBJECTS[kind]
        files = [str(path) for path in objects.files()]
        found, problems = in_turn(files, to_disk, QUICK_ROUNDS if effort == QUICK else ROUNDS)
        taken = {key: median([run.seconds for run in runs]) for key, runs in found.items()}
        rows = []

        def row(key: str, title: str, base: str, at_least: float | None) -> None:
            runs = found.get(key, [])
            ratio = taken[key] / taken[base] if key != base and key in taken and base in taken else None
            note = described(runs, objects) if runs else f"not available: {problems.get(key, '')}"
            rows.append(Row(title, [1 / run.seconds for run in runs], ratio, at_least, note=note))

        rows.append(Row("both sides", note="from sender to receiver"))
        for key in ("dicomkit", "dcmtk", "pynetdicom"):
            row(key, f"  {title_of(key)}", "dicomkit", targets.get(key))
        for key, side in (("to_dcmtk", "sending"), ("from_dcmtk", "receiving")):
            rows.append(Row(f"only {side}", note=PAIRS[key].name))
            row(key, f"  {PAIRS[key].name}", key, None)
            row("dcmtk", f"  {title_of('dcmtk')}", key, 1)
        where = "bit by bit to files" if to_disk else "discarding them"
        return Table(name, f"store {objects.title} over one association, {where}", rows, "objects/s")

    return measure


def title_of(key: str) -> str:
    """A pair with its version."""
    try:
        return f"{PAIRS[key].name} {PAIRS[key].available()}".strip()
    except UnavailableError:
        return PAIRS[key].name


def described(runs: Sequence[Storing], objects: Objects) -> str:
    """Megabytes a second, and CPU time of both sides."""
    rate = objects.megabytes / median([run.seconds for run in runs])
    sender, receiver = (median(each) * 1e6 for each in ([r.client_cpu for r in runs], [r.server_cpu for r in runs]))
    return f"{rate:,.0f} MB/s; CPU {sender:,.0f} + {receiver:,.0f} µs"


def in_turn(files: Sequence[str], to_disk: bool, rounds: int) -> tuple[dict[str, list[Storing]], dict[str, str]]:
    """What storing an object took, for each pair; and why pairs are missing. The first round does not count."""
    peers.is_linux()
    found: dict[str, list[Storing]] = {key: [] for key in PAIRS}
    problems: dict[str, str] = {}
    for number in range(rounds + 1):
        for key, pair in PAIRS.items():
            if key in problems:
                continue
            some = files[:: pair.part]
            try:
                pair.available()
                with receiver(pair, to_disk) as (server, check):
                    run = peers.storing_with_retries(pair.client(server.port, some), server)
                    check(len(some))
            except UnavailableError as error:
                problems[key] = str(error)
                continue
            if number:
                found[key].append(run.divided(len(some)))
    return {key: runs for key, runs in found.items() if runs and key not in problems}, problems


@contextmanager
def receiver(pair: Pair, to_disk: bool) -> Iterator[tuple[Server, Callable[[int], None]]]:
    """A server, and a function that checks how many files it has written."""
    if not to_disk:
        with listening(pair.server(None)) as server:
            yield server, lambda count: None
        return
    folder = Path(tempfile.mkdtemp(dir=target()))
    settle()

    def check(count: int) -> None:
        if len(list(folder.iterdir())) != count:
            raise UnavailableError(f"{len(list(folder.iterdir()))} files instead of {count}")

    try:
        with listening(pair.server(folder)) as server:
            yield server, check
    finally:
        for path in folder.iterdir():
            os.truncate(path, 0)


@cache
def target() -> Path:
    """Where files are written. They are removed when all is measured: ext4 is slow to give out inodes just freed."""
    folder = tempfile.TemporaryDirectory(dir=inputs.cache())  # which is removed at the end
    atexit.register(folder.cleanup)
    spread(folder.name)
    return Path(folder.name)


def spread(folder: str) -> None:
    """Have the folders in this one far apart, away from the inodes that earlier runs have freed, where ext4 can do that."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        (flags,) = struct.unpack_from("i", fcntl.ioctl(descriptor, GET_FLAGS, bytes(8)))
        fcntl.ioctl(descriptor, SET_FLAGS, struct.pack("q", flags | TOP_OF_HIERARCHY))
    os.close(descriptor)


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    name: stores(name, kind, to_disk, targets)
    for name, kind, to_disk, targets in (
        ("store_large", "large", False, {"dcmtk": 2.5, "pynetdicom": 20.0}),
        ("store_small", "small", False, {"dcmtk": 3.0, "pynetdicom": 20.0}),
        ("keep_large", "large", True, {"dcmtk": 2.0}),
        ("keep_small", "small", True, {"dcmtk": 3.0}),
    )
}

"""The soak: very many associations with one server, and what it has kept of them."""

from __future__ import annotations

import asyncio
import json
import os
import string
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.soak.destination import Destination
from tests.soak.honest import HONEST
from tests.soak.peers import PEERS, connected

HONEST_SHARE: Final = 0.3
SETTLE: Final = 15.0  # seconds after which the server must be done with all of them

# What may be more at the end than after the first rounds.
# The server may have made one file ahead.
MOST_MORE: Final = {"rss_kb": 16384, "descriptors": 1, "objects": 1000, "connections": 0, "partial_files": 0}
MOST_THREADS: Final = 40  # 32 for handlers, and some
SAFE: Final = frozenset(f"{string.ascii_letters}{string.digits}-._@")  # in names of files


@dataclass(slots=True)
class Reading:
    """What the server has, when nobody is connected."""

    associations: int
    seconds: float
    rss_kb: int
    descriptors: int
    threads: int
    objects: int
    connections: int
    partial_files: int
    counters: dict[str, int] = field(repr=False)


class Soak:
    """A soak.

    Args:
        associations: how many.
        at_once: how many at a time.
        seed: of the random numbers.
        rounds: how often the server is looked at. The first two rounds are for warming up.
        say: where to print.

    Attributes:
        findings: what was wrong; empty at the end if nothing was.
        readings: of the server, after each round.
        done: kind of peer -> how many.
    """

    def __init__(
        self,
        associations: int,
        *,
        at_once: int = 100,
        seed: int = 0,
        rounds: int = 12,
        say: Callable[[str], object] = print,
    ) -> None:
        self.findings: list[str] = []
        self.readings: list[Reading] = []
        self.done: Counter[str] = Counter()
        self._associations = associations
        self._at_once = at_once
        self._rounds = rounds
        self._say = say
        self._random = Random(seed)
        self._left = 0
        self._port = 0
        self._began = time.monotonic()

    async def run(self) -> bool:
        """Do it. Returns whether nothing was wrong."""
        destination = Destination(self._random.randrange(1 << 30))
        await destination.start()
        with tempfile.TemporaryDirectory(prefix="dicomkit-soak-") as name, tempfile.TemporaryFile("w+") as errors:
            self._folder = Path(name) / "in"
            self._server = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.soak.server",
                str(self._folder),
                str(destination.port),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
            try:
                await self._all_rounds()
                self._check(Path(name))
            except (EOFError, ConnectionError, ValueError) as error:
                self._find(f"the server is gone: {error!r}")
            finally:
                if self._server.returncode is None:
                    self._server.kill()
                await self._server.wait()
                await destination.stop()
            errors.seek(0)
            printed = errors.read()
            if printed:
                self._find(f"the server has printed\n{printed[:10_000]}")
        return not self.findings

    async def _all_rounds(self) -> None:
        self._port = int(await self._line())
        for number in range(self._rounds):
            self._left = self._associations * (number + 1) // self._rounds - self._associations * number // self._rounds
            await asyncio.gather(*(self._one_after_the_other(slot) for slot in range(min(self._at_once, self._left))))
            await self._settle()

    async def _one_after_the_other(self, slot: int) -> None:
        random = Random(self._random.randrange(1 << 30))
        while self._left > 0:
            self._left -= 1
            seed = random.randrange(1 << 30)
            kind = await self._one(slot, Random(seed), seed)
            self.done[kind] += 1

    async def _one(self, slot: int, random: Random, seed: int) -> str:
        """An association, or what goes for one. Returns its kind."""
        if random.random() < HONEST_SHARE:
            (honest,) = random.choices(tuple(HONEST), tuple(HONEST.values()))
            kind = f"honest {honest.__name__}"
            try:
                await honest(self._port, self._folder, f"1.2.3.{slot}", random)
            except Exception as error:  # whatever it is, it is a finding
                self._find(f"{kind}, seed {seed}: {type(error).__name__}: {error}")
        else:
            (talk,) = random.choices(tuple(PEERS), tuple(PEERS.values()))
            kind = talk.__name__
            try:
                await connected(self._port, talk, random)
            except (AssertionError, OSError) as error:
                self._find(f"{kind}, seed {seed}: {type(error).__name__}: {error}")
        return kind

    def _find(self, finding: str) -> None:
        self.findings.append(finding)
        self._say(f"FINDING: {finding}")

    # -- the server

    async def _line(self) -> str:
        assert self._server.stdout is not None
        line = await self._server.stdout.readline()
        if not line:
            raise EOFError("it has ended")
        return line.decode()

    async def _ask(self) -> dict[str, int]:
        assert self._server.stdin is not None
        self._server.stdin.write(b"\n")
        found: dict[str, int] = json.loads(await self._line())
        return found

    async def _settle(self) -> None:
        """Wait until it is done with all peers, and look at it."""
        end = time.monotonic() + SETTLE
        while True:
            found = await self._ask()
            open_ones = {
                name: found[name] for name in ("open_connections", "open_associations", "operations", "connections")
            }
            open_ones["connections"] = open_ones.pop("open_connections")
            if not any(open_ones.values()) or time.monotonic() > end:
                break
            await asyncio.sleep(0.1)
        if any(open_ones.values()):
            self._find(f"nobody is connected, and still there are {open_ones}")
        self.readings.append(self._reading(found))
        self._say(self._row(self.readings[-1]))

    def _reading(self, found: dict[str, int]) -> Reading:
        process = Path(f"/proc/{self._server.pid}")
        lines = (process / "status").read_text().splitlines()
        status = {name: value.removesuffix("kB") for name, _, value in (line.partition(":") for line in lines)}
        return Reading(
            associations=sum(self.done.values()),
            seconds=time.monotonic() - self._began,
            rss_kb=int(status["VmRSS"]),
            descriptors=len(os.listdir(process / "fd")),
            threads=int(status["Threads"]),
            objects=found.pop("objects"),
            connections=found.pop("connections"),
            partial_files=sum(path.name.startswith(".") for path in self._folder.iterdir()),
            counters=found,
        )

    def _row(self, reading: Reading) -> str:
        rate = reading.associations / reading.seconds
        return (
            f"{reading.associations:9,} associations {reading.seconds:6.0f} s {rate:6.0f}/s | "
            f"{reading.rss_kb / 1024:6.1f} MB "
            f"{reading.descriptors:4} descriptors {reading.threads:3} threads {reading.objects:7} objects"
        )

    # -- at the end

    def _check(self, folder: Path) -> None:
        first, last = self.readings[min(1, len(self.readings) - 1)], self.readings[-1]
        for name, more in MOST_MORE.items():
            before, now = getattr(first, name), getattr(last, name)
            if now > before + more:
                self._find(f"{name} grew from {before} to {now}: {[getattr(each, name) for each in self.readings]}")
        if last.threads > MOST_THREADS:
            self._find(f"{last.threads} threads")
        if last.counters["handler_errors"]:
            self._find(f"{last.counters['handler_errors']} errors of handlers")
        if {path.parent for path in folder.rglob("*")} - {folder, self._folder}:
            self._find(f"files outside of their folder: {list(folder.rglob('*'))[:20]}")
        bad = [path.name for path in self._folder.iterdir() if not SAFE.issuperset(path.name)]
        if bad:
            self._find(f"names that are not safe: {bad[:20]}")

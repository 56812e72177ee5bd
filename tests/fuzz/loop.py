"""The loop of executions, in a process of its own: what it dies of is a finding, and what it was doing is on record.

The record is a small file, mapped into memory by this process and the one that watches it: how many executions are done, and
the case that is running.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import mmap
import resource
import signal
import struct
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from random import Random

import dicomkit
from dicomkit.errors import ParseError
from tests.fuzz.execution import WRITE, execute
from tests.fuzz.mutations import LONGEST, mutate
from tests.fuzz.seeds import corpus

RECORD = struct.Struct("<QI")  # executions, length of the case; then the case
RECORD_SIZE = RECORD.size + LONGEST + 64
BATCH = 256  # executions between two looks at clock and memory
SLOW = 2.0  # seconds of processor time that no case may take
MOST_MEMORY = 512 << 10  # KiB that the process may grow by
LARGEST_CORPUS = 20_000
SHORT = 1 << 10  # bytes of a seed that is quick to execute
REPORT_EVERY = 30.0  # seconds


class Slow(Exception):
    """A case took too long or too much memory."""


class Coverage:
    """Edge coverage, if libcoverage.so is loaded (see sanitized.py)."""

    def __init__(self) -> None:
        process = ctypes.CDLL(None)
        self.available = hasattr(process, "coverage_news")
        if self.available:
            self.news = process.coverage_news
            self.edges = process.coverage_edges


def element_starts(data: bytes) -> Sequence[int]:
    """Offsets where headers begin, as far as the data set can be read."""
    try:
        dataset = dicomkit.read(data)
    except ParseError:
        return ()
    starts = []
    for index in (dataset._index, dataset.file_meta and dataset.file_meta._index):
        if index:
            starts += [record[6] - (12 if record[2] & 2 else 8) for record in map(index.record, range(len(index)))]
    return [start for start in starts if 0 <= start < len(data)]


def save(folder: Path, kind: str, case: bytes, report: str) -> Path:
    """Keep a case that found something, and what it found."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{hashlib.sha256(case).hexdigest()[:16]}"
    path.write_bytes(case)
    path.with_name(path.name + ".txt").write_text(report)
    return path


class Loop:
    """Mutate, execute, and keep what reaches new code."""

    def __init__(self, record: Path, seed: int, findings: Path, timeout: int, *, keep_going: bool = False) -> None:
        file = record.open("r+b")
        self.record = mmap.mmap(file.fileno(), RECORD_SIZE)
        self.random = Random(seed)
        self.findings = findings
        self.timeout = timeout
        self.keep_going = keep_going
        self.coverage = Coverage()
        self.seeds = [(data, element_starts(data)) for data in corpus() if len(data) <= LONGEST]
        self.found: dict[tuple[str, ...], int] = {}
        self.executions = RECORD.unpack_from(self.record)[0]

    def choose(self) -> tuple[bytes, Sequence[int]]:
        """A seed: half of the time any, half of the time a young one; seldom a long one, which takes its time."""
        random = self.random.random
        count = len(self.seeds)
        while True:
            at = random()
            seed = self.seeds[int(count * (at if random() < 0.5 else 1 - at * at)) % count]
            if len(seed[0]) <= SHORT or random() < 0.05:
                return seed

    def options(self) -> int:
        """No options in most cases, or saving alone; else a few."""
        random = self.random
        at = random.random()
        if at < 0.5:
            return 0
        if at < 0.7:
            return WRITE | random.getrandbits(16) << 16
        low = random.getrandbits(16) & random.getrandbits(16)
        return low | random.getrandbits(16) << 16

    def run(self, seconds: float, executions: int) -> int:
        """Execute until the time or the number is reached. Returns the number of different findings."""
        gc.collect()
        gc.freeze()
        started = reported = time.monotonic()
        first = self.executions
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        while self.executions < executions:
            # of processor time: a process that is stopped or starved does not hang; the signal ends it, in C code too
            signal.setitimer(signal.ITIMER_PROF, self.timeout)
            self.batch(min(BATCH, executions - self.executions))
            now = time.monotonic()
            if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > memory + MOST_MEMORY:
                self.finding(self.case(), Slow("memory grows"))
                break
            if now - reported > REPORT_EVERY:
                self.report(now - started, self.executions - first)
                reported = now
            if now - started > seconds or (self.found and not self.keep_going):
                break
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.report(time.monotonic() - started, self.executions - first)
        return len(self.found)

    def batch(self, count: int) -> None:
        random = self.random
        coverage = self.coverage
        record = self.record
        for _ in range(count):
            seed, starts = self.choose()
            data = mutate(seed, starts, self.seeds[int(random.random() * len(self.seeds))][0], random)
            case = self.options().to_bytes(4, "little") + data
            self.executions += 1
            record[: RECORD.size + len(case)] = RECORD.pack(self.executions, len(case)) + case
            began = time.process_time()
            try:
                execute(case)
                if time.process_time() - began > SLOW:
                    raise Slow(f"took {time.process_time() - began:.1f} s")
            except Exception as error:
                self.finding(case, error)
            if coverage.available and coverage.news() and len(self.seeds) < LARGEST_CORPUS:
                self.seeds.append((data, element_starts(data)))
                coverage.news()  # element_starts has run the code too

    def case(self) -> bytes:
        _, length = RECORD.unpack_from(self.record)
        return self.record[RECORD.size : RECORD.size + length]

    def finding(self, case: bytes, error: Exception) -> None:
        """Note a finding; it is saved once for each place in the code."""
        frames = traceback.extract_tb(error.__traceback__)
        place = (type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames[-2:]))
        self.found[place] = self.found.get(place, 0) + 1
        if self.found[place] == 1:
            report = "".join(traceback.format_exception(error))
            path = save(self.findings, "finding", case, report)
            print(f"{report[-1500:]}\nsaved as {path}", file=sys.stderr, flush=True)

    def report(self, seconds: float, executions: int) -> None:
        text = f"{self.executions} executions, {executions / max(seconds, 1e-9):.0f} a second, {len(self.seeds)} seeds"
        if self.coverage.available:
            text += f", {self.coverage.edges()} edges"
        print(f"{text}, {len(self.found)} findings", flush=True)

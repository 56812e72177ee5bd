"""Timing: rivals in turn, round after round, so that a noisy machine disturbs all of them alike."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import IO, NamedTuple

from benchmarks import IN_PLACE, ROOT, UnavailableError, dcmtk, inputs

WORKERS = {"dicomkit", "pydicom", "dicomsdl", "open"}


class Effort(NamedTuple):
    """How long to measure."""

    rounds: int
    sample: float  # seconds of one sample: fast operations are repeated to fill it
    budget: float  # seconds for one rival in one claim; three rounds at least
    most: int = 100_000  # runs in a sample


FULL = Effort(rounds=15, sample=0.05, budget=30)
QUICK = Effort(rounds=5, sample=0.02, budget=5)


def reader(name: str) -> list[str]:
    """The command of a rival's process that reads."""
    return [sys.executable, "-m", "benchmarks.worker", name] if name in WORKERS else [dcmtk.program("dcmtk_read")]


class Worker:
    """A rival's process (see worker.py)."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        # Lives as long as the process. A pipe that nobody reads fills up and stops the writer.
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(variables or {})},
        )
        answer = self.output.readline().split()
        if answer[:1] != ["ready"]:
            raise UnavailableError(self.last_words())
        self.version = answer[1]

    @property
    def output(self) -> IO[str]:
        """Its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def last_words(self) -> str:
        """The last line of its error output."""
        self.process.wait()
        self.errors.seek(0)
        return (self.errors.read().strip().splitlines() or ["no answer"])[-1]

    def seconds(self, operation: str, path: object, count: int) -> float:
        """How long `count` runs took."""
        assert self.process.stdin is not None
        print(operation, count, path, file=self.process.stdin, flush=True)
        answer = self.output.readline()
        if not answer.strip().isdigit():
            raise UnavailableError(answer.strip() or self.last_words())
        return int(answer) / 1e9

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()


Timer = Callable[[int], float]
"""Seconds that so many runs take."""


def in_turn(timers: dict[str, Timer], effort: Effort) -> dict[str, list[float]]:
    """Seconds a run, one sample a round, of each timer: after a warm-up, A B C A B C ..."""
    counts, rounds = {}, {}
    for name, timer in timers.items():
        timer(1)
        once = max(timer(1), 1e-9)
        if several := min(round(effort.sample / once / 4), effort.most):  # the first runs of a sample are slower
            once = max(timer(several) / several, 1e-9)
        counts[name] = min(max(1, round(effort.sample / once)), effort.most)
        rounds[name] = max(3, min(effort.rounds, int(effort.budget / (once * counts[name]))))
    samples: dict[str, list[float]] = {name: [] for name in timers}
    for number in range(max(rounds.values(), default=0)):
        for name, timer in timers.items():
            if number < rounds[name]:
                samples[name].append(timer(counts[name]) / counts[name])
    return samples


def repeated(run: Callable[[], object]) -> Timer:
    """A timer of a function in this process."""

    def seconds(count: int) -> float:
        start = perf_counter_ns()
        for _ in range(count):
            run()
        return (perf_counter_ns() - start) / 1e9

    return seconds


def process_timer(command: Sequence[str], before: Callable[[], object] = lambda: None) -> Timer:
    """A timer of whole processes, from start to end, output thrown away.

    Args:
        command: the program and its arguments.
        before: called before each run, which is not timed.
    """
    folder = tempfile.gettempdir()  # not the repository, whose sources would hide the installed package

    def seconds(count: int) -> float:
        taken = 0
        for _ in range(count):
            before()
            start = perf_counter_ns()
            subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(), cwd=folder, check=True)
            taken += perf_counter_ns() - start
        return taken / 1e9

    return seconds


def settle() -> None:
    """Wait until the disk is idle, so that nobody waits for what others have left to be written."""
    if hasattr(os, "sync"):
        os.sync()


def environment() -> dict[str, str]:
    """The environment of processes that import dicomkit.

    With byte code, as an installed package has it; with the source tree on the path if it is built in place.
    """
    unusual = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    usual = {name: value for name, value in os.environ.items() if name not in unusual}
    if not IN_PLACE:
        return usual
    return {**usual, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(inputs.cache() / "bytecode")}


def dicomkit_command() -> list[str]:
    """How to start the command `dicomkit` of this interpreter's environment."""
    installed = Path(sys.executable).with_name("dicomkit")
    if installed.exists():
        return [str(installed)]
    return [sys.executable, "-c", "import sys; from dicomkit.cli import main; sys.exit(main())"]

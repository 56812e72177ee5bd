"""A fuzzer for one codec kernel: `main` is the command of its target module.

    python -m tests.fuzz.jpegll_target --executions 200000 [--sanitize] [--seconds N] [--seed N] [--replay FILE]

A case is four bytes of options and the data. All that a kernel may raise is CodecError, which the target catches; anything
else is a finding. The executions are in a child process, whose case is on record, so that what it dies of can be saved.
With `--sanitize` it runs in the build of `tests.fuzz.sanitized`, where what reaches new code becomes a seed.
"""

from __future__ import annotations

import argparse
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import dicomkit
from tests.fuzz import sanitized
from tests.fuzz.loop import Coverage, save

RECORD: Final = struct.Struct("<QI")  # executions, length of the case; then the case
LONGEST: Final = 1 << 14
LARGEST_CORPUS: Final = 4000
TIMEOUT: Final = 20  # seconds of processor time
FINDINGS: Final = sanitized.ROOT / ".fuzz" / "findings"
INTERESTING: Final = (0, 1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 127, 128, 129, 254, 255)


def mutate(data: bytes, other: bytes, random: Random) -> bytes:
    """Change data in one to four places; now and then with what another seed has."""
    changed = bytearray(data)
    for _ in range(1 + int(random.random() * 4)):
        at = int(random.random() * (len(changed) + 1))
        if random.random() < 0.3:
            at = min(at, int(random.random() * 90))  # headers
        kind = int(random.random() * 10)
        length = 1 + int(random.random() * 8)
        if kind == 0:
            del changed[at:]
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = bytes(random.choice(INTERESTING) for _ in range(length))
        elif kind == 3:
            start = int(random.random() * (len(other) + 1))
            changed[at : at + length] = other[start : start + 4 * length]
        elif kind == 4:
            changed[at:at] = changed[at : at + 8 * length]
        elif kind == 5:
            changed[at : at + 2] = struct.pack(random.choice("<>") + "H", int(random.random() * 65536))
        elif at < len(changed):
            changed[at] = random.choice(INTERESTING) if kind < 8 else changed[at] ^ 1 << int(random.random() * 8)
    return bytes(changed[:LONGEST])


class Loop:
    """Mutate, execute, and keep what reaches new code."""

    def __init__(self, record: Path, seed: int, seeds: Sequence[bytes], execute: Callable[[int, bytes], None]) -> None:
        with record.open("r+b") as file:
            self.record = mmap.mmap(file.fileno(), RECORD.size + 4 + LONGEST)
        self.random = Random(seed)
        self.seeds = list(seeds)
        self.execute = execute
        self.coverage = Coverage()

    def run(self, executions: int, seconds: float) -> None:
        began = time.monotonic()
        done = 0
        signal.setitimer(signal.ITIMER_PROF, TIMEOUT)
        while done < executions:
            self.one(done)
            done += 1
            if done % 512 == 0 or done == executions:
                signal.setitimer(signal.ITIMER_PROF, TIMEOUT)
                if time.monotonic() - began > seconds:
                    break
            if done % 100_000 == 0:
                self.report(done, began)
        self.report(done, began)

    def one(self, number: int) -> None:
        random = self.random
        data = mutate(random.choice(self.seeds), random.choice(self.seeds), random)
        options = random.getrandbits(32)
        case = struct.pack("<I", options) + data
        self.record[: RECORD.size + len(case)] = RECORD.pack(number, len(case)) + case
        self.execute(options, data)
        if self.coverage.available and self.coverage.news() and len(self.seeds) < LARGEST_CORPUS:
            self.seeds.append(data)

    def report(self, done: int, began: float) -> None:
        rate = done / max(time.monotonic() - began, 1e-9)
        edges = f", {self.coverage.edges()} edges" if self.coverage.available else ""
        print(f"{done} executions, {rate:.0f} a second, {len(self.seeds)} seeds{edges}", flush=True)


def recorded(record: Path) -> bytes:
    data = record.read_bytes()
    _, length = RECORD.unpack_from(data)
    return data[RECORD.size : RECORD.size + length]


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fuzz a codec kernel.")
    parser.add_argument("--executions", type=int, default=1 << 62)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xFFFF)
    parser.add_argument("--sanitize", action="store_true", help="run in a build with AddressSanitizer and UBSan")
    parser.add_argument("--findings", type=Path, default=FINDINGS)
    parser.add_argument("--replay", type=Path, help="run one saved case")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    return parser


def main(target: str, seeds: Callable[[], Sequence[bytes]], execute: Callable[[int, bytes], None]) -> int:
    """The command of a target: the module's name, its seeds, and one execution with options and data."""
    chosen = arguments().parse_args()
    if chosen.replay:
        case = chosen.replay.read_bytes()
        execute(int.from_bytes(case[:4], "little"), case[4:])
        return 0
    if chosen.record:
        Loop(chosen.record, chosen.seed, seeds(), execute).run(chosen.executions, chosen.seconds)
        return 0
    return watch(target, chosen)


def watch(target: str, chosen: Any) -> int:
    """Run the loop in a child process; save the case that it ends with if that is a finding."""
    environment = dict(os.environ)
    if chosen.sanitize:
        sanitized.build()
        environment |= sanitized.environment()
    else:
        environment["PYTHONPATH"] = os.pathsep.join((str(Path(dicomkit.__file__).parents[1]), str(sanitized.ROOT)))
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        record.write_bytes(bytes(RECORD.size + 4 + LONGEST))
        command = [sys.executable, "-P", "-m", target, "--record", str(record), "--seed", str(chosen.seed)]
        command += ["--executions", str(chosen.executions), "--seconds", str(chosen.seconds)]
        done = subprocess.run(command, env=environment, check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            return 0
        path = save(chosen.findings, target.rpartition(".")[2], recorded(record), done.stderr)
    print(f"{done.stderr[-3000:]}\nended with {done.returncode}; saved as {path}", file=sys.stderr)
    return 1

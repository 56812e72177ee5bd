"""The claims on reading: what is compared with whom, and what dicomkit should reach.

A ratio is the rival's time divided by dicomkit's: 30 means that dicomkit is 30 times as fast.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import ROOT, UnavailableError, dcmtk, inputs, synthetic
from benchmarks.report import Row, Table
from benchmarks.runner import (
    QUICK,
    Effort,
    Timer,
    Worker,
    dicomkit_command,
    environment,
    in_turn,
    process_timer,
    reader,
)

# Page faults and cache misses make a record of a large index dearer; anything but linear would be far beyond.
NS_PER_RECORD, GROWTH, BYTES_PER_ELEMENT = 12, 2, 32
IMPORT_SECONDS, HEADER_SECONDS, HEADER_BYTES = 0.025, 0.001, 5e6


class Comparison(NamedTuple):
    """An operation on a file or folder: dicomkit against rivals, with the ratios to reach."""

    title: str
    operation: str
    source: Callable[[], Path]
    targets: dict[str, float | None]


COMPARISONS = {
    "ct_small": Comparison(
        "read CT_small.dcm, 39 KB", "read", inputs.ct_small, {"pydicom": 30, "dicomsdl": 2.5, "dcmtk": 10}
    ),
    "rtstruct": Comparison(
        "read rtstruct.dcm, 2.5 KB", "read", inputs.rtstruct, {"pydicom": None, "dicomsdl": None, "dcmtk": None}
    ),
    "ct512": Comparison(
        "read a 512 x 512 CT, 530 KB", "read", inputs.ct512, {"pydicom": None, "dicomsdl": None, "dcmtk": None}
    ),
    "multiframe": Comparison(
        "read an enhanced CT of 1,000 frames, 41,000 records",
        "read",
        lambda: inputs.multiframe(1000),
        {"pydicom": None, "dicomsdl": 15, "dcmtk": 60},
    ),
    "multiframe_values": Comparison(
        "read the same and get every value", "touch", lambda: inputs.multiframe(1000), {"pydicom": 80}
    ),
    "segmentation": Comparison(
        "read a segmentation of 12,000 frames (pydicom leaves sequences of known length unread)",
        "read",
        lambda: inputs.segmentation(12_000),
        {"pydicom": None, "dicomsdl": None, "dcmtk": None},
    ),
    "segmentation_values": Comparison(
        "read the same and get every value", "touch", lambda: inputs.segmentation(12_000), {"pydicom": None}
    ),
    "headers": Comparison(
        "ten attributes of 400 CT files (open: at most 10 times opening and reading 8 KB)",
        "headers",
        lambda: inputs.ct_series(400),
        {"pydicom": 30, "dicomsdl": 4, "dcmtk": None, "open": 0.1},
    ),
}


def compare(operation: str, path: Path, targets: dict[str, float | None], effort: Effort) -> list[Row]:
    """dicomkit and rivals in turn, each in a new process: what ran before does not count."""
    rows = {name: Row(name, at_least=targets.get(name)) for name in ["dicomkit", *targets]}
    timers: dict[str, Timer] = {}
    with ExitStack() as workers:
        for name, row in rows.items():
            try:
                worker = workers.enter_context(closing(Worker(reader(name))))
                timer = worker_timer(worker, operation, path)
                timer(1)
                timers[name] = timer
                rows[name] = row._replace(name=f"{name} {worker.version}")
            except UnavailableError as error:
                rows[name] = row._replace(note=f"not available: {error}")
        return with_ratios(rows, in_turn(timers, effort))


def worker_timer(worker: Worker, operation: str, path: Path) -> Timer:
    """A timer of a worker's operation."""
    return lambda count: worker.seconds(operation, path, count)


def with_ratios(rows: dict[str, Row], samples: dict[str, list[float]]) -> list[Row]:
    """The rows with their samples, and ratios to the row "dicomkit"."""
    ours = median(samples["dicomkit"]) if "dicomkit" in samples else None
    filled = []
    for name, row in rows.items():
        ratio = median(samples[name]) / ours if ours and name in samples and name != "dicomkit" else None
        filled.append(row._replace(samples=samples.get(name, []), ratio=ratio))
    return filled


def comparison(name: str) -> Callable[[Effort], Table]:
    """A claim of the table above."""
    it = COMPARISONS[name]
    return lambda effort: Table(name, it.title, compare(it.operation, it.source(), it.targets, effort))


def memory(what: str, path: Path, *arguments: str) -> dict[str, int]:
    """What benchmarks.memory says."""
    command = [sys.executable, "-m", "benchmarks.memory", what, str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise UnavailableError((done.stderr.strip().splitlines() or ["no answer"])[-1])
    result: dict[str, int] = json.loads(done.stdout)
    return result


def index(effort: Effort) -> Table:
    """The index pass alone: nanoseconds a record, at three sizes."""
    frame_counts = [1000, 10_000] if effort == QUICK else [1000, 10_000, 100_000]
    rows = []
    for frames in frame_counts:
        path = inputs.multiframe(frames)
        records = memory("index", path)["records"]
        with closing(Worker(reader("dicomkit"))) as worker:
            samples = in_turn({"dicomkit": worker_timer(worker, "index", path)}, effort)["dicomkit"]
        per_record = [seconds * 1e9 / records for seconds in samples]
        rows.append(Row(f"{records:,} records", per_record, at_most=NS_PER_RECORD))
    growth = median(rows[-1].samples) / median(rows[0].samples)
    largest = rows[-1]._replace(note=f"{growth:.2f} times the first, linear is 1 (at most {GROWTH})")
    return Table("index", "the index pass alone, time a record", [*rows[:-1], largest], "ns")


def index_memory(_: Effort) -> Table:
    """Memory of the index."""
    found = memory("index", inputs.multiframe(10_000))
    share = synthetic.FRAME_ELEMENTS / synthetic.FRAME_RECORDS
    rows = [
        Row("a data element", [found["bytes"] / (found["records"] * share)], at_most=BYTES_PER_ELEMENT),
        Row("a record (items too)", [found["bytes"] / found["records"]]),
    ]
    return Table("index_memory", "resident memory of an index of 410,000 records", rows, "bytes")


def huge_header(effort: Effort) -> Table:
    """The header of a 4 GB file."""
    rows = compare("header", inputs.huge(), dict.fromkeys(["pydicom", "dicomsdl", "dcmtk", "open"]), effort)
    rows[0] = rows[0]._replace(at_most=HEADER_SECONDS)
    return Table("huge_header", "ten attributes of a 4 GB file", rows)


def huge_header_memory(_: Effort) -> Table:
    """Memory that the header of a 4 GB file takes."""
    grown = memory("header", inputs.huge())["bytes"] / 1e6
    return Table("huge_memory", "memory to read the 4 GB file", [Row("dicomkit", [grown], at_most=HEADER_BYTES / 1e6)], "MB")


def dump_processes(effort: Effort, files: Sequence[Path], name: str, title: str) -> Table:
    """`dicomkit dcmdump` against DCMTK's, as processes."""
    paths = [str(path) for path in files]
    timers = {
        "dicomkit": process_timer([*dicomkit_command(), "dcmdump", *paths]),
        "dcmtk": process_timer([dcmtk.tool("dcmdump"), *paths]),
        "bare": process_timer([sys.executable, "-c", "pass"]),
    }
    rows = {
        "dicomkit": Row("dicomkit dcmdump"),
        "dcmtk": Row(f"DCMTK {dcmtk.version('dcmdump')} dcmdump", at_least=1),
        "bare": Row("bare interpreter"),
    }
    return Table(name, title, with_ratios(rows, in_turn(timers, effort._replace(rounds=effort.rounds * 2))))


def dump_series(effort: Effort) -> Table:
    """400 files in one process."""
    files = sorted(inputs.ct_series(400).iterdir())
    return dump_processes(effort, files, "dump_series", "dump 400 CT files in one process")


def dump_one(effort: Effort) -> Table:
    """One small file."""
    return dump_processes(effort, [inputs.ct_small()], "dump_one", "dump CT_small.dcm, a process")


def import_time(effort: Effort) -> Table:
    """`import dicomkit` over a bare interpreter."""
    timers = {
        "bare": process_timer([sys.executable, "-c", "pass"]),
        "import": process_timer([sys.executable, "-c", "import dicomkit"]),
        "read": process_timer([sys.executable, "-c", f"import dicomkit; dicomkit.read({str(inputs.ct_small())!r})"]),
    }
    samples = in_turn(timers, effort._replace(rounds=effort.rounds * 3))
    extra = [with_it - bare for with_it, bare in zip(samples["import"], samples["bare"], strict=True)]
    probe = "import sys, dicomkit; print('numpy' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, env=environment(), check=True)
    rows = [
        Row("bare interpreter", samples["bare"]),
        Row("import dicomkit", samples["import"], note="loads numpy" if "True" in loaded.stdout else "numpy not loaded"),
        Row("  over the bare one", extra, at_most=IMPORT_SECONDS),
        Row("import and first read", samples["read"]),
    ]
    return Table("import", "import dicomkit, a process", rows)


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    **{name: comparison(name) for name in COMPARISONS},
    "index": index,
    "index_memory": index_memory,
    "huge_header": huge_header,
    "huge_memory": huge_header_memory,
    "dump_series": dump_series,
    "dump_one": dump_one,
    "import": import_time,
}

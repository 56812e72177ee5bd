"""The claims on writing with the library: what is compared with whom, and what dicomkit should reach."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from benchmarks import UnavailableError, dcmtk, inputs, results
from benchmarks.claims import with_ratios, worker_timer
from benchmarks.report import Row, Table
from benchmarks.runner import Effort, Timer, Worker, in_turn

# Each run has a file of its own. So many bytes at once do not make the system write to the disk in the middle.
BYTES_AT_ONCE = 40e6


class Comparison(NamedTuple):
    """An operation on a file: dicomkit against rivals, with the ratios to reach."""

    title: str
    operation: str
    source: Callable[[], Path]
    targets: Mapping[str, float | None]
    result: Callable[[Path], object] = results.dataset


def enhanced() -> Path:
    """The enhanced CT of 1,000 frames."""
    return inputs.multiframe(1000)


COPYING = {"plain": 1 / 1.3, "pydicom": None, "dcmtk": None}
CONVERTING = {"pydicom": 40, "dcmtk": 8}

COMPARISONS = {
    "save_new": Comparison(
        "save an unchanged 512 x 512 CT, 530 KB, as a new file (plain: shutil.copyfile)", "save:new", inputs.ct512, COPYING
    ),
    "save_there": Comparison("save the same over a file that is there", "save:there", inputs.ct512, COPYING),
    "implicit": Comparison(
        "read the enhanced CT of 1,000 frames, explicit VR, and write it in implicit VR, in memory",
        "implicit:memory",
        enhanced,
        CONVERTING,
    ),
    "implicit_file": Comparison("the same to a file", "implicit:there", enhanced, CONVERTING),
    "build": Comparison(
        "make a CT object of 100 elements of Python values and write it, in memory",
        "build:memory",
        inputs.ct512,
        {"pydicom": 10},
        results.values,
    ),
    "build_file": Comparison(
        "the same to a new file (plain: writing as many bytes)",
        "build:new",
        inputs.ct512,
        {"pydicom": None, "plain": None},
        results.values,
    ),
    "json": Comparison(
        "read the enhanced CT of 1,000 frames and give its JSON",
        "json:memory",
        enhanced,
        {"pydicom": 30},
        lambda path: results.json_model(path.read_bytes()),
    ),
}


def writer(name: str, folder: Path) -> list[str]:
    """The command of a rival's process that writes into a folder."""
    if name == "dcmtk":
        return [dcmtk.program("dcmtk_write"), str(folder)]
    return [sys.executable, "-m", "benchmarks.write_worker", name, str(folder)]


def compare(it: Comparison, effort: Effort) -> list[Row]:
    """dicomkit and rivals in turn, each in a new process and in a folder of its own, once their results are equal."""
    path = it.source()
    rows = {name: Row(name, at_least=it.targets.get(name)) for name in ["dicomkit", *it.targets]}
    timers: dict[str, Timer] = {}
    made: dict[str, object] = {}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=inputs.cache())))
        for name, row in rows.items():
            folder = scratch / name
            folder.mkdir()
            try:
                worker = stack.enter_context(closing(Worker(writer(name, folder))))
                worker.seconds(it.operation, path, 0)
                made[name] = it.result(folder / "result")
                timers[name] = worker_timer(worker, it.operation, path)
                rows[name] = row._replace(name=f"{name} {worker.version}")
            except UnavailableError as error:
                rows[name] = row._replace(note=f"not available: {error}")
        if "dicomkit" in made and (wrong := results.difference(made)):
            rows["dicomkit"] = rows["dicomkit"]._replace(note=f"NOT EQUAL: {wrong}")
            timers.clear()
        if not it.operation.endswith("memory"):
            effort = effort._replace(most=max(1, int(BYTES_AT_ONCE / path.stat().st_size)))
        return with_ratios(rows, in_turn(timers, effort))


def comparison(name: str) -> Callable[[Effort], Table]:
    """A claim of the table above."""
    it = COMPARISONS[name]
    return lambda effort: Table(name, it.title, compare(it, effort))


CLAIMS = {name: comparison(name) for name in COMPARISONS}

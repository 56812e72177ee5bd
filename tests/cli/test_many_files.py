"""One piece of work on many files, here and in other processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.cli import many_files
from dicomkit.cli.log import Log
from dicomkit.cli.many_files import run_many

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


@pytest.fixture(params=["serial", "parallel"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether processes are used, whatever the machine and however long the work takes."""
    processes = 1 if request.param == "serial" else 3
    monkeypatch.setattr(many_files, "_processors", lambda: processes)
    monkeypatch.setattr(many_files, "_WORTHWHILE", -1.0)
    return str(request.param)


def working(log: Log, work: Callable[[int], int]) -> Callable[[int], int]:
    """Work that says what it does."""

    def logging(job: int) -> int:
        log.warn(f"job {job}")
        return work(job)

    return logging


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100, 1001])
def test_all_jobs_are_done_once_and_logged_in_order(mode: str, count: int) -> None:
    err = io.StringIO()
    log = Log(err)
    assert run_many(working(log, lambda job: job % 3), range(count), log) == sum(job % 3 for job in range(count))
    assert err.getvalue().splitlines() == [f"W: job {job}" for job in range(count)]
    assert log.file is err


def test_processes_are_used(mode: str, tmp_path: Path) -> None:
    def work(job: int) -> int:
        (tmp_path / f"{job}.{os.getpid()}").touch()
        time.sleep(0.001)
        return 0

    run_many(work, range(100), Log(io.StringIO()))
    processes = {path.suffix for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == 100
    assert (f".{os.getpid()}" in processes) == (mode == "serial")
    assert len(processes) == (1 if mode == "serial" else 3)


def test_quick_work_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_files, "_processors", lambda: 2)
    monkeypatch.setattr(many_files, "_WORTHWHILE", 1000.0)
    processes: set[int] = set()
    run_many(lambda job: processes.add(os.getpid()) or 0, range(100), Log(io.StringIO()))
    assert processes == {os.getpid()}


def test_a_job_that_raises_is_an_error(mode: str) -> None:
    err = io.StringIO()
    assert run_many(lambda job: 1 // (job - 50) * 0, range(100), Log(err)) == 1
    assert err.getvalue() == "E: 50: ZeroDivisionError: integer division or modulo by zero\n"


def test_long_logs_come_through(mode: str) -> None:
    err = io.StringIO()
    log = Log(err)
    run_many(lambda job: log.warn("x" * 300_000) or 0, range(9), log)
    assert err.getvalue() == ("W: " + "x" * 300_000 + "\n") * 9


def test_a_process_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_files, "_processors", lambda: 2)
    monkeypatch.setattr(many_files, "_WORTHWHILE", -1.0)
    err = io.StringIO()
    log = Log(err)

    def work(job: int) -> int:
        if job == 40:
            os.kill(os.getpid(), signal.SIGKILL)
        log.warn(f"job {job}")
        return 0

    errors = run_many(work, range(100), log)
    lines = err.getvalue().splitlines()
    lost = [line for line in lines if line.startswith("E: ")]
    assert len(lost) == 1
    assert "has ended" in lost[0]
    assert 0 < errors < 10
    assert len(lines) == 100 - errors + 1


def test_no_processes_beside_threads() -> None:
    import threading

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert many_files._processors() == 1
    finally:
        stop.set()
        thread.join()
    assert many_files._processors() >= 1


SLOW = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without it
from dicomkit.cli import many_files
from dicomkit.cli.log import Log
many_files._processors = lambda: 2
many_files._WORTHWHILE = -1.0
def work(job):
    try:
        os.write(1, b"start\\n")
        time.sleep(60)
        return 0
    finally:
        os.write(1, b"cleaned up\\n")
try:
    many_files.run_many(work, range(10), Log())
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
"""


def test_interruption_ends_all_processes() -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["start\n", "start\n"]
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert sorted(out.split("\n")) == ["", "cleaned up", "cleaned up", "interrupted"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_for_terminals(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomkit.cli.progress._PATIENCE", 0.0)
    monkeypatch.setattr("dicomkit.cli.progress._INTERVAL", 0.0)
    terminal = Terminal()
    run_many(lambda job: 0, range(10), Log(terminal))
    assert "10/10" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r" + " " * 38 + "\r")
    for level in ("quiet", "info", "debug"):  # nobody wants it, or the log says it
        terminal = Terminal()
        run_many(lambda job: 0, range(10), Log(terminal, level))
        assert terminal.getvalue() == ""
    pipe = io.StringIO()
    run_many(lambda job: 0, range(10), Log(pipe))
    assert pipe.getvalue() == ""

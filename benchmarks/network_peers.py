"""The peers of an association as processes: servers, and clients that store files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks import ROOT, UnavailableError, dcmtk, inputs
from benchmarks.runner import dicomkit_command, environment

HOST = "127.0.0.1"
DCMTK_AT_ITS_BEST = {"TCP_NODELAY": "1", "TCP_BUFFER_LENGTH": "131072"}
WORKER = [sys.executable, "-m", "benchmarks.network_worker"]
STARTED, ENDED = "Association Accepted", "Releasing Association"  # in the log of a client
LOG_CONFIGURATION = """\
log4cplus.rootLogger = INFO, console
log4cplus.appender.console = log4cplus::ConsoleAppender
log4cplus.appender.console.logToStdErr = true
log4cplus.appender.console.ImmediateFlush = true
log4cplus.appender.console.layout = log4cplus::PatternLayout
log4cplus.appender.console.layout.ConversionPattern = %m%n
log4cplus.appender.console.filters.1 = log4cplus::spi::StringMatchFilter
log4cplus.appender.console.filters.1.StringToMatch = Association
log4cplus.appender.console.filters.1.AcceptOnMatch = true
log4cplus.appender.console.filters.2 = log4cplus::spi::DenyAllFilter
"""
START_SECONDS, ATTEMPTS = 20, 3


class Storing(NamedTuple):
    """What storing files took, from the first store to the release."""

    seconds: float
    client_cpu: float
    server_cpu: float
    last_words: str

    def divided(self, count: int) -> Storing:
        """For one of so many objects."""
        return Storing(self.seconds / count, self.client_cpu / count, self.server_cpu / count, self.last_words)


class Server:
    """A server's process, listening.

    Attributes:
        port: where.
        process: the process.
    """

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        self.port = free_port()
        self.process = start(command(self.port), stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while not is_listening(self.port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.close()
                raise UnavailableError(f"{command(self.port)[0]} does not listen")
            time.sleep(0.01)

    def peak_memory(self) -> int:
        """The most resident memory that it has had, in bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
        raise UnavailableError("no VmHWM")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def start(command: Sequence[str], stderr: int) -> subprocess.Popen[str]:
    """Start a peer."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
        env={**environment(), **DCMTK_AT_ITS_BEST},
        cwd=ROOT if command[:2] == WORKER[:2] else tempfile.gettempdir(),
    )


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((HOST, port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def listening(command: Callable[[int], Sequence[str]]) -> Iterator[Server]:
    """A server, as long as the context."""
    server = Server(command)
    try:
        yield server
    finally:
        server.close()


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """The CPU time that a process has used, as its clock has it (Linux: clock_getcpuclockid)."""
    return time.clock_gettime(~process.pid << 3 | 2)


def storing(client: Sequence[str], server: Server) -> Storing:
    """Run a client, and see what it takes.

    Raises:
        UnavailableError: it failed.
    """
    process = start(client, subprocess.PIPE)
    marks = []
    words = []
    assert process.stderr is not None
    for line in process.stderr:
        words.append(line.strip())
        if line.startswith((STARTED, ENDED)):
            marks.append((time.perf_counter(), cpu_seconds(process), cpu_seconds(server.process)))
    process.stderr.close()
    if process.wait() or len(marks) != 2:
        raise UnavailableError(([word for word in words if word] or ["no answer"])[-1])
    seconds, client_cpu, server_cpu = (after - before for before, after in zip(*marks, strict=True))
    return Storing(seconds, client_cpu, server_cpu, words[-1])


def storing_with_retries(client: Sequence[str], server: Server) -> Storing:
    """The same, for a peer that fails now and then."""
    for _ in range(ATTEMPTS - 1):
        try:
            return storing(client, server)
        except UnavailableError:
            continue
    return storing(client, server)


# -- clients that store files: (port, files) -> command


@cache
def log_configuration() -> str:
    """A file that makes DCMTK's clients say when they begin and end, and nothing else."""
    path = inputs.cache() / "log.cfg"
    path.write_text(LOG_CONFIGURATION)
    return str(path)


def dicomkit_client(port: int, files: Sequence[str]) -> list[str]:
    """dicomkit's storescu, with a log that says the same."""
    return [*WORKER, "dicomkit", "storescu", HOST, str(port), *files]


def dcmtk_client(port: int, files: Sequence[str]) -> list[str]:
    """DCMTK's."""
    return [dcmtk.tool("storescu"), "-lc", log_configuration(), HOST, str(port), *files]


def pynetdicom_client(port: int, files: Sequence[str]) -> list[str]:
    """A program around pynetdicom."""
    return [*WORKER, "pynetdicom-scu", str(port), *files]


# -- servers that store: (folder, or None to discard) -> port -> command


def dicomkit_server(folder: Path | None, *options: str) -> Callable[[int], list[str]]:
    """dicomkit's storescp, bit-preserving."""
    return lambda port: [*dicomkit_command(), "storescp", *options, *kept(folder), str(port)]


def dcmtk_server(folder: Path | None, *options: str) -> Callable[[int], list[str]]:
    """DCMTK's."""
    return lambda port: [dcmtk.tool("storescp"), *options, *kept(folder), str(port)]


def kept(folder: Path | None) -> list[str]:
    """The options of storescp."""
    return ["--ignore"] if folder is None else ["+B", "-od", str(folder)]


def pynetdicom_server(folder: Path | None) -> Callable[[int], list[str]]:
    """A program around pynetdicom."""
    return lambda port: [*WORKER, "pynetdicom-scp", str(port), *([] if folder is None else [str(folder)])]


def pynetdicom_version() -> str:
    """Its version.

    Raises:
        UnavailableError: it is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pynetdicom")
    except PackageNotFoundError:
        raise UnavailableError("pynetdicom is not installed") from None


def is_linux() -> None:
    """The clocks of other processes are Linux's.

    Raises:
        UnavailableError: this is another system.
    """
    if not os.path.exists("/proc/self/status"):
        raise UnavailableError("this is measured on Linux only")

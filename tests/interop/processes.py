"""Peers as processes on loopback: servers on free ports."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START = 20  # seconds that a peer may take to listen


def free_port() -> int:
    """A port that nobody listens on, for a peer that does not choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(command: list[str | Path], port: int, log: Path) -> Iterator[None]:
    """Run a server while the block runs. What it prints goes into a file, the end of which is told if the block fails."""
    environment = {**os.environ, "TCP_NODELAY": "1"}  # DCMTK waits 40 ms with every answer without it
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=log.parent)
    try:
        _wait_for(process, port, log)
        yield
    except BaseException as error:
        error.add_note(f"{command[0]} said:\n{_end_of(log)}")
        raise
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the peer ended with {process.returncode}:\n{_end_of(log)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    pytest.fail(f"the peer does not listen:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]

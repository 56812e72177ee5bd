"""storescp and dcmrecv as processes."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dicomkit

CONTEXTS = ["CTImageStorage", "ComprehensiveSRStorage"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Running:
    """A server process."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end, self.log
            time.sleep(0.02)

    def associate(self, **options: Any) -> dicomkit.Association:
        return dicomkit.associate("127.0.0.1", self.port, **{"contexts": CONTEXTS, **options})


@contextmanager
def running(folder: Path, *options: str, tool: str = "storescp") -> Iterator[Running]:
    """Run it; it is ended as systems end servers, and ends well."""
    port, log = free_port(), folder / "log.txt"
    (folder / "out").mkdir(exist_ok=True)
    line = [sys.executable, "-m", "dicomkit", tool, "-od", "out", *options, str(port)]
    with log.open("wb") as output:
        child = subprocess.Popen(line, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                assert child.poll() is None, log.read_text()
                time.sleep(0.02)
        yield Running(port, log)
        child.send_signal(signal.SIGTERM)
        assert child.wait(15) == 0, log.read_text()
    finally:
        child.kill()
        child.wait()


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

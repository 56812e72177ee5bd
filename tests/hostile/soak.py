"""A soak: honest and hostile peers by the thousand against one server, whose memory, descriptors and threads must stay flat.

    python -m tests.hostile.soak --connections 100000

prints a line now and then, and fails if the server has grown after the first tenth. It takes a few minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import dicomkit
from dicomkit.net.association import associate
from dicomkit.net.server import Find, Get, Limits, Server, Storage, StoreTo, Verification, connection, listener
from tests.hostile.test_server import PEERS
from tests.net.server.wire import CT

# These wait for time-outs, or take long themselves
SLOW = {"silent", "does not answer sub-operations", "one byte at a time", "no data set", "empty PDUs", "empty values"}
SLOW |= {"half open", "abort in the middle of a command", "a request without end", "many requests at once"}
SLOW |= {"a request that lies about its length"}
THREADS = 3 + 32  # of the program, the server, and its handlers
GROWTH = 16 << 10  # KiB of memory that an allocator may keep for itself


def serve(folder: str, pipe: Any) -> None:
    """The server, in a process of its own."""
    found = [dicomkit.Dataset(PatientID=str(number)) for number in range(20)]
    objects = [dicomkit.new("CTImageStorage", PixelData=bytes(50_000)) for _ in range(3)]
    services = [
        Verification(),
        Storage(StoreTo(folder, check=False)),
        Find(lambda request: iter(found)),
        Get(lambda request: objects),
    ]
    limits = Limits(first_byte=2, idle=2, send=2, sub_operation=1)
    connection.LINGER = 0.05  # type: ignore[misc]  # so that it does not take all day; so the next one
    listener.LONGEST_INTERVAL = 0.02  # type: ignore[misc]
    logging.getLogger("dicomkit.server").setLevel(logging.CRITICAL)
    with Server(services, limits=limits).started("127.0.0.1") as server:
        pipe.send(server.port)
        while pipe.poll(None):
            if pipe.recv() is None:
                return
            pipe.send((server.counters.open_connections, server.counters.associations, server.counters.handler_errors))


def memory_of(pid: int) -> tuple[int, int, int]:
    """Resident memory in KiB, descriptors, threads of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"])


def honest(port: int) -> None:
    """A peer as it should be."""
    with associate("127.0.0.1", port, contexts=["Verification", CT]) as association:
        association.echo()
        association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.3", PixelData=bytes(5000)))


def come(port: int, count: int, seed: int, failures: list[str]) -> None:
    """One peer after the other. What fails of the honest ones is noted."""
    random = Random(seed)
    kinds = [name for name in PEERS if name not in SLOW]
    for _ in range(count):
        kind = random.random()
        if kind < 0.5:
            try:
                honest(port)
            except (dicomkit.NetworkError, dicomkit.DimseError) as error:
                failures.append(str(error))
            continue
        name = random.choice(kinds if kind < 0.998 else [*SLOW])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as peer, contextlib.suppress(OSError):
            PEERS[name](peer)


def settled(pipe: Any, pid: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The server when nobody is there: what it takes, and its counters."""
    end = time.monotonic() + 30
    while True:
        pipe.send("counters")
        counters = pipe.recv()
        if not counters[0] or time.monotonic() > end:
            return memory_of(pid), counters
        time.sleep(0.05)


def run(connections: int, peers: int = 16, steps: int = 10) -> bool:
    """Let so many peers come. Returns whether the server has stayed as it was."""
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        pipe, other = context.Pipe()
        process = context.Process(target=serve, args=(folder, other), daemon=True)
        process.start()
        assert process.pid is not None
        port = pipe.recv()
        first: tuple[int, int, int] | None = None
        flat = True
        failures: list[str] = []
        for step in range(steps):
            share = connections // steps // peers
            seeds = range(step * peers, (step + 1) * peers)
            threads = [threading.Thread(target=come, args=(port, share, seed, failures)) for seed in seeds]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            now, counters = settled(pipe, process.pid)
            print(
                f"{(step + 1) * share * peers} connections, {counters[1]} associations: "
                f"{now[0] >> 10} MiB, {now[1]} descriptors, {now[2]} threads, {counters[2]} handler errors, "
                f"{len(failures)} honest peers failed",
                flush=True,
            )
            first = first or now
            flat = flat and now[0] <= first[0] + GROWTH and now[1] <= first[1] and now[2] <= THREADS and not counters[2]
        honest(port)
        pipe.send(None)
        process.join(10)
    if failures:
        print(failures[:10])
    return flat and not failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--connections", type=int, default=100_000)
    sys.exit(not run(parser.parse_args().connections))

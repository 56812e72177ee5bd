"""Nothing lost: what was answered with success is on the disk, whole, whatever happens to the server.

Faults are injected where they come from: SIGKILL for a process that dies, a small file system and a limit on file sizes for
full disks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit.errors import NetworkError
from dicomkit.net.association import Association, associate
from dicomkit.net.server import incoming_file
from dicomkit.net.server.file_head import file_head
from dicomkit.net.server.incoming_file import is_partial
from tests.net.server.wire import CT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, limits and file systems as POSIX has them")

SERVE = """
import os, resource, sys
from dicomkit.net.server import Limits, Server, Storage, StoreTo
folder, fsync, workers, largest = sys.argv[1], sys.argv[2] == "fsync", int(sys.argv[3]), int(sys.argv[4])
if largest:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
class Loud(Server):
    async def start(self, *arguments):
        await super().start(*arguments)
        print(self.port, flush=True)
from dicomkit.net.server import incoming_file
if sys.argv[5]:
    incoming_file._can_be_unnamed = False
Loud([Storage(StoreTo(folder, fsync=fsync))], workers=workers).run("127.0.0.1", 0, drain=5)
"""


@contextlib.contextmanager
def serving(
    folder: Path, fsync: bool = False, workers: int = 1, largest: int = 0, *, named: bool = False
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process group of its own, and its port."""
    command = [
        sys.executable,
        "-c",
        SERVE,
        str(folder),
        "fsync" if fsync else "",
        str(workers),
        str(largest),
        "named"[: named * 5],
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def data_of(number: int, size: int) -> bytes:
    """A data set that tells whether it is whole: its number all over it."""
    head = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=f"1.2.{number}").to_bytes(meta="none")
    return head + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, size) + struct.pack("<I", number) * (size // 4)


def file_of(number: int, size: int) -> bytes:
    return file_head(CT, f"1.2.{number}", "1.2.840.10008.1.2.1", "TEST") + data_of(number, size)


def store_all(association: Association, numbers: list[int], size: int, done: set[int]) -> None:
    """Store objects until the server is gone; those that were answered with success are noted."""
    with contextlib.suppress(NetworkError):
        for number in numbers:
            if association.store(file_of(number, size)).is_success:
                done.add(number)


def check(folder: Path, done: set[int], size: int) -> int:
    """All that was answered with success is there, and nothing has a final name that is not whole. Returns partial files."""
    partial = 0
    for path in folder.iterdir():
        if is_partial(path.name):
            partial += 1
            continue
        number = int(path.name.rpartition(".")[2])
        assert path.read_bytes().endswith(data_of(number, size)), path.name
    for number in done:
        assert (folder / f"CT.1.2.{number}").is_file(), number
    return partial


@pytest.mark.parametrize(
    ("fsync", "workers", "named"), [(False, 1, False), (True, 1, False), (False, 2, False), (False, 1, True)]
)
def test_killed_at_any_moment(fsync: bool, workers: int, named: bool, tmp_path: Path) -> None:
    """SIGKILL while four associations store. Files that have no name until they are whole leave nothing."""
    named = named or not incoming_file._can_be_unnamed
    random = Random(7)
    size = 1_500_000  # several reads of the server, so that it is killed while it writes
    partial = stored = 0
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        done: set[int] = set()
        with serving(folder, fsync, workers, named=named) as (process, port):
            threads = []
            for first in range(4):
                association = associate("127.0.0.1", port, contexts=[CT])
                numbers = list(range(first * 10_000, (first + 1) * 10_000))
                threads.append(threading.Thread(target=store_all, args=(association, numbers, size, done)))
            for thread in threads:
                thread.start()
            time.sleep(0.1 + random.random() * 0.2)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for thread in threads:
                thread.join(10)
        partial += check(folder, done, size)
        stored += len(done)
    assert stored > 10
    if not named:
        assert not partial


@pytest.mark.parametrize("workers", [1, 2])
def test_two_senders_of_one_uid(workers: int, tmp_path: Path) -> None:
    """They replace each other's object again and again, until SIGKILL: at each moment there is a whole one of either."""
    random = Random(5)
    size = 600_000
    instance = "1.2.3"
    head = file_head(CT, instance, "1.2.840.10008.1.2.1", "TEST")
    element = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=instance).to_bytes(meta="none")
    element += struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, size)
    versions = [head + element + struct.pack("<I", number) * (size // 4) for number in (1, 2)]
    seen = set()
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        stored = [0, 0]
        with serving(folder, workers=workers) as (process, port):

            def send(which: int, association: Association, stored: list[int] = stored) -> None:
                with contextlib.suppress(NetworkError):
                    while association.store(versions[which]).is_success:
                        stored[which] += 1

            senders = [(which, associate("127.0.0.1", port, contexts=[CT])) for which in (0, 1, 0, 1)]
            threads = [threading.Thread(target=send, args=sender) for sender in senders]
            for thread in threads:
                thread.start()
            end = time.monotonic() + 0.1 + random.random() * 0.2
            while time.monotonic() < end:
                if any(stored):
                    seen.add(_version(folder / f"CT.{instance}", versions))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for thread in threads:
                thread.join(10)
        assert all(stored)
        seen.add(_version(folder / f"CT.{instance}", versions))
        assert [path.name for path in folder.iterdir() if not is_partial(path.name)] == [f"CT.{instance}"]
    assert seen == {0, 1}


def _version(path: Path, versions: list[bytes]) -> int:
    """Which of the versions it is: all of one."""
    data = path.read_bytes()
    data_set = data[144 + int.from_bytes(data[140:144], "little") :]
    (which,) = (number for number, version in enumerate(versions) if version.endswith(data_set) and len(data_set) > 600_000)
    return which


def test_a_worker_is_killed(tmp_path: Path) -> None:
    """One of two: its associations are lost, and nothing else."""
    size = 100_000
    done: set[int] = set()
    with serving(tmp_path, workers=2) as (process, port):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        threads = []
        for first in range(4):
            association = associate("127.0.0.1", port, contexts=[CT])
            numbers = list(range(first * 10_000, first * 10_000 + 300))
            threads.append(threading.Thread(target=store_all, args=(association, numbers, size, done)))
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        os.kill(int(children[0]), signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    assert done
    check(tmp_path, done, size)


def test_a_limit_on_file_sizes(tmp_path: Path) -> None:
    """EFBIG: A700, no file; smaller objects are stored all the same."""
    with serving(tmp_path, largest=300_000) as (_, port), associate("127.0.0.1", port, contexts=[CT]) as association:
        for number, size in enumerate((100_000, 400_000, 299_000, 301_000, 1000)):
            try:
                assert association.store(file_of(number, size)).is_success
                assert size < 300_000
            except dicomkit.DimseError as error:
                assert error.status == 0xA700
                assert size > 300_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CT.1.2.0", "CT.1.2.2", "CT.1.2.4"]


@pytest.mark.parametrize("fsync", [False, True])
def test_a_small_file_system(fsync: bool, tmp_path: Path) -> None:
    """ENOSPC of a real one: A700 as long as there is no room, success again when there is; old objects stay whole."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        size = 210_000
        done = set()
        statuses = []
        with serving(folder, fsync) as (_, port), associate("127.0.0.1", port, contexts=[CT]) as association:
            for number in [0, 1, 2, 3, 4, 5, 6, 0, 7]:
                try:
                    association.store(file_of(number, size))
                    done.add(number)
                    statuses.append(0)
                except dicomkit.DimseError as error:
                    statuses.append(error.status)
                assert check(folder, done, size) == 0
            (folder / "CT.1.2.1").unlink()
            assert association.store(file_of(8, size)).is_success
        assert statuses == [0, 0, 0, 0] + [0xA700] * 5
        assert check(folder, {0, 2, 3, 8}, size) == 0
    finally:
        subprocess.run(["umount", str(folder)], check=True)

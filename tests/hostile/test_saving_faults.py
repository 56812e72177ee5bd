"""Nothing lost: the old file or the new one is there, whole, whatever happens while it is saved.

Faults are injected where they come from: a limit on file sizes and a small file system for full disks, a signal for a
process that dies, errors of system calls.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.media import transfer
from tests.hostile.deferred import OPTIONS, assert_alone, assert_values, native
from tests.reference.encoding import DEFLATED, EXPLICIT_LITTLE

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals, limits and links as POSIX has them")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.dcm"
    path.write_bytes(native())
    return path


# -- full disks


@contextlib.contextmanager
def size_limit(size: int) -> Iterator[None]:
    """No file of this process gets larger: EFBIG, from write, writev and copy_file_range."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@POSIX
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("same", [True, False])
def test_the_disk_is_full_at_any_byte(options: dict[str, Any], same: bool, path: Path, tmp_path: Path) -> None:
    """Over the source, or over another file; with values from memory and from the source."""
    target = path if same else tmp_path / "target.dcm"
    target.write_bytes(native())
    dataset = dicomkit.read(path)
    dataset.PatientName = "Another^Name"
    size = len(dataset.to_bytes(**options))
    for limit in (0, 1, 131, 132, 400, 5000, 91_000, size // 2, size - 150_001, size - 149_000, size - 1):
        with size_limit(limit), pytest.raises(OSError, match="the old file is unchanged") as caught:
            dataset.save(target, **options)
        assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(target))
        assert target.read_bytes() == native()
        assert_values(dataset)
        with size_limit(limit), pytest.raises(OSError, match="nothing was written"):
            dataset.save(tmp_path / "new.dcm", **options)
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, target.name}
    with size_limit(size):
        dataset.save(target, **options)
    assert_values(dataset)
    assert_values(dicomkit.read(target))


@POSIX
def test_a_small_file_system(tmp_path: Path) -> None:
    """ENOSPC of a real one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        path = folder / "file.dcm"
        path.write_bytes(native())
        before = path.read_bytes()
        dataset = dicomkit.read(path)
        dataset.PatientName = "Another^Name"
        large = Dataset(SOPInstanceUID="1.2", PixelData=bytes(700_000))
        for options in OPTIONS[:2]:
            with pytest.raises(OSError, match="No space left on device; the old file is unchanged"):
                large.save(path, **options)
            with pytest.raises(OSError, match="No space left on device; nothing was written"):
                large.save(folder / "new.dcm", **options)
            assert path.read_bytes() == before
            assert_alone(path)
        filler = folder / "filler"
        filler.write_bytes(bytes(300_000))
        with pytest.raises(OSError, match="No space left on device"):
            dataset.save(path)
        assert path.read_bytes() == before
        assert_values(dataset)
        filler.unlink()
        for _ in range(3):
            dataset.save(path)
        assert_values(dicomkit.read(path))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@POSIX
@pytest.mark.parametrize("name", ["writev", "copy_range", "fsync", "replace", "fstat"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_any_system_call_fails_at_any_time(name: str, code: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner: Any = transfer if name == "copy_range" else os
    real = getattr(owner, name)
    before = path.read_bytes()
    for good_calls in range(4):
        left = [good_calls]

        def call(*arguments: Any, left: list[int] = left) -> Any:
            if not left[0]:
                raise OSError(code, os.strerror(code))
            left[0] -= 1
            return real(*arguments)

        dataset = dicomkit.read(path)
        dataset.PatientName = "A^B"  # what it is
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, call)
            try:
                dataset.save(path, fsync=True)
            except OSError as error:
                assert error.errno == code
                assert ("the old file is unchanged" in str(error)) == (path.read_bytes() == before)
                assert ("the new file is there" in str(error)) == (path.read_bytes() != before)
        assert_values(dicomkit.read(path))
        assert_alone(path)
        path.write_bytes(before)


# -- what dies


def child(work: Callable[[], None]) -> int:
    """Do it in a process of its own. Returns its number."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return number


@POSIX
@pytest.mark.parametrize(("syntax", "flush"), [(EXPLICIT_LITTLE, True), (EXPLICIT_LITTLE, False), (DEFLATED, True)])
def test_a_process_that_is_killed_at_any_moment(syntax: str, flush: bool, path: Path) -> None:
    """SIGKILL while it saves over an existing file, again and again: every time, a whole file is there."""
    random = Random(5)
    contents = []
    dataset = dicomkit.read(path)
    for name in ("First^Name", "Second^And^Longer^Name"):
        dataset.PatientName = name
        contents.append(dataset.to_bytes(transfer_syntax=syntax))
    dataset.save(path, transfer_syntax=syntax)
    found = set()
    leftovers = 0
    for attempt in range(400):
        if attempt >= 40 and leftovers and len(found) == 2:
            break  # killed while it wrote, and after each of both: how often that takes depends on the machine

        def work() -> None:
            own = dicomkit.read(path)
            while True:
                for name in ("First^Name", "Second^And^Longer^Name"):
                    own.PatientName = name
                    own.save(path, transfer_syntax=syntax, flush=flush)

        number = child(work)
        time.sleep(0.005 + random.random() * 0.02)
        os.kill(number, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == -signal.SIGKILL
        now = path.read_bytes()
        assert now in contents
        found.add(now)
        for entry in path.parent.iterdir():
            if entry != path:
                assert entry.name.startswith(".file.dcm.")
                assert entry.name.endswith(".part")
                entry.unlink()
                leftovers += 1
    assert leftovers  # it was killed while it wrote
    assert len(found) == 2


@POSIX
def test_two_processes_save_one_file(path: Path) -> None:
    """Whoever reads meanwhile finds the whole file of one of them."""
    contents = {}
    for name in ("One^A", "Two^Somewhat^Longer"):
        dataset = dicomkit.read(native())
        dataset.PatientName = name
        contents[name] = dataset.to_bytes()

    def work(name: str) -> None:
        own = dicomkit.read(native())
        own.PatientName = name
        for _ in range(60):
            own.save(path)

    numbers = [child(lambda name=name: work(name)) for name in contents]  # type: ignore[misc]  # bound now
    seen = []
    while any(os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None for number in numbers):
        seen.append(path.read_bytes())
    assert [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers] == [0, 0]
    assert {*seen} <= {*contents.values(), native()}
    assert path.read_bytes() in contents.values()
    assert_alone(path)


@POSIX
def test_an_interrupt(path: Path) -> None:
    """Ctrl-C while it saves: the old file or the new one, nothing beside it."""
    random = Random(3)
    expected = {native(), replaced(native())}
    for _ in range(20):

        def work() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            own = dicomkit.read(native())
            own.PatientName = "Replaced^Name"
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    own.save(path)

        number = child(work)
        time.sleep(0.005 + random.random() * 0.01)
        while not os.waitpid(number, os.WNOHANG)[0]:  # Python drops one that comes while it frees an object
            os.kill(number, signal.SIGINT)
            time.sleep(0.02)
        assert path.read_bytes() in expected
        left = [entry for entry in path.parent.iterdir() if entry != path]
        for entry in left:  # an interrupt between two steps of Python's own may leave it, as a kill does
            entry.unlink()
        assert len(left) <= 1


def replaced(content: bytes) -> bytes:
    dataset = dicomkit.read(content)
    dataset.PatientName = "Replaced^Name"
    return dataset.to_bytes()

"""Files appear whole or not at all, and keep what belongs to the name."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.errors import SourceChanged
from dicomkit.media import atomic
from dicomkit.media.atomic import replace_file

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions, owners and links as POSIX has them")
OLD = b"the old contents"
NEW = b"the new contents, which are longer"


def write_new(fd: int) -> None:
    os.write(fd, NEW[:5])
    os.write(fd, NEW[5:])


def write_and_fail(fd: int) -> None:
    os.write(fd, NEW[:5])
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "target.dcm"
    path.write_bytes(OLD)
    return path


def assert_alone(path: Path) -> None:
    """Nothing else is in its folder."""
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new.dcm"
    replace_file(str(path), write_new)
    assert path.read_bytes() == NEW
    assert_alone(path)


def test_an_old_file_is_replaced(target: Path) -> None:
    with target.open("rb") as before:
        replace_file(str(target), write_new)
        assert target.read_bytes() == NEW
        if os.name == "posix":
            assert before.read() == OLD  # who has it open reads on
    assert_alone(target)


def refuse(one: str, other: str) -> bool:
    return False


@pytest.mark.parametrize("possible", [True, False])
def test_without_flushing(possible: bool, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are exchanged and the old file is removed; where the system cannot, one replaces the other."""
    if not possible:
        monkeypatch.setattr(atomic, "exchange", refuse)
    target.chmod(0o600)
    with target.open("rb") as before:
        replace_file(str(target), write_new, flush=False)
        assert target.read_bytes() == NEW
        if os.name == "posix":
            assert before.read() == OLD
            assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert_alone(target)
    target.unlink()
    replace_file(str(target), write_new, flush=False)
    assert target.read_bytes() == NEW
    assert_alone(target)


@POSIX
def test_exchange_needs_both_files(target: Path) -> None:
    other = target.parent / "other"
    assert not atomic.exchange(str(target), str(other))
    assert not atomic.exchange(str(other), str(target))
    assert not atomic.exchange(str(target), "a\0b")
    assert target.read_bytes() == OLD
    other.write_bytes(NEW)
    if atomic.exchange(str(target), str(other)):  # not every file system can
        assert (target.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_a_relative_path(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(target.parent)
    replace_file(target.name, write_new, fsync=True)
    assert target.read_bytes() == NEW
    assert_alone(target)


# -- what stays


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o666, 0o755, 0o4755])
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_permissions_stay(mode: int, umask: int, target: Path) -> None:
    target.chmod(mode)
    before = os.umask(umask)
    try:
        replace_file(str(target), write_new)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_bytes() == NEW


@POSIX
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_any_new_file(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        replace_file(str(tmp_path / "a"), write_new)
        (tmp_path / "b").write_bytes(NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@POSIX
def test_the_owner_stays(target: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only the superuser gives files away")
    os.chown(target, 65534, 65533)
    replace_file(str(target), write_new)
    assert (target.stat().st_uid, target.stat().st_gid) == (65534, 65533)


@POSIX
def test_an_owner_that_cannot_stay_is_no_error(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, uid: int, gid: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    before = os.stat(target)
    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(
        os, "fstat", lambda fd: os.stat_result((before.st_mode, *before[1:4], before.st_uid + 1, *before[5:]))
    )
    replace_file(str(target), write_new)
    assert target.read_bytes() == NEW


@POSIX
def test_symbolic_links_stay(target: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "relative").symlink_to("../target.dcm")
    (folder / "absolute").symlink_to(target)
    (folder / "chain").symlink_to("relative")
    for number, name in enumerate(("relative", "absolute", "chain")):
        link = folder / name
        leads_to = os.readlink(link)
        replace_file(str(link), lambda fd, number=number: os.write(fd, b"%d" % number) and None)  # type: ignore[misc]  # bound now
        assert os.readlink(link) == leads_to
        assert target.read_bytes() == b"%d" % number
    assert {entry.name for entry in folder.iterdir()} == {"relative", "absolute", "chain"}


@POSIX
def test_a_link_that_leads_nowhere_makes_the_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to("folder/file")
    replace_file(str(link), write_new)
    assert link.is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == NEW


@POSIX
def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(OSError, match=r"one|two"):
        replace_file(str(tmp_path / "one"), write_new)
    assert {entry.name for entry in tmp_path.iterdir()} == {"one", "two"}


@POSIX
def test_other_hard_links_keep_the_old_contents(target: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    os.link(target, other)
    replace_file(str(target), write_new)
    assert (target.read_bytes(), other.read_bytes()) == (NEW, OLD)


@pytest.mark.parametrize("name", ["a" * 250 + ".dcm", "Ж" * 125 + ".dcm", "𝄞" * 62 + ".dcm", ".hidden", " ", "-x", "%s"])
def test_names(name: str, tmp_path: Path) -> None:
    """All that the file system takes, up to its 255 bytes."""
    path = tmp_path / name
    try:
        path.write_bytes(OLD)
    except OSError:
        pytest.skip("no such names here")
    replace_file(str(path), write_new)
    assert path.read_bytes() == NEW
    assert_alone(path)


@POSIX
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.dcm"
    replace_file(os.fsdecode(path), write_new)
    with open(path, "rb") as file:
        assert file.read() == NEW


# -- what goes wrong


@pytest.mark.parametrize("fsync", [False, True])
def test_an_error_leaves_the_old_file(fsync: bool, target: Path) -> None:
    with pytest.raises(OSError, match="No space left on device; the old file is unchanged") as caught:
        replace_file(str(target), write_and_fail, fsync=fsync)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(target))
    assert target.read_bytes() == OLD
    assert_alone(target)


def test_an_error_leaves_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing was written"):
        replace_file(str(tmp_path / "new.dcm"), write_and_fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), MemoryError(), ValueError("x"), SourceChanged("a", "b"), SystemExit(1)]
)
def test_any_exception_leaves_the_old_file(error: BaseException, target: Path) -> None:
    def write(fd: int) -> None:
        os.write(fd, NEW)
        raise error

    with pytest.raises(type(error)) as caught:
        replace_file(str(target), write)
    assert caught.value is error
    assert target.read_bytes() == OLD
    assert_alone(target)


@POSIX
@pytest.mark.parametrize("step", ["open", "fstat", "fchmod", "fsync", "replace"])
def test_every_step_may_fail(step: str, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each system call on the way, with an error of its own: the old file is there, and nothing else."""
    target.chmod(0o666)  # so that the mode has to be set
    real: Callable[..., object] = getattr(os, step)
    calls = []

    def fail(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if step == "open" and not str(arguments[0]).endswith(".part"):
            return real(*arguments, **options)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(OSError, match="Input/output error; the old file is unchanged") as caught:
        replace_file(str(target), write_new, fsync=True)
    monkeypatch.undo()
    assert calls
    assert caught.value.filename == str(target)
    assert target.read_bytes() == OLD
    assert_alone(target)


@POSIX
def test_a_folder_that_cannot_be_synchronised(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the new file is there, and the error says so."""
    real = os.fsync

    def fsync(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(atomic.os, "fsync", fsync)
    with pytest.raises(OSError, match="the new file is there, but may not outlast a power failure"):
        replace_file(str(target), write_new, fsync=True)
    assert target.read_bytes() == NEW


@POSIX
def test_contents_are_on_the_disk_before_the_name(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(fd: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        real_fsync(fd)

    def replace(one: str, two: str) -> None:
        steps.append("rename")
        real_replace(one, two)

    monkeypatch.setattr(atomic.os, "fsync", fsync)
    monkeypatch.setattr(atomic.os, "replace", replace)
    replace_file(str(target), write_new, fsync=True)
    assert steps == ["file", "rename", "folder"]
    steps.clear()
    replace_file(str(target), write_new)
    assert steps == ["rename"]


@pytest.mark.parametrize("name", ["missing/file.dcm", "target.dcm/file.dcm", ""])
def test_there_is_no_such_folder(name: str, target: Path) -> None:
    with pytest.raises(OSError, match=r"\w"):
        replace_file(str(target.parent / name) if name else "", write_new)
    assert target.read_bytes() == OLD
    assert_alone(target)


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    with pytest.raises((IsADirectoryError, PermissionError)):
        replace_file(str(tmp_path), write_new)


def as_nobody(folder: Path, work: Callable[[], None]) -> int:
    """Do it as another user, in a process of its own. Returns 0 if it was done, 1 if PermissionError was raised."""
    folder.chmod(0o777) if stat.S_IMODE(folder.stat().st_mode) != 0o555 else None
    child = os.fork()
    if child == 0:
        code = 2
        try:
            os.chdir(folder)
            os.setgid(65534)
            os.setuid(65534)
            work()
            code = 0
        except PermissionError:
            code = 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@POSIX
def test_a_read_only_file_is_not_replaced(target: Path) -> None:
    """Renaming would put another file in its place, though the user may not write to it."""
    target.chmod(0o444)
    if os.geteuid() == 0:
        assert as_nobody(target.parent, lambda: replace_file("target.dcm", write_new)) == 1
    else:
        with pytest.raises(PermissionError, match="the old file is unchanged"):
            replace_file(str(target), write_new)
    assert target.read_bytes() == OLD
    assert_alone(target)


@POSIX
def test_a_read_only_folder(target: Path) -> None:
    target.chmod(0o666)
    target.parent.chmod(0o555)
    try:
        if os.geteuid() == 0:
            assert as_nobody(target.parent, lambda: replace_file("target.dcm", write_new)) == 1
            assert as_nobody(target.parent, lambda: replace_file("new.dcm", write_new)) == 1
        else:
            with pytest.raises(PermissionError, match="the old file is unchanged"):
                replace_file(str(target), write_new)
    finally:
        target.parent.chmod(0o755)
    assert target.read_bytes() == OLD
    assert_alone(target)


# -- what is no regular file


@POSIX
def test_devices_are_written_as_they_are(tmp_path: Path) -> None:
    for name in (os.devnull, str(tmp_path / "link")):
        if name != os.devnull:
            os.symlink(os.devnull, name)
        replace_file(name, write_new)
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert not [entry for entry in Path("/dev").iterdir() if entry.name.endswith(".part")]


@POSIX
def test_a_full_device() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with pytest.raises(OSError, match="a part may have been written") as caught:
        replace_file("/dev/full", write_new)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


@POSIX
def test_a_named_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(path.read_bytes()))
    thread.start()
    replace_file(str(path), write_new)
    thread.join()
    assert received == [NEW]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert_alone(path)


@POSIX
def test_a_descriptor_by_its_path() -> None:
    """As /dev/stdout: a link to what has no path."""
    if not os.path.isdir("/dev/fd"):
        pytest.skip("no /dev/fd")
    reading, writing = os.pipe()
    replace_file(f"/dev/fd/{writing}", write_new)
    assert os.read(reading, 1000) == NEW
    os.close(reading)
    os.close(writing)


# -- several at once


def test_threads_on_one_file(target: Path) -> None:
    """Whoever reads meanwhile finds the whole file of one of them."""
    contents = [bytes([65 + number]) * (50_000 + number) for number in range(3)]
    target.write_bytes(contents[0])
    wrong: list[int] = []
    done = threading.Event()

    def work(content: bytes) -> None:
        def write(fd: int) -> None:
            for at in range(0, len(content), 7000):
                os.write(fd, content[at : at + 7000])

        for _ in range(40):
            replace_file(str(target), write)

    def look() -> None:
        while not done.is_set():
            found = target.read_bytes()
            if found not in contents:
                wrong.append(len(found))

    reader = threading.Thread(target=look)
    reader.start()
    writers = [threading.Thread(target=work, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert not wrong
    assert_alone(target)

"""Files that are being received: whole under their names, or not there."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from dicomkit.net.server import incoming_file
from dicomkit.net.server.incoming_file import IncomingFile, IncomingFiles, is_partial


@pytest.fixture(autouse=True, params=["unnamed", "named"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Files that have no name until they are whole, and files with a hidden one."""
    if request.param == "unnamed" and not incoming_file._can_be_unnamed:
        pytest.skip("the system has no files without a name")
    monkeypatch.setattr(incoming_file, "_can_be_unnamed", request.param == "unnamed")
    kind: str = request.param
    return kind


def descriptors() -> int:
    """How many are open."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("the system does not say which descriptors are open")
    return len(os.listdir("/proc/self/fd"))


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file(kind: str, tmp_path: Path) -> None:
    file = IncomingFile(str(tmp_path))
    file.write([b"one", memoryview(b"two")])
    file.write([b"three"])
    assert file.size == 11
    assert Path(file.path).read_bytes() == b"onetwothree"
    assert [is_partial(name) for name in names(tmp_path)] == ([True] if kind == "named" else [])
    file.finish(str(tmp_path / "a"))
    file.discard()  # too late
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"onetwothree"
    assert file.path == str(tmp_path / "a")


@pytest.mark.parametrize("fsync", [False, True])
def test_folders_are_made(fsync: bool, tmp_path: Path) -> None:
    file = IncomingFile(str(tmp_path / "deep" / "er"))
    file.write([b"x"])
    file.finish(str(tmp_path / "deep" / "er" / "still" / "more" / "a"), fsync=fsync)
    assert (tmp_path / "deep" / "er" / "still" / "more" / "a").read_bytes() == b"x"


@pytest.mark.parametrize("fsync", [False, True])
def test_an_old_file_is_replaced(fsync: bool, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    file = IncomingFile(str(tmp_path))
    file.write([b"new"])
    assert (tmp_path / "a").read_bytes() == b"old"
    file.finish(str(tmp_path / "a"), fsync=fsync)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("links", [True, False])
def test_an_old_file_is_kept(links: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:
        if kind == "unnamed":
            return  # where there are no links, there are no such files
        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_bytes(b"old")
    file = IncomingFile(str(tmp_path))
    file.write([b"new"])
    with pytest.raises(FileExistsError):
        file.finish(str(tmp_path / "a"), replace=False)
    file.finish(str(tmp_path / "b"), replace=False)
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == b"old"
    assert (tmp_path / "b").read_bytes() == b"new"


def test_discarded(tmp_path: Path) -> None:
    file = IncomingFile(str(tmp_path))
    file.write([b"new"])
    file.discard()
    file.discard()
    assert names(tmp_path) == []


@pytest.mark.parametrize("count", [1, 2, 600])
def test_writes_that_are_cut_short(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system may take a part of what is written."""
    write, writev = os.write, os.writev

    def some(fd: int, data: Any) -> int:
        return write(fd, bytes(data)[:3])

    def somev(fd: int, pieces: Any) -> int:
        return writev(fd, [b"".join(pieces)[:5]])

    monkeypatch.setattr(os, "write", some)
    monkeypatch.setattr(os, "writev", somev)
    file = IncomingFile(str(tmp_path))
    pieces = [bytes([65 + number % 26]) * 11 for number in range(count)]
    file.write(pieces)
    file.finish(str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"".join(pieces)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        IncomingFile(str(tmp_path / "file"))


def test_a_name_that_cannot_be_given(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = IncomingFile(str(tmp_path))
    file.write([b"new"])
    with pytest.raises(OSError, match="a"):
        file.finish(str(tmp_path / "a"))
    file.discard()
    assert names(tmp_path) == ["a"]


def test_fsync_comes_before_the_name(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    where, naming = (incoming_file, "name_descriptor") if kind == "unnamed" else (os, "replace")
    fsync, name = os.fsync, getattr(where, naming)
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd)))
    monkeypatch.setattr(where, naming, lambda *paths: (steps.append("name"), name(*paths)))
    file = IncomingFile(str(tmp_path))
    file.write([b"new"])
    file.finish(str(tmp_path / "a"), fsync=True)
    assert steps == ["fsync", "name", "fsync"]  # of the file, and of the folder


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EISDIR])
def test_a_file_system_without_unnamed_files(code: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are tried once."""
    if kind == "named":
        return
    tried = []
    system_open = os.open

    def refuse(path: str, flags: int, *mode: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            tried.append(path)
            raise OSError(code, os.strerror(code))
        return system_open(path, flags, *mode)

    monkeypatch.setattr(incoming_file, "_named_only", set())
    monkeypatch.setattr(os, "open", refuse)
    for name in ("a", "b"):
        file = IncomingFile(str(tmp_path))
        file.write([b"x"])
        file.finish(str(tmp_path / name))
    assert names(tmp_path) == ["a", "b"]
    assert len(tried) == 1


def test_a_folder_without_permission(tmp_path: Path) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("permissions mean nothing here")
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        IncomingFile(str(tmp_path))


def test_files_are_made_ahead(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = IncomingFiles(str(tmp_path))
    files.prepare()
    files.prepare()
    assert names(tmp_path) == []  # nothing that a process that is killed would leave
    opened = []
    system_open = os.open
    monkeypatch.setattr(os, "open", lambda *arguments: opened.append(arguments) or system_open(*arguments))
    for name in ("a", "b"):
        file = files.take()
        file.write([name.encode()])
        file.finish(str(tmp_path / name))
    assert len(opened) == (1 if kind == "unnamed" else 2)
    assert [(tmp_path / name).read_bytes() for name in names(tmp_path)] == [b"a", b"b"]


def test_what_was_made_ahead_is_closed(tmp_path: Path) -> None:
    before = descriptors()
    files = IncomingFiles(str(tmp_path))
    files.prepare()
    files.close()
    files.close()
    assert descriptors() == before


def test_an_old_one_is_not_used(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder may be another one by now."""
    before = descriptors()
    files = IncomingFiles(str(tmp_path / "a"))
    files.prepare()
    shutil.rmtree(tmp_path / "a", ignore_errors=True)
    (tmp_path / "a").symlink_to("/dev/shm" if os.path.isdir("/dev/shm") else tmp_path)
    monkeypatch.setattr(incoming_file, "_FRESH", 0.0)
    file = files.take()
    assert descriptors() == before + 1
    name = f"dicomkit-test-{os.getpid()}"
    file.finish(str(tmp_path / "a" / name))
    (tmp_path / "a" / name).unlink()


def test_a_folder_goes_away_while_there_is_one_ahead(tmp_path: Path) -> None:
    files = IncomingFiles(str(tmp_path / "a"))
    files.prepare()
    shutil.rmtree(tmp_path / "a", ignore_errors=True)
    file = files.take()
    file.write([b"x"])
    file.finish(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").read_bytes() == b"x"


def test_threads_share_what_is_made_ahead(tmp_path: Path) -> None:
    """Each file goes to one of them."""
    files = IncomingFiles(str(tmp_path))

    def receive(sender: int) -> None:
        for number in range(100):
            file = files.take()
            file.write([f"{sender} {number}".encode()])
            file.finish(str(tmp_path / f"{sender}-{number}"))
            files.prepare()

    threads = [threading.Thread(target=receive, args=(sender,)) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files.close()
    assert len(names(tmp_path)) == 800
    for name in names(tmp_path):
        assert (tmp_path / name).read_text() == name.replace("-", " ")


def test_nothing_can_be_made_ahead(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    files = IncomingFiles(str(tmp_path / "file"))
    files.prepare()
    with pytest.raises(NotADirectoryError):
        files.take()


def test_names_of_partial_files() -> None:
    assert not is_partial("CT.1.2.3")
    assert not is_partial(".hidden")
    assert not is_partial("x.part")

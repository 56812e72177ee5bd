"""Files by few system calls."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomkit.media.source_path import identity_of

if os.name != "posix":
    pytest.skip("these are calls of POSIX", allow_module_level=True)

from dicomkit._ext.posix_file import name_descriptor, read_head, read_range

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "a"
    path.write_bytes(CONTENT)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offset=st.integers(0, len(CONTENT) + 100), length=st.integers(0, len(CONTENT) + 100))
def test_a_range(file: Path, offset: int, length: int) -> None:
    identity = identity_of(file.stat())
    assert read_range(str(file), identity, offset, length) == CONTENT[offset : offset + length]


def test_the_identity_is_that_of_the_head(file: Path) -> None:
    descriptor, head, size, identity = read_head(str(file), 100, 100)
    os.close(descriptor)
    assert (head, size) == (CONTENT[:100], len(CONTENT))
    assert identity == identity_of(file.stat())
    assert identity is not None
    assert read_range(str(file), identity, 100, 10) == CONTENT[100:110]


def test_another_file(file: Path, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    device, inode, size, time = identity_of(file.stat())
    for other in ((device, inode, size, time + 1), (device, inode, size + 1, time), (device, inode + 1, size, time), ()):
        assert read_range(str(file), other, 0, 10) is None
    with pytest.raises(FileNotFoundError) as failure:
        read_range(str(tmp_path / "b"), (), 0, 10)
    assert failure.value.filename == str(tmp_path / "b")
    with pytest.raises(IsADirectoryError):
        read_range(str(tmp_path), identity_of(tmp_path.stat()), 0, 10)
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def unnamed(tmp_path: Path) -> Iterator[int]:
    """A file without a name."""
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no files without a name")
    descriptor = os.open(tmp_path, os.O_WRONLY | os.O_TMPFILE, 0o666)
    os.write(descriptor, CONTENT)
    yield descriptor
    os.close(descriptor)


def test_a_first_name(unnamed: int, tmp_path: Path) -> None:
    path = tmp_path / "Bärbel"
    name_descriptor(unnamed, str(path))
    assert path.read_bytes() == CONTENT
    os.write(unnamed, b"more")
    assert path.read_bytes() == CONTENT + b"more"


def test_names_that_cannot_be_given(unnamed: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"there")
    for path, kind in (
        (tmp_path / "a", FileExistsError),
        (tmp_path, FileExistsError),
        (tmp_path / "b" / "c", FileNotFoundError),
        (tmp_path / "a" / "c", NotADirectoryError),
    ):
        with pytest.raises(kind) as failure:
            name_descriptor(unnamed, str(path))
        assert failure.value.filename == str(path)
    with pytest.raises(ValueError, match="null"):
        name_descriptor(unnamed, f"{tmp_path}/a\0b")
    with pytest.raises(OSError, match=r"descriptor|No such file"):
        name_descriptor(-1, str(tmp_path / "d"))
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"there"


OF_ANOTHER = """
import os, sys
from dicomkit._ext.posix_file import name_descriptor
descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_TMPFILE, 0o666)
os.fchmod(descriptor, 0o666)
os.write(descriptor, b"whole")
os.setresuid(65534, 65534, 65534)
name_descriptor(descriptor, sys.argv[1] + "/a")
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only the superuser can become somebody else")
def test_who_may_not_name_a_descriptor_goes_through_proc() -> None:
    """So it is before Linux 6.10 for all but the superuser, and later for files that somebody else has opened."""
    folder = tempfile.mkdtemp()  # pytest's own is closed to others
    try:
        os.chmod(folder, 0o777)
        subprocess.run([sys.executable, "-c", OF_ANOTHER, folder], check=True)
        assert Path(folder, "a").read_bytes() == b"whole"
    finally:
        shutil.rmtree(folder)

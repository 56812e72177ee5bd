"""Files by few system calls."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomkit.media.source_path import identity_of

if os.name != "posix":
    pytest.skip("these are calls of POSIX", allow_module_level=True)

from dicomkit._ext.posix_file import read_head, read_range

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

"""Fixtures for all tests: test files and peers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]


def choose_dicomkit() -> None:
    """Test one dicomkit, here and in child processes: the source tree if it is built in place, else the installed one.

    `python -m pytest` puts the working directory first on the path, where sources without compiled modules would
    shadow the installed package.
    """
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    if any(path.suffix in {".so", ".pyd"} for path in (ROOT / "dicomkit" / "_ext").iterdir()):
        sys.path[:] = [str(ROOT), *others]
        inherited = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([inherited] if inherited else [])])
    else:
        sys.path[:] = [*others, str(ROOT)]


choose_dicomkit()

# A property says nothing about time, and the machines that run it are of many speeds. Checks of a change must not depend on
# luck either: there, the examples are the same each time, and the fuzzer looks for others.
# Sanitizers see in few examples what they can see, and take long.
settings.register_profile(
    "dicomkit", deadline=None, derandomize="CI" in os.environ, max_examples=10 if "ASAN_OPTIONS" in os.environ else 100
)
settings.load_profile("dicomkit")


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a peer; fail where DICOMKIT_REQUIRE_PEERS=1 promises that all are there."""
    if os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1":
        pytest.fail(f"{reason}, and DICOMKIT_REQUIRE_PEERS=1")
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run all tests in an empty folder: child processes (`python -c`) look for modules in theirs first."""
    before = Path.cwd()
    folder = tmp_path_factory.mktemp("working")
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="session")
def examples_dir() -> Path:
    """The folder of the example files."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """A folder with more DICOM files: DICOMKIT_TEST_DATA, or one beside the checkout."""
    named = os.environ.get("DICOMKIT_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder of further test data (set DICOMKIT_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def pydicom_files() -> list[Path]:
    """The DICOM files that pydicom's wheel carries for its own tests."""
    spec = importlib.util.find_spec("pydicom")
    if spec is None or spec.origin is None:
        missing("pydicom is not installed")
    data = Path(spec.origin).parent / "data"
    files = [path for folder in ("test_files", "charset_files") for path in (data / folder).rglob("*")]
    return sorted(path for path in files if path.is_file() and path.suffix in {"", ".dcm"} and path.name != "README")


@pytest.fixture(scope="session")
def peer() -> Callable[[str], str]:
    """Find a peer's command, such as `peer("dcmdump")`; a test whose peer is not installed is skipped."""

    def find(command: str) -> str:
        path = shutil.which(command)
        if path is None:
            missing(f"{command} is not installed")
        return path

    return find

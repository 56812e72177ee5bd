"""Fixtures for all tests: test files and peers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[1]


def prefer_installed() -> None:
    """Import the installed dicomkit where the source tree has no compiled modules.

    `python -m pytest` puts the working directory first on the path, where the sources shadow the installed package.
    """
    if not any(path.suffix in {".so", ".pyd"} for path in (ROOT / "dicomkit" / "_ext").iterdir()):
        sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT] + [str(ROOT)]


prefer_installed()


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a peer; fail where DICOMKIT_REQUIRE_PEERS=1 promises that all are there."""
    if os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1":
        pytest.fail(f"{reason}, and DICOMKIT_REQUIRE_PEERS=1")
    pytest.skip(reason)


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

"""Peers that the tests of dicomkit.standard compare with."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

REQUIRED = os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1"


@pytest.fixture(scope="session")
def peer_module() -> Callable[[str], ModuleType]:
    """Import a module of a peer; a test whose peer is not installed is skipped."""

    def find(name: str) -> ModuleType:
        if REQUIRED:
            return importlib.import_module(name)
        module: ModuleType = pytest.importorskip(name)
        return module

    return find


@pytest.fixture(scope="session")
def dcmtk_dictionaries() -> dict[str, Path]:
    """DCMTK's dictionary files by name."""
    folders = ("/usr/share", "/usr/local/share", "/opt/homebrew/share")
    paths = [path for folder in folders for path in sorted(Path(folder).glob("*dcmtk*/*.dic"))]
    if not paths:
        reason = "no dictionary of DCMTK is installed"
        if REQUIRED:
            pytest.fail(f"{reason}, and DICOMKIT_REQUIRE_PEERS=1")
        pytest.skip(reason)
    return {path.name: path for path in paths}

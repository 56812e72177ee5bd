"""DCMTK as a rival: its dcmdump, and a small program around its library, built on the fly."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks import UnavailableError, inputs

SOURCE = Path(__file__).with_name("dcmtk_read.cc")
LIBRARIES = ["-ldcmdata", "-loflog", "-lofstd"]


@cache
def program() -> str:
    """The path of dcmtk_read, compiled if it is not there."""
    path = inputs.cache() / f"dcmtk_read-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]}"
    if not path.exists():
        command = ["g++", "-O2", "-std=c++17", str(SOURCE), "-o", str(path), *LIBRARIES]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            lines = [line for line in str(getattr(error, "stderr", error)).splitlines() if "error" in line]
            raise UnavailableError(f"cannot build against libdcmtk-dev: {lines[0] if lines else error}") from error
    return str(path)


def dcmdump() -> str:
    """The path of DCMTK's dcmdump."""
    path = shutil.which("dcmdump")
    if path is None:
        raise UnavailableError("dcmdump is not installed")
    return path


def dcmdump_version() -> str:
    """Its version."""
    output = subprocess.run([dcmdump(), "--version"], capture_output=True, text=True, check=True).stdout
    return next((word[1:] for word in output.split() if word.startswith("v") and word[1:2].isdigit()), "?")

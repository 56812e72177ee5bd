"""DCMTK as a rival: its tools, and small programs around its library, built on the fly."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks import UnavailableError, inputs

LIBRARIES = ["-ldcmnet", "-ldcmdata", "-loflog", "-lofstd"]


@cache
def program(name: str, *libraries: str) -> str:
    """The path of dcmtk_read or another of these programs, compiled if it is not there, with more libraries."""
    source = Path(__file__).with_name(f"{name}.cc")
    path = inputs.cache() / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if not path.exists():
        command = ["g++", "-O2", "-std=c++17", str(source), "-o", str(path), *libraries, *LIBRARIES]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            lines = [line for line in str(getattr(error, "stderr", error)).splitlines() if "error" in line]
            raise UnavailableError(f"cannot build against libdcmtk-dev: {lines[0] if lines else error}") from error
    return str(path)


def tool(name: str) -> str:
    """The path of one of DCMTK's tools."""
    path = shutil.which(name)
    if path is None:
        raise UnavailableError(f"{name} is not installed")
    return path


def version(name: str) -> str:
    """Its version."""
    output = subprocess.run([tool(name), "--version"], capture_output=True, text=True, check=True).stdout
    return next((word[1:] for word in output.split() if word.startswith("v") and word[1:2].isdigit()), "?")

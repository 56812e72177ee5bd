"""DCMTK's network tools as peers. pynetdicom has commands of the same names, often further to the front of the path."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess

from tests.conftest import missing


@functools.cache
def dcmtk(command: str) -> str:
    """The path of a tool of DCMTK; a test whose peer is not installed is skipped."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = shutil.which(command, path=folder)
        if path is not None and b"$dcmtk: " in subprocess.run([path, "--version"], capture_output=True).stdout:
            return path
    return missing(f"DCMTK's {command} is not installed")


_OPTION = re.compile(r"^ {2,4}(?P<short>[-+]\S+)? *(?P<long>--[-\w]+)(?: +(?P<text>.*))?$")


def options_of(command: str) -> dict[str, tuple[str, str]]:
    """The options that a tool of DCMTK lists: long name -> short name, and its text in one line."""
    printed = subprocess.run([dcmtk(command), "--help"], capture_output=True, text=True, check=True).stdout
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for line in printed.splitlines():
        match = _OPTION.match(line)
        if match:
            last = match["long"]
            found[last] = (match["short"] or "", (match["text"] or "").strip())
        elif line.startswith(" " * 12) and last:
            found[last] = (found[last][0], f"{found[last][1]} {line.strip()}")
        else:
            last = ""
    return found

"""The files that a command line names, with what is in the directories that it names."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["find_files", "find_named_files"]


def find_files(options: Options, log: Log) -> list[str]:
    """The input files, in the order of the command line; those of a directory sorted by name, subdirectories last."""
    return [file for file, _ in find_named_files(options, log)]


def find_named_files(options: Options, log: Log) -> list[tuple[str, str]]:
    """The same, each with the name that it would have in another directory: its path below the one that was scanned."""
    files: list[tuple[str, str]] = []
    for name in options.parameters:
        if not os.path.isdir(name):
            files.append((name, os.path.basename(name)))
        elif options.get("scan"):
            found = _scan(name, options.get("pattern", ""), options.get("recurse", False))
            files += [(file, os.path.relpath(file, name)) for file in found]
        else:
            log.warn(f"ignoring directory because option --scan-directories is not set: {name}")
    return files


def _scan(directory: str, pattern: str, recurse: bool) -> Iterator[str]:
    pending = [directory.rstrip(os.sep) or os.sep]
    while pending:
        directory = pending.pop()
        prefix = "" if directory == os.curdir else os.path.join(directory, "")
        try:
            entries = sorted(os.scandir(directory), key=_name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_file() and _matches(entry.name, pattern):
                yield prefix + entry.name
        if recurse:
            pending += [prefix + entry.name for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _matches(name: str, pattern: str) -> bool:
    if not pattern:
        return True
    from fnmatch import fnmatchcase  # not at the top: it imports re

    return fnmatchcase(name, pattern)

"""A rival that writes, in a process of its own: `python -m benchmarks.write_worker NAME FOLDER`.

It answers as worker.py does. An operation has a colon and what is written to: `memory`, or in FOLDER a file that is `new`
or `there` already, another one for each run. With a count of 0 it runs once, nothing is timed, and what came out is the
file FOLDER/result. `dcmtk_write.cc` speaks the same. Operations:

    save      the data set of a file that was read before, unchanged
    implicit  read the file and write it in Implicit VR Little Endian
    build     make the object of ct_object.py from its values and write it; the path does not matter
    json      read the file and give it as JSON
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.ct_object import VALUES
from benchmarks.runner import settle
from benchmarks.worker import VERSIONS, serve

Write: TypeAlias = Callable[[str | None], object]
"""Writes to a path, or for None gives what it would write."""

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


def made(new: Callable[[], Any], values: Mapping[str, Any]) -> Any:
    """An object of a library's class `new`, with values by keyword."""
    ds = new()
    for keyword, value in values.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            value = [made(new, item) for item in value]
        setattr(ds, keyword, value)
    return ds


def dicomkit_operations() -> dict[str, Callable[[str], Write]]:
    """dicomkit."""
    import dicomkit

    def written(ds: Any, target: str | None, **options: Any) -> object:
        return ds.to_bytes(**options) if target is None else ds.save(target, **options)

    def save(path: str) -> Write:
        ds = dicomkit.read(path)
        return lambda target: written(ds, target)

    return {
        "save": save,
        "implicit": lambda path: lambda target: written(dicomkit.read(path), target, transfer_syntax=IMPLICIT),
        "build": lambda _: lambda target: written(made(dicomkit.Dataset, VALUES), target),
        "json": lambda path: lambda _: dicomkit.read(path).to_json(),
    }


def pydicom_operations() -> dict[str, Callable[[str], Write]]:
    """pydicom."""
    from pydicom import Dataset, FileMetaDataset, dcmread
    from pydicom.uid import UID

    def written(ds: Dataset, target: str | None, transfer_syntax: str | None = None) -> bytes:
        if transfer_syntax is not None:
            ds.file_meta.TransferSyntaxUID = UID(transfer_syntax)
        buffer = BytesIO()
        ds.save_as(buffer if target is None else target, enforce_file_format=True)
        return buffer.getvalue()

    def save(path: str) -> Write:
        ds = dcmread(path)
        return lambda target: written(ds, target)

    def build(target: str | None) -> object:
        ds = made(Dataset, VALUES)
        ds.file_meta = FileMetaDataset()
        return written(ds, target, EXPLICIT)

    return {
        "save": save,
        "implicit": lambda path: lambda target: written(dcmread(path), target, IMPLICIT),
        "build": lambda _: build,
        "json": lambda path: lambda _: dcmread(path).to_json(),
    }


def plain_operations() -> dict[str, Callable[[str], Write]]:
    """The floor: copying the file, writing bytes that are there already."""

    def build(path: str) -> Write:
        content = pydicom_operations()["build"](path)(None)
        assert isinstance(content, bytes)
        return lambda target: Path(str(target)).write_bytes(content)

    return {"save": lambda path: lambda target: shutil.copyfile(path, str(target)), "build": build}


OPERATIONS = {"dicomkit": dicomkit_operations, "pydicom": pydicom_operations, "plain": plain_operations}


def prepare(
    operations: dict[str, Callable[[str], Write]], folder: Path, operation: str, count: int, path: str
) -> Callable[[], object]:
    """Run once for the result, or give what is to be timed, with its targets in place."""
    name, state = operation.split(":")
    write = operations[name](path)
    if not count:
        keep_result(write, state, folder / "result")
    if state == "memory":
        return lambda: write(None)
    files = [str(folder / f"{number}.dcm") for number in range(count)]
    for file in files:
        if state == "new":
            Path(file).unlink(missing_ok=True)
        elif not Path(file).exists():
            write(file)
    settle()
    targets = iter(files)
    return lambda: write(next(targets))


def keep_result(write: Write, state: str, file: Path) -> None:
    """Make a file of what comes out."""
    if state != "memory":
        write(str(file))
        return
    content = write(None)
    if isinstance(content, str):
        file.write_text(content, "utf-8")
    elif isinstance(content, bytes):
        file.write_bytes(content)


def main(name: str, folder: Path) -> None:
    """Serve as a rival."""
    operations = OPERATIONS[name]()
    serve(VERSIONS.get(name, VERSIONS["open"])(), partial(prepare, operations, folder))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

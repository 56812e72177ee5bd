"""A rival in a process of its own: `python -m benchmarks.worker NAME`.

It says `ready VERSION`, then answers every line `OPERATION COUNT PATH` with the nanoseconds that COUNT runs of the
operation on PATH took, or with `error` and the reason. `dcmtk_read.cc` speaks the same. Operations:

    read     read the whole file (values that the library defers by default stay deferred)
    touch    read the file and get every value of it, also in sequences
    header   ten attributes of the file, read no further than needed
    headers  the same of every file in the folder PATH
    index    the index pass alone, over the bytes of the data set
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns
from typing import Any, TypeAlias

from benchmarks import inputs

Read: TypeAlias = Callable[..., object]

HEADER = [
    "PatientName",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "Modality",
    "InstanceNumber",
    "ImagePositionPatient",
    "PixelSpacing",
    "RescaleSlope",
]
BEFORE_PIXEL_DATA = 0x7FE0000F


def dicomkit_operations() -> dict[str, Read]:
    """dicomkit."""
    import dicomkit
    from dicomkit._ext.tagstream import index_bytes

    def touch(path: str) -> None:
        for element in dicomkit.read(path).walk():
            element.value  # noqa: B018

    def header(path: str) -> list[Any]:
        ds = dicomkit.read(path, only=HEADER)
        return [getattr(ds, keyword) for keyword in HEADER]

    return {"read": dicomkit.read, "touch": touch, "header": header, "index": index_bytes}


def pydicom_operations() -> dict[str, Read]:
    """pydicom, as tolerant as the others; for headers with `specific_tags`."""
    from pydicom import dcmread

    def read(path: str) -> Any:
        return dcmread(path, force=True)

    def touch(path: str) -> None:
        for element in read(path).iterall():
            element.value  # noqa: B018

    def header(path: str) -> list[Any]:
        ds = dcmread(path, force=True, specific_tags=HEADER)
        return [getattr(ds, keyword) for keyword in HEADER]

    return {"read": read, "touch": touch, "header": header}


def dicomsdl_operations() -> dict[str, Read]:
    """dicomsdl; its `open` maps the file and parses it whole unless told where to stop."""
    import dicomsdl

    def header(path: str) -> list[Any]:
        ds = dicomsdl.open(path, BEFORE_PIXEL_DATA)
        return [getattr(ds, keyword) for keyword in HEADER]

    return {"read": dicomsdl.open, "header": header}


def open_operations() -> dict[str, Read]:
    """The floor: open a file and read 8 KB of it."""

    def header(path: str) -> bytes:
        with open(path, "rb", buffering=0) as file:
            return file.read(8192)

    return {"header": header}


OPERATIONS: dict[str, Callable[[], dict[str, Read]]] = {
    "dicomkit": dicomkit_operations,
    "pydicom": pydicom_operations,
    "dicomsdl": dicomsdl_operations,
    "open": open_operations,
}


# dicomkit may be built in place, without metadata; dicomsdl has nothing else.
VERSIONS: dict[str, Callable[[], str]] = {
    "dicomkit": lambda: str(import_module("dicomkit").__version__),
    "pydicom": lambda: version("pydicom"),
    "dicomsdl": lambda: version("dicomsdl"),
    "open": lambda: sys.version.split()[0],
}


def prepare(operation: str, path: str, operations: dict[str, Read]) -> Callable[[], object]:
    """What is to be timed, with everything that is not read before."""
    if operation == "headers":
        header = operations["header"]
        files = sorted(str(file) for file in Path(path).iterdir())
        return lambda: [header(file) for file in files]
    run = operations[operation]
    if operation == "index":
        content = inputs.dataset_bytes(Path(path))
        return lambda: run(content)
    return lambda: run(path)


def serve(version: str, prepare: Callable[[str, int, str], Callable[[], object]]) -> None:
    """Answer until standard input ends.

    Args:
        version: of the rival.
        prepare: gives what is to be timed, for an operation, the number of its runs, and a path.
    """
    print("ready", version, flush=True)
    for line in sys.stdin:
        operation, count, path = line.rstrip("\n").split(" ", 2)
        try:
            run = prepare(operation, int(count), path)
            start = perf_counter_ns()
            for _ in range(int(count)):
                run()
            print(perf_counter_ns() - start, flush=True)
        except Exception as error:
            print("error", " ".join(repr(error).split()), flush=True)


def main(name: str) -> None:
    """Serve as a rival."""
    operations = OPERATIONS[name]()
    serve(VERSIONS[name](), lambda operation, _, path: prepare(operation, path, operations))


if __name__ == "__main__":
    main(sys.argv[1])

"""Memory, each measure in a process of its own: `python -m benchmarks.memory WHAT PATH [ARGUMENT]` prints JSON.

    index      records of the index pass over the data set, and the bytes that the process grew by
    header     the most that the process grew by while it read the header, pixel data deferred
    transcode  the most that the whole process had, interpreter included, when it had transcoded the file to the transfer
               syntax ARGUMENT and saved it, and how long it took
    sign       the same when it had signed the file with the key of the folder ARGUMENT (see signers.py), saved it, and
               verified what it saved

Resident memory as Linux counts it; tracemalloc would not see what the compiled core allocates.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns

from benchmarks import inputs

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident(field: str) -> int:
    """VmRSS (now) or VmHWM (the most so far), in bytes."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"no {field} in {STATUS}")


def index(path: Path) -> dict[str, int]:
    """The index of a data set that is in memory already."""
    from dicomkit._ext.tagstream import index_bytes

    index_bytes(inputs.dataset_bytes(inputs.ct_small()))  # what is allocated once
    content = inputs.dataset_bytes(path)
    gc.collect()
    before = resident("VmRSS")
    found = index_bytes(content)
    return {"records": len(found), "bytes": resident("VmRSS") - before}


def header(path: Path) -> dict[str, int]:
    """The header of a large file."""
    import dicomkit

    str(dicomkit.read(inputs.ct_small()).PatientName)  # what is allocated once
    gc.collect()
    before = resident("VmRSS")
    CLEAR_REFS.write_text("5")  # sets VmHWM to VmRSS: man 5 proc
    ds = dicomkit.read(path)
    assert ds.Modality == "CT"
    return {"bytes": resident("VmHWM") - before}


def transcode(path: Path, transfer_syntax: str) -> dict[str, int]:
    """A file in another transfer syntax."""
    import dicomkit

    tempfile.tempdir = str(inputs.cache())  # where the files are
    start = perf_counter_ns()
    ds = dicomkit.read(path)
    ds.compress(transfer_syntax)
    with tempfile.NamedTemporaryFile() as target:
        ds.save(target.name)
        taken = perf_counter_ns() - start
        assert dicomkit.read(target.name).pixels.shape == dicomkit.read(path).pixels.shape
    return {"bytes": resident("VmHWM"), "milliseconds": taken // 1_000_000}


def sign(path: Path, folder: str) -> dict[str, int]:
    """A signature of a file."""
    import dicomkit
    from benchmarks.signers import ROOT, RSA, signer

    tempfile.tempdir = str(inputs.cache())
    files = signer(Path(folder), RSA)
    start = perf_counter_ns()
    ds = dicomkit.read(path)
    dicomkit.sign(ds, files.key, files.certificate)
    with tempfile.NamedTemporaryFile() as target:
        ds.save(target.name)
        dicomkit.verify(dicomkit.read(target.name), signer(Path(folder), ROOT).certificate).require()
        taken = perf_counter_ns() - start
    return {"bytes": resident("VmHWM"), "milliseconds": taken // 1_000_000}


MEASURES: dict[str, Callable[..., dict[str, int]]] = {
    "index": index,
    "header": header,
    "transcode": transcode,
    "sign": sign,
}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])))

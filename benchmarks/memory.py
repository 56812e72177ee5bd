"""Memory, each measure in a process of its own: `python -m benchmarks.memory index|header PATH` prints JSON.

    index    records of the index pass over the data set, and the bytes that the process grew by
    header   the most that the process grew by while it read the header, pixel data deferred

Resident memory as Linux counts it; tracemalloc would not see what the compiled core allocates.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

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


if __name__ == "__main__":
    print(json.dumps({"index": index, "header": header}[sys.argv[1]](Path(sys.argv[2]))))

"""Reading: dicomkit against pydicom, dicomsdl and DCMTK.

    python -m benchmarks.read [--quick] [--only NAME]... [--json FILE]

Every rival has a process of its own, a new one for each claim, and takes its turn in each round. Numbers are medians;
a ratio is the rival's time divided by dicomkit's. Files come from the page cache: disks are not measured. Garbage
collection runs as it does in a program. What libraries leave for later by default (large values, decoding) stays left:
only the claims named `_values` get every value.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

from benchmarks import UnavailableError
from benchmarks.claims import CLAIMS
from benchmarks.report import Row, Table, as_json, summary, text
from benchmarks.runner import FULL, QUICK


def machine() -> str:
    """What the numbers depend on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()}, {os.cpu_count()} x {model}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.read", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: an impression in two minutes")
    parser.add_argument("--only", action="append", choices=list(CLAIMS), metavar="NAME", help=f"of {', '.join(CLAIMS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    options = parser.parse_args()

    effort = QUICK if options.quick else FULL
    tables: list[Table] = []
    print(machine(), end="\n\n")
    for name in options.only or CLAIMS:
        try:
            table = CLAIMS[name](effort)
        except UnavailableError as error:
            table = Table(name, "", [Row("-", note=f"not available: {error}")])
        tables.append(table)
        print(text(table), flush=True)
    print(summary(tables))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "claims": as_json(tables)}, indent=1) + "\n")


if __name__ == "__main__":
    main()

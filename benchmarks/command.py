"""The command line of a benchmark: measure claims and print what came out."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import UnavailableError
from benchmarks.report import Row, Table, as_json, summary, text
from benchmarks.runner import FULL, QUICK, Effort


def machine() -> str:
    """What the numbers depend on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()}, {os.cpu_count()} x {model}"


def main(name: str, summary_line: str, claims: Mapping[str, Callable[[Effort], Table]]) -> None:
    """Measure and print.

    Args:
        name: of the benchmark, as in `python -m benchmarks.NAME`.
        summary_line: what it measures.
        claims: by name.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=summary_line)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: an impression in two minutes")
    parser.add_argument("--only", action="append", choices=list(claims), metavar="NAME", help=f"of {', '.join(claims)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    options = parser.parse_args()

    effort = QUICK if options.quick else FULL
    tables: list[Table] = []
    print(machine(), end="\n\n")
    for claim in options.only or claims:
        try:
            table = claims[claim](effort)
        except UnavailableError as error:
            table = Table(claim, "", [Row("-", note=f"not available: {error}")])
        tables.append(table)
        print(text(table), flush=True)
    print(summary(tables))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "claims": as_json(tables)}, indent=1) + "\n")

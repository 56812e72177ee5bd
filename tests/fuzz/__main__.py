"""The fuzzer: mutated data sets are read and touched; see README.md.

python -m tests.fuzz --seconds 60
python -m tests.fuzz --sanitize --executions 5000000
python -m tests.fuzz --replay .fuzz/findings/finding-0123456789abcdef
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import sanitized

NO_LIMIT = 1 << 62


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition(";")[0])
    parser.add_argument("--seconds", type=float, help="stop after this time (60, unless --executions is given)")
    parser.add_argument("--executions", type=int, default=NO_LIMIT, help="stop after this many executions")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers; 0 takes one from the clock")
    parser.add_argument("--sanitize", action="store_true", help="build with sanitizers and coverage, and use that build")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first finding")
    parser.add_argument("--findings", type=Path, default=Path(".fuzz/findings"), help="folder for what is found")
    parser.add_argument("--timeout", type=int, default=20, help="seconds of processor time after which it hangs")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="CASE", help="execute saved cases instead")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sanitize:
        sanitized.build()
        os.environ.update(sanitized.environment())
        arguments = [argument for argument in sys.argv[1:] if argument != "--sanitize"]
        os.execv(sys.executable, [sys.executable, "-m", "tests.fuzz", *arguments])
    if options.replay:
        return replay(options.replay)
    if options.seconds is None:
        options.seconds = 60 if options.executions == NO_LIMIT else NO_LIMIT
    options.seed = options.seed or time.time_ns()
    return work(options) if options.worker else supervise(options)


def replay(cases: list[Path]) -> int:
    """Execute saved cases; what they found ends the program again."""
    from tests.fuzz.execution import execute

    for case in cases:
        print(case, flush=True)
        execute(case.read_bytes())
    return 0


def work(options: argparse.Namespace) -> int:
    from tests.fuzz.loop import Loop

    loop = Loop(options.worker, options.seed, options.findings, options.timeout, keep_going=options.keep_going)
    return 1 if loop.run(options.seconds, options.executions) else 0


def supervise(options: argparse.Namespace) -> int:
    """Run the loop in a child process, again and again if it dies and we are to go on."""
    from tests.fuzz.loop import RECORD, RECORD_SIZE, save

    deadline = time.monotonic() + options.seconds
    found = 0
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        record.write_bytes(bytes(RECORD_SIZE))
        while True:
            left = deadline - time.monotonic()
            command = [sys.executable, "-m", "tests.fuzz", "--worker", str(record), "--seconds", str(left)]
            command += ["--executions", str(options.executions), "--seed", str(options.seed + found)]
            command += ["--findings", str(options.findings), "--timeout", str(options.timeout)]
            command += ["--keep-going"] if options.keep_going else []
            child = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
            sys.stderr.write(child.stderr[-8000:])
            executions, length = RECORD.unpack_from(content := record.read_bytes())
            if child.returncode in (0, 1) and "AddressSanitizer" not in child.stderr:
                return 1 if found or child.returncode else 0
            found += 1
            case = content[RECORD.size : RECORD.size + length]
            path = save(options.findings, "crash", case, f"exit code {child.returncode}\n{child.stderr}")
            print(f"the loop ended with {child.returncode} in execution {executions}: {path}", flush=True)
            if not options.keep_going or executions >= options.executions or time.monotonic() > deadline:
                return 1


if __name__ == "__main__":
    sys.exit(main())

"""A second build of dicomkit, with AddressSanitizer, UBSan and edge coverage, in a folder of its own.

    python -m tests.fuzz.sanitized [FOLDER]

builds it (in `.fuzz/sanitized`) and prints the environment that runs it. The build in place is not touched: the sources are
copied, since even the C files that Cython makes differ (bounds checks).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".fuzz" / "sanitized"
COMPILER = os.environ.get("CC", "gcc")


def build(folder: Path = FOLDER) -> None:
    """Bring the sanitized build up to date."""
    for part in ("_ext", "dicomkit", "facts", "tools"):
        shutil.copytree(
            ROOT / part, folder / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
        )
    shutil.copy2(ROOT / "setup.py", folder)
    environment = os.environ | {"DICOMKIT_SANITIZE": "1", "CFLAGS": "-fsanitize-coverage=trace-pc", "CC": COMPILER}
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        env=environment,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    library = folder / "libcoverage.so"
    subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("coverage.c")], check=True)


def environment(folder: Path = FOLDER) -> dict[str, str]:
    """Environment variables under which Python uses the sanitized build.

    AddressSanitizer sees the buffers of Python objects only if they come from malloc.
    """
    asan = subprocess.run(
        [COMPILER, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return {
        "LD_PRELOAD": f"{asan} {folder / 'libcoverage.so'}",
        "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
        "PYTHONSAFEPATH": "1",
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }


if __name__ == "__main__":
    chosen = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else FOLDER
    build(chosen)
    for name, value in environment(chosen).items():
        print(f"{name}={value!r}")

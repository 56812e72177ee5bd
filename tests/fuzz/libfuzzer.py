"""The executions of the fuzzer under atheris (libFuzzer), where that is installed:

python -m tests.fuzz.libfuzzer [libFuzzer options] [CORPUS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.fuzz.execution import execute
from tests.fuzz.seeds import corpus


def main() -> None:
    import atheris  # type: ignore[import-not-found, unused-ignore]  # not on every platform

    arguments = sys.argv
    if not any(not argument.startswith("-") for argument in arguments[1:]):
        folder = Path(tempfile.mkdtemp())
        for number, seed in enumerate(corpus()):
            (folder / f"{number:03}").write_bytes(bytes(4) + seed)
        arguments = [*arguments, str(folder)]
    atheris.Setup(arguments, execute)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

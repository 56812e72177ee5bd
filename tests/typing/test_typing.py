"""The types that programs see, as mypy sees them: what is right passes, what is wrong is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dicomkit

HERE = Path(__file__).parent
PACKAGE = str(Path(dicomkit.__file__).parents[1])


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str]]:
    """What mypy says of the examples: file, line, code of the error."""
    pytest.importorskip("mypy")
    cache = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-P", "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}"]
    command += ["--no-error-summary", "--hide-error-context", "--no-pretty", "values.py", "mistakes.py"]
    # mypy finds an installed package itself, and refuses to be told where
    environment = dict(os.environ)
    if "site-packages" not in PACKAGE:
        environment |= {"MYPYPATH": PACKAGE, "PYTHONPATH": PACKAGE}
    result = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stderr
    errors = re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", result.stdout, re.MULTILINE)
    assert len(errors) == result.stdout.count(": error: "), result.stdout
    return [(file, int(line), code) for file, line, code in errors]


def test_what_is_right(mypy: list[tuple[str, int, str]]) -> None:
    assert [error for error in mypy if error[0] != "mistakes.py"] == []


def test_what_is_wrong(mypy: list[tuple[str, int, str]]) -> None:
    lines = enumerate((HERE / "mistakes.py").read_text().splitlines(), 1)
    expected = [(number, line.rpartition("# error: ")[2]) for number, line in lines if "# error: " in line]
    assert [(line, code) for file, line, code in mypy if file == "mistakes.py"] == expected

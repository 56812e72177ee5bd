"""The README's tour runs, and gives what its comments say."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOUR = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_tour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert TOUR is not None
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"datetime": datetime}
    for line in TOUR[1].splitlines():
        code, _, comment = line.partition("  # ")
        if re.match(r"import |[\w.]+ = ", code) or not code.strip():
            exec(code, names)
            continue
        value = eval(code, names)
        # A comment that starts with a literal says the value.
        said = re.match(r"'[^']*'|\([\d., ]+\)|datetime\.date\(.*?\)", comment.strip())
        if said:
            assert value == eval(said[0], names), code


def test_version_is_the_one_of_the_project() -> None:
    import dicomkit

    assert f'version = "{dicomkit.__version__}"' in (ROOT / "pyproject.toml").read_text()

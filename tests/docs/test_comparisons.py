"""The tables "old and new" of the manual: both columns run."""

from __future__ import annotations

import copy
import importlib
import io
import os
import pickle
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import dicomkit
import dicomkit.standard
from dicomkit.cli import run

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


def rows(page: str) -> list[tuple[str, str]]:
    """The rows of two columns with code in both."""
    text = (HOWTO / page).read_text("utf-8") if (HOWTO / page).exists() else ""
    return re.findall(r"^\| `([^|`]+)` \| `([^|`]+)` \|$", text, re.MULTILINE)


def evaluate(code: str, names: dict[str, Any]) -> Any:
    """The value of an expression; None of a statement."""
    try:
        compiled = compile(code, code, "eval")
    except SyntaxError:
        exec(code, names)
        return None
    return eval(compiled, names)


@pytest.mark.parametrize(("old", "new"), rows("coming-from-pydicom.md"))
def test_pydicom(old: str, new: str, examples_dir: Path) -> None:
    required = os.environ.get("DICOMKIT_REQUIRE_PEERS") == "1"
    pydicom = importlib.import_module("pydicom") if required else pytest.importorskip("pydicom")
    path = str(examples_dir / "ct.dcm")
    names = {"path": path, "copy": copy, "pickle": pickle}
    theirs = evaluate(old, {**names, "pydicom": pydicom, "ds": pydicom.dcmread(path)})
    ours = evaluate(new, {**names, "dicomkit": dicomkit, "ds": dicomkit.read(path)})
    if type(theirs) in (str, int, bool):
        assert ours in (theirs, (theirs,))
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)


@pytest.mark.parametrize(("old", "new"), rows("coming-from-dcmdump.md"))
def test_dcmdump(old: str, new: str, examples_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(examples_dir, tmp_path / "examples")
    shutil.copy(examples_dir / "ct.dcm", tmp_path / "file.dcm")
    monkeypatch.chdir(tmp_path)
    out, err = io.BytesIO(), io.StringIO()
    assert run(shlex.split(old), out, err) == 0, err.getvalue()
    assert out.getvalue()
    evaluate(new, {"dicomkit": dicomkit, "ds": dicomkit.read("file.dcm")})


@pytest.mark.parametrize(("old", "new"), rows("dcmodify-to-python.md"))
def test_dcmodify(old: str, new: str, examples_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"text")
    shutil.copy(examples_dir / "report.dcm", "file.dcm")
    before, ds = dicomkit.read("file.dcm"), dicomkit.read("file.dcm")
    err = io.StringIO()
    assert run(["dcmodify", "-nb", *shlex.split(old), "file.dcm"], io.BytesIO(), err) == 0, err.getvalue()
    evaluate(new, {"dicomkit": dicomkit, "edit": importlib.import_module("dicomkit.dataset.edit"), "ds": ds})
    theirs, ours = dicomkit.read("file.dcm"), dicomkit.read(ds.to_bytes())
    if old == "-gin":  # random
        theirs.SOPInstanceUID = ours.SOPInstanceUID
    assert theirs == ours
    assert (ours == before) == (old == "-ep")  # the report has nothing private

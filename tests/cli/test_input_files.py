"""Which files a command line means."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from dicomkit.cli.input_files import find_files
from dicomkit.cli.log import Log
from dicomkit.cli.options import Options

FILES = ("b.dcm", "a.txt", "sub/c.dcm", "sub/deep/d.dcm", "sub.dcm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def found(folder: Path, *parameters: str, **fields: object) -> tuple[list[str], str]:
    options = Options(fields)
    options.parameters = list(parameters)
    err = io.StringIO()
    return [os.path.relpath(name, folder) for name in find_files(options, Log(err))], err.getvalue()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, ["a.txt", "b.dcm", "sub.dcm"]),
        ({"recurse": True}, ["a.txt", "b.dcm", "sub.dcm", "sub/c.dcm", "sub/deep/d.dcm"]),
        ({"recurse": True, "pattern": "*.dcm"}, ["b.dcm", "sub.dcm", "sub/c.dcm", "sub/deep/d.dcm"]),
        ({"pattern": "[ab].*"}, ["a.txt", "b.dcm"]),
        ({"pattern": "*.none"}, []),
    ],
)
def test_directories(folder: Path, fields: dict[str, object], names: list[str]) -> None:
    assert found(folder, str(folder), scan=True, **fields) == (names, "")


def test_names_are_as_the_line_has_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for line, names in ((".", ["a.txt"]), ("./", ["a.txt"]), ("sub/", ["sub/c.dcm"]), ("../" + folder.name, None)):
        options = Options(scan=True, pattern="[ac].*")
        options.parameters = [line]
        assert find_files(options, Log(io.StringIO())) == (names or [f"../{folder.name}/a.txt"])


def test_files_stay_in_the_order_of_the_line(folder: Path) -> None:
    names = [str(folder / "sub.dcm"), str(folder / "missing"), str(folder / "b.dcm")]
    assert found(folder, *names)[0] == ["sub.dcm", "missing", "b.dcm"]


def test_standard_input_is_not_looked_for() -> None:
    options = Options()
    options.parameters = ["-"]
    assert find_files(options, Log(io.StringIO())) == ["-"]


def test_a_directory_is_ignored_unless_asked_for(folder: Path) -> None:
    names, err = found(folder, str(folder))
    assert names == []
    assert err == f"W: ignoring directory because option --scan-directories is not set: {folder}\n"


def test_an_unreadable_directory_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(folder, str(folder / "sub"), scan=True, recurse=True)[0] == ["sub/c.dcm"]

"""The files that --output-directory makes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dicomkit.cli.log import Log
from dicomkit.cli.options import Options, UsageError
from dicomkit.cli.output_directory import named_jobs


@pytest.fixture
def log() -> Log:
    return Log(io.StringIO())


def options(target: Path, *parameters: Path | str, **more: object) -> Options:
    made = Options(output_directory=str(target), **more)
    made.parameters = [str(parameter) for parameter in parameters]
    return made


def test_names(tmp_path: Path, log: Log) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.xml", "b", "d.dcm.xml", "deep/c.xml"):
        (tmp_path / "in" / name).touch()
    out = tmp_path / "out"
    jobs = named_jobs(options(out, tmp_path / "in" / "b", "-"), log, ".dcm", instead=".xml")
    assert [(str(job), job.target) for job in jobs] == [
        (str(tmp_path / "in" / "b"), str(out / "b.dcm")),
        ("-", str(out / "stdin.dcm")),
    ]
    assert out.is_dir()
    jobs = named_jobs(options(out, tmp_path / "in", scan=True, recurse=True), log, ".dcm", instead=".xml")
    assert sorted(job.target for job in jobs) == [str(out / name) for name in ("a.dcm", "b.dcm", "d.dcm", "deep/c.dcm")]
    assert (out / "deep").is_dir()


def test_no_two_files_have_one_name(tmp_path: Path, log: Log) -> None:
    for name in ("a", "a.xml"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="would both be written as"):
        named_jobs(options(tmp_path / "out", tmp_path / "a", tmp_path / "a.xml"), log, ".dcm", instead=".xml")
    assert not (tmp_path / "out").exists()


def test_no_files(tmp_path: Path, log: Log) -> None:
    assert named_jobs(options(tmp_path / "out"), log, ".xml") == []
    assert not (tmp_path / "out").exists()

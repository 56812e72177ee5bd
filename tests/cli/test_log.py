"""The log of a command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dicomkit.cli.log import Log
from dicomkit.cli.options import LOG_LEVELS, Options, UsageError


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        ("quiet", ""),
        ("fatal", "F: 1\n"),
        ("error", "F: 1\nE: 2\n"),
        ("warn", "F: 1\nE: 2\nW: 3\n"),
        ("info", "F: 1\nE: 2\nW: 3\nI: 4\n"),
        ("debug", "F: 1\nE: 2\nW: 3\nI: 4\nD: 5\n"),
        ("trace", "F: 1\nE: 2\nW: 3\nI: 4\nD: 5\n"),
    ],
)
def test_levels(level: str, lines: str) -> None:
    file = io.StringIO()
    log = Log(file, level)
    log.fatal("1")
    log.error("2")
    log.warn("3")
    log.info("4")
    log.debug("5")
    assert file.getvalue() == lines
    assert [log.shows(name) for name in LOG_LEVELS].count(True) == (LOG_LEVELS.index(level) + 1 if lines else 0)


@pytest.mark.parametrize(
    ("configuration", "level"),
    [
        ("log4cplus.rootLogger = DEBUG, console\n", "debug"),
        ("# nothing\n", "warn"),
        ("log4cplus.rootLogger = OFF\n", "quiet"),
        ("log4cplus.rootLogger = NONSENSE\n", "warn"),
    ],
)
def test_configuration_file(tmp_path: Path, configuration: str, level: str) -> None:
    file = tmp_path / "log.cfg"
    file.write_text(configuration)
    log = Log.from_options(Options(log_config=str(file)), io.StringIO())
    assert log.level == Log(None, level).level


def test_configuration_file_and_level_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--log-config not allowed with"):
        Log.from_options(Options(log_config=str(tmp_path), log_level="info"))

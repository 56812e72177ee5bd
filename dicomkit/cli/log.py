"""The log of a command: lines to standard error, the letter of its level before each, as DCMTK's tools have it."""

from __future__ import annotations

import sys

from dicomkit.cli.options import LOG_LEVELS, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TextIO

    from dicomkit.cli.options import Options

__all__ = ["Log"]

QUIET: Final = -1


class Log:
    """Writes what its level lets through.

    Args:
        file: where to; standard error if None.
        level: one of LOG_LEVELS, or "quiet".
    """

    def __init__(self, file: TextIO | None = None, level: str = "warn") -> None:
        self.file = file
        self.level = QUIET if level == "quiet" else LOG_LEVELS.index(level)

    @classmethod
    def from_options(cls, options: Options, file: TextIO | None = None) -> Log:
        """The log that `-q`, `-v`, `-d`, `-ll` or `-lc` ask for."""
        level = options.get("log_level", "warn")
        if "log_config" in options:
            if "log_level" in options:
                raise UsageError("--log-config not allowed with --log-level, --verbose, --debug or --quiet")
            level = _configured_level(options["log_config"])
        return cls(file, level)

    def shows(self, level: str) -> bool:
        """Whether lines of this level are written."""
        return self.level >= LOG_LEVELS.index(level)

    def write(self, level: str, text: str) -> None:
        """Write a line if its level is shown."""
        if self.shows(level):
            print(f"{level[0].upper()}: {text}", file=self.file or sys.stderr)

    def fatal(self, text: str) -> None:
        """The command ends."""
        self.write("fatal", text)

    def error(self, text: str) -> None:
        """This input could not be worked on."""
        self.write("error", text)

    def warn(self, text: str) -> None:
        """Something is wrong and tolerated."""
        self.write("warn", text)

    def info(self, text: str) -> None:
        """What is done."""
        self.write("info", text)

    def debug(self, text: str) -> None:
        """How it is done."""
        self.write("debug", text)


def _configured_level(path: str) -> str:
    """The level of the root logger in a log4cplus configuration; appenders and layouts are not followed."""
    level = "warn"
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition("=")
            if name.strip() == "log4cplus.rootLogger":
                word = value.split(",")[0].strip().lower()
                level = "quiet" if word == "off" else word if word in LOG_LEVELS else level
    return level

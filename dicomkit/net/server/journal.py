"""Structured logging: what a server says of its peers, without patient data.

A record has a short name of what happened, and fields. They are in its text (`timeout peer=192.0.2.7:4711 limit=idle`) and,
for formatters that want them apart, in its attributes `event` and `fields`.

Nothing of a data set is logged, and no name of a file that could be made of one. UIDs of instances, names of files and the
texts of errors that handlers raise may identify patients: they are logged only where that was asked for.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import Any

__all__ = ["LOGGER", "Journal"]

#: The logger of servers that were not given another one.
LOGGER: Final = "dicomkit.server"

_PACKAGE: Final = os.path.join(__file__.rpartition(os.path.join("net", "server"))[0], "")

# Fields that may identify a patient
_IDENTIFYING: Final = frozenset(("instance", "path", "text", "transaction"))


class Journal:
    """Where a server logs.

    Args:
        logger: the logger; None: that named "dicomkit.server".
        identifying: log also what may identify a patient.
    """

    __slots__ = ("_logger", "identifying")

    def __init__(self, logger: logging.Logger | None = None, *, identifying: bool = False) -> None:
        self._logger = logging.getLogger(LOGGER) if logger is None else logger
        self.identifying = identifying

    @property
    def details(self) -> bool:
        """Whether single messages are logged (level DEBUG): to be asked before much is put together for them."""
        return self._logger.isEnabledFor(logging.DEBUG)

    @property
    def associations(self) -> bool:
        """Whether associations are logged (level INFO)."""
        return self._logger.isEnabledFor(logging.INFO)

    def debug(self, event: str, **fields: Any) -> None:
        """A single message."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """An association, a start, an end."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """A peer that does wrong, something that was not done."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something on this side that does not work."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, error: BaseException, **fields: Any) -> None:
        """An exception where none belongs: its type and where the program raised it. Its text may be about a patient."""
        frames = traceback.extract_tb(error.__traceback__)
        of_program = [frame for frame in frames if not frame.filename.startswith(_PACKAGE)] or frames
        where = f"{of_program[-1].filename}:{of_program[-1].lineno}" if of_program else ""
        self._log(
            logging.ERROR,
            event,
            {**fields, "error": type(error).__name__, "at": where, "text": str(error)},
            error if self.identifying else None,
        )

    def _log(self, level: int, event: str, fields: dict[str, Any], error: BaseException | None = None) -> None:
        logger = self._logger
        if not logger.isEnabledFor(level):
            return
        if not self.identifying:
            fields = {name: value for name, value in fields.items() if name not in _IDENTIFYING}
        fields = {name: value for name, value in fields.items() if value is not None}
        text = " ".join([event, *(f"{name}={_shown(value)}" for name, value in fields.items())])
        logger.log(level, "%s", text, extra={"event": event, "fields": fields}, exc_info=error)


def _shown(value: object) -> str:
    """A value in a line of text. What peers send cannot break out of it."""
    text = value if isinstance(value, str) else str(value)
    if text and text.isascii() and text.isprintable() and not {" ", '"', "=", "\\"} & set(text):
        return text
    return json.dumps(text)

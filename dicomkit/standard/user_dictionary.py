"""Data dictionaries that a program or its user adds to the standard's."""

from __future__ import annotations

from dicomkit._ext import dictionary
from dicomkit.errors import ParseError
from dicomkit.standard.dictionary_file import read_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from dicomkit._ext.dictionary import DictionaryRow
    from dicomkit.typing import StrPath

__all__ = ["Dictionary"]


class Dictionary(dictionary.Dictionary):
    """Data elements besides those of the standard, or defined otherwise than there. It never changes once made.

    Reading and looking up take one as an argument (`dictionary=`, `user=`) and look there first.

    Attributes:
        problems: lines and files that `load` or `from_environment` left out, as "file:line: reason".
    """

    problems: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.rows,), {"problems": self.problems}

    @classmethod
    def load(cls, *paths: StrPath, strict: bool = True) -> Self:
        """Read dictionary files in DCMTK's form (see dictionary_file); what comes later replaces what was before.

        Args:
            paths: the files.
            strict: raise at the first faulty line or unreadable file; if not, leave it out and note it in `problems`.

        Raises:
            ParseError: a line is faulty; `source` is "file:line".
            OSError: a file cannot be read.
            ValueError: there are more than 65,534 elements.
        """
        rows: list[DictionaryRow] = []
        problems: list[str] = []
        for path in paths:
            try:
                with open(path, encoding="utf-8", errors="replace") as lines:
                    for number, row in read_rows(lines):
                        if not isinstance(row, ValueError):
                            rows.append(row)
                        elif strict:
                            raise ParseError(str(row), source=f"{path}:{number}") from row
                        else:
                            problems.append(f"{path}:{number}: {row}")
            except OSError as error:
                if strict:
                    raise
                problems.append(f"{path}: {error.strerror or error}")
        loaded = cls(rows)
        loaded.problems = tuple(problems)
        return loaded

    @classmethod
    def from_environment(cls) -> Self | None:
        """The dictionary files that the environment variable DCMDICTPATH names, None if it names none.

        It is a list with ":" between the files, ";" on Windows. What is faulty is left out and noted in `problems`.
        """
        import os

        paths = [path for path in os.environ.get("DCMDICTPATH", "").split(os.pathsep) if path]
        return cls.load(*paths, strict=False) if paths else None

"""What was wrong in a stream or in an assigned value, and tolerated."""

from __future__ import annotations

from dicomkit._ext.tagstream import PROBLEMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomkit._ext.tagstream import Index

__all__ = ["Problem", "problems_of"]


class Problem:
    """One tolerated fault.

    Attributes:
        code: short name for programs, such as `odd-length`.
        text: what it means, in a sentence.
        path: tag path of the element or container, such as `(0040,A730)[0].(0008,0100)`; "" if none.
        offset: byte offset in the stream; None for a value that was assigned.
    """

    __slots__ = ("code", "offset", "path", "text")

    def __init__(self, code: str, text: str, path: str, offset: int | None) -> None:
        self.code = code
        self.text = text
        self.path = path
        self.offset = offset

    def __str__(self) -> str:
        where = f" in {self.path}" if self.path else ""
        return f"{self.text}{where}" + ("" if self.offset is None else f" at byte {self.offset}")

    def __repr__(self) -> str:
        return f"<Problem {self.code}: {self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Problem):
            return NotImplemented
        return (self.code, self.path, self.offset) == (other.code, other.path, other.offset)

    def __hash__(self) -> int:
        return hash((self.code, self.path, self.offset))

    def __reduce__(self) -> tuple[Any, ...]:
        return Problem, (self.code, self.text, self.path, self.offset)


def problems_of(index: Index, first: int, stop: int | None) -> tuple[Problem, ...]:
    """The faults that the parser noted in the records from `first` to `stop` (None: all), as problems."""
    return tuple(
        Problem(*PROBLEMS[code], "" if record is None else index.path(record), offset)
        for code, record, offset in index.faults
        if stop is None or (record is not None and first <= record < stop)
    )

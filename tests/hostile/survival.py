"""What hostile bytes must end in: a data set whose elements can all be touched, or a documented error, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import dicomkit
from dicomkit.errors import ParseError
from tests.fuzz.execution import ELEMENTS, INDEX, OBJECTS, TEXT, touch

SECONDS = 2.0  # of processor time, for a file of a few megabytes and everything in it
EVERYTHING = ELEMENTS | TEXT | INDEX


def survive(data: bytes, options: int = EVERYTHING) -> dicomkit.Dataset | None:
    """Read and touch everything; None if the bytes are no data set. `options` are those of tests.fuzz.execution."""
    began = time.process_time()
    dataset: dicomkit.Dataset | None = None
    try:
        dataset = dicomkit.read(data)
    except ParseError as error:
        assert str(error)
    else:
        assert dataset is not None
        touch(dataset, options, len(data))
    assert time.process_time() - began < SECONDS, f"{time.process_time() - began:.1f} s for {len(data)} bytes"
    return dataset


def survive_strictly(data: bytes) -> None:
    """Lenient and strict agree: strict raises one of the problems that lenient records, or nothing if there are none.

    It may name an element where the problem has no path, since that element was not kept.
    """
    dataset = survive(data, INDEX)
    try:
        dicomkit.read(data, strict=True)
    except ParseError as error:
        assert error.offset is not None
        if dataset is not None:
            seen = {(problem.text, problem.path, problem.offset) for problem in dataset.problems}
            found = (error.reason, error.path, error.offset) in seen or (error.reason, "", error.offset) in seen
            assert found, f"{error!r} is none of {dataset.problems[:5]}"
    else:
        assert dataset is not None
        assert dataset.problems == ()


def element_headers(data: bytes) -> list[tuple[int, int]]:
    """Offset and size of the header of each element, item and fragment of a readable file."""
    dataset = dicomkit.read(data)
    headers = []
    for part in (dataset.file_meta, dataset):
        index = part._index if part is not None else None
        if index is not None and not str(dataset.transfer_syntax).endswith(".99"):
            for number in range(len(index)):
                _, _, flags, _, _, _, offset = index.record(number)
                size = 12 if flags & 2 else 8
                headers.append((offset - size, size))
    return sorted(headers)


def sample(things: list[tuple[int, int]], count: int, random: Random) -> Iterator[tuple[int, int]]:
    """At most `count` of them, in order."""
    yield from things if len(things) <= count else sorted(random.sample(things, count))


__all__ = ["ELEMENTS", "EVERYTHING", "INDEX", "OBJECTS", "TEXT", "element_headers", "sample", "survive", "survive_strictly"]

"""Where data sets go while they are received."""

from __future__ import annotations

import pytest

from dicomkit.net.server.receiver import IGNORE, InMemory


def views(*pieces: bytes) -> list[memoryview]:
    return [memoryview(piece) for piece in pieces]


@pytest.mark.parametrize("limit", [0, 6, 100])
def test_in_memory(limit: int) -> None:
    completed: list[bytes | None] = []
    receiver = InMemory(limit, completed.append)
    receiver.take(views(b"ab", b"cd"))
    receiver.take(views(b"ef"))
    assert completed == []
    receiver.complete()
    assert completed == [b"abcdef"]


def test_without_a_data_set() -> None:
    completed: list[bytes | None] = []
    InMemory(1, completed.append).complete()
    assert completed == [b""]


def test_too_large() -> None:
    completed: list[bytes | None] = []
    receiver = InMemory(5, completed.append)
    receiver.take(views(b"abc", b"def"))
    receiver.take(views(b"x"))
    receiver.complete()
    assert completed == [None]


def test_abandoned() -> None:
    completed: list[bytes | None] = []
    receiver = InMemory(5, completed.append)
    receiver.take(views(b"abc"))
    receiver.abandon()
    assert completed == []


def test_ignore() -> None:
    IGNORE.take(views(b"abc"))
    IGNORE.complete()
    IGNORE.abandon()

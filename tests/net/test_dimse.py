"""Messages out of pieces of P-DATA, in any pieces, and what breaks the rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.net.dimse import MessageError, MessageReader
from dicomkit.net.messages import Message

ECHO = Message.make("C-ECHO-RQ", 1, message_id=1, affected_sop_class_uid="1.2.840.10008.1.1")
STORE = Message.make(
    "C-STORE-RQ", 3, has_data=True, message_id=2, affected_sop_class_uid="1.2", affected_sop_instance_uid="1.2.3"
)


def feed(reader: MessageReader, context_id: int, flags: int, data: bytes) -> list[Any]:
    found = reader.feed((4, context_id, flags, memoryview(data)))
    if isinstance(found, tuple):
        return [(found[0], bytes(found[1]), found[2])]
    return [] if found is None else [found]


def test_a_message_without_data() -> None:
    reader = MessageReader()
    assert feed(reader, 1, 3, ECHO.encode()) == [ECHO]
    assert reader.message is None
    assert feed(reader, 1, 3, ECHO.encode()) == [ECHO]


def test_a_message_with_data() -> None:
    reader = MessageReader()
    assert feed(reader, 3, 3, STORE.encode()) == [STORE]
    assert reader.message == STORE
    assert feed(reader, 3, 0, b"abc") == [(3, b"abc", False)]
    assert feed(reader, 3, 2, b"") == [(3, b"", True)]
    assert reader.message is None
    assert feed(reader, 1, 3, ECHO.encode()) == [ECHO]


def pieces(draw: st.DataObject, context_id: int, kind: int, data: bytes) -> list[tuple[int, int, bytes]]:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    found = [(context_id, kind, data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    last = found[-1]
    return [*found[:-1], (last[0], last[1] | 2, last[2])]


@given(st.data())
def test_any_pieces(draw: st.DataObject) -> None:
    data = draw.draw(st.binary(max_size=50))
    reader = MessageReader()
    found: list[Any] = []
    for piece in [
        *pieces(draw, 1, 1, ECHO.encode()),
        *pieces(draw, 3, 1, STORE.encode()),
        *pieces(draw, 3, 0, data),
        *pieces(draw, 1, 1, ECHO.encode()),
    ]:
        found += feed(reader, *piece)
    assert found[0] == ECHO
    assert found[1] == STORE
    assert found[-1] == ECHO
    assert b"".join([value for _, value, _ in found[2:-1]]) == data
    assert [last for _, _, last in found[2:-1]] == [False] * (len(found) - 4) + [True]


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        ([(1, 2, b"abc")], "without a command"),
        ([(1, 0, b"abc")], "without a command"),
        ([(3, 3, STORE.encode()), (1, 2, b"abc")], "another begins"),
        ([(3, 3, STORE.encode()), (3, 3, STORE.encode())], "another begins"),
        ([(1, 1, b"abc"), (3, 3, b"abc")], "another begins"),
        ([(1, 1, b"abc"), (1, 2, b"abc")], "without a command"),
        ([(1, 3, b"abc")], "cannot be read"),
        ([(1, 3, b"")], "no Command Field"),
        ([(1, 3, bytes.fromhex("0000 0001 0200 0000 3000"))], "no Command Data Set Type"),
        ([(1, 3, bytes.fromhex("0000 0001 0000 0000 0000 0008 0200 0000 0101"))], "no Command Field"),
        ([(1, 3, bytes(70000))], "more than 65536 bytes"),
        ([(1, 1, bytes(60000)), (1, 3, bytes(10000))], "more than 65536 bytes"),
    ],
)
def test_errors(stream: list[tuple[int, int, bytes]], text: str) -> None:
    reader = MessageReader()
    found = [each for piece in stream for each in feed(reader, *piece)]
    assert isinstance(found[-1], MessageError)
    assert text in found[-1].text
    assert text in repr(found[-1])
    for flags in (3, 2):
        assert feed(reader, 1, flags, ECHO.encode()) == []
    assert reader.message is None


@given(st.lists(st.tuples(st.sampled_from([1, 3]), st.integers(0, 3), st.one_of(
    st.binary(max_size=30), st.just(ECHO.encode()), st.just(STORE.encode())
))))  # fmt: skip
def test_nothing_raises(stream: list[tuple[int, int, bytes]]) -> None:
    reader = MessageReader()
    for piece in stream:
        feed(reader, *piece)

"""Data sets as P-DATA-TF PDUs. How messages arrive is in test_upper_layer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from dicomkit.net.fragments import fragments, payload_of


class Source:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def lengths(pdus: list[list[Any]]) -> list[int]:
    """Data bytes of each PDU, which its headers say (PS3.8 9.3.5)."""
    found = []
    for pdu in pdus:
        head = bytes(pdu[0])[:12]
        kind, length, value_length, context_id, _ = struct.unpack(">BxIIBB", head)
        assert (kind, value_length, context_id) == (4, length - 4, 3)
        found.append(length - 6)
        size = sum(part[2] if isinstance(part, tuple) else len(part) for part in pdu)
        assert size == length + 6
    return found


@pytest.mark.parametrize(
    ("most", "payload"), [(0, (1 << 30) - 6), (16384, 16378), (16383, 16376), (8, 2), (1 << 31, (1 << 30) - 6)]
)
def test_payload(most: int, payload: int) -> None:
    assert payload_of(most) == payload


def test_a_range_of_a_file_stays_one() -> None:
    source = Source(bytes(1000))
    pdus = list(fragments(3, [b"head", (source, 100, 500, 1)], 206))
    assert lengths(pdus) == [200, 200, 104]
    assert pdus[0][1:] == [b"head", (source, 100, 196, 1)]
    assert pdus[1][1:] == [(source, 296, 200, 1)]
    assert pdus[2][1:] == [(source, 496, 104, 1)]


def test_words_are_turned_whole() -> None:
    source = Source(bytes(range(32)))
    pdus = list(fragments(3, [b"abc", (source, 0, 32, 8)], 16))
    assert all(not isinstance(part, tuple) for pdu in pdus for part in pdu)
    data = b"".join([bytes(part) for pdu in pdus for part in pdu[1:]])
    assert data == b"abc" + b"".join([bytes(range(at, at + 8))[::-1] for at in range(0, 32, 8)])


def test_values_that_have_no_source() -> None:
    pdus = list(fragments(3, [(None, b"\1\2\3\4", 4, 2)], 0))
    assert b"".join([bytes(part) for part in pdus[0][1:]]) == b"\2\1\4\3"


@pytest.mark.parametrize("data", [[], [b""], iter([]), iter([b"", b""])])
def test_an_empty_data_set_is_one_empty_last_fragment(data: Any) -> None:
    assert b"".join([bytes(part) for pdu in fragments(3, data, 0) for part in pdu]) == bytes.fromhex(
        "04 00 00000006 00000002 03 02"
    )


def test_an_iterator_is_drawn_from_as_it_is_sent() -> None:
    drawn = []

    def chunks() -> Iterator[bytes]:
        for number in range(4):
            drawn.append(number)
            yield bytes(100)

    pdus = fragments(3, chunks(), 66)
    assert lengths([next(pdus)]) == [60]
    assert drawn == [0, 1]  # one is held back, for it may be the last
    assert lengths(list(pdus)) == [40, 60, 40, 60, 40, 60, 40]


def test_many_small_parts_share_a_pdu() -> None:
    pdus = list(fragments(3, [b"ab", b"cd", b"ef"], 0))
    assert lengths(pdus) == [6]

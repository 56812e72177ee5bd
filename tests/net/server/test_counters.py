"""Counters: sums, Prometheus' text, and slots in shared memory."""

from __future__ import annotations

import re
from dataclasses import fields

from dicomkit.net.server.counters import Board, Counters


def test_they_add_up() -> None:
    total = Counters(connections=3, octets_sent=5) + Counters(connections=4, objects=1)
    assert (total.connections, total.octets_sent, total.objects) == (7, 5, 1)
    assert total.as_dict()["connections"] == 7
    assert list(total.as_dict()) == [row.name for row in fields(Counters)]


def test_prometheus_text() -> None:
    """As the exposition format says: HELP and TYPE before each sample, names of letters, counters that end in _total."""
    text = Counters(associations=12, open_associations=2).prometheus()
    assert text.endswith("\n")
    lines = text.splitlines()
    assert len(lines) == 3 * len(fields(Counters))
    for help_line, type_line, sample in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name = sample.split()[0]
        assert re.fullmatch("dicomkit_[a-z_]+", name)
        assert help_line.startswith(f"# HELP {name} ")
        kind = type_line.removeprefix(f"# TYPE {name} ")
        assert kind in ("counter", "gauge")
        assert name.endswith("_total") == (kind == "counter")
    assert "dicomkit_associations_total 12" in lines
    assert "dicomkit_open_associations 2" in lines
    assert "pacs_objects_total 0" in Counters().prometheus("pacs_")


def test_a_board() -> None:
    memory = memoryview(bytearray(Board.size(3)))
    first, second = Board(memory, 0), Board(memory, 1)
    first.publish(Counters(open_associations=2, octets_received=1 << 40))
    second.publish(Counters(open_associations=5))
    assert Board(memory).total() == Counters(open_associations=7, octets_received=1 << 40)
    assert first.others("open_associations") == 5
    assert second.others("open_associations") == 2
    first.clear(0)
    assert Board(memory).total() == Counters(open_associations=5)
    assert first.of(1).open_associations == 5

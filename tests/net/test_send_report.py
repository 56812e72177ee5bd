"""What became of objects."""

from __future__ import annotations

from dicomkit.net.send_report import Report, Sent
from dicomkit.net.status import Status


def test_report() -> None:
    results = [
        Sent("a", size=10, status=Status(0x0000)),
        Sent("b", size=20, status=Status(0xB000)),
        Sent("c", size=40, status=Status(0xA700)),
        Sent("d", error=OSError("gone")),
    ]
    report = Report(results, ["notes.txt"], 2, 1.5)
    assert [each.source for each in report.stored] == ["a", "b"]
    assert [each.source for each in report.failed] == ["c", "d"]
    assert (report.octets, report.is_complete, len(report)) == (30, False, 4)
    assert list(report) == results
    assert repr(report) == "<Report: 2 of 4 stored over 2 associations in 1.5 seconds>"
    assert repr(results[3]) == "<Sent 'd': gone>"
    assert Report(results[:2], [], 1, 0.1).is_complete

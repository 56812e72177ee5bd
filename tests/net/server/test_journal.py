"""The journal: fields, and nothing that identifies patients."""

from __future__ import annotations

import logging

import pytest

from dicomkit.net.server.journal import LOGGER, Journal


def test_text_and_fields(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        Journal().info("association-accepted", peer="127.0.0.1:5", calling="A B", contexts=3, implementation=None)
    (record,) = caplog.records
    assert record.getMessage() == 'association-accepted peer=127.0.0.1:5 calling="A B" contexts=3'
    assert record.event == "association-accepted"  # type: ignore[attr-defined]  # given by extra; so the next one
    assert record.fields == {"peer": "127.0.0.1:5", "calling": "A B", "contexts": 3}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("a\nINFO forged", r'"a\nINFO forged"'),
        ("\x1b[31m", r'"\u001b[31m"'),
        ('say "x"', r'"say \"x\""'),
        ("a=b", '"a=b"'),
        ("ä", r'"\u00e4"'),
    ],
)
def test_a_peer_cannot_forge_a_line(value: str, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    Journal(logging.getLogger("own")).warning("rejected", calling=value)
    assert caplog.messages == [f"rejected calling={shown}"]


@pytest.mark.parametrize("identifying", [False, True])
def test_what_identifies(identifying: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Instance UIDs, file names, texts and tracebacks of exceptions: on request only."""
    journal = Journal(identifying=identifying)
    with caplog.at_level(logging.DEBUG, LOGGER):
        assert journal.details
        journal.debug("performed", instance="1.2.3.4.5", path="/data/Doe^Jane.dcm", status="0000")
        try:
            raise ValueError("Doe^Jane is no date")
        except ValueError as error:
            journal.exception("handler-failed", error)
    assert ("1.2.3.4.5" in caplog.text) == identifying
    assert ("Doe^Jane" in caplog.text) == identifying
    assert "status=0000" in caplog.text
    assert "error=ValueError" in caplog.text
    assert "test_journal.py:" in caplog.text


def test_levels(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    with caplog.at_level(logging.ERROR, LOGGER):
        assert not journal.details
        journal.debug("no")
        journal.info("no")
        journal.warning("no")
        journal.error("yes")
    assert caplog.messages == ["yes"]

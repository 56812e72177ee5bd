"""The progress bar."""

from __future__ import annotations

import io

import pytest

from dicomkit.cli.progress import Progress


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomkit.cli.progress._PATIENCE", 0.0)
    monkeypatch.setattr("dicomkit.cli.progress._INTERVAL", 0.0)


def test_shows_and_hides() -> None:
    file = io.StringIO()
    bar = Progress(10, file)
    bar.hide()
    assert file.getvalue() == ""
    bar.show(5)
    text = "[" + "#" * 15 + "." * 15 + "] 5/10"
    assert file.getvalue() == "\r" + text
    bar.hide()
    assert file.getvalue() == f"\r{text}\r{' ' * len(text)}\r"
    bar.hide()
    assert file.getvalue().count("\r") == 3


def test_waits_and_does_not_flicker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomkit.cli.progress._INTERVAL", 1000.0)
    file = io.StringIO()
    bar = Progress(10, file)
    bar.show(1)
    bar.show(2)
    assert file.getvalue().count("\r") == 1
    monkeypatch.setattr("dicomkit.cli.progress._PATIENCE", 1000.0)
    bar = Progress(10, file)
    bar.show(1)
    assert file.getvalue().count("\r") == 1


def test_without_a_terminal() -> None:
    bar = Progress(10, None)
    bar.show(5)
    bar.hide()

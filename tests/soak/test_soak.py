"""A short soak, and that it sees what it is there to see."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit._ext.pdu import decode_command
from dicomkit.errors import ParseError
from tests.soak import peers, soak
from tests.soak.conversation import COMMANDS, CONVERSATION, bad_command, lying, mutated

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a server has is seen as Linux shows it"),
    pytest.mark.usefixtures("_paths"),
]


@pytest.fixture
def _paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's process finds dicomkit, and these tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(dicomkit.__file__).parents[1]), str(ROOT)]))


def test_a_short_run() -> None:
    said: list[str] = []
    soaking = soak.Soak(800, at_once=150, seed=1, rounds=2, say=said.append)
    assert asyncio.run(soaking.run()), soaking.findings
    assert sum(soaking.done.values()) == 800
    assert set(soaking.done) > {talk.__name__ for talk in peers.PEERS}
    assert len(said) == len(soaking.readings) == 2


def test_the_command() -> None:
    command = [sys.executable, "-P", "-m", "tests.soak", "--associations", "20", "--rounds", "1", "--seed", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 associations" in done.stdout
    assert "nothing found" in done.stdout


def test_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An honest peer that fails, a connection that is kept, growth."""

    async def fails(*_: object) -> None:
        raise dicomkit.DimseError(0xA700)

    async def is_kept(peer: peers.Peer) -> None:
        await peer.associate()
        await peer.ended()

    monkeypatch.setattr(soak, "HONEST", {fails: 1})
    monkeypatch.setattr(soak, "PEERS", {is_kept: 1})
    monkeypatch.setattr(peers, "PATIENCE", 0.1)
    monkeypatch.setitem(soak.MOST_MORE, "rss_kb", -(1 << 30))
    said: list[str] = []
    soaking = soak.Soak(20, seed=1, rounds=2, say=said.append)
    assert not asyncio.run(soaking.run())
    for finding in ("honest fails", "the server keeps a connection", "rss_kb grew"):
        assert any(finding in each for each in soaking.findings), finding
    assert len(said) == len(soaking.findings) + 2


def test_commands_are_bad() -> None:
    """Most of them are; where nothing was changed, they are right."""
    for command, _ in COMMANDS:
        assert 0x00000100 in decode_command(command)
    random = Random(1)
    refused = 0
    for _ in range(200):
        message = bad_command(random)
        length = int.from_bytes(message[6:10], "big")
        try:
            decode_command(message[12 : 10 + length])
        except ParseError:
            refused += 1
    assert 10 < refused < 190


def test_lies() -> None:
    random = Random(1)
    for _ in range(100):
        assert sum(one != other for one, other in zip(lying(random), CONVERSATION, strict=True)) <= 1
        assert [len(pdu) for pdu in mutated(random)] == [len(pdu) for pdu in CONVERSATION]

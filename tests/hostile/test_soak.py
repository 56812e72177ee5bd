"""The soak, a short one: see `tests.hostile.soak` for the long one."""

from __future__ import annotations

import sys

import pytest

from tests.hostile import soak


@pytest.mark.skipif(sys.platform != "linux", reason="memory and descriptors are read as Linux shows them")
def test_a_short_soak(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.run(800, steps=4), capsys.readouterr().out
    assert capsys.readouterr().out.count("0 handler errors") == 4

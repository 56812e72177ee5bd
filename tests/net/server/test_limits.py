"""Limits: what they are, and that nothing below zero is one."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from dicomkit.net.server.limits import Limits


def test_limits() -> None:
    limits = Limits(associations=5, idle=1.5)
    assert (limits.associations, limits.idle) == (5, 1.5)
    assert pickle.loads(pickle.dumps(limits)) == limits
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.idle = 2  # type: ignore[misc]  # it must not be possible


@pytest.mark.parametrize("name", [row.name for row in dataclasses.fields(Limits)])
def test_none_is_below_zero(name: str) -> None:
    assert getattr(Limits(**{name: 0}), name) == 0
    with pytest.raises(ValueError, match=name):
        Limits(**{name: -1})

"""The asyncio face has all that the blocking one has, with the same arguments."""

from __future__ import annotations

import inspect

import pytest

import dicomkit
from dicomkit import aio
from dicomkit.net.association import Association

METHODS = [name for name, value in vars(Association).items() if inspect.isfunction(value) and not name.startswith("_")]


def test_associate() -> None:
    assert dicomkit.aio is aio
    ours, theirs = inspect.signature(aio.associate).parameters, inspect.signature(dicomkit.associate).parameters
    assert list(ours.values()) == list(theirs.values())


@pytest.mark.parametrize("name", METHODS)
def test_operations(name: str) -> None:
    ours, theirs = getattr(aio.Association, name), getattr(Association, name)
    assert list(inspect.signature(ours).parameters.values()) == list(inspect.signature(theirs).parameters.values())
    assert ours.__doc__
    assert inspect.iscoroutinefunction(ours) == ("Results" not in str(inspect.signature(ours).return_annotation))


def test_no_other() -> None:
    public = {name for name, value in vars(aio.Association).items() if not name.startswith("_")}
    assert public == {name for name in vars(Association) if not name.startswith("_")}

"""The letters for transfer syntaxes: the same as DCMTK's, and what they stand for."""

from __future__ import annotations

import sys

import pytest

from dicomkit.cli.options import Group, parse
from dicomkit.cli.transfer_syntax_options import (
    PREFERRED,
    PREFERRED_OR_ALL,
    PROPOSED,
    PROPOSED_QUERY,
    accepted,
    proposed,
)
from tests.dcmtk import options_of

IMPLICIT = "1.2.840.10008.1.2"
LITTLE = "1.2.840.10008.1.2.1"
BIG = "1.2.840.10008.1.2.2"
LOCAL = (LITTLE, BIG, IMPLICIT) if sys.byteorder == "little" else (BIG, LITTLE, IMPLICIT)


@pytest.mark.parametrize(
    ("tool", "table", "part"),
    [
        ("storescu", PROPOSED, "--propose-"),
        ("findscu", PROPOSED_QUERY, "--propose-"),
        ("getscu", PREFERRED, "--prefer-"),
        ("storescp", PREFERRED_OR_ALL, "--prefer-"),
    ],
)
def test_rows_of_dcmtk(tool: str, table: tuple[str, tuple[object, ...]], part: str) -> None:
    theirs = {long: short for long, (short, _) in options_of(tool).items() if long.startswith(part)}
    ours = {option.long: option.short for option in Group("", table) if option.long.startswith(part)}  # type: ignore[arg-type]  # rows
    assert ours == theirs
    assert len(ours) > 4


@pytest.mark.parametrize(
    ("line", "lists"),
    [
        ("", (LOCAL,)),
        ("-x=", (LOCAL,)),
        ("-xe", ((LITTLE, BIG, IMPLICIT),)),
        ("-xb", ((BIG, LITTLE, IMPLICIT),)),
        ("-xi", ((IMPLICIT,),)),
        ("-xs", (("1.2.840.10008.1.2.4.70",), LOCAL)),
        ("-xd", (("1.2.840.10008.1.2.1.99",), LOCAL)),
        ("-xm", (("1.2.840.10008.1.2.4.100",),)),
        ("-xs -xr", (("1.2.840.10008.1.2.5",), LOCAL)),
    ],
)
def test_proposed(line: str, lists: tuple[tuple[str, ...], ...]) -> None:
    assert proposed(parse([Group("", PROPOSED)], line.split())) == lists


@pytest.mark.parametrize(
    ("line", "uids"),
    [
        ("", LOCAL),
        ("+xb", (BIG, LITTLE, IMPLICIT)),
        ("+xi", (IMPLICIT,)),
        ("+xw", ("1.2.840.10008.1.2.4.91", *LOCAL)),
        ("+x4", ("1.2.840.10008.1.2.4.107", *LOCAL)),
        ("+xa", None),
    ],
)
def test_accepted(line: str, uids: tuple[str, ...] | None) -> None:
    assert accepted(parse([Group("", PREFERRED_OR_ALL)], line.split())) == uids

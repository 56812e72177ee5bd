"""The option table of xml2dcm, against DCMTK's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from dicomkit.cli.options import UsageError, help_text, parse
from dicomkit.cli.xml2dcm_options import GROUPS, PARAMETERS


def test_it_has_the_options_of_dcmtk(peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("xml2dcm"), "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = [" ".join(line.split()) for line in theirs[theirs.index("parameters:") :]]
    ours = [" ".join(line.split()) for line in help_text(GROUPS, PARAMETERS).splitlines()]
    assert [line for line in theirs if line not in ours] == [
        "dcmfile-out DICOM output filename",  # ours says what "-" is
        "+td --write-xfer-deflated write with deflated expl. VR little endian TS",  # spelled out in all of our tools
    ]


def test_no_name_twice() -> None:
    names = [name for group in GROUPS for option in group for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("words", [["-Uo"], ["+Uo"], ["-F", "+Fu"], ["+cl", "5"], ["+td", "+cl", "10"]])
def test_options_that_do_not_go_together(words: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(GROUPS, words)

"""The option table of dcm2json, against DCMTK's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from dicomkit.cli.dcm2json_options import GROUPS, PARAMETERS
from dicomkit.cli.options import help_text


def test_it_has_the_options_of_dcmtk(peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dcm2json"), "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = [" ".join(line.split()) for line in theirs[theirs.index("parameters:") :]]
    ours = [" ".join(line.split()) for line in help_text(GROUPS, PARAMETERS).splitlines()]
    assert [line for line in theirs if line not in ours] == [
        "dcmfile-in DICOM input filename to be converted",  # "-" is for stdin since 3.7
        "jsonfile-out JSON output filename (default: stdout)",
    ]


def test_no_name_twice() -> None:
    names = [name for group in GROUPS for option in group for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))
    # Those of DCMTK 3.7, and -od for many files
    assert {"-ia", "-in", "-is", "-b", "+b", "+bz", "+bp", "+bd", "+bs", "+c", "-c", "-od"} < set(names)

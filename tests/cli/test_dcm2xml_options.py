"""The option table of dcm2xml, against DCMTK's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from dicomkit.cli.dcm2xml_options import GROUPS, PARAMETERS
from dicomkit.cli.options import help_text


def test_it_has_the_options_of_dcmtk(peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dcm2xml"), "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = [" ".join(line.split()) for line in theirs[theirs.index("parameters:") :]]
    ours = [" ".join(line.split()) for line in help_text(GROUPS, PARAMETERS).splitlines()]
    assert [line for line in theirs if line not in ours] == [
        "dcmfile-in DICOM input filename to be converted",  # ours says what "-" is
        "xmlfile-out XML output filename (default: stdout)",
        "(default: /usr/share/dcmtk/dcm2xml.dtd)",  # ours is in the program
    ]
    many_files = {"input files (with --output-directory):", "output files:"}
    assert [line for line in ours if line not in theirs and line.endswith(":")] == [
        line for line in ours if line in many_files
    ]


def test_no_name_twice() -> None:
    names = [name for group in GROUPS for option in group for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))

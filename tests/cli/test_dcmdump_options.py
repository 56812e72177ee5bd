"""The option table of dcmdump, against DCMTK's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from dicomkit.cli.dcmdump_options import GROUPS, PARAMETERS
from dicomkit.cli.options import help_text

#: Lines that are other than in DCMTK 3.6.7.
OWN_LINES = {
    "  general handling of parser errors:",  # DCMTK has a space behind it
    "    -C   --no-color             do not use any ANSI escape codes",  # colour on a terminal is the default
    "                                (default: only on a terminal)",
    "                                print the textual dump of tag t, or of the element at",  # tag paths are ours
    "                                a tag path such as ContentSequence[0].ValueType",
}


def test_help_is_that_of_dcmtk(peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dcmdump"), "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = help_text(GROUPS, PARAMETERS).splitlines()
    theirs = theirs[theirs.index("parameters:") :]
    assert [line for line in ours if line not in theirs] == [line for line in ours if line in OWN_LINES]
    missing = [line.split()[0] for line in theirs if line not in ours and line.strip()[:1] in "+-"]
    assert missing == ["-C"]


def test_no_name_twice() -> None:
    names = [name for group in GROUPS for option in group for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))

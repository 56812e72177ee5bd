"""`dicomkit dcmftest`: tell which files are DICOM files (PS3.10 7.1), by the prefix behind the preamble.

The exit code is the number of files that are not (at most 255).
"""

from __future__ import annotations

import os

from dicomkit.cli.options import GENERAL, Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["GROUPS", "PARAMETERS", "run"]

PARAMETERS: Final = (("dcmfile-in", "file to be tested"),)

GROUPS: Final = (
    Group("general options", ("", tuple([option for option in GENERAL if option.field in ("help", "version")]))),
)

PREAMBLE_LENGTH: Final = 128
PREFIX: Final = b"DICM"


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Test the files of a command line.

    Raises:
        OSError: the output cannot be written.
    """
    others = 0
    for name in options.parameters:
        found = is_dicom_file(name)
        out.write((b"yes: " if found else b"no: ") + os.fsencode(name) + b"\n")
        others += not found
    return min(others, 255)


def is_dicom_file(name: str) -> bool:
    """Whether there is a file of this name with the prefix of PS3.10 7.1."""
    try:
        with open(name, "rb", buffering=0) as file:
            file.seek(PREAMBLE_LENGTH)
            return file.read(len(PREFIX)) == PREFIX
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False

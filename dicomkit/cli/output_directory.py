"""Where the files that a command makes go: one that is named, or those of --output-directory."""

from __future__ import annotations

import os

from dicomkit.cli.input_files import find_named_files
from dicomkit.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["Job", "named_jobs", "single_job"]


class Job:
    """One file: where it is read and where it is written."""

    __slots__ = ("source", "target")

    def __init__(self, source: str, target: str) -> None:
        self.source = source
        self.target = target

    def __str__(self) -> str:
        return self.source


def single_job(options: Options) -> Job:
    """The job of a command line with one input file and one output file.

    Raises:
        UsageError: it has not two names.
    """
    if len(options.parameters) != 2:
        raise UsageError("Missing parameter dcmfile-out" if len(options.parameters) == 1 else "Too many parameters")
    return Job(*options.parameters)


def named_jobs(options: Options, log: Log, suffix: str, *, instead: str = "") -> list[Job]:
    """A job for each input file; the directories that they need are made.

    Args:
        suffix: added to the name of each file.
        instead: a suffix that is taken away first: "a.dcm.xml" becomes "a.dcm", as "a.xml" does.

    Raises:
        UsageError: two files would have one name.
        OSError: a directory cannot be made.
    """
    jobs: dict[str, Job] = {}
    for source, name in find_named_files(options, log):
        name = "stdin" if name == "-" else name.removesuffix(instead)
        target = os.path.join(options["output_directory"], name if instead and name.endswith(suffix) else name + suffix)
        if target in jobs:
            raise UsageError(f"{jobs[target]} and {source} would both be written as {target}")
        jobs[target] = Job(source, target)
    for folder in {os.path.dirname(target): None for target in jobs}:
        os.makedirs(folder, exist_ok=True)
    if not jobs:
        log.fatal("no input files to be converted")
    return list(jobs.values())

"""The claims on the commands that write: whole processes, against DCMTK's and `cp`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import UnavailableError, dcmtk, inputs, results
from benchmarks.claims import with_ratios
from benchmarks.report import Row, Table
from benchmarks.runner import QUICK, Effort, Timer, dicomkit_command, environment, in_turn, process_timer, settle

FILES = 400
LONGEST_LINE = 10_000_000  # dump2dcm's default is 4,096


class Rival(NamedTuple):
    """A command, with the ratio of its time to dicomkit's that is to be reached.

    Attributes:
        name: to be printed.
        command: the program and its arguments.
        at_least: the ratio.
        result: reads what the command made; None if it is not to be compared.
        before: puts the targets into the state they are to have, which is not timed.
        scale: the command does only one of so many parts of the work.
    """

    name: str
    command: Sequence[str]
    at_least: float | None = None
    result: Callable[[], object] | None = None
    before: Callable[[], object] = lambda: None
    scale: int = 1


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the file system of the inputs."""
    with tempfile.TemporaryDirectory(dir=inputs.cache()) as folder:
        yield Path(folder)


def compare(name: str, title: str, rivals: Sequence[Rival], effort: Effort) -> Table:
    """The first rival is dicomkit. All in turn, once their results are equal."""
    rows = {}
    timers: dict[str, Timer] = {}
    made = {}
    for number, rival in enumerate(rivals):
        key = rival.name if number else "dicomkit"
        rows[key] = Row(rival.name, at_least=rival.at_least)
        try:
            rival.before()
            output(rival.command)
            if rival.result is not None:
                made[rival.name] = rival.result()
            timers[key] = scaled(process_timer(rival.command, prepared(rival)), rival.scale)
        except UnavailableError as error:
            rows[key] = rows[key]._replace(note=f"not available: {error}")
    wrong = results.difference(made) if made and "dicomkit" in timers else ""
    if wrong:
        rows["dicomkit"] = rows["dicomkit"]._replace(note=f"NOT EQUAL: {wrong}")
        timers.clear()
    return Table(name, title, with_ratios(rows, in_turn(timers, effort)))


def output(command: Sequence[str]) -> bytes:
    """What a command prints.

    Raises:
        UnavailableError: it failed.
    """
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise UnavailableError((words or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def prepared(rival: Rival) -> Callable[[], None]:
    """A function that does what is to be done before each run."""

    def prepare() -> None:
        rival.before()
        settle()

    return prepare


def scaled(timer: Timer, factor: int) -> Timer:
    """A timer of the whole work by that of one part."""
    return lambda count: timer(count) * factor


def dicomkit(tool: str, *arguments: str) -> list[str]:
    """A command of dicomkit."""
    return [*dicomkit_command(), tool, *arguments]


def version(tool: str) -> str:
    """DCMTK's tool, with its version."""
    return f"DCMTK {dcmtk.version(tool)} {tool}"


# -- many files


def series() -> list[str]:
    """The paths of 400 CT files of 530 KB."""
    return [str(path) for path in sorted(inputs.ct_series(FILES).iterdir())]


def copied(folder: Path) -> list[str]:
    """Copies of them in a new folder."""
    folder.mkdir()
    subprocess.run(["cp", "-t", str(folder), *series()], check=True)
    return [str(path) for path in sorted(folder.iterdir())]


def emptied(folder: Path) -> Callable[[], None]:
    """A function that removes the files of a folder."""
    folder.mkdir()

    def empty() -> None:
        for path in folder.iterdir():
            path.unlink()

    return empty


def datasets(folder: Path, step: int = 1) -> Callable[[], object]:
    """A function that reads the data sets of a folder, or every so manieth of the series."""
    names = [Path(path).name for path in series()[::step]]
    return lambda: [results.dataset(folder / name) for name in names]


def modify(effort: Effort) -> Table:
    """`dcmodify` of 400 files in one process."""
    change = ["-nb", "-m", "(0010,0010)=Changed^By^Modify"]
    with scratch() as folder:
        ours, theirs, there, new = (folder / name for name in ("dicomkit", "dcmtk", "there", "new"))
        copied(there)
        rivals = [
            Rival("dicomkit dcmodify", dicomkit("dcmodify", *change, *copied(ours)), result=datasets(ours)),
            Rival(version("dcmodify"), [dcmtk.tool("dcmodify"), *change, *copied(theirs)], 1, datasets(theirs)),
            Rival("cp over files", ["cp", "-t", str(there), *series()], 1 / 1.5),
            Rival("cp to new files", ["cp", "-t", str(new), *series()], before=emptied(new)),
        ]
        return compare("dcmodify", "dcmodify -nb -m of 400 CT files, 530 KB each, in one process", rivals, effort)


def convert(effort: Effort) -> Table:
    """`dcmconv` of 400 files in one command. A quick run has DCMTK convert one in ten."""
    step = 10 if effort == QUICK else 1
    with scratch() as folder:
        ours, theirs, there, new = (folder / name for name in ("dicomkit", "dcmtk", "there", "new"))
        copied(there)
        each = 'folder=$1; shift; for file; do dcmconv +ti "$file" "$folder/${file##*/}" || exit 1; done'
        ours_all = dicomkit("dcmconv", "+ti", "-od", str(ours), *series())
        theirs_each = ["sh", "-c", each, "sh", str(theirs), *series()[::step]]
        rivals = [
            Rival("dicomkit dcmconv", ours_all, result=datasets(ours, step), before=emptied(ours)),
            Rival(f"{version('dcmconv')}s", theirs_each, 10, datasets(theirs, step), emptied(theirs), step),
            Rival("cp to new files", ["cp", "-t", str(new), *series()], 1 / 2, before=emptied(new)),
            Rival("cp over files", ["cp", "-t", str(there), *series()]),
        ]
        title = "dcmconv +ti of 400 CT files, 530 KB each, in one command; DCMTK's takes one file"
        return compare("dcmconv", title, rivals, effort)


# -- one large file


def json_process(effort: Effort) -> Table:
    """`dcm2json`."""
    return rendering("dcm2json", results.json_model, effort)


def xml_process(effort: Effort) -> Table:
    """`dcm2xml`."""
    return rendering("dcm2xml", bytes, effort)


def rendering(tool: str, result: Callable[[bytes], object], effort: Effort) -> Table:
    """A tool that writes the enhanced CT as text."""
    source = str(inputs.multiframe(1000))
    ours, theirs = dicomkit(tool, source), [dcmtk.tool(tool), source]
    rivals = [
        Rival(f"dicomkit {tool}", ours, result=lambda: result(output(ours))),
        Rival(version(tool), theirs, 1, lambda: result(output(theirs))),
    ]
    return compare(tool, f"{tool} of the enhanced CT of 1,000 frames, a process", rivals, effort)


def removed(path: Path) -> Callable[[], None]:
    """A function that removes a file."""
    return lambda: path.unlink(missing_ok=True)


def dump_reading(effort: Effort) -> Table:
    """`dump2dcm`."""
    with scratch() as folder:
        dump, ours, theirs = folder / "dump.txt", folder / "dicomkit", folder / "dcmtk"
        whole = [dcmtk.tool("dcmdump"), "+L", str(inputs.multiframe(1000))]
        dump.write_bytes(subprocess.run(whole, capture_output=True, check=True).stdout)
        arguments = ["+l", str(LONGEST_LINE), str(dump)]
        command = dicomkit("dump2dcm", *arguments, str(ours))
        dcmtk_command = [dcmtk.tool("dump2dcm"), *arguments, str(theirs)]
        rivals = [
            Rival("dicomkit dump2dcm", command, None, lambda: results.dataset(ours), removed(ours)),
            Rival(version("dump2dcm"), dcmtk_command, 1, lambda: results.dataset(theirs), removed(theirs)),
        ]
        return compare("dump2dcm", "dump2dcm of a dump of the enhanced CT of 1,000 frames, a process", rivals, effort)


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    "dcmodify": modify,
    "dcmconv": convert,
    "dcm2json": json_process,
    "dcm2xml": xml_process,
    "dump2dcm": dump_reading,
}

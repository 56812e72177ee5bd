"""The claims on digital signatures: what is compared with whom, and what dicomkit should reach."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import UnavailableError, dcmtk, inputs
from benchmarks.claims import memory, with_ratios, worker_timer
from benchmarks.report import Row, Table
from benchmarks.runner import Effort, Timer, Worker, in_turn
from benchmarks.security_worker import NOT_VALID
from benchmarks.signers import KEYS, ROOT, RSA, make_signers, signer
from benchmarks.tool_claims import Rival, scratch, version
from benchmarks.tool_claims import compare as compare_processes
from benchmarks.tool_claims import dicomkit as dicomkit_tool

MAC = "SHA256"
MACS = ["SHA256", "SHA384", "SHA512", "RIPEMD160", "SHA1"]
# How many times as long as hashing; of a large file there is hardly anything else to do.
MOST_HASHING, MOST_LARGE_HASHING = 1.5, 1.2
IMPORTING = 0.8  # of a process that verifies
MOST_MEMORY = 100  # MB
LARGE = 1 << 30

Workers = Mapping[str, "Worker | UnavailableError"]


class Turn(NamedTuple):
    """What a rival does in a comparison.

    Attributes:
        rival: a name of `command`.
        operation: of security_worker.py.
        at_least: the ratio to be reached.
        does: what it does, where that is not the same as for dicomkit.
    """

    rival: str
    operation: str
    at_least: float | None = None
    does: str = ""


def command(name: str, folder: Path) -> list[str]:
    """The command of a rival's process."""
    if name == "dcmtk":
        return [dcmtk.program("dcmtk_security", "-ldcmdsig"), str(folder)]
    return [sys.executable, "-m", "benchmarks.security_worker", name, str(folder)]


@contextmanager
def rivals(*kinds: str) -> Iterator[tuple[Path, Workers]]:
    """A folder with signers that have such keys, and a process of each rival."""
    with scratch() as folder, ExitStack() as stack:
        make_signers(folder, kinds)
        workers: dict[str, Worker | UnavailableError] = {}
        for name in ("dicomkit", "dcmtk", "hashlib"):
            try:
                workers[name] = stack.enter_context(closing(Worker(command(name, folder))))
            except UnavailableError as error:
                workers[name] = error
        yield folder, workers


def disagreement(folder: Path, workers: Workers, source: Path, kind: str, mac: str) -> str:
    """Who does not find valid what somebody has signed, or finds valid what was changed. "" if there is nothing of that.

    What dicomkit has signed is the file dicomkit.dcm of the folder then.
    """
    able = {name: worker for name, worker in workers.items() if isinstance(worker, Worker) and name != "hashlib"}
    wrong = []
    for author, worker in able.items():
        worker.seconds(f"sign:{kind}:{mac}", source, 0)
        signed, changed = folder / f"{author}.dcm", folder / "changed.dcm"
        content = bytearray(signed.read_bytes())
        content[len(content) // 2] ^= 1
        changed.write_bytes(content)
        for name, reader in able.items():
            if not finds_valid(reader, signed):
                wrong.append(f"{name} refuses what {author} signed")
            if finds_valid(reader, changed):
                wrong.append(f"{name} finds valid what was changed")
    return ", ".join(wrong)


def finds_valid(worker: Worker, path: Path) -> bool:
    """Whether all signatures of a file are valid for a rival.

    Raises:
        UnavailableError: it does not know.
    """
    try:
        worker.seconds("verify", path, 1)
    except UnavailableError as error:
        if NOT_VALID not in str(error):
            raise
        return False
    return True


def in_comparison(workers: Workers, turns: Sequence[Turn], path: Path, effort: Effort, wrong: str) -> list[Row]:
    """All in turn, dicomkit first; nothing is timed if something is wrong."""
    rows: dict[str, Row] = {}
    timers: dict[str, Timer] = {}
    for turn in turns:
        worker = workers[turn.rival]
        key = f"{turn.rival} {turn.does}".strip()
        rows[key] = Row(key, at_least=turn.at_least)
        if isinstance(worker, UnavailableError):
            rows[key] = rows[key]._replace(note=f"not available: {worker}")
        elif not wrong:
            rows[key] = rows[key]._replace(name=f"{turn.rival} {worker.version} {turn.does}".strip())
            timers[key] = worker_timer(worker, turn.operation, path)
    if wrong:
        rows["dicomkit"] = rows["dicomkit"]._replace(note=f"DISAGREEMENT: {wrong}")
    return with_ratios(rows, in_turn(timers, effort))


def verifying(effort: Effort) -> Table:
    """Verification of a CT."""
    turns = [
        Turn("dicomkit", "verify"),
        Turn("dcmtk", "verify", 1),
        Turn("hashlib", f"file:{MAC}", 1 / MOST_HASHING, "(the file)"),
        Turn("hashlib", f"hash:{MAC}", None, "(its bytes, in memory)"),
    ]
    with rivals(RSA) as (folder, workers):
        wrong = disagreement(folder, workers, inputs.ct512(), RSA, MAC)
        rows = in_comparison(workers, turns, folder / "dicomkit.dcm", effort, wrong)
    title = "read a signed 512 x 512 CT, 530 KB, and verify it: SHA-256, RSA of 2,048 bits, an authority that is trusted"
    return Table("verify", title, rows)


def signing(effort: Effort) -> Table:
    """Signing a CT."""
    operation = f"sign:{RSA}:{MAC}"
    turns = [Turn("dicomkit", operation), Turn("dcmtk", operation, 1), Turn("hashlib", f"hash:{MAC}", None, "(bytes)")]
    with rivals(RSA) as (folder, workers):
        wrong = disagreement(folder, workers, inputs.ct512(), RSA, MAC)
        rows = in_comparison(workers, turns, inputs.ct512(), effort, wrong)
    return Table("sign", "read the CT and sign all of it, with the same key", rows)


def informative(name: str, title: str, ways: Sequence[tuple[str, str]]) -> Callable[[Effort], Table]:
    """A claim without targets: verification with several pairs of a kind of key and a MAC algorithm."""

    def measure(effort: Effort) -> Table:
        rows = []
        with rivals(*{kind for kind, _ in ways}) as (folder, workers):
            for kind, mac in ways:
                turns = [
                    Turn("dicomkit", "verify"),
                    Turn("dcmtk", "verify"),
                    Turn("hashlib", f"hash:{mac}", None, "(bytes)"),
                ]
                rows.append(Row(kind, note=mac))
                wrong = disagreement(folder, workers, inputs.ct512(), kind, mac)
                found = in_comparison(workers, turns, folder / "dicomkit.dcm", effort, wrong)
                rows += [row._replace(name=f"  {row.name}") for row in found]
        return Table(name, title, rows)

    return measure


def process(effort: Effort) -> Table:
    """`dcmsign --verify` as a process. Most of its time is for loading Python and `cryptography`."""
    with rivals(RSA) as (folder, workers):
        wrong = disagreement(folder, workers, inputs.ct512(), RSA, MAC)
        if wrong:
            raise UnavailableError(wrong)
        arguments = ["-q", "--verify", "+cf", str(signer(folder, ROOT).certificate), str(folder / "dicomkit.dcm")]
        python = [sys.executable, "-c"]
        commands = [
            Rival("dicomkit dcmsign", dicomkit_tool("dcmsign", *arguments)),
            Rival(version("dcmsign"), [dcmtk.tool("dcmsign"), *arguments]),
            Rival("bare interpreter", [*python, "pass"]),
            Rival("import cryptography.x509", [*python, "import cryptography.x509"], IMPORTING),
        ]
        return compare_processes("dcmsign", "dcmsign --verify of the signed CT, a process", commands, effort)


def large_file() -> Path:
    """A file of 2,048 frames, 1 GB."""
    from benchmarks import images
    from benchmarks.frames import large_native_file

    image = images.ct()._replace(bits=16)
    return large_native_file("sign-native.dcm", image, LARGE // image.pixels.nbytes)


def large(effort: Effort) -> Table:
    """Signing a large file, against hashing it."""
    operation = f"sign:{RSA}:{MAC}"
    turns = [
        Turn("dicomkit", operation),
        Turn("dcmtk", operation),
        Turn("hashlib", f"file:{MAC}", 1 / MOST_LARGE_HASHING, "(the file)"),
    ]
    with rivals(RSA) as (_, workers):
        rows = in_comparison(workers, turns, large_file(), effort, "")
    return Table("large", "read a file of 2,048 frames, 1 GB, and sign all of it", rows)


def large_memory(_: Effort) -> Table:
    """Memory that it takes."""
    with scratch() as folder:
        make_signers(folder, [RSA])
        found = memory("sign", large_file(), str(folder))
    row = Row("dicomkit", [found["bytes"] / 1e6], at_most=MOST_MEMORY, note=f"{found['milliseconds'] / 1000:.1f} s")
    title = "the most memory of a process that signs the same, saves it, and verifies what it saved"
    return Table("large_memory", title, [row], "MB")


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    "verify": verifying,
    "sign": signing,
    "dcmsign": process,
    "keys": informative("keys", "verify the CT, signed with other keys", [(kind, MAC) for kind in KEYS]),
    "macs": informative("macs", "verify the CT, signed with other MAC algorithms", [(RSA, mac) for mac in MACS]),
    "large": large,
    "large_memory": large_memory,
}

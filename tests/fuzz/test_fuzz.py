"""The fuzzer itself: a short run, its command, and that it sees what it is there to see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit._ext.tagstream import index_bytes
from tests.fuzz import execution, loop
from tests.fuzz.mutations import LONGEST, MUTATIONS, mutate
from tests.fuzz.seeds import corpus, generated
from tests.reference.encoding import EXPLICIT, Element

ROOT = Path(__file__).parents[2]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "record"
    path.write_bytes(bytes(loop.RECORD_SIZE))
    return path


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(Path(dicomkit.__file__).parents[1]), str(ROOT)])
    command = [sys.executable, "-P", "-m", "tests.fuzz", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": paths})


def test_a_short_run(record: Path, tmp_path: Path) -> None:
    fuzzing = loop.Loop(record, 1, tmp_path / "findings", 60)
    assert fuzzing.run(60, 20_000) == 0, [path.read_text() for path in (tmp_path / "findings").glob("*.txt")]
    assert fuzzing.executions == 20_000


def test_the_command(tmp_path: Path) -> None:
    done = run_command("--executions", "500", "--seed", "7", "--findings", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "500 executions" in done.stdout
    assert "0 findings" in done.stdout


def test_a_finding_is_saved_and_fails(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def execute(case: bytes) -> None:
        if b"DICM" not in case:
            raise KeyError("no prefix")

    monkeypatch.setattr(loop, "execute", execute)
    fuzzing = loop.Loop(record, 1, tmp_path, 60)
    assert fuzzing.run(60, 20_000) == 1
    (case,) = (path for path in tmp_path.glob("finding-*") if not path.suffix)
    assert b"DICM" not in case.read_bytes()
    assert "KeyError" in case.with_name(case.name + ".txt").read_text()
    capsys.readouterr()


def test_a_crash_is_a_finding(tmp_path: Path) -> None:
    """The loop dies; the process that watches it saves the case that was running."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if '--worker' in sys.orig_argv:\n"
        "    import tests.fuzz.execution as execution\n"
        "    execution.execute = lambda case: os.abort() if case[:4] != bytes(4) else None\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(Path(dicomkit.__file__).parents[1]), str(ROOT)])
    findings = tmp_path / "findings"
    command = [sys.executable, "-P", "-m", "tests.fuzz", "--seconds", "30", "--findings", str(findings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 1
    (case,) = (path for path in findings.glob("crash-*") if not path.suffix)
    assert case.read_bytes()[:4] != bytes(4)


def test_seeds_are_sound() -> None:
    """They are read without a problem, but for those that show one."""
    faulty = {"odd VRs", "padded", "no preamble", "wrong syntax", "unknown syntax", "deep"}
    for name, data in generated().items():
        if name not in faulty and "bare" not in name:
            assert dicomkit.read(data).problems == (), name
    assert len(corpus()) > 40


def test_mutations_are_repeatable_and_bounded() -> None:
    seeds = corpus()
    for seed in seeds:
        one, two = (mutate(seed, loop.element_starts(seed), seeds[0], Random(3)) for _ in range(2))
        assert one == two
        assert len(one) <= max(LONGEST, len(seed))
    for mutation in MUTATIONS:
        for data in (bytearray(b"a"), bytearray(seeds[3])):
            mutation(data, (), Random(1))


@pytest.mark.parametrize("options", [1 << bit for bit in range(14)])
def test_every_option_executes(options: int) -> None:
    for seed in generated().values():
        for choice in (0, 0x5A5A, 0xFFFF):
            execution.execute((options | choice << 16).to_bytes(4, "little") + seed)


def test_broken_records_are_seen() -> None:
    class Broken:
        def __init__(self, *records: tuple[int, str, int, int, int, int, int]) -> None:
            self.records = records

        def __len__(self) -> int:
            return len(self.records)

        def record(self, number: int) -> tuple[int, str, int, int, int, int, int]:
            return self.records[number]

    index = index_bytes(EXPLICIT.data_set((Element(0x00100010, "PN", b"A "), Element(0x00100020, "LO", b"B "))))
    first, second = index.record(0), index.record(1)
    execution.check_index(Broken(first, second), 20)  # type: ignore[arg-type]
    for broken in (
        (first, (*second[:4], 3, *second[5:])),  # past the end
        (first, (*second[:5], 1, second[6])),  # next goes back
        ((*first[:5], 2, first[6]), second),  # skips a sibling
        (first, (*second[:6], 9)),  # overlaps
    ):
        with pytest.raises(execution.Finding):
            execution.check_index(Broken(*broken), 20)  # type: ignore[arg-type]

"""The fuzzers of codec kernels: a short run of each, and that they see what they are there to see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import dicomkit
from dicomkit.errors import CodecError
from tests.fuzz import codec_loop, jpegll_target, jpegls_target, pdu_target, rle_target

ROOT = Path(__file__).parents[2]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "record"
    path.write_bytes(bytes(codec_loop.RECORD.size + 4 + codec_loop.LONGEST))
    return path


@pytest.mark.parametrize("target", [jpegll_target, jpegls_target, pdu_target, rle_target])
def test_a_short_run(record: Path, target: ModuleType) -> None:
    codec_loop.Loop(record, 1, target.seeds(), target.execute).run(5000, 60)
    assert record.read_bytes()[:8] == (4999).to_bytes(8, "little")


@pytest.mark.parametrize("target", [jpegll_target, jpegls_target, pdu_target, rle_target])
def test_the_command(tmp_path: Path, target: ModuleType) -> None:
    paths = os.pathsep.join([str(Path(dicomkit.__file__).parents[1]), str(ROOT)])
    command = [sys.executable, "-P", "-m", target.__name__, "--executions", "100", "--findings", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": paths})
    assert (done.returncode, done.stderr) == (0, "")
    assert "100 executions" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_finding_is_on_record(record: Path) -> None:
    def execute(options: int, data: bytes) -> None:
        if len(data) < 5:
            raise CodecError("short")

    with pytest.raises(CodecError):
        codec_loop.Loop(record, 1, [b"0123456789"], execute).run(10_000, 60)
    assert 4 <= len(codec_loop.recorded(record)) < 9

"""Transcoding and saving what is larger than memory: frames come from one file and go to another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit

SLOW = pytest.mark.skipif(os.environ.get("DICOMKIT_SLOW_TESTS") != "1", reason="takes long (DICOMKIT_SLOW_TESTS=1)")
MEGABYTE = 1 << 20
ENCAPSULATED = "1.2.840.10008.1.2.1.98"

# Prints the peak of this process, and what it was when everything was imported, in bytes.
MEASURE = """
import sys
import dicomkit

def peak():
    try:
        with open("/proc/self/status") as status:  # ru_maxrss begins with the memory of the parent
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) << 10
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

source, target, syntax = sys.argv[1:]
dicomkit.read(source).pixels.frame(0)
before = peak()
dataset = dicomkit.read(source)
if syntax == "native":
    dataset.decompress()
else:
    dataset.compress(syntax)
dataset.save(target)
print(before, peak())
"""


def transcoded(source: Path, target: Path, syntax: str) -> tuple[int, int]:
    """Bytes that a process had at most before and after it transcoded and saved a file."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", MEASURE, str(source), str(target), syntax]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    return before, after


def large_file(path: Path, size: int, image: Callable[..., Any]) -> Any:
    """A native file of so many bytes, and its frame, which is always the same."""
    dataset, array = image(rows=512, columns=512, stored=12)
    dataset.NumberOfFrames = size // array.nbytes
    data = array.tobytes()
    dataset.PixelData = b""
    head = dataset.to_bytes()
    assert head.endswith(b"\xe0\x7f\x10\0OW\0\0\0\0\0\0")
    with path.open("wb") as file:
        file.write(head[:-4] + (size // len(data) * len(data)).to_bytes(4, "little"))
        for _ in range(size // len(data)):
            file.write(data)
    return array[0]


def check(path: Path, frame: Any) -> None:
    pixels = dicomkit.read(path).pixels
    for number in (0, len(pixels) // 2, len(pixels) - 1):
        assert np.array_equal(pixels.frame(number), frame)


def test_200_mb(tmp_path: Path, image: Callable[..., Any]) -> None:
    """Native to encapsulated, to other encapsulated, to native."""
    paths = [tmp_path / str(number) for number in range(4)]
    frame = large_file(paths[0], 200 * MEGABYTE, image)
    for source, target, syntax in zip(paths, paths[1:], (ENCAPSULATED, "RLELossless", "native"), strict=False):
        before, after = transcoded(source, target, syntax)
        assert after - before < 60 * MEGABYTE, syntax
        check(target, frame)
        source.unlink()


@SLOW
def test_2_gb(tmp_path: Path, image: Callable[..., Any]) -> None:
    paths = [tmp_path / str(number) for number in range(4)]
    frame = large_file(paths[0], 2048 * MEGABYTE, image)
    for source, target, syntax in zip(paths, paths[1:], ("JPEGLSLossless", "RLELossless", "native"), strict=False):
        assert transcoded(source, target, syntax)[1] < 200 * MEGABYTE, syntax
        check(target, frame)
        source.unlink()

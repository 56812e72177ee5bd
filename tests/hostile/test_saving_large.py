"""Saving what is larger than memory, and more than a length field can say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from tests.hostile.deferred import HEAD, OPTIONS
from tests.reference.encoding import EXPLICIT, Element, file_bytes

SLOW = pytest.mark.skipif(os.environ.get("DICOMKIT_SLOW_TESTS") != "1", reason="takes long (DICOMKIT_SLOW_TESTS=1)")
MEGABYTE = 1 << 20


# -- memory


MEASURE = """
import resource, sys
import dicomkit
dicomkit.read(sys.argv[1]).save(sys.argv[2])
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small = dicomkit.read(sys.argv[1], stop_before="PixelData")
for options in OPTIONS:
    small.to_bytes(**options)
before = used()
for options in OPTIONS:
    dataset = dicomkit.read(sys.argv[1])
    dataset.PatientName = "A"
    dataset.save(sys.argv[2], **options)
    with open(sys.argv[2], "wb") as file:
        dataset.save(file, **options)
print(used() - before)
"""


def memory_to_save(size: int, folder: Path, options: list[dict[str, Any]]) -> int:
    """KiB that a process grows by when it saves a file with a deferred value of `size` bytes."""
    pytest.importorskip("resource")
    source = folder / "sparse.dcm"
    header = file_bytes((*HEAD[:2], Element(0x7FE00010, "OW", b"", size)))
    with source.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    if source.stat().st_blocks * 512 > MEGABYTE:
        pytest.skip("the file system has no sparse files")
    script = MEASURE.replace("OPTIONS", repr(options))
    command = [sys.executable, "-c", script, str(source), str(folder / "out.dcm")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (folder / "out.dcm").unlink()
    source.unlink()
    return int(done.stdout)


def test_large_values_are_not_held_in_memory(tmp_path: Path) -> None:
    """Copied, turned and deflated, in steps."""
    assert memory_to_save(96 * MEGABYTE, tmp_path, OPTIONS) < 16 * 1024


@SLOW
def test_larger_values_are_not_held_in_memory(tmp_path: Path) -> None:
    assert memory_to_save(2048 * MEGABYTE, tmp_path, OPTIONS[:2]) < 16 * 1024


# -- more than a length field can say


@SLOW
def test_a_sequence_of_more_than_4_gib(tmp_path: Path) -> None:
    """PS3.5 7.5.2: then it has undefined length; the file is read back. Sparse, but for what is copied."""
    if sys.platform == "win32":
        pytest.skip("files are not sparse unless asked for")
    size = (1 << 31) - 2
    source = tmp_path / "source.dcm"
    header = file_bytes((Element(0x00080018, "UI", b"1.2\0"), Element(0x7FE00010, "OW", b"", size)))
    with source.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    value = dicomkit.read(source)["PixelData"]
    dataset = Dataset(SOPInstanceUID="1.2.3")
    dataset.ReferencedImageSequence = [Dataset(CodeValue=str(number)) for number in range(3)]
    for item in dataset.ReferencedImageSequence:
        item.add(value)
    target = tmp_path / "target.dcm"
    try:
        dataset.save(target, sequence_length="explicit")
    except OSError as error:
        pytest.skip(f"no file of this size here: {error}")
    again = dicomkit.read(target, strict=True)
    assert again["ReferencedImageSequence"].length == 0xFFFFFFFF
    assert [item.CodeValue for item in again.ReferencedImageSequence] == ["0", "1", "2"]
    assert [item["PixelData"].length for item in again.ReferencedImageSequence] == [size] * 3
    target.unlink()


class Zeros:
    """A source of as many zeros as one asks for."""

    def read(self, offset: int, length: int) -> bytes:
        return bytes(length)


@pytest.mark.parametrize("count", [2, 3])
def test_lengths_of_4_gib_and_more(count: int) -> None:
    """The same without the bytes: a sequence and an item of 4 GiB get undefined length, smaller ones do not."""
    from dicomkit._ext.tagstream import TagStream
    from dicomkit._ext.writer import encode_dataset
    from dicomkit.dataset.dataset import from_index
    from dicomkit.dataset.text import character_sets

    size = (1 << 31) - 64
    head = EXPLICIT.header(0x00420011, "OB", size)
    stream = TagStream(0, len(head) + size, defer_size=1000)
    while not stream.feed(head if stream.position == 0 else b"", stream.position):
        stream.end(len(head) + size)
    value = from_index(stream.finish(), Zeros())[0x00420011]
    item = Dataset()
    item.add(value)
    dataset = Dataset(ReferencedImageSequence=[item] * count)
    parts = encode_dataset(dataset, character_sets=character_sets, sequence_length="explicit").parts()
    total = sum(part[2] if isinstance(part, tuple) else len(part) for part in parts)
    headers = 12 + count * (8 + 12)
    first = b"".join(bytes(part) for part in parts[:1] if not isinstance(part, tuple))
    inside = count * (8 + 12 + size)
    if inside >= 0xFFFFFFFF:
        assert first[8:12] == b"\xff\xff\xff\xff"
        assert total == headers + count * size + 8
    else:
        assert int.from_bytes(first[8:12], "little") == inside
        assert total == headers + count * size
    nested = Dataset(RequestAttributesSequence=[dataset])
    parts = encode_dataset(nested, character_sets=character_sets, sequence_length="explicit").parts()
    first = b"".join(bytes(part) for part in parts[:1] if not isinstance(part, tuple))
    assert (first[8:12] == b"\xff\xff\xff\xff") == (first[16:20] == b"\xff\xff\xff\xff") == (inside + 12 >= 0xFFFFFFFF)

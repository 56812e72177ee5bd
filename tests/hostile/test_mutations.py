"""Mutations of real files: flipped bits, truncation, lying lengths, damaged VRs, moved and missing delimiters.

A sample of them; the fuzzer (tests/fuzz) does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.mutations import LENGTHS, MUTATIONS
from tests.fuzz.seeds import generated
from tests.hostile.survival import EVERYTHING, INDEX, element_headers, sample, survive, survive_strictly

LARGEST = 1 << 18  # bytes of a file that are mutated; behind that it is pixels
LIES = [0, 1, 7, 0xFFFFFFFE, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000]
OFF_BY = [-8, -2, -1, 1, 2, 8]


@pytest.fixture(scope="module")
def real_files(pydicom_files: list[Path], examples_dir: Path) -> list[tuple[str, bytes]]:
    files = [*pydicom_files, *sorted(examples_dir.glob("*.dcm"))]
    return [(path.name, path.read_bytes()[:LARGEST]) for path in files if path.name != "no_meta.dcm"]


Mutants = Callable[[bytes, Random], Iterator[bytes]]


def some(mutants: Mutants, data: bytes, name: str, most: int) -> list[bytes]:
    """At most so many mutations of a file, the same ones in each run."""
    random = Random(name)
    found = list(mutants(data, random))
    return found if len(found) <= most else random.sample(found, most)


def truncations_at_elements(data: bytes, random: Random) -> Iterator[bytes]:
    for start, size in sample(element_headers(data), 20, random):
        yield data[:start]
        yield data[: start + size]
        yield data[: start + random.randrange(1, size)]


def lying_lengths(data: bytes, random: Random) -> Iterator[bytes]:
    for start, size in sample(element_headers(data), 8, random):
        explicit = size == 8 and data[start + 4 : start + 6].isalpha()
        at, width = (start + 6, 2) if explicit else (start + size - 4, 4)
        length = int.from_bytes(data[at : at + width], "little")
        for lie in [*LIES, *(length + off for off in OFF_BY), len(data) - at, len(data) - at - width + 1]:
            yield data[:at] + (lie % (1 << 8 * width)).to_bytes(width, "little") + data[at + width :]


def flipped_bits(data: bytes, random: Random) -> Iterator[bytes]:
    headers = element_headers(data)
    for _ in range(25):
        mutant = bytearray(data)
        for _ in range(random.randrange(1, 4)):
            start, size = random.choice(headers) if headers else (0, len(data))
            mutant[min(start + random.randrange(size), len(data) - 1)] ^= 1 << random.randrange(8)
        yield bytes(mutant)


def damaged_vrs(data: bytes, random: Random) -> Iterator[bytes]:
    for start, _ in sample(element_headers(data), 8, random):
        for vr in (b"\0\0", b"??", b"UN", b"SQ", b"OB", b"US", b"ZZ", b"\xff\xff"):
            yield data[: start + 4] + vr + data[start + 6 :]


def moved_parts(data: bytes, random: Random) -> Iterator[bytes]:
    """Elements, items and delimiters that are removed, doubled or swapped."""
    headers = [start for start, _ in element_headers(data)]
    for _ in range(15 if len(headers) > 3 else 0):
        first, second, third = sorted(random.sample(headers, 3))
        yield data[:first] + data[second:]
        yield data[:second] + data[first:]
        yield data[:first] + data[second:third] + data[first:second] + data[third:]


def delimiters(data: bytes, random: Random) -> Iterator[bytes]:
    """Delimitation items that are removed, doubled, swapped, given a length, or put where none belongs."""
    found: list[tuple[int, int]] = []
    for marker in (b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"):
        at = data.find(marker)
        while at >= 0 and len(found) < 200:
            found.append((at, 8))
            at = data.find(marker, at + 8)
    for at, _ in sample(sorted(found), 6, random):
        other = b"\xfe\xff\xdd\xe0" if data[at + 2] == 0x0D else b"\xfe\xff\x0d\xe0"
        yield data[:at] + data[at + 8 :]
        yield data[: at + 8] + data[at:]
        yield data[:at] + other + data[at + 4 :]
        yield data[: at + 4] + b"\1" + data[at + 5 :]
    for start, _ in sample(element_headers(data), 4, random):
        for marker in (b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xfe\xff\x00\xe0\xff\xff\xff\xff"):
            yield data[:start] + marker + data[start:]


def several_at_once(data: bytes, random: Random) -> Iterator[bytes]:
    starts = [start for start, _ in element_headers(data)]
    for _ in range(15):
        mutant = bytearray(data)
        for _ in range(random.randrange(2, 8)):
            if mutant:
                random.choice(MUTATIONS)(mutant, starts, random)
        yield bytes(mutant)


@pytest.mark.parametrize(
    "mutants",
    [truncations_at_elements, lying_lengths, flipped_bits, damaged_vrs, moved_parts, delimiters, several_at_once],
)
def test_real_files(real_files: list[tuple[str, bytes]], mutants: Mutants) -> None:
    for name, data in real_files:
        most = 16 if len(data) < 20_000 else 6
        for number, mutant in enumerate(some(mutants, data, name, most)):
            try:
                survive(mutant, EVERYTHING if len(data) < 20_000 else INDEX)
            except Exception as error:
                raise AssertionError(f"{name}, mutation {number}: {error!r}") from error


@pytest.mark.parametrize("mutants", [truncations_at_elements, lying_lengths, flipped_bits, damaged_vrs, delimiters])
def test_strict_raises_what_lenient_records(real_files: list[tuple[str, bytes]], mutants: Mutants) -> None:
    for name, data in real_files:
        if len(data) < 20_000:
            for number, mutant in enumerate(some(mutants, data, name, 16)):
                try:
                    survive_strictly(mutant)
                except AssertionError as error:
                    raise AssertionError(f"{name}, mutation {number}: {error}") from error


@pytest.mark.parametrize("name", [name for name in generated() if name != "deep"])
def test_truncation_at_every_byte(name: str) -> None:
    data = generated()[name]
    for length in range(len(data)):
        survive(data[:length]) if length % 8 == 0 else survive_strictly(data[:length])


def test_every_vr() -> None:
    """All 65,536 pairs of letters, in front of other elements."""
    data = generated()["explicit mixed"]
    at = data.index(b"DA", 132)
    for vr in range(0x10000):
        mutant = data[:at] + vr.to_bytes(2, "little") + data[at + 2 :]
        dataset = survive(mutant, 0)
        assert dataset is not None
        assert "ImageType" in dataset  # what comes before the damage is there


def test_every_length_of_four_gigabytes() -> None:
    data = generated()["explicit private"]
    for start, size in element_headers(data):
        for lie in LENGTHS:
            survive(data[: start + size - 4] + lie + data[start + size :])

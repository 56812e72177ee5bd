"""The output of `dicomkit dcm2json` against that of DCMTK 3.6.7, value by value, for real files and for made-up ones.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import json
import math
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SPECIFIC_CHARACTER_SET = ".00080005.Value[0]"


def differences(ours: Any, theirs: Any, path: str = "", vr: str = "") -> Iterator[tuple[str, str, Any, Any]]:
    """Path, VR, our value and theirs, wherever they differ; None where one has none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name), theirs.get(name), f"{path}.{name}", ours.get("vr", vr))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{number}]", vr)
    elif ours != theirs:
        yield path, vr, ours, theirs


def reason(path: str, vr: str, ours: Any, theirs: Any) -> str | None:
    """Why a value may differ, or None."""
    if vr == "PN":
        if isinstance(ours, str) and ours.rstrip("^") == theirs:
            return "DCMTK leaves out empty components at the end of a name; PS3.18 F.2.2 has the name as it is"
        if theirs is None and not str(ours[0]["Alphabetic"] if isinstance(ours, list) else ours["Alphabetic"]).strip("^"):
            return "DCMTK leaves out a name of empty components only"
    if vr == "FL" and struct.pack("<f", ours) == struct.pack("<f", theirs):
        return "DCMTK 3.6.7 prints 9 digits of a single; ours are those of the same double"
    if vr == "FD" and math.isclose(ours, theirs, rel_tol=4e-16):
        return "DCMTK 3.6.7 prints more digits than a double has, some of them wrong"
    if path.endswith(SPECIFIC_CHARACTER_SET) and path.count("[") > 1 and ours == "ISO_IR 192":
        return "DCMTK 3.6.7 leaves the old Specific Character Set in items, although their text is UTF-8 now"
    if vr in ("OB", "UN") and path.endswith(".InlineBinary") and ours.rstrip("=") in theirs.rstrip("="):
        return "DCMTK pads a value of odd length; in JSON it is not padded (CP-1920)"
    return None


@pytest.fixture
def both(peer: Callable[[str], str], tool: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """Run both tools: our result, and theirs with its output."""
    command = peer("dcm2json")

    def run(path: Path, *options: str) -> tuple[Any, Any]:
        return tool("dcm2json", *options, str(path)), subprocess.run(
            [command, *options, path], capture_output=True, check=False
        )

    return run


def check(path: Path, ours: Any, theirs: Any) -> bool:
    """Compare what both made of a file. Returns whether both made something."""
    if theirs.returncode:
        message = theirs.stderr.decode("latin-1")
        if "Cannot open character encoding" in message or "Cannot select" in message:
            return False  # of its conversion library, not of the file
        if "the encoding was found from the data" not in ours.err:  # which DCMTK does not look for
            assert ours.code == theirs.returncode, (path, message, ours.err)
        return False
    assert ours.code == 0, (path, ours.err)
    try:
        expected = json.loads(theirs.stdout)
    except UnicodeDecodeError:
        return False  # DCMTK 3.6.7 does not convert text in items with a character set of their own
    unexplained = [one for one in differences(json.loads(ours.out), expected) if reason(*one) is None]
    assert not unexplained, (path, unexplained[:3])
    return True


def test_files_of_pydicom(both: Callable[..., tuple[Any, Any]], pydicom_files: list[Path]) -> None:
    assert sum(check(path, *both(path, "-fc")) for path in pydicom_files) > 120


def test_files_of_the_data_folder(both: Callable[..., tuple[Any, Any]], data_dir: Path, examples_dir: Path) -> None:
    files = [path for path in data_dir.rglob("*.dcm") if path.stat().st_size < 600_000] + sorted(examples_dir.glob("*.dcm"))
    assert sum(check(path, *both(path)) for path in files) > 30


def test_the_text_is_that_of_dcmtk(both: Callable[..., tuple[Any, Any]], examples_dir: Path) -> None:
    """Byte by byte, where there are no floating point numbers."""
    for name in ("report.dcm", "rtstruct.dcm"):
        for options in ((), ("-fc",), ("+m",), ("-fc", "+m")):
            ours, theirs = both(examples_dir / name, *options)
            assert ours.out == theirs.stdout, (name, options)


@pytest.fixture
def made(build: Any, tmp_path: Path) -> Callable[..., Path]:
    def make(*elements: bytes) -> Path:
        path = tmp_path / "made.dcm"
        path.write_bytes(build.file(*elements))
        return path

    return make


def test_values_of_all_kinds(both: Callable[..., tuple[Any, Any]], made: Callable[..., Path], build: Any) -> None:
    path = made(
        build.element(0x00080005, "CS", b"ISO_IR 100"),
        build.element(0x00080008, "CS", b"A\\\\B C"),
        build.element(0x00080012, "DA"),
        build.element(0x0008001A, "UI", b"1.2\\1.3\0"),
        build.element(0x00081030, "LO", b"  lead trail  "),
        build.sequence(0x00081140, build.item(), build.item(build.element(0x00080100, "SH", b"a ")), undefined=True),
        build.element(0x00100010, "PN", b"Alpha^B=Ideo^X=Ph^Y\\=I\\\\"),
        build.element(0x00104000, "LT", b'  \xe9 \\ x\r\n\t\x01"'),
        build.element(0x00181000, "DS", b"1.50\\+2\\ .5 \\abc\\\\-0007.10E5\\1,5"),
        build.element(0x00181001, "IS", b"0012\\-0\\+5\\1.0\\x\\ 7 "),
        build.element(0x00186060, "FL", struct.pack("<2f", 0.5, 123456.789)),
        build.element(0x00186070, "FD", struct.pack("<3d", 0.1, 1e-7, 1 / 3)),
        build.element(0x00280009, "AT", b"\x18\x00\x63\x10\x08\x00\x0a\x00"),
        build.element(0x00281000, "SV", struct.pack("<2q", 2**53 - 1, -(2**53))),
        build.element(0x00281002, "UV", struct.pack("<2Q", 2**53 - 1, 2**53)),
        build.element(0x00291001, "UN", b"abcd"),
        build.element(0x00291002, "OB"),
        build.element(0x00291003, "OF", struct.pack("<f", 1.5)),
        build.element(0x00291005, "UC", b" a\\b"),
        build.element(0x00291006, "AE", b" ae "),
        build.element(0x00291008, "SS", struct.pack("<h", -3)),
        build.sequence(0x00291011),
        build.sequence(0x00291012, build.item(build.element(0x00080100, "SH", b"a ")), vr="UN"),
        build.element(0x7FE00010, "OW", bytes(range(250))),
    )
    assert check(path, *both(path))


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ([(0x00100010, "PN", b"M\xfcller")], 80),
        ([(0x00080005, "CS", b"ISO_IR 666"), (0x00100010, "PN", b"M\xfcller")], 80),
        ([(0x00100010, "PN", b"Mueller ")], 0),
        ([(0x00080005, "CS", b"ISO_IR 6"), (0x00100010, "PN", b"Mueller ")], 0),
        ([(0x00080005, "CS", b""), (0x00100010, "PN", b"Mueller ")], 0),
    ],
)
def test_character_sets(
    both: Callable[..., tuple[Any, Any]], made: Callable[..., Path], build: Any, elements: list[Any], code: int
) -> None:
    ours, theirs = both(made(*[build.element(*element) for element in elements]), "-fc")
    assert ours.code == theirs.returncode == code
    assert code or json.loads(ours.out) == json.loads(theirs.stdout)


def test_damaged_and_missing_files(both: Callable[..., tuple[Any, Any]], made: Callable[..., Path], tmp_path: Path) -> None:
    path = made(b"\x10\x00\x10\x00PN\x20\x00abc")
    for damaged in (path, tmp_path / "missing.dcm"):
        ours, theirs = both(damaged)
        assert (ours.code, theirs.returncode) == (20, 20)

"""Dumps that DCMTK 3.6.7 wrote, read by its dump2dcm and by ours: wherever its is right, ours is the same.

A difference is an error unless a reason for it is known here.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset.diff import Difference, diff
from dicomkit.formats.dump_reader import read_dump

LARGEST = 60_000  # bytes of a file: larger ones differ in no line but that of the pixel data
STEP = 3  # every third of the files: each takes two processes of DCMTK


def reason(difference: Difference) -> str | None:
    """Why what dump2dcm made may differ from what we made, or None."""
    before, after = difference.before, difference.after
    if difference.path == "(FFFC,FFFC)":
        return "dump2dcm drops padding"
    if before is None or after is None or before.vr != after.vr:
        return None
    if int(before.tag) & 0xFFFF == 0:
        return "dump2dcm counts group lengths anew: here that is the writer's work"
    if before.vr in ("FD", "OD"):
        form = f"<{len(before.raw) // 8}d"
        return (
            "not exact in DCMTK"
            if struct.unpack(form, before.raw) == pytest.approx(struct.unpack(form, after.raw))
            else None
        )
    if b"\\n" in after.raw and before.raw == after.raw.replace(b"\\n", b"\r\n"):
        return "dump2dcm takes a backslash before an n for a line feed, in all VRs"
    return None


def converted(dump2dcm: str, dump: bytes, folder: Path) -> dicomkit.Dataset | None:
    """What DCMTK's dump2dcm makes of a dump; None if nothing."""
    source, target = folder / "a.dump", folder / "a.dcm"
    source.write_bytes(dump)
    target.unlink(missing_ok=True)
    subprocess.run([dump2dcm, "+l", "100000000", source, target], capture_output=True, check=False)
    return dicomkit.read(target.read_bytes()) if target.exists() else None


def test_real_files(pydicom_files: list[Path], data_dir: Path, peer: Callable[[str], str], tmp_path: Path) -> None:
    dcmdump, dump2dcm = peer("dcmdump"), peer("dump2dcm")
    files = [path for path in (*pydicom_files, *sorted(data_dir.rglob("*.dcm"))) if path.stat().st_size <= LARGEST]
    compared = 0
    for path in files[::STEP]:
        made = subprocess.run([dcmdump, "-q", "+L", path], capture_output=True, check=False)
        if made.returncode:
            continue
        theirs = converted(dump2dcm, made.stdout, tmp_path)
        ours = read_dump(made.stdout)  # also what dump2dcm refuses
        if theirs is None:
            continue
        compared += 1
        if ours.transfer_syntax.keyword == "ExplicitVRBigEndian":
            ours = dicomkit.read(ours.to_bytes(transfer_syntax="ExplicitVRLittleEndian"))
            theirs = dicomkit.read(theirs.to_bytes(transfer_syntax="ExplicitVRLittleEndian"))
        unexplained = [difference for difference in diff(theirs, ours) if reason(difference) is None]
        assert not unexplained, path
    assert compared > 30


@pytest.mark.parametrize(
    "options", [[], ["+ti"], ["+tb"], ["+td"], ["-e"], ["-g"], ["+g"], ["-F"], ["+Fu"], ["+p", "64", "32"]]
)
def test_the_same_file(options: list[str], tool: Callable[..., object], peer: Callable[[str], str], tmp_path: Path,
                       examples_dir: Path) -> None:  # fmt: skip
    dump = subprocess.run([peer("dcmdump"), "+L", examples_dir / "enhanced.dcm"], capture_output=True, check=True).stdout
    source, target = tmp_path / "a.dump", tmp_path / "a.dcm"
    source.write_bytes(dump)
    subprocess.run([peer("dump2dcm"), "+l", "100000000", *options, source, target], check=True)
    assert tool("dump2dcm", *options, str(source), str(tmp_path / "b.dcm")).code == 0
    theirs, ours = dicomkit.read(target), dicomkit.read(tmp_path / "b.dcm")
    assert theirs.problems == ours.problems
    ignore = ["(FFFC,FFFC)"]  # its length depends on the File Meta Information, which names another implementation
    assert diff(theirs, ours, ignore=ignore, exact=True) == []
    if theirs.file_meta is None:
        assert ours.file_meta is None
    else:
        own = ["FileMetaInformationGroupLength", "ImplementationClassUID", "ImplementationVersionName"]
        assert diff(theirs.file_meta, ours.file_meta, ignore=own, exact=True) == []

"""What is to be sent: the cheap look at files, and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicomkit
from dicomkit.net.send_files import Candidate, candidate, candidates, files_in


@pytest.mark.parametrize("name", ["ct.dcm", "report.dcm", "japanese.dcm"])
def test_look_at_a_file(examples_dir: Path, name: str) -> None:
    ds = dicomkit.read(examples_dir / name)
    found = candidate(examples_dir / name)
    assert (found.sop_class_uid, found.sop_instance_uid) == (ds.SOPClassUID, ds.SOPInstanceUID)
    assert found.transfer_syntax == ds.transfer_syntax
    data = (examples_dir / name).read_bytes()
    assert found.size == len(data) - 144 - int.from_bytes(data[140:144], "little")


def test_file_that_disagrees_with_its_header(examples_dir: Path, tmp_path: Path) -> None:
    """What peers compare with the request is the data set."""
    ds = dicomkit.read(examples_dir / "ct.dcm")
    data = (examples_dir / "ct.dcm").read_bytes()
    uid = str(ds.SOPInstanceUID).encode()
    (tmp_path / "other.dcm").write_bytes(data.replace(uid, b"9" * len(uid), 1))
    assert candidate(tmp_path / "other.dcm").sop_instance_uid == ds.SOPInstanceUID


def test_all_kinds_of_sources(examples_dir: Path) -> None:
    path = examples_dir / "ct.dcm"
    with path.open("rb") as file:
        sources = [path, str(path), path.read_bytes(), file, dicomkit.read(path)]
        found = [what for _, what in candidates(sources)]
    assert all(isinstance(what, Candidate) for what in found)
    assert len({what.sop_instance_uid for what in found if isinstance(what, Candidate)}) == 1
    for single in sources[:3] + sources[4:]:
        assert len(list(candidates(single))) == 1


def test_folders(examples_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/z.dcm", "a.dcm"):
        (tmp_path / name).write_bytes((examples_dir / "ct.dcm").read_bytes())
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "c.dcm").write_bytes((examples_dir / "ct.dcm").read_bytes()[:140])
    assert [str(Path(path).relative_to(tmp_path)) for path in files_in(str(tmp_path))] == [
        "a.dcm",
        "c.dcm",
        "notes.txt",
        "b/z.dcm",
    ]
    kinds = {Path(str(source)).name: type(what).__name__ for source, what in candidates(tmp_path)}
    assert kinds == {"a.dcm": "Candidate", "z.dcm": "Candidate", "notes.txt": "NoneType", "c.dcm": kinds["c.dcm"]}
    assert kinds["c.dcm"].endswith("Error")


def test_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("no DICOM")
    found = [what for _, what in candidates([tmp_path / "bad", tmp_path / "missing", 7])]  # type: ignore[list-item]  # wrong
    assert [isinstance(what, Exception) for what in found] == [True, True, True]
    assert isinstance(found[1], FileNotFoundError)
    assert isinstance(found[2], TypeError)

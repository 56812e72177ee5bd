from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from dicomkit.errors import ParseError
from dicomkit.standard import Dictionary, element, private_element

GOOD = '# mine\n(0008,9998)\tFD\tMyPoint\t3\tDICOM\n(0029,"ACME",01)\tDS\tMine\t1\tPrivateTag\n'
BAD = "(0008,9996)\tFD\tOther\t1\n(0008,9994\tFD\tBad\t1\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    good, bad = tmp_path / "good.dic", tmp_path / "bad.dic"
    good.write_text(GOOD)
    bad.write_text(BAD)
    return good, bad


def test_load(files: tuple[Path, Path]) -> None:
    user = Dictionary.load(files[0])
    assert len(user) == 2
    assert user.problems == ()
    point = element("MyPoint", user=user)
    assert point is not None
    assert (point.tag, point.vr, point.vm) == (0x00089998, ("FD",), "3")
    mine = private_element("ACME", "0029,2201", user=user)
    assert mine is not None
    assert mine.name == "Mine"


def test_faulty_line_raises_with_its_place(files: tuple[Path, Path]) -> None:
    with pytest.raises(ParseError, match="parentheses") as caught:
        Dictionary.load(*files)
    assert caught.value.source == f"{files[1]}:2"
    assert str(caught.value).startswith(f"{files[1]}:2: ")


def test_faulty_line_is_noted_if_not_strict(files: tuple[Path, Path], tmp_path: Path) -> None:
    missing = tmp_path / "missing.dic"
    user = Dictionary.load(files[0], missing, files[1], strict=False)
    assert len(user) == 3
    assert [problem.partition(": ")[0] for problem in user.problems] == [str(missing), f"{files[1]}:2"]
    twin = pickle.loads(pickle.dumps(user))
    assert type(twin) is Dictionary
    assert (twin.rows, twin.problems) == (user.rows, user.problems)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Dictionary.load(tmp_path / "missing.dic")


def test_later_files_count(tmp_path: Path) -> None:
    for name, vr in (("a", "FD"), ("b", "FL")):
        (tmp_path / name).write_text(f"(0008,9998)\t{vr}\tMyPoint\n")
    for names, vr in (("ab", "FL"), ("ba", "FD")):
        entry = element("MyPoint", user=Dictionary.load(*(tmp_path / name for name in names)))
        assert entry is not None
        assert entry.vr == (vr,)


def test_environment(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DCMDICTPATH", raising=False)
    assert Dictionary.from_environment() is None
    monkeypatch.setenv("DCMDICTPATH", "")
    assert Dictionary.from_environment() is None
    monkeypatch.setenv("DCMDICTPATH", os.pathsep.join(["", str(files[0]), str(files[1]), "/no/such/file"]))
    user = Dictionary.from_environment()
    assert user is not None
    assert len(user) == 3
    assert len(user.problems) == 2


def test_dcmtk_files_load_without_a_fault(dcmtk_dictionaries: dict[str, Path]) -> None:
    """Each line of DCMTK's own dictionaries is understood; what it says, tests/_ext/test_standard.py compares."""
    for path in dcmtk_dictionaries.values():
        lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
        user = Dictionary.load(path)
        assert len(lines) * 0.99 <= len(user) <= len(lines)


def test_dcmtk_dictionary_as_user_dictionary(dcmtk_dictionaries: dict[str, Path]) -> None:
    user = Dictionary.load(dcmtk_dictionaries["dicom.dic"])
    for keyword in ("PatientName", "OverlayData", "PixelData", "DirectoryRecordSequence"):
        entry, standard = element(keyword, user=user), element(keyword)
        assert entry is not None
        assert standard is not None
        assert (entry.tag, entry.vr) == (standard.tag, standard.vr)
    lut = element("LUTData", user=user)
    assert lut is not None
    assert lut.vr == ("US", "SS", "OW")  # as DCMTK has it

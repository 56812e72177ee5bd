"""Every file of pydicom's test set, and of the data folder, as pydicom reads it: tags, VRs, lengths, offsets, values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicomkit
from tests.interop.accepted import ACCEPTED, NOT_DICOM

pydicom = pytest.importorskip("pydicom")


def check(path: Path) -> None:
    """The files differ exactly where `accepted` says so."""
    from tests.interop.compare import compare_file

    differences = {(difference.path, difference.what): difference for difference in compare_file(path)}
    accepted = ACCEPTED.get(path.name, {})
    unexpected = [str(difference) for key, difference in differences.items() if key not in accepted]
    assert not unexpected, f"{path.name}: {len(unexpected)} differences:\n" + "\n".join(unexpected[:20])
    settled = [key for key in accepted if key not in differences]
    assert not settled, f"{path.name}: no difference any more: {settled}"


@pytest.fixture(scope="module")
def every_file(pydicom_files: list[Path]) -> list[Path]:
    """The files of the test set: those with values, with character sets, of file-sets, and palettes."""
    palettes = sorted((Path(pydicom.__file__).parent / "data" / "palettes").glob("*.dcm"))
    return [path for path in [*pydicom_files, *palettes] if path.name not in NOT_DICOM]


def test_every_file_of_pydicom(every_file: list[Path]) -> None:
    assert len(every_file) > 150
    failures = []
    for path in every_file:
        try:
            check(path)
        except AssertionError as error:
            failures.append(str(error).partition("\nassert")[0])
    assert not failures, "\n".join(failures)


def test_every_file_of_the_data_folder(data_dir: Path) -> None:
    files = sorted(path for path in data_dir.rglob("*") if path.is_file() and path.suffix in {"", ".dcm", ".DCM"})
    assert files
    failures = []
    for path in files:
        try:
            check(path)
        except AssertionError as error:
            failures.append(str(error).partition("\nassert")[0])
    assert not failures, "\n".join(failures)


def test_what_is_no_dicom_file(pydicom_files: list[Path]) -> None:
    for path in pydicom_files:
        if path.name in NOT_DICOM:
            with pytest.raises(dicomkit.ParseError):
                dicomkit.read(path)


def test_values_have_the_shape_of_their_vm(every_file: list[Path]) -> None:
    """VM 1: a scalar or None, and a tuple only if the file has several values; any other VM: a tuple."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VM

    for path in every_file:
        for element in dicomkit.read(path).walk():
            if element.is_private or not dictionary_has_tag(element.tag) or element.vr in {"SQ", "UN"}:
                continue
            try:
                value = element.value
            except dicomkit.ValueDecodeError:
                continue
            where = f"{path.name} {element.path}"
            if dictionary_VM(element.tag) != "1" and not isinstance(value, (bytes, type(None))):
                assert isinstance(value, tuple), where
            elif isinstance(value, tuple):
                assert len(value) > 1, where


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """The comparison itself: a changed value, VR, length and tag are differences."""
    from tests.interop.compare import compare
    from tests.reference.encoding import Element, Item, Sequence, file_bytes

    def data(*elements: Element | Sequence) -> bytes:
        return file_bytes(elements)

    def theirs(content: bytes) -> Any:
        path = tmp_path / "theirs.dcm"
        path.write_bytes(content)
        return pydicom.dcmread(path)

    base = data(Element(0x00100010, "PN", b"A^B "), Element(0x00200013, "IS", b"1 "))
    cases = {
        "value": data(Element(0x00100010, "PN", b"A^C "), Element(0x00200013, "IS", b"1 ")),
        "VR": data(Element(0x00100010, "LO", b"A^B "), Element(0x00200013, "IS", b"1 ")),
        "length": data(Element(0x00100010, "PN", b"A^B   "), Element(0x00200013, "IS", b"1 ")),
        "tags": data(Element(0x00100010, "PN", b"A^B ")),
    }
    assert not list(compare(dicomkit.read(base), theirs(base)))
    for what, content in cases.items():
        assert what in {difference.what for difference in compare(dicomkit.read(base), theirs(content))}
    item = data(Sequence(0x00081140, (Item((Element(0x00080100, "SH", b"a "),)),)))
    other = data(Sequence(0x00081140, (Item((Element(0x00080100, "SH", b"b "),)),)))
    differences = list(compare(dicomkit.read(item), theirs(other)))
    assert [(difference.path, difference.what) for difference in differences][-1] == ("(0008,1140)[0].(0008,0100)", "value")

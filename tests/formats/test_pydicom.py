"""Data sets of pydicom, both ways. pydicom's own reading and writing are what is compared with."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError, ParseError
from dicomkit.formats.pydicom import from_pydicom, to_pydicom

pydicom = pytest.importorskip("pydicom")

#: Files that pydicom cannot read, or not to the end.
NOT_FOR_PYDICOM = {"emri_small_jpeg_2k_lossless_too_short.dcm", "SC_rgb_jpeg.dcm"}
#: Larger files add nothing but time.
LARGEST = 300_000


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """pydicom warns of much in its test files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def real_files(*folders: list[Path]) -> Iterator[tuple[Path, Dataset]]:
    for path in (path for folder in folders for path in folder):
        if path.stat().st_size <= LARGEST and path.name not in NOT_FOR_PYDICOM:
            try:
                yield path, dicomkit.read(path)
            except ParseError:
                continue


def saved(dataset: object) -> bytes:
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=False)
    return file.getvalue()


def outcome(function: object, *arguments: object) -> object:
    """What a function of pydicom's gives or raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


def test_real_files_to_pydicom(pydicom_files: list[Path], data_dir: Path) -> None:
    count = 0
    for path, dataset in real_files(pydicom_files, sorted(data_dir.rglob("*.dcm"))):
        theirs = pydicom.dcmread(path, force=True)
        ours = to_pydicom(dataset)
        assert outcome(saved, ours) == outcome(saved, theirs), path
        ours, theirs = to_pydicom(dataset), pydicom.dcmread(path, force=True)
        assert ours == theirs, path  # all values are decoded for this, by pydicom
        assert (ours.file_meta, ours.preamble) == (theirs.file_meta, theirs.preamble), path
        assert ours.original_encoding == theirs.original_encoding, path
        assert ours.original_character_set == theirs.original_character_set, path
        for one, other in zip(ours.iterall(), theirs.iterall(), strict=True):
            assert one.is_undefined_length == other.is_undefined_length, (path, one)
        assert outcome(saved, ours) == outcome(saved, theirs), path
        count += 1
    assert count > 150


def test_real_files_from_pydicom(pydicom_files: list[Path], data_dir: Path) -> None:
    for path, dataset in real_files(pydicom_files, sorted(data_dir.rglob("*.dcm"))):
        theirs = pydicom.dcmread(path, force=True)
        made = from_pydicom(theirs)
        elements = [theirs.get_item(tag, keep_deferred=True) for tag in theirs.keys()]
        decoded = [element.tag for element in elements if not element.is_raw and element.VR != "SQ"]
        assert decoded in ([], [0x00080005]), path  # pydicom decodes that when it reads
        assert made == dataset, path
        assert (made.file_meta, made.transfer_syntax) == (dataset.file_meta, dataset.transfer_syntax), path
        for one, other in zip(made.walk(), dataset.walk(), strict=True):
            assert (one.vr, one.length) == (other.vr, other.length), (path, other.path)
            assert one.vr == "SQ" or one.raw == other.raw, (path, other.path)
        assert from_pydicom(to_pydicom(dataset)) == dataset, path


def test_saved_by_both(pydicom_files: list[Path]) -> None:
    """What was there is saved as the same bytes, whichever way it went."""
    for path, dataset in real_files(pydicom_files[::5]):
        if dataset.file_meta is None or dataset.problems:
            continue
        crossed = from_pydicom(pydicom.dcmread(path))
        assert crossed.to_bytes() == path.read_bytes(), path


def test_decoded_values_come_over(pydicom_files: list[Path]) -> None:
    """What pydicom has decoded has its values, and unless it was changed the bytes that pydicom writes of it."""
    for path, dataset in real_files(pydicom_files[::4]):
        theirs = pydicom.dcmread(path, force=True)
        theirs.decode()
        again = pydicom.dcmread(io.BytesIO(saved(theirs)), force=True) if dataset.file_meta else None
        made = from_pydicom(theirs)
        assert [element.tag for element in made] == [element.tag for element in dataset], path
        if again is not None:
            lengths = [element.tag for element in made if element.tag & 0xFFFF == 0]  # pydicom does not write them
            for tag in lengths:
                del made[tag]
            assert made == from_pydicom(again), path


# -- edited and new ones


def test_new_data_sets_of_pydicom() -> None:
    item = pydicom.Dataset()
    item.ReferencedSOPInstanceUID = "1.2"
    theirs = pydicom.Dataset()
    theirs.SpecificCharacterSet = "ISO_IR 192"
    theirs.PatientName = "Müller^Jürgen"
    theirs.Rows = 5
    theirs.SmallestImagePixelValue = 7
    theirs.PixelRepresentation = 1
    theirs.WindowCenter = [1.5, -2]
    theirs.FrameIncrementPointer = 0x00181063
    theirs.ReferencedImageSequence = [item, pydicom.Dataset()]
    theirs.PixelData = b"\1\2\3"
    theirs["PixelData"].VR = "OB"
    block = theirs.private_block(0x11, "ACME", create=True)
    block.add_new(1, "FD", [1.5, 2.5])
    block.add_new(2, "SQ", [item])
    ours = from_pydicom(theirs)
    assert ours.file_meta is None
    assert (ours.PatientName, ours.Rows, ours.WindowCenter) == ("Müller^Jürgen", 5, (1.5, -2.0))
    assert ours["SmallestImagePixelValue"].vr == "SS"
    assert ours.FrameIncrementPointer == (0x00181063,)
    assert [len(item) for item in ours.ReferencedImageSequence] == [1, 0]
    assert ours.PixelData == b"\1\2\3\0"
    assert (ours[0x00111001, "ACME"].vr, ours[0x00111001, "ACME"].value) == ("FD", (1.5, 2.5))
    assert ours[0x00111002, "ACME"].value[0].ReferencedSOPInstanceUID == "1.2"


def implicit_file(folder: Path) -> Path:
    made = Dataset(PatientName="A^B", ReferencedImageSequence=[Dataset(ReferencedSOPInstanceUID="1.2")])
    made.save(folder / "a.dcm", transfer_syntax="ImplicitVRLittleEndian")
    return folder / "a.dcm"


def test_implicit_vr_loses_no_vr(tmp_path: Path) -> None:
    theirs = pydicom.dcmread(implicit_file(tmp_path))
    item = theirs.ReferencedImageSequence[0]
    item.private_block(0x11, "ACME", create=True).add_new(1, "DS", "1.5")
    nested = pydicom.Dataset()
    nested.add_new(0x00131001, "US", 5)
    item.private_block(0x11, "ACME").add_new(2, "SQ", [nested])
    theirs.add_new(0x00280106, "SS", -1)
    ours = from_pydicom(theirs)
    assert ours.transfer_syntax.keyword == "ImplicitVRLittleEndian"
    inside = ours.ReferencedImageSequence[0]
    assert (inside[0x00111001].vr, inside[0x00111001].value) == ("DS", 1.5)
    assert (inside[0x00111002].value[0][0x00131001].vr, inside[0x00111002].value[0][0x00131001].value) == ("US", 5)
    assert (ours["SmallestImagePixelValue"].vr, ours.SmallestImagePixelValue) == ("SS", -1)
    assert ours.PatientName == "A^B"


def test_changed_character_set(tmp_path: Path) -> None:
    Dataset(SpecificCharacterSet="ISO_IR 100", PatientName="Müller", PatientComments="é").save(tmp_path / "a.dcm")
    theirs = pydicom.dcmread(tmp_path / "a.dcm")
    theirs.SpecificCharacterSet = "ISO_IR 192"
    ours = from_pydicom(theirs)
    assert (ours.PatientName, ours.PatientComments) == ("Müller", "é")
    assert ours["PatientComments"].raw == "é".encode()


def test_values_that_pydicom_cannot_decode_cross_as_bytes() -> None:
    data = b"\x10\0\x20\x10DS\4\0junk\x28\0\x10\0US\3\0abc\x28\0\x11\0US\2\0\5\0"
    file = bytes(128) + b"DICM" + b"\2\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0" + data
    theirs = pydicom.dcmread(io.BytesIO(file))
    ours = from_pydicom(theirs)
    assert [element.raw for element in ours] == [b"junk", b"abc", b"\5\0"]
    again = to_pydicom(ours)
    assert again.get_item("PatientSize").value == b"junk"
    assert again.Columns == 5


def test_edited_data_sets_to_pydicom(examples_dir: Path) -> None:
    ours = dicomkit.read(examples_dir / "ct.dcm")
    ours.PatientName = "Müller"
    ours.add(DataElement(0x00110010, "LO", "ACME"))
    ours.add(DataElement(0x00111001, "LO", "x"))
    del ours.PatientID
    theirs = to_pydicom(ours)
    assert (theirs.PatientName, theirs[0x00111001].value) == ("Müller", "x")
    assert "PatientID" not in theirs
    assert theirs.PixelData == ours.PixelData
    assert dicomkit.read(saved(theirs)) == ours
    new = to_pydicom(Dataset(PatientName="A^B", ReferencedImageSequence=[Dataset(ReferencedSOPInstanceUID="1.2")]))
    assert (new.PatientName, new.ReferencedImageSequence[0].ReferencedSOPInstanceUID) == ("A^B", "1.2")
    assert new.original_encoding == (False, True)
    assert len(to_pydicom(Dataset())) == 0


def test_items() -> None:
    made = Dataset(SpecificCharacterSet="ISO_IR 100", ContentSequence=[Dataset(TextValue="é"), Dataset()]).to_bytes()
    first, second = dicomkit.read(made).ContentSequence
    theirs = to_pydicom(first)
    assert type(theirs) is pydicom.Dataset
    assert theirs.TextValue == "é"
    assert len(to_pydicom(second)) == 0
    assert from_pydicom(theirs)["TextValue"].raw == b"\xe9 "


def test_un_with_items() -> None:
    """PS3.5 6.2.2 note 2: the items of a UN of undefined length are in implicit VR."""
    content = b"\xfe\xff\0\xe0\xff\xff\xff\xff\x08\0\x55\x11\4\0\0\x001.2\0\xfe\xff\x0d\xe0\0\0\0\0"
    data = b"\x09\0\1\x10UN\0\0\xff\xff\xff\xff" + content + b"\xfe\xff\xdd\xe0\0\0\0\0"
    file = bytes(128) + b"DICM" + b"\2\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0" + data
    theirs = pydicom.dcmread(io.BytesIO(file))
    ours = dicomkit.read(file)
    assert saved(to_pydicom(ours)) == saved(theirs)
    assert to_pydicom(ours)[0x00091001].value[0].ReferencedSOPInstanceUID == "1.2"
    assert from_pydicom(theirs)[0x00091001].value[0].ReferencedSOPInstanceUID == "1.2"


def test_deep_nesting() -> None:
    dataset = Dataset(TextValue="a")
    for _ in range(60):  # pydicom itself recurses
        dataset = Dataset(ContentSequence=[dataset])
    read = dicomkit.read(dataset.to_bytes())
    assert from_pydicom(to_pydicom(read)) == read
    theirs = to_pydicom(read)
    depth = 0
    while "ContentSequence" in theirs:
        theirs = theirs.ContentSequence[0]
        depth += 1
    assert depth == 60


# -- deferred values


@pytest.fixture
def large(tmp_path: Path) -> Path:
    Dataset(PatientName="A^B", Rows=400, PixelData=bytes(range(256)) * 1250).save(tmp_path / "a.dcm")
    return tmp_path / "a.dcm"


def test_deferred_values_stay_in_their_file(large: Path) -> None:
    ours = dicomkit.read(large)
    assert not ours["PixelData"].is_in_memory
    theirs = to_pydicom(ours)
    assert theirs.get_item("PixelData", keep_deferred=True).value is None
    assert theirs.filename == str(large)
    assert theirs.PixelData == ours.PixelData
    assert saved(to_pydicom(ours)) == saved(pydicom.dcmread(large))
    assert from_pydicom(to_pydicom(ours)) == ours
    assert from_pydicom(pydicom.dcmread(large, defer_size=1024)) == ours


def test_deferred_values_that_pydicom_could_not_find_are_read(large: Path) -> None:
    edited = dicomkit.read(large)
    edited.PatientName = "C"
    assert to_pydicom(edited).get_item("PixelData", keep_deferred=True).value == edited.PixelData
    with large.open("rb") as file:
        opened = dicomkit.read(file)
        assert to_pydicom(opened).get_item("PixelData", keep_deferred=True).value is not None
    moved = dicomkit.read(large)
    moved.save(large, meta="new")
    assert to_pydicom(moved).PixelData == bytes(range(256)) * 1250


def test_a_file_that_has_changed(large: Path) -> None:
    ours = dicomkit.read(large)
    large.write_bytes(large.read_bytes()[:-2])
    with pytest.raises(dicomkit.SourceChanged):
        to_pydicom(ours)


# -- failures


def test_a_value_that_pydicom_cannot_encode() -> None:
    theirs = pydicom.Dataset()
    theirs.add_new(0x00280010, "US", "text")
    with pytest.raises(EncodeError, match=r"\(0028,0010\): pydicom cannot encode the value"):
        from_pydicom(theirs)


def test_without_pydicom() -> None:
    code = """
import sys
sys.modules["pydicom"] = None
import dicomkit
from dicomkit.formats.pydicom import from_pydicom, to_pydicom
for function, argument in ((to_pydicom, dicomkit.Dataset()), (from_pydicom, None)):
    try:
        function(argument)
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["pydicom is not installed: pip install pydicom"] * 2


def test_pydicom_is_imported_late() -> None:
    code = "import sys, dicomkit.formats.pydicom; print('pydicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_method_of_a_data_set(examples_dir: Path) -> None:
    assert dicomkit.read(examples_dir / "ct.dcm").to_pydicom().Rows == dicomkit.read(examples_dir / "ct.dcm").Rows

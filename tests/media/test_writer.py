"""Saving: what comes back is what was saved, in every encoding and to every kind of target."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError, UnsupportedTransferSyntax
from tests.reference.assigned import Made, made
from tests.reference.encoding import (
    DEFLATED,
    ENCODINGS,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG,
    Element,
    Item,
    PixelFragments,
    Sequence,
    file_bytes,
)

SOUND = settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow], max_examples=60)
SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)
LARGE = bytes(range(256)) * 800


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    """A file whose pixel data are deferred."""
    path = tmp_path / "large.dcm"
    path.write_bytes(file_bytes(large_elements()))
    return path


def large_elements() -> tuple[Element, ...]:
    return (
        Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
        Element(0x00080018, "UI", b"1.2.3.4\0"),
        Element(0x00100010, "PN", b"A^B "),
        Element(0x7FE00010, "OW", LARGE),
    )


def read_back(content: bytes) -> Dataset:
    return dicomkit.read(content, strict=True)


# -- round trips


def assert_equal(one: Dataset, other: Dataset) -> None:
    for a, b in zip(one.walk(), other.walk(), strict=True):
        assert (a.path, a.vr) == (b.path, b.vr)
        if a.vr != "SQ":
            assert a.value == b.value, a.path


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(description=st.data())
@SOUND
def test_what_is_saved_is_read(syntax: str, description: st.DataObject) -> None:
    dataset = description.draw(made(private=syntax != IMPLICIT_LITTLE)).as_dataset()
    options = {
        "sequence_length": description.draw(st.sampled_from(("keep", "explicit", "undefined"))),
        "meta": description.draw(st.sampled_from(("keep", "new"))),
    }
    again = read_back(dataset.to_bytes(transfer_syntax=syntax, **options))
    assert again.transfer_syntax == syntax
    assert_equal(again, dataset)
    assert again == dataset


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG])
@given(description=made())
@SOUND
def test_the_bytes_are_those_of_the_reference(syntax: str, description: Made) -> None:
    encoding = ENCODINGS[syntax]
    try:
        expected = encoding.data_set(description.as_nodes(encoding.order))
    except ValueError:
        return
    assert description.as_dataset().to_bytes(transfer_syntax=syntax, meta="none") == expected


@given(description=made(), later=made())
@SOUND
def test_what_is_edited_is_read(description: Made, later: Made) -> None:
    """A data set that was read and gets elements of another: those win, all others stay."""
    one = read_back(description.as_dataset().to_bytes())
    expected = {int(element.tag): element for element in description.as_dataset()}
    changes = [element for element in later.as_dataset() if element.tag != 0x00080005 and element.vr not in TEXT]
    for element in changes:
        one.add(element)
        expected[int(element.tag)] = element
    again = read_back(one.to_bytes())
    assert [int(element.tag) for element in again] == sorted(expected)
    for element in again:
        if element.vr != "SQ":
            assert element.value == expected[int(element.tag)].value
    assert again == one
    deleted = [element.tag for element in again if element.tag != 0x00080005][::2]
    for tag in deleted:
        del again[tag]
    left = [tag for tag in sorted(expected) if tag not in deleted]
    assert read_back(again.to_bytes()).keys() == left


TEXT = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT", "SQ"))


@given(description=made())
@settings(SOUND, max_examples=30)
def test_copies_are_saved_as_the_original(description: Made) -> None:
    original = read_back(description.as_dataset().to_bytes())
    original.InstitutionName = "X"
    expected = original.to_bytes()
    for twin in (copy.copy(original), copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        assert twin.to_bytes() == expected
    assert read_back(expected) == original


# -- moving between data sets


@pytest.mark.parametrize("theirs", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG])
@pytest.mark.parametrize("ours", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG])
def test_items_move_between_encodings(theirs: str, ours: str, tmp_path: Path) -> None:
    """Items and elements of another file, some of their values deferred, in another encoding."""
    words = bytes(range(200)) * 500
    path = tmp_path / "theirs.dcm"
    item = Item((Element(0x00280010, "US", b"\1\2"), Element(0x00281052, "DS", b"1.5 "), Element(0x00660040, "OL", words)))
    little = file_bytes(
        (Element(0x00080018, "UI", b"1.2\0"), Sequence(0x00283000, (item,), True), Element(0x7FE00010, "OW", words))
    )
    path.write_bytes(dicomkit.read(little).to_bytes(transfer_syntax=theirs))
    source = dicomkit.read(path)
    target = dicomkit.read(dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.9\0"),))).to_bytes(transfer_syntax=ours))
    target.ModalityLUTSequence = [source.ModalityLUTSequence[0], Dataset(LUTExplanation="x")]
    target.add(source["PixelData"])
    for syntax in SYNTAXES:
        again = read_back(target.to_bytes(transfer_syntax=syntax))
        moved = again.ModalityLUTSequence[0]
        little_again = read_back(again.to_bytes(transfer_syntax=EXPLICIT_LITTLE))
        assert (moved.RescaleIntercept, moved.Rows) == (1.5, 0x0201)
        assert little_again.ModalityLUTSequence[0][0x00660040].value == words
        assert little_again.PixelData == words
        assert again.SOPInstanceUID == "1.9"


# -- transfer syntaxes


def test_a_transfer_syntax_by_name_and_by_file_meta() -> None:
    dataset = Dataset(PatientID="1")
    assert dicomkit.read(dataset.to_bytes()).transfer_syntax == EXPLICIT_LITTLE
    assert dicomkit.read(dataset.to_bytes(transfer_syntax="ImplicitVRLittleEndian")).transfer_syntax == IMPLICIT_LITTLE
    dataset.file_meta = Dataset(TransferSyntaxUID=EXPLICIT_BIG)
    assert dicomkit.read(dataset.to_bytes()).transfer_syntax == EXPLICIT_BIG
    assert dicomkit.read(dataset.to_bytes(transfer_syntax=DEFLATED)).transfer_syntax == DEFLATED
    again = dicomkit.read(dataset.to_bytes())
    assert again.file_meta is not None
    again.file_meta.TransferSyntaxUID = IMPLICIT_LITTLE
    assert dicomkit.read(again.to_bytes()).transfer_syntax == IMPLICIT_LITTLE
    with pytest.raises(ValueError, match="no transfer syntax"):
        dataset.to_bytes(transfer_syntax="Implicit")


def test_pixel_data_are_neither_compressed_nor_decompressed() -> None:
    native = dicomkit.read(file_bytes(large_elements()))
    with pytest.raises(UnsupportedTransferSyntax, match="compressed"):
        native.to_bytes(transfer_syntax=JPEG)
    fragments = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"), PixelFragments((b"", LARGE))), JPEG))
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED, "1.2.840.10008.1.2.5"):
        with pytest.raises(UnsupportedTransferSyntax, match="decompressed"):
            fragments.to_bytes(transfer_syntax=syntax)
    del fragments.PixelData
    assert read_back(fragments.to_bytes(transfer_syntax=IMPLICIT_LITTLE)).SOPInstanceUID == "1.2"


@pytest.mark.parametrize("lengths", ["keep", "explicit", "undefined"])
def test_encapsulated_pixel_data_stay(lengths: Any) -> None:
    pixels = PixelFragments((b"", LARGE, b"\xff\xd8"))
    dataset = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"), pixels), JPEG))
    dataset.PatientName = "A"
    content = dataset.to_bytes(sequence_length=lengths)
    assert content.endswith(EXPLICIT.node(pixels))
    assert read_back(content).transfer_syntax == JPEG


@pytest.mark.parametrize("level", range(10))
def test_deflate_levels(level: int) -> None:
    """PS3.5 A.5: any level inflates to the same; the length is even."""
    dataset = dicomkit.read(file_bytes(large_elements()))
    content = dataset.to_bytes(transfer_syntax=DEFLATED, deflate_level=level)
    assert len(content) % 2 == 0
    assert read_back(content) == dataset
    assert (len(content) > len(LARGE)) == (level == 0)


def test_an_unknown_transfer_syntax_is_kept() -> None:
    content = file_bytes((Element(0x00080018, "UI", b"1.2\0"), PixelFragments((b"", b"ab"))), "1.2.3.4.5")
    dataset = dicomkit.read(content)
    assert dataset.to_bytes() == content
    dataset.PatientName = "A"
    again = dicomkit.read(dataset.to_bytes())
    assert again.transfer_syntax == "1.2.3.4.5"
    assert again["PixelData"].is_encapsulated


# -- options


@pytest.mark.parametrize(
    "options",
    [
        {"transfersyntax": EXPLICIT_LITTLE},
        {"fsync": True},
        {"Padding": None},
    ],
)
@pytest.mark.parametrize("change", [False, True])
def test_unknown_options_are_refused(options: dict[str, Any], change: bool) -> None:
    dataset = dicomkit.read(file_bytes(large_elements()))
    if change:
        dataset.PatientName = "X"
    with pytest.raises(TypeError, match=next(iter(options))):
        dataset.to_bytes(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"meta": "none "},
        {"sequence_length": "long"},
        {"group_length": "yes"},
        {"padding": (1, 0)},
        {"transfer_syntax": "1.2.3"},
    ],
)
def test_wrong_values_of_options_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    dataset = dicomkit.read(file_bytes(large_elements()))
    with pytest.raises(ValueError, match=r"\w"):
        dataset.save(tmp_path / "x.dcm", **options)
    assert list(tmp_path.iterdir()) == []


def test_strict_refuses_what_does_not_conform() -> None:
    sound = Dataset(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SOPInstanceUID="1.2.3", PatientID="1")
    assert read_back(sound.to_bytes(strict=True)) == sound
    for keyword, value in {"Modality": "lower case", "StudyDate": "2020-01-01", "PatientID": "x" * 65}.items():
        wrong = copy.deepcopy(sound)
        setattr(wrong, keyword, value)
        assert dicomkit.read(wrong.to_bytes())[keyword].raw.strip(b" ").decode() == value
        with pytest.raises(EncodeError, match=r"\([0-9A-F]{4},[0-9A-F]{4}\)"):
            wrong.to_bytes(strict=True)
    with pytest.raises(EncodeError, match="File Meta Information"):
        Dataset(PatientID="1").to_bytes(strict=True)


def test_elements_of_the_file_meta_information_do_not_belong_in_a_data_set() -> None:
    """PS3.10 7.1: a reader would take them for it."""
    dataset = Dataset(PatientID="1")
    dataset.add(DataElement(0x00020010, "UI", EXPLICIT_LITTLE))
    with pytest.raises(EncodeError, match="file_meta"):
        dataset.to_bytes()


# -- saving changes nothing


@pytest.mark.parametrize("options", [{}, {"transfer_syntax": EXPLICIT_BIG}, {"meta": "new", "sequence_length": "undefined"}])
def test_saving_leaves_the_data_set_alone(options: dict[str, Any], large_file: Path, tmp_path: Path) -> None:
    dataset = dicomkit.read(large_file)
    dataset.PatientName = "B"
    before = copy.deepcopy(dataset), dataset.to_bytes()
    dataset.save(tmp_path / "other.dcm", **options)
    dataset.to_bytes(**options)
    assert (dataset, dataset.to_bytes()) == before
    assert dataset.file_meta is not None
    assert not dataset.file_meta.is_changed()


def test_threads_save_one_data_set(large_file: Path, tmp_path: Path) -> None:
    """Unchanged, all at once, each to its own file."""
    dataset = dicomkit.read(large_file)
    wrong: list[object] = []

    def work(number: int) -> None:
        path = tmp_path / f"{number}.dcm"
        for round_ in range(20):
            dataset.save(path, **({} if round_ % 2 else {"transfer_syntax": IMPLICIT_LITTLE}))
            if dicomkit.read(path).PixelData != LARGE:
                wrong.append(path)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("copied", [["PatientID"], ["PatientSex"], ["PatientID", "PatientSex"]])
def test_groups_of_copied_elements_have_lengths(examples_dir: Path, copied: list[str]) -> None:
    source = dicomkit.read(examples_dir / "ct.dcm")
    dataset = Dataset(PatientID="1", PatientSex="O")
    for keyword in copied:
        dataset.add(source[keyword])
    read = dicomkit.read(dataset.to_bytes(group_length="create"))
    assert read.problems == ()
    assert [int(element.tag) for element in read] == [0x00100000, 0x00100020, 0x00100040]
    lengths = [8 + len(element.raw) for element in read][1:]
    assert read[0x00100000].value == sum(lengths)

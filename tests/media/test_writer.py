"""Saving: what comes back is what was saved, in every encoding and to every kind of target."""

from __future__ import annotations

import copy
import gzip
import io
import os
import pickle
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError, UnsupportedTransferSyntax
from tests.reference.assigned import CHARACTER_SETS, Made, made
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
from tests.reference.writer import WORDS, turned

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
        if a.vr in WORDS and a.vr[0] == "O" and a.big_endian:
            assert turned(a.raw, WORDS[a.vr]) == b.value
        elif a.vr != "SQ":
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
    if syntax != EXPLICIT_BIG:  # whose O* values are in another byte order
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


# -- character sets


@pytest.mark.parametrize("terms", list(CHARACTER_SETS), ids=str)
def test_text_goes_to_another_character_set(terms: tuple[str, ...]) -> None:
    """Assigning Specific Character Set has all text written in it that was read in another."""
    extra, codec = CHARACTER_SETS[terms]
    item = Dataset(CodeMeaning=extra + "x")
    dataset = Dataset(PatientName=extra + "x", PatientComments=extra + "\\x", RequestAttributesSequence=[item])
    dataset[0x00090010] = DataElement(0x00090010, "LO", extra + "x")
    dataset.SpecificCharacterSet = terms
    original = read_back(dataset.to_bytes())
    assert original == dataset
    original.SpecificCharacterSet = "ISO_IR 192"
    again = read_back(original.to_bytes())
    assert again["PatientName"].raw.rstrip(b" ") == (extra + "x").encode()
    assert again.RequestAttributesSequence[0]["CodeMeaning"].raw.rstrip(b" ") == (extra + "x").encode()
    assert (again.PatientName, again.PatientComments, again[0x00090010].value) == (extra + "x", extra + "\\x", extra + "x")
    again.SpecificCharacterSet = terms
    back = read_back(again.to_bytes())
    assert back == dataset
    if codec is not None:
        assert back["PatientName"].raw.rstrip(b" ") == (extra + "x").encode(codec)


def test_items_with_a_set_of_their_own_keep_it() -> None:
    own = Item((Element(0x00080005, "CS", b"ISO_IR 144"), Element(0x00080104, "LO", "Жя".encode("iso8859_5"))))
    inherits = Item((Element(0x00080104, "LO", "Äö".encode("latin-1")),))
    content = file_bytes(
        (
            Element(0x00080005, "CS", b"ISO_IR 100"),
            Sequence(0x00081140, (own, inherits)),
            Element(0x00100010, "PN", b"\xc4 "),
        )
    )
    dataset = dicomkit.read(content)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    again = read_back(dataset.to_bytes())
    first, second = again.ReferencedImageSequence
    assert first["CodeMeaning"].raw == "Жя".encode("iso8859_5")
    assert first.SpecificCharacterSet == ("ISO_IR 144",)
    assert second["CodeMeaning"].raw == "Äö".encode()
    assert (first.CodeMeaning, second.CodeMeaning, again.PatientName) == ("Жя", "Äö", "Ä")


@pytest.mark.parametrize("undefined", [False, True])
def test_nested_text_is_written_in_the_set_around_it(undefined: bool) -> None:
    """Also three sequences down, and in an item that was never touched."""
    inner: Item = Item((Element(0x00080104, "LO", b"\xe4\xe4"),), undefined)
    for _ in range(3):
        inner = Item((Sequence(0x0040A730, (inner,), undefined),), undefined)
    dataset = dicomkit.read(file_bytes((Element(0x00080005, "CS", b"ISO_IR 100"), *inner.elements)))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    found = [element for element in read_back(dataset.to_bytes()).walk() if element.vr == "LO"]
    assert [element.raw for element in found] == ["ää".encode()]


def test_text_of_vr_un_is_written_in_the_new_set() -> None:
    """PS3.5 6.2.2: a UN element of the dictionary is decoded, so it must be encoded as well."""
    dataset = dicomkit.read(file_bytes((Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00100010, "UN", b"M\xfcll"))))
    assert dataset.PatientName == "Müll"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    assert read_back(dataset.to_bytes()).PatientName == "Müll"


def test_text_that_does_not_fit_is_an_error_that_names_it() -> None:
    content = file_bytes(
        (
            Element(0x00080005, "CS", b"ISO_IR 192"),
            Element(0x00100020, "LO", b"plain "),
            Sequence(0x00081140, (Item((Element(0x00080104, "LO", "Жя".encode()),)),)),
        )
    )
    dataset = dicomkit.read(content)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    with pytest.raises(EncodeError, match=r"\(0008,0104\).*Ж") as caught:
        dataset.to_bytes()
    assert caught.value.tag == 0x00080104
    del dataset.SpecificCharacterSet
    with pytest.raises(EncodeError, match=r"\(0008,0104\)"):
        dataset.to_bytes()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    assert read_back(dataset.to_bytes()) == dicomkit.read(content)


@pytest.mark.parametrize("target", ["ISO_IR 192", "ISO_IR 144", None])
def test_an_item_in_a_data_set_with_another_character_set(target: str | None) -> None:
    """It is written in the set that holds where it goes."""
    source = dicomkit.read(
        file_bytes(
            (
                Element(0x00080005, "CS", b"ISO_IR 144"),
                Sequence(0x00081140, (Item((Element(0x00080104, "LO", "Жя".encode("iso8859_5")),)),)),
            )
        )
    )
    other = Dataset(PatientID="1")
    if target is not None:
        other.SpecificCharacterSet = target
    other.ReferencedImageSequence = [source.ReferencedImageSequence[0]]
    if target is None:
        with pytest.raises(EncodeError, match=r"\(0008,0104\)"):
            other.to_bytes()
        return
    again = read_back(other.to_bytes())
    assert again.ReferencedImageSequence[0].CodeMeaning == "Жя"
    assert source.ReferencedImageSequence[0].CodeMeaning == "Жя"


def test_an_element_in_a_data_set_with_another_character_set() -> None:
    source = dicomkit.read(file_bytes((Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00100010, "PN", b"M\xfcll"))))
    other = Dataset(SpecificCharacterSet="ISO_IR 192")
    other.add(source["PatientName"])
    other["ReferencedPatientSequence"] = [Dataset()]
    other.ReferencedPatientSequence[0].add(source["PatientName"])
    again = read_back(other.to_bytes())
    assert again["PatientName"].raw == "Müll ".encode()
    assert again.ReferencedPatientSequence[0].PatientName == "Müll"


def test_an_item_that_becomes_a_data_set_takes_its_character_set_along() -> None:
    source = dicomkit.read(
        file_bytes(
            (Element(0x00080005, "CS", b"ISO_IR 100"), Sequence(0x00081140, (Item((Element(0x00080104, "LO", b"\xe4 "),)),)))
        )
    )
    again = read_back(source.ReferencedImageSequence[0].to_bytes())
    assert (again.SpecificCharacterSet, again.CodeMeaning) == (("ISO_IR 100",), "ä")


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


# -- targets


def test_every_target_gets_the_same(large_file: Path, tmp_path: Path) -> None:
    for changed in (False, True):
        dataset = dicomkit.read(large_file)
        if changed:
            dataset.PatientName = "Another^Name"
        expected = dataset.to_bytes()
        assert (expected == large_file.read_bytes()) is not changed
        path = tmp_path / "copy.dcm"
        for target in (str(path), path, os.fsencode(path)):
            path.unlink(missing_ok=True)
            dataset.save(target)
            assert path.read_bytes() == expected
        dataset.save(path, fsync=True)
        assert path.read_bytes() == expected
        with path.open("wb") as file:
            dataset.save(file)
        assert path.read_bytes() == expected
        with open(path, "wb", buffering=0) as raw:
            dicomkit.write_stream(dataset, raw)
        assert path.read_bytes() == expected
        memory = io.BytesIO()
        dataset.save(memory)
        assert memory.getvalue() == expected
        with gzip.open(tmp_path / "copy.gz", "wb") as packed:
            dataset.save(packed)  # type: ignore[arg-type]  # typeshed has no IO[bytes] for it
        assert gzip.open(tmp_path / "copy.gz").read() == expected


def test_file_objects_are_written_from_where_they_stand(large_file: Path, tmp_path: Path) -> None:
    dataset = dicomkit.read(large_file)
    expected = dataset.to_bytes()
    path = tmp_path / "two.bin"
    with path.open("w+b") as file:
        file.write(b"before")
        dataset.save(file)
        assert file.tell() == 6 + len(expected)
        file.write(b"between")
        dataset.save(file)
        file.write(b"after")
        file.seek(0)
        assert file.read() == b"before" + expected + b"between" + expected + b"after"
    with path.open("r+b") as file:
        assert file.read(3) == b"bef"
        dataset.save(file)
        assert file.tell() == 3 + len(expected)
    assert path.read_bytes()[:3] == b"bef"
    assert path.read_bytes()[3 : 3 + len(expected)] == expected
    with path.open("ab") as file:
        dataset.save(file)
    assert path.read_bytes().endswith(b"after" + expected)


class Raw(io.RawIOBase):
    """A raw stream that takes a few bytes at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data[: self.most])
        self.taken += part
        return len(part)


def test_a_raw_stream_that_takes_a_part_at_a_time(large_file: Path) -> None:
    dataset = dicomkit.read(large_file)
    raw = Raw(4001)
    dataset.save(raw)
    assert bytes(raw.taken) == large_file.read_bytes()
    with pytest.raises(OSError, match="no more"):
        dataset.save(Raw(0))


class Silent:
    """A file object whose write says nothing."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, data: Any) -> None:
        self.taken += data


def test_a_file_object_whose_write_returns_nothing(large_file: Path) -> None:
    silent = Silent()
    dicomkit.write_stream(dicomkit.read(large_file), silent)
    assert bytes(silent.taken) == large_file.read_bytes()


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_socket(large_file: Path, timeout: float | None) -> None:
    dataset = dicomkit.read(large_file)
    dataset.PatientName = "Another^Name"
    ours, theirs = socket.socketpair()
    received: list[bytes] = []

    def receive() -> None:
        while data := theirs.recv(65536):
            received.append(data)

    thread = threading.Thread(target=receive)
    thread.start()
    ours.settimeout(timeout)
    dicomkit.write_stream(dataset, ours)
    ours.close()
    thread.join()
    theirs.close()
    assert b"".join(received) == dataset.to_bytes()


def test_text_files_are_refused(large_file: Path, tmp_path: Path) -> None:
    with (tmp_path / "text").open("w") as file, pytest.raises(TypeError):
        dicomkit.read(large_file).save(file)  # type: ignore[arg-type]  # which is the point


def test_what_is_no_target() -> None:
    for target in (None, 5, object()):
        with pytest.raises(TypeError):
            Dataset(PatientID="1").save(target)  # type: ignore[arg-type]  # which is the point


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


@pytest.mark.parametrize(("vr", "value"), [("US", 3), ("UN", b"ISO_IR 100"), ("UN", b"\xff"), ("DS", (1.0, 2.0))])
def test_character_sets_that_are_no_text(vr: str, value: Any) -> None:
    dataset = Dataset()
    dataset[0x00080005] = DataElement(0x00080005, vr, value)
    name = "\xfc" if value == b"ISO_IR 100" else "u"
    dataset[0x00100010] = DataElement(0x00100010, "PN", name)
    assert dicomkit.read(dataset.to_bytes()).PatientName == name

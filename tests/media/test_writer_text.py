"""Character sets of what is saved: text keeps its meaning, whatever it was read in and wherever it goes."""

from __future__ import annotations

from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError
from tests.reference.assigned import CHARACTER_SETS
from tests.reference.encoding import Element, Item, Sequence, file_bytes


def read_back(content: bytes) -> Dataset:
    return dicomkit.read(content, strict=True)


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


@pytest.mark.parametrize(("vr", "value"), [("US", 3), ("UN", b"ISO_IR 100"), ("UN", b"\xff"), ("DS", (1.0, 2.0))])
def test_character_sets_that_are_no_text(vr: str, value: Any) -> None:
    dataset = Dataset()
    dataset[0x00080005] = DataElement(0x00080005, vr, value)
    name = "\xfc" if value == b"ISO_IR 100" else "u"
    dataset[0x00100010] = DataElement(0x00100010, "PN", name)
    assert dicomkit.read(dataset.to_bytes()).PatientName == name

"""Another character set for a data set: what becomes of its text, in items too."""

# ruff: noqa: RUF001 (texts in other scripts)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE, Value
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, EncodeError
from dicomkit.dataset.character_set import written_sets
from dicomkit.dataset.text import TEXT_VRS, character_sets
from dicomkit.standard.charsets import TERMS

LATIN1, UTF8 = (0x00080005, "CS", "ISO_IR 100"), (0x00080005, "CS", "ISO_IR 192")
MUELLER = (0x00100010, "PN", b"M\xfcller^J\xfcrgen ")


def of(*elements: tuple[int, str, Value], **options: Any) -> Dataset:
    return dicomkit.read(EXPLICIT_LITTLE.encode(elements), transfer_syntax=EXPLICIT_LITTLE.uid, **options)


def texts(dataset: Dataset) -> list[tuple[str, object]]:
    """All text that a character set matters for."""
    return [(element.path, element.value) for element in dataset.walk() if TEXT_VRS.get(element.vr, (0, 0, False))[2]]


@pytest.fixture
def japanese(examples_dir: Path) -> Dataset:
    return dicomkit.read(examples_dir / "japanese.dcm")


# -- the text stays


def test_all_text_stays_what_it_is(japanese: Dataset) -> None:
    before = texts(japanese)
    japanese.set_character_set("ISO_IR 192")
    assert japanese.SpecificCharacterSet == ("ISO_IR 192",)
    assert texts(japanese) == before
    again = dicomkit.read(japanese.to_bytes())
    assert texts(again) == before
    assert again["InstitutionName"].raw == "東京病院".encode()


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("GB18030", ("GB18030",)),
        ("\\ISO 2022 IR 87", ("", "ISO 2022 IR 87")),
        (("", "iso-2022-ir 87"), ("", "ISO 2022 IR 87")),
        ("ISO 2022 IR 87", ("", "ISO 2022 IR 87")),  # never the first value: PS3.3 table C.12-4
        ("utf8", ("ISO_IR 192",)),
    ],
)
def test_other_sets_that_have_all_characters(japanese: Dataset, terms: Any, expected: tuple[str, ...]) -> None:
    before = texts(japanese)
    japanese.set_character_set(terms)
    assert japanese.SpecificCharacterSet == expected
    assert texts(dicomkit.read(japanese.to_bytes())) == before


def test_items_too() -> None:
    latin2 = [(0x00080005, "CS", "ISO_IR 101"), (0x00080104, "LO", b"\xa3\xf3d\xbc")]
    latin1 = [(0x00080104, "LO", b"\xe9t\xe9 ")]
    ds = of(LATIN1, (0x00081032, "SQ", [latin2, latin1]), MUELLER)
    ds.set_character_set("ISO_IR 192")
    first, second = ds.ProcedureCodeSequence
    assert "SpecificCharacterSet" not in first
    assert (first.CodeMeaning, second.CodeMeaning, ds.PatientName) == ("Łódź", "été", "Müller^Jürgen")
    again = dicomkit.read(ds.to_bytes())
    assert [element.raw for element in again.walk() if element.tag == 0x00080104] == ["Łódź ".encode(), "été ".encode()]
    assert again["PatientName"].raw == "Müller^Jürgen ".encode()


def test_text_that_was_assigned() -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 100", PatientName="Müller", OtherPatientNames=["A", "É"], PatientID="1")
    ds.set_character_set(("ISO_IR 192",))
    assert (ds.PatientName, ds.OtherPatientNames, ds.PatientID) == ("Müller", ("A", "É"), "1")
    assert dicomkit.read(ds.to_bytes(meta="none"))["PatientName"].raw == "Müller ".encode()


def test_ascii_text_keeps_its_bytes() -> None:
    ds = of(LATIN1, (0x00081090, "LO", b"model  "), MUELLER)
    raw = ds["ManufacturerModelName"].raw
    ds.set_character_set("ISO_IR 192")
    assert ds["ManufacturerModelName"].offset is not None
    assert ds["ManufacturerModelName"].raw == raw
    assert ds["PatientName"].offset is None


def test_a_file_whose_character_set_is_wrong() -> None:
    ds = of(LATIN1, (0x00100010, "PN", "Müller".encode()), charset="ISO_IR 192")
    ds.set_character_set("ISO_IR 192")
    again = dicomkit.read(ds.to_bytes())
    assert (again.PatientName, again["PatientName"].raw) == ("Müller", "Müller ".encode())
    assert again.SpecificCharacterSet == ("ISO_IR 192",)


def test_private_text_too() -> None:
    ds = of(LATIN1, (0x00090010, "LO", "ACME"), (0x00091001, "LO", b"R\xf6hren"))
    ds.set_character_set("ISO_IR 192")
    assert dicomkit.read(ds.to_bytes())[0x00090001, "ACME"].raw == "Röhren ".encode()


@settings(max_examples=60)
@given(
    st.sampled_from([term for term in TERMS if character_sets(term).terms == (term,)]),
    st.text(st.characters(min_codepoint=0x20, exclude_characters="\\\x7f", exclude_categories=("Cs", "Cc")), max_size=12),
)
def test_any_text(term: str, text: str) -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 192", PatientComments=text)
    try:
        character_sets(term).encode(text, "LT")
    except EncodeError:
        with pytest.raises(EncodeError, match="1 element does not fit"):
            ds.set_character_set(term)
        assert (ds.SpecificCharacterSet, ds.PatientComments or "") == (("ISO_IR 192",), text)
        ds.set_character_set(term, errors="transliterate")
        assert dicomkit.read(ds.to_bytes()).PatientComments == (str(ds.PatientComments).rstrip(" ") or None)
    else:
        ds.set_character_set(term)
        assert (dicomkit.read(ds.to_bytes()).PatientComments or "") == text.rstrip(" ")


# -- what does not fit


def test_strict_names_the_elements_and_changes_nothing(japanese: Dataset) -> None:
    before = japanese.to_bytes()
    with pytest.raises(EncodeError) as caught:
        japanese.set_character_set("ISO_IR 100")
    message = str(caught.value)
    assert message.startswith("4 elements do not fit in ISO_IR 100: (0008,0080) has '東' (U+6771), '京' (U+4EAC)")
    assert "(0010,0010) has '山'" in message
    assert japanese.to_bytes() == before
    assert not japanese.is_changed()


def test_many_elements_are_counted() -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 192")
    ds.ContentSequence = [Dataset(TextValue="ж") for _ in range(8)]
    with pytest.raises(EncodeError, match=r"8 elements .*\(0040,A730\)\[4\]\.\(0040,A160\) has 'ж' \(U\+0436\); and 3 more"):
        ds.set_character_set("ISO_IR 100")


@pytest.mark.parametrize(
    ("errors", "name", "institution"),
    [
        ("replace", "M?ller=??^??", "?Na?ve? ??? ?"),
        ("transliterate", "Muller=??^??", '"Naive" ssae? 1'),
        ("drop", "Mller", "Nave  ?"),
    ],
)
def test_characters_that_a_set_does_not_have(errors: Any, name: str, institution: str) -> None:
    ds = Dataset(
        SpecificCharacterSet="ISO_IR 192",
        PatientName="Müller=山田^太郎",
        InstitutionName="“Naïve” ßæж ①" + "?" * (errors == "drop"),
    )
    ds.set_character_set(None, errors=errors)
    assert (ds.PatientName, ds.InstitutionName) == (name, institution)
    assert "SpecificCharacterSet" not in ds
    assert ds.problems == ()
    assert type(ds.PatientName) is dicomkit.PersonName
    assert dicomkit.read(ds.to_bytes()).PatientName == name


def test_what_is_near_to_it_in_the_set() -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 192", InstitutionName="Łódź – É 5 €", PatientComments="\uff3c\uff3e ﬁ ≠ 한")
    ds.set_character_set("ISO_IR 100", "transliterate")
    assert ds.InstitutionName == "Lódz - É 5 EUR"
    assert ds.PatientComments == "?? fi ? ?"  # no separators come into the text


def test_text_that_is_gone_is_no_value() -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 192", InstitutionName="東京", OtherPatientNames=["東", "A"])
    ds.set_character_set("ISO_IR 100", "drop")
    assert (ds.InstitutionName, ds.OtherPatientNames) == (None, ("", "A"))


@pytest.mark.parametrize("terms", ["nonsense", "cp1251", ("ISO_IR 100", "GB18030"), ("", "nonsense")])
def test_terms_that_are_not_of_the_standard(terms: Any) -> None:
    with pytest.raises(ValueError, match="is no defined term of Specific Character Set"):
        Dataset().set_character_set(terms)


def test_errors_that_are_not_known() -> None:
    with pytest.raises(ValueError, match="errors is one of strict, replace"):
        Dataset().set_character_set(None, errors="ignore")  # type: ignore[arg-type]  # what is tested


# -- plain assignment


def test_assigning_the_attribute_keeps_the_meaning() -> None:
    ds = of(LATIN1, (0x00081032, "SQ", [[(0x00080104, "LO", b"\xe9t\xe9 ")]]), MUELLER)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.InstitutionName = "東京"
    assert (ds.PatientName, ds.InstitutionName) == ("Müller^Jürgen", "東京")
    assert ds.ProcedureCodeSequence[0].CodeMeaning == "été"
    again = dicomkit.read(ds.to_bytes())
    assert texts(again) == texts(ds)
    assert again["PatientName"].raw == "Müller^Jürgen ".encode()
    ds.SpecificCharacterSet = None
    assert ds.PatientName == "Müller^Jürgen"


def test_which_sets_are_written() -> None:
    ds = of(LATIN1, (0x00081032, "SQ", [[UTF8], []]))
    item, other = ds.ProcedureCodeSequence
    assert written_sets(ds, None).terms == ("ISO_IR 100",)
    assert (written_sets(item, ds.character_sets).terms, written_sets(other, ds.character_sets).terms) == (
        ("ISO_IR 192",),
        ("ISO_IR 100",),
    )
    ds.SpecificCharacterSet = "GBK"
    assert written_sets(ds, None).terms == ("GBK",)
    del item.SpecificCharacterSet
    assert written_sets(item, written_sets(ds, None)).terms == ("GBK",)
    del ds.SpecificCharacterSet
    assert written_sets(ds, None).terms == ("",)
    assert written_sets(Dataset(), None).terms == ("",)

"""Another Specific Character Set for the same bytes."""

from __future__ import annotations

from pathlib import Path

import dicomkit
from dicomkit.dataset import Dataset
from dicomkit.dataset.relabel import relabel

NAME = "Müller^Jörg"


def mislabelled() -> Dataset:
    """UTF-8 that is said to be Latin-1, in items too; one item says of itself that it is in UTF-8."""
    item = Dataset(PatientName=NAME)
    own = Dataset(SpecificCharacterSet="ISO_IR 192", PatientName=NAME)
    dataset = Dataset(SpecificCharacterSet="ISO_IR 192", PatientName=NAME, ReferencedPatientSequence=[item, own])
    return dicomkit.read(dataset.to_bytes().replace(b"ISO_IR 192", b"ISO_IR 100", 1))


def names(dataset: Dataset) -> list[str]:
    return [str(element.value) for element in dataset.walk() if element.keyword == "PatientName"]


def raw_names(dataset: Dataset) -> list[bytes]:
    return [element.raw for element in dataset.walk() if element.keyword == "PatientName"]


def test_bytes_stay_and_are_understood() -> None:
    dataset = mislabelled()
    before = raw_names(dataset)
    assert names(dataset)[0] != NAME
    relabel(dataset, ("ISO_IR 192",))
    assert names(dataset)[:2] == [NAME, NAME]
    result = dicomkit.read(dataset.to_bytes())
    assert result.SpecificCharacterSet == ("ISO_IR 192",)
    assert names(result) == [NAME, NAME, NAME]
    assert raw_names(result) == before


def test_touched_and_edited_items_too() -> None:
    dataset = mislabelled()
    before = raw_names(dataset)
    dataset.ReferencedPatientSequence[0].PatientID = "1"
    dataset.ReferencedPatientSequence[1].PatientID = "2"
    dataset.PatientComments = "ÄÖ"
    relabel(dataset, ("ISO_IR 192",))
    result = dicomkit.read(dataset.to_bytes())
    assert raw_names(result) == before
    assert names(result) == [NAME, NAME, NAME]
    assert result["PatientComments"].raw == "ÄÖ".encode()
    assert [item.PatientID for item in result.ReferencedPatientSequence] == ["1", "2"]


def test_removing_it() -> None:
    dataset = mislabelled()
    before = raw_names(dataset)
    relabel(dataset, ())
    result = dicomkit.read(dataset.to_bytes())
    assert "SpecificCharacterSet" not in result
    assert raw_names(result) == before


def test_what_belongs_to_the_file_stays(examples_dir: Path) -> None:
    dataset = dicomkit.read(examples_dir / "ct.dcm")
    meta, syntax = dataset.file_meta, dataset.transfer_syntax
    relabel(dataset, ("ISO_IR 192",))
    assert dataset.file_meta is meta
    assert dataset.transfer_syntax == syntax
    assert dataset.problems == ()


def test_of_a_new_data_set() -> None:
    dataset = Dataset(PatientName=NAME)
    relabel(dataset, ("ISO_IR 192",))
    assert dicomkit.read(dataset.to_bytes()).PatientName == NAME
    relabel(dataset, ())
    assert "SpecificCharacterSet" not in dataset

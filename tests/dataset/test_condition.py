"""Conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import Dataset
from dicomkit.dataset.condition import Condition


@pytest.fixture(scope="module")
def ct(examples_dir: Path) -> Dataset:
    dataset = dicomkit.read(examples_dir / "ct.dcm")
    assert (dataset.Modality, dataset.Rows, dataset.ImageType[0]) == ("CT", 64, "ORIGINAL")
    dataset.SeriesNumber = 10
    dataset.PatientWeight = 72.5
    dataset.PatientComments = ""
    return dicomkit.read(dataset.to_bytes())


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Modality", True),
        ("PatientComments", True),
        ("ContentSequence", False),
        ("!Modality", False),
        ("!ContentSequence", True),
        ("ReferencedImageSequence[0]", True),
        ("ReferencedImageSequence[9]", False),
        ("!ReferencedImageSequence[9]", True),
        ("ReferencedImageSequence[0].ReferencedSOPClassUID=CTImageStorage", True),
        ("ReferencedImageSequence[*].ReferencedSOPClassUID!=CTImageStorage", False),
        ("Modality=CT", True),
        ("Modality=MR", False),
        ("Modality!=MR", True),
        ("(0008,0060)=CT ", True),
        ("8,60=CT", True),
        ("Modality<MR", True),
        ("Modality>MR", False),
        ("Rows=64", True),
        ("Rows=064", True),
        ("Rows=64.0", True),
        ("Rows!=64", False),
        ("Rows>=64", True),
        ("Rows>64", False),
        ("Rows<100", True),
        ("Rows<=9", False),
        ("SeriesNumber=10", True),
        ("SeriesNumber=010", False),
        ("SeriesNumber>9", True),
        ("PatientWeight=72.5", True),
        ("PatientWeight=72.50", False),
        ("PatientWeight>=72.50", True),
        ("ImageType[0]=ORIGINAL", True),
        ("ImageType[1]=ORIGINAL", False),
        ("ImageType[9]=ORIGINAL", False),
        ("ImageType[9]", False),
        ("ImageType[*]=PRIMARY", True),
        ("ImageType=ORIGINAL\\PRIMARY\\AXIAL", True),
        ("SOPClassUID=CTImageStorage", True),
        ("SOPClassUID==CTImageStorage", True),
        ("SOPClassUID=1.2.840.10008.5.1.4.1.1.2", True),
        ("StudyDate>20240130", True),
        ("PatientComments=", True),
        ("PatientComments=x", False),
        ("ContentSequence!=1", False),
        ("PatientReligiousPreference!=1", False),
    ],
)
def test_holds(ct: Dataset, text: str, holds: bool) -> None:
    assert Condition(text).holds(ct) is holds


def test_holds_for_what_was_assigned() -> None:
    dataset = Dataset(PatientWeight=72.5, ImageType=("A", "B"), Rows=5)
    assert Condition("PatientWeight>=72").holds(dataset)
    assert Condition("PatientWeight=72.5").holds(dataset)
    assert Condition("ImageType[1]=B").holds(dataset)
    assert Condition("Rows=5").holds(dataset)


@pytest.mark.parametrize("text", ["", "!", "=", "NoSuchKeyword=1", "!Modality=CT", "Seq.Modality", "Rows>5>6]["])
def test_malformed(text: str) -> None:
    if text == "Rows>5>6][":  # the value may be anything
        Condition(text)
        return
    with pytest.raises(ValueError, match=r"."):
        Condition(text)


@pytest.mark.parametrize("text", ["PixelData=1", "ReferencedImageSequence=1", "Rows=many", "Modality[0].Rows"])
def test_what_cannot_be_compared(ct: Dataset, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Condition(text).holds(ct)

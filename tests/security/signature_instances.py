"""Data sets for tests of signature profiles: small ones, and one with all attributes that there are."""

from __future__ import annotations

from pathlib import Path

from dicomkit.dataset import DataElement, Dataset
from dicomkit.standard import Tag

ROOT = Path(__file__).parents[2]
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"


def tag_of(keyword: str) -> int:
    """The tag of a keyword; of a repeating group, the first."""
    return int(Tag(keyword))


def element(tag: int, vr: str) -> DataElement:
    """An element without a value."""
    return DataElement(Tag(tag), vr, [] if vr == "SQ" else None)


def with_every_attribute() -> Dataset:
    """A data set with all public elements of the dictionary."""
    dataset = Dataset()
    rows = [line.split("\t") for line in (ROOT / "facts" / "data_elements.tsv").read_text("utf-8").splitlines()[1:]]
    for digits, _, _, vr, *_ in rows:
        tag = int(digits.replace("x", "0"), 16)
        # with Pixel Data Provider URL dcmsign writes no file
        if 8 <= tag >> 16 < 0xFFFA and tag not in (0x00080001, 0x00080005, 0x00287FE0, 0x4FFE0001):
            dataset.add(element(tag, vr.split("|")[0]))
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    dataset.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    dataset.VerificationFlag = "VERIFIED"
    dataset.ContentSequence = [Dataset(ValueType="TEXT")]
    for tag, vr in ((0x50020010, "US"), (0x601E0010, "US"), (0x60200010, "US"), (0x00290010, "LO"), (0x00291001, "LO")):
        dataset.add(element(tag, vr))
    return dataset


def report(**values: object) -> Dataset:
    """A report, as far as the profiles look at it."""
    dataset = Dataset(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11",
        SOPInstanceUID="1.2.3.4",
        StudyInstanceUID="1.2.3",
        SeriesInstanceUID="1.2.3.1",
        ValueType="CONTAINER",
        ConceptNameCodeSequence=[Dataset(CodeValue="126000", CodingSchemeDesignator="DCM", CodeMeaning="Report")],
        ContinuityOfContent="SEPARATE",
        CompletionFlag="COMPLETE",
        VerificationFlag="UNVERIFIED",
        ContentSequence=[Dataset(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="nothing")],
    )
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def verified_report(**values: object) -> Dataset:
    observer = Dataset(VerifyingObserverName="Roentgen^Wilhelm", VerificationDateTime="20240131120000")
    return report(**{"VerificationFlag": "VERIFIED", "VerifyingObserverSequence": [observer], **values})


def image(**values: object) -> Dataset:
    dataset = Dataset(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        SOPInstanceUID="1.2.3.4",
        StudyInstanceUID="1.2.3",
        SeriesInstanceUID="1.2.3.1",
        PatientName="Somebody",
    )
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset

"""Values as they are assigned: what each VR takes, and what it becomes (PS3.5 6.2)."""

from __future__ import annotations

import array
import datetime
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dicomkit import UID, DataElement, Dataset, Date, DateTime, PersonName, Sequence, Tag, Time
from dicomkit.dataset.values import normalise

# Keyword, what is assigned, what is read. One row of a VR for each type that it takes.
ASSIGNMENTS: list[tuple[str, Any, Any]] = [
    ("DestinationAE", "ARCHIVE", "ARCHIVE"),  # AE
    ("PatientAge", "042Y", "042Y"),  # AS
    ("DimensionIndexPointer", 0x00209057, Tag(0x00209057)),  # AT
    ("DimensionIndexPointer", Tag(0x00209057), Tag(0x00209057)),
    ("DimensionIndexPointer", "0020,9057", Tag(0x00209057)),
    ("DimensionIndexPointer", "InStackPositionNumber", Tag(0x00209057)),
    ("DimensionIndexPointer", (0x0020, 0x9057), Tag(0x00209057)),
    ("FrameIncrementPointer", (0x0018, 0x1063), (Tag(0x00181063),)),
    ("FrameIncrementPointer", (0x00181063, 0x00181065), (Tag(0x00181063), Tag(0x00181065))),
    ("FrameIncrementPointer", [(0x0018, 0x1063), "FrameTimeVector"], (Tag(0x00181063), Tag(0x00181065))),
    ("Modality", "CT", "CT"),  # CS
    ("StudyDate", "20240229", Date("20240229")),  # DA
    ("StudyDate", "2024-20250101", Date("2024-20250101")),
    ("StudyDate", datetime.date(2024, 2, 29), Date("20240229")),
    ("StudyDate", datetime.datetime(2024, 2, 29, 12), Date("20240229")),
    ("SliceThickness", 2.5, 2.5),  # DS
    ("SliceThickness", 2, 2.0),
    ("SliceThickness", "2.50", 2.5),
    ("SliceThickness", Decimal("2.50"), 2.5),
    ("SliceThickness", Fraction(5, 2), 2.5),
    ("SliceThickness", np.float32(2.5), 2.5),
    ("ImagePositionPatient", "1\\2\\3", (1.0, 2.0, 3.0)),
    ("ImagePositionPatient", np.array([1.0, 2.0, 3.0]), (1.0, 2.0, 3.0)),
    ("ImagePositionPatient", [1, None, "3"], (1.0, None, 3.0)),
    ("ImagePositionPatient", (n / 2 for n in range(3)), (0.0, 0.5, 1.0)),
    ("AcquisitionDateTime", "202402", DateTime("202402")),  # DT
    ("AcquisitionDateTime", datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC), DateTime("20240229120000+0000")),
    ("EventTimeOffset", 0.1, 0.1),  # FD
    ("EventTimeOffset", math.inf, math.inf),
    ("DisplayedZValue", 0.5, 0.5),  # FL
    ("DisplayedZValue", -math.inf, -math.inf),
    ("SeriesNumber", 3, 3),  # IS
    ("SeriesNumber", "3", 3),
    ("SeriesNumber", 3.0, 3),
    ("SeriesNumber", np.int16(3), 3),
    ("SeriesNumber", "", None),
    ("PatientID", "P", "P"),  # LO
    ("OtherPatientIDs", "a\\b", ("a", "b")),
    ("OtherPatientIDs", ["a", "b"], ("a", "b")),
    ("OtherPatientIDs", "a", ("a",)),
    ("PatientComments", "a\\b", "a\\b"),  # LT
    ("PatientComments", ["a\\b"], "a\\b"),
    ("EncapsulatedDocument", b"%PDF", b"%PDF"),  # OB
    ("EncapsulatedDocument", bytearray(b"%PDF"), b"%PDF"),
    ("EncapsulatedDocument", memoryview(b"%PDF")[1:], b"PDF"),
    ("EncapsulatedDocument", b"", None),
    ("RedPaletteColorLookupTableData", np.array([1, 2], "<u2"), b"\1\0\2\0"),  # OW
    ("FloatPixelData", array.array("f", [0.0]), bytes(4)),  # OF
    ("PatientName", "Doe^Jane", PersonName("Doe^Jane")),  # PN
    ("PatientName", PersonName("Doe^Jane"), PersonName("Doe^Jane")),
    ("PerformingPhysicianName", "A^B\\C^D", (PersonName("A^B"), PersonName("C^D"))),
    ("StudyID", "1", "1"),  # SH
    ("ReferencePixelX0", -(1 << 31), -(1 << 31)),  # SL
    ("AnatomicRegionSequence", [Dataset(CodeValue="A")], Sequence([Dataset(CodeValue="A")])),  # SQ
    ("AnatomicRegionSequence", (Dataset(CodeValue="A"),), Sequence([Dataset(CodeValue="A")])),
    ("AnatomicRegionSequence", [], Sequence()),
    ("AnatomicRegionSequence", None, Sequence()),
    ("ExposureControlSensingRegionLeftVerticalEdge", -(1 << 15), -(1 << 15)),  # SS
    ("InstitutionAddress", "a\\b", "a\\b"),  # ST
    ("SelectorSVValue", 1 - (1 << 63), (1 - (1 << 63),)),  # SV
    ("StudyTime", "1200", Time("1200")),  # TM
    ("StudyTime", datetime.time(12, 30), Time("123000")),
    ("StrainDescription", "a", "a"),  # UC
    ("SOPClassUID", "1.2", UID("1.2")),  # UI
    ("RelatedGeneralSOPClassUID", ["1.2", UID("1.3")], (UID("1.2"), UID("1.3"))),
    ("SimpleFrameList", range(1, 4), (1, 2, 3)),  # UL
    ("SimpleFrameList", (1 << 32) - 1, ((1 << 32) - 1,)),
    ("URNCodeValue", "urn:a", "urn:a"),  # UR
    ("Rows", 512, 512),  # US
    ("Rows", "512", 512),
    ("Rows", np.uint16(512), 512),
    ("TextValue", "a\\b", "a\\b"),  # UT
    ("FileOffsetInContainer", (1 << 64) - 1, (1 << 64) - 1),  # UV
    ("SmallestImagePixelValue", 5, 5),  # US or SS
    ("SmallestImagePixelValue", -5, -5),
    # nothing
    ("PatientName", None, None),
    ("PatientName", "", None),
    ("OtherPatientIDs", None, ()),
    ("OtherPatientIDs", "", ()),
    ("OtherPatientIDs", [], ()),
    ("Rows", None, None),
    ("EncapsulatedDocument", None, None),
    # more values than the VM: they are kept, as they are when they are read
    ("PatientID", ["a", "b"], ("a", "b")),
    ("Rows", (1, 2), (1, 2)),
]


@pytest.mark.parametrize(("keyword", "assigned", "expected"), ASSIGNMENTS)
def test_what_is_assigned_becomes_a_value(keyword: str, assigned: Any, expected: Any) -> None:
    ds = Dataset()
    setattr(ds, keyword, assigned)
    value = getattr(ds, keyword)
    assert value == expected
    assert type(value) is type(expected)
    if isinstance(value, tuple):
        assert [type(one) for one in value] == [type(one) for one in expected]
    assert ds[keyword].vm == (len(expected) if isinstance(expected, (tuple, Sequence)) else expected is not None)


@pytest.mark.parametrize(
    ("keyword", "assigned", "error", "message"),
    [
        ("PatientID", 5, TypeError, "text is needed, not int"),
        ("PatientID", b"P", TypeError, "text is needed, not bytes"),
        ("PatientID", ["a", 5], TypeError, "text is needed, not int"),
        ("PatientName", 5, TypeError, "text is needed"),
        ("SOPClassUID", 1.2, TypeError, "text is needed"),
        ("StudyDate", 20240229, TypeError, "date or text is needed, not int"),
        ("StudyDate", datetime.time(1), TypeError, "date or text is needed, not time"),
        ("StudyTime", datetime.date(2024, 1, 1), TypeError, "time or text is needed, not date"),
        ("AcquisitionDateTime", datetime.date(2024, 1, 1), TypeError, "datetime or text is needed, not date"),
        ("PatientComments", ["a", "b"], ValueError, "one value, not 2"),
        ("SliceThickness", "2,5", ValueError, "2,5"),
        ("SliceThickness", math.nan, ValueError, "nan"),  # PS3.5 6.2: no form for it
        ("SliceThickness", math.inf, ValueError, "inf"),
        ("SliceThickness", b"2.5", TypeError, "number"),
        ("SliceThickness", object(), TypeError, "object"),
        ("DisplayedZValue", 1e39, ValueError, "32 bits"),
        ("SeriesNumber", 1.5, ValueError, "not an integer"),
        ("SeriesNumber", "1.5", ValueError, "1.5"),
        ("Rows", -1, ValueError, "from 0 to 65535"),
        ("Rows", 65536, ValueError, "from 0 to 65535"),
        ("Rows", 1.5, ValueError, "not an integer"),
        ("Rows", [None], ValueError, "not an integer"),
        ("ReferencePixelX0", 1 << 31, ValueError, "from -2147483648"),
        ("FileOffsetInContainer", -1, ValueError, "from 0 to 18446744073709551615"),
        ("SmallestImagePixelValue", 70000, ValueError, "from -32768 to 32767"),
        ("DimensionIndexPointer", "NoKeyword", ValueError, "neither a tag nor a keyword"),
        ("DimensionIndexPointer", 1 << 32, ValueError, "32-bit"),
        ("EncapsulatedDocument", "text", TypeError, "bytes are needed for OB, not str"),
        ("EncapsulatedDocument", [1, 2], TypeError, "bytes are needed for OB, not list"),
        ("AnatomicRegionSequence", Dataset(), TypeError, "in a list"),
        ("AnatomicRegionSequence", ["A"], TypeError, "Dataset, not str"),
    ],
)
def test_what_a_vr_does_not_take(keyword: str, assigned: Any, error: type[Exception], message: str) -> None:
    ds = Dataset()
    with pytest.raises(error, match=message):
        setattr(ds, keyword, assigned)
    assert len(ds) == 0


def test_what_is_assigned_is_not_what_is_kept() -> None:
    values, document = ["a", "b"], bytearray(b"%PDF")
    ds = Dataset(OtherPatientIDs=values, EncapsulatedDocument=document)
    values.append("c")
    document[0] = 0
    assert (ds.OtherPatientIDs, ds.EncapsulatedDocument) == (("a", "b"), b"%PDF")


@pytest.mark.parametrize(
    ("vm", "value", "expected"),
    [
        ("1", ["a"], "a"),
        ("1", [], None),
        ("1-n", "a", ("a",)),
        ("2", [], ()),
        (None, "a", "a"),
        (None, "a\\b", ("a", "b")),
        (None, None, None),
    ],
)
def test_the_vm_shapes(vm: str | None, value: Any, expected: Any) -> None:
    assert normalise("LO", value, vm) == expected


def test_private_elements_go_by_the_count() -> None:
    assert DataElement(0x00091001, "IS", 5).value == 5
    assert DataElement(0x00091001, "IS", [5, 6]).value == (5, 6)
    assert DataElement(0x00091001, "IS", None).value is None


def test_the_vr_that_was_read_stays() -> None:
    ds = Dataset()
    ds.add(DataElement("SmallestImagePixelValue", "SS", 5))
    ds.SmallestImagePixelValue = 7
    assert ds["SmallestImagePixelValue"].vr == "SS"
    with pytest.raises(ValueError, match="from -32768 to 32767"):
        ds.SmallestImagePixelValue = 40000

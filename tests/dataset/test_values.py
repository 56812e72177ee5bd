"""Values as they are assigned: what each VR takes, and what it becomes (PS3.5 6.2)."""

from __future__ import annotations

import array
import datetime
import math
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit import UID, DataElement, Dataset, Date, DateTime, PersonName, Sequence, Tag, Time
from dicomkit._ext import standard
from dicomkit.dataset.values import normalise
from dicomkit.standard import VRS

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
    ("StudyDate", np.datetime64("2024-02-29"), Date("20240229")),
    ("SliceThickness", 2.5, 2.5),  # DS
    ("SliceThickness", 2, 2.0),
    ("SliceThickness", "2.50", 2.5),
    ("SliceThickness", Decimal("2.50"), 2.5),
    ("SliceThickness", Fraction(5, 2), 2.5),
    ("SliceThickness", np.float32(2.5), 2.5),
    ("ImagePositionPatient", "1\\2\\3", (1.0, 2.0, 3.0)),
    ("ImagePositionPatient", np.array([1.0, 2.0, 3.0]), (1.0, 2.0, 3.0)),
    ("ImageOrientationPatient", np.eye(3)[:2], (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),
    ("ImagePositionPatient", [1, None, "3"], (1.0, None, 3.0)),
    ("ImagePositionPatient", (n / 2 for n in range(3)), (0.0, 0.5, 1.0)),
    ("AcquisitionDateTime", "202402", DateTime("202402")),  # DT
    ("AcquisitionDateTime", datetime.date(2024, 2, 29), DateTime("20240229")),
    ("AcquisitionDateTime", np.datetime64("2024-02-29T12:00:00.25", "ns"), DateTime("20240229120000.250000")),
    ("AcquisitionDateTime", datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC), DateTime("20240229120000+0000")),
    ("EventTimeOffset", 0.1, 0.1),  # FD
    ("EventTimeOffset", math.inf, math.inf),
    ("DisplayedZValue", 0.5, 0.5),  # FL
    ("DisplayedZValue", -math.inf, -math.inf),
    ("SeriesNumber", 3, 3),  # IS
    ("SeriesNumber", "3", 3),
    ("SeriesNumber", 3.0, 3),
    ("SeriesNumber", np.int16(3), 3),
    ("SeriesNumber", Decimal(3), 3),
    ("SeriesNumber", np.array(3), 3),
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
    ("RedPaletteColorLookupTableData", np.array([1, 2], ">u2"), b"\1\0\2\0"),
    ("RedPaletteColorLookupTableData", np.array([[1, 2], [3, 4]], "u2").T, b"\1\0\3\0\2\0\4\0"),
    ("RedPaletteColorLookupTableData", np.array([1, 2], "u1"), b"\1\2"),
    ("FloatPixelData", array.array("f", [0.0]), bytes(4)),  # OF
    ("FloatPixelData", np.array([1.0], ">f4"), b"\0\0\x80?"),
    ("FloatPixelData", b"\0\0\x80?", b"\0\0\x80?"),
    ("DoubleFloatPixelData", np.array([1.0]), b"\0\0\0\0\0\0\xf0?"),  # OD
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
    ("SOPInstanceUID", uuid.UUID(int=258), UID("2.25.258")),
    ("RelatedGeneralSOPClassUID", ["1.2", UID("1.3")], (UID("1.2"), UID("1.3"))),
    ("SimpleFrameList", range(1, 4), (1, 2, 3)),  # UL
    ("SimpleFrameList", (1 << 32) - 1, ((1 << 32) - 1,)),
    ("URNCodeValue", "urn:a", "urn:a"),  # UR
    ("Rows", 512, 512),  # US
    ("Rows", "512", 512),
    ("Rows", np.uint16(512), 512),
    ("RedPaletteColorLookupTableDescriptor", np.array([256, 0, 16], "i8"), (256, 0, 16)),
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
        ("EncapsulatedDocument", np.array(["a"]), TypeError, "bytes are needed for OB, not ndarray"),
        ("EncapsulatedDocument", np.array([object()]), TypeError, "bytes are needed for OB, not ndarray"),
        ("FloatPixelData", np.array([1.0]), ValueError, "OF has numbers of 4 bytes, not of 8"),
        ("OtherPatientIDs", ["a\\b"], ValueError, "a backslash separates the values of LO"),
        ("Rows", np.array([1.5]), ValueError, "not an integer"),
        ("SOPInstanceUID", 1.2, TypeError, "text is needed, not float"),
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


# -- the quick way of assigning


def tag_of(vr: str, vm: str) -> int | None:
    """An element of PS3.6 with a VR and a VM."""
    return next((row[0] for row in standard.elements() if row[1] == (vr,) and row[2] == vm and not row[0] & 0x10000), None)


TAGS = [(vr, vm, tag) for vr in VRS for vm in ("1", "1-n", "2", "3") for tag in [tag_of(vr, vm)] if tag is not None]

ones = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from(["", "1", "1.5", "a\\b", "20240101", PersonName("A^B"), UID("1.2"), Date("20240101"), Tag(5)]),
    st.integers(-70000, 70000),
    st.integers(-(1 << 65), 1 << 65),
    st.floats(),
    st.binary(max_size=4),
    st.sampled_from([(1 << 53) + 1, -(1 << 63), (1 << 63) - 1, 3.4028234663852886e38, 3.41e38, 1.7976931348623157e308]),
)
assigned_values = st.one_of(ones, st.lists(ones, max_size=3), st.lists(ones, max_size=3).map(tuple))


def same(one: Any, two: Any) -> bool:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and (one == two or (one != one and two != two))  # NaN


@pytest.mark.parametrize(("vr", "vm", "tag"), TAGS)
@settings(max_examples=60)
@given(assigned_values)
def test_the_quick_way_does_what_the_other_does(vr: str, vm: str, tag: int, value: Any) -> None:
    """Both ways are taken, and compared; where the quick one gives up, it leaves no trace."""
    ds = Dataset()
    if not ds._assign(tag, value):
        assert len(ds) == 0
        return
    assert (ds[tag].vr, ds[tag].tag) == (vr, tag)
    assert same(ds[tag].value, normalise(vr, value, vm))


def test_what_is_common_is_assigned_the_quick_way() -> None:
    common = [
        ("PatientName", "A^B"), ("PatientName", PersonName("A^B")), ("PatientName", ""), ("PatientName", None),
        ("PatientID", "é"), ("SOPInstanceUID", "1.2"), ("StudyDate", "20240101"), ("StudyTime", "10"),
        ("AcquisitionDateTime", "2024"),
        ("Rows", 512), ("SeriesNumber", 5), ("SliceThickness", 1.5), ("SliceThickness", 2), ("PixelSpacing", [0.5, 0.5]),
        ("ImageType", ("ORIGINAL", "PRIMARY")), ("ImageType", []), ("EventTimeOffset", 1.5), ("EncapsulatedDocument", b"ab"),
        ("FrameTimeVector", [1, None, 2.5]), ("PatientComments", "a\\b"), ("DisplayedZValue", 0.5), ("SelectorSVValue", -5),
    ]  # fmt: skip
    assert [keyword for keyword, value in common if not Dataset()._assign(Tag(keyword), value)] == []


def test_the_quick_way_is_for_elements_of_the_standard() -> None:
    ds = Dataset()
    assert not ds._assign(0x00091001, "a")
    assert not ds._assign(0x00080003, "a")
    assert not ds._assign(0x00280106, 5)  # US or SS
    assert not ds._assign(0x0040A730, [Dataset()])
    assert len(ds) == 0


def test_the_quick_way_keeps_the_vr_that_is_there() -> None:
    ds = Dataset()
    ds.add(DataElement("PatientID", "SH", "x"))
    ds.PatientID = "y"
    assert (ds["PatientID"].vr, ds.PatientID) == ("SH", "y")
    del ds.PatientID
    ds.PatientID = "z"
    assert ds["PatientID"].vr == "LO"

"""Values as they are read: typed by VR, shaped by VM (PS3.5 6.2 and 6.4), in every native encoding."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, TransferSyntax, Value, swap_words

import dicomkit
from dicomkit import UID, DataElement, Dataset, Date, DateTime, PersonName, Tag, Time, ValueDecodeError

SYNTAXES = pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG], ids=["explicit", "implicit", "big"]
)


def of(*elements: tuple[int, str, Value], syntax: TransferSyntax = EXPLICIT_LITTLE, **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid, **options)


def element_of(tag: int, vr: str, raw: bytes, **options: Any) -> DataElement:
    """An element with these very bytes as its value, in explicit VR little endian."""
    header = EXPLICIT_LITTLE.element(tag, vr, None)
    size = struct.pack("<I" if len(header) == 12 else "<H", len(raw))
    return dicomkit.read(header[: -len(size)] + size + raw, transfer_syntax=EXPLICIT_LITTLE.uid, **options)[tag]


# One attribute of VM 1 for each VR: tag, VR, what is encoded, what is read
SCALARS: list[tuple[int, str, Value, object]] = [
    (0x00000600, "AE", "ARCHIVE", "ARCHIVE"),  # MoveDestination
    (0x00101010, "AS", "042Y", "042Y"),  # PatientAge
    (0x00209165, "AT", 0x00209057, Tag(0x00209057)),  # DimensionIndexPointer
    (0x00080060, "CS", "CT", "CT"),  # Modality
    (0x00080020, "DA", "20240229", Date("20240229")),  # StudyDate
    (0x00180050, "DS", "2.50", 2.5),  # SliceThickness
    (0x0008002A, "DT", "20240229120000.5+0100", DateTime("20240229120000.5+0100")),  # AcquisitionDateTime
    (0x00082134, "FD", 0.1, 0.1),  # EventTimeOffset
    (0x00182046, "FL", 0.15625, 0.15625),  # DisplayedZValue
    (0x00200011, "IS", "-12", -12),  # SeriesNumber
    (0x00100020, "LO", "P 1", "P 1"),  # PatientID
    (0x00104000, "LT", " a\\b\r\n", " a\\b\r\n"),  # PatientComments: a backslash is a character
    (0x00420011, "OB", b"%PDF", b"%PDF"),  # EncapsulatedDocument
    (0x00100010, "PN", "Doe^Jane", PersonName("Doe^Jane")),  # PatientName
    (0x00200010, "SH", "S1", "S1"),  # StudyID
    (0x00186020, "SL", -70000, -70000),  # ReferencePixelX0
    (0x00189436, "SS", -7, -7),  # ExposureControlSensingRegionLeftVerticalEdge
    (0x00080081, "ST", "Main St\\1", "Main St\\1"),  # InstitutionAddress
    (0x00080030, "TM", "235960", Time("235960")),  # StudyTime
    (0x00100212, "UC", "C57BL/6", "C57BL/6"),  # StrainDescription
    (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2", UID("1.2.840.10008.5.1.4.1.1.2")),  # SOPClassUID
    (0x00041200, "UL", 4000000000, 4000000000),  # OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity
    (0x00080120, "UR", "urn:oid:1.2\\3", "urn:oid:1.2\\3"),  # URNCodeValue
    (0x00280010, "US", 65535, 65535),  # Rows
    (0x0040A160, "UT", "a\\b", "a\\b"),  # TextValue
    (0x0008040C, "UV", 1 << 63, 1 << 63),  # FileOffsetInContainer
]

# Attributes of other VMs
TUPLES: list[tuple[int, str, Value, tuple[object, ...]]] = [
    (0x00400001, "AE", ("A", "B"), ("A", "B")),  # ScheduledStationAETitle, 1-n
    (0x00280009, "AT", (0x00181063, 0x00540010), (Tag(0x00181063), Tag(0x00540010))),  # FrameIncrementPointer, 1-n
    (0x00280009, "AT", 0x00181063, (Tag(0x00181063),)),
    (0x00080008, "CS", ("ORIGINAL", "PRIMARY"), ("ORIGINAL", "PRIMARY")),  # ImageType, 2-n
    (0x00080008, "CS", "DERIVED", ("DERIVED",)),  # fewer than the VM wants
    (0x00181200, "DA", ("2024", "202402"), (Date("2024"), Date("202402"))),  # DateOfLastCalibration, 1-n
    (0x00200032, "DS", ("1", "-2.5e1", "+.5"), (1.0, -25.0, 0.5)),  # ImagePositionPatient, 3
    (0x00081163, "FD", (0.5, 1.5), (0.5, 1.5)),  # TimeRange, 2
    (0x00182043, "FL", (0.5, -1.0), (0.5, -1.0)),  # LocalizingCursorPosition, 2
    (0x00081160, "IS", ("1", "2"), (1, 2)),  # ReferencedFrameNumber, 1-n
    (0x00081160, "IS", "7", (7,)),
    (0x00101000, "LO", ("a", "", "c"), ("a", "", "c")),  # OtherPatientIDs, 1-n
    (0x00081050, "PN", ("A^B", "C^D"), (PersonName("A^B"), PersonName("C^D"))),  # PerformingPhysicianName, 1-n
    (0x00102162, "UC", ("x", "y"), ("x", "y")),  # EthnicGroups, 1-n
    (0x0072007C, "SL", (-1, 2), (-1, 2)),  # SelectorSLValue, 1-n
    (0x00189440, "SS", (-3, 4), (-3, 4)),  # CenterOfCircularExposureControlSensingRegion, 2
    (0x00720082, "SV", (-(1 << 63), 5), (-(1 << 63), 5)),  # SelectorSVValue, 1-n
    (0x00181201, "TM", ("10", "1130"), (Time("10"), Time("1130"))),  # TimeOfLastCalibration, 1-n
    (0x0008001A, "UI", ("1.2", "1.3"), (UID("1.2"), UID("1.3"))),  # RelatedGeneralSOPClassUID, 1-n
    (0x00081161, "UL", (1, 2), (1, 2)),  # SimpleFrameList, 1-n
    (0x00281101, "US", (256, 0, 16), (256, 0, 16)),  # RedPaletteColorLookupTableDescriptor, 3
    (0x00720083, "UV", (1, 2), (1, 2)),  # SelectorUVValue, 1-n
]


@SYNTAXES
@pytest.mark.parametrize(("tag", "vr", "encoded", "expected"), SCALARS)
def test_a_scalar_for_vm_1(syntax: TransferSyntax, tag: int, vr: str, encoded: Value, expected: object) -> None:
    element = of((tag, vr, encoded), syntax=syntax)[tag]
    assert (element.vr, element.value, type(element.value), element.vm) == (vr, expected, type(expected), 1)


@SYNTAXES
@pytest.mark.parametrize(("tag", "vr", "encoded", "expected"), TUPLES)
def test_a_tuple_for_any_other_vm(
    syntax: TransferSyntax, tag: int, vr: str, encoded: Value, expected: tuple[object, ...]
) -> None:
    element = of((tag, vr, encoded), syntax=syntax)[tag]
    assert (element.vr, element.value, element.vm) == (vr, expected, len(expected))
    assert [type(value) for value in element.value] == [type(value) for value in expected]


@SYNTAXES
@pytest.mark.parametrize(("tag", "vr"), [(tag, vr) for tag, vr, _, _ in SCALARS])
def test_none_for_an_empty_scalar(syntax: TransferSyntax, tag: int, vr: str) -> None:
    element = of((tag, vr, None), syntax=syntax)[tag]
    assert (element.value, element.vm, element.raw) == (None, 0, b"")


@SYNTAXES
@pytest.mark.parametrize(("tag", "vr"), [(tag, vr) for tag, vr, _, _ in TUPLES])
def test_no_values_for_an_empty_tuple(syntax: TransferSyntax, tag: int, vr: str) -> None:
    element = of((tag, vr, None), syntax=syntax)[tag]
    assert (element.value, element.vm, element.raw) == ((), 0, b"")


# Bytes of a value field, and the values in it. PS3.5 6.2: what is padding.
PADDINGS = [
    (0x00100020, "LO", b"  a b  \0", "a b"),
    (0x00100020, "LO", b"    ", None),
    (0x00104000, "LT", b"  a  \0", "  a"),
    (0x00100010, "PN", b"Doe ^ Jane  ", PersonName("Doe ^ Jane")),
    (0x00080016, "UI", b"1.2\0", UID("1.2")),
    (0x00080016, "UI", b"1.2 ", UID("1.2")),
    (0x00080008, "CS", b" A \\ B", ("A", "B")),
    (0x00200032, "DS", b" 1 \\2 \\ 3", (1.0, 2.0, 3.0)),
    (0x00200032, "DS", b"1\\\\3 ", (1.0, None, 3.0)),
    (0x00081160, "IS", b"\\2", (None, 2)),
    (0x00081160, "IS", b" 0012 ", (12,)),
    (0x00200011, "IS", b"1.0 ", 1),  # not an IS of the standard, but seen: no fraction is lost
    (0x00200011, "IS", b"+3", 3),
    (0x00101000, "LO", b"a\\", ("a", "")),
    (0x00102162, "UC", b" x\\y ", (" x", "y")),
]


@pytest.mark.parametrize(("tag", "vr", "raw", "expected"), PADDINGS)
def test_padding_is_no_part_of_a_value(tag: int, vr: str, raw: bytes, expected: object) -> None:
    assert element_of(tag, vr, raw).value == expected


@pytest.mark.parametrize(
    ("tag", "vr", "encoded", "expected"),
    [
        (0x00100020, "LO", ("1", "2"), ("1", "2")),  # PatientID, VM 1
        (0x00280010, "US", (1, 2), (1, 2)),  # Rows, VM 1
        (0x00180050, "DS", ("1", "2"), (1.0, 2.0)),  # SliceThickness, VM 1
        (0x00200032, "DS", ("1", "2", "3", "4"), (1.0, 2.0, 3.0, 4.0)),  # ImagePositionPatient, VM 3
    ],
)
def test_more_values_than_the_vm_are_all_there(tag: int, vr: str, encoded: Value, expected: tuple[object, ...]) -> None:
    assert of((tag, vr, encoded))[tag].value == expected


@pytest.mark.parametrize(("encoded", "expected"), [(None, None), ("7", 7), (("7", "8"), (7, 8))])
def test_private_elements_go_by_the_count_found(encoded: Value, expected: object) -> None:
    assert of((0x00091001, "IS", encoded))[0x00091001].value == expected


def test_count_is_of_values_not_of_bytes_that_look_like_backslashes() -> None:
    # 81 5C is one character of GBK, its second byte is the code of a backslash
    ds = of((0x00080005, "CS", "GBK"), (0x00091001, "LO", b"\x81\x5c"), (0x00091002, "LO", b"\x81\x5c\\a"))
    assert ds[0x00091001].value == "乗"
    assert ds[0x00091002].value == ("乗", "a")


MALFORMED = [
    (0x00180050, "DS", b"2,5 "),
    (0x00180050, "DS", b"1_0 "),
    (0x00180050, "DS", b"\xb2\xb5"),
    (0x00200032, "DS", b"1\\x\\3"),
    (0x00200011, "IS", b"1.5 "),
    (0x00200011, "IS", b"0x10"),
    (0x00200011, "IS", b"1e999 "),
    (0x00280010, "US", b"\1"),
    (0x00280010, "US", b"\1\0\2"),
    (0x00082134, "FD", bytes(12)),
    (0x00041200, "UL", bytes(6)),
    (0x00209165, "AT", bytes(3)),
]


@pytest.mark.parametrize(("tag", "vr", "raw"), MALFORMED)
def test_malformed_values_raise_and_their_bytes_are_there(tag: int, vr: str, raw: bytes) -> None:
    element = element_of(tag, vr, raw)
    with pytest.raises(ValueDecodeError) as caught:
        _ = element.value
    assert (caught.value.tag, caught.value.vr, caught.value.offset) == (tag, vr, 8)
    assert str(Tag(tag)) in str(caught.value)
    assert element.raw == raw


def test_decimal_strings_are_read_to_the_last_bit() -> None:
    texts = ("0.1", "-1.7976931348623157e308", "4.9E-324", "123456789012345.6", "1e22", "-0", "0.30000000000000004")
    assert element_of(0x00200032, "DS", "\\".join(texts).encode()).value == tuple(map(float, texts))
    assert math.copysign(1, element_of(0x00180050, "DS", b"-0").value) == -1


def test_integer_strings_may_be_longer_than_they_should() -> None:
    assert element_of(0x00200011, "IS", b"-99999999999999999999 ").value == -99999999999999999999


@SYNTAXES
def test_special_floats(syntax: TransferSyntax) -> None:
    ds = of((0x00081163, "FD", (math.inf, -math.inf)), (0x00182046, "FL", math.nan), syntax=syntax)
    assert ds.TimeRange == (math.inf, -math.inf)
    assert math.isnan(ds.DisplayedZValue or 0)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG], ids=["little", "big"])
def test_words_are_little_endian_whatever_the_encoding(syntax: TransferSyntax) -> None:
    words = b"\1\2\3\4"
    ds = of((0x00281201, "OW", words), syntax=syntax)
    assert ds.RedPaletteColorLookupTableData == words
    assert ds["RedPaletteColorLookupTableData"].raw == (swap_words(words, 2) if syntax is EXPLICIT_BIG else words)


# Values that are UN in the data set, PS3.5 6.2.2: the VR is the dictionary's, the bytes are little endian
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG], ids=["little", "big"])
@pytest.mark.parametrize(
    ("tag", "raw", "vr", "expected"),
    [
        (0x00280010, b"\1\0", "US", 1),
        (0x00100010, b"Doe^Jane", "PN", PersonName("Doe^Jane")),
        (0x00200032, b"1\\2\\3 ", "DS", (1.0, 2.0, 3.0)),
        (0x00091001, b"\1\0", "UN", b"\1\0"),  # private
        (0x00280106, b"\1\0", "UN", b"\1\0"),  # US or SS: not known
    ],
)
def test_unknown_vr_of_known_tags(syntax: TransferSyntax, tag: int, raw: bytes, vr: str, expected: object) -> None:
    element = of((tag, "UN", raw), syntax=syntax)[tag]
    assert (element.vr, element.encoded_vr, element.value, element.big_endian) == (vr, "UN", expected, False)


def test_values_never_change() -> None:
    ds = of((0x00080008, "CS", ("A", "B")), (0x00420011, "OB", b"abcd"))
    assert isinstance(ds.ImageType, tuple)
    assert isinstance(ds.EncapsulatedDocument, bytes)
    with pytest.raises(AttributeError):
        ds["ImageType"].value = ("C",)  # type: ignore[misc]  # what is tested

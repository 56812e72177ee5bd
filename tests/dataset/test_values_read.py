"""Values as they are read: typed by VR, shaped by VM (PS3.5 6.2 and 6.4), in every native encoding."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ITEM_DELIMITATION,
    SEQUENCE_DELIMITATION,
    TransferSyntax,
    Value,
)

import dicomkit
from dicomkit import UID, Dataset, Date, DateTime, Dictionary, PersonName, Sequence, Tag, Time, ValueDecodeError

SYNTAXES = [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG]
NAMES = ["explicit little", "implicit little", "explicit big"]

Row = tuple[int, str, Value]


def of(*elements: Row, syntax: TransferSyntax = EXPLICIT_LITTLE, codec: str = "ascii", **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements, codec), transfer_syntax=syntax.uid, **options)


def raw_of(tag: int, vr: str, raw: bytes, **options: Any) -> dicomkit.DataElement:
    """An element with these very bytes as its value."""
    return dicomkit.read(EXPLICIT_LITTLE.element(tag, vr, None)[:8] + raw, **options)[tag]


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
    (0x00281201, "OW", b"\1\0\2\0", b"\1\0\2\0"),  # RedPaletteColorLookupTableData
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

# The same for other VMs
TUPLES: list[tuple[int, str, Value, tuple[object, ...]]] = [
    (0x00400001, "AE", ("A", "B"), ("A", "B")),  # ScheduledStationAETitle, 1-n
    (0x00280009, "AT", (0x00181063, 0x00540010), (Tag(0x00181063), Tag(0x00540010))),  # FrameIncrementPointer, 1-n
    (0x00280009, "AT", 0x00181063, (Tag(0x00181063),)),
    (0x00080008, "CS", ("ORIGINAL", "PRIMARY"), ("ORIGINAL", "PRIMARY")),  # ImageType, 2-n
    (0x00080008, "CS", "DERIVED", ("DERIVED",)),
    (0x00181012, "DA", ("2024", "202402"), (Date("2024"), Date("202402"))),  # DateOfSecondaryCapture.. 1-n below
    (0x00200032, "DS", ("1", "-2.5e1", "+.5"), (1.0, -25.0, 0.5)),  # ImagePositionPatient, 3
    (0x00081163, "FD", (0.5, 1.5), (0.5, 1.5)),  # TimeRange, 2
    (0x00182043, "FL", (0.5, -1.0), (0.5, -1.0)),  # LocalizingCursorPosition, 2
    (0x00081160, "IS", ("1", "2"), (1, 2)),  # ReferencedFrameNumber, 1-n
    (0x00081160, "IS", "7", (7,)),
    (0x00101000, "LO", ("a", "", "c"), ("a", "", "c")),  # OtherPatientIDs, 1-n
    (0x00081050, "PN", ("A^B", "C^D"), (PersonName("A^B"), PersonName("C^D"))),  # PerformingPhysicianName, 1-n
    (0x00102160 + 2, "UC", ("x", "y"), ("x", "y")),  # EthnicGroups, 1-n
    (0x0072007C, "SL", (-1, 2), (-1, 2)),  # SelectorSLValue, 1-n
    (0x00189440, "SS", (-3, 4), (-3, 4)),  # CenterOfCircularExposureControlSensingRegion, 2
    (0x00720082, "SV", (-(1 << 63), 5), (-(1 << 63), 5)),  # SelectorSVValue, 1-n
    (0x00081201, "TM", ("10", "11"), (Time("10"), Time("11"))),  # CalibrationTime is (0018,1201), see below
    (0x0008001A, "UI", ("1.2", "1.3"), (UID("1.2"), UID("1.3"))),  # RelatedGeneralSOPClassUID, 1-n
    (0x00603002, "UL", (1, 2), (1, 2)),  # HistogramBinData is (0060,3020)
    (0x00281101, "US", (256, 0, 16), (256, 0, 16)),  # RedPaletteColorLookupTableDescriptor, 3
    (0x00720083, "UV", (1, 2), (1, 2)),  # SelectorUVValue, 1-n
]

"""Modules that several of the examples share (PS3.3 annex C)."""

from __future__ import annotations

from encoding import DataSet, code, uid, words

STUDY_UID = uid("study")
FRAME_OF_REFERENCE_UID = uid("frame of reference")
CT_SOP_CLASS, CT_UID, CT_SERIES_UID = "1.2.840.10008.5.1.4.1.1.2", uid("ct"), uid("ct series")


def patient(name: str | bytes, patient_id: str = "EX-0001") -> DataSet:
    """Patient and patient study modules (C.7.1.1, C.7.2.2)."""
    return [
        (0x00100010, "PN", name),  # PatientName
        (0x00100020, "LO", patient_id),  # PatientID
        (0x00100021, "LO", "DICOMKIT EXAMPLES"),  # IssuerOfPatientID
        (0x00100030, "DA", "19560324"),  # PatientBirthDate
        (0x00100040, "CS", "O"),  # PatientSex
        (0x00101010, "AS", "067Y"),  # PatientAge
        (0x00101020, "DS", "1.72"),  # PatientSize
        (0x00101030, "DS", "70.5"),  # PatientWeight
    ]


def study(description: str) -> DataSet:
    """General study module (C.7.2.1)."""
    return [
        (0x00080020, "DA", "20240131"),  # StudyDate
        (0x00080030, "TM", "101530.250"),  # StudyTime
        (0x00080050, "SH", "ACC-2024-17"),  # AccessionNumber
        (0x00080090, "PN", "Referrer^Rita^^Dr."),  # ReferringPhysicianName
        (0x00081030, "LO", description),  # StudyDescription
        (0x00081032, "SQ", [code("P5-08200", "99EXAMPLE", description)]),  # ProcedureCodeSequence
        (0x0020000D, "UI", STUDY_UID),  # StudyInstanceUID
        (0x00200010, "SH", "17"),  # StudyID
    ]


def series(modality: str, number: int, description: str, series_uid: str) -> DataSet:
    """General series and SOP common modules (C.7.3.1, C.12.1) but for SOP class and instance."""
    return [
        (0x00080021, "DA", "20240131"),  # SeriesDate
        (0x00080031, "TM", "101602"),  # SeriesTime
        (0x00080060, "CS", modality),  # Modality
        (0x0008103E, "LO", description),  # SeriesDescription
        (0x0020000E, "UI", series_uid),  # SeriesInstanceUID
        (0x00200011, "IS", number),  # SeriesNumber
    ]


def instance(sop_class: str, sop_instance: str, charset: str, number: int = 1) -> DataSet:
    """SOP common module (C.12.1)."""
    return [
        (0x00080005, "CS", charset),  # SpecificCharacterSet
        (0x00080012, "DA", "20240131"),  # InstanceCreationDate
        (0x00080013, "TM", "101603.5"),  # InstanceCreationTime
        (0x00080016, "UI", sop_class),  # SOPClassUID
        (0x00080018, "UI", sop_instance),  # SOPInstanceUID
        (0x00080201, "SH", "+0100"),  # TimezoneOffsetFromUTC
        (0x00200013, "IS", number),  # InstanceNumber
    ]


def equipment() -> DataSet:
    """General and enhanced general equipment modules (C.7.5.1, C.7.5.2)."""
    return [
        (0x00080070, "LO", "dicomkit"),  # Manufacturer
        (0x00080080, "LO", "Example Hospital"),  # InstitutionName
        (0x00081010, "SH", "EXAMPLE-1"),  # StationName
        (0x00081090, "LO", "Synthetic Scanner"),  # ManufacturerModelName
        (0x00181000, "LO", "000001"),  # DeviceSerialNumber
        (0x00181020, "LO", ("0.1.0", "phantom-2")),  # SoftwareVersions
    ]


def frame_of_reference() -> DataSet:
    """Frame of reference module (C.7.4.1)."""
    return [(0x00200052, "UI", FRAME_OF_REFERENCE_UID), (0x00201040, "LO", None)]


def pixels(rows: int, columns: int, frames: int | None = None) -> DataSet:
    """Image pixel module (C.7.6.3) of a 12 in 16 bit monochrome image, without its pixel data."""
    return [
        (0x00280002, "US", 1),  # SamplesPerPixel
        (0x00280004, "CS", "MONOCHROME2"),  # PhotometricInterpretation
        *([] if frames is None else [(0x00280008, "IS", frames)]),
        (0x00280010, "US", rows),  # Rows
        (0x00280011, "US", columns),  # Columns
        (0x00280100, "US", 16),  # BitsAllocated
        (0x00280101, "US", 12),  # BitsStored
        (0x00280102, "US", 11),  # HighBit
        (0x00280103, "US", 0),  # PixelRepresentation
    ]


def phantom(size: int, slice_number: int = 0) -> bytes:
    """A slice through a water cylinder with four inserts, in Hounsfield units + 1024, 16 bits little endian."""
    inserts = [(-500, 0, 0), (120, 1, 0), (350, 0, 1), (900, 1, 1)]
    unit, half = size / 64, size / 2
    pixels = []
    for y in range(size):
        for x in range(size):
            in_air = (x - half) ** 2 + (y - half) ** 2 > (28 * unit) ** 2
            value = -1000 if in_air else (x * 7 + y * 13 + slice_number) % 9 - 4
            for hounsfield, column, row in inserts:
                centre_x, centre_y = half + (column * 2 - 1) * 11 * unit, half + (row * 2 - 1) * 11 * unit
                if (x - centre_x) ** 2 + (y - centre_y) ** 2 < ((5 + slice_number) * unit) ** 2:
                    value = hounsfield
            pixels.append(value + 1024)
    return words(pixels)

"""A CT slice with the header that a scanner writes (PS3.3 A.3): sequences, a private block, a name in Latin-1."""

from __future__ import annotations

from encoding import DataSet, code, uid
from modules import (
    CT_SERIES_UID,
    CT_SOP_CLASS,
    CT_UID,
    equipment,
    frame_of_reference,
    instance,
    patient,
    phantom,
    pixels,
    series,
    study,
)

SIZE = 64
PRIVATE_CREATOR = "DICOMKIT EXAMPLE 1.0"


def ct_image() -> DataSet:
    """The data set, to be encoded as Latin-1."""
    return [
        *instance(CT_SOP_CLASS, CT_UID, "ISO_IR 100", number=12),
        *patient("Müller^Jürgen^Ägidius^Dr.^Jr."),
        *study("CT Schädel"),
        *series("CT", 3, "Kopf 5.0 H30s", CT_SERIES_UID),
        *equipment(),
        *frame_of_reference(),
        *pixels(SIZE, SIZE),
        *general_image(),
        *acquisition(),
        *private_block(),
        (0x7FE00010, "OW", phantom(SIZE)),  # PixelData
    ]


def general_image() -> DataSet:
    """General image, image plane, modality and VOI LUT modules (C.7.6.1, C.7.6.2, C.11.1, C.11.2)."""
    reference = [(0x00081150, "UI", CT_SOP_CLASS), (0x00081155, "UI", uid("localizer"))]
    return [
        (0x00080008, "CS", ("ORIGINAL", "PRIMARY", "AXIAL")),  # ImageType
        (0x00080022, "DA", "20240131"),  # AcquisitionDate
        (0x00080023, "DA", "20240131"),  # ContentDate
        (0x0008002A, "DT", "20240131101601.125+0100"),  # AcquisitionDateTime
        (0x00080032, "TM", "101601.125"),  # AcquisitionTime
        (0x00080033, "TM", "101603"),  # ContentTime
        (0x00081050, "PN", ("Scanner^Sam", "Röntgen^Wilhelm")),  # PerformingPhysicianName
        (0x00081140, "SQ", [[*reference, (0x0040A170, "SQ", [code("121311", "DCM", "Localizer")])]]),
        (0x00082218, "SQ", [code("69536005", "SCT", "Head")]),  # AnatomicRegionSequence
        (0x00180050, "DS", "5"),  # SliceThickness
        (0x00200012, "IS", 1),  # AcquisitionNumber
        (0x00200032, "DS", ("-120.000000", "-120.000000", "57.500000")),  # ImagePositionPatient
        (0x00200037, "DS", ("1", "0", "0", "0", "1", "0")),  # ImageOrientationPatient
        (0x00201041, "DS", "57.5"),  # SliceLocation
        (0x00204000, "LT", "Phantom, kein Patient.\r\nNur für Beispiele und Tests."),  # ImageComments
        (0x00280030, "DS", ("3.75", "3.75")),  # PixelSpacing
        (0x00280106, "US", 24),  # SmallestImagePixelValue
        (0x00280107, "US", 1924),  # LargestImagePixelValue
        (0x00281050, "DS", ("40", "600")),  # WindowCenter
        (0x00281051, "DS", ("80", "2800")),  # WindowWidth
        (0x00281052, "DS", "-1024"),  # RescaleIntercept
        (0x00281053, "DS", "1"),  # RescaleSlope
        (0x00281054, "LO", "HU"),  # RescaleType
        (0x00281055, "LO", ("Gehirn", "Knochen")),  # WindowCenterWidthExplanation
        (0x00400275, "SQ", [request("SPS-1"), request("SPS-2")]),  # RequestAttributesSequence
    ]


def acquisition() -> DataSet:
    """CT image module (C.8.2.1)."""
    return [
        (0x00180015, "CS", "HEAD"),  # BodyPartExamined
        (0x00180022, "CS", "AXIAL MODE"),  # ScanOptions
        (0x00180060, "DS", "120"),  # KVP
        (0x00180090, "DS", "500"),  # DataCollectionDiameter
        (0x00181030, "LO", "Schädel nativ"),  # ProtocolName
        (0x00181100, "DS", "240"),  # ReconstructionDiameter
        (0x00181110, "DS", "1085.6"),  # DistanceSourceToDetector
        (0x00181111, "DS", "595"),  # DistanceSourceToPatient
        (0x00181120, "DS", "0"),  # GantryDetectorTilt
        (0x00181130, "DS", "137"),  # TableHeight
        (0x00181140, "CS", "CW"),  # RotationDirection
        (0x00181150, "IS", 1000),  # ExposureTime
        (0x00181151, "IS", 210),  # XRayTubeCurrent
        (0x00181152, "IS", 210),  # Exposure
        (0x00181153, "IS", 210000),  # ExposureInuAs
        (0x00181160, "SH", "WEDGE_2"),  # FilterType
        (0x00181170, "IS", 25),  # GeneratorPower
        (0x00181190, "DS", ("0.7", "1.2")),  # FocalSpots
        (0x00181210, "SH", "H30s"),  # ConvolutionKernel
        (0x00185100, "CS", "HFS"),  # PatientPosition
        (0x00189305, "FD", 0.5),  # RevolutionTime
        (0x00189306, "FD", 0.6),  # SingleCollimationWidth
        (0x00189307, "FD", 38.4),  # TotalCollimationWidth
        (0x00189345, "FD", 52.625),  # CTDIvol
        (0x00189346, "SQ", [code("113690", "DCM", "IEC Head Dosimetry Phantom")]),  # CTDIPhantomTypeCodeSequence
    ]


def request(step: str) -> DataSet:
    """An item of the Request Attributes Sequence (10.6)."""
    return [
        (0x00321060, "LO", "CT Schädel"),  # RequestedProcedureDescription
        (0x00321064, "SQ", [code("CTH", "99EXAMPLE", "CT Schädel")]),  # RequestedProcedureCodeSequence
        (0x00400007, "LO", "CT Schädel nativ"),  # ScheduledProcedureStepDescription
        (0x00400008, "SQ", [code("CTHN", "99EXAMPLE", "CT Schädel nativ")]),  # ScheduledProtocolCodeSequence
        (0x00400009, "SH", step),  # ScheduledProcedureStepID
        (0x00401001, "SH", "RP-17"),  # RequestedProcedureID
    ]


def private_block() -> DataSet:
    """A private block with values of several VRs and a private sequence (PS3.5 7.8)."""
    nested: DataSet = [(0x00090010, "LO", PRIVATE_CREATOR), (0x00091010, "US", (1, 2, 3))]
    return [
        (0x00090010, "LO", PRIVATE_CREATOR),
        (0x00091001, "LO", "Röhre A"),
        (0x00091002, "DS", ("0.25", "-1.5e-3")),
        (0x00091003, "FD", (0.1, -2.5)),
        (0x00091004, "SQ", [nested, []]),
        (0x00091005, "OB", bytes(range(10))),
        (0x00091006, "UN", b"\x01\x02\x03\x04\xff\xfe\xfd\xfc"),
        (0x00091007, "SL", -123456),
        (0x00091008, "AT", (0x00100010, 0x7FE00010)),
    ]

"""An RT structure set (PS3.3 A.19) with two regions of interest drawn on the CT slice."""

from __future__ import annotations

import math

from encoding import DataSet, code, uid
from modules import (
    CT_SERIES_UID,
    CT_SOP_CLASS,
    CT_UID,
    FRAME_OF_REFERENCE_UID,
    STUDY_UID,
    equipment,
    frame_of_reference,
    instance,
    patient,
    series,
    study,
)

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
STUDY_MANAGEMENT_CLASS = "1.2.840.10008.3.1.2.3.1"
CT_REFERENCE: DataSet = [(0x00081150, "UI", CT_SOP_CLASS), (0x00081155, "UI", CT_UID)]
REGIONS = [(1, "External", "EXTERNAL", 105.0, (0, 128, 0)), (2, "Insert", "ORGAN", 18.8, (255, 64, 0))]


def structure_set() -> DataSet:
    """The data set, to be encoded as Latin-1."""
    return [
        *instance(SOP_CLASS, uid("structure set"), "ISO_IR 100"),
        *patient("Müller^Jürgen^Ägidius^Dr.^Jr."),
        *study("CT Schädel"),
        *series("RTSTRUCT", 5, "Konturen", uid("structure set series")),
        *equipment(),
        *frame_of_reference(),
        (0x00081070, "PN", "Planer^Paula"),  # OperatorsName
        (0x30060002, "SH", "Phantom"),  # StructureSetLabel
        (0x30060008, "DA", "20240131"),  # StructureSetDate
        (0x30060009, "TM", "140500"),  # StructureSetTime
        (0x30060010, "SQ", [referenced_frame_of_reference()]),  # ReferencedFrameOfReferenceSequence
        (0x30060020, "SQ", [region(number, name) for number, name, *_ in REGIONS]),  # StructureSetROISequence
        (
            0x30060039,
            "SQ",
            [contours(number, radius, colour) for number, _, _, radius, colour in REGIONS],
        ),  # ROIContourSequence
        (0x30060080, "SQ", [observation(number, kind) for number, _, kind, *_ in REGIONS]),  # RTROIObservationsSequence
        (0x300E0002, "CS", "UNAPPROVED"),  # ApprovalStatus
    ]


def referenced_frame_of_reference() -> DataSet:
    """An item of the Referenced Frame of Reference Sequence (C.8.8.5)."""
    images: DataSet = [(0x0020000E, "UI", CT_SERIES_UID), (0x30060016, "SQ", [CT_REFERENCE])]
    referenced: DataSet = [
        (0x00081150, "UI", STUDY_MANAGEMENT_CLASS),  # ReferencedSOPClassUID
        (0x00081155, "UI", STUDY_UID),  # ReferencedSOPInstanceUID
        (0x30060014, "SQ", [images]),  # RTReferencedSeriesSequence
    ]
    return [(0x00200052, "UI", FRAME_OF_REFERENCE_UID), (0x30060012, "SQ", [referenced])]


def region(number: int, name: str) -> DataSet:
    """An item of the Structure Set ROI Sequence (C.8.8.5)."""
    return [
        (0x30060022, "IS", number),  # ROINumber
        (0x30060024, "UI", FRAME_OF_REFERENCE_UID),  # ReferencedFrameOfReferenceUID
        (0x30060026, "LO", name),  # ROIName
        (0x30060036, "CS", "MANUAL"),  # ROIGenerationAlgorithm
    ]


def contours(number: int, radius: float, colour: tuple[int, int, int]) -> DataSet:
    """An item of the ROI Contour Sequence (C.8.8.6): one closed circle of 24 points."""
    points = []
    for i in range(24):
        angle = math.radians(15 * i)
        x, y = (round(radius * side, 2) + 0.0 for side in (math.cos(angle), math.sin(angle)))  # no minus zero
        points += [f"{x:.2f}", f"{y:.2f}", "57.5"]
    contour: DataSet = [
        (0x30060016, "SQ", [CT_REFERENCE]),  # ContourImageSequence
        (0x30060042, "CS", "CLOSED_PLANAR"),  # ContourGeometricType
        (0x30060046, "IS", len(points) // 3),  # NumberOfContourPoints
        (0x30060050, "DS", tuple(points)),  # ContourData
    ]
    return [(0x3006002A, "IS", colour), (0x30060040, "SQ", [contour]), (0x30060084, "IS", number)]


def observation(number: int, kind: str) -> DataSet:
    """An item of the RT ROI Observations Sequence (C.8.8.8)."""
    return [
        (0x30060082, "IS", number),  # ObservationNumber
        (0x30060084, "IS", number),  # ReferencedROINumber
        *([(0x30060086, "SQ", [code("113343008", "SCT", "Organ")])] if kind == "ORGAN" else []),
        (0x300600A4, "CS", kind),  # RTROIInterpretedType
        (0x300600A6, "PN", None),  # ROIInterpreter
    ]

"""A comprehensive structured report (PS3.3 A.35.3): a tree of content items, four levels deep."""

from __future__ import annotations

from encoding import DataSet, Value, code, uid
from modules import CT_SERIES_UID, CT_SOP_CLASS, CT_UID, STUDY_UID, equipment, instance, patient, series, study

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.33"
MILLIMETRE = code("mm", "UCUM", "millimeter")
CT_REFERENCE: DataSet = [(0x00081150, "UI", CT_SOP_CLASS), (0x00081155, "UI", CT_UID)]


def report() -> DataSet:
    """The data set, to be encoded as UTF-8."""
    referenced_series: DataSet = [(0x0020000E, "UI", CT_SERIES_UID), (0x00081199, "SQ", [CT_REFERENCE])]
    evidence: DataSet = [(0x0020000D, "UI", STUDY_UID), (0x00081115, "SQ", [referenced_series])]
    return [
        *instance(SOP_CLASS, uid("report"), "ISO_IR 192"),
        *patient("Müller^Jürgen^Ägidius^Dr.^Jr."),
        *study("CT Schädel"),
        *series("SR", 9, "Befund", uid("report series")),
        *equipment(),
        (0x00080023, "DA", "20240131"),  # ContentDate
        (0x00080033, "TM", "113000"),  # ContentTime
        (0x00081111, "SQ", []),  # ReferencedPerformedProcedureStepSequence
        (0x0040A372, "SQ", []),  # PerformedProcedureCodeSequence
        (0x0040A375, "SQ", [evidence]),  # CurrentRequestedProcedureEvidenceSequence
        (0x0040A491, "CS", "COMPLETE"),  # CompletionFlag
        (0x0040A493, "CS", "UNVERIFIED"),  # VerificationFlag
        *container("126000", "Imaging Measurement Report", content(), template="1500"),
    ]


def content() -> list[DataSet]:
    """The items under the root."""
    findings = [
        item(
            "CONTAINS",
            "TEXT",
            code("121071", "DCM", "Finding"),
            0x0040A160,
            "UT",
            "Keine Blutung. Größe unverändert: 12 mm.",
        ),
        measurement("103339001", "Long axis", "12.25", [20.5, 31.0, 44.0, 31.5]),
        measurement("103340004", "Short axis", "7.5", [32.0, 24.0, 32.5, 38.0]),
    ]
    observer = code("121008", "DCM", "Person Observer Name")
    language = code("121049", "DCM", "Language of Content Item and Descendants")
    return [
        coded("HAS CONCEPT MOD", language, code("de", "RFC5646", "German")),
        item("HAS OBS CONTEXT", "PNAME", observer, 0x0040A123, "PN", "Röntgen^Wilhelm"),
        contained("121070", "Findings", findings),
        contained(
            "121076",
            "Conclusions",
            [coded("CONTAINS", code("121077", "DCM", "Conclusion"), code("17621005", "SCT", "Normal"))],
        ),
    ]


def measurement(value: str, meaning: str, number: str, points: list[float]) -> DataSet:
    """A NUM item, inferred from a line on the image (C.18.1, C.18.6)."""
    measured: DataSet = [(0x004008EA, "SQ", [MILLIMETRE]), (0x0040A30A, "DS", number)]
    image: DataSet = [
        (0x0040A010, "CS", "SELECTED FROM"),  # RelationshipType
        (0x0040A040, "CS", "IMAGE"),  # ValueType
        (0x00081199, "SQ", [CT_REFERENCE]),  # ReferencedSOPSequence
    ]
    line: DataSet = [
        (0x0040A010, "CS", "INFERRED FROM"),  # RelationshipType
        (0x0040A040, "CS", "SCOORD"),  # ValueType
        (0x00700022, "FL", tuple(points)),  # GraphicData
        (0x00700023, "CS", "POLYLINE"),  # GraphicType
        (0x0040A730, "SQ", [image]),  # ContentSequence
    ]
    concept = code(value, "SCT", meaning)
    return [*item("CONTAINS", "NUM", concept, 0x0040A300, "SQ", [measured]), (0x0040A730, "SQ", [line])]


def item(relationship: str, value_type: str, concept: DataSet, tag: int, vr: str, value: Value) -> DataSet:
    """A content item (C.17.3)."""
    return [
        (0x0040A010, "CS", relationship),  # RelationshipType
        (0x0040A040, "CS", value_type),  # ValueType
        (0x0040A043, "SQ", [concept]),  # ConceptNameCodeSequence
        (tag, vr, value),
    ]


def coded(relationship: str, concept: DataSet, value: DataSet) -> DataSet:
    """A CODE item."""
    return item(relationship, "CODE", concept, 0x0040A168, "SQ", [value])


def container(value: str, meaning: str, items: list[DataSet], template: str = "") -> DataSet:
    """A CONTAINER item (C.18.8)."""
    identified: DataSet = [(0x00080105, "CS", "DCMR"), (0x0040DB00, "CS", template)]
    return [
        (0x0040A040, "CS", "CONTAINER"),  # ValueType
        (0x0040A043, "SQ", [code(value, "DCM", meaning)]),  # ConceptNameCodeSequence
        (0x0040A050, "CS", "SEPARATE"),  # ContinuityOfContent
        *([(0x0040A504, "SQ", [identified])] if template else []),
        (0x0040A730, "SQ", items),  # ContentSequence
    ]


def contained(value: str, meaning: str, items: list[DataSet]) -> DataSet:
    """A CONTAINER inside another."""
    return [(0x0040A010, "CS", "CONTAINS"), *container(value, meaning, items)]

"""An image made Secondary Capture, which nothing but its pixels describes (PS3.3 A.8)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.dataset.dataset import Dataset

__all__ = ["make_secondary_capture"]

#: Type 1 and type 2 attributes of the IOD, with what they are if they are missing.
VALUES: Final = {"ConversionType": "WSD", "Modality": "OT"}
UIDS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
EMPTY: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "SeriesNumber",
    "InstanceNumber",
    "PatientOrientation",
)


def make_secondary_capture(dataset: Dataset) -> None:
    """Give a data set the SOP class of Secondary Capture for its frames, and what its IOD wants."""
    from dicomkit.standard.uid import UID

    dataset.SOPClassUID = UID.from_keyword(_sop_class(dataset))
    for keyword, value in VALUES.items():
        if not dataset.get(keyword):
            setattr(dataset, keyword, value)
    for keyword in UIDS:
        if not dataset.get(keyword):
            setattr(dataset, keyword, UID.generate())
    for keyword in EMPTY:
        if keyword not in dataset:
            setattr(dataset, keyword, None)


def _sop_class(dataset: Dataset) -> str:
    frames = dataset.get("NumberOfFrames")
    if not isinstance(frames, int) or frames <= 1:
        return "SecondaryCaptureImageStorage"
    if dataset.get("SamplesPerPixel") == 3:
        kind = "TrueColor"
    else:
        bits = dataset.get("BitsAllocated")
        kind = "SingleBit" if bits == 1 else "GrayscaleByte" if bits == 8 else "GrayscaleWord"
    return f"MultiFrame{kind}SecondaryCaptureImageStorage"

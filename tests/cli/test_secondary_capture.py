from __future__ import annotations

import pytest

import dicomkit
from dicomkit.cli.secondary_capture import make_secondary_capture


@pytest.mark.parametrize(
    ("frames", "samples", "bits", "sop_class"),
    [
        (None, 1, 16, "SecondaryCaptureImageStorage"),
        (1, 3, 8, "SecondaryCaptureImageStorage"),
        (2, 1, 1, "MultiFrameSingleBitSecondaryCaptureImageStorage"),
        (2, 1, 8, "MultiFrameGrayscaleByteSecondaryCaptureImageStorage"),
        (2, 1, 16, "MultiFrameGrayscaleWordSecondaryCaptureImageStorage"),
        (2, 3, 8, "MultiFrameTrueColorSecondaryCaptureImageStorage"),
    ],
)
def test_sop_class(frames: int | None, samples: int, bits: int, sop_class: str) -> None:
    dataset = dicomkit.Dataset(SamplesPerPixel=samples, BitsAllocated=bits, PatientID="1", Modality="CT")
    if frames is not None:
        dataset.NumberOfFrames = frames
    make_secondary_capture(dataset)
    assert dataset.SOPClassUID == dicomkit.UID.from_keyword(sop_class)
    assert (dataset.ConversionType, dataset.Modality, dataset.PatientID) == ("WSD", "CT", "1")
    assert dataset.PatientOrientation == ()
    assert dataset.SeriesInstanceUID

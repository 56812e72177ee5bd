"""What stands beside pixel data after they were encoded: as dicom3tools' dciodvfy and DCMTK's dcmftest want it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit

Peer = Callable[[str], str]

#: Transfer syntax -> the one as which dciodvfy, which does not know it, is shown it: of the same family.
SHOWN_AS = {
    "RLELossless": None,
    "JPEGLossless": None,
    "JPEGLosslessSV1": None,
    "JPEGLSLossless": None,
    "JPEG2000Lossless": None,
    "HTJ2KLossless": "JPEG2000Lossless",
    "HTJ2KLosslessRPCL": "JPEG2000Lossless",
    "JPEGXLLossless": "JPEGLosslessSV1",
    "DeflatedImageFrameCompression": "RLELossless",
    "EncapsulatedUncompressedExplicitVRLittleEndian": "RLELossless",
    "JPEGBaseline8Bit": None,
    "JPEGExtended12Bit": None,
    "JPEGLSNearLossless": None,
    "JPEG2000": None,
    "HTJ2K": "JPEG2000",
    "JPEGXL": "JPEGBaseline8Bit",
}
LOSSY = ("JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless", "JPEG2000", "HTJ2K", "JPEGXL")


def secondary_capture(samples: int) -> dicomkit.Dataset:
    dataset = dicomkit.new("SecondaryCaptureImageStorage")
    empty = (
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "ReferringPhysicianName",
        "StudyID",
        "AccessionNumber",
    )
    for keyword in (*empty, "PatientOrientation", "Laterality"):
        setattr(dataset, keyword, None)
    values: dict[str, Any] = {
        "PatientName": "Doe^Jane",
        "PatientID": "1",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.5",
        "Modality": "OT",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "ConversionType": "WSD",
        "ImageType": ("ORIGINAL", "PRIMARY"),
        "Rows": 64,
        "Columns": 64,
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": "RGB" if samples == 3 else "MONOCHROME2",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }
    if samples == 3:
        values["PlanarConfiguration"] = 0
    else:
        values |= {"RescaleIntercept": 0, "RescaleSlope": 1, "RescaleType": "US", "PresentationLUTShape": "IDENTITY"}
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    slope = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    dataset.PixelData = (slope if samples == 1 else np.stack([slope, slope + 9, 255 - slope], -1)).tobytes()
    return dataset


def source(name: str, examples_dir: Path) -> dicomkit.Dataset:
    if name == "gray":
        return secondary_capture(1)
    if name == "colour":
        return secondary_capture(3)
    dataset = dicomkit.read(examples_dir / f"{name}.dcm")
    dataset.decompress()
    return dataset


def errors_of(dataset: dicomkit.Dataset, command: str, path: Path) -> list[str]:
    dataset.save(path)
    result = subprocess.run([command, path], capture_output=True, text=True)
    return [line for line in (result.stderr + result.stdout).splitlines() if line.startswith("Error")]


@pytest.mark.parametrize("name", ["ct", "rle", "gray", "colour"])
def test_dciodvfy(name: str, peer: Peer, examples_dir: Path, tmp_path: Path) -> None:
    command, test = peer("dciodvfy"), peer("dcmftest")
    path = tmp_path / "image.dcm"
    assert errors_of(source(name, examples_dir), command, path) == []
    for syntax, shown in SHOWN_AS.items():
        dataset = source(name, examples_dir)
        if syntax == "JPEGBaseline8Bit" and dataset.BitsStored > 8:
            continue
        dataset.compress(syntax)
        dataset.save(path)
        assert subprocess.run([test, path], capture_output=True).returncode == 0
        if shown is not None:
            dataset = dicomkit.read(path)
            dataset.transfer_syntax = dataset.file_meta.TransferSyntaxUID = dicomkit.UID.from_keyword(shown)
        if (name, syntax) == ("colour", "JPEGXL"):
            assert dataset.PhotometricInterpretation == "XYB"  # which it does not know either
            dataset.PhotometricInterpretation = "YBR_FULL_422"
        assert errors_of(dataset, command, path) == [], syntax
        dataset = source(name, examples_dir)
        dataset.compress(syntax)
        dataset.decompress()
        assert errors_of(dataset, command, path) == [], syntax


#: PS3.5 8.2, tables of valid values: transfer syntax -> Photometric Interpretation of what was RGB, Planar Configuration.
COLOUR = {
    "RLELossless": ("RGB", (0, 1)),
    "JPEGLossless": ("RGB", (0,)),
    "JPEGLosslessSV1": ("RGB", (0,)),
    "JPEGLSLossless": ("RGB", (0,)),
    "JPEGLSNearLossless": ("RGB", (0,)),
    "JPEG2000Lossless": ("YBR_RCT", (0,)),
    "HTJ2KLossless": ("YBR_RCT", (0,)),
    "HTJ2KLosslessRPCL": ("YBR_RCT", (0,)),
    "JPEG2000": ("YBR_ICT", (0,)),
    "HTJ2K": ("YBR_ICT", (0,)),
    "JPEGBaseline8Bit": ("YBR_FULL_422", (0,)),
    "JPEGExtended12Bit": ("YBR_FULL_422", (0,)),
    "JPEGXLLossless": ("RGB", (0,)),
    "JPEGXL": ("XYB", (0,)),
    "DeflatedImageFrameCompression": ("RGB", (0,)),
    "EncapsulatedUncompressedExplicitVRLittleEndian": ("RGB", (0,)),
}


@pytest.mark.parametrize("by_plane", [0, 1])
@pytest.mark.parametrize("syntax", COLOUR)
def test_attributes_of_colour(syntax: str, by_plane: int) -> None:
    dataset = secondary_capture(3)
    array = dataset.pixels.array()
    if by_plane:
        dataset.PlanarConfiguration = 1
        dataset.PixelData = array[0].transpose(2, 0, 1).tobytes()
    before = dataset.SOPInstanceUID
    dataset.compress(syntax)
    photometric, planar = COLOUR[syntax]
    assert dataset.PhotometricInterpretation == photometric
    assert dataset.PlanarConfiguration in planar
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.SamplesPerPixel) == (8, 8, 7, 3)
    read = dicomkit.read(dataset.to_bytes())
    assert read.file_meta.TransferSyntaxUID == dicomkit.UID.from_keyword(syntax)
    assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID
    if syntax in LOSSY:  # PS3.3 C.7.6.1.1.5
        assert read.LossyImageCompression == "01"
        assert len(read.LossyImageCompressionRatio) == len(read.LossyImageCompressionMethod) == 1
        assert read.ImageType[0] == "DERIVED"
        assert read.SOPInstanceUID != before
    else:
        assert "LossyImageCompression" not in read
        assert read.ImageType[0] == "ORIGINAL"
        assert read.SOPInstanceUID == before
        assert np.array_equal(read.pixels.array(), array)
    read.decompress()
    assert (read.PhotometricInterpretation, read.PlanarConfiguration) == ("RGB", 0)
    assert read.get("LossyImageCompression") == ("01" if syntax in LOSSY else None)  # once is for ever
    assert read["PixelData"].vr == "OB"


def test_a_high_bit_goes_where_the_sample_is() -> None:
    """Codestreams and what is decoded of them have the sample at the low end of its cell (PS3.5 8.1.1 allows no other)."""
    for syntax in COLOUR:
        dataset = secondary_capture(1)
        samples = dataset.pixels.array()[0] >> 3
        dataset.BitsStored, dataset.HighBit = 5, 7
        dataset.PixelData = (samples << 3 | 5).tobytes()
        dataset.compress(syntax)
        assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (8, 5, 4), syntax
        if syntax not in LOSSY:
            assert np.array_equal(dataset.pixels.array()[0], samples), syntax
        dataset.decompress()
        assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (8, 5, 4)

"""Images as the references have them, as the kernels have them, and in files of pydicom's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Image", "frame_of", "pixels", "to_array", "write_file"]

Image = list[list[list[int]]]  # components of lines of samples


def pixels(image: Image, bits: int, *, planar: bool = False) -> bytes:
    """The samples of an image as the kernel has them."""
    if planar:
        samples = [sample for lines in image for line in lines for sample in line]
    else:
        samples = [sample for lines in zip(*image, strict=True) for pixel in zip(*lines, strict=True) for sample in pixel]
    return bytes(samples) if bits <= 8 else b"".join(sample.to_bytes(2, sys.byteorder) for sample in samples)


def to_array(image: Image, bits: int) -> Any:
    numpy = pytest.importorskip("numpy")
    shape = (len(image[0]), len(image[0][0]), len(image))
    array = numpy.frombuffer(pixels(image, bits), "u1" if bits <= 8 else "u2").reshape(shape)
    return array[..., 0] if len(image) == 1 else array


def write_file(path: Path, image: Image, bits: int, data: bytes | None = None, syntax: str = "") -> None:
    """A DICOM file of an image: native, or of the frame `data` in a transfer syntax."""
    pydicom = pytest.importorskip("pydicom")
    uid = pydicom.uid
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax) if data else uid.ExplicitVRLittleEndian
    dataset.Rows, dataset.Columns = len(image[0]), len(image[0][0])
    dataset.SamplesPerPixel = len(image)
    dataset.PhotometricInterpretation = "RGB" if len(image) == 3 else "MONOCHROME2"
    if len(image) == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = 8 if bits <= 8 else 16
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits - 1, 0
    pixel_data = pydicom.encaps.encapsulate([data]) if data else pixels(image, bits)
    dataset.PixelData = pixel_data + bytes(len(pixel_data) & 1)
    dataset["PixelData"].VR = "OB" if bits <= 8 or data else "OW"
    dataset.save_as(path, enforce_file_format=True)


def frame_of(path: Path) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    return bytes(pydicom.encaps.get_frame(pydicom.dcmread(path).PixelData, 0, number_of_frames=1))

"""What type checkers know of a data set. Checked by test_typing.py; never run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import dicomkit
from dicomkit import UID, DataElement, Dataset, Date, DateTime, PersonName, Problem, Sequence, Tag, Time, read


def sources(path: Path, file: io.BufferedReader) -> None:
    assert_type(read(path), Dataset)
    assert_type(dicomkit.read("ct.dcm", stop_before="PixelData"), Dataset)
    assert_type(read(b"", only=["PatientName", 0x00100020, Tag("Rows")], defer_size=0, strict=True), Dataset)
    assert_type(read(file, charset=("", "ISO 2022 IR 87"), transfer_syntax="detect", quirks=["zlib"]), Dataset)
    assert_type(read(bytearray(), dictionary=dicomkit.Dictionary([])), Dataset)
    assert_type(read(memoryview(b"")), Dataset)


def scalars(ds: Dataset) -> None:
    assert_type(ds.PatientName, PersonName | None)
    assert_type(ds.PatientID, str | None)
    assert_type(ds.Rows, int | None)
    assert_type(ds.SeriesNumber, int | None)
    assert_type(ds.SliceThickness, float | None)
    assert_type(ds.StudyDate, Date | None)
    assert_type(ds.StudyTime, Time | None)
    assert_type(ds.AcquisitionDateTime, DateTime | None)
    assert_type(ds.SOPClassUID, UID | None)
    assert_type(ds.DimensionIndexPointer, Tag | None)
    assert_type(ds.PixelData, bytes | None)
    assert_type(ds.SmallestImagePixelValue, int | None)
    if ds.PatientName is not None:
        assert_type(ds.PatientName.family_name, str)


def tuples(ds: Dataset) -> None:
    assert_type(ds.ImageType, tuple[str, ...])
    assert_type(ds.ImagePositionPatient, tuple[float, ...])
    assert_type(ds.ReferencedFrameNumber, tuple[int, ...])
    assert_type(ds.OtherPatientNames, tuple[PersonName, ...])
    assert_type(ds.FrameIncrementPointer, tuple[Tag, ...])


def sequences(ds: Dataset) -> None:
    items = ds.ReferencedSeriesSequence
    assert_type(items, Sequence)
    assert_type(items[0], Dataset)
    assert_type(items[0].SeriesInstanceUID, UID | None)
    assert_type(items[1:], list[Dataset])
    assert_type([item.Rows for item in items], list[int | None])
    assert_type(items.pop(), Dataset)
    items.append(Dataset(SeriesInstanceUID="1.2"))
    items[0] = Dataset()
    items[1:] = [Dataset()]
    items += [Dataset()]


def assigning(ds: Dataset) -> None:
    ds.PatientName = "Doe^Jane"
    ds.PatientName = None
    ds.SliceThickness = "2.5"
    ds.ImagePositionPatient = [1, 2.5, "3"]
    ds.ImageType = "DERIVED\\SECONDARY"
    ds.DimensionIndexPointer = (0x0020, 0x9057)
    ds.ReferencedSeriesSequence = [Dataset()]
    ds.PixelData = bytearray(2)
    del ds.PatientName
    ds["PatientID"] = "P"
    ds[0x00091001, "ACME"] = b""
    ds["ReferencedSeriesSequence[0].SeriesInstanceUID"] = "1.2"


def elements(ds: Dataset) -> None:
    element = ds["PatientName"]
    assert_type(element, DataElement)
    assert_type(ds[0x00100010], DataElement)
    assert_type(ds[0x0010, 0x0010], DataElement)
    assert_type(ds[0x00091001, "ACME"], DataElement)
    assert_type(element.tag, Tag)
    assert_type((element.vr, element.keyword, element.name, element.path), tuple[str, str, str, str])
    assert_type((element.offset, element.length), tuple[int | None, int | None])
    assert_type((element.vm, element.raw, element.view()), tuple[int, bytes, memoryview])
    assert_type(element.private_creator, str | None)


def iterating(ds: Dataset) -> None:
    for element in ds:
        assert_type(element, DataElement)
    assert_type(ds.walk(), Iterator[DataElement])
    assert_type(ds.select("ReferencedSeriesSequence[*].SeriesInstanceUID"), Iterator[DataElement])
    assert_type(ds.keys(), list[Tag])
    assert_type(ds.items(), list[tuple[Tag, DataElement]])
    assert_type("PatientName" in ds, bool)


def the_file(ds: Dataset) -> None:
    assert_type(ds.transfer_syntax, UID | None)
    assert_type(ds.file_meta, Dataset | None)
    assert_type(ds.problems, tuple[Problem, ...])


def anything(ds: Dataset) -> None:
    value: Any = ds.get("PatientName")
    assert_type(ds.get("PatientName", "nobody"), Any)
    assert value is None or value

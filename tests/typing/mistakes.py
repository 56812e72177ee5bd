"""What type checkers refuse: each line with a comment, and no other. Checked by test_typing.py; never run."""

# ruff: noqa: B018 (an attribute that is only named)

from __future__ import annotations

from dicomkit import DataElement, Dataset, Sequence, read

ds = read("ct.dcm")

ds.PatientNmae  # error: attr-defined
ds.PatientNmae = "Doe^Jane"  # error: attr-defined
ds.shape  # error: attr-defined
ds.PatientName.family_name  # error: union-attr
ds.ImageType.append("X")  # error: attr-defined
ds.PatientName = 5  # error: assignment
ds.Rows = b"12"  # error: assignment
ds.ImagePositionPatient = object()  # error: assignment
ds.ReferencedSeriesSequence = [{"SeriesInstanceUID": "1.2"}]  # error: list-item
ds.ReferencedSeriesSequence.append("1.2")  # error: arg-type
ds.ReferencedSeriesSequence[0].Row  # error: attr-defined
ds[1.5]  # error: index
ds["PatientName"].value = "X"  # error: misc
ds["PatientName"].familyname  # error: attr-defined
read(5)  # error: arg-type
read("ct.dcm", True)  # error: call-arg
read("ct.dcm", force=True)  # error: call-arg
Sequence(["x"])  # error: list-item
Sequence()[0] = [Dataset()]  # error: call-overload
DataElement("PatientName", value="X", creator="ACME")  # error: call-arg

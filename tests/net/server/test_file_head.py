"""What stands in front of a received data set, read by pydicom and by ourselves."""

from __future__ import annotations

import io

import pytest

import dicomkit
from dicomkit.net.server.file_head import file_head


@pytest.mark.parametrize(("instance", "source"), [("1.2.3.4", "STORESCU"), ("1.2.3", "ODD"), ("1" * 64, "")])
def test_pydicom_reads_it(instance: str, source: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    data_set = b"\x08\0\x18\0UI\x08\0001.2.3.4\0"
    head = file_head("1.2.840.10008.5.1.4.1.1.2", instance, "1.2.840.10008.1.2.1", source)
    read = pydicom.dcmread(io.BytesIO(head + data_set))
    meta = read.file_meta
    assert meta.FileMetaInformationGroupLength == len(head) - 144
    assert meta.FileMetaInformationVersion == b"\0\1"
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert meta.MediaStorageSOPInstanceUID == instance
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.get("SourceApplicationEntityTitle", "") == source
    assert meta.ImplementationVersionName.startswith("DICOMKIT")
    assert read.SOPInstanceUID == "1.2.3.4"
    assert dicomkit.read(head + data_set).problems == ()


def test_what_is_no_latin_text() -> None:
    """A peer's text cannot break the header."""
    head = file_head("1.2", "1.2\N{SNOWMAN}", "1.2.840.10008.1.2.1", "\N{SNOWMAN}")
    assert dicomkit.read(head + b"\x08\0\x18\0UI\x02\0001\0").problems == ()

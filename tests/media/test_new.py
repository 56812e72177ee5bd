"""New SOP instances."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.media.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.media.new import new
from dicomkit.standard import UID


@pytest.mark.parametrize("key", ["CTImageStorage", "1.2.840.10008.5.1.4.1.1.2"])
def test_a_new_instance(key: str) -> None:
    dataset = new(key, PatientName="A^B", Rows=5, ContentSequence=[dicomkit.Dataset(TextValue="a")])
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert dataset.SOPInstanceUID.startswith("2.25.")
    assert (dataset.PatientName, dataset.Rows, dataset.ContentSequence[0].TextValue) == ("A^B", 5, "a")
    assert new(key).SOPInstanceUID != dataset.SOPInstanceUID


def test_file_meta_information() -> None:
    """PS3.10 table 7.1-1: all of type 1, and the version name."""
    meta = new("MRImageStorage", SOPInstanceUID="1.2.3").file_meta
    assert [(str(element.tag), element.value) for element in meta] == [
        ("(0002,0001)", b"\0\1"),
        ("(0002,0002)", "1.2.840.10008.5.1.4.1.1.4"),
        ("(0002,0003)", "1.2.3"),
        ("(0002,0010)", "1.2.840.10008.1.2.1"),
        ("(0002,0012)", IMPLEMENTATION_CLASS_UID),
        ("(0002,0013)", IMPLEMENTATION_VERSION_NAME),
    ]
    assert UID(IMPLEMENTATION_CLASS_UID).is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


def test_it_can_be_saved(tmp_path: Path, peer: Callable[[str], str]) -> None:
    dataset = new("SecondaryCaptureImageStorage", PatientName="A^B")
    dataset.save(tmp_path / "a.dcm")
    again = dicomkit.read(tmp_path / "a.dcm", strict=True)
    assert again == dataset
    assert again.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    text = subprocess.run([peer("dcmdump"), tmp_path / "a.dcm"], capture_output=True, text=True, check=True)
    assert "(0002,0002) UI =SecondaryCaptureImageStorage" in text.stdout
    assert text.stderr == ""


def test_a_later_uid_gets_into_the_file() -> None:
    dataset = new("CTImageStorage")
    dataset.SOPInstanceUID = "1.2.3"
    assert dicomkit.read(dataset.to_bytes()).file_meta.MediaStorageSOPInstanceUID == "1.2.3"


def test_private_sop_classes() -> None:
    assert new("1.2.3.4").file_meta.MediaStorageSOPClassUID == "1.2.3.4"


@pytest.mark.parametrize("key", ["", "CTImage", "ExplicitVRLittleEndian", "1.2.840.10008.1.2", "1.02", "1.2 ", "9" * 65])
def test_no_sop_classes(key: str) -> None:
    with pytest.raises(ValueError, match="is no SOP class"):
        new(key)


def test_wrong_values() -> None:
    with pytest.raises(AttributeError, match="PatientNmae"):
        new("CTImageStorage", PatientNmae="x")
    with pytest.raises(ValueError, match="65536"):
        new("CTImageStorage", Rows=65536)

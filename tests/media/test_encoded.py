"""Edited data sets as ones that were read: the same elements and values, over an index."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError
from dicomkit.dataset.text import character_sets
from dicomkit.media.encoded import Composed, encoded
from tests.interop.accepted import NOT_DICOM
from tests.reference.assigned import Made, made
from tests.reference.encoding import JPEG, Element, Item, PixelFragments, Sequence, file_bytes

SOUND = settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow], max_examples=60)
LARGE = bytes(range(256)) * 800


def assert_same(one: Dataset, other: Dataset) -> None:
    for a, b in zip(one.walk(), other.walk(), strict=True):
        assert (a.path, a.vr) == (b.path, b.vr)
        if a.vr != "SQ":
            assert a.value == b.value or a.value != a.value or str(a.value) == str(b.value)


def test_what_is_unchanged_is_itself() -> None:
    dataset = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"),)))
    assert encoded(dataset) is dataset
    item = dicomkit.read(file_bytes((Sequence(0x00081140, (Item(),)),))).ReferencedImageSequence[0]
    assert encoded(item) is item


@given(description=made())
@SOUND
def test_a_made_data_set(description: Made) -> None:
    dataset = description.as_dataset()
    done = encoded(dataset)
    assert done == dataset
    assert not done.is_changed()
    assert done.transfer_syntax == "1.2.840.10008.1.2.1"
    assert all(element.offset is not None for element in done.walk())
    assert encoded(done) is done
    assert dataset.is_changed()


def test_edited_files(pydicom_files: list[Path]) -> None:
    """Every file after a change: all elements are there, also fragments and deferred values, as they were."""
    for path in pydicom_files:
        if path.name in NOT_DICOM:
            continue
        for defer_size in (65536, 16):
            dataset = dicomkit.read(path, defer_size=defer_size)
            dataset[0x00081195] = "1.2.3"
            done = encoded(dataset)
            assert not done.is_changed()
            assert done.transfer_syntax == (dataset.transfer_syntax or "1.2.840.10008.1.2.1")
            for one, other in zip(done.walk(), dataset.walk(), strict=True):
                assert (one.path, one.vr) == (other.path, other.vr), path.name
                if (
                    one.vr == "SQ"
                    or one.tag & 0xFFFF == 0
                    or other.big_endian
                    or (other.offset is not None and len(other.raw) % 2)
                ):
                    continue
                try:
                    value = other.value
                except dicomkit.ValueDecodeError:
                    continue
                assert one.value == value or str(one.value) == str(value), f"{path.name} {one.path}"


def test_deferred_values_stay_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    item = Item((Element(0x00420011, "OB", LARGE),))
    path.write_bytes(file_bytes((Sequence(0x00081140, (item,)), Element(0x7FE00010, "OW", LARGE))))
    dataset = dicomkit.read(path)
    dataset.PatientName = "A"
    dataset.ReferencedImageSequence[0].CodeValue = "B"
    done = encoded(dataset)
    assert not done["PixelData"].is_in_memory
    assert done.PixelData == LARGE
    assert done.ReferencedImageSequence[0][0x00420011].value == LARGE
    assert bytes(done["PixelData"].view()) == LARGE
    assert done.to_bytes() == dataset.to_bytes()
    assert copy.deepcopy(done) == dataset


def test_encapsulated_pixel_data(tmp_path: Path) -> None:
    path = tmp_path / "jpeg.dcm"
    path.write_bytes(file_bytes((Element(0x00080018, "UI", b"1.2\0"), PixelFragments((b"", LARGE, LARGE[:70_000]))), JPEG))
    dataset = dicomkit.read(path)
    dataset.PatientName = "A"
    done = encoded(dataset)
    assert done.transfer_syntax == JPEG
    assert done["PixelData"].is_encapsulated
    assert done["PixelData"].raw == dataset["PixelData"].raw
    assert done.to_bytes() == dataset.to_bytes()


def test_the_character_set_that_holds() -> None:
    content = file_bytes(
        (
            Element(0x00080005, "CS", b"ISO_IR 100"),
            Element(0x00100010, "PN", b"\xc4 "),
            Sequence(0x00081140, (Item((Element(0x00080104, "LO", b"\xe4 "),)),)),
        )
    )
    item = dicomkit.read(content).ReferencedImageSequence[0]
    item.CodeValue = "X"
    assert encoded(item).CodeMeaning == "ä"
    forced = dicomkit.read(content, charset="ISO_IR 144")
    before = forced.PatientName
    forced.PatientID = "X"
    assert encoded(forced).PatientName == before
    assert encoded(forced).character_sets == character_sets("ISO_IR 144")
    other = dicomkit.read(content)
    other.SpecificCharacterSet = "ISO_IR 192"
    assert encoded(other).PatientName == "Ä"
    assert encoded(other).ReferencedImageSequence[0].CodeMeaning == "ä"


def test_file_meta() -> None:
    dataset = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"),)))
    assert dataset.file_meta is not None
    dataset.file_meta.SourceApplicationEntityTitle = "AE"
    done = encoded(dataset)
    assert done is not dataset
    assert done.file_meta is not None
    assert not done.file_meta.is_changed()
    assert done.file_meta.SourceApplicationEntityTitle == "AE"
    assert done == dataset
    dataset.PatientID = "X"
    done = encoded(dataset)
    assert done.file_meta is not None
    assert [e for e in done.file_meta if e.tag != 0x00020000] == [e for e in dataset.file_meta if e.tag != 0x00020000]
    assert encoded(Dataset(PatientID="X")).file_meta is None


def test_what_cannot_be_written() -> None:
    with pytest.raises(EncodeError, match=r"\(0010,0010\)"):
        encoded(Dataset(PatientName="Яков"))


def test_any_tag() -> None:
    """Also those that a file has elsewhere."""
    dataset = Dataset()
    dataset.add(DataElement(0x00000100, "US", 1))
    dataset.add(DataElement(0x00020010, "UI", "1.2"))
    dataset.add(DataElement(0xFFFCFFFC, "OB", b"\0\0"))
    assert encoded(dataset) == dataset


def test_composed_gives_any_range() -> None:
    class Source:
        def read(self, offset: int, length: int) -> bytes:
            return LARGE[offset : offset + length]

    parts = [b"head", b"", (Source(), 100, 5000, 1), memoryview(b"between"), (None, LARGE[:64], 64, 2), (Source(), 7, 11, 1)]
    composed = Composed(parts)
    words = bytes(LARGE[at ^ 1] for at in range(64))
    whole = b"head" + LARGE[100:5100] + b"between" + words + LARGE[7:18]
    assert composed.size == len(whole)
    for offset in (0, 1, 3, 4, 5, 100, 5003, 5004, 5005, 5011, 5012, 5013, len(whole) - 12, len(whole) - 1):
        for length in (0, 1, 2, 3, 8, 100, 6000):
            assert composed.read(offset, length) == whole[offset : offset + length], (offset, length)
            window = bytes(composed.window(offset, length))
            assert len(window) >= min(length, len(whole) - offset)
            assert whole.startswith(window, offset)
    assert bytes(composed.window(len(whole), 1)) == b""

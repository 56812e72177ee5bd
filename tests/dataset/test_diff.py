"""What differs between two data sets."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.dataset.diff import Difference, diff


def lines(before: Dataset, after: Dataset, **options: object) -> list[str]:
    return [str(difference) for difference in diff(before, after, **options)]


@pytest.fixture
def before() -> Dataset:
    items = [Dataset(ReferencedSOPInstanceUID="1.2"), Dataset(ReferencedSOPInstanceUID="1.3", ReferencedFrameNumber=[1, 2])]
    return Dataset(PatientName="A^B", PatientID="1", Rows=5, ReferencedImageSequence=items)


def test_equal(before: Dataset) -> None:
    assert diff(before, copy.deepcopy(before)) == []
    assert diff(Dataset(), Dataset()) == []


def test_kinds(before: Dataset) -> None:
    after = copy.deepcopy(before)
    del after.PatientID
    after.PatientName = "C^D"
    after.PatientComments = "new"
    added, changed, removed = sorted(diff(before, after), key=lambda difference: difference.kind)
    assert (added.kind, added.path, added.before) == ("added", "(0010,4000)", None)
    assert added.after.value == "new"
    assert (changed.kind, changed.before.value, changed.after.value) == ("changed", "A^B", "C^D")
    assert (removed.kind, removed.path, removed.after) == ("removed", "(0010,0020)", None)
    assert removed.before.value == "1"
    assert lines(before, after) == [
        "~ (0010,0010) PatientName: PN 'A^B' -> PN 'C^D'",
        "- (0010,0020) PatientID: LO '1'",
        "+ (0010,4000) PatientComments: LT 'new'",
    ]
    assert repr(added) == "<Difference + (0010,4000) PatientComments: LT 'new'>"
    assert [difference.kind for difference in diff(after, before)] == ["changed", "added", "removed"]


def test_items(before: Dataset) -> None:
    after = copy.deepcopy(before)
    after.ReferencedImageSequence[1].ReferencedSOPInstanceUID = "1.4"
    after.ReferencedImageSequence.append(Dataset())
    assert lines(before, after) == [
        "~ (0008,1140)[1].(0008,1155) ReferencedSOPInstanceUID: UI '1.3' -> UI '1.4'",
        "+ (0008,1140)[2]: item of 0 elements",
    ]
    _, addition = diff(before, after)
    assert addition.after is after.ReferencedImageSequence[2]
    del after.ReferencedImageSequence[1:]
    assert lines(before, after) == ["- (0008,1140)[1]: item of 2 elements"]
    del after.ReferencedImageSequence
    assert lines(before, after) == ["- (0008,1140) ReferencedImageSequence: SQ 2 items"]


def test_the_order_is_that_of_the_tags() -> None:
    before = Dataset(ContentSequence=[Dataset(TextValue="a", ContentSequence=[Dataset(TextValue="b")])], Rows=1)
    after = Dataset(ContentSequence=[Dataset(TextValue="c", ContentSequence=[Dataset(TextValue="d")])], Rows=2)
    assert [difference.path for difference in diff(before, after)] == [
        "(0028,0010)",
        "(0040,A730)[0].(0040,A160)",
        "(0040,A730)[0].(0040,A730)[0].(0040,A160)",
    ]


def test_ignored_elements(before: Dataset) -> None:
    after = copy.deepcopy(before)
    after.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "1.4"
    after.Rows = 6
    del after.PatientID
    ignore = ["ReferencedSOPInstanceUID", 0x00280010, "(0010,0020)"]
    assert diff(before, after, ignore=ignore) == []
    assert len(diff(before, after, ignore=ignore[:1])) == 2
    with pytest.raises(ValueError, match="NoSuch"):
        diff(before, after, ignore=["NoSuch"])


def test_another_vr_is_a_change() -> None:
    before, after = Dataset(), Dataset()
    before.add(dicomkit.DataElement(0x00091001, "LO", "1"))
    after.add(dicomkit.DataElement(0x00091001, "SH", "1"))
    assert lines(before, after) == ["~ (0009,1001): LO '1' -> SH '1'"]


def test_values_that_look_the_same() -> None:
    before, after = Dataset(PixelData=bytes(5000)), Dataset(PixelData=bytes(4999) + b"\1")
    assert lines(before, after) == [f"~ (7FE0,0010) PixelData: {before['PixelData'].vr} 5000 bytes that differ"]


def test_values_not_encodings(examples_dir: Path) -> None:
    """The examples are one CT in four transfer syntaxes."""
    original = dicomkit.read(examples_dir / "ct.dcm")
    for name in ("ct_big_endian.dcm", "ct_implicit.dcm", "ct_deflated.dcm"):
        other = dicomkit.read(examples_dir / name)
        assert diff(original, other) == diff(other, original) == [], name
        lost = {difference.after.vr for difference in diff(original, other, exact=True)}
        assert lost == ({"UN"} if "implicit" in name else set()), name
    changed = dicomkit.read(examples_dir / "ct_big_endian.dcm")
    changed.PixelData = bytes(len(changed.PixelData))
    assert [difference.path for difference in diff(original, changed)] == ["(7FE0,0010)"]


def test_character_sets_are_encodings(examples_dir: Path) -> None:
    original = dicomkit.read(examples_dir / "ct.dcm")
    other = dicomkit.read(original.to_bytes())
    other.SpecificCharacterSet = "ISO_IR 192"
    other.PatientName = original.PatientName
    other.ImageComments = original.ImageComments
    other = dicomkit.read(other.to_bytes())
    changed = [difference.path for difference in diff(original, other, ignore=["SpecificCharacterSet"])]
    assert "(0010,0010)" not in changed
    assert "(0020,4000)" not in changed


def test_exact() -> None:
    def read(spelling: bytes) -> Dataset:
        data = b"\x18\0\x50\0DS" + len(spelling).to_bytes(2, "little") + spelling
        return dicomkit.read(data, transfer_syntax="ExplicitVRLittleEndian")

    assert diff(read(b"1.5 "), read(b"1.50")) == []
    assert len(diff(read(b"1.5 "), read(b"1.50"), exact=True)) == 1
    assert diff(read(b"1.5 "), read(b"1.5 "), exact=True) == []
    assert diff(read(b"junk"), read(b"junk")) == []
    assert len(diff(read(b"junk"), read(b"bunk"))) == 1


def test_nan_equals_itself() -> None:
    one = Dataset(SelectorFDValue=[math.nan, 1.0]).to_bytes()
    big = Dataset(SelectorFDValue=[math.nan, 1.0]).to_bytes(transfer_syntax="ExplicitVRBigEndian")
    assert diff(dicomkit.read(one), dicomkit.read(one)) == []
    assert diff(dicomkit.read(one), dicomkit.read(big)) == []


def test_what_was_read_and_what_was_made(before: Dataset) -> None:
    assert diff(before, dicomkit.read(before.to_bytes())) == []
    assert diff(dicomkit.read(before.to_bytes()), before, exact=True) == []


def test_edited_items_are_seen(before: Dataset) -> None:
    one, other = dicomkit.read(before.to_bytes()), dicomkit.read(before.to_bytes())
    assert diff(one, other) == []
    other.ReferencedImageSequence[1].ReferencedSOPInstanceUID = "1.9"
    assert [difference.path for difference in diff(one, other)] == ["(0008,1140)[1].(0008,1155)"]


def test_same_bytes_in_other_character_sets() -> None:
    def read(charset: str) -> Dataset:
        made = Dataset(SpecificCharacterSet="ISO_IR 100", ContentSequence=[Dataset(TextValue="é")]).to_bytes(meta="none")
        return dicomkit.read(made.replace(b"ISO_IR 100", charset.encode()))

    changed = [difference.path for difference in diff(read("ISO_IR 100"), read("ISO_IR 101"))]
    assert changed == ["(0008,0005)"]  # E9 is the same in both
    changed = [difference.path for difference in diff(read("ISO_IR 100"), read("ISO_IR 144"))]
    assert changed == ["(0008,0005)", "(0040,A730)[0].(0040,A160)"]


def test_deep_nesting() -> None:
    def nested(text: str) -> Dataset:
        dataset = Dataset(TextValue=text)
        for _ in range(127):
            dataset = Dataset(ContentSequence=[dataset])
        return dataset

    (difference,) = diff(nested("a"), nested("b"))
    assert difference.path.count("[0]") == 127
    assert diff(nested("a"), nested("a")) == []


def test_differences_are_plain_objects(before: Dataset) -> None:
    difference = Difference("(0010,0010)", None, before["PatientName"])
    assert (difference.kind, difference.path) == ("added", "(0010,0010)")
    with pytest.raises(AttributeError):
        difference.other = 1  # type: ignore[attr-defined]  # that there is none is the test

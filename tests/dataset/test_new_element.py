"""VRs of elements that are new in a data set."""

from __future__ import annotations

import pytest

from dicomkit.dataset import Dataset
from dicomkit.dataset.new_element import vr_of_new
from dicomkit.standard import Tag


@pytest.mark.parametrize(
    ("values", "tag", "vr"),
    [
        ({}, "PatientName", "PN"),
        ({}, "0008,0000", "UL"),
        ({}, "0009,0010", "LO"),
        ({}, "0098,1234", "UN"),
        ({}, "SmallestImagePixelValue", "US"),
        ({"PixelRepresentation": 1}, "SmallestImagePixelValue", "SS"),
        ({"PixelRepresentation": 0}, "SmallestImagePixelValue", "US"),
        ({}, "PixelData", "OW"),
        ({"BitsAllocated": 16}, "PixelData", "OW"),
        ({}, "LUTData", "OW"),
        ({}, "6002,3000", "OW"),
    ],
)
def test_vr(values: dict[str, int], tag: str, vr: str) -> None:
    assert vr_of_new(Dataset(**values), Tag(tag)) == vr


def test_private_blocks() -> None:
    dataset = Dataset()
    dataset[0x00090010] = "SIEMENS MED"
    assert vr_of_new(dataset, Tag(0x00091010)) == "LO"
    assert vr_of_new(dataset, Tag(0x00091099)) == "UN"
    for tag in (0x00091110, 0x00310000, 0x00310005, 0x00311010):
        with pytest.raises(ValueError, match="no private creator"):
            vr_of_new(dataset, Tag(tag))
        assert vr_of_new(dataset, Tag(tag), False) in ("UN", "UL")

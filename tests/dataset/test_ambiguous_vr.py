"""Elements that have several VRs in PS3.6: which one an assigned value takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dicomkit import DataElement, Dataset
from dicomkit.dataset.ambiguous_vr import in_order


@pytest.mark.parametrize(
    ("context", "keyword", "value", "vr"),
    [
        ({}, "SmallestImagePixelValue", 5, "US"),
        ({}, "SmallestImagePixelValue", -5, "SS"),
        ({"PixelRepresentation": 0}, "SmallestImagePixelValue", 5, "US"),
        ({"PixelRepresentation": 1}, "SmallestImagePixelValue", 5, "SS"),
        ({"PixelRepresentation": 1}, "SmallestImagePixelValue", 40000, "US"),  # which does not fit in SS
        ({"PixelRepresentation": None}, "SmallestImagePixelValue", 5, "US"),
        ({}, "PixelData", b"ab", "OW"),  # PS3.5 A.2: right for any number of bits
        ({"BitsAllocated": 8}, "PixelData", b"ab", "OB"),
        ({"BitsAllocated": 1}, "PixelData", b"ab", "OB"),
        ({"BitsAllocated": 16}, "PixelData", b"ab", "OW"),
        ({"BitsAllocated": 16}, "OverlayData", b"ab", "OW"),
        ({}, "LUTData", [1, 2], "US"),
        ({}, "LUTData", b"ab", "OW"),
        ({}, "LUTData", np.array([1, 2], "u2"), "US"),
    ],
)
def test_vr_of_an_assigned_value(context: dict[str, Any], keyword: str, value: Any, vr: str) -> None:
    ds = Dataset(**context)
    setattr(ds, keyword, value)
    assert ds[keyword].vr == vr


def test_the_vr_that_is_there_stays() -> None:
    ds = Dataset(PixelRepresentation=1)
    ds.add(DataElement("PixelPaddingValue", "US", 5))
    ds.PixelPaddingValue = 6
    assert ds["PixelPaddingValue"].vr == "US"


def test_without_a_data_set() -> None:
    assert DataElement("PixelData", value=b"ab").vr == "OW"
    assert in_order(("US", "SS"), None) == ("US", "SS")

from __future__ import annotations

import pytest

import dicomkit
from dicomkit.cli.planar_configuration import wants_planes

US = "1.2.840.10008.5.1.4.1.1.6.1"


@pytest.mark.parametrize(
    ("attributes", "planar", "space", "planes"),
    [
        ({}, "restore", "", False),
        ({"PlanarConfiguration": 1}, "restore", "", True),
        ({"PlanarConfiguration": 1}, "pixel", "", False),
        ({}, "plane", "", True),
        ({"PlanarConfiguration": 1}, "auto", "", False),
        ({"SOPClassUID": US, "PhotometricInterpretation": "YBR_FULL"}, "auto", "", True),
        ({"SOPClassUID": US, "PhotometricInterpretation": "YBR_FULL"}, "auto", "RGB", False),
        ({"SOPClassUID": "1.2.840.10008.5.1.1.30"}, "auto", "RGB", True),
    ],
)
def test_planes(attributes: dict[str, object], planar: str, space: str, planes: bool) -> None:
    assert wants_planes(dicomkit.Dataset(**attributes), planar, space) is planes

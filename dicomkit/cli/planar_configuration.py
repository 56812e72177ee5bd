"""Which Planar Configuration decoded frames get (PS3.3 C.7.6.3.1.3)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.dataset.dataset import Dataset

__all__ = ["wants_planes"]

HARDCOPY_COLOR: Final = "1.2.840.10008.5.1.1.30"
ULTRASOUND: Final = ("1.2.840.10008.5.1.4.1.1.3.1", "1.2.840.10008.5.1.4.1.1.6.1")


def wants_planes(dataset: Dataset, planar: str, space: str = "") -> bool:
    """Whether the samples of a data set are to be stored plane by plane.

    Args:
        dataset: the data set, not decoded yet.
        planar: "pixel"; "plane"; "restore": as it says it; "auto": as its SOP class wants it (PS3.3 C.8.5.6.1.16).
        space: colour space of the decoded frames; "": that of its Photometric Interpretation.
    """
    if planar == "restore":
        return bool(dataset.get("PlanarConfiguration") == 1)
    if planar != "auto":
        return planar == "plane"
    sop_class = dataset.get("SOPClassUID")
    if sop_class == HARDCOPY_COLOR:
        return True
    return sop_class in ULTRASOUND and (space or dataset.get("PhotometricInterpretation")) == "YBR_FULL"

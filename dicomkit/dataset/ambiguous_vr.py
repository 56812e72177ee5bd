"""Elements with several VRs in PS3.6: which comes first for an assigned value (PS3.5 section 6.2, Annex A).

"US or SS" goes by Pixel Representation. "OB or OW" is OW, which is right for any number of bits, unless Bits Allocated
says that OB does.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset.dataset import Dataset

__all__ = ["in_order"]

_BITS_ALLOCATED = 0x00280100
_PIXEL_REPRESENTATION = 0x00280103


def in_order(vrs: tuple[str, ...], dataset: Dataset | None) -> tuple[str, ...]:
    """The VRs of an element, the likeliest first.

    Args:
        vrs: two or more.
        dataset: the data set that the element is for, if there is one.
    """
    if "OB" in vrs:
        bits = _number(dataset, _BITS_ALLOCATED)
        return vrs if bits is not None and bits <= 8 else vrs[::-1]
    if "SS" in vrs and _number(dataset, _PIXEL_REPRESENTATION) == 1:
        return ("SS", *[vr for vr in vrs if vr != "SS"])
    return vrs


def _number(dataset: Dataset | None, tag: int) -> int | None:
    element = None if dataset is None else dataset._element(tag)
    if element is None:
        return None
    try:
        value = element.value
    except (ValueError, OSError):
        return None
    return value if isinstance(value, int) else None

"""The VR of an element that is put into a data set, where neither a file nor the program says it."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.dataset.ambiguous_vr import in_order
from dicomkit.dataset.private import creator_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.tag import Tag

__all__ = ["vr_of_new"]


def vr_of_new(dataset: Dataset, tag: Tag, check_creators: bool = True) -> str:
    """The VR that an element gets in a data set: the dictionary's, UN if it is not there.

    Of several VRs, other elements of the data set decide; OW is taken where there may be numbers or words.

    Args:
        dataset: the data set or item that the element is for.
        tag: the element's tag.
        check_creators: whether a private element needs a block that a private creator has reserved.

    Raises:
        ValueError: nobody reserved the block.

    PS3.5 7.8.1, Annex A.
    """
    if tag.is_private and not tag.is_private_creator:
        creator = creator_of(dataset, tag)
        if creator:
            entry = standard.private_element(creator, tag, dataset._dictionary)
        elif check_creators:
            raise ValueError(f"no private creator has reserved the block of {tag}")
        else:
            entry = None
    else:
        entry = standard.element(tag, dataset._dictionary)
    vrs = entry[1] if entry is not None else ()
    if len(vrs) <= 1:
        return vrs[0] if vrs else "UN"
    if "OW" in vrs and "OB" not in vrs:
        return "OW"
    return in_order(vrs, dataset)[0]

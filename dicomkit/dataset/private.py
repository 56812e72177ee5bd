"""Private elements and the blocks that their creators reserve (PS3.5 section 7.8).

In a data set that has (0009,0010) "ACME", the elements (0009,10xx) are ACME's. Which block a creator gets is another in
each data set: private elements are named by creator, and the two digits of the block do not matter.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit._ext.view import DatasetView
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement

__all__ = ["creator_of", "find_private", "reserve_private"]


def creator_of(dataset: DatasetView, tag: int) -> str | None:
    """The private creator that reserved the block of a tag in a data set, or None."""
    if not tag & 0x10000 or tag & 0xFFFF < 0x1000:
        return None
    element = dataset._element(tag & 0xFFFF0000 | tag >> 8 & 0xFF)
    return None if element is None else _text(element)


def find_private(dataset: DatasetView, tag: int, creator: str) -> int | None:
    """The tag in the block that a creator reserved in a data set, None if there is no such block."""
    wanted = creator.strip(" \0")
    for block in range(0x10, 0x100):
        element = dataset._element(tag & 0xFFFF0000 | block)
        if element is not None and _text(element) == wanted:
            return tag & 0xFFFF0000 | block << 8 | tag & 0xFF
    return None


def reserve_private(dataset: Dataset, tag: int, creator: str) -> int:
    """The tag in the block of a creator, which gets the first free one if it has none.

    Raises:
        ValueError: the group is even, or all its blocks are taken.
    """
    if not tag & 0x10000:
        raise ValueError(f"group {tag >> 16:04X} is not private: it is even")
    found = find_private(dataset, tag, creator)
    if found is not None:
        return found
    for block in range(0x10, 0x100):
        if not dataset._has(tag & 0xFFFF0000 | block):
            dataset[tag & 0xFFFF0000 | block] = creator
            return tag & 0xFFFF0000 | block << 8 | tag & 0xFF
    raise ValueError(f"group {tag >> 16:04X} has no free block for {creator!r}")


def _text(element: DataElement) -> str | None:
    """What a private creator element says; some writers have it as UN, damaged ones as anything."""
    try:
        value = element.value
    except (ValueError, OSError):
        return None
    if isinstance(value, tuple):
        value = value[0] if value else None
    if isinstance(value, bytes):
        value = value.decode("latin-1").strip(" \0")
    return value if isinstance(value, str) else None

"""Large encapsulated pixel data: passing over fragments that stay where they are (PS3.5 A.4).

An index has a record for each of them, which takes a look at each header. Where an offset table tells the same, it takes
a look at few.
"""

from __future__ import annotations

from dicomkit.media.source_windows import LARGEST_STEP
from dicomkit.media.stream import next_window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit._ext.tagstream import TagStream
    from dicomkit.media.source import Source

__all__ = ["pass_fragments"]

NUMBER_OF_FRAMES: Final = 0x00280008
EXTENDED_OFFSET_TABLE: Final = 0x7FE00001
EXTENDED_OFFSET_TABLE_LENGTHS: Final = 0x7FE00002
ITEM: Final = 0xFFFEE000  # the tag that the offset table has
ITEM_BYTES: Final = b"\xfe\xff\x00\xe0"
DELIMITER: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"
FEW: Final = 8  # frames: as quickly looked at as believed
LARGEST_TABLE: Final = 64 << 20


def pass_fragments(tags: TagStream, source: Source, believe_tables: bool) -> bool:
    """Let the tag stream pass over fragments. Returns whether the data set is complete.

    Raises: see `TagStream.feed`.
    """
    if believe_tables and _pass_by_table(tags, source):
        return True
    item_headers = getattr(source, "item_headers", None)
    if item_headers is not None:
        while tags.in_fragments and (headers := item_headers(tags.position)):
            if tags.skip(headers):
                return True
    passed = getattr(source, "passed", 0)
    while tags.in_fragments:
        _, count, length = tags.fragments
        ahead = min(LARGEST_STEP, (source.size or 0) - tags.position) if count and length <= passed else 0
        start, window = next_window(tags, source, ahead)
        if tags.feed(window, start):
            return True
    return False


def _pass_by_table(tags: TagStream, source: Source) -> bool:
    """Believe an offset table if it can be true, and is where it is looked at. Returns whether the data set is complete.

    It has an entry for each frame, and each frame is one fragment. The Extended Offset Table says so, and all lengths.
    The basic one does not; but a writer that splits frames splits the largest.
    """
    frames = _number(_value(tags, source, tags.place_of(NUMBER_OF_FRAMES)))
    if frames < tags.fragments[1] + FEW:
        return False
    offsets = _value(tags, source, tags.place_of(EXTENDED_OFFSET_TABLE))
    lengths = _value(tags, source, tags.place_of(EXTENDED_OFFSET_TABLE_LENGTHS))
    if offsets is not None and lengths is not None and len(offsets) == len(lengths) == 8 * frames:
        found = tags.try_table(offsets, True, lengths)
    else:
        offsets, lengths = _value(tags, source, tags.place_of(ITEM)), None
        if offsets is None or len(offsets) != 4 * frames:
            return False
        found = tags.try_table(offsets, False)
        if found is not None and bytes(source.window(found[0], 8)[:8]) != ITEM_BYTES + found[1].to_bytes(4, "little"):
            return False
    if found is None:
        return False
    last = found[2]
    window = source.window(last, 8)
    if bytes(window[:4]) != ITEM_BYTES:
        return False
    end = last + 8 + int.from_bytes(window[4:8], "little")
    start, behind = (last, window) if last + len(window) >= end + 8 else (end, source.window(end, 8))
    if bytes(behind[end - start : end - start + 8]) != DELIMITER:
        return False
    tags.try_table(offsets, lengths is not None, lengths, believe=True)
    return tags.feed(window, last) or (start == end and tags.feed(behind, end))


def _value(tags: TagStream, source: Source, place: tuple[int, int] | None) -> bytes | None:
    """The bytes of a value that was read, or was left where it is."""
    if place is None or not 0 < place[1] <= LARGEST_TABLE:
        return None
    held = tags.held(*place)
    return bytes(source.window(*place)[: place[1]]) if held is None else held


def _number(value: bytes | None) -> int:
    """The number that an integer string is, or 0."""
    text = (value or b"").strip(b" \0")
    return int(text) if text.isdigit() and len(text) <= 12 else 0

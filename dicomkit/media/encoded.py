"""An edited data set as one that was read: what renders the element index can render it then."""

from __future__ import annotations

from bisect import bisect_right

from dicomkit._ext.tagstream import index_bytes
from dicomkit._ext.writer import encode_dataset
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.dataset.text import character_sets
from dicomkit.media.stream import read_stream
from dicomkit.media.transfer import chunks
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from dicomkit.media.transfer import Part
    from dicomkit.typing import BytesLike

__all__ = ["encoded"]

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
FORCED: Final = 7  # in the state of a data set: whether its character sets were given by the reader's caller


def encoded(dataset: Dataset) -> Dataset:
    """The data set itself if it was read and is unchanged; else an equal one that is, in Explicit VR Little Endian.

    Values that are not in memory stay where they are.

    Raises:
        EncodeError: something in it cannot be written.
    """
    meta = dataset.file_meta
    if dataset.is_changed():
        made = encode_dataset(dataset, character_sets=character_sets, encapsulated=True)
        source = Composed(made.parts())
        stream = read_stream(source, transfer_syntax=EXPLICIT_LITTLE, quirks=("data-set-only",))
        sets = dataset.character_sets
        keeps = sets.given and (dataset._state()[FORCED] or "SpecificCharacterSet" not in dataset)
        syntax = UID(dataset.transfer_syntax or EXPLICIT_LITTLE)
        return from_index(stream.index, source, sets if keeps else None, _settled(meta), syntax)
    if meta is not None and meta.is_changed():
        index, source, *_ = dataset._state()
        return from_index(index, source, None, _settled(meta), dataset.transfer_syntax)
    return dataset


def _settled(meta: Dataset | None) -> Dataset | None:
    """The same for File Meta Information."""
    if meta is None or not meta.is_changed():
        return meta
    made = encode_dataset(meta, character_sets=character_sets, group_length="recalculate")
    return from_index(index_bytes(made.joined()))


class Composed:
    """What a writer gave, as a source: some of it in memory, the rest elsewhere. See `Source`."""

    can_defer = True
    name = ""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts: list[Part] = []
        self._starts: list[int] = []
        self.size: int | None = 0
        for part in parts:
            length = part[2] if isinstance(part, tuple) else len(part)
            if length:
                self._parts.append(part)
                self._starts.append(self.size)
                self.size += length
        self._all = parts  # what is referred to lives as long as these

    def first(self) -> BytesLike:
        return self.window(0, 0)

    def window(self, offset: int, needed: int) -> BytesLike:
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset >= (self.size or 0):
            return b""
        part = self._parts[number]
        if not isinstance(part, tuple) and len(part) - (offset - self._starts[number]) >= needed:
            return memoryview(part)[offset - self._starts[number] :]
        return self.read(offset, min(max(needed, 16), (self.size or 0) - offset))

    def read(self, offset: int, length: int) -> bytes:
        return b"".join(chunks(self.parts(offset, length)))

    def parts(self, offset: int, length: int) -> list[Part]:
        """The parts of a range, for who wants to copy it."""
        found: list[Part] = []
        number = bisect_right(self._starts, offset) - 1
        while length and number < len(self._parts):
            part = self._parts[number]
            skipped = offset - self._starts[number]
            if isinstance(part, tuple):
                source, start, size, unit = part
                before = skipped % unit  # words are turned as a whole
                behind = min(-(skipped + length) % unit, max(size - skipped - length, 0))
                size = min(size - skipped, length)
                start = start[skipped - before :] if source is None else start + skipped - before
                inside = (source, start, before + size + behind, unit)
                found.append(inside if not before and not behind else b"".join(chunks((inside,)))[before : before + size])
            else:
                size = min(len(part) - skipped, length)
                found.append(memoryview(part)[skipped : skipped + size])
            offset += size
            length -= size
            number += 1
        return found

    def whole(self) -> None:
        return None

    def close(self) -> None:
        pass

"""Codestreams that are there already, put into a data set: of frames, or of video (PS3.5 A.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels.attributes import set_transfer_syntax
from dicomkit.pixels.codecs import handling
from dicomkit.pixels.spool import LONGEST, Spool, encapsulated_element, item_header, stream_element
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.typing import BytesLike

__all__ = ["encapsulate", "replace_pixel_data", "spool_frames", "syntax_of"]

EXTENDED_OFFSET_TABLE: Final = 0x7FE00001
EXTENDED_OFFSET_TABLE_LENGTHS: Final = 0x7FE00002
LARGEST_FRAGMENT: Final = 1 << 30


def encapsulate(dataset: Dataset, codestreams: Iterable[BytesLike], transfer_syntax: str) -> None:
    """Make codestreams the pixel data of a data set. What it says of them is for the caller.

    Args:
        dataset: the data set.
        codestreams: one of each frame; of video, pieces of its bitstream.
        transfer_syntax: UID or keyword of what they are encoded in.

    Raises:
        UnsupportedTransferSyntax: it has no encapsulated pixel data.
        CodecError: video is longer than a fragment may be, and its transfer syntax allows only one.
        ValueError: there is no such transfer syntax.
    """
    syntax = syntax_of(transfer_syntax)
    if not syntax.encapsulated:
        raise UnsupportedTransferSyntax(syntax.uid, "it has no encapsulated pixel data")
    if handling(syntax) == "video":
        replace_pixel_data(dataset, _video(codestreams, syntax), None)
    else:
        replace_pixel_data(dataset, *encapsulated_element(*spool_frames(codestreams)))
    set_transfer_syntax(dataset, syntax)


def syntax_of(key: str) -> TransferSyntax:
    """The transfer syntax of a UID or keyword: one that is known, or that a program has added a codec for.

    Raises:
        ValueError: there is none.
    """
    syntax = TransferSyntax.assumed(key)
    if TransferSyntax.find(key) is None and handling(syntax) != "codec":
        raise ValueError(f"{key!r} is no transfer syntax")
    return syntax


def spool_frames(codestreams: Iterable[BytesLike], fragment_size: int | None = None) -> tuple[Spool, list[int]]:
    """Items of frames, and the lengths of these.

    Args:
        codestreams: one of each frame.
        fragment_size: the most bytes of an item, an even number; None: frames have one each.

    Raises:
        CodecError: one is longer than an item may be.
    """
    spool = Spool()
    lengths: list[int] = []
    for data in codestreams:
        length = len(data)
        if length > LONGEST:
            raise CodecError("its codestream is longer than a fragment may be", len(lengths))
        lengths.append(length)
        size = fragment_size or length or 1
        for start in range(0, length or 1, size):
            part = memoryview(data)[start : start + size]
            spool.write(item_header(len(part) + len(part) % 2))
            spool.write(part)
        if length % 2:
            spool.write(b"\0")
    return spool, lengths


def replace_pixel_data(dataset: Dataset, element: DataElement, extended: tuple[bytes, bytes] | None) -> None:
    """Put new pixel data in, with the offset tables that belong to them."""
    dataset.add(element)
    for tag in (EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS):
        if tag in dataset:
            del dataset[tag]
    if extended is not None:
        dataset[EXTENDED_OFFSET_TABLE], dataset[EXTENDED_OFFSET_TABLE_LENGTHS] = extended


def _video(pieces: Iterable[BytesLike], syntax: TransferSyntax) -> DataElement:
    """One fragment, or where that is not enough and the transfer syntax allows it several."""
    stream = Spool()
    for piece in pieces:
        stream.write(piece)
    if stream.size % 2:
        stream.write(b"\0")
    if stream.size > LONGEST and not syntax.fragmentable:
        raise CodecError("video of 4 GiB or more does not fit in the one fragment that is allowed", None, syntax.uid)
    largest = stream.size if stream.size <= LONGEST else LARGEST_FRAGMENT
    items = Spool()
    for start in range(0, stream.size, largest or 1):
        stop = min(start + largest, stream.size)
        items.write(item_header(stop - start))
        for at in range(start, stop, 1 << 20):
            items.write(stream.read(at, min(1 << 20, stop - at)))
    return stream_element(items)

"""Reading PS3.10 files and bare data sets as data sets."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.dataset.problem import Problem
from dicomkit.media.stream import FILE_PROBLEMS, read_stream
from dicomkit.standard.tag import Tag
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dicomkit.media.source import AnySource
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["read"]


def read(
    source: AnySource,
    *,
    stop_before: Tag | int | str | None = None,
    only: Iterable[Tag | int | str] | Tag | int | str | None = None,
    defer_size: int = 65536,
    strict: bool = False,
    charset: str | tuple[str, ...] | None = None,
    transfer_syntax: str | None = None,
    dictionary: Dictionary | None = None,
    quirks: Collection[str] = (),
) -> Dataset:
    """Read a DICOM file or a bare data set.

    What is wrong but can be read all the same is recorded in `ds.problems`: a missing preamble or File Meta
    Information, a wrong transfer syntax, odd or lying lengths, missing delimiters, truncation, and more.

    Args:
        source: bytes-like, a path, a file object (binary; read from where it stands), or a URL that fsspec opens.
        stop_before: stop at this top-level tag; what follows is not read.
        only: top-level tags or keywords to read (one or several); reading stops behind the last of them. What they need
            to be understood (Specific Character Set, private creators, Pixel Representation) is read too.
        defer_size: values longer than this many bytes are left where they are and read when they are touched; the
            fragments of encapsulated pixel data count as one value. The values of small files, of bytes-like sources and
            of streams that cannot seek are always in memory.
        strict: raise on the first problem instead of recording it.
        charset: character set terms to decode text with, instead of Specific Character Set.
        transfer_syntax: UID or keyword of the encoding to read the data set with, whatever the File Meta Information
            says; "detect" finds an uncompressed one from the data.
        dictionary: a user dictionary, looked up before the standard's.
        quirks: how to read what writers got wrong, by name: "assume-even-length", "ignore-explicit-vr",
            "assume-implicit", "undefined-un-explicit", "convert-un", "private-undefined-as-sequence",
            "ignore-meta-length", "data-set-only", "file-only", "zlib".

    Returns:
        The data set, a view on the stream's bytes. `ds.file_meta` is its File Meta Information or None.

    Raises:
        ParseError: this is not DICOM, or (strict) the first problem.
        OSError: the source cannot be read.

    PS3.5 section 7, PS3.10 section 7.
    """
    stream = read_stream(
        source,
        stop_before=None if stop_before is None else Tag(stop_before),
        only=None if only is None else _wanted(only),
        defer_size=defer_size,
        strict=strict,
        transfer_syntax=transfer_syntax,
        dictionary=dictionary,
        quirks=(quirks,) if isinstance(quirks, str) else quirks,
        believe_tables=not strict,
    )
    if stream.error is not None:
        raise stream.error
    sets = None
    if charset is not None:
        from dicomkit.dataset.text import character_sets

        sets = character_sets(charset)
        if sets.unknown:
            raise ValueError(f"{', '.join(sets.unknown)}: no Specific Character Set")
    problems = tuple(Problem(code, FILE_PROBLEMS[code], "", at) for code, at in stream.problems)
    meta = None if stream.meta is None else from_index(stream.meta)
    dataset = from_index(stream.index, stream.source, sets, meta, _uid(stream.transfer_syntax), problems)
    if stop_before is None and only is None and transfer_syntax is None and not quirks:
        dataset._set_whole(stream.whole)
    return dataset


_UIDS: dict[str, UID] = {}


def _uid(text: str) -> UID:
    """The UID object of a transfer syntax; the few that files have are made once."""
    uid = _UIDS.get(text)
    if uid is None:
        uid = UID(text)
        if len(_UIDS) < 64:
            _UIDS[text] = uid
    return uid


SPECIFIC_CHARACTER_SET = 0x00080005
PIXEL_REPRESENTATION = 0x00280103

_WANTED: dict[tuple[Tag | int | str, ...], list[int]] = {}


def _wanted(only: Iterable[Tag | int | str] | Tag | int | str) -> list[int]:
    """The tags to read, with those that are needed to understand them. The last few lists are remembered."""
    key = (only,) if isinstance(only, (int, str)) else tuple(only)
    wanted = _WANTED.get(key)
    if wanted is None:
        if len(_WANTED) >= 16:
            _WANTED.clear()
        _WANTED[key] = wanted = _with_context(key)
    return wanted


def _with_context(only: tuple[Tag | int | str, ...]) -> list[int]:
    tags = {int(Tag(tag)) for tag in only}
    context = {tag & 0xFFFF0000 | (tag >> 8 & 0xFF) for tag in tags if tag & 0x10000 and tag & 0xFFFF >= 0x1000}
    context.add(SPECIFIC_CHARACTER_SET)
    if any((row := standard.element(tag)) is not None and len(row[1]) > 1 for tag in tags):
        context.add(PIXEL_REPRESENTATION)  # on which the VR of these depends
    return sorted(tags | context)

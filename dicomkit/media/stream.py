"""From a source to the element indexes of its File Meta Information and its data set (PS3.10 section 7).

Finds out what the stream is (preamble, File Meta Information, transfer syntax, or none of them), then lets the tag
stream index it window by window. No data set is made here: `reader` does that, and a dump needs none.
"""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.tagstream import (
    PROBLEMS,
    QUIRKS,
    STATUS_FAULT,
    STATUS_TOO_DEEP,
    TagStream,
    TagStreamError,
    detect_encoding,
)
from dicomkit.errors import ParseError
from dicomkit.media.source import open_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomkit._ext.dictionary import Dictionary
    from dicomkit._ext.tagstream import Index
    from dicomkit.media.source import AnySource, Source
    from dicomkit.typing import BytesLike

__all__ = ["FILE_PROBLEMS", "Stream", "next_window", "read_stream"]

TRANSFER_SYNTAX_UID = 0x00020010
EVERYTHING = 1 << 62
MANY_FRAGMENTS = 64 << 10  # as many bytes may hold more than one or two

# What a file gets wrong around its data set: code -> sentence. What is wrong inside: dicomkit._ext.tagstream.PROBLEMS.
FILE_PROBLEMS = {
    "no-preamble": "no preamble and DICM prefix",
    "no-meta": "no File Meta Information",
    "meta-length": "File Meta Information Group Length is missing or wrong",
    "no-transfer-syntax": "no Transfer Syntax UID; the encoding was found from the data",
    "wrong-transfer-syntax": "the data set is not in its transfer syntax; the encoding was found from the data",
    "unknown-transfer-syntax": "unknown Transfer Syntax UID; read as Explicit VR Little Endian",
    "deflate-damaged": "the deflated data set is damaged; read as far as it could be inflated",
    "zlib-header": "the deflated data set has a zlib header",
}

# Quirks that concern the file; those of the tag stream are in dicomkit._ext.tagstream.QUIRKS.
FILE_QUIRKS = frozenset(("data-set-only", "file-only", "ignore-meta-length", "zlib"))

# How a data set without a transfer syntax is encoded -> the transfer syntax that says so. None has implicit VR and big
# endian, but ACR-NEMA streams may.
NATIVE = {
    (False, False): "1.2.840.10008.1.2.1",
    (True, False): "1.2.840.10008.1.2",
    (False, True): "1.2.840.10008.1.2.2",
    (True, True): "1.2.840.10008.1.2",
}


class Stream:
    """What one stream holds.

    Attributes:
        source: where deferred values come from; None if all is in memory (a deflated data set).
        meta: index of the File Meta Information, or None.
        index: index of the data set.
        transfer_syntax: UID that the data set is said, or was found, to be in.
        problems: codes of FILE_PROBLEMS with their offsets.
        error: what ended the parse before its time; the index holds what came before it.
        whole: what gives the whole stream again, as it was read; None if nothing does.
    """

    __slots__ = ("_quirks", "_strict", "error", "index", "meta", "problems", "source", "transfer_syntax", "whole")

    index: Index

    def __init__(self, source: Source, strict: bool, quirks: Collection[str]) -> None:
        self.source: Source | None = source
        self.meta: Index | None = None
        self.transfer_syntax = ""
        self.problems: list[tuple[str, int]] = []
        self.error: ParseError | None = None
        self.whole: Source | None = None
        self._strict = strict
        self._quirks = quirks

    def _problem(self, code: str, offset: int) -> None:
        if self._strict:
            raise ParseError(FILE_PROBLEMS[code], offset, "", self.source.name if self.source else "")
        self.problems.append((code, offset))


def read_stream(
    source: AnySource | Source,
    *,
    stop_before: int | None = None,
    only: list[int] | None = None,
    defer_size: int = 65536,
    strict: bool = False,
    transfer_syntax: str | None = None,
    dictionary: Dictionary | None = None,
    quirks: Collection[str] = (),
    believe_tables: bool = False,
) -> Stream:
    """Index a stream; arguments as for `dicomkit.read`, tags as numbers, `only` ascending.

    With `believe_tables`, the fragments of large encapsulated pixel data are where an offset table says if that fits the
    stream where it is looked at; else the headers of all of them are read. See `Index.believed`.

    Raises:
        ParseError: this is not DICOM, or (strict) the first problem. What ends the parse of the data set is in `error`.
    """
    opened = open_source(source)
    try:
        stream = Stream(opened, strict, quirks)
        head = opened.first()
        base = position = 0
        start = _meta_start(stream, head)
        if start is not None:
            base, position, head = _read_meta(stream, opened, head, start)
        implicit, big, deflated = _encoding(stream, opened, head, position - base, position, transfer_syntax)
        size = opened.size
        windows: Source | None = opened
        if deflated:
            from dicomkit.media.inflate import inflate

            data, problems = inflate(opened, head, base, position, "zlib" in quirks)
            for code in problems:
                stream._problem(code, position)
            windows, head, base, position, size = None, data, 0, 0, len(data)
        tags = TagStream(
            position,
            size,
            implicit_vr=implicit,
            big_endian=big,
            defer_size=defer_size if opened.can_defer else EVERYTHING,
            stop_before=stop_before,
            only=only,
            strict=strict,
            quirks=_bits(quirks) if quirks else 0,
            dictionary=dictionary,
        )
        stream.index, stream.error = _parse(tags, windows, head, base, opened.name, believe_tables)
        stream.whole = opened.whole()
        if deflated or not opened.can_defer:
            stream.source = None
        return stream
    finally:
        opened.close()


def _bits(quirks: Collection[str]) -> int:
    bits = 0
    for quirk in quirks:
        if quirk not in FILE_QUIRKS:
            if quirk not in QUIRKS:
                raise ValueError(f"{quirk!r} is no quirk: {', '.join(sorted({*QUIRKS, *FILE_QUIRKS}))}")
            bits |= QUIRKS[quirk]
    return bits


def _parse(
    tags: TagStream, source: Source | None, window: BytesLike, start: int, name: str, believe_tables: bool
) -> tuple[Index, ParseError | None]:
    """Feed the tag stream until it is satisfied, or cannot go on."""
    try:
        while not tags.feed(window, start):
            if tags.in_fragments and source is not None and (source.size or 0) - tags.position > MANY_FRAGMENTS:
                from dicomkit.media.fragments import pass_fragments

                if pass_fragments(tags, source, believe_tables):
                    break
            start, window = next_window(tags, source)
    except TagStreamError as error:
        return _what_is_there(tags, name, *error.args)
    return tags.finish(), None


def next_window(tags: TagStream, source: Source | None, ahead: int = 0) -> tuple[int, BytesLike]:
    """What the tag stream needs to go on, or `ahead` bytes, after its offset. It is told if the stream ends before that."""
    start, needed = tags.position, tags.needed
    window = b"" if source is None else source.window(start, max(needed, ahead))
    if len(window) < needed:
        end = start + len(window)
        if source is not None and source.size is not None:
            end = min(end, source.size)  # a pipe may have ended inside a value that was jumped over
        tags.end(end)
        start = min(start, tags.position)
    return start, window


def _what_is_there(tags: TagStream, name: str, status: int, offset: int) -> tuple[Index, ParseError]:
    """The index up to an error, and the error, which says where it is."""
    container, tag = tags.place(offset)
    index = tags.finish()
    path = "" if container is None else index.path(container)
    reason = "sequences are nested too deeply" if status == STATUS_TOO_DEEP else "too many elements"
    if status == STATUS_FAULT:
        code, record, offset = index.faults[-1]
        reason = PROBLEMS[code][1]
        if record is not None:
            path = index.path(record)
        elif tag is not None:
            path += f"{'.' if path else ''}({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return index, ParseError(reason, offset, path, name)


# -- File Meta Information (PS3.10 7.1)


def _meta_start(stream: Stream, head: BytesLike) -> int | None:
    """The offset of the File Meta Information; None for a bare data set."""
    if "data-set-only" in stream._quirks:
        return None
    if head[128:132] == b"DICM":
        return 132
    for start in (4 if head[:4] == b"DICM" else 0, 128):
        if bytes(head[start : start + 4]) in (b"\x02\0\0\0", b"\x02\0\x01\0", b"\x02\0\x02\0", b"\x02\0\x10\0"):
            stream._problem("no-preamble", 0)
            return start
    if "file-only" in stream._quirks:
        raise ParseError("not a DICOM file: no File Meta Information", 0, "", stream.source.name if stream.source else "")
    stream._problem("no-meta", 0)
    return None


def _read_meta(stream: Stream, source: Source, head: BytesLike, start: int) -> tuple[int, int, BytesLike]:
    """Index the File Meta Information. Returns a window, after its offset and that of the data set."""
    tags = TagStream(start, source.size, strict=stream._strict, meta=True)
    base = 0
    try:
        while not tags.feed(head, base):
            base, head = next_window(tags, source)
    except TagStreamError as error:
        raise _what_is_there(tags, source.name, *error.args)[1] from None
    end = tags.position
    stream.meta = tags.finish()
    if "ignore-meta-length" not in stream._quirks and stream.meta.group_end() != end:
        stream._problem("meta-length", start)
    return base, end, head


# -- encoding


def _encoding(
    stream: Stream, source: Source, head: BytesLike, at: int, position: int, forced: str | None
) -> tuple[bool, bool, bool]:
    """Implicit VR, big endian, deflated: what the file says, checked against its first element."""
    uid: bytes | None = None
    if forced is not None and forced != "detect":
        return _forced(stream, forced)
    if stream.meta is not None:
        uid = stream.meta.value(TRANSFER_SYNTAX_UID)
        if uid is None and forced is None:
            stream._problem("no-transfer-syntax", position)
    remaining = len(head) - at if source.size is None else max(source.size - position, 0)  # of a pipe: what was seen
    found = detect_encoding(head, at, remaining)
    if uid is not None:
        stream.transfer_syntax, implicit, big, deflated, native = _syntax(uid) or _unknown_syntax(stream, uid, position)
        if forced is None or not native:
            if deflated and found is not None and found[2] and not _looks_deflated(head, at):
                stream._problem("wrong-transfer-syntax", position)
                return found[0], found[1], False
            if deflated or found is None or not found[2] or (found[0] == implicit and found[1] == big):
                return implicit, big, deflated
            stream._problem("wrong-transfer-syntax", position)
            return found[0], found[1], False
    if stream.meta is None and (found is None or not found[2]):
        raise ParseError("not DICOM: neither a DICM prefix nor a data element at the start", 0, "", source.name)
    encoding = (False, False) if found is None else found[:2]
    stream.transfer_syntax = NATIVE[encoding]
    return *encoding, False


def _looks_deflated(head: BytesLike, at: int) -> bool:
    """Whether what looks like an element is the start of a deflate stream all the same."""
    from dicomkit.media.inflate import inflates

    return inflates(bytes(head[at : at + 512]), -15) or inflates(bytes(head[at : at + 512]), 15)


_SYNTAXES: dict[bytes, tuple[str, bool, bool, bool, bool]] = {}


def _syntax(uid: bytes) -> tuple[str, bool, bool, bool, bool] | None:
    """UID, implicit VR, big endian, deflated, native (not compressed in any way) of a registered transfer syntax."""
    known = _SYNTAXES.get(uid)
    if known is None:
        row = standard.uid(uid.decode("latin-1").strip(" \0"))
        if row is None or row[3] != "Transfer Syntax":
            return None
        bits = row[5]
        native = not bits & (standard.DEFLATED | standard.ENCAPSULATED)
        known = (
            row[0],
            bool(bits & standard.IMPLICIT_VR),
            bool(bits & standard.BIG_ENDIAN),
            bool(bits & standard.DEFLATED),
            native,
        )
        _SYNTAXES[uid] = known
    return known


def _unknown_syntax(stream: Stream, uid: bytes, position: int) -> tuple[str, bool, bool, bool, bool]:
    """Explicit VR little endian, as every transfer syntax of the last decades."""
    stream._problem("unknown-transfer-syntax", position)
    return uid.decode("latin-1").strip(" \0"), False, False, False, False


def _forced(stream: Stream, key: str) -> tuple[bool, bool, bool]:
    from dicomkit.standard.transfer_syntax import TransferSyntax

    syntax = TransferSyntax.find(key)
    if syntax is None:
        raise ValueError(f"{key!r} is no transfer syntax")
    stream.transfer_syntax = str(syntax.uid)
    return syntax.implicit_vr, syntax.big_endian, syntax.deflated

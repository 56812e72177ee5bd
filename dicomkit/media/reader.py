"""Reading PS3.10 files and bare data sets.

`read` finds out what the stream is (preamble, File Meta Information, transfer syntax, or none of them), then lets the tag
stream index it window by window.
"""

from __future__ import annotations

from dicomkit._ext.tagstream import (
    PROBLEMS,
    QUIRKS,
    STATUS_FAULT,
    STATUS_TOO_DEEP,
    Index,
    TagStream,
    TagStreamError,
    detect_encoding,
)
from dicomkit._ext.view import path_of
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.dataset.problem import Problem
from dicomkit.dataset.text import character_sets
from dicomkit.errors import ParseError
from dicomkit.media.inflate import inflate
from dicomkit.media.source import open_source
from dicomkit.standard.tag import Tag
from dicomkit.standard.transfer_syntax import TransferSyntax
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from dicomkit.media.source import AnySource, Source
    from dicomkit.standard.user_dictionary import Dictionary
    from dicomkit.typing import BytesLike

__all__ = ["read"]

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

READER_QUIRKS = frozenset(("data-set-only", "file-only", "ignore-meta-length", "zlib"))

# The reader's own problems: code -> sentence. Those of the tag stream are in dicomkit._ext.tagstream.PROBLEMS.
FILE_PROBLEMS = {
    "no-preamble": "no preamble and DICM prefix",
    "no-meta": "no File Meta Information",
    "meta-length": "File Meta Information Group Length is wrong",
    "no-transfer-syntax": "no Transfer Syntax UID; the encoding was found from the data",
    "wrong-transfer-syntax": "the data set is not in its transfer syntax; the encoding was found from the data",
    "unknown-transfer-syntax": "unknown Transfer Syntax UID; read as Explicit VR Little Endian",
    "deflate-damaged": "the deflated data set is damaged; read as far as it could be inflated",
    "zlib-header": "the deflated data set has a zlib header",
}


def read(
    source: AnySource,
    *,
    stop_before: Tag | int | str | None = None,
    only: Iterable[Tag | int | str] | None = None,
    defer_size: int = 65536,
    strict: bool = False,
    charset: str | tuple[str, ...] | None = None,
    transfer_syntax: str | None = None,
    dictionary: Dictionary | None = None,
    quirks: Collection[str] = (),
) -> Dataset:
    """Read a DICOM file or a bare data set.

    What is wrong but can be read all the same is recorded in `ds.problems`: a missing preamble or File Meta Information, a
    wrong transfer syntax, odd or lying lengths, missing delimiters, truncation, and more.

    Args:
        source: bytes-like, a path, a file object (binary; read from where it stands), or a URL that fsspec opens.
        stop_before: stop at this top-level tag; what follows is not read.
        only: top-level tags or keywords to read; reading stops behind the last of them. What they need to be understood
            (Specific Character Set, private creators, Pixel Representation) is read too.
        defer_size: values longer than this many bytes are left where they are and read when they are touched. The values
            of bytes-like sources and of streams that cannot seek are always in memory.
        strict: raise on the first problem instead of recording it.
        charset: character set terms to decode text with, instead of Specific Character Set.
        transfer_syntax: UID or keyword of the encoding to read the data set with, whatever the File Meta Information says;
            "detect" finds it from the data.
        dictionary: a user dictionary, looked up before the standard's.
        quirks: how to read what writers got wrong, by name: "assume-even-length", "ignore-explicit-vr", "assume-implicit",
            "undefined-un-explicit", "convert-un", "private-undefined-as-sequence", "ignore-meta-length", "data-set-only",
            "file-only", "zlib".

    Returns:
        The data set, a view on the stream's bytes. `ds.file_meta` is its File Meta Information or None.

    Raises:
        ParseError: this is not DICOM, or (strict) the first problem.
        OSError: the source cannot be read.

    PS3.5 section 7, PS3.10 section 7.
    """
    opened = open_source(source)
    try:
        return _Reading(opened, strict, quirks, dictionary).run(
            None if stop_before is None else Tag(stop_before),
            None if only is None else _wanted(only),
            defer_size if opened.can_defer else 1 << 62,
            None if charset is None else character_sets(charset),
            transfer_syntax,
        )
    finally:
        opened.close()


class _Reading:
    """One call of read."""

    def __init__(self, source: Source, strict: bool, quirks: Collection[str], dictionary: Dictionary | None) -> None:
        self.source = source
        self.strict = strict
        self.quirks = quirks
        self.dictionary = dictionary
        self.bits = 0
        for quirk in quirks:
            if quirk not in READER_QUIRKS:
                self.bits |= QUIRKS[quirk]
        self.problems: list[Problem] = []

    def run(
        self, stop_before: int | None, only: list[int] | None, defer_size: int, sets: Any, transfer_syntax: str | None
    ) -> Dataset:
        head = self.source.first()
        meta_start = self.meta_start(head)
        meta: Dataset | None = None
        position = 0
        if meta_start is not None:
            meta, position, head, base = self.read_meta(head, meta_start)
        else:
            base = 0
            self.problem("no-meta", 0)
        uid, implicit, big, deflated = self.encoding(head, base, position, meta, transfer_syntax)
        if deflated:
            data, notes = inflate(self.source, head, base, position, "zlib" in self.quirks)
            for note in notes:
                self.problem(note, position)
            source, head, base, position, size = None, data, 0, 0, len(data)
        else:
            source, size = self.source, self.source.size
        stream = TagStream(
            position,
            size,
            implicit_vr=implicit,
            big_endian=big,
            defer_size=defer_size,
            stop_before=stop_before,
            only=only,
            strict=self.strict,
            quirks=self.bits,
            dictionary=self.dictionary,
        )
        dataset = from_index(self.parse(stream, source, head, base), source, sets)
        dataset.file_meta = meta
        dataset.transfer_syntax = UID(uid)
        dataset._file_problems = tuple(self.problems)
        return dataset

    def parse(self, stream: TagStream, source: Source | None, window: BytesLike, start: int) -> Index:
        """Feed the tag stream until it is satisfied."""
        try:
            while not stream.feed(window, start):
                start = stream.position
                needed = stream.needed
                window = b"" if source is None else source.window(start, needed)
                if len(window) < needed:
                    stream.end(start + len(window))
        except TagStreamError as error:
            raise self.parse_error(stream, *error.args) from None
        return stream.finish()

    def parse_error(self, stream: TagStream, status: int, offset: int) -> ParseError:
        index = stream.finish()
        path = ""
        if status == STATUS_FAULT and index.faults:
            code, record, offset = index.faults[-1]
            reason = PROBLEMS[code][1]
            path = "" if record is None else path_of(index, record)
        else:
            reason = "sequences are nested too deeply" if status == STATUS_TOO_DEEP else "too many elements"
        return ParseError(reason, offset, path, self.source.name)

    def problem(self, code: str, offset: int) -> None:
        if self.strict:
            raise ParseError(FILE_PROBLEMS[code], offset, "", self.source.name)
        self.problems.append(Problem(code, FILE_PROBLEMS[code], "", offset))

    # -- File Meta Information (PS3.10 7.1)

    def meta_start(self, head: BytesLike) -> int | None:
        """The offset of the File Meta Information; None for a bare data set."""
        if "data-set-only" in self.quirks:
            return None
        if bytes(head[128:132]) == b"DICM":
            return 132
        if "file-only" in self.quirks:
            raise ParseError("not a DICOM file: no DICM prefix behind a preamble", 128, "", self.source.name)
        for start in (4 if bytes(head[:4]) == b"DICM" else 0, 128):
            if bytes(head[start : start + 4]) in (b"\x02\0\0\0", b"\x02\0\x01\0", b"\x02\0\x02\0", b"\x02\0\x10\0"):
                self.problem("no-preamble", 0)
                return start
        return None

    def read_meta(self, head: BytesLike, start: int) -> tuple[Dataset, int, BytesLike, int]:
        """The File Meta Information, where the data set starts, and a window that begins at or before it."""
        stream = TagStream(start, self.source.size, strict=self.strict, meta=True)
        base = 0
        try:
            while not stream.feed(head, base):
                base = stream.position
                head = self.source.window(base, stream.needed)
                if len(head) < stream.needed:
                    stream.end(base + len(head))
        except TagStreamError as error:
            raise self.parse_error(stream, *error.args) from None
        end = stream.position
        index = stream.finish()
        meta = from_index(index)
        if "ignore-meta-length" not in self.quirks:
            self.check_meta_length(meta, end)
        return meta, end, head, base

    def check_meta_length(self, meta: Dataset, end: int) -> None:
        element = meta._element(0x00020000)
        if element is None:
            self.problem("meta-length", 0)
        elif element.length != 4 or element.offset + 4 + element.value != end:
            self.problem("meta-length", element.offset)

    # -- encoding

    def encoding(
        self, head: BytesLike, base: int, position: int, meta: Dataset | None, forced: str | None
    ) -> tuple[str, bool, bool, bool]:
        """Transfer syntax UID, implicit VR, big endian, deflated: what the file says, checked against its data."""
        uid: str | None = None
        if forced is not None and forced != "detect":
            syntax = TransferSyntax.find(forced)
            if syntax is None:
                raise ValueError(f"{forced!r} is no transfer syntax")
            return syntax.uid, syntax.implicit_vr, syntax.big_endian, syntax.deflated
        if meta is not None and forced is None:
            uid = meta.get(0x00020010) or None
            if uid is None:
                self.problem("no-transfer-syntax", position)
        found = detect_encoding(bytes(head[position - base : position - base + 16]), 0, _remaining(self.source, position))
        certain = found is not None and found[2]
        if uid is not None:
            syntax = TransferSyntax.assumed(uid)
            if not syntax.name:
                self.problem("unknown-transfer-syntax", position)
            implicit, big, deflated = syntax.implicit_vr, syntax.big_endian, syntax.deflated
            if deflated or not certain or found[:2] == (implicit, big):
                return uid, implicit, big, deflated
            self.problem("wrong-transfer-syntax", position)
            return uid, *found[:2], False
        if meta is None and not certain:
            raise ParseError("not DICOM: neither a DICM prefix nor a data element at the start", 0, "", self.source.name)
        encoding = (False, False) if found is None else found[:2]
        return _UID_OF_ENCODING[encoding], *encoding, False


_UID_OF_ENCODING = {
    (False, False): EXPLICIT_LITTLE,
    (True, False): IMPLICIT_LITTLE,
    (False, True): EXPLICIT_BIG,
    (True, True): IMPLICIT_LITTLE,  # no transfer syntax has implicit VR and big endian; ACR-NEMA streams may
}


def _remaining(source: Source, position: int) -> int:
    return 1 << 62 if source.size is None else source.size - position


def _wanted(only: Iterable[Tag | int | str]) -> list[int]:
    """The tags to read, with those that are needed to understand them."""
    tags = {int(Tag(tag)) for tag in only}
    creators = {tag & 0xFFFF0000 | (tag >> 8 & 0xFF) for tag in tags if tag & 0x10000 and tag & 0xFFFF >= 0x1000}
    return sorted(tags | creators | {0x00080005, 0x00280103})

"""The text of a data set, line for line as DCMTK's dcmdump writes it.

A line holds tag, VR, value, length, number of values and name of an element; values are cut to 70 columns unless asked
for whole. Text values are printed in their own character set, so the output is bytes.

dcmdump refuses files that are damaged. dicomkit reads what there is, so `Subject.damage` says what dcmdump would have
refused the file for, and the caller decides. Which problems mean damage stands in `DAMAGE`.

Here is no data set, only the element index: the command that prints one file must not load more than it needs.
"""

from __future__ import annotations

import os

from dicomkit._ext import dump as _ext
from dicomkit._ext.tagstream import PROBLEMS
from dicomkit.media.stream import FILE_PROBLEMS, read_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import IO, Any, Final, Literal

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset import Dataset
    from dicomkit.media.source import AnySource, Source
    from dicomkit.media.stream import Stream
    from dicomkit.standard import Tag
    from dicomkit.typing import StrPath

__all__ = ["DAMAGE", "DAMAGE_NOT_OF_ITEMS", "Subject", "dump", "open_subject", "write_text"]

#: The problems that dcmdump refuses a file for; all others are warnings.
DAMAGE: Final = frozenset(
    (
        "deflate-damaged",
        "delimiter-length",
        "expected-item",
        "length-past-container",
        "missing-delimiter",
        "sequence-in-other-vr",
        "stray-delimiter",
        "trailing-bytes",
        "undefined-length",
        "unfragmented-pixel-data",
        "value-truncated",
    )
)

#: dcmdump does not compare an item's length with what is around it; where its content is cut off, so is its sequence.
DAMAGE_NOT_OF_ITEMS: Final = ("length-past-container", "value-truncated")

_MEDIA_STORAGE_SOP_CLASS_UID: Final = 0x00020002
_DIRECTORY: Final = b"1.2.840.10008.1.3.10"
_ITEM: Final = 0xFFFEE000
_IMPLICIT_VR: Final = 4  # element.h
_CONTAINER: Final = 128
_BIG_ENDIAN_VALUE: Final = 16
_ESCAPE: Final = b"\x1b[1m\x1b[30m"
_RESET: Final = b"\x1b[0m"


class Subject:
    """What is dumped: the indexes of a file or a data set, and where their deferred values are.

    Attributes:
        meta: index of the File Meta Information, None if there is none.
        index: index of the data set.
        records: which of its records are dumped (all but for an item).
        heading: whether it is a file: a bare data set that was read as such has no headings for the file.
        transfer_syntax: UID.
        damage: what dcmdump refuses the file for, as a sentence; "" if nothing.
    """

    __slots__ = ("_file_problems", "_source", "damage", "heading", "index", "meta", "records", "transfer_syntax")

    def __init__(
        self,
        index: Index,
        *,
        meta: Index | None = None,
        source: Source | None = None,
        transfer_syntax: str = "",
        heading: bool = True,
        records: tuple[int, int | None] = (0, None),
    ) -> None:
        self.index = index
        self.meta = meta
        self.records = records
        self.heading = heading
        self.transfer_syntax = transfer_syntax
        self.damage = ""
        self._source = source
        self._file_problems: list[tuple[str, int]] = []

    @classmethod
    def of_stream(cls, stream: Stream, *, heading: bool = True, tolerate: Collection[str] = ()) -> Subject:
        """The subject of what was read; `tolerate` are codes of DAMAGE that are none."""
        subject = cls(
            stream.index,
            meta=stream.meta,
            source=stream.source,
            transfer_syntax=stream.transfer_syntax,
            heading=heading,
        )
        subject._file_problems = stream.problems
        subject.damage = str(stream.error) if stream.error else subject._find_damage(tolerate)
        return subject

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> Subject:
        """The subject of a data set.

        Raises:
            EncodeError: it was changed, and something in it cannot be encoded.
        """
        from dicomkit.media.encoded import encoded

        dataset = encoded(dataset)
        index, source, first, stop = dataset._state()[:4]
        meta = dataset.file_meta
        return cls(
            index,
            meta=None if meta is None else meta._index,
            source=source,
            transfer_syntax=str(dataset.transfer_syntax or ""),
            heading=meta is not None,
            records=(first, stop),
        )

    def problems(self) -> Iterator[str]:
        """What was wrong and tolerated, as sentences."""
        for code, offset in self._file_problems:
            yield f"{FILE_PROBLEMS[code]} at byte {offset}"
        for index in (self.meta, self.index):
            if index is not None and index.faults:
                for fault in index.faults:
                    yield _sentence(index, *fault)

    def _find_damage(self, tolerate: Collection[str]) -> str:
        for code, offset in self._file_problems:
            if code in DAMAGE and code not in tolerate:
                return f"{FILE_PROBLEMS[code]} at byte {offset}"
        for index in (self.meta, self.index):
            if index is None or not index.faults:
                continue
            for number, record, offset in index.faults:
                code = PROBLEMS[number][0]
                if record is not None and code in DAMAGE_NOT_OF_ITEMS and _is_item(index, record):
                    continue
                if code in DAMAGE and code not in tolerate:
                    return _sentence(index, number, record, offset)
        where = _ext.unfragmented_pixel_data(self.index, self.transfer_syntax)
        if where is not None and "unfragmented-pixel-data" not in tolerate:
            return f"pixel data is not in fragments although its transfer syntax wants that at byte {where}"
        return ""

    @property
    def fetch(self) -> Callable[[int, int], bytes] | None:
        """Reads a deferred value: called with offset and length. None if all values are in memory."""
        return None if self._source is None else self._source.read

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the stream, wherever they are."""
        found = _ext.bytes_in_memory(self.index, offset, length)
        if found is not None:
            return found
        return b"" if self._source is None else self._source.read(offset, length)


def _is_item(index: Index, record: int) -> bool:
    tag, _, flags = index.record(record)[:3]
    return tag == _ITEM and bool(flags & _CONTAINER)


def _sentence(index: Index, code: int, record: int | None, offset: int) -> str:
    where = "" if record is None else f" in {index.path(record)}"
    return f"{PROBLEMS[code][1]}{where} at byte {offset}"


def open_subject(
    source: AnySource,
    *,
    stop_after: int | None = None,
    stop_before: int | None = None,
    tolerate: Collection[str] = (),
    **options: Any,
) -> Subject:
    """Read what is to be dumped.

    Args:
        source: as for `dicomkit.read`.
        stop_after: stop behind this top-level element, if it is there.
        stop_before: stop before this top-level tag.
        tolerate: codes of DAMAGE that are not to be seen as damage.
        options: of `dicomkit.media.stream.read_stream`.

    Raises:
        ParseError: this is not DICOM.
        OSError: the source cannot be read.
    """
    limit = stop_before
    if stop_after is not None:
        limit = stop_after + 1 if limit is None else min(stop_after + 1, limit)
    stream = read_stream(source, stop_before=limit, **options)
    if stop_after is not None and limit != stop_before and not _has(stream.index, stop_after):
        stream = read_stream(source, stop_before=stop_before, **options)
    heading = "data-set-only" not in options.get("quirks", ())
    return Subject.of_stream(stream, heading=heading, tolerate=tolerate)


def _has(index: Index, tag: int) -> bool:
    return any(child == tag for _, child in _ext.children(index))


def dump(source: AnySource | Dataset, file: IO[bytes], *, reading: dict[str, Any] | None = None, **options: Any) -> None:
    """Write the text of a data set.

    Args:
        source: a data set, or a source as for `dicomkit.read`.
        file: binary file that the text goes to.
        reading: keyword arguments of `open_subject`, for a source.
        options: of `write_text`.

    Raises:
        ParseError: the source is not DICOM.
        OSError: the source cannot be read or the file not written.
        EncodeError: the data set was changed, and something in it cannot be encoded.
    """
    subject = (
        Subject.of_dataset(source)  # type: ignore[arg-type]  # only a Dataset has it; to ask for the class would load it
        if hasattr(source, "is_changed")
        else open_subject(source, **(reading or {}))
    )
    write_text(subject, file.write, **options)


def write_text(
    subject: Subject,
    write: Callable[[bytes], object],
    *,
    print_all: bool = False,
    tree: bool = False,
    uid_names: bool = True,
    quoting: Literal["", "xml", "octal"] = "",
    color: bool = False,
    correct: bool = True,
    utf8: bool = False,
    load_limit: int | None = None,
    search: Iterable[Tag | int | str] = (),
    first_only: bool = False,
    prepend: bool = False,
    pixel_file: StrPath | None = None,
) -> list[str]:
    """Write the text of a subject in pieces.

    Args:
        write: called with each piece.
        print_all: values at full length.
        tree: names and values only, as a tree.
        uid_names: `=CTImageStorage` instead of the UID.
        quoting: spell characters outside ASCII as references ("xml") or octal numbers ("octal").
        color: with escape sequences for a terminal.
        correct: without padding; odd lengths made even; UIDs without blanks.
        utf8: text in UTF-8.
        load_limit: values longer than this many bytes are "(not loaded)".
        search: print only these elements, wherever they are: tags, keywords, or tag paths from the top.
        first_only: only the first one of each.
        prepend: put the tags of the sequences around in front.
        pixel_file: write pixel data (little endian) to files `<pixel_file>.0.raw`, `.1.raw` ... and print their names.

    Returns:
        Files that pixel data was not written to, because they are there already or cannot be written.

    Raises:
        SourceChanged: a value that was not in memory cannot be read any more.
    """
    names = ["correct"] if correct else []
    for name, wanted in (("print-all", print_all), ("tree", tree), ("uid-names", uid_names), ("color", color)):
        if wanted:
            names.append(name)
    if quoting:
        names.append(quoting)
    pixels = None
    if pixel_file is not None:
        from dicomkit.formats.pixel_files import PixelFiles

        pixels = PixelFiles(os.fspath(pixel_file), subject)
    options: dict[str, Any] = {
        "options": sum([_ext.OPTIONS[name] for name in names]),
        "load_limit": None if subject.fetch is None else load_limit,  # what was inflated is all loaded
        "fetch": subject.fetch,
        "write_pixels": None if pixels is None else pixels.write,
    }
    of_dataset = dict(options)
    if utf8:
        of_dataset["options"] |= _ext.OPTIONS["utf-8"]
        if not _is_directory(subject.meta):  # its records have their own
            of_dataset["options"] |= _ext.OPTIONS["charset-line"]
        of_dataset["convert"] = _to_utf8
    indexes = [] if subject.meta is None else [(subject.meta, options)]
    indexes.append((subject.index, of_dataset))
    sought = list(search)
    if sought:
        for key in sought:
            _write_found(indexes, key, write, first_only, prepend, color)
    else:
        escape = _ESCAPE + (_ESCAPE if tree else b"") if color else b""
        reset = _RESET if color else b""
        if subject.heading:
            write(b"\n%s# Dicom-File-Format%s\n" % (escape, reset))
            write(_heading(b"Meta-Information-Header", _meta_name(subject.meta), escape, reset))
            if subject.meta is not None:
                _ext.render(subject.meta, write, **options)
        write(_heading(b"Data-Set", _dataset_name(subject), escape, reset))
        _ext.render(subject.index, write, *subject.records, **of_dataset)
    return [] if pixels is None else pixels.skipped


def _is_directory(meta: Index | None) -> bool:
    """Whether a file is a DICOMDIR (PS3.3 F)."""
    return meta is not None and (meta.value(_MEDIA_STORAGE_SOP_CLASS_UID) or b"").rstrip(b"\0 ") == _DIRECTORY


def _heading(what: bytes, transfer_syntax: str, escape: bytes, reset: bytes) -> bytes:
    return b"\n%s# Dicom-%s\n%s# Used TransferSyntax: %s%s\n" % (
        escape,
        what,
        escape,
        transfer_syntax.encode(),
        reset,
    )


def _meta_name(meta: Index | None) -> str:
    return "Unknown Transfer Syntax" if meta is None else _encoding_name(meta)


def _dataset_name(subject: Subject) -> str:
    return _ext.transfer_syntax_name(subject.transfer_syntax) or _encoding_name(subject.index)


def _encoding_name(index: Index) -> str:
    """The transfer syntax of an encoding, as its first element shows it."""
    flags = index.record(0)[2] if len(index) else 0
    order = "Big" if flags & _BIG_ENDIAN_VALUE else "Little"
    return f"{order} Endian {'Implicit' if flags & _IMPLICIT_VR else 'Explicit'}"


def _to_utf8(value: bytes, vr: str, charset: bytes) -> bytes | None:
    """A text value in UTF-8 and without padding, None if it is UTF-8 already."""
    from dicomkit.dataset.text import character_sets

    terms = [term.strip() for term in charset.decode("ascii", "replace").strip(" \0").split("\\")]
    if terms == ["ISO_IR 192"]:
        return None
    return character_sets(terms).decode(value, vr).rstrip(" \0").encode()


def _write_found(
    indexes: list[tuple[Index, dict[str, Any]]],
    key: Tag | int | str,
    write: Callable[[bytes], object],
    first_only: bool,
    prepend: bool,
    color: bool,
) -> None:
    from dicomkit.formats.dump_search import find, hierarchy

    for index, options in indexes:
        for record in find(index, key):
            around = index.ancestors(record)[:-1]
            scope = around[-1][0] + 1 if around else 0
            if prepend:
                write(hierarchy(index, around, color))
            _ext.render(index, write, record, index.record(record)[5], scope=scope, **options)
            if first_only:
                return

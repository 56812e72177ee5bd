"""The text of a data set, line for line as DCMTK's dcmdump writes it.

A line holds tag, VR, value, length, number of values and name of an element; values are cut to 70 columns unless asked for
whole. Text values are printed in their own character set, so the output is bytes.

dcmdump refuses files that are damaged. dicomkit reads what there is, so `Subject.damage` says what dcmdump would have
refused the file for, and the caller decides. Which of the problems of `dicomkit.read` mean damage stands in `DAMAGE`.
"""

from __future__ import annotations

import os

from dicomkit._ext import dump as _ext
from dicomkit.errors import ParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO, Any, Final, Literal

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset import Dataset, Problem
    from dicomkit.media.source import AnySource
    from dicomkit.standard import Tag
    from dicomkit.typing import StrPath

__all__ = ["DAMAGE", "Subject", "check_path", "dump", "open_subject", "search_tag", "write_text"]

#: Problem code -> whether the file can still be dumped when parse errors are to be ignored (`+Ep`). dcmdump refuses
#: files with these problems; all others are warnings.
DAMAGE: Final[dict[str, bool]] = {
    "value-truncated": False,
    "deflate-damaged": False,
    "expected-item": False,
    "delimiter-length": False,
    "length-past-container": True,
    "missing-delimiter": True,
    "stray-delimiter": True,
    "trailing-bytes": True,
    "undefined-length": True,
    "sequence-in-other-vr": True,
}

_TRANSFER_SYNTAX_UID: Final = 0x00020010
_IMPLICIT_VR: Final = 4  # element.h
_BIG_ENDIAN_VALUE: Final = 16
_ESCAPE: Final = b"\x1b[1m\x1b[30m"
_RESET: Final = b"\x1b[0m"


class Subject:
    """What is dumped: the indexes of a file and what they were read from.

    Attributes:
        meta: index of the File Meta Information, None if there is none.
        index: index of the data set.
        records: which of its records are the data set (all but for an item).
        heading: whether it is a file: a bare data set that was read as such has no headings for the file.
        transfer_syntax: UID.
        problems: what was wrong and tolerated.
        damage: the first problem that dcmdump refuses a file for, or None.
    """

    __slots__ = ("damage", "fetch", "heading", "index", "meta", "problems", "records", "transfer_syntax")

    def __init__(self, dataset: Dataset, *, heading: bool = True, ignore_parse_errors: bool = False) -> None:
        if dataset.is_changed():
            raise ValueError("the data set was changed since it was read; only what was read can be dumped")
        self.index: Index = dataset._index
        self.records: tuple[int, int] = dataset._state()[2:4]
        self.meta: Index | None = None if dataset.file_meta is None else dataset.file_meta._index
        self.heading = heading
        self.transfer_syntax: str = dataset.transfer_syntax or ""
        self.problems: tuple[Problem, ...] = dataset.problems
        origin = dataset._origin
        self.fetch: Callable[[int, int], bytes] | None = None if origin is None else origin.read
        self.damage: Problem | None = None
        for problem in self.problems:
            if problem.code in DAMAGE and not (ignore_parse_errors and DAMAGE[problem.code]):
                self.damage = problem
                break

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the stream, wherever they are."""
        found = _ext.bytes_in_memory(self.index, offset, length)
        if found is not None:
            return found
        return b"" if self.fetch is None else self.fetch(offset, length)


def open_subject(
    source: AnySource,
    *,
    stop_after: Tag | int | None = None,
    stop_before: Tag | int | None = None,
    ignore_parse_errors: bool = False,
    **options: Any,
) -> Subject:
    """Read what is to be dumped.

    Args:
        source: as for `dicomkit.read`.
        stop_after: stop behind this top-level element, if it is there.
        stop_before: stop before this top-level tag.
        ignore_parse_errors: see as damage only what makes the rest of the file unreadable.
        options: of `dicomkit.read`.

    Raises:
        ParseError: this is not DICOM.
        OSError: the source cannot be read.
    """
    from dicomkit.media.reader import read

    if stop_after is not None:
        after = stop_after + 1
        dataset = read(source, stop_before=after if stop_before is None else min(after, stop_before), **options)
        if not any(tag == stop_after for _, tag in _ext.children(dataset._index)):
            dataset = read(source, stop_before=stop_before, **options)
    else:
        dataset = read(source, stop_before=stop_before, **options)
    heading = "data-set-only" not in options.get("quirks", ())
    return Subject(dataset, heading=heading, ignore_parse_errors=ignore_parse_errors)


def dump(source: AnySource | Dataset, file: IO[bytes], **options: Any) -> None:
    """Write the text of a data set.

    Args:
        source: a data set, or a source as for `dicomkit.read`.
        file: binary file that the text goes to.
        options: of `write_text`, and for a source those of `open_subject`.

    Raises:
        ParseError: the source is not DICOM.
        OSError: the source cannot be read or the file not written.
    """
    reading = {name: options.pop(name) for name in list(options) if name in _READ_OPTIONS}
    subject = Subject(source) if hasattr(source, "_index") else open_subject(source, **reading)
    write_text(subject, file.write, **options)


_READ_OPTIONS: Final = frozenset(
    "stop_after stop_before ignore_parse_errors only defer_size strict charset transfer_syntax dictionary quirks".split()
)


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
        ValueDecodeError: text cannot be converted to UTF-8.
        SourceChanged: a value that was not in memory cannot be read any more.
    """
    names = ["correct"] if correct else []
    for name, wanted in (("print-all", print_all), ("tree", tree), ("uid-names", uid_names), ("color", color)):
        if wanted:
            names.append(name)
    if quoting:
        names.append(quoting)
    pixels = None if pixel_file is None else _PixelFiles(os.fspath(pixel_file), subject)
    options: dict[str, Any] = {
        "options": sum([_ext.OPTIONS[name] for name in names]),
        "load_limit": load_limit,
        "fetch": subject.fetch,
        "write_pixels": None if pixels is None else pixels.write,
    }
    of_dataset = dict(options)
    if utf8:
        of_dataset["options"] |= _ext.OPTIONS["utf-8"]
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


def _write_found(
    indexes: list[tuple[Index, dict[str, Any]]],
    key: Tag | int | str,
    write: Callable[[bytes], object],
    first_only: bool,
    prepend: bool,
    color: bool,
) -> None:
    for index, options in indexes:
        for record in _find(index, key):
            around = index.ancestors(record)[:-1]
            scope = around[-1][0] + 1 if around else 0
            if prepend:
                write(_hierarchy(index, around, color))
            _ext.render(index, write, record, index.record(record)[5], scope=scope, **options)
            if first_only:
                return


def _find(index: Index, key: Tag | int | str) -> Iterable[int]:
    """The records that a search key names."""
    if isinstance(key, int):
        return _ext.search(index, key)
    if "." in key or "[" in key:
        return _find_path(index, key)
    return _ext.search(index, search_tag(key))


def search_tag(key: str) -> Tag:
    """The tag for "gggg,eeee" or a keyword, also with the RETIRED_ that a dump puts before it.

    Raises:
        ValueError: there is no such tag.
    """
    from dicomkit.standard.tag import Tag

    return Tag(key.removeprefix("RETIRED_"))


def check_path(path: str) -> None:
    """Raise ValueError if this is no tag path."""
    from dicomkit.dataset.path import parse_path

    parse_path(path)


def _find_path(index: Index, path: str) -> list[int]:
    from dicomkit.dataset.path import ALL, parse_path

    found: list[int | None] = [None]
    for tag, number in parse_path(path):
        found = [
            record for container in found for record, child in _ext.children(index, container) if child == tag
        ]
        if number is not None:
            items = [_ext.children(index, record) for record in found]
            found = [
                item
                for siblings in items
                for item, _ in (siblings if number == ALL else siblings[number : number + 1])
            ]
    return [record for record in found if record is not None]


def _hierarchy(index: Index, around: list[tuple[int, int]], color: bool) -> bytes:
    tags = [index.record(record)[0] for record, _ in around]
    text = "".join([f"({tag >> 16:04x},{tag & 0xFFFF:04x})." for tag in tags if tag != 0xFFFEE000])
    return b"\x1b[22m\x1b[32m%s" % text.encode() if color else text.encode()


def _to_utf8(value: bytes, vr: str, charset: bytes) -> bytes:
    """A text value in UTF-8.

    Raises:
        ValueDecodeError: it is not in its character set.
    """
    from dicomkit.dataset.text import character_sets

    return character_sets(charset.decode("ascii", "replace").strip(" \0").split("\\")).decode(value, vr).encode()


class _PixelFiles:
    """Writes pixel data and fragments to numbered files."""

    def __init__(self, stem: str, subject: Subject) -> None:
        self.stem = stem
        self.subject = subject
        self.count = 0
        self.skipped: list[str] = []

    def write(self, offset: int, length: int, swap: bool) -> bytes:
        name = f"{self.stem}.{self.count}.raw"
        self.count += 1
        try:
            with open(name, "xb") as file:
                self.copy(file, offset, length, swap)
        except OSError:
            self.skipped.append(name)
        return b"=" + os.fsencode(name)

    def copy(self, file: IO[bytes], offset: int, length: int, swap: bool) -> None:
        step = 1 << 20
        for start in range(offset, offset + length, step):
            block = self.subject.read(start, min(step, offset + length - start))
            if swap:
                swapped = bytearray(block)
                even = len(block) & ~1
                swapped[0:even:2], swapped[1:even:2] = block[1:even:2], block[0:even:2]
                block = bytes(swapped)
            file.write(block)

"""One execution: read a mutated data set and touch everything in it.

A case is four bytes of options and the data. All bytes end in a data set or a documented error; anything else is a finding.
"""

from __future__ import annotations

import copy
import io
import pickle
from typing import TYPE_CHECKING, Any, Final

import dicomkit
from dicomkit._ext.tagstream import QUIRKS, TagStream, TagStreamError
from dicomkit.errors import ParseError, ValueDecodeError
from dicomkit.media.fragments import pass_fragments
from dicomkit.media.stream import FILE_QUIRKS
from tests.fuzz.rewriting import check_saving

if TYPE_CHECKING:
    from dicomkit import Dataset
    from dicomkit._ext.tagstream import Index

# Option bits. Where two have to do with the same, the first one is tested.
STRICT: Final = 1
QUIRKY: Final = 2  # with one or two quirks, from bits 16 on
PARTIAL: Final = 4  # with only= or stop_before=
WINDOWS: Final = 8  # the tag stream alone, in windows of 8 to 71 bytes
FILE_OBJECT: Final = 16  # values deferred, read back from a file object
PIPE: Final = 32
FORCED: Final = 64  # with a transfer syntax, not the file's
TEXT: Final = 256  # str(), HTML
ELEMENTS: Final = 512  # all properties of all elements
OBJECTS: Final = 1024  # pickle, copy, ==
DUMP: Final = 2048
INDEX: Final = 4096  # the records themselves
WRITE: Final = 8192  # saved in another encoding, and read back

READER_QUIRKS = sorted({*QUIRKS, *FILE_QUIRKS})
SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "detect", "1.2.840.10008.1.2.1.99")
TAGS = (0x00080005, 0x00090010, 0x00091001, 0x00100010, 0x00191011, 0x00280103, 0x0040A730, 0x7FE00010)
CONTAINER = 128
LARGEST_RECORD_RATIO = 8  # an element, item or fragment takes at least 8 bytes


class Finding(Exception):
    """A property that does not hold."""


def execute(case: bytes) -> None:
    """Run one case. Returns if nothing is wrong with dicomkit."""
    options = int.from_bytes(case[:4], "little")
    data = case[4:]
    if options & WINDOWS:
        read_in_windows(data, options)
        return
    try:
        dataset = dicomkit.read(_source(data, options), **_arguments(options))
    except ParseError as error:
        str(error)
        if options & STRICT:
            check_strict_error(error)
        return
    if options & STRICT and dataset.problems:
        raise Finding(f"strict, but problems: {dataset.problems}")
    touch(dataset, options, len(data))
    if options & WRITE:
        whole = not options & (QUIRKY | PARTIAL | FORCED)
        if options & PIPE and any(problem.code == "deflate-damaged" for problem in dataset.problems):
            whole = False  # a pipe is read no further than it can be inflated
        check_saving(dataset, options >> 16, data if whole else None)


def _source(data: bytes, options: int) -> Any:
    if options & FILE_OBJECT:
        return io.BytesIO(data)
    return _Pipe(data) if options & PIPE else data


class _Pipe:
    """A stream that cannot seek and gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, 97) if size >= 0 else 97)

    def seekable(self) -> bool:
        return False


class _Ranges:
    """What fragments are passed over with: small windows."""

    name = ""
    can_defer = True
    passed = 4

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size: int | None = len(data)

    def first(self) -> bytes:
        return b""

    def window(self, offset: int, needed: int) -> bytes:
        return self._data[offset : offset + max(needed, 24)]

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def whole(self) -> None:
        return None

    def close(self) -> None:
        pass


class _Headers(_Ranges):
    """The same for a file, whose headers of items are looked for."""

    def item_headers(self, offset: int) -> bytes:
        headers = b""
        while self._data[offset : offset + 4] == b"\xfe\xff\x00\xe0" and offset + 8 <= len(self._data):
            header = self._data[offset : offset + 8]
            offset += 8 + int.from_bytes(header[4:], "little")
            if offset > len(self._data):
                break
            headers += header
        return headers


def _arguments(options: int) -> dict[str, Any]:
    choice = options >> 16
    arguments: dict[str, Any] = {"strict": bool(options & STRICT)}
    if options & QUIRKY:
        arguments["quirks"] = (READER_QUIRKS[choice % len(READER_QUIRKS)], READER_QUIRKS[choice >> 6 & 7])
    if options & PARTIAL:
        tag = TAGS[choice & 7]
        arguments |= {"stop_before": tag} if choice & 8 else {"only": [tag, TAGS[choice >> 4 & 7]]}
    if options & FILE_OBJECT:
        arguments["defer_size"] = choice & 31
    if options & FORCED:
        arguments["transfer_syntax"] = SYNTAXES[choice % len(SYNTAXES)]
    return arguments


def read_in_windows(data: bytes, options: int) -> None:
    """Feed the tag stream window by window: implicit, big endian and the size of windows come from the options."""
    choice = options >> 16
    known = choice & 4
    stream = TagStream(
        0,
        len(data) if known else None,
        implicit_vr=bool(choice & 1),
        big_endian=bool(choice & 2),
        strict=bool(options & STRICT),
        defer_size=choice >> 8 & 31 if choice & 8 else 1 << 62,
        quirks=choice & 63 if options & QUIRKY else 0,
        meta=bool(choice & 16),
    )
    size = 8 + (choice >> 6 & 63)
    start, needed = 0, 8
    try:
        while not stream.feed(data[start : start + max(size, needed)], start):
            if stream.position < start:
                raise Finding("the position went back")
            if stream.in_fragments and choice & 32:
                source = _Headers(data) if choice & 1 << 14 else _Ranges(data)
                if pass_fragments(stream, source, bool(choice & 1 << 13)):
                    break
            start, needed = stream.position, stream.needed
            if start + needed > len(data):
                stream.end(len(data))
                start = stream.position
    except TagStreamError:
        pass
    check_index(stream.finish(), len(data))


def touch(dataset: Dataset, options: int, size: int) -> None:
    """Touch all elements in all ways that the options name, and their values in any case."""
    for element in dataset.walk():
        try:
            element.value  # noqa: B018  # decoding is what is tested
        except ValueDecodeError as error:
            if options & ELEMENTS:
                str(error)
        if options & ELEMENTS:
            touch_element(element)
    if options & ELEMENTS:
        for problem in dataset.problems:
            str(problem)
        if dataset.file_meta is not None:
            touch(dataset.file_meta, options & ~(OBJECTS | DUMP), size)
    if options & TEXT:
        str(dataset)
        dataset._repr_html_()
    if options & OBJECTS:
        check_objects(dataset)
    if options & DUMP:
        dump(dataset, options >> 16)
    if options & INDEX:
        index = dataset._index
        if index is None:
            raise Finding("a data set that was read has no index")
        check_index(index, None if str(dataset.transfer_syntax).endswith(".99") else size)


def touch_element(element: Any) -> None:
    str(element)
    repr(element)
    raw = element.raw
    if bytes(element.view()) != raw:
        raise Finding(f"{element.path}: view() is not raw")
    for name in ("vr", "encoded_vr", "length", "offset", "path", "name", "keyword", "private_creator", "is_in_memory"):
        getattr(element, name)
    try:
        if element.vm < 0:
            raise Finding(f"{element.path}: VM {element.vm}")
    except ValueDecodeError:
        pass


def check_objects(dataset: Dataset) -> None:
    """A pickled and a copied data set equal the one they came from."""
    try:
        again = pickle.loads(pickle.dumps(dataset))
        same = again == dataset and copy.deepcopy(dataset) == dataset
    except ValueDecodeError:
        return
    if not same and "nan" not in str(dataset).lower():
        raise Finding("a copy is not equal")


def dump(dataset: Dataset, choice: int) -> None:
    from dicomkit.formats.dump import dump as write_dump

    try:
        write_dump(
            dataset,
            io.BytesIO(),
            print_all=bool(choice & 1),
            tree=bool(choice & 2),
            correct=not choice & 4,
            utf8=bool(choice & 8),
            quoting="xml" if choice & 16 else "octal" if choice & 32 else "",
            color=bool(choice & 64),
            load_limit=choice >> 8 & 31 if choice & 128 else None,
        )
    except ValueDecodeError:
        if not choice & 8:
            raise


def check_strict_error(error: ParseError) -> None:
    if error.offset is None:
        raise Finding(f"a strict error without an offset: {error}")


def check_index(index: Index, size: int | None) -> None:
    """The records are a tree in stream order, whose values lie in the stream and inside what is around them."""
    count = len(index)
    if size is not None and count > size // LARGEST_RECORD_RATIO:
        raise Finding(f"{count} records of {size} bytes")
    around: list[tuple[int, int]] = []  # next and depth of the open containers
    last = -1
    for number in range(count):
        tag, vr, flags, depth, length, after, offset = index.record(number)
        while around and around[-1][0] <= number:
            around.pop()
        if not number < after <= (around[-1][0] if around else count):
            raise Finding(f"record {number}: next is {after}")
        if not flags & CONTAINER and after != number + 1:
            raise Finding(f"record {number}: not a container, but next is {after}")
        if offset <= last or (size is not None and offset + length > size):
            raise Finding(f"record {number} ({tag:08X} {vr}): offset {offset}, length {length} of {size} bytes")
        if depth > 128 or len(around) > 256:
            raise Finding(f"record {number}: depth {depth}")
        last = offset if flags & CONTAINER else offset + length
        if flags & CONTAINER:
            around.append((after, depth))

"""Writing PS3.10 files and bare data sets."""

from __future__ import annotations

import os

from dicomkit._ext.writer import encode_dataset
from dicomkit.dataset.text import character_sets
from dicomkit.errors import EncodeError, UnsupportedTransferSyntax, ValueDecodeError
from dicomkit.media.atomic import replace_file
from dicomkit.media.source_file import Seekable
from dicomkit.media.source_memory import Memory
from dicomkit.media.source_path import Path
from dicomkit.media.transfer import chunks, write_parts
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any, Final, Literal, TypedDict, Unpack

    from dicomkit._ext.writer import Encoded
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.typing import BytesLike, StrPath

    class Options(TypedDict, total=False):
        """How a data set is written: see `save`."""

        transfer_syntax: str | None
        meta: Literal["keep", "new", "none"]
        sequence_length: Literal["keep", "explicit", "undefined"]
        group_length: Literal["keep", "recalculate", "create", "remove"]
        padding: tuple[int, int] | None
        deflate_level: int
        old_vrs: bool
        strict: bool


__all__ = ["parts_of", "save", "to_bytes", "write_stream"]

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
TRANSFER_SYNTAX_UID: Final = 0x00020010
PIXEL_DATA: Final = 0x7FE00010
ROOT: Final = 0xFFFFFFFF  # in the state of a data set that is no item

_DEFAULTS: Final[dict[str, object]] = {
    "transfer_syntax": None,
    "meta": "keep",
    "sequence_length": "keep",
    "group_length": "keep",
    "padding": None,
    "deflate_level": 6,
    "old_vrs": False,
    "strict": False,
}


def save(
    dataset: Dataset,
    target: StrPath | IO[bytes],
    *,
    fsync: bool = False,
    flush: bool = True,
    **options: Unpack[Options],
) -> None:
    """Write a data set as a DICOM file.

    A data set that was read, is unchanged, and of which nothing else is asked, is saved as the very bytes it was read from.
    After a change, all other elements keep the bytes they had, wherever the encoding allows it. Values that are not in
    memory go from their file to the target without being held. The data set stays as it is, and the view on what was read.

    A path is written under another name first and then put in place: it has the old file or the new one, whole, whatever
    happens. It may be the file that the data set was read from.

    Args:
        dataset: the data set.
        target: a path, or a file object that takes bytes.
        fsync: return only when the file is on the disk.
        flush: False leaves it to the system alone when a file that replaces another one gets to the disk. Quicker with many
            files; if the power fails within the next half minute, a file may be empty.
        transfer_syntax: UID or keyword of the encoding; None takes that of `file_meta` if it was assigned there, else the
            one it was read in, else Explicit VR Little Endian.
        meta: File Meta Information: "keep" what there is, with what is missing added and what does not fit corrected;
            "new", all by this implementation; "none", a bare data set.
        sequence_length: of sequences and items: "keep", "explicit" or "undefined"; those that are new have explicit ones.
        group_length: group lengths (gggg,0000): "keep" those that are there, correct if their group changed; "recalculate"
            those that are there; "create" them for all groups; "remove" them.
        padding: None keeps Data Set Trailing Padding; (0, 0) removes it; (file, item) pads the file and each item to
            multiples of so many bytes.
        deflate_level: of the deflated transfer syntaxes, 0 (none) to 9 (best), default 6.
        old_vrs: write only VRs that there were in 1993: the others become OB.
        strict: raise for values that do not conform to their VR, and for missing UIDs in the File Meta Information.

    Raises:
        EncodeError: something in the data set cannot be written.
        UnsupportedTransferSyntax: pixel data would have to be compressed or decompressed.
        OSError: the target cannot be written. The message says what is there now.
        SourceChanged: a deferred value cannot be read any more.

    PS3.5 section 7 and annex A, PS3.10 section 7.
    """
    if hasattr(target, "write"):
        write_stream(dataset, target, **options)
        return
    path = os.fsdecode(target)
    parts, origins = _parts(dataset, options)
    replaced = _files_of(origins, path) if origins else []
    after: list[os.stat_result] = []

    def write(fd: int) -> None:
        write_parts(fd, parts)
        if replaced:
            after.append(os.fstat(fd))

    places = [_places(origin, parts) for origin, _ in replaced]
    for (_, file), there in zip(replaced, places, strict=True):
        if not there:  # the values are in what is written, but deflated
            file.hold()
    replace_file(path, write, fsync=fsync, flush=flush)
    for (_, file), there in zip(replaced, places, strict=True):
        if there:
            file.moved(path, after[0], there)


def to_bytes(dataset: Dataset, **options: Unpack[Options]) -> bytes:
    """The bytes of the file that `save` would write, with the same options."""
    parts, _ = _parts(dataset, options)
    return b"".join(chunks(parts))


def write_stream(dataset: Dataset, stream: Any, **options: Unpack[Options]) -> None:
    """Write what `save` would write to a file object, a pipe or a socket, from where it stands.

    Args:
        dataset: the data set.
        stream: has `write` or `sendall`.
        options: see `save`.

    Raises:
        ValueError: it is the file that values of the data set are still read from.

    Else see `save`.
    """
    parts, origins = _parts(dataset, options)
    fd = _descriptor(stream)
    _check_apart(stream, fd, origins)
    if fd is not None:
        write_parts(fd, parts)
        return
    for chunk in chunks(parts):
        if hasattr(stream, "sendall"):
            stream.sendall(chunk)
        else:
            _write_all(stream, chunk)


def parts_of(dataset: Dataset, **options: Unpack[Options]) -> Iterable[Part]:
    """What `save` would write, with the same options, as parts: a list, or what gives them while it is iterated over."""
    return _parts(dataset, options)[0]


def _write_all(stream: Any, data: BytesLike) -> None:
    """Write to a file object, which may be a raw one that takes a part at a time."""
    while len(data):
        taken = stream.write(data)
        if not isinstance(taken, int):
            return  # it does not say how much: all
        if not taken:
            raise OSError("the file object takes no more bytes")
        data = memoryview(data)[taken:]


def _check_apart(stream: Any, fd: int | None, origins: list[Any]) -> None:
    """See that what is written does not go over what is still to be read.

    Raises:
        ValueError: it would.
    """
    for origin in origins:
        path = origin.path() if isinstance(origin, Seekable) else origin
        same = isinstance(origin, Seekable) and origin.is_file_object(stream)
        if same or (fd is not None and isinstance(path, Path) and path.is_file(os.fstat(fd))):
            raise ValueError(
                "values of the data set are read from the file that it would be written to: save it to the path"
            )


def _parts(dataset: Dataset, options: Options) -> tuple[list[Part] | Deflated, list[Any]]:
    """What is to be written, and the sources of the deferred values in it."""
    for name in options:
        if name not in _DEFAULTS:
            raise TypeError(f"there is no option {name!r}")
    whole = _pristine(dataset, options)
    if whole is not None:
        return whole
    syntax = _transfer_syntax(dataset, options.get("transfer_syntax"))
    strict = options.get("strict", False)
    if strict:
        from dicomkit.dataset.conformance import check_dataset

        check_dataset(dataset)
    _check_pixel_data(dataset, syntax)
    for element in dataset:
        if element._tag >> 16 > 2:
            break
        if element._tag >> 16 == 2:  # nobody could tell where the data set begins
            raise EncodeError("it belongs to the File Meta Information: file_meta (PS3.10 7.1)", element._tag)
    mode = options.get("meta", "keep")
    if mode not in ("keep", "new", "none"):
        raise ValueError(f"meta is one of keep, new, none, not {mode!r}")
    head = b"" if mode == "none" else _head(dataset, syntax, mode, strict)
    parts = list(_apart(_encode(dataset, syntax, options, len(head)).parts()))
    origins = _origins(parts)
    if syntax.deflated:
        return Deflated(head, parts, options.get("deflate_level", 6)), origins
    return [head, *parts], origins


def _pristine(dataset: Dataset, options: Options) -> tuple[list[Part], list[Any]] | None:
    """The stream that a data set was read from, if that is what is to be written."""
    whole = dataset._whole
    if whole is None or dataset.is_changed() or (dataset.file_meta is not None and dataset.file_meta.is_changed()):
        return None
    if dataset.file_meta is not dataset._read_meta:
        return None
    given: dict[str, Any] = {**options}
    for name, value in given.items():
        if value != _DEFAULTS[name] and (name != "transfer_syntax" or not _same_syntax(dataset, str(value))):
            return None
    if isinstance(whole, (Path, Seekable)) and not whole.is_whole():
        return None
    if isinstance(whole, Memory):
        return [whole.first()], []
    return [(whole, 0, whole.size, 1)], [whole]


def _same_syntax(dataset: Dataset, key: str) -> bool:
    syntax = TransferSyntax.find(key)
    return syntax is not None and syntax.uid == dataset.transfer_syntax


def _transfer_syntax(dataset: Dataset, key: str | None) -> TransferSyntax:
    """The transfer syntax to write in."""
    if key is not None:
        found = TransferSyntax.find(key)
        if found is None:
            raise ValueError(f"{key!r} is no transfer syntax")
        return found
    meta = dataset.file_meta
    try:
        said = None if meta is None else meta.get(TRANSFER_SYNTAX_UID)
    except ValueDecodeError:  # its VR is not UI
        said = None
    if dataset.transfer_syntax is not None and (meta is None or TRANSFER_SYNTAX_UID not in (meta._overlay or ())):
        said = dataset.transfer_syntax
    return TransferSyntax.assumed(said if isinstance(said, str) and said else EXPLICIT_LITTLE)


def _check_pixel_data(dataset: Dataset, syntax: TransferSyntax) -> None:
    """See that pixel data need not be compressed or decompressed.

    Raises:
        UnsupportedTransferSyntax: they must be.
    """
    element = dataset._element(PIXEL_DATA)
    read = dataset.transfer_syntax
    if element is None or syntax.uid == read:
        return
    if element.offset is None:
        encapsulated = syntax.encapsulated and element.value is not None and element.value[:4] == b"\xfe\xff\x00\xe0"
    else:
        encapsulated = element.is_encapsulated
    if encapsulated and element.offset is not None and read is not None:
        raise UnsupportedTransferSyntax(syntax.uid, f"pixel data in {read} would have to be decompressed first")
    if syntax.encapsulated and not encapsulated:
        raise UnsupportedTransferSyntax(syntax.uid, "pixel data would have to be compressed first")


def _head(dataset: Dataset, syntax: TransferSyntax, mode: Literal["keep", "new"], strict: bool) -> bytes:
    """Preamble, prefix and File Meta Information."""
    from dicomkit.media.file_meta import completed, preamble

    meta = completed(dataset, syntax.uid, mode, strict=strict)
    first = preamble(dataset) if mode == "keep" else bytes(128) + b"DICM"
    return encode_dataset(meta, character_sets=character_sets, group_length="recalculate").joined(first)


def _encode(dataset: Dataset, syntax: TransferSyntax, options: Options, before: int) -> Encoded:
    sets = dataset.character_sets
    if sets.given and dataset._state()[4] != ROOT and "SpecificCharacterSet" not in dataset:
        import copy

        dataset = copy.copy(dataset)  # an item that becomes a data set takes along what held for it
        dataset.SpecificCharacterSet = sets.given
    read = dataset.transfer_syntax
    return encode_dataset(
        dataset,
        character_sets=character_sets,
        implicit_vr=syntax.implicit_vr,
        big_endian=syntax.big_endian,
        encapsulated=syntax.encapsulated or syntax.uid == read,  # a file may have what its transfer syntax has not
        sequence_length=options.get("sequence_length", "keep"),
        group_length=options.get("group_length", "keep"),
        padding=options.get("padding"),
        before=before,
        old_vrs=options.get("old_vrs", False),
        turn_pixels=read is not None and _has_big_pixels(TransferSyntax.assumed(read)) != _has_big_pixels(syntax),
    )


def _has_big_pixels(syntax: TransferSyntax) -> bool:
    """Whether Pixel Data have another byte order than the rest, as in GE's private transfer syntax."""
    return syntax.big_endian_pixels and not syntax.big_endian


def _apart(parts: Iterable[Part]) -> Iterator[Part]:
    """Parts as they are in files and in memory: what comes from other parts is taken from where these come from."""
    for part in parts:
        made_of = getattr(part[0], "parts", None) if isinstance(part, tuple) and part[3] == 1 else None
        if made_of is None:
            yield part
        else:
            yield from _apart(made_of(part[1], part[2]))


def _origins(parts: list[Part]) -> list[Any]:
    """The sources that parts are read from, each once."""
    return list({id(part[0]): part[0] for part in parts if isinstance(part, tuple) and part[0] is not None}.values())


class Deflated:
    """Parts of which all but the head are one deflate stream, of even length (PS3.5 A.5). Compressed on the way out."""

    def __init__(self, head: bytes, parts: list[Part], level: int) -> None:
        if not 0 <= level <= 9:
            raise ValueError(f"deflate_level is 0 to 9, not {level}")
        self._head = head
        self._parts = parts
        self._level = level

    def __iter__(self) -> Iterator[BytesLike]:
        import zlib

        stream = zlib.compressobj(self._level, zlib.DEFLATED, -15)
        length = 0
        yield self._head
        for chunk in chunks(self._parts):
            data = stream.compress(chunk)
            length += len(data)
            if data:
                yield data
        data = stream.flush()
        yield data + b"\0" if (length + len(data)) % 2 else data


def _descriptor(stream: Any) -> int | None:
    """The descriptor of a file object or socket that does nothing with the bytes but pass them on; else None."""
    import io
    import socket

    if type(stream) in (io.FileIO, io.BufferedWriter, io.BufferedRandom) and not stream.closed:
        stream.flush()
        return int(stream.fileno())
    if type(stream) is socket.socket and stream.gettimeout() is None:
        return stream.fileno()
    return None


def _files_of(origins: list[Any], path: str) -> list[tuple[Any, Path]]:
    """The sources that read their values from the file that is to be replaced, with the path they do it by."""
    try:
        status = os.stat(path)
    except OSError:
        return []
    paths = [(origin, origin.path() if isinstance(origin, Seekable) else origin) for origin in origins]
    return [(origin, file) for origin, file in paths if isinstance(file, Path) and file.is_file(status)]


def _places(origin: Any, parts: list[Part] | Deflated) -> list[tuple[int, int, int, int]]:
    """Where the bytes of a source went: see `Path.moved`. None of them can be found in a deflate stream."""
    places: list[tuple[int, int, int, int]] = []
    if isinstance(parts, Deflated):
        return places
    at = 0
    for part in parts:
        if isinstance(part, tuple):
            source, start, length, unit = part
            if source is origin:
                places.append((start, length, at, unit))
            at += length
        else:
            at += len(part)
    return places

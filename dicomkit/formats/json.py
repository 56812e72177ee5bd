"""The DICOM JSON Model: data sets as JSON and back (PS3.18 annex F).

Writing renders the element index, without decoding values; a data set that was changed is encoded first. Reading is in
`dicomkit.formats.json_reader`.

Text is always UTF-8. Specific Character Set stays as it is unless asked otherwise: "it reflects the character encoding of
the source DICOM data set and does not indicate the character encoding of the JSON representation" (F.2.2 note 3).
"""

from __future__ import annotations

from dicomkit._ext import json as _ext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO, Any, Final, Literal, TypeAlias, TypedDict, Unpack

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset import DataElement, Dataset
    from dicomkit.dataset.text import CharacterSets
    from dicomkit.errors import ParseError
    from dicomkit.typing import BytesLike

    #: What the kernel takes of an index: see `dicomkit._ext.json.render`.
    Part: TypeAlias = tuple[
        Index,
        int,
        int | None,
        Callable[[int, int], bytes] | None,
        Callable[[bytes, str, bytes | None], bytes],
        Callable[[int], str | None] | None,
    ]

    class Form(TypedDict, total=False):
        """How a data set is written: see `to_json`."""

        indent: int | None
        bulk_threshold: int
        encapsulated: Literal["error", "omit"]
        numbers: Literal["auto", "number", "string"]
        nan: Literal["error", "null", "extended"]
        character_set: Literal["keep", "utf-8"]

    class Options(Form, total=False):
        """The same, with what it is to contain."""

        bulk_data: Callable[[DataElement], str | None] | None
        meta: bool


__all__ = ["from_json", "to_json", "write_json"]

# PS3.5 6.1.2.2: the VRs that Specific Character Set governs.
OF_CHARACTER_SET: Final = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))

# Option -> its values -> name of the kernel's option.
_CHOICES: Final = {
    "encapsulated": {"error": "", "omit": "omit-fragments"},
    "numbers": {"auto": "", "number": "numbers-only", "string": "numbers-as-strings"},
    "nan": {"error": "", "null": "nan-as-null", "extended": "nan-extended"},
    "character_set": {"keep": "", "utf-8": "utf-8"},
}


def to_json(dataset: Dataset, **options: Unpack[Options]) -> str:
    """The data set as a JSON object.

    Group lengths are left out, as the standard wants it. Elements of VR UN whose VR is known are written in that VR, and
    sequences that were read from UN as sequences.

    Args:
        dataset: the data set.
        bulk_data: called with each element whose value may be bulk data (F.2.2: binary ones, numbers, long text) and is
            long enough, and with encapsulated Pixel Data; returns the URI to write in its stead, or None to have the value
            in the text. All values are in the text by default.
        bulk_threshold: values shorter than this many bytes (default 1024) are never bulk data.
        encapsulated: what to do with encapsulated Pixel Data without a URI, for which JSON has no form: raise an "error",
            or "omit" it.
        numbers: DS and IS as JSON numbers where they are numbers, else as strings ("auto"); always as a "number", or raise;
            always as a "string", which keeps their exact text.
        nan: NaN and the infinities of FL and FD, for which JSON has no form: raise an "error", write "null", or "extended"
            as `NaN`, `Infinity` and `-Infinity`, which not every reader takes.
        character_set: "keep" Specific Character Set as metadata on what was read; or "utf-8" makes it ISO_IR 192 everywhere.
        meta: put the File Meta Information into the object too, which the standard does not provide for.
        indent: spaces a level of nesting; None (default) for a compact text.

    Raises:
        EncodeError: a value has no form in JSON, or the data set was changed and cannot be encoded.
        SourceChanged: a deferred value cannot be read any more.

    PS3.18 F.2.
    """
    return _write(dataset, None, **options) or ""


def write_json(dataset: Dataset, file: IO[bytes], **options: Unpack[Options]) -> None:
    """Write the text of `to_json` in UTF-8 to a binary file, in pieces: large values are never held as a whole.

    Args:
        dataset: the data set.
        file: has `write`, which takes bytes.
        options: of `to_json`.

    Raises: see `to_json`. What was written before remains.
    """
    _write(dataset, file.write, **options)


def from_json(
    source: str | BytesLike | IO[Any] | dict[str, Any] | list[Any],
    *,
    bulk_data: Callable[[str], bytes | None] | None = None,
    character_set: Literal["keep", "utf-8"] = "keep",
    on_error: Callable[[ParseError], object] | None = None,
) -> Dataset:
    """The data set of a JSON object.

    Elements of group 0002 become its `file_meta`; group lengths are ignored. If text has other characters than ASCII and
    there is no Specific Character Set, it becomes ISO_IR 192, which is what such text is in JSON (F.2).

    Args:
        source: the text, as str or in UTF-8, or a file with it; or what a JSON parser made of it: an object, or an array
            of one object, as DICOMweb services return it.
        bulk_data: called with each BulkDataURI; returns the bytes of the value field in little endian, text in UTF-8; or
            None to leave the element empty. Without it a BulkDataURI is an error.
        character_set: "keep" Specific Character Set, in which the data set will be saved; or "utf-8" makes it ISO_IR 192
            everywhere.
        on_error: called with the error of each element that cannot be read, which is then left out, instead of raising it.

    Raises:
        ParseError: this is not JSON, or not the DICOM JSON Model. The message has the path of the element.

    PS3.18 F.2.
    """
    from dicomkit.formats.json_reader import one_dataset

    return one_dataset(source, bulk_data, character_set, on_error)


def _write(
    dataset: Dataset,
    write: Callable[[bytes], object] | None,
    *,
    bulk_data: Callable[[DataElement], str | None] | None = None,
    meta: bool = False,
    **form: Unpack[Form],
) -> str | None:
    header = dataset.file_meta if meta else None
    if dataset.is_changed() or (header is not None and header.is_changed()):
        from dicomkit.media.encoded import encoded

        dataset = encoded(dataset)
        header = dataset.file_meta if meta else None
    parts = [] if header is None else [_part(header)]
    parts.append(_part(dataset, bulk_data))
    return render(parts, write, **form)


def render(
    parts: Iterable[Part],
    write: Callable[[bytes], object] | None,
    *,
    indent: int | None = None,
    bulk_threshold: int = 1024,
    encapsulated: str = "error",
    numbers: str = "auto",
    nan: str = "error",
    character_set: str = "keep",
    retain_un: bool = False,
) -> str | None:
    """Write the records of indexes as one object; see `dicomkit._ext.json.render` for `parts` and `write`.

    Args:
        retain_un: leave UN as it is: no VR of the dictionary, no sequences of defined length.
        others: as for `to_json`.

    Raises:
        ValueError: an option has no such value.
    """
    names = ["retain-un"] if retain_un else []
    chosen = {"encapsulated": encapsulated, "numbers": numbers, "nan": nan, "character_set": character_set}
    for option, choice in chosen.items():
        if choice not in _CHOICES[option]:
            raise ValueError(f"{choice!r} is no value of {option}: {', '.join(_CHOICES[option])} are")
        names.append(_CHOICES[option][choice])
    if indent is not None:
        if not 0 <= indent <= 16:
            raise ValueError(f"an indent of {indent} spaces is not possible: 0 to 16 are")
        names.append("pretty")
    bits = sum([_ext.OPTIONS[name] for name in names if name])
    threshold = min(max(bulk_threshold, 0), 0xFFFFFFFF)
    return _ext.render(parts, write, options=bits, indent=indent or 0, bulk_threshold=threshold)


def _part(dataset: Dataset, bulk_data: Callable[[DataElement], str | None] | None = None) -> Part:
    """What the kernel needs of an unchanged data set."""
    index, _, first, stop, _, _, _, forced = dataset._state()
    bulk = None if bulk_data is None else bulk_of_record(dataset, bulk_data)
    return index, first, stop, dataset._read, converter(dataset.character_sets, forced=forced), bulk


def bulk_of_record(dataset: Dataset, bulk_data: Callable[[DataElement], str | None]) -> Callable[[int], str | None]:
    """The function that gives the URI of a record's value, from the one that gives that of an element's."""
    from dicomkit.dataset.dataset import from_index

    index, origin, _, _, _, sets, _, forced = dataset._state()
    root = from_index(index, origin, sets if forced else None)
    return lambda record: bulk_data(root[index.path(record)])


def converter(default: CharacterSets | None = None, *, forced: bool = False) -> Callable[[bytes, str, bytes | None], bytes]:
    """The function that gives text values in UTF-8, from their bytes, VR and the bytes of Specific Character Set.

    Args:
        default: where Specific Character Set does not say it.
        forced: whatever it says.
    """
    known: dict[bytes | None, CharacterSets] = {}

    def convert(value: bytes, vr: str, charset: bytes | None) -> bytes:
        if forced:
            charset = None
        if vr in OF_CHARACTER_SET:
            quick = _quickly_converted(value, charset)
            if quick is not None:
                return quick
        from dicomkit.dataset.text import character_sets

        if vr not in OF_CHARACTER_SET:
            return character_sets().decode(value, vr).encode()
        sets = known.get(charset)
        if sets is None:
            sets = known[charset] = (default or character_sets()) if charset is None else character_sets(terms_of(charset))
        return sets.decode(value, vr).encode()

    return convert


def _quickly_converted(value: bytes, charset: bytes | None) -> bytes | None:
    """Text of the two most frequent character sets, without loading those that know all: that takes longer than a file."""
    name = (charset or b"").rstrip(b" \0")
    try:
        if name == b"ISO_IR 192":
            value.decode()
            return value
        if name == b"ISO_IR 100" and b"\x1b" not in value:
            return value.decode("latin-1").encode()
    except UnicodeDecodeError:
        pass
    return None


def terms_of(charset: bytes) -> list[str]:
    """The terms of a value of Specific Character Set that is ASCII and not empty."""
    return [term.strip(" \0") for term in charset.decode("ascii").strip(" \0").split("\\")]

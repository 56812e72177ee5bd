"""Data sets as XML and back: the Native DICOM Model (PS3.19 A.1), and the form of DCMTK's dcm2xml.

Writing renders the element index, without decoding values; a data set that was changed is encoded first. What is written
is well-formed whatever is in the data set. Reading is in `dicomkit.formats.xml_reader`.
"""

from __future__ import annotations

from dicomkit._ext import xml as _ext
from dicomkit._ext.dump import transfer_syntax_name
from dicomkit.formats.dump import Subject
from dicomkit.media.stream import NATIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any, Final, Literal, TypedDict, Unpack

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset import DataElement, Dataset
    from dicomkit.dataset.text import CharacterSets
    from dicomkit.errors import ParseError

    class Options(TypedDict, total=False):
        """How a data set is written: see `to_xml`."""

        model: Literal["native", "dcmtk"]
        bulk_data: Callable[[DataElement], str | None] | None
        bulk_threshold: int
        meta: bool
        binary: Literal["base64", "hex", "hidden"]


__all__ = ["Page", "from_xml", "to_xml", "write_document", "write_xml"]

NATIVE_NAMESPACE: Final = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
DCMTK_NAMESPACE: Final = "http://dicom.offis.de/dcmtk"

_IMPLICIT_VR: Final = 4  # element.h
_BIG_ENDIAN_VALUE: Final = 16


def to_xml(dataset: Dataset, **options: Unpack[Options]) -> bytes:
    """The data set as an XML document in UTF-8.

    Elements of VR UN whose VR is known are written in that VR, and sequences that were read from UN as sequences. The
    native model has no group lengths (PS3.19 A.1.1) and no File Meta Information; the form of DCMTK has both.

    XML cannot hold all characters. In the native model, text with one that it cannot (a form feed, say) is written as
    InlineBinary; in the form of DCMTK, such characters become question marks.

    Args:
        dataset: the data set.
        model: "native", the Native DICOM Model; or "dcmtk", the form of DCMTK's dcm2xml and xml2dcm.
        bulk_data: (native) called with each element of VR OB, OD, OF, OL, OV, OW or UN that is long enough, and with
            encapsulated Pixel Data; returns the URI or UUID to write instead of the value, or None to have it in the
            document, in base64. All values are in the document by default.
        bulk_threshold: values shorter than this many bytes (default 1024) are never bulk data.
        meta: (native) put the File Meta Information into the document too, which the standard does not provide for.
        binary: (dcmtk) how OB, OW and UN are written: in "base64" (default), in "hex", or "hidden", without their values.

    Raises:
        ValueError: an option has no such value, or does not go with the model.
        EncodeError: the data set was changed and cannot be encoded.
        SourceChanged: a deferred value cannot be read any more.

    PS3.19 A.1.
    """
    pieces: list[bytes] = []
    _write(dataset, pieces.append, **options)
    return b"".join(pieces)


def write_xml(dataset: Dataset, file: IO[bytes], **options: Unpack[Options]) -> None:
    """Write the document of `to_xml` to a binary file, in pieces: large values are never held as a whole.

    Args:
        dataset: the data set.
        file: has `write`, which takes bytes.
        options: of `to_xml`.

    Raises: see `to_xml`. What was written before remains.
    """
    _write(dataset, file.write, **options)


def from_xml(
    source: str | bytes | IO[bytes],
    *,
    bulk_data: Callable[[str], bytes | None] | None = None,
    on_error: Callable[[ParseError], object] | None = None,
) -> Dataset:
    """The data set of an XML document, in the Native DICOM Model or the form of DCMTK.

    Entity declarations are refused, and nothing is loaded that the document refers to. If text has other characters than
    ASCII and there is no Specific Character Set, it becomes ISO_IR 192.

    Args:
        source: the document, or a binary file with it, which is read in pieces.
        bulk_data: called with the URI or UUID of each BulkData; returns the bytes of the value field in little endian; or
            None to leave the element empty. Without it a BulkData is an error.
        on_error: called with the error of each element that cannot be read, which is then left out, instead of raising it.

    Raises:
        ParseError: this is not XML, or neither of the two forms. The message has the line, `path` the path of the element.

    PS3.19 A.1.
    """
    from dicomkit.formats.xml_reader import read_document

    return read_document(source, bulk_data=bulk_data, on_error=on_error)


def _write(
    dataset: Dataset,
    write: Callable[[bytes], object],
    *,
    model: str = "native",
    bulk_data: Callable[[DataElement], str | None] | None = None,
    bulk_threshold: int = 1024,
    meta: bool = False,
    binary: str = "base64",
) -> None:
    if model not in ("native", "dcmtk"):
        raise ValueError(f"{model!r} is no model: 'native' and 'dcmtk' are")
    if binary not in ("base64", "hex", "hidden"):
        raise ValueError(f"{binary!r} is no way to write binary values: 'base64', 'hex' and 'hidden' are")
    if model == "dcmtk" and bulk_data is not None:
        raise ValueError("the form of DCMTK does not refer to bulk data")
    if model == "native" and binary != "base64":
        raise ValueError("the Native DICOM Model has binary values in base64 only")
    if dataset.is_changed() or (dataset.file_meta is not None and dataset.file_meta.is_changed()):
        from dicomkit.media.encoded import encoded

        dataset = encoded(dataset)
    page = Page(native=model == "native", namespace=model == "native", binary=binary)
    index, origin, _, _, _, sets, _, forced = dataset._state()
    page.meta = meta
    page.default_sets = dataset.character_sets
    page.options |= _bits("unicode", "forced-sets" if forced else "")
    if bulk_data is not None:
        from dicomkit.dataset.dataset import from_index

        root = from_index(index, origin, sets if forced else None)

        def refer(record: int, vr: str, length: int) -> bytes | None:
            return reference(bulk_data(root[index.path(record)])) if length >= bulk_threshold else None

        page.refer = refer
    write_document(Subject.of_dataset(dataset), write, page)


class Page:
    """How a document is written.

    Attributes:
        native: in the Native DICOM Model.
        meta: whether that has the File Meta Information.
        namespace: whether the root element declares it.
        encoding: the name in the XML declaration, "" for none.
        doctype: what stands between `<!DOCTYPE`, the name of the root, and `>`; None for no such declaration.
        default_sets: the character sets of text where Specific Character Set does not say them.
        load_limit: numbers and binary values longer than this are left out in the form of DCMTK.
        characters, inserted, refer: see `dicomkit._ext.xml.render`.
        options: bits of `dicomkit._ext.xml.OPTIONS`.
    """

    __slots__ = (
        "characters",
        "default_sets",
        "doctype",
        "encoding",
        "inserted",
        "load_limit",
        "meta",
        "namespace",
        "native",
        "options",
        "refer",
    )

    def __init__(self, *, native: bool, namespace: bool = False, names: bool = True, binary: str = "hidden") -> None:
        self.native = native
        self.meta = False
        self.namespace = namespace
        self.encoding = "UTF-8"
        self.doctype: str | None = None
        self.default_sets: CharacterSets | None = None
        self.load_limit: int | None = None
        self.characters: bytes | None = None
        self.inserted: bytes | None = None
        self.refer: Callable[[int, str, int], bytes | None] | None = None
        self.options = _bits(
            "native" if native else "",
            "names" if names else "",
            "" if binary == "hidden" else "binary",
            "base64" if binary == "base64" else "",
        )


def _bits(*names: str) -> int:
    return sum([_ext.OPTIONS[name] for name in names if name])


def reference(uri: str | None) -> bytes | None:
    """The attribute of BulkData for a URI or a UUID (PS3.19 table A.1.5-2)."""
    if uri is None:
        return None
    digits = uri.replace("-", "")
    is_uuid = len(uri) == 36 and len(digits) == 32 and digits.isalnum() and digits.isascii()
    escaped = uri.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode("ascii", "xmlcharrefreplace")
    return b'%s="%s"' % (b"uuid" if is_uuid else b"uri", escaped)


def write_document(subject: Subject, write: Callable[[bytes], object], page: Page) -> int:
    """Write a document in pieces.

    Args:
        subject: what is written.
        write: called with each piece.
        page: how it is written.

    Returns:
        How many characters were replaced by question marks because XML does not have them.

    Raises:
        SourceChanged: a value that was not in memory cannot be read any more.
    """
    options: dict[str, Any] = {
        "options": page.options,
        "convert": _Converter(page.default_sets, page.options),
        "load_limit": page.load_limit,
        "fetch": subject.fetch,
    }
    root = "NativeDicomModel" if page.native else "file-format" if subject.heading else "data-set"
    namespace = ""
    if page.namespace:
        namespace = f' xmlns="{NATIVE_NAMESPACE if page.native else DCMTK_NAMESPACE}"'
    encoding = f' encoding="{page.encoding}"' if page.encoding else ""
    doctype = "" if page.doctype is None else f"<!DOCTYPE {root}{page.doctype}>\n"
    write(f'<?xml version="1.0"{encoding}?>\n{doctype}'.encode())
    replaced = 0
    if page.native:
        write(f'<NativeDicomModel xml:space="preserve"{namespace}>\n'.encode())
    elif subject.heading:
        write(f"<file-format{namespace}>\n".encode())
        write(_heading("meta-header", "" if subject.meta is None else _syntax_of(subject.meta)))
        namespace = ""
    if subject.meta is not None and (page.meta if page.native else subject.heading):
        replaced = _ext.render(subject.meta, write, **options)
    if not page.native:
        if subject.heading:
            write(b"</meta-header>\n")
        write(_heading("data-set", subject.transfer_syntax or _syntax_of(subject.index), namespace))
    first, stop = subject.records
    extra: dict[str, Any] = {"characters": page.characters, "inserted": page.inserted, "refer": page.refer}
    replaced += _ext.render(subject.index, write, first, stop, **options, **extra)
    if page.native:
        write(b"</NativeDicomModel>\n")
    else:
        write(b"</data-set>\n</file-format>\n" if subject.heading else b"</data-set>\n")
    return replaced


def _heading(element: str, transfer_syntax: str, namespace: str = "") -> bytes:
    """A start tag that tells the transfer syntax."""
    name = transfer_syntax_name(transfer_syntax) if transfer_syntax else "Unknown Transfer Syntax"
    uid = "".join([letter for letter in transfer_syntax if letter.isalnum() or letter == "."])
    return f'<{element} xfer="{uid}" name="{name.replace("&", "&amp;")}"{namespace}>\n'.encode()


def _syntax_of(index: Index) -> str:
    """The transfer syntax of an encoding, as its first element shows it."""
    flags = index.record(0)[2] if len(index) else 0
    return NATIVE[bool(flags & _IMPLICIT_VR), bool(flags & _BIG_ENDIAN_VALUE)]


class _Converter:
    """Gives text values in UTF-8; what that needs is loaded for the first text beyond ASCII."""

    __slots__ = ("_convert", "_default", "_options")

    def __init__(self, default: CharacterSets | None, options: int) -> None:
        self._default = default
        self._options = options
        self._convert: Callable[[bytes, str, bytes | None], bytes] | None = None

    def __call__(self, value: bytes, vr: str, charset: bytes | None) -> bytes:
        if self._convert is None:
            from dicomkit.formats.json import converter

            self._convert = converter(self._default, forced=bool(self._options & _ext.OPTIONS["forced-sets"]))
        return self._convert(value, vr, charset)

"""Reading XML safely: the parser, and which elements may stand where.

The parser is expat. A document that declares entities is refused, so that none can grow ("billion laughs"); nothing that a
document refers to is opened; what was declared as the default of an attribute does not count. The depth of nesting is a
counter here and in expat, not the stack.
"""

from __future__ import annotations

from xml.parsers import expat

from dicomkit.errors import ParseError
from dicomkit.formats.xml_builder import Builder
from dicomkit.formats.xml_dcmtk import ROOTS, Dcmtk
from dicomkit.formats.xml_native import ROOT, Native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any, Final, NoReturn

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

    Start = Callable[[dict[str, str]], bool]
    End = Callable[[], None]

__all__ = ["Events", "read_document"]

NAMESPACES: Final = {
    ROOT: "http://dicom.nema.org/PS3.19/models/NativeDICOM",
    **dict.fromkeys(ROOTS, "http://dicom.offis.de/dcmtk"),
}
_CHUNK: Final = 1 << 20
_MOST_DECLARATIONS: Final = 1000  # the DTD of DCMTK has 32; each costs time at each start tag


def read_document(
    source: str | bytes | IO[bytes],
    *,
    bulk_data: Callable[[str], bytes | None] | None = None,
    on_error: Callable[[ParseError], object] | None = None,
    on_notice: Callable[[ParseError], object] | None = None,
    open_file: Callable[[str], bytes] | None = None,
    meta: bool = True,
    namespace: bool = False,
    validate: bool = False,
    dictionary: Dictionary | None = None,
) -> Dataset:
    """Read a document; see `dicomkit.formats.xml.from_xml`.

    Args:
        source, bulk_data, on_error: as there.
        on_notice: called with what DCMTK's xml2dcm only warns of, which is an error otherwise.
        open_file: gives the contents of a file that a document in DCMTK's form names; without it that is an error.
        meta: False leaves the File Meta Information out.
        namespace: whether the root element must declare the namespace of its form.
        validate: whether the document must have a document type declaration, and be as DCMTK's DTD wants it.
        dictionary: a user dictionary, looked up before the standard's for elements without a VR.

    Raises:
        ParseError: see there.
    """
    name = getattr(source, "name", "")
    builder = Builder(on_error, on_notice, name if isinstance(name, str) else "")
    builder.dictionary = dictionary
    events = Events(builder, bulk_data, open_file, meta, namespace, validate)
    form = events.parse(source)
    dataset = builder.finish()
    if isinstance(form, Dcmtk):
        dataset.transfer_syntax = form.transfer_syntax
    return dataset


class Events:
    """What the parser calls, and where text goes."""

    def __init__(
        self,
        builder: Builder,
        bulk_data: Callable[[str], bytes | None] | None,
        open_file: Callable[[str], bytes] | None,
        meta: bool,
        namespace: bool,
        validate: bool,
    ) -> None:
        self.builder = builder
        self.form: Native | Dcmtk | None = None
        self._choices = (bulk_data, open_file, meta)
        self._namespace = namespace
        self._validator: Any = None
        if validate:
            from dicomkit.formats.xml_validation import Validator

            self._validator = Validator(builder)
        self._declarations = 0
        self._skipped = 0
        # Of each open element, the elements that may be in it and what its end does.
        self._open: list[tuple[dict[str, Any], End]] = []
        self._allowed: dict[str, tuple[dict[str, Any], Start, End]] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        builder.line = lambda: parser.CurrentLineNumber
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.specified_attributes = True
        parser.StartElementHandler = self._start_root
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.SkippedEntityHandler = self._entity
        parser.AttlistDeclHandler = self._declaration
        parser.NotationDeclHandler = self._declaration

    def parse(self, source: str | bytes | IO[bytes]) -> Native | Dcmtk | None:
        """Read all of a document. Returns its form."""
        try:
            if isinstance(source, (str, bytes, bytearray, memoryview)):
                self._feed(source, True)
            else:
                while chunk := source.read(_CHUNK):
                    self._feed(chunk, False)
                self._feed(b"", True)
            return self.form
        finally:
            self._release()

    def _feed(self, data: str | bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            reason = f"line {error.lineno}: no XML: {expat.errors.messages[error.code]}"
        except (LookupError, ValueError) as error:
            if self.form is not None or isinstance(error, ParseError):
                raise
            reason = f"line 1: no XML that can be read: {error}"  # of an encoding that Python does not have as one of bytes
        else:
            return
        raise ParseError(reason, None, "", self.builder.source)

    def _release(self) -> None:
        """The handlers refer to this object, and it to the parser: nothing would free them."""
        parser = self._parser
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = None
        parser.ExternalEntityRefHandler = parser.SkippedEntityHandler = None
        parser.AttlistDeclHandler = parser.NotationDeclHandler = None
        self.form = None
        for table in self._tables.values():
            table.clear()
        self._allowed = {}
        self._open = []

    # -- text

    def collect(self) -> list[str]:
        """Collect the text from here on."""
        pieces: list[str] = []
        self._parser.CharacterDataHandler = pieces.append
        return pieces

    def decode(self, feed: Callable[[str], None], failed: Callable[[str], None]) -> None:
        """Decode the text from here on; what cannot be decoded is told once."""
        sound = True

        def handle(text: str) -> None:
            nonlocal sound
            try:
                if sound:
                    feed(text)
            except ValueError as error:
                sound = False
                failed(str(error))

        self._parser.CharacterDataHandler = handle

    def ignore(self) -> None:
        """Text from here on does not count."""
        self._parser.CharacterDataHandler = None

    # -- elements

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        uri, _, local = name.rpartition(" ")
        if local not in NAMESPACES:
            raise self.builder.error(f"the root element is {local!r}: neither {ROOT}, nor file-format or data-set of DCMTK")
        if uri not in ("", NAMESPACES[local]):
            raise self.builder.error(f"{uri!r} is not the namespace of {local}")
        if self._namespace and not uri:
            raise self.builder.error(f"{local} does not declare its namespace")
        bulk_data, open_file, meta = self._choices
        if local == ROOT:
            self.form = Native(self.builder, self, bulk_data)
        else:
            self.form = Dcmtk(self.builder, self, open_file, meta)
        prefix = f"{uri} " if uri else ""
        tables = self._tables
        grammar = self.form.grammar()
        for element in grammar:
            tables[element] = {}
        for element, (children, _, _) in grammar.items():
            for child in children:
                tables[element][prefix + child] = (tables[child], *grammar[child][1:])
        self._allowed = {name: (tables[local], *grammar[local][1:])}
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._start(name, attributes)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        if self._validator is not None:
            self._validator.start(name.rpartition(" ")[2], attributes)
        found = self._allowed.get(name)
        if found is None:
            self.builder.notice(f"an element {name.rpartition(' ')[2]!r} cannot be here")
            self._skipped = 1
            return
        allowed, start, end = found
        if not start(attributes):
            self._skipped = 1
            return
        self._open.append((self._allowed, end))
        self._allowed = allowed

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            if self._skipped:
                return
            if self._validator is not None:
                self._validator.end()
            return
        self._allowed, end = self._open.pop()
        if self._validator is not None:
            self._validator.end()
        end()

    # -- declarations

    def _doctype(self, name: str, *rest: object) -> None:
        if self._validator is not None:
            self._validator.doctype = name

    def _entity(self, *rest: object) -> NoReturn:
        raise self.builder.error("entities are not allowed")

    def _declaration(self, *rest: object) -> None:
        self._declarations += 1
        if self._declarations > _MOST_DECLARATIONS:
            raise self.builder.error("too many declarations")

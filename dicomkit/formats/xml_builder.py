"""What both XML forms are read into: data sets on a stack, one for each level of nesting."""

from __future__ import annotations

import struct

from dicomkit._ext import standard
from dicomkit._ext.tagstream import index_bytes
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.dataset.element import DataElement, element_of
from dicomkit.dataset.private import reserve_private
from dicomkit.dataset.text import TEXT_VRS, CharacterSets, character_sets
from dicomkit.dataset.values import normalise
from dicomkit.errors import ParseError
from dicomkit.formats.xml_value import text_values, values_of_field
from dicomkit.standard.vr import VRS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["Builder", "Head", "Item", "Level"]

DEEPEST: Final = 128  # as the parser of the binary encoding has it
SPECIFIC_CHARACTER_SET: Final = 0x00080005
META: Final = 2  # the group of File Meta Information
MOST_KNOWN: Final = 4096
LONGEST_SHORT: Final = 0xFFFE  # value length of the VRs with a 16-bit one (PS3.5 7.1.2)
_NUMBERS: Final = {"DS": ("0123456789+-.eE", 16), "IS": ("0123456789+-", 12)}  # characters, and how many (PS3.5 6.2)
_INFINITIES: Final = frozenset((float("inf"), float("-inf")))
_UTF8: Final = "ISO_IR 192"
_END: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"  # Sequence Delimitation Item


class Head:
    """What the start tag of an element says.

    Attributes:
        tag, vr: of the element.
        vm: the VM of the dictionary, None for private and unknown elements.
        creator: the private creator; only the last two digits of the tag count then.
        is_text: whether Specific Character Set governs the value.
    """

    __slots__ = ("creator", "is_text", "tag", "vm", "vr")

    def __init__(self, tag: int, vr: str, creator: str = "") -> None:
        row = None if tag & 0x10000 else standard.element(tag)
        self.tag = tag
        self.vr = vr
        self.vm = None if row is None else row[2]
        self.creator = creator
        self.is_text = vr in TEXT_VRS and TEXT_VRS[vr][2]

    def element(self, content: Any) -> DataElement:
        """The element with a value.

        Raises:
            ValueError: the VR cannot have it.
        """
        try:
            value = normalise(self.vr, content, self.vm)
        except (TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None
        return element_of(self.tag, self.vr, value)


class Item:
    """A data set or item that is being read.

    Attributes:
        dataset: what it becomes.
        elements: its elements by tag.
        waiting: elements that can only be put in at the end: private ones, whose creators may come late, and text in bytes,
            whose character set may. Each with its content and line.
        sets: the character sets that hold in it.
        level: the sequence around it.
    """

    __slots__ = ("dataset", "elements", "level", "sets", "waiting")

    def __init__(self, sets: CharacterSets | None, level: Level | None) -> None:
        self.dataset = Dataset()
        self.elements = self.dataset._changes()
        self.waiting: list[tuple[Head, Any, int]] = []
        self.sets = sets
        self.level = level


class Level:
    """A sequence that is being read."""

    __slots__ = ("item", "items", "tag")

    def __init__(self, tag: int, item: Item) -> None:
        self.tag = tag
        self.item = item
        self.items: list[Dataset] = []


class Builder:
    """Makes one data set.

    Attributes:
        item: the innermost data set that is open.
        meta: the File Meta Information, if there is one.
        line: gives the line that the parser has come to.
        dictionary: of the user, for elements without a VR.
    """

    def __init__(
        self,
        on_error: Callable[[ParseError], object] | None,
        on_notice: Callable[[ParseError], object] | None,
        source: str,
    ) -> None:
        self.on_error = on_error
        self.on_notice = on_notice
        self.source = source
        self.line: Callable[[], int] = int
        self.item = Item(None, None)
        self.meta: Dataset | None = None
        self.dictionary: Dictionary | None = None
        self.depth = 0
        self._root = self.item
        self._is_extended = False
        self._known: dict[tuple[Head, tuple[str, ...]], DataElement] = {}

    # -- errors

    def error(self, reason: str, tag: int | None = None) -> ParseError:
        """An error at this place."""
        return ParseError(f"line {self.line()}: {reason}", None, self.path(tag), self.source)

    def report(self, reason: str, tag: int | None = None) -> None:
        """Something cannot be read and is left out."""
        error = self.error(reason, tag)
        if self.on_error is None:
            raise error
        self.on_error(error)

    def notice(self, reason: str, tag: int | None = None) -> None:
        """Something is wrong that DCMTK's xml2dcm only warns of."""
        if self.on_notice is None:
            self.report(reason, tag)
        else:
            self.on_notice(self.error(reason, tag))

    def path(self, tag: int | None) -> str:
        """The path of an element of the innermost data set."""
        parts = [] if tag is None else [f"({tag >> 16:04X},{tag & 0xFFFF:04X})"]
        level = self.item.level
        while level is not None:
            parts.append(f"({level.tag >> 16:04X},{level.tag & 0xFFFF:04X})[{len(level.items)}]")
            level = level.item.level
        return ".".join(reversed(parts))

    # -- items

    def open_item(self, level: Level) -> None:
        """Start on an item of a sequence."""
        if self.depth >= DEEPEST:
            raise self.error("sequences are nested too deeply", level.tag)
        self.depth += 1
        self.item = Item(self.item.sets, level)

    def close_item(self) -> None:
        """The end of an item; the data set around it is the innermost again."""
        level = self.item.level
        assert level is not None
        self._settle()
        level.items.append(self.item.dataset)
        self.item = level.item
        self.depth -= 1

    def finish(self) -> Dataset:
        """The data set."""
        self._settle()
        root = self._root.dataset
        if self._is_extended:
            self._root.elements[SPECIFIC_CHARACTER_SET] = DataElement(SPECIFIC_CHARACTER_SET, "CS", _UTF8)
        root.file_meta = self.meta
        return root

    def _settle(self) -> None:
        """Put in what waited for the end."""
        item = self.item
        for head, content, line in item.waiting:
            here, self.line = self.line, lambda line=line: line  # type: ignore[misc]  # mypy cannot infer defaults of lambdas
            try:
                if head.creator:
                    head = Head(self._place(head.tag, head.creator), head.vr)
                if isinstance(content, bytes):
                    content = head.element(values_of_field(head.vr, content, item.sets))
                elif isinstance(content, DataElement) and content.tag != head.tag:
                    texts = tuple(content.raw.decode().split("\\")) if content.offset is not None else ()
                    content = (texts and self._number(head, texts)) or head.element(content.value)
                item.elements[head.tag] = content
            except ValueError as error:
                self.report(str(error), head.tag)
            self.line = here
        item.waiting = []

    def _place(self, tag: int, creator: str) -> int:
        """The tag of a private element in the block of its creator."""
        if tag & 0xFFFF >= 0x1000:
            block = self.item.dataset._element(tag & 0xFFFF0000 | tag >> 8 & 0xFF)
            if block is not None and block.value == creator:
                return tag
        return reserve_private(self.item.dataset, tag, creator)

    # -- elements

    def vr_of(self, tag: int, vr: str | None) -> str | None:
        """The VR that an element says, or that the dictionary has for it; None if the element is to be left out."""
        if vr in VRS:
            return vr
        if vr is not None and not vr.islower():  # "xs", "ox": DCMTK's names for several VRs
            self.notice(f"{vr!r} is no VR", tag)
            if self.on_notice is None:
                return None
        row = standard.element(tag, self.dictionary)
        if row is not None and row[1]:
            return "OW" if vr == "lt" and len(row[1]) > 1 else row[1][0]
        self.notice("the element has no VR", tag)
        return None if self.on_notice is None else "UN"

    def head(self, tag: int, vr: str, creator: str = "") -> Head | None:
        """The head of an element; None if it cannot be in the innermost data set."""
        if tag >> 16 in (0xFFFE, 0xFFFF) or (tag >> 16 == META and self.depth):
            self.report("this tag cannot be in a data set", tag)
            return None
        return Head(tag, vr, creator)

    def put_text(self, head: Head, texts: tuple[str, ...]) -> None:
        """Put an element into the innermost data set, from the text of its values.

        Elements are immutable, and short ones come again and again: they are made once.
        """
        element = self._known.get((head, texts))
        if element is None:
            try:
                element = self._number(head, texts) if head.vr in _NUMBERS else None
                if element is None:
                    element = head.element(text_values(head.vr, list(texts)))
            except ValueError as error:
                self.report(str(error), head.tag)
                return
            if len(self._known) < MOST_KNOWN and len(texts) <= 6 and sum([len(text) for text in texts]) < 64:
                self._known[head, texts] = element
        self.put_element(head, element)
        if head.is_text and self.item.sets is None and not all(map(str.isascii, texts)):
            self._is_extended = True

    def _number(self, head: Head, texts: tuple[str, ...]) -> DataElement | None:
        """An element of DS or IS with the digits that the document has; None if the VR does not have such text.

        Raises:
            ValueError: it is no number; where DCMTK's xml2dcm only notices that, it is taken as it is.
        """
        text = "\\".join([text.strip(" \r\n\t\0") for text in texts])
        if not text or not text.isascii() or len(text) > LONGEST_SHORT:
            return None
        characters, longest = _NUMBERS[head.vr]
        sound = not text.strip(characters + "\\") and max(map(len, text.split("\\"))) <= longest
        if self.on_notice is None and not sound:
            return None
        try:
            values = text_values(head.vr, list(texts))
            if head.vr == "DS" and not _INFINITIES.isdisjoint(values):
                raise ValueError(f"{text[:64]!r} is out of range")
        except ValueError as error:
            if self.on_notice is None:
                raise
            self.notice(str(error), head.tag)
        data = text.encode() + b" " * (len(text) % 2)
        header = struct.pack("<HH2sH", head.tag >> 16, head.tag & 0xFFFF, head.vr.encode(), len(data))
        element = from_index(index_bytes(header + data))._element(head.tag)
        return None if element is None else element._apart()

    def put(self, head: Head, content: Any) -> None:
        """The same, from what `normalise` takes, or for other VRs than binary ones from the bytes of the value field."""
        if isinstance(content, bytes) and head.vr in TEXT_VRS:
            self.item.waiting.append((head, content, self.line()))
            return
        try:
            if isinstance(content, bytes):
                content = values_of_field(head.vr, content, None)
            self.put_element(head, head.element(content))
        except ValueError as error:
            self.report(str(error), head.tag)

    def put_fragments(self, head: Head, items: bytes) -> bool:
        """Put encapsulated Pixel Data into the innermost data set. Returns False if the bytes are no run of fragments."""
        data = struct.pack("<HH2sHI", head.tag >> 16, head.tag & 0xFFFF, head.vr.encode(), 0, 0xFFFFFFFF) + items + _END
        index = index_bytes(data)
        element = from_index(index)._element(head.tag)
        if element is None or not element.is_encapsulated or index.faults or index.record(0)[5] != len(index):
            return False
        self.put_element(head, element._apart())
        return True

    def put_element(self, head: Head, element: DataElement) -> None:
        """Put an element into the innermost data set."""
        item = self.item
        tag = head.tag
        if head.creator:
            item.waiting.append((head, element, self.line()))
        elif tag >> 16 == META:
            if self.meta is None:
                self.meta = Dataset()
            self.meta.add(element)
        else:
            item.elements[tag] = element
            if tag == SPECIFIC_CHARACTER_SET and head.vr == "CS":
                value = element.value
                terms = tuple(value) if isinstance(value, tuple) else (value,) if value else ()
                item.sets = character_sets(terms) if any(terms) else item.sets

"""Reading the Native DICOM Model (PS3.19 A.1)."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.formats.xml_builder import META, Head, Level
from dicomkit.formats.xml_value import BINARY_VRS, Base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.formats.xml_builder import Builder
    from dicomkit.formats.xml_reader import Events
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["ROOT", "Native"]

ROOT: Final = "NativeDicomModel"

#: PS3.5 6.2.1.1, PS3.19 table 10.2-1.
GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
COMPONENTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")

#: Values that a document may leave out between others.
MOST_LEFT_OUT: Final = 65536
_HEX: Final = frozenset("0123456789ABCDEFabcdef")
_PIXEL_DATA: Final = 0x7FE00010
_ITEM: Final = b"\xfe\xff\x00\xe0"
_SEQUENCE_DELIMITATION: Final = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"


class _Attribute:
    """A DicomAttribute that is open."""

    __slots__ = ("content", "failed", "head", "level", "numbers", "outer", "values")

    def __init__(self, head: Head, outer: _Attribute | None) -> None:
        self.head = head
        self.outer = outer
        self.values: list[str] = []
        self.numbers: list[int] = []
        self.level: Level | None = None
        self.content: bytes | None = None
        self.failed = False


class Native:
    """The handlers of the elements of a document."""

    def __init__(self, builder: Builder, events: Events, bulk_data: Callable[[str], bytes | None] | None) -> None:
        self.builder = builder
        self.events = events
        self.bulk_data = bulk_data
        self.attribute: _Attribute | None = None
        self.heads: dict[tuple[str, str | None, str], Head] = {}
        self.number = 0
        self.pieces: list[str] = []
        self.binary: Base64 | None = None
        self.groups: dict[int, dict[int, str]] = {}
        self.group = 0

    def grammar(self) -> dict[str, tuple[tuple[str, ...], Callable[[dict[str, str]], bool], Callable[[], None]]]:
        """Element -> the elements that may be in it, what its start does (False: skip it), and what its end does."""
        table: dict[str, Any] = {
            ROOT: (("DicomAttribute",), self.nothing, self.end_of_nothing),
            "DicomAttribute": (
                ("Value", "PersonName", "Item", "BulkData", "InlineBinary"),
                self.start_attribute,
                self.end_attribute,
            ),
            "Value": ((), self.start_value, self.end_value),
            "Item": (("DicomAttribute",), self.start_item, self.end_item),
            "PersonName": (GROUPS, self.start_name, self.end_name),
            "BulkData": ((), self.bulk, self.end_of_nothing),
            "InlineBinary": ((), self.start_binary, self.end_binary),
        }
        for number, group in enumerate(GROUPS):
            table[group] = (COMPONENTS, lambda _, number=number: self.start_group(number), self.end_of_nothing)
        for number, component in enumerate(COMPONENTS):
            table[component] = ((), self.start_text, lambda number=number: self.end_component(number))
        return table

    def nothing(self, attributes: dict[str, str]) -> bool:
        return True

    def end_of_nothing(self) -> None:
        pass

    def start_text(self, attributes: dict[str, str]) -> bool:
        """What follows is text that counts."""
        self.pieces = self.events.collect()
        return True

    def text(self) -> str:
        """The text since `start_text`."""
        self.events.ignore()
        return "".join(self.pieces)

    # -- attributes

    def start_attribute(self, attributes: dict[str, str]) -> bool:
        key = (attributes.get("tag", ""), attributes.get("vr"), attributes.get("privateCreator", ""))
        head = self.heads.get(key)
        if head is None or head.tag >> 16 == META:
            head = self._head(*key)
            if head is None:
                return False
            self.heads[key] = head
        if head.tag & 0xFFFF == 0 and not head.creator:
            return False  # "Group Length attributes shall not be included"
        self.attribute = _Attribute(head, self.attribute)
        if head.vr == "SQ":
            self.attribute.level = Level(head.tag, self.builder.item)
        return True

    def _head(self, text: str, vr: str | None, creator: str) -> Head | None:
        """The head of an attribute; None if it cannot be."""
        if len(text) != 8 or not _HEX.issuperset(text):
            self.builder.report(f"{text!r} is no tag of eight hexadecimal digits")
            return None
        tag = int(text, 16)
        creator = creator.strip(" \0")
        if creator and not tag & 0x10000:
            self.builder.report(f"a public element has no private creator ({creator!r})", tag)
            return None
        known = _private_vr(tag, creator, self.builder.dictionary) if vr is None and creator else None
        known = known or self.builder.vr_of(tag, vr)
        return None if known is None else self.builder.head(tag, known, creator)

    def end_attribute(self) -> None:
        attribute = self.attribute
        assert attribute is not None
        self.attribute = attribute.outer
        head, content = attribute.head, attribute.content
        if attribute.failed:
            return
        if attribute.level is not None:
            self.builder.put(head, attribute.level.items)
        elif content is not None:
            if not (head.tag == _PIXEL_DATA and content.startswith(_ITEM) and self._put_fragments(head, content)):
                self.builder.put(head, content)
        elif head.vr not in BINARY_VRS:
            try:
                texts = tuple(_in_order(attribute.numbers, attribute.values))
            except ValueError as error:
                self.builder.report(str(error), head.tag)
                return
            self.builder.put_text(head, texts)
        elif attribute.values:
            self.builder.report(f"{head.vr} has InlineBinary or BulkData, not values", head.tag)
        else:
            self.builder.put(head, None)

    def _put_fragments(self, head: Head, content: bytes) -> bool:
        return head.vr in BINARY_VRS and self.builder.put_fragments(head, content.removesuffix(_SEQUENCE_DELIMITATION))

    def fail(self, reason: str) -> None:
        """The open attribute cannot be read and is left out."""
        attribute = self.attribute
        assert attribute is not None
        attribute.failed = True
        self.builder.report(reason, attribute.head.tag)

    # -- values

    def start_value(self, attributes: dict[str, str]) -> bool:
        return self._start_number(attributes) and self.start_text(attributes)

    def _start_number(self, attributes: dict[str, str]) -> bool:
        attribute = self.attribute
        assert attribute is not None
        if attribute.level is not None:
            self.fail("a sequence has items, not values")
            return False
        text = attributes.get("number")
        if text is None:
            self.number = len(attribute.values) + 1
        elif text.isascii() and text.isdecimal() and 0 < len(text) <= 10 and int(text):
            self.number = int(text)
        else:
            self.fail(f"{text!r} is no number of a value")
            return False
        return True

    def end_value(self) -> None:
        attribute = self.attribute
        assert attribute is not None
        attribute.values.append(self.text())
        attribute.numbers.append(self.number)

    def start_name(self, attributes: dict[str, str]) -> bool:
        self.groups = {}
        return self._start_number(attributes)

    def start_group(self, number: int) -> bool:
        self.group = number
        self.groups[number] = {}
        return True

    def end_component(self, number: int) -> None:
        self.groups[self.group][number] = self.text()

    def end_name(self) -> None:
        attribute = self.attribute
        assert attribute is not None
        groups = [
            "^".join([group.get(number, "") for number in range(max(group, default=-1) + 1)])
            for group in (self.groups.get(number, {}) for number in range(max(self.groups, default=-1) + 1))
        ]
        attribute.values.append("=".join(groups))
        attribute.numbers.append(self.number)

    def start_binary(self, attributes: dict[str, str]) -> bool:
        self.binary = Base64()
        self.events.decode(self.binary.feed, self.fail)
        return True

    def end_binary(self) -> None:
        self.events.ignore()
        attribute = self.attribute
        assert attribute is not None
        assert self.binary is not None
        if attribute.failed:
            return
        try:
            attribute.content = self.binary.finish()
        except ValueError as error:
            self.fail(str(error))

    def bulk(self, attributes: dict[str, str]) -> bool:
        attribute = self.attribute
        assert attribute is not None
        name = attributes.get("uri") or attributes.get("uuid") or attributes.get("URI")
        if name is None:
            self.fail("BulkData has neither uri nor uuid")
        elif self.bulk_data is None:
            self.fail(f"the value is at {name!r}, and there is no bulk_data to get it")
        else:
            content = self.bulk_data(name)
            attribute.content = None if content is None else bytes(memoryview(content))
        return True

    # -- items

    def start_item(self, attributes: dict[str, str]) -> bool:
        attribute = self.attribute
        assert attribute is not None
        if attribute.level is None:
            self.fail(f"{attribute.head.vr} has no items")
            return False
        self.builder.open_item(attribute.level)
        return True

    def end_item(self) -> None:
        self.builder.close_item()


def _private_vr(tag: int, creator: str, dictionary: Dictionary | None) -> str | None:
    """The VR of a private element by the dictionary of its creator."""
    row = standard.private_element(creator, tag & 0xFFFF00FF | 0x1000, dictionary)
    return row[1][0] if row is not None and row[1] else None


def _in_order(numbers: list[int], values: list[str]) -> list[str]:
    """Values by their numbers; those that are left out are empty.

    Raises:
        ValueError: a number occurs twice, or too many are left out.
    """
    count = len(numbers)
    if numbers == list(range(1, count + 1)):
        return values
    last = max(numbers)
    if len(set(numbers)) < count:
        raise ValueError("two values have one number")
    if last > count + MOST_LEFT_OUT:
        raise ValueError(f"value {last} of {count}")
    ordered = [""] * last
    for number, value in zip(numbers, values, strict=True):
        ordered[number - 1] = value
    return ordered

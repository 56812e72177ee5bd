"""Reading the form of DCMTK's dcm2xml."""

from __future__ import annotations

import struct

from dicomkit.formats.xml_builder import META, Head, Level
from dicomkit.formats.xml_value import Base64, Hex, field_texts
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from dicomkit.formats.xml_builder import Builder
    from dicomkit.formats.xml_reader import Events

__all__ = ["ROOTS", "Dcmtk"]

ROOTS: Final = ("file-format", "data-set")

_PIXEL_DATA: Final = 0x7FE00010
_ITEM: Final = b"\xfe\xff\x00\xe0"
_HEX: Final = frozenset("0123456789ABCDEFabcdef")
_FRAGMENT: Final = Head(_PIXEL_DATA, "OB")
_HEX_VRS: Final = frozenset(("OB", "OW", "UN"))


class _Sequence:
    """A sequence that is open."""

    __slots__ = ("fragments", "head", "level", "outer")

    def __init__(self, head: Head, level: Level, outer: _Sequence | None) -> None:
        self.head = head
        self.level = level
        self.outer = outer
        self.fragments: list[bytes] | None = None


class Dcmtk:
    """The handlers of the elements of a document."""

    def __init__(
        self, builder: Builder, events: Events, open_file: Callable[[str], bytes] | None = None, meta: bool = True
    ) -> None:
        self.builder = builder
        self.events = events
        self.open_file = open_file
        self.meta = meta
        self.transfer_syntax: UID | None = None
        self.has_dataset = False
        self.sequence: _Sequence | None = None
        self.head = Head(0, "UN")
        self.heads: dict[tuple[str, str | None], Head] = {}
        self.binary = ""
        self.pieces: list[str] = []
        self.decoder: Base64 | Hex | None = None

    def grammar(self) -> dict[str, tuple[tuple[str, ...], Callable[[dict[str, str]], bool], Callable[[], None]]]:
        """Element -> the elements that may be in it, what its start does (False: skip it), and what its end does."""
        return {
            "file-format": (("meta-header", "data-set"), self.nothing, self.end_file),
            "meta-header": (("element",), self.start_meta, self.end_of_nothing),
            "data-set": (("element", "sequence"), self.start_dataset, self.end_of_nothing),
            "element": ((), self.start_element, self.end_element),
            "sequence": (("item", "pixel-item"), self.start_sequence, self.end_sequence),
            "item": (("element", "sequence"), self.start_item, self.end_item),
            "pixel-item": ((), self.start_fragment, self.end_fragment),
        }

    def nothing(self, attributes: dict[str, str]) -> bool:
        return True

    def end_of_nothing(self) -> None:
        pass

    def end_file(self) -> None:
        if not self.has_dataset:
            raise self.builder.error("the document has no data set")

    def start_meta(self, attributes: dict[str, str]) -> bool:
        return self.meta

    def start_dataset(self, attributes: dict[str, str]) -> bool:
        if self.has_dataset:
            raise self.builder.error("the document has two data sets")
        self.has_dataset = True
        if attributes.get("xfer"):
            self.transfer_syntax = UID(attributes["xfer"])
        return True

    def _head(self, attributes: dict[str, str]) -> bool:
        """Tag and VR of an element."""
        key = (attributes.get("tag", ""), attributes.get("vr"))
        known = self.heads.get(key)
        if known is not None and known.tag >> 16 != META:
            self.head = known
            return True
        group, comma, element = key[0].partition(",")
        if not comma or not 0 < len(group) <= 4 or not 0 < len(element) <= 4 or not _HEX.issuperset(group + element):
            self.builder.report(f"{key[0]!r} is no tag, as 0010,0020 is one")
            return False
        tag = int(group, 16) << 16 | int(element, 16)
        vr = self.builder.vr_of(tag, key[1])
        head = None if vr is None else self.builder.head(tag, vr)
        if head is None:
            return False
        self.head = self.heads[key] = head
        return True

    # -- elements

    def start_element(self, attributes: dict[str, str]) -> bool:
        if not self._head(attributes):
            return False
        if self.head.vr == "SQ":
            self.builder.report("a sequence is no element", self.head.tag)
            return False
        return self._start_content(attributes)

    def _start_content(self, attributes: dict[str, str]) -> bool:
        binary = self.binary = attributes.get("binary", "")
        self.decoder = None
        if binary == "hidden" or attributes.get("loaded") == "no":
            if self.head.tag >> 16 != META:
                how = "hidden" if binary == "hidden" else "not loaded"
                self.builder.report(f"the value is not in the document: it is {how}", self.head.tag)
            return False
        if binary == "file" and self.open_file is None:
            self.builder.report("the value is in a file, which is not opened", self.head.tag)
            return False
        if binary == "base64":
            self.decoder = Base64()
        elif self.head.vr in _HEX_VRS and binary != "file":
            self.decoder = Hex(self.head.vr == "OW")
        if self.decoder is None:
            self.pieces = self.events.collect()
        else:
            self.events.decode(self.decoder.feed, self._not_decoded)
        return True

    def _not_decoded(self, reason: str) -> None:
        self.binary = "damaged"
        self.builder.report(reason, self.head.tag)

    def _content(self) -> bytes | str | None:
        """The content of an element; None if it cannot be had."""
        self.events.ignore()
        if self.binary == "damaged":
            return None
        try:
            if self.decoder is not None:
                return self.decoder.finish()
            text = "".join(self.pieces)
            if self.binary != "file":
                return text
            assert self.open_file is not None
            return self.open_file(text)
        except (ValueError, OSError) as error:
            reason = (error.strerror and f"{error.filename}: {error.strerror}") if isinstance(error, OSError) else ""
            self.builder.report(reason or str(error), self.head.tag)
            return None

    def end_element(self) -> None:
        content = self._content()
        head = self.head
        if isinstance(content, str):
            self.builder.put_text(head, field_texts(head.vr, content))
        elif content is not None:
            if self.binary == "base64" and head.vr == "OW":
                content = _swapped(content)  # DCMTK's base64 of words is big endian
            self.builder.put(head, content)

    # -- sequences

    def start_sequence(self, attributes: dict[str, str]) -> bool:
        if not self._head(attributes):
            return False
        head = self.head
        sequence = _Sequence(head, Level(head.tag, self.builder.item), self.sequence)
        if head.tag == _PIXEL_DATA and head.vr != "SQ":
            sequence.fragments = []
        elif head.vr != "SQ":
            self.builder.report(f"a sequence has the VR SQ, not {head.vr}", head.tag)
            return False
        self.sequence = sequence
        return True

    def end_sequence(self) -> None:
        sequence = self.sequence
        assert sequence is not None
        self.sequence = sequence.outer
        if sequence.fragments is None:
            self.builder.put(sequence.head, sequence.level.items)
            return
        parts = []
        for fragment in sequence.fragments:
            parts += [_ITEM, struct.pack("<I", len(fragment) + len(fragment) % 2), fragment, b"\0" * (len(fragment) % 2)]
        if not self.builder.put_fragments(sequence.head, b"".join(parts)):
            self.builder.report("the fragments are none", sequence.head.tag)

    def start_item(self, attributes: dict[str, str]) -> bool:
        sequence = self.sequence
        assert sequence is not None
        if sequence.fragments is not None:
            self.builder.report("encapsulated pixel data has pixel-items, not items", sequence.head.tag)
            return False
        self.builder.open_item(sequence.level)
        return True

    def end_item(self) -> None:
        self.builder.close_item()

    def start_fragment(self, attributes: dict[str, str]) -> bool:
        sequence = self.sequence
        assert sequence is not None
        self.head = _FRAGMENT
        if sequence.fragments is None:
            self.builder.report("only encapsulated pixel data has pixel-items", sequence.head.tag)
            return False
        return self._start_content(attributes)

    def end_fragment(self) -> None:
        content = self._content()
        sequence = self.sequence
        assert sequence is not None
        if sequence.fragments is not None and content is not None:
            sequence.fragments.append(content if isinstance(content, bytes) else content.encode())


def _swapped(words: bytes) -> bytes:
    """Words in the other byte order; an odd byte at the end stays."""
    swapped = bytearray(words)
    even = len(words) & ~1
    swapped[:even:2], swapped[1:even:2] = words[1:even:2], words[:even:2]
    return bytes(swapped)

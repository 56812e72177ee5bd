"""The writer the slow and obvious way: a sound data set that was read, encoded anew (PS3.5 section 7, Annex A).

It is what `dicomkit._ext.writer` is compared with. It reads with the reference parser, keeps everything in memory, and
counts lengths by encoding the content first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tests.reference.encoding import (
    ITEM,
    ITEM_DELIMITATION,
    LONG_VRS,
    PIXEL_DATA,
    SEQUENCE_DELIMITATION,
    UNDEFINED,
    Encoding,
)
from tests.reference.tagstream import (
    BIG_ENDIAN_VALUE,
    CONTAINER,
    IMPLICIT_VR,
    LONG_HEADER,
    UNDEFINED_LENGTH,
    parse,
)

TRAILING_PADDING = 0xFFFCFFFC
LONGEST_SHORT = 0xFFFE
WORDS = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OL", "OF"), 4),
    **dict.fromkeys(("FD", "SV", "UV", "OD", "OV"), 8),
}
NEW_VRS = frozenset(("UN", "UT", "UC", "UR", "OF", "OD", "OL", "OV", "SV", "UV"))


@dataclass
class Node:
    """An element, item or fragment with what is in it."""

    tag: int
    vr: str
    flags: int
    value: bytes  # of a leaf
    encoded: bytes  # header, value and delimiter, as they were read
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """As for `dicomkit.media.writer.save`."""

    sequence_length: str = "keep"
    group_length: str = "keep"
    padding: tuple[int, int] | None = None
    old_vrs: bool = False


def read(data: bytes, encoding: Encoding) -> list[Node]:
    """The elements of a sound data set."""
    records = parse(data, implicit=encoding.implicit, big=encoding.big)

    def siblings(first: int, stop: int) -> list[Node]:
        nodes = []
        while first < stop:
            tag, vr, flags, _, length, after, offset = records[first]
            start = offset - (12 if flags & LONG_HEADER else 8)
            end = offset + length + (8 if flags & UNDEFINED_LENGTH else 0)
            children = siblings(first + 1, after)
            nodes.append(Node(tag, vr, flags, data[offset : offset + length], data[start:end], children))
            first = after
        return nodes

    return siblings(0, len(records))


def write(nodes: list[Node], target: Encoding, options: Options = Options(), before: int = 0) -> bytes:
    """A data set in another encoding; `before` bytes are in front of it in the file."""
    writer = _Writer(target, options)
    content = writer.data_set(nodes)
    if options.padding is None:
        return content
    return content + writer.trailing_padding(before + len(content), options.padding[0])


class _Writer:
    def __init__(self, target: Encoding, options: Options) -> None:
        self.target = target
        self.options = options

    def data_set(self, nodes: list[Node]) -> bytes:
        if self.options.padding is not None:
            nodes = [node for node in nodes if node.tag != TRAILING_PADDING]
        groups: dict[int, list[Node]] = {}
        for node in nodes:
            groups.setdefault(node.tag >> 16, []).append(node)
        return b"".join(self.group(group, members) for group, members in groups.items())

    def group(self, group: int, nodes: list[Node]) -> bytes:
        """The elements of one group, with their length before them if there is to be one."""
        lengths = [node for node in nodes if self.is_group_length(node)]
        others = [node for node in nodes if not self.is_group_length(node)]
        content = b"".join(self.element(node) for node in others)
        choice = self.options.group_length
        if choice == "remove" or (choice != "create" and not lengths):
            return content
        number = len(content)
        if choice == "keep" and number == sum(len(node.encoded) for node in others):
            (number,) = struct.unpack((">" if lengths[0].flags & BIG_ENDIAN_VALUE else "<") + "I", lengths[0].value)
        return self.header(group << 16, "UL", 4) + struct.pack(self.target.order + "I", number) + content

    def is_group_length(self, node: Node) -> bool:
        if node.tag & 0xFFFF:
            return False
        return self.options.group_length != "keep" or (
            len(node.value) == 4 and (node.vr == "UL" or bool(node.flags & IMPLICIT_VR))
        )

    def element(self, node: Node) -> bytes:
        if node.flags & CONTAINER:
            return self.container(node)
        value = node.value + (b" " if self.is_padded_with_spaces(node.vr) else b"\0") * (len(node.value) % 2)
        vr = node.vr
        long_header = bool(node.flags & LONG_HEADER)
        if vr not in LONG_VRS and not long_header and len(value) > LONGEST_SHORT:
            vr = "UN"
        big = self.target.big and (vr != "UN" or node.vr == "UN")
        if big != bool(node.flags & BIG_ENDIAN_VALUE):
            value = turned(value, WORDS.get(node.vr, 1))
        if self.options.old_vrs and vr in NEW_VRS:
            vr = "OB"
        return self.header(node.tag, vr, len(value)) + value

    @staticmethod
    def is_padded_with_spaces(vr: str) -> bool:
        return vr not in WORDS and vr not in ("UI", "UN", "OB", "SQ")

    def container(self, node: Node) -> bytes:
        implicit, big = bool(node.flags & IMPLICIT_VR), bool(node.flags & BIG_ENDIAN_VALUE)
        same = implicit == self.target.implicit and big == self.target.big
        if node.tag == PIXEL_DATA and node.vr != "SQ":
            fragments = b"".join(self.target.marker(ITEM, len(child.value)) + child.value for child in node.children)
            delimiter = self.target.marker(SEQUENCE_DELIMITATION, 0)
            return node.encoded if same else self.header(node.tag, "OB", UNDEFINED) + fragments + delimiter
        if same and self.options == Options():
            return node.encoded
        content = b"".join(self.item(item) for item in node.children)
        if self.is_undefined(node):
            return self.header(node.tag, "SQ", UNDEFINED) + content + self.target.marker(SEQUENCE_DELIMITATION, 0)
        return self.header(node.tag, "SQ", len(content)) + content

    def item(self, node: Node) -> bytes:
        content = self.data_set(node.children)
        if self.options.padding is not None:
            content += self.trailing_padding(len(content), self.options.padding[1])
        if self.is_undefined(node):
            return self.target.marker(ITEM, UNDEFINED) + content + self.target.marker(ITEM_DELIMITATION, 0)
        return self.target.marker(ITEM, len(content)) + content

    def is_undefined(self, node: Node) -> bool:
        if self.options.sequence_length == "keep":
            return bool(node.flags & UNDEFINED_LENGTH)
        return self.options.sequence_length == "undefined"

    def trailing_padding(self, length: int, multiple: int) -> bytes:
        """PS3.10 7.2: zeros up to a multiple, in an element of their own."""
        if not multiple or length % multiple == 0:
            return b""
        zeros = -(length + (8 if self.target.implicit else 12)) % multiple
        return self.header(TRAILING_PADDING, "OB", zeros) + bytes(zeros)

    def header(self, tag: int, vr: str, length: int) -> bytes:
        return self.target.header(tag, vr, length)


def turned(value: bytes, unit: int) -> bytes:
    """The other byte order of the words of a value."""
    whole = len(value) // unit * unit
    words = bytearray(value)
    for at in range(unit):
        words[at:whole:unit] = value[unit - 1 - at : whole : unit]
    return bytes(words)

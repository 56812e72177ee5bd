"""What a MAC is calculated from, the slow and obvious way (PS3.3 C.12.1.1.3.1.1), of a sound data set."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tests.reference.encoding import ITEM, LONG_VRS, SEQUENCE_DELIMITATION, Encoding
from tests.reference.tagstream import BIG_ENDIAN_VALUE, CONTAINER, LONG_HEADER
from tests.reference.writer import LONGEST_SHORT, WORDS, Node, turned

BINARY = frozenset((*WORDS, "OB", "UN", "SQ"))


def stream(nodes: Sequence[Node], target: Encoding, tags: Container[int] | None = None) -> bytes:
    """The bytes of the elements of a level that are signed: of those in `tags`, or of all, that can be."""
    signed = [node for node in nodes if is_signable(node) and (tags is None or node.tag in tags)]
    return b"".join(_element(node, target) for node in sorted(signed, key=lambda node: node.tag))


def is_signable(node: Node) -> bool:
    """ "Data Elements whose VR is UN", and sequences with such, "recursively", and some tags are not."""
    return not is_never_signed(node.tag) and not _has_unknown(node)


def is_never_signed(tag: int) -> bool:
    """The list of C.12.1.1.3.1.1."""
    group, number = tag >> 16, tag & 0xFFFF
    return (
        number == 0x0000
        or (group, number) == (0x0008, 0x0001)
        or group < 0x0008
        or group == 0xFFFA
        or (group, number) == (0x4FFE, 0x0001)
        or (group, number) == (0xFFFC, 0xFFFC)
        or (group, number) == (0xFFFE, 0xE00D)
    )


def _has_unknown(node: Node) -> bool:
    return node.vr == "UN" or any(_has_unknown(child) for child in node.children)


def _element(node: Node, target: Encoding) -> bytes:
    if not node.flags & CONTAINER:
        return _leaf(node, target)
    fragments = all(not child.flags & CONTAINER for child in node.children) and node.vr != "SQ"
    content = b"".join(_item_tag(target) + (_even(child) if fragments else _item(child, target)) for child in node.children)
    header = target.header(node.tag, "OB" if fragments else "SQ", 0)[:-4]
    return header + content + target.marker(SEQUENCE_DELIMITATION, 0)[:4]


def _item(node: Node, target: Encoding) -> bytes:
    elements = [child for child in node.children if not is_never_signed(child.tag)]
    return b"".join(_element(child, target) for child in sorted(elements, key=lambda child: child.tag))


def _item_tag(target: Encoding) -> bytes:
    return target.marker(ITEM, 0)[:4]


def _leaf(node: Node, target: Encoding) -> bytes:
    value = _even(node)
    vr = node.vr
    if vr not in LONG_VRS and not node.flags & LONG_HEADER and len(value) > LONGEST_SHORT:
        vr = "UN"
    if (target.big and vr != "UN") != bool(node.flags & BIG_ENDIAN_VALUE):
        value = turned(value, WORDS.get(node.vr, 1))
    return target.header(node.tag, vr, len(value)) + value


def _even(node: Node) -> bytes:
    padding = b"\0" if not node.vr or node.vr in BINARY or node.vr == "UI" else b" "
    return node.value + padding * (len(node.value) % 2)

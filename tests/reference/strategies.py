"""Hypothesis strategies for sound data sets: everything that PS3.5 allows, also what nobody writes."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.reference.encoding import (
    LONG_VRS,
    SHORT_VRS,
    Element,
    Encoding,
    Item,
    Node,
    PixelFragments,
    Sequence,
)
from tests.reference.tagstream import implicit_vrs

DEEPEST = 4
# Public elements whose VR depends on others, and those others; sequences; one of each kind of ordinary tag.
CONTEXT_TAGS = (0x00280103, 0x00280106, 0x00281101, 0x00283002, 0x00283006, 0x54001004, 0x54001010, 0x60003000, 0x50003000)
SEQUENCE_TAGS = (0x00081140, 0x0040A730, 0x52009229, 0x52009230, 0x00289132, 0x54000100)
ORDINARY_TAGS = (0x00080000, 0x00080005, 0x00100010, 0x0018A002, 0x00200032, 0x00280010, 0x00720060, 0x7FE00008, 0xFFFCFFFC)
UNKNOWN_TAGS = (0x00080003, 0x00101234, 0x0FF00001, 0x7F000001, 0xFFF00010)
KNOWN_CREATORS = (b"GEMS_IDEN_01", b"SIEMENS MEDCOM HEADER ", b"Philips PET Private Group ")
UNKNOWN_CREATORS = (b"NOBODY KNOWS", b"")
PRIVATE_GROUPS = (0x0009, 0x0029, 0x7053)
ORDINARY_VRS = sorted((LONG_VRS | SHORT_VRS) - {"SQ", "UN"})
NUMBER_TAGS = frozenset(CONTEXT_TAGS)

# Short values mostly; some that a 16-bit length just holds, or that no window of a few KiB does. None looks like an item.
values = st.one_of(
    st.binary(max_size=12).map(lambda value: value + value[:1] * (len(value) % 2)),
    st.sampled_from((b"\1\0", b"\0\0", b"\x08\0", b"ab" * 100)),
    st.sampled_from((0, 2, 4, 254, 4096, 65534)).map(bytes),
)
values = values.filter(lambda value: value[:4] not in (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"))
long_values = st.sampled_from((65536, 70_000, 200_000)).map(bytes)


@st.composite
def public_elements(draw: st.DrawFn, encoding: Encoding) -> Element:
    tag = draw(st.sampled_from(CONTEXT_TAGS + ORDINARY_TAGS + UNKNOWN_TAGS))
    vr = draw(st.sampled_from(ORDINARY_VRS)) if tag not in NUMBER_TAGS else "US"
    if vr in LONG_VRS or encoding.implicit:
        return Element(tag, vr, draw(st.one_of(values, values, long_values)))
    return Element(tag, vr, draw(values))


@st.composite
def private_blocks(draw: st.DrawFn, encoding: Encoding, depth: int) -> list[Node]:
    """A private creator and some elements of its block (PS3.5 7.8)."""
    group = draw(st.sampled_from(PRIVATE_GROUPS)) << 16
    block = draw(st.sampled_from((0x10, 0x11, 0xFF)))
    nodes: list[Node] = []
    creator = draw(st.sampled_from((None, *KNOWN_CREATORS, *UNKNOWN_CREATORS)))
    if creator is not None:
        nodes.append(Element(group | block, "LO", creator))
    for number in draw(st.lists(st.integers(0, 0xFF), max_size=3, unique=True)):
        tag = group | block << 8 | number
        if creator in KNOWN_CREATORS and "SQ" in implicit_vrs(tag, {block: creator}):
            continue
        if creator not in KNOWN_CREATORS and depth < DEEPEST and draw(st.integers(0, 3)) == 0:
            # In implicit VR nothing but its content says that a private element of defined length is a sequence.
            nodes.append(draw(sequences(encoding, depth, tag=tag, undefined=True if encoding.implicit else None)))
        else:
            nodes.append(Element(tag, draw(st.sampled_from([*ORDINARY_VRS, "UN"])), draw(values)))
    return nodes


@st.composite
def sequences(
    draw: st.DrawFn, encoding: Encoding, depth: int, *, tag: int | None = None, undefined: bool | None = None
) -> Sequence:
    undefined = draw(st.booleans()) if undefined is None else undefined
    inside = encoding
    vr = "SQ"
    if tag is None:
        tag = draw(st.sampled_from(SEQUENCE_TAGS))
        # UN with items (PS3.5 6.2.2 note 2): of defined length, the tag must tell
        vr = draw(st.sampled_from(("SQ", "SQ", "UN"))) if not encoding.implicit else "SQ"
    elif undefined and not encoding.implicit:
        vr = draw(st.sampled_from(("SQ", "UN")))
    if vr == "UN":
        inside = Encoding(implicit=True)
    items = draw(st.lists(st.builds(Item, data_sets(inside, depth + 1), st.booleans()), max_size=3))
    return Sequence(tag, tuple(items), undefined, vr)


@st.composite
def data_sets(draw: st.DrawFn, encoding: Encoding, depth: int = 0) -> tuple[Node, ...]:
    """A data set: elements in ascending order of their tags."""
    nodes: dict[int, Node] = {}
    for element in draw(st.lists(public_elements(encoding), max_size=4)):
        nodes[element.tag] = element
    if draw(st.integers(0, 2)) == 0:
        for node in draw(private_blocks(encoding, depth)):
            nodes[node.tag] = node
    if depth < DEEPEST:
        for sequence in draw(st.lists(sequences(encoding, depth), max_size=2)):
            nodes[sequence.tag] = sequence
    if draw(st.integers(0, 5)) == 0 and not encoding.implicit:
        fragments = draw(st.lists(values, min_size=1, max_size=3))
        nodes[0x7FE00010] = PixelFragments(tuple(fragments))
    return tuple(nodes[tag] for tag in sorted(nodes))

"""Data sets made of Python values: hypothesis strategies for them, and their encoding the slow and obvious way.

A `Made` is a description: `as_dataset` assigns it to a `Dataset`, `as_nodes` says how PS3.5 wants it encoded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from dicomkit import DataElement, Dataset, Tag
from tests.reference.encoding import Element, Item, Node, Sequence
from tests.reference.writer import WORDS, turned

DEEPEST = 3
PRIVATE_CREATOR = (0x00090010, "NOBODY KNOWS")

# VR -> a public element of it with VM 1, and one with VM 1-n if there is any (PS3.6).
PUBLIC: Final[dict[str, tuple[int, ...]]] = {
    "AE": (0x00080055, 0x00400001), "AS": (0x00101010, 0x0072005F), "AT": (0x00209165, 0x00280009),
    "CS": (0x00080060, 0x00080061), "DA": (0x00080022, 0x00181200), "DS": (0x00101030, 0x00140030),
    "DT": (0x0008002A, 0x0040A13A), "FD": (0x00082134, 0x00186054), "FL": (0x00089459, 0x0018605A),
    "IS": (0x00082122, 0x00081160), "LO": (0x00100020, 0x00081080), "LT": (0x00104000,), "OB": (0x00420011,),
    "OD": (0x00660022,), "OF": (0x00660016,), "OL": (0x00660040,), "OV": (0x00720081,), "OW": (0x00281201,),
    "PN": (0x00100010, 0x00081048), "SH": (0x00080050, 0x00181210), "SL": (0x00186020, 0x0040A162),
    "SS": (0x00189219, 0x0072007E), "ST": (0x00080081,), "SV": (0x00720082,), "TM": (0x00080030, 0x00181201),
    "UC": (0x00080119, 0x0016000C), "UI": (0x00080018, 0x0008001A), "UL": (0x00080427, 0x00081161), "UN": (0x0072006D,),
    "UR": (0x00080120,), "US": (0x00280010, 0x00189376), "UT": (0x0040A160,), "UV": (0x0008040C, 0x00720083),
}  # fmt: skip

# Terms of Specific Character Set -> characters beyond ASCII, and the codec of Python that is the same, None if none is.
CHARACTER_SETS: Final[dict[tuple[str, ...], tuple[str, str | None]]] = {
    (): ("", "ascii"),
    ("ISO_IR 100",): ("ÄÖÜßéèñ±µ¿", "iso8859_1"),
    ("ISO_IR 101",): ("ŁąęśžčďĎ", "iso8859_2"),
    ("ISO_IR 109",): ("ĦħĈĉŭ", "iso8859_3"),
    ("ISO_IR 110",): ("ĀāŅņŗ", "iso8859_4"),
    ("ISO_IR 144",): ("ЖяЁюҐ".replace("Ґ", "Љ"), "iso8859_5"),
    ("ISO_IR 127",): ("ابجدس", "iso8859_6"),
    ("ISO_IR 126",): ("αβΓΩώ", "iso8859_7"),
    ("ISO_IR 138",): ("אבגדת", "iso8859_8"),
    ("ISO_IR 148",): ("ĞğİıŞ", "iso8859_9"),
    ("ISO_IR 166",): ("กขฃ฿", "tis-620"),
    ("ISO_IR 13",): ("ﾔﾏﾀﾞ｡", "shift_jis"),
    ("ISO_IR 192",): ("éЖ山𝄞\u0301한", "utf-8"),
    ("GB18030",): ("王小东€𝄞", "gb18030"),
    ("GBK",): ("王小东", "gbk"),
    ("", "ISO 2022 IR 87"): ("山田太郎やま", None),
    ("ISO 2022 IR 13", "ISO 2022 IR 87"): ("ﾔﾏﾀﾞ山田やま", None),
    ("", "ISO 2022 IR 149"): ("김희중洪吉洞", None),
    ("ISO 2022 IR 6", "ISO 2022 IR 100", "ISO 2022 IR 144"): ("ÄÖЖя", None),
}
CHARACTER_SET_VRS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
SEVERAL = frozenset(("AE", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"))
FORMATS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
ASCII = "ABCXYZabcxyz 0123456789.-_"


@dataclass(frozen=True)
class Value:
    """An element: its value in Python, and how its bytes are made for a byte order."""

    tag: int
    vr: str
    value: Any
    encoded: Callable[[str], bytes] | None  # None: only a decoder of the character set could say


@dataclass(frozen=True)
class Items:
    tag: int
    items: tuple[Made, ...]


@dataclass(frozen=True)
class Made:
    elements: tuple[Value | Items, ...]

    def as_dataset(self) -> Dataset:
        dataset = Dataset()
        for element in self.elements:
            if isinstance(element, Items):
                dataset.add(DataElement(element.tag, "SQ", [item.as_dataset() for item in element.items]))
            else:
                dataset.add(DataElement(element.tag, element.vr, element.value))
        return dataset

    def as_nodes(self, order: str) -> tuple[Node, ...]:
        """What is to be encoded; raises ValueError where the reference does not know."""
        nodes: list[Node] = []
        for element in self.elements:
            if isinstance(element, Items):
                nodes.append(Sequence(element.tag, tuple(Item(item.as_nodes(order)) for item in element.items)))
            elif element.encoded is None:
                raise ValueError("escape sequences")
            else:
                nodes.append(Element(element.tag, element.vr, element.encoded(order)))
        return tuple(nodes)


def _padded(data: bytes, vr: str) -> bytes:
    return data + (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(data) % 2)


def _text(vr: str, values: tuple[str, ...], codec: str | None) -> Callable[[str], bytes] | None:
    if codec is None and any(not value.isascii() for value in values):
        return None
    return lambda order: _padded("\\".join(values).encode(codec or "ascii"), vr)


def _trimmed(text: str) -> str:
    return text.strip() or "x"


@st.composite
def _texts(draw: st.DrawFn, vr: str, extra: str) -> str:
    if vr == "PN":
        alphabet = (ASCII + extra).replace("=", "").replace(".", "")
        parts = draw(st.lists(st.text(alphabet, min_size=1, max_size=8).map(_trimmed), min_size=1, max_size=3))
        return "^".join(parts)
    if vr == "UI":
        return "1.2." + ".".join(map(str, draw(st.lists(st.integers(0, 99999), min_size=1, max_size=5))))
    if vr == "DA":
        return draw(st.dates()).strftime("%Y%m%d").zfill(8)
    if vr == "TM":
        return draw(st.times()).strftime("%H%M%S.%f")
    if vr == "DT":
        return draw(st.datetimes()).strftime("%Y%m%d%H%M%S").zfill(14)
    if vr == "AS":
        return f"{draw(st.integers(0, 999)):03d}{draw(st.sampled_from('DWMY'))}"
    if vr == "CS":
        return _trimmed(draw(st.text("ABC_ 01", min_size=1, max_size=8))).upper()
    if vr == "UR":
        return "http://example.org/" + draw(st.text("abc/-", max_size=9))
    inside = "\r\n\t\\" if vr in ("LT", "ST", "UT") else ""
    return _trimmed(draw(st.text(ASCII + extra + inside, min_size=1, max_size=12)))


@st.composite
def _values(draw: st.DrawFn, tag: int, vr: str, several: bool, terms: tuple[str, ...]) -> Value:
    """An element with a value."""
    count = draw(st.integers(2, 4)) if several and draw(st.booleans()) else 1

    def shaped(values: tuple[Any, ...]) -> Any:
        return values if len(values) > 1 else values[0]

    if vr in FORMATS:
        size = 8 * struct.calcsize("<" + FORMATS[vr])
        if vr in ("FL", "FD"):
            strategy: st.SearchStrategy[Any] = st.floats(width=size, allow_nan=False)  # type: ignore[arg-type]  # 32 or 64
        elif vr[0] == "S":
            strategy = st.integers(-1 << size - 1, (1 << size - 1) - 1)
        else:
            strategy = st.integers(0, (1 << size) - 1)
        numbers = tuple(draw(strategy) for _ in range(count))
        return Value(tag, vr, shaped(numbers), lambda order: struct.pack(f"{order}{count}{FORMATS[vr]}", *numbers))
    if vr == "AT":
        tags = tuple(draw(st.integers(0, 0xFFFFFFFF)) for _ in range(count))
        return Value(
            tag,
            vr,
            shaped(tuple(map(Tag, tags))),
            lambda order: b"".join(struct.pack(order + "HH", t >> 16, t & 0xFFFF) for t in tags),
        )
    if vr in ("DS", "IS"):
        whole = tuple(draw(st.integers(-99_999_999, 99_999_999)) for _ in range(count))
        values = tuple(number / 8 for number in whole) if vr == "DS" else whole
        return Value(tag, vr, shaped(values), None if vr == "DS" else _text(vr, tuple(map(str, whole)), "ascii"))
    if vr in WORDS or vr in ("OB", "UN"):
        unit = WORDS.get(vr, 2)
        data = draw(st.one_of(st.binary(min_size=1, max_size=24), st.just(bytes(70_000))))
        data += bytes(-len(data) % unit)
        return Value(tag, vr, data, lambda order: turned(data, unit) if order == ">" and vr in WORDS else data)
    extra, codec = CHARACTER_SETS[terms] if vr in CHARACTER_SET_VRS else ("", "ascii")
    texts = tuple(draw(_texts(vr, extra)) for _ in range(count if vr in SEVERAL else 1))
    return Value(tag, vr, shaped(texts), _text(vr, texts, codec))


@st.composite
def made(draw: st.DrawFn, depth: int = 0, around: tuple[str, ...] = (), private: bool = True) -> Made:
    """A data set of Python values: all VRs, nesting, private elements, character sets."""
    elements: dict[int, Value | Items] = {}
    terms = around
    if draw(st.integers(0, 2)) != 0:
        terms = draw(st.sampled_from(sorted(CHARACTER_SETS)[1:]))
        given = terms if len(terms) > 1 else terms[0]
        elements[0x00080005] = Value(0x00080005, "CS", given, _text("CS", terms, "ascii"))
    for vr in draw(st.lists(st.sampled_from(sorted(PUBLIC)), max_size=6)):
        for number, tag in enumerate(PUBLIC[vr]):
            if draw(st.booleans()):
                elements[tag] = draw(_values(tag, vr, number == 1, terms))
    if private and draw(st.booleans()):
        tag, creator = PRIVATE_CREATOR
        elements[tag] = Value(tag, "LO", creator, _text("LO", (creator,), "ascii"))
        for number in draw(st.lists(st.integers(0, 0xFF), max_size=4, unique=True)):
            vr = draw(st.sampled_from(sorted(PUBLIC)))
            tag = 0x00091000 | number
            elements[tag] = draw(_values(tag, vr, True, terms))
    if depth < DEEPEST:
        for tag in draw(st.lists(st.sampled_from((0x00081140, 0x0040A730, 0x00091000)), max_size=2, unique=True)):
            if tag & 0x10000 and PRIVATE_CREATOR[0] not in elements:
                continue
            items = draw(st.lists(made(depth + 1, terms, private), max_size=2))
            elements[tag] = Items(tag, tuple(items))
    return Made(tuple(elements[tag] for tag in sorted(elements)))

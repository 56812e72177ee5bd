"""The seed corpus: small data sets that show every construct of PS3.5 and PS3.10, and the example files."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from tests.reference.encoding import (
    BIG,
    DEFLATED,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    JPEG,
    Element,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
    file_meta,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"


def _sound(*elements: Node) -> tuple[Node, ...]:
    """The elements in the order of their tags, with values of even length."""
    padded = [
        replace(node, value=node.value + (b"\0" if node.vr in ("UI", "OB", "UN") else b" ") * (len(node.value) % 2))
        if isinstance(node, Element)
        else node
        for node in elements
    ]
    return tuple(sorted(padded, key=lambda node: node.tag))


def _number(format_: str, *values: float) -> bytes:
    return struct.pack("<" + format_, *values)


def _patient(charset: bytes, name: bytes) -> tuple[Node, ...]:
    return _sound(Element(0x00080005, "CS", charset), Element(0x00100010, "PN", name), Element(0x00100020, "LO", b"4711"))


# Every VR once, with a value of it.
VALUES = _sound(
    Element(0x00080008, "CS", b"ORIGINAL\\PRIMARY\\AXIAL"),
    Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
    Element(0x00080020, "DA", b"20240229"),
    Element(0x00080030, "TM", b"235959.999999 "),
    Element(0x0008002A, "DT", b"20240229235959.5+0100 "),
    Element(0x00080054, "AE", b"STORE "),
    Element(0x00080120, "UR", b"http://example.org/a?b "),
    Element(0x00091001, "OB", b"\1\2\3\4"),
    Element(0x00100030, "DA", b"1924"),
    Element(0x00101010, "AS", b"099Y"),
    Element(0x00104000, "LT", b"one line\r\nand \\ another"),
    Element(0x00180050, "DS", b"1.25"),
    Element(0x00189074, "DT", b"2024"),
    Element(0x00189305, "FD", _number("d", 1.5)),
    Element(0x00200013, "IS", b"-12 "),
    Element(0x00200032, "DS", b"-1e3\\+.5\\0 "),
    Element(0x00280010, "US", _number("H", 2)),
    Element(0x00280106, "SS", _number("h", -2)),
    Element(0x00281101, "US", _number("3H", 256, 0, 16)),
    Element(0x00281201, "OW", _number("4H", 1, 2, 3, 4)),
    Element(0x00289001, "UL", _number("I", 9)),
    Element(0x0072006C, "SH", b"x "),
    Element(0x00720082, "SV", _number("q", -9)),
    Element(0x00660016, "OF", _number("2f", 1, 2)),
    Element(0x00660040, "OL", _number("2I", 1, 2)),
    Element(0x7FE00001, "OV", _number("Q", 1)),
    Element(0x00700022, "OD", _number("d", 7)),
    Element(0x00720052, "AT", _number("4H", 0x10, 0x20, 0x28, 0x10)),
    Element(0x00720064, "IS", b"1\\2\\3 "),
    Element(0x00720066, "LO", b"a\\b "),
    Element(0x0072006E, "ST", b"text"),
    Element(0x00720070, "UT", b"long text "),
    Element(0x00720076, "FL", _number("f", 2.5)),
    Element(0x0072007C, "SL", _number("i", -5)),
    Element(0x00720083, "UV", _number("Q", 5)),
    Element(0x00186026, "UC", b"u\\v "),
)

CODE = Item(
    (Element(0x00080100, "SH", b"T-04000 "), Element(0x00080102, "SH", b"SRT "), Element(0x00080104, "LO", b"Breast"))
)


def nested(depth: int, *, undefined: bool) -> tuple[Node, ...]:
    node: Node = Element(0x0040A160, "UT", b"bottom")
    for _ in range(depth):
        node = Sequence(0x0040A730, (Item((node,), undefined), Item((), undefined)), undefined)
    return (node,)


PRIVATE: tuple[Node, ...] = (
    Element(0x00090010, "LO", b"GEMS_IDEN_01"),
    Element(0x00091001, "LO", b"GE_GENESIS_FF "),
    Element(0x00091027, "SL", _number("i", 77)),
    Element(0x00190010, "LO", b"NO SUCH CREATOR "),
    Element(0x00191010, "UN", b"\0\1\2\3"),
    Sequence(0x00191011, (Item((Element(0x00190010, "LO", b"X "), Element(0x00191001, "DS", b"1 "))),)),
    Sequence(0x00191012, (CODE,), undefined=True, vr="UN"),
    Sequence(0x00191013, (CODE,), vr="UN"),
)

# PS3.3 C.7.6.3.1.5, C.11.1, C.10.9: VRs that other elements decide.
CONTEXT: tuple[Node, ...] = (
    Element(0x00280100, "US", _number("H", 16)),
    Element(0x00280103, "US", _number("H", 1)),
    Element(0x00280106, "SS", _number("h", -1)),
    Element(0x00281101, "SS", _number("3h", -256, 0, 16)),
    Sequence(0x00283010, (Item((Element(0x00283002, "SS", _number("3h", 1, -5, 8)), Element(0x00283006, "US", b"\1\0"))),)),
    Sequence(
        0x54000100,
        (Item((Element(0x54001004, "US", _number("H", 8)), Element(0x54001010, "OB", b"\1\2\3\4"))),),
    ),
    Element(0x60003000, "OW", b"\xff\0"),
    Element(0x7FE00010, "OW", _number("4H", 1, 2, 3, 4)),
)

JAPANESE = b"\\ISO 2022 IR 87"
JAPANESE_NAME = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
KOREAN_NAME = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
TEXTS: dict[str, tuple[Node, ...]] = {
    "latin": _patient(b"ISO_IR 100", b"Buc^J\xe9r\xf4me "),
    "utf8": _sound(
        *_patient(b"ISO_IR 192", "Wang^XiaoDong=王^小东".encode()),
        Sequence(0x00081110, (Item(_patient(b"GB18030 ", "王\\a".encode("gb18030"))),)),
    ),
    "japanese": _patient(JAPANESE + b" ", JAPANESE_NAME + b" "),
    "japanese half": _patient(
        b"ISO 2022 IR 13\\ISO 2022 IR 87 ", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J "
    ),
    "korean": _patient(b"\\ISO 2022 IR 149 ", KOREAN_NAME),
    "chinese": _patient(b"\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab= "),
    "gbk": _patient(b"GBK ", b"\x81\x5c^\x90\x5c"),
    "unknown": _patient(b"ISO_IR 999", b"\xff\xfe^a "),
}

DIRECTORY: tuple[Node, ...] = (
    Element(0x00041130, "CS", b"FILESET "),
    Element(0x00041200, "UL", _number("I", 400)),
    Element(0x00041202, "UL", _number("I", 400)),
    Element(0x00041212, "US", b"\0\0"),
    Sequence(
        0x00041220,
        (
            Item(
                (
                    Element(0x00041400, "UL", b"\0\0\0\0"),
                    Element(0x00041410, "US", b"\xff\xff"),
                    Element(0x00041420, "UL", b"\0\0\0\0"),
                    Element(0x00041430, "CS", b"IMAGE "),
                    Element(0x00041500, "CS", b"DIR\\IMAGE1"),
                )
            ),
        ),
    ),
)
FRAGMENTS: tuple[Node, ...] = (
    Element(0x00280008, "IS", b"2 "),
    Element(0x7FE00001, "OV", _number("2Q", 0, 12)),
    Element(0x7FE00002, "OV", _number("2Q", 4, 4)),
    PixelFragments((_number("2I", 0, 12), b"\xff\xd8\xff\xd9", b"\xff\xd8\0\xff\xd9\0")),
    Element(0xFFFCFFFC, "OB", b"\0" * 8),
)
FRAMES: tuple[Node, ...] = (
    Element(0x00280008, "IS", b"12"),
    PixelFragments((_number("12I", *range(0, 120, 10)), *(bytes((0xFF, number)) for number in range(12)))),
    Element(0xFFFCFFFC, "OB", b"\0" * 8),
)
EXTENDED: tuple[Node, ...] = (
    FRAMES[0],
    Element(0x7FE00001, "OV", _number("12Q", *range(0, 120, 10))),
    Element(0x7FE00002, "OV", _number("12Q", *[2, 1] * 6)),
    PixelFragments((b"", *(bytes((0xFF, number)) for number in range(12)))),
)


def generated() -> dict[str, bytes]:
    """Name to bytes of the generated seeds; 30 to 1,500 bytes each."""
    mixed = _sound(*VALUES[:4], *PRIVATE, *CONTEXT[:5], Sequence(0x00081140, (CODE, CODE), undefined=True))
    seeds = {}
    for syntax, name in ((EXPLICIT_LITTLE, "explicit"), (IMPLICIT_LITTLE, "implicit"), (EXPLICIT_BIG, "big")):
        seeds[f"{name} values"] = file_bytes(VALUES, syntax)
        seeds[f"{name} private"] = file_bytes(PRIVATE, syntax)
        seeds[f"{name} context"] = file_bytes(CONTEXT, syntax)
        seeds[f"{name} mixed"] = file_bytes(mixed, syntax)
        for undefined in (False, True):
            seeds[f"{name} nested {undefined}"] = file_bytes(nested(3, undefined=undefined), syntax)
    seeds["deep"] = file_bytes(nested(130, undefined=True))
    seeds["deep defined"] = file_bytes(nested(40, undefined=False))
    seeds["deflated"] = file_bytes(mixed, DEFLATED)
    seeds["fragments"] = file_meta(JPEG) + EXPLICIT.data_set(FRAGMENTS)
    seeds["fragments, big"] = file_meta(EXPLICIT_BIG) + BIG.data_set(FRAGMENTS)
    seeds["frames"] = file_meta(JPEG) + EXPLICIT.data_set(FRAMES)
    seeds["frames, bare"] = EXPLICIT.data_set(FRAMES)
    seeds["frames, extended, bare"] = EXPLICIT.data_set(EXTENDED)
    seeds["directory"] = file_meta(
        EXPLICIT_LITTLE, Element(0x00020002, "UI", MEDIA_STORAGE_DIRECTORY.encode())
    ) + EXPLICIT.data_set(DIRECTORY)
    seeds["no preamble"] = file_bytes(VALUES[:3])[132:]
    seeds["explicit, bare"] = EXPLICIT.data_set(mixed)
    seeds["implicit, bare"] = IMPLICIT.data_set(mixed)
    seeds["big, bare"] = BIG.data_set(mixed)
    seeds["implicit item in explicit"] = file_bytes(()) + EXPLICIT.node(
        Sequence(0x00081140, (CODE,), vr="UN", undefined=True)
    )
    seeds["wrong syntax"] = file_meta(IMPLICIT_LITTLE) + EXPLICIT.data_set(mixed)
    seeds["unknown syntax"] = file_meta("1.2.3") + EXPLICIT.data_set(mixed)
    seeds["odd VRs"] = file_bytes(
        (
            Element(0x00080060, "CT", b"CT"),
            Element(0x00080070, "??", b"ab"),
            Element(0x00080080, "ZZ", b"abcd"),
            Element(0x7FE00010, "OX", b"ab"),
        )
    )
    seeds["padded"] = file_bytes(VALUES[:2]) + b"\0" * 32
    for name, elements in TEXTS.items():
        seeds[f"text {name}"] = file_bytes(elements)
    return seeds


def corpus() -> list[bytes]:
    """All seeds, shortest first."""
    examples = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.dcm"))]
    return sorted([*generated().values(), *examples], key=len)

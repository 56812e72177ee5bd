"""Specific Character Set (0008,0005): its defined terms and the code elements behind them.

PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5 (2026b), in the order of those tables. A *code element* is a coded character
set of the ISO-IR register that an escape sequence of ISO 2022 puts into the lower half (G0, bytes 21 to 7E) or the
upper half (G1, bytes A0 to FF) of the code table. A term names the code elements that it brings.

Files spell the terms in many ways; `find` knows them by one rule (see `_key`), not by a list of misspellings.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

ESCAPE: Final = b"\x1b"


class CodeElement:
    """One coded character set.

    Attributes:
        iso_ir: its number in the ISO-IR register; 0 for the encodings that are not of ISO 2022.
        region: "G0" or "G1", or "" for an encoding that fills the whole code table and cannot be switched.
        escape: the escape sequence that designates it.
        width: bytes of a character; 0 if it varies.
        codec: the Python codec that reads exactly this set.
        superset: a codec that reads this set and what vendors write beyond it, or "".
    """

    __slots__ = ("codec", "escape", "iso_ir", "region", "superset", "width")

    def __init__(self, iso_ir: int, region: str, escape: bytes, width: int, codec: str, superset: str = "") -> None:
        self.iso_ir = iso_ir
        self.region = region
        self.escape = escape
        self.width = width
        self.codec = codec
        self.superset = superset

    def __repr__(self) -> str:
        return f"<CodeElement {self.region} ISO-IR {self.iso_ir} {self.codec}>"

    def encode(self, char: str) -> bytes | None:
        """Give the bytes of one character (without the escape sequence), or None if it is not in this set."""
        try:
            data = char.encode(self.codec)
        except UnicodeEncodeError:
            return None
        if self.region == "G1":
            # The codecs hold more than the upper half: ASCII, the kanji of Shift-JIS, composed hangul of 8 bytes.
            return data if len(data) == self.width and data[0] >= 0x80 else None
        if self.width == 2:
            # The codecs of ISO-2022-JP choose among several sets and return to ASCII at the end.
            return data[len(self.escape) : -3] if data.startswith(self.escape) else None
        return data


# The bytes 5C and 7E of ISO-IR 14 are by the letter yen sign and overline. They are read and written as backslash and
# tilde, as Shift-JIS software does: 5C keeps its meaning as the separator of values, and a text does not change its
# characters with the set of its neighbours.
_ELEMENTS: Final = (
    # ISO-IR, region, escape sequence, width, codec, superset
    CodeElement(6, "G0", b"\x1b(B", 1, "ascii"),
    CodeElement(100, "G1", b"\x1b-A", 1, "iso8859_1"),
    CodeElement(101, "G1", b"\x1b-B", 1, "iso8859_2"),
    CodeElement(109, "G1", b"\x1b-C", 1, "iso8859_3"),
    CodeElement(110, "G1", b"\x1b-D", 1, "iso8859_4"),
    CodeElement(144, "G1", b"\x1b-L", 1, "iso8859_5"),
    CodeElement(127, "G1", b"\x1b-G", 1, "iso8859_6"),
    CodeElement(126, "G1", b"\x1b-F", 1, "iso8859_7"),
    CodeElement(138, "G1", b"\x1b-H", 1, "iso8859_8"),
    CodeElement(148, "G1", b"\x1b-M", 1, "iso8859_9"),
    CodeElement(203, "G1", b"\x1b-b", 1, "iso8859_15"),
    CodeElement(13, "G1", b"\x1b)I", 1, "shift_jis", "cp932"),
    CodeElement(14, "G0", b"\x1b(J", 1, "ascii"),
    CodeElement(166, "G1", b"\x1b-T", 1, "tis_620", "iso8859_11"),
    CodeElement(87, "G0", b"\x1b$B", 2, "iso2022_jp", "cp932"),
    CodeElement(159, "G0", b"\x1b$(D", 2, "iso2022_jp_2"),
    CodeElement(149, "G1", b"\x1b$)C", 2, "euc_kr", "cp949"),
    CodeElement(58, "G1", b"\x1b$)A", 2, "gb2312", "gb18030"),
)
CODE_ELEMENTS: Final = {element.iso_ir: element for element in _ELEMENTS}
BY_ESCAPE: Final = {element.escape: element for element in _ELEMENTS}
BY_ESCAPE[b"\x1b$@"] = CODE_ELEMENTS[87]  # JIS C 6226-1978, the older edition of JIS X 0208

DEFAULT_REPERTOIRE: Final = CODE_ELEMENTS[6]


class CharacterSet:
    """One term of Specific Character Set.

    Attributes:
        term: as the standard writes it; "" for the default repertoire.
        description: what the standard calls the set.
        g0: the code element that the term puts (or lets an escape sequence put) in the lower half.
        g1: the same for the upper half, or None. For an encoding without code extensions, that encoding.
        stand_alone: such an encoding (table C.12-5): no other term may stand beside it.
    """

    __slots__ = ("description", "g0", "g1", "stand_alone", "term")

    def __init__(self, term: str, description: str, g0: CodeElement, g1: CodeElement | None, *, stand_alone: bool) -> None:
        self.term = term
        self.description = description
        self.g0 = g0
        self.g1 = g1
        self.stand_alone = stand_alone

    def __repr__(self) -> str:
        return f"<CharacterSet {self.term or 'default repertoire'}>"


# Tables C.12-2 ("ISO_IR n") and C.12-3 ("ISO 2022 IR n") have the same rows, but that the default repertoire has no
# term in C.12-2: it is meant where there is none.
_SINGLE_BYTE: Final = (
    # n, description, G1, G0 (ISO-IR)
    (6, "Default repertoire", None, 6),
    (100, "Latin alphabet No. 1", 100, 6),
    (101, "Latin alphabet No. 2", 101, 6),
    (109, "Latin alphabet No. 3", 109, 6),
    (110, "Latin alphabet No. 4", 110, 6),
    (144, "Cyrillic", 144, 6),
    (127, "Arabic", 127, 6),
    (126, "Greek", 126, 6),
    (138, "Hebrew", 138, 6),
    (148, "Latin alphabet No. 5", 148, 6),
    (203, "Latin alphabet No. 9", 203, 6),
    (13, "Japanese", 13, 14),
    (166, "Thai", 166, 6),
)

# Table C.12-4: only with code extensions.
_MULTI_BYTE: Final = (
    # n, description, G1, G0 (ISO-IR)
    (87, "Japanese", None, 87),
    (159, "Japanese", None, 159),
    (149, "Korean", 149, 6),
    (58, "Simplified Chinese", 58, 6),
)

# Table C.12-5: without code extensions.
_STAND_ALONE: Final = (
    # term, description, codec, superset
    ("ISO_IR 192", "Unicode in UTF-8", "utf_8", ""),
    ("GB18030", "GB18030", "gb18030", ""),
    ("GBK", "GBK", "gbk", "gb18030"),
)

# Encodings that are not of the standard: found in files (as a misuse of the attribute), and what a caller who knows
# better than the file may ask for.
_OTHER: Final = (
    # key, codec
    *((page, f"cp{page}") for page in ("1250", "1251", "1252", "1253", "1254", "1255", "1256", "1257", "1258")),
    *((page, f"cp{page}") for page in ("437", "850", "852", "866", "874", "932", "949", "950")),
    ("SHIFTJIS", "cp932"),
    ("SJIS", "cp932"),
    ("EUCJP", "euc_jp"),
    ("EUCKR", "cp949"),
    ("BIG5", "cp950"),
    ("KOI8R", "koi8_r"),
    ("KOI8U", "koi8_u"),
)

# Other names of the sets above, by key.
_ALIASES: Final = {
    "14": "13",
    "88591": "100",
    "88592": "101",
    "88593": "109",
    "88594": "110",
    "88595": "144",
    "88596": "127",
    "88597": "126",
    "88598": "138",
    "88599": "148",
    "885911": "166",
    "885915": "203",
    "646": "6",
    "936": "GBK",
    "ASCII": "6",
    "EUCCN": "58",
    "GB2312": "58",
    "JP": "87",  # ISO-2022-JP
    "LATIN1": "100",
    "LATIN2": "101",
    "LATIN3": "109",
    "LATIN4": "110",
    "LATIN5": "148",
    "LATIN9": "203",
    "L1": "100",
    "TIS620": "166",
    "USASCII": "6",
    "UTF8": "192",
}

_PREFIXES: Final = ("ISO2022", "ISO", "WINDOWS", "WIN", "CP")


def _build() -> tuple[dict[str, CharacterSet], dict[str, CharacterSet]]:
    """Make the sets, by key: first without, then with code extensions."""
    plain: dict[str, CharacterSet] = {}
    extended: dict[str, CharacterSet] = {}
    for number, description, upper, lower in _SINGLE_BYTE + _MULTI_BYTE:
        g0, g1 = CODE_ELEMENTS[lower], CODE_ELEMENTS[upper] if upper else None
        term = f"ISO 2022 IR {number}"
        extended[str(number)] = CharacterSet(term, description, g0, g1, stand_alone=False)
        if g0.width == 1 and (g1 is None or g1.width == 1):
            term = f"ISO_IR {number}" if g1 else ""
        plain[str(number)] = CharacterSet(term, description, g0, g1, stand_alone=False)
    for term, description, codec, superset in _STAND_ALONE:
        element = CodeElement(0, "", b"", 0, codec, superset)
        plain[_key(term)] = CharacterSet(term, description, DEFAULT_REPERTOIRE, element, stand_alone=True)
    for key, codec in _OTHER:
        element = CodeElement(0, "", b"", 0, codec)
        plain[key] = CharacterSet(codec, "not a defined term", DEFAULT_REPERTOIRE, element, stand_alone=True)
    return plain, extended


def _key(name: str) -> str:
    """Reduce a term to what tells it apart: "ISO_IR 100", "ISO-IR 100", "iso 2022 ir100" all give "100".

    Only letters and digits count, in upper case; then the words that many terms share are dropped from the front.
    """
    key = "".join([char for char in name.upper() if char.isascii() and char.isalnum()])
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            key = key[len(prefix) :]
            break
    return key.removeprefix("IR")


_PLAIN, _EXTENDED = _build()

#: The defined terms, in the order of tables C.12-2 to C.12-5.
TERMS: Final = (
    *[f"ISO_IR {number}" for number, *_ in _SINGLE_BYTE[1:]],
    *[f"ISO 2022 IR {number}" for number, *_ in _SINGLE_BYTE + _MULTI_BYTE],
    *[term for term, *_ in _STAND_ALONE],
)


def find(name: str, *, code_extensions: bool = False) -> CharacterSet | None:
    """Find the character set that a value of Specific Character Set means.

    Args:
        name: the value, well or badly spelt ("ISO-IR 100", "ISO_2022_IR 87", "latin1", "UTF8", "ISO 2022 GBK").
        code_extensions: take the term of table C.12-3 also where the spelling is that of C.12-2; for an attribute that
            has several values.

    Returns:
        The set, or None if nothing is known by this name.

    PS3.3 C.12.1.1.2.
    """
    if not name.strip(" \0"):
        return _PLAIN["6"]
    key = _key(name)
    key = _ALIASES.get(key, key)
    if code_extensions or "2022" in name:
        found = _EXTENDED.get(key)
        if found is not None:
            return found
    return _PLAIN.get(key)

"""Text that is damaged: escape sequences and characters cut anywhere, charsets that do not fit, characters of no set."""

from __future__ import annotations

from random import Random

import pytest

import dicomkit
from tests.fuzz.seeds import TEXTS
from tests.reference.encoding import Element, Item, Sequence, file_bytes

NAMES = {name: next(node.value for node in nodes if node.tag == 0x00100010) for name, nodes in TEXTS.items()}  # type: ignore[union-attr]
CHARSETS = {name: next(node.value for node in nodes if node.tag == 0x00080005) for name, nodes in TEXTS.items()}  # type: ignore[union-attr]
TEXT_VRS = ("PN", "LO", "SH", "ST", "LT", "UC", "UT")


def decode(charset: bytes, value: bytes, vr: str = "PN") -> object:
    """The decoded value: whatever the bytes are, text and no exception."""
    tag = 0x00100010 if vr == "PN" else 0x00091001
    element = dicomkit.read(file_bytes((Element(0x00080005, "CS", charset), Element(tag, vr, value))))[tag]
    decoded = element.value
    for text in decoded if isinstance(decoded, tuple) else (decoded,):
        assert text is None or isinstance(text, str)
        if isinstance(text, dicomkit.PersonName):
            for part in ("family_name", "given_name", "ideographic", "phonetic", "alphabetic"):
                str(getattr(text, part, ""))
    str(element)
    return decoded


@pytest.mark.parametrize("name", NAMES)
def test_cut_anywhere(name: str) -> None:
    for length in range(len(NAMES[name])):
        decode(CHARSETS[name], NAMES[name][:length])
        decode(CHARSETS[name], NAMES[name][length:])
        decode(CHARSETS[name], NAMES[name][:length] + NAMES[name][length + 1 :])


@pytest.mark.parametrize("name", NAMES)
def test_in_every_character_set(name: str) -> None:
    for charset in CHARSETS.values():
        for vr in TEXT_VRS:
            decode(charset, NAMES[name], vr)


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bits(name: str) -> None:
    random = Random(name)
    for _ in range(300):
        value, charset = bytearray(NAMES[name]), bytearray(CHARSETS[name])
        value[random.randrange(len(value))] ^= 1 << random.randrange(8)
        if random.random() < 0.2:
            charset[random.randrange(len(charset))] ^= 1 << random.randrange(8)
        decode(bytes(charset), bytes(value), random.choice(TEXT_VRS))


@pytest.mark.parametrize("charset", CHARSETS.values())
def test_random_bytes(charset: bytes) -> None:
    random = Random(charset)
    pieces = [
        b"\x1b",
        b"\x1b$",
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b$)C",
        b"\x1b-",
        b"^",
        b"=",
        b"\\",
        b"\r\n",
        b"\x81",
        b"\xff",
        b"a",
    ]
    for _ in range(300):
        value = b"".join(random.choice((*pieces, random.randbytes(2))) for _ in range(random.randrange(30)))
        decode(charset, value, random.choice(TEXT_VRS))


@pytest.mark.parametrize(
    "charset",
    [
        b"",
        b" ",
        b"\\",
        b"\\\\\\",
        b"ISO_IR 100\\",
        b"nonsense",
        b"\xff\xff",
        b"\x1b$B",
        b"ISO 2022 IR 87",
        b"\0\0",
        b"\\" * 1000,
        b"ISO 2022 IR 6\\ISO 2022 IR 6\\GB18030",
        b"ISO_IR 192\\ISO 2022 IR 87",
        b"ISO_IR 100" * 300,
        b"utf-8",
        b"rot13",
        b"zlib",
    ],
)
def test_charsets_that_are_none(charset: bytes) -> None:
    for value in (b"", b"abc ", b"\xe9\xff", *NAMES.values()):
        decode(charset, value)


def test_a_character_set_of_another_vr() -> None:
    for vr in ("UN", "OB", "US", "SQ", "PN", "DS", "AT"):
        data = file_bytes((Element(0x00080005, vr, b"ISO_IR 192"), Element(0x00100010, "PN", "é".encode())))
        assert isinstance(dicomkit.read(data).PatientName, str)


def test_long_text_is_decoded_in_linear_time() -> None:
    for name, value in NAMES.items():
        decode(CHARSETS[name], value * 2000, "UT")
        decode(CHARSETS[name], b"\\".join([value] * 2000), "UC")
    for charset in CHARSETS.values():
        decode(charset, b"\x1b$B" * 30_000, "UT")
        decode(charset, b"\xff" * 100_000, "UT")
        decode(charset, b"^=" * 30_000, "UT")


def test_character_sets_of_nested_items() -> None:
    """128 levels, each with another character set."""
    random = Random(1)
    node: Element | Sequence = Element(0x00100010, "PN", NAMES["japanese"])
    for _ in range(128):
        name = random.choice(list(NAMES))
        item = Item((Element(0x00080005, "CS", CHARSETS[name]), Element(0x00100010, "PN", NAMES[name])))
        node = Sequence(0x0040A730, (item, Item((Element(0x00080005, "CS", b"nonsense"), node))))
    values = [element.value for element in dicomkit.read(file_bytes((node,))).walk() if element.vr == "PN"]
    assert len(values) == 129
    assert all(isinstance(value, str) for value in values)

"""Values as text. What DCMTK's dcmodify 3.6.7 makes of the same text is the source of the bytes, where it takes it."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit.dataset import DataElement
from dicomkit.dataset.literal import Literal, encoded_element
from dicomkit.dataset.text import character_sets

LATIN_1 = character_sets(("ISO_IR 100",))
UTF_8 = character_sets(("ISO_IR 192",))


def encoded(element: DataElement, charset: str = "ISO_IR 100", syntax: str = "ExplicitVRLittleEndian") -> bytes:
    """The bytes of a value as they are written."""
    dataset = dicomkit.Dataset(SpecificCharacterSet=charset)
    dataset.add(element)
    written = dicomkit.read(dataset.to_bytes(transfer_syntax=syntax))
    return written[element.tag].raw


@pytest.mark.parametrize(
    ("vr", "text", "value"),
    [
        ("AE", "A\\B", b"A\\B "),
        ("AS", "  12Y", b"  12Y "),
        ("AT", "(0018,1063)\\(10,10)", b"\x18\0\x63\x10\x10\0\x10\0"),
        ("AT", "FrameTime", b"\x18\0\x63\x10"),
        ("CS", " ct", b" ct "),
        ("DA", "notadate", b"notadate"),
        ("DS", "1.50\\ 2e1 ", b"1.50\\ 2e1 "),
        ("DS", "abc", b"abc "),
        ("IS", "  007 ", b"  007 "),
        ("LO", "", b""),
        ("LT", "  a\\b", b"  a\\b "),
        ("PN", "Müller", b"M\xfcller"),
        ("TM", "12:30:00", b"12:30:00"),
        ("UI", "=CTImageStorage", b"1.2.840.10008.5.1.4.1.1.2\0"),
        ("UI", "1.2.3 ", b"1.2.3\0"),
        ("UI", "1.2.3\\4.5", b"1.2.3\\4.5\0"),
        ("UT", " a\\b", b" a\\b"),
        ("US", "5\\6", b"\5\0\6\0"),
        ("US", " 6 ", b"\6\0"),
        ("SS", "-3", b"\xfd\xff"),
        ("SL", "-5", b"\xfb\xff\xff\xff"),
        ("UV", "18446744073709551615", b"\xff" * 8),
        ("SV", "-5", b"\xfb" + b"\xff" * 7),
        ("FL", "1.1", b"\xcd\xcc\x8c\x3f"),
        ("FD", "1.1\\-2e-3", b"\x9a\x99\x99\x99\x99\x99\xf1\x3f\xfc\xa9\xf1\xd2\x4d\x62\x60\xbf"),
        ("OB", "1\\2\\3", b"\1\2\3\0"),
        ("OB", " 0x10 \\ff", b"\x10\xff"),
        ("OW", "1\\fffe", b"\1\0\xfe\xff"),
        ("UN", "12", b"\x12\0"),
        ("OF", "1.5\\2", b"\0\0\xc0\x3f\0\0\0\x40"),
        ("OD", "1.5", b"\0\0\0\0\0\0\xf8\x3f"),
        ("OL", "1\\4294967295", b"\1\0\0\0\xff\xff\xff\xff"),
        ("OV", "1\\2", b"\1" + bytes(7) + b"\2" + bytes(7)),
    ],
)
def test_encodes_by_vr(vr: str, text: str, value: bytes) -> None:
    assert encoded(Literal(text).element(0x00091001, vr, LATIN_1)).rstrip(b" ") == value.rstrip(b" ")


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("AT", "xx"),
        ("AT", "(0010,0010)\\"),
        ("FD", "abc"),
        ("FD", "1_0"),
        ("FL", "1e50"),
        ("OB", "zz"),
        ("OB", "300"),
        ("OB", "1\\"),
        ("OB", "-1"),
        ("OW", "12345"),
        ("OL", "4294967296"),
        ("OF", "1e50"),
        ("SQ", "1"),
        ("UI", "=NoSuchClass"),
        ("US", "70000"),
        ("US", "-1"),
        ("US", "1.5"),
        ("US", "6\\"),
        ("US", "٣"),
        ("UL", "4294967296"),
    ],
)
def test_refuses_what_does_not_fit(vr: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Literal(text).element(0x00091001, vr, LATIN_1)


def test_text_is_written_in_the_character_set_of_its_data_set() -> None:
    name = Literal("Müller").element(0x00100010, "PN", LATIN_1)
    assert encoded(name, "ISO_IR 192") == "Müller ".encode()


def test_bytes_that_are_no_text_stay() -> None:
    text = b"\xff\x80".decode("utf-8", "surrogateescape")
    assert encoded(Literal(text).element(0x00100010, "PN", LATIN_1)) == b"\xff\x80"


def test_numbers_have_the_byte_order_of_the_target() -> None:
    element = encoded_element(0x00721078, "UL", b"\1\0\0\0", LATIN_1)
    assert encoded(element, syntax="ExplicitVRBigEndian") == b"\0\0\0\1"


def test_elements_are_made_once() -> None:
    literal = Literal("A^B")
    assert literal.element(0x00100010, "PN", LATIN_1) is literal.element(0x00100010, "PN", UTF_8)
    literal = Literal("Ä")
    assert literal.element(0x00100010, "PN", LATIN_1) is literal.element(0x00100010, "PN", LATIN_1)
    assert literal.element(0x00100010, "PN", LATIN_1) is not literal.element(0x00100010, "PN", UTF_8)


def test_encoded_elements_are_padded_and_decode() -> None:
    element = encoded_element(0x00100010, "PN", "Müller^A".encode("latin-1") + b"B", LATIN_1)
    assert element.raw == b"M\xfcller^AB "[:10]
    assert element.value == "Müller^AB"
    assert encoded_element(0x00080018, "UI", b"1.2", LATIN_1).raw == b"1.2\0"


def test_encoded_elements_are_not_longer_than_their_length_field() -> None:
    with pytest.raises(ValueError, match="65536 bytes"):
        encoded_element(0x00100010, "PN", b" " * 65535, LATIN_1)
    assert len(encoded_element(0x00091001, "UT", b" " * 65536, LATIN_1).raw) == 65536

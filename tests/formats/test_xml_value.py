"""Values in XML as values of data elements."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.dataset.text import character_sets
from dicomkit.formats.xml_value import Base64, Hex, field_texts, text_values, values_of_field


@pytest.mark.parametrize(
    ("vr", "texts", "values"),
    [
        ("CS", [" A ", "", "B\0"], ["A", "", "B"]),
        ("CS", [""], []),
        ("LT", ["\n a \n "], ["\n a \n"]),
        ("PN", ["\n A \n"], [" A"]),
        ("UC", [" a ", "b"], [" a", "b"]),
        ("DS", ["1.50", "", " 2e1 "], [1.5, None, 20.0]),
        ("IS", ["+12", "3.0", ""], [12, 3, None]),
        ("US", ["0", "65535"], [0, 65535]),
        ("FD", ["0.1", "inf", "-inf"], [0.1, float("inf"), float("-inf")]),
        ("FL", ["0.1"], [struct.unpack("<f", struct.pack("<f", 0.1))[0]]),
        ("AT", ["00181063", "(00fe,00ab)"], [0x00181063, 0x00FE00AB]),
        ("OF", ["1", "2"], struct.pack("<2f", 1, 2)),
        ("OV", ["18446744073709551615"], b"\xff" * 8),
        ("OL", [" "], b""),
    ],
)
def test_text_becomes_values(vr: str, texts: list[str], values: object) -> None:
    assert text_values(vr, texts) == values


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("DS", "1_0"),
        ("DS", "x"),
        ("DS", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("IS", "1.5"),
        ("IS", "1_0"),
        ("IS", "inf"),
        ("IS", "9" * 5000),
        ("US", ""),
        ("FL", "1e39"),
        ("AT", "0018106"),
        ("AT", "0018106x"),
        ("AT", "PatientName"),
        ("OL", "-1"),
        ("OF", "x"),
        ("OD", "1e"),
    ],
)
def test_what_is_none(vr: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|format requires|too large|out of range|does not fit"):
        text_values(vr, [text] if text else ["", ""])


def test_fields_are_split_at_backslashes() -> None:
    assert field_texts("CS", "A\\B") == ("A", "B")
    assert field_texts("LT", "A\\B") == ("A\\B",)


def test_values_of_fields() -> None:
    assert values_of_field("OW", b"ab", None) == b"ab"
    assert values_of_field("SS", b"\xff\xff\1\0", None) == [-1, 1]
    assert values_of_field("AT", b"\x18\0\x63\x10", None) == [0x00181063]
    assert values_of_field("FD", struct.pack("<d", 0.1), None) == [0.1]
    assert values_of_field("LO", b"\xc4 \\b ", character_sets("ISO_IR 126")) == ["Δ", "b"]
    assert values_of_field("IS", b"12\\3", None) == [12, 3]
    with pytest.raises(ValueError, match="3 bytes are not a number of values of 2 bytes"):
        values_of_field("US", b"abc", None)


@given(st.binary(max_size=300), st.integers(1, 50), st.integers(1, 50))
def test_base64_in_pieces(data: bytes, size: int, width: int) -> None:
    text = base64.b64encode(data).decode()
    text = "\n".join([text[at : at + width] for at in range(0, len(text), width)])
    decoder = Base64()
    for at in range(0, len(text), size):
        decoder.feed(text[at : at + size])
    assert decoder.finish() == data


@pytest.mark.parametrize("text", ["A", "AB", "ABC", "AB=", "A===", "====", "AB==CDEF", "A*CD", "Ä===", "AB=C"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_no_base64(text: str, size: int) -> None:
    decoder = Base64()
    with pytest.raises(ValueError, match=r"base64"):  # noqa: PT012  # which piece it is does not matter
        for at in range(0, len(text), size):
            decoder.feed(text[at : at + size])
        decoder.finish()


@given(st.binary(max_size=60), st.integers(1, 20), st.booleans())
def test_hexadecimal_in_pieces(data: bytes, size: int, words: bool) -> None:
    data = data[: len(data) // 2 * 2]
    if words:
        text = "\\".join([f"{number:04x}" for (number,) in struct.iter_unpack("<H", data)])
    else:
        text = "\\".join([f"{byte:02X}" for byte in data])
    decoder = Hex(words)
    for at in range(0, len(text), size):
        decoder.feed(text[at : at + size])
    assert decoder.finish() == data


def test_hexadecimal_with_fewer_digits() -> None:
    decoder = Hex(words=False)
    decoder.feed(" 1\\ff\n\\0 ")
    assert decoder.finish() == b"\x01\xff\0"
    decoder = Hex(words=True)
    decoder.feed("1\\ffff\\a0")
    assert decoder.finish() == bytes.fromhex("0100ffffa000")
    assert Hex(words=True).finish() == b""


@pytest.mark.parametrize("text", ["\\", "1\\", "100", "x", "1\\\\2", "-1", "0x1"])
def test_what_is_no_hexadecimal(text: str) -> None:
    decoder = Hex(words=False)
    with pytest.raises(ValueError, match="hexadecimal numbers of up to 2 digits"):  # noqa: PT012  # it may take the end
        decoder.feed(text)
        decoder.finish()

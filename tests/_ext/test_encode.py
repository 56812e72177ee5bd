"""Values to bytes: against a plain reference in Python, and back through the reader."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement
from dicomkit._ext.encode import encode_value
from dicomkit.dataset.text import character_sets
from dicomkit.errors import EncodeError
from tests.reference.encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, Element, file_bytes

ASCII = character_sets()
UTF8 = character_sets("ISO_IR 192")

INTEGERS = {"US": ("H", 16), "SS": ("h", 16), "UL": ("I", 32), "SL": ("i", 32), "UV": ("Q", 64), "SV": ("q", 64)}
UNITS = {"OB": 1, "UN": 1, "OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
TEXTS = ("AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UC", "UI")
LONG_TEXTS = ("LT", "ST", "UT", "UR")

plain_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="\\"), max_size=20)
some_text = st.text(st.characters(min_codepoint=0x20, exclude_characters="\\\x7f", exclude_categories=("Cs",)), max_size=20)


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What a normalised value may be: one, several, none."""
    return st.one_of(st.none(), values, st.lists(values, max_size=4).map(tuple))


def integers(vr: str) -> st.SearchStrategy[int]:
    bits = INTEGERS[vr][1]
    if vr[0] == "S":
        return st.integers(-1 << bits - 1, (1 << bits - 1) - 1)
    return st.integers(0, (1 << bits) - 1)


def values_of(vr: str) -> st.SearchStrategy[Any]:
    if vr in INTEGERS:
        return several(integers(vr))
    if vr == "AT":
        return several(st.integers(0, 0xFFFFFFFF))
    if vr in ("FD", "FL"):
        return several(st.floats(width=64 if vr == "FD" else 32, allow_nan=False))
    if vr in UNITS:
        return st.one_of(st.none(), st.binary(max_size=40))
    if vr in LONG_TEXTS:
        return st.one_of(st.none(), some_text if vr != "UR" else plain_text)
    if vr in ("LO", "PN", "SH", "UC"):
        return several(some_text)
    return several(plain_text)


def reference(vr: str, value: Any, order: str) -> bytes:
    """What PS3.5 6.2 says, the plain way."""
    values = () if value is None else value if isinstance(value, tuple) else (value,)
    if vr in INTEGERS:
        return b"".join(struct.pack(order + INTEGERS[vr][0], one) for one in values)
    if vr in ("FD", "FL"):
        return b"".join(struct.pack(order + {"FD": "d", "FL": "f"}[vr], one) for one in values)
    if vr == "AT":
        return b"".join(struct.pack(order + "HH", one >> 16, one & 0xFFFF) for one in values)
    if vr in UNITS:
        data: bytes = b"".join(values)
        data += b"\0" * (len(data) % 2)
        if order == "<":
            return data
        unit = UNITS[vr]
        whole = len(data) // unit * unit
        return b"".join(data[at : at + unit][::-1] for at in range(0, whole, unit)) + data[whole:]
    text = "\\".join(values).encode("utf-8")
    return text + (b"\0" if vr == "UI" else b" ") * (len(text) % 2)


@pytest.mark.parametrize("vr", [*INTEGERS, *UNITS, *TEXTS, *LONG_TEXTS, "AT", "FD", "FL"])
@settings(max_examples=60)
@given(data=st.data())
def test_like_the_reference(vr: str, data: st.DataObject) -> None:
    value = data.draw(values_of(vr))
    for big, order in ((False, "<"), (True, ">")):
        assert encode_value(vr, value, UTF8, big) == reference(vr, value, order)


# -- decimal strings


def nearest(value: float) -> Decimal:
    """The distance of the nearest text: digits are dropped from the exact number, in each form that has room for them."""
    exact = Decimal(abs(value))
    room = 16 - (math.copysign(1, value) < 0)
    best: Decimal | None = None
    for digits in range(1, 18):
        rounded = Decimal(f"{abs(value):.{digits - 1}e}")
        _, figures, exponent = rounded.normalize().as_tuple()
        assert isinstance(exponent, int)
        if math.isinf(float(rounded)) or min(forms(len(figures), exponent)) > room:
            continue
        distance = abs(rounded - exact)
        best = distance if best is None else min(best, distance)
    assert best is not None
    return best


def forms(count: int, exponent: int) -> list[int]:
    """Lengths of the texts of a number of `count` figures and a power of ten."""
    lengths = [count + 1 + len(str(exponent))]  # 123e-4
    scientific = exponent + count - 1
    lengths.append(count + (count > 1) + 1 + len(str(scientific)))  # 1.23e-2
    if exponent >= 0:
        lengths.append(count + exponent)  # 12300
    elif scientific >= 0:
        lengths.append(count + 1)  # 1.23
    else:
        lengths.append(1 - exponent)  # .0123
    return lengths


@settings(max_examples=400)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.1 + 0.2)
@example(-1 / 3)
@example(1.7976931348623157e308)
@example(-1.7976931348623157e308)
@example(5e-324)
@example(9.9999999999999999e-5)
@example(123456789012345678.0)
def test_a_decimal_string_is_the_nearest_that_fits(value: float) -> None:
    text = encode_value("DS", value, ASCII, False).decode()
    assert len(text) <= 16
    assert set(text) <= set("0123456789+-.e ")
    back = float(text)
    assert math.isfinite(back)
    assert math.copysign(1, back) == math.copysign(1, value)
    if len(repr(value)) <= 16:
        assert back == value
    if back != value:
        assert abs(Decimal(text.strip()) - Decimal(value)) <= nearest(value)


@settings(max_examples=300)
@given(st.decimals(min_value=-99999, max_value=99999, places=6))
def test_short_decimals_are_written_as_python_writes_them(number: Decimal) -> None:
    value = float(number)
    text = repr(value).removesuffix(".0")
    if "e" not in text:
        assert encode_value("DS", value, ASCII, False).decode().strip() == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 "),
        (-0.0, "-0"),
        (1.0, "1 "),
        (-12.5, "-12.5 "),
        (1e15, "1000000000000000"),
        (-1e15, "-1e15 "),
        (1e16, "1e16"),
        (1e22, "1e22"),
        (1e-5, "1e-5"),
        (0.0001, "0.0001"),
        (0.1234567890123456, ".123456789012346"),
        (1 / 3, ".333333333333333"),
        (2 / 3, ".666666666666667"),
        (-1 / 3, "-.33333333333333"),
        (math.pi, "3.14159265358979"),
        (math.pi * 1e10, "31415926535.8979"),
        (1.2345678901234567e20, "12345678901235e7"),
        (0.976562, "0.976562"),
        (0.9765625, "0.9765625 "),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "179769313486e297"),
        (None, ""),
        ((1.0, None, 2.5), "1\\\\2.5"),
        ((), ""),
    ],
)
def test_texts_of_decimal_strings(value: Any, text: str) -> None:
    assert encode_value("DS", value, ASCII, False).decode() == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 "), (-7, "-7"), ((1, None, -300), "1\\\\-300 "), (1 << 62, str(1 << 62) + " "), (True, "1 ")]
)
def test_texts_of_integer_strings(value: Any, text: str) -> None:
    assert encode_value("IS", value, ASCII, False).decode() == text


# -- character sets


@pytest.mark.parametrize(
    ("terms", "vr", "value", "expected"),
    [
        ("ISO_IR 100", "PN", "Buc^Jérôme", b"Buc^J\xe9r\xf4me"),
        ("ISO_IR 192", "LO", ("ä", "b"), b"\xc3\xa4\\b"),
        ("\\ISO 2022 IR 87", "PN", "Yamada^Tarou=山田^太郎", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    ],
)
def test_other_character_sets(terms: str, vr: str, value: Any, expected: bytes) -> None:
    assert encode_value(vr, value, character_sets(terms), False).rstrip(b" ") == expected


# -- refusals


@pytest.mark.parametrize(
    ("vr", "value", "message"),
    [
        ("US", 65536, "65536 is out of the range of US"),
        ("US", "1", "str is no value of US"),
        ("US", None, None),
        ("UV", -1, "-1 is out of the range of UV"),
        ("UV", 1 << 64, "out of the range of UV"),
        ("SV", 1 << 63, "out of the range of SV"),
        ("AT", -1, "out of the range of AT"),
        ("FL", 1e39, "does not fit in 32 bits"),
        ("FD", 10**400, "FD has no number that large"),
        ("DS", 10**400, "DS has no number that large"),
        ("FD", "1", "str is no value of FD"),
        ("DS", math.nan, "nan cannot be written"),
        ("DS", (1.0, math.inf), "inf cannot be written"),
        ("DS", "1", "str is no value of DS"),
        ("IS", 1.0, "float is no value of IS"),
        ("IS", 1 << 70, "more than 64 bits"),
        ("LO", 5, "int is no value of LO"),
        ("LO", ("a", 5), "int is no value of LO"),
        ("LO", "a\\b", "a backslash separates the values of LO"),
        ("LO", ("a\\b", "c"), "a backslash separates the values of LO"),
        ("LT", ("a", "b"), "LT has one value, not 2"),
        ("LT", "\x1b", "ESC cannot be part"),
        ("LO", "ä", "cannot be written in the default repertoire"),
        ("CS", "ä", "CS has ASCII only"),
        ("OB", "a", "str is no value of OB"),
        ("OB", (b"a",), "tuple is no value of OB"),
        ("SQ", (), "item by item"),
    ],
)
def test_what_cannot_be_written(vr: str, value: Any, message: str | None) -> None:
    if message is None:
        assert encode_value(vr, value, ASCII, False) == b""
        return
    with pytest.raises(EncodeError, match=message):
        encode_value(vr, value, ASCII, False)


def test_text_without_character_sets() -> None:
    assert encode_value("LO", "abc", None, False) == b"abc "
    with pytest.raises(EncodeError, match="needs a character set"):
        encode_value("LO", "ä", None, False)


@pytest.mark.parametrize("vr", ["", "D", "DSX", "Ää"])
def test_what_is_no_vr(vr: str) -> None:
    with pytest.raises(ValueError, match="is not a VR"):
        encode_value(vr, 1, ASCII, False)


def test_bytes_are_not_copied_without_need() -> None:
    value = bytes(100)
    assert encode_value("OW", value, ASCII, False) is value
    assert encode_value("OB", value, ASCII, True) is value


# -- through the reader


@pytest.mark.parametrize("vr", [*INTEGERS, *TEXTS, *LONG_TEXTS, *UNITS, "AT", "FD", "FL", "IS", "DS"])
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_encoded_is_read_again(vr: str, data: st.DataObject) -> None:
    if vr == "DS":
        drawn = data.draw(several(st.decimals(-9999, 9999, places=4).map(float)))
    else:
        drawn = data.draw(several(st.integers(-1 << 31, (1 << 31) - 1)) if vr == "IS" else values_of(vr))
    assigned = DataElement(0x00091001, vr, _trimmed(drawn)).value
    for syntax in (EXPLICIT_LITTLE, EXPLICIT_BIG):
        raw = encode_value(vr, assigned, UTF8, syntax == EXPLICIT_BIG)
        assert len(raw) % 2 == 0
        elements = (Element(0x00080005, "CS", b"ISO_IR 192"), Element(0x00091001, vr, raw))
        read = dicomkit.read(file_bytes(elements, syntax))[0x00091001].value
        if vr in UNITS:
            assert (read or b"") == (assigned or b"") + b"\0" * (len(assigned or b"") % 2)
        else:
            assert (read or None) == (_read_form(assigned) or None) or read == assigned


def _trimmed(value: Any) -> Any:
    """Without the spaces that are padding."""
    if isinstance(value, str):
        return value.strip(" \0") or None
    if isinstance(value, tuple):
        return tuple([one.strip(" \0") if isinstance(one, str) else one for one in value])
    return value


def _read_form(value: Any) -> Any:
    """No values and one empty value are the same bytes."""
    return None if value in ((), "", ("",)) else value


def test_big_endian_is_only_for_what_has_an_order() -> None:
    assert encode_value("UN", b"\1\2", ASCII, True) == b"\1\2"
    assert encode_value("OW", b"\1\2", ASCII, True) == b"\2\1"
    assert encode_value("OL", b"\1\2\3\4\5\6", ASCII, True) == b"\4\3\2\1\5\6"

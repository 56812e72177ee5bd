"""Values of JSON as values of data elements (PS3.18 F.2.3)."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

import pytest

from dicomkit import DataElement
from dicomkit.errors import ParseError
from dicomkit.formats.json_value import field_value, text_of_field, values

GOOD: list[tuple[str, list[Any], Any]] = [
    ("LO", [], ()),
    ("LO", [None], ()),
    ("LO", ["a", None, "b"], ("a", "", "b")),
    ("LO", ["a\\b", "c"], ("a", "b", "c")),  # F.2.4
    ("UT", ["a\\b"], ("a\\b",)),
    ("PN", [{"Alphabetic": "A", "Phonetic": "P"}, None], ("A==P", "")),
    ("PN", [{"Ideographic": "I", "Alphabetic": None}], ("=I",)),
    ("PN", [{}], ()),
    ("AT", ["0020000d"], (0x0020000D,)),
    ("DS", [1, "1.50", None, " +2 ", "1e3"], (1.0, 1.5, None, 2.0, 1000.0)),
    ("IS", [1, "007", None, 2.0, "3.0"], (1, 7, None, 2, 3)),
    ("IS", [None], ()),
    ("FD", [1, 0.5, float("inf")], (1.0, 0.5, math.inf)),
    ("FD", ["Infinity", "-Infinity"], (math.inf, -math.inf)),
    ("US", [1, 2.0], (1, 2)),
    ("SV", ["-9223372036854775808", 5], (-(2**63), 5)),
    ("UV", ["18446744073709551615"], (2**64 - 1,)),
    ("UI", ["1.2", "1.3"], ("1.2", "1.3")),
]


@pytest.mark.parametrize(("vr", "array", "expected"), GOOD)
def test_values(vr: str, array: list[Any], expected: Any) -> None:
    element = DataElement(0x00091001, vr, values(vr, array, ""))
    value = element.value if isinstance(element.value, tuple) else () if element.value is None else (element.value,)
    assert value == expected


@pytest.mark.parametrize("array", [["NaN"], [None, 1], [float("nan")]])
def test_what_is_not_a_number(array: list[Any]) -> None:
    assert math.isnan(values("FL", array, "")[0])


BAD: list[tuple[str, Any, str]] = [
    ("LO", "a", "Value is an array"),
    ("LO", [5], "5 is no string"),
    ("LO", [True], "True is no string"),
    ("LO", [["a"]], "is no string"),
    ("LO", ["\ud800"], "half of a surrogate pair"),
    ("PN", ["A^B"], "is no object with the component groups"),
    ("PN", [{"Latin": "A"}], "a name has no component group 'Latin'"),
    ("PN", [{"Alphabetic": 5}], "5 is no string"),
    ("PN", [{"Alphabetic": "A=B"}], "no backslash and no '='"),
    ("PN", [{"Phonetic": "A\\B"}], "no backslash and no '='"),
    ("AT", [0x0020000D], "is no tag"),
    ("AT", ["0020,00D"], "is no tag"),
    ("AT", [None], "is no tag"),
    ("DS", ["1,5"], "'1,5' is no number"),
    ("DS", ["1_0"], "'1_0' is no number"),
    ("DS", ["٣"], "is no number"),
    ("DS", [True], "True is no number"),
    ("IS", ["1.5"], "'1.5' is no number"),
    ("IS", ["1e999"], "is no number"),
    ("IS", ["9" * 5000], "is no number"),
    ("US", ["5"], "'5' is no number"),
    ("US", [1, None], "None is no number"),
    ("FD", ["1.5"], "'1.5' is no number"),
    ("SV", [{}], "is no number"),
    ("OB", [1], "OB has InlineBinary, not Value"),
]


@pytest.mark.parametrize(("vr", "array", "message"), BAD)
def test_values_of_wrong_types(vr: str, array: Any, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        values(vr, array, "(0009,1001)")
    assert caught.value.path == "(0009,1001)"


def test_inline_binary() -> None:
    assert field_value("InlineBinary", "z0x9c8v7", "", None) == base64.b64decode("z0x9c8v7")
    assert field_value("InlineBinary", ["YWI="], "", None) == b"ab"  # as the example of F.4 has it
    assert field_value("InlineBinary", "", "", None) == b""


@pytest.mark.parametrize("text", ["a", "YWI", "YW I=", "YWI=\n", "ÄÄÄÄ", "YWI=YWI=", "=", "YW=I"])
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(ParseError, match="InlineBinary is not base64"):
        field_value("InlineBinary", text, "", None)


@pytest.mark.parametrize("value", [5, None, [], ["a", "b"], {}])
def test_what_is_no_string(value: Any) -> None:
    for name in ("InlineBinary", "BulkDataURI"):
        with pytest.raises(ParseError, match=f"{name} is a string"):
            field_value(name, value, "", None)


def test_bulk_data() -> None:
    assert field_value("BulkDataURI", "uri", "", lambda uri: uri.encode()) == b"uri"
    assert field_value("BulkDataURI", ["uri"], "", lambda uri: None) is None


@pytest.mark.parametrize(
    ("vr", "data", "expected"),
    [
        ("OB", b"abc", b"abc"),
        ("UN", b"abc", b"abc"),
        ("US", b"\1\0\2\0", [1, 2]),
        ("SS", b"\xff\xff", [-1]),
        ("FD", struct.pack("<d", 0.1), [0.1]),
        ("AT", b"\x20\0\x0d\0", [0x0020000D]),
        ("LT", " é\\ ".encode(), [" é\\"]),
        ("UC", b"a\\b ", ["a", "b"]),
        ("DS", b"1.5\\2 ", [1.5, 2.0]),
        ("IS", b"1\\ 2", [1, 2]),
        ("UT", b"", []),
    ],
)
def test_value_fields(vr: str, data: bytes, expected: Any) -> None:
    assert text_of_field(vr, data, "") == expected


def test_value_fields_that_are_cut_short() -> None:
    with pytest.raises(ParseError, match="5 bytes are not a number of values of 2 bytes"):
        text_of_field("US", b"12345", "")

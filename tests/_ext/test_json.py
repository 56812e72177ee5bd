"""The kernel that renders JSON: how single values are spelled, against Python's own json, repr, float and base64."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dicomkit._ext.json import OPTIONS, render
from dicomkit._ext.tagstream import TagStream, index_bytes
from dicomkit.errors import EncodeError
from tests.reference.encoding import BIG, EXPLICIT, Element, Encoding, Item, Node, PixelFragments, Sequence


def latin(value: bytes, vr: str, charset: bytes | None) -> bytes:
    return value.decode("latin-1").encode()


def text_of(
    *nodes: Node, encoding: Encoding = EXPLICIT, bulk: Callable[[int], str | None] | None = None, **options: Any
) -> str:
    index = index_bytes(encoding.data_set(nodes), big_endian=encoding.big, implicit_vr=encoding.implicit)
    names = options.pop("names", ())
    made = render([(index, 0, None, None, latin, bulk)], options=sum(OPTIONS[name] for name in names), **options)
    assert made is not None
    return made


def object_of(*nodes: Node, **options: Any) -> dict[str, Any]:
    return json.loads(text_of(*nodes, **options))


def values_of(vr: str, value: bytes, **options: Any) -> list[Any] | None:
    """The Value array of one element."""
    (attribute,) = object_of(Element(0x00091001, vr, value), **options).values()
    assert attribute["vr"] == vr
    return attribute.get("Value")


def raw_value_of(vr: str, value: bytes, **options: Any) -> str:
    """The one value of one element as it is spelled."""
    return text_of(Element(0x00091001, vr, value), **options).partition('"Value":[')[2].removesuffix("]}}")


# -- numbers


def spelled(number: float) -> str:
    return raw_value_of("FD", struct.pack("<d", number))


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.1)
@example(-0.0)
@example(1e15)
@example(999999999999999.9)
@example(9007199254740993.0)
@example(5e-324)
@example(1.7976931348623157e308)
def test_a_double_is_itself(number: float) -> None:
    assert struct.pack("<d", float(json.loads(spelled(number)))) == struct.pack("<d", number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_has_no_more_digits_than_needed(number: float) -> None:
    def digits(text: str) -> str:
        return text.partition("e")[0].replace(".", "").replace("-", "").strip("0")

    assert digits(spelled(number)) == digits(repr(number))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1_000_000, max_value=1_000_000))
def test_a_double_of_few_decimals_is_spelled_with_them(number: Any) -> None:
    text = f"{number:f}".rstrip("0").rstrip(".")
    if abs(number) >= 0.0001:
        assert spelled(float(number)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-0.0, "-0.0"), (40.0, "40"), (-1024.5, "-1024.5"), (0.00025, "0.00025"), (1e22, "1e+22"), (1e-7, "1e-07")],
)
def test_spelling_of_doubles(number: float, text: str) -> None:
    assert spelled(number) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_is_the_same_double(number: float) -> None:
    (value,) = values_of("FL", struct.pack("<f", number)) or ()
    assert value == number


@pytest.mark.parametrize(
    ("vr", "form", "numbers"),
    [
        ("US", "H", (0, 65535)),
        ("SS", "h", (-32768, 32767)),
        ("UL", "I", (0, 4294967295)),
        ("SL", "i", (-2147483648, 2147483647)),
        ("UV", "Q", (0, 2**53 - 1)),
        ("SV", "q", (-(2**53) + 1, 2**53 - 1)),
    ],
)
def test_integers(vr: str, form: str, numbers: tuple[int, ...]) -> None:
    assert values_of(vr, struct.pack(f"<2{form}", *numbers)) == list(numbers)
    assert values_of(vr, struct.pack(f">2{form}", *numbers), encoding=BIG) == list(numbers)


def test_integers_beyond_the_exact_ones_of_a_double_are_strings() -> None:
    # DCMTK's dcm2json: "to numbers if they are not larger than 9007199254740991 ..., and to strings otherwise"
    assert values_of("UV", struct.pack("<2Q", 2**53, 2**64 - 1)) == ["9007199254740992", "18446744073709551615"]
    assert values_of("SV", struct.pack("<2q", -(2**53), -(2**63))) == ["-9007199254740992", "-9223372036854775808"]


def test_tags() -> None:
    assert values_of("AT", b"\x18\x00\x63\x10\xfe\xff\xda\xab") == ["00181063", "FFFEABDA"]
    assert values_of("AT", b"\x00\x18\x10\x63", encoding=BIG) == ["00181063"]


@pytest.mark.parametrize("vr", ["US", "FD", "AT", "SV"])
def test_a_number_that_is_cut_short_is_an_error(vr: str) -> None:
    with pytest.raises(EncodeError, match=r"\(0009,1001\): the last value is cut short"):
        values_of(vr, bytes(11))


DECIMALS = [
    # DS, JSON number
    (b"1.50", "1.50"),
    (b"+2", "2"),
    (b"-0007.10E+05", "-7.10E+05"),
    (b".5", "0.5"),
    (b"-.5e3", "-0.5e3"),
    (b"1.", "1.0"),
    (b"1.e2", "1.0e2"),
    (b"00", "0"),
    (b"-0", "-0"),
    (b"1e05", "1e05"),
]
NO_DECIMALS = [b"abc", b"1,5", b".", b"-", b"e5", b"1e", b"1e+", b"1 2", b"nan", b"inf", b"0x10", b"1_0", b"--1", b"1.2.3"]


@pytest.mark.parametrize(("text", "number"), DECIMALS)
def test_decimal_strings(text: bytes, number: str) -> None:
    assert raw_value_of("DS", text + b" " * (len(text) % 2)) == number
    assert json.loads(number) == float(text)


@pytest.mark.parametrize("text", NO_DECIMALS)
def test_decimal_strings_that_are_none_are_strings(text: bytes) -> None:
    assert values_of("DS", text) == [text.decode()]
    with pytest.raises(EncodeError, match="the text is no number"):
        values_of("DS", text, names=["numbers-only"])


@given(st.from_regex(r"\A[+-]?([0-9]{1,6}(\.[0-9]{0,4})?|\.[0-9]{1,4})([eE][+-]?[0-9]{1,2})?\Z"))
def test_every_decimal_string_is_a_json_number_of_its_value(text: str) -> None:
    if "." in text or "e" in text.lower():
        assert float(json.loads(raw_value_of("DS", text.encode()))) == float(text)
    else:
        assert json.loads(raw_value_of("IS", text.encode())) == int(text)


def test_integer_strings() -> None:
    assert values_of("IS", b"0012\\-0\\+5\\1.0\\x\\ 7 \\") == [12, 0, 5, "1.0", "x", 7, None]
    assert values_of("IS", b"0012\\x", names=["numbers-as-strings"]) == ["0012", "x"]
    assert values_of("DS", b"0.10", names=["numbers-as-strings"]) == ["0.10"]


@pytest.mark.parametrize(
    ("names", "spelling"), [(["nan-as-null"], ["null"] * 3), (["nan-extended"], ["NaN", "Infinity", "-Infinity"])]
)
def test_special_numbers(names: list[str], spelling: list[str]) -> None:
    numbers = (math.nan, math.inf, -math.inf)
    assert raw_value_of("FD", struct.pack("<3d", *numbers), names=names) == ",".join(spelling)
    assert raw_value_of("FL", struct.pack("<3f", *numbers), names=names) == ",".join(spelling)
    with pytest.raises(EncodeError, match="NaN and the infinities"):
        values_of("FL", struct.pack("<3f", *numbers))


# -- text


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=40))
@example('"\\/\b\f\n\r\t\x00\x1f\x7f')
def test_strings_are_escaped_as_json_wants_it(text: str) -> None:
    text = text.replace("\x1b", "")
    stripped = text.rstrip(" \0")
    assert values_of("UT", text.encode()) == ([stripped] if stripped else None)


@given(st.integers(0, 20), st.sampled_from('"\\\n\x00\x1f\x20\x7f'), st.integers(0, 20))
def test_an_escape_is_found_wherever_it_stands(before: int, char: str, after: int) -> None:
    text = "a" * before + char + "b" * after + "."
    assert raw_value_of("UT", text.encode()) == json.dumps(text, ensure_ascii=False)


def test_a_long_text_is_escaped_as_a_whole() -> None:
    text = 'line "1"\r\n' * 5000
    assert values_of("UT", text.encode()) == [text]


def test_text_beyond_ascii_is_converted() -> None:
    assert values_of("LO", b"M\xfcller\\\xe9") == ["Müller", "é"]
    assert "Müller" in text_of(Element(0x00091001, "LO", b"M\xfcller"))


def test_padding_is_no_value() -> None:
    assert values_of("LO", b"  a b \\ c\0") == ["a b", "c"]
    assert values_of("UC", b"  a \\ b ") == ["  a", " b"]
    assert values_of("LT", b"  a \\ ") == ["  a \\"]
    assert values_of("UI", b"1.2\\1.3\0") == ["1.2", "1.3"]


@pytest.mark.parametrize(
    "vr", ["LO", "LT", "UT", "UR", "PN", "DS", "IS", "UI", "DA", "US", "FD", "AT", "OB", "OW", "UN", "SQ"]
)
def test_empty_elements_have_no_value(vr: str) -> None:
    assert object_of(Element(0x00091001, vr)) == {"00091001": {"vr": vr}}


@pytest.mark.parametrize("vr", ["LO", "PN", "DS", "UI", "UT"])
def test_blank_elements_have_no_value(vr: str) -> None:
    assert values_of(vr, b"    ") is None


def test_empty_values_are_null() -> None:
    # PS3.18 F.2.5
    assert values_of("CS", b"A\\\\B ") == ["A", None, "B"]
    assert values_of("CS", b"\\ ") == [None, None]
    assert values_of("DS", b"1\\\\2 ") == [1, None, 2]
    assert values_of("PN", b"A\\\\=\\") == [{"Alphabetic": "A"}, None, None, None]


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("Wang^XiaoDong=王", {"Alphabetic": "Wang^XiaoDong", "Ideographic": "王"}),
        ("A^B=I^J=P^Q", {"Alphabetic": "A^B", "Ideographic": "I^J", "Phonetic": "P^Q"}),
        ("==P", {"Phonetic": "P"}),
        ("=I=", {"Ideographic": "I"}),
        ("A^^^^", {"Alphabetic": "A^^^^"}),
        ("A=I=P=Q", {"Alphabetic": "A", "Ideographic": "I", "Phonetic": "P=Q"}),
    ],
)
def test_names(name: str, groups: dict[str, str]) -> None:
    index = index_bytes(EXPLICIT.data_set([Element(0x00100010, "PN", name.encode())]))
    made = render([(index, 0, None, None, lambda value, vr, charset: value, None)])
    assert json.loads(made or "") == {"00100010": {"vr": "PN", "Value": [groups]}}


def test_the_conversion_knows_vr_and_character_set() -> None:
    seen: list[tuple[bytes, str, bytes | None]] = []

    def convert(value: bytes, vr: str, charset: bytes | None) -> bytes:
        seen.append((value, vr, charset))
        return b"?"

    text = Element(0x00081030, "LO", b"\xe9 ")
    blank = Item((Element(0x00080005, "CS", b"  "), text))
    own = Item((Element(0x00080005, "CS", b"ISO_IR 144"), text))
    nodes = (Element(0x00080005, "CS", b"ISO_IR 100"), text, Sequence(0x00081140, (own, blank)))
    index = index_bytes(EXPLICIT.data_set(nodes))
    render([(index, 0, None, None, convert, None)])
    assert seen == [
        (b"\xe9 ", "LO", b"ISO_IR 100"),
        (b"\xe9 ", "LO", b"ISO_IR 144"),
        (b"\xe9 ", "LO", b"ISO_IR 100"),  # an empty one says nothing
    ]


def test_specific_character_set_becomes_utf_8() -> None:
    nodes = (
        Element(0x00080005, "CS", b"\\ISO 2022 IR 87"),
        Sequence(0x00081140, (Item((Element(0x00080005, "CS"),)), Item((Element(0x00080005, "CS", b"ISO_IR 6"),)))),
    )
    made = object_of(*nodes, names=["utf-8"])
    assert made["00080005"]["Value"] == ["ISO_IR 192"]
    assert [item["00080005"]["Value"] for item in made["00081140"]["Value"]] == [["ISO_IR 192"], ["ISO_IR 6"]]


# -- binary values


@given(st.binary(max_size=100))
def test_bytes_are_base64(value: bytes) -> None:
    (attribute,) = object_of(Element(0x00091001, "OB", value)).values()
    assert attribute.get("InlineBinary") == (base64.b64encode(value).decode() if value else None)


@pytest.mark.parametrize(("vr", "size"), [("OB", 1), ("OW", 2), ("OL", 4), ("OF", 4), ("OD", 8), ("OV", 8), ("UN", 1)])
def test_words_are_in_little_endian(vr: str, size: int) -> None:
    value = bytes(range(19))
    (attribute,) = object_of(Element(0x00091001, vr, value), encoding=BIG).values()
    words = [value[at : at + size][::-1] for at in range(0, 19 // size * size, size)]
    assert base64.b64decode(attribute["InlineBinary"]) == b"".join(words) + value[19 // size * size :]


# -- structure


def test_elements_are_in_the_order_of_their_tags_and_of_equal_ones_the_first_counts() -> None:
    nodes = (Element(0x00200010, "SH", b"a "), Element(0x00100010, "PN", b"b "), Element(0x00100010, "PN", b"c "))
    text = text_of(*nodes)
    assert list(json.loads(text)) == ["00100010", "00200010"]
    assert '"b"' in text
    assert '"c"' not in text


def test_group_lengths_are_left_out() -> None:
    nodes = (
        Element(0x00080000, "UL", bytes(4)),
        Element(0x00090000, "UL", bytes(4)),
        Sequence(0x00081140, (Item((Element(0x00080000, "UL", bytes(4)),)), Item())),
    )
    assert object_of(*nodes) == {"00081140": {"vr": "SQ", "Value": [{}, {}]}}


@pytest.mark.parametrize("undefined", [False, True])
def test_sequences_of_vr_un(undefined: bool) -> None:
    item = Item((Element(0x00080100, "SH", b"a "),))
    node = Sequence(0x00091010, (item,), undefined, "UN")
    inside = {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["a"]}}]}
    assert object_of(node) == {"00091010": inside}
    retained = object_of(node, names=["retain-un"])["00091010"]
    if undefined:
        assert retained == inside
    else:
        assert base64.b64decode(retained["InlineBinary"]) == Encoding(implicit=True).item(item)


def test_un_of_a_known_tag() -> None:
    nodes = (Element(0x00100010, "UN", b"A^B "), Element(0x00280010, "UN", b"\1\2"), Element(0x00091001, "UN", b"ab"))
    assert object_of(*nodes) == {
        "00091001": {"vr": "UN", "InlineBinary": "YWI="},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]},
        "00280010": {"vr": "US", "Value": [513]},
    }
    retained = object_of(*nodes, names=["retain-un"])
    assert {attribute["vr"] for attribute in retained.values()} == {"UN"}
    assert object_of(nodes[1], encoding=BIG)["00280010"]["Value"] == [513]  # PS3.5 6.2.2: UN is little endian


def test_indented_text_is_that_of_python() -> None:
    names = Element(0x00100010, "PN", b"A=B\\\\C ")
    sequence = Sequence(0x00081140, (Item(), Item((names, Element(0x00080018, "UI"))), Item((Sequence(0x00081140),))))
    nodes = (
        Element(0x00080008, "CS", b"A\\B "),
        sequence,
        Element(0x7FE00010, "OB", b"ab"),
        Element(0x00280010, "US", bytes(4)),
    )
    for indent in (0, 1, 2, 7):
        text = text_of(*nodes, names=["pretty"], indent=indent)
        assert text == json.dumps(json.loads(text_of(*nodes)), indent=indent) + "\n"


def test_compact_text_is_that_of_python() -> None:
    nodes = (
        Element(0x00080008, "CS", b"A\\B "),
        Sequence(0x00081140, (Item(), Item())),
        Element(0x00280010, "US", bytes(4)),
    )
    text = text_of(*nodes)
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_nothing_is_an_empty_object() -> None:
    assert text_of() == "{}"
    assert text_of(names=["pretty"]) == "{}\n"
    assert render([]) == "{}"


def test_several_indexes_are_one_object() -> None:
    parts = [
        (index_bytes(EXPLICIT.data_set([Element(tag, "SH", b"a ")])), 0, None, None, latin, None)
        for tag in (0x00020016, 0x00200010)
    ]
    empty = (index_bytes(b""), 0, None, None, latin, None)
    assert list(json.loads(render([empty, parts[0], empty, parts[1], empty]) or "")) == ["00020016", "00200010"]


@pytest.mark.parametrize("undefined", [False, True])
def test_the_deepest_nesting(undefined: bool) -> None:
    node: Node = Element(0x00080100, "SH", b"a ")
    for _ in range(128):
        node = Sequence(0x0040A730, (Item((node,), undefined),), undefined)
    made = object_of(node)
    for _ in range(128):
        (made,) = made["0040A730"]["Value"]
    assert made == {"00080100": {"vr": "SH", "Value": ["a"]}}


def test_pixel_data_in_fragments() -> None:
    nodes = (Element(0x00280010, "US", b"\1\0"), PixelFragments((b"", b"abcd")))
    with pytest.raises(EncodeError, match=r"\(7FE0,0010\): encapsulated pixel data"):
        text_of(*nodes)
    assert list(object_of(*nodes, names=["omit-fragments"])) == ["00280010"]
    made = object_of(*nodes, bulk=lambda record: "uri", bulk_threshold=1 << 20)
    assert made["7FE00010"] == {"vr": "OB", "BulkDataURI": "uri"}


def test_what_may_be_bulk_data() -> None:
    # PS3.18 F.2.2: DS, FL, FD, IS, LT, OB, OD, OF, OL, OV, OW, SL, SS, ST, SV, UC, UL, UN, US, UT or UV
    may = {"DS", "FL", "FD", "IS", "LT", "OB", "OD", "OF", "OL", "OV", "OW"}
    may |= {"SL", "SS", "ST", "SV", "UC", "UL", "UN", "US", "UT", "UV"}
    vrs = [*sorted(may), "AE", "AS", "AT", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI", "UR"]
    nodes = [Element(0x00091001 + i, vr, b"1" * 16) for i, vr in enumerate(vrs)]
    made = object_of(*nodes, bulk=lambda record: f"uri/{record}", bulk_threshold=16)
    assert {attribute["vr"] for attribute in made.values() if "BulkDataURI" in attribute} == may
    assert made["00091001"]["BulkDataURI"] == "uri/0"
    made = object_of(*nodes, bulk=lambda record: f"uri/{record}", bulk_threshold=17)
    assert not any("BulkDataURI" in attribute for attribute in made.values())
    made = object_of(*nodes, bulk=lambda record: None)
    assert not any("BulkDataURI" in attribute for attribute in made.values())


def test_an_error_says_where() -> None:
    node = Sequence(0x0040A730, (Item(), Item((Element(0x00091001, "US", b"a"),))))
    with pytest.raises(EncodeError, match=r"\(at \(0040,A730\)\[1\].\(0009,1001\)\)"):
        text_of(node)


@pytest.mark.parametrize("failing", ["convert", "bulk", "fetch", "write"])
def test_errors_of_the_caller_come_back(failing: str) -> None:
    def fail(*arguments: object) -> Any:
        raise KeyError(failing)

    index = deferred_index(Element(0x00081030, "LO", b"\xe9 "), Element(0x00091001, "OB", bytes(5000)))
    calls = {"convert": latin, "bulk": None, "fetch": lambda offset, length: bytes(length), "write": lambda text: None}
    calls[failing] = fail
    with pytest.raises(KeyError, match=failing):
        render([(index, 0, None, calls["fetch"], calls["convert"], calls["bulk"])], calls["write"])


# -- values that are not in memory


def deferred_index(*nodes: Node) -> Any:
    data = EXPLICIT.data_set(nodes)
    tags = TagStream(0, len(data), defer_size=1000)
    while not tags.feed(data[tags.position :][: max(tags.needed, 64)], tags.position):
        pass
    return tags.finish()


def test_large_values_are_fetched_and_written_in_pieces() -> None:
    value = bytes(range(256)) * 20_000
    nodes = (Element(0x00080008, "CS", b"A "), Element(0x00091001, "OW", value), Element(0x00091002, "US", value[:4096]))
    data = EXPLICIT.data_set(nodes)
    asked: list[int] = []
    pieces: list[bytes] = []

    def fetch(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    render([(deferred_index(*nodes), 0, None, fetch, latin, None)], pieces.append)
    assert max(asked) < 2_000_000
    assert max(map(len, pieces)) < 4_000_000
    made = json.loads(b"".join(pieces))
    assert base64.b64decode(made["00091001"]["InlineBinary"]) == value
    assert made["00091002"]["Value"] == list(struct.unpack("<2048H", value[:4096]))


def test_values_that_cannot_be_had_are_an_error() -> None:
    index = deferred_index(Element(0x00091001, "OW", bytes(5000)))
    with pytest.raises(EncodeError, match="not in memory"):
        render([(index, 0, None, None, latin, None)])
    with pytest.raises(EncodeError, match="not in memory"):
        render([(index, 0, None, lambda offset, length: b"", latin, None)])


def test_wrong_arguments() -> None:
    index = index_bytes(b"")
    with pytest.raises(ValueError, match="no such records"):
        render([(index, 1, None, None, latin, None)])
    with pytest.raises(ValueError, match="no such records"):
        render([(index, 0, 1, None, latin, None)])
    with pytest.raises(TypeError):
        render(
            [(index_bytes(EXPLICIT.data_set([Element(0x00091001, "LO", b"\xe9")])), 0, None, None, lambda *_: "text", None)]
        )

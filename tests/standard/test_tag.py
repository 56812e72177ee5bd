from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.standard import Tag

numbers = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    "value",
    [0x00100010, "0010,0010", "(0010,0010)", "00100010", "PatientName", (0x10, 0x10), Tag(0x00100010), " (0010,0010) "],
)
def test_all_forms(value: int | str | tuple[int, int]) -> None:
    tag = Tag(value)
    assert tag == 0x00100010
    assert type(tag) is Tag


@given(numbers)
def test_text_is_read_back(number: int) -> None:
    tag = Tag(number)
    group, element = number >> 16, number & 0xFFFF
    assert str(tag) == f"{tag}" == f"({group:04X},{element:04X})"
    assert (tag.group, tag.element) == (group, element)
    for text in (str(tag), str(tag)[1:-1], str(tag).lower(), f"{number:08x}", f"{tag:08X}"):
        assert Tag(text) == number
    assert Tag((group, element)) == number
    assert eval(repr(tag)) == tag
    assert tag.is_private == (group % 2 == 1)


@given(st.text() | st.text("0123456789abcdefABCDEF,()xX+-_ ", max_size=13))
def test_any_text_is_a_tag_or_a_value_error(text: str) -> None:
    try:
        tag = Tag(text)
    except ValueError:
        return
    digits = text.strip().strip("()").replace(",", "")
    assert f"{int(tag):08x}" == digits.lower() or tag.keyword == text


@given(numbers, numbers)
def test_is_an_integer(a: int, b: int) -> None:
    assert hash(Tag(a)) == hash(a)
    assert (Tag(a) == b) == (a == b)
    assert (Tag(a) < Tag(b)) == (a < b)
    assert {a: 1}[Tag(a)] == 1
    assert pickle.loads(pickle.dumps(Tag(a))) == a
    assert type(pickle.loads(pickle.dumps(Tag(a)))) is Tag


@pytest.mark.parametrize(
    "value",
    [
        "+0100010",
        "0010_010",
        "0010 0010",
        "\uff10\uff1000010",
        "\u0660\u0660100010",
        "(0010,0010",
        "10,10",
        "0x00100010",
        "",
    ],
)
def test_no_tags(value: str) -> None:
    with pytest.raises(ValueError, match="neither a tag nor a keyword"):
        Tag(value)


@pytest.mark.parametrize("value", [-1, 1 << 32, (0x10000, 0), (0, -1)])
def test_out_of_range(value: int | tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="-bit number"):
        Tag(value)


@pytest.mark.parametrize("value", [None, 1.0, b"00100010", [0x10, 0x10]])
def test_other_types(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        Tag(value)  # type: ignore[arg-type]


def test_misspelt_keyword_says_what_is_near() -> None:
    with pytest.raises(ValueError, match="did you mean PatientName"):
        Tag("PatientNmae")
    with pytest.raises(ValueError, match=r"data dictionary$"):
        Tag("Qwertzuiop")


# PS3.6
@pytest.mark.parametrize(
    ("tag", "keyword", "name"),
    [
        (0x00100010, "PatientName", "Patient's Name"),
        (0x60023000, "OverlayData", "Overlay Data"),
        (0x00080000, "GenericGroupLength", "Generic Group Length"),
        (0x00091001, "", ""),
        (0x00089999, "", ""),
    ],
)
def test_keyword_and_name(tag: int, keyword: str, name: str) -> None:
    assert (Tag(tag).keyword, Tag(tag).name) == (keyword, name)


# PS3.5 7.8.1
@pytest.mark.parametrize(
    ("tag", "creator"),
    [(0x00090010, True), (0x000900FF, True), (0x00090100, False), (0x0009000F, False), (0x00080010, False)],
)
def test_private_creator(tag: int, creator: bool) -> None:
    assert Tag(tag).is_private_creator == creator


def test_has_no_dictionary_of_its_own() -> None:
    with pytest.raises(AttributeError):
        Tag(0).extra = 1  # type: ignore[attr-defined]

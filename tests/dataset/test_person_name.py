"""Person names: PS3.5 6.2.1.1 and annexes H to J."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.dataset.person_name import PersonName, PersonNameGroup

ADAMS = PersonName("Adams^John Robert Quincy^^Rev.^B.A. M.Div.")
YAMADA = PersonName("Yamada^Tarou=山田^太郎=やまだ^たろう")

# Text; family, given, middle, prefix, suffix; as people write it; family comma given. The first are of PS3.5 6.2.1.1.
NAMES = [
    (
        "Adams^John Robert Quincy^^Rev.^B.A. M.Div.",
        ("Adams", "John Robert Quincy", "", "Rev.", "B.A. M.Div."),
        "Rev. John Robert Quincy Adams, B.A. M.Div.",
        "Adams, John Robert Quincy",
    ),
    (
        "Morrison-Jones^Susan^^^Ph.D., Chief Executive Officer",
        ("Morrison-Jones", "Susan", "", "", "Ph.D., Chief Executive Officer"),
        "Susan Morrison-Jones, Ph.D., Chief Executive Officer",
        "Morrison-Jones, Susan",
    ),
    ("Doe^John", ("Doe", "John", "", "", ""), "John Doe", "Doe, John"),
    ("Smith^Fluffy", ("Smith", "Fluffy", "", "", ""), "Fluffy Smith", "Smith, Fluffy"),
    ("", ("", "", "", "", ""), "", ""),
    ("Doe", ("Doe", "", "", "", ""), "Doe", "Doe"),
    ("^John", ("", "John", "", "", ""), "John", "John"),
    ("^^^^PhD", ("", "", "", "", "PhD"), "PhD", ""),
    (" Doe ^ John ^ M ", ("Doe", "John", "M", "", ""), "John M Doe", "Doe, John"),
    # beyond the standard
    ("Doe^John^M^Dr^MD^more^still", ("Doe", "John", "M", "Dr", "MD"), "Dr John M Doe, MD", "Doe, John"),
    ("Doe^John=a=b=c=d", ("Doe", "John", "", "", ""), "John Doe", "Doe, John"),
    # without an alphabetic group
    ("=山田^太郎=やまだ^たろう", ("山田", "太郎", "", "", ""), "山田 太郎", "山田, 太郎"),
    ("^^=^=やまだ^たろう", ("やまだ", "たろう", "", "", ""), "やまだ たろう", "やまだ, たろう"),
    ("==", ("", "", "", "", ""), "", ""),
]


@pytest.mark.parametrize(("text", "parts", "formatted", "comma"), NAMES)
def test_components(text: str, parts: tuple[str, ...], formatted: str, comma: str) -> None:
    name = PersonName(text)
    assert (name.family_name, name.given_name, name.middle_name, name.name_prefix, name.name_suffix) == parts
    assert name.formatted() == formatted
    assert name.family_comma_given() == comma


def test_groups() -> None:
    assert YAMADA.alphabetic == "Yamada^Tarou"
    assert YAMADA.ideographic == "山田^太郎"
    assert YAMADA.phonetic == "やまだ^たろう"
    assert (YAMADA.ideographic.family_name, YAMADA.ideographic.given_name) == ("山田", "太郎")
    assert (YAMADA.phonetic.family_name, YAMADA.phonetic.middle_name) == ("やまだ", "")
    assert YAMADA.groups == ("Yamada^Tarou", "山田^太郎", "やまだ^たろう")
    assert YAMADA.ideographic.formatted(family_first=True) == "山田 太郎"
    assert PersonName("a=b=c=d").groups == ("a", "b", "c", "d")
    assert PersonName("Wang^XiaoDong=王^小東=").phonetic == ""
    assert PersonName("Doe").ideographic == ""
    assert PersonName("a^b^c^d^e^f").alphabetic.components == ("a", "b", "c", "d", "e", "f")
    assert isinstance(YAMADA.alphabetic, PersonNameGroup)


def test_is_its_text() -> None:
    assert YAMADA == "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert hash(YAMADA) == hash(str(YAMADA))
    assert {YAMADA: 1}["Yamada^Tarou=山田^太郎=やまだ^たろう"] == 1
    assert PersonName("Doe^John^") != PersonName("Doe^John")
    for other in (pickle.loads(pickle.dumps(YAMADA)), copy.deepcopy(YAMADA)):
        assert other == YAMADA
        assert type(other) is PersonName
    with pytest.raises(AttributeError):
        YAMADA.nickname = "Taro"  # type: ignore[attr-defined]


def test_from_components() -> None:
    assert PersonName.from_components("Adams", "John Robert Quincy", name_prefix="Rev.", name_suffix="B.A. M.Div.") == ADAMS
    assert PersonName.from_components("Yamada", "Tarou", ideographic="山田^太郎", phonetic=("やまだ", "たろう")) == YAMADA
    assert PersonName.from_components(phonetic="やまだ") == "==やまだ"
    assert PersonName.from_components() == ""
    assert type(PersonName.from_components("Doe")) is PersonName
    assert PersonNameGroup.from_components(["Doe", "", "M", ""]) == "Doe^^M"


@pytest.mark.parametrize("part", ["a^b", "a=b", "a\\b"])
def test_from_components_refuses_delimiters(part: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        PersonName.from_components("Doe", part)
    with pytest.raises(ValueError, match="delimiter"):
        PersonName.from_components("Doe", ideographic=(part,))
    with pytest.raises(ValueError, match="five components"):
        PersonName.from_components("Doe", phonetic="a^b^c^d^e^f")


COMPONENT = st.text(st.characters(exclude_characters="^=\\")).map(lambda text: text.strip(" "))
GROUP = st.lists(COMPONENT, min_size=5, max_size=5)


@given(GROUP, GROUP, GROUP)
def test_round_trip(alphabetic: list[str], ideographic: list[str], phonetic: list[str]) -> None:
    name = PersonName.from_components(*alphabetic, ideographic=ideographic, phonetic=phonetic)
    for group, parts in ((name.alphabetic, alphabetic), (name.ideographic, ideographic), (name.phonetic, phonetic)):
        assert [group.family_name, group.given_name, group.middle_name, group.name_prefix, group.name_suffix] == parts


@given(st.text())
def test_any_text_is_a_name(text: str) -> None:
    name = PersonName(text)
    assert name == text
    assert len(name.groups) == text.count("=") + 1
    assert all(isinstance(part, str) for part in (name.family_name, name.name_suffix, name.formatted(), name.phonetic))


def test_same_components_as_pydicom(pydicom_files: object) -> None:
    from pydicom.valuerep import PersonName as Peer

    for text, parts, _, comma in NAMES[:4]:
        peer = Peer(text)
        assert (peer.family_name, peer.given_name, peer.middle_name, peer.name_prefix, peer.name_suffix) == parts
        assert peer.family_comma_given() == comma
    peer = Peer(str(YAMADA))
    assert (peer.alphabetic, peer.ideographic, peer.phonetic) == YAMADA.groups

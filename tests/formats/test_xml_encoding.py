"""In which character set a document is written."""

from __future__ import annotations

import pytest

from dicomkit.dataset.text import character_sets
from dicomkit.formats.xml_encoding import ENCODINGS, TERMS, characters_of


@pytest.mark.parametrize("term", [term for term in ENCODINGS if ENCODINGS[term] != "UTF-8"])
def test_encodings_are_those_of_their_terms(term: str) -> None:
    characters = characters_of(ENCODINGS[term])
    assert characters is not None
    upper = bytes([byte for byte in range(0xA0, 256) if characters[byte]])
    assert character_sets(term).decode(upper, "LT") == upper.decode(ENCODINGS[term])
    assert not characters[0x1B]
    assert all(characters[0x20:0x7F])


def test_greek_has_no_d2() -> None:
    characters = characters_of("ISO-8859-7")
    assert characters is not None
    assert not characters[0xD2]
    assert characters_of("UTF-8") is None


def test_other_names_are_of_known_terms() -> None:
    assert set(TERMS.values()) <= set(ENCODINGS)

"""The table of Specific Character Set against PS3.3 C.12.1.1.2 and pydicom's reading of it."""

from __future__ import annotations

import codecs

import pytest

from dicomkit.standard.charsets import BY_ESCAPE, CODE_ELEMENTS, TERMS, find

# Spellings seen in files and in bug reports of DICOM libraries, and the term that they mean.
SPELLINGS = [
    ("ISO_IR 100", "ISO_IR 100"),
    ("ISO-IR 100", "ISO_IR 100"),
    ("ISO_IR_100", "ISO_IR 100"),
    ("ISO IR 100", "ISO_IR 100"),
    ("ISOIR 100", "ISO_IR 100"),
    ("iso_ir 100", "ISO_IR 100"),
    ("ISO_IR 100\0", "ISO_IR 100"),
    ("IR 100", "ISO_IR 100"),
    ("ISO8859-1", "ISO_IR 100"),
    ("ISO-8859-1", "ISO_IR 100"),
    ("ISO_8859-5", "ISO_IR 144"),
    ("iso8859_15", "ISO_IR 203"),
    ("latin1", "ISO_IR 100"),
    ("Latin-2", "ISO_IR 101"),
    ("TIS-620", "ISO_IR 166"),
    ("ISO_IR 192 ", "ISO_IR 192"),
    ("ISO 2022 IR 192", "ISO_IR 192"),
    ("UTF8", "ISO_IR 192"),
    ("utf-8", "ISO_IR 192"),
    ("ISO 2022 IR 100", "ISO 2022 IR 100"),
    ("ISO_2022_IR_100", "ISO 2022 IR 100"),
    ("ISO_2022-IR 100", "ISO 2022 IR 100"),
    ("ISO_2022_IR+126", "ISO 2022 IR 126"),
    ("ISO2022 IR87", "ISO 2022 IR 87"),
    ("ISO_IR 87", "ISO 2022 IR 87"),
    ("ISO-2022-JP", "ISO 2022 IR 87"),
    ("ISO 2022 IR 14", "ISO 2022 IR 13"),
    ("ISO 2022 58", "ISO 2022 IR 58"),  # CP-1234
    ("GB2312", "ISO 2022 IR 58"),
    ("ISO 2022 GBK", "GBK"),  # CP-1234
    ("GB 18030", "GB18030"),
    ("", ""),
    ("  ", ""),
    ("ISO_IR 6", ""),
    ("US-ASCII", ""),
    ("ISO 2022 IR 6", "ISO 2022 IR 6"),
    # Not of the standard at all, but clear.
    ("WINDOWS-1251", "cp1251"),
    ("cp1252", "cp1252"),
    ("Shift_JIS", "cp932"),
    ("EUC-KR", "cp949"),
    ("Big5", "cp950"),
]


@pytest.mark.parametrize(("spelling", "term"), SPELLINGS)
def test_spellings(spelling: str, term: str) -> None:
    found = find(spelling)
    assert found is not None
    assert found.term == term


@pytest.mark.parametrize(
    "name", ["UNSUPPORTED", "ISO 2022 IR 146", "ISO_IR 1000", "ISO_IR", "山田", "?", "utf_16", "hex", "zip"]
)
def test_unknown_names(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize("term", TERMS)
def test_defined_terms_mean_themselves(term: str) -> None:
    found = find(term)
    assert found is not None
    assert found.term == term
    assert found.stand_alone == (term in {"ISO_IR 192", "GB18030", "GBK"})


def test_code_extensions_take_the_term_with_escape_sequences() -> None:
    found = find("ISO_IR 144", code_extensions=True)
    assert found is not None
    assert found.term == "ISO 2022 IR 144"


def test_same_codecs_and_escape_sequences_as_pydicom(pydicom_files: object) -> None:
    from pydicom import charset as peer

    for name, codec in peer.python_encoding.items():
        found = find(name)
        assert found is not None, name
        upper = found.g1 or found.g0
        # pydicom reads the default repertoire as Latin-1; the standard has no characters there.
        expected = "ascii" if name in {"", "ISO_IR 6", "ISO 2022 IR 6"} else codec
        assert codecs.lookup(upper.codec).name == codecs.lookup(expected).name, name
    for escape, codec in peer.CODES_TO_ENCODINGS.items():
        element = BY_ESCAPE[escape]
        # pydicom reads ISO-IR 14 with the codec of ISO-IR 13.
        expected = "ascii" if escape in {b"\x1b(B", b"\x1b(J"} else codec
        assert codecs.lookup(element.codec).name == codecs.lookup(expected).name, escape


@pytest.mark.parametrize("element", CODE_ELEMENTS.values(), ids=repr)
def test_code_elements_write_only_their_own_characters(element) -> None:  # type: ignore[no-untyped-def]
    assert element.encode("😀") is None
    alone = [element.encode(chr(code)) for code in range(0x20, 0x7F)]
    if element.region == "G0" and element.width == 1:
        assert alone == [bytes((code,)) for code in range(0x20, 0x7F)]
    else:
        assert alone == [None] * len(alone)


@pytest.mark.parametrize(
    ("iso_ir", "char", "data"),
    [
        (100, "é", b"\xe9"),
        (144, "Ж", b"\xb6"),
        (13, "ﾔ", b"\xd4"),
        (13, "山", None),
        (13, "¥", None),
        (87, "山", b"\x3b\x33"),  # PS3.5 H.3
        (87, "齩", None),
        (159, "齩", b"\x6d\x4e"),
        (159, "山", None),
        (149, "洪", b"\xfb\xf3"),  # PS3.5 I.2
        (149, "똠", None),  # not in KS X 1001: Python's codec composes it of 8 bytes
        (58, "张", b"\xd5\xc5"),  # PS3.5 K.2
        (203, "€", b"\xa4"),
        (166, "น", b"\xb9"),
        (166, "\xa0", None),  # in ISO 8859-11, not in TIS 620
    ],
)
def test_encode_a_character(iso_ir: int, char: str, data: bytes | None) -> None:
    assert CODE_ELEMENTS[iso_ir].encode(char) == data

"""The state machine of ISO 2022: when a designation ends. Texts as a whole are tested in test_text."""

from __future__ import annotations

import pytest

from dicomkit.dataset.code_extension import CodeExtension, marking
from dicomkit.standard.charsets import CODE_ELEMENTS

ASCII, LATIN_1, GREEK, KANJI, HANGUL = (CODE_ELEMENTS[number] for number in (6, 100, 126, 87, 149))
NONE = CodeExtension(ASCII, None, (KANJI, HANGUL, ASCII), ("utf_8", "latin_1"))
LATIN = CodeExtension(ASCII, LATIN_1, (LATIN_1, GREEK, KANJI, ASCII), ("latin_1",))


def test_marking_turns_all_ends_into_line_feeds() -> None:
    everything = bytes(range(256))
    marked = everything.translate(marking(b"\\^="))
    ends = {code for code in range(256) if marked[code] == 0x0A}
    # "any other Control Character other than ESC" (PS3.5 6.1.2.5.3)
    assert ends == set(range(0x20)) - {0x1B} | set(b"\\^=")
    assert all(marked[code] == code for code in range(256) if code not in ends)


@pytest.mark.parametrize("end", [bytes((code,)) for code in range(0x20) if code != 0x1B] + [b"\\", b"^", b"="])
def test_a_designation_ends_before_each_delimiter(end: bytes) -> None:
    def decode(raw: bytes, delimiters: bytes) -> str:
        return LATIN.decode(raw, raw.translate(marking(delimiters)), strict=False)

    assert decode(b"\x1b-F\xf0" + end + b"\xf0", b"\\^=") == "π" + end.decode() + "ð"
    assert decode(b"\x1b$B;3" + end + b"\xf0", b"\\^=") == "山" + end.decode() + "ð"
    if end >= b" ":
        assert decode(b"\x1b-F\xf0" + end + b"\xf0", b"") == "π" + end.decode() + "π"


def test_encode_returns_to_the_initial_state() -> None:
    # "Nor is a switch needed if this character set has only the G0 code element defined" (PS3.5 6.1.2.5.3)
    assert NONE.encode("길^a길", "^", "") == (b"\x1b$)C\xb1\xe6^a\x1b$)C\xb1\xe6", [])
    assert NONE.encode("山 山\n山", "", "") == (b"\x1b$B;3\x1b(B \x1b$B;3\x1b(B\n\x1b$B;3\x1b(B", [])
    assert LATIN.encode("π=é", "=", "") == (b"\x1b-F\xf0\x1b-A=\xe9", [])
    assert LATIN.encode("éπ山é", "", "") == (b"\xe9\x1b-F\xf0\x1b$B;3\x1b(B\x1b-A\xe9", [])


def test_encode_says_what_is_missing() -> None:
    assert LATIN.encode("é길\\", "\\", "\\") == (b"\xe9??", ["길", "\\"])


@pytest.mark.parametrize(
    ("pair", "char"), [(b"\x2d\x21", "①"), (b"\x2d\x6a", "㈱"), (b"\x7a\x21", "獷"), (b"\x7c\x7e", "\u2502")]
)
def test_windows_characters_in_empty_rows(pair: bytes, char: str) -> None:
    raw = b"\x1b$B" + pair
    text = NONE.decode(raw, raw, strict=False)
    # Shift-JIS of a JIS code: row and cell counted from 1, two rows share a lead byte
    row, cell = pair[0] - 0x20, pair[1] - 0x20
    lead = (row - 1) // 2 + 0x81
    lead += 0x40 if lead > 0x9F else 0
    trail = cell + (0x3F + (cell > 63) if row % 2 else 0x9E)
    assert text == bytes((lead, trail)).decode("cp932")
    if row == 13:
        assert text == char

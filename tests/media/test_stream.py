"""Streams: element indexes without data sets, also of what cannot be read to its end."""

from __future__ import annotations

import pytest
from encoding import DEFLATED, EXPLICIT_LITTLE, IMPLICIT_LITTLE, TransferSyntax, Value, file_bytes, file_meta

from dicomkit import ParseError
from dicomkit.media.stream import FILE_PROBLEMS, read_stream

ROWS: list[tuple[int, str, Value]] = [(0x00080016, "UI", "1.2"), (0x00080018, "UI", "1.2.3"), (0x00280010, "US", 512)]
TOO_DEEP = 200 * (EXPLICIT_LITTLE._header(0x0040A730, "SQ", 0xFFFFFFFF) + EXPLICIT_LITTLE._marker(0xFFFEE000, 0xFFFFFFFF))


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED])
def test_indexes(syntax: TransferSyntax) -> None:
    data = file_bytes(ROWS, syntax)
    stream = read_stream(data)
    assert stream.meta is not None
    assert [stream.meta.record(number)[0] for number in range(3)] == [0x00020000, 0x00020001, 0x00020002]
    assert [stream.index.record(number)[0] for number in range(len(stream.index))] == [tag for tag, _, _ in ROWS]
    assert (stream.transfer_syntax, stream.problems, stream.error, stream.source) == (syntax.uid, [], None, None)
    assert stream.index.record(2)[1] == "US"


def test_what_came_before_the_end_is_there() -> None:
    """What nests too deeply ends the reading; a dump still shows what there is."""
    stream = read_stream(file_bytes(ROWS) + TOO_DEEP)
    assert stream.error is not None
    assert "nested too deeply" in stream.error.reason
    assert stream.index.record(2)[:2] == (0x00280010, "US")
    assert len(stream.index) > 200


def test_strict_keeps_what_came_before_the_problem() -> None:
    odd = EXPLICIT_LITTLE._header(0x00280011, "OB", 3) + b"abc"
    stream = read_stream(file_bytes(ROWS) + odd, strict=True)
    assert isinstance(stream.error, ParseError)
    assert stream.error.path == "(0028,0011)"
    assert [stream.index.record(number)[0] for number in range(3)] == [tag for tag, _, _ in ROWS]


@pytest.mark.parametrize(
    ("data", "problem", "offset"),
    [
        (EXPLICIT_LITTLE.encode(ROWS), "no-meta", 0),
        (file_bytes(ROWS)[132:], "no-preamble", 0),
        (file_meta(ROWS, EXPLICIT_LITTLE) + IMPLICIT_LITTLE.encode(ROWS), "wrong-transfer-syntax", None),
        (file_bytes(ROWS, EXPLICIT_LITTLE._replace(uid="1.2.3.4")), "unknown-transfer-syntax", None),
    ],
)
def test_problems_of_the_file(data: bytes, problem: str, offset: int | None) -> None:
    stream = read_stream(data)
    assert stream.problems == [(problem, data.rindex(b"\x08\0\x16\0") if offset is None else offset)]
    with pytest.raises(ParseError) as caught:
        read_stream(data, strict=True)
    assert caught.value.reason == FILE_PROBLEMS[problem]


def test_problems_are_documented_in_words() -> None:
    assert all(code == code.lower() and " " not in code and text for code, text in FILE_PROBLEMS.items())

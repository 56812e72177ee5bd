"""Problems: what was wrong and tolerated, with where it was."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE, SEQUENCE_DELIMITATION, file_bytes

import dicomkit
from dicomkit import ParseError, Problem

ODD = EXPLICIT_LITTLE.element(0x00100010, "PN", None)[:6] + b"\3\0A^B"
ITEM = EXPLICIT_LITTLE.item(ODD)
SEQUENCE = EXPLICIT_LITTLE.element(0x00081140, "SQ", [])[:8] + (2 * len(ITEM)).to_bytes(4, "little") + 2 * ITEM

ODD_LENGTH = "value has an odd length"


def found(data: bytes, **options: Any) -> list[tuple[str, str, int]]:
    problems = dicomkit.read(data, transfer_syntax=EXPLICIT_LITTLE.uid, **options).problems
    return [(problem.code, problem.path, problem.offset) for problem in problems]


def test_where_in_the_stream() -> None:
    no_meta = ("no-meta", "", 0)
    assert found(ODD) == [no_meta, ("odd-length", "(0010,0010)", 0)]  # where the element starts
    assert found(SEQUENCE) == [
        no_meta,
        ("odd-length", "(0008,1140)[0].(0010,0010)", 12 + 8),
        ("odd-length", "(0008,1140)[1].(0010,0010)", 12 + 8 + len(ITEM)),
    ]
    stray = EXPLICIT_LITTLE._marker(SEQUENCE_DELIMITATION, 0)
    assert [code for code, _, _ in found(ODD + stray)] == ["no-meta", "odd-length", "stray-delimiter"]


def test_none_in_a_good_file() -> None:
    data = file_bytes([(0x00080016, "UI", "1.2"), (0x00080018, "UI", "1.2.3"), (0x00100010, "PN", "A^B")])
    assert dicomkit.read(data).problems == ()
    assert dicomkit.Dataset(PatientName="A").problems == ()


def test_those_of_the_file_meta_information_come_with_them() -> None:
    data = file_bytes([(0x00080016, "UI", "1.2"), (0x00080018, "UI", "1.2.3")])
    wrong = data.replace(b"SH\x10\0DICOMKIT_EXAMPLE", b"SH\x0f\0DICOMKIT_EXAMPL").replace(b"UL\4\0", b"UL\4\0", 1)
    ds = dicomkit.read(wrong)
    assert {problem.code for problem in ds.problems} == {"odd-length", "meta-length"}
    assert ds.file_meta is not None
    assert [problem.path for problem in ds.file_meta.problems] == ["(0002,0013)"]


def test_strict_raises_the_first() -> None:
    with pytest.raises(ParseError) as caught:
        dicomkit.read(file_bytes([(0x00080016, "UI", "1.2"), (0x00080018, "UI", "1.2.3")]) + ODD + SEQUENCE, strict=True)
    assert (caught.value.reason, caught.value.path) == (ODD_LENGTH, "(0010,0010)")


def test_as_text_and_object() -> None:
    problem = Problem("odd-length", ODD_LENGTH, "(0010,0010)", 8)
    assert str(problem) == "value has an odd length in (0010,0010) at byte 8"
    assert repr(problem) == f"<Problem odd-length: {problem}>"
    assert str(Problem("no-meta", "no File Meta Information", "", 0)) == "no File Meta Information at byte 0"
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert len({problem, Problem("odd-length", "other words", "(0010,0010)", 8)}) == 1
    assert problem != Problem("odd-length", ODD_LENGTH, "(0010,0010)", 9)
    assert problem != "odd-length"


def test_at_most_a_bounded_number_is_kept() -> None:
    problems = dicomkit.read(20000 * ODD, transfer_syntax=EXPLICIT_LITTLE.uid).problems
    assert problems[-1].code == "too-many-problems"
    assert len(problems) < 2000

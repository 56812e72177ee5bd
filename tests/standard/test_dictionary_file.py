from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._ext.dictionary import Dictionary
from dicomkit.standard.dictionary_file import parse_row, read_rows


def one(number: int) -> tuple[int, int, int]:
    return number, number, 1


# The forms are those of the comments in DCMTK's dicom.dic and private.dic.
@pytest.mark.parametrize(
    ("tag", "groups", "elements", "creator"),
    [
        ("(0010,0020)", one(0x10), one(0x20), None),
        ("(0010, 0020)", one(0x10), one(0x20), None),
        ("(7fe0,0010)", one(0x7FE0), one(0x10), None),
        ("(6000-60FF,0010)", (0x6000, 0x60FF, 2), one(0x10), None),
        ("(6001-60FF,0010)", (0x6002, 0x60FF, 2), one(0x10), None),
        ("(0009-o-FFFF,0000)", (9, 0xFFFF, 2), one(0), None),
        ("(0008-o-00FF,0000)", (9, 0xFF, 2), one(0), None),
        ("(0000-u-FFFF,0000)", (0, 0xFFFF, 1), one(0), None),
        ("(0020,3100-31FF)", one(0x20), (0x3100, 0x31FF, 2), None),
        ("(0009-o-FFFF,0010-u-00FF)", (9, 0xFFFF, 2), (0x10, 0xFF, 1), None),
        ("(0020-0020,0010)", one(0x20), one(0x10), None),
        ('(0019,"ACME 1.1",01)', one(0x19), one(1), "ACME 1.1"),
        ('(0019,"A, (B)",1)', one(0x19), one(1), "A, (B)"),
        ('(0029,"CMR42 CIRCLECVI",1010)', one(0x29), one(0x1010), "CMR42 CIRCLECVI"),
        ('(7001-o-70ff,"DLX_ANNOT_01",04)', (0x7001, 0x70FF, 2), one(4), "DLX_ANNOT_01"),
    ],
)
def test_tags(tag: str, groups: tuple[int, int, int], elements: tuple[int, int, int], creator: str | None) -> None:
    row = parse_row(f"{tag}\tLO\tKey\t1\tDICOM\n")
    assert row == (groups, elements, ("LO",), "1", "Key", "Key", False, creator)


@pytest.mark.parametrize(
    ("code", "vr"),
    [
        ("ox", ("OB", "OW")),
        ("px", ("OB", "OW")),
        ("xs", ("US", "SS")),
        ("lt", ("US", "SS", "OW")),
        ("up", ("UL",)),
        ("na", ()),
        ("UV", ("UV",)),
    ],
)
def test_vrs(code: str, vr: tuple[str, ...]) -> None:
    assert parse_row(f"(0008,0008)\t{code}\tKey")[2] == vr


@pytest.mark.parametrize(
    ("text", "vm"),
    [
        ("1", "1"),
        ("1-3", "1-3"),
        ("1-n", "1-n"),
        ("1-N", "1-n"),
        ("2-2n", "2-2n"),
        ("n", "0-n"),
        ("3n", "3-3n"),
        ("16", "16"),
    ],
)
def test_vms(text: str, vm: str) -> None:
    assert parse_row(f"(0008,0008)\tLO\tKey\t{text}\tDICOM")[3] == vm


def test_fields() -> None:
    assert parse_row("(0008,0008)\tLO\tKey")[3:7] == ("1", "Key", "Key", False)
    assert parse_row("(0008,0008) \tLO\t\tKey\t1-n")[3:7] == ("1-n", "Key", "Key", False)
    assert parse_row("(0008,0008)\tLO\tKey\t1\tDICOM/retired")[6]
    assert parse_row("(0008,0008)\tLO\tRETIRED_Key\t1\tACR")[4:7] == ("Key", "Key", True)
    assert not parse_row("(0008,0008)\tLO\tKey\t1\tDICOM/DICONDE")[6]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("(0008,0008)\tLO", "2 fields"),
        ("(0008,0008) LO Key 1", "1 fields"),
        ("(0008,0008)\tLO\tKey\t1\tDICOM\tmore", "6 fields"),
        ("0008,0008\tLO\tKey", "parentheses"),
        ("(0008)\tLO\tKey", "hexadecimal"),
        ("(0008,000g)\tLO\tKey", "hexadecimal"),
        ("(0008,00088)\tLO\tKey", "hexadecimal"),
        ("(+008,0008)\tLO\tKey", "hexadecimal"),
        ("(0010-0008,0008)\tLO\tKey", "ends before"),
        ("(0008-x-0010,0008)\tLO\tKey", "neither even"),
        ("(0008-o-0010-0012,0008)\tLO\tKey", "neither even"),
        ('(0009,"ACME,01)\tLO\tKey', "quotes"),
        ('(0009,"",01)\tLO\tKey', "quotes"),
        ('(0009,"ACME"01)\tLO\tKey', "quotes"),
        ("(0008,0008)\tXX\tKey", "not a VR"),
        ("(0008,0008)\tlo\tKey", "not a VR"),
        ("(0008,0008)\tLO\tKey\tmany", "not a VM"),
        ("(0008,0008)\tLO\tKey\t1-", "not a VM"),
        ("(0008,0008)\tLO\tKey\t-1", "not a VM"),
        ("(0008,0008)\tLO\tKey\t3-2", "wrong way round"),
        ("(0008,0008)\tLO\tKey\t0", "not a VM"),
        ("(0008,0008)\tLO\tKey\t1-0n", "not a VM"),
        ("(0008,0008)\tLO\tKey\t\u0663", "not a VM"),
        ("(0008,0008)\tLO\tKey\0", "NUL"),
    ],
)
def test_faulty_lines(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_row(line)


def test_numbers_and_faults_of_lines() -> None:
    lines = ["# comment\n", "\n", "  \t \n", "(0008,0008)\tLO\tKey\n", "what?\n", "(0008,0010)\tLO\tOther\n"]
    found = list(read_rows(lines))
    assert [number for number, _ in found] == [4, 5, 6]
    assert [isinstance(row, ValueError) for _, row in found] == [False, True, False]


@given(st.text() | st.text('(0089,FfoOuUn-"\t LOX1)', max_size=40))
def test_any_line_is_a_row_or_a_value_error(line: str) -> None:
    try:
        groups, elements, vr, vm, *_ = parse_row(line)
    except ValueError:
        return
    assert 0 <= groups[0] <= groups[1] <= 0xFFFF
    assert 0 <= elements[0] <= elements[1] <= 0xFFFF
    assert isinstance(vr, tuple)
    assert vm
    Dictionary([parse_row(line)])

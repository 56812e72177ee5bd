"""What the standard allows in values: PS3.5 table 6.2-1, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, EncodeError, Problem
from dicomkit.dataset.conformance import VALUE_PROBLEMS, check, check_dataset

# VR, what conforms to it; VR, what does not, and why.
SOUND: list[tuple[str, Any]] = [
    ("AE", "ARCHIVE 1"),
    ("AE", "A" * 16),
    ("AS", "018M"),
    ("AS", "001D"),
    ("CS", "MONOCHROME2"),
    ("CS", "A_B 1"),
    ("CS", ""),
    ("DA", "20240229"),
    ("TM", "10"),
    ("TM", "1009"),
    ("TM", "100908.070605"),
    ("TM", "235960"),  # a leap second
    ("DT", "2024"),
    ("DT", "20240229100908.070605+0100"),
    ("DT", "2007-0500"),
    ("DS", 1.5),
    ("IS", -(1 << 31)),
    ("LO", "Ü" * 64),
    ("LT", "a\r\nb\tc\f" + "x" * 10000),
    ("PN", "A^B^C^D^E=F=G"),
    ("PN", "=".join(["x" * 64] * 3)),
    ("SH", "x" * 16),
    ("ST", "a\\b\r\n"),
    ("UC", "x" * 100_000),
    ("UI", "1.2.840.10008.1.1"),
    ("UI", "1.0.2"),
    ("UR", "https://example.org/a?b=c#d"),
    ("UT", "x" * 100_000),
    ("OB", b"abc"),
    ("OW", b"ab"),
    ("US", 5),
    (None, None),
]
FAULTS: list[tuple[str, Any, str]] = [
    ("AE", "A" * 17, "value-too-long"),
    ("AE", "Ä", "value-repertoire"),
    ("AE", "A\tB", "value-repertoire"),
    ("AE", "   ", "value-form"),
    ("AS", "18M", "value-form"),
    ("AS", "018m", "value-repertoire"),
    ("AS", "0018M", "value-too-long"),
    ("CS", "ct", "value-repertoire"),
    ("CS", "A-B", "value-repertoire"),
    ("CS", "A" * 17, "value-too-long"),
    ("DA", "20240230", "value-form"),
    ("DA", "2024", "value-form"),
    ("DA", "1993.08.", "value-repertoire"),
    ("DA", "202401-2", "value-repertoire"),  # a range: in queries only
    ("TM", "25", "value-form"),
    ("TM", "10:09", "value-repertoire"),
    ("TM", "100", "value-form"),
    ("TM", "1009.5", "value-form"),
    ("TM", "100908.1234567", "value-form"),
    ("DT", "202413", "value-form"),
    ("DT", "2024+9900", "value-form"),
    ("IS", 1 << 31, "value-range"),
    ("LO", "x" * 65, "value-too-long"),
    ("LO", "a\nb", "value-repertoire"),
    ("LO", "a\x85b", "value-repertoire"),
    ("LT", "x" * 10241, "value-too-long"),
    ("LT", "a\0b", "value-repertoire"),
    ("PN", "x" * 65 + "=y", "value-too-long"),
    ("PN", "a^b^c^d^e^f", "value-form"),
    ("PN", "a=b=c=d", "value-form"),
    ("SH", "x" * 17, "value-too-long"),
    ("ST", "x" * 1025, "value-too-long"),
    ("UC", "a\nb", "value-repertoire"),
    ("UI", "1.02", "value-form"),
    ("UI", "1.2.", "value-form"),
    ("UI", "1.2.a", "value-repertoire"),
    ("UI", "1." + "2" * 63, "value-too-long"),
    ("UR", " http://a", "value-repertoire"),
    ("UR", "http://ä", "value-repertoire"),
    ("UT", "a\x1bb", "value-repertoire"),
    ("OW", b"abc", "value-length"),
    ("OF", b"ab", "value-length"),
    ("OD", bytes(12), "value-length"),
]


@pytest.mark.parametrize(("vr", "value"), SOUND)
def test_what_conforms(vr: str, value: Any) -> None:
    assert check(vr, value, None) == []


@pytest.mark.parametrize(("vr", "value", "code"), FAULTS)
def test_what_does_not_conform(vr: str, value: Any, code: str) -> None:
    assert [found for found, _ in check(vr, value)] == [code]
    assert [found for found, _ in check(vr, (value, value))] == [code, code]


@pytest.mark.parametrize(
    ("vm", "counts"),
    [
        ("1", {1}),
        ("2", {2}),
        ("1-2", {1, 2}),
        ("1-n", {1, 2, 3, 4, 5, 6}),
        ("2-n", {2, 3, 4, 5, 6}),
        ("2-2n", {2, 4, 6}),
        ("3-3n", {3, 6}),
    ],
)
def test_value_multiplicity(vm: str, counts: set[int]) -> None:
    assert {count for count in range(1, 7) if not check("US", tuple(range(count)), vm)} == counts
    assert check("US", (), vm) == []  # an element may be empty
    assert check("US", None, vm) == []


# -- elements


def test_strict_elements() -> None:
    assert DataElement("Modality", value="CT", strict=True).value == "CT"
    with pytest.raises(ValueError, match=r"\(0008,0060\): 'c' is no character of CS"):
        DataElement("Modality", value="ct", strict=True)
    with pytest.raises(ValueError, match="there are 2 values, the VM is 3"):
        DataElement("ImagePositionPatient", value=[1, 2], strict=True)
    with pytest.raises(ValueError, match="there is 1 value, the VM is 2"):
        DataElement("PixelSpacing", value=1, strict=True)
    assert DataElement("Modality", value="ct").value == "ct"


def test_strict_private_elements() -> None:
    # SIEMENS MR HEADER defines (0019,xx0C) "B_value" IS 1
    with pytest.raises(ValueError, match="the VM is 1"):
        DataElement(0x0019100C, value=[1, 2], private_creator="SIEMENS MR HEADER", strict=True)


# -- data sets


def found(dataset: Dataset) -> list[tuple[str, str, int | None]]:
    return [(problem.code, problem.path, problem.offset) for problem in dataset.problems]


def test_problems_of_assigned_values() -> None:
    inner = Dataset(CodeValue="x" * 17)
    ds = Dataset(Modality="ct", PatientID="x" * 65, ProcedureCodeSequence=[Dataset(), inner], Rows=[1, 2])
    assert found(ds) == [
        ("value-repertoire", "(0008,0060)", None),
        ("value-too-long", "(0010,0020)", None),
        ("value-count", "(0028,0010)", None),
        ("value-too-long", "(0008,1032)[1].(0008,0100)", None),
    ]
    assert found(inner) == [("value-too-long", "(0008,0100)", None)]
    assert str(ds.problems[0]) == "'c' is no character of CS in (0008,0060)"
    ds.Modality = "CT"
    assert "(0008,0060)" not in [problem.path for problem in ds.problems]


def test_only_what_was_assigned_is_looked_at(examples_dir: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    before = ds.problems
    ds.PatientID = "a\nb"
    ds.ProcedureCodeSequence[0].CodeMeaning = "\0"
    del ds.PatientName
    assert ds.problems[: len(before)] == before
    assert [(problem.code, problem.path) for problem in ds.problems[len(before) :]] == [
        ("value-repertoire", "(0010,0020)"),
        ("value-repertoire", "(0008,1032)[0].(0008,0104)"),
    ]
    assert found(ds.ProcedureCodeSequence[0])[-1][:2] == ("value-repertoire", "(0008,1032)[0].(0008,0104)")


def test_text_that_the_character_set_does_not_have() -> None:
    ds = Dataset(SpecificCharacterSet="ISO_IR 100", PatientName="Müller", InstitutionName="Łódź")
    ds.ProcedureCodeSequence = [Dataset(CodeMeaning="ü"), Dataset(SpecificCharacterSet="ISO_IR 101", CodeMeaning="Ł")]
    assert found(ds) == [("value-character-set", "(0008,0080)", None)]
    assert "'Ł' (U+0141)" in ds.problems[0].text
    del ds.SpecificCharacterSet
    assert [path for _, path, _ in found(ds)] == ["(0008,0080)", "(0010,0010)", "(0008,1032)[0].(0008,0104)"]


def test_text_of_an_item_that_was_read(examples_dir: Path) -> None:
    ds = dicomkit.read(examples_dir / "japanese.dcm")
    ds.ProcedureCodeSequence[0].CodeMeaning = "東京"  # the character sets of the data set around hold
    assert ds.problems == dicomkit.read(examples_dir / "japanese.dcm").problems
    ds.SpecificCharacterSet = "ISO_IR 100"
    assert [(problem.code, problem.path) for problem in ds.problems][-1] == (
        "value-character-set",
        "(0008,1032)[0].(0008,0104)",
    )


def test_deep_data_sets() -> None:
    innermost = ds = Dataset()
    for _ in range(127):
        ds = Dataset(ContentSequence=[ds])
    innermost.Modality = "ct"
    (problem,) = ds.problems
    assert problem.path == "(0040,A730)[0]." * 127 + "(0008,0060)"
    for _ in range(3):
        ds = Dataset(ContentSequence=[ds])
    with pytest.raises(RecursionError, match="too deeply"):
        _ = ds.problems


def test_a_data_set_is_checked_before_it_is_saved(examples_dir: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    check_dataset(ds)
    ds.ProcedureCodeSequence[0].CodeValue = "x" * 17
    with pytest.raises(EncodeError, match=r"17 characters are too many, SH has 16 in \(0008,1032\)\[0\]\.\(0008,0100\)"):
        check_dataset(ds)


def test_values_that_were_read_are_checked_too(examples_dir: Path) -> None:
    data = (examples_dir / "ct.dcm").read_bytes().replace(b"CS\x02\x00CT", b"CS\x02\x00ct")
    ds = dicomkit.read(data)
    assert ds.Modality == "ct"
    assert "value-repertoire" not in [problem.code for problem in ds.problems]
    with pytest.raises(EncodeError, match=r"'c' is no character of CS in \(0008,0060\)"):
        check_dataset(ds)
    with pytest.raises(EncodeError, match="'1,5' is not a decimal number"):
        check_dataset(dicomkit.read(b"\x18\0\x50\0DS\4\x001,5 ", transfer_syntax="1.2.840.10008.1.2.1"))
    with pytest.raises(EncodeError, match="18 characters are too many, DS has 16"):
        check_dataset(dicomkit.read(b"\x18\0\x50\0DS\x12\x001.2345678901234567", transfer_syntax="1.2.840.10008.1.2.1"))


def test_problems_without_a_place_in_the_stream() -> None:
    problem = Problem("value-form", "sentence", "(0010,0010)", None)
    assert str(problem) == "sentence in (0010,0010)"
    assert problem != Problem("value-form", "sentence", "(0010,0010)", 0)


def test_the_manual_has_all_codes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "problems.md").read_text("utf-8")
    assert [code for code, text in VALUE_PROBLEMS.items() if f"| `{code}` | {text} |" not in page] == []

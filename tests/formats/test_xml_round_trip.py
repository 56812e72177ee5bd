"""Data sets that went to XML and back: real ones and made-up ones, in both forms."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, ParseError
from dicomkit.formats.xml import from_xml, to_xml
from tests.reference import strategies
from tests.reference.encoding import EXPLICIT, Node, file_bytes

MODELS = ("native", "dcmtk")


def read(*nodes: Node) -> Dataset:
    return dicomkit.read(file_bytes(nodes))


def same_bytes(one: DataElement, two: DataElement) -> bool:
    """Whether big endian words are the same words in little endian."""
    value = bytearray(one.value)
    value[::2], value[1::2] = value[1::2], value[::2]
    return one.big_endian and one.vr == "OW" and value == two.value


def readable(paths: list[Path]) -> Iterator[tuple[Path, Dataset]]:
    for path in paths:
        try:
            yield path, dicomkit.read(path)
        except dicomkit.DicomError:
            continue


@pytest.mark.parametrize("model", MODELS)
def test_real_files_come_back(pydicom_files: list[Path], data_dir: Path, model: str) -> None:
    count = 0
    for path, ds in readable([*pydicom_files, *sorted(data_dir.rglob("*.dcm"))]):
        if path.name == "badVR.dcm" or path.stat().st_size > 2 << 20:  # an IS of "1A"
            continue
        back = from_xml(to_xml(ds, model=model))
        elements = [element for element in ds if element.tag & 0xFFFF or model == "dcmtk"]
        assert [element.tag for element in back] == [element.tag for element in elements], path
        for element, other in zip(elements, back, strict=True):
            assert element == other or same_bytes(element, other), (path, element)
        count += 1
    assert count > 150


def test_malformed_numbers_are_errors(pydicom_files: list[Path]) -> None:
    (path,) = [path for path in pydicom_files if path.name == "badVR.dcm"]
    with pytest.raises(ParseError, match=r"line \d+: '1A' is no integer in \(0028,0008\)"):
        from_xml(to_xml(dicomkit.read(path)))


def text(**options: Any) -> st.SearchStrategy[str]:
    """Text that a data set can hold and that keeps its blanks."""
    return st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\\\0\x1b", **options), max_size=20)


words = st.binary(max_size=20).map(lambda value: value[: len(value) // 2 * 2])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "AE": st.text("ABC _<&>'\"", min_size=1, max_size=16).map(str.strip),
    "AS": st.sampled_from(["018M", "000D"]),
    "AT": st.integers(0, 0xFFFFFFFF),
    "CS": st.text("ABC_ 1", min_size=1, max_size=16).map(str.strip),
    "DA": st.dates().map(lambda day: day.strftime("%Y%m%d").rjust(8, "0")),
    "DS": st.integers(-(10**9), 10**9).map(lambda number: number / 10_000),  # more digits than these may not fit
    "DT": st.sampled_from(["2024", "20240131101530.25+0100"]),
    "FD": st.floats(allow_nan=False),
    "FL": st.floats(width=32, allow_nan=False),
    "IS": st.integers(-(2**31), 2**31 - 1),
    "LO": text(min_codepoint=33).map(str.strip),
    "LT": text(),
    "OB": words,
    "OD": words.map(lambda value: value * 8),
    "OF": st.lists(st.floats(width=32, allow_nan=False), max_size=3).map(
        lambda values: struct.pack(f"<{len(values)}f", *values)
    ),
    "OL": words.map(lambda value: value * 4),
    "OV": words.map(lambda value: value * 8),
    "OW": words,
    "PN": text(min_codepoint=33).map(lambda value: value.rstrip() or "A"),
    "SH": text(min_codepoint=33).map(str.strip),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "ST": text(),
    "SV": st.integers(-(2**63), 2**63 - 1),
    "TM": st.sampled_from(["10", "101530.123456"]),
    "UC": text(min_codepoint=33).map(str.rstrip),
    "UI": st.from_regex(r"\A[12]\.[1-9]{1,10}\Z"),
    "UL": st.integers(0, 2**32 - 1),
    "UN": words,
    "UR": st.text("abc:/%?&", max_size=20),
    "US": st.integers(0, 2**16 - 1),
    "UT": text(),
    "UV": st.integers(0, 2**64 - 1),
}
ONE = ("LT", "OB", "OD", "OF", "OL", "OV", "OW", "ST", "UN", "UR", "UT")
#: Characters that XML does not have, and that the form of DCMTK cannot write in text.
CONTROLS = frozenset(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))


@st.composite
def data_sets(draw: st.DrawFn, controls: bool, depth: int = 0) -> Dataset:
    made = Dataset()
    if depth == 0:
        made.SpecificCharacterSet = "ISO_IR 192"
    if draw(st.booleans()):
        made[0x00110010] = DataElement(0x00110010, "LO", draw(st.sampled_from(["ACME", "Ä&<\"'>"])))
    for number, vr in enumerate(draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=8))):
        values = draw(st.lists(VALUES[vr], max_size=1 if vr in ONE else 3))
        if not controls:
            values = [one.translate(dict.fromkeys(map(ord, CONTROLS))) if isinstance(one, str) else one for one in values]
        value = (values[0] if values else None) if vr in ONE else values
        made.add(DataElement(0x00111000 + number, vr, value))
    if depth < 3:
        for tag in draw(st.lists(st.sampled_from((0x00081140, 0x0040A730)), max_size=2, unique=True)):
            made.add(DataElement(tag, "SQ", draw(st.lists(data_sets(controls, depth + 1), max_size=2))))
    return made


@given(data_sets(controls=True))
@settings(max_examples=60)
def test_what_is_made_comes_back_from_the_native_model(ds: Dataset) -> None:
    ds = dicomkit.read(ds.to_bytes())
    document = to_xml(ds)
    ElementTree.fromstring(document)
    assert from_xml(document) == ds


@given(data_sets(controls=False))
@settings(max_examples=60)
def test_what_is_made_comes_back_from_the_form_of_dcmtk(ds: Dataset) -> None:
    ds = dicomkit.read(ds.to_bytes())
    document = to_xml(ds, model="dcmtk")
    ElementTree.fromstring(document)
    assert from_xml(document) == ds


@given(strategies.data_sets(EXPLICIT), st.sampled_from(MODELS))
@settings(max_examples=25)
def test_what_is_read_is_well_formed_and_comes_back(nodes: tuple[Node, ...], model: str) -> None:
    ds = read(*nodes)
    document = to_xml(ds, model=model)
    ElementTree.fromstring(document)
    errors: list[ParseError] = []
    back = from_xml(document, on_error=errors.append)
    for error in errors:
        assert "is no " in error.reason or "cannot be" in error.reason, error
    if model == "native" and not errors:
        tags = [element.tag for element in ds if element.tag & 0xFFFF and element.tag != 0x00080005]
        assert [element.tag for element in back if element.tag != 0x00080005] == tags

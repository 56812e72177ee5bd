"""Data sets as JSON and back: the examples of PS3.18, options, round trips."""

from __future__ import annotations

import io
import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset
from dicomkit.dataset.text import TEXT_VRS
from dicomkit.errors import EncodeError, SourceChanged
from dicomkit.formats.json import OF_CHARACTER_SET, converter, from_json, render, to_json, write_json
from tests.reference import strategies
from tests.reference.encoding import (
    ENCODINGS,
    EXPLICIT,
    EXPLICIT_LITTLE,
    Element,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
)
from tests.reference.json_model import json_model

#: What F.4 shows of QIDO-RS results, and F.2.5 and F.2.7 of values.
STANDARD = {
    "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
    "00080020": {"vr": "DA", "Value": ["20130409"]},
    "00080030": {"vr": "TM", "Value": ["131600.0000"]},
    "00080050": {"vr": "SH", "Value": ["11235813"]},
    "00080056": {"vr": "CS", "Value": ["ONLINE"]},
    "00080061": {"vr": "CS", "Value": ["CT", "PET"]},
    "00080090": {"vr": "PN", "Value": [{"Alphabetic": "^Bob^^Dr."}]},
    "00081190": {
        "vr": "UR",
        "Value": ["http://wado.nema.org/studies/1.2.392.200036.9116.2.2.2.1762893313.1029997326.945873"],
    },
    "00090010": {"vr": "LO", "Value": ["Vendor A"]},
    "00091002": {"vr": "UN", "InlineBinary": "z0x9c8v7"},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"}]},
    "00100020": {"vr": "LO", "Value": ["12345"]},
    "00100021": {"vr": "LO", "Value": ["Hospital A"]},
    "00100030": {"vr": "DA", "Value": ["19670701"]},
    "00100040": {"vr": "CS", "Value": ["M"]},
    "00101002": {
        "vr": "SQ",
        "Value": [
            {"00100020": {"vr": "LO", "Value": ["54321"]}, "00100021": {"vr": "LO", "Value": ["Hospital B"]}},
            {"00100020": {"vr": "LO", "Value": ["24680"]}, "00100021": {"vr": "LO", "Value": ["Hospital C"]}},
        ],
    },
    "0020000D": {"vr": "UI", "Value": ["1.2.392.200036.9116.2.2.2.1762893313.1029997326.945873"]},
    "00200010": {"vr": "SH", "Value": ["11235813"]},
    "00201206": {"vr": "IS", "Value": [4]},
    "00201208": {"vr": "IS", "Value": [942]},
}


def read(*nodes: Node, **options: Any) -> Dataset:
    return dicomkit.read(file_bytes(nodes), **options)


def test_the_example_of_the_standard_is_read() -> None:
    ds = from_json(STANDARD)
    assert ds.ModalitiesInStudy == ("CT", "PET")
    assert ds.ReferringPhysicianName.name_prefix == "Dr."
    assert ds.ReferringPhysicianName.given_name == "Bob"
    assert ds.PatientName == "Wang^XiaoDong=王^小東"
    assert ds.OtherPatientIDsSequence[1].PatientID == "24680"
    assert ds.NumberOfStudyRelatedInstances == 942
    assert ds[0x00091002].value == bytes.fromhex("cf4c7d73cbfb")
    assert ds[0x00091002].private_creator == "Vendor A"


@pytest.mark.parametrize("indent", [None, 2])
def test_the_example_of_the_standard_is_written(indent: int | None) -> None:
    ds = from_json(json.dumps(STANDARD))
    assert json.loads(to_json(ds, indent=indent)) == STANDARD
    assert ds.to_json(indent=indent) == to_json(ds, indent=indent)
    assert Dataset.from_json(to_json(ds)) == ds


def test_empty_values_of_the_standard() -> None:
    # F.2.5: a name and no Value; null in the place of an empty value
    ds = read(Element(0x00080061, "CS", b"A\\\\B "), Element(0x00100010, "PN"), Sequence(0x00101002))
    made = json.loads(to_json(ds))
    assert made == {
        "00080061": {"vr": "CS", "Value": ["A", None, "B"]},
        "00100010": {"vr": "PN"},
        "00101002": {"vr": "SQ"},
    }
    assert from_json(made) == ds


def test_a_changed_data_set_is_written_as_it_is_now() -> None:
    ds = read(
        Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00100010, "PN", b"A^B "), Element(0x00280010, "US", b"\1\0")
    )
    ds.PatientName = "Müller"
    ds.OtherPatientIDsSequence = [Dataset(PatientID="1"), Dataset()]
    del ds.Rows
    assert json.loads(to_json(ds)) == {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 100"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller"}]},
        "00101002": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": ["1"]}}, {}]},
    }
    assert json.loads(to_json(Dataset(SliceThickness=0.1))) == {"00180050": {"vr": "DS", "Value": [0.1]}}


def test_an_item_is_a_data_set_of_its_own() -> None:
    item = Item((Element(0x00100010, "PN", b"M\xfcller"), Element(0x00091001, "OB", bytes(2000))))
    ds = read(Element(0x00080005, "CS", b"ISO_IR 100"), Sequence(0x00101002, (Item(), item)))
    paths: list[str] = []
    made = json.loads(to_json(ds.OtherPatientIDsSequence[1], bulk_data=lambda element: paths.append(element.path)))
    assert made["00100010"]["Value"] == [{"Alphabetic": "Müller"}]
    assert paths == ["(0010,1002)[1].(0009,1001)"]


def test_meta() -> None:
    ds = read(Element(0x00100010, "PN", b"A^B "))
    made = json.loads(to_json(ds, meta=True))
    assert made == {
        "00020010": {"vr": "UI", "Value": [EXPLICIT_LITTLE]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]},
    }
    assert list(json.loads(to_json(ds))) == ["00100010"]
    back = from_json(made)
    assert back.file_meta is not None
    assert back.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert 0x00020010 not in back
    ds.file_meta.SourceApplicationEntityTitle = "HERE"
    assert json.loads(to_json(ds, meta=True))["00020016"]["Value"] == ["HERE"]


def test_bulk_data() -> None:
    nodes = (
        Element(0x00091001, "OB", bytes(1023)),
        Element(0x00091002, "OB", bytes(1024)),
        Sequence(0x00081140, (Item((Element(0x00281201, "OW", bytes(5000)),)),)),
        Element(0x7FE00010, "OW", bytes(3000)),
    )
    ds = read(*sorted(nodes, key=lambda node: node.tag))

    def uri(element: DataElement) -> str | None:
        return None if element.tag == 0x7FE00010 else f"https://example.org/{element.path}?{element.length}"

    made = json.loads(to_json(ds, bulk_data=uri))
    assert "InlineBinary" in made["00091001"]
    assert made["00091002"] == {"vr": "OB", "BulkDataURI": "https://example.org/(0009,1002)?1024"}
    inside = made["00081140"]["Value"][0]["00281201"]
    assert inside["BulkDataURI"] == "https://example.org/(0008,1140)[0].(0028,1201)?5000"
    assert "InlineBinary" in made["7FE00010"]
    assert "BulkDataURI" in json.loads(to_json(ds, bulk_data=uri, bulk_threshold=0))["00091001"]
    back = from_json(made, bulk_data=lambda uri: bytes(int(uri.partition("?")[2])))
    assert back == ds


def test_encapsulated_pixel_data() -> None:
    ds = dicomkit.read(file_bytes([PixelFragments((b"", b"abcd"))], "1.2.840.10008.1.2.4.70"))
    with pytest.raises(EncodeError, match="needs a bulk data URI"):
        to_json(ds)
    assert to_json(ds, encapsulated="omit") == "{}"
    made = json.loads(to_json(ds, bulk_data=lambda element: "uri" if element.is_encapsulated else None))
    assert made == {"7FE00010": {"vr": "OB", "BulkDataURI": "uri"}}


def test_numbers() -> None:
    ds = read(Element(0x00280030, "DS", b"0.50\\+1"), Element(0x00281050, "DS", b"40 HU "))
    assert json.loads(to_json(ds))["00280030"]["Value"] == [0.5, 1]
    assert json.loads(to_json(ds, numbers="string"))["00280030"]["Value"] == ["0.50", "+1"]
    assert json.loads(to_json(ds))["00281050"]["Value"] == ["40 HU"]
    with pytest.raises(EncodeError, match=r"\(0028,1050\): the text is no number"):
        to_json(ds, numbers="number")


def test_special_numbers() -> None:
    ds = read(Element(0x00186060, "FL", struct.pack("<3f", math.nan, math.inf, 1.5)))
    with pytest.raises(EncodeError, match="NaN"):
        to_json(ds)
    assert '"Value":[null,null,1.5]' in to_json(ds, nan="null")
    assert '"Value":[NaN,Infinity,1.5]' in to_json(ds, nan="extended")


def test_specific_character_set() -> None:
    nodes = (Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00100010, "PN", b"M\xfcller"))
    ds = read(*nodes)
    assert json.loads(to_json(ds))["00080005"]["Value"] == ["ISO_IR 100"]  # F.2.2 note 3
    assert json.loads(to_json(ds, character_set="utf-8"))["00080005"]["Value"] == ["ISO_IR 192"]
    forced = read(*nodes, charset="ISO_IR 144")
    assert json.loads(to_json(forced))["00100010"]["Value"] == [{"Alphabetic": str(forced.PatientName)}]
    assert forced.PatientName == "Mќller"


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        (b"ISO_IR 192", "Müller".encode(), "Müller"),
        (b"ISO_IR 192", b"M\xfcller", "M\ufffdller"),
        (b"ISO_IR 100", b"M\xfcller\x1b", "Müller\x1b"),
        (None, b"M\xfcller", "Müller"),
        (None, "Müller".encode(), "Müller"),
        (b"ISO_IR 144", b"\xbb\xee\xda", "Люк"),
        (b" \\ISO 2022 IR 87 ", b"A=\x1b$B;3ED\x1b(B", "A=山田"),
    ],
)
def test_text_is_converted_as_a_data_set_reads_it(charset: bytes | None, raw: bytes, text: str) -> None:
    convert = converter()
    converted = convert(raw, "PN", charset).decode()
    assert converted == text
    nodes = [Element(0x00100010, "PN", raw)]
    if charset is not None:
        nodes.insert(0, Element(0x00080005, "CS", charset))
    assert read(*nodes).PatientName == text


def test_the_vrs_that_specific_character_set_governs() -> None:
    assert {vr for vr, (_, _, governed) in TEXT_VRS.items() if governed} == OF_CHARACTER_SET


def test_of_two_character_sets_the_first_counts() -> None:
    sets = (Element(0x00080005, "CS", b"ISO_IR 144"), Element(0x00080005, "CS", b"ISO_IR 100"))
    ds = read(*sets, Element(0x00100010, "PN", b"\xbb\xee\xda "))
    assert ds.PatientName == "Люк"
    assert "Люк" in to_json(ds)


def test_text_of_vrs_without_character_set() -> None:
    assert converter()(b"\xe9", "CS", b"ISO_IR 144") == "é".encode()


def test_options_are_checked() -> None:
    ds = read(Element(0x00100010, "PN", b"A^B "))
    for option in ("encapsulated", "numbers", "nan", "character_set"):
        with pytest.raises(ValueError, match=f"'x' is no value of {option}"):
            to_json(ds, **{option: "x"})
    with pytest.raises(ValueError, match="indent"):
        to_json(ds, indent=-1)
    with pytest.raises(TypeError):
        to_json(ds, no_such_option=1)
    assert render([], None, bulk_threshold=-1) == "{}"


def test_writing_to_a_file_is_the_same_text() -> None:
    ds = read(Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00100010, "PN", b"M\xfcller"))
    file = io.BytesIO()
    write_json(ds, file, indent=2)
    assert file.getvalue().decode() == to_json(ds, indent=2)


def test_deferred_values_are_written_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    value = bytes(range(256)) * 40_000
    path.write_bytes(file_bytes([Element(0x00091001, "OW", value), Element(0x00091002, "UT", b"a\\b" * 100_000)]))
    ds = dicomkit.read(path)
    assert not ds[0x00091001].is_in_memory
    pieces: list[bytes] = []

    class File:
        write = staticmethod(pieces.append)

    write_json(ds, File())  # type: ignore[arg-type]  # all that it needs of a file
    assert max(map(len, pieces)) < len(value) // 2
    assert from_json(b"".join(pieces)) == ds
    path.write_bytes(b"")
    with pytest.raises(SourceChanged):
        to_json(ds)


# -- against the values of the elements


def assert_rendered(ds: Dataset) -> None:
    """What the kernel renders is what the elements have as values."""
    made = json.loads(to_json(ds, nan="extended", encapsulated="omit"), parse_constant=lambda name: name)
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spelled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [spelled(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    assert made == spelled(json_model(ds))


def test_real_files_are_rendered_as_their_elements_are_decoded(pydicom_files: list[Path]) -> None:
    count = 0
    for path in pydicom_files:
        try:
            ds = dicomkit.read(path)
            for element in ds.walk():
                assert element.value is not ...
        except dicomkit.DicomError:
            continue
        assert_rendered(ds)
        count += 1
    assert count > 150


@pytest.mark.parametrize("transfer_syntax", ENCODINGS)
@given(data=st.data())
@settings(max_examples=25)
def test_any_data_set_is_rendered_as_its_elements_are_decoded(transfer_syntax: str, data: st.DataObject) -> None:
    nodes = data.draw(strategies.data_sets(ENCODINGS[transfer_syntax]))
    ds = dicomkit.read(file_bytes(nodes, transfer_syntax))
    try:
        for element in ds.walk():
            assert element.value is not ...
    except dicomkit.ValueDecodeError:
        return
    assert_rendered(ds)


# -- round trips


def test_real_files_come_back(pydicom_files: list[Path]) -> None:
    count = 0
    for path in pydicom_files:
        try:
            ds = dicomkit.read(path)
        except dicomkit.DicomError:
            continue
        if path.name == "badVR.dcm":  # an IS of "1A"
            continue
        back = from_json(to_json(ds, encapsulated="omit"))
        elements = [element for element in ds if element.tag & 0xFFFF and not element.is_encapsulated]
        assert [element.tag for element in back] == [element.tag for element in elements]
        for element, other in zip(elements, back, strict=True):
            if element.vr == "PN":
                assert str(element.value).rstrip("=") == str(other.value)  # empty component groups at the end are left out
            elif not (element.big_endian and element.vr == "OW"):  # whose words are in little endian in JSON
                assert element == other, path
        count += 1
    assert count > 150


words = st.binary(max_size=20).map(lambda value: value[: len(value) // 2 * 2])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "AE": st.text("ABC _", min_size=1, max_size=16).map(str.strip),
    "AT": st.integers(0, 0xFFFFFFFF),
    "CS": st.text("ABC_ 1", min_size=1, max_size=16).map(str.strip),
    "DA": st.dates().map(lambda day: day.strftime("%Y%m%d").rjust(8, "0")),
    "DS": st.integers(-(10**9), 10**9).map(lambda number: number / 10_000),  # more digits than these may not fit
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "IS": st.integers(-(2**31), 2**31 - 1),
    "LO": st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\"), max_size=20),
    "LT": st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), max_size=20),
    "OB": words,
    "OW": words,
    "PN": st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\="), min_size=1, max_size=20),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SV": st.integers(-(2**63), 2**63 - 1),
    "UC": st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\"), max_size=20),
    "UI": st.from_regex(r"\A[12]\.[1-9]{1,10}\Z"),
    "UL": st.integers(0, 2**32 - 1),
    "UN": words,
    "US": st.integers(0, 2**16 - 1),
    "UT": st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), max_size=20),
    "UV": st.integers(0, 2**64 - 1),
}


@st.composite
def data_sets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    made = Dataset()
    if depth == 0:
        made.SpecificCharacterSet = "ISO_IR 192"
    for number, vr in enumerate(draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=8))):
        values = draw(st.lists(VALUES[vr], max_size=1 if vr in ("OB", "OW", "UN", "LT", "UT") else 3))
        value = (values[0] if values else None) if vr in ("OB", "OW", "UN") else values
        made.add(DataElement(0x00111000 + number, vr, value))
    if depth < 3:
        for tag in draw(st.lists(st.sampled_from((0x00081140, 0x0040A730)), max_size=2, unique=True)):
            made.add(DataElement(tag, "SQ", draw(st.lists(data_sets(depth + 1), max_size=2))))
    return made


def same(one: Dataset, two: Dataset) -> None:
    """Equal, where a value that is "" is as good as none."""
    assert [element.tag for element in one] == [element.tag for element in two]
    for a, b in zip(one, two, strict=True):
        assert a.vr == b.vr
        if a.vr == "SQ":
            for item, other in zip(a.value, b.value, strict=True):
                same(item, other)
        else:
            assert (a.value or None) == (b.value or None) or a.value == ("",) or a.value == b.value


@given(data_sets())
@settings(max_examples=40)
def test_what_is_made_comes_back(ds: Dataset) -> None:
    text = to_json(ds)
    back = from_json(text)
    same(ds, back)
    assert to_json(back) == text


@given(strategies.data_sets(EXPLICIT))
@settings(max_examples=30)
def test_what_is_read_is_json_that_comes_back(nodes: tuple[Node, ...]) -> None:
    ds = read(*nodes)
    try:
        text = to_json(ds, nan="extended", encapsulated="omit")
    except EncodeError as error:
        assert "cut short" in str(error)
        return
    errors: list[dicomkit.ParseError] = []
    back = from_json(text, on_error=errors.append)
    assert not errors or any("no number" in str(error) or "is not" in str(error) for error in errors)
    assert {f"{element.tag:08X}" for element in back} - {"00080005"} <= json.loads(text).keys()

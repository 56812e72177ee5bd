"""Reading JSON: structure, paths of errors, and hostile documents."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset
from dicomkit.errors import ParseError
from dicomkit.formats.json import from_json, to_json
from dicomkit.formats.json_reader import datasets, parse

NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]}}


@pytest.mark.parametrize(
    "source",
    [
        NAME,
        [NAME],
        json.dumps(NAME),
        json.dumps([NAME]).encode(),
        b"\xef\xbb\xbf" + json.dumps(NAME).encode(),
        bytearray(json.dumps(NAME).encode()),
        memoryview(json.dumps(NAME).encode()),
        io.StringIO(json.dumps(NAME)),
        io.BytesIO(json.dumps(NAME).encode()),
    ],
)
def test_forms_of_a_document(source: Any) -> None:
    ds = from_json(source)
    assert [(element.tag, element.value) for element in ds] == [(0x00100010, "A^B")]
    assert ds.file_meta is None


def test_arrays() -> None:
    two = [NAME, {"00100020": {"vr": "LO", "Value": ["1"]}}]
    assert [len(ds) for ds in datasets(two)] == [1, 1]
    assert datasets([]) == []
    for document in ([], two):
        with pytest.raises(ParseError, match=f"an array of {len(document)} data sets"):
            from_json(document)
    with pytest.raises(ParseError, match=r"in \[1\]\.\(0010,0020\)"):
        datasets([NAME, {"00100020": 5}])


WRONG: list[tuple[Any, str]] = [
    ("{", "not JSON: .* in line 1, column 2 at byte 1"),
    ('{"é": tru}', "not JSON: .* in line 1, column 7 at byte 7"),
    ("", "not JSON"),
    (b"\xff", "not JSON: not UTF-8 at byte 0"),
    ('{"00100020": {"vr": "LO"},}', "not JSON"),
    ("[1] 2", "not JSON"),
    ("5" * 5000, "not JSON: Exceeds the limit"),
    ("5", "a data set is an object, not a number"),
    ("null", "a data set is an object, not null"),
    ([5], "a data set is an object, not a number"),
    ('"text"', "a data set is an object, not a string"),
    ({"PatientName": {"vr": "PN"}}, "'PatientName' is no tag of eight hexadecimal digits"),
    ({0x00100010: {"vr": "PN"}}, "1048592 is no tag"),
    ({"0010001": {"vr": "PN"}}, "'0010001' is no tag"),
    ({"001000+1": {"vr": "PN"}}, "is no tag"),
    ({"\u06600100010": {"vr": "PN"}}, "is no tag"),
    ({"00100010": "A^B"}, r"an attribute is an object, not a string in \(0010,0010\)"),
    ({"00100010": None}, "an attribute is an object, not null"),
    ({"00100010": {"vr": "XX"}}, "'XX' is no VR"),
    ({"00100010": {"vr": 5}}, "5 is no VR"),
    ({"00091001": {"Value": [1]}}, "the attribute has no vr"),
    ({"00281101": {"Value": [1]}}, "the attribute has no vr"),
    ({"00100020": {"vr": "LO", "value": ["1"]}}, "an attribute has no 'value'"),
    ({"00100020": {"vr": "LO", "Value": ["1"], "BulkDataURI": ""}}, "one of Value and BulkDataURI"),
    ({"00100020": {"vr": "LO", "Value": "1"}}, "Value is an array"),
    ({"00101002": {"vr": "SQ", "Value": {}}}, "a sequence has an array of objects"),
    ({"00101002": {"vr": "SQ", "InlineBinary": ""}}, "a sequence has an array of objects"),
    ({"00101002": {"vr": "SQ", "Value": [{}, None]}}, r"a data set is an object, not null in \(0010,1002\)\[1\]$"),
    ({"00101002": {"vr": "SQ", "Value": [{"00100020": 1}]}}, r"in \(0010,1002\)\[0\]\.\(0010,0020\)$"),
    ({"00101002": {"vr": "SQ", "Value": [{"00020010": {"vr": "UI"}}]}}, "this tag cannot be in a data set"),
    ({"FFFEE000": {"vr": "OB"}}, "this tag cannot be in a data set"),
    ('{"00100020": {"vr": "LO"}, "00100020": {"vr": "LO"}}', "'00100020' occurs twice in one object"),
    ('{"00100020": {"vr": "LO", "vr": "LO"}}', r"'vr' occurs twice in one object in \(0010,0020\)"),
    ({"0020000d": {"vr": "UI"}, "0020000D": {"vr": "UI"}}, r"the attribute occurs twice in \(0020,000D\)"),
    ({"00280010": {"vr": "US", "Value": [70000]}}, r"70000 is not an integer from 0 to 65535 in \(0028,0010\)"),
    ({"7FE00010": {"vr": "OW", "BulkDataURI": "a"}}, "the value is at 'a', and there is no bulk_data"),
]


@pytest.mark.parametrize(("document", "message"), WRONG)
def test_errors_say_what_and_where(document: Any, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        from_json(document)
    assert isinstance(caught.value, dicomkit.DicomError)


def test_what_cannot_be_read_may_be_left_out() -> None:
    document = (
        '{"x": 1, "00100010": 5, "00101002": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": [5]}}, 7, {}]}, '
    )
    document += '"00280010": {"vr": "US", "Value": [1]}, "00280010": 2}'
    errors: list[ParseError] = []
    ds = from_json(document, on_error=errors.append)
    assert ds.Rows == 1
    assert [len(item) for item in ds.OtherPatientIDsSequence] == [0, 0, 0]
    assert sorted(error.path for error in errors) == [
        "",
        "",
        "(0010,0010)",
        "(0010,1002)[0].(0010,0020)",
        "(0010,1002)[1]",
    ]


def test_the_dictionary_knows_the_vr() -> None:
    assert from_json({"00100020": {"Value": ["1"]}})["PatientID"].vr == "LO"


def test_tags_in_small_letters() -> None:
    assert from_json({"0020000d": {"vr": "UI", "Value": ["1.2"]}}).StudyInstanceUID == "1.2"


def test_group_lengths_are_ignored() -> None:
    assert len(from_json({"00080000": {"vr": "UL", "Value": [8]}, "00020000": {"vr": "UL", "Value": [8]}})) == 0


def test_file_meta_information() -> None:
    ds = from_json({"00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2"]}, **NAME})
    assert ds.file_meta == Dataset.from_json({"00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2"]}}).file_meta
    assert ds.file_meta is not None
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert len(ds) == 1


CS = {"vr": "CS", "Value": ["ISO_IR 100"]}
TEXT = {"vr": "LO", "Value": ["Müller"]}


@pytest.mark.parametrize(
    ("document", "option", "expected"),
    [
        ({"00100020": TEXT}, "keep", [("ISO_IR 192",), None]),
        ({"00101002": {"vr": "SQ", "Value": [{"00100020": TEXT}]}}, "keep", [("ISO_IR 192",), None]),
        ({"00080005": CS, "00100020": TEXT}, "keep", [("ISO_IR 100",), None]),
        ({"00080005": CS, "00101002": {"vr": "SQ", "Value": [{"00100020": TEXT}]}}, "keep", [("ISO_IR 100",), None]),
        ({"00101002": {"vr": "SQ", "Value": [{"00100020": TEXT, "00080005": CS}]}}, "keep", [None, ("ISO_IR 100",)]),
        ({"00080005": {"vr": "CS"}, "00100020": TEXT}, "keep", [("ISO_IR 192",), None]),
        ({"00100020": {"vr": "LO", "Value": ["ascii"]}}, "keep", [None, None]),
        ({"00100020": {"vr": "LO", "Value": ["ascii"]}}, "utf-8", [("ISO_IR 192",), None]),
        ({"00101002": {"vr": "SQ", "Value": [{"00080005": CS}]}}, "utf-8", [("ISO_IR 192",), ("ISO_IR 192",)]),
    ],
)
def test_specific_character_set(document: Any, option: Any, expected: list[Any]) -> None:
    ds = from_json(document, character_set=option)
    item = ds.OtherPatientIDsSequence[0] if "OtherPatientIDsSequence" in ds else Dataset()
    assert [ds.get("SpecificCharacterSet"), item.get("SpecificCharacterSet")] == expected


def test_a_choice_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="'x' is no value of character_set"):
        from_json("{}", character_set="x")  # type: ignore[arg-type]  # that is what is tested


def test_tolerant_parsing() -> None:
    text = '{"a": [1, 2,], "b": "x,]", "c": {"d": "\\",}" , } ,\n}'
    with pytest.raises(ParseError):
        parse(text)
    assert parse(text, tolerant=True) == {"a": [1, 2], "b": "x,]", "c": {"d": '",}'}}
    assert parse('[nan, -inf, "inf", ]', tolerant=True)[1:] == [float("-inf"), "inf"]
    for hopeless in ('{"a": 1,, }', '["a', "[1, 2", '"a\\', "[,]x"):
        with pytest.raises(ParseError, match="not JSON"):
            parse(hopeless, tolerant=True)


# -- hostile documents


def nested(depth: int) -> str:
    return '{"0040A730":{"vr":"SQ","Value":[' * depth + "{}" + "]}}" * depth


def test_the_deepest_nesting() -> None:
    ds = from_json(nested(128))
    for _ in range(128):
        (ds,) = ds.ContentSequence
    assert len(ds) == 0


def test_the_deepest_nesting_comes_back() -> None:
    text = nested(128)
    assert to_json(from_json(text)) == text


@pytest.mark.parametrize("depth", [129, 1000, 100_000])
def test_deeper_nesting_is_an_error(depth: int) -> None:
    with pytest.raises(ParseError, match="nested too deeply"):
        from_json(nested(depth))


@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 1_000_000, "[" * 500 + "]" * 500])
def test_deep_json_is_an_error(text: str) -> None:
    with pytest.raises(ParseError):
        from_json(text)


def test_deep_objects_are_an_error() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"0040A730": {"vr": "SQ", "Value": [deep]}}
    with pytest.raises(ParseError, match="nested too deeply"):
        from_json(deep)


@pytest.mark.parametrize(
    "text", ['["' + '\\"' * 200_000, '"' * 100_001, ",]" * 100_000, '{"a":1,' + " " * 200_000 + "x}", "nan" * 100_000]
)
def test_correction_takes_no_quadratic_time(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ParseError):
        parse(text, tolerant=True)
    assert time.process_time() - began < 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("LO"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["vr", "Value", "InlineBinary", "BulkDataURI", "00100010", "0040A730", "Alphabetic"]), inner
        )
    ),
    max_leaves=12,
)
attributes = st.fixed_dictionaries(
    {"vr": st.sampled_from(["LO", "PN", "DS", "IS", "US", "FD", "AT", "OB", "UN", "SQ", "UI", "DA", "SV", "UT", None])},
    optional={"Value": st.lists(json_values, max_size=3), "InlineBinary": st.text(max_size=6), "BulkDataURI": st.just("x")},
)
documents = st.dictionaries(st.sampled_from(["00100010", "00080005", "7FE00010", "00091001", "0040A730"]), attributes)


@given(json_values | documents)
@settings(max_examples=300)
def test_any_json_is_a_data_set_or_an_error(document: Any) -> None:
    for on_error in (None, lambda error: None):
        try:
            ds = from_json(document, bulk_data=lambda uri: b"\xff1", on_error=on_error)
        except ParseError as error:
            assert str(error)
        else:
            assert all(isinstance(element, DataElement) for element in ds)
            for element in ds.walk():
                assert element.value is not NotImplemented


@given(st.binary(max_size=60) | st.text('{}[]":,\\ue0129 nulltrefas', max_size=60))
def test_any_text_is_a_data_set_or_an_error(text: bytes | str) -> None:
    for tolerant in (False, True):
        try:
            parse(text, tolerant=tolerant)
        except ParseError as error:
            assert "not JSON" in str(error)

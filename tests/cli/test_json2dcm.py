"""`dicomkit json2dcm`: options, exit codes, and what DCMTK reads of its files."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.formats.json import to_json

CLASS = {"00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]}, "00080018": {"vr": "UI", "Value": ["1.2.3"]}}
NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]}}
TWO = [{**CLASS, **NAME}, {**CLASS, "00100020": {"vr": "LO", "Value": ["2"]}}]


@pytest.fixture
def convert(tool: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run json2dcm on a document; the result has the data set that was written, or None."""
    source, target = tmp_path / "in.json", tmp_path / "out.dcm"

    def run(document: Any, *options: str) -> Any:
        source.write_text(document if isinstance(document, str) else json.dumps(document))
        result = tool("json2dcm", *options, str(source), str(target))
        result.written = dicomkit.read(target.read_bytes()) if target.exists() else None
        if target.exists():
            target.unlink()
        return result

    return run


def test_a_document(convert: Callable[..., Any]) -> None:
    result = convert({**CLASS, **NAME})
    assert (result.code, result.err) == (0, "")
    assert result.written.PatientName == "A^B"
    meta = result.written.file_meta
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert convert([{**CLASS, **NAME}]).written == result.written


def test_dcmtk_reads_it(peer: Callable[[str], str], tool: Callable[..., Any], examples_dir: Path, tmp_path: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    source, target = tmp_path / "ct.json", tmp_path / "ct.dcm"
    source.write_text(to_json(ds, meta=True))
    for option in ("+t=", "+te", "+tb", "+ti", "+td"):
        assert tool("json2dcm", option, "+E", str(source), str(target)).code == 0
        outputs = [
            subprocess.run([peer("dcm2json"), path], capture_output=True, check=True).stdout
            for path in (target, examples_dir / "ct.dcm")
        ]
        made, expected = [json.loads(output) for output in outputs]
        if option == "+ti":  # DCMTK does not know the private elements
            made, expected = [{tag: value for tag, value in one.items() if tag[3] in "02468"} for one in (made, expected)]
        assert made == expected


def test_standard_input_and_output(tool: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(json.dumps({**CLASS, **NAME}).encode())

    monkeypatch.setattr("sys.stdin", Input)
    result = tool("json2dcm", "-", "-")
    assert result.code == 0
    assert dicomkit.read(result.out).PatientName == "A^B"


@pytest.mark.parametrize(
    ("parameters", "code"), [(["a"], 1), (["a", "b", "c"], 1), (["", "b"], 1), (["a", ""], 1), (["/no/such", "b"], 20)]
)
def test_wrong_parameters(tool: Callable[..., Any], parameters: list[str], code: int) -> None:
    assert tool("json2dcm", *parameters).code == code


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", 65),
        ("5", 65),
        ([], 65),
        (TWO, 65),
        ({"x": 1}, 65),
        ({"00100010": {"vr": "PN", "Value": ["A"]}}, 65),
        ({"7FE00010": {"vr": "OW", "BulkDataURI": "https://example.org/"}}, 66),
        ({"7FE00010": {"vr": "OW", "BulkDataURI": "file:///etc/passwd"}}, 20),
        ({"00080005": {"vr": "CS", "Value": ["ISO_IR 100"]}, "00100020": {"vr": "LO", "Value": ["小"]}}, 72),
        ({"00080016": {"vr": "UI", "Value": ["é"]}}, 72),
    ],
)
def test_documents_that_cannot_be_converted(convert: Callable[..., Any], document: Any, code: int) -> None:
    result = convert(document)
    assert (result.code, result.written) == (code, None)
    assert result.err.startswith("E: json2dcm: ")


def test_output_that_cannot_be_written(tool: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps(NAME))
    result = tool("json2dcm", str(tmp_path / "in.json"), str(tmp_path / "none" / "out.dcm"))
    assert result.code == 40


def test_commas_that_should_not_be_there(convert: Callable[..., Any]) -> None:
    text = '{"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B",},],},\n}'
    assert convert(text).written.PatientName == "A^B"


def test_errors_may_be_ignored(convert: Callable[..., Any]) -> None:
    document = {**CLASS, **NAME, "00280010": {"vr": "US", "Value": ["x"]}, "7FE00010": {"vr": "OW", "BulkDataURI": "urn:x"}}
    result = convert(document, "+E")
    assert result.code == 0
    assert result.err.count("E: ") == 2
    assert [element.tag for element in result.written] == [0x00080016, 0x00080018, 0x00100010]


def test_arrays(convert: Callable[..., Any]) -> None:
    assert convert(TWO, "+as", "2").written.PatientID == "2"
    assert convert(TWO, "+as", "3").code == 65
    assert convert(TWO[:1], "+as", "3").written.PatientName == "A^B"
    ds = convert(TWO, "+ar").written
    assert ds[0x00090010].value == "JSON2DCM_LIST_OF_DATASETS"
    assert [item.get("PatientID") for item in ds[0x00091000].value] == [None, "2"]


def test_meta(convert: Callable[..., Any]) -> None:
    document = {"00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2"]}, **CLASS, **NAME}
    document["00020016"] = {"vr": "AE", "Value": ["HERE"]}
    ds = convert(document).written
    assert (ds.transfer_syntax, ds.file_meta.SourceApplicationEntityTitle) == ("1.2.840.10008.1.2", "HERE")
    ds = convert(document, "-f").written
    assert ds.transfer_syntax == "1.2.840.10008.1.2.1"
    assert "SourceApplicationEntityTitle" not in ds.file_meta
    assert convert(document, "+te").written.transfer_syntax == "1.2.840.10008.1.2.1"
    assert convert(document, "+Fu").written.file_meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert convert(document, "-F").written.file_meta is None


def test_sequence_lengths(convert: Callable[..., Any]) -> None:
    document = {**CLASS, "00101002": {"vr": "SQ", "Value": [{}]}}
    assert convert(document).written["OtherPatientIDsSequence"].length == 8
    assert convert(document, "-e").written["OtherPatientIDsSequence"].length == 0xFFFFFFFF


def test_new_uids(convert: Callable[..., Any]) -> None:
    ds = convert({**CLASS, **NAME}, "+Ug").written
    assert ds.SOPInstanceUID == "1.2.3"
    assert ds.StudyInstanceUID.startswith("2.25.")
    ds = convert({**CLASS, **NAME}, "+Ug", "+Uo").written
    assert ds.SOPInstanceUID.startswith("2.25.")
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID


def test_character_sets(convert: Callable[..., Any]) -> None:
    text = {"00100020": {"vr": "LO", "Value": ["Müller"]}}
    latin = {"00080005": {"vr": "CS", "Value": ["ISO_IR 100"]}}
    result = convert({**latin, **text})
    assert result.written["PatientID"].raw == b"M\xfcller"
    assert result.err == ""
    result = convert({**latin, **text}, "-c")
    assert result.written["PatientID"].raw.rstrip() == "Müller".encode()
    assert result.written.SpecificCharacterSet == ("ISO_IR 192",)
    assert "W: the document specifies a character set other than UTF-8" in result.err
    result = convert(text)
    assert result.written.PatientID == "Müller"
    assert result.written.SpecificCharacterSet == ("ISO_IR 192",)
    assert "W: the document does not specify a character set" in result.err


def test_bulk_data(convert: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    (tmp_path / "bulk" / "a").write_bytes(b"0123")
    document = {**CLASS, "00091001": {"vr": "OB", "BulkDataURI": (tmp_path / "bulk" / "a").as_uri() + "?offset=2"}}
    assert convert(document, "+Bd", str(tmp_path / "none"), "+Bd", str(tmp_path / "bulk")).written[0x00091001].value == b"23"
    assert convert(document, "+Bd", str(tmp_path / "none")).code == 20
    result = convert(document, "-Bu")
    assert (result.code, result.written[0x00091001].value) == (0, None)

"""`dicomkit xml2dcm`: options, exit codes and what it says."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.formats.xml import to_xml

CLASS = (
    '<element tag="0008,0016" vr="UI">1.2.840.10008.5.1.4.1.1.7</element><element tag="0008,0018" vr="UI">1.2.3</element>'
)
NAME = '<element tag="0010,0010" vr="PN">A^B</element>'
DOCUMENT = f'<data-set xfer="1.2.840.10008.1.2.1">{CLASS}{NAME}</data-set>'
META = (
    '<meta-header xfer="1.2.840.10008.1.2.1"><element tag="0002,0010" vr="UI">1.2.840.10008.1.2</element>'
    '<element tag="0002,0012" vr="UI">1.2.3.4</element><element tag="0002,0016" vr="AE">HERE</element></meta-header>'
)
FILE = f"<file-format>{META}{DOCUMENT}</file-format>"
NATIVE = (
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'
    '<DicomAttribute tag="00100020" vr="LO"><Value number="1">1</Value></DicomAttribute></NativeDicomModel>'
)


@pytest.fixture
def convert(tool: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run xml2dcm on a document; the result has the data set that was written, or None."""
    source, target = tmp_path / "in.xml", tmp_path / "out.dcm"

    def run(document: str | bytes, *options: str) -> Any:
        source.write_bytes(document if isinstance(document, bytes) else document.encode())
        result = tool("xml2dcm", *options, str(source), str(target))
        result.written = dicomkit.read(target.read_bytes()) if target.exists() else None
        target.unlink(missing_ok=True)
        return result

    return run


def test_a_document(convert: Callable[..., Any]) -> None:
    result = convert(DOCUMENT)
    assert (result.code, result.err) == (0, "")
    assert result.written.PatientName == "A^B"
    assert result.written.transfer_syntax == "1.2.840.10008.1.2.1"
    assert result.written.file_meta.MediaStorageSOPInstanceUID == "1.2.3"


def test_the_native_model(convert: Callable[..., Any]) -> None:
    result = convert(NATIVE)
    assert (result.code, result.written.PatientID) == (0, "1")


def test_meta(convert: Callable[..., Any]) -> None:
    ds = convert(FILE).written
    assert (ds.transfer_syntax, ds.file_meta.SourceApplicationEntityTitle) == ("1.2.840.10008.1.2.1", "HERE")
    assert ds.file_meta.ImplementationClassUID != "1.2.3.4"
    assert "SourceApplicationEntityTitle" not in convert(FILE, "-f").written.file_meta
    assert "SourceApplicationEntityTitle" not in convert(FILE, "+Fu").written.file_meta
    assert convert(FILE, "-F").written.file_meta is None


@pytest.mark.parametrize(
    ("option", "syntax"),
    [
        ("+te", "1.2.840.10008.1.2.1"),
        ("+ti", "1.2.840.10008.1.2"),
        ("+tb", "1.2.840.10008.1.2.2"),
        ("+td", "1.2.840.10008.1.2.1.99"),
    ],
)
def test_transfer_syntaxes(convert: Callable[..., Any], option: str, syntax: str) -> None:
    ds = convert(DOCUMENT, option).written
    assert (ds.transfer_syntax, ds.PatientName) == (syntax, "A^B")


def test_new_uids(convert: Callable[..., Any]) -> None:
    ds = convert(DOCUMENT, "+Ug").written
    assert ds.SOPInstanceUID == "1.2.3"
    assert ds.StudyInstanceUID.startswith("2.25.")
    assert ds.StudyInstanceUID != ds.SeriesInstanceUID
    ds = convert(DOCUMENT, "+Ug", "+Uo").written
    assert ds.SOPInstanceUID.startswith("2.25.")
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID


def test_sequence_lengths(convert: Callable[..., Any]) -> None:
    document = DOCUMENT.replace(NAME, '<sequence tag="0008,1140" vr="SQ"><item/></sequence>')
    assert convert(document).written["ReferencedImageSequence"].length == 8
    assert convert(document, "-e").written["ReferencedImageSequence"].length == 0xFFFFFFFF


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "line 1: no XML: no element found"),
        ("<a>", "the root element is 'a'"),
        (DOCUMENT.replace("A^B", "&x;"), "line 1: no XML: undefined entity"),
        (f'<!DOCTYPE a [<!ENTITY x "y">]>{DOCUMENT}', "entities are not allowed"),
        (DOCUMENT.replace(NAME, '<element tag="0028,0010" vr="US">x</element>'), "'x' is no integer in (0028,0010)"),
        (
            DOCUMENT.replace(NAME, '<element tag="7fe0,0010" vr="OW" binary="hidden"/>'),
            "the value is not in the document: it is hidden in (7FE0,0010)",
        ),
    ],
)
def test_documents_that_cannot_be_converted(convert: Callable[..., Any], document: str, message: str) -> None:
    result = convert(document)
    assert (result.code, result.written) == (1, None)
    assert message in result.err
    assert "E: cannot read invalid document: " in result.err


def test_errors_may_be_ignored(convert: Callable[..., Any]) -> None:
    bad = '<element tag="0028,0010" vr="US">x</element><element tag="7fe0,0010" vr="OW" binary="hidden"/>'
    result = convert(DOCUMENT.replace(NAME, bad + NAME), "+E")
    assert result.code == 0
    assert result.err.count("W: ") == 2
    assert [element.tag for element in result.written] == [0x00080016, 0x00080018, 0x00100010]
    assert convert("<a", "+E").code == 1


def test_numbers_that_are_none_are_kept_with_a_warning(convert: Callable[..., Any]) -> None:
    result = convert(DOCUMENT.replace(NAME, '<element tag="0018,1100" vr="DS">12,5</element>'))
    assert result.code == 0
    assert "line 1: '12,5' is no number in (0018,1100)" in result.err
    assert result.written["ReconstructionDiameter"].raw == b"12,5"


def test_values_in_files(convert: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pixels").write_bytes(b"0123")
    line = f'<element tag="7fe0,0010" vr="OB" binary="file">{tmp_path / "pixels"}</element>'
    assert convert(DOCUMENT.replace(NAME, line)).written.PixelData == b"0123"
    result = convert(DOCUMENT.replace(NAME, line.replace("pixels", "none")))
    assert result.code == 1
    assert f"{tmp_path / 'none'}: No such file or directory in (7FE0,0010)" in result.err


def test_validation(convert: Callable[..., Any], tool: Callable[..., Any], examples_dir: Path) -> None:
    document = tool("dcm2xml", "+Xd", str(examples_dir / "report.dcm")).out
    assert convert(document, "+Vd").code == 0
    assert convert(document.replace(b"<item ", b"<x/><item ", 1), "+Vd").code == 1
    assert convert(DOCUMENT, "+Vd").code == 1  # no DTD
    assert convert(DOCUMENT, "+Vn").code == 1
    assert convert(DOCUMENT.replace("<data-set", '<data-set xmlns="http://dicom.offis.de/dcmtk"'), "+Vn").code == 0


def test_encapsulated_pixel_data(convert: Callable[..., Any], tool: Callable[..., Any], examples_dir: Path) -> None:
    path = examples_dir / "rle.dcm"
    ds = dicomkit.read(path)
    document = tool("dcm2xml", "+M", "+Wb", str(path)).out
    result = convert(document)
    assert (result.code, result.err) == (0, "")
    assert result.written == ds
    assert result.written.transfer_syntax == ds.transfer_syntax
    result = convert(document, "-F")
    assert "encapsulated pixel data require file format, ignoring --write-dataset" in result.err
    assert result.written.transfer_syntax == ds.transfer_syntax
    result = convert(document, "+te")
    assert (result.code, result.written) == (1, None)
    assert result.err.startswith("E: ")
    assert convert(to_xml(ds, meta=True)).written == ds


def test_other_encodings(convert: Callable[..., Any]) -> None:
    charset = '<element tag="0008,0005" vr="CS">ISO_IR 144</element>'
    text = '<element tag="0010,0020" vr="LO">Люк</element>'
    document = DOCUMENT.replace(NAME, charset + text)
    for encoding in ("ISO-8859-5", "UTF-8"):
        ds = convert(f'<?xml version="1.0" encoding="{encoding}"?>{document}'.encode(encoding)).written
        assert ds["PatientID"].raw == "Люк ".encode("iso-8859-5")
        assert ds.SpecificCharacterSet == ("ISO_IR 144",)
    ds = convert(DOCUMENT.replace(NAME, text)).written  # nothing says which
    assert (ds.PatientID, ds.SpecificCharacterSet) == ("Люк", ("ISO_IR 192",))


def test_standard_input_and_output(tool: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(DOCUMENT.encode())

    monkeypatch.setattr("sys.stdin", Input)
    result = tool("xml2dcm", "-", "-")
    assert result.code == 0
    assert dicomkit.read(result.out).PatientName == "A^B"


@pytest.mark.parametrize("parameters", [["a"], ["a", "b", "c"], ["", "b"], ["a", ""], ["/no/such", "b"]])
def test_wrong_parameters(tool: Callable[..., Any], parameters: list[str]) -> None:
    result = tool("xml2dcm", *parameters)
    assert result.code == 1
    assert result.err


def test_output_that_cannot_be_written(tool: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_text(DOCUMENT)
    result = tool("xml2dcm", str(tmp_path / "in.xml"), str(tmp_path / "none" / "out.dcm"))
    assert result.code == 1
    assert "No such file or directory" in result.err


def test_many_files(tool: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.xml", "b.dcm.xml"):
        (folder / name).write_text(DOCUMENT)
    (folder / "c.xml").write_text("no XML")
    result = tool("xml2dcm", "-od", str(tmp_path / "out"), "+sd", str(folder))
    assert result.code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.dcm", "b.dcm"]
    assert dicomkit.read(tmp_path / "out" / "a.dcm").PatientName == "A^B"

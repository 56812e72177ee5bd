"""`dicomkit dcm2xml`: options, exit codes and what it says."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli.dcm2xml import CODES

Tool = Callable[..., object]


@pytest.fixture
def ct(build: object, tmp_path: Path) -> Path:
    path = tmp_path / "ct.dcm"
    path.write_bytes(
        build.file(
            build.element(0x00080005, "CS", b"ISO_IR 100"),
            build.element(0x00080060, "CS", b"CT"),
            build.element(0x00100010, "PN", b"M\xfcller"),
            build.element(0x00281101, "US", b"\1\2" * 3000),
            build.element(0x7FE00010, "OW", b"\1\2\3\4"),
        )
    )
    return path


def test_the_form_of_dcmtk_is_the_default(tool: Tool, ct: Path) -> None:
    result = tool("dcm2xml", str(ct))
    assert (result.code, result.err) == (0, "")
    assert result.out.decode("latin-1").splitlines() == [
        '<?xml version="1.0" encoding="ISO-8859-1"?>',
        "<file-format>",
        '<meta-header xfer="1.2.840.10008.1.2.1" name="Little Endian Explicit">',
        '<element tag="0002,0000" vr="UL" vm="1" len="4" name="FileMetaInformationGroupLength">28</element>',
        '<element tag="0002,0010" vr="UI" vm="1" len="20" name="TransferSyntaxUID">1.2.840.10008.1.2.1</element>',
        "</meta-header>",
        '<data-set xfer="1.2.840.10008.1.2.1" name="Little Endian Explicit">',
        '<element tag="0008,0005" vr="CS" vm="1" len="10" name="SpecificCharacterSet">ISO_IR 100</element>',
        '<element tag="0008,0060" vr="CS" vm="1" len="2" name="Modality">CT</element>',
        '<element tag="0010,0010" vr="PN" vm="1" len="6" name="PatientName">Müller</element>',
        '<element tag="0028,1101" vr="US" vm="3000" len="6000" name="RedPaletteColorLookupTableDescriptor" loaded="no">'
        "</element>",
        '<element tag="7fe0,0010" vr="OW" vm="1" len="4" name="PixelData" binary="hidden"></element>',
        "</data-set>",
        "</file-format>",
    ]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("+M", ">513\\513\\513"),
        ("+R 6", ">513\\513\\513"),
        ("-M", 'loaded="no"></element>'),
        ("-Wn", '<element tag="0008,0060" vr="CS" vm="1" len="2">CT</element>'),
        ("+Wb", 'binary="yes">0201\\0403</element>'),
        ("+Wb +Eb", 'binary="base64">AgEEAw==</element>'),
        ("+Wb +Eh", 'binary="yes">0201\\0403</element>'),
        ("+Xn", '<file-format xmlns="http://dicom.offis.de/dcmtk">'),
        (
            "+Xn -f",
            '<data-set xfer="1.2.840.10008.1.2.1" name="Little Endian Explicit" xmlns="http://dicom.offis.de/dcmtk">',
        ),
        ("+Xd", '<!DOCTYPE file-format SYSTEM "dcm2xml.dtd">'),
        ("+Xe", "<!ATTLIST element tag CDATA #REQUIRED>"),
        ("-nat", '<NativeDicomModel xml:space="preserve">'),
        ("-nat +Xn", '<NativeDicomModel xml:space="preserve" xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'),
        ("-nat +Eb", "<InlineBinary>AQIDBA==</InlineBinary>"),
        ("-nat", '<BulkData uuid="'),
    ],
)
def test_options(tool: Tool, build: object, tmp_path: Path, ct: Path, options: str, line: str) -> None:
    if "-f" in options.split():
        ct.write_bytes(build.element(0x00080060, "CS", b"CT"))
    result = tool("dcm2xml", *options.split(), str(ct))
    assert result.code == 0
    assert line in result.out.decode("latin-1")
    ElementTree.fromstring(result.out)


def test_references_are_random_uuids(tool: Tool, ct: Path) -> None:
    import re
    import uuid

    found = [re.search(rb'uuid="(.*?)"', tool("dcm2xml", "-nat", str(ct)).out) for _ in range(2)]
    first, second = [uuid.UUID(match[1].decode()) for match in found if match]
    assert first != second
    assert (first.version, first.variant) == (4, uuid.RFC_4122)


def test_a_bare_data_set(tool: Tool, build: object, tmp_path: Path) -> None:
    path = tmp_path / "bare"
    path.write_bytes(build.element(0x00080060, "CS", b"CT"))
    lines = tool("dcm2xml", str(path)).out.decode().splitlines()
    assert lines[1:4] == [
        "<file-format>",
        '<meta-header xfer="" name="Unknown Transfer Syntax">',
        "</meta-header>",
    ]
    assert tool("dcm2xml", "-f", str(path)).out.decode().splitlines()[1].startswith("<data-set")


def test_converted_to_utf8(tool: Tool, ct: Path) -> None:
    text = tool("dcm2xml", "+U8", str(ct)).out.decode()
    assert 'encoding="UTF-8"' in text
    assert '<element tag="0010,0010" vr="PN" vm="1" len="8" name="PatientName">Müller</element>' in text
    assert ">ISO_IR 192</element>" in text


def test_extended_text_needs_a_character_set(tool: Tool, build: object, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(build.file(build.element(0x00080060, "CS", b"\xe4 "), build.element(0x00100010, "PN", b"M\xfcller")))
    result = tool("dcm2xml", str(path))
    assert result.code == CODES["no character set"]
    assert "element absent (on the main data set level) but extended characters used in file" in result.err
    result = tool("dcm2xml", "+Ca", "latin-1", str(path))
    assert result.out.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    assert b'<element tag="0008,0005" vr="CS" vm="1" len="10" name="SpecificCharacterSet">ISO_IR 100</element>' in result.out
    assert b">M\xfcller<" in result.out
    result = tool("dcm2xml", "+Ca", "ISO_IR 126", "+U8", str(path))
    assert ">Mόller<".encode() in result.out
    assert b">ISO_IR 192<" in result.out
    result = tool("dcm2xml", "+Ca", "latin-9", str(path))
    assert result.code == CODES["no character set"]
    assert result.err.startswith("F: dcm2xml: Character set 'latin-9' specified with option --charset-assume not supported")
    path.write_bytes(build.file(build.element(0x00080060, "CS", b"\xe4 ")))
    assert tool("dcm2xml", str(path)).code == 0
    ElementTree.fromstring(tool("dcm2xml", str(path)).out)
    assert tool("dcm2xml", "+Cc", str(path)).code == CODES["no character set"]
    assert tool("dcm2xml", "+Cc", "+Cr", str(path)).code == CODES["no character set"]


@pytest.mark.parametrize("charset", [b"\\ISO 2022 IR 87 ", b"GB18030 ", b"", b"nonsense"])
def test_character_sets_without_a_name_in_xml(tool: Tool, build: object, tmp_path: Path, charset: bytes) -> None:
    path = tmp_path / "a.dcm"
    name = "山田".encode("gb18030") if charset.startswith(b"GB") else b"\x1b$B;3ED\x1b(B"
    path.write_bytes(build.file(build.element(0x00080005, "CS", charset), build.element(0x00100010, "PN", name)))
    result = tool("dcm2xml", str(path))
    assert result.out.startswith(b'<?xml version="1.0"?>\n')
    assert ">山田</element>" in result.out.decode()
    value = charset.decode().strip()
    assert value in result.out.decode()
    assert ("has no name in XML" in tool("dcm2xml", "-v", str(path)).err) == bool(charset)


def test_directories_have_offsets_and_a_warning(tool: Tool, pydicom_files: list[Path]) -> None:
    (path,) = [path for path in pydicom_files if path.name == "DICOMDIR" and path.parent.name == "dicomdirtests"]
    result = tool("dcm2xml", str(path))
    assert '<item card="7" len="106" offset="396">' in result.out.decode()
    assert result.err.startswith("W: dcm2xml: this is a DICOMDIR file")
    assert tool("dcm2xml", "+U8", str(path)).err == ""
    native = tool("dcm2xml", "-nat", str(path))  # DCMTK breaks off
    assert native.code == 0
    ElementTree.fromstring(native.out)


def test_characters_that_xml_does_not_have(tool: Tool, build: object, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(build.file(build.element(0x00104000, "LT", b"a\x0cb\x01")))
    for form in ("-dtk", "-nat"):
        result = tool("dcm2xml", form, str(path))
        assert b">a?b?<" in result.out
        assert "2 characters that XML does not have were replaced by question marks" in result.err


def test_exit_codes(tool: Tool, build: object, tmp_path: Path, ct: Path) -> None:
    assert tool("dcm2xml", str(tmp_path / "none")).code == CODES["not read"]
    (tmp_path / "text").write_text("this is no DICOM file at all")
    result = tool("dcm2xml", str(tmp_path / "text"))
    assert result.code == CODES["not read"]
    assert result.err.startswith("E: dcm2xml: error (")
    damaged = tmp_path / "damaged.dcm"
    damaged.write_bytes(ct.read_bytes()[:-2])
    assert tool("dcm2xml", str(damaged)).code == CODES["not read"]
    assert tool("dcm2xml", str(ct), str(tmp_path / "none" / "x.xml")).code == CODES["not created"]
    content = ct.read_bytes()
    result = tool("dcm2xml", str(ct), str(ct))
    assert (result.code, result.err) == (CODES["not created"], f"E: dcm2xml: input and output are the same file: {ct}\n")
    assert ct.read_bytes() == content
    assert tool("dcm2xml", "").code == CODES["no name"]
    assert tool("dcm2xml", str(ct), "a", "b").code == 1
    if os.path.exists("/dev/full"):
        result = tool("dcm2xml", str(ct), "/dev/full")
        assert result.code == CODES["not written"]
        assert "writing file: /dev/full" in result.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("+Eb", "--encode-base64 only allowed with --write-binary-data"),
        ("+Eh", "--encode-hex only allowed with --write-binary-data"),
        ("+Eu", "--encode-uuid only allowed with --native-format"),
        ("-nat +Wn", "--write-element-name not allowed with --native-format"),
        ("-nat +Wb", "--write-binary-data not allowed with --native-format"),
        ("-nat +Xd", "--add-dtd-reference not allowed with --native-format"),
        ("+Xf x", "--use-dtd-file only allowed with --embed-dtd-content"),
        ("-te", "--read-xfer-little only allowed with --read-dataset"),
        ("+R 3", "Invalid value for option --max-read-length"),
    ],
)
def test_options_that_do_not_go_together(tool: Tool, ct: Path, options: str, message: str) -> None:
    result = tool("dcm2xml", *options.split(), str(ct))
    assert result.code == 1
    assert f"error: {message}" in result.err


def test_a_dtd_of_ones_own(tool: Tool, tmp_path: Path, ct: Path) -> None:
    dtd = tmp_path / "own.dtd"
    dtd.write_text("<!ELEMENT a ANY>\n")
    assert b"<!DOCTYPE file-format [\n<!ELEMENT a ANY>\n]>" in tool("dcm2xml", "+Xe", "+Xf", str(dtd), str(ct)).out
    result = tool("dcm2xml", "+Xe", "+Xf", str(tmp_path / "none"), str(ct))
    assert b'<!DOCTYPE file-format SYSTEM "dcm2xml.dtd">' in result.out
    assert "does not exist ... adding reference instead" in result.err


def test_into_a_file(tool: Tool, tmp_path: Path, ct: Path) -> None:
    target = tmp_path / "ct.xml"
    assert tool("dcm2xml", str(ct), str(target)).code == 0
    assert target.read_bytes() == tool("dcm2xml", str(ct)).out == tool("dcm2xml", str(ct), "-").out


def test_standard_input(tool: Tool, ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(ct.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert b">CT</element>" in tool("dcm2xml", "-").out


def test_many_files(tool: Tool, tmp_path: Path, ct: Path) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.dcm").write_bytes(ct.read_bytes())
    (folder / "text.dcm").write_text("no DICOM file at all")
    out = tmp_path / "out"
    result = tool("dcm2xml", "-od", str(out), "+sd", "+r", str(tmp_path / "in"))
    assert result.code == 1
    assert sorted(path.name for path in (out / "deep").iterdir()) == [f"{number}.dcm.xml" for number in range(5)]
    assert (out / "deep" / "3.dcm.xml").read_bytes() == tool("dcm2xml", str(ct)).out
    assert tool("dcm2xml", "-od", str(out), "+sd", "+sp", "*.none", str(tmp_path)).code == 1
    assert "would both be written" in tool("dcm2xml", "-od", str(out), str(ct), str(ct)).err


def test_starting_loads_no_more_than_needed(ct: Path) -> None:
    script = (
        "import sys; from dicomkit.cli import run; from io import BytesIO\n"
        f"run(['dcm2xml', {str(ct)!r}], BytesIO(), sys.stderr)\n"
        "print(*sorted(set(sys.modules) & {'re', 'enum', 'numpy', 'typing', 'dataclasses', 'pathlib', 'xml', 'uuid',\n"
        "    'dicomkit.dataset', 'dicomkit.dataset.text'}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(dicomkit.__file__).parents[1])}
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_dictionaries_of_the_user(tool: Tool, build: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dictionary = tmp_path / "local.dic"
    dictionary.write_text('(0009,"ME",01)\tDS\tTubeFactor\t1\tLocal\n')
    path = tmp_path / "a.dcm"
    elements = build.implicit(0x00090010, b"ME") + build.implicit(0x00091001, b"1.5 ")
    path.write_bytes(build.file(elements, transfer_syntax="1.2.840.10008.1.2"))
    assert 'vr="UN"' in tool("dcm2xml", str(path)).out.decode()
    monkeypatch.setenv("DCMDICTPATH", str(dictionary))
    result = tool("dcm2xml", str(path))
    assert '<element tag="0009,1001" vr="DS" vm="1" len="4" name="TubeFactor">1.5</element>' in result.out.decode()
    (tmp_path / "a.xml").write_bytes(tool("dcm2xml", "-nat", str(path)).out.replace(b' vr="DS"', b""))
    assert tool("xml2dcm", str(tmp_path / "a.xml"), str(tmp_path / "b.dcm")).code == 0
    assert b"\x09\0\x01\x10DS\x04\x001.5 " in (tmp_path / "b.dcm").read_bytes()

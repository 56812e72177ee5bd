"""Reading XML: what is refused, what an error says, and that nothing in a document costs more than its size."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, ParseError
from dicomkit.formats.xml import from_xml, to_xml
from dicomkit.formats.xml_reader import read_document

NATIVE = '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">'
NAME = '<DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Alphabetic><FamilyName>A</FamilyName></Alphabetic>'
NAME += "</PersonName></DicomAttribute>"


def native(content: str) -> str:
    return f"{NATIVE}\n{content}\n</NativeDicomModel>"


def dcmtk(content: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<data-set xfer="1.2.840.10008.1.2.1">\n{content}\n</data-set>'


# -- what a document may be


@pytest.mark.parametrize(
    "document",
    [
        native(NAME),
        native(NAME).replace(NATIVE, "<NativeDicomModel>"),
        native(NAME).replace("<", "<n:").replace("<n:/", "</n:").replace("xmlns=", "xmlns:n="),
        f'<?xml version="1.0" encoding="UTF-8"?><!-- a comment --><?pi?>{native(NAME)}',
        native(NAME).encode("utf-16"),
        b"\xef\xbb\xbf" + native(NAME).encode(),
        dcmtk('<element tag="0010,0010" vr="PN">A</element>'),
        dcmtk('<element tag="0010,0010" vr="PN">A</element>').replace(" xfer", ' xmlns="http://dicom.offis.de/dcmtk" xfer'),
        dcmtk('<element tag="0010,0010" vr="PN"><![CDATA[A]]></element>', '<!DOCTYPE data-set SYSTEM "dcm2xml.dtd">'),
    ],
)
def test_forms_of_one_document(document: str | bytes) -> None:
    assert from_xml(document) == Dataset(PatientName="A")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "ISO-8859-7", "US-ASCII", "windows-1252"])
def test_documents_in_other_encodings(encoding: str) -> None:
    text = native(NAME).replace(">A<", "&#233;<".join([">", ""]))
    document = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode("ascii")
    assert from_xml(document).PatientName == "é"
    if encoding != "US-ASCII":
        letter = "Δ" if encoding.endswith("7") else "é"
        document = f'<?xml version="1.0" encoding="{encoding}"?>{native(NAME.replace(">A<", f">{letter}<"))}'.encode(
            encoding
        )
        assert from_xml(document).PatientName == letter


@pytest.mark.parametrize(
    "encoding", ["x", "rot13", "zlib", "big5", "utf-7", "idna", "undefined", "punycode", "utf-32", "cp037"]
)
def test_documents_in_encodings_that_are_not_known(encoding: str) -> None:
    with pytest.raises(ParseError, match="line 1: no XML"):
        from_xml(f'<?xml version="1.0" encoding="{encoding}"?>{native(NAME)}'.encode())


def test_text_that_cannot_be_in_a_document() -> None:
    with pytest.raises(ParseError, match="line 1: no XML"):
        from_xml(native("\ud800"))


def test_files_are_read_in_pieces() -> None:
    class File(io.BytesIO):
        name = "a.xml"

        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7) if size and size > 0 else size)

    assert from_xml(File(native(NAME).encode())) == Dataset(PatientName="A")
    with pytest.raises(ParseError, match=r"a\.xml: line 3: no XML"):
        from_xml(File(native(NAME).encode()[:-10]))


def test_methods_of_a_data_set() -> None:
    ds = Dataset.from_xml(native(NAME))
    assert ds == Dataset(PatientName="A")
    assert ds.to_xml() == to_xml(ds)


# -- errors


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "line 1: no XML: no element found"),
        ("<a/>", "line 1: the root element is 'a': neither"),
        ("plain", "line 1: no XML: syntax error"),
        (native(NAME)[:-5], "line 3: no XML: unclosed token"),
        (native("</x>"), "line 2: no XML: mismatched tag"),
        ('<NativeDicomModel xmlns="http://x"/>', "'http://x' is not the namespace of NativeDicomModel"),
        (native("<x/>"), "line 2: an element 'x' cannot be here"),
        (native("<DicomAttribute/>"), "line 2: '' is no tag of eight hexadecimal digits"),
        (native('<DicomAttribute tag="0010001G"/>'), "'0010001G' is no tag"),
        (native('<DicomAttribute tag="00100020" vr="ZZ"/>'), "'ZZ' is no VR in (0010,0020)"),
        (native('<DicomAttribute tag="00111020"/>'), "the element has no VR in (0011,1020)"),
        (native('<DicomAttribute tag="FFFEE000" vr="UN"/>'), "this tag cannot be in a data set in (FFFE,E000)"),
        (native('<DicomAttribute tag="00100020" vr="LO" privateCreator="X"/>'), "a public element has no private creator"),
        (native('<DicomAttribute tag="00280010" vr="US"><Value number="1">x</Value></DicomAttribute>'), "'x' is no integer"),
        (
            native('<DicomAttribute tag="00280010" vr="US"><Value number="1">65536</Value></DicomAttribute>'),
            "65536 is not an integer from 0 to 65535 in (0028,0010)",
        ),
        (
            native('<DicomAttribute tag="00080008" vr="CS"><Value number="x">A</Value></DicomAttribute>'),
            "'x' is no number of a value",
        ),
        (
            native('<DicomAttribute tag="00080008" vr="CS"><Value number="1">A</Value><Value number="1"/></DicomAttribute>'),
            "two values have one number",
        ),
        (
            native('<DicomAttribute tag="00080008" vr="CS"><Value number="4000000000">A</Value></DicomAttribute>'),
            "value 4000000000 of 1",
        ),
        (native('<DicomAttribute tag="00080008" vr="CS"><Item number="1"/></DicomAttribute>'), "CS has no items"),
        (
            native('<DicomAttribute tag="00081140" vr="SQ"><Value number="1"/></DicomAttribute>'),
            "a sequence has items, not values",
        ),
        (
            native('<DicomAttribute tag="00420011" vr="OB"><Value number="1">1</Value></DicomAttribute>'),
            "OB has InlineBinary",
        ),
        (
            native('<DicomAttribute tag="00420011" vr="OB"><InlineBinary>AB=</InlineBinary></DicomAttribute>'),
            "the end of base64 is missing in (0042,0011)",
        ),
        (
            native('<DicomAttribute tag="00420011" vr="OB"><InlineBinary>A*==</InlineBinary></DicomAttribute>'),
            "not base64",
        ),
        (
            native('<DicomAttribute tag="00280010" vr="US"><InlineBinary>AQID</InlineBinary></DicomAttribute>'),
            "3 bytes are not a number of values of 2 bytes",
        ),
        (native('<DicomAttribute tag="00420011" vr="OB"><BulkData/></DicomAttribute>'), "BulkData has neither uri nor uuid"),
        (
            native(
                '<DicomAttribute tag="00081140" vr="SQ"><Item number="1"/><Item number="2">\n'
                '<DicomAttribute tag="00020010" vr="UI"/></Item></DicomAttribute>'
            ),
            "line 3: this tag cannot be in a data set in (0008,1140)[1].(0002,0010)",
        ),
        ("<file-format/>", "the document has no data set"),
        ("<file-format><data-set/><data-set/></file-format>", "the document has two data sets"),
        (dcmtk('<element tag="00100010" vr="PN"/>'), "'00100010' is no tag, as 0010,0020 is one"),
        (dcmtk('<element tag="-010,0010" vr="PN"/>'), "is no tag"),
        (dcmtk('<element tag="0008,1140" vr="SQ"/>'), "a sequence is no element"),
        (dcmtk('<sequence tag="0008,1140" vr="LO"/>'), "a sequence has the VR SQ, not LO"),
        (
            dcmtk('<sequence tag="0008,1140" vr="SQ"><pixel-item/></sequence>'),
            "only encapsulated pixel data has pixel-items",
        ),
        (
            dcmtk('<sequence tag="7fe0,0010" vr="OB"><item/></sequence>'),
            "encapsulated pixel data has pixel-items, not items",
        ),
        (dcmtk('<element tag="0042,0011" vr="OB" binary="file">x</element>'), "the value is in a file, which is not opened"),
        (dcmtk('<element tag="0042,0011" vr="OB" loaded="no"/>'), "the value is not in the document: it is not loaded"),
        (dcmtk('<element tag="0042,0011" vr="OB">01\\xx</element>'), "hexadecimal numbers of up to 2 digits are needed"),
        (dcmtk('<element tag="0042,0011" vr="OB">01\\123</element>'), "hexadecimal numbers of up to 2 digits are needed"),
        (dcmtk('<element tag="0042,0011" vr="OB" binary="base64">A</element>'), "the end of base64 is missing"),
        (dcmtk('<element tag="0066,0016" vr="OF">1\\x</element>'), "'x' is no number in (0066,0016)"),
        (dcmtk('<element tag="0018,1100" vr="DS">1\\x</element>'), "'x' is no number in (0018,1100)"),
        (dcmtk('<element tag="0018,1100" vr="DS">1e999</element>'), "'1e999' is out of range in (0018,1100)"),
        (dcmtk('<element tag="0018,1100" vr="DS">nan</element>'), "nan cannot be written as a decimal string"),
    ],
)
def test_errors_say_where_and_what(document: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        from_xml(document)
    assert message in str(caught.value)
    assert str(caught.value).count("line ") == 1


@pytest.mark.parametrize(
    ("vr", "text", "written"),
    [
        ("DS", "105.00", b"105.00"),
        ("DS", " 1.50\\+2 ", b"1.50\\+2 "),
        ("DS", "0.30000000000000004", b"0.3 "),  # more than 16 characters
        ("IS", "+05", b"+05 "),
        ("IS", "5.0", b"5 "),
        ("IS", "", b""),
    ],
)
def test_numbers_keep_their_digits(vr: str, text: str, written: bytes) -> None:
    for tag in ("0018,1100", "0011,1001"):
        ds = from_xml(dcmtk(f'<element tag="{tag}" vr="{vr}">{text}</element>'))
        assert ds.to_bytes(meta="none")[8:] == written
    values = "".join(f"<Value>{value}</Value>" for value in text.split("\\"))
    ds = from_xml(native(f'<DicomAttribute tag="00110001" vr="{vr}" privateCreator="ME">{values}</DicomAttribute>'))
    assert ds.to_bytes(meta="none")[18:] == written


def test_errors_can_be_collected() -> None:
    document = native(
        '<DicomAttribute tag="00280010" vr="US"><Value number="1">x</Value></DicomAttribute>\n'
        + NAME
        + '<DicomAttribute tag="00420011" vr="OB"><InlineBinary>A*==</InlineBinary></DicomAttribute>'
        '<DicomAttribute tag="00420012" vr="LO"><BulkData uri="x"/></DicomAttribute>'
        '<x><y/><DicomAttribute tag="00280010" vr="US"/></x>'
    )
    errors: list[ParseError] = []
    assert from_xml(document, on_error=errors.append) == Dataset(PatientName="A")
    assert [error.path for error in errors] == ["(0028,0010)", "(0042,0011)", "(0042,0012)", ""]
    assert [error.reason.partition(":")[0] for error in errors] == ["line 2", "line 3", "line 3", "line 3"]
    with pytest.raises(ParseError, match="no XML"):
        from_xml("<NativeDicomModel>", on_error=errors.append)


def test_what_may_be_missing() -> None:
    document = native(
        '<DicomAttribute tag="00100020"><Value>A</Value></DicomAttribute>'
        '<DicomAttribute tag="00080008" vr="CS"><Value number="3">C</Value><Value number="1">A</Value></DicomAttribute>'
        '<DicomAttribute tag="00290008" privateCreator="SIEMENS CSA HEADER"><Value>X</Value></DicomAttribute>'
        '<DicomAttribute tag="00080000" vr="UL"><Value number="1">4</Value></DicomAttribute>'
        '<DicomAttribute tag="00100010" vr="PN"><PersonName/></DicomAttribute>'
    )
    ds = from_xml(document)
    assert ds.PatientID == "A"
    assert ds.ImageType == ("A", "", "C")
    assert ds[0x00290010].value == "SIEMENS CSA HEADER"
    assert (ds[0x00291008].vr, ds[0x00291008].value) == ("CS", "X")
    assert ds.PatientName is None
    assert 0x00080000 not in ds


def test_creators_may_come_after_their_elements() -> None:
    ds = from_xml(
        native(
            '<DicomAttribute tag="00090001" vr="SH" privateCreator="B"><Value>b</Value></DicomAttribute>'
            '<DicomAttribute tag="00090001" vr="SH" privateCreator="A"><Value>a</Value></DicomAttribute>'
            '<DicomAttribute tag="00090010" vr="LO"><Value>A</Value></DicomAttribute>'
            '<DicomAttribute tag="00090002" vr="DS" privateCreator="A"><Value>1</Value></DicomAttribute>'
            '<DicomAttribute tag="00090003" vr="SQ" privateCreator="A"><Item number="1"/></DicomAttribute>'
        )
    )
    assert {element.tag: element.value for element in ds if element.vr != "SQ"} == {
        0x00090010: "A",
        0x00090011: "B",
        0x00091001: "a",
        0x00091002: 1.0,
        0x00091101: "b",
    }
    assert len(ds[0x00091003].value) == 1


def test_line_ends_around_values_do_not_count() -> None:
    ds = from_xml(
        dcmtk(
            '<element tag="0008,0008" vr="CS">\n  A\\B\n</element><element tag="0018,0050" vr="DS">\n 1.5\\ 2 \n</element>'
            '<element tag="0010,4000" vr="LT">\n x\n</element><element tag="0028,0010" vr="US">\n 5 \n</element>'
            '<element tag="0028,0009" vr="AT">(0018,1063)\\(00fe,00ab)\n</element>'
            '<element tag="0042,0011" vr="OB">\n 01\\\n02 </element><element tag="0010,0010" vr="PN"> A \n</element>'
        )
    )
    assert ds.ImageType == ("A", "B")
    assert ds.SliceThickness == (1.5, 2.0)
    assert ds.PatientComments == "\n x\n"
    assert ds.Rows == 5
    assert ds.FrameIncrementPointer == (0x00181063, 0x00FE00AB)
    assert ds.EncapsulatedDocument == b"\1\2"
    assert ds.PatientName == " A"


def test_old_names_of_several_vrs() -> None:
    ds = from_xml(
        dcmtk(
            '<element tag="0028,0106" vr="xs">5</element><element tag="0028,3006" vr="lt">0001\\0002</element>'
            '<element tag="0004,1200" vr="up">7</element><element tag="0028,1201" vr="ox">0102</element>'
        )
    )
    assert [(element.vr, element.value) for element in ds] == [
        ("UL", 7),
        ("US", 5),
        ("OW", b"\2\1"),
        ("OW", b"\1\0\2\0"),
    ]


# -- safety


ENTITIES = [
    '<!DOCTYPE data-set [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE data-set [<!ENTITY % a "x">]>',
    '<!DOCTYPE data-set [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE data-set [<!ENTITY a PUBLIC "x" "http://localhost/">]>',
    '<!DOCTYPE data-set [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "x" NDATA n>]>',
    '<!DOCTYPE data-set [<!ENTITY % remote SYSTEM "http://localhost/x.dtd"> %remote;]>',
]


@pytest.mark.parametrize("doctype", ENTITIES)
def test_entities_are_refused(doctype: str) -> None:
    with pytest.raises(ParseError, match="entities are not allowed"):
        from_xml(dcmtk('<element tag="0010,0020" vr="LO">x</element>', doctype))


@pytest.mark.parametrize("doctype", ["", '<!DOCTYPE data-set SYSTEM "dcm2xml.dtd">', "<!DOCTYPE data-set [%x;]>"])
def test_undeclared_entities_do_not_vanish(doctype: str) -> None:
    with pytest.raises(ParseError, match=r"entities are not allowed|undefined entity"):
        from_xml(dcmtk('<element tag="0010,0020" vr="LO">&x;</element>', doctype))


def test_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    audit = [True]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if audit[0] and event in ("open", "socket.connect", "urllib.Request"):
            opened.append(arguments)

    document = dcmtk('<element tag="0010,0020" vr="LO">x</element>', '<!DOCTYPE data-set SYSTEM "/etc/passwd">')
    from_xml(document)  # once, so that all is imported
    sys.addaudithook(hook)
    try:
        from_xml(document)
    finally:
        audit[0] = False
    assert opened == []


def test_declared_attributes_do_not_count() -> None:
    doctype = '<!DOCTYPE data-set [<!ATTLIST element binary CDATA "file"><!ATTLIST element vr CDATA "LO">]>'
    with pytest.raises(ParseError, match="no VR"):
        from_xml(dcmtk('<element tag="0011,1020">x</element>', doctype))
    assert from_xml(dcmtk('<element tag="0010,0020" vr="LO">x</element>', doctype)).PatientID == "x"


def seconds(document: str | bytes) -> float:
    began = time.process_time()
    with contextlib.suppress(ParseError):
        from_xml(document)
    return time.process_time() - began


@pytest.mark.parametrize(
    "document",
    [
        dcmtk("", "<!DOCTYPE data-set [" + '<!ATTLIST element a CDATA "x">' * 100_000 + "]>"),
        dcmtk("", "<!DOCTYPE data-set [<!ELEMENT element " + "(" * 100_000 + "]>"),
        "<" * 1_000_000,
        "<a>" * 300_000,
        native("<x>" * 300_000),
        native('<DicomAttribute tag="00081140" vr="SQ"><Item number="1">' * 20_000),
        dcmtk('<sequence tag="0008,1140" vr="SQ"><item>' * 20_000),
        native('<DicomAttribute tag="00100020" vr="LO">' * 20_000),
        f'<NativeDicomModel {"a" * 1_000_000}="1"/>',
        "<NativeDicomModel " + " ".join([f'a{number}="1"' for number in range(50_000)]) + "/>",
        native(f'<DicomAttribute tag="{"0" * 1_000_000}"/>'),
        native('<DicomAttribute tag="00280010" vr="US"><Value number="1">' + "9" * 1_000_000 + "</Value></DicomAttribute>"),
        native('<DicomAttribute tag="00200013" vr="IS"><Value number="1">' + "9" * 1_000_000 + "</Value></DicomAttribute>"),
        native('<DicomAttribute tag="00180050" vr="DS"><Value number="1">' + "9" * 1_000_000 + "</Value></DicomAttribute>"),
        native("".join([f'<DicomAttribute tag="00090001" vr="SH" privateCreator="C{number}"/>' for number in range(500)])),
        native(
            '<DicomAttribute tag="00420011" vr="OB"><InlineBinary>' + "A\n" * 500_000 + "</InlineBinary></DicomAttribute>"
        ),
        dcmtk('<element tag="0042,0011" vr="OB">' + "1\\" * 300_000 + "</element>"),
        native("<!--" + "x" * 1_000_000 + "-->"),
    ],
)
def test_no_document_takes_long(document: str) -> None:
    assert seconds(document) < 2.0


def test_no_reference_cycles_keep_a_document() -> None:
    import gc

    from_xml(native(NAME))
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            from_xml(native(NAME))
        assert gc.collect() == 0
    finally:
        gc.enable()


DOCUMENT = to_xml(
    dicomkit.Dataset(PatientName="A^B=C", ImageType=["A", "B"], Rows=3, EncapsulatedDocument=b"abcdef", SliceThickness=1.5)
)


@given(st.data())
@settings(max_examples=150)
def test_damaged_documents_are_errors_or_data_sets(data: st.DataObject) -> None:
    document = bytearray(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(document)))
        piece = data.draw(
            st.sampled_from((b"", b"<", b">", b"&", b"\0", b"&#0;", b"\xff", b"</Value>", b"<Item>", b'"', b"1"))
        )
        document[place : place + data.draw(st.integers(0, 3))] = piece
    try:
        ds = from_xml(bytes(document))
    except ParseError as error:
        assert "line " in str(error)
    else:
        assert isinstance(to_xml(ds), bytes)


@given(st.text("<>/&;'\"= aA01DicomtrueValuNvPrsItBlkxy#", max_size=200))
def test_garbage_is_an_error(text: str) -> None:
    with pytest.raises(ParseError):
        read_document(native("<" + text))

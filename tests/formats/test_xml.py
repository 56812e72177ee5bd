"""Data sets as XML and back: the rules of PS3.19 A.1, both forms, round trips."""

from __future__ import annotations

import base64
import io
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, ParseError
from dicomkit.errors import SourceChanged
from dicomkit.formats.xml import Page, from_xml, reference, to_xml, write_document, write_xml
from tests.reference.encoding import (
    BIG,
    EXPLICIT,
    EXPLICIT_BIG,
    JPEG,
    Element,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
)

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
MODELS = ("native", "dcmtk")


def read(*nodes: Node, **options: Any) -> Dataset:
    return dicomkit.read(file_bytes(nodes), **options)


def native(ds: Dataset, **options: Any) -> list[str]:
    """The lines of the elements in the native model."""
    lines = to_xml(ds, **options).decode().splitlines()
    assert lines[:2] == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<NativeDicomModel xml:space="preserve" xmlns="{NAMESPACE}">',
    ]
    assert lines[-1] == "</NativeDicomModel>"
    return lines[2:-1]


def dcmtk(ds: Dataset, **options: Any) -> list[str]:
    """The lines of the elements of the data set in DCMTK's form."""
    text = to_xml(ds, model="dcmtk", **options).decode()
    ElementTree.fromstring(text)
    return text.partition("<data-set")[2].splitlines()[1:-2]


# -- the Native DICOM Model (PS3.19 table A.1.5-2)


def test_values_are_numbered() -> None:
    assert native(read(Element(0x00080008, "CS", b"MPG\\\\XR3"))) == [
        '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType">',
        '<Value number="1">MPG</Value>',
        '<Value number="2"></Value>',
        '<Value number="3">XR3</Value>',
        "</DicomAttribute>",
    ]


def test_an_empty_value_field_has_no_values() -> None:
    assert native(read(Element(0x00080008, "CS"), Element(0x00100010, "PN"), Element(0x00420011, "OB"))) == [
        '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType">',
        "</DicomAttribute>",
        '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName">',
        "</DicomAttribute>",
        '<DicomAttribute tag="00420011" vr="OB" keyword="EncapsulatedDocument">',
        "</DicomAttribute>",
    ]


def test_names_have_their_components() -> None:
    ds = read(Element(0x00080005, "CS", b"ISO_IR 192"), Element(0x00100010, "PN", "Wang^Xiao^^Dr=王^小東 ".encode()))
    assert native(ds)[3:] == [
        '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName">',
        '<PersonName number="1">',
        "<Alphabetic>",
        "<FamilyName>Wang</FamilyName>",
        "<GivenName>Xiao</GivenName>",
        "<NamePrefix>Dr</NamePrefix>",
        "</Alphabetic>",
        "<Ideographic>",
        "<FamilyName>王</FamilyName>",
        "<GivenName>小東</GivenName>",
        "</Ideographic>",
        "</PersonName>",
        "</DicomAttribute>",
    ]


@pytest.mark.parametrize(
    "name", ["A", "A^", "A^^^^", "^B", "A=", "=B", "A==C", "==C^", "A^B^C^D^E^F", "A=B=C=D", "=", "A^B\\\\C^^", "^\\="]
)
@pytest.mark.parametrize("model", MODELS)
def test_names_come_back(name: str, model: str) -> None:
    value = name.encode() + b" " * (len(name) % 2)
    ds = read(Element(0x00081048, "PN", value))
    assert from_xml(to_xml(ds, model=model)).PhysiciansOfRecord == ds.PhysiciansOfRecord


def test_tags_are_eight_capital_digits() -> None:
    ds = read(Element(0x00280009, "AT", bytes.fromhex("54006510 7200ab00")))
    assert native(ds)[1:3] == ['<Value number="1">00541065</Value>', '<Value number="2">007200AB</Value>']
    assert from_xml(to_xml(ds)) == ds


def test_private_elements_name_their_creator_and_not_their_block() -> None:
    ds = read(
        Element(0x00090010, "LO", b"FIRST "),
        Element(0x00090011, "LO", b'<"&> '),
        Element(0x00091002, "SH", b"a "),
        Element(0x00091102, "SH", b"b "),
        Element(0x00091202, "SH", b"c "),
        Element(0x00091300, "SH", b"d "),
    )
    lines = [line for line in native(ds) if line.startswith("<D")]
    assert lines[2:] == [
        '<DicomAttribute tag="00090002" vr="SH" privateCreator="FIRST">',
        '<DicomAttribute tag="00090002" vr="SH" privateCreator="&lt;&quot;&amp;&gt;">',
        '<DicomAttribute tag="00091202" vr="SH">',
        '<DicomAttribute tag="00091300" vr="SH">',
    ]
    assert from_xml(to_xml(ds)) == ds


def test_two_blocks_of_one_creator_stay_apart() -> None:
    ds = read(
        Element(0x00090010, "LO", b"SAME"),
        Element(0x00090011, "LO", b"SAME"),
        Element(0x00091000, "SH", b"a "),
        Element(0x00091100, "SH", b"b "),
    )
    assert from_xml(to_xml(ds)) == ds


def test_group_lengths_are_left_out() -> None:
    ds = read(Element(0x00080000, "UL", bytes(4)), Element(0x00080060, "CS", b"CT"), Element(0x00090000, "UL", bytes(4)))
    assert from_xml(to_xml(ds)).keys() == [0x00080060]


def test_bytes_are_little_endian_base64() -> None:
    value = struct.pack("<HHf", 1, 2, 0.1)
    for node, data in ((EXPLICIT, value), (BIG, struct.pack(">HHf", 1, 2, 0.1))):
        nodes = [Element(0x00281201, "OW", data[:4]), Element(0x00660016, "OF", data[4:])]
        ds = dicomkit.read(
            file_bytes(nodes, EXPLICIT_BIG if node is BIG else "1.2.840.10008.1.2.1"),
        )
        found = [line for line in native(ds) if line.startswith("<Inline")]
        assert found == [
            f"<InlineBinary>{base64.b64encode(part).decode()}</InlineBinary>" for part in (value[:4], value[4:])
        ]
        assert from_xml(to_xml(ds))[0x00660016].value == value[4:]


def test_encapsulated_pixel_data_is_its_value_field() -> None:
    ds = dicomkit.read(file_bytes([PixelFragments((b"", b"\xff\xd8ab\xff\xd9", b"xx"))], JPEG))
    field = bytes.fromhex("feff00e000000000 feff00e006000000 ffd86162ffd9 feff00e002000000 7878")
    assert native(ds)[1] == f"<InlineBinary>{base64.b64encode(field).decode()}</InlineBinary>"
    back = from_xml(to_xml(ds, meta=True))
    assert back == ds
    assert back["PixelData"].is_encapsulated
    assert dicomkit.read(back.to_bytes()) == ds
    with pytest.raises(dicomkit.EncodeError, match="encapsulated"):
        from_xml(to_xml(ds)).to_bytes()  # nothing tells the transfer syntax


def test_file_meta_information_only_if_asked_for() -> None:
    ds = read(Element(0x00080060, "CS", b"CT"))
    assert b"00020010" not in to_xml(ds)
    back = from_xml(to_xml(ds, meta=True))
    assert back == ds
    assert back.file_meta is not None
    assert back.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_items_are_numbered_and_nested() -> None:
    inner = Sequence(0x00081199, (Item(), Item((Element(0x00081150, "UI", b"1.2\0"),))))
    ds = read(Sequence(0x00081140, (Item((inner,)),)))
    assert [line for line in native(ds) if "tem" in line] == [
        '<Item number="1">',
        '<Item number="1">',
        "</Item>",
        '<Item number="2">',
        "</Item>",
        "</Item>",
    ]
    assert from_xml(to_xml(ds)) == ds


def test_text_that_xml_cannot_hold_is_written_as_its_bytes() -> None:
    ds = read(Element(0x00080005, "CS", b"ISO_IR 100"), Element(0x00104000, "LT", b"page 1\x0cp\xe4ge 2"))
    data = base64.b64encode(b"page 1\x0cp\xe4ge 2").decode()
    assert native(ds)[4] == f"<InlineBinary>{data}</InlineBinary>"
    assert from_xml(to_xml(ds)).PatientComments == "page 1\x0cpäge 2"
    assert dcmtk(ds)[1].endswith(">page 1?päge 2</element>")


# -- both forms


def test_what_is_unknown_is_written_by_the_dictionary() -> None:
    items = Sequence(0x00081140, (Item((Element(0x00081150, "UI", b"1.2\0"),)),), vr="UN")
    ds = read(Element(0x00080060, "UN", b"CT"), items, Element(0x00280010, "UN", b"\1\2"), Element(0x00280011, "UN", b"\1"))
    for model in MODELS:
        back = from_xml(to_xml(ds, model=model))
        assert back.Modality == "CT"
        assert back.Rows == 0x0201
        assert back.ReferencedImageSequence[0].ReferencedSOPClassUID == "1.2"
        assert (back["Columns"].vr, back["Columns"].value) == ("UN", b"\1")


def test_numbers_that_are_none_become_bytes_of_unknown_vr() -> None:
    ds = read(Element(0x00280010, "US", b"\1\2\3"), Element(0x00660022, "OD", b"abcd"))
    for model in MODELS:
        back = from_xml(to_xml(ds, model=model))
        assert (back["Rows"].vr, back["Rows"].value) == ("UN", b"\1\2\3")
        assert back[0x00660022].value == b"abcd"


@pytest.mark.parametrize("model", MODELS)
def test_numbers_come_back_exactly(model: str) -> None:
    doubles = (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, float("inf"), -0.0, 862399761.111079)
    singles = tuple(struct.unpack("<5f", struct.pack("<5f", 0.1, 1 / 3, 1e-45, 3.4e38, -16777217.0)))
    ds = read(
        Element(0x00180050, "DS", b"1.10\\ +2e3 "),
        Element(0x00189073, "FD", struct.pack("<7d", *doubles)),
        Element(0x00189074, "FD", struct.pack("<d", float("nan"))),
        Element(0x00720076, "FL", struct.pack("<5f", *singles)),
        Element(0x00660016, "OF", struct.pack("<5f", *singles)),
        Element(0x00660022, "OD", struct.pack("<7d", *doubles)),
        Element(0x00720081, "OV", struct.pack("<2Q", 2**64 - 1, 1)),
        Element(0x00720082, "SV", struct.pack("<2q", -(2**63), 2**63 - 1)),
    )
    back = from_xml(to_xml(ds, model=model))
    assert back[0x00189073].value == doubles
    assert back[0x00720076].value == singles
    assert back[0x00189074].value != back[0x00189074].value
    del back[0x00189074]
    del ds[0x00189074]
    assert back == ds


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("charset", "value", "text"),
    [
        (b"ISO_IR 100", b"J\xe9r\xf4me ", "Jérôme"),
        (b"ISO_IR 144 ", bytes.fromhex("bbee0a"), "Люl"[:2]),
        (b"\\ISO 2022 IR 87 ", b"\x1b$B;3ED\x1b(B", "山田"),
        (b"GB18030 ", bytes.fromhex("cdf5"), "王"),
        (b"ISO_IR 192", "洪 ".encode(), "洪"),
    ],
)
def test_text_is_utf8_whatever_it_was(charset: bytes, value: bytes, text: str, model: str) -> None:
    ds = read(Element(0x00080005, "CS", charset), Element(0x00081030, "LO", value.replace(b"\n", b"")))
    document = to_xml(ds, model=model)
    assert text in document.decode()
    back = from_xml(document)
    assert back == ds
    assert dicomkit.read(back.to_bytes())[0x00081030].value == ds[0x00081030].value


def test_each_item_has_its_character_set() -> None:
    inner = Item((Element(0x00080005, "CS", b"ISO_IR 126"), Element(0x00100020, "LO", b"\xc4\xe9")))
    ds = read(
        Element(0x00080005, "CS", b"ISO_IR 100"),
        Sequence(0x00101002, (inner, Item((Element(0x00100020, "LO", b"\xc4\xe9"),)))),
    )
    for model in MODELS:
        document = to_xml(ds, model=model).decode()
        assert ">Δι<" in document
        assert ">Äé<" in document
        assert from_xml(document) == ds


def test_character_sets_given_to_the_reader_count() -> None:
    ds = read(Element(0x00080005, "CS", b"ISO_IR 192"), Element(0x00100020, "LO", b"\xe4 "), charset="ISO_IR 100")
    assert ">ä<" in to_xml(ds).decode()
    ds = read(Element(0x00100020, "LO", b"\xc4 "), charset="ISO_IR 126")
    assert ">Δ<" in to_xml(ds, model="dcmtk").decode()


def test_text_beyond_ascii_without_a_character_set_becomes_utf8() -> None:
    back = from_xml(to_xml(read(Element(0x00100020, "LO", "ä".encode()))))
    assert back.SpecificCharacterSet == ("ISO_IR 192",)
    assert dicomkit.read(back.to_bytes()).PatientID == "ä"
    assert "SpecificCharacterSet" not in from_xml(to_xml(read(Element(0x00100020, "LO", b"a "))))


def test_an_item_is_written_alone_in_its_surroundings() -> None:
    ds = read(
        Element(0x00080005, "CS", b"ISO_IR 126"), Sequence(0x00101002, (Item((Element(0x00100020, "LO", b"\xc4 "),)),))
    )
    item = ds.OtherPatientIDsSequence[0]
    assert from_xml(to_xml(item)).PatientID == "Δ"
    assert to_xml(item, model="dcmtk").startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<data-set xfer=')


@pytest.mark.parametrize("model", MODELS)
def test_a_changed_data_set_is_encoded_first(model: str) -> None:
    ds = read(Element(0x00080060, "CS", b"CT"), Sequence(0x00081140, (Item((Element(0x00081150, "UI", b"1.2\0"),)),)))
    ds.ReferencedImageSequence[0].ReferencedSOPClassUID = "1.2.3"
    ds[(0x00091001, "ACME")] = DataElement(0x00091001, "UT", "x<y")
    del ds["Modality"]
    assert ds.is_changed()
    assert from_xml(to_xml(ds, model=model)) == ds
    made = Dataset(PatientName="A^B", Rows=3)
    assert from_xml(to_xml(made, model=model)) == made


@pytest.mark.parametrize("model", MODELS)
def test_as_deep_as_a_data_set_can_be(model: str) -> None:
    node: Node = Element(0x00081150, "UI", b"1.2\0")
    for _ in range(128):
        node = Sequence(0x00081140, (Item((node,)),))
    ds = read(node)
    document = to_xml(ds, model=model)
    assert from_xml(document) == ds
    name, attribute = (b"Item", b"DicomAttribute") if model == "native" else (b"item", b"sequence")
    start = b'<%s tag="%s" vr="SQ"><%s>' % (attribute, b"00081140" if model == "native" else b"0008,1140", name)
    root = b"<NativeDicomModel>" if model == "native" else b"<data-set>"
    with pytest.raises(ParseError, match="too deeply"):
        from_xml(root + start * 129)


def test_dcmtk_has_the_file_meta_information() -> None:
    ds = read(Element(0x00080060, "CS", b"CT"))
    document = to_xml(ds, model="dcmtk")
    assert document.splitlines()[1:3] == [
        b"<file-format>",
        b'<meta-header xfer="1.2.840.10008.1.2.1" name="Little Endian Explicit">',
    ]
    back = from_xml(document)
    assert back.file_meta == ds.file_meta
    assert back.transfer_syntax == ds.transfer_syntax


@pytest.mark.parametrize("binary", ["base64", "hex"])
def test_dcmtk_has_bytes_in_two_ways(binary: str) -> None:
    ds = dicomkit.read(
        file_bytes(
            [Element(0x00281201, "OW", b"\1\2\3\4"), Element(0x00420011, "OB", b"\1\2\xff\0"), PixelFragments((b"", b"ab"))],
            JPEG,
        )
    )
    lines = dcmtk(ds, binary=binary)
    words, data, empty, fragment = [line.partition(">")[2].partition("<")[0] for line in lines if "binary" in line]
    if binary == "hex":
        assert (words, data, empty, fragment) == ("0201\\0403", "01\\02\\ff\\00", "", "61\\62")
    else:  # DCMTK has words in big endian
        assert (words, data, empty, fragment) == ("AgEEAw==", "AQL/AA==", "", "YWI=")
    assert from_xml(to_xml(ds, model="dcmtk", binary=binary)) == ds


def test_hidden_values_are_missed() -> None:
    ds = read(Element(0x00420011, "OB", b"ab"))
    with pytest.raises(ParseError, match=r"line 8: the value is not in the document: it is hidden in \(0042,0011\)"):
        from_xml(to_xml(ds, model="dcmtk", binary="hidden"))


def test_options_are_checked() -> None:
    ds = read(Element(0x00080060, "CS", b"CT"))
    for options in ({"model": "x"}, {"binary": "x"}, {"model": "native", "binary": "hex"}):
        with pytest.raises(ValueError, match=r"'x'|base64 only"):
            to_xml(ds, **options)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match="does not refer"):
        to_xml(ds, model="dcmtk", bulk_data=lambda element: None)


# -- bulk data


def test_bulk_data_by_reference() -> None:
    ds = read(
        Element(0x00420011, "OB", b"a" * 2000),
        Element(0x00480010, "UT", b"b" * 2000),
        Sequence(0x00081140, (Item((Element(0x00420011, "OB", b"c" * 1024), Element(0x7FE00010, "OW", b"d" * 1000))),)),
    )
    asked: list[str] = []
    values: dict[str, bytes] = {}
    names = iter(['http://host/a?b=1&c=<">ä', "0d4aa3a0-1a5b-4a5e-9df4-3f0b8ad3a3f1", None])

    def refer(element: DataElement) -> str | None:
        asked.append(element.path)
        name = next(names)
        if name is not None:
            values[name] = element.raw
        return name

    document = to_xml(ds, bulk_data=refer)
    assert asked == ["(0008,1140)[0].(0042,0011)", "(0042,0011)"]
    assert b'<BulkData uri="http://host/a?b=1&amp;c=&lt;&quot;&gt;&#228;"/>' not in document  # the order is that of the tags
    assert b"&amp;c=&lt;" in document
    assert b'<BulkData uuid="0d4aa3a0-1a5b-4a5e-9df4-3f0b8ad3a3f1"/>' in document
    assert from_xml(document, bulk_data=values.__getitem__) == ds
    with pytest.raises(ParseError, match="there is no bulk_data to get it"):
        from_xml(document)
    empty = from_xml(document, bulk_data=lambda name: None)
    assert empty["EncapsulatedDocument"].value is None
    assert to_xml(ds, bulk_data=lambda element: "x", bulk_threshold=1).count(b"BulkData") == 3


def test_bulk_data_of_text_and_numbers() -> None:
    document = """<NativeDicomModel>
    <DicomAttribute tag="00080005" vr="CS"><Value number="1">ISO_IR 100</Value></DicomAttribute>
    <DicomAttribute tag="00104000" vr="LT"><BulkData uri="a"/></DicomAttribute>
    <DicomAttribute tag="00280106" vr="US"><BulkData uri="b"/></DicomAttribute>
    <DicomAttribute tag="00280009" vr="AT"><BulkData uri="c"/></DicomAttribute>
    </NativeDicomModel>"""
    values = {"a": b"\xe4 ", "b": b"\1\2", "c": b"\1\2\3\4"}
    ds = from_xml(document, bulk_data=values.__getitem__)
    assert ds.PatientComments == "ä"
    assert ds.SmallestImagePixelValue == 0x0201
    assert ds.FrameIncrementPointer == (0x02010403,)


def test_references() -> None:
    assert reference(None) is None
    assert reference("0D4AA3A0-1A5B-4A5E-9DF4-3F0B8AD3A3F1") == b'uuid="0D4AA3A0-1A5B-4A5E-9DF4-3F0B8AD3A3F1"'
    assert reference('a"b') == b'uri="a&quot;b"'


# -- large values


@pytest.mark.parametrize("model", MODELS)
def test_deferred_values_are_written_in_pieces(tmp_path: Path, model: str) -> None:
    path = tmp_path / "large.dcm"
    value = bytes(range(256)) * 40_000
    path.write_bytes(file_bytes([Element(0x00091001, "OW", value), Element(0x00091002, "OL", value[:400_000])]))
    ds = dicomkit.read(path)
    assert not ds[0x00091001].is_in_memory
    pieces: list[bytes] = []

    class File:
        write = staticmethod(pieces.append)

    write_xml(ds, File(), model=model)  # type: ignore[arg-type]  # all that it needs of a file
    assert max(map(len, pieces)) < len(value) // 2
    assert b"".join(pieces) == to_xml(ds, model=model)
    assert from_xml(io.BytesIO(b"".join(pieces))) == ds
    path.write_bytes(b"")
    with pytest.raises(SourceChanged):
        to_xml(ds, model=model)


def test_fragments_of_a_pipe_lie_in_several_pieces_of_memory() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.data = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self.data.read(min(size, 5000) if size > 0 else size)

    fragments = tuple(bytes([number]) * 30_001 + b"\0" for number in range(20))
    ds = dicomkit.read(Pipe(file_bytes([PixelFragments((b"", *fragments))], JPEG)))
    assert from_xml(to_xml(ds)) == ds


def test_a_page_without_an_encoding() -> None:
    from dicomkit.formats.dump import Subject

    pieces: list[bytes] = []
    page = Page(native=False)
    page.encoding = ""
    assert write_document(Subject.of_dataset(read(Element(0x00080060, "CS", b"C\1"))), pieces.append, page) == 1
    assert b"".join(pieces).startswith(b'<?xml version="1.0"?>\n<file-format>\n')

"""The kernel that writes XML: every byte, every size, whatever the records and their segments are."""

from __future__ import annotations

import base64
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._ext.tagstream import Index, TagStream, index_bytes
from dicomkit._ext.xml import OPTIONS, has_extended_text, render
from tests.reference.encoding import BIG, EXPLICIT, Element, Item, PixelFragments, Sequence

EVERYTHING = 1 << 62


def latin(value: bytes, vr: str, charset: bytes | None) -> bytes:
    return value.decode("latin-1").encode()


def lines(index: Index, *names: str, convert: Callable[..., bytes] = latin, **options: Any) -> list[bytes]:
    pieces: list[bytes] = []
    render(index, pieces.append, options=sum(OPTIONS[name] for name in names), convert=convert, **options)
    return b"".join(pieces).split(b"\n")[:-1]


def content(*names: str, vr: str = "LO", value: bytes = b"", **options: Any) -> bytes:
    """What stands in the only element."""
    (line,) = lines(index_bytes(EXPLICIT.data_set([Element(0x00091001, vr, value)])), *names, **options)
    return line.partition(b">")[2].rpartition(b"<")[0]


@pytest.mark.parametrize("byte", range(128))
def test_every_ascii_character(byte: int) -> None:
    replaced: list[int] = []
    index = index_bytes(EXPLICIT.data_set([Element(0x00104000, "LT", bytes((ord("x"), byte, ord("y"), 0x20)))]))
    pieces: list[bytes] = []
    replaced.append(render(index, pieces.append, options=0, convert=latin))
    text = ElementTree.fromstring(b"".join(pieces)).text
    legal = byte >= 32 or byte in (9, 10, 13)
    assert text == ("xy" if byte == 0 else f"x{chr(byte) if legal else '?'}y")
    assert replaced == [0 if legal or byte == 0 else 1]


@pytest.mark.parametrize(
    "character", ["é", "\x80", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0010ffff"]
)
def test_characters_beyond_ascii(character: str) -> None:
    def convert(value: bytes, vr: str, charset: bytes | None) -> bytes:
        return character.encode()

    expected = "?" if character in "\ufffe\uffff" else character
    assert content("unicode", value=b"\x80", convert=convert).decode() == expected
    assert content("unicode", value=b"\x80", convert=convert, characters=bytes(256)) == (
        b"?" if expected == "?" else f"&#{ord(character)};".encode()
    )


@given(st.binary(min_size=1, max_size=12))
def test_utf8_stays_if_it_is_utf8(value: bytes) -> None:
    value = value.replace(b"\0", b"a").replace(b"\\", b"b") + b"!"
    value += b"!" * (len(value) % 2)
    index = index_bytes(EXPLICIT.data_set([Element(0x00080005, "CS", b"ISO_IR 192"), Element(0x00104000, "LT", value)]))
    document = b"<a>" + b"\n".join(lines(index, "unicode")) + b"</a>"
    ElementTree.fromstring(document)
    try:
        value.decode()
    except UnicodeDecodeError:
        assert value.isascii() or value.decode("latin-1").encode() != value
    else:
        if b"\x1b" not in value and not any(byte < 32 for byte in value):
            assert ElementTree.fromstring(document)[1].text == value.decode().replace("\ufffe", "?").replace("\uffff", "?")


def test_text_stays_in_the_characters_of_the_document() -> None:
    characters = bytes([byte != 0xD2 for byte in range(256)])
    assert content(value=b"\xc4\xe9", characters=characters) == b"\xc4\xe9"
    assert content(value=b"\xd2\xe9", characters=characters) == b"&#210;&#233;"
    other = Sequence(0x00081140, (Item((Element(0x00080005, "CS", b"B "), Element(0x00100020, "LO", b"\xc4 "))),))
    nodes = [Element(0x00080005, "CS", b"A "), other, Element(0x00100020, "LO", b"\xc4 ")]
    found = lines(index_bytes(EXPLICIT.data_set(nodes)), characters=characters)
    assert [line.partition(b">")[2] for line in found if b"0010,0020" in line] == [b"&#196;</element>", b"\xc4</element>"]


def test_convert_is_given_vr_and_character_set() -> None:
    calls: list[tuple[bytes, str, bytes | None]] = []

    def convert(value: bytes, vr: str, charset: bytes | None) -> bytes:
        calls.append((value, vr, charset))
        return b"x"

    item = Item((Element(0x00100010, "PN", b"\x1b "),))
    damaged = Item(
        (
            Element(0x00080005, "CS", b"\xff\xff"),
            Element(0x00100010, "PN", b"\x1b "),
        )
    )
    nodes = [Element(0x00080005, "CS", b"A\\B "), Sequence(0x00081140, (item, damaged)), Element(0x00100020, "LO", b"\xff ")]
    lines(index_bytes(EXPLICIT.data_set(nodes)), "unicode", convert=convert)
    assert calls == [
        (b"\x1b ", "PN", b"A\\B "),
        (b"\xff\xff", "CS", None),
        (b"\x1b ", "PN", None),
        (b"\xff ", "LO", b"A\\B "),
    ]


@given(st.binary(max_size=100), st.sampled_from(("OB", "OW", "OF", "OD", "UN")), st.booleans())
def test_base64(value: bytes, vr: str, big: bool) -> None:
    value += b"x" * (len(value) % 2)
    nodes = [Element(0x00091001, vr, value)]
    index = index_bytes((BIG if big else EXPLICIT).data_set(nodes), big_endian=big)
    found = b"".join(lines(index, "native", "base64"))
    inline = found.partition(b"<InlineBinary>")[2].partition(b"<")[0]
    size = {"OW": 2, "OF": 4, "OD": 8}.get(vr, 1) if big else 1
    whole = len(value) // size * size
    swapped = b"".join([value[at : at + size][::-1] for at in range(0, whole, size)]) + value[whole:]
    assert inline == base64.b64encode(swapped)


@pytest.mark.parametrize("size", [0, 2, 22, 24, 26, 3070, 3072, 3074, 200_000, 786_432, 786_434, 1_600_000])
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_large_values_are_written_in_pieces(size: int, vr: str) -> None:
    value = (bytes(range(256)) * (size // 256 + 1))[:size]
    index = index_bytes(EXPLICIT.data_set([Element(0x00091001, vr, value)]))
    pieces: list[bytes] = []
    render(index, pieces.append, options=OPTIONS["binary"] | OPTIONS["base64"], convert=latin)
    assert max(map(len, pieces)) < 2 << 20
    data = base64.b64decode(b"".join(pieces).partition(b">")[2].partition(b"<")[0])
    swapped = bytearray(value)
    if vr == "OW":
        swapped[::2], swapped[1::2] = value[1::2], value[::2]
    assert data == swapped
    pieces.clear()
    render(index, pieces.append, options=OPTIONS["binary"], convert=latin)
    assert max(map(len, pieces)) < 1 << 20
    text = b"".join(pieces).partition(b">")[2].partition(b"<")[0]
    if vr == "OB":
        assert bytes.fromhex(text.replace(b"\\", b"").decode()) == value
    else:
        assert text == b"\\".join([b"%04x" % number for (number,) in struct.iter_unpack("<H", value)])


@pytest.mark.parametrize("deferred", ["OB", "OW", "OL", "US", "UT"])
def test_deferred_values_are_fetched_in_pieces(deferred: str) -> None:
    value = bytes(range(1, 251)) * 8_000
    value = value[:60_000] if deferred == "US" else value
    data = EXPLICIT.data_set([Element(0x00091001, deferred, value)])
    stream = TagStream(0, len(data), defer_size=1000)
    stream.feed(data[:100], 0)
    stream.end(len(data))
    index = stream.finish()
    asked: list[int] = []

    def fetch(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    names = ("binary", "base64")
    assert lines(index, *names, fetch=fetch) == lines(index_bytes(data), *names)
    if deferred != "UT":
        assert max(asked) <= 786_432
    with pytest.raises(OSError, match="neither in memory nor in the source"):
        lines(index, *names)
    with pytest.raises(ZeroDivisionError):
        lines(index, *names, fetch=lambda offset, length: 1 // 0)


def test_fragments_in_several_segments() -> None:
    fragments = tuple(bytes([number]) * (100 + 2 * number) for number in range(40))
    data = EXPLICIT.data_set([PixelFragments(fragments)])
    stream = TagStream(0, len(data), defer_size=EVERYTHING)
    start = 0
    while not stream.feed(data[start : start + 333], start):
        start = stream.position
        if start + 333 >= len(data):
            stream.end(len(data))
    index = stream.finish()
    assert lines(index, "native") == lines(index_bytes(data), "native")
    assert len(lines(index, "native")) == 3


def test_what_is_not_a_text_is_not_converted() -> None:
    def convert(value: bytes, vr: str, charset: bytes | None) -> bytes:
        raise AssertionError

    assert content("binary", vr="OB", value=b"\xff\0", convert=convert) == b"ff\\00"


def test_a_reference_stands_for_a_value() -> None:
    calls: list[tuple[int, str, int]] = []

    def refer(record: int, vr: str, length: int) -> bytes | None:
        calls.append((record, vr, length))
        return b'uri="x"' if vr == "OB" else None

    nodes = [Element(0x00091001, "OB", b"ab"), Element(0x00091002, "UN", b"ab"), Element(0x00091003, "OB")]
    found = lines(index_bytes(EXPLICIT.data_set(nodes)), "native", refer=refer)
    assert calls == [(0, "OB", 2), (1, "UN", 2)]
    assert [line for line in found if b"Dicom" not in line] == [b'<BulkData uri="x"/>', b"<InlineBinary>YWI=</InlineBinary>"]


def test_a_character_set_is_inserted_where_it_belongs() -> None:
    for nodes, place in (
        ([Element(0x00080000, "UL", bytes(4)), Element(0x00080060, "CS", b"CT")], 1),
        ([Element(0x00020010, "UI", b"1\0")], 1),
        ([Element(0x00080060, "CS", b"CT")], 0),
    ):
        found = lines(index_bytes(EXPLICIT.data_set(nodes)), "names", inserted=b"ISO_IR 58")
        line = b'<element tag="0008,0005" vr="CS" vm="1" len="10" name="SpecificCharacterSet">ISO_IR 58</element>'
        assert found.index(line) == place
        assert b'<Value number="1">ISO_IR 58</Value>' in lines(
            index_bytes(EXPLICIT.data_set(nodes)), "native", inserted=b"ISO_IR 58"
        )
    nodes = [Element(0x00080005, "CS")]
    assert len(lines(index_bytes(EXPLICIT.data_set(nodes)), inserted=b"ISO_IR 58")) == 1


def test_a_range_of_records() -> None:
    index = index_bytes(EXPLICIT.data_set([Element(0x00080060, "CS", b"CT"), Element(0x00100020, "LO", b"a ")]))
    pieces: list[bytes] = []
    render(index, pieces.append, 1, 2, options=0, convert=latin)
    assert b"".join(pieces) == b'<element tag="0010,0020" vr="LO" vm="1" len="2">a</element>\n'
    with pytest.raises(ValueError, match="no such records"):
        render(index, pieces.append, 1, 3, options=0, convert=latin)
    with pytest.raises(ValueError, match="one flag for each byte"):
        render(index, pieces.append, options=0, convert=latin, characters=b"")


def test_errors_of_callbacks_come_through() -> None:
    index = index_bytes(EXPLICIT.data_set([Element(0x00091001, "OB", b"ab"), Element(0x00091002, "LO", b"\xff ")]))

    def fail(*arguments: object) -> bytes:
        raise KeyError("x")

    with pytest.raises(KeyError):
        render(index, fail, options=0, convert=latin)
    with pytest.raises(KeyError):
        render(index, lambda piece: None, options=OPTIONS["unicode"], convert=fail)
    with pytest.raises(KeyError):
        render(index, lambda piece: None, options=OPTIONS["native"], convert=latin, refer=fail)
    with pytest.raises(TypeError):
        render(index, lambda piece: None, options=OPTIONS["unicode"], convert=lambda *arguments: "text")  # type: ignore[arg-type,return-value]  # not bytes
    with pytest.raises(TypeError):
        render(index, lambda piece: None, options=OPTIONS["native"], convert=latin, refer=lambda *arguments: "x")  # type: ignore[arg-type,return-value]  # not bytes


def test_extended_text() -> None:
    def found(*nodes: Element, **options: Any) -> bool:
        return has_extended_text(index_bytes(EXPLICIT.data_set(nodes)), **options)

    assert not found(Element(0x00100020, "LO", b"a\x1b"), Element(0x00420011, "OB", b"\xff\xff"))
    for vr in ("PN", "LO", "LT", "SH", "ST", "UC", "UT"):
        assert found(Element(0x00091001, vr, b"a\x80"))
    for vr in ("CS", "DA", "AE", "UI", "UR", "IS"):
        assert not found(Element(0x00091001, vr, b"a\x80"))
        assert found(Element(0x00091001, vr, b"a\x80"), all_vrs=True)
    data = EXPLICIT.data_set([Element(0x00091001, "UT", b"a" * 5000 + b"\xff\xff")])
    stream = TagStream(0, len(data), defer_size=1000)
    stream.feed(data[:100], 0)
    stream.end(len(data))
    index = stream.finish()
    assert has_extended_text(index, lambda offset, length: data[offset : offset + length])
    assert not has_extended_text(index)

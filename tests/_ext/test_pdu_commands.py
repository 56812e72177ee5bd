"""Command sets (PS3.7 section 6.3): against bytes by hand, the dictionary, pydicom and pynetdicom."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._ext import pdu
from dicomkit.errors import EncodeError, ParseError
from dicomkit.standard import dictionary

COMMAND, LAST = 1, 2


ECHO_RQ = bytes.fromhex(  # PS3.7 table 9.3-12, in the order of annex E
    "0000 0000 04000000 38000000"
    "0000 0200 12000000 312E322E3834302E31303030382E312E3100"
    "0000 0001 02000000 3000"
    "0000 1001 02000000 0700"
    "0000 0008 02000000 0101"
)

STORE_RQ = {
    0x0002: "1.2.840.10008.5.1.4.1.1.2",
    0x0100: 0x0001,
    0x0110: 7,
    0x0700: 2,
    0x0800: 0,
    0x1000: "1.2.826.0.1.3680043.8.498.1",
    0x1030: "MOVESCU",
    0x1031: 0xFFFF,
}

EXAMPLES: dict[str, Any] = {
    "US": 0x1234, "UL": 0x12345678, "AT": (0x00100020, 0x7FE00010), "UI": "1.2.3", "AE": "STORE SCP", "LO": "out of  paper",
    "SH": "x", "LT": " text", "CS": "NORMAL", "IS": "3",
}  # fmt: skip


def element(tag: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def test_the_table_is_the_dictionary() -> None:
    assert {row.tag: row.vr[0] for row in dictionary.elements() if row.tag < 0x10000} == pdu.COMMAND_VRS


def test_echo_request_by_hand() -> None:
    elements = {0x0800: 0x0101, 0x0110: 7, 0x0100: 0x0030, 0x0002: "1.2.840.10008.1.1"}
    assert pdu.encode_command(elements) == ECHO_RQ
    assert pdu.decode_command(ECHO_RQ) == elements
    assert list(pdu.decode_command(bytearray(ECHO_RQ))) == sorted(elements)


def test_values_of_every_vr_by_hand() -> None:
    values = {
        0x0002: ("1.2.3", b"1.2.3\0"),
        0x0003: ("1.20", b"1.20"),
        0x0010: ("abc", b"abc "),
        0x0600: ("STORE", b"STORE "),
        0x0700: (0xFFFF, b"\xff\xff"),
        0x0901: ((0x00100020, 0x7FE00010), bytes.fromhex("1000 2000 E07F 1000")),
        0x0902: ("gr\xf6\xdfer", b"gr\xf6\xdfer"),
        0x1005: (0x00081155, bytes.fromhex("0800 5511")),
        0x4000: (" x", b" x"),
        0x5170: ("12", b"12"),
        0x51B0: ((1, 2, 3), b"\1\0\2\0\3\0"),
        0x9999: (b"\1\2", b"\1\2"),
    }
    encoded = b"".join(element(tag, value) for tag, (_, value) in values.items())
    assert pdu.encode_command({tag: value for tag, (value, _) in values.items()})[12:] == encoded
    assert pdu.decode_command(encoded) == {tag: value for tag, (value, _) in values.items()}
    assert pdu.encode_command({0x0001: 0x01020304})[20:] == b"\4\3\2\1"


def test_lists_and_empty_values() -> None:
    assert pdu.encode_command({0x0901: [0x00100020]})[12:] == element(0x0901, bytes.fromhex("1000 2000"))
    for empty in (None, (), []):
        assert pdu.encode_command({0x0901: empty})[12:] == element(0x0901, b"")
    assert pdu.encode_command({0x0902: "", 0x0002: None})[12:] == element(0x0002, b"") + element(0x0902, b"")
    assert pdu.decode_command(element(0x0002, b"") + element(0x0110, b"")) == {0x0002: None, 0x0110: None}
    assert pdu.decode_command(b"") == {}
    assert pdu.encode_command({}) == bytes.fromhex("0000 0000 04000000 00000000")


def test_bytes_are_written_as_they_are() -> None:
    assert pdu.encode_command({0x0110: b"\1"})[12:] == element(0x0110, b"\1\0")
    assert pdu.encode_command({0x0002: b"1.2 "})[12:] == element(0x0002, b"1.2 ")


def test_the_group_length_is_computed() -> None:
    assert pdu.encode_command({0x0000: 5, 0x0110: 7}) == bytes.fromhex("0000 0000 04000000 0A000000 0000 1001 02000000 0700")


def test_what_other_alphabets_become() -> None:
    assert pdu.encode_command({0x0902: "磁気 ok"})[20:] == b"?? ok "


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (0x0110, -1), (0x0110, 0x10000), (0x0110, 1 << 70), (0x0110, "7"), (0x0110, 7.0), (0x0110, (1, "2")),
        (0x0901, 1 << 32), (0x0901, (1, -1)), (0x0002, 5), (0x0002, ("1.2",)), (0x9999, 5), (0x9999, "x"),
        (0x00080018, "1.2"), (-1, 1),
    ],
)  # fmt: skip
def test_what_cannot_be_encoded(tag: int, value: Any) -> None:
    with pytest.raises(EncodeError) as caught:
        pdu.encode_command({tag: value})
    assert caught.value.tag == tag


def test_long_command_sets() -> None:
    elements = {0x0902: "x" * 5000, 0x1005: tuple(range(3000)), 0x0110: 1}
    assert pdu.decode_command(pdu.encode_command(elements)) == elements


def test_what_is_tolerated() -> None:
    assert pdu.decode_command(ECHO_RQ[12:]) == pdu.decode_command(ECHO_RQ)  # no group length
    wrong = ECHO_RQ[:8] + b"\xff\xff\xff\xff" + ECHO_RQ[12:]
    assert pdu.decode_command(wrong) == pdu.decode_command(ECHO_RQ)
    assert pdu.decode_command(element(0x0002, b"1.2.3")) == {0x0002: "1.2.3"}  # an odd length
    assert pdu.decode_command(element(0x0002, b"1.2.3 ")) == {0x0002: "1.2.3"}
    assert pdu.decode_command(element(0x0600, b"  A B \0\0")) == {0x0600: "A B"}
    assert pdu.decode_command(element(0x0600, b"    ")) == {0x0600: ""}
    assert pdu.decode_command(element(0x0120, b"\1\0") + element(0x0110, b"\2\0")) == {0x0110: 2, 0x0120: 1}
    assert pdu.decode_command(element(0x00080005, b"abc")) == {0x00080005: b"abc"}


@pytest.mark.parametrize(
    ("data", "offset", "path"),
    [
        (ECHO_RQ[:-1], 58, "(0000,0800)"),
        (ECHO_RQ + b"\0\0\0", 68, ""),
        (b"\0\0\0\0", 0, ""),
        (element(0x0110, b"\1"), 0, "(0000,0110)"),
        (element(0x0110, b"\1\0\1"), 0, "(0000,0110)"),
        (element(0x0901, b"\1\0"), 0, "(0000,0901)"),
        (element(0x0000, b"\1\0"), 0, "(0000,0000)"),
        (struct.pack("<HHI", 0, 0x0100, 0xFFFFFFFF) + b"ab", 0, "(0000,0100)"),
    ],
)
def test_damaged_command_sets(data: bytes, offset: int, path: str) -> None:
    with pytest.raises(ParseError) as caught:
        pdu.decode_command(data)
    assert (caught.value.offset, caught.value.path) == (offset, path)


NUMBERS = {"US": st.integers(0, 0xFFFF), "UL": st.integers(0, 0xFFFFFFFF), "AT": st.integers(0, 0xFFFFFFFF)}
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=70)


@st.composite
def command_sets(draw: Any) -> dict[int, Any]:
    elements: dict[int, Any] = {}
    for tag in draw(st.sets(st.sampled_from(sorted(set(pdu.COMMAND_VRS) - {0})))):
        number = NUMBERS.get(pdu.COMMAND_VRS[tag])
        several = st.none() if number is None else st.lists(number, min_size=2, max_size=5).map(tuple)
        elements[tag] = draw(st.one_of(st.none(), TEXT if number is None else number, several))
    return elements


@given(command_sets())
def test_command_sets_come_back(elements: dict[int, Any]) -> None:
    encoded = pdu.encode_command(elements)
    assert len(encoded) % 2 == 0
    assert int.from_bytes(encoded[8:12], "little") == len(encoded) - 12
    assert pdu.decode_command(encoded) == elements


@given(command_sets(), st.data())
def test_damage_ends_in_a_parse_error(elements: dict[int, Any], data: st.DataObject) -> None:
    encoded = bytearray(pdu.encode_command(elements))
    del encoded[data.draw(st.integers(0, len(encoded))) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if encoded:
            encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        pdu.decode_command(encoded)
    except ParseError as error:
        assert error.offset is not None
        assert 0 <= error.offset < len(encoded)


def test_pydicom_reads_and_writes_the_same() -> None:
    pydicom = pytest.importorskip("pydicom")
    filewriter, filebase = pytest.importorskip("pydicom.filewriter"), pytest.importorskip("pydicom.filebase")
    elements = {tag: EXAMPLES[vr] for tag, vr in pdu.COMMAND_VRS.items() if tag}
    encoded = pdu.encode_command(elements)
    theirs = pydicom.filereader.read_dataset(filebase.DicomBytesIO(encoded), True, True)
    assert theirs.CommandGroupLength == len(encoded) - 12
    for tag, value in elements.items():
        found = theirs[tag].value
        several = list(found) if isinstance(value, tuple) else [found]
        assert several == list(value if isinstance(value, tuple) else (int(value) if tag == 0x5170 else value,))
    output = filebase.DicomBytesIO()
    output.is_little_endian = output.is_implicit_VR = True
    filewriter.write_dataset(output, theirs)
    assert pdu.decode_command(output.getvalue()) == elements


def pynetdicom_messages() -> Iterator[tuple[str, Any]]:
    """A message of each kind, filled in."""
    messages = pytest.importorskip("pynetdicom.dimse_messages")
    for name, keywords in sorted(messages._COMMAND_SET_KEYWORDS.items()):
        message = getattr(messages, name.replace("-", "_"))()
        for keyword in keywords:
            if keyword != "CommandGroupLength":
                vr = pdu.COMMAND_VRS[message.command_set[keyword].tag]
                value = EXAMPLES[vr]
                setattr(message.command_set, keyword, list(value) if isinstance(value, tuple) else value)
        yield name, message


def test_pynetdicom_encodes_every_message_the_same() -> None:
    dsutils = pytest.importorskip("pynetdicom.dsutils")
    seen = 0
    for name, message in pynetdicom_messages():
        message._set_command_group_length()
        theirs = dsutils.encode(message.command_set, True, True)
        elements = pdu.decode_command(theirs)
        expected = {int(one.tag): EXAMPLES[pdu.COMMAND_VRS[one.tag]] for one in message.command_set if one.tag}
        assert (name, elements) == (name, expected)
        assert (name, pdu.encode_command(elements)) == (name, theirs)
        seen += 1
    assert seen == 23  # PS3.7 tables 9.3-1 to 9.3-13 and 10.3-1 to 10.3-12

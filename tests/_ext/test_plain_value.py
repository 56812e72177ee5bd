"""The value of an element among the first bytes of a data set, against a reference and against the parser."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dicomkit
from dicomkit._ext.tagstream import plain_value

LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
SHORT = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS"}
SHORT |= {b"ST", b"TM", b"UI", b"UL", b"US"}


def reference(head: bytes, tag: int, implicit: bool) -> bytes | None:
    at = 0
    while at + 12 <= len(head):
        group, element, vr, length = struct.unpack_from("<HH2sH", head, at)
        start = at + 8
        if implicit:
            (length,) = struct.unpack_from("<I", head, at + 4)
        elif vr in LONG:
            (length,) = struct.unpack_from("<I", head, start)
            start += 4
        elif vr not in SHORT:
            return None
        if start + length > len(head):
            return None
        if group << 16 | element == tag:
            return head[start : start + length]
        at = start + length
    return None


elements = st.builds(
    lambda tag, vr, value: (
        struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
        + (struct.pack("<xxI", len(value)) if vr in LONG else struct.pack("<H", len(value)))
        + value
    ),
    st.integers(0x00080000, 0x00080020),
    st.sampled_from(sorted(LONG | SHORT)),
    st.binary(max_size=20),
)


@given(
    st.one_of(st.binary(max_size=64), st.lists(elements, max_size=5).map(b"".join)),
    st.integers(0x00080000, 0x00080020),
    st.booleans(),
)
@example(b"\x08\0\x18\0UI\2\x001\0\0", 0x00080018, False)
@example(b"\x08\0\x18\0OB\0\0\xff\xff\xff\xff" + bytes(20), 0x00080018, False)
@example(b"\x08\0\x18\0\xff\xff\xff\xff" + bytes(20), 0x00080018, True)
def test_as_the_reference(head: bytes, tag: int, implicit: bool) -> None:
    assert plain_value(head, tag, implicit) == reference(head, tag, implicit)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_as_the_parser(syntax: str) -> None:
    ds = dicomkit.new("CTImageStorage", PatientName="Doe^Jane", ReferencedImageSequence=[])
    ds.SOPInstanceUID = "1.2.3"
    head = ds.to_bytes(transfer_syntax=syntax, meta="none")
    read = dicomkit.read(ds.to_bytes(transfer_syntax=syntax))
    for tag in (0x00080016, 0x00080018):
        assert plain_value(head, tag, syntax == "1.2.840.10008.1.2") == read[tag].raw

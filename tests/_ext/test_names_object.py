"""Whether the first bytes of a data set name an object, against a reference."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dicomkit
from dicomkit._ext.tagstream import names_object

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018

LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
SHORT = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS"}
SHORT |= {b"ST", b"TM", b"UI", b"UL", b"US"}


def elements_of(head: bytes, implicit: bool) -> Iterator[tuple[int, bytes]]:
    """Tag and value of elements, as far as all of them can be seen."""
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
            return
        if start + length > len(head):
            return
        yield group << 16 | element, head[start : start + length]
        at = start + length


def reference(head: bytes, implicit: bool, sop_class: str, instance: str) -> bool:
    seen = False
    for tag, value in elements_of(head, implicit):
        text = value.rstrip(b"\0 ").decode("latin-1")
        if tag == SOP_CLASS:
            if text != sop_class:
                return False
            seen = True
        elif tag >= SOP_INSTANCE:
            return tag == SOP_INSTANCE and seen and text == instance
    return False


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


uid_element = st.builds(
    lambda tag, vr, value, padding: (
        struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
        + (struct.pack("<xxI", len(value + padding)) if vr in LONG else struct.pack("<H", len(value + padding)))
        + value
        + padding
    ),
    st.sampled_from([SOP_CLASS, SOP_INSTANCE]),
    st.sampled_from([b"UI", b"UN", b"LO"]),
    st.sampled_from([b"1.2", b"1.2.3", b"1.2.3.4", b""]),
    st.sampled_from([b"", b"\0", b" ", b"\0 \0"]),
)


@given(
    st.one_of(st.binary(max_size=64), st.lists(elements | uid_element | uid_element, max_size=6).map(b"".join)),
    st.booleans(),
    st.sampled_from(["1.2", "1.2.3", "\xe4"]),
    st.sampled_from(["1.2.3", "1.2.3.4", ""]),
)
@example(b"\x08\0\x18\0UI\2\x001\0\0", False, "1.2", "1")
@example(b"\x08\0\x16\0OB\0\0\xff\xff\xff\xff" + bytes(20), False, "1.2", "1.2.3")
@example(b"\x08\0\x16\0\xff\xff\xff\xff" + bytes(20), True, "1.2", "1.2.3")
def test_as_the_reference(head: bytes, implicit: bool, sop_class: str, instance: str) -> None:
    assert names_object(head, implicit, sop_class, instance) is reference(head, implicit, sop_class, instance)
    assert names_object(memoryview(head), implicit, sop_class, instance) is reference(head, implicit, sop_class, instance)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_data_sets_of_the_writer(syntax: str) -> None:
    ds = dicomkit.new("CTImageStorage", PatientName="Doe^Jane", ReferencedImageSequence=[])
    ds.SOPInstanceUID = "1.2.3"
    sop_class = str(ds.SOPClassUID)
    head = ds.to_bytes(transfer_syntax=syntax, meta="none")
    assert names_object(head, syntax == IMPLICIT, sop_class, "1.2.3")
    assert not names_object(head, syntax == IMPLICIT, sop_class, "1.2.31")
    assert not names_object(head, syntax == IMPLICIT, sop_class, "1.2.")
    assert not names_object(head, syntax == IMPLICIT, "1.2.840.10008.5.1.4.1.1.4", "1.2.3")


BEFORE = bytes.fromhex("0800 0500 4353 0A00") + b"ISO_IR 192"
SEQUENCE = bytes.fromhex("0800 0600 5351 0000 08000000 FEFF00E0 00000000")
OPEN_SEQUENCE = bytes.fromhex("0800 0600 5351 0000 FFFFFFFF FEFFDDE0 00000000")
BOTH = bytes.fromhex("0800 1600 5549 0400") + b"1.2\0" + bytes.fromhex("0800 1800 5549 0600") + b"1.2.3\0"
IN_IMPLICIT = bytes.fromhex("0800 1600 04000000") + b"1.2\0" + bytes.fromhex("0800 1800 06000000") + b"1.2.3\0"


@pytest.mark.parametrize(
    ("head", "syntax", "expected"),
    [
        (BOTH, EXPLICIT, True),
        (BEFORE + SEQUENCE + BOTH, EXPLICIT, True),
        (IN_IMPLICIT, IMPLICIT, True),
        (BEFORE + OPEN_SEQUENCE + BOTH, EXPLICIT, False),  # it has to be read
        (BOTH[12:] + BOTH[:12], EXPLICIT, False),  # in the wrong order
        (IN_IMPLICIT, EXPLICIT, False),
        (BOTH, IMPLICIT, False),
        (BOTH[:-1], EXPLICIT, False),
        (BOTH[12:], EXPLICIT, False),
        (bytes(100), EXPLICIT, False),
        (b"", EXPLICIT, False),
    ],
)
def test_cases(head: bytes, syntax: str, expected: bool) -> None:
    assert names_object(head, syntax == IMPLICIT, "1.2", "1.2.3") is expected

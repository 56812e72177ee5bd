"""A signed report, and where its signatures are."""

from __future__ import annotations

import struct

from dicomkit import Dataset
from dicomkit.security.signatures.report import SignatureResult
from tests.security.signed import (
    MAC_PARAMETERS,
    SIGNATURES,
)

CONTENT = 0x0040A730
NAME = 0x00100010
SOP_INSTANCE = 0x00080018


INNER_PATH = "(0040,A730)[0].(0040,A730)[0]"
NARROW = (SIGNATURES, 0)  # the signature of the name
WIDE = (SIGNATURES, 1)  # the signature of everything
INNER = (CONTENT, 0, CONTENT, 0, SIGNATURES, 0)
OF_NARROW = (MAC_PARAMETERS, 0)
OF_WIDE = (MAC_PARAMETERS, 1)


def tags(*numbers: int) -> bytes:
    """The value of an AT element."""
    return b"".join(struct.pack("<HH", number >> 16, number & 0xFFFF) for number in numbers)


def unsigned() -> Dataset:
    """A report with an item in an item."""
    inner = Dataset(ValueType="CODE", RelationshipType="CONTAINS", TextValue="nothing")
    return Dataset(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11",
        SOPInstanceUID="1.2.3.4",
        PatientName="Somebody",
        PatientID="4711",
        ContentSequence=[
            Dataset(ValueType="TEXT", TextValue="benign", ContentSequence=[inner]),
            Dataset(ValueType="TEXT", TextValue="no finding"),
        ],
        PixelData=bytes(range(64)),
    )


def stamp_of(result: SignatureResult) -> tuple[object, ...]:
    """What a time-stamp says. CMS has parts that nobody signs, such as version numbers (RFC 5652 5.1)."""
    stamp = result.timestamp
    assert stamp is not None
    return stamp.time, stamp.authority, stamp.hash, stamp.policy, stamp.serial

"""The target of `codec_loop` for PDUs and command sets: what is read or written, and what must hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random
from typing import Any

from dicomkit._ext import pdu
from dicomkit.errors import ParseError, ProtocolError
from dicomkit.net.pdu import decode
from tests.fuzz.codec_loop import main

LIMIT = 1 << 12
VALUES: dict[str, Any] = {"US": (1, 2), "UL": 70000, "AT": (0x00100020, 0x7FE00010), "UI": "1.2.840.10008.1.1"}

_UID = "1.2.840.10008.1.2"
_USER = (
    16384, "1.2.3", "KIT_1", (1, 2), ((_UID, True, False),), ((_UID, b"\1\0"),), ((_UID, "1.2", ("1.4", "1.5.6")),),
    (2, b"user", b"secret", True), b"answer", ((0x60, b"new"),),
)  # fmt: skip


def seeds() -> Sequence[bytes]:
    """Streams of PDUs, bodies of association PDUs, command sets."""
    command = pdu.encode_command({tag: VALUES.get(vr, "TEXT") for tag, vr in pdu.COMMAND_VRS.items()})
    echo = pdu.encode_command({0x0002: "1.2.840.10008.1.1", 0x0100: 0x30, 0x0110: 1, 0x0800: 0x0101})
    request = pdu.encode_associate(False, 1, "CALLED", "CALLING", _UID, ((1, _UID, (_UID, "1.2")), (3, "1.2", ())), _USER)
    accept = pdu.encode_associate(True, 1, "CALLED", "CALLING", _UID, ((1, 0, _UID), (3, 4, "")), _USER)
    whole = [bytes((kind, 0)) + len(body).to_bytes(4, "big") + body for kind, body in ((1, request), (2, accept))]
    short = [bytes((kind, 0, 0, 0, 0, 4, 0, 0, 2, 1)) for kind in (3, 5, 6, 7)]
    data = b"".join([*pdu.fragment(1, True, echo, 64), *pdu.fragment(1, False, bytes(range(200)), 40)])
    several = bytes.fromhex("04 00 00000019 00000004 01 00 6162 00000005 01 02 636465 00000002 03 03 00")
    return [command, echo, request, accept, data, several, *whole, *short, whole[0] + data + short[1], short[3] * 3]


def feed(data: bytes, size: int, draw: Random | None) -> tuple[list[Any], int]:
    """What a reader says, with the pieces of a fragment put together. `draw` cuts the data."""
    reader = pdu.PduReader(size=size, max_pdu_length=LIMIT, max_association_length=LIMIT)
    found: list[Any] = []
    at = 0
    while at < len(data):
        buffer = reader.get_buffer()
        assert 0 < len(buffer) <= max(size, 2 * LIMIT)
        count = min(len(buffer), len(data) - at, 1 + int(draw.random() ** 4 * 300) if draw else 1 << 20)
        buffer[:count] = data[at : at + count]
        at += count
        for event in reader.received(count):
            if event[0] == 4:
                event = (*event[:3], bytes(event[3]))
                last = found[-1] if found else (0,)
                if last[0] == 4 and last[1] == event[1] and last[2] == event[2] & 1:
                    found[-1] = (*event[:3], last[3] + event[3])
                    continue
            found.append(event)
    assert reader.octets == len(data)
    return found, reader.pdus


def read(options: int, data: bytes) -> None:
    """The same comes of a stream however it arrives."""
    whole = feed(data, 1 << 16, None)
    assert feed(data, 16 + (options >> 8 & 0xFF), Random(options)) == whole
    for event in whole[0]:
        if event[0] not in (4, -1):
            associate(event[0], event[1])


def associate(pdu_type: int, body: bytes) -> None:
    """What is decoded is encoded to what decodes to the same."""
    try:
        found = decode(pdu_type, body)
    except ProtocolError as error:
        assert error.offset is None or 0 <= error.offset <= len(body)
        str(error)
        return
    assert decode(pdu_type, found.body()) == found


def command(data: bytes) -> None:
    """The same, of a command set. Text comes back without what pads it, numbers as they are."""
    try:
        found = pdu.decode_command(data)
    except ParseError as error:
        assert error.offset is not None
        assert 0 <= error.offset < len(data)
        str(error)
        return
    known = {tag: value for tag, value in found.items() if tag <= 0xFFFF and value != ""}
    again = pdu.decode_command(pdu.encode_command(known))
    assert {tag: value for tag, value in again.items() if tag in pdu.COMMAND_VRS} == {
        tag: value for tag, value in known.items() if tag in pdu.COMMAND_VRS
    }


def send(options: int, data: bytes) -> None:
    """What is sent is what is received."""
    longest = (0, 8, 9, 30, 1000, 16384)[options >> 4 & 7 if options >> 4 & 7 < 6 else 0]
    context_id = options >> 8 & 0xFE | 1
    data *= 1 + (options >> 16 & 3)
    reader = pdu.PduReader(max_pdu_length=longest)
    pieces = []
    for part in pdu.fragment(context_id, bool(options & 8), data, longest):
        at = 0
        while at < len(part):
            buffer = reader.get_buffer()
            count = min(len(buffer), len(part) - at)
            buffer[:count] = part[at : at + count]
            at += count
            pieces += [(kind, number, flags, bytes(view)) for kind, number, flags, view in reader.received(count)]
    assert {piece[:2] for piece in pieces} == {(4, context_id)}
    assert [piece[2] for piece in pieces][-1] == 2 + bool(options & 8)
    assert b"".join(piece[3] for piece in pieces) == data


def execute(options: int, data: bytes) -> None:
    choice = options & 7
    if choice < 3:
        read(options, data)
    elif choice < 5:
        associate(1 + (options >> 3 & 1), data if options & 16 else bytes(68) + data)
    elif choice < 7:
        command(data)
    else:
        send(options, data)


if __name__ == "__main__":
    sys.exit(main("tests.fuzz.pdu_target", seeds, execute))

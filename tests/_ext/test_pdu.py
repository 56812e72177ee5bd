"""The kernel of PDUs and command sets: against bytes by hand from PS3.8 9.3 and PS3.7 6.3, pynetdicom and pydicom."""

from __future__ import annotations

import gc
import struct
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit._ext import pdu
from dicomkit.errors import DicomError, ProtocolError

COMMAND, LAST = 1, 2


def p_data(*values: tuple[int, int, bytes]) -> bytes:
    """A P-DATA-TF PDU of (context ID, message control header, data) (PS3.8 tables 9-22 and 9-23)."""
    items = b"".join(struct.pack(">IBB", len(data) + 2, context_id, control) + data for context_id, control, data in values)
    return struct.pack(">BBI", 4, 0, len(items)) + items


def other(pdu_type: int, body: bytes) -> bytes:
    return struct.pack(">BBI", pdu_type, 0, len(body)) + body


def copied(event: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*event[:3], bytes(event[3])) if event[0] == 4 else event


def feed(reader: pdu.PduReader, data: bytes, steps: Iterable[int] = ()) -> list[tuple[Any, ...]]:
    """What a reader says to data that arrive in steps, the rest of them as its buffer takes it. Views are copied."""
    events: list[tuple[Any, ...]] = []
    at = 0
    step = iter(steps)
    while at < len(data):
        buffer = reader.get_buffer()
        assert len(buffer)
        assert not buffer.readonly
        count = min(next(step, len(buffer)), len(buffer), len(data) - at)
        buffer[:count] = data[at : at + count]
        at += count
        events += [copied(event) for event in reader.received(count)]
    assert reader.octets == len(data)
    return events


def joined(events: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """With the pieces of a fragment put together, which depend on how it arrives."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        before = found[-1] if found else (0,)
        if event[0] == before[0] == 4 and event[1] == before[1] and event[2] & COMMAND == before[2] and not before[2] & LAST:
            found[-1] = (4, event[1], event[2], before[3] + event[3])
        else:
            found.append(event)
    return found


# ------------------------------------------------------------------------------------------------ reading

READ = [
    # PS3.8 tables 9-22 and 9-23, byte by byte
    (bytes.fromhex("04 00 0000000A 00000006 01 03 CAFEBABE"), [(4, 1, 3, b"\xca\xfe\xba\xbe")], 1),
    (p_data((1, 0, b"ab"), (1, 2, b"cd"), (3, 1, b"e"), (3, 3, b"f")), [(4, 1, 2, b"abcd"), (4, 3, 3, b"ef")], 1),
    (p_data((5, 2, b"")), [(4, 5, 2, b"")], 1),
    (p_data((5, 0, b"")), [], 1),
    (p_data((5, 0, b"ab"), (5, 2, b"")), [(4, 5, 2, b"ab")], 1),
    (p_data(), [], 1),
    (p_data((255, 0xFF, b"x")), [(4, 255, 3, b"x")], 1),  # bits 2 to 7 are not checked (PS3.8 annex E.2)
    (bytes.fromhex("01 00 00000002 AABB"), [(1, b"\xaa\xbb")], 1),
    (bytes.fromhex("02 FF 00000000"), [(2, b"")], 1),  # the reserved byte is not checked (9.3.1)
    (bytes.fromhex("03 00 00000004 00010203"), [(3, b"\0\1\2\3")], 1),
    (bytes.fromhex("05 00 00000004 00000000"), [(5, bytes(4))], 1),
    (bytes.fromhex("06 00 00000004 00000000"), [(6, bytes(4))], 1),
    (bytes.fromhex("07 00 00000004 00000201"), [(7, b"\0\0\2\1")], 1),
    (
        p_data((1, 2, b"ab")) + other(5, bytes(4)) + p_data((1, 2, b"c")),
        [(4, 1, 2, b"ab"), (5, bytes(4)), (4, 1, 2, b"c")],
        3,
    ),
]

WRONG = [
    (b"\0", "there is no PDU type 0x00", 0),
    (b"GET / HTTP/1.1\r\n", "there is no PDU type 0x47", 0),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "there is no PDU type 0x53", 0),
    (b"\x08", "there is no PDU type 0x08", 0),
    (bytes.fromhex("16 0301 0200 01"), "the peer speaks TLS, not DICOM", 0),
    (bytes.fromhex("15 0303 0002 02"), "the peer speaks TLS, not DICOM", 0),
    (bytes.fromhex("04 00 00000005 00"), "a P-DATA-TF PDU ends inside the header of a presentation data value", 6),
    (p_data((1, 0, b"ab"))[:5] + b"\x0b" + p_data((1, 0, b"ab"))[6:], "ends inside the header", 14),
    (bytes.fromhex("04 00 00000006 00000001 0102"), "a presentation data value is too short for its header", 6),
    (bytes.fromhex("04 00 00000006 00000000 0102"), "a presentation data value is too short for its header", 6),
    (bytes.fromhex("04 00 00000006 00000003 0102 00"), "a presentation data value is longer than its PDU", 6),
    (bytes.fromhex("04 00 00000006 FFFFFFFF 0102 00"), "a presentation data value is longer than its PDU", 6),
    (p_data((2, 0, b"")), "presentation context ID 2 is not odd", 6),
    (p_data((1, 0, b"abc"), (0, 0, b"")), "presentation context ID 0 is not odd", 15),
    (bytes.fromhex("04 00 00010001"), "a P-DATA-TF PDU of 65537 bytes is longer than the 65536 that are accepted", 0),
    (bytes.fromhex("01 00 00008001"), "a PDU of type 0x01 and 32769 bytes is longer than the 32768 that are accepted", 0),
    (bytes.fromhex("02 00 40000000"), "a PDU of type 0x02 and 1073741824 bytes is longer", 0),
    (bytes.fromhex("05 00 FFFFFFFF"), "a PDU of type 0x05 and 4294967295 bytes is longer", 0),
    (other(5, bytes(4)) + b"\xff", "there is no PDU type 0xff", 10),
]


def limited(size: int = 1 << 18) -> pdu.PduReader:
    return pdu.PduReader(size=size, max_pdu_length=1 << 16, max_association_length=1 << 15)


@pytest.mark.parametrize(("data", "events", "pdus"), READ)
def test_reading(data: bytes, events: list[tuple[Any, ...]], pdus: int) -> None:
    for steps in ((), [1] * len(data)):
        reader = limited()
        assert joined(feed(reader, data, steps)) == events
        assert reader.pdus == pdus


@pytest.mark.parametrize(("data", "reason", "offset"), WRONG)
def test_what_is_no_protocol(data: bytes, reason: str, offset: int) -> None:
    for steps in ((), [1] * len(data)):
        reader = limited()
        *_, last = feed(reader, data, steps)
        assert last[0] == -1
        assert reason in last[1]
        assert last[2] == offset
        assert feed_more(reader, p_data((1, 3, b"ab"))) == []


def feed_more(reader: pdu.PduReader, data: bytes) -> list[tuple[Any, ...]]:
    reader.get_buffer()[: len(data)] = data
    return reader.received(len(data))


def test_longest_pdus() -> None:
    longest = p_data((1, 2, bytes((1 << 16) - 6)))
    assert joined(feed(limited(), longest)) == [(4, 1, 2, bytes((1 << 16) - 6))]
    assert feed(limited(), other(1, bytes(1 << 15))) == [(1, bytes(1 << 15))]
    assert feed(limited(), bytes.fromhex("04 00 0000FFFF 0000FFFB 01 00")) == []
    without = pdu.PduReader()
    assert feed(without, bytes.fromhex("04 00 FFFFFFFF FFFFFFFB 01 00 00")) == [(4, 1, 0, b"\0")]
    assert feed_more(without, b"ab")[0][:3] == (4, 1, 0)


def test_a_piece_is_there_at_once() -> None:
    reader = pdu.PduReader()
    data = p_data((1, 2, b"abcd"))
    assert feed(reader, data[:13]) == [(4, 1, 0, b"a")]
    (event,) = feed_more(reader, data[13:15])
    assert (event[:3], bytes(event[3])) == ((4, 1, 0), b"bc")
    (event,) = feed_more(reader, data[15:])
    assert (event[:3], bytes(event[3])) == ((4, 1, 2), b"d")


def test_pieces_are_views_of_the_buffer() -> None:
    reader = pdu.PduReader()
    buffer = reader.get_buffer()
    data = p_data((1, 2, b"abcd"))
    buffer[: len(data)] = data
    ((*_, view),) = reader.received(len(data))
    assert view.readonly
    assert view.obj is buffer.obj
    assert bytes(view) == b"abcd"
    buffer[12] = ord("z")
    assert bytes(view) == b"zbcd"


def test_a_view_that_is_kept_stays_readable() -> None:
    """It only has other bytes then: what a handler does wrong must not be able to touch freed memory."""
    reader = pdu.PduReader(size=1 << 16)
    kept = []
    for _ in range(20):
        buffer = reader.get_buffer()
        data = p_data((1, 0, bytes(len(buffer) - 12)))
        buffer[:] = data
        kept += [event[3] for event in reader.received(len(data))]
    del reader
    gc.collect()
    assert sum(sum(view) for view in kept) == 0


@st.composite
def streams(draw: Any) -> bytes:
    """PDUs, most of them right."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            context_ids = st.sampled_from((1, 3, 255, 1, 1, 1, 1, 1, 1, 2))
            values = st.tuples(context_ids, st.integers(0, 3), st.binary(max_size=40))
            parts.append(p_data(*draw(st.lists(values, max_size=4))))
        else:
            parts.append(other(draw(st.sampled_from((1, 2, 3, 5, 6, 7, 7, 7, 8))), draw(st.binary(max_size=70))))
    stream = bytearray(b"".join(parts))
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        if stream:
            stream[draw(st.integers(0, len(stream) - 1))] = draw(st.integers(0, 255))
    return bytes(stream)


def reference(data: bytes, longest: int) -> Iterator[tuple[Any, ...]]:
    """The events of data that are all there, as PS3.8 9.3 says it; of errors only where they are."""
    at = 0
    while at < len(data):
        if not 1 <= data[at] <= 7:
            yield -1, at
            return
        if len(data) - at < 6:
            return
        length = int.from_bytes(data[at + 2 : at + 6], "big")
        body = data[at + 6 : at + 6 + length]
        if data[at] != 4:
            if length > longest:
                yield -1, at
                return
            if len(body) == length:
                yield data[at], body
            at += 6 + length
            continue
        value = 0
        while value < length:
            if length - value < 6:
                yield -1, at + 6 + value
                return
            if len(body) - value < 6:
                return
            size = int.from_bytes(body[value : value + 4], "big")
            context_id, control = body[value + 4 : value + 6]
            if not 2 <= size <= length - value - 4 or context_id % 2 == 0:
                yield -1, at + 6 + value
                return
            piece = body[value + 6 : value + 4 + size]
            control &= 3 if len(piece) == size - 2 else COMMAND
            if piece or control & LAST:
                yield 4, context_id, control, piece
            value += 4 + size
        at += 6 + length


@given(streams(), st.lists(st.integers(1, 40)), st.integers(16, 60))
def test_the_same_events_however_it_arrives(data: bytes, steps: list[int], size: int) -> None:
    whole = joined(feed(pdu.PduReader(max_association_length=64), data))
    expected = joined(reference(data, 64))
    assert [event if event[0] != -1 else (-1, event[2]) for event in whole] == expected
    for sizes in ([1] * len(data), steps):
        reader = pdu.PduReader(size=size, max_association_length=64)
        assert joined(feed(reader, data, sizes)) == whole


@given(st.binary(max_size=200), st.lists(st.integers(1, 40)))
def test_any_bytes(data: bytes, steps: list[int]) -> None:
    whole = joined(feed(limited(), data))
    assert joined(feed(limited(16), data, steps)) == whole
    assert all(event[0] in {-1, 1, 2, 3, 4, 5, 6, 7} for event in whole)


def test_the_buffer_grows_with_what_comes_only() -> None:
    reader = pdu.PduReader(size=1 << 18)
    assert len(reader.get_buffer()) == 1 << 14
    data = p_data((1, 0, bytes(1 << 20)))
    sizes = set()
    for start in range(0, len(data), 100):
        sizes.add(len(reader.get_buffer()))
        feed_more(reader, data[start : start + 100])
    assert max(sizes) == 1 << 14
    while (size := len(reader.get_buffer())) < 1 << 18:  # it is full each time
        sizes.add(size)
        feed_more(reader, p_data((1, 0, bytes(size - 12))))
    assert sorted(size for size in sizes if size >= 1 << 14) == [1 << 14, 1 << 16]
    feed_more(reader, p_data((1, 0, bytes((1 << 18) - 12))))
    assert len(reader.get_buffer()) == 1 << 18


def test_a_claim_allocates_nothing() -> None:
    tracemalloc.start()
    try:
        readers = [pdu.PduReader(max_association_length=1 << 30) for _ in range(10)]
        before = tracemalloc.get_traced_memory()[0]
        for reader in readers:
            assert feed(reader, bytes.fromhex("01 00 40000000") + bytes(10_000)) == []
            assert len(reader.get_buffer()) < 1 << 14
            assert feed_more(reader, bytes(len(reader.get_buffer()))) == []
            assert len(reader.get_buffer()) == 1 << 14  # twice what came
        assert tracemalloc.get_traced_memory()[0] - before < 10 * (1 << 15)
    finally:
        tracemalloc.stop()


def test_a_long_association_pdu_and_after_it() -> None:
    reader = pdu.PduReader(size=1 << 12)
    body = bytes(range(256)) * 4000
    assert feed(reader, other(1, body) + other(5, bytes(4))) == [(1, body), (5, bytes(4))]
    assert len(reader.get_buffer()) == 1 << 12


def test_arguments_of_a_reader() -> None:
    for arguments in ({"size": 15}, {"size": 1 << 31}, {"max_pdu_length": -1}, {"max_association_length": 1 << 32}):
        with pytest.raises(ValueError, match=r"bytes|limit"):
            pdu.PduReader(**arguments)
    reader = pdu.PduReader()
    for count in (1, -1):
        with pytest.raises(ValueError, match="were received into a buffer of 0"):
            reader.received(count)
    room = len(reader.get_buffer())
    with pytest.raises(ValueError, match="were received"):
        reader.received(room + 1)
    assert reader.received(0) == []


# ------------------------------------------------------------------------------------------------ sending


def test_header_of_a_value() -> None:
    assert pdu.pdv_header(1, 3, 4) == bytes.fromhex("04 00 0000000A 00000006 01 03")
    assert pdu.pdv_header(255, 0, 0) == bytes.fromhex("04 00 00000006 00000002 FF 00")
    assert pdu.pdv_header(3, 2, 0xFFFFFFF9) == bytes.fromhex("04 00 FFFFFFFF FFFFFFFB 03 02")
    for arguments in ((0, 0, 0), (2, 0, 0), (257, 0, 0), (-1, 0, 0), (1, 0, -1), (1, 0, 0xFFFFFFFA)):
        with pytest.raises(ValueError, match="presentation"):
            pdu.pdv_header(*arguments)


def test_fragments_by_hand() -> None:
    assert pdu.fragment(1, True, b"abcd", 0) == [bytes.fromhex("04 00 0000000A 00000006 01 03") + b"abcd"]
    assert pdu.fragment(3, False, b"abcdef", 10) == [
        bytes.fromhex("04 00 0000000A 00000006 03 00") + b"abcd" + bytes.fromhex("04 00 00000008 00000004 03 02") + b"ef"
    ]
    assert pdu.fragment(3, False, b"abcdef", 11) == pdu.fragment(3, False, b"abcdef", 10)  # of even length (PS3.8 E.1)
    assert pdu.fragment(5, False, b"", 0) == [bytes.fromhex("04 00 00000006 00000002 05 02")]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_large_data_are_not_copied(kind: Any) -> None:
    data = kind(bytes(range(256)) * 256)
    parts = pdu.fragment(1, False, data, 16384)
    assert [len(part) for part in parts] == [12, 16378] * 4 + [12, 24]
    assert all(isinstance(part, memoryview) for part in parts[1::2])
    assert b"".join(parts[1::2]) == bytes(data)
    assert [part[11] for part in parts[::2]] == [0, 0, 0, 0, 2]
    assert len(pdu.fragment(1, False, data, 0)) == 2


def test_arrays_are_fragmented_as_their_bytes() -> None:
    words = memoryview(bytes(range(256)) * 256).cast("H")
    parts = pdu.fragment(1, False, words, 0)
    assert b"".join(parts[1:]) == bytes(range(256)) * 256
    assert len(pdu.fragment(1, False, words[:100], 0)[0]) == 212


def test_what_cannot_be_fragmented() -> None:
    for context_id, length in ((0, 0), (2, 0), (256, 0), (1, 7), (1, 1), (1, -1)):
        with pytest.raises(ValueError, match=r"context ID|nothing can be sent"):
            pdu.fragment(context_id, False, b"ab", length)
    with pytest.raises(TypeError):
        pdu.fragment(1, False, "ab", 0)  # type: ignore[arg-type]  # that it is refused is what is tested


@given(
    st.integers(0, 127).map(lambda half: 2 * half + 1),
    st.booleans(),
    st.integers(0, 60_000).map(lambda size: bytes(range(251)) * (size // 251) + bytes(size % 251)),
    st.one_of(st.just(0), st.integers(64, 70_000)),
)
def test_fragments_are_read_back(context_id: int, command: bool, data: bytes, longest: int) -> None:
    stream = b"".join(pdu.fragment(context_id, command, data, longest))
    reader = pdu.PduReader(max_pdu_length=longest)
    assert joined(feed(reader, stream)) == [(4, context_id, command + LAST, data)]
    assert reader.pdus == max(1, -(-len(data) // ((longest - 6) & ~1))) if longest else 1


# ------------------------------------------------------------------------------------------------ associations


def test_every_truncation_of_an_association_pdu() -> None:
    roles, extended, common = (("1.2", True, False),), (("1.2", b"xyz"),), (("1.2", "1.3", ("1.4", "1.5")),)
    user = (16384, "1.2.3", "V", (2, 3), roles, extended, common, (2, b"u", b"p", True), b"r", ())
    contexts = ((1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")), (3, "1.2.3", ()))
    body = pdu.encode_associate(False, 1, "A", "B", "1.2.840.10008.3.1.1.1", contexts, user)
    whole = 0
    for length in range(len(body)):
        try:
            pdu.decode_associate(False, body[:length])
            whole += 1
        except ProtocolError as error:
            assert error.text == "an item runs past the end of what it is in"
            assert error.offset is not None
            assert error.offset <= length
    assert whole == 4  # behind the fixed part, the application context and the contexts


def test_a_string_of_another_type_is_one() -> None:
    uid = dicomkit.UID("1.2.840.10008.1.1")
    user = (16384, uid, "V", None, ((uid, True, False),), (), (), None, None, ())
    plain = (16384, str(uid), "V", None, ((str(uid), True, False),), (), (), None, None, ())
    body = pdu.encode_associate(False, 1, "A", "B", uid, ((1, uid, (uid,)),), user)
    assert body == pdu.encode_associate(False, 1, "A", "B", str(uid), ((1, str(uid), (str(uid),)),), plain)
    with pytest.raises(TypeError, match="a string is needed, not bytes"):
        pdu.encode_associate(False, 1, b"A", "B", uid, (), user)  # type: ignore[arg-type]  # what is refused


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_as_an_association(data: bytes, accept: bool) -> None:
    try:
        pdu.decode_associate(accept, bytes(68) + data)
    except DicomError as error:
        assert isinstance(error, ProtocolError)
        assert error.offset is not None
        assert 68 <= error.offset <= 68 + len(data)


def test_arguments_of_associations() -> None:
    with pytest.raises(TypeError):
        pdu.decode_associate(False, bytearray(80))  # type: ignore[arg-type]  # that it is refused is what is tested
    with pytest.raises(TypeError):
        pdu.decode_associate(False, None)  # type: ignore[arg-type]  # that it is refused is what is tested


def test_whether_a_pdu_is_incomplete() -> None:
    reader = pdu.PduReader()
    data = p_data((1, COMMAND | LAST, b"command"), (3, LAST, b"data")) + other(5, bytes(4))
    ends = {len(p_data((1, 0, b"command"), (3, 0, b"data"))), len(data)}
    assert not reader.is_incomplete
    for at in range(len(data)):
        feed_one(reader, data[at])
        assert reader.is_incomplete == (at + 1 not in ends)


def feed_one(reader: pdu.PduReader, byte: int) -> None:
    reader.get_buffer()[0] = byte
    reader.received(1)

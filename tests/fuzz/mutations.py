"""Mutations of a data set's bytes: blind ones, and those that know where elements begin.

Each takes a bytearray and a random source and changes the bytes in place. They are cheap on purpose: a mutation must not
take longer than what it tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from tests.reference.encoding import LONG_VRS, SHORT_VRS

Mutation: TypeAlias = Callable[[bytearray, Sequence[int], Random], None]

LONGEST = 1 << 14  # bytes; what grows beyond is cut

VRS = [vr.encode() for vr in sorted(LONG_VRS | SHORT_VRS)] + [b"OX", b"ZZ", b"??", b"\0\0", b"ct", b"a\xff"]
LENGTHS = [
    bytes.fromhex(text)
    for text in (
        "00000000 01000000 02000000 07000000 08000000 ffffffff feffffff fdffffff ffffff7f 00000080 f7ffffff efffffff"
        "ffff0000 feff0000 00010000 44410000 00000100 00004441 5551ffff"
    ).replace("ffff0000 feff0000", " ffff0000 feff0000").split()
]  # fmt: skip
TOKENS = [
    bytes.fromhex("feff00e0ffffffff"),      # item, undefined length
    bytes.fromhex("feff00e000000000"),      # empty item
    bytes.fromhex("feff00e008000000"),
    bytes.fromhex("feff0de000000000"),      # item delimitation
    bytes.fromhex("feffdde000000000"),      # sequence delimitation
    bytes.fromhex("feff0de001000000"),
    bytes.fromhex("fffee000ffffffff"),      # the same, big endian
    bytes.fromhex("fffee00d00000000"),
    bytes.fromhex("fffee0dd00000000"),
    bytes.fromhex("0800401153510000ffffffff"),      # a sequence of undefined length, explicit
    bytes.fromhex("08004011ffffffff"),              # and implicit
    bytes.fromhex("0900111055 4e0000ffffffff".replace(" ", "")),
    bytes.fromhex("0900100 04c4f0400".replace(" ", "")) + b"ACME",
    bytes.fromhex("e07f10004f420000ffffffff"),
    bytes.fromhex("e07f10004f570000ffffffff"),
    bytes.fromhex("0800050043530a00") + b"ISO_IR 100",
    bytes.fromhex("0800050043530c00") + b"ISO_IR 192\\\\",
    bytes.fromhex("28000301555302000100"),
    bytes.fromhex("2800061053530200ffff"),
    bytes.fromhex("0200100055490400") + b"1.2\0",
    b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b)I", b"\x1b$)C", b"\x1b$)A", b"\x1b", b"\x1b-A", b"\x1b$(D",
    b"\\", b"^", b"=", b"===", b"\\\\\\", b"\xff", b"\x81", b"\xf0\x9f", b"\0", b"1e999", b"-", b"nan", b"1_0", b"DICM",
]  # fmt: skip


def _position(data: bytearray, random: Random) -> int:
    return int(random.random() * len(data))


def _pick(starts: Sequence[int], data: bytearray, random: Random) -> int:
    """Where an element begins; anywhere if that is unknown."""
    if starts:
        at = starts[int(random.random() * len(starts))]
        if at + 8 <= len(data):
            return at
    return max(0, _position(data, random) - 8) & ~1


def flip_bit(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    data[_position(data, random)] ^= 1 << int(random.random() * 8)


def set_byte(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    data[_position(data, random)] = random.choice((0, 1, 0x20, 0x5C, 0x7F, 0x80, 0xFE, 0xFF))


def truncate(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    del data[_position(data, random) + 1 :]


def truncate_at_element(data: bytearray, starts: Sequence[int], random: Random) -> None:
    del data[_pick(starts, data, random) + int(random.random() * 13) :]


def insert_token(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at = _pick(starts, data, random) if random.random() < 0.5 else _position(data, random)
    data[at:at] = random.choice(TOKENS)


def overwrite_with_token(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    at = _position(data, random)
    token = random.choice(TOKENS)
    data[at : at + len(token)] = token


def remove(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    at = _position(data, random)
    del data[at : at + 1 + int(random.random() * 16)]


def repeat(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at, end = sorted((_pick(starts, data, random), _pick(starts, data, random)))
    times = 1 if random.random() < 0.8 else int(random.random() * 40)
    data[at:at] = data[at:end] * times


def remove_elements(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at, end = sorted((_pick(starts, data, random), _pick(starts, data, random)))
    if end - at < len(data) // 2:
        del data[at:end]


def move_elements(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at, end = sorted((_pick(starts, data, random), _pick(starts, data, random)))
    part = data[at:end]
    del data[at:end]
    at = _position(data, random) & ~1
    data[at:at] = part


def change_vr(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at = _pick(starts, data, random) + 4
    data[at : at + 2] = random.choice(VRS)


def change_length(data: bytearray, starts: Sequence[int], random: Random) -> None:
    """A lie in the length field: 16 bits, 32 bits of implicit VR and items, 32 bits of explicit VR."""
    at = _pick(starts, data, random)
    kind = int(random.random() * 3)
    if kind == 0:
        data[at + 6 : at + 8] = random.choice(LENGTHS)[:2]
    else:
        at += 4 * kind
        data[at : at + 4] = random.choice(LENGTHS)


def shift_length(data: bytearray, starts: Sequence[int], random: Random) -> None:
    """A length that is a little wrong."""
    at = _pick(starts, data, random) + random.choice((4, 6, 8))
    if at < len(data):
        data[at] = (data[at] + random.choice((-8, -2, -1, 1, 2, 4, 8, 12))) & 0xFF


def change_tag(data: bytearray, starts: Sequence[int], random: Random) -> None:
    at, other = _pick(starts, data, random), _pick(starts, data, random)
    data[at : at + 4] = data[other : other + 4]


def random_bytes(data: bytearray, _starts: Sequence[int], random: Random) -> None:
    at = _position(data, random)
    count = 1 + int(random.random() * 8)
    data[at : at + count] = random.randbytes(count)


MUTATIONS: tuple[Mutation, ...] = (
    flip_bit,
    set_byte,
    truncate,
    truncate_at_element,
    insert_token,
    insert_token,
    overwrite_with_token,
    remove,
    repeat,
    remove_elements,
    move_elements,
    change_vr,
    change_vr,
    change_length,
    change_length,
    shift_length,
    shift_length,
    change_tag,
    random_bytes,
)


def mutate(seed: bytes, starts: Sequence[int], other: bytes, random: Random) -> bytes:
    """A few mutations of `seed`, sometimes with the tail of `other`. `starts` are offsets where its elements begin."""
    data = bytearray(seed)
    if random.random() < 0.02:
        data[_position(data, random) :] = other[int(random.random() * len(other)) :]
    count = 1
    while random.random() < 0.5 and count < 12:
        count += 1
    for _ in range(count):
        if not data:
            break
        MUTATIONS[int(random.random() * len(MUTATIONS))](data, starts, random)
    return bytes(data[:LONGEST])

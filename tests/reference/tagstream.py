"""The tag stream (PS3.5 section 7) the slow and obvious way: a recursive parser of sound data sets.

It is what `dicomkit._ext.tagstream` is compared with. It knows nothing of windows, damage or speed; on damaged data it
raises an error of some kind.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from dicomkit.standard import dictionary
from tests.reference.encoding import (
    ITEM,
    ITEM_DELIMITATION,
    LONG_VRS,
    PIXEL_DATA,
    SEQUENCE_DELIMITATION,
    UNDEFINED,
)

# As in element.h.
UNDEFINED_LENGTH = 1
LONG_HEADER = 2
IMPLICIT_VR = 4
GUESSED_VR = 8
BIG_ENDIAN_VALUE = 16
CONTAINER = 128

PIXEL_REPRESENTATION = 0x00280103
LUT_DESCRIPTOR = 0x00283002
WAVEFORM_BITS_ALLOCATED = 0x54001004


@dataclass
class Record:
    """An element, item or fragment; the fields of `Index.record`."""

    tag: int
    vr: str
    flags: int
    depth: int
    length: int
    next: int
    offset: int
    candidates: tuple[str, ...] = field(default=(), compare=False)  # the VRs of the dictionary, where there are several

    def fields(self) -> tuple[int, str, int, int, int, int, int]:
        return (self.tag, self.vr, self.flags, self.depth, self.length, self.next, self.offset)


def parse(data: bytes, *, implicit: bool = False, big: bool = False) -> list[tuple[int, str, int, int, int, int, int]]:
    """The records of a sound data set."""
    parser = _Parser(data)
    end = parser.data_set(0, len(data), implicit, big, 0)
    assert end == len(data)
    parser.resolve(0, len(parser.records), False)
    return [record.fields() for record in parser.records]


class _Parser:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.records: list[Record] = []

    def number(self, format_: str, at: int, big: bool) -> int:
        return int(struct.unpack_from((">" if big else "<") + format_, self.data, at)[0])

    def tag(self, at: int, big: bool) -> int:
        return self.number("H", at, big) << 16 | self.number("H", at + 2, big)

    def add(self, tag: int, vr: str, flags: int, depth: int, offset: int) -> Record:
        record = Record(tag, vr, flags, depth, 0, 0, offset)
        self.records.append(record)
        return record

    def close(self, record: Record, end: int) -> None:
        record.length = end - record.offset
        record.next = len(self.records)

    def data_set(self, at: int, end: int | None, implicit: bool, big: bool, depth: int) -> int:
        """The elements from `at` to `end`, or to an item delimitation; returns where they end."""
        creators: dict[int, bytes] = {}
        while at != end and not (end is None and self.tag(at, big) == ITEM_DELIMITATION):
            at = self.element(at, len(self.data) if end is None else end, implicit, big, depth, creators)
        return at

    def siblings(self, first: int, stop: int) -> list[int]:
        found = []
        while first < stop:
            found.append(first)
            first = self.records[first].next
        return found

    def resolve(self, first: int, stop: int, signed: bool) -> None:
        """Settle the VRs that depend on context in the data set of records `first` to `stop`, and in its items.

        `signed` is what Pixel Representation says in the data set around.
        """
        own = [(number, self.records[number]) for number in self.siblings(first, stop)]
        values = {
            record.tag: self.number("H", record.offset, bool(record.flags & BIG_ENDIAN_VALUE))
            for _, record in reversed(own)
            if record.length >= 2
        }
        if PIXEL_REPRESENTATION in values:
            signed = values[PIXEL_REPRESENTATION] == 1
        for number, record in own:
            if record.candidates:
                record.vr = vr_in_context(record, values, signed)
            for item in self.siblings(number + 1, record.next):
                self.resolve(item + 1, self.records[item].next, signed)

    def element(self, at: int, end: int, implicit: bool, big: bool, depth: int, creators: dict[int, bytes]) -> int:
        tag = self.tag(at, big)
        flags = BIG_ENDIAN_VALUE if big else 0
        candidates: tuple[str, ...] = ()
        if implicit:
            flags |= IMPLICIT_VR
            candidates = implicit_vrs(tag, creators)
            vr = candidates[0]
            length, offset = self.number("I", at + 4, big), at + 8
            if len(candidates) > 1:
                flags |= GUESSED_VR
        else:
            vr = self.data[at + 4 : at + 6].decode()
            if vr in LONG_VRS:
                flags |= LONG_HEADER
                length, offset = self.number("I", at + 8, big), at + 12
            else:
                length, offset = self.number("H", at + 6, big), at + 8
        undefined = length == UNDEFINED
        record = self.add(tag, vr, flags | (UNDEFINED_LENGTH if undefined else 0), depth, offset)
        record.candidates = candidates if len(candidates) > 1 else ()
        if tag == PIXEL_DATA and undefined:
            record.flags |= CONTAINER
            return self.fragments(record, big)
        if vr == "SQ":
            record.flags |= CONTAINER
            return self.items(record, None if undefined else offset + length, implicit, big)
        if vr == "UN" and (undefined or self.is_hidden_sequence(tag, offset, length, creators)):
            record.flags |= CONTAINER  # PS3.5 6.2.2 note 2: implicit VR little endian inside
            return self.items(record, None if undefined else offset + length, True, implicit and big)
        assert not undefined
        assert offset + length <= end
        self.close(record, offset + length)
        if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF:
            creators.setdefault(tag & 0xFF, self.data[offset : offset + length])
        return offset + length

    def is_hidden_sequence(self, tag: int, offset: int, length: int, creators: dict[int, bytes]) -> bool:
        """UN of defined length that holds items: known by its tag, or private with an element in its first item."""
        if length < 8 or self.tag(offset, False) != ITEM:
            return False
        vrs = implicit_vrs(tag, creators)
        if vrs == ("SQ",):
            return True
        first = self.tag(offset + 8, False) if length >= 16 else 0
        return vrs == ("UN",) and tag & 0x10000 != 0 and implicit_vrs(first, {}) != ("UN",)

    def items(self, sequence: Record, end: int | None, implicit: bool, big: bool) -> int:
        at = sequence.offset
        flags = BIG_ENDIAN_VALUE if big else 0
        while at != end and not (end is None and self.tag(at, big) == SEQUENCE_DELIMITATION):
            assert self.tag(at, big) == ITEM
            length = self.number("I", at + 4, big)
            undefined = length == UNDEFINED
            depth = sequence.depth + 1
            item = self.add(ITEM, "", flags | CONTAINER | (UNDEFINED_LENGTH if undefined else 0), depth, at + 8)
            at = self.data_set(at + 8, None if undefined else at + 8 + length, implicit, big, depth)
            self.close(item, at)
            if undefined:
                at += 8
        self.close(sequence, at)
        return at if end is not None else at + 8

    def fragments(self, pixels: Record, big: bool) -> int:
        at = pixels.offset
        while self.tag(at, big) == ITEM:
            length = self.number("I", at + 4, big)
            fragment = self.add(ITEM, "", BIG_ENDIAN_VALUE if big else 0, pixels.depth + 1, at + 8)
            at += 8 + length
            self.close(fragment, at)
        assert self.tag(at, big) == SEQUENCE_DELIMITATION
        self.close(pixels, at)
        return at + 8


def vr_in_context(record: Record, values: dict[int, int], signed: bool) -> str:
    """PS3.5 A.1 and A.2; PS3.3 C.7.6.3.1.2, C.11.1, C.10.9."""
    candidates = set(record.candidates)
    if candidates == {"US", "SS"}:
        return "SS" if signed else "US"
    if "US" in candidates:  # LUT Data: one entry of the descriptor is a number, more are words
        return "US" if values.get(LUT_DESCRIPTOR) == 1 else "OW"
    if record.tag >> 16 == 0x5400 and values.get(WAVEFORM_BITS_ALLOCATED) == 8:
        return "OB"
    return "OB" if record.tag >> 24 == 0x50 else "OW"


def implicit_vrs(tag: int, creators: dict[int, bytes]) -> tuple[str, ...]:
    """The VRs that the dictionary has for a tag; UN if none. `creators` has those of the group, by block."""
    if tag & 0x10000 and tag & 0xFFFF >= 0x1000:
        creator = creators.get(tag >> 8 & 0xFF)
        if creator is None:
            return ("UN",)
        private = dictionary.private_element(creator.decode("latin-1").strip(" \0"), tag)
        return ("UN",) if private is None else private.vr
    public = dictionary.element(tag)
    return ("UN",) if public is None else public.vr

"""The quick way through explicit VR little endian: the ordinary elements, items and delimiters of a sound data set.

Writes the same records as the steps, in a third of their time, by keeping the state in registers and leaving out every
question that an ordinary element does not raise. It stops in front of whatever does raise one, or is not whole in the window.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from element cimport CONTAINER, LONG_HEADER, UNDEFINED_LENGTH, Element, load_u16, load_u32
from parser cimport *

cdef enum:
    ITEM_BYTES = 0xE000FFFE             # tags as they stand in little endian bytes
    SEQUENCE_DELIMITATION_BYTES = 0xE0DDFFFE


cdef inline uint64_t window_limit(const Parser *p, const Container *c) noexcept nogil:
    return (c.limit if c.limit < p.stop else p.stop) - p.start


cdef inline Container *enter(Parser *p, Container *c, int kind, uint32_t record, uint32_t length, uint64_t offset) noexcept nogil:
    cdef Container *inner = c + 1
    p.top += 1
    inner.limit = c.limit if length == UNDEFINED else offset + length
    inner.record = record
    inner.last_tag = 0
    inner.creators = p.creator_count
    inner.kind = kind
    inner.delimited = length == UNDEFINED
    inner.implicit = False
    inner.big = False
    inner.deferred = False
    return inner


cdef inline Container *leave(Parser *p, Container *c, uint32_t count, uint64_t offset) noexcept nogil:
    """Close the container, whose contents end at stream offset `offset`."""
    cdef Element *e = &p.records[c.record]
    cdef uint64_t length = offset - e.offset
    e.length = UNDEFINED if length >= UNDEFINED else <uint32_t>length
    e.next = count
    p.creator_count = c.creators
    p.top -= 1
    return c - 1


cdef inline void scan(Parser *p, int floor) noexcept nogil:
    """Go on from pos, at or above stack level `floor`. The container at the top must be explicit VR little endian."""
    cdef Container *c = &p.stack[p.top]
    cdef const uint8_t *bytes = p.bytes
    cdef const uint8_t *h
    cdef uint64_t start = p.start
    cdef uint64_t at = p.pos - start, limit = window_limit(p, c), size
    cdef uint32_t count = p.count, last_tag = c.last_tag, capacity = p.capacity
    cdef uint32_t tag, vr, length
    cdef uint8_t kind
    cdef Element *e
    while count < capacity:
        if limit - at < 8:
            if limit != at or c.delimited or p.top <= floor or c.limit - start != at:
                break
            c = leave(p, c, count, c.limit)
            last_tag = c.last_tag
            if c.implicit or c.big:  # an explicit item in an implicit data set ends here
                break
            limit = window_limit(p, c)
            continue
        h = bytes + at
        if c.kind == DATA_SET:
            tag = load_u16(h, False) << 16 | load_u16(h + 2, False)
            vr = load_u16(h + 4, False)
            if tag <= last_tag or tag >= ITEM_TAG or vr & 0xE0E0 != 0x4040:
                if tag != ITEM_DELIMITATION or not c.delimited or load_u32(h + 4, False) or p.top <= floor:
                    break
                c = leave(p, c, count, start + at)
                at += 8
                if c.implicit or c.big:
                    break
                limit = window_limit(p, c)
                continue
            kind = VR_CLASS[(vr & 0x1F) << 5 | (vr >> 8 & 0x1F)]
            if kind == SHORT_LENGTH:
                length = load_u16(h + 6, False)
                size = 8
                # odd lengths and private creators are for the steps
                if length > limit - at - 8 or length & 1 or tag & 0x1FF00 == 0x10000:
                    break
            elif kind == LONG_LENGTH or kind == SEQUENCE_VR:
                if limit - at < 12:
                    break
                length = load_u32(h + 8, False)
                size = 12
                if kind == SEQUENCE_VR:
                    if length != UNDEFINED and length > c.limit - start - at - 12 or p.top >= 2 * MAX_DEPTH:
                        break
                elif length > limit - at - 12 or length & 1:
                    break
            else:
                break
            at += size
            e = &p.records[count]
            e.tag = tag
            e.vr = <uint16_t>vr
            e.flags = LONG_HEADER if size == 12 else 0
            e.depth = <uint8_t>(p.top >> 1)
            e.length = length
            e.next = count + 1
            e.offset = start + at
            if kind == SEQUENCE_VR:
                e.flags = CONTAINER | LONG_HEADER | (UNDEFINED_LENGTH if length == UNDEFINED else 0)
                c.last_tag = tag
                c = enter(p, c, SEQUENCE, count, length, start + at)
                limit = window_limit(p, c)
            else:
                at += length
                last_tag = tag
            count += 1
        elif c.kind == SEQUENCE:
            tag = load_u32(h, False)
            length = load_u32(h + 4, False)
            if tag == ITEM_BYTES:
                if length != UNDEFINED and length > c.limit - start - at - 8 or p.top >= 2 * MAX_DEPTH:
                    break
                at += 8
                e = &p.records[count]
                e.tag = ITEM_TAG
                e.vr = 0
                e.flags = CONTAINER | (UNDEFINED_LENGTH if length == UNDEFINED else 0)
                e.depth = <uint8_t>((p.top + 1) >> 1)
                e.length = length
                e.offset = start + at
                c = enter(p, c, DATA_SET, count, length, start + at)
                last_tag = 0
                count += 1
            elif tag == SEQUENCE_DELIMITATION_BYTES and length == 0 and c.delimited and p.top > floor:
                c = leave(p, c, count, start + at)
                at += 8
                last_tag = c.last_tag
                if c.implicit or c.big:
                    break
            else:
                break
            limit = window_limit(p, c)
        else:
            break
    if c.kind == DATA_SET:
        c.last_tag = last_tag
    p.pos = start + at
    p.count = count

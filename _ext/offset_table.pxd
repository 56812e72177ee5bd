"""Offset tables of encapsulated pixel data (PS3.5 A.4, PS3.3 C.7.6.3.1.8): fragments without a look at their headers."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from element cimport Element, load_u32, load_u64
from parser cimport *
from parser_headers cimport Header
from parser_steps cimport append


cdef struct Table:
    const uint8_t *offsets
    const uint8_t *lengths  # of the frames, or NULL
    uint32_t count
    bint wide               # offsets have 64 bits; else 32, and may start again from 0 beyond 4 GiB


cdef inline uint64_t next_offset(const Table *t, uint32_t i, uint64_t before) noexcept nogil:
    """Offset `i`, of which the one before it is `before`."""
    cdef uint64_t offset
    if t.wide:
        return load_u64(t.offsets + 8 * <uint64_t>i, False)
    offset = (before & ~<uint64_t>0xFFFFFFFF) | load_u32(t.offsets + 4 * <uint64_t>i, False)
    if offset < before:
        offset += <uint64_t>1 << 32
    return offset


cdef inline bint fits(const Parser *p, const Table *t, uint64_t *largest, uint64_t *most, uint64_t *last) noexcept nogil:
    """Whether a table can be that of the fragments behind pos: one a frame, one behind the other, those before pos as they were.

    Gives the stream offset of the header of the largest one but the last, its length, and the offset of the last one's header.
    """
    cdef uint64_t room = p.stack[p.top].limit - p.deferred, before = 0, offset, size
    cdef uint32_t i, first = p.count - p.stack[p.top].record - 2  # fragments that were read
    most[0] = 0
    if t.count < first + 2:
        return False
    for i in range(t.count):
        offset = next_offset(t, i, before)
        if i == first and p.deferred + offset != p.pos:
            return False
        if i == 0:
            if offset != 0:
                return False
            continue
        size = offset - before - 8
        if offset < before + 8 or offset >= room or size & 1 or size >= UNDEFINED:
            return False
        if t.lengths != NULL and size != (load_u64(t.lengths + 8 * <uint64_t>(i - 1), False) + 1 & ~<uint64_t>1):
            return False
        if i > first and size >= most[0]:
            most[0] = size
            largest[0] = p.deferred + before
        before = offset
    last[0] = p.deferred + before
    return True


cdef inline int append_fragments(Parser *p, const Table *t) noexcept nogil:
    """Record the fragments behind pos but the last, and go to that."""
    cdef uint32_t i, first = p.count - p.stack[p.top].record - 2
    cdef uint64_t offset = p.pos - p.deferred, after
    cdef Header h
    cdef int status = DONE
    h.tag = ITEM_TAG
    h.vr = 0
    h.size = 8
    h.flags = 0
    for i in range(first, t.count - 1):
        after = next_offset(t, i + 1, offset)
        status = append(p, &h, <uint8_t>((p.top + 1) >> 1), <uint32_t>(after - offset - 8), 0)
        if status != DONE:
            break
        p.pos = p.deferred + after
        offset = after
    return status

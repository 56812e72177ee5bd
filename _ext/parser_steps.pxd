"""The steps of the parse: one element, item, fragment or delimiter at a time, with all that files get wrong."""

from libc.stdint cimport UINT64_MAX, uint8_t, uint16_t, uint32_t, uint64_t

from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, GUESSED_VR, IMPLICIT_VR, TRUNCATED, UNDEFINED_LENGTH, UNDELIMITED, Element, load_u32,
)
from parser cimport *
from parser_headers cimport Header, is_sure, more, read_header
from parser_scan cimport scan

cdef inline int append(Parser *p, const Header *h, uint8_t depth, uint32_t length, uint8_t flags) noexcept nogil:
    cdef Element *e
    cdef int status
    if p.count == p.capacity:
        status = grow(p)
        if status != DONE:
            return status
    e = &p.records[p.count]
    e.tag = h.tag
    e.vr = h.vr
    e.flags = flags
    e.depth = depth
    e.length = length
    e.next = p.count + 1
    e.offset = p.pos + h.size
    p.count += 1
    return DONE


cdef inline int push(Parser *p, int kind, uint64_t limit, bint delimited, bint implicit, bint big) noexcept nogil:
    """Open the container whose record was appended last."""
    cdef Container *c
    if p.top + 1 >= 2 * MAX_DEPTH + 1:
        return TOO_DEEP
    p.top += 1
    c = &p.stack[p.top]
    c.limit = limit
    c.record = p.count - 1
    c.last_tag = 0
    c.creators = p.creator_count
    c.kind = kind
    c.delimited = delimited
    c.implicit = implicit
    c.big = big
    c.deferred = False
    return DONE


cdef inline void close(Parser *p) noexcept nogil:
    """Close the innermost container: its contents end at pos."""
    cdef Container *c = &p.stack[p.top]
    cdef Element *e = &p.records[c.record]
    cdef uint64_t length = p.pos - e.offset
    cdef uint32_t i
    e.length = UNDEFINED if length >= UNDEFINED else <uint32_t>length
    e.next = p.count
    p.creator_count = c.creators
    if c.deferred:
        p.deferred_stop = p.pos
    p.top -= 1
    if p.top == 0 and p.dropped != NO_RECORD:
        p.count = p.dropped
        for i in range(p.problem_count):
            if p.problems[i].record >= p.count and p.problems[i].record != NO_RECORD:
                p.problems[i].record = NO_RECORD
        p.dropped = NO_RECORD


cdef inline int close_undelimited(Parser *p) noexcept nogil:
    cdef Container *c = &p.stack[p.top]
    p.records[c.record].flags |= UNDELIMITED
    close(p)
    return problem(p, MISSING_DELIMITER, c.record, p.pos)


cdef inline int skip_delimiter(Parser *p, const uint8_t *at, bint big) noexcept nogil:
    if load_u32(at + 4, big) != 0 and problem(p, DELIMITER_LENGTH, p.stack[p.top].record, p.pos) != DONE:
        return FAULT
    p.pos += 8
    return DONE


cdef inline int at_limit(Parser *p, Container *c) noexcept nogil:
    """The container's bytes are used up."""
    if c.delimited:
        return close_undelimited(p)
    close(p)
    return DONE


cdef inline int short_rest(Parser *p, Container *c) noexcept nogil:
    """Fewer than 8 bytes are left in the container."""
    cdef int status
    if not is_sure(p, c.limit - p.pos):
        return more(p, c.limit - p.pos)
    status = problem(p, TRAILING_BYTES, c.record, p.pos)
    if status == DONE:
        p.pos = c.limit
    return status


cdef inline int past_end(const Parser *p, const Container *c) noexcept nogil:
    """The problem of a length that goes further than the container: is the stream cut off, or does one of the two lie?"""
    return VALUE_TRUNCATED if c.limit >= p.size else LENGTH_PAST_CONTAINER


cdef inline int open_sequence(Parser *p, Container *c, const Header *h, int kind, bint implicit, bint big) noexcept nogil:
    cdef bint delimited = h.length == UNDEFINED
    cdef uint8_t flags = h.flags | CONTAINER | (BIG_ENDIAN_VALUE if c.big else 0)
    cdef uint64_t limit = c.limit, offset = p.pos + h.size
    cdef int status = DONE
    if delimited:
        flags |= UNDEFINED_LENGTH
    elif h.length > c.limit - offset:
        flags |= TRUNCATED
        status = problem(p, past_end(p, c), p.count, p.pos)
    else:
        limit = offset + h.length
    if status == DONE:
        status = append(p, h, <uint8_t>(p.top >> 1), 0, flags)
    if status == DONE:
        status = push(p, kind, limit, delimited, implicit, big)
    if status == DONE:  # else the position stays at what is wrong
        p.pos = offset
    return status


cdef inline int overrun(Parser *p, Container *c, const Header *h, bint *extended) noexcept nogil:
    """A value runs past its item. Either the value's length lies or the item's: see which of the two ends makes sense."""
    cdef uint64_t end = p.pos + h.size + h.length
    cdef int i
    extended[0] = False
    if end > p.size or c.limit >= p.size:
        return problem(p, past_end(p, c), p.count, p.pos)
    if end - p.pos > FARTHEST_LOOK:
        return problem(p, LENGTH_PAST_CONTAINER, p.count, p.pos)
    if p.stop < end + 8 and p.stop < p.size:
        return more(p, min(end + 8, p.size) - p.pos)
    if begins_element(p, c.limit, 0, c.implicit, c.big) or not begins_element(p, end, h.tag, c.implicit, c.big):
        return problem(p, LENGTH_PAST_CONTAINER, p.count, p.pos)
    for i in range(p.top, -1, -1):
        if p.stack[i].limit < end:
            p.stack[i].limit = end
    extended[0] = True
    return problem(p, LENGTH_PAST_CONTAINER, c.record, p.pos)


cdef inline int read_value(Parser *p, Container *c, Header *h) noexcept nogil:
    """Record an element that is no container, and step over its value."""
    cdef uint64_t room = c.limit - p.pos - h.size
    cdef uint32_t length = h.length
    cdef uint8_t flags = h.flags | (BIG_ENDIAN_VALUE if c.big else 0)
    cdef bint extended
    cdef int status
    if length & 1:
        if p.quirks & ASSUME_EVEN_LENGTH and length < room:
            length += 1
        status = problem(p, ODD_LENGTH, p.count, p.pos)
        if status != DONE:
            return status
    if length > room:
        if p.top == 0 and h.tag <= c.last_tag:  # no element: something was appended to the data set
            status = problem(p, TRAILING_BYTES, NO_RECORD, p.pos)
            if status == DONE:
                p.pos = c.limit
            return status
        status = overrun(p, c, h, &extended)
        if status != DONE:
            return status
        if not extended:
            length = <uint32_t>room
            flags |= TRUNCATED
    if (length <= p.defer_size or length <= LONGEST_CREATOR) and length > p.stop - p.pos - h.size:
        p.need = <uint64_t>length + h.size
        return NEED_MORE
    if p.jump == UINT64_MAX and length > p.stop - p.pos - h.size:
        p.jump = p.pos + h.size
    status = append(p, h, <uint8_t>(p.top >> 1), length, flags)
    p.pos += h.size + <uint64_t>length
    return status


cdef inline int undefined_length(Parser *p, Container *c, Header *h) noexcept nogil:
    """An element of undefined length: a sequence, encapsulated pixel data, or something illegal."""
    cdef uint64_t offset = p.pos + h.size
    cdef bint nested
    if h.vr == VR_SQ:
        return open_sequence(p, c, h, SEQUENCE, c.implicit, c.big)
    if h.tag == PIXEL_DATA:
        return open_sequence(p, c, h, FRAGMENTS, c.implicit, c.big)
    if p.stop - p.pos < min(<uint64_t>h.size + 16, c.limit - p.pos):
        return more(p, min(<uint64_t>h.size + 16, c.limit - p.pos))
    if h.vr == VR_UN:  # PS3.5 6.2.2 note 2: implicit VR little endian inside
        if h.flags & IMPLICIT_VR:
            return open_sequence(p, c, h, SEQUENCE, True, c.big)
        if p.quirks & UNDEFINED_UN_EXPLICIT:
            return open_sequence(p, c, h, SEQUENCE, False, c.big)
        return open_sequence(p, c, h, SEQUENCE, True, c.big and begins_item(p, offset, c.limit, True))
    if not begins_item(p, offset, c.limit, c.big):
        h.length = 0xFFFFFFFE  # longer than anything: the rest of the container
        if problem(p, UNDEFINED_LENGTH_OF_VR, p.count, p.pos) != DONE:
            return FAULT
        return read_value(p, c, h)
    # Data in fragments where only Pixel Data may have them, or a sequence under another VR: the first item tells.
    nested = item_holds_elements(p, c, offset)
    if problem(p, SEQUENCE_IN_OTHER_VR if nested else UNDEFINED_LENGTH_OF_VR, p.count, p.pos) != DONE:
        return FAULT
    if nested:
        h.vr = VR_SQ
        h.flags |= GUESSED_VR
    return open_sequence(p, c, h, SEQUENCE if nested else FRAGMENTS, c.implicit, c.big)


cdef inline bint item_holds_elements(Parser *p, Container *c, uint64_t offset) noexcept nogil:
    cdef const uint8_t *at
    at = p.bytes + (offset - p.start)
    if load_u32(at + 4, c.big) == UNDEFINED:
        return True
    if c.limit - offset < 16 or not in_window(p, offset, 16):
        return False
    return begins_element(p, offset + 8, 0, c.implicit, c.big)


cdef inline bint item_holds_known(Parser *p, uint64_t offset, uint64_t end, bint big) noexcept nogil:
    """Whether an item's content, from `offset` on, is an element of the dictionary, or the next item or delimiter."""
    cdef const uint8_t *at
    cdef uint32_t tag, length
    if offset == end:
        return True
    if end - offset < 8 or not in_window(p, offset, 8):
        return False
    at = p.bytes + (offset - p.start)
    tag = load_tag(at, big)
    length = load_u32(at + 4, big)
    if tag == ITEM_TAG or tag == ITEM_DELIMITATION:
        return True
    return p.standard.vr(p.user, tag) != 0 and (length == UNDEFINED or length <= end - offset - 8)


cdef inline int hidden_sequence(Parser *p, Container *c, Header *h, bint *found) noexcept nogil:
    """A value of defined length and another VR that is a sequence all the same (UN, or OB/OW for a sequence's tag)."""
    cdef uint64_t offset = p.pos + h.size
    cdef uint16_t vr
    cdef bint big = c.big and h.vr != VR_UN
    found[0] = False
    if h.length < 8 or h.length > c.limit - offset and c.limit != p.stack[0].limit:
        return DONE
    vr = dictionary_vr(p, c, h.tag)
    if vr != VR_SQ and not (vr == 0 and h.vr == VR_UN and h.tag & 0x10000):
        return DONE
    if p.stop - p.pos < min(<uint64_t>h.size + 24, c.limit - p.pos):
        return more(p, min(<uint64_t>h.size + 24, c.limit - p.pos))
    if not begins_item(p, offset, offset + h.length, big):
        return DONE
    if vr == 0 and not item_holds_known(p, offset + 8, offset + h.length, big):
        return DONE
    found[0] = True
    if h.vr == VR_UN:
        return open_sequence(p, c, h, SEQUENCE, True, big)
    if problem(p, SEQUENCE_IN_OTHER_VR, p.count, p.pos) != DONE:
        return FAULT
    h.vr = VR_SQ
    h.flags |= GUESSED_VR
    return open_sequence(p, c, h, SEQUENCE, c.implicit, c.big)


cdef inline bint is_wanted(const Parser *p, uint32_t tag) noexcept nogil:
    cdef uint32_t i
    for i in range(p.only_count):
        if p.only[i] == tag:
            return True
    return False


cdef inline int top_level(Parser *p, Container *c, const Header *h) noexcept nogil:
    """What holds for elements of the root only: where to stop, and what to leave out."""
    cdef uint64_t end
    if h.tag >= p.stop_tag:
        return STOPPED
    if p.only == NULL or is_wanted(p, h.tag):
        return DONE
    if p.only_count == 0 or h.tag > p.only[p.only_count - 1]:
        return STOPPED
    if h.length != UNDEFINED:
        end = p.pos + h.size + h.length
        if end > c.limit:
            return STOPPED if problem(p, VALUE_TRUNCATED, NO_RECORD, p.pos) == DONE else FAULT
        p.pos = end
        return SKIPPED
    p.dropped = p.count
    return DONE


cdef inline bint is_creator(const Element *e) noexcept nogil:
    """Whether it reserves a block of private elements (PS3.5 7.8.1)."""
    return e.tag & 0x10000 and 0x10 <= e.tag & 0xFFFF <= 0xFF and e.length <= LONGEST_CREATOR


cdef inline int read_element(Parser *p, Container *c) noexcept nogil:
    cdef Header h
    cdef int status = read_header(p, c, &h)
    cdef uint32_t count
    cdef bint found
    if status != DONE:
        if status == TRUNCATED_HEADER:
            return short_rest(p, c)
        return status
    if h.tag <= c.last_tag and p.count:
        p.unordered = True
        status = problem(p, DUPLICATE_ELEMENT if h.tag == c.last_tag else OUT_OF_ORDER, p.count, p.pos)
        if status != DONE:
            return status
    if p.top == 0 and (p.only != NULL or p.stop_tag != NO_STOP):
        status = top_level(p, c, &h)
        if status == SKIPPED:
            c.last_tag = h.tag
            return DONE
        if status != DONE:
            return status
    if h.length == UNDEFINED:
        status = undefined_length(p, c, &h)
    elif h.vr == VR_SQ:
        status = open_sequence(p, c, &h, SEQUENCE, c.implicit, c.big)
    else:
        if h.vr == VR_UN or h.vr == VR_OW or h.vr == VR_OB:
            status = hidden_sequence(p, c, &h, &found)
            if status != DONE or found:
                if status != NEED_MORE:
                    c.last_tag = h.tag
                return status
        count = p.count
        status = read_value(p, c, &h)
        if status == DONE and p.count > count and is_creator(&p.records[count]):
            status = remember_creator(p, c, &p.records[count])
    if status == DONE and h.tag > c.last_tag:
        c.last_tag = h.tag
    return status


cdef inline int delimiter_in_item(Parser *p, Container *c, const uint8_t *at, uint32_t tag) noexcept nogil:
    """An item tag or delimiter where an element should be."""
    cdef int status
    if tag == ITEM_DELIMITATION and c.delimited:
        close(p)
        return skip_delimiter(p, at, c.big)
    if tag != ITEM_DELIMITATION and c.delimited and c.record != NO_RECORD:
        return close_undelimited(p)  # the sequence goes on from the same place
    status = problem(p, STRAY_DELIMITER, c.record, p.pos)
    if status == DONE:
        p.pos += 8
    return status


cdef inline int read_item(Parser *p, Container *c) noexcept nogil:
    """In a sequence: the next item, or the end."""
    cdef const uint8_t *at = p.bytes + (p.pos - p.start)
    cdef bint big = c.big
    cdef Header h
    cdef int status = DONE
    cdef uint64_t limit
    h.tag = load_tag(at, big)
    h.length = load_u32(at + 4, big)
    h.vr = 0
    h.size = 8
    h.flags = BIG_ENDIAN_VALUE if big else 0
    if h.tag == ITEM_TAG:
        h.flags |= CONTAINER
        limit = c.limit
        if h.length == UNDEFINED:
            h.flags |= UNDEFINED_LENGTH
        elif h.length > c.limit - p.pos - 8:
            h.flags |= TRUNCATED
        else:
            limit = p.pos + 8 + h.length
        status = append(p, &h, <uint8_t>((p.top + 1) >> 1), 0, h.flags)
        if status == DONE and h.flags & TRUNCATED:
            status = problem(p, past_end(p, c), p.count - 1, p.pos)
        if status == DONE:
            status = push(p, DATA_SET, limit, h.length == UNDEFINED, c.implicit, big)
        if status == DONE:
            p.pos += 8
        return status
    return end_of_items(p, c, at, h.tag)


cdef inline int end_of_items(Parser *p, Container *c, const uint8_t *at, uint32_t tag) noexcept nogil:
    cdef int status
    if tag == SEQUENCE_DELIMITATION and c.delimited:
        close(p)
        return skip_delimiter(p, at, c.big)
    if tag == SEQUENCE_DELIMITATION or tag == ITEM_DELIMITATION:
        status = problem(p, STRAY_DELIMITER, c.record, p.pos)
        if status == DONE:
            p.pos += 8
        return status
    if not c.delimited and not is_sure(p, c.limit - p.pos):
        return more(p, c.limit - p.pos)
    if problem(p, EXPECTED_ITEM, c.record, p.pos) != DONE:
        return FAULT
    if c.delimited:
        return close_undelimited(p)
    p.pos = c.limit
    close(p)
    return DONE


cdef inline int read_fragment(Parser *p, Container *c) noexcept nogil:
    """In encapsulated pixel data (PS3.5 A.4): the offset table, the next fragment, or the end."""
    cdef const uint8_t *at = p.bytes + (p.pos - p.start)
    cdef Header h
    cdef uint64_t room = c.limit - p.pos - 8
    cdef uint8_t flags = BIG_ENDIAN_VALUE if c.big else 0
    cdef int status
    h.tag = load_tag(at, c.big)
    if h.tag != ITEM_TAG:
        return end_of_items(p, c, at, h.tag)
    h.length = load_u32(at + 4, c.big)
    h.vr = 0
    h.size = 8
    h.flags = 0
    if h.length > room:
        flags |= TRUNCATED
        if h.length != UNDEFINED and not is_sure(p, <uint64_t>h.length + 8):
            return more(p, <uint64_t>h.length + 8)
        h.length = <uint32_t>room
    if h.length <= p.defer_size and not c.deferred and h.length > p.stop - p.pos - 8:
        p.need = <uint64_t>h.length + 8
        return NEED_MORE
    status = append(p, &h, <uint8_t>((p.top + 1) >> 1), h.length, flags)
    if status == DONE and flags & TRUNCATED:
        status = problem(p, VALUE_TRUNCATED, p.count - 1, p.pos)
    if status == DONE:
        p.pos += 8 + <uint64_t>h.length
        if c.record == p.count - 2:
            defer_fragments(p, c)
    return status


cdef inline void defer_fragments(Parser *p, Container *c) noexcept nogil:
    """Behind the offset table: see whether the fragments may stay where they are. All of them together are one value."""
    if p.top == 1 and p.deferred == UINT64_MAX and p.size != UINT64_MAX and p.pos < c.limit and p.stop < c.limit:
        if c.limit - p.pos > p.defer_size:
            c.deferred = True
            p.deferred = p.pos


cdef inline int end_of_root(Parser *p) noexcept nogil:
    """The first element behind group 0002, or zero padding."""
    if p.meta:
        return STOPPED
    cdef int status = problem(p, TRAILING_BYTES, NO_RECORD, p.pos)
    p.pos = p.stack[0].limit
    return status


cdef inline int parse(Parser *p) noexcept nogil:
    """Go on from pos until the stream, the wanted part of it or the window ends."""
    cdef Container *c
    cdef uint32_t tag, problems
    cdef bint implicit
    cdef int status = DONE
    # the top level has rules of its own: the quick way does not go there if there are any
    cdef int floor = 1 if p.only != NULL or p.stop_tag != NO_STOP or p.meta else 0
    if p.quirks:
        floor = 2 * MAX_DEPTH + 1
    while status == DONE:
        c = &p.stack[p.top]
        if p.top >= floor and not c.implicit and not c.big and p.start <= p.pos <= p.stop:
            scan(p, floor)
            c = &p.stack[p.top]
        problems = p.problem_count
        implicit = c.implicit
        if p.pos >= c.limit:
            if p.top == 0:
                return DONE
            status = at_limit(p, c)
            continue
        if c.limit - p.pos < 8:
            if p.meta and p.top == 0:  # what follows may be a data set of two bytes: deflated, and empty
                return DONE
            status = short_rest(p, c)
            continue
        if p.pos > p.stop or p.stop - p.pos < 8:
            p.need = 8
            return NEED_MORE
        if c.kind == DATA_SET:
            tag = load_tag(p.bytes + (p.pos - p.start), c.big)
            if p.top == 0 and (p.meta and tag >> 16 != 2 or tag == 0 and p.count):
                status = end_of_root(p)
            elif tag >> 16 == 0xFFFE and (tag == ITEM_TAG or tag == ITEM_DELIMITATION or tag == SEQUENCE_DELIMITATION):
                status = delimiter_in_item(p, c, p.bytes + (p.pos - p.start), tag)
            else:
                status = read_element(p, c)
        elif c.kind == SEQUENCE:
            status = read_item(p, c)
        else:
            status = read_fragment(p, c)
    if status == NEED_MORE:  # this step will be done again
        p.problem_count = problems
        c.implicit = implicit
    if status == STOPPED:
        return DONE
    return status

"""Putting out records of an element index: as the bytes they were read from where that is possible, else encoded anew."""

from libc.stdint cimport UINT32_MAX, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from byte_order cimport turn
from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, GUESSED_VR, IMPLICIT_VR, LONG_HEADER, TRUNCATED, UNDEFINED_LENGTH, UNDELIMITED, Element, IndexView,
    content_length, element_start, element_stop, load_u32, stream_bytes,
)
from vr cimport *
from writer_headers cimport *
from writer_output cimport *

cdef enum:
    PIXEL_DATA = 0x7FE00010
    MAX_LEVELS = 260        # 128 sequences and their items, and the root

cdef enum LevelKind:
    ELEMENTS
    ITEMS
    FRAGMENTS

# Where the records are that are put out.
cdef struct Origin:
    const IndexView *view
    uint32_t number             # of the source
    bint has_source             # deferred values can be read
    const uint32_t *damaged     # ascending: records whose bytes must not be used as they are
    uint32_t damaged_count
    const uint32_t *repeated    # (for a MAC) ascending: records whose tag occurs again at their level
    uint32_t repeated_count
    bint retyped                # elements whose VR is not that of their header get it
    bint hides_fragments        # there is encapsulated pixel data inside a sequence, and the target has none
    bint turn_pixels            # the words of Pixel Data have the other byte order in the target

cdef struct Level:
    uint32_t at
    uint32_t stop
    int kind
    Open opened
    GroupState group

cdef struct Levels:
    Level stack[MAX_LEVELS]


cdef inline bint is_sequence(const Element *e) noexcept nogil:
    return e.flags & CONTAINER and (e.vr == SQ or e.vr == UN and e.tag != PIXEL_DATA)


cdef inline bint is_fragments(const Element *e) noexcept nogil:
    """A container that is neither a sequence nor an item: Pixel Data, and what is encoded like them."""
    return e.flags & CONTAINER and e.vr and not is_sequence(e)


cdef inline bint is_among(const uint32_t *numbers, uint32_t count, uint32_t first, uint32_t stop) noexcept nogil:
    """Whether one of the records from `first` to before `stop` is among those with these numbers, which ascend."""
    cdef uint32_t low = 0, high = count, middle
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < first:
            low = middle + 1
        else:
            high = middle
    return low < count and numbers[low] < stop


cdef inline bint keeps_bytes(const Origin *from_, const Target *t, uint32_t i) noexcept nogil:
    """Whether the bytes that a record was read from can be put out as they are, with all that is in it."""
    cdef const Element *e = &from_.view.records[i]
    if e.flags & (TRUNCATED | UNDELIMITED) or (e.flags & BIG_ENDIAN_VALUE != 0) != t.big:
        return False
    if e.vr == 0 and e.flags & CONTAINER and e.next > i + 1:  # an item is encoded as what is in it
        e = &from_.view.records[i + 1]
    if e.vr and (e.flags & IMPLICIT_VR != 0) != t.implicit:
        return False
    e = &from_.view.records[i]
    if e.flags & CONTAINER:
        if is_fragments(e):
            if not t.encapsulated and e.tag == PIXEL_DATA:
                return False
        elif t.sequence_length != KEEP or t.group_length != KEEP or t.remove_padding or t.item_padding or t.old_vrs:
            return False
        elif from_.retyped or from_.hides_fragments:
            return False
    elif t.old_vrs and is_new_vr(e.vr) or from_.turn_pixels and e.tag == PIXEL_DATA or from_.retyped and e.flags & GUESSED_VR:
        return False
    return from_.damaged_count == 0 or not is_among(from_.damaged, from_.damaged_count, i, e.next)


cdef inline bint is_plain(const Element *e) noexcept nogil:
    """Whether a MAC is calculated from the bytes of a sound record as they are: those of a leaf."""
    return e.vr and not e.flags & CONTAINER


cdef inline void keep_reserved(Output *out, const Origin *from_, const Target *t, const Element *e) noexcept nogil:
    """Let a header that was put out without its length end as it was read: what is reserved is signed, too."""
    cdef const uint8_t *read
    if e.flags & (LONG_HEADER | IMPLICIT_VR) == LONG_HEADER and not t.implicit:
        read = stream_bytes(from_.view, element_start(e) + 6, 2)
        if read != NULL:
            memcpy(out.copied + out.size - 2, read, 2)


cdef inline int put_range(Output *out, const Origin *from_, uint64_t start, uint64_t stop) noexcept nogil:
    """Bytes of the stream: what is in memory from there, the rest from the source."""
    cdef const IndexView *view = from_.view
    cdef uint64_t end
    cdef const uint8_t *bytes
    cdef uint32_t k
    cdef int status
    while start < stop:
        end = stop
        bytes = NULL
        for k in range(view.segment_count):
            if view.segments[k].start <= start < view.segments[k].stop:
                end = min(stop, view.segments[k].stop)
                bytes = view.segments[k].bytes + (start - view.segments[k].start)
                break
            if start < view.segments[k].start < end:
                end = view.segments[k].start
        if bytes == NULL:
            status = refer(out, IN_SOURCE, start, end - start, from_.number, 1) if from_.has_source else NO_SOURCE
        elif end - start >= REFERENCED:
            status = refer(out, IN_MEMORY, <uint64_t>bytes, end - start, from_.number, 1)
        else:
            status = put(out, bytes, end - start)
        if status != DONE:
            return status
        start = end
    return DONE


cdef inline int put_turned(Output *out, const Origin *from_, uint64_t start, uint64_t length, uint32_t unit) noexcept nogil:
    """A value whose words get the other byte order."""
    cdef const uint8_t *bytes = stream_bytes(from_.view, start, length)
    cdef uint8_t *to
    if bytes == NULL:
        return refer(out, IN_SOURCE, start, length, from_.number, unit) if from_.has_source else NO_SOURCE
    if length >= REFERENCED:
        return refer(out, IN_MEMORY, <uint64_t>bytes, length, from_.number, unit)
    to = reserve(out, length)
    if to == NULL:
        return NO_MEMORY
    turn(to, bytes, length, unit)
    out.size += length
    return DONE


cdef inline int put_leaf(Output *out, const Origin *from_, const Target *t, const Element *e) noexcept nogil:
    """An element that is no container, encoded anew."""
    cdef uint64_t length = e.length
    cdef bint long_header = e.flags & (LONG_HEADER | GUESSED_VR) == LONG_HEADER
    cdef bint big = e.flags & BIG_ENDIAN_VALUE != 0
    cdef uint16_t vr = written_vr(t, e.vr, long_header, length)
    cdef uint32_t unit = word_size(e.vr)
    cdef uint8_t padding = c' ' if is_text(e.vr) and e.vr != UI else 0
    cdef int status
    length += length & 1
    if length >= <uint64_t>UNDEFINED:
        return TOO_LONG
    status = put_header(out, t, e.tag, vr, long_header and vr == e.vr, <uint32_t>length)
    if status != DONE:
        return status
    # PS3.5 6.2.2 note 2: the value of a UN is little endian, whatever is around it
    if unit > 1 and (big != (t.big and (vr != UN or e.vr == UN))) != (from_.turn_pixels and e.tag == PIXEL_DATA):
        status = put_turned(out, from_, e.offset, e.length, unit)
    else:
        status = put_range(out, from_, e.offset, e.offset + e.length)
    if status == DONE and e.length & 1:
        status = put(out, &padding, 1)
    return status


cdef inline int put_fragment(Output *out, const Origin *from_, const Target *t, const Element *e) noexcept nogil:
    cdef uint32_t length = e.length
    cdef int status
    if t.mac:
        status = put_bare_header(out, t, ITEM, 0)
    else:
        status = put_header(out, t, ITEM, 0, False, length + (length & 1))
    if status == DONE:
        status = put_range(out, from_, e.offset, e.offset + length)
    return put_zeros(out, length & 1) if status == DONE else status


cdef inline bint is_group_length(const Target *t, const Element *e) noexcept nogil:
    """Whether it is to be handled as one: a malformed one is an element like others, unless lengths are asked for."""
    return e.tag & 0xFFFF == 0 and (t.group_length != KEEP or e.length == 4 and (e.vr == UL or e.flags & IMPLICIT_VR))


cdef inline void note_stated(const Origin *from_, GroupState *g, const Element *e) noexcept nogil:
    cdef const uint8_t *bytes = stream_bytes(from_.view, e.offset, 4) if e.length == 4 else NULL
    if bytes != NULL:
        g.stated = load_u32(bytes, e.flags & BIG_ENDIAN_VALUE)
        g.was_stated = True


cdef inline int put_read_group_length(Output *out, const Origin *from_, const Target *t, GroupState *g, const Element *e) noexcept nogil:
    """A group length that was read, of the group that was entered."""
    note_stated(from_, g, e)
    return DONE if t.group_length == REMOVE or g.patch else put_group_length(out, t, g, e.tag)


cdef inline int put_records(Output *out, const Origin *from_, const Target *t, Levels *levels, uint32_t first, uint32_t stop, GroupState *group) noexcept nogil:
    """Put out sibling elements, the first to before `stop`, with all that is in them.

    `group` is the state of the level that they are on: the caller ends its last group.
    """
    cdef const Element *records = from_.view.records
    cdef const Element *e
    cdef Level *level = &levels.stack[0]
    cdef uint64_t run_start = 0, run_stop = 0
    cdef uint32_t top = 0, i
    cdef int status = DONE
    level.at = first
    level.stop = stop
    level.kind = ELEMENTS
    level.group = group[0]
    while True:
        if level.at >= level.stop:
            if run_stop > run_start:
                status = put_range(out, from_, run_start, run_stop)
                if status != DONE:
                    return status
                run_start = run_stop = 0
            if top == 0:
                group[0] = level.group
                return DONE
            if level.kind == ELEMENTS:
                end_group(out, t, &level.group)
                status = pad(out, t, level.opened.start, t.item_padding)
            if status == DONE:
                status = close_container(out, t, &level.opened)
            if status != DONE:
                return status
            top -= 1
            level = &levels.stack[top]
            continue
        i = level.at
        e = &records[i]
        level.at = e.next
        if t.mac:
            if level.kind == ELEMENTS and is_never_signed(e.tag):
                continue
        elif level.kind == ELEMENTS:
            if e.tag == DATA_SET_TRAILING_PADDING and t.remove_padding:
                continue
            if e.tag >> 16 != level.group.group or is_group_length(t, e):
                # lengths count what was put out: the run must be, before
                if run_stop > run_start:
                    status = put_range(out, from_, run_start, run_stop)
                    run_start = run_stop = 0
                enter_group(out, t, &level.group, e.tag)
                if status == DONE and is_group_length(t, e):
                    status = put_read_group_length(out, from_, t, &level.group, e)
                elif status == DONE and t.group_length == CREATE:
                    status = put_group_length(out, t, &level.group, e.tag)
                if status != DONE:
                    return status
                if is_group_length(t, e):
                    continue
            level.group.read += element_stop(from_.view, i) - element_start(e)
        if (not t.mac or is_plain(e)) and keeps_bytes(from_, t, i):
            if element_start(e) != run_stop:
                if run_stop > run_start:
                    status = put_range(out, from_, run_start, run_stop)
                    if status != DONE:
                        return status
                run_start = element_start(e)
            run_stop = element_stop(from_.view, i)
            continue
        if run_stop > run_start:
            status = put_range(out, from_, run_start, run_stop)
            if status != DONE:
                return status
        run_start = run_stop = 0
        if e.flags & CONTAINER:
            if top + 1 >= MAX_LEVELS:
                return TOO_DEEP
            if is_fragments(e) and not t.encapsulated and e.tag == PIXEL_DATA:
                return NOT_ENCAPSULATED
            top += 1
            level = &levels.stack[top]
            level.at = i + 1
            level.stop = e.next
            if e.tag == ITEM:
                level.kind = ELEMENTS
                no_group(&level.group)
                status = open_container(out, t, ITEM, 0, e.flags & UNDEFINED_LENGTH, &level.opened)
            elif is_fragments(e):
                level.kind = FRAGMENTS
                status = open_container(out, t, e.tag, OB, True, &level.opened)
            else:
                level.kind = ITEMS
                status = open_container(out, t, e.tag, SQ, e.flags & UNDEFINED_LENGTH, &level.opened)
            if t.mac and e.vr and status == DONE:
                keep_reserved(out, from_, t, e)
        elif level.kind == FRAGMENTS:
            status = put_fragment(out, from_, t, e)
        else:
            status = put_leaf(out, from_, t, e)
        if status != DONE:
            return status

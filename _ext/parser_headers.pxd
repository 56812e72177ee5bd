"""Element headers (PS3.5 7.1.2 and 7.1.3): explicit and implicit VR, and those that are neither."""

from libc.stdint cimport UINT64_MAX, uint8_t, uint16_t, uint32_t, uint64_t

from element cimport GUESSED_VR, IMPLICIT_VR, LONG_HEADER, load_u16, load_u32
from parser cimport *

cdef struct Header:
    uint32_t tag
    uint32_t length
    uint16_t vr
    uint8_t flags
    uint8_t size


cdef inline int more(Parser *p, uint64_t need) noexcept nogil:
    p.need = need
    return NEED_MORE


cdef inline bint is_sure(const Parser *p, uint64_t length) noexcept nogil:
    """Whether it is known that the stream has `length` bytes from pos on, or has not."""
    return p.size != UINT64_MAX or length <= p.stop - p.pos


cdef inline int read_implicit(Parser *p, Container *c, const uint8_t *at, Header *h) noexcept nogil:
    h.length = load_u32(at + 4, c.big)
    h.size = 8
    h.flags = IMPLICIT_VR
    h.vr = dictionary_vr(p, c, h.tag)
    if h.vr == 0:
        h.vr = VR_UN
    elif h.vr >= LOWEST_AMBIGUOUS:
        h.flags |= GUESSED_VR
        p.ambiguous += 1
    return DONE


cdef inline int read_explicit(Parser *p, Container *c, const uint8_t *at, Header *h, int vr_class_) noexcept nogil:
    """An explicit VR header of which 8 bytes are there."""
    h.vr = at[4] | <uint16_t>at[5] << 8
    if vr_class_ == SHORT_LENGTH:
        h.length = load_u16(at + 6, c.big)
        h.size = 8
        h.flags = 0
        return DONE
    if c.limit - p.pos < 12:
        return TRUNCATED_HEADER
    if p.stop - p.pos < 12:
        p.need = 12
        return NEED_MORE
    h.length = load_u32(at + 8, c.big)
    h.size = 12
    h.flags = LONG_HEADER
    return DONE


cdef inline int read_unknown_vr(Parser *p, Container *c, const uint8_t *at, Header *h) noexcept nogil:
    """The VR field of an explicit element holds no VR: a VR of the future, an implicit element, or nonsense."""
    cdef uint64_t room = c.limit - p.pos
    cdef uint32_t implicit_length = load_u32(at + 4, c.big)
    cdef bint implicit_fits = implicit_length == UNDEFINED or implicit_length <= room - 8
    cdef bint printable = 0x20 <= at[4] < 0x7F and 0x20 <= at[5] < 0x7F
    cdef bint capitals = c'A' <= at[4] <= c'Z' and c'A' <= at[5] <= c'Z'
    cdef int status
    if capitals and not p.quirks & ASSUME_IMPLICIT:
        status = read_explicit(p, c, at, h, LONG_LENGTH)
        if status == NEED_MORE:
            return status
        if status == DONE and not is_sure(p, 12 + <uint64_t>h.length):
            return more(p, 12 + <uint64_t>h.length)
        if status == DONE and h.length <= room - 12:
            if h.vr == VR_OX and h.tag == PIXEL_DATA:  # seen in files
                h.vr = VR_OW
                h.flags |= GUESSED_VR
            return problem(p, UNKNOWN_VR, p.count, p.pos)
    if printable and not p.quirks & ASSUME_IMPLICIT:
        read_explicit(p, c, at, h, SHORT_LENGTH)
        if not is_sure(p, 8 + <uint64_t>h.length):
            return more(p, 8 + <uint64_t>h.length)
        if h.length <= room - 8:
            return problem(p, UNKNOWN_VR, p.count, p.pos)
    if implicit_length != UNDEFINED and not is_sure(p, 8 + <uint64_t>implicit_length):
        return more(p, 8 + <uint64_t>implicit_length)
    if implicit_fits or p.quirks & ASSUME_IMPLICIT:
        if not p.quirks & ASSUME_IMPLICIT:
            c.implicit = True  # the rest of this item is likely the same; a way back is in read_header
        read_implicit(p, c, at, h)
        return problem(p, IMPLICIT_ELEMENT, p.count, p.pos)
    read_explicit(p, c, at, h, SHORT_LENGTH)
    return problem(p, UNKNOWN_VR, p.count, p.pos)


cdef inline int looks_explicit(Parser *p, Container *c, const uint8_t *at, bint *found) noexcept nogil:
    """Whether an element of an implicit data set has a VR all the same: its length field starts with the letters of one."""
    cdef int kind = vr_class(at[4], at[5])
    cdef uint32_t implicit_length, length
    cdef uint64_t room = c.limit - p.pos, end = 8
    found[0] = False
    if kind == NOT_A_VR:
        return DONE
    implicit_length = load_u32(at + 4, c.big)
    if kind == SHORT_LENGTH:
        length = load_u16(at + 6, c.big)
    else:
        if room < 12:
            return DONE
        if p.stop - p.pos < 12:
            return more(p, 12)
        if at[6] or at[7]:
            return DONE
        length = load_u32(at + 8, c.big)
        end = 12
    if length == UNDEFINED:
        if p.stop - p.pos < 20 and room >= 20:
            return more(p, 20)
        found[0] = begins_item(p, p.pos + 12, c.limit, c.big)
        return DONE
    if not is_sure(p, end + length):
        return more(p, end + length)
    if length > room - end:
        return DONE
    if implicit_length > room - 8 or implicit_length & 1:
        found[0] = True
        return DONE
    if not is_sure(p, 8 + <uint64_t>implicit_length):
        return more(p, 8 + <uint64_t>implicit_length)
    end += p.pos + length
    if end != c.limit and p.size - end >= 8 and not in_window(p, end, 8):
        return more(p, end + 8 - p.pos)
    found[0] = end == c.limit or begins_element(p, end, load_tag(at, c.big), False, c.big)
    return DONE


cdef inline int read_header(Parser *p, Container *c, Header *h) noexcept nogil:
    """The header at pos, of which 8 bytes are in the window and in the container."""
    cdef const uint8_t *at = p.bytes + (p.pos - p.start)
    cdef int status, kind
    cdef bint found
    h.tag = load_tag(at, c.big)
    if not c.implicit:
        kind = vr_class(at[4], at[5])
        if kind == NOT_A_VR:
            status = read_unknown_vr(p, c, at, h)
        else:
            status = read_explicit(p, c, at, h, kind)
        if status == DONE and p.quirks & (IGNORE_EXPLICIT_VR | CONVERT_UN):
            apply_dictionary(p, c, h)
        return status
    if c'A' <= at[4] <= c'Z':
        status = looks_explicit(p, c, at, &found)
        if status != DONE:
            return status
        if not found:
            return read_implicit(p, c, at, h)
        c.implicit = False
        status = problem(p, EXPLICIT_ELEMENT, p.count, p.pos)
        if status == DONE:
            status = read_explicit(p, c, at, h, vr_class(at[4], at[5]))
        return status
    return read_implicit(p, c, at, h)


cdef inline void apply_dictionary(Parser *p, Container *c, Header *h) noexcept nogil:
    cdef uint16_t vr
    if p.quirks & IGNORE_EXPLICIT_VR or h.vr == VR_UN:
        vr = dictionary_vr(p, c, h.tag)
        if vr != 0 and vr != h.vr:
            h.vr = vr
            h.flags |= GUESSED_VR
            p.ambiguous += vr >= LOWEST_AMBIGUOUS

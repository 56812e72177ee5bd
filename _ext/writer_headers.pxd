"""Element headers, lengths that are known only behind the content, and group lengths (PS3.5 7.1, 7.2, 7.5)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from vr cimport *
from writer_output cimport *

cdef extern from "vr_class.h" nogil:
    enum:
        NOT_A_VR
    uint8_t vr_class(uint32_t first, uint32_t second)

cdef enum:
    ITEM = 0xFFFEE000
    ITEM_DELIMITATION_ITEM = 0xFFFEE00D
    SEQUENCE_DELIMITATION_ITEM = 0xFFFEE0DD
    DATA_SET_TRAILING_PADDING = 0xFFFCFFFC
    UNDEFINED = 0xFFFFFFFF
    LONGEST_SHORT = 0xFFFE  # an even length in a field of 16 bits

cdef enum Kept:
    KEEP
    EXPLICIT_LENGTH
    UNDEFINED_LENGTHS
    RECALCULATE
    CREATE
    REMOVE

cdef struct Target:
    bint implicit
    bint big
    bint encapsulated       # the transfer syntax has encapsulated pixel data
    bint old_vrs            # only the VRs that there were in 1993
    int sequence_length     # KEEP, EXPLICIT_LENGTH, UNDEFINED_LENGTHS
    int group_length        # KEEP, RECALCULATE, CREATE, REMOVE
    bint remove_padding
    uint32_t item_padding   # items are padded to a multiple of this; 0: they are not
    bint mac                # what a MAC is calculated from, not what is stored: see writer_mac.pxd


cdef inline bint is_never_signed(uint32_t tag) noexcept nogil:
    """PS3.3 C.12.1.1.3.1.1: tags of elements that no MAC is calculated from, wherever they stand."""
    if tag & 0xFFFF == 0 or tag < 0x00080000 or tag == 0x00080001:
        return True
    return tag >> 16 == 0xFFFA or tag == 0x4FFE0001 or tag == DATA_SET_TRAILING_PADDING or tag >> 16 == 0xFFFE


# A length that is patched when the content behind it is complete.
cdef struct Open:
    uint64_t patch          # offset of the length field in Output.copied
    uint64_t start          # position of the content
    uint32_t delimiter      # tag of the item that ends it
    bint undefined

# The group that is being put out.
cdef struct GroupState:
    uint32_t group          # NO_GROUP before the first
    uint64_t patch          # offset of the value of its group length, 0 without one
    uint64_t start          # position behind the group length
    uint64_t read           # bytes it had where it was read, without its length
    uint32_t stated         # the value that its length had there
    bint was_stated

cdef enum:
    NO_GROUP = 0xFFFFFFFF


cdef inline void store_u16(uint8_t *p, uint32_t value, bint big) noexcept nogil:
    p[0 if big else 1] = <uint8_t>(value >> 8)
    p[1 if big else 0] = <uint8_t>value


cdef inline void store_u32(uint8_t *p, uint32_t value, bint big) noexcept nogil:
    if big:
        store_u16(p, value >> 16, True)
        store_u16(p + 2, value & 0xFFFF, True)
    else:
        store_u16(p, value & 0xFFFF, False)
        store_u16(p + 2, value >> 16, False)


cdef inline void store_tag(uint8_t *p, uint32_t tag, bint big) noexcept nogil:
    store_u16(p, tag >> 16, big)
    store_u16(p + 2, tag & 0xFFFF, big)


cdef inline bint has_long_header(uint16_t vr) noexcept nogil:
    """PS3.5 7.1.2: VRs with a length of 32 bits."""
    if vr == OB or vr == OW or vr == SQ or vr == UN or vr == UT or vr == OD or vr == OF or vr == OL or vr == OV:
        return True
    return vr == SV or vr == UC or vr == UR or vr == UV


cdef inline bint is_new_vr(uint16_t vr) noexcept nogil:
    """VRs that PS3.5 of 1993 did not have."""
    if vr == UN or vr == UT or vr == UC or vr == UR or vr == OF or vr == OD or vr == OL or vr == OV or vr == SV:
        return True
    return vr == UV


cdef inline bint is_two_letters(uint16_t vr) noexcept nogil:
    return c'A' <= vr & 0xFF <= c'Z' and c'A' <= vr >> 8 <= c'Z'


cdef inline uint16_t written_vr(const Target *t, uint16_t vr, bint long_header, uint64_t length) noexcept nogil:
    """The VR that is written for one: UN where the value is longer than its length field can say (PS3.5 6.2.2 note 2).

    One that nobody knows stays where its length has 32 bits, as that of all new ones (PS3.5 7.1.2); others become UN.
    """
    if vr_class(vr & 0xFF, vr >> 8) == NOT_A_VR and not (long_header and is_two_letters(vr)):
        vr = UN
    if not has_long_header(vr) and not long_header and length > LONGEST_SHORT:
        vr = UN
    if t.old_vrs and is_new_vr(vr):
        return OB
    return vr


cdef inline int put_header(Output *out, const Target *t, uint32_t tag, uint16_t vr, bint long_header, uint32_t length) noexcept nogil:
    """The header of an element. The length field is the last 4 bytes of it (2 for a short header of explicit VR)."""
    cdef uint8_t *p = reserve(out, 12)
    if p == NULL:
        return NO_MEMORY
    store_tag(p, tag, t.big)
    if t.implicit or vr == 0:
        store_u32(p + 4, length, t.big)
        out.size += 8
        return DONE
    p[4] = <uint8_t>vr
    p[5] = <uint8_t>(vr >> 8)
    if long_header or has_long_header(vr):
        p[6] = p[7] = 0
        store_u32(p + 8, length, t.big)
        out.size += 12
    else:
        store_u16(p + 6, length, t.big)
        out.size += 8
    return DONE


cdef inline int put_bare_header(Output *out, const Target *t, uint32_t tag, uint16_t vr) noexcept nogil:
    """A header without its length, of 32 bits: tag, VR and reserved bytes, as far as there are any."""
    cdef int status = put_header(out, t, tag, vr, False, 0)
    if status == DONE:
        out.size -= 4
    return status


cdef inline int open_container(Output *out, const Target *t, uint32_t tag, uint16_t vr, bint undefined, Open *opened) noexcept nogil:
    """Begin a sequence (vr SQ), an item (vr 0) or fragments (vr OB)."""
    cdef int status
    if t.mac:
        opened[0] = Open(0, position(out), ITEM_DELIMITATION_ITEM if vr == 0 else SEQUENCE_DELIMITATION_ITEM, False)
        return put_bare_header(out, t, tag, vr)
    if vr != OB:  # fragments have undefined length always
        if t.sequence_length == EXPLICIT_LENGTH:
            undefined = False
        elif t.sequence_length == UNDEFINED_LENGTHS:
            undefined = True
    status = put_header(out, t, tag, vr, False, UNDEFINED)
    opened.patch = out.size - 4
    opened.start = position(out)
    opened.undefined = undefined
    opened.delimiter = ITEM_DELIMITATION_ITEM if vr == 0 else SEQUENCE_DELIMITATION_ITEM
    return status


cdef inline int close_container(Output *out, const Target *t, const Open *opened) noexcept nogil:
    cdef uint64_t length
    if t.mac:
        return put_bare_header(out, t, opened.delimiter, 0) if opened.delimiter == SEQUENCE_DELIMITATION_ITEM else DONE
    length = position(out) - opened.start
    if opened.undefined or length >= UNDEFINED:  # more than the length field can say: PS3.5 7.5.2 leaves the delimiter
        return put_header(out, t, opened.delimiter, 0, False, 0)
    store_u32(out.copied + opened.patch, <uint32_t>length, t.big)
    return DONE


cdef inline int pad(Output *out, const Target *t, uint64_t start, uint32_t multiple) noexcept nogil:
    """Data Set Trailing Padding up to a multiple of bytes from `start` on, unless there is one (PS3.10 7.2)."""
    cdef uint64_t length = position(out) - start
    cdef uint64_t header = 8 if t.implicit else 12
    cdef int status
    if multiple == 0 or length % multiple == 0:
        return DONE
    length = (multiple - (length + header) % multiple) % multiple
    status = put_header(out, t, DATA_SET_TRAILING_PADDING, OB, False, <uint32_t>length)
    return put_zeros(out, length) if status == DONE else status


# -- group lengths (PS3.5 7.2)

cdef inline void no_group(GroupState *g) noexcept nogil:
    g.group = NO_GROUP
    g.patch = 0


cdef inline int put_group_length(Output *out, const Target *t, GroupState *g, uint32_t tag) noexcept nogil:
    cdef int status = put_header(out, t, tag >> 16 << 16, UL, False, 4)
    if status == DONE:
        status = put_zeros(out, 4)
    g.patch = out.size - 4
    g.start = position(out)
    return status


cdef inline void end_group(Output *out, const Target *t, GroupState *g) noexcept nogil:
    cdef uint64_t length
    if g.patch:
        length = position(out) - g.start
        if t.group_length == KEEP and g.was_stated and length == g.read:
            length = g.stated  # right or wrong: nothing of the group has changed
        store_u32(out.copied + g.patch, <uint32_t>min(length, <uint64_t>UNDEFINED), t.big)
        g.patch = 0


cdef inline void enter_group(Output *out, const Target *t, GroupState *g, uint32_t tag) noexcept nogil:
    """Before an element is put out, or a place passed where one was read."""
    if tag >> 16 != g.group:
        end_group(out, t, g)
        g.group = tag >> 16
        g.read = 0
        g.was_stated = False

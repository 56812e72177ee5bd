"""The parser's state, and what all its steps need: growing arrays, private creators, plausibility.

The kernels are inline functions in .pxd files, one subject a file, compiled into `tagstream`: state (here), headers, steps,
the quick way through the ordinary (scan), and the VRs that depend on context.
"""

from libc.stdint cimport UINT64_MAX, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy

from element cimport Element, load_u16, load_u32
from standard cimport StandardAPI, UserDictionary

cdef extern from "vr_class.h" nogil:
    enum:
        NOT_A_VR
        SHORT_LENGTH
        LONG_LENGTH
        SEQUENCE_VR
        LOOK_CLOSER
    uint8_t vr_class(uint32_t first, uint32_t second)
    const uint8_t VR_CLASS[1024]

cdef enum:
    MAX_DEPTH = 128             # nested sequences; DCMTK stops at 64
    MAX_PROBLEMS = 1000
    FIRST_RECORDS = 256         # room to begin with
    FIRST_META_RECORDS = 32
    FARTHEST_LOOK = 1 << 20     # bytes behind a value that a container cuts: further on is not looked whether it makes sense
    LONGEST_CREATOR = 64        # bytes of a private creator; values up to here are never deferred
    NO_RECORD = 0xFFFFFFFF
    UNDEFINED = 0xFFFFFFFF
    NO_STOP = 0xFFFFFFFF

cdef enum:
    ITEM_TAG = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    PIXEL_DATA = 0x7FE00010
    PIXEL_REPRESENTATION = 0x00280103
    WAVEFORM_BITS_ALLOCATED = 0x54001004
    LUT_DESCRIPTOR = 0x00283002

cdef enum Status:
    DONE
    NEED_MORE
    FAULT
    TOO_DEEP
    TOO_LARGE
    NO_MEMORY
    TRUNCATED_HEADER    # between kernels only: the container ends inside the header
    SKIPPED             # an unwanted element was stepped over
    STOPPED             # what was wanted is read

cdef enum Kind:
    DATA_SET        # the root, or an item
    SEQUENCE
    FRAGMENTS

# What a reader may tell the parser to do otherwise (DCMTK's parser switches, see QUIRKS).
cdef enum:
    ASSUME_EVEN_LENGTH = 1
    IGNORE_EXPLICIT_VR = 2
    ASSUME_IMPLICIT = 4
    UNDEFINED_UN_EXPLICIT = 8
    CONVERT_UN = 16
    PRIVATE_UNDEFINED_AS_SEQUENCE = 32
cdef enum ProblemCode:
    ODD_LENGTH
    VALUE_TRUNCATED
    LENGTH_PAST_CONTAINER
    MISSING_DELIMITER
    STRAY_DELIMITER
    DELIMITER_LENGTH
    EXPECTED_ITEM
    TRAILING_BYTES
    UNKNOWN_VR
    IMPLICIT_ELEMENT
    EXPLICIT_ELEMENT
    UNDEFINED_LENGTH_OF_VR
    SEQUENCE_IN_OTHER_VR
    OUT_OF_ORDER
    DUPLICATE_ELEMENT
    TOO_MANY_PROBLEMS

cdef extern from "block.h" nogil:
    size_t block_size(void *payload)
    void *new_block(size_t size)
    void *larger_block(void *payload, size_t used, size_t least, size_t wanted)
    void *fitting_block(void *payload, size_t used)
    void give_back(void *payload)

cdef struct Problem:
    uint64_t offset
    uint32_t record
    uint32_t code

cdef struct Container:
    uint64_t limit      # stream offset where its bytes end at the latest
    uint32_t record     # its own record, NO_RECORD for the root
    uint32_t last_tag
    uint32_t creators   # private creators known when it began
    uint8_t kind
    uint8_t delimited   # undefined length
    uint8_t implicit
    uint8_t big
    uint8_t deferred    # fragments that are not kept in memory, however short they are

cdef struct Creator:
    uint32_t block      # 0xGGGGBB00 >> 8
    uint32_t length
    char name[LONGEST_CREATOR]

cdef struct Parser:
    const uint8_t *bytes        # the window: stream offsets start to stop
    uint64_t start
    uint64_t stop
    uint64_t size               # of the stream; UINT64_MAX while unknown
    uint64_t pos
    uint64_t begin              # where the data set starts
    uint64_t jump               # the first value that was jumped over, or UINT64_MAX
    uint64_t deferred           # where the fragments begin that are not kept in memory, or UINT64_MAX
    uint64_t deferred_stop      # where they end, UINT64_MAX before that is known
    uint64_t need               # bytes wanted from pos on, when NEED_MORE
    uint64_t defer_size
    Element *records
    uint32_t count
    uint32_t capacity
    Problem *problems
    uint32_t problem_count
    Creator *creators
    uint32_t creator_count
    uint32_t creator_capacity
    uint32_t quirks
    uint32_t stop_tag           # top level: stop before this tag
    const uint32_t *only        # top level: record these (ascending) and stop behind the last
    uint32_t only_count
    uint32_t dropped            # first record of an unwanted sequence that is being skipped
    uint32_t ambiguous          # records whose VR depends on other elements
    uint32_t unordered
    int top
    bint strict
    bint meta                   # only group 0002
    const StandardAPI *standard
    const UserDictionary *user
    Container stack[2 * MAX_DEPTH + 2]


# VR codes, first letter in the low byte. From LOWEST_AMBIGUOUS on: several VRs, by context.
cdef enum:
    VR_SQ = 0x5153
    VR_UN = 0x4E55
    VR_OB = 0x424F
    VR_OW = 0x574F
    VR_OX = 0x584F
    VR_US = 0x5355
    VR_SS = 0x5353
    LOWEST_AMBIGUOUS = 0x6100
    US_OR_SS = 0x7378
    OB_OR_OW = 0x786F
    LUT_VR = 0x746C


cdef inline uint32_t load_tag(const uint8_t *p, bint big) noexcept nogil:
    return load_u16(p, big) << 16 | load_u16(p + 2, big)


cdef inline int grow(Parser *p) noexcept nogil:
    """Room for more records: as many as the rest of the window will hold if it is like what came before it."""
    cdef uint64_t least = 2 * <uint64_t>p.capacity, wanted = least
    cdef void *records
    if p.stop > p.pos > p.begin:
        wanted = p.count + <uint64_t>(1.0625 * p.count * (p.stop - p.pos) / (p.pos - p.begin))
        wanted = min(max(wanted, least), 32 * least)
    if least >= NO_RECORD:
        return TOO_LARGE
    wanted = min(wanted, <uint64_t>NO_RECORD - 1)
    records = larger_block(p.records, p.count * sizeof(Element), least * sizeof(Element), wanted * sizeof(Element))
    if records == NULL:
        return NO_MEMORY
    p.records = <Element *>records
    p.capacity = <uint32_t>(block_size(records) // sizeof(Element))
    return DONE


cdef inline int problem(Parser *p, int code, uint32_t record, uint64_t offset) noexcept nogil:
    """Record a tolerated fault; FAULT if none is tolerated."""
    cdef void *problems
    if p.problem_count < MAX_PROBLEMS:
        if p.problem_count & (p.problem_count - 1) == 0:  # 0 or a power of two: full
            problems = realloc(p.problems, (2 * p.problem_count if p.problem_count else 1) * sizeof(Problem))
            if problems == NULL:
                return NO_MEMORY
            p.problems = <Problem *>problems
        p.problems[p.problem_count] = Problem(offset, record, code)
        p.problem_count += 1
        if p.problem_count == MAX_PROBLEMS:
            p.problems[p.problem_count - 1].code = TOO_MANY_PROBLEMS
    return FAULT if p.strict else DONE


cdef inline int remember_creator(Parser *p, Container *c, const Element *e) noexcept nogil:
    """Note the private creator of a block. Only those of the current group are kept: at most 240 for each open item."""
    cdef uint32_t block = e.tag >> 16 << 8 | (e.tag & 0xFF)
    cdef uint32_t i
    cdef void *creators
    if p.creator_count > c.creators and p.creators[p.creator_count - 1].block >> 8 != e.tag >> 16:
        p.creator_count = c.creators
    for i in range(c.creators, p.creator_count):
        if p.creators[i].block == block:
            return DONE
    if p.creator_count == p.creator_capacity:
        creators = realloc(p.creators, (2 * p.creator_capacity + 16) * sizeof(Creator))
        if creators == NULL:
            return NO_MEMORY
        p.creators = <Creator *>creators
        p.creator_capacity = 2 * p.creator_capacity + 16
    p.creators[p.creator_count].block = block
    p.creators[p.creator_count].length = e.length
    memcpy(p.creators[p.creator_count].name, p.bytes + (e.offset - p.start), e.length)
    p.creator_count += 1
    return DONE


cdef inline uint16_t private_vr(const Parser *p, const Container *c, uint32_t tag) noexcept nogil:
    """VR of a private element by the creator of its block, 0 if unknown."""
    cdef uint32_t i
    for i in range(c.creators, p.creator_count):
        if p.creators[i].block == tag >> 8:
            return p.standard.private_vr(p.user, p.creators[i].name, p.creators[i].length, tag)
    return 0


cdef inline uint16_t dictionary_vr(Parser *p, Container *c, uint32_t tag) noexcept nogil:
    if tag & 0x10000 and tag & 0xFFFF >= 0x1000:
        return private_vr(p, c, tag)
    return p.standard.vr(p.user, tag)


cdef inline bint in_window(const Parser *p, uint64_t offset, uint64_t length) noexcept nogil:
    return p.start <= offset <= p.stop and length <= p.stop - offset


cdef inline bint begins_element(const Parser *p, uint64_t offset, uint32_t after, bint implicit, bint big) noexcept nogil:
    """Whether an element or delimiter could start here: used to choose between two readings of a damaged length."""
    cdef const uint8_t *at
    cdef uint32_t tag
    if offset == p.size:
        return True
    if not in_window(p, offset, 8):
        return False
    at = p.bytes + (offset - p.start)
    tag = load_tag(at, big)
    if tag == ITEM_TAG or tag == ITEM_DELIMITATION or tag == SEQUENCE_DELIMITATION:
        return True
    if tag <= after:
        return False
    if implicit:
        return p.standard.vr(p.user, tag) != 0 and load_u32(at + 4, big) <= p.size - offset
    return vr_class(at[4], at[5]) != NOT_A_VR


cdef inline bint begins_item(const Parser *p, uint64_t offset, uint64_t limit, bint big) noexcept nogil:
    """Whether an item with a possible length starts here."""
    cdef const uint8_t *at
    cdef uint32_t length
    if limit - offset < 8 or not in_window(p, offset, 8):
        return False
    at = p.bytes + (offset - p.start)
    length = load_u32(at + 4, big)
    return load_tag(at, big) == ITEM_TAG and (length == UNDEFINED or length <= limit - offset - 8)

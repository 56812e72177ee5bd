"""What a MAC is calculated from (PS3.3 C.12.1.1.3.1): which elements can be signed, and those of a list.

The bytes are those that the writer puts out, but containers have no lengths, and of delimiters there is only the tag at the end
of sequences and fragments. What the index guesses of damaged elements is nothing to be signed: another reader may guess
otherwise.
"""

from libc.stdint cimport uint32_t
from libc.stdlib cimport qsort

from element cimport CONTAINER, GUESSED_VR, IMPLICIT_VR, TRUNCATED, UNDELIMITED, Element
from vr cimport *
from writer_headers cimport *
from writer_output cimport *
from writer_records cimport *

# Why an element cannot be signed; in the order of REASONS.
cdef enum Unsignable:
    SIGNABLE
    NEVER_SIGNED
    IS_UNKNOWN
    HOLDS_UNKNOWN
    NO_SUCH_VR
    IS_ODD
    IS_DAMAGED
    BECOMES_UNKNOWN
    IS_REPEATED

# The tags of the elements that are signed.
cdef struct Signed:
    bint all                # all that can be
    uint32_t count
    uint32_t *tags          # ascending


cdef inline int compare_tags(const void *one, const void *other) noexcept nogil:
    cdef uint32_t a = (<const uint32_t *>one)[0], b = (<const uint32_t *>other)[0]
    return (a > b) - (a < b)


cdef inline void sort_tags(Signed *signed_) noexcept nogil:
    cdef uint32_t i
    for i in range(1, signed_.count):
        if signed_.tags[i - 1] > signed_.tags[i]:
            qsort(signed_.tags, signed_.count, sizeof(uint32_t), compare_tags)
            return


cdef inline bint is_signed(const Signed *signed_, uint32_t tag) noexcept nogil:
    cdef uint32_t low = 0, high = signed_.count, middle
    if signed_.all:
        return True
    while low < high:
        middle = (low + high) >> 1
        if signed_.tags[middle] < tag:
            low = middle + 1
        else:
            high = middle
    return low < signed_.count and signed_.tags[low] == tag


cdef inline int why_not(const Origin *from_, const Element *e) noexcept nogil:
    """Why one record cannot be signed, whatever is in it."""
    if e.flags & (TRUNCATED | UNDELIMITED):
        return IS_DAMAGED
    if e.length & 1 and not e.flags & CONTAINER:  # who knows what it is padded with
        return IS_ODD
    if e.vr == 0:
        return SIGNABLE
    if e.vr == UN:
        return HOLDS_UNKNOWN
    if vr_class(e.vr & 0xFF, e.vr >> 8) == NOT_A_VR:
        return NO_SUCH_VR
    if e.flags & (GUESSED_VR | IMPLICIT_VR) == GUESSED_VR and not from_.retyped or e.tag >> 16 == 0xFFFE:
        return IS_DAMAGED
    return IS_DAMAGED if is_fragments(e) and e.vr != OB and e.vr != OW else SIGNABLE


cdef inline int why_none(const Origin *from_, uint32_t first, uint32_t stop) noexcept nogil:
    """Why what holds these records cannot be signed."""
    cdef uint32_t i
    cdef int reason
    for i in range(first, stop):
        reason = why_not(from_, &from_.view.records[i])
        if reason != SIGNABLE:
            return reason
    if from_.damaged_count and is_among(from_.damaged, from_.damaged_count, first, stop):
        return IS_DAMAGED
    if from_.repeated_count and is_among(from_.repeated, from_.repeated_count, first, stop):
        return IS_REPEATED
    return SIGNABLE


cdef inline int why_not_signable(const Origin *from_, uint32_t i) noexcept nogil:
    """Why an element cannot be signed, SIGNABLE if it can."""
    cdef const Element *e = &from_.view.records[i]
    if is_never_signed(e.tag):
        return NEVER_SIGNED
    return IS_UNKNOWN if e.vr == UN else why_none(from_, i, e.next)


cdef inline int put_signed(
    Output *out, const Origin *from_, const Target *t, Levels *levels, uint32_t first, uint32_t stop, const Signed *signed_,
    uint32_t *refused,
) noexcept nogil:
    """Put out those of sibling records that are signed, in ascending order of their tags.

    If one of a list cannot be, `refused` is its record, and nothing more is put out.
    """
    cdef const Element *e
    cdef GroupState group
    cdef uint32_t i = first, run = first, k = 0
    cdef bint wanted
    cdef int status
    no_group(&group)
    while i < stop:
        e = &from_.view.records[i]
        while k < signed_.count and signed_.tags[k] < e.tag:
            k += 1
        wanted = signed_.all or k < signed_.count and signed_.tags[k] == e.tag
        if wanted and why_not_signable(from_, i) != SIGNABLE:
            if not signed_.all:
                refused[0] = i
                return DONE
            wanted = False
        if not wanted:
            if run < i:
                status = put_records(out, from_, t, levels, run, i, &group)
                if status != DONE:
                    return status
            run = e.next
        i = e.next
    return put_records(out, from_, t, levels, run, stop, &group) if run < stop else DONE

"""Walking the records of an index: the frames of the containers that are open, from the root to the current one."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport malloc, realloc
from libc.string cimport memset

from dump_line cimport *
from element cimport CONTAINER, UNDEFINED_LENGTH, Element
from record_order cimport order_records


cdef inline int open_frame(Job *job, uint32_t record, uint32_t first, uint32_t stop, bint sorted) except -1 nogil:
    """Start on the children of a container; elements of an item come in the order of their tags, each tag once."""
    cdef Frame *frame
    cdef void *frames
    cdef uint32_t i = first, last = 0
    cdef bint in_order = True
    if job.depth + 1 >= job.capacity:
        frames = realloc(job.frames, 2 * job.capacity * sizeof(Frame))
        if frames == NULL:
            with gil:
                raise MemoryError
        job.frames = <Frame *>frames
        job.capacity *= 2
    frame = &job.frames[job.depth + 1]
    memset(frame, 0, sizeof(Frame))
    frame.record = record
    frame.first = frame.position = first
    frame.stop = stop
    frame.block = NOT_FOUND
    frame.charset = job.frames[job.depth].charset if job.depth >= 0 else NOT_FOUND
    while i < stop:
        if sorted:
            if frame.count and job.view.records[i].tag <= last:
                in_order = False
            last = job.view.records[i].tag
            if last == SPECIFIC_CHARACTER_SET:
                frame.charset = i
        frame.count += 1
        i = job.view.records[i].next
    job.depth += 1
    if in_order:
        return 0
    frame.order = <uint64_t *>malloc(frame.count * sizeof(uint64_t))
    if frame.order == NULL:
        with gil:
            raise MemoryError
    frame.count = order_records(job.view, first, stop, frame.order)
    frame.position = 0
    return 0


cdef inline bint is_directory_record(const Job *job, const Frame *frame) noexcept nogil:
    """Whether a frame's items are directory records (PS3.3 F.3.2.2)."""
    return frame.record != NOT_FOUND and job.view.records[frame.record].tag == DIRECTORY_RECORD_SEQUENCE


cdef inline bint is_open(const Element *e) noexcept nogil:
    """Whether what is inside is printed. A sequence that was found in a UN value of defined length stays bytes, as in dcmdump."""
    return e.flags & CONTAINER != 0 and (e.vr != VR_UN or e.flags & UNDEFINED_LENGTH != 0)


cdef inline bint is_fragment(const Element *e) noexcept nogil:
    return e.tag == ITEM_TAG and e.flags & CONTAINER == 0

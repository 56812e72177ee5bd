"""VRs that depend on other elements of the data set (PS3.5 A.1 and A.2), settled when all are there."""

from libc.stdint cimport uint8_t, uint32_t

from element cimport BIG_ENDIAN_VALUE, CONTAINER, Element, IndexView, load_u16, stream_bytes
from parser cimport *

cdef inline uint32_t small_value(const IndexView *view, uint32_t record, uint32_t stop, uint32_t tag, uint32_t otherwise) noexcept nogil:
    """A 16-bit value among the siblings from `record` to `stop`."""
    cdef const Element *e
    cdef const uint8_t *value
    while record < stop:
        e = &view.records[record]
        if e.tag == tag and e.length >= 2:
            value = stream_bytes(view, e.offset, 2)
            return otherwise if value == NULL else load_u16(value, e.flags & BIG_ENDIAN_VALUE)
        record = e.next
    return otherwise


cdef inline void resolve_ambiguous(const IndexView *view) noexcept nogil:
    """Give every record of several VRs the one its context says (PS3.5 A.1 and A.2).

    US or SS follow Pixel Representation of the same data set, or of the nearest one around it; LUT Data is OW unless the
    descriptor says one entry; Pixel, Overlay and Waveform Data in implicit VR are OW.
    """
    cdef uint32_t ends[MAX_DEPTH + 1]
    cdef uint32_t starts[MAX_DEPTH + 1]
    cdef uint32_t signs[MAX_DEPTH + 1]
    cdef uint32_t descriptors[MAX_DEPTH + 1]    # what these say, once looked up
    cdef uint32_t waveforms[MAX_DEPTH + 1]
    cdef int top = 0
    cdef uint32_t i
    cdef Element *e
    ends[0] = view.count
    starts[0] = 0
    signs[0] = small_value(view, 0, view.count, PIXEL_REPRESENTATION, 0)
    descriptors[0] = waveforms[0] = NO_RECORD
    for i in range(view.count):
        e = &view.records[i]
        while i >= ends[top] and top:
            top -= 1
        if e.vr == 0:
            if e.flags & CONTAINER and top < MAX_DEPTH:
                top += 1
                ends[top] = e.next
                starts[top] = i + 1
                signs[top] = small_value(view, i + 1, e.next, PIXEL_REPRESENTATION, signs[top - 1])
                descriptors[top] = waveforms[top] = NO_RECORD
        elif e.vr == US_OR_SS:
            e.vr = VR_SS if signs[top] == 1 else VR_US
        elif e.vr == LUT_VR:
            if descriptors[top] == NO_RECORD:
                descriptors[top] = small_value(view, starts[top], ends[top], LUT_DESCRIPTOR, 0)
            e.vr = VR_US if descriptors[top] == 1 else VR_OW
        elif e.vr == OB_OR_OW:
            e.vr = VR_OB if e.flags & CONTAINER else VR_OW  # PS3.5 A.4: in fragments it is OB
            if e.tag >> 16 == 0x5400:
                if waveforms[top] == NO_RECORD:
                    waveforms[top] = small_value(view, starts[top], ends[top], WAVEFORM_BITS_ALLOCATED, 16)
                if waveforms[top] == 8:
                    e.vr = VR_OB
            elif e.tag >> 24 == 0x50:
                e.vr = VR_OB
        elif e.vr >= LOWEST_AMBIGUOUS:
            e.vr = VR_UN

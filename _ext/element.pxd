"""The records of the element index, as every compiled module sees them (element.h)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "element.h" nogil:
    ctypedef struct Element:
        uint32_t tag
        uint16_t vr
        uint8_t flags
        uint8_t depth
        uint32_t length
        uint32_t next
        uint64_t offset

    enum:
        UNDEFINED_LENGTH
        LONG_HEADER
        IMPLICIT_VR
        GUESSED_VR
        BIG_ENDIAN_VALUE
        TRUNCATED
        UNDELIMITED
        CONTAINER

    ctypedef struct Segment:
        uint64_t start
        uint64_t stop
        const uint8_t *bytes

    ctypedef struct IndexView:
        Element *records
        Segment *segments
        uint32_t count
        uint32_t segment_count

    const uint8_t *stream_bytes(const IndexView *view, uint64_t offset, uint64_t length)
    uint16_t VR_CODE(int first, int second)
    uint32_t load_u16(const uint8_t *p, bint big_endian)
    uint32_t load_u32(const uint8_t *p, bint big_endian)
    uint64_t load_u64(const uint8_t *p, bint big_endian)
    uint64_t element_start(const Element *e)
    uint64_t element_stop(const IndexView *view, uint32_t i)
    uint64_t content_length(const IndexView *view, uint32_t i)

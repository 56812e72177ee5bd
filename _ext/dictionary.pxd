"""The tables of a data dictionary (dictionary.h)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "dictionary.h" nogil:
    const uint32_t NO_TAG

    enum:
        NO_ROW
        NO_CREATOR
        ROW_RETIRED
        ROW_WITHOUT_SS

    ctypedef struct Row:
        uint32_t tag
        uint32_t keyword
        uint32_t name
        uint16_t vr
        uint8_t vm_min
        uint8_t vm_max
        uint8_t vm_step
        uint8_t flags

    ctypedef struct Slot:
        uint32_t tag
        uint16_t vr
        uint16_t row

    ctypedef struct Range:
        uint16_t row
        uint16_t creator
        uint16_t group
        uint16_t group_last
        uint16_t group_step
        uint16_t element
        uint16_t element_last
        uint16_t element_step

    ctypedef struct Creator:
        uint32_t name
        uint16_t row
        uint16_t count

    ctypedef struct UIDRow:
        uint32_t uid
        uint32_t keyword
        uint32_t name
        uint32_t type
        uint32_t family
        uint16_t properties
        uint8_t kind
        uint8_t retired

    ctypedef struct Tables:
        const char *strings
        const Row *rows
        const Slot *slots
        const uint16_t *keyword_slots
        const Creator *creators
        const uint16_t *creator_slots
        const Range *ranges
        uint32_t public_count
        uint32_t range_count
        uint32_t creator_count
        uint32_t slot_shift
        uint32_t keyword_mask
        uint32_t creator_mask

    uint32_t tag_hash(uint32_t tag, uint32_t shift)
    uint32_t text_hash(const char *text, size_t length)

"""The standard's tables, as the other compiled modules see them (standard.h)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "standard.h" nogil:
    const uint32_t NO_TAG
    const char *STANDARD_CAPSULE

    ctypedef struct UserDictionary:
        pass

    ctypedef struct Attribute:
        const char *keyword
        const char *name
        uint32_t tag
        uint16_t vr
        uint8_t vm_min
        uint8_t vm_max
        uint8_t vm_step
        uint8_t retired

    enum:
        TS_IMPLICIT_VR
        TS_BIG_ENDIAN
        TS_DEFLATED
        TS_ENCAPSULATED
        TS_BIG_ENDIAN_PIXELS

    ctypedef struct RegisteredUID:
        const char *uid
        const char *keyword
        const char *name
        uint8_t kind
        uint8_t transfer_syntax
        uint8_t retired

    ctypedef struct StandardAPI:
        uint16_t (*vr)(const UserDictionary *user, uint32_t tag) noexcept nogil
        uint16_t (*private_vr)(const UserDictionary *user, const char *creator, size_t length, uint32_t tag) noexcept nogil
        int (*attribute)(const UserDictionary *user, uint32_t tag, Attribute *found) noexcept nogil
        int (*private_attribute)(
            const UserDictionary *user, const char *creator, size_t length, uint32_t tag, Attribute *found
        ) noexcept nogil
        int (*keyword)(const UserDictionary *user, const char *keyword, size_t length, Attribute *found) noexcept nogil
        int (*uid)(const char *uid, size_t length, RegisteredUID *found) noexcept nogil

"""The data dictionary and the registered UIDs as static tables (PS3.6, PS3.7 Annex E), and a user's own dictionary.

Everything is in standard_tables.h, made at build time: importing this module reads no file and builds nothing. dictionary.h
has the layout. Other compiled modules use the functions of `API` (standard.h), Python the `def` functions below.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcmp, strlen

from dictionary cimport (
    NO_CREATOR, NO_ROW, NO_TAG, ROW_RETIRED, ROW_WITHOUT_SS, Creator, Range, Row, Slot, Tables, UIDRow, tag_hash, text_hash
)
from standard cimport (
    TS_BIG_ENDIAN, TS_DEFLATED, TS_ENCAPSULATED, TS_IMPLICIT_VR, Attribute, RegisteredUID, StandardAPI, UserDictionary,
)


cdef extern from "standard_tables.h" nogil:
    const Row STANDARD_ROWS[1]
    const Slot STANDARD_SLOTS[1]
    const uint16_t STANDARD_KEYWORD_SLOTS[1]
    const Creator STANDARD_CREATORS[1]
    const uint16_t STANDARD_CREATOR_SLOTS[1]
    const Range STANDARD_RANGES[1]
    const char STANDARD_STRINGS[1][1]
    const UIDRow REGISTERED_UIDS[1]
    const uint16_t REGISTERED_UID_SLOTS[1]
    const uint16_t REGISTERED_UID_KEYWORD_SLOTS[1]
    enum:
        STANDARD_PUBLIC_COUNT
        STANDARD_RANGE_COUNT
        STANDARD_CREATOR_COUNT
        STANDARD_SLOT_SHIFT
        STANDARD_KEYWORD_MASK
        STANDARD_CREATOR_MASK
        REGISTERED_UID_COUNT
        REGISTERED_UID_MASK
        REGISTERED_UID_KEYWORD_MASK


# Set once, when the module is imported; read without a lock.
cdef Tables STANDARD
cdef const char *STRINGS = <const char *>STANDARD_STRINGS


# ---- Finding rows --------------------------------------------------------------------------------------------------------

cdef inline const Slot *slot_of(const Tables *tables, uint32_t tag) noexcept nogil:
    """The slot of a tag; an empty one if it is not there."""
    cdef uint32_t mask = <uint32_t>0xFFFFFFFF >> tables.slot_shift
    cdef uint32_t i = tag_hash(tag, tables.slot_shift)
    while tables.slots[i].tag != tag and tables.slots[i].tag != NO_TAG:
        i = (i + 1) & mask
    return &tables.slots[i]


cdef inline bint same_text(const char *text, const char *other, size_t length) noexcept nogil:
    """Whether the NUL-terminated `text` is `length` bytes of `other`."""
    return strlen(text) == length and memcmp(text, other, length) == 0


cdef inline bint covers(uint16_t first, uint16_t last, uint16_t step, uint32_t number) noexcept nogil:
    # a number below `first` wraps around to a large one
    cdef uint32_t distance = number - first
    return distance <= <uint32_t>(last - first) and (distance & <uint32_t>(step - 1)) == 0


cdef const Row *row_in_ranges(const Tables *tables, uint32_t creator, uint32_t tag) noexcept nogil:
    cdef const Range *candidate
    cdef uint32_t i
    for i in range(tables.range_count):
        candidate = &tables.ranges[i]
        if (candidate.creator == creator
                and covers(candidate.group, candidate.group_last, candidate.group_step, tag >> 16)
                and covers(candidate.element, candidate.element_last, candidate.element_step, tag & 0xFFFF)):
            return &tables.rows[candidate.row]
    return NULL


cdef inline bint is_group_length(uint32_t tag) noexcept nogil:
    return (tag & 0xFFFF) == 0


cdef inline bint is_private_creator(uint32_t tag) noexcept nogil:
    """(gggg,0010-00FF) with gggg odd, but 0001 to 0007 and FFFF, which PS3.5 7.8.1 forbids."""
    cdef uint32_t group = tag >> 16, element = tag & 0xFFFF
    return (group & 1) == 1 and 8 < group < 0xFFFF and 0x10 <= element <= 0xFF


cdef const Row *rare_row(const Tables *user, uint32_t tag, const Tables **owner) noexcept nogil:
    """The row of a tag that no row names alone."""
    cdef const Row *row
    if user != NULL:
        owner[0] = user
        row = row_in_ranges(user, NO_CREATOR, tag)
        if row != NULL:
            return row
    owner[0] = &STANDARD
    if is_group_length(tag):
        return &STANDARD_ROWS[STANDARD_PUBLIC_COUNT]
    if is_private_creator(tag):
        return &STANDARD_ROWS[STANDARD_PUBLIC_COUNT + 1]
    if (tag >> 16) & 1:
        return NULL
    return row_in_ranges(&STANDARD, NO_CREATOR, tag)


cdef const Row *public_row(const Tables *user, uint32_t tag, const Tables **owner) noexcept nogil:
    cdef const Slot *slot
    if user != NULL:
        slot = slot_of(user, tag)
        if slot.row != NO_ROW:
            owner[0] = user
            return &user.rows[slot.row]
    slot = slot_of(&STANDARD, tag)
    if slot.row != NO_ROW:
        owner[0] = &STANDARD
        return &STANDARD_ROWS[slot.row]
    return rare_row(user, tag, owner)


cdef const Row *row_of_key(const Row *rows, uint32_t count, uint32_t key) noexcept nogil:
    cdef uint32_t low = 0, high = count, middle
    while low < high:
        middle = (low + high) >> 1
        if rows[middle].tag < key:
            low = middle + 1
        else:
            high = middle
    return &rows[low] if low < count and rows[low].tag == key else NULL


cdef uint32_t creator_number(const Tables *tables, const char *creator, size_t length) noexcept nogil:
    cdef uint32_t i
    if tables.creator_count == 0:
        return NO_CREATOR
    i = text_hash(creator, length) & tables.creator_mask
    while tables.creator_slots[i] != NO_ROW:
        if same_text(tables.strings + tables.creators[tables.creator_slots[i]].name, creator, length):
            return tables.creator_slots[i]
        i = (i + 1) & tables.creator_mask
    return NO_CREATOR


cdef inline uint32_t in_block(uint32_t tag) noexcept nogil:
    """The key of an element that a private creator relocates: (gggg,bbEE) becomes (gggg,00EE)."""
    return tag & <uint32_t>0xFFFF00FF


cdef const Row *private_row_in(const Tables *tables, const char *creator, size_t length, uint32_t tag) noexcept nogil:
    cdef uint32_t number = creator_number(tables, creator, length)
    cdef const Row *rows
    cdef const Row *row
    if number == NO_CREATOR:
        return NULL
    rows = &tables.rows[tables.creators[number].row]
    row = row_of_key(rows, tables.creators[number].count, tag)
    if row == NULL:
        row = row_of_key(rows, tables.creators[number].count, in_block(tag))
    if row == NULL:
        row = row_in_ranges(tables, number, tag)
    if row == NULL:
        row = row_in_ranges(tables, number, in_block(tag))
    return row


cdef const Row *private_row(
    const Tables *user, const char *creator, size_t length, uint32_t tag, const Tables **owner
) noexcept nogil:
    cdef const Row *row
    if (tag & 0xFFFF) < 0x100:
        return NULL  # a private creator, not an element of its block
    while length and (creator[length - 1] == b" " or creator[length - 1] == 0):
        length -= 1
    if user != NULL:
        owner[0] = user
        row = private_row_in(user, creator, length, tag)
        if row != NULL:
            return row
    owner[0] = &STANDARD
    return private_row_in(&STANDARD, creator, length, tag)


cdef const Row *row_of_keyword(const Tables *tables, const char *keyword, size_t length) noexcept nogil:
    cdef uint32_t i = text_hash(keyword, length) & tables.keyword_mask
    cdef const Row *row
    while tables.keyword_slots[i] != NO_ROW:
        row = &tables.rows[tables.keyword_slots[i]]
        if same_text(tables.strings + row.keyword, keyword, length):
            return row
        i = (i + 1) & tables.keyword_mask
    return NULL


cdef const Row *keyword_row(
    const Tables *user, const char *keyword, size_t length, const Tables **owner
) noexcept nogil:
    cdef const Row *row
    if user != NULL:
        owner[0] = user
        row = row_of_keyword(user, keyword, length)
        if row != NULL:
            return row
    owner[0] = &STANDARD
    return row_of_keyword(&STANDARD, keyword, length)


cdef const UIDRow *uid_row(const char *uid, size_t length) noexcept nogil:
    cdef uint32_t i
    while length and (uid[length - 1] == b" " or uid[length - 1] == 0):
        length -= 1
    i = text_hash(uid, length) & REGISTERED_UID_MASK
    while REGISTERED_UID_SLOTS[i] != NO_ROW:
        if same_text(STRINGS + REGISTERED_UIDS[REGISTERED_UID_SLOTS[i]].uid, uid, length):
            return &REGISTERED_UIDS[REGISTERED_UID_SLOTS[i]]
        i = (i + 1) & REGISTERED_UID_MASK
    return NULL


cdef const UIDRow *uid_row_of_keyword(const char *keyword, size_t length) noexcept nogil:
    cdef uint32_t i = text_hash(keyword, length) & REGISTERED_UID_KEYWORD_MASK
    while REGISTERED_UID_KEYWORD_SLOTS[i] != NO_ROW:
        if same_text(STRINGS + REGISTERED_UIDS[REGISTERED_UID_KEYWORD_SLOTS[i]].keyword, keyword, length):
            return &REGISTERED_UIDS[REGISTERED_UID_KEYWORD_SLOTS[i]]
        i = (i + 1) & REGISTERED_UID_KEYWORD_MASK
    return NULL


# ---- The functions of StandardAPI ----------------------------------------------------------------------------------------

cdef int fill(const Row *row, const Tables *owner, uint32_t tag, Attribute *found) noexcept nogil:
    if row == NULL:
        return 0
    found.keyword = owner.strings + row.keyword
    found.name = owner.strings + row.name
    found.tag = tag
    found.vr = row.vr
    found.vm_min = row.vm_min
    found.vm_max = row.vm_max
    found.vm_step = row.vm_step
    found.retired = row.flags & ROW_RETIRED
    return 1


cdef uint16_t api_vr(const UserDictionary *user, uint32_t tag) noexcept nogil:
    cdef const Slot *slot
    cdef const Row *row
    cdef const Tables *owner
    if user != NULL:
        slot = slot_of(<const Tables *>user, tag)
        if slot.vr:
            return slot.vr
    slot = slot_of(&STANDARD, tag)
    if slot.vr:
        return slot.vr
    row = rare_row(<const Tables *>user, tag, &owner)
    return row.vr if row != NULL else 0


cdef uint16_t api_private_vr(
    const UserDictionary *user, const char *creator, size_t length, uint32_t tag
) noexcept nogil:
    cdef const Tables *owner
    cdef const Row *row = private_row(<const Tables *>user, creator, length, tag, &owner)
    return row.vr if row != NULL else 0


cdef int api_attribute(const UserDictionary *user, uint32_t tag, Attribute *found) noexcept nogil:
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = public_row(<const Tables *>user, tag, &owner)
    return fill(row, owner, tag, found)


cdef int api_private_attribute(
    const UserDictionary *user, const char *creator, size_t length, uint32_t tag, Attribute *found
) noexcept nogil:
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = private_row(<const Tables *>user, creator, length, tag, &owner)
    return fill(row, owner, tag, found)


cdef int api_keyword(
    const UserDictionary *user, const char *keyword, size_t length, Attribute *found
) noexcept nogil:
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = keyword_row(<const Tables *>user, keyword, length, &owner)
    return fill(row, owner, row.tag if row != NULL else 0, found)


cdef int api_uid(const char *uid, size_t length, RegisteredUID *found) noexcept nogil:
    cdef const UIDRow *row = uid_row(uid, length)
    if row == NULL:
        return 0
    found.uid = STRINGS + row.uid
    found.keyword = STRINGS + row.keyword
    found.name = STRINGS + row.name
    found.kind = row.kind
    found.transfer_syntax = row.properties & 0x1F
    found.retired = row.retired
    return 1


STANDARD.strings = STRINGS
STANDARD.rows = STANDARD_ROWS
STANDARD.slots = STANDARD_SLOTS
STANDARD.keyword_slots = STANDARD_KEYWORD_SLOTS
STANDARD.creators = STANDARD_CREATORS
STANDARD.creator_slots = STANDARD_CREATOR_SLOTS
STANDARD.ranges = STANDARD_RANGES
STANDARD.public_count = STANDARD_PUBLIC_COUNT
STANDARD.range_count = STANDARD_RANGE_COUNT
STANDARD.creator_count = STANDARD_CREATOR_COUNT
STANDARD.slot_shift = STANDARD_SLOT_SHIFT
STANDARD.keyword_mask = STANDARD_KEYWORD_MASK
STANDARD.creator_mask = STANDARD_CREATOR_MASK

cdef StandardAPI FUNCTIONS
FUNCTIONS.vr = api_vr
FUNCTIONS.private_vr = api_private_vr
FUNCTIONS.attribute = api_attribute
FUNCTIONS.private_attribute = api_private_attribute
FUNCTIONS.keyword = api_keyword
FUNCTIONS.uid = api_uid

API = PyCapsule_New(&FUNCTIONS, "dicomkit._ext.standard.API", NULL)

# Bits of a transfer syntax's properties
IMPLICIT_VR = TS_IMPLICIT_VR
BIG_ENDIAN = TS_BIG_ENDIAN
DEFLATED = TS_DEFLATED
ENCAPSULATED = TS_ENCAPSULATED


# ---- For Python ----------------------------------------------------------------------------------------------------------

# Names for the types of rows; the stub says what is in them.
ElementRow = tuple
RegisteredUIDRow = tuple

cdef dict AMBIGUOUS = {"na": (), "xs": ("US", "SS"), "lt": ("US", "SS", "OW"), "ox": ("OB", "OW")}


cdef str text_at(const char *strings, uint32_t offset):
    return PyUnicode_DecodeUTF8(strings + offset, strlen(strings + offset), NULL)


cdef const char *utf8(text, Py_ssize_t *length) except NULL:
    try:
        return PyUnicode_AsUTF8AndSize(text, length)
    except UnicodeEncodeError:  # a lone surrogate: nothing is called so
        length[0] = 0
        return b""


cdef const Tables *tables_of(user) except? NULL:
    if user is None:
        return NULL
    return <const Tables *>PyCapsule_GetPointer(user.capsule, "dicomkit.UserDictionary")


cdef object element_tuple(const Row *row, const Tables *owner, uint32_t tag):
    """ElementRow in the stub; None for NULL."""
    if row == NULL:
        return None
    code = chr(row.vr & 0xFF) + chr(row.vr >> 8)
    vr = AMBIGUOUS.get(code, (code,))
    if row.flags & ROW_WITHOUT_SS:
        vr = ("US", "OW")
    if row.vm_max == 0:
        vm = f"{row.vm_min}-{row.vm_step if row.vm_step > 1 else ''}n"
    else:
        vm = f"{row.vm_min}-{row.vm_max}" if row.vm_max > row.vm_min else f"{row.vm_min}"
    keyword = text_at(owner.strings, row.keyword)
    return tag, vr, vm, keyword, text_at(owner.strings, row.name), bool(row.flags & ROW_RETIRED)


cdef object uid_tuple(const UIDRow *row):
    """RegisteredUIDRow in the stub; None for NULL."""
    if row == NULL:
        return None
    texts = [text_at(STRINGS, offset) for offset in (row.uid, row.keyword, row.name, row.type, row.family)]
    uid, keyword, name, kind, family = texts
    return uid, keyword, name, kind, bool(row.retired), row.properties, family


def element(uint32_t tag, user=None):
    """The row of a public data element, also of one in a repeating group, a group length or a private creator."""
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = public_row(tables_of(user), tag, &owner)
    return element_tuple(row, owner, tag)


def keyword(keyword, user=None):
    """The row of a public data element by its keyword; in a repeating group, the first that the row stands for."""
    cdef Py_ssize_t length
    cdef const char *text = utf8(keyword, &length)
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = keyword_row(tables_of(user), text, length, &owner)
    return element_tuple(row, owner, row.tag if row != NULL else 0)


def private_element(creator, uint32_t tag, user=None):
    """The row of a private data element; the block digits of the tag do not matter."""
    cdef Py_ssize_t length
    cdef const char *text = utf8(creator, &length)
    cdef const Tables *owner = &STANDARD
    cdef const Row *row = private_row(tables_of(user), text, length, tag, &owner)
    return element_tuple(row, owner, tag)


def elements():
    """Rows of all public data elements in PS3.6, PS3.7 and PS3.10, by tag."""
    cdef uint32_t i
    return [element_tuple(&STANDARD_ROWS[i], &STANDARD, STANDARD_ROWS[i].tag) for i in range(<uint32_t>STANDARD_PUBLIC_COUNT)]


def private_creators():
    """All private creators of the dictionary, sorted."""
    cdef uint32_t i
    return [text_at(STRINGS, STANDARD_CREATORS[i].name) for i in range(<uint32_t>STANDARD_CREATOR_COUNT)]


def private_elements(creator):
    """Rows of a private creator: tags have block digits 00, or are whole if they are not relocated."""
    cdef Py_ssize_t length
    cdef const char *text = utf8(creator, &length)
    cdef uint32_t number = creator_number(&STANDARD, text, length), i
    cdef const Row *rows
    if number == NO_CREATOR:
        return []
    rows = &STANDARD_ROWS[STANDARD_CREATORS[number].row]
    return [element_tuple(&rows[i], &STANDARD, rows[i].tag) for i in range(STANDARD_CREATORS[number].count)]


def uid(uid):
    """The row of a registered UID."""
    cdef Py_ssize_t length
    cdef const char *text = utf8(uid, &length)
    return uid_tuple(uid_row(text, length))


def uid_keyword(keyword):
    """The row of a registered UID by its keyword."""
    cdef Py_ssize_t length
    cdef const char *text = utf8(keyword, &length)
    return uid_tuple(uid_row_of_keyword(text, length))


def uids():
    """Rows of all registered UIDs, in the order of their components."""
    cdef uint32_t i
    return [uid_tuple(&REGISTERED_UIDS[i]) for i in range(<uint32_t>REGISTERED_UID_COUNT)]

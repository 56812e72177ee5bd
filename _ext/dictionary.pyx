"""A program's own data dictionary, in the same tables as the standard's (dictionary.h).

It crosses to the functions of standard.h as `const UserDictionary *`, in the capsule "dicomkit.UserDictionary".
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from dictionary cimport (
    NO_CREATOR, NO_ROW, NO_TAG, ROW_RETIRED, ROW_WITHOUT_SS, Creator, Range, Row, Slot, Tables, tag_hash, text_hash
)


# Name for the type of a row; the stub says what is in it.
DictionaryRow = tuple

cdef dict AMBIGUOUS = {(): "na", ("US", "SS"): "xs", ("US", "SS", "OW"): "lt", ("US", "OW"): "lt", ("OB", "OW"): "ox"}


cdef uint16_t vr_code(tuple names) except 0:
    cdef str letters = AMBIGUOUS.get(names) or (names[0] if len(names) == 1 else "")
    if len(letters) != 2 or not letters.isascii() or not letters.isalpha():
        raise ValueError(f"{' or '.join(names)!r} is not a VR")
    return <uint16_t>(ord(letters[0]) | ord(letters[1]) << 8)


cdef int set_vm(Row *row, str text) except -1:
    """Bounds of "1", "1-3", "1-n" or "2-2n". A row holds counts up to 255, larger ones are taken as n."""
    low, _, high = text.partition("-")
    open_ended = high.endswith("n")
    try:
        least = int(low)
        step = int(high.removesuffix("n") or "1") if open_ended else 1
        most = 0 if open_ended else int(high or low)
    except ValueError:
        raise ValueError(f"{text!r} is not a VM") from None
    if least < 0 or step < 1 or (most < max(least, 1) and not open_ended):
        raise ValueError(f"{text!r} is not a VM")
    row.vm_min = <uint8_t>min(least, 255)
    row.vm_max = <uint8_t>(most if most <= 255 else 0)
    row.vm_step = <uint8_t>min(step, 255)
    return 0


cdef int check_span(tuple span) except -1:
    cdef long first, last, step
    first, last, step = span
    if not (0 <= first <= last <= 0xFFFF and 0 < step <= 0x8000 and step & (step - 1) == 0):
        raise ValueError(f"not a range of group or element numbers: {span}")
    return 0


cdef uint32_t first_tag(tuple row) except? 0:
    return row[0][0] << 16 | row[1][0]


cdef object tags_covered(tuple row):
    """How many tags a row stands for."""
    groups, elements = row[:2]
    return ((groups[1] - groups[0]) // groups[2] + 1) * ((elements[1] - elements[0]) // elements[2] + 1)


cdef uint32_t add_string(str text, bytearray strings, dict offsets) except? 0:
    """Offset of a text in the pool."""
    if "\0" in text:
        raise ValueError(f"NUL in {text!r}")
    if text not in offsets:
        offsets[text] = len(strings)
        strings += text.encode() + b"\0"
    return offsets[text]


cdef void *array(size_t count, size_t size) except NULL:
    cdef void *memory = PyMem_Calloc(count + 1, size)
    if memory == NULL:
        raise MemoryError
    return memory


cdef uint32_t slots_for(size_t count) noexcept:
    """A power of two that leaves at least half of the slots empty."""
    cdef uint32_t slots = 2
    while slots < 2 * count:
        slots <<= 1
    return slots


cdef const uint16_t *text_slots(dict numbers, uint32_t *mask) except NULL:
    """A hash table of texts to numbers."""
    cdef uint32_t count = slots_for(len(numbers)), i
    cdef uint16_t *slots = <uint16_t *>array(count, sizeof(uint16_t))
    mask[0] = count - 1
    for i in range(count):
        slots[i] = NO_ROW
    for text, number in numbers.items():
        data = text.encode()
        i = text_hash(data, len(data)) & mask[0]
        while slots[i] != NO_ROW:
            i = (i + 1) & mask[0]
        slots[i] = number
    return slots


cdef class Dictionary:
    """Data elements besides the standard's, or other than there: looked into first. Never changes.

    Args:
        rows: (groups, elements, vr, vm, keyword, name, retired, creator). Groups and elements are (first, last, step) with
            a power of two as step; vr the names of the VRs that are possible; creator is None for a public element. A
            private element number of up to 0xFF is relocated by the private creator, a larger one is not. Of rows for the
            same tags the last one counts, of ranges that overlap the smallest.

    Raises:
        ValueError: a row makes no sense, or there are more than 65,534.
    """

    cdef Tables tables
    cdef bytes strings
    cdef readonly tuple rows
    cdef readonly object capsule

    def __cinit__(self, rows=()):
        cdef dict blocks = {None: {}}  # creator -> its rows, each at what it stands for
        for row in rows:
            groups, elements, _, _, _, _, _, creator = row
            check_span(groups)
            check_span(elements)
            block = blocks.setdefault(None if creator is None else creator.rstrip(" \0"), {})
            block.pop((groups, elements), None)
            block[groups, elements] = tuple(row)
        self.rows = tuple([row for block in blocks.values() for row in block.values()])
        if len(self.rows) >= NO_ROW:
            raise ValueError(f"a dictionary holds 65,534 rows, not {len(self.rows)}")
        self.fill(blocks)
        self.capsule = PyCapsule_New(&self.tables, "dicomkit.UserDictionary", NULL)

    def __dealloc__(self):
        PyMem_Free(<void *>self.tables.rows)
        PyMem_Free(<void *>self.tables.slots)
        PyMem_Free(<void *>self.tables.keyword_slots)
        PyMem_Free(<void *>self.tables.creators)
        PyMem_Free(<void *>self.tables.creator_slots)
        PyMem_Free(<void *>self.tables.ranges)

    def __reduce__(self):
        return type(self), (self.rows,)

    def __len__(self):
        return len(self.rows)

    cdef int fill(self, dict blocks) except -1:
        cdef bytearray strings = bytearray(1)
        cdef dict offsets = {"": 0}
        cdef list ordered = [row for block in blocks.values() for row in sorted(block.values(), key=first_tag)]
        self.tables.public_count = len(blocks[None])
        self.fill_rows(ordered, strings, offsets)
        self.fill_slots(ordered[:self.tables.public_count])
        self.fill_keywords(ordered, blocks.pop(None))
        self.fill_creators(blocks, strings, offsets)
        self.fill_ranges(ordered)
        self.strings = bytes(strings)
        self.tables.strings = self.strings
        return 0

    cdef int fill_rows(self, list ordered, bytearray strings, dict offsets) except -1:
        cdef Row *row = <Row *>array(len(ordered), sizeof(Row))
        self.tables.rows = row
        for source in ordered:
            _, _, vr, vm, keyword, name, retired, _ = source
            row.tag = first_tag(source)
            row.keyword = add_string(keyword, strings, offsets)
            row.name = add_string(name, strings, offsets)
            row.vr = vr_code(vr)
            row.flags = (ROW_RETIRED if retired else 0) | (ROW_WITHOUT_SS if vr == ("US", "OW") else 0)
            set_vm(row, vm)
            row += 1
        return 0

    cdef int fill_slots(self, list public) except -1:
        cdef uint32_t count = slots_for(len(public)), number, i
        cdef Slot *slots = <Slot *>array(count, sizeof(Slot))
        self.tables.slots = slots
        for i in range(count):
            slots[i].tag = NO_TAG
            slots[i].row = NO_ROW
        self.tables.slot_shift = 33 - count.bit_length()
        for number, row in enumerate(public):
            if tags_covered(row) == 1:
                if first_tag(row) == NO_TAG:  # marks an empty slot; PS3.5 7.8.1 forbids group FFFF
                    raise ValueError("(FFFF,FFFF) is no data element")
                i = tag_hash(first_tag(row), self.tables.slot_shift)
                while slots[i].row != NO_ROW:
                    i = (i + 1) & (count - 1)
                slots[i] = Slot(self.tables.rows[number].tag, self.tables.rows[number].vr, <uint16_t>number)
        return 0

    cdef int fill_keywords(self, list ordered, dict public) except -1:
        cdef dict numbers = {row[:2]: number for number, row in enumerate(ordered[:len(public)])}
        # the last row of a keyword, in the order they were given
        cdef dict keywords = {row[4]: numbers[row[:2]] for row in public.values() if row[4]}
        self.tables.keyword_slots = text_slots(keywords, &self.tables.keyword_mask)
        return 0

    cdef int fill_creators(self, dict blocks, bytearray strings, dict offsets) except -1:
        cdef Creator *creator = <Creator *>array(len(blocks), sizeof(Creator))
        cdef uint32_t row = self.tables.public_count
        self.tables.creators = creator
        self.tables.creator_count = len(blocks)
        for name, block in blocks.items():
            creator.name = add_string(name, strings, offsets)
            creator.row = <uint16_t>row
            creator.count = <uint16_t>len(block)
            row += creator.count
            creator += 1
        numbers = {name: number for number, name in enumerate(blocks)}
        self.tables.creator_slots = text_slots(numbers, &self.tables.creator_mask)
        return 0

    cdef int fill_ranges(self, list ordered) except -1:
        cdef Range *found = <Range *>array(len(ordered), sizeof(Range))
        cdef dict creators = {}
        self.tables.ranges = found
        repeating = []
        for number, row in enumerate(ordered):
            creator = NO_CREATOR
            if row[7] is not None:
                creator = creators.setdefault(row[7].rstrip(" \0"), len(creators))
            if tags_covered(row) > 1:
                repeating.append((tags_covered(row), number, creator))
        for _, number, creator in sorted(repeating):
            groups, elements = ordered[number][:2]
            found[0] = Range(number, creator, groups[0], groups[1], groups[2], elements[0], elements[1], elements[2])
            found += 1
        self.tables.range_count = len(repeating)
        return 0

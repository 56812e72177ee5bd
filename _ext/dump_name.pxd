"""What a dump calls an element, and the VR that it shows."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from dump_line cimport *
from element cimport CONTAINER, GUESSED_VR, IMPLICIT_VR, Element
from standard cimport Attribute


cdef inline uint32_t record_at(const Job *job, const Frame *frame, uint32_t position) noexcept nogil:
    return <uint32_t>frame.order[position] if frame.order != NULL else position


cdef inline uint32_t after(const Job *job, const Frame *frame, uint32_t position) noexcept nogil:
    return position + 1 if frame.order != NULL else job.view.records[position].next


cdef inline uint32_t end_of(const Frame *frame) noexcept nogil:
    return frame.count if frame.order != NULL else frame.stop


cdef inline uint32_t find_creator(Job *job, Frame *frame, uint32_t position, uint32_t tag) noexcept nogil:
    """The Private Creator element that reserves the block of a private element (PS3.5 7.8.1)."""
    cdef uint32_t wanted = tag >> 16 << 16 | (tag >> 8 & 0xFF), at, found
    if frame.block == tag >> 8:
        return frame.creator
    frame.block = tag >> 8
    frame.creator = NOT_FOUND
    if job.scope != NOT_FOUND and job.depth == 0:  # a search result: its siblings are not in the frame
        at = job.scope
        while at < frame.first:
            if job.view.records[at].tag == wanted:
                frame.creator = at
                break
            at = job.view.records[at].next
        return frame.creator
    at = frame.group_position  # creators come first in their group
    while at != position:
        found = record_at(job, frame, at)
        if job.view.records[found].tag == wanted:
            frame.creator = found
            break
        if job.view.records[found].tag > wanted:
            break
        at = after(job, frame, at)
    return frame.creator


cdef inline int find_private_name(Job *job, Frame *frame, uint32_t position, const Element *e) except -1 nogil:
    """The name of a private data element in one word, as private dictionaries of dcmdump have it."""
    cdef uint32_t creator = find_creator(job, frame, position, e.tag)
    cdef const Element *c
    cdef const uint8_t *text
    cdef const char *name
    cdef Attribute found
    cdef bint start = True
    cdef char letter
    set_name(job, b"", b"Unknown Tag & Data")
    if creator == NOT_FOUND:
        return 0
    c = &job.view.records[creator]
    if c.length == 0 or c.length > 1024 or c.flags & CONTAINER:
        return 0
    text = value_bytes(job, c.offset, c.length)
    if text == NULL or not job.standard.private_attribute(
        job.user, <const char *>text, trimmed(text, c.length), e.tag, &found
    ):
        return 0
    job.dictionary_vr = found.vr
    name = found.keyword if found.keyword[0] else found.name
    job.name_length = 0
    while name[0] and job.name_length < NAME_SIZE:
        letter = name[0]
        name += 1
        if c"a" <= letter <= c"z" or c"A" <= letter <= c"Z" or c"0" <= letter <= c"9" or letter & 0x80 or letter == c"_":
            job.name[job.name_length] = letter - 32 if start and c"a" <= letter <= c"z" else letter
            job.name_length += 1
            start = False
        else:
            start = True
    if job.name_length == 0:
        set_name(job, b"", b"Unknown Tag & Data")
    return 0


cdef inline int find_name(Job *job, Frame *frame, uint32_t position, const Element *e) except -1 nogil:
    cdef uint32_t group = e.tag >> 16, element = e.tag & 0xFFFF
    cdef bint illegal = group == 1 or group == 3 or group == 5 or group == 7
    cdef Attribute found
    job.dictionary_vr = 0
    if group & 1:
        if element == 0:
            set_name(job, b"Illegal" if illegal else b"Private", b"GroupLength")
        elif 0x10 <= element <= 0xFF:
            set_name(job, b"IllegalPrivate" if illegal else b"Private", b"Creator")
        elif element >= 0x1000 and not illegal:
            return find_private_name(job, frame, position, e)
        elif job.standard.attribute(job.user, e.tag, &found):
            job.dictionary_vr = found.vr
            set_name(job, b"", found.keyword)
        else:
            set_name(job, b"", b"Unknown Tag & Data")
    elif e.tag == ITEM_TAG:
        set_name(job, b"", b"Item")
    elif job.standard.attribute(job.user, e.tag, &found) and (element != 0 or group == 0 or group == 2):
        job.dictionary_vr = found.vr
        set_name(job, b"RETIRED_" if found.retired else b"", found.keyword)
    elif element == 0:
        set_name(job, b"", b"GenericGroupLength")
    else:
        set_name(job, b"", b"Unknown Tag & Data")
    return 0


# ------------------------------------------------------------------------------------------------ VRs


cdef inline bint in_stream(const Job *job, int *known, uint32_t tag) noexcept nogil:
    """Whether the data set has an element with a value: what the VR of others depends on."""
    cdef uint32_t i
    if known[0] < 0:
        known[0] = 0
        for i in range(job.view.count):
            if job.view.records[i].tag == tag and job.view.records[i].length:
                known[0] = 1
                break
    return known[0] != 0


cdef inline bint depends_on_representation(uint32_t tag) noexcept nogil:
    """Elements "US or SS" that dcmdump settles by Pixel Representation; it leaves the others open."""
    return (
        0x00280106 <= tag <= 0x00280109 or tag == 0x00280120 or tag == 0x00280121 or tag == 0x00283002
        or tag == 0x00409211 or tag == 0x00409216 or tag == 0x00603004 or tag == 0x00603006
    )


cdef inline uint16_t printed_vr(Job *job, const Element *e) noexcept nogil:
    """The VR that dcmdump prints: also names for "one of several" and for offsets in a directory."""
    cdef uint32_t group = e.tag >> 16
    if e.vr == VR_UL and group == 4:
        if e.tag in (0x00041200, 0x00041202, 0x00041400, 0x00041420, 0x00041504):
            return VR_UP
    if e.flags & (IMPLICIT_VR | GUESSED_VR) == 0:
        return form_of(e.vr).vr
    if job.dictionary_vr == VR_XS:
        if e.flags & IMPLICIT_VR and depends_on_representation(e.tag) and in_stream(job, &job.has_pixel_representation, PIXEL_REPRESENTATION):
            return e.vr
        return VR_XS
    if job.dictionary_vr == VR_LT_CONTEXT:
        return VR_LT_CONTEXT
    if job.dictionary_vr == VR_OX:
        if group & 0xFF00 == 0x5400:
            if not e.flags & IMPLICIT_VR:
                return VR_OX
            return e.vr if in_stream(job, &job.has_waveform_bits, WAVEFORM_BITS_ALLOCATED) else VR_OX
        if e.tag == PIXEL_DATA or (e.tag & 0xFFFF == 0x3000 and group & 0xFF00 in (0x5000, 0x6000)):
            return e.vr
        return VR_OX
    if e.vr == VR_UN and e.flags & IMPLICIT_VR:
        return VR_UNKNOWN
    return form_of(e.vr).vr

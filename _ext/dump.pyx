"""The text of a data set, line for line as dcmdump writes it (dicomkit.formats.dump is its public face).

One pass over the records of an index: elements of an item in ascending order of their tags, nested items indented, values
spelled by VR. The depth of nesting is a counter, never the C stack. Text leaves through `write` in pieces, and of a value
that is not in memory `fetch` is asked for no more than is printed, so memory stays bounded whatever the data set holds.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memchr, memcpy, memset, strlen

from element cimport (
    BIG_ENDIAN_VALUE, CONTAINER, GUESSED_VR, IMPLICIT_VR, UNDEFINED_LENGTH,
    Element, IndexView, element_start, load_u16, load_u32, load_u64, stream_bytes,
)
from standard cimport STANDARD_CAPSULE, Attribute, RegisteredUID, StandardAPI, UserDictionary

cdef extern from "standard.h" nogil:
    enum:
        UID_TRANSFER_SYNTAX

from dicomkit._ext import standard as _standard  # makes the capsule

cdef const StandardAPI *STANDARD = <const StandardAPI *>PyCapsule_Import(STANDARD_CAPSULE, False)

cdef extern from "dump_names.h" nogil:
    const char *dump_uid_name(const char *uid, size_t length)
    const char *dump_transfer_syntax_name(const char *uid, size_t length)
    const char *dump_record_type(const char *text, size_t length)

cdef extern from "dump_format.h" nogil:
    ctypedef struct Out:
        char *bytes
        size_t length
        size_t capacity
        int failed

    enum:
        QUOTE_NONE
        QUOTE_XML
        QUOTE_OCTAL

    bint out_reserve(Out *out, size_t more)
    void out_put(Out *out, const char *text, size_t length)
    void out_text(Out *out, const char *text)
    void out_byte(Out *out, char c)
    void out_fill(Out *out, char c, size_t count)
    void out_number(Out *out, uint64_t value, size_t width)
    void out_quoted(Out *out, const uint8_t *text, size_t length, int quoting, size_t limit)
    size_t format_unsigned(uint64_t value, char *text)
    size_t format_signed(int64_t value, char *text)
    size_t format_float(double value, int precision, char *text)
    void format_hex(uint32_t value, size_t digits, char *text)
    void format_tag(uint32_t tag, char *text)


cdef enum:
    LINE_WIDTH = 70         # a value in short form
    VALUE_WIDTH = 40        # the column that shorter values are filled up to
    NAME_WIDTH = 35         # the column of names in a tree
    FLUSH_SIZE = 1 << 18
    BLOCK = 4096            # bytes of a binary value that are spelled at a time
    NAME_SIZE = 256
    NOT_FOUND = 0xFFFFFFFF

cdef enum Option:
    PRINT_ALL = 1           # values at full length
    TREE = 2
    UID_NAMES = 4
    COLOR = 8
    CORRECT = 16            # strip padding, fill odd lengths, remove blanks from UIDs
    XML_QUOTED = 32
    OCTAL_QUOTED = 64
    UTF8 = 128

OPTIONS = {
    "print-all": PRINT_ALL, "tree": TREE, "uid-names": UID_NAMES, "color": COLOR, "correct": CORRECT,
    "xml": XML_QUOTED, "octal": OCTAL_QUOTED, "utf-8": UTF8,
}

cdef enum:
    ITEM_TAG = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    PIXEL_DATA = 0x7FE00010
    PIXEL_REPRESENTATION = 0x00280103
    WAVEFORM_BITS_ALLOCATED = 0x54001004
    SPECIFIC_CHARACTER_SET = 0x00080005
    DIRECTORY_RECORD_SEQUENCE = 0x00041220
    DIRECTORY_RECORD_TYPE = 0x00041430
    REFERENCED_FILE_ID = 0x00041500
    NUMBER_OF_REFERENCES = 0x00041600

# Colours (SGR sequences) of the parts of a line.
cdef const char *RESET = b"\x1b[0m"
cdef const char *COLOR_TAG = b"\x1b[22m\x1b[32m"
cdef const char *COLOR_VR = b"\x1b[22m\x1b[31m"
cdef const char *COLOR_VALUE = b"\x1b[1m\x1b[37m"
cdef const char *COLOR_INFO = b"\x1b[1m\x1b[30m"
cdef const char *COLOR_LENGTH = b"\x1b[22m\x1b[36m"
cdef const char *COLOR_VM = b"\x1b[22m\x1b[35m"
cdef const char *COLOR_NAME = b"\x1b[22m\x1b[33m"
cdef const char *COLOR_TOP_NAME = b"\x1b[1m\x1b[33m"
cdef const char *COLOR_SEQUENCE = b"\x1b[22m\x1b[32m"
cdef const char *COLOR_TOP_SEQUENCE = b"\x1b[1m\x1b[32m"

# How the values of a VR are spelled (PS3.5 table 6.2-1).
cdef enum Spelling:
    UNSPELLED       # not a VR
    TEXT            # may have several values
    LONG_TEXT       # one value
    UID_TEXT
    BYTES
    WORDS
    TAGS
    UNSIGNED
    SIGNED
    FLOAT

cdef struct VRForm:
    uint16_t vr
    uint8_t spelling
    uint8_t size        # bytes of a value
    bint one            # other values (OB, OW ...): VM is 1

cdef VRForm[40] FORMS
cdef int form_count = 0


cdef void add_forms(const char *names, int spelling, int size, bint one) noexcept:
    global form_count
    while names[0]:
        FORMS[form_count] = VRForm(<uint16_t>(<uint8_t>names[0] | <uint8_t>names[1] << 8), spelling, size, one)
        form_count += 1
        names += 2


add_forms(b"UICSLOSHDSISDATMPNAEASDTUC", TEXT, 1, False)
add_forms(b"LTSTUTUR", LONG_TEXT, 1, False)
add_forms(b"US", UNSIGNED, 2, False)
add_forms(b"SQ", BYTES, 1, True)  # an empty sequence without items is a container; a value under it is not read as one
add_forms(b"OBUN", BYTES, 1, True)
add_forms(b"OW", WORDS, 2, True)
add_forms(b"ULup", UNSIGNED, 4, False)
add_forms(b"SS", SIGNED, 2, False)
add_forms(b"SL", SIGNED, 4, False)
add_forms(b"FL", FLOAT, 4, False)
add_forms(b"FD", FLOAT, 8, False)
add_forms(b"AT", TAGS, 4, False)
add_forms(b"OF", FLOAT, 4, True)
add_forms(b"OD", FLOAT, 8, True)
add_forms(b"OL", UNSIGNED, 4, True)
add_forms(b"OV", UNSIGNED, 8, True)
add_forms(b"UV", UNSIGNED, 8, False)
add_forms(b"SV", SIGNED, 8, False)
add_forms(b"xs", UNSIGNED, 2, False)
add_forms(b"lt", WORDS, 2, True)
add_forms(b"oxpi??", BYTES, 1, True)
FORMS[0].spelling = UID_TEXT

cdef enum:
    VR_UI = 0x4955
    VR_UN = 0x4E55
    VR_SQ = 0x5153
    VR_UL = 0x4C55
    VR_UP = 0x7075
    VR_US = 0x5355
    VR_XS = 0x7378
    VR_LT_CONTEXT = 0x746C      # "lt": the VR of LUT Data, which depends on context
    VR_OX = 0x786F
    VR_PI = 0x6970
    VR_NA = 0x616E
    VR_UNKNOWN = 0x3F3F


cdef struct Frame:
    uint32_t record         # the container, NOT_FOUND for the root
    uint32_t first          # its children
    uint32_t stop
    uint32_t position       # the next child: a record, or an index of `order`
    uint32_t count          # children to print
    uint64_t *order         # tag << 32 | record, ascending, if the records are not in order
    uint32_t group          # of the last private element looked up, and where its group starts (like `position`)
    uint32_t group_position
    uint32_t block          # group << 8 | block of the last private creator looked up
    uint32_t creator        # its record, or NOT_FOUND
    uint32_t charset        # record of the Specific Character Set that holds here, or NOT_FOUND

cdef struct Job:
    const IndexView *view
    const UserDictionary *user
    Out out
    Out scratch             # a text value that had to be changed
    uint32_t options
    uint32_t load_limit     # longer values are "(not loaded)"
    uint32_t scope          # first sibling, for a search result
    int depth
    int capacity
    Frame *frames
    PyObject *write
    PyObject *fetch
    PyObject *convert
    PyObject *write_pixels
    PyObject *held          # the bytes that `fetch` gave last
    int has_pixel_representation    # -1: not looked for
    int has_waveform_bits
    size_t name_length
    uint16_t dictionary_vr
    char name[NAME_SIZE]
    uint8_t block[BLOCK + 8]


# ------------------------------------------------------------------------------------------------ lines


cdef inline bint has(const Job *job, uint32_t option) noexcept nogil:
    return job.options & option != 0


cdef inline void color(Job *job, const char *code) noexcept nogil:
    if has(job, COLOR):
        out_text(&job.out, code)


cdef void put_indent(Job *job, int level) noexcept nogil:
    cdef int i
    if has(job, TREE):
        color(job, COLOR_INFO)
        for i in range(level - 1):
            out_put(&job.out, b"| ", 2)
    elif level > 1:
        out_fill(&job.out, c" ", 2 * (level - 1))


cdef void start_line(Job *job, int level, uint32_t tag, uint16_t vr) noexcept nogil:
    cdef char text[16]
    cdef int padding
    put_indent(job, level)
    if has(job, TREE):
        if tag == ITEM_TAG:
            color(job, COLOR_INFO)
        elif vr == VR_SQ:
            color(job, COLOR_TOP_SEQUENCE if level == 1 else COLOR_SEQUENCE)
        else:
            color(job, COLOR_TOP_NAME if level == 1 else COLOR_NAME)
        out_put(&job.out, job.name, job.name_length)
        padding = NAME_WIDTH - <int>job.name_length - 2 * level
        out_fill(&job.out, c" ", 1 + padding if padding > 0 else 1)
    else:
        color(job, COLOR_TAG)
        format_tag(tag, text)
        text[11] = c" "
        out_put(&job.out, text, 12)
        color(job, COLOR_VR)
        text[0] = <char>(vr & 0xFF)
        text[1] = <char>(vr >> 8)
        text[2] = c" "
        out_put(&job.out, text, 3)
    color(job, COLOR_VALUE)


cdef void end_line(Job *job, size_t printed, uint32_t length, bint undefined, uint64_t vm) noexcept nogil:
    if not has(job, TREE):
        if printed < VALUE_WIDTH:
            out_fill(&job.out, c" ", VALUE_WIDTH - printed)
        color(job, COLOR_INFO)
        out_put(&job.out, b" # ", 3)
        color(job, COLOR_LENGTH)
        if undefined:
            out_put(&job.out, b"u/l", 3)
        else:
            out_number(&job.out, length, 3)
        color(job, COLOR_INFO)
        out_byte(&job.out, c",")
        color(job, COLOR_VM)
        out_number(&job.out, vm, 2)
        out_byte(&job.out, c" ")
        color(job, COLOR_NAME)
        out_put(&job.out, job.name, job.name_length)
    color(job, RESET)
    out_byte(&job.out, c"\n")


cdef size_t put_info(Job *job, const char *text, size_t length, bint info) noexcept nogil:
    """A value that is a remark or a name: up to LINE_WIDTH of it. Returns how many columns it took."""
    if info:
        color(job, COLOR_INFO)
    if length > LINE_WIDTH and not has(job, PRINT_ALL):
        out_put(&job.out, text, LINE_WIDTH - 3)
        out_put(&job.out, b"...", 3)
        return LINE_WIDTH
    out_put(&job.out, text, length)
    return length


cdef size_t put_remark(Job *job, const char *text) noexcept nogil:
    return put_info(job, text, strlen(text), True)


cdef void set_name(Job *job, const char *prefix, const char *name) noexcept nogil:
    cdef size_t first = strlen(prefix), length = strlen(name)
    if first + length > NAME_SIZE:
        length = NAME_SIZE - first
    memcpy(job.name, prefix, first)
    memcpy(job.name + first, name, length)
    job.name_length = first + length


cdef void close_line(Job *job, int level, uint32_t tag, const char *name, const char *remark) noexcept nogil:
    """The line of a delimitation item, which stands at the end of every sequence and item whatever its encoding."""
    set_name(job, b"", name)
    start_line(job, level, tag, VR_NA)
    end_line(job, put_remark(job, remark), 0, False, 0)


cdef int flush(Job *job) except -1 nogil:
    if job.out.failed or job.scratch.failed:
        with gil:
            raise MemoryError
    with gil:
        (<object>job.write)(PyBytes_FromStringAndSize(job.out.bytes, <Py_ssize_t>job.out.length))
    job.out.length = 0
    return 0


# ------------------------------------------------------------------------------------------------ values in memory


cdef const uint8_t *value_bytes(Job *job, uint64_t offset, uint64_t length) except? NULL nogil:
    """Bytes of the stream, fetched if they are not in memory (good until the next call). NULL: they cannot be had."""
    cdef const uint8_t *found = stream_bytes(job.view, offset, length)
    if found != NULL:
        return found
    if job.fetch == NULL:
        return NULL
    with gil:
        fetched = (<object>job.fetch)(offset, length)
        if type(fetched) is not bytes or <uint64_t>PyBytes_GET_SIZE(fetched) < length:
            return NULL
        Py_XDECREF(job.held)
        job.held = hold(fetched)
        return <const uint8_t *>PyBytes_AS_STRING(fetched)


cdef extern from *:
    """
    static PyObject *hold(PyObject *object) { Py_INCREF(object); return object; }
    """
    PyObject *hold(object)


cdef const uint8_t *padded_bytes(Job *job, const Element *e, uint64_t at, uint64_t length) except? NULL nogil:
    """Bytes `at` to `at + length` of a value, where the byte that makes an odd value even is a zero (length <= BLOCK)."""
    cdef const uint8_t *found
    cdef uint64_t present = length
    if at + length <= e.length:
        return value_bytes(job, e.offset + at, length)
    present = e.length - at if at < e.length else 0
    if present:
        found = value_bytes(job, e.offset + at, present)
        if found == NULL:
            return NULL
        memcpy(job.block, found, present)
    memset(job.block + present, 0, length - present)
    return job.block


cdef uint32_t child_with_tag(const IndexView *view, uint32_t first, uint32_t stop, uint32_t tag) noexcept nogil:
    while first < stop:
        if view.records[first].tag == tag:
            return first
        first = view.records[first].next
    return NOT_FOUND


cdef size_t trimmed(const uint8_t *text, size_t length) noexcept nogil:
    while length and (text[length - 1] == c" " or text[length - 1] == 0):
        length -= 1
    return length


# ------------------------------------------------------------------------------------------------ names


cdef uint32_t record_at(const Job *job, const Frame *frame, uint32_t position) noexcept nogil:
    return <uint32_t>frame.order[position] if frame.order != NULL else position


cdef uint32_t after(const Job *job, const Frame *frame, uint32_t position) noexcept nogil:
    return position + 1 if frame.order != NULL else job.view.records[position].next


cdef uint32_t end_of(const Frame *frame) noexcept nogil:
    return frame.count if frame.order != NULL else frame.stop


cdef uint32_t find_creator(Job *job, Frame *frame, uint32_t position, uint32_t tag) noexcept nogil:
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
    if frame.group != tag >> 16:
        frame.group = tag >> 16
        frame.group_position = position
        return NOT_FOUND  # creators come first in their group
    at = frame.group_position
    while at != position:
        found = record_at(job, frame, at)
        if job.view.records[found].tag == wanted:
            frame.creator = found
            break
        if job.view.records[found].tag > wanted:
            break
        at = after(job, frame, at)
    return frame.creator


cdef int find_private_name(Job *job, Frame *frame, uint32_t position, const Element *e) except -1 nogil:
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
    if text == NULL or not STANDARD.private_attribute(
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


cdef int find_name(Job *job, Frame *frame, uint32_t position, const Element *e) except -1 nogil:
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
        elif STANDARD.attribute(job.user, e.tag, &found):
            job.dictionary_vr = found.vr
            set_name(job, b"", found.keyword)
        else:
            set_name(job, b"", b"Unknown Tag & Data")
    elif e.tag == ITEM_TAG:
        set_name(job, b"", b"Item")
    elif STANDARD.attribute(job.user, e.tag, &found) and (element != 0 or group == 0 or group == 2):
        job.dictionary_vr = found.vr
        set_name(job, b"RETIRED_" if found.retired else b"", found.keyword)
    elif element == 0:
        set_name(job, b"", b"GenericGroupLength")
    else:
        set_name(job, b"", b"Unknown Tag & Data")
    return 0


# ------------------------------------------------------------------------------------------------ VRs


cdef const VRForm *form_of(uint16_t vr) noexcept nogil:
    cdef int i
    for i in range(form_count):
        if FORMS[i].vr == vr:
            return &FORMS[i]
    return &FORMS[form_count - 1]  # "??"


cdef bint in_stream(const Job *job, int *known, uint32_t tag) noexcept nogil:
    """Whether the data set has an element with a value: what the VR of others depends on."""
    cdef uint32_t i
    if known[0] < 0:
        known[0] = 0
        for i in range(job.view.count):
            if job.view.records[i].tag == tag and job.view.records[i].length:
                known[0] = 1
                break
    return known[0] != 0


cdef bint depends_on_representation(uint32_t tag) noexcept nogil:
    """Elements "US or SS" that dcmdump settles by Pixel Representation; it leaves the others open."""
    return (
        0x00280106 <= tag <= 0x00280109 or tag == 0x00280120 or tag == 0x00280121 or tag == 0x00283002
        or tag == 0x00409211 or tag == 0x00409216 or tag == 0x00603004 or tag == 0x00603006
    )


cdef uint16_t printed_vr(Job *job, const Element *e) noexcept nogil:
    """The VR that dcmdump prints: also names for "one of several" and for offsets in a directory."""
    cdef uint32_t group = e.tag >> 16
    if e.vr == VR_UL and group == 4:
        if e.tag in (0x00041200, 0x00041202, 0x00041400, 0x00041420, 0x00041504):
            return VR_UP
    if e.flags & (IMPLICIT_VR | GUESSED_VR) == 0:
        return form_of(e.vr).vr
    if job.dictionary_vr == VR_XS:
        if depends_on_representation(e.tag) and in_stream(job, &job.has_pixel_representation, PIXEL_REPRESENTATION):
            return e.vr
        return VR_XS
    if job.dictionary_vr == VR_LT_CONTEXT:
        return VR_LT_CONTEXT
    if job.dictionary_vr == VR_OX:
        if group & 0xFF00 == 0x5400:
            return e.vr if in_stream(job, &job.has_waveform_bits, WAVEFORM_BITS_ALLOCATED) else VR_OX
        if e.tag == PIXEL_DATA or (e.tag & 0xFFFF == 0x3000 and group & 0xFF00 in (0x5000, 0x6000)):
            return e.vr
        return VR_OX
    if e.vr == VR_UN and e.flags & IMPLICIT_VR:
        return VR_UNKNOWN
    return form_of(e.vr).vr


# ------------------------------------------------------------------------------------------------ text values


cdef int convert_text(Job *job, const Frame *frame, const Element *e, const uint8_t **text, size_t *length) except -1 nogil:
    """Text in UTF-8, if it has other characters than ASCII."""
    cdef size_t i
    cdef const Element *c
    cdef const uint8_t *terms
    cdef bint plain = True
    for i in range(length[0]):
        if text[0][i] >= 0x80 or text[0][i] == 0x1B:
            plain = False
            break
    if plain:
        return 0
    with gil:
        value = PyBytes_FromStringAndSize(<const char *>text[0], <Py_ssize_t>length[0])
        charset = b""
        if frame.charset != NOT_FOUND:
            c = &job.view.records[frame.charset]
            terms = value_bytes(job, c.offset, c.length) if c.length else NULL
            if terms != NULL:
                charset = PyBytes_FromStringAndSize(<const char *>terms, c.length)
        value = (<object>job.convert)(value, chr(e.vr & 0xFF) + chr(e.vr >> 8), charset)
        job.scratch.length = 0
        out_put(&job.scratch, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    if job.scratch.failed:
        with gil:
            raise MemoryError
    text[0] = <const uint8_t *>job.scratch.bytes
    length[0] = job.scratch.length
    return 1


cdef inline bint is_space(uint8_t c) noexcept nogil:
    return c == c" " or 9 <= c <= 13


cdef void clean_uid(Job *job, const uint8_t **text, size_t *length) noexcept nogil:
    """A UID without blanks anywhere and without padding."""
    cdef size_t i, n = length[0]
    for i in range(n):
        if is_space(text[0][i]):
            break
    else:
        i = n
    if i < n:
        job.scratch.length = 0
        for i in range(n):
            if not is_space(text[0][i]):
                out_byte(&job.scratch, <char>text[0][i])
        text[0] = <const uint8_t *>job.scratch.bytes
        n = job.scratch.length
    while n and text[0][n - 1] == 0:
        n -= 1
    length[0] = n


cdef size_t put_text(Job *job, const uint8_t *text, size_t length, bint padded) noexcept nogil:
    """Text in brackets, with a NUL behind if `padded`."""
    cdef size_t start, limit = 0 if has(job, PRINT_ALL) else LINE_WIDTH
    cdef int quoting = QUOTE_XML if has(job, XML_QUOTED) else QUOTE_OCTAL if has(job, OCTAL_QUOTED) else QUOTE_NONE
    out_byte(&job.out, c"[")
    start = job.out.length
    if quoting != QUOTE_NONE:
        out_quoted(&job.out, text, length, quoting, limit)
        if padded and (limit == 0 or job.out.length - start < limit):
            out_quoted(&job.out, <const uint8_t *>b"", 1, quoting, 0)
    else:
        if limit and length > limit:
            length = limit
        out_put(&job.out, <const char *>text, length)
        if padded:
            out_byte(&job.out, 0)
    length = job.out.length - start
    if limit and length + 2 > LINE_WIDTH:
        job.out.length = start + LINE_WIDTH - 4
        out_put(&job.out, b"...", 3)
        return LINE_WIDTH
    out_byte(&job.out, c"]")
    return length + 2


cdef const char *uid_name(const uint8_t *text, size_t length) noexcept nogil:
    cdef const char *name
    cdef RegisteredUID found
    cdef const void *end = memchr(text, 0, length)
    if end != NULL:
        length = <const uint8_t *>end - text
    name = dump_uid_name(<const char *>text, length)
    if name != NULL:
        return name
    if STANDARD.uid(<const char *>text, length, &found) and not is_context_group(text, length):
        return found.keyword if found.keyword[0] else NULL
    return NULL


cdef bint is_context_group(const uint8_t *uid, size_t length) noexcept nogil:
    """dcmdump has no names for the UIDs of context groups (PS3.6 table A-3)."""
    cdef const char *root = b"1.2.840.10008.6.1."
    cdef size_t i
    if length < 18:
        return False
    for i in range(18):
        if uid[i] != <uint8_t>root[i]:
            return False
    return True


cdef int text_line(
    Job *job, const Frame *frame, const Element *e, int level, uint16_t vr, const VRForm *form
) except -1 nogil:
    cdef uint32_t shown = e.length
    cdef bint padded = e.length & 1 and has(job, CORRECT), loaded = e.length <= job.load_limit
    cdef uint64_t vm = 0
    cdef size_t length = e.length, printed, i
    cdef const char *name = NULL
    cdef const uint8_t *text = <const uint8_t *>b""
    if length:
        text = value_bytes(job, e.offset, length)
        if text == NULL:
            length = 0
            loaded = False
    if has(job, UTF8) and length:
        if e.tag == SPECIFIC_CHARACTER_SET:
            text = <const uint8_t *>b"ISO_IR 192"
            length = shown = 10
            padded = False
        elif form.spelling == LONG_TEXT and vr != 0x5255 or vr in (0x4F4C, 0x4853, 0x4E50, 0x4355):  # not UR; LO SH PN UC
            if convert_text(job, frame, e, &text, &length):
                padded = length & 1
                shown = <uint32_t>length
    if padded:
        shown += 1
    if form.spelling == UID_TEXT and has(job, CORRECT):
        clean_uid(job, &text, &length)
        padded = False
    elif has(job, CORRECT) and not padded:
        while length and text[length - 1] == c" ":
            length -= 1
    if length or padded:
        vm = 1
        if form.spelling != LONG_TEXT:
            for i in range(length):
                vm += text[i] == c"\\"
    start_line(job, level, e.tag, vr)
    if not loaded:
        printed = put_remark(job, b"(not loaded)")
    elif vm == 0:
        printed = put_remark(job, b"(no value available)")
    else:
        if form.spelling == UID_TEXT and has(job, UID_NAMES):
            name = uid_name(text, length)
        if name != NULL:
            out_byte(&job.out, c"=")
            printed = 1 + put_info(job, name, strlen(name), False)
        else:
            printed = put_text(job, text, length, padded)
    end_line(job, printed, shown, False, vm)
    return 0


# ------------------------------------------------------------------------------------------------ binary values


cdef size_t spell(const VRForm *form, const uint8_t *p, bint big, char *text) noexcept nogil:
    """One value as text; `text` has room for 72 bytes."""
    cdef uint64_t bits = (
        load_u64(p, big) if form.size == 8 else load_u32(p, big) if form.size == 4 else load_u16(p, big) if form.size == 2
        else p[0]
    )
    cdef uint32_t half
    cdef float single
    cdef double number
    if form.spelling == UNSIGNED:
        return format_unsigned(bits, text)
    if form.spelling == SIGNED:
        if form.size == 2:
            return format_signed(<int16_t>bits, text)
        return format_signed(<int32_t>bits if form.size == 4 else <int64_t>bits, text)
    if form.spelling == FLOAT:
        if form.size == 4:
            half = <uint32_t>bits
            memcpy(&single, &half, 4)
            return format_float(single, 9, text)
        memcpy(&number, &bits, 8)
        return format_float(number, 17, text)
    if form.spelling == TAGS:
        format_tag(load_u16(p, big) << 16 | load_u16(p + 2, big), text)
        return 11
    format_hex(<uint32_t>bits, 2 * form.size, text)
    return 2 * form.size


cdef uint64_t fixed_width(const VRForm *form) noexcept nogil:
    """Columns of a value with its separator, or 0 where they differ."""
    if form.spelling == BYTES or form.spelling == WORDS:
        return 2 * form.size + 1
    return 12 if form.spelling == TAGS else 0


cdef size_t put_values(Job *job, const Element *e, const VRForm *form, uint64_t count) except? 0 nogil:
    """Values separated by backslashes, as many as fit; returns the columns that they took (0: cannot be had)."""
    cdef uint64_t i = 0, block, j, width = fixed_width(form), shown = count
    cdef size_t printed = 0, length
    cdef bint big = e.flags & BIG_ENDIAN_VALUE != 0, short_form = not has(job, PRINT_ALL)
    cdef const uint8_t *p
    cdef char text[72]
    if short_form:
        if width and count * width - 1 > LINE_WIDTH:
            shown = (LINE_WIDTH - 2) // width
        elif not width and count > LINE_WIDTH:
            shown = LINE_WIDTH
    while i < shown:
        block = BLOCK // form.size
        if block > shown - i:
            block = shown - i
        p = padded_bytes(job, e, i * form.size, block * form.size)
        if p == NULL:
            return printed
        for j in range(block):
            text[0] = c"\\"
            length = spell(form, p, big, text + 1)
            p += form.size
            if i + j:
                length += 1
            if short_form and not width and (
                printed + length > LINE_WIDTH or (i + j + 1 < count and printed + length + 3 > LINE_WIDTH)
            ):
                if i + j + 1 < count:
                    out_put(&job.out, b"...", 3)
                    printed += 3
                return printed
            out_put(&job.out, &text[0] if i + j else &text[1], length)
            printed += length
        i += block
        if job.out.length > FLUSH_SIZE:
            flush(job)
    if shown < count:
        out_put(&job.out, b"...", 3)
        printed += 3
    return printed


cdef int value_line(Job *job, const Element *e, int level, uint16_t vr, const VRForm *form) except -1 nogil:
    cdef uint64_t length = e.length, count, vm
    cdef size_t printed
    cdef bint loaded = e.length <= job.load_limit
    if loaded and length & 1 and has(job, CORRECT) and form.spelling != WORDS:
        length += 1
    count = length // form.size
    vm = 1 if form.one else count
    start_line(job, level, e.tag, vr)
    if not loaded or (length and value_bytes(job, e.offset, 1 if e.length else 0) == NULL):
        printed = put_remark(job, b"(not loaded)")
    elif length == 0 or (count == 0 and form.spelling == TAGS):
        printed = put_remark(job, b"(no value available)")
    elif count == 0:
        printed = put_remark(job, b"(invalid value)")
    else:
        printed = put_values(job, e, form, count)
    end_line(job, printed, <uint32_t>length, e.flags & UNDEFINED_LENGTH != 0, vm)
    return 0


cdef int pixel_line(Job *job, const Element *e, int level, uint16_t vr, bint words) except -1 nogil:
    """The line of pixel data that goes to a file: the name of the file, as an equation."""
    cdef size_t printed = 0
    start_line(job, level, e.tag, vr)
    with gil:
        name = (<object>job.write_pixels)(e.offset, e.length, words and e.flags & BIG_ENDIAN_VALUE != 0)
        printed = put_info(job, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), False)
    end_line(job, printed, e.length, False, 1)
    return 0


cdef int element_line(Job *job, Frame *frame, uint32_t position, uint32_t record, int level) except -1 nogil:
    cdef const Element *e = &job.view.records[record]
    cdef uint16_t vr
    cdef const VRForm *form
    if e.tag == ITEM_TAG and e.vr == 0:
        set_name(job, b"", b"Item")
        vr = VR_PI
    else:
        find_name(job, frame, position, e)
        vr = printed_vr(job, e)
    form = form_of(vr)
    if job.write_pixels != NULL and (vr == VR_PI or e.tag == PIXEL_DATA):
        return pixel_line(job, e, level, vr, form.spelling == WORDS)
    if form.spelling <= UID_TEXT:
        return text_line(job, frame, e, level, vr, form)
    return value_line(job, e, level, vr, form)


# ------------------------------------------------------------------------------------------------ containers


cdef int ascending(const void *a, const void *b) noexcept nogil:
    cdef uint64_t first = (<const uint64_t *>a)[0], second = (<const uint64_t *>b)[0]
    return -1 if first < second else 1 if first > second else 0


cdef int open_frame(Job *job, uint32_t record, uint32_t first, uint32_t stop, bint sorted) except -1 nogil:
    """Start on the children of a container; elements of an item come in the order of their tags, each tag once."""
    cdef Frame *frame
    cdef void *frames
    cdef uint32_t i = first, kept = 0, last = 0, parent = job.depth
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
    i = first
    while i < stop:
        frame.order[kept] = <uint64_t>job.view.records[i].tag << 32 | i
        kept += 1
        i = job.view.records[i].next
    qsort(frame.order, kept, sizeof(uint64_t), ascending)
    frame.count = 0
    for i in range(kept):
        if frame.count == 0 or frame.order[frame.count - 1] >> 32 != frame.order[i] >> 32:
            frame.order[frame.count] = frame.order[i]
            frame.count += 1
    frame.position = 0
    return 0


cdef bint is_directory_record(const Job *job, const Frame *frame) noexcept nogil:
    """Whether a frame's items are directory records (PS3.3 F.3.2.2)."""
    return frame.record != NOT_FOUND and job.view.records[frame.record].tag == DIRECTORY_RECORD_SEQUENCE


cdef size_t directory_value(Job *job, const Frame *frame, uint32_t tag, const uint8_t **text) except? 0 nogil:
    cdef uint32_t record = child_with_tag(job.view, frame.first, frame.stop, tag)
    cdef const Element *e
    text[0] = NULL
    if record == NOT_FOUND:
        return 0
    e = &job.view.records[record]
    if e.length == 0 or e.length > 1024 or e.flags & CONTAINER:
        return 0
    text[0] = value_bytes(job, e.offset, e.length)
    if text[0] == NULL:
        return 0
    return trimmed(text[0], e.length)


cdef int directory_record_lines(Job *job, const Frame *frame, int level) except -1 nogil:
    """The two lines at the start of a directory record: its type, and where it is and what it refers to."""
    cdef const Element *e = &job.view.records[frame.record]
    cdef const uint8_t *text
    cdef size_t start, length
    cdef const char *kind
    cdef uint32_t references = 0, record
    start_line(job, level, e.tag, VR_NA)
    color(job, COLOR_INFO)
    start = job.out.length
    out_text(&job.out, b'"Directory Record" ')
    if has(job, TREE):
        out_text(&job.out, b"(offset=$")
        out_number(&job.out, element_start(e), 0)
        out_byte(&job.out, c")")
        end_line(job, 0, 0, False, 1)
        return 0
    length = directory_value(job, frame, DIRECTORY_RECORD_TYPE, &text)
    kind = dump_record_type(<const char *>text, length)
    out_text(&job.out, kind)
    out_text(&job.out, b" #=")
    out_number(&job.out, frame.count, 0)
    end_line(job, job.out.length - start, e.length, e.flags & UNDEFINED_LENGTH != 0, 1)
    color(job, COLOR_INFO)
    put_indent(job, level)
    out_text(&job.out, b"#  offset=$")
    out_number(&job.out, element_start(e), 0)
    if kind[0] == c"M" and kind[1] == c"R":  # MRDR: Multi-Referenced File Directory Record, retired
        record = child_with_tag(job.view, frame.first, frame.stop, NUMBER_OF_REFERENCES)
        if record != NOT_FOUND and job.view.records[record].length == 4:
            text = value_bytes(job, job.view.records[record].offset, 4)
            if text != NULL:
                references = load_u32(text, job.view.records[record].flags & BIG_ENDIAN_VALUE != 0)
        out_text(&job.out, b"  refCount=")
        out_number(&job.out, references, 0)
    length = directory_value(job, frame, REFERENCED_FILE_ID, &text)
    if length:
        out_text(&job.out, b'  refFileID="')
        out_put(&job.out, <const char *>text, length)
        out_byte(&job.out, c'"')
    color(job, RESET)
    out_byte(&job.out, c"\n")
    return 0


cdef size_t put_count(Job *job, const char *what, uint32_t count) noexcept nogil:
    cdef size_t start
    color(job, COLOR_INFO)
    start = job.out.length
    out_text(&job.out, what)
    out_number(&job.out, count, 0)
    out_byte(&job.out, c")")
    return job.out.length - start


cdef int open_container(Job *job, uint32_t position, uint32_t record, int level) except -1 nogil:
    """The first line of a sequence, an item or encapsulated pixel data, and its frame."""
    cdef const Element *e = &job.view.records[record]
    cdef Frame *parent = &job.frames[job.depth]
    cdef Frame *frame
    cdef bint item = e.tag == ITEM_TAG, undefined = e.flags & UNDEFINED_LENGTH != 0
    cdef bint fragments = not item and e.vr != VR_SQ and record + 1 < e.next and is_fragment(&job.view.records[record + 1])
    cdef bint directory = item and is_directory_record(job, parent)
    cdef size_t printed = 0
    cdef uint16_t vr
    if not item:
        find_name(job, parent, position, e)
    open_frame(job, record, record + 1, e.next, item)
    frame = &job.frames[job.depth]
    if item:
        set_name(job, b"", b"Item")
    if directory:
        return directory_record_lines(job, frame, level)
    fragments = fragments or (not item and e.tag == PIXEL_DATA and e.vr != VR_SQ)
    vr = VR_NA if item else e.vr if fragments else VR_SQ
    start_line(job, level, e.tag, vr)
    if has(job, TREE):
        pass
    elif item:
        printed = put_count(
            job, b"(Item with undefined length #=" if undefined else b"(Item with explicit length #=", frame.count
        )
    elif fragments:
        printed = put_count(job, b"(PixelSequence #=", frame.count)
    else:
        printed = put_count(
            job, b"(Sequence with undefined length #=" if undefined else b"(Sequence with explicit length #=", frame.count
        )
    end_line(job, printed, e.length, undefined, 1)
    return 0


cdef inline bint is_fragment(const Element *e) noexcept nogil:
    return e.tag == ITEM_TAG and e.flags & CONTAINER == 0


cdef void close_container(Job *job, int level) noexcept nogil:
    cdef Frame *frame = &job.frames[job.depth]
    cdef const Element *e = &job.view.records[frame.record]
    cdef bint undefined = e.flags & UNDEFINED_LENGTH != 0
    free(frame.order)
    job.depth -= 1
    if has(job, TREE):
        return
    if e.tag != ITEM_TAG:
        close_line(
            job, level, SEQUENCE_DELIMITATION, b"SequenceDelimitationItem",
            b"(SequenceDelimitationItem)" if undefined else b"(SequenceDelimitationItem for re-encod.)",
        )
    elif is_directory_record(job, &job.frames[job.depth]):
        close_line(
            job, level, ITEM_DELIMITATION, b"ItemDelimitationItem",
            b'"ItemDelimitationItem"' if undefined else b'"ItemDelimitationItem for re-encoding"',
        )
    else:
        close_line(
            job, level, ITEM_DELIMITATION, b"ItemDelimitationItem",
            b"(ItemDelimitationItem)" if undefined else b"(ItemDelimitationItem for re-encoding)",
        )


cdef void charset_line(Job *job, int level) noexcept nogil:
    """Specific Character Set of a data set that had none and is printed in UTF-8."""
    set_name(job, b"", b"SpecificCharacterSet")
    start_line(job, level, SPECIFIC_CHARACTER_SET, 0x5343)
    end_line(job, put_text(job, <const uint8_t *>b"ISO_IR 192", 10, False), 10, False, 1)


cdef int run(Job *job, uint32_t first, uint32_t stop, int level) except -1 nogil:
    cdef Frame *frame
    cdef uint32_t position, record
    cdef bint charset_due
    open_frame(job, NOT_FOUND, first, stop, job.scope == NOT_FOUND)
    charset_due = has(job, UTF8) and job.scope == NOT_FOUND and job.frames[0].charset == NOT_FOUND
    while True:
        frame = &job.frames[job.depth]
        position = frame.position
        if position >= end_of(frame):
            if job.depth == 0:
                break
            close_container(job, level + job.depth - 1)
            continue
        record = record_at(job, frame, position)
        frame.position = after(job, frame, position)
        if job.view.records[record].tag >> 16 != frame.group:
            frame.group = job.view.records[record].tag >> 16
            frame.group_position = position
        if charset_due and job.depth == 0 and job.view.records[record].tag > SPECIFIC_CHARACTER_SET:
            charset_due = False
            charset_line(job, level)
        if job.view.records[record].flags & CONTAINER:
            open_container(job, position, record, level + job.depth)
        else:
            element_line(job, frame, position, record, level + job.depth)
        if job.out.length > FLUSH_SIZE:
            flush(job)
    if charset_due:
        charset_line(job, level)
    return flush(job)


# ------------------------------------------------------------------------------------------------ Python


cdef const IndexView *view_of(index) except NULL:
    return <const IndexView *>PyCapsule_GetPointer(index.view, "dicomkit.IndexView")


def render(
    index, write, int first=0, stop=None, *, int options=UID_NAMES | CORRECT, int level=1, scope=None, load_limit=None,
    fetch=None, convert=None, write_pixels=None,
) -> None:
    """Dump sibling records of an index.

    Args:
        index: the Index.
        write: called with pieces of the text (bytes).
        first, stop: the records; all by default.
        options: bits of OPTIONS.
        level: nesting level of the records, from 1.
        scope: first sibling of a single record that was searched for, so that its private creator is found.
        load_limit: longer values (in bytes) are "(not loaded)".
        fetch: called with (offset, length) for bytes of the stream that are not in memory; returns bytes.
        convert: called with (value, vr, charset) for text with other characters than ASCII if UTF8 is an option.
        write_pixels: called with (offset, length, swap) for pixel data; returns the name to print instead of it.
    """
    cdef Job *job
    cdef const IndexView *view = view_of(index)
    cdef uint32_t end = view.count if stop is None else stop
    if not 0 <= first <= <int64_t>end <= view.count:
        raise ValueError("no such records")
    job = <Job *>malloc(sizeof(Job))
    if job == NULL:
        raise MemoryError
    memset(job, 0, sizeof(Job))
    try:
        job.view = view
        if index.dictionary is not None:
            job.user = <const UserDictionary *>PyCapsule_GetPointer(index.dictionary.capsule, "dicomkit.UserDictionary")
        job.options = options if convert is not None else options & ~UTF8
        job.load_limit = 0xFFFFFFFF if load_limit is None else load_limit
        job.scope = NOT_FOUND if scope is None else scope
        job.depth = -1
        job.capacity = 16
        job.has_pixel_representation = job.has_waveform_bits = -1
        job.write = <PyObject *>write
        if fetch is not None:
            job.fetch = <PyObject *>fetch
        if convert is not None:
            job.convert = <PyObject *>convert
        if write_pixels is not None:
            job.write_pixels = <PyObject *>write_pixels
        job.frames = <Frame *>malloc(job.capacity * sizeof(Frame))
        if job.frames == NULL:
            raise MemoryError
        with nogil:
            run(job, first, end, level)
    finally:
        while job.depth >= 0:
            free(job.frames[job.depth].order)
            job.depth -= 1
        free(job.frames)
        free(job.out.bytes)
        free(job.scratch.bytes)
        Py_XDECREF(job.held)
        free(job)


def transfer_syntax_name(uid) -> str:
    """What a dump calls a transfer syntax; "" for a UID that is none."""
    cdef bytes text = str(uid).encode("ascii", "replace")
    cdef const char *name = dump_transfer_syntax_name(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    cdef RegisteredUID found
    if name == NULL and STANDARD.uid(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &found):
        if found.kind == UID_TRANSFER_SYNTAX:
            name = found.name
    return "" if name == NULL else name.decode()


def bytes_in_memory(index, uint64_t offset, Py_ssize_t length) -> bytes | None:
    """Bytes of the stream, None if they are not in memory."""
    cdef const uint8_t *found = stream_bytes(view_of(index), offset, <uint64_t>length)
    return None if found == NULL else PyBytes_FromStringAndSize(<const char *>found, length)


def search(index, uint32_t tag) -> list:
    """The records of a tag, at any depth, in the order of the stream."""
    cdef const IndexView *view = view_of(index)
    cdef uint32_t i
    found = []
    for i in range(view.count):
        if view.records[i].tag == tag:
            found.append(i)
    return found


def children(index, record=None) -> list:
    """The records directly in a container, or at the top, as (record, tag)."""
    cdef const IndexView *view = view_of(index)
    cdef uint32_t i = 0 if record is None else record + 1
    cdef uint32_t stop = view.count if record is None else view.records[<uint32_t>record].next
    found = []
    while i < stop:
        found.append((i, view.records[i].tag))
        i = view.records[i].next
    return found

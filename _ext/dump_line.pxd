"""The state of a dump, the parts of a line, and the bytes of values.

The kernels are inline functions in .pxd files, compiled into `dump`: lines and bytes (here), names and VRs, values.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset, strlen

from element cimport Element, IndexView, stream_bytes
from standard cimport StandardAPI, UserDictionary

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
    const char *RESET
    const char *COLOR_TAG
    const char *COLOR_VR
    const char *COLOR_VALUE
    const char *COLOR_INFO
    const char *COLOR_LENGTH
    const char *COLOR_VM
    const char *COLOR_NAME
    const char *COLOR_TOP_NAME
    const char *COLOR_SEQUENCE
    const char *COLOR_TOP_SEQUENCE

    ctypedef struct VRForm:
        uint16_t vr
        uint8_t spelling
        uint8_t size
        uint8_t one

    enum:
        TEXT
        LONG_TEXT
        UID_TEXT
        BYTES
        WORDS
        TAGS
        UNSIGNED
        SIGNED
        FLOAT

    const VRForm *form_of(uint16_t vr)


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
    CHARSET_LINE = 256      # add Specific Character Set where it is missing

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

cdef enum:
    VR_UI = 0x4955
    VR_OB = 0x424F
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
    const StandardAPI *standard
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


cdef inline bint has(const Job *job, uint32_t option) noexcept nogil:
    return job.options & option != 0


cdef inline void color(Job *job, const char *code) noexcept nogil:
    if has(job, COLOR):
        out_text(&job.out, code)


cdef inline void put_indent(Job *job, int level) noexcept nogil:
    cdef int i
    if has(job, TREE):
        color(job, COLOR_INFO)
        for i in range(level - 1):
            out_put(&job.out, b"| ", 2)
    elif level > 1:
        out_fill(&job.out, c" ", 2 * (level - 1))


cdef inline void start_line(Job *job, int level, uint32_t tag, uint16_t vr) noexcept nogil:
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


cdef inline void end_line(Job *job, size_t printed, uint32_t length, bint undefined, uint64_t vm) noexcept nogil:
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


cdef inline size_t put_info(Job *job, const char *text, size_t length, bint info) noexcept nogil:
    """A value that is a remark or a name: up to LINE_WIDTH of it. Returns how many columns it took."""
    if info:
        color(job, COLOR_INFO)
    if length > LINE_WIDTH and not has(job, PRINT_ALL):
        out_put(&job.out, text, LINE_WIDTH - 3)
        out_put(&job.out, b"...", 3)
        return LINE_WIDTH
    out_put(&job.out, text, length)
    return length


cdef inline size_t put_remark(Job *job, const char *text) noexcept nogil:
    return put_info(job, text, strlen(text), True)


cdef inline void set_name(Job *job, const char *prefix, const char *name) noexcept nogil:
    cdef size_t first = strlen(prefix), length = strlen(name)
    if first + length > NAME_SIZE:
        length = NAME_SIZE - first
    memcpy(job.name, prefix, first)
    memcpy(job.name + first, name, length)
    job.name_length = first + length


cdef inline void close_line(Job *job, int level, uint32_t tag, const char *name, const char *remark) noexcept nogil:
    """The line of a delimitation item, which stands at the end of every sequence and item whatever its encoding."""
    set_name(job, b"", name)
    start_line(job, level, tag, VR_NA)
    end_line(job, put_remark(job, remark), 0, False, 0)


cdef inline int flush(Job *job) except -1 nogil:
    if job.out.failed or job.scratch.failed:
        with gil:
            raise MemoryError
    with gil:
        (<object>job.write)(PyBytes_FromStringAndSize(job.out.bytes, <Py_ssize_t>job.out.length))
    job.out.length = 0
    return 0


# ------------------------------------------------------------------------------------------------ bytes


cdef extern from *:
    """
    static PyObject *hold(PyObject *object) { Py_INCREF(object); return object; }
    """
    PyObject *hold(object)


cdef inline const uint8_t *fetched_bytes(Job *job, uint64_t offset, uint64_t length) except? NULL with gil:
    """A function of its own: one that has Python objects takes the GIL whenever it is called."""
    fetched = (<object>job.fetch)(offset, length)
    if type(fetched) is not bytes or <uint64_t>PyBytes_GET_SIZE(fetched) < length:
        return NULL
    Py_XDECREF(job.held)
    job.held = hold(fetched)
    return <const uint8_t *>PyBytes_AS_STRING(fetched)


cdef inline const uint8_t *value_bytes(Job *job, uint64_t offset, uint64_t length) except? NULL nogil:
    """Bytes of the stream, fetched if they are not in memory (good until the next call). NULL: they cannot be had."""
    cdef const uint8_t *found = stream_bytes(job.view, offset, length)
    if found != NULL:
        return found
    return NULL if job.fetch == NULL else fetched_bytes(job, offset, length)


cdef inline const uint8_t *padded_bytes(Job *job, const Element *e, uint64_t at, uint64_t length) except? NULL nogil:
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


cdef inline uint32_t child_with_tag(const IndexView *view, uint32_t first, uint32_t stop, uint32_t tag) noexcept nogil:
    while first < stop:
        if view.records[first].tag == tag:
            return first
        first = view.records[first].next
    return NOT_FOUND


cdef inline size_t trimmed(const uint8_t *text, size_t length) noexcept nogil:
    while length and (text[length - 1] == c" " or text[length - 1] == 0):
        length -= 1
    return length

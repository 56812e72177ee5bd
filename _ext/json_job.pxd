"""The state of a rendering in JSON: where the bytes come from, where the text goes, and the lines of it."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from element cimport Element, IndexView, stream_bytes
from standard cimport StandardAPI, UserDictionary

cdef extern from "json_format.h" nogil:
    ctypedef struct Out:
        char *bytes
        size_t length
        size_t capacity
        int failed

    bint out_reserve(Out *out, size_t more)
    void out_put(Out *out, const char *text, size_t length)
    void out_byte(Out *out, char c)
    void out_fill(Out *out, char c, size_t count)
    size_t format_unsigned(uint64_t value, char *text)
    size_t format_signed(int64_t value, char *text)

    enum:
        JSON_BASE64
        JSON_ITEMS
        JSON_TEXT
        JSON_ONE_TEXT
        JSON_NAME
        JSON_INTEGER_TEXT
        JSON_DECIMAL_TEXT
        JSON_TAG
        JSON_UNSIGNED
        JSON_SIGNED
        JSON_FLOAT

    enum:
        LEADING_SPACE_KEPT
        MAY_BE_BULK

    ctypedef struct JsonForm:
        uint8_t kind
        uint8_t size
        uint8_t flags

    enum:
        NOT_A_VR

    int vr_class(uint32_t first, uint32_t second)
    const JsonForm *json_form(uint16_t vr)
    bint needs_decoding(const uint8_t *p, size_t n)
    void json_string(Out *out, const uint8_t *p, size_t n)
    bint json_number_text(Out *out, const uint8_t *p, size_t n, bint decimal)
    enum:
        MEMBER_START

    void json_member_start(uint32_t tag, uint16_t vr, char *text)
    void json_tag(uint32_t tag, char *text)
    const int64_t LARGEST_EXACT
    size_t json_short_double(double value, char *text)
    void make_base64_pairs()
    void put_base64(Out *out, const uint8_t *p, size_t n)
    void swap_units(const uint8_t *source, uint8_t *target, size_t n, size_t size)


cdef enum:
    NOT_FOUND = 0xFFFFFFFF
    FLUSH_SIZE = 1 << 18
    CHUNK = 3 << 19             # bytes of a value that are fetched at a time: a multiple of 3 and of 8
    LONGEST_SETS = 1024         # bytes of a Specific Character Set that is believed
    ITEM_TAG = 0xFFFEE000
    PIXEL_DATA = 0x7FE00010
    SPECIFIC_CHARACTER_SET = 0x00080005
    VR_SQ = 0x5153
    VR_UN = 0x4E55
    VR_CS = 0x5343

cdef enum Option:
    PRETTY = 1
    UTF8 = 2                    # Specific Character Set becomes ISO_IR 192
    RETAIN_UN = 4               # a UN of defined length stays bytes
    NUMBERS_AS_STRINGS = 8      # DS and IS
    NUMBERS_ONLY = 16           # DS and IS that are no number are an error
    NAN_AS_NULL = 32            # NaN and the infinities, which else are an error
    NAN_EXTENDED = 64           # or are spelled as JavaScript does
    OMIT_FRAGMENTS = 128        # encapsulated Pixel Data without a bulk data URI, which else is an error

cdef enum Fault:
    NOT_FINITE
    NO_NUMBER
    PARTIAL_VALUE
    ENCAPSULATED
    NO_BYTES

cdef struct Frame:
    uint32_t record             # the container, NOT_FOUND for the root
    uint32_t position           # the next child: a record, or an index of `order`
    uint32_t stop
    uint32_t count
    uint64_t *order             # tag << 32 | record, ascending, if the records are not in order
    uint32_t charset            # record of the Specific Character Set that holds here, or NOT_FOUND
    int level                   # of indentation, of what is written in it
    bint written                # whether something is

cdef struct Job:
    const IndexView *view
    const StandardAPI *standard
    const UserDictionary *user
    Out out
    uint32_t options
    size_t indent
    uint32_t bulk_threshold
    int depth
    int capacity
    Frame *frames
    PyObject *index
    PyObject *write             # NULL: all stays in `out`
    PyObject *fetch
    PyObject *convert
    PyObject *bulk
    PyObject *held              # the bytes that `fetch` gave last
    PyObject *converted         # the bytes that `convert` gave last
    uint8_t *swapped            # CHUNK bytes, once needed

cdef extern from *:
    """
    static PyObject *hold(PyObject *object) { Py_INCREF(object); return object; }
    """
    PyObject *hold(object)


cdef inline bint has(const Job *job, uint32_t option) noexcept nogil:
    return job.options & option != 0


cdef inline int fail(Job *job, Fault fault, uint32_t record) except -1 nogil:
    """Raise the error for a value that has no form in JSON."""
    cdef uint32_t tag = job.view.records[record].tag
    with gil:
        from dicomkit.errors import EncodeError

        reason = {
            NOT_FINITE: "JSON has no numbers for NaN and the infinities",
            NO_NUMBER: "the text is no number",
            PARTIAL_VALUE: "the last value is cut short",
            ENCAPSULATED: "encapsulated pixel data has no inline form in JSON: it needs a bulk data URI",
            NO_BYTES: "the value is not in memory and cannot be read",
        }[fault]
        path = (<object>job.index).path(record)
        if "." in path:
            reason = f"{reason} (at {path})"
        raise EncodeError(reason, tag)


cdef inline int flush(Job *job) except -1 nogil:
    """Hand the text over, if it is wanted in pieces."""
    if job.out.failed:
        with gil:
            raise MemoryError
    if job.write == NULL:
        return 0
    with gil:
        (<object>job.write)(PyBytes_FromStringAndSize(job.out.bytes, <Py_ssize_t>job.out.length))
    job.out.length = 0
    return 0


cdef inline int flush_if_large(Job *job) except -1 nogil:
    if job.out.length > FLUSH_SIZE or job.out.failed:
        flush(job)
    return 0


# ------------------------------------------------------------------------------------------------ bytes


cdef inline const uint8_t *value_bytes(Job *job, uint32_t record, uint64_t at, uint64_t length) except? NULL nogil:
    """Bytes of a value, fetched if they are not in memory (good until the next call)."""
    cdef const uint8_t *found = stream_bytes(job.view, job.view.records[record].offset + at, length)
    return found if found != NULL else fetch_bytes(job, record, at, length)


# What needs Python objects is in functions of its own: one that has an object takes the GIL in every call.
cdef inline const uint8_t *fetch_bytes(Job *job, uint32_t record, uint64_t at, uint64_t length) except? NULL nogil:
    if job.fetch == NULL:
        fail(job, NO_BYTES, record)
    with gil:
        fetched = (<object>job.fetch)(job.view.records[record].offset + at, length)
        if type(fetched) is not bytes or <uint64_t>PyBytes_GET_SIZE(fetched) < length:
            fail(job, NO_BYTES, record)
        Py_XDECREF(job.held)
        job.held = hold(fetched)
        return <const uint8_t *>PyBytes_AS_STRING(fetched)


cdef inline bint is_padding(uint8_t c) noexcept nogil:
    return c == c" " or c == 0


cdef inline void trim(const uint8_t **text, size_t *length, bint both) noexcept nogil:
    while length[0] and is_padding(text[0][length[0] - 1]):
        length[0] -= 1
    while both and length[0] and is_padding(text[0][0]):
        text[0] += 1
        length[0] -= 1


# ------------------------------------------------------------------------------------------------ lines


cdef inline void new_line(Job *job, int level) noexcept nogil:
    if has(job, PRETTY):
        out_byte(&job.out, c"\n")
        out_fill(&job.out, c" ", <size_t>level * job.indent)


cdef inline void separate(Job *job, Frame *frame) noexcept nogil:
    """The comma between members of an object or elements of an array."""
    if frame.written:
        out_byte(&job.out, c",")
    frame.written = True


cdef inline void colon(Job *job) noexcept nogil:
    out_put(&job.out, b": ", 2 if has(job, PRETTY) else 1)


cdef inline void open_member(Job *job, Frame *frame, uint32_t tag, uint16_t vr) noexcept nogil:
    """`"00100010":{"vr":"PN"`"""
    cdef char text[24]
    separate(job, frame)
    new_line(job, frame.level)
    json_member_start(tag, vr, text)
    if not has(job, PRETTY):
        out_put(&job.out, text, MEMBER_START)
        return
    out_put(&job.out, text, 10)
    out_put(&job.out, b": {", 3)
    new_line(job, frame.level + 1)
    out_put(&job.out, b'"vr": ', 6)
    out_put(&job.out, text + MEMBER_START - 4, 4)


cdef inline void close_member(Job *job, const Frame *frame) noexcept nogil:
    new_line(job, frame.level)
    out_byte(&job.out, c"}")


cdef inline void open_values(Job *job, const Frame *frame) noexcept nogil:
    """`,"Value":[`, in front of its elements."""
    if has(job, PRETTY):
        out_byte(&job.out, c",")
        new_line(job, frame.level + 1)
        out_put(&job.out, b'"Value": [', 10)
    else:
        out_put(&job.out, b',"Value":[', 10)


cdef inline void next_value(Job *job, const Frame *frame, uint64_t number) noexcept nogil:
    """What stands in front of a value of the array."""
    if number:
        out_byte(&job.out, c",")
    new_line(job, frame.level + 2)


cdef inline void close_values(Job *job, const Frame *frame) noexcept nogil:
    new_line(job, frame.level + 1)
    out_byte(&job.out, c"]")


cdef inline void open_string(Job *job, const Frame *frame, const char *name, size_t length) noexcept nogil:
    """`,"InlineBinary":`, in front of its string."""
    out_byte(&job.out, c",")
    new_line(job, frame.level + 1)
    out_byte(&job.out, c'"')
    out_put(&job.out, name, length)
    out_byte(&job.out, c'"')
    colon(job)

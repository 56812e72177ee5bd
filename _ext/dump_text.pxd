"""The lines of a dump: tag, VR, and where the value stands."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, strlen

from standard cimport StandardAPI, UserDictionary
from vr cimport *

cdef extern from "dump_parse.h" nogil:
    const uint8_t *HEX_DIGIT
    bint is_blank(uint8_t c)
    bint parse_hex(const uint8_t *p, size_t n, size_t most, uint32_t *result)
    bint parse_tag(const uint8_t *p, size_t n, uint32_t *tag)
    bint parse_whole(const uint8_t *p, size_t n, bint *negative, uint64_t *magnitude)
    const char *dump_uid_of(const uint8_t *name, size_t length)

cdef extern from "vr_class.h" nogil:
    enum:
        NOT_A_VR
        SHORT_LENGTH
    uint8_t vr_class(uint32_t first, uint32_t second)

cdef enum:
    PIXEL_DATA = 0x7FE00010
    # VRs that only a dump shows.
    UP = 0x7075             # an offset in a directory
    XS = 0x7378             # US or SS
    LUT = 0x746C            # "lt": US or SS or OW
    OX = 0x786F             # OB or OW
    PI = 0x6970             # a fragment
    NA = 0x616E             # an item or delimiter
    NO_VR = 0x3F3F          # "??"

# What is wrong with a line. In the order of FAULTS in dump_reader.pyx.
cdef enum Fault:
    NONE
    NO_TAG
    NO_CLOSING_BRACKET
    NO_VALUE_HERE
    WRONG_NUMBER
    NUMBER_TOO_LARGE
    WRONG_BYTES
    WRONG_TAG_VALUE
    UNKNOWN_UID
    NO_FILE
    MISPLACED
    NO_ITEM
    TOO_DEEP
    TOO_LONG
    NOT_ENDED
    # What is tolerated.
    WRONG_VR
    DUPLICATE

cdef enum Form:
    EMPTY
    PLAIN                   # up to a comment
    BRACKETED
    REMARK                  # "(no value available)", "(Sequence with ...": no value

cdef struct Line:
    uint64_t number
    uint64_t offset
    uint32_t tag
    uint16_t given_vr       # as it stands there; 0 if it does not
    uint16_t vr             # the same, or the dictionary's; may still be one of those that only a dump shows
    int form
    const uint8_t *value
    size_t length

cdef struct Text:
    const uint8_t *start
    const uint8_t *position
    const uint8_t *end
    uint64_t line           # of `position`, from 1


cdef inline const uint8_t *line_end(const uint8_t *p, const uint8_t *end) noexcept nogil:
    cdef const void *found = memchr(p, c"\n", end - p)
    return end if found == NULL else <const uint8_t *>found


cdef inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end) noexcept nogil:
    while p < end and is_blank(p[0]):
        p += 1
    return p


cdef inline const uint8_t *last_of(const uint8_t *p, const uint8_t *end, uint8_t c) noexcept nogil:
    """The last such byte, or NULL."""
    while end > p:
        end -= 1
        if end[0] == c:
            return end
    return NULL


cdef inline const uint8_t *read_tag(const uint8_t *p, const uint8_t *end, uint32_t *tag) noexcept nogil:
    """The place behind a tag, which may have blanks anywhere; NULL if there is none."""
    cdef const uint8_t *close
    cdef uint8_t packed[12]
    cdef size_t n = 0, comma = 0
    cdef uint32_t group, element
    if parse_tag(p, end - p, tag):
        return p + 11
    if p == end or p[0] != c"(":
        return NULL
    close = <const uint8_t *>memchr(p, c")", end - p)
    if close == NULL:
        return NULL
    p += 1
    while p < close:
        if not is_blank(p[0]):
            if n == 11:
                return NULL
            if p[0] == c",":
                comma = n
            packed[n] = p[0]
            n += 1
        p += 1
    if comma == 0 or not parse_hex(packed, comma, 4, &group) or not parse_hex(packed + comma + 1, n - comma - 1, 4, &element):
        return NULL
    tag[0] = group << 16 | element
    return close + 1


cdef inline bint starts_element(const uint8_t *p, const uint8_t *end) noexcept nogil:
    cdef uint32_t tag
    return read_tag(skip_blanks(p, end), end, &tag) != NULL


cdef inline uint16_t known_vr(const uint8_t *p) noexcept nogil:
    """The VR that two letters are, 0 if none."""
    cdef uint16_t vr = p[0] | <uint16_t>p[1] << 8
    if vr_class(p[0], p[1]) != NOT_A_VR or vr in (UP, XS, LUT, OX, PI, NA, NO_VR):
        return vr
    return 0


cdef inline bint is_letter_or_digit(uint8_t c) noexcept nogil:
    return c"a" <= c <= c"z" or c"A" <= c <= c"Z" or c"0" <= c <= c"9" or c >= 0x80


cdef inline const uint8_t *read_vr(const uint8_t *p, const uint8_t *end, Line *line) noexcept nogil:
    """The place behind the VR, if there is one. Two capital letters that are no VR are one unless nothing follows."""
    cdef const uint8_t *rest
    line.given_vr = 0
    if end - p < 2:
        return p
    if end - p == 2 or not is_letter_or_digit(p[2]):
        line.given_vr = known_vr(p)
        if line.given_vr:
            return p + 2
    if c"A" <= p[0] <= c"Z" and c"A" <= p[1] <= c"Z" and (end - p == 2 or is_blank(p[2])):
        rest = skip_blanks(p + 2, end)
        if rest < end and rest[0] != c"#":
            return p + 2
    return p


cdef inline bint is_before_comment(const uint8_t *close, const uint8_t *end) noexcept nogil:
    """Whether only a comment follows a closing bracket, as in all lines of dcmdump."""
    close = skip_blanks(close + 1, end)
    return close < end and close[0] == c"#"


cdef inline int read_bracketed(Text *text, const uint8_t *p, const uint8_t *end, Line *line) noexcept nogil:
    """Text from `p` up to the last bracket of the line.

    dcmdump prints line feeds as they are. So the value goes on over the lines before the next element, if the first one has
    no bracket, or if a later one ends as only dcmdump's lines do: a bracket and a comment.
    """
    cdef const uint8_t *close = last_of(p, end, c"]")
    cdef const uint8_t *next = text.position
    cdef const uint8_t *first
    cdef const uint8_t *stop
    cdef const uint8_t *found
    cdef uint64_t lines = text.line
    line.form = BRACKETED
    line.value = p
    if close == NULL or not is_before_comment(close, end):
        while next < text.end:
            stop = line_end(next, text.end)
            first = skip_blanks(next, stop)
            if starts_element(first, stop) or (close != NULL and (first == stop or first[0] == c"#")):
                break
            found = last_of(next, stop, c"]")
            next = stop + 1 if stop < text.end else stop
            lines += 1
            if found != NULL and (close == NULL or is_before_comment(found, stop)):
                close = found
                text.position = next
                text.line = lines
                if is_before_comment(found, stop):
                    break
    if close == NULL:
        return NO_CLOSING_BRACKET
    line.length = close - p
    if line.length == 0:
        line.form = EMPTY
    return NONE


cdef inline bint begins_with(const uint8_t *p, const uint8_t *end, const char *word) noexcept nogil:
    cdef size_t n = strlen(word)
    return <size_t>(end - p) >= n and memcmp(p, word, n) == 0


cdef inline int read_value(Text *text, const uint8_t *p, const uint8_t *end, Line *line) noexcept nogil:
    cdef const void *comment
    line.form = EMPTY
    line.value = p
    line.length = 0
    if p == end or p[0] == c"#":
        return NONE
    if p[0] == c"[":
        return read_bracketed(text, p + 1, end, line)
    if p[0] == c"<":
        return NO_VALUE_HERE
    comment = memchr(p, c"#", end - p)
    if comment != NULL:
        end = <const uint8_t *>comment
        while is_blank((end - 1)[0]):
            end -= 1
    line.length = end - p
    line.form = PLAIN
    if p[0] == c"(" and (line.vr != AT or begins_with(p, end, b"(no value")):
        line.form = REMARK
        if begins_with(p, end, b"(not loaded") or begins_with(p, end, b"(invalid"):
            return NO_VALUE_HERE
    return NONE


cdef inline bint next_line(Text *text, const uint8_t **start, const uint8_t **stop) noexcept nogil:
    """The next line that is neither empty nor a comment, without blanks around it; False at the end."""
    cdef const uint8_t *p
    cdef const uint8_t *end
    while text.position < text.end:
        p = text.position
        end = line_end(p, text.end)
        text.position = end + 1 if end < text.end else end
        text.line += 1
        p = skip_blanks(p, end)
        while end > p and is_blank((end - 1)[0]):
            end -= 1
        if p < end and p[0] != c"#":
            start[0] = p
            stop[0] = end
            return True
    return False


cdef inline int read_line(
    Text *text, const uint8_t *p, const uint8_t *end, const StandardAPI *standard, const UserDictionary *user, Line *line
) noexcept nogil:
    """Take a line apart. The line may go on in the ones behind it."""
    line.number = text.line - 1
    line.tag = 0
    p = read_tag(p, end, &line.tag)
    if p == NULL:
        return NO_TAG
    p = skip_blanks(read_vr(skip_blanks(p, end), end, line), end)
    line.vr = line.given_vr
    if line.vr == 0 or line.vr == NA or line.vr == PI:
        line.vr = standard.vr(user, line.tag)
    if line.vr == 0 or line.vr == NO_VR:
        line.vr = UN
    elif line.vr == UP:
        line.vr = UL
    return read_value(text, p, end, line)

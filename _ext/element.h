/* The element index: one record per element, item or fragment, in stream order.
 *
 * `offset` counts bytes from the start of the stream (the file, or what a deflated data set inflates to) to the value.
 * `length` is the number of value bytes that are there, without delimiters: for undefined length, what was found
 * (0xFFFFFFFF if that is 4 GiB or more; see extent in docs/design.md). `next` is the index of the record after this one and all
 * its descendants. `vr` holds the two letters as they stand in a file (first letter in the low byte); 0 for items and
 * fragments. `depth` is the number of sequences around the record (an item counts as inside its sequence).
 */
#ifndef DICOMKIT_ELEMENT_H
#define DICOMKIT_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t tag;
    uint16_t vr;
    uint8_t flags;
    uint8_t depth;
    uint32_t length;
    uint32_t next;
    uint64_t offset;
} Element;

typedef char element_is_24_bytes[sizeof(Element) == 24 ? 1 : -1];

enum {
    UNDEFINED_LENGTH = 1, /* the length field says 0xFFFFFFFF */
    LONG_HEADER = 2,      /* 12 bytes of header (explicit VR with 32-bit length); else 8 */
    IMPLICIT_VR = 4,      /* the header names no VR */
    GUESSED_VR = 8,       /* `vr` is not what the header says: from context, or a correction */
    BIG_ENDIAN_VALUE = 16,
    TRUNCATED = 32,   /* the stream or the enclosing item ended inside the value */
    UNDELIMITED = 64, /* undefined length without a delimiter at its end */
    CONTAINER = 128   /* a sequence, an item, or encapsulated pixel data: records of its contents follow */
};

/* A run of bytes of the stream that is in memory: `bytes` holds stream offsets start to stop. */
typedef struct {
    uint64_t start;
    uint64_t stop;
    const uint8_t *bytes;
} Segment;

/* What a compiled module sees of an Index; lives as long as the Index object, never changes once built. */
typedef struct {
    Element *records;
    Segment *segments;
    uint32_t count;
    uint32_t segment_count;
} IndexView;

/* The bytes of [offset, offset + length), or NULL where they are not in memory (a deferred value). */
static inline const uint8_t *stream_bytes(const IndexView *view, uint64_t offset, uint64_t length) {
    for (uint32_t i = 0; i < view->segment_count; i++) {
        const Segment *segment = &view->segments[i];
        if (offset >= segment->start && offset <= segment->stop && length <= segment->stop - offset)
            return segment->bytes + (offset - segment->start);
    }
    return NULL;
}

/* Unaligned loads in the byte order of the value. */
static inline uint32_t load_u16(const uint8_t *p, int big_endian) {
    return big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t load_u32(const uint8_t *p, int big_endian) {
    return big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t load_u64(const uint8_t *p, int big_endian) {
    uint64_t first = load_u32(p, big_endian), second = load_u32(p + 4, big_endian);
    return big_endian ? first << 32 | second : second << 32 | first;
}

/* Stream offset of the first header byte. */
static inline uint64_t element_start(const Element *e) { return e->offset - (e->flags & LONG_HEADER ? 12 : 8); }

/* Value bytes without delimiters, also where the record's 32 bits do not hold them: then the last descendant tells. */
static inline uint64_t content_length(const IndexView *view, uint32_t i) {
    const Element *e = &view->records[i];
    uint64_t closing = 0;
    uint32_t last = i;
    if (e->length != 0xFFFFFFFFu)
        return e->length;
    while (view->records[last].flags & CONTAINER && last + 1 < view->records[last].next) {
        uint32_t child = last + 1;
        while (view->records[child].next < view->records[last].next)
            child = view->records[child].next;
        last = child;
        if ((view->records[last].flags & (UNDEFINED_LENGTH | UNDELIMITED)) == UNDEFINED_LENGTH)
            closing += 8;
        if (view->records[last].length != 0xFFFFFFFFu)
            break;
    }
    if (last == i)
        return 0;
    return view->records[last].offset + view->records[last].length + closing - e->offset;
}

/* Stream offset behind the element, its delimiter included. */
static inline uint64_t element_stop(const IndexView *view, uint32_t i) {
    const Element *e = &view->records[i];
    int delimited = (e->flags & (UNDEFINED_LENGTH | UNDELIMITED)) == UNDEFINED_LENGTH;
    return e->offset + content_length(view, i) + (delimited ? 8 : 0);
}

#define VR_CODE(a, b) ((uint16_t)((a) | ((b) << 8)))

#endif

/* The bits of a JPEG-LS scan being written.
 *
 * They are collected in a window; when it is full they go to the output, with a 0 stuffed behind each byte of 0xFF (T.87 C.1).
 */
#ifndef DICOMKIT_JPEGLS_WRITER_H
#define DICOMKIT_JPEGLS_WRITER_H

#include <stdlib.h>

#include "jpegls_status.h"

/* BEHIND is room for all codes of a pixel, which take at most 8 bytes a component, and for one of a run. */
enum { WRITE_WINDOW = 4096, BEHIND = 128 };

/* Where the next bit goes: the last `used` (0 to 7) of `bits` are not in the window yet. */
typedef struct {
    uint8_t *at;
    uint64_t bits;
    uint64_t used;
} Pen;

typedef struct {
    uint8_t *bytes; /* the output */
    size_t size;
    size_t capacity;
    uint64_t spare; /* bits that do not fill a byte of the output, the first one in the highest bit */
    int spare_bits;
    int behind_ff; /* the last byte of the output is 0xFF */
    Pen pen;
    Status status;
    uint8_t window[WRITE_WINDOW + BEHIND];
} Writer;

/* Write a code of 1 to 57 bits. */
ALWAYS_INLINE void write_code(Pen *pen, uint64_t code, uint64_t length) {
    pen->bits = pen->bits << length | code;
    pen->used += length;
    store_word(pen->at, pen->bits << (-pen->used & 63));
    pen->at += pen->used >> 3;
    pen->used &= 7;
    HIDDEN(pen->bits);
    HIDDEN(pen->used);
}

static inline int reserve(Writer *w, size_t more) {
    uint8_t *bytes;
    size_t capacity = w->capacity;
    if (w->capacity - w->size >= more)
        return 1;
    capacity = 2 * capacity > w->size + more ? 2 * capacity : w->size + more;
    bytes = (uint8_t *)realloc(w->bytes, capacity);
    if (bytes == NULL) {
        w->status = LS_NO_MEMORY;
        return 0;
    }
    w->bytes = bytes;
    w->capacity = capacity;
    return 1;
}

/* Put out the spare bits as far as they fill bytes. */
static inline void put_spare(Writer *w) {
    while (w->spare_bits >= 8 - w->behind_ff) {
        uint8_t byte = (uint8_t)(w->spare >> (56 + w->behind_ff));
        w->spare <<= 8 - w->behind_ff;
        w->spare_bits -= 8 - w->behind_ff;
        w->bytes[w->size++] = byte;
        w->behind_ff = byte == 0xFF;
    }
}

/* Empty the window. The output takes at most one byte for each 7 bits. */
NEVER_INLINE Status empty_window(Writer *w) {
    const uint8_t *from = w->window, *end = w->pen.at;
    if (!reserve(w, (size_t)(end - from) * 8 / 7 + 24))
        return LS_NO_MEMORY;
    while (from < end) {
        if (end - from >= 8 && !w->behind_ff) {
            uint64_t word = load_word(from), whole = w->spare | word >> w->spare_bits;
            if (!has_ff(whole)) {
                store_word(w->bytes + w->size, whole);
                w->size += 8;
                w->spare = word << 1 << (63 - w->spare_bits);
                from += 8;
                continue;
            }
        }
        w->spare |= (uint64_t)*from++ << (56 - w->spare_bits);
        w->spare_bits += 8;
        put_spare(w);
    }
    w->pen.at = w->window;
    return LS_OK;
}

ALWAYS_INLINE int is_full(const Writer *w, const uint8_t *at) { return at >= w->window + WRITE_WINDOW; }

static inline void start_writing(Writer *w) {
    w->spare = 0;
    w->spare_bits = w->behind_ff = 0;
    w->pen.at = w->window;
    w->pen.bits = w->pen.used = 0;
}

/* The end of a scan or restart interval: zeros fill the last byte, and one follows if that is 0xFF. */
static inline Status end_writing(Writer *w) {
    const int left = (int)w->pen.used;
    if (empty_window(w) != LS_OK)
        return LS_NO_MEMORY;
    if (left) {
        w->spare |= w->pen.bits << (64 - left) >> w->spare_bits;
        w->spare_bits += left;
        put_spare(w);
    }
    if (w->spare_bits || w->behind_ff) {
        w->spare_bits = 8 - w->behind_ff;
        put_spare(w);
    }
    return LS_OK;
}

static inline int put_bytes(Writer *w, const void *bytes, size_t size) {
    if (!reserve(w, size))
        return 0;
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
    return 1;
}

#endif

/* The bits of a JPEG-LS scan, without those that are stuffed behind bytes of 0xFF (T.87 C.1).
 *
 * They are put into a window, some kilobytes at a time. Behind `limit` follow at least AHEAD bytes in the window, zeros behind
 * the end of the data: who takes no more than that between two checks of the limit never reads anything else.
 */
#ifndef DICOMKIT_JPEGLS_READER_H
#define DICOMKIT_JPEGLS_READER_H

#include "jpegls_status.h"

enum { READ_WINDOW = 4096, AHEAD = 32 };

typedef struct {
    const uint8_t *in; /* the next byte that is not in the window */
    const uint8_t *end;
    size_t position; /* in bits, as `limit` */
    size_t limit;
    size_t filled;  /* whole bytes in the window */
    uint64_t spare; /* and the bits behind them, the first one in the highest bit */
    int spare_bits;
    int at_end;
    uint8_t window[READ_WINDOW + 2 * AHEAD];
} Reader;

/* The bits at a position; at least 57 of them are right. */
ALWAYS_INLINE uint64_t bits_at(const uint8_t *window, size_t position) {
    return load_word(window + (position >> 3)) << (position & 7);
}

ALWAYS_INLINE void append_bits(Reader *r, uint32_t value, int count) {
    r->spare |= (uint64_t)value << (64 - r->spare_bits - count);
    r->spare_bits += count;
    while (r->spare_bits >= 8) {
        r->window[r->filled++] = (uint8_t)(r->spare >> 56);
        r->spare <<= 8;
        r->spare_bits -= 8;
    }
}

/* Take bytes up to and with the next 0xFF and what is behind it. Returns 0 at the end: a marker, or no more bytes. */
static inline int unstuff(Reader *r) {
    while (r->in < r->end) {
        if (*r->in != 0xFF) {
            append_bits(r, *r->in++, 8);
            if (r->filled >= READ_WINDOW)
                return 1;
            continue;
        }
        if (r->in + 1 < r->end && r->in[1] & 0x80)
            return 0;
        append_bits(r, 0xFF, 8);
        if (++r->in == r->end)
            return 0;
        append_bits(r, *r->in++, 7);
        return 1;
    }
    return 0;
}

/* Put more bits into the window; the position changes. */
NEVER_INLINE Status refill(Reader *r) {
    size_t done = r->position >> 3;
    if (r->at_end || done > r->filled)
        return LS_ENDS_EARLY;
    memmove(r->window, r->window + done, r->filled - done);
    r->filled -= done;
    r->position &= 7;
    while (r->filled < READ_WINDOW) {
        uint64_t word;
        if (r->end - r->in >= 8 && !has_ff(word = load_word(r->in))) {
            store_word(r->window + r->filled, r->spare | word >> r->spare_bits);
            r->spare = word << 1 << (63 - r->spare_bits);
            r->filled += 8;
            r->in += 8;
        } else if (!unstuff(r)) {
            r->at_end = 1;
            store_word(r->window + r->filled, r->spare);
            memset(r->window + r->filled + 8, 0, AHEAD);
            r->limit = 8 * r->filled + (size_t)r->spare_bits;
            return r->position > r->limit ? LS_ENDS_EARLY : LS_OK;
        }
    }
    r->limit = 8 * (r->filled - AHEAD);
    return LS_OK;
}

/* Start with the data of a scan or restart interval. */
static inline Status start_reading(Reader *r, const uint8_t *in, const uint8_t *end) {
    r->in = in;
    r->end = end;
    r->position = r->filled = 0;
    r->spare = 0;
    r->spare_bits = 0;
    r->at_end = 0;
    return refill(r);
}

#endif

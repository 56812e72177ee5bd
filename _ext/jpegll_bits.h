/* The bits of a run of entropy-coded data (ITU-T T.81 B.1.1.5): bytes up to a marker, without the zeros stuffed behind 0xFF.
 *
 * They are unstuffed into a window, some thousand bytes at a time, so that the loops that decode them need not know of markers.
 * Behind the last byte the window has zeros enough for those loops to run on, which ask afterwards how far they got.
 */
#ifndef DICOMKIT_JPEGLL_BITS_H
#define DICOMKIT_JPEGLL_BITS_H

#include "jpegll_stream.h"

enum {
    PIECE = 4096,               /* differences that are decoded between two looks at the window */
    PIECE_BYTES = PIECE * 5,    /* no difference takes more than 33 bits */
    WINDOW = 1 << 15,
    SLACK = 64,                 /* bytes that copies may go too far */
};

typedef struct {
    const uint8_t *from;        /* what is not in the window yet */
    const uint8_t *end;
    size_t at;                  /* the next bit of the window */
    size_t filled;              /* bytes in the window */
    int ended;                  /* there are no more than those: a marker stands at `from`, or nothing does */
    uint8_t bytes[WINDOW + PIECE_BYTES + SLACK];
} Window;

static void start_window(Window *window, const uint8_t *from, const uint8_t *end) {
    window->from = from;
    window->end = end;
    window->at = window->filled = 0;
    window->ended = 0;
}

/* Unstuff until the window is full or the run of data ends. */
static void fill_window(Window *window) {
    const uint8_t *from = window->from, *end = window->end, *q;
    uint8_t *to = window->bytes + window->filled, *stop = window->bytes + WINDOW + PIECE_BYTES;
    while (to < stop) {
        if (end - from >= 16) {
            int copied = copy_to_ff(to, from);
            to += copied;
            from += copied;
            if (copied == 16)
                continue;
        } else if (from == end) {
            window->ended = 1;
            break;
        } else if (*from != 0xFF) {
            *to++ = *from++;
            continue;
        }
        if (to == stop)
            break;
        for (q = from + 1; q < end && *q == 0xFF; q++)  /* more than one count as one, or as fill bytes of a marker */
            ;
        if (q == end || *q) {
            window->ended = 1;
            break;
        }
        *to++ = 0xFF;
        from = q + 1;
    }
    window->from = from;
    window->filled = (size_t)(to - window->bytes);
}

/* See to it that PIECE differences can be decoded without a look at the window's end. */
ALWAYS_INLINE void prepare_window(Window *window) {
    size_t used = window->at >> 3;
    if (LIKELY(window->filled >= used + PIECE_BYTES))
        return;
    if (window->ended && window->filled <= used)
        used = window->filled;
    window->filled -= used;
    window->at -= used << 3;
    memmove(window->bytes, window->bytes + used, window->filled);
    if (!window->ended)
        fill_window(window);
    if (window->filled < PIECE_BYTES)
        memset(window->bytes + window->filled, 0, PIECE_BYTES + SLACK - window->filled);
}

/* Whether more bits were taken than there are. */
ALWAYS_INLINE int is_exhausted(const Window *window) { return window->ended && window->at > window->filled << 3; }

/* Whether whole bytes of the run were not looked at: it does not end where the image does. */
static int is_left_over(const Window *window) {
    return !window->ended || (window->filled << 3) - window->at >= 8;
}

#endif

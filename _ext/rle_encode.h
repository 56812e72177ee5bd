/* Encoding in DICOM RLE (PS3.5 annex G). */
#ifndef DICOMKIT_RLE_ENCODE_H
#define DICOMKIT_RLE_ENCODE_H

#include "rle_decode.h"

enum {
    WINDOW = 56,                            /* bits of marks that are looked at together */
    SLACK = 80,                             /* bytes behind a row that may be read, and behind runs that may be written */
};

/* Make the buffer of `holder` larger; returns its new address, or NULL. */
typedef uint8_t *(*Grow)(void *holder, size_t capacity);

typedef struct {
    Layout layout;
    const uint8_t *samples;
    uint8_t *row;                           /* one byte of each sample of a row */
    uint8_t *equal;                         /* a bit for each byte of the row: it is equal to the next one */
    Grow grow;
    void *holder;
    uint8_t *out;
    size_t size;
    size_t capacity;
} Encoder;

/* Mark the bytes of a row that are equal to the next one. */
static void mark_equal(uint8_t *equal, const uint8_t *row, size_t count) {
    size_t i = 0, last = count - 1;
#if HAS_SSE2
    for (; i < count; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(row + i)), next = _mm_loadu_si128((const __m128i *)(row + i + 1));
        uint16_t marks = (uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, next));
        memcpy(equal + i / 8, &marks, 2);
    }
#else
    for (; i < count; i++)
        equal[i / 8] = (uint8_t)((i % 8 ? equal[i / 8] : 0) | (row[i] == row[i + 1]) << i % 8);
#endif
    equal[last / 8] &= (uint8_t)((1 << last % 8) - 1);
    memset(equal + last / 8 + 1, 0, 16);
}

/* The marks from a byte on: at least WINDOW + 1 of them. */
ALWAYS_INLINE uint64_t marks_at(const uint8_t *equal, size_t at) {
    uint64_t marks;
    memcpy(&marks, equal + at / 8, 8);
    return (BIG_ENDIAN_MACHINE ? swap64(marks) : marks) >> at % 8;
}

/* A literal run and a replicate run that do not fit into a window. */
static uint8_t *pack_long(uint8_t *to, const uint8_t *row, const uint8_t *equal, size_t *at, size_t count) {
    size_t stop = *at, start = *at, length;
    uint64_t marks = marks_at(equal, stop), starts = marks & 1;
    for (;; stop += WINDOW, marks = marks_at(equal, stop)) {
        starts |= marks & marks >> 1 & (((uint64_t)1 << WINDOW) - 1);
        if (starts || stop + WINDOW >= count)
            break;
    }
    stop = starts ? stop + (size_t)trailing_zeros64(starts) : count;
    for (; start < stop; start += length) {
        length = stop - start < LONGEST_RUN ? stop - start : LONGEST_RUN;
        *to++ = (uint8_t)(length - 1);
        copy(to, row + start, length);
        to += length;
    }
    if (start < count) {
        for (; (marks = ~marks_at(equal, stop) & (((uint64_t)1 << WINDOW) - 1)) == 0; stop += WINDOW)
            ;
        stop += (size_t)trailing_zeros64(marks) + 1;
        for (; stop - start >= 2; start += length) {
            length = stop - start < LONGEST_RUN ? stop - start : LONGEST_RUN;
            *to++ = (uint8_t)(257 - length);
            *to++ = row[start];
        }
    }
    *at = start;
    return to;
}

/* Encode a row. A run takes at most twice its bytes, and less than SLACK more are written over.
 *
 * Three equal bytes or more are a replicate run. Two of them are one only where no literal run would have to be ended for it: so
 * the result is as short as can be, but for literal runs that are too long for one. Both kinds of runs are found from the marks,
 * a literal run and the replicate run behind it at a time and nearly without branches, since nothing tells how long they are. */
static uint8_t *pack(uint8_t *to, const uint8_t *row, const uint8_t *equal, size_t count) {
    size_t at = 0;
    while (at < count) {
        uint64_t marks = marks_at(equal, at), starts = (marks & marks >> 1) | (marks & 1);
        if (LIKELY(starts)) {
            size_t literal = (size_t)trailing_zeros64(starts);
            size_t repeats = (size_t)trailing_zeros64(~(marks >> literal) | (uint64_t)1 << 63) + 1;
            if (LIKELY(literal + repeats <= WINDOW)) {
                *to = (uint8_t)(literal - 1);
                memcpy(to + 1, row + at, 16);
                if (literal > 16)
                    memcpy(to + 17, row + at + 16, 48);
                to += literal + (literal > 0);
                to[0] = (uint8_t)(257 - repeats);
                to[1] = row[at + literal];
                to += 2;
                at += literal + repeats;
                continue;
            }
        }
        to = pack_long(to, row, equal, &at, count);
    }
    return to;
}

ALWAYS_INLINE void pick(uint8_t *row, const uint8_t *samples, size_t count, size_t step) {
    size_t i;
    for (i = 0; i < count; i++)
        row[i] = samples[i * step];
}

/* Every second byte. */
static void pick2(uint8_t *row, const uint8_t *samples, size_t count) {
    size_t i = 0;
#if HAS_SSE2
    const __m128i low = _mm_set1_epi16(0xFF);
    for (; i + 17 <= count; i += 16) {
        __m128i first = _mm_loadu_si128((const __m128i *)(samples + 2 * i));
        __m128i second = _mm_loadu_si128((const __m128i *)(samples + 2 * i + 16));
        _mm_storeu_si128((__m128i *)(row + i), _mm_packus_epi16(_mm_and_si128(first, low), _mm_and_si128(second, low)));
    }
#endif
    pick(row + i, samples + 2 * i, count - i, 2);
}

#if HAS_SSSE3
/* Every third byte, of as many pixels as it can; returns how many. */
FOR_SSSE3 static size_t pick3_shuffled(uint8_t *row, const uint8_t *samples, size_t count) {
    const __m128i of_first = _mm_setr_epi8(0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i of_second = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1);
    const __m128i of_third = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13);
    size_t i;
    for (i = 0; i + 17 <= count; i += 16) {
        __m128i first = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(samples + 3 * i)), of_first);
        __m128i second = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(samples + 3 * i + 16)), of_second);
        __m128i third = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(samples + 3 * i + 32)), of_third);
        _mm_storeu_si128((__m128i *)(row + i), _mm_or_si128(_mm_or_si128(first, second), third));
    }
    return i;
}
#endif

/* Every third byte. Of 48 bytes, a perfect shuffle brings the one at i to 2 i modulo 47, so after four of them that at 3 i is at
 * 48 i, which is i. */
static void pick3(uint8_t *row, const uint8_t *samples, size_t count) {
    size_t i = 0;
#if HAS_SSSE3
    if (has_ssse3())
        i = pick3_shuffled(row, samples, count);
#endif
#if HAS_SSE2
    for (; i + 17 <= count; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(samples + 3 * i));
        __m128i b = _mm_loadu_si128((const __m128i *)(samples + 3 * i + 16));
        __m128i c = _mm_loadu_si128((const __m128i *)(samples + 3 * i + 32));
        int k;
        for (k = 0; k < 4; k++) {
            __m128i first = _mm_unpacklo_epi8(a, _mm_unpackhi_epi64(b, b));
            __m128i second = _mm_unpacklo_epi8(_mm_unpackhi_epi64(a, a), c);
            c = _mm_unpacklo_epi8(b, _mm_unpackhi_epi64(c, c));
            a = first;
            b = second;
        }
        _mm_storeu_si128((__m128i *)(row + i), a);
    }
#endif
    pick(row + i, samples + 3 * i, count - i, 3);
}

/* One byte of each sample of a row: PS3.5 G.2, Composite Pixel Code. */
static void load_row(Encoder *encoder, size_t place, uint32_t row) {
    const Layout *layout = &encoder->layout;
    size_t step = (size_t)layout->bytes * (size_t)(layout->planar ? 1 : layout->samples), columns = layout->columns;
    const uint8_t *samples = encoder->samples + place + (size_t)row * columns * step;
    if (step == 1)
        memcpy(encoder->row, samples, columns);
    else if (step == 2)
        pick2(encoder->row, samples, columns);
    else if (step == 3)
        pick3(encoder->row, samples, columns);
    else
        pick(encoder->row, samples, columns, step);
    mark_equal(encoder->equal, encoder->row, columns);
}

static Status reserve(Encoder *encoder, size_t more) {
    uint8_t *out;
    size_t capacity = encoder->capacity;
    if (capacity - encoder->size >= more)
        return RLE_OK;
    capacity += capacity / 2 + more;
    out = encoder->grow(encoder->holder, capacity);
    if (out == NULL)
        return RLE_NO_MEMORY;
    encoder->out = out;
    encoder->capacity = capacity;
    return RLE_OK;
}

static void store_u32(uint8_t *to, uint32_t value) {
    int i;
    for (i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* Encode a frame, row by row (G.3.1); it is the first `size` bytes of `out` then. */
static Status encode_frame(Encoder *encoder) {
    const Layout *layout = &encoder->layout;
    size_t columns = layout->columns;
    int segments = layout->samples * layout->bytes, i;
    uint32_t row;
    encoder->row = (uint8_t *)calloc(columns + SLACK, 1);
    encoder->equal = (uint8_t *)calloc(columns / 8 + SLACK, 1);
    /* Enough for a frame that becomes no shorter. What is not written to costs nothing. */
    if (encoder->row == NULL || encoder->equal == NULL ||
        reserve(encoder, HEADER_SIZE + columns * layout->rows * (size_t)segments / 64 * 65 + 2 * columns + SLACK) != RLE_OK)
        return RLE_NO_MEMORY;
    encoder->size = HEADER_SIZE;
    memset(encoder->out, 0, HEADER_SIZE);
    store_u32(encoder->out, (uint32_t)segments);
    for (i = 0; i < segments; i++) {
        size_t place = first_place(layout, i);
        if (encoder->size > UINT32_MAX)
            return RLE_TOO_LONG;
        store_u32(encoder->out + 4 + 4 * i, (uint32_t)encoder->size);
        for (row = 0; row < layout->rows; row++) {
            load_row(encoder, place, row);
            if (reserve(encoder, 2 * columns + SLACK) != RLE_OK)
                return RLE_NO_MEMORY;
            encoder->size = (size_t)(pack(encoder->out + encoder->size, encoder->row, encoder->equal, columns) - encoder->out);
        }
        if (encoder->size & 1) {        /* G.3.1: segments have an even length */
            if (reserve(encoder, 1) != RLE_OK)
                return RLE_NO_MEMORY;
            encoder->out[encoder->size++] = 0;
        }
    }
    return RLE_OK;
}

static void free_encoder(Encoder *encoder) {
    free(encoder->row);
    free(encoder->equal);
    free(encoder);
}

#endif

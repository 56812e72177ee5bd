/* Encoding in DICOM RLE (PS3.5 annex G). */
#ifndef DICOMKIT_RLE_ENCODE_H
#define DICOMKIT_RLE_ENCODE_H

#include "rle_decode.h"

enum {
    ROWS_BYTES = 4096,                      /* of rows that are loaded together */
    SLACK = 144,                            /* bytes behind a row that may be read, and behind runs that may be written */
};

/* Make the buffer of `holder` larger; returns its new address, or NULL. */
typedef uint8_t *(*Grow)(void *holder, size_t capacity);

typedef struct {
    Layout layout;
    const uint8_t *samples;
    const uint8_t *samples_end;
    uint8_t *bytes;                         /* one of each sample of some rows */
    uint8_t *equal;                         /* a bit for each of these: it is equal to the next one of its row */
    size_t stride;                          /* bytes of these bits of a row */
    Grow grow;
    void *holder;
    uint8_t *out;
    size_t size;
    size_t capacity;
} Encoder;

/* Mark the bytes of a row that are equal to the next one. */
ALWAYS_INLINE void mark_equal(uint8_t *equal, const uint8_t *row, size_t count, size_t i) {
    size_t last = count - 1;
#if HAS_SSE2
    for (; i < count; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(row + i)), next = _mm_loadu_si128((const __m128i *)(row + i + 1));
        uint16_t marks = (uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, next));
        memcpy(equal + i / 8, &marks, 2);
    }
#else
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    for (; i < count; i += 8) {
        uint64_t differ = load_word(row + i) ^ load_word(row + i + 1), equals = ~(((differ & low) + low) | differ) & ~low;
        equal[i / 8] = (uint8_t)(swap64(equals >> 7) * 0x0102040810204080u >> 56);      /* the first byte is the lowest bit */
    }
#endif
    equal[last / 8] &= (uint8_t)((1 << last % 8) - 1);
    memset(equal + last / 8 + 1, 0, 16);
}

/* What of the marks of a row was looked at. */
typedef struct {
    uint64_t marks;                         /* the word before */
    uint64_t triples;                       /* of that, the marks of runs of three bytes or more */
    uint64_t pairs;                         /* and of runs of two */
    uint64_t chosen;                        /* and of runs that are replicate runs */
    uint64_t carry;                         /* 1 if a pair may begin the next word, as it may the row */
} Marks;

/* The bytes, among those of a word of marks, that replicate runs begin and end with. */
typedef struct {
    uint64_t first;
    uint64_t last;
} Runs;

ALWAYS_INLINE uint64_t load_marks(const uint8_t *equal) {
    uint64_t marks;
    memcpy(&marks, equal, 8);
    return BIG_ENDIAN_MACHINE ? swap64(marks) : marks;
}

/* Find replicate runs.
 *
 * Three equal bytes or more are one. Two of them are one only where no literal run would have to be ended for it, that is at the
 * beginning of the row and right behind another replicate run: then its mark is two behind the last one of that, or behind that
 * of a pair of which the same is true. Such pairs and the bits behind them make an unbroken row of ones, through which an
 * addition carries. */
ALWAYS_INLINE Runs find_runs(Marks *before, uint64_t marks, uint64_t next) {
    uint64_t beside = marks << 1 | before->marks >> 63 | marks >> 1 | next << 63;
    uint64_t triples = marks & beside, pairs = marks & ~beside;
    uint64_t ones = pairs | pairs << 1 | before->pairs >> 63;
    uint64_t carried = ones + (((triples << 2 | before->triples >> 62) & pairs) | before->carry);
    uint64_t chosen = triples | ((ones ^ carried) & pairs);
    uint64_t behind = chosen << 1 | before->chosen >> 63;
    Runs runs = {chosen & ~behind, behind & ~chosen};
    before->marks = marks;
    before->triples = triples;
    before->pairs = pairs;
    before->chosen = chosen;
    before->carry = carried < ones;
    return runs;
}

/* Literal runs of any length. */
static uint8_t *put_literals(uint8_t *to, const uint8_t *from, size_t count) {
    for (; count >= LONGEST_RUN; count -= LONGEST_RUN) {
        *to++ = LONGEST_RUN - 1;
        memcpy(to, from, LONGEST_RUN);
        to += LONGEST_RUN;
        from += LONGEST_RUN;
    }
    if (count) {
        *to++ = (uint8_t)(count - 1);
        copy(to, from, count);
    }
    return to + count;
}

/* The bytes from `done` on as a literal run, those from `first` to `last` as a replicate run. */
ALWAYS_INLINE uint8_t *put_runs(uint8_t *to, const uint8_t **done, const uint8_t *first, const uint8_t *last) {
    const uint8_t *from = *done;
    size_t literals = (size_t)(first - from), more = (size_t)(last - first);
    *done = last + 1;
    if (LIKELY(literals <= 32 && more < LONGEST_RUN)) {
        *to = (uint8_t)(literals - 1);
        memcpy(to + 1, from, 16);
        memcpy(to + 17, from + 16, 16);
        to += literals + (literals > 0);
    } else {
        to = put_literals(to, from, literals);
        for (; more >= LONGEST_RUN; more -= LONGEST_RUN) {
            *to++ = (uint8_t)(257 - LONGEST_RUN);
            *to++ = *first;
        }
        if (more == 0) {
            *done = last;
            return to;
        }
    }
    to[0] = (uint8_t)(256 - more);
    to[1] = *first;
    return to + 2;
}

/* Encode a row. A run takes at most twice its bytes, and less than SLACK more are written over.
 *
 * The result is as short as can be, but for runs that are too long for one. */
ALWAYS_INLINE uint8_t *pack(uint8_t *to, const uint8_t *row, const uint8_t *equal, size_t count) {
    Marks before = {0, 0, 0, 0, 1};
    const uint8_t *end = row + count, *at, *first = row, *done = row;
    uint64_t marks = load_marks(equal), next;
    for (at = row; at < end; at += 64, marks = next) {
        uint64_t open = before.chosen >> 63;
        next = load_marks(equal += 8);
        if (((marks & (marks >> 1 | next << 63)) | before.chosen >> 62 | before.carry) == 0) {
            before.marks = before.pairs = marks;        /* nothing but pairs in a literal run */
            before.triples = before.chosen = 0;
        } else if (marks == UINT64_MAX && open) {       /* all of it in a replicate run */
            before.marks = before.triples = before.chosen = marks;
            before.pairs = before.carry = 0;
        } else {
            Runs runs = find_runs(&before, marks, next);
            runs.first |= (uint64_t)1 << 63;            /* one more is looked for than there is, if the last run ends here */
            first = open ? first : at + trailing_zeros64(runs.first);
            runs.first &= runs.first - 1 + open;
            for (; runs.last; runs.last &= runs.last - 1) {
                to = put_runs(to, &done, first, at + trailing_zeros64(runs.last));
                first = at + trailing_zeros64(runs.first);
                runs.first &= runs.first - 1;
            }
        }
    }
    return put_literals(to, done, (size_t)(end - done));
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

#if HAS_V3
FOR_V3 static uint64_t equal32_v3(const uint8_t *row) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)row), next = _mm256_loadu_si256((const __m256i *)(row + 1));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, next));
}

FOR_V3 static size_t mark_equal_v3(uint8_t *equal, const uint8_t *row, size_t count) {
    size_t i;
    for (i = 0; i < count; i += 64) {
        uint64_t marks = equal32_v3(row + i) | equal32_v3(row + i + 32) << 32;
        memcpy(equal + i / 8, &marks, 8);
    }
    return i;
}

FOR_V3 static size_t pick2_v3(uint8_t *row, const uint8_t *samples, size_t count) {
    const __m256i low = _mm256_set1_epi16(0xFF);
    size_t i;
    for (i = 0; i + 33 <= count; i += 32) {
        __m256i first = _mm256_loadu_si256((const __m256i *)(samples + 2 * i));
        __m256i second = _mm256_loadu_si256((const __m256i *)(samples + 2 * i + 32));
        __m256i bytes = _mm256_packus_epi16(_mm256_and_si256(first, low), _mm256_and_si256(second, low));
        _mm256_storeu_si256((__m256i *)(row + i), _mm256_permute4x64_epi64(bytes, 0xD8));
    }
    return i;
}
#endif

/* The bytes of some rows that go into a segment: one of each sample (PS3.5 G.2, Composite Pixel Code). */
ALWAYS_INLINE const uint8_t *load_rows(Encoder *encoder, const uint8_t *samples, size_t count, size_t step, int v3) {
    uint8_t *to = encoder->bytes;
    size_t done = 0;
    if (step == 1) {
        if ((size_t)(encoder->samples_end - samples) >= count + SLACK)
            return samples;
        memcpy(to, samples, count);
    } else if (step == 2) {
#if HAS_V3
        if (v3)
            done = pick2_v3(to, samples, count);
#endif
        pick2(to + done, samples + 2 * done, count - done);
    } else if (step == 3)
        pick3(to, samples, count);
    else
        pick(to, samples, count, step);
    return to;
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

/* Encode some rows of a segment. All are loaded before the first one is packed: what was written a moment ago is slow to read. */
ALWAYS_INLINE uint8_t *encode_rows(Encoder *encoder, const uint8_t *samples, size_t rows, size_t step, int v3) {
    size_t columns = encoder->layout.columns, row;
    const uint8_t *bytes = load_rows(encoder, samples, rows * columns, step, v3);
    uint8_t *to = encoder->out + encoder->size;
    for (row = 0; row < rows; row++) {
        uint8_t *equal = encoder->equal + row * encoder->stride;
        size_t done = 0;
#if HAS_V3
        if (v3)
            done = mark_equal_v3(equal, bytes + row * columns, columns);
#endif
        mark_equal(equal, bytes + row * columns, columns, done);
    }
    for (row = 0; row < rows; row++)
        to = pack(to, bytes + row * columns, encoder->equal + row * encoder->stride, columns);
    return to;
}

static uint8_t *encode_rows_any(Encoder *encoder, const uint8_t *samples, size_t rows, size_t step) {
    return encode_rows(encoder, samples, rows, step, 0);
}

#if HAS_V3
FOR_V3 static uint8_t *encode_rows_v3(Encoder *encoder, const uint8_t *samples, size_t rows, size_t step) {
    return encode_rows(encoder, samples, rows, step, 1);
}
#endif

static void store_u32(uint8_t *to, uint32_t value) {
    int i;
    for (i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* Encode a frame, row by row (G.3.1); it is the first `size` bytes of `out` then. */
static Status encode_frame(Encoder *encoder) {
    const Layout *layout = &encoder->layout;
    size_t columns = layout->columns, step = (size_t)layout->bytes * (size_t)(layout->planar ? 1 : layout->samples);
    size_t most = columns < ROWS_BYTES ? ROWS_BYTES / columns : 1, group = layout->rows < most ? layout->rows : most, row, rows;
    int segments = layout->samples * layout->bytes, i;
    uint8_t *(*encode)(Encoder *, const uint8_t *, size_t, size_t) = encode_rows_any;
#if HAS_V3
    if (has_v3())
        encode = encode_rows_v3;
#endif
    encoder->samples_end = encoder->samples + columns * layout->rows * (size_t)segments;
    encoder->stride = columns / 8 + SLACK;
    encoder->bytes = (uint8_t *)malloc(group * columns + SLACK);      /* what is looked at behind a row is not used */
    encoder->equal = (uint8_t *)calloc(group, encoder->stride);
    /* Enough for a frame that becomes no shorter. What is not written to costs nothing. */
    if (encoder->bytes == NULL || encoder->equal == NULL ||
        reserve(encoder, HEADER_SIZE + columns * layout->rows * (size_t)segments / 64 * 65 + 2 * group * columns + SLACK) != RLE_OK)
        return RLE_NO_MEMORY;
    encoder->size = HEADER_SIZE;
    memset(encoder->out, 0, HEADER_SIZE);
    store_u32(encoder->out, (uint32_t)segments);
    for (i = 0; i < segments; i++) {
        const uint8_t *samples = encoder->samples + first_place(layout, i);
        if (encoder->size > UINT32_MAX)
            return RLE_TOO_LONG;
        store_u32(encoder->out + 4 + 4 * i, (uint32_t)encoder->size);
        for (row = 0; row < layout->rows; row += rows) {
            rows = layout->rows - row < group ? layout->rows - row : group;
            if (reserve(encoder, 2 * rows * columns + SLACK) != RLE_OK)
                return RLE_NO_MEMORY;
            encoder->size = (size_t)(encode(encoder, samples + row * columns * step, rows, step) - encoder->out);
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
    free(encoder->bytes);
    free(encoder->equal);
    free(encoder);
}

#endif

/* Decoding of DICOM RLE (PS3.5 annex G): PackBits, one segment for each byte of a sample.
 *
 * All segments are decoded side by side, some thousand pixels at a time, so that their bytes are put together where they still are
 * in the processor's cache.
 */
#ifndef DICOMKIT_RLE_DECODE_H
#define DICOMKIT_RLE_DECODE_H

#include <stddef.h>
#include <stdlib.h>

#include "machine.h"

enum {
    HEADER_SIZE = 64,
    MOST_SEGMENTS = 15,
    LONGEST_RUN = 128,
    CHUNK = 4096,                           /* pixels */
    CHUNK_BYTES = CHUNK + LONGEST_RUN + 16, /* the last run may go on behind them */
};

typedef enum {
    RLE_OK,
    RLE_NO_MEMORY,
    RLE_TRUNCATED,
    RLE_COUNT,
    RLE_OFFSET,
    RLE_NUMBER,
    RLE_SHORT,
    RLE_SIZE,
    RLE_TOO_LONG,
} Status;

/* PackBits of one segment, and what of it was decoded too early. */
typedef struct {
    const uint8_t *from;
    const uint8_t *end;
    size_t ahead;
    uint8_t bytes[CHUNK_BYTES];
} Segment;

/* How a frame is laid out. */
typedef struct {
    uint32_t rows;
    uint32_t columns;
    int samples;
    int bytes;                              /* of a sample */
    int planar;
    int least_first;                        /* segments begin with the least significant byte */
    int stored;                             /* low bits of a sample's bytes that are the sample */
    int with_sign;                          /* the bits above are its sign, not 0 */
} Layout;

typedef struct {
    Layout layout;
    int failed;                             /* the segment that ends early */
    int count;
    uint32_t offsets[MOST_SEGMENTS];
    Segment segments[MOST_SEGMENTS];
} Decoder;

static uint32_t load_u32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Table G.4-1 and G.5. Offsets need not ascend. */
static Status read_header(const uint8_t *data, size_t size, uint32_t *offsets, int *count) {
    uint32_t number;
    int i;
    if (size < HEADER_SIZE)
        return RLE_TRUNCATED;
    number = load_u32(data);
    if (number < 1 || number > MOST_SEGMENTS)
        return RLE_COUNT;
    for (i = 0; i < (int)number; i++) {
        offsets[i] = load_u32(data + 4 + 4 * i);
        if (offsets[i] < HEADER_SIZE || offsets[i] > size)
            return RLE_OFFSET;
    }
    *count = (int)number;
    return RLE_OK;
}

/* Where a byte of a component is in the first pixel of a frame. */
static size_t first_place(const Layout *layout, int segment) {
    size_t sample = (size_t)(segment / layout->bytes), byte = (size_t)(segment % layout->bytes), bytes = (size_t)layout->bytes;
    size_t plane = layout->planar ? (size_t)layout->rows * layout->columns : 1;
    if (layout->least_first == BIG_ENDIAN_MACHINE)
        byte = bytes - 1 - byte;
    return sample * plane * bytes + byte;
}

/* Fill up to `length` bytes with copies of one, 16 at a time. */
ALWAYS_INLINE void repeat(uint8_t *to, uint8_t byte, size_t length) {
    size_t i;
    for (i = 0; i < length; i += 16)
        memset(to + i, byte, 16);
}

ALWAYS_INLINE void copy(uint8_t *to, const uint8_t *from, size_t length) {
    size_t i;
    for (i = 0; i < length; i += 16)
        memcpy(to + i, from + i, 16);
}

/* Decode runs until there are `wanted` bytes, or the segment ends. Returns how many there are, at most those wanted. */
static size_t unpack(Segment *segment, size_t wanted) {
    const uint8_t *from = segment->from, *end = segment->end;
    uint8_t *to = segment->bytes + segment->ahead, *stop = segment->bytes + wanted;
    while (to < stop && end - from > LONGEST_RUN) {     /* a whole run is there, whatever it is */
        size_t control = *from;
        size_t literal = control < 128, length = literal ? control + 1 : 257 - control;
        if (UNLIKELY(control == 128)) {                 /* G.3.2: no operation */
            from++;
            continue;
        }
#if HAS_SSE2
        {   /* Runs of up to 16 bytes without a branch, since nothing tells which ones repeat. */
            __m128i mask = _mm_set1_epi8((char)-(int)literal);
            __m128i copies = _mm_set1_epi8((char)from[1]), bytes = _mm_loadu_si128((const __m128i *)(from + 1));
            bytes = _mm_or_si128(_mm_and_si128(mask, bytes), _mm_andnot_si128(mask, copies));
            _mm_storeu_si128((__m128i *)to, bytes);
        }
        if (length > 16)
#endif
        {
            if (literal)
                copy(to, from + 1, length);
            else
                repeat(to, from[1], length);
        }
        to += length;
        from += literal ? length + 1 : 2;
    }
    while (to < stop && from < end) {
        size_t control = *from++, length = control < 128 ? control + 1 : 257 - control;
        if (control < 128) {
            if (length > (size_t)(end - from))
                length = (size_t)(end - from);
            memcpy(to, from, length);
            from += length;
        } else if (control > 128 && from < end)
            memset(to, *from++, length);
        else
            length = 0;
        to += length;
    }
    segment->from = from;
    segment->ahead = to > stop ? (size_t)(to - stop) : 0;
    return (size_t)((to > stop ? stop : to) - segment->bytes);
}

ALWAYS_INLINE void spread(uint8_t *out, const uint8_t *bytes, size_t count, size_t step) {
    size_t i;
    for (i = 0; i < count; i++)
        out[i * step] = bytes[i];
}

/* Pixels of three bytes. */
static void interleave3(uint8_t *to, const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t count) {
    size_t i = 0;
#if HAS_SSE2
    const __m128i zero = _mm_setzero_si128(), low = _mm_set1_epi64x(0xFFFFFF);
    for (; i + 17 <= count; i += 16) {      /* each store but the last is 2 bytes too long */
        __m128i x = _mm_loadu_si128((const __m128i *)(a + i)), y = _mm_loadu_si128((const __m128i *)(b + i));
        __m128i z = _mm_loadu_si128((const __m128i *)(c + i));
        __m128i pairs[2] = {_mm_unpacklo_epi8(x, y), _mm_unpackhi_epi8(x, y)};
        __m128i thirds[2] = {_mm_unpacklo_epi8(z, zero), _mm_unpackhi_epi8(z, zero)};
        int k;
        for (k = 0; k < 4; k++) {
            /* a b c 0 of four pixels, and then two times a b c a b c */
            __m128i four = k & 1 ? _mm_unpackhi_epi16(pairs[k >> 1], thirds[k >> 1])
                                 : _mm_unpacklo_epi16(pairs[k >> 1], thirds[k >> 1]);
            four = _mm_or_si128(_mm_and_si128(four, low), _mm_andnot_si128(low, _mm_srli_epi64(four, 8)));
            _mm_storel_epi64((__m128i *)(to + 3 * i + 12 * k), four);
            _mm_storel_epi64((__m128i *)(to + 3 * i + 12 * k + 6), _mm_unpackhi_epi64(four, four));
        }
    }
#endif
    for (; i < count; i++) {
        to[3 * i] = a[i];
        to[3 * i + 1] = b[i];
        to[3 * i + 2] = c[i];
    }
}

/* Put the bytes of all segments where they belong. */
static void put_together(Decoder *decoder, uint8_t *out, size_t first, size_t count) {
    const Layout *layout = &decoder->layout;
    size_t bytes = (size_t)layout->bytes, step = bytes * (size_t)(layout->planar ? 1 : layout->samples), i;
    int k;
    for (k = 0; k < decoder->count; k++) {
        uint8_t *to = out + first_place(layout, k) + first * step;
        const Segment *segments = &decoder->segments[k];
        if (step == 1)
            memcpy(to, segments->bytes, count);
        else if (bytes == 2 && step == 2) {
            const uint8_t *even = segments[layout->least_first == BIG_ENDIAN_MACHINE].bytes;
            const uint8_t *odd = segments[layout->least_first != BIG_ENDIAN_MACHINE].bytes;
            to = out + first * 2 + (size_t)(k / 2) * 2 * layout->rows * layout->columns;
            for (i = 0; i < count; i++) {
                to[2 * i] = even[i];
                to[2 * i + 1] = odd[i];
            }
            k++;
        } else if (step == 3 && bytes == 1) {
            interleave3(to, segments[0].bytes, segments[1].bytes, segments[2].bytes, count);
            k += 2;
        } else
            spread(to, segments->bytes, count, step);
    }
}

/* Make of unused bits of the top byte of a sample its sign, or 0. */
static void clear_unused_bits(uint8_t *bytes, size_t count, int used, int with_sign) {
    uint8_t mask = (uint8_t)((1 << used) - 1), sign = mask ^ mask >> 1;
    size_t i;
    if (with_sign)
        for (i = 0; i < count; i++)
            bytes[i] = (uint8_t)(((bytes[i] & mask) ^ sign) - sign);
    else
        for (i = 0; i < count; i++)
            bytes[i] &= mask;
}

/* The bytes above that one. */
static void extend(uint8_t *bytes, const uint8_t *below, size_t count, int with_sign) {
    size_t i;
    if (with_sign)
        for (i = 0; i < count; i++)
            bytes[i] = (uint8_t)-(below[i] >> 7);
    else
        memset(bytes, 0, count);
}

/* Take the samples, which are the low bits of their bytes; the other ones may be anything (PS3.5 8.1.1). */
static void take_samples(Decoder *decoder, size_t count) {
    const Layout *layout = &decoder->layout;
    int top = (layout->stored - 1) / 8, sample, byte;
    for (sample = 0; sample < layout->samples; sample++) {
        Segment *segments = &decoder->segments[sample * layout->bytes];
        int step = layout->least_first ? 1 : -1, place = layout->least_first ? top : layout->bytes - 1 - top;
        clear_unused_bits(segments[place].bytes, count, layout->stored - 8 * top, layout->with_sign);
        for (byte = top + 1; byte < layout->bytes; byte++, place += step)
            extend(segments[place + step].bytes, segments[place].bytes, count, layout->with_sign);
    }
}

static Status decode_frame(Decoder *decoder, const uint8_t *data, size_t size, uint8_t *out, size_t out_size) {
    const Layout *layout = &decoder->layout;
    size_t pixels = (size_t)layout->rows * layout->columns, done, count;
    int i, k;
    Status status = read_header(data, size, decoder->offsets, &decoder->count);
    if (status != RLE_OK)
        return status;
    if (decoder->count != layout->samples * layout->bytes)
        return RLE_NUMBER;
    if (out_size != (uint64_t)layout->rows * layout->columns * (uint64_t)decoder->count)
        return RLE_SIZE;
    for (i = 0; i < decoder->count; i++) {
        Segment *segment = &decoder->segments[i];
        size_t end = size;
        for (k = 0; k < decoder->count; k++)
            if (decoder->offsets[k] > decoder->offsets[i] && decoder->offsets[k] < end)
                end = decoder->offsets[k];
        segment->from = data + decoder->offsets[i];
        segment->end = data + end;
        segment->ahead = 0;
    }
    for (done = 0; done < pixels; done += count) {
        count = pixels - done < CHUNK ? pixels - done : CHUNK;
        for (i = 0; i < decoder->count; i++) {
            Segment *segment = &decoder->segments[i];
            size_t found = unpack(segment, count), missing = pixels - done - found;
            /* Some encoders lose the end of a segment: a part of a row, and not much of the frame, is let pass. */
            if (found < count && (missing >= layout->columns || missing > pixels / 4)) {
                decoder->failed = i;
                return RLE_SHORT;
            }
            memset(segment->bytes + found, 0, count - found);
        }
        if (layout->stored < 8 * layout->bytes)
            take_samples(decoder, count);
        put_together(decoder, out, done, count);
        for (i = 0; i < decoder->count; i++) {
            Segment *segment = &decoder->segments[i];
            memmove(segment->bytes, segment->bytes + count, segment->ahead);
        }
    }
    return RLE_OK;
}

#endif

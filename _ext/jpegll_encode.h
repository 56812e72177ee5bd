/* Encoding in lossless JPEG (ITU-T T.81 annex H): one scan of all components, with Huffman tables made for the image.
 *
 * The image is gone through twice, first to count the categories of its differences and then to write them. Bits are put together
 * for some thousand differences, and get their stuffed zeros where they are copied into the codestream.
 */
#ifndef DICOMKIT_JPEGLL_ENCODE_H
#define DICOMKIT_JPEGLL_ENCODE_H

#include "jpegll_huffman.h"
#include "jpegll_predict.h"

enum {
    BATCH = 2048,                   /* differences whose bits are put together */
    BATCH_BYTES = BATCH * 4 + 32,   /* a difference takes at most LONGEST_CODE + 15 bits */
    LARGEST_RADIUS = 2048,
    HEADERS = 512,                  /* bytes of all marker segments, at most */
};

/* Make the buffer of `holder` larger; returns its new address, or NULL. */
typedef uint8_t *(*Grow)(void *holder, size_t capacity);

typedef struct {
    const uint8_t *samples;
    uint32_t width;
    uint32_t height;
    int components;
    int bits;
    int planar;
    int predictor;
    int point_transform;
    uint32_t restart_lines;         /* 0: none */
    uint16_t *lines[2];
    uint16_t *differences;
    EncodingTable tables[MOST_COMPONENTS];
    int shared;                     /* all components have the first table */
    Grow grow;
    void *holder;
    uint8_t *out;
    size_t size;
    size_t capacity;
    uint64_t bits_left;             /* bits that make no byte yet: the lowest `count_left` ones */
    int count_left;
    uint32_t radius;                /* `small` has what is written for differences from -radius to radius - 1 */
    uint32_t small[2 * LARGEST_RADIUS];
    uint8_t batch[BATCH_BYTES];
} Encoder;

/* Gather the samples of a line, component by component of each pixel. Returns all their bits, to find those that are too high. */
ALWAYS_INLINE uint32_t gather(uint16_t *line, const uint8_t *samples, size_t count, size_t stride, int shift, int wide) {
    uint32_t all = 0;
    uint16_t sample;
    size_t i;
    for (i = 0; i < count; i++) {
        sample = samples[i];
        if (wide)
            memcpy(&sample, samples + 2 * i, 2);
        all |= sample;
        line[i * stride] = (uint16_t)(sample >> shift);
    }
    return all;
}

static Status load_line(const Encoder *encoder, uint16_t *line, uint32_t row) {
    size_t width = encoder->width, components = (size_t)encoder->components, bytes = encoder->bits > 8 ? 2 : 1, k;
    size_t parts = encoder->planar ? components : 1, count = width * components / parts;
    uint32_t all = 0;
    for (k = 0; k < parts; k++) {
        const uint8_t *samples = encoder->samples + (k * encoder->height + row) * count * bytes;
        if (bytes == 1)
            all |= parts == 1 ? gather(line, samples, count, 1, encoder->point_transform, 0)
                              : gather(line + k, samples, count, parts, encoder->point_transform, 0);
        else
            all |= parts == 1 ? gather(line, samples, count, 1, encoder->point_transform, 1)
                              : gather(line + k, samples, count, parts, encoder->point_transform, 1);
    }
    return all >> encoder->bits ? LL_SAMPLE : LL_OK;
}

/* Load a line into `lines[row & 1]`, where the one before is in the other, and take its differences. */
static Status next_differences(Encoder *encoder, uint32_t row) {
    uint16_t *line = encoder->lines[row & 1];
    size_t stride = (size_t)encoder->components, count = encoder->width * stride;
    Status status = load_line(encoder, line, row);
    if (row == 0 || (encoder->restart_lines && row % encoder->restart_lines == 0))
        first_differences(encoder->differences, line, count, stride, 1u << (encoder->bits - encoder->point_transform - 1));
    else
        difference(encoder->differences, line, encoder->lines[~row & 1], count, stride, encoder->predictor);
    return status;
}

/* Table H.2 */
ALWAYS_INLINE int category(int32_t difference) {
    return 31 - leading_zeros32((uint32_t)(difference < 0 ? -difference : difference) << 1 | 1);
}

/* How many of at most BATCH differences have a category above `first`, above `first + 1` and so on, up to `first + 7`. They are
 * negative here, since 16 bits have a -32768. All comparisons of a difference are made: that is a loop made of vectors. */
static void count_above(uint64_t above[8], const int16_t *negative, size_t count, int first) {
    uint16_t n0 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0, n6 = 0, n7 = 0;
    int limit = 1 << first;
    size_t i;
    for (i = 0; i < count; i++) {
        n0 += negative[i] < (int16_t)(1 - limit);
        n1 += negative[i] < (int16_t)(1 - 2 * limit);
        n2 += negative[i] < (int16_t)(1 - 4 * limit);
        n3 += negative[i] < (int16_t)(1 - 8 * limit);
        n4 += negative[i] < (int16_t)(1 - 16 * limit);
        n5 += negative[i] < (int16_t)(1 - 32 * limit);
        n6 += negative[i] < (int16_t)(1 - 64 * limit);
        n7 += negative[i] < (int16_t)(1 - 128 * limit);
    }
    above[0] += n0;
    above[1] += n1;
    above[2] += n2;
    above[3] += n3;
    above[4] += n4;
    above[5] += n5;
    above[6] += n6;
    above[7] += n7;
}

/* Count at most BATCH differences: `above[c]` are those with a category above c. */
ALWAYS_INLINE void count_batch(uint64_t above[CATEGORIES], const uint16_t *differences, size_t count, const size_t stride) {
    int16_t negative[BATCH], lowest = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        int16_t difference = (int16_t)differences[i * stride], opposite = (int16_t)-difference;
        negative[i] = difference < opposite ? difference : opposite;
        lowest = negative[i] < lowest ? negative[i] : lowest;
    }
    count_above(above, negative, count, 0);
    if (lowest <= -256)
        count_above(above + 8, negative, count, 8);
}

/* Count how often there is a difference of each category, for each component. */
static Status count_categories(Encoder *encoder, uint64_t counts[MOST_COMPONENTS][CATEGORIES]) {
    size_t stride = (size_t)encoder->components, width = encoder->width, i, k;
    uint64_t above[MOST_COMPONENTS][CATEGORIES];
    uint32_t row;
    Status status;
    memset(above, 0, sizeof(above));
    for (row = 0; row < encoder->height; row++) {
        status = next_differences(encoder, row);
        if (status != LL_OK)
            return status;
        for (i = 0; i < width; i += BATCH)
            for (k = 0; k < stride; k++) {
                const uint16_t *differences = encoder->differences + i * stride + k;
                size_t count = width - i < BATCH ? width - i : BATCH;
                if (stride == 1)
                    count_batch(above[0], differences, count, 1);
                else
                    count_batch(above[k], differences, count, stride);
            }
    }
    for (k = 0; k < stride; k++)
        for (i = 0; i < CATEGORIES; i++)
            counts[k][i] = (i ? above[k][i - 1] : (uint64_t)width * encoder->height) - above[k][i];
    return LL_OK;
}

/* One table for all components, unless tables for each of them save more than 1 in 64 of the bits: decoding is quicker with one. */
static void make_tables(Encoder *encoder, uint64_t counts[MOST_COMPONENTS][CATEGORIES]) {
    uint64_t all[CATEGORIES] = {0}, separate = 0, shared;
    int i, k;
    for (k = 0; k < encoder->components; k++)
        for (i = 0; i < CATEGORIES; i++)
            all[i] += counts[k][i];
    encoder->shared = 1;
    if (encoder->components > 1) {
        for (k = 0; k < encoder->components; k++) {
            make_encoding_table(&encoder->tables[k], counts[k]);
            separate += coded_length(&encoder->tables[k], counts[k]);
        }
        separate += separate >> 6;
    }
    if (encoder->components > 1) {
        EncodingTable table;
        make_encoding_table(&table, all);
        shared = coded_length(&table, all);
        encoder->shared = shared <= separate;
        if (encoder->shared)
            encoder->tables[0] = table;
    } else
        make_encoding_table(&encoder->tables[0], all);
}

static Status reserve(Encoder *encoder, size_t more) {
    uint8_t *out;
    size_t capacity = encoder->capacity;
    if (capacity - encoder->size >= more)
        return LL_OK;
    capacity += capacity / 2 + more;
    out = encoder->grow(encoder->holder, capacity);
    if (out == NULL)
        return LL_NO_MEMORY;
    encoder->out = out;
    encoder->capacity = capacity;
    return LL_OK;
}

ALWAYS_INLINE void put_byte(Encoder *encoder, int byte) { encoder->out[encoder->size++] = (uint8_t)byte; }

ALWAYS_INLINE void put_u16(Encoder *encoder, uint32_t value) {
    put_byte(encoder, (int)(value >> 8));
    put_byte(encoder, (int)value);
}

static void put_headers(Encoder *encoder) {
    int i, tables = encoder->shared ? 1 : encoder->components;
    put_u16(encoder, 0xFF00 | SOI);
    put_u16(encoder, 0xFF00 | SOF3);
    put_u16(encoder, 8 + 3 * (uint32_t)encoder->components);
    put_byte(encoder, encoder->bits);
    put_u16(encoder, encoder->height);
    put_u16(encoder, encoder->width);
    put_byte(encoder, encoder->components);
    for (i = 0; i < encoder->components; i++) {
        put_byte(encoder, i + 1);
        put_u16(encoder, 0x1100);
    }
    for (i = 0; i < tables; i++) {
        const HuffmanTable *table = &encoder->tables[i].table;
        put_u16(encoder, 0xFF00 | DHT);
        put_u16(encoder, 19 + (uint32_t)table->count);
        put_byte(encoder, i);
        memcpy(encoder->out + encoder->size, table->lengths + 1, 16);
        memcpy(encoder->out + encoder->size + 16, table->symbols, (size_t)table->count);
        encoder->size += 16 + (size_t)table->count;
    }
    if (encoder->restart_lines) {
        put_u16(encoder, 0xFF00 | DRI);
        put_u16(encoder, 4);
        put_u16(encoder, encoder->restart_lines * encoder->width);
    }
    put_u16(encoder, 0xFF00 | SOS);
    put_u16(encoder, 6 + 2 * (uint32_t)encoder->components);
    put_byte(encoder, encoder->components);
    for (i = 0; i < encoder->components; i++) {
        put_byte(encoder, i + 1);
        put_byte(encoder, encoder->shared ? 0 : i << 4);
    }
    put_byte(encoder, encoder->predictor);
    put_byte(encoder, 0);
    put_byte(encoder, encoder->point_transform);
}

/* Copy entropy-coded data, with a zero behind each 0xFF (B.1.1.5). 16 bytes behind them are read. */
static Status put_stuffed(Encoder *encoder, const uint8_t *from, size_t count) {
    const uint8_t *end = from + count;
    uint8_t *to;
    if (reserve(encoder, 2 * count + 16) != LL_OK)
        return LL_NO_MEMORY;
    to = encoder->out + encoder->size;
    while (from < end) {
        ptrdiff_t copied = copy_to_ff(to, from);
        if (copied > end - from)
            copied = end - from;
        to += copied;
        from += copied;
        if (copied < 16 && from < end) {
            *to++ = 0xFF;
            *to++ = 0;
            from++;
        }
    }
    encoder->size = (size_t)(to - encoder->out);
    return LL_OK;
}

/* What is written for a difference: its length | bits << 5. */
ALWAYS_INLINE uint32_t coded(const EncodingTable *table, int32_t difference) {
    uint64_t code = table->codes[category(difference)];
    uint32_t extra = (uint32_t)(difference + (difference >> 31)) & (uint32_t)(code >> 32) & 0xFFFF;
    return ((uint32_t)code | extra) << 5 | (uint32_t)(code >> 48);
}

/* Write differences, whose components have the tables in turn. */
ALWAYS_INLINE Status put_batch(Encoder *encoder, const uint16_t *differences, size_t count, const size_t tables) {
    const uint16_t *end = differences + count;
    const uint32_t *small = encoder->small;
    const uint32_t radius = encoder->radius;
    uint64_t bits = encoder->bits_left;
    int waiting = encoder->count_left;
    uint8_t *to = encoder->batch;
    size_t k = 0;
#define PUT() \
    do { \
        int32_t difference = (int16_t)*differences++; \
        uint32_t index = (uint32_t)difference + radius, code; \
        if (tables > 1) { \
            code = coded(&encoder->tables[k], difference); \
            k = k + 1 == tables ? 0 : k + 1; \
        } else if (LIKELY(index < 2 * radius)) \
            code = small[index]; \
        else \
            code = coded(&encoder->tables[0], difference); \
        bits = bits << (code & 31) | code >> 5; \
        waiting += code & 31; \
    } while (0)
    while (differences < end) {
        PUT();
        if (differences < end)
            PUT();
        store_word(to, bits << (-waiting & 63));    /* at most 7 + 2 * (LONGEST_CODE + 15) bits wait */
        to += waiting >> 3;
        waiting &= 7;
    }
#undef PUT
    encoder->bits_left = bits;
    encoder->count_left = waiting;
    return put_stuffed(encoder, encoder->batch, (size_t)(to - encoder->batch));
}

/* Work out once what is written for small differences, if there are enough of them. */
static void prepare_small(Encoder *encoder) {
    uint64_t samples = (uint64_t)encoder->width * encoder->height * (uint64_t)encoder->components;
    int32_t radius = 1, highest = CATEGORIES - 1, i;
    if (!encoder->shared)
        return;
    while (encoder->tables[0].codes[highest] == 0)
        highest--;
    while (radius < LARGEST_RADIUS && (uint64_t)radius * 16 < samples && radius < 1 << highest)
        radius *= 2;
    for (i = -radius; i < radius; i++)
        if (encoder->tables[0].codes[category(i)])
            encoder->small[i + radius] = coded(&encoder->tables[0], i);
    encoder->radius = (uint32_t)radius;
}

static Status put_differences(Encoder *encoder, size_t count) {
    const uint16_t *differences = encoder->differences;
    size_t tables = encoder->shared ? 1 : (size_t)encoder->components, batch = BATCH - BATCH % tables;
    Status status = LL_OK;
    for (; count && status == LL_OK; count -= batch, differences += batch) {
        if (batch > count)
            batch = count;
        if (tables == 1)
            status = put_batch(encoder, differences, batch, 1);
        else
            status = put_batch(encoder, differences, batch, tables);
    }
    return status;
}

/* The last bits of a run of entropy-coded data, filled up with ones (F.1.2.3). */
static Status end_run(Encoder *encoder) {
    int fill = -encoder->count_left & 7;
    encoder->batch[0] = (uint8_t)(encoder->bits_left << fill | ((1u << fill) - 1));
    if (encoder->count_left && put_stuffed(encoder, encoder->batch, 1) != LL_OK)
        return LL_NO_MEMORY;
    encoder->count_left = 0;
    return reserve(encoder, 2);
}

/* Encode an image; the codestream is the first `size` bytes of `out` then. Samples must be as many as the geometry says. */
static Status encode_frame(Encoder *encoder) {
    uint64_t counts[MOST_COMPONENTS][CATEGORIES];
    size_t count = (size_t)encoder->width * (size_t)encoder->components;
    uint32_t row;
    Status status;
    memset(counts, 0, sizeof(counts));
    encoder->differences = (uint16_t *)malloc(3 * count * sizeof(uint16_t));
    if (encoder->differences == NULL)
        return LL_NO_MEMORY;
    encoder->lines[0] = encoder->differences + count;
    encoder->lines[1] = encoder->lines[0] + count;
    status = count_categories(encoder, counts);
    if (status != LL_OK)
        return status;
    make_tables(encoder, counts);
    prepare_small(encoder);
    /* Enough for an image that becomes no shorter. What is not written to costs nothing. */
    if (reserve(encoder, count * encoder->height * (encoder->bits > 8 ? 2 : 1) / 16 * 17 + HEADERS + 2 * BATCH_BYTES) != LL_OK)
        return LL_NO_MEMORY;
    put_headers(encoder);
    for (row = 0; row < encoder->height; row++) {
        if (row && encoder->restart_lines && row % encoder->restart_lines == 0) {
            if (end_run(encoder) != LL_OK)
                return LL_NO_MEMORY;
            put_u16(encoder, 0xFF00 | RST0 | ((row / encoder->restart_lines - 1) & 7));
        }
        next_differences(encoder, row);
        if (put_differences(encoder, count) != LL_OK)
            return LL_NO_MEMORY;
    }
    if (end_run(encoder) != LL_OK)
        return LL_NO_MEMORY;
    put_u16(encoder, 0xFF00 | EOI);
    return LL_OK;
}

static void free_encoder(Encoder *encoder) {
    free(encoder->differences);
    free(encoder);
}

#endif

/* Decoding of lossless JPEG (ITU-T T.81 annex H).
 *
 * Two passes over a few lines at a time: first their differences, in a loop that knows nothing but the Huffman code, then their
 * samples. The first pass is a chain of look-ups, each of which has to wait for the one before; where codes are short, one
 * look-up gives several differences.
 */
#ifndef DICOMKIT_JPEGLL_DECODE_H
#define DICOMKIT_JPEGLL_DECODE_H

#include "jpegll_bits.h"
#include "jpegll_huffman.h"
#include "jpegll_predict.h"

enum { GROUP_SLACK = 4 * MOST_IN_GROUP, SHORT_DIFFERENCE = 9, WORTH_GROUPS = 1 << 13 };

typedef struct {
    Codestream stream;
    int with_sign;              /* predict as if samples were signed */
    int long_category;          /* differences of category 16 may have 16 bits */
    uint8_t *out;
    int planar;
    DecodingTable *tables[MOST_TABLES];
    uint16_t *differences;
    uint16_t *lines[2];
    int table[MOST_COMPONENTS]; /* of the components of the scan */
    int mixed;                  /* they have more than one */
    int has_groups;
    int grouped;                /* codes seem to be short enough to look for several at once */
    uint32_t row;
    int saw_long_category;
    int left_over;              /* some run of entropy-coded data goes on behind the last difference */
    Window window;
} Decoder;

/* Bits at the top of a word. Bits below the first `count` are those that follow, or zero. */
typedef struct {
    uint64_t bits;
    int count;
    const uint8_t *next;
} Reader;

/* At least 56 bits. */
ALWAYS_INLINE void refill(Reader *reader) {
    reader->bits |= load_word(reader->next) >> reader->count;
    reader->next += (63 - reader->count) >> 3;
    reader->count |= 56;
}

ALWAYS_INLINE void drop(Reader *reader, int length) {
    reader->bits <<= length;
    reader->count -= length;
}

ALWAYS_INLINE Reader open_reader(const Window *window) {
    Reader reader = {0, 0, window->bytes + (window->at >> 3)};
    refill(&reader);
    drop(&reader, (int)(window->at & 7));
    return reader;
}

ALWAYS_INLINE void close_reader(Window *window, const Reader *reader) {
    window->at = ((size_t)(reader->next - window->bytes) << 3) - (size_t)reader->count;
}

/* Any difference. Returns 0 if the bits are no code.
 *
 * The encoder of Cornell University, which others were made from, writes 16 bits for category 16 too. Where its table of codes
 * overflowed, the code itself is 17 bits that are none. */
NEVER_INLINE int take_any_difference(Decoder *decoder, const DecodingTable *table, Reader *reader, uint16_t *to) {
    uint32_t code, next;
    int length = 1, size = 16;
    refill(reader);
    code = (uint32_t)(reader->bits >> 48);
    while (length <= 16 && code >= table->limit[length])
        length++;
    if (length <= 16)
        size = table->symbols[table->offset[length] + (int32_t)(code >> (16 - length))];
    else if (!decoder->long_category)
        return 0;
    drop(reader, length);
    if (size < 16) {
        *to = (uint16_t)extend(reader->bits, size);
        drop(reader, size);
        return 1;
    }
    decoder->saw_long_category = 1;
    *to = 0x8000;
    next = (uint32_t)(reader->bits >> 48);
    if (decoder->long_category && (next == 0x7FFF || next == 0x8000)) {
        drop(reader, 16);
        return 1;
    }
    return length <= 16 && size == 16;
}

/* Through a copy, so that the reader itself can stay in registers. */
#define ANY(table) \
    do { \
        Reader copy = reader; \
        if (!take_any_difference(decoder, (table), &copy, to++)) \
            return LL_CODE; \
        reader = copy; \
    } while (0)

/* With a word of at least ONE_BITS + 14 bits. */
#define ONE(table) \
    do { \
        uint64_t index = reader.bits >> (64 - ONE_BITS); \
        uint32_t length = (table)->one_length[index]; \
        if (LIKELY(length)) { \
            *to++ = one_difference((table)->one[index], reader.bits, length); \
            drop(&reader, (int)length); \
        } else \
            ANY(table); \
    } while (0)

/* At most PIECE differences. */
static Status each_alone(Decoder *decoder, uint16_t *to, uint16_t *end) {
    const DecodingTable *table = decoder->tables[decoder->table[0]];
    Reader reader = open_reader(&decoder->window);
    for (; end - to >= 2;) {
        refill(&reader);
        ONE(table);
        ONE(table);
    }
    if (to < end) {
        refill(&reader);
        ONE(table);
    }
    close_reader(&decoder->window, &reader);
    return LL_OK;
}

/* At most PIECE differences; up to GROUP_SLACK more are written over. */
static Status several_at_once(Decoder *decoder, uint16_t *to, uint16_t *end) {
    const DecodingTable *table = decoder->tables[decoder->table[0]];
    Reader reader = open_reader(&decoder->window);
    uint32_t group;
#define GROUP() \
    do { \
        uint64_t index = reader.bits >> (64 - GROUP_BITS); \
        group = table->group[index]; \
        memcpy(to, &table->differences[index], 8); \
        to += group >> 8; \
        drop(&reader, (int)(group & 63)); \
    } while (0)
    while (end - to >= GROUP_SLACK) {
        refill(&reader);
        GROUP();
        GROUP();
        GROUP();
        GROUP();
        /* A group of none stays at the same bits, so the last one tells of all. */
        if (UNLIKELY(group == 0))
            ANY(table);
    }
#undef GROUP
    while (to < end) {
        refill(&reader);
        ONE(table);
    }
    close_reader(&decoder->window, &reader);
    return LL_OK;
}

/* Components that have different tables, in turn. */
static Status in_turn(Decoder *decoder, uint16_t *to, uint16_t *end) {
    Reader reader = open_reader(&decoder->window);
    int components = decoder->stream.scan.components, k;
    while (to < end)
        for (k = 0; k < components; k++) {
            refill(&reader);
            ONE(decoder->tables[decoder->table[k]]);
        }
    close_reader(&decoder->window, &reader);
    return LL_OK;
}

static Status decode_differences(Decoder *decoder, size_t count) {
    Window *window = &decoder->window;
    uint16_t *to = decoder->differences;
    size_t piece = PIECE - PIECE % (size_t)decoder->stream.scan.components, at;
    Status status;
    for (; count; count -= piece) {
        if (piece > count)
            piece = count;
        prepare_window(window);
        at = window->at;
        if (decoder->mixed)
            status = in_turn(decoder, to, to + piece);
        else if (decoder->grouped)
            status = several_at_once(decoder, to, to + piece);
        else
            status = each_alone(decoder, to, to + piece);
        /* Behind the end come zeros, which may be no code. */
        if (is_exhausted(window))
            return LL_ENDS_EARLY;
        if (status != LL_OK)
            return status;
        decoder->grouped = decoder->has_groups && window->at - at < SHORT_DIFFERENCE * piece;
        to += piece;
    }
    return LL_OK;
}

/* Samples of a line, to every `step`th place of the image. */
ALWAYS_INLINE void put_samples(uint8_t *out, size_t step, const uint16_t *line, size_t stride, size_t count, int shift, int wide) {
    size_t i;
    for (i = 0; i < count; i++) {
        uint16_t sample = (uint16_t)(line[i * stride] << shift);
        if (wide)
            memcpy(out + 2 * i * step, &sample, 2);
        else
            out[i * step] = (uint8_t)sample;
    }
}

/* Put a line where it belongs: by pixel, or by plane. */
static void put_line(const Decoder *decoder, const uint16_t *line, uint32_t row) {
    const Codestream *stream = &decoder->stream;
    const Scan *scan = &stream->scan;
    size_t width = stream->width, plane = width * stream->height, stride = (size_t)scan->components;
    size_t step = decoder->planar ? 1 : (size_t)stream->components, start;
    int shift = scan->point_transform, wide = stream->bits > 8, k;
    if (stride == step) {       /* the line is one of the image */
        start = (size_t)row * width * step + (decoder->planar ? (size_t)scan->component[0] * plane : 0);
        if (!wide)
            put_samples(decoder->out + start, 1, line, 1, width * step, shift, 0);
        else if (shift == 0)
            memcpy(decoder->out + 2 * start, line, 2 * width * step);
        else
            put_samples(decoder->out + 2 * start, 1, line, 1, width * step, shift, 1);
        return;
    }
    for (k = 0; k < scan->components; k++) {
        start = (size_t)row * width * step + (size_t)scan->component[k] * (decoder->planar ? plane : 1);
        if (wide)
            put_samples(decoder->out + 2 * start, step, line + k, stride, width, shift, 1);
        else
            put_samples(decoder->out + start, step, line + k, stride, width, shift, 0);
    }
}

/* Lines up to the next restart, or the end. */
static Status decode_interval(Decoder *decoder, uint32_t lines) {
    const Codestream *stream = &decoder->stream;
    const Scan *scan = &stream->scan;
    size_t count = (size_t)stream->width * (size_t)scan->components;
    size_t most = count < PIECE ? PIECE / count : 1, i;
    size_t stride = (size_t)scan->components;
    int with_sign = scan->predictor >= 5 && decoder->with_sign, first = 1;      /* the others halve nothing */
    uint16_t *line = decoder->lines[0], *above = decoder->lines[1];
    while (lines) {
        size_t block = lines < most ? lines : most;
        Status status = decode_differences(decoder, block * count);
        if (status != LL_OK)
            return status;
        for (i = 0; i < block; i++) {
            const uint16_t *differences = decoder->differences + i * count;
            if (first)
                first_line(line, differences, count, stride, 1u << (stream->bits - scan->point_transform - 1));
            else
                undifference(line, above, differences, count, stride, scan->predictor, with_sign);
            first = 0;
            put_line(decoder, line, decoder->row++);
            { uint16_t *other = line; line = above; above = other; }
        }
        lines -= (uint32_t)block;
    }
    return LL_OK;
}

static Status prepare_tables(Decoder *decoder) {
    Codestream *stream = &decoder->stream;
    const Scan *scan = &stream->scan;
    Status status;
    int i;
    decoder->mixed = 0;
    for (i = 0; i < scan->components; i++) {
        int t = scan->table[i];
        const HuffmanTable *first = &stream->tables[scan->table[0]], *table = &stream->tables[t];
        decoder->table[i] = t;
        if (i && memcmp(first->lengths + 1, table->lengths + 1, 16) == 0 &&
            memcmp(first->symbols, table->symbols, (size_t)table->count) == 0) {
            decoder->table[i] = decoder->table[0];
            continue;
        }
        decoder->mixed |= i > 0;
        if (decoder->tables[t] == NULL)
            decoder->tables[t] = (DecodingTable *)malloc(sizeof(DecodingTable));
        if (decoder->tables[t] == NULL)
            return LL_NO_MEMORY;
        status = make_decoding_table(decoder->tables[t], table);
        if (status != LL_OK)
            return status;
    }
    /* Groups cost as much to make as some thousand differences to decode. */
    decoder->has_groups = !decoder->mixed && (uint64_t)stream->width * stream->height >= WORTH_GROUPS;
    decoder->grouped = decoder->has_groups;
    if (decoder->has_groups)
        make_groups(decoder->tables[decoder->table[0]]);
    return LL_OK;
}

static Status decode_scan(Decoder *decoder) {
    Codestream *stream = &decoder->stream;
    Window *window = &decoder->window;
    uint32_t height = stream->height, lines = height, done = 0;
    int restart = 0;
    Status status = prepare_tables(decoder);
    if (status != LL_OK)
        return status;
    if (stream->restart_interval) {
        /* H.1.1: a whole number of lines */
        if (stream->restart_interval % stream->width)
            return LL_RESTART_INTERVAL;
        lines = stream->restart_interval / stream->width;
    }
    decoder->row = 0;
    for (;;) {
        start_window(window, stream->data + stream->at, stream->data + stream->size);
        if (lines > height - done)
            lines = height - done;
        status = decode_interval(decoder, lines);
        if (status != LL_OK)
            return status;
        decoder->left_over |= is_left_over(window);
        stream->at = (size_t)(window->from - stream->data);
        done += lines;
        if (done == height)
            return LL_OK;
        status = next_marker(stream);
        if (status != LL_OK || stream->marker != RST0 + restart)
            return LL_RESTART;
        restart = (restart + 1) & 7;
    }
}

static Status decode_stream(Decoder *decoder, const uint8_t *data, size_t size, size_t out_size) {
    Codestream *stream = &decoder->stream;
    uint64_t samples;
    size_t count;
    int missing, i;
    Status status = start_stream(stream, data, size);
    if (status == LL_OK)
        status = next_scan(stream);
    if (status != LL_OK)
        return status;
    count = (size_t)stream->width * (size_t)stream->components;
    samples = (uint64_t)count * stream->height;
    if (out_size != (stream->bits <= 8 ? samples : 2 * samples))
        return LL_SIZE;
    free(decoder->differences);
    decoder->differences = (uint16_t *)malloc((3 * count + PIECE + 2 * GROUP_SLACK) * sizeof(uint16_t));
    if (decoder->differences == NULL)
        return LL_NO_MEMORY;
    decoder->lines[0] = decoder->differences + (count > PIECE ? count : PIECE) + GROUP_SLACK;
    decoder->lines[1] = decoder->lines[0] + count;
    missing = (1 << stream->components) - 1;
    for (;;) {
        status = decode_scan(decoder);
        if (status != LL_OK)
            return status;
        for (i = 0; i < stream->scan.components; i++)
            missing &= ~(1 << stream->scan.component[i]);
        if (!missing)
            return LL_OK;
        status = next_scan(stream);
        if (status != LL_OK)
            return status == LL_TRUNCATED ? LL_MISSING_SCAN : status;
    }
}

/* Whether a stream looks as if it had been read in the wrong way: it came to no end, or to an early one. */
static int went_astray(const Decoder *decoder, Status status) {
    return status == LL_CODE || status == LL_ENDS_EARLY || status == LL_RESTART || (status == LL_OK && decoder->left_over);
}

/* Decode a frame. `long_category` is 0 or 1, or -1 to find out: streams of the Cornell kind are decoded so only if they cannot be
 * decoded as the standard says. */
static Status decode_frame(Decoder *decoder, const uint8_t *data, size_t size, size_t out_size, int long_category) {
    Status status, second;
    decoder->long_category = long_category == 1;
    status = decode_stream(decoder, data, size, out_size);
    if (long_category >= 0 || decoder->stream.bits < 15 || !went_astray(decoder, status))
        return status;
    if (status != LL_CODE && !decoder->saw_long_category)
        return status;
    decoder->long_category = 1;
    decoder->left_over = 0;
    second = decode_stream(decoder, data, size, out_size);
    if (!went_astray(decoder, second))
        return second;
    decoder->long_category = 0;
    return decode_stream(decoder, data, size, out_size);
}

static Decoder *new_decoder(void) {
    Decoder *decoder = (Decoder *)malloc(sizeof(Decoder));
    if (decoder != NULL)
        memset(decoder, 0, offsetof(Decoder, window));
    return decoder;
}

static void free_decoder(Decoder *decoder) {
    int i;
    for (i = 0; i < MOST_TABLES; i++)
        free(decoder->tables[i]);
    free(decoder->differences);
    free(decoder);
}

#endif

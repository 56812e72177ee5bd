/* The marker segments of a lossless JPEG codestream (ITU-T T.81 annex B): everything but the entropy-coded data. */
#ifndef DICOMKIT_JPEGLL_STREAM_H
#define DICOMKIT_JPEGLL_STREAM_H

#include <stddef.h>

#include "machine.h"

enum { MOST_COMPONENTS = 4, MOST_TABLES = 4, MOST_SYMBOLS = 256 };

enum Marker {
    SOF0 = 0xC0, SOF3 = 0xC3, DHT = 0xC4, JPG = 0xC8, DAC = 0xCC, SOF15 = 0xCF, RST0 = 0xD0, RST7 = 0xD7, SOI = 0xD8,
    EOI = 0xD9, SOS = 0xDA, DNL = 0xDC, DRI = 0xDD, APP14 = 0xEE, TEM = 0x01,
};

typedef enum {
    LL_OK,
    LL_NO_MEMORY,
    LL_NO_SOI,
    LL_TRUNCATED,       /* the data end between or inside of marker segments */
    LL_OTHER_PROCESS,
    LL_SEGMENT,
    LL_NO_FRAME,
    LL_SECOND_FRAME,
    LL_PRECISION,
    LL_DIMENSIONS,
    LL_COMPONENTS,
    LL_SUBSAMPLED,
    LL_TABLE,
    LL_NO_TABLE,
    LL_SCAN,
    LL_PREDICTOR,
    LL_POINT_TRANSFORM,
    LL_RESTART_INTERVAL,
    LL_RESTART,
    LL_MISSING_SCAN,
    LL_CODE,
    LL_ENDS_EARLY,      /* the entropy-coded data end before the image does */
    LL_SIZE,
    LL_SAMPLE,
} Status;

/* B.2.4.2: how many codes there are of each length, and the symbols in the order of their codes. */
typedef struct {
    int defined;
    int count;
    uint8_t lengths[17];
    uint8_t symbols[MOST_SYMBOLS];
} HuffmanTable;

typedef struct {
    uint8_t id;
    uint8_t horizontal;
    uint8_t vertical;
} Component;

/* Which components a scan has, and how they are coded (B.2.3). */
typedef struct {
    int components;
    int component[MOST_COMPONENTS];
    int table[MOST_COMPONENTS];
    int predictor;
    int point_transform;
} Scan;

typedef struct {
    const uint8_t *data;
    size_t size;
    size_t at;
    int has_frame;
    int marker;                 /* the last one that was read, to say what is refused */
    uint32_t width;
    uint32_t height;
    int bits;
    int components;
    Component component[MOST_COMPONENTS];
    HuffmanTable tables[MOST_TABLES];
    uint32_t restart_interval;
    int adobe_transform;        /* of an Adobe APP14 segment; -1 if there is none */
    Scan scan;
} Codestream;

ALWAYS_INLINE uint32_t load_u16(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

/* B.2.2 */
static Status read_frame(Codestream *stream, const uint8_t *p, size_t length) {
    int i;
    if (stream->has_frame)
        return LL_SECOND_FRAME;
    if (length < 6)
        return LL_SEGMENT;
    stream->bits = p[0];
    stream->height = load_u16(p + 1);
    stream->width = load_u16(p + 3);
    stream->components = p[5];
    if (stream->bits < 2 || stream->bits > 16)
        return LL_PRECISION;
    if (stream->width == 0)
        return LL_DIMENSIONS;
    if (stream->components < 1 || stream->components > MOST_COMPONENTS)
        return LL_COMPONENTS;
    if (length < 6 + 3 * (size_t)stream->components)
        return LL_SEGMENT;
    for (i = 0; i < stream->components; i++) {
        stream->component[i].id = p[6 + 3 * i];
        stream->component[i].horizontal = p[7 + 3 * i] >> 4;
        stream->component[i].vertical = p[7 + 3 * i] & 15;
        /* Equal factors are as good as none, in scans of one component. */
        if (p[7 + 3 * i] != p[7] || stream->component[i].horizontal == 0 || stream->component[i].vertical == 0)
            return LL_SUBSAMPLED;
    }
    stream->has_frame = 1;
    return LL_OK;
}

/* B.2.4.2; tables for AC coefficients are passed over. */
static Status read_huffman_tables(Codestream *stream, const uint8_t *p, size_t length) {
    HuffmanTable *table;
    int i, count;
    while (length) {
        if (length < 17)
            return LL_SEGMENT;
        for (i = 1, count = 0; i <= 16; i++)
            count += p[i];
        if (count > MOST_SYMBOLS || length < 17 + (size_t)count)
            return LL_SEGMENT;
        if (p[0] >> 4 == 0) {
            if (p[0] >= MOST_TABLES)
                return LL_SEGMENT;
            table = &stream->tables[p[0]];
            table->defined = 1;
            table->count = count;
            memcpy(table->lengths, p, 17);
            memcpy(table->symbols, p + 17, (size_t)count);
        }
        p += 17 + count;
        length -= 17 + (size_t)count;
    }
    return LL_OK;
}

/* B.2.3 */
static Status read_scan_header(Codestream *stream, const uint8_t *p, size_t length) {
    Scan *scan = &stream->scan;
    int i, k;
    if (!stream->has_frame)
        return LL_NO_FRAME;
    if (length < 1 || p[0] < 1 || p[0] > stream->components || length < 4 + 2 * (size_t)p[0])
        return LL_SCAN;
    scan->components = p[0];
    if (scan->components > 1 && (stream->component[0].horizontal != 1 || stream->component[0].vertical != 1))
        return LL_SUBSAMPLED;
    for (i = 0; i < scan->components; i++) {
        for (k = 0; k < stream->components && stream->component[k].id != p[1 + 2 * i]; k++)
            ;
        if (k == stream->components || (i && k <= scan->component[i - 1]))
            return LL_SCAN;
        scan->component[i] = k;
        scan->table[i] = p[2 + 2 * i] >> 4;
        if (scan->table[i] >= MOST_TABLES || !stream->tables[scan->table[i]].defined)
            return LL_NO_TABLE;
    }
    p += 1 + 2 * scan->components;
    scan->predictor = p[0];
    scan->point_transform = p[2] & 15;
    if (scan->predictor < 1 || scan->predictor > 7)
        return LL_PREDICTOR;
    return scan->point_transform < stream->bits ? LL_OK : LL_POINT_TRANSFORM;
}

/* B.2.5: a height of 0 is given by a DNL segment behind the first scan. */
static Status read_number_of_lines(Codestream *stream) {
    const uint8_t *p = stream->data + stream->at, *end = stream->data + stream->size;
    while ((p = (const uint8_t *)memchr(p, 0xFF, (size_t)(end - p))) != NULL) {
        if (end - p < 6)
            break;
        if (p[1] == DNL) {
            stream->height = load_u16(p + 4);
            break;
        }
        if (p[1] != 0 && p[1] != 0xFF && (p[1] < RST0 || p[1] > RST7))
            break;
        p += p[1] == 0xFF ? 1 : 2;
    }
    return stream->height ? LL_OK : LL_DIMENSIONS;
}

/* DICOM frames may have anything before their codestream. */
static Status start_stream(Codestream *stream, const uint8_t *data, size_t size) {
    const uint8_t *p = data, *end = data + size;
    memset(stream, 0, sizeof(Codestream));
    stream->data = data;
    stream->size = size;
    stream->adobe_transform = -1;
    while (p < end && (p = (const uint8_t *)memchr(p, 0xFF, (size_t)(end - p))) != NULL) {
        if (end - p < 4)
            break;
        if (p[1] == SOI && p[2] == 0xFF) {
            stream->at = (size_t)(p - data) + 2;
            return LL_OK;
        }
        p++;
    }
    return LL_NO_SOI;
}

/* Go to the next marker; it is in `marker` then, and `at` is behind it. */
static Status next_marker(Codestream *stream) {
    const uint8_t *data = stream->data;
    size_t at = stream->at, size = stream->size;
    for (;;) {
        while (at < size && data[at] != 0xFF)
            at++;
        while (at < size && data[at] == 0xFF)   /* fill bytes */
            at++;
        if (at >= size) {
            stream->at = size;
            return LL_TRUNCATED;
        }
        if (data[at++] != 0)
            break;
    }
    stream->marker = data[at - 1];
    stream->at = at;
    return LL_OK;
}

/* Read marker segments up to the entropy-coded data of the next scan. Ends with LL_MISSING_SCAN at the end of the image. */
static Status next_scan(Codestream *stream) {
    const uint8_t *p;
    size_t length;
    Status status = LL_OK;
    while (status == LL_OK) {
        status = next_marker(stream);
        if (status != LL_OK)
            return status;
        if (stream->marker == EOI || stream->marker == SOI)
            return stream->has_frame ? LL_MISSING_SCAN : LL_NO_FRAME;
        if (stream->marker == TEM || (stream->marker >= RST0 && stream->marker <= RST7))
            continue;
        if (stream->size - stream->at < 2)
            return LL_TRUNCATED;
        p = stream->data + stream->at;
        length = load_u16(p);
        if (length < 2)
            return LL_SEGMENT;
        if (stream->size - stream->at < length)
            return LL_TRUNCATED;
        stream->at += length;
        p += 2;
        length -= 2;
        switch (stream->marker) {
        case SOF3:
            status = read_frame(stream, p, length);
            break;
        case DHT:
            status = read_huffman_tables(stream, p, length);
            break;
        case DRI:
            if (length < 2)
                return LL_SEGMENT;
            stream->restart_interval = load_u16(p);
            break;
        case APP14:
            if (length >= 12 && memcmp(p, "Adobe", 5) == 0)
                stream->adobe_transform = p[11];
            break;
        case SOS:
            status = read_scan_header(stream, p, length);
            if (status == LL_OK && stream->height == 0)
                status = read_number_of_lines(stream);
            return status;
        default:
            if (stream->marker >= SOF0 && stream->marker <= SOF15 && stream->marker != JPG && stream->marker != DAC)
                return LL_OTHER_PROCESS;
        }
    }
    return status;
}

#endif

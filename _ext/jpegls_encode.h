/* Encoding of a frame as JPEG-LS. */
#ifndef DICOMKIT_JPEGLS_ENCODE_H
#define DICOMKIT_JPEGLS_ENCODE_H

#include "jpegls_encode_line.h"
#include "jpegls_image.h"

typedef struct {
    Image image;
    uint32_t near;
    Interleave interleave;
    Presets presets;
    uint32_t restart_interval; /* in lines; 0 for none */
    uint8_t *bytes;            /* the codestream, once it is encoded; to be freed */
    size_t size;
} Encoding;

/* A marker segment of numbers of given sizes in bytes; the sizes end with 0. */
static inline int put_segment(Writer *w, int marker, const uint32_t *numbers, const uint8_t *sizes) {
    uint8_t bytes[64] = {0xFF, (uint8_t)marker};
    size_t size = 4;
    for (; *sizes; sizes++, numbers++)
        for (int i = *sizes - 1; i >= 0; i--)
            bytes[size++] = (uint8_t)(*numbers >> 8 * i);
    bytes[2] = 0;
    bytes[3] = (uint8_t)(size - 2);
    return put_bytes(w, bytes, size);
}

/* T.87 C.2.2. Dimensions that do not fit are in a segment of their own, C.2.4.1.4. */
static inline int put_frame_header(Writer *w, const Image *image) {
    const int large = image->width > 0xFFFF || image->height > 0xFFFF;
    const uint32_t sizes[4] = {4, 4, image->height, image->width};
    const size_t length = 8 + 3 * (size_t)image->components;
    const uint8_t start[10] = {
        0xFF, SOF55, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)image->bits,
        large ? 0 : (uint8_t)(image->height >> 8), large ? 0 : (uint8_t)image->height,
        large ? 0 : (uint8_t)(image->width >> 8), large ? 0 : (uint8_t)image->width,
        (uint8_t)image->components,
    };
    if (!put_bytes(w, start, sizeof start))
        return 0;
    for (int i = 0; i < image->components; i++) {
        const uint8_t component[3] = {(uint8_t)(i + 1), 0x11, 0};
        if (!put_bytes(w, component, sizeof component))
            return 0;
    }
    return !large || put_segment(w, LSE, sizes, (const uint8_t *)"\1\1\4\4");
}

/* Coding parameters that are not the defaults, C.2.4.1.1. Above 12 bits they are always there: some decoders have other
 * defaults. */
static inline int put_presets(Writer *w, const Parameters *p, const Presets *presets, int bits) {
    const uint32_t numbers[6] = {1, (uint32_t)p->maxval, (uint32_t)p->t1, (uint32_t)p->t2, (uint32_t)p->t3, p->reset};
    if (bits <= 12 && !(presets->maxval || presets->t1 || presets->t2 || presets->t3 || presets->reset))
        return 1;
    return put_segment(w, LSE, numbers, (const uint8_t *)"\1\2\2\2\2\2");
}

static inline int put_headers(Writer *w, const Encoding *encoding, const Parameters *p) {
    const uint8_t soi[2] = {0xFF, SOI};
    const uint8_t *size = (const uint8_t *)(encoding->restart_interval > 0xFFFF ? "\4" : "\2");
    return put_bytes(w, soi, 2) && put_frame_header(w, &encoding->image) &&
           put_presets(w, p, &encoding->presets, encoding->image.bits) &&
           (encoding->restart_interval == 0 || put_segment(w, DRI, &encoding->restart_interval, size));
}

/* C.2.3 */
static inline int put_scan_header(Writer *w, const Scan *scan) {
    uint8_t sizes[2 * MOST_IN_SCAN + 5] = {1};
    uint32_t numbers[2 * MOST_IN_SCAN + 4] = {(uint32_t)scan->count};
    const int end = 1 + 2 * scan->count;
    memset(sizes, 1, (size_t)end + 3);
    for (int i = 0; i < scan->count; i++)
        numbers[1 + 2 * i] = (uint32_t)scan->component[i] + 1;
    numbers[end] = scan->near;
    numbers[end + 1] = (uint32_t)scan->interleave;
    return put_segment(w, SOS, numbers, sizes);
}

static Status encode_scan(Encoder *e, Workspace *work, const Encoding *encoding, const Scan *scan) {
    const Image *image = &encoding->image;
    const uint32_t interval = encoding->restart_interval ? encoding->restart_interval : image->height;
    const LineEncoder encode = line_encoder(&e->model.p, scan->interleave == SAMPLES ? scan->count : 1);
    Writer *w = &e->writer;
    if (!put_scan_header(w, scan))
        return LS_NO_MEMORY;
    for (uint32_t y = 0, restarts = 0; y < image->height; y++) {
        if (y % interval == 0) {
            const uint8_t restart[2] = {0xFF, (uint8_t)(RST0 + (restarts & 7))};
            if (y && (end_writing(w) != LS_OK || !put_bytes(w, restart, 2)))
                return LS_NO_MEMORY;
            restarts += y != 0;
            start_writing(w);
            forget(&e->model);
            start_lines(work, scan, image->width);
        }
        for (int i = 0; i < work->count; i++) {
            Line *line = &work->line[i];
            if (!get_line(image, line->samples, y, scan->component + i, line->apart, e->model.p.maxval))
                return LS_SAMPLE;
            if (encode(e, line) != LS_OK)
                return LS_NO_MEMORY;
            next_line(line);
        }
    }
    return end_writing(w);
}

static Status encode_scans(Encoder *e, Workspace *work, const Encoding *encoding) {
    const uint8_t eoi[2] = {0xFF, EOI};
    const int components = encoding->image.components;
    Scan scan = {components, {0, 1, 2, 3}, encoding->near, encoding->interleave, 0};
    Status status = LS_OK;
    if (!put_headers(&e->writer, encoding, &e->model.p))
        return LS_NO_MEMORY;
    if (scan.interleave == PLANES)
        scan.count = 1;
    for (int i = 0; i < components && status == LS_OK; i += scan.count) {
        if (scan.interleave == PLANES)
            scan.component[0] = i;
        status = encode_scan(e, work, encoding, &scan);
    }
    if (status == LS_OK && !put_bytes(&e->writer, eoi, 2))
        return LS_NO_MEMORY;
    return status;
}

/* Encode the image. Interleaved components are at most four. */
static Status encode_frame(Encoding *encoding) {
    const Image *image = &encoding->image;
    Workspace work;
    Status status = make_workspace(&work, sizeof(Encoder), image->width, image->components);
    if (status == LS_OK) {
        Encoder *e = (Encoder *)work.model;
        e->writer.bytes = NULL;
        e->writer.size = e->writer.capacity = 0;
        e->writer.status = LS_OK;
        status = set_parameters(&e->model.p, image->bits, &encoding->presets, encoding->near);
        if (status == LS_OK) {
            make_regions(&e->model);
            status = encode_scans(e, &work, encoding);
        }
        encoding->bytes = e->writer.bytes;
        encoding->size = e->writer.size;
    }
    free_workspace(&work);
    return status;
}

#endif

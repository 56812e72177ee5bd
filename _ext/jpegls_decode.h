/* Decoding of a frame of JPEG-LS into the caller's memory. */
#ifndef DICOMKIT_JPEGLS_DECODE_H
#define DICOMKIT_JPEGLS_DECODE_H

#include "jpegls_decode_line.h"
#include "jpegls_image.h"
#include "jpegls_markers.h"

static Status decode_lines(Decoder *d, Workspace *w, Codestream *s, const Image *image, uint32_t first, uint32_t stop) {
    const LineDecoder decode = line_decoder(&d->model.p, w->line[0].apart);
    for (uint32_t y = first; y < stop; y++) {
        s->row = y + 1;
        for (int i = 0; i < w->count; i++) {
            Status status = decode(d, &w->line[i]);
            if (status != LS_OK)
                return status;
            put_line(image, w->line[i].samples, y, s->scan.component + i, w->line[i].apart);
            next_line(&w->line[i]);
        }
    }
    return LS_OK;
}

/* Decode a scan, restart interval by restart interval. These are counted in lines, C.2.5. */
static Status decode_scan(Decoder *d, Workspace *w, Codestream *s, const Image *image) {
    uint32_t first = 0, stop, restarts = 0;
    Status status = set_parameters(&d->model.p, s->bits, &s->presets, s->scan.near);
    if (status != LS_OK)
        return status;
    make_regions(&d->model);
    for (;;) {
        stop = image->height;
        if (s->restart_interval && stop - first > s->restart_interval)
            stop = first + s->restart_interval;
        forget(&d->model);
        start_lines(w, &s->scan, image->width);
        if ((status = start_reading(&d->reader, s->data + s->at, s->data + s->size)) != LS_OK)
            return status;
        if ((status = decode_lines(d, w, s, image, first, stop)) != LS_OK)
            return status;
        s->at = (size_t)(d->reader.in - s->data);
        if (stop == image->height)
            break;
        if (!find_marker(s, &s->at) || s->data[s->at + 1] != RST0 + (restarts++ & 7))
            return LS_RESTART;
        s->at += 2;
        first = stop;
    }
    return LS_OK;
}

static Status decode_scans(Decoder *d, Workspace *w, Codestream *s, const Image *image) {
    uint8_t seen[MOST_COMPONENTS] = {0};
    int left = s->components;
    for (;;) {
        Status status;
        if (s->scan.mapped)
            return LS_MAPPED;
        for (int i = 0; i < s->scan.count; i++) {
            if (seen[s->scan.component[i]])
                return LS_SCAN;
            seen[s->scan.component[i]] = 1;
        }
        if ((status = decode_scan(d, w, s, image)) != LS_OK)
            return status;
        left -= s->scan.count;
        if (left == 0)
            break;
        if (!find_marker(s, &s->at))
            return LS_MISSING_SCAN;
        if ((status = next_scan(s)) != LS_OK)
            return status;
    }
    /* as CharLS does: scans of one component have none, whatever is said of it */
    return s->transform && s->scan.count > 1 ? undo_transform(image, s->transform) : LS_OK;
}

/* Decode a frame whose first scan header was read. The image has the geometry of the codestream. */
static Status decode_frame(Codestream *s, const Image *image) {
    Workspace w;
    Status status = make_workspace(&w, sizeof(Decoder), image->width, s->components);
    if (status == LS_OK) {
        Decoder *d = (Decoder *)w.model;
        d->status = LS_OK;
        status = decode_scans(d, &w, s, image);
    }
    free_workspace(&w);
    return status;
}

#endif

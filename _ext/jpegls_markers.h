/* Marker segments of JPEG-LS: T.87 annex C on top of T.81 annex B. */
#ifndef DICOMKIT_JPEGLS_MARKERS_H
#define DICOMKIT_JPEGLS_MARKERS_H

#include "jpegls_model.h"

enum {
    RST0 = 0xD0,
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    DNL = 0xDC,
    DRI = 0xDD,
    APP8 = 0xE8,
    SOF55 = 0xF7,
    LSE = 0xF8
};

typedef enum { PLANES, LINES, SAMPLES } Interleave; /* ILV */

typedef struct {
    int count;
    int component[MOST_IN_SCAN]; /* numbers of components in the frame */
    uint32_t near;
    Interleave interleave;
    int mapped; /* samples are indices into a table */
} Scan;

/* What the segments say up to and with a start of scan. `at` is behind the last one that was read. */
typedef struct {
    const uint8_t *data;
    size_t size;
    size_t at;
    uint32_t width;
    uint32_t height;
    uint32_t restart_interval;
    int components;
    int bits;
    int sampling;  /* factors of all components; 0x11 where nothing is subsampled */
    int transform; /* HP's colour transform, 0 to 3 */
    uint32_t row;  /* that is being decoded, from 1 */
    int marker;    /* the last one */
    uint8_t identifiers[MOST_COMPONENTS];
    Presets presets;
    Scan scan;
} Codestream;

/* The content of a marker segment. It lies within the data. */
typedef struct {
    const uint8_t *bytes;
    size_t size;
} Segment;

static inline uint32_t number(const uint8_t *bytes, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Go to the next marker behind entropy-coded data, where 0xFF is followed by a byte below 0x80. Returns 0 if there is none. */
static inline int find_marker(const Codestream *s, size_t *at) {
    while (*at + 1 < s->size) {
        const uint8_t *found = (const uint8_t *)memchr(s->data + *at, 0xFF, s->size - 1 - *at);
        if (found == NULL)
            return 0;
        *at = (size_t)(found - s->data);
        if (found[1] >= 0x80 && found[1] != 0xFF)
            return 1;
        ++*at;
    }
    return 0;
}

/* The marker at `at`, T.81 B.1.1.2: fill bytes of 0xFF may stand in front. */
static inline Status read_marker(Codestream *s, int *marker) {
    if (s->size - s->at < 2)
        return LS_TRUNCATED;
    if (s->data[s->at] != 0xFF)
        return LS_NO_MARKER;
    while (s->at < s->size && s->data[s->at] == 0xFF)
        s->at++;
    if (s->at == s->size)
        return LS_TRUNCATED;
    *marker = s->data[s->at++];
    return LS_OK;
}

static inline Status read_segment(Codestream *s, Segment *segment) {
    size_t size;
    if (s->size - s->at < 2)
        return LS_TRUNCATED;
    size = number(s->data + s->at, 2);
    if (size < 2)
        return LS_SEGMENT;
    if (size > s->size - s->at)
        return LS_TRUNCATED;
    segment->bytes = s->data + s->at + 2;
    segment->size = size - 2;
    s->at += size;
    return LS_OK;
}

/* C.2.2. A dimension of 0 is in another segment. */
static inline Status read_frame(Codestream *s, Segment segment) {
    const uint8_t *bytes = segment.bytes;
    if (s->components)
        return LS_SECOND_FRAME;
    if (segment.size < 6 || segment.size != 6 + 3 * (size_t)bytes[5])
        return LS_SEGMENT;
    s->bits = bytes[0];
    if (s->bits < 2 || s->bits > 16)
        return LS_PRECISION;
    s->height = number(bytes + 1, 2) ? number(bytes + 1, 2) : s->height;
    s->width = number(bytes + 3, 2) ? number(bytes + 3, 2) : s->width;
    s->components = bytes[5];
    if (s->components == 0)
        return LS_COMPONENTS;
    s->sampling = bytes[7];
    for (int i = 0; i < s->components; i++) {
        s->identifiers[i] = bytes[6 + 3 * i];
        if (bytes[7 + 3 * i] != s->sampling)
            return LS_SUBSAMPLED;
        if (memchr(s->identifiers, s->identifiers[i], (size_t)i) != NULL)
            return LS_COMPONENTS;
    }
    return LS_OK;
}

/* C.2.3 */
static inline Status read_scan(Codestream *s, Segment segment) {
    const uint8_t *bytes = segment.bytes, *last;
    Scan *scan = &s->scan;
    if (s->components == 0)
        return LS_NO_FRAME;
    if (segment.size < 4 || segment.size != 4 + 2 * (size_t)bytes[0])
        return LS_SEGMENT;
    scan->count = bytes[0];
    if (scan->count < 1 || scan->count > MOST_IN_SCAN || scan->count > s->components)
        return LS_SCAN;
    if (scan->count > 1 && s->sampling != 0x11)
        return LS_SUBSAMPLED;
    scan->mapped = 0;
    for (int i = 0; i < scan->count; i++) {
        const uint8_t *found = (const uint8_t *)memchr(s->identifiers, bytes[1 + 2 * i], (size_t)s->components);
        if (found == NULL)
            return LS_SCAN;
        scan->component[i] = (int)(found - s->identifiers);
        for (int j = 0; j < i; j++)
            if (scan->component[j] == scan->component[i])
                return LS_SCAN;
        scan->mapped |= bytes[2 + 2 * i];
    }
    last = bytes + 1 + 2 * scan->count;
    scan->near = last[0];
    if (last[1] > SAMPLES || (last[1] == PLANES && scan->count > 1))
        return LS_INTERLEAVE;
    scan->interleave = scan->count == 1 ? PLANES : (Interleave)last[1];
    return last[2] & 15 ? LS_POINT_TRANSFORM : LS_OK;
}

/* C.2.4: coding parameters, C.2.4.1.1, or dimensions above 65535, C.2.4.1.4. */
static inline Status read_presets(Codestream *s, Segment segment) {
    const uint8_t *bytes = segment.bytes;
    size_t size;
    if (segment.size == 0)
        return LS_SEGMENT;
    switch (bytes[0]) {
    case 1:
        if (segment.size != 11)
            return LS_SEGMENT;
        s->presets.maxval = number(bytes + 1, 2);
        s->presets.t1 = number(bytes + 3, 2);
        s->presets.t2 = number(bytes + 5, 2);
        s->presets.t3 = number(bytes + 7, 2);
        s->presets.reset = number(bytes + 9, 2);
        return LS_OK;
    case 2:
    case 3: /* mapping tables, of no use until a scan names one */
        return LS_OK;
    case 4:
        size = segment.size > 1 ? bytes[1] : 0;
        if (size < 2 || size > 4 || segment.size != 2 + 2 * size)
            return LS_SEGMENT;
        s->height = number(bytes + 2, size);
        s->width = number(bytes + 2 + size, size);
        return LS_OK;
    default:
        return LS_EXTENSION;
    }
}

/* HP's segment for colour transforms: "mrfx" and a number. Others with this marker, such as SPIFF's, say nothing new. */
static inline Status read_transform(Codestream *s, Segment segment) {
    if (segment.size != 5 || memcmp(segment.bytes, "mrfx", 4) != 0)
        return LS_OK;
    s->transform = segment.bytes[4];
    return s->transform <= 3 ? LS_OK : LS_COLOUR;
}

/* C.2.5 */
static inline Status read_restart_interval(Codestream *s, Segment segment) {
    if (segment.size < 2 || segment.size > 4)
        return LS_SEGMENT;
    s->restart_interval = number(segment.bytes, segment.size);
    return LS_OK;
}

/* The number of lines, if the frame does not have it: it is behind the first scan then, C.2.6. */
static inline Status find_lines(Codestream *s) {
    Codestream later = *s;
    Segment segment;
    int marker = 0;
    do {
        if (!find_marker(s, &later.at))
            return LS_DIMENSIONS;
        read_marker(&later, &marker);
    } while (marker >= RST0 && marker < RST0 + 8);
    if (marker != DNL || read_segment(&later, &segment) != LS_OK || segment.size < 2 || segment.size > 4)
        return LS_DIMENSIONS;
    s->height = number(segment.bytes, segment.size);
    return LS_OK;
}

/* Whether a marker starts a frame of another kind of JPEG. */
static inline int is_other_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Read up to and with the next start of scan. */
static inline Status next_scan(Codestream *s) {
    Segment segment;
    Status status;
    int marker;
    do {
        if ((status = read_marker(s, &marker)) != LS_OK)
            return status;
        if (marker == EOI)
            return LS_MISSING_SCAN;
        if (marker < 0xC0 || (marker >= RST0 && marker <= SOI))
            return LS_NO_MARKER;
        s->marker = marker;
        if (is_other_frame(marker))
            return LS_OTHER_PROCESS;
        if ((status = read_segment(s, &segment)) != LS_OK)
            return status;
        switch (marker) {
        case SOF55: status = read_frame(s, segment); break;
        case LSE: status = read_presets(s, segment); break;
        case APP8: status = read_transform(s, segment); break;
        case DRI: status = read_restart_interval(s, segment); break;
        case SOS: status = read_scan(s, segment); break;
        default: break;
        }
    } while (status == LS_OK && marker != SOS);
    if (status == LS_OK && s->height == 0)
        status = find_lines(s);
    if (status == LS_OK && (s->height == 0 || s->width == 0 || s->width > 0x1FFFFFFF))
        status = LS_DIMENSIONS;
    return status;
}

/* Start reading a codestream: up to and with the first start of scan. */
static inline Status open_codestream(Codestream *s, const uint8_t *data, size_t size) {
    memset(s, 0, sizeof(Codestream));
    s->data = data;
    s->size = size;
    if (size < 2 || data[0] != 0xFF || data[1] != SOI)
        return LS_NO_SOI;
    s->at = 2;
    return next_scan(s);
}

#endif

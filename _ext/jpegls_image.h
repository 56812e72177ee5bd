/* Samples in the caller's memory: one byte each up to 8 bits, else two; pixel by pixel or plane by plane. */
#ifndef DICOMKIT_JPEGLS_IMAGE_H
#define DICOMKIT_JPEGLS_IMAGE_H

#include "jpegls_model.h"

typedef struct {
    uint8_t *bytes;
    uint32_t width;
    uint32_t height;
    int components;
    int bits;
    int planar;
} Image;


static inline size_t sample_size(const Image *image) { return image->bits <= 8 ? 1 : 2; }

/* Whether the samples of the whole image take just `size` bytes. */
static inline int fits(const Image *image, size_t size) {
    size_t line = (size_t)image->width * (size_t)image->components * sample_size(image);
    return line != 0 && size % line == 0 && size / line == image->height;
}

static inline uint8_t *sample_at(const Image *image, uint32_t y, int component) {
    size_t line = image->planar ? (size_t)component * image->height + y : y;
    size_t step = image->planar ? 1 : (size_t)image->components;
    return image->bytes + sample_size(image) * (line * image->width * step + (image->planar ? 0 : (size_t)component));
}

ALWAYS_INLINE void put_samples(uint8_t *to, const uint16_t *from, size_t count, size_t step, size_t apart,
                               const size_t size) {
    for (size_t i = 0; i < count; i++)
        if (size == 1)
            to[i * step] = (uint8_t)from[i * apart];
        else
            memcpy(to + 2 * i * step, from + i * apart, 2);
}

ALWAYS_INLINE void get_samples(uint16_t *to, const uint8_t *from, size_t count, size_t step, size_t apart,
                               const size_t size) {
    for (size_t i = 0; i < count; i++)
        if (size == 1)
            to[i * apart] = from[i * step];
        else
            memcpy(to + i * apart, from + 2 * i * step, 2);
}

/* Whether a line of components by turns is in memory just so. */
static inline int is_alike(const Image *image, const int *components, int count) {
    for (int i = 0; i < count; i++)
        if (components[i] != i)
            return 0;
    return count == image->components && (count == 1 || !image->planar);
}

/* Put a line of the components, by turns, into the image. */
static void put_line(const Image *image, const uint16_t *line, uint32_t y, const int *components, int count) {
    const size_t width = image->width, step = image->planar ? 1 : (size_t)image->components, apart = (size_t)count;
    const int alike = is_alike(image, components, count);
    for (int i = 0; i < (alike ? 1 : count); i++) {
        uint8_t *to = sample_at(image, y, components[i]);
        if (alike && image->bits <= 8)
            put_samples(to, line, width * apart, 1, 1, 1);
        else if (alike)
            memcpy(to, line, 2 * width * apart);
        else if (image->bits <= 8)
            put_samples(to, line + i, width, step, apart, 1);
        else
            put_samples(to, line + i, width, step, apart, 2);
    }
}

/* Get it. Returns whether no sample is larger than `largest`. */
static int get_line(const Image *image, uint16_t *line, uint32_t y, const int *components, int count, intptr_t largest) {
    const size_t width = image->width, step = image->planar ? 1 : (size_t)image->components, apart = (size_t)count;
    const int alike = is_alike(image, components, count);
    uint16_t set = 0;
    for (int i = 0; i < (alike ? 1 : count); i++) {
        const uint8_t *from = sample_at(image, y, components[i]);
        if (alike && image->bits <= 8)
            get_samples(line, from, width * apart, 1, 1, 1);
        else if (alike)
            memcpy(line, from, 2 * width * apart);
        else if (image->bits <= 8)
            get_samples(line + i, from, width, step, apart, 1);
        else
            get_samples(line + i, from, width, step, apart, 2);
    }
    for (size_t i = 0; i < width * apart; i++)
        set |= line[i];
    if (set <= largest)
        return 1;
    for (size_t i = 0; i < width * apart; i++)
        if (line[i] > largest)
            return 0;
    return 1;
}

/* Undo one of HP's colour transforms on all pixels, modulo 2^bits. */
static Status undo_transform(const Image *image, int transform) {
    const size_t size = sample_size(image), pixels = (size_t)image->width * image->height;
    const size_t skip = size * (image->planar ? pixels : 1), step = size * (image->planar ? 1 : 3);
    const int32_t mask = (1 << image->bits) - 1, half = (mask + 1) / 2, quarter = (mask + 1) / 4;
    if (image->components != 3 || (image->bits != 8 && image->bits != 16))
        return LS_COLOUR;
    for (size_t i = 0; i < pixels; i++) {
        uint8_t *at = image->bytes + i * step;
        int32_t v[3];
        for (size_t j = 0; j < 3; j++) {
            uint16_t wide;
            memcpy(&wide, at + j * skip, size == 1 ? 1 : 2);
            v[j] = size == 1 ? at[j * skip] : wide;
        }
        if (transform == 1) {
            v[0] += v[1] - half;
            v[2] += v[1] - half;
        } else if (transform == 2) {
            v[0] = (v[0] + v[1] - half) & mask;
            v[2] += ((v[0] + v[1]) >> 1) - half;
        } else {
            int32_t green = v[0] - ((v[1] + v[2]) >> 2) + quarter;
            v[0] = v[2] + green - half;
            v[2] = v[1] + green - half;
            v[1] = green;
        }
        for (size_t j = 0; j < 3; j++) {
            uint16_t wide = (uint16_t)(v[j] & mask);
            if (size == 1)
                at[j * skip] = (uint8_t)wide;
            else
                memcpy(at + j * skip, &wide, 2);
        }
    }
    return LS_OK;
}

#endif

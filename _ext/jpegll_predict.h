/* Prediction in lossless JPEG (ITU-T T.81 H.1.2): lines of samples from their differences, and differences from lines.
 *
 * Samples have 16 bits, whatever the precision, and differences are modulo 2^16. A line has `stride` components side by side, and
 * is predicted from itself and the one above.
 */
#ifndef DICOMKIT_JPEGLL_PREDICT_H
#define DICOMKIT_JPEGLL_PREDICT_H

#include "jpegll_stream.h"

/* Table H.1; without what the left neighbour adds, if that adds just itself. */
ALWAYS_INLINE int32_t predict(int predictor, int32_t a, int32_t b, int32_t c) {
    switch (predictor) {
    case 1: return 0;
    case 2: return b;
    case 3: return c;
    case 4: return b - c;
    case 5: return (b - c) >> 1;
    case 6: return b + ((a - c) >> 1);
    default: return (a + b) >> 1;
    }
}

ALWAYS_INLINE int adds_left(int predictor) { return predictor == 1 || predictor == 4 || predictor == 5; }

/* A sample as a number. Some encoders predict as if samples of 16 bits were signed, which matters to what is halved. */
ALWAYS_INLINE int32_t number(uint16_t sample, int with_sign) { return with_sign ? (int16_t)sample : sample; }

/* Add to each word of a line the one before it, and to the first one `start`. */
static void add_up(uint16_t *line, size_t count, uint32_t start) {
    size_t i = 0;
#if HAS_SSE2
    __m128i last = _mm_set1_epi16((short)start);
    for (; i + 8 <= count; i += 8) {
        __m128i words = _mm_loadu_si128((const __m128i *)(line + i));
        words = _mm_add_epi16(words, _mm_slli_si128(words, 2));
        words = _mm_add_epi16(words, _mm_slli_si128(words, 4));
        words = _mm_add_epi16(words, _mm_slli_si128(words, 8));
        words = _mm_add_epi16(words, last);
        _mm_storeu_si128((__m128i *)(line + i), words);
        last = _mm_shufflehi_epi16(words, 0xFF);
        last = _mm_unpackhi_epi64(last, last);
    }
    if (i)
        start = line[i - 1];
#endif
    for (; i < count; i++)
        line[i] = (uint16_t)(start += line[i]);
}

/* The first line, and the first one behind a restart: each component starts at 2^(bits - 1). */
static void first_line(uint16_t *line, const uint16_t *differences, size_t count, size_t stride, uint32_t start) {
    size_t i;
    if (stride == 1) {
        memcpy(line, differences, count * sizeof(uint16_t));
        add_up(line, count, start);
        return;
    }
    for (i = 0; i < stride; i++)
        line[i] = (uint16_t)(start + differences[i]);
    for (; i < count; i++)
        line[i] = (uint16_t)(line[i - stride] + differences[i]);
}

/* Predictors 6 and 7 of a line of one component, if no sum leaves the range of a sample; returns 0 if one does.
 *
 * Then the way from one sample to the next is short: with s = a - c or a + b, where c of a sample is b of the one before, the next
 * s comes from s by a shift and an addition. */
ALWAYS_INLINE int halving_line(uint16_t *restrict line, const uint16_t *restrict above, const uint16_t *restrict differences,
                               size_t count, const int predictor, const int with_sign) {
    int32_t sample = number((uint16_t)(above[0] + differences[0]), with_sign), b = number(above[0], with_sign), s;
    uint32_t outside = 0;
    size_t i;
    line[0] = (uint16_t)sample;
    s = predictor == 6 ? sample - b : sample;
    for (i = 1; i < count; i++) {
        b = number(above[i], with_sign);
        if (predictor == 6) {
            s = (int16_t)differences[i] + (s >> 1);
            sample = s + b;
        } else {
            s = (int16_t)differences[i] + ((s + b) >> 1);
            sample = s;
        }
        line[i] = (uint16_t)sample;
        outside |= (uint32_t)(with_sign ? sample + 0x8000 : sample);
    }
    return outside >> 16 == 0;
}

ALWAYS_INLINE void next_line(uint16_t *restrict line, const uint16_t *restrict above, const uint16_t *restrict differences,
                             size_t count, const size_t stride, const int predictor, const int with_sign) {
    uint32_t a[MOST_COMPONENTS];
    int32_t b, c[MOST_COMPONENTS];
    size_t i, k;
    if (stride == 1 && predictor >= 6 && halving_line(line, above, differences, count, predictor, with_sign))
        return;
    for (k = 0; k < stride; k++) {
        line[k] = (uint16_t)(above[k] + differences[k]);
        a[k] = line[k];
        c[k] = number(above[k], with_sign);
    }
    if (predictor == 2 || predictor == 3 || (adds_left(predictor) && stride == 1)) {    /* loops that are made of vectors */
        for (i = stride; i < count; i++)
            line[i] = (uint16_t)(differences[i] + predict(predictor, 0, number(above[i], with_sign),
                                                          number(above[i - stride], with_sign)));
        if (adds_left(predictor))
            add_up(line + 1, count - 1, line[0]);
        return;
    }
    for (i = stride; i < count; i += stride)
        for (k = 0; k < stride; k++) {
            b = number(above[i + k], with_sign);
            a[k] = differences[i + k] + (adds_left(predictor) ? a[k] : 0) +
                   (uint32_t)predict(predictor, number((uint16_t)a[k], with_sign), b, c[k]);
            line[i + k] = (uint16_t)a[k];
            c[k] = b;
        }
}

/* Any other line. */
ALWAYS_INLINE void undifference_by(uint16_t *line, const uint16_t *above, const uint16_t *differences, size_t count,
                                   size_t stride, const int predictor, const int with_sign) {
    if (stride == 1)
        next_line(line, above, differences, count, 1, predictor, with_sign);
    else if (stride == 3)
        next_line(line, above, differences, count, 3, predictor, with_sign);
    else
        next_line(line, above, differences, count, stride, predictor, with_sign);
}

static void undifference(uint16_t *line, const uint16_t *above, const uint16_t *differences, size_t count, size_t stride,
                         int predictor, int with_sign) {
    switch (predictor << 1 | with_sign) {
#define CASE(predictor, with_sign) \
    case predictor << 1 | with_sign: \
        undifference_by(line, above, differences, count, stride, predictor, with_sign); \
        break;
        CASE(1, 0) CASE(2, 0) CASE(3, 0) CASE(4, 0) CASE(5, 0) CASE(6, 0) CASE(7, 0) CASE(5, 1) CASE(6, 1) CASE(7, 1)
#undef CASE
    }
}

/* The differences of a line; `above` is NULL for the first one. */
ALWAYS_INLINE void line_differences(uint16_t *differences, const uint16_t *line, const uint16_t *above, size_t count,
                                    const size_t stride, const int predictor) {
    size_t i;
    for (i = 0; i < stride; i++)
        differences[i] = (uint16_t)(line[i] - above[i]);
    for (i = stride; i < count; i++) {
        int32_t a = line[i - stride];
        int32_t predicted = predict(predictor, a, above[i], above[i - stride]) + (adds_left(predictor) ? a : 0);
        differences[i] = (uint16_t)(line[i] - predicted);
    }
}

static void difference(uint16_t *differences, const uint16_t *line, const uint16_t *above, size_t count, size_t stride,
                       int predictor) {
    switch (predictor) {
#define CASE(predictor) \
    case predictor: \
        line_differences(differences, line, above, count, stride, predictor); \
        break;
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
#undef CASE
    }
}

static void first_differences(uint16_t *differences, const uint16_t *line, size_t count, size_t stride, uint32_t start) {
    size_t i;
    for (i = 0; i < stride; i++)
        differences[i] = (uint16_t)(line[i] - start);
    for (i = stride; i < count; i++)
        differences[i] = (uint16_t)(line[i] - line[i - stride]);
}

#endif

/* What of the model of JPEG-LS is computed in lanes of 16 bits: gradients of eight samples at a time, predictions, B and C.
 *
 * SSE2 is part of x86-64. There, most is gained by what the integer units need not do. Other machines do the same in plain C.
 */
#ifndef DICOMKIT_JPEGLS_LANES_H
#define DICOMKIT_JPEGLS_LANES_H

#include "jpegls_model.h"

/* What is known of a sample from the line above: the sample at its place there, and its context but for the gradient that the
 * sample before takes part in, less 64; in bytes as in context_at. */
typedef struct {
    uint16_t above;
    int16_t distance;
} Cell;

/* A sample whose line is known: its prediction and its context. */
typedef struct {
    uint16_t prediction;
    int16_t distance;
} Plan;

/* The prediction of A.4.1: the middle one of a, b and a + b - c. */
ALWAYS_INLINE intptr_t predicted(intptr_t a, intptr_t b, intptr_t c) { return a + b - within(c, least(a, b), most(a, b)); }

#if HAS_SSE2
NEVER_INLINE void learn_slowly(const Model *m, Context *context, Context *opposite, intptr_t error, intptr_t magnitude) {
    learn_plainly(m, context, opposite, error, magnitude);
}

ALWAYS_INLINE __m128i pair_at(const void *place) {
    int pair;
    memcpy(&pair, place, 4);
    return _mm_cvtsi32_si128(pair);
}

ALWAYS_INLINE void put_pair(void *place, __m128i value) {
    int pair = _mm_cvtsi128_si32(value);
    memcpy(place, &pair, 4);
}

/* -32768 in each lane: what makes samples of 16 bits comparable. */
ALWAYS_INLINE __m128i lowest(void) { return _mm_set1_epi16(-32768); }

ALWAYS_INLINE __m128i samples_at(const uint16_t *place) {
    return _mm_xor_si128(_mm_loadu_si128((const __m128i *)place), lowest());
}

ALWAYS_INLINE __m128i middle(__m128i a, __m128i b, __m128i c) {
    __m128i low = _mm_min_epi16(a, b), high = _mm_max_epi16(a, b);
    return _mm_sub_epi16(_mm_add_epi16(a, b), _mm_min_epi16(_mm_max_epi16(c, low), high));
}

/* The regions, -4 to 4, of the gradients from `from` to `to`. */
ALWAYS_INLINE __m128i lane_regions(const Model *m, __m128i to, __m128i from) {
    __m128i gradient = _mm_subs_epi16(to, from), region = _mm_setzero_si128();
    for (int i = 0; i < 4; i++) {
        region = _mm_add_epi16(region, _mm_cmpgt_epi16(_mm_loadu_si128((const __m128i *)m->below[i]), gradient));
        region = _mm_sub_epi16(region, _mm_cmpgt_epi16(gradient, _mm_loadu_si128((const __m128i *)m->above[i])));
    }
    return region;
}

/* Lanes of two neighbouring vectors, from `apart` (1 to 4) lanes in front of the second one on. */
ALWAYS_INLINE __m128i lanes_before(__m128i first, __m128i second, const int apart) {
    switch (apart) {
    case 1: return _mm_or_si128(_mm_slli_si128(second, 2), _mm_srli_si128(first, 14));
    case 2: return _mm_or_si128(_mm_slli_si128(second, 4), _mm_srli_si128(first, 12));
    case 3: return _mm_or_si128(_mm_slli_si128(second, 6), _mm_srli_si128(first, 10));
    default: return _mm_or_si128(_mm_slli_si128(second, 8), _mm_srli_si128(first, 8));
    }
}

ALWAYS_INLINE void put_pairs(void *place, __m128i first, __m128i second) {
    _mm_storeu_si128((__m128i *)place, _mm_unpacklo_epi16(first, second));
    _mm_storeu_si128((__m128i *)place + 1, _mm_unpackhi_epi16(first, second));
}

/* What the gradients of the line above make of the distance. `before` has the regions of the vector in front. */
ALWAYS_INLINE __m128i lane_distances(const Model *m, const uint16_t *line, __m128i *before, const int apart) {
    __m128i q1 = lane_regions(m, samples_at(line + apart), samples_at(line)), q2 = lanes_before(*before, q1, apart);
    *before = q1;
    return _mm_add_epi16(_mm_mullo_epi16(q1, _mm_set1_epi16(16 * 81)), _mm_mullo_epi16(q2, _mm_set1_epi16(16 * 9)));
}

ALWAYS_INLINE void fill_in_lanes(const Model *m, const uint16_t *above, Cell *cells, intptr_t count, const int apart) {
    __m128i before = lane_regions(m, samples_at(above - 8 + apart), samples_at(above - 8));
    for (intptr_t i = 0; i < count; i += 8) {
        __m128i distance = lane_distances(m, above + i, &before, apart);
        put_pairs(cells + i, _mm_loadu_si128((const __m128i *)(above + i)), _mm_sub_epi16(distance, _mm_set1_epi16(64)));
    }
}

ALWAYS_INLINE void plan_in_lanes(const Model *m, const uint16_t *above, const uint16_t *line, Plan *plan, intptr_t count,
                                 const int apart) {
    __m128i before = lane_regions(m, samples_at(above - 8 + apart), samples_at(above - 8));
    for (intptr_t i = 0; i < count; i += 8) {
        __m128i a = samples_at(line + i - apart), b = samples_at(above + i), c = samples_at(above + i - apart);
        __m128i distance = lane_distances(m, above + i, &before, apart);
        distance = _mm_add_epi16(distance, _mm_slli_epi16(lane_regions(m, c, a), 4));
        put_pairs(plan + i, _mm_xor_si128(middle(a, b, c), lowest()), distance);
    }
}
#endif

/* The cells of samples below `above`, which are `apart`. */
ALWAYS_INLINE void fill_cells(const Model *m, const uint16_t *above, Cell *cells, intptr_t count, const int apart,
                              const int mode) {
    const uint8_t *regions = m->regions + REGIONS;
    for (intptr_t i = -apart; i < 0; i++)
        cells[i].above = above[i];
#if HAS_SSE2
    if (mode & LANES) {
        fill_in_lanes(m, above, cells, count, apart);
        return;
    }
#endif
    for (intptr_t i = 0; i < count; i++) {
        int q1 = regions[above[i + apart] - above[i]] - 64, q2 = regions[above[i] - above[i - apart]] - 64;
        cells[i].above = above[i];
        cells[i].distance = (int16_t)(9 * (9 * q1 + q2) - 64);
    }
}

/* The plan of samples, which are `apart`. */
ALWAYS_INLINE void make_plan(const Model *m, const uint16_t *above, const uint16_t *line, Plan *plan, intptr_t count,
                             const int apart, const int mode) {
    const uint8_t *regions = m->regions + REGIONS;
#if HAS_SSE2
    if (mode & LANES) {
        plan_in_lanes(m, above, line, plan, count, apart);
        return;
    }
#endif
    for (intptr_t i = 0; i < count; i++) {
        const intptr_t a = line[i - apart], b = above[i], c = above[i - apart];
        int q1 = regions[above[i + apart] - b] - 64, q2 = regions[b - c] - 64, q3 = regions[c - a] - 64;
        plan[i].prediction = (uint16_t)predicted(a, b, c);
        plan[i].distance = (int16_t)(9 * (9 * q1 + q2) + q3);
    }
}

/* The prediction for a sample from its cell and that in front of it. */
ALWAYS_INLINE intptr_t prediction_at(const Cell *cell, const Cell *before, intptr_t a, const int mode) {
#if HAS_SSE2
    if (mode & LANES) {
        __m128i x = _mm_cvtsi32_si128((int)a), y = pair_at(cell), z = pair_at(before);
        if (mode & WIDE)
            x = _mm_xor_si128(x, lowest()), y = _mm_xor_si128(y, lowest()), z = _mm_xor_si128(z, lowest());
        x = middle(x, y, z);
        if (mode & WIDE)
            x = _mm_xor_si128(x, lowest());
        return (uint16_t)_mm_cvtsi128_si32(x);
    }
#endif
    return predicted(a, cell->above, before->above);
}

/* Learn from an error and its magnitude: A.6.1, A.6.2. */
ALWAYS_INLINE void learn(Model *m, Context *context, intptr_t error, intptr_t magnitude, const int mode) {
    Context *opposite = (Context *)((uint8_t *)m - ((uint8_t *)context - (uint8_t *)m));
#if HAS_SSE2
    if (mode & LANES && LIKELY(context->n != m->p.reset)) {
        const __m128i limit = pair_at(&context->top); /* of C and -B, whose lanes these are */
        const uint64_t a = context->a + (uint32_t)magnitude, n = (uint64_t)context->n + 1;
        const intptr_t change = mode & LOSSLESS ? error : error * m->p.step;
        const intptr_t bounded_change = (mode & (LOSSLESS | WIDE)) == WIDE ? within(change, -32768, 32767) : change;
        __m128i next = _mm_subs_epi16(pair_at(&context->c), _mm_cvtsi32_si128((int)((uint32_t)bounded_change << 16)));
        __m128i above = _mm_cmpgt_epi16(next, limit), below = _mm_cmpgt_epi16(_mm_cvtsi32_si128(0x8000), next);
        __m128i turn = _mm_shufflelo_epi16(_mm_sub_epi16(above, below), 0x55);
        __m128i one_and_n = _mm_add_epi16(limit, _mm_cvtsi32_si128(0x0001FF82));
        next = _mm_add_epi16(next, _mm_mullo_epi16(turn, one_and_n));
        next = _mm_min_epi16(_mm_max_epi16(next, _mm_cvtsi32_si128(0xFF80)), limit);
        context->a = (uint32_t)a;
        STORED(); /* apart, as they are loaded; packing them would take long */
        opposite->k = context->k = (uint32_t)golomb_parameter(a, n);
        STORED();
        put_pair(&opposite->c, _mm_sub_epi16(_mm_setzero_si128(), next)); /* first: the two may be one */
        put_pair(&context->c, next);
        put_pair(&context->top, _mm_add_epi32(limit, _mm_cvtsi32_si128(0x10000)));
        return;
    }
    learn_slowly(m, context, opposite, error, magnitude);
#else
    (void)mode;
    learn_plainly(m, context, opposite, error, magnitude);
#endif
}

#endif
